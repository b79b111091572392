//! Wiz audit log. Shippers are known to lower-case the keys.

use crate::Hints;
use crate::json::Value;
use crate::support::fields::{any_case, first, join, say, strings};
use crate::support::names::{account, foreign_domain, identity, is_mail, machine, settle_interactive};
use crate::support::network::{address, url_host};
use vires_event::{Activity, Actor, Identity, Kind, Link, Origin, Outcome, Source, Target, Text};

pub(crate) fn detect(record: Value<'_>) -> bool {
    let has = |key: &str| record.get(key).is_some();
    record.get("action").is_some_and(|action| action.str().is_some())
        && (has("requestId") || has("requestid"))
        && (has("actionParameters") || has("actionparameters") || has("serviceAccount") || has("serviceaccount"))
}

pub(crate) fn decode<'a>(record: Value<'a>, _hints: &Hints<'a>) -> Option<Activity<'a>> {
    let action = record.get_text("action")?;
    let mut activity = Activity::new(Source::Wiz, join("wiz:", &action));
    activity.time = record.get_text("timestamp");
    activity.event_id = first(record, &["id", "requestId"]);
    activity.origin =
        Origin { ip: say(record, "sourceIP").and_then(address), user_agent: say(record, "userAgent"), ..Origin::default() };
    activity.identity = who(record);
    activity.outcome = match say(record, "status").as_deref() {
        Some("SUCCESS") => Some(Outcome::Success),
        Some("ACCESS_DENIED" | "UNAUTHORIZED" | "DENIED") => Some(Outcome::Denied),
        Some("FAILED" | "ERROR") => Some(Outcome::Error),
        _ => None,
    };
    let input = any_case(record, "actionParameters").and_then(|parameters| parameters.get("input").or(Some(parameters)));
    if let Some(input) = input {
        let patched = input.get("patch").unwrap_or(input);
        let name = first(input, &["name", "email", "id"]).or_else(|| first(patched, &["name", "email"]));
        activity.targets.extend(name.map(|name| Target { name: join("wiz:", &name) }));
        strings(Some(input), &mut activity.mentions);
        let own = activity.identity.as_ref().map(|who| who.name.clone());
        let member = first(input, &["email"]).or_else(|| first(patched, &["email"]));
        activity.destinations.extend(member.and_then(|mail| foreign_domain(own.as_deref(), &mail)));
        let url = first(input, &["url", "params.webhook.url", "params.url", "loginURL"]);
        activity.destinations.extend(url.and_then(|url| url_host(&url).map(|host| Text::Owned(host.to_owned()))));
    }
    if &*action == "CreateServiceAccount"
        && let Some(id) = first(record, &["result.serviceAccount.clientId", "result.serviceAccount.id"])
    {
        let owner = Some(join("wiz:service_account:", &id));
        activity.links.push(Link::Issued { credential: id, owner });
    }
    settle_interactive(&mut activity);
    Some(activity)
}

fn who(record: Value<'_>) -> Option<Identity<'_>> {
    if let Some(service) = any_case(record, "serviceAccount").filter(|account| account.is_object()) {
        let name = first(service, &["name", "id"])?;
        return Some(machine(Kind::ServiceAccount, "wiz:service_account:", name));
    }
    let user = record.get("user")?;
    let name = first(user, &["id", "name"])?;
    Some(if is_mail(&name) { account(name, Actor::Human) } else { identity(Kind::Human, Actor::Ambiguous, "wiz:user:", name) })
}

#[cfg(test)]
mod tests {
    use crate::support::testing::{Row, check};

    #[test]
    fn rows() {
        check(&[
            Row {
                record: r#"{"id":"1","action":"DeleteConnector","requestId":"r","status":"SUCCESS","timestamp":"2026-01-05T08:00:00Z","actionParameters":{"input":{"id":"c1"}},"sourceIP":"192.0.2.1","serviceAccount":{"id":"s1","name":"terraform"},"user":null}"#,
                source: "wiz",
                id: "wiz:service_account:terraform",
                kind: "service_account",
                actor: "machine",
                action: "wiz:DeleteConnector",
                target: "wiz:c1",
                outcome: "success",
            },
            Row {
                record: r#"{"action":"CreateUser","actionparameters":{"input":{"email":"joe@example.net"}},"id":"1","requestid":"r","serviceaccount":null,"sourceip":"192.0.2.1","status":"FAILED","user":{"id":"jane@example.com"}}"#,
                source: "wiz",
                id: "person:jane@example.com",
                kind: "human",
                actor: "human",
                action: "wiz:CreateUser",
                target: "wiz:joe@example.net",
                outcome: "error",
            },
        ]);
    }
}
