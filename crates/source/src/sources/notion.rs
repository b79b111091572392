//! Notion workspace audit log (webhook form: the record stands in `event`).

use crate::Hints;
use crate::json::Value;
use crate::support::exact::first;
use crate::support::fields::{join, strings};
use crate::support::names::{account, foreign_domain, identity, machine, settle_interactive};
use crate::support::network::address;
use vires_event::{Activity, Actor, Identity, Kind, Origin, Outcome, Source, Target, Text};

pub(crate) fn detect(record: Value<'_>) -> bool {
    let event = event(record);
    event.get("workspace_id").is_some() && event.get("type").is_some() && event.path("actor.type").is_some()
}

fn event(record: Value<'_>) -> Value<'_> {
    record.get("event").filter(|event| event.is_object()).unwrap_or(record)
}

pub(crate) fn decode<'a>(record: Value<'a>, _hints: &Hints<'a>) -> Option<Activity<'a>> {
    let event = event(record);
    let action = event.get_text("type")?;
    let mut activity = Activity::new(Source::Notion, join("notion:", &action));
    activity.time = event.get_text("timestamp");
    activity.event_id = event.get_text("id").filter(|id| &**id != "...");
    activity.place.account = event.get_text("workspace_id");
    activity.origin = Origin {
        ip: event.get_text("ip_address").filter(|ip| &**ip != "...").and_then(address),
        user_agent: first(event, &["user_agent"]),
        ..Origin::default()
    };
    activity.identity = event.get("actor").and_then(who);
    activity.outcome = Some(if action.ends_with("failed") { Outcome::Denied } else { Outcome::Success });
    let details = event.get("details").or_else(|| event.get(&action));
    if let Some(details) = details {
        if let Some(target) = details.get("target").or_else(|| details.get("parent")) {
            let kind = first(target, &["type", "object"]).unwrap_or("target".into());
            let id = target.get_text(&kind).or_else(|| target.get_text("id"));
            activity
                .targets
                .extend(id.map(|id| Target { name: Text::Owned(format!("notion:{}/{id}", kind.trim_end_matches("_id"))) }));
        }
        strings(Some(details), &mut activity.mentions);
        let own = activity.identity.as_ref().map(|who| who.name.clone());
        let let_in = first(details, &["entity.person.email", "member.person.email", "email", "invitee_email"]);
        activity.destinations.extend(let_in.and_then(|mail| foreign_domain(own.as_deref(), &mail)));
    }
    if activity.targets.is_empty() {
        activity.targets.extend(activity.place.account.clone().map(|id| Target { name: join("notion:workspace/", &id) }));
    }
    settle_interactive(&mut activity);
    if activity.interactive.is_none() && event.get_text("platform").is_some_and(|p| &*p == "web" || p.ends_with("-desktop")) {
        activity.interactive = Some(true);
    }
    Some(activity)
}

fn who(actor: Value<'_>) -> Option<Identity<'_>> {
    let id = || actor.get_text("id");
    match &*actor.get_text("type")? {
        "person" => match first(actor, &["person.email"]) {
            Some(email) => Some(account(email, Actor::Human)),
            None => Some(identity(Kind::Human, Actor::Human, "notion:user:", id()?)),
        },
        "bot" | "integration" => {
            let mut who = machine(Kind::Bot, "notion:bot:", id()?);
            who.name = actor.get_text("name").unwrap_or(who.name);
            Some(who)
        }
        "agent" | "ai_agent" => Some(machine(Kind::AiAgent, "notion:agent:", id()?)),
        "scim" | "system" => Some(machine(Kind::CloudService, "notion:system:", id().unwrap_or("notion".into()))),
        _ => Some(identity(Kind::Human, Actor::Ambiguous, "notion:actor:", id()?)),
    }
}

#[cfg(test)]
mod tests {
    use crate::support::testing::{Row, check};

    #[test]
    fn rows() {
        check(&[
            Row {
                record: r#"{"event":{"id":"1","timestamp":"2026-01-05T08:00:00Z","workspace_id":"w1","actor":{"id":"a","object":"user","type":"person","person":{"email":"jane@example.com"}},"ip_address":"192.0.2.1","platform":"web","type":"page.exported","details":{"target":{"page_id":"p1","type":"page_id"}}}}"#,
                source: "notion",
                id: "person:jane@example.com",
                kind: "human",
                actor: "human",
                action: "notion:page.exported",
                target: "notion:page/p1",
                outcome: "success",
            },
            Row {
                record: r#"{"event":{"id":"1","timestamp":"2026-01-05T08:00:00Z","workspace_id":"w1","actor":{"id":"b1","type":"bot","name":"sync"},"type":"workspace.content_exported"}}"#,
                source: "notion",
                id: "notion:bot:b1",
                kind: "bot",
                actor: "machine",
                action: "notion:workspace.content_exported",
                target: "notion:workspace/w1",
                outcome: "success",
            },
        ]);
    }
}
