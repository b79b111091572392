//! Snyk group and organisation audit logs.

use crate::Hints;
use crate::json::Value;
use crate::support::exact::first;
use crate::support::fields::{join, strings};
use crate::support::names::{foreign_domain, identity, machine};
use vires_event::{Activity, Actor, Kind, Link, Outcome, Source, Target};

pub(crate) fn detect(record: Value<'_>) -> bool {
    let dotted = record.get("event").and_then(|event| event.text()).is_some_and(|event| event.contains('.'));
    dotted
        && ["groupId", "orgId", "group_id", "org_id"].iter().any(|key| record.get(key).is_some())
        && record.get("ei").is_none()
}

pub(crate) fn decode<'a>(record: Value<'a>, _hints: &Hints<'a>) -> Option<Activity<'a>> {
    let action = record.get_text("event")?;
    let mut activity = Activity::new(Source::Snyk, join("snyk:", &action));
    activity.time = first(record, &["created", "created_at"]);
    activity.event_id = first(record, &["id"]);
    activity.place.account = first(record, &["orgId", "org_id", "groupId", "group_id"]);
    // The record names an account by id alone; service accounts have ids of their own kind only in the content.
    activity.identity = match first(record, &["serviceAccountId", "service_account_id"]) {
        Some(id) => Some(machine(Kind::ServiceAccount, "snyk:service_account:", id)),
        None => first(record, &["userId", "user_id"]).map(|id| identity(Kind::Human, Actor::Ambiguous, "snyk:user:", id)),
    };
    activity.outcome = Some(Outcome::Success);
    let content = record.get("content");
    let inside = |paths: &[&str]| content.and_then(|c| first(c, paths));
    if let Some(project) = first(record, &["projectId", "project_id"]) {
        activity.targets.push(Target { name: join("snyk:project/", &project) });
    }
    if let Some(account) = inside(&["serviceAccountName", "name", "publicId", "after.name", "userPublicId"]) {
        activity.targets.push(Target { name: join("snyk:", &account) });
    }
    activity.targets.extend(activity.place.account.clone().map(|id| Target { name: join("snyk:org/", &id) }));
    strings(content, &mut activity.mentions);
    activity.destinations.extend(inside(&["email", "userEmail", "inviteeEmail"]).and_then(|mail| foreign_domain(None, &mail)));
    if action.contains("service_account.create")
        && let Some(id) = inside(&["publicId", "serviceAccountPublicId"])
    {
        let owner = Some(join("snyk:service_account:", &id));
        activity.links.push(Link::Issued { credential: id, owner });
    }
    Some(activity)
}

#[cfg(test)]
mod tests {
    use crate::support::testing::{Row, check};

    #[test]
    fn rows() {
        check(&[
            Row {
                record: r#"{"groupId":"g1","orgId":"o1","userId":"u1","event":"org.service_account.create","created":"2026-01-05T08:00:00Z","content":{"name":"ci-scan","publicId":"p1"}}"#,
                source: "snyk",
                id: "snyk:user:u1",
                kind: "human",
                actor: "ambiguous",
                action: "snyk:org.service_account.create",
                target: "snyk:ci-scan",
                outcome: "success",
            },
            Row {
                record: r#"{"groupId":"g1","event":"group.sso.membership.sync","content":{}}"#,
                source: "snyk",
                id: "",
                kind: "",
                actor: "",
                action: "snyk:group.sso.membership.sync",
                target: "snyk:org/g1",
                outcome: "success",
            },
        ]);
    }
}
