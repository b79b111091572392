//! Jenkins, as audit plugins write JSON: a user, and either an action or the URI that was called.
//!
//! There is no one format; a record must say in one way or another that Jenkins wrote it.

use crate::Hints;
use crate::json::Value;
use crate::support::exact::{first, mentions};
use crate::support::fields::join;
use crate::support::names::{account, identity, is_mail, machine, settle_interactive};
use crate::support::network::address;
use vires_event::{Activity, Actor, Identity, Kind, Origin, Source, Target, Text};

pub(crate) fn detect(record: Value<'_>) -> bool {
    let own = ["jenkins_url", "jenkinsUrl", "JENKINS_URL", "jenkins"].iter().any(|key| record.get(key).is_some());
    let named = ["source", "service", "product", "app", "logger", "_class"].iter().any(|key| {
        record.get(key).and_then(|v| v.str()).is_some_and(|name| {
            name.eq_ignore_ascii_case("jenkins") || name.starts_with("hudson.") || name.starts_with("org.jenkinsci.")
        })
    });
    (own || named)
        && ["user", "userId", "username", "user_id", "uri", "action", "event"].iter().any(|key| record.get(key).is_some())
}

pub(crate) fn decode<'a>(record: Value<'a>, _hints: &Hints<'a>) -> Option<Activity<'a>> {
    let uri = first(record, &["uri", "url", "path"]);
    let action = first(record, &["action", "event", "eventType", "event_type"]);
    let action = action.or_else(|| uri.as_deref().map(|uri| Text::Borrowed(action_of(uri))))?;
    let mut activity = Activity::new(Source::Jenkins, join("jenkins:", &action));
    activity.time = first(record, &["timestamp", "@timestamp", "time", "date"]);
    activity.event_id = first(record, &["id", "uuid"]);
    activity.place.host = first(record, &["jenkins_url", "jenkinsUrl", "JENKINS_URL", "host"]);
    activity.origin = Origin {
        ip: first(record, &["remote_addr", "remoteAddr", "ip", "client_ip", "remoteAddress"]).and_then(address),
        user_agent: first(record, &["user_agent", "userAgent"]),
        ..Origin::default()
    };
    activity.identity = who(record);
    activity.outcome = first(record, &["status", "result", "outcome"]).and_then(|word| match word.parse() {
        Ok(status) => crate::support::fields::outcome_status(status),
        Err(_) => crate::support::fields::outcome_word(&word),
    });
    let named = ["job", "jobName", "itemName", "credential_id", "credentialsId", "name", "node"];
    let name = first(record, &named).or_else(|| uri.as_deref().and_then(job_of).map(|job| Text::Owned(job.to_owned())));
    activity.targets.extend(name.map(|name| Target { name: join("jenkins:", &name) }));
    if let Some(uri) = uri {
        activity.targets.push(Target { name: join("jenkins:", uri.split('?').next().unwrap_or_default()) });
    }
    mentions(record, &["description", "parameters", "cause"], &mut activity.mentions);
    settle_interactive(&mut activity);
    Some(activity)
}

/// What a URI of Jenkins does.
fn action_of(uri: &str) -> &'static str {
    let path = uri.split('?').next().unwrap_or(uri).trim_end_matches('/');
    if path.ends_with("/script") || path.ends_with("/scriptText") {
        return "script.console";
    }
    let credentials = path.contains("/credentials");
    match path.rsplit('/').next().unwrap_or_default() {
        "createCredentials" => "credentials.create",
        "updateSubmit" if credentials => "credentials.update",
        "doDelete" if credentials => "credentials.delete",
        _ if credentials => "credentials.view",
        "configSubmit" | "config.xml" if path.contains("/job/") => "job.config.update",
        "configSubmit" => "system.config.update",
        "createItem" => "job.create",
        "doDelete" => "job.delete",
        "build" | "buildWithParameters" => "job.build",
        _ => "request",
    }
}

/// `a` of `/job/a/build`.
fn job_of(uri: &str) -> Option<&str> {
    let rest = uri.split_once("/job/")?.1;
    rest.split('/').next().filter(|name| !name.is_empty())
}

fn who(record: Value<'_>) -> Option<Identity<'_>> {
    let name = first(record, &["user", "userId", "username", "user_id", "user.id", "user.name"])?;
    Some(match &*name {
        "SYSTEM" | "anonymous" => machine(Kind::CiRunner, "jenkins:user:", name),
        mail if is_mail(mail) => account(name, Actor::Human),
        _ => identity(Kind::Human, Actor::Ambiguous, "jenkins:user:", name),
    })
}

#[cfg(test)]
mod tests {
    use crate::support::testing::{Row, check};

    #[test]
    fn rows() {
        check(&[
            Row {
                record: r#"{"source":"jenkins","timestamp":"2026-01-05T08:00:00Z","user":"jane","uri":"/job/deploy/configSubmit","remote_addr":"192.0.2.1","status":200}"#,
                source: "jenkins",
                id: "jenkins:user:jane",
                kind: "human",
                actor: "ambiguous",
                action: "jenkins:job.config.update",
                target: "jenkins:deploy",
                outcome: "success",
            },
            Row {
                record: r#"{"jenkins_url":"https://ci.example.com","user":"SYSTEM","action":"credentials.view","credential_id":"prod-key"}"#,
                source: "jenkins",
                id: "jenkins:user:SYSTEM",
                kind: "ci_runner",
                actor: "machine",
                action: "jenkins:credentials.view",
                target: "jenkins:prod-key",
                outcome: "",
            },
            Row {
                record: r#"{"source":"jenkins","user":"jane","uri":"/script?x=1"}"#,
                source: "jenkins",
                id: "jenkins:user:jane",
                kind: "human",
                actor: "ambiguous",
                action: "jenkins:script.console",
                target: "jenkins:/script",
                outcome: "",
            },
        ]);
    }
}
