//! Tines tenant audit log.

use crate::Hints;
use crate::json::Value;
use crate::support::exact::first;
use crate::support::fields::{join, strings};
use crate::support::names::{account, foreign_domain, identity, machine, settle_interactive};
use crate::support::network::{address, url_host};
use vires_event::{Activity, Actor, Identity, Kind, Origin, Outcome, Source, Target, Text};

pub(crate) fn detect(record: Value<'_>) -> bool {
    record.get("operation_name").is_some()
        && ["tenant_id", "request_ip", "user_email", "request_user_agent"].iter().any(|key| record.get(key).is_some())
}

pub(crate) fn decode<'a>(record: Value<'a>, _hints: &Hints<'a>) -> Option<Activity<'a>> {
    let action = record.get_text("operation_name")?;
    let mut activity = Activity::new(Source::Tines, join("tines:", &action));
    activity.time = record.get_text("created_at");
    activity.event_id = record.get_text("id");
    activity.place.account = record.get_text("tenant_id");
    activity.origin = Origin {
        ip: record.get_text("request_ip").and_then(address),
        user_agent: record.get_text("request_user_agent"),
        ..Origin::default()
    };
    activity.identity = who(record);
    activity.outcome =
        Some(if action.contains("Failed") || action.contains("Denied") { Outcome::Denied } else { Outcome::Success });
    let inputs = record.get("inputs");
    let inside = |paths: &[&str]| inputs.and_then(|inputs| first(inputs, paths));
    let name = inside(&["name", "inputs.name", "storyId", "inputs.storyId", "id", "inputs.id", "teamId"]);
    activity.targets.extend(name.map(|name| Target { name: join("tines:", &name) }));
    strings(inputs, &mut activity.mentions);
    let own = activity.identity.as_ref().map(|who| who.name.clone());
    activity.destinations.extend(inside(&["email", "inputs.email"]).and_then(|mail| foreign_domain(own.as_deref(), &mail)));
    let url = inside(&["url", "targetUrl", "inputs.url"]);
    activity.destinations.extend(url.and_then(|url| url_host(&url).map(|host| Text::Owned(host.to_owned()))));
    settle_interactive(&mut activity);
    Some(activity)
}

fn who(record: Value<'_>) -> Option<Identity<'_>> {
    if let Some(key) = first(record, &["api_key_name", "service_account_name"]) {
        return Some(machine(Kind::Token, "tines:key:", key));
    }
    match first(record, &["user_email"]) {
        Some(email) => Some(account(email, Actor::Human)),
        None => first(record, &["user_name", "user_id"]).map(|id| identity(Kind::Human, Actor::Ambiguous, "tines:user:", id)),
    }
}

#[cfg(test)]
mod tests {
    use crate::support::testing::{Row, check};

    #[test]
    fn rows() {
        check(&[Row {
            record: r#"{"created_at":"2026-01-05 08:00:00","id":1,"operation_name":"AuthenticationTokenCreation","inputs":{"name":"ci"},"request_ip":"192.0.2.1","tenant_id":"7","user_email":"jane@example.com","user_id":"9"}"#,
            source: "tines",
            id: "person:jane@example.com",
            kind: "human",
            actor: "human",
            action: "tines:AuthenticationTokenCreation",
            target: "tines:ci",
            outcome: "success",
        }]);
    }
}
