//! Bitbucket Data Center audit log. Jira and Confluence share its shape; their records go to [`super::atlassian`].

use crate::Hints;
use crate::json::Value;
use crate::support::exact::first;
use crate::support::fields::strings;
use crate::support::names::{account, identity, is_mail, machine};
use crate::support::network::{address, url_host};
use crate::support::service_name::by_name;
use vires_event::{Activity, Actor, Identity, Kind, Origin, Outcome, Source, Target, Text};

/// True for the audit record that all Data Center products write.
pub(super) fn is_data_center(record: Value<'_>) -> bool {
    record.get("auditType").is_some_and(|kind| kind.get("action").is_some() || kind.get("category").is_some())
}

pub(crate) fn detect(record: Value<'_>) -> bool {
    let foreign = ["jira", "confluence", "wiki"];
    let system = record.get_text("system").unwrap_or_default();
    is_data_center(record) && !foreign.iter().any(|product| system.contains(product))
}

pub(crate) fn decode<'a>(record: Value<'a>, hints: &Hints<'a>) -> Option<Activity<'a>> {
    data_center(record, Source::Bitbucket, "bitbucket", hints)
}

/// Decodes a Data Center record under the name of the product that wrote it.
pub(super) fn data_center<'a>(record: Value<'a>, source: Source, name: &str, _hints: &Hints<'a>) -> Option<Activity<'a>> {
    let action = first(record, &["auditType.action", "auditType.category"])?;
    let mut activity = Activity::new(source, Text::Owned(format!("{name}:{action}")));
    activity.time = match record.path("timestamp.epochSecond") {
        Some(seconds) => seconds.text(),
        None => record.get_text("timestamp"),
    };
    activity.place.account = first(record, &["system"]).and_then(|url| url_host(&url).map(|host| Text::Owned(host.to_owned())));
    activity.place.host = record.get_text("node");
    activity.origin = Origin { ip: record.get_text("source").and_then(address), ..Origin::default() };
    activity.interactive = match record.get_text("method").as_deref() {
        Some("Browser") => Some(true),
        Some("System" | "Other") => Some(false),
        _ => None,
    };
    activity.identity = record.get("author").and_then(|author| who(author, name));
    let refused = action.contains("failed") || action.contains("Unauthorized") || action.contains("denied");
    activity.outcome = Some(if refused { Outcome::Denied } else { Outcome::Success });
    for object in record.get("affectedObjects").into_iter().flat_map(|list| list.items()).take(8) {
        let kind = object.get_text("type").unwrap_or("object".into());
        if let Some(of) = first(object, &["name", "id"]) {
            activity.targets.push(Target { name: Text::Owned(format!("{name}:{kind}/{of}")) });
        }
    }
    strings(record.get("changedValues"), &mut activity.mentions);
    Some(activity)
}

fn who<'a>(author: Value<'a>, product: &str) -> Option<Identity<'a>> {
    let name = first(author, &["name", "id"])?;
    let kind = author.get_text("type").unwrap_or_default();
    if kind.eq_ignore_ascii_case("system") || name == "System" || author.get_text("id").as_deref() == Some("-1") {
        return Some(machine(Kind::CloudService, &format!("{product}:system:"), name));
    }
    if kind.eq_ignore_ascii_case("service") {
        return Some(machine(Kind::ServiceAccount, &format!("{product}:user:"), name));
    }
    if is_mail(&name) {
        return Some(account(name, Actor::Human));
    }
    Some(by_name(identity(Kind::Human, Actor::Ambiguous, &format!("{product}:user:"), name)))
}

#[cfg(test)]
mod tests {
    use crate::support::testing::{Row, check};

    #[test]
    fn rows() {
        check(&[
            Row {
                record: r#"{"timestamp":"2026-01-05T08:00:00Z","author":{"name":"ci-mirror","id":"7","type":"NORMAL"},"auditType":{"action":"Full data export triggered","category":"Data pipeline"},"affectedObjects":[{"name":"PAY","type":"Project"}],"source":"192.0.2.9","system":"https://bitbucket.example.com"}"#,
                source: "bitbucket",
                id: "bitbucket:user:ci-mirror",
                kind: "service_account",
                actor: "ambiguous",
                action: "bitbucket:Full data export triggered",
                target: "bitbucket:Project/PAY",
                outcome: "success",
            },
            Row {
                record: r#"{"timestamp":{"epochSecond":1795459481,"nano":0},"author":{"name":"System","id":"-1","type":"system"},"auditType":{"action":"Unauthorized full data export triggered"},"system":"https://bitbucket.example.com"}"#,
                source: "bitbucket",
                id: "bitbucket:system:System",
                kind: "cloud_service",
                actor: "machine",
                action: "bitbucket:Unauthorized full data export triggered",
                target: "",
                outcome: "denied",
            },
        ]);
    }
}
