//! Cloudflare: account audit logs (API v1, v2, Logpush) and HTTP request logs.

use crate::Hints;
use crate::json::Value;
use crate::support::exact::first;
use crate::support::fields::{join, outcome_status, outcome_word, strings};
use crate::support::names::{account, foreign_domain, identity, machine, person_id, settle_interactive};
use crate::support::network::{address, asn, url_host};
use vires_event::{
    Activity, Actor, Credential, CredentialKind, Delegation, Identity, Kind, Link, Origin, Outcome, Source, Target, Text,
};

pub(crate) fn detect(record: Value<'_>) -> bool {
    let has = |key: &str| record.get(key).is_some();
    (record.path("action.type").is_some()
        && record.path("actor.type").is_some()
        && (has("resource") || has("owner") || has("account")))
        || (has("ActionType") && has("ActorType"))
        || is_request(record)
}

fn is_request(record: Value<'_>) -> bool {
    record.get("ClientRequestMethod").is_some() && (record.get("ClientIP").is_some() || record.get("RayID").is_some())
}

pub(crate) fn decode<'a>(record: Value<'a>, _hints: &Hints<'a>) -> Option<Activity<'a>> {
    if is_request(record) {
        return http_request(record);
    }
    let action = first(record, &["action.type", "ActionType"])?;
    let product = first(record, &["resource.product", "resource.type", "ResourceType"]);
    let mut activity = Activity::new(Source::Cloudflare, join("cloudflare:", &action));
    if let Some(product) = &product {
        activity.also.push(Text::Owned(format!("cloudflare:{product}.{action}")));
    }
    activity.time = first(record, &["when", "action.time", "When"]);
    activity.event_id = first(record, &["id", "ID"]);
    activity.place.account = first(record, &["account.id", "owner.id", "OwnerID"]);
    activity.origin = Origin {
        ip: first(record, &["actor.ip", "actor.ip_address", "ActorIP"]).and_then(address),
        user_agent: first(record, &["raw.user_agent", "metadata.user_agent"]),
        ..Origin::default()
    };
    let email = first(record, &["actor.email", "ActorEmail"]);
    let token = first(record, &["actor.token_id", "actor.token_name"]);
    activity.identity = who(record, email.clone(), token.as_ref());
    if let Some(token) = token {
        activity.credential = Some(Credential { kind: CredentialKind::ApiToken, id: Some(token), issuer: None, issued: None });
        activity.delegation = email.as_deref().map(|email| Delegation { by: person_id(email), human: Some(true) });
    }
    let result = first(record, &["action.result", "ActionResult"]);
    activity.outcome = result.and_then(|word| outcome_word(&word));
    let zone = first(record, &["zone.name", "metadata.zone_name"]);
    let id = first(record, &["resource.id", "ResourceID"]);
    let kind = product.unwrap_or("resource".into());
    activity.targets.extend(id.clone().map(|id| Target { name: Text::Owned(format!("cloudflare:{kind}/{id}")) }));
    activity.targets.extend(zone.map(|zone| Target { name: join("cloudflare:", &zone) }));
    for free in ["metadata", "Metadata", "newValueJson", "newValue", "NewValue"] {
        strings(record.get(free), &mut activity.mentions);
    }
    if let Some(url) = first(record, &["newValueJson.destination_conf", "metadata.destination_conf"]) {
        activity.destinations.extend(url_host(&url).map(|host| Text::Owned(host.to_owned())));
    }
    if let Some(member) = first(record, &["metadata.email", "newValueJson.email"]) {
        activity.destinations.extend(foreign_domain(email.as_deref(), &member));
    }
    if matches!(&*action, "token_create" | "API_key_created")
        && let Some(id) = id
    {
        let owner = Some(join("cloudflare:token:", &id));
        activity.links.push(Link::Issued { credential: id, owner });
    }
    settle_interactive(&mut activity);
    if first(record, &["interface", "Interface"]).as_deref() == Some("UI") && activity.interactive.is_none() {
        activity.interactive = Some(true);
    }
    Some(activity)
}

fn who<'a>(record: Value<'a>, email: Option<Text<'a>>, token: Option<&Text<'a>>) -> Option<Identity<'a>> {
    if let Some(token) = token {
        let mut who = machine(Kind::Token, "cloudflare:token:", token.clone());
        who.name = first(record, &["actor.token_name"]).unwrap_or(who.name);
        return Some(who);
    }
    let id = first(record, &["actor.id", "ActorID"]);
    match first(record, &["actor.type", "ActorType"]).as_deref() {
        Some("token" | "account_token") => id.map(|id| machine(Kind::Token, "cloudflare:token:", id)),
        Some("system" | "cloudflare_admin" | "Cloudflare") => {
            Some(machine(Kind::CloudService, "cloudflare:system:", id.unwrap_or("cloudflare".into())))
        }
        _ => match email {
            // A key acts under the user's address too.
            Some(email) => {
                let by_key = first(record, &["actor.context"]).is_some_and(|context| context.starts_with("api_"));
                Some(account(email, if by_key { Actor::Ambiguous } else { Actor::Human }))
            }
            None => id.map(|id| identity(Kind::Human, Actor::Ambiguous, "cloudflare:user:", id)),
        },
    }
}

fn http_request<'a>(record: Value<'a>) -> Option<Activity<'a>> {
    let method = record.get_text("ClientRequestMethod")?;
    let mut activity = Activity::new(Source::Cloudflare, join("cloudflare:", &method));
    activity.time = first(record, &["EdgeStartTimestamp", "EdgeEndTimestamp"]);
    activity.event_id = record.get_text("RayID");
    activity.origin = Origin {
        ip: record.get_text("ClientIP").and_then(address),
        user_agent: record.get_text("ClientRequestUserAgent"),
        asn: record.get_text("ClientASN").and_then(|number| asn(&number)),
        ..Origin::default()
    };
    activity.place.account = record.get_text("ZoneName");
    let host = record.get_text("ClientRequestHost").unwrap_or_default();
    let path = first(record, &["ClientRequestPath", "ClientRequestURI"]).unwrap_or_default();
    let path = path.split('?').next().unwrap_or_default();
    activity.targets.push(Target { name: Text::Owned(format!("cloudflare:{host}{path}")) });
    let status = first(record, &["EdgeResponseStatus"]).and_then(|code| code.parse().ok());
    activity.outcome = status.and_then(outcome_status);
    if matches!(first(record, &["SecurityAction", "WAFAction"]).as_deref(), Some("block" | "drop")) {
        activity.outcome = Some(Outcome::Denied);
    }
    activity.volume.bytes_out = first(record, &["EdgeResponseBytes"]).and_then(|n| n.parse().ok());
    settle_interactive(&mut activity);
    Some(activity)
}

#[cfg(test)]
mod tests {
    use crate::support::testing::{Row, check};

    #[test]
    fn rows() {
        check(&[
            Row {
                record: r#"{"id":"1","when":"2026-01-05T08:00:00Z","action":{"type":"token_create","result":true},"actor":{"type":"user","email":"jane@example.com","id":"u","ip":"192.0.2.1"},"resource":{"type":"token","id":"t1"},"owner":{"id":"o"},"interface":"UI"}"#,
                source: "cloudflare",
                id: "person:jane@example.com",
                kind: "human",
                actor: "human",
                action: "cloudflare:token_create",
                target: "cloudflare:token/t1",
                outcome: "success",
            },
            Row {
                record: r#"{"id":"1","account":{"id":"a"},"action":{"type":"delete","result":"success","time":"2026-01-05T08:00:00Z"},"actor":{"type":"account","context":"api_token","token_id":"t1","token_name":"ci","ip_address":"192.0.2.1"},"resource":{"product":"logpush","id":"7"}}"#,
                source: "cloudflare",
                id: "cloudflare:token:t1",
                kind: "token",
                actor: "machine",
                action: "cloudflare:delete",
                target: "cloudflare:logpush/7",
                outcome: "success",
            },
            Row {
                record: r#"{"ClientIP":"192.0.2.1","ClientRequestHost":"api.example.com","ClientRequestMethod":"POST","ClientRequestURI":"/v1/x?y","EdgeResponseStatus":403,"RayID":"r"}"#,
                source: "cloudflare",
                id: "",
                kind: "",
                actor: "",
                action: "cloudflare:POST",
                target: "cloudflare:api.example.com/v1/x",
                outcome: "denied",
            },
        ]);
    }
}
