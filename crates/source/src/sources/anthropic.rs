//! Anthropic organisation activity feed.

use crate::Hints;
use crate::json::Value;
use crate::support::exact::first;
use crate::support::fields::{join, strings};
use crate::support::names::{account, foreign_domain, identity, machine, settle_interactive};
use crate::support::network::{address, url_host};
use vires_event::{Activity, Actor, Credential, CredentialKind, Identity, Kind, Link, Origin, Outcome, Source, Target, Text};

pub(crate) fn detect(record: Value<'_>) -> bool {
    record.get("type").is_some_and(|kind| kind.str().is_some())
        && (record.get_text("actor").is_none()
            && record.path("actor.type").and_then(|t| t.text()).is_some_and(|t| t.ends_with("_actor")))
}

pub(crate) fn decode<'a>(record: Value<'a>, _hints: &Hints<'a>) -> Option<Activity<'a>> {
    let action = record.get_text("type")?;
    let actor = record.get("actor")?;
    let mut activity = Activity::new(Source::Anthropic, join("anthropic:", &action));
    activity.time = record.get_text("created_at");
    activity.event_id = record.get_text("id");
    activity.place.account = first(record, &["organization_id", "organization_uuid"]);
    activity.origin = Origin {
        ip: actor.get_text("ip_address").and_then(address),
        user_agent: actor.get_text("user_agent"),
        ..Origin::default()
    };
    activity.identity = who(actor);
    activity.credential = first(actor, &["api_key_id", "admin_api_key_id", "service_key_id", "scim_token_id"])
        .map(|id| Credential { kind: CredentialKind::ApiToken, id: Some(id), issuer: None, issued: None });
    activity.outcome =
        Some(if action.ends_with("_failed") || action.ends_with("_denied") { Outcome::Denied } else { Outcome::Success });
    targets(record, &mut activity);
    if action.ends_with("key_created")
        && let Some(id) = first(record, &["api_key_id", "admin_api_key_id", "service_key_id"])
    {
        let owner = Some(join("anthropic:key:", &id));
        activity.links.push(Link::Issued { credential: id, owner });
    }
    settle_interactive(&mut activity);
    Some(activity)
}

fn who(actor: Value<'_>) -> Option<Identity<'_>> {
    let kind = actor.get_text("type")?;
    let name = || first(actor, &["email_address", "user_id", "unauthenticated_email_address"]);
    match &*kind {
        "user_actor" => match actor.get_text("email_address") {
            Some(email) => Some(account(email, Actor::Human)),
            None => Some(identity(Kind::Human, Actor::Human, "anthropic:user:", actor.get_text("user_id")?)),
        },
        "unauthenticated_user_actor" => Some(account(name()?, Actor::Ambiguous)),
        "api_actor" | "admin_api_key_actor" | "service_key_actor" => {
            let id = first(actor, &["api_key_id", "admin_api_key_id", "service_key_id", "name"])?;
            Some(machine(Kind::Token, "anthropic:key:", id))
        }
        "scim_directory_sync_actor" => {
            Some(machine(Kind::CloudService, "anthropic:scim:", first(actor, &["directory_id", "workos_event_id"])?))
        }
        "anthropic_actor" | "system_actor" => {
            Some(machine(Kind::CloudService, "anthropic:system:", name().unwrap_or("anthropic".into())))
        }
        _ => Some(identity(Kind::Token, Actor::Ambiguous, "anthropic:actor:", name().or_else(|| actor.get_text("id"))?)),
    }
}

/// What was touched stands in members of its own, named after the object: the first name, else the first id.
fn targets<'a>(record: Value<'a>, activity: &mut Activity<'a>) {
    let context = ["id", "organization_id", "organization_uuid", "type", "created_at", "workspace_id"];
    let own =
        || record.fields().filter(|(key, value)| !context.contains(key) && !key.starts_with("p_") && value.text().is_some());
    let named = own().filter(|(key, _)| key.ends_with("_name")).chain(own().filter(|(key, _)| key.ends_with("_id")));
    for (key, value) in named.take(4) {
        let kind = key.trim_end_matches("_name").trim_end_matches("_id");
        let name = value.text().unwrap_or_default();
        activity.targets.push(Target { name: Text::Owned(format!("anthropic:{kind}/{name}")) });
    }
    let own_mail = activity.identity.as_ref().map(|who| who.name.clone());
    for (key, value) in own().take(32) {
        let text = value.text().unwrap_or_default();
        if key.ends_with("_email") || key == "email" || key.ends_with("email_address") {
            activity.destinations.extend(foreign_domain(own_mail.as_deref(), &text));
        } else if key.ends_with("url") {
            activity.destinations.extend(url_host(&text).map(|host| Text::Owned(host.to_owned())));
        }
        activity.mentions.push(text);
    }
    strings(record.get("updates"), &mut activity.mentions);
}

#[cfg(test)]
mod tests {
    use crate::support::testing::{Row, check};

    #[test]
    fn rows() {
        check(&[
            Row {
                record: r#"{"id":"activity_1","created_at":"2026-05-07T10:00:00Z","organization_id":"org_1","type":"mcp_server_created","mcp_server_id":"m1","mcp_server_name":"warehouse","actor":{"type":"user_actor","email_address":"jane@example.com","ip_address":"192.0.2.1"}}"#,
                source: "anthropic",
                id: "person:jane@example.com",
                kind: "human",
                actor: "human",
                action: "anthropic:mcp_server_created",
                target: "anthropic:mcp_server/warehouse",
                outcome: "success",
            },
            Row {
                record: r#"{"id":"activity_1","created_at":"2026-05-07T10:00:00Z","organization_id":"org_1","type":"service_key_created","service_key_id":"sk1","actor":{"type":"api_actor","api_key_id":"apikey_1"}}"#,
                source: "anthropic",
                id: "anthropic:key:apikey_1",
                kind: "token",
                actor: "machine",
                action: "anthropic:service_key_created",
                target: "anthropic:service_key/sk1",
                outcome: "success",
            },
        ]);
    }
}
