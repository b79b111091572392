//! GitLab audit events: streamed, from the API, or from `audit_json.log`.

use crate::Hints;
use crate::json::Value;
use crate::support::exact::{first, mentions};
use crate::support::fields::join;
use crate::support::names::{foreign_domain, identity, machine, settle_interactive};
use crate::support::network::address;
use crate::support::service_name::by_name;
use vires_event::{Activity, Actor, Identity, Kind, Origin, Outcome, Source, Target, Text};

pub(crate) fn detect(record: Value<'_>) -> bool {
    let has = |key: &str| record.get(key).is_some();
    let author = has("author_id") || has("author_name");
    let entity = has("entity_type") || has("entity_path") || has("entity_id") || has("target_type");
    let details = record.get("details").or_else(|| record.get("detail"));
    (author && entity) || details.is_some_and(|d| d.get("custom_message").is_some() || d.get("author_class").is_some())
}

pub(crate) fn decode<'a>(record: Value<'a>, _hints: &Hints<'a>) -> Option<Activity<'a>> {
    let details = record.get("details").or_else(|| record.get("detail"));
    let detail = |paths: &[&str]| details.and_then(|d| first(d, paths));
    let action = first(record, &["event_type", "event_name"])
        .or_else(|| detail(&["event_name", "event_type", "action"]))
        .or_else(|| changed(record, details))
        .or_else(|| detail(&["custom_message"]))
        .or_else(|| first(record, &["custom_message", "message"]))?;
    let mut activity = Activity::new(Source::Gitlab, join("gitlab:", &action));
    activity.time = first(record, &["created_at", "time"]);
    activity.event_id = first(record, &["id", "correlation_id"]);
    let path = first(record, &["entity_path"]).or_else(|| detail(&["entity_path"]));
    // A project is a thing in a group, as a repository is one of an organisation.
    activity.place.account = path.clone().map(outermost);
    activity.origin = Origin {
        ip: first(record, &["ip_address", "remote_ip"]).or_else(|| detail(&["ip_address"])).and_then(address),
        user_agent: first(record, &["user_agent", "ua"]),
        ..Origin::default()
    };
    activity.identity = who(record, details);
    let refused = action.contains("failed") || action.contains("denied") || detail(&["failed_login"]).is_some();
    activity.outcome = Some(if refused { Outcome::Denied } else { Outcome::Success });
    let kind = first(record, &["target_type"]).or_else(|| detail(&["target_type"])).unwrap_or("target".into());
    if let Some(path) = &path {
        activity.targets.push(Target { name: join("gitlab:", path) });
    }
    if let Some(name) = first(record, &["target_details"]).or_else(|| detail(&["target_details"])) {
        activity.targets.push(Target { name: Text::Owned(format!("gitlab:{kind}/{name}")) });
        let own = detail(&["author_email"]);
        activity
            .destinations
            .extend(foreign_domain(own.as_deref(), &name).filter(|_| own.is_some() || action.contains("member")));
    }
    mentions(record, &["entity_path", "target_details"], &mut activity.mentions);
    if let Some(details) = details {
        mentions(details, &["target_details", "as", "to", "event_name"], &mut activity.mentions);
    }
    activity.mentions.dedup();
    settle_interactive(&mut activity);
    Some(activity)
}

/// `change: visibility` and the like, where the record has no event type: `change_visibility`.
fn changed<'a>(record: Value<'a>, details: Option<Value<'a>>) -> Option<Text<'a>> {
    ["change", "add", "remove"].iter().find_map(|verb| {
        let what = record.get_text(verb).or_else(|| details?.get_text(verb))?;
        Some(Text::Owned(format!("{verb}_{}", what.replace(' ', "_"))))
    })
}

fn who<'a>(record: Value<'a>, details: Option<Value<'a>>) -> Option<Identity<'a>> {
    let detail = |key: &str| details.and_then(|d| d.get_text(key));
    let name = first(record, &["author_username", "username", "author_name", "meta.user"])
        .or_else(|| detail("author_username"))
        .or_else(|| detail("author_name"))
        .or_else(|| first(record, &["author_id"]).filter(|id| &**id != "-1"))?;
    let class = first(record, &["author_class"]).or_else(|| detail("author_class")).unwrap_or_default();
    Some(match &*class {
        "DeployToken" | "DeployKey" | "Gitlab::Audit::DeployTokenAuthor" | "Gitlab::Audit::DeployKeyAuthor" => {
            machine(Kind::Token, "gitlab:deploy_token:", name)
        }
        "Gitlab::Audit::CiRunnerTokenAuthor" | "Ci::Runner" => machine(Kind::CiRunner, "gitlab:runner:", name),
        _ if is_token_bot(&name) => machine(Kind::Bot, "gitlab:user:", name),
        // The prefix is GitLab's own for accounts that it makes for services.
        _ if name.starts_with("service_account_") => machine(Kind::ServiceAccount, "gitlab:user:", name),
        _ => by_name(identity(Kind::Human, Actor::Ambiguous, "gitlab:user:", name)),
    })
}

/// `project_123_bot`, `group_7_bot_9f3c…`: the users behind access tokens.
fn is_token_bot(name: &str) -> bool {
    let Some(rest) = name.strip_prefix("project_").or_else(|| name.strip_prefix("group_")) else { return false };
    let Some((number, tail)) = rest.split_once("_bot") else { return false };
    let suffix = tail.strip_prefix('_').unwrap_or(tail);
    !number.is_empty()
        && number.bytes().all(|b| b.is_ascii_digit())
        && suffix.bytes().all(|b| b.is_ascii_hexdigit())
        && (tail.is_empty() || tail.starts_with('_'))
}

/// The group that all others of a path lie in.
fn outermost(path: Text<'_>) -> Text<'_> {
    match path {
        Text::Borrowed(path) => path.split('/').next().unwrap_or(path).into(),
        Text::Owned(path) => path.split('/').next().unwrap_or(&path).to_owned().into(),
    }
}

#[cfg(test)]
mod tests {
    use crate::support::testing::{Row, check, decoded};

    #[test]
    fn a_project_is_no_place_of_its_own() {
        let record = r#"{"id":"1","author_id":9,"author_name":"bot","entity_type":"Project","entity_path":"example/team/app","event_type":"repository_git_operation","created_at":"2026-01-05T08:00:00Z"}"#;
        decoded(record, |found| {
            assert_eq!(found.place.account.as_deref(), Some("example"));
            assert_eq!(found.targets[0].name, "gitlab:example/team/app");
        });
    }

    #[test]
    fn rows() {
        check(&[
            Row {
                record: r#"{"id":"1","author_id":9,"author_name":"project_42_bot_0a1b2c","entity_type":"Project","entity_path":"example/app","event_type":"repository_git_operation","created_at":"2026-01-05T08:00:00Z"}"#,
                source: "gitlab",
                id: "gitlab:user:project_42_bot_0a1b2c",
                kind: "bot",
                actor: "machine",
                action: "gitlab:repository_git_operation",
                target: "gitlab:example/app",
                outcome: "success",
            },
            Row {
                record: r#"{"author_id":-1,"author_name":"ci","entity_type":"Project","details":{"author_class":"Gitlab::Audit::CiRunnerTokenAuthor","custom_message":"Registered runner","target_details":"r-1"},"event_type":"runner_registered"}"#,
                source: "gitlab",
                id: "gitlab:runner:ci",
                kind: "ci_runner",
                actor: "machine",
                action: "gitlab:runner_registered",
                target: "gitlab:target/r-1",
                outcome: "success",
            },
            Row {
                record: r#"{"author_id":9,"author_name":"jane","entity_type":"Project","entity_path":"example/app","details":{"change":"visibility","from":"private","to":"public"}}"#,
                source: "gitlab",
                id: "gitlab:user:jane",
                kind: "human",
                actor: "ambiguous",
                action: "gitlab:change_visibility",
                target: "gitlab:example/app",
                outcome: "success",
            },
        ]);
    }
}
