//! OpenAI organisation audit log.

use crate::Hints;
use crate::json::Value;
use crate::support::exact::first;
use crate::support::fields::{join, strings};
use crate::support::names::{account, foreign_domain, identity, machine, person_id, settle_interactive};
use crate::support::network::{address, asn};
use vires_event::{
    Activity, Actor, Credential, CredentialKind, Delegation, Identity, Kind, Link, Origin, Outcome, Source, Target, Text,
};

pub(crate) fn detect(record: Value<'_>) -> bool {
    record.get_text("object").is_some_and(|object| &*object == "organization.audit_log")
        || (record.get("effective_at").is_some() && record.get("type").is_some() && record.path("actor.type").is_some())
}

pub(crate) fn decode<'a>(record: Value<'a>, _hints: &Hints<'a>) -> Option<Activity<'a>> {
    let action = record.get_text("type")?;
    let actor = record.get("actor");
    let mut activity = Activity::new(Source::Openai, join("openai:", &action));
    activity.time = record.get_text("effective_at");
    activity.event_id = record.get_text("id");
    activity.place.account = first(record, &["project.id", "project.name"]);
    if let Some(actor) = actor {
        activity.origin = Origin {
            ip: first(actor, &["session.ip_address", "api_key.ip_address", "ip_address"]).and_then(address),
            user_agent: first(actor, &["session.user_agent", "api_key.user_agent", "user_agent"]),
            asn: first(actor, &["session.ip_address_details.asn"]).and_then(|number| asn(&number)),
            ..Origin::default()
        };
        activity.identity = who(actor);
        activity.credential = first(actor, &["api_key.id"]).map(|id| Credential {
            kind: CredentialKind::ApiToken,
            id: Some(id),
            issuer: None,
            issued: None,
        });
        activity.delegation = first(actor, &["api_key.user.email", "api_key.user.id"])
            .map(|user| Delegation { by: person_id(&user), human: Some(true) });
    }
    activity.outcome = Some(if action.ends_with(".failed") { Outcome::Denied } else { Outcome::Success });
    // The details stand in a member named after the event, with dots or underscores.
    let details = record.get(&action).or_else(|| record.get(&action.replace('.', "_")));
    if let Some(details) = details {
        activity.error_code = first(details, &["error_code"]);
        let kind = action.rsplit_once('.').map_or(&*action, |(kind, _)| kind);
        if let Some(id) = first(details, &["name", "data.name", "email", "data.email", "id"]) {
            activity.targets.push(Target { name: Text::Owned(format!("openai:{kind}/{id}")) });
        }
        strings(Some(details), &mut activity.mentions);
        if let Some(other) = first(details, &["data.email", "email", "changes_requested.email"]) {
            let own = activity.identity.as_ref().map(|who| &*who.name);
            activity.destinations.extend(foreign_domain(own, &other));
        }
        if action == "api_key.created"
            && let Some(id) = first(details, &["id"])
        {
            let owner = Some(join("openai:key:", &id));
            activity.links.push(Link::Issued { credential: id, owner });
        }
    }
    settle_interactive(&mut activity);
    Some(activity)
}

fn who(actor: Value<'_>) -> Option<Identity<'_>> {
    let user = |under: &str| actor.get(under).and_then(|of| first(of, &["user.email", "user.id"]));
    match actor.get_text("type").as_deref() {
        Some("session") => user("session").map(|name| account(name, Actor::Human)),
        Some("api_key") => {
            let key = actor.get("api_key")?;
            if let Some(id) = first(key, &["service_account.id"]) {
                return Some(machine(Kind::ServiceAccount, "openai:service_account:", id));
            }
            first(key, &["id"]).or_else(|| user("api_key")).map(|id| machine(Kind::Token, "openai:key:", id))
        }
        _ => first(actor, &["id", "email"]).map(|id| identity(Kind::Token, Actor::Ambiguous, "openai:actor:", id)),
    }
}

#[cfg(test)]
mod tests {
    use crate::support::testing::{Row, check};

    #[test]
    fn rows() {
        check(&[
            Row {
                record: r#"{"id":"a1","object":"organization.audit_log","type":"scim.disabled","effective_at":1702857600,"actor":{"type":"api_key","api_key":{"type":"service_account","id":"key-1","service_account":{"id":"sa-1"}}},"scim_disabled":{"id":"org-1"}}"#,
                source: "openai",
                id: "openai:service_account:sa-1",
                kind: "service_account",
                actor: "machine",
                action: "openai:scim.disabled",
                target: "openai:scim/org-1",
                outcome: "success",
            },
            Row {
                record: r#"{"id":"a1","object":"organization.audit_log","type":"login.failed","effective_at":1702857600,"actor":{"type":"session","session":{"user":{"id":"u","email":"jane@example.com"},"ip_address":"192.0.2.1"}},"login_failed":{"error_code":"invalid"}}"#,
                source: "openai",
                id: "person:jane@example.com",
                kind: "human",
                actor: "human",
                action: "openai:login.failed",
                target: "",
                outcome: "denied",
            },
            Row {
                record: r#"{"id":"a1","object":"organization.audit_log","type":"api_key.created","effective_at":1702857600,"actor":{"type":"api_key","api_key":{"type":"user","id":"key-1","user":{"email":"jane@example.com"}}},"api_key.created":{"id":"key-2"}}"#,
                source: "openai",
                id: "openai:key:key-1",
                kind: "token",
                actor: "machine",
                action: "openai:api_key.created",
                target: "openai:api_key/key-2",
                outcome: "success",
            },
        ]);
    }
}
