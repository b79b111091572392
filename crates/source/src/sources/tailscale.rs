//! Tailscale configuration audit log: the bare event, or wrapped in `event` by the log stream.

use crate::Hints;
use crate::json::Value;
use crate::support::exact::first;
use crate::support::fields::strings;
use crate::support::names::{account, identity, machine};
use vires_event::{Activity, Actor, Identity, Kind, Link, Outcome, Source, Target, Text};

pub(crate) fn detect(record: Value<'_>) -> bool {
    let event = event(record);
    event.get("action").is_some()
        && event.path("target.type").is_some()
        && (event.get("eventGroupID").is_some() || event.path("actor.loginName").is_some())
}

fn event(record: Value<'_>) -> Value<'_> {
    record.get("event").filter(|event| event.is_object()).unwrap_or(record)
}

pub(crate) fn decode<'a>(record: Value<'a>, _hints: &Hints<'a>) -> Option<Activity<'a>> {
    let event = event(record);
    let verb = event.get_text("action")?;
    let kind = first(event, &["target.type"])?;
    // A verb alone (CREATE) says nothing: what was created is half of the action.
    let mut activity = Activity::new(Source::Tailscale, Text::Owned(format!("tailscale:{kind}.{verb}")));
    if let Some(property) = first(event, &["target.property"]) {
        activity.also.push(Text::Owned(format!("tailscale:{property}.{verb}")));
    }
    activity.time = first(event, &["eventTime"]).or_else(|| first(record, &["eventTime", "time", "fields.recorded"]));
    activity.event_id = event.get_text("eventGroupID");
    activity.identity = event.get("actor").and_then(who);
    activity.outcome = Some(match event.get("error").and_then(|e| e.text()) {
        Some(_) => Outcome::Error,
        None => Outcome::Success,
    });
    activity.interactive = match event.get_text("origin").as_deref() {
        Some("ADMIN_CONSOLE" | "ADMIN_UI") => Some(true),
        Some("CONFIG_API" | "NODE" | "CONTROL") => Some(false),
        _ => None,
    };
    let name = first(event, &["target.name", "target.id"]);
    activity.targets.extend(name.map(|name| Target { name: Text::Owned(format!("tailscale:{kind}/{name}")) }));
    for free in ["target.property", "new", "old"] {
        strings(event.path(free), &mut activity.mentions);
    }
    if &*verb == "CREATE"
        && matches!(&*kind, "API_KEY" | "AUTH_KEY" | "OAUTH_CLIENT")
        && let Some(credential) = first(event, &["target.id"])
    {
        activity.links.push(Link::Issued { credential, owner: activity.identity.as_ref().map(|who| who.id.clone()) });
    }
    Some(activity)
}

fn who(actor: Value<'_>) -> Option<Identity<'_>> {
    let login = || first(actor, &["loginName", "displayName", "id"]);
    match actor.get_text("type").as_deref() {
        Some("USER") | None => login().map(|name| account(name, Actor::Human)),
        Some("NODE") => login().map(|name| machine(Kind::Workload, "tailscale:node:", name)),
        Some("API_KEY" | "OAUTH_CLIENT" | "SERVICE") => login().map(|name| machine(Kind::OauthApp, "tailscale:client:", name)),
        Some("SCIM" | "AUTOMATED_WORKER" | "SUPPORT") => {
            login().map(|name| machine(Kind::CloudService, "tailscale:system:", name))
        }
        Some(_) => login().map(|name| identity(Kind::Human, Actor::Ambiguous, "tailscale:actor:", name)),
    }
}

#[cfg(test)]
mod tests {
    use crate::support::testing::{Row, check};

    #[test]
    fn rows() {
        check(&[
            Row {
                record: r#"{"event":{"action":"CREATE","actor":{"id":"u1","loginName":"jane@example.com","type":"USER"},"eventGroupID":"e1","origin":"ADMIN_CONSOLE","target":{"id":"k1","name":"API key","type":"API_KEY"}},"time":1687906694.915}"#,
                source: "tailscale",
                id: "person:jane@example.com",
                kind: "human",
                actor: "human",
                action: "tailscale:API_KEY.CREATE",
                target: "tailscale:API_KEY/API key",
                outcome: "success",
            },
            Row {
                record: r#"{"eventGroupID":"e1","origin":"NODE","actor":{"id":"n1","type":"NODE","displayName":"gw-1"},"target":{"id":"n1","name":"gw-1.example.ts.net","type":"NODE","property":"ALLOWED_IPS"},"action":"UPDATE","eventTime":"2026-01-05T08:00:00Z"}"#,
                source: "tailscale",
                id: "tailscale:node:gw-1",
                kind: "workload",
                actor: "machine",
                action: "tailscale:NODE.UPDATE",
                target: "tailscale:NODE/gw-1.example.ts.net",
                outcome: "success",
            },
        ]);
    }
}
