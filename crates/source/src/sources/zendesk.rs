//! Zendesk audit log.

use crate::Hints;
use crate::json::Value;
use crate::support::exact::{first, mentions};
use crate::support::names::{identity, machine};
use crate::support::network::{address, url_host};
use vires_event::{Activity, Actor, Identity, Kind, Origin, Outcome, Source, Target, Text};

pub(crate) fn detect(record: Value<'_>) -> bool {
    let has = |key: &str| record.get(key).is_some();
    has("actor_id") && has("source_type") && has("action") && (has("change_description") || has("action_label"))
}

pub(crate) fn decode<'a>(record: Value<'a>, _hints: &Hints<'a>) -> Option<Activity<'a>> {
    let verb = record.get_text("action")?;
    let kind = record.get_text("source_type")?;
    // A verb alone (update) says nothing: what was updated is half of the action.
    let mut activity = Activity::new(Source::Zendesk, Text::Owned(format!("zendesk:{kind}.{verb}")));
    activity.time = record.get_text("created_at");
    activity.event_id = record.get_text("id");
    activity.place.account = record.get_text("url").and_then(|url| url_host(&url).map(|host| Text::Owned(host.to_owned())));
    activity.origin = Origin { ip: record.get_text("ip_address").and_then(address), ..Origin::default() };
    activity.identity = who(record);
    activity.outcome = Some(Outcome::Success);
    let name = first(record, &["source_label", "source_id"]);
    activity.targets.extend(name.map(|name| Target { name: Text::Owned(format!("zendesk:{kind}/{name}")) }));
    mentions(record, &["source_label"], &mut activity.mentions);
    Some(activity)
}

/// Accounts are numbered; number -1 is Zendesk itself.
fn who(record: Value<'_>) -> Option<Identity<'_>> {
    let id = record.get_text("actor_id")?;
    if id == "-1" {
        return Some(machine(Kind::CloudService, "zendesk:system:", record.get_text("actor_name").unwrap_or("zendesk".into())));
    }
    let mut who = identity(Kind::Human, Actor::Ambiguous, "zendesk:user:", id);
    who.name = record.get_text("actor_name").unwrap_or(who.name);
    Some(who)
}

#[cfg(test)]
mod tests {
    use crate::support::testing::{Row, check};

    #[test]
    fn rows() {
        check(&[
            Row {
                record: r#"{"url":"https://example.zendesk.com/api/v2/audit_logs/1.json","id":1,"action_label":"Updated","actor_id":7,"actor_name":"Jane Doe","source_id":3,"source_type":"api_token","source_label":"ci","action":"create","change_description":"x","ip_address":"192.0.2.1","created_at":"2026-01-05T08:00:00Z"}"#,
                source: "zendesk",
                id: "zendesk:user:7",
                kind: "human",
                actor: "ambiguous",
                action: "zendesk:api_token.create",
                target: "zendesk:api_token/ci",
                outcome: "success",
            },
            Row {
                record: r#"{"id":1,"action_label":"Updated","actor_id":-1,"source_id":3,"source_type":"user","action":"update","change_description":"x"}"#,
                source: "zendesk",
                id: "zendesk:system:zendesk",
                kind: "cloud_service",
                actor: "machine",
                action: "zendesk:user.update",
                target: "zendesk:user/3",
                outcome: "success",
            },
        ]);
    }
}
