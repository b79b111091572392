//! Databricks audit log: delivered JSON (`serviceName`, `actionName`) and the `system.access.audit` table (snake case).

use crate::Hints;
use crate::json::Value;
use crate::support::exact::first;
use crate::support::fields::{join, outcome_status, strings};
use crate::support::names::{account, foreign_domain, is_uuid, machine, person_id, settle_interactive};
use crate::support::network::address;
use vires_event::{Activity, Actor, Delegation, Identity, Kind, Link, Origin, Session, Source, Target, Text};

pub(crate) fn detect(record: Value<'_>) -> bool {
    let has = |key: &str| record.get(key).is_some_and(|v| v.str().is_some());
    (has("serviceName") && has("actionName")) || (has("service_name") && has("action_name"))
}

pub(crate) fn decode<'a>(record: Value<'a>, _hints: &Hints<'a>) -> Option<Activity<'a>> {
    let service = first(record, &["serviceName", "service_name"])?;
    let verb = first(record, &["actionName", "action_name"])?;
    let mut activity = Activity::new(Source::Databricks, Text::Owned(format!("databricks:{service}.{verb}")));
    // Some services are catalogued as a whole.
    activity.also.push(join("databricks:", &service));
    activity.time = first(record, &["timestamp", "event_time"]);
    activity.event_id = first(record, &["eventId", "event_id", "requestId", "request_id"]);
    activity.place.account =
        first(record, &["workspaceId", "workspace_id", "accountId", "account_id"]).filter(|id| &**id != "0");
    activity.origin = Origin {
        ip: first(record, &["sourceIPAddress", "source_ip_address"]).and_then(address),
        user_agent: first(record, &["userAgent", "user_agent"]),
        ..Origin::default()
    };
    activity.session = first(record, &["sessionId", "session_id"]).map(|name| Session { name, mfa: None });
    let parameters = record.get("requestParams").or_else(|| record.get("request_params"));
    activity.identity = first(record, &["userIdentity.email", "user_identity.email", "userIdentity.subjectName"])
        .or_else(|| first(parameters?, &["user"]).filter(|_| verb.ends_with("ogin")))
        .map(who);
    activity.delegation = delegation(record);
    let status = first(record, &["response.statusCode", "response.status_code"]).and_then(|code| code.parse().ok());
    activity.outcome = status.and_then(outcome_status);
    activity.error_code = first(record, &["response.errorMessage", "response.error_message"]);
    if let Some(parameters) = parameters {
        targets(parameters, &verb, &mut activity);
        strings(Some(parameters), &mut activity.mentions);
    }
    if verb == "generateDbToken"
        && let Some(credential) = parameters.and_then(|p| first(p, &["tokenId", "tokenHash"]))
    {
        activity.links.push(Link::Issued { credential, owner: activity.identity.as_ref().map(|who| who.id.clone()) });
    }
    settle_interactive(&mut activity);
    Some(activity)
}

/// A service principal signs in by its application id, a UUID; a person by e-mail.
fn who(name: Text<'_>) -> Identity<'_> {
    match &*name {
        "System-User" | "unknown" | "system@databricks.com" | "__SYSTEM" => {
            machine(Kind::CloudService, "databricks:system:", name)
        }
        id if is_uuid(id) => machine(Kind::ServiceAccount, "databricks:sp:", name),
        _ => account(name, Actor::Human),
    }
}

/// `run_by` started it, `run_as` is whose rights it used.
fn delegation<'a>(record: Value<'a>) -> Option<Delegation<'a>> {
    let by = first(record, &["identityMetadata.runBy", "identity_metadata.run_by", "identityMetadata.run_by"])?;
    let run_as = first(record, &["identityMetadata.runAs", "identity_metadata.run_as", "identityMetadata.run_as"])?;
    if by == run_as {
        return None;
    }
    Some(match is_uuid(&by) {
        true => Delegation { by: join("databricks:sp:", &by), human: Some(false) },
        false => Delegation { by: person_id(&by), human: Some(true) },
    })
}

fn targets<'a>(parameters: Value<'a>, verb: &str, activity: &mut Activity<'a>) {
    if let Some(scope) = first(parameters, &["scope"]) {
        let key = first(parameters, &["key"]).unwrap_or_default();
        activity.targets.push(Target { name: Text::Owned(format!("databricks:secret/{scope}/{key}")) });
    }
    let named = [
        "full_name_arg",
        "securable_full_name",
        "table_full_name",
        "name_arg",
        "full_name",
        "name",
        "share",
        "path",
        "mountPoint",
        "url",
        "targetGroupName",
        "targetUserName",
        "targetUserId",
        "principal",
        "cluster_id",
        "clusterId",
        "jobId",
        "job_id",
        "notebookFullPath",
        "workspaceConfKeys",
        "tokenId",
        "listId",
        "targetGroupId",
        "endpoint",
    ];
    let names = named.iter().filter_map(|key| first(parameters, &[key])).take(4);
    activity.targets.extend(names.map(|name| Target { name: join("databricks:", &name) }));
    if matches!(verb, "createRecipient" | "updateRecipient") {
        activity.destinations.extend(first(parameters, &["data_recipient_global_metastore_id", "name"]));
    }
    if let Some(other) = first(parameters, &["targetUserName", "principal", "user_name"]) {
        let own = activity.identity.as_ref().map(|who| &*who.name);
        activity.destinations.extend(foreign_domain(own, &other));
    }
}

#[cfg(test)]
mod tests {
    use crate::support::testing::{Row, check};

    #[test]
    fn rows() {
        check(&[
            Row {
                record: r#"{"serviceName":"secrets","actionName":"getSecret","userIdentity":{"email":"12345678-1234-1234-1234-123456789012"},"requestParams":{"scope":"prod","key":"db"},"response":{"statusCode":200}}"#,
                source: "databricks",
                id: "databricks:sp:12345678-1234-1234-1234-123456789012",
                kind: "service_account",
                actor: "machine",
                action: "databricks:secrets.getSecret",
                target: "databricks:secret/prod/db",
                outcome: "success",
            },
            Row {
                record: r#"{"service_name":"accounts","action_name":"setAccountAdmin","user_identity":{"email":"jane@example.com"},"request_params":{"targetUserName":"joe@example.net"},"response":{"status_code":403}}"#,
                source: "databricks",
                id: "person:jane@example.com",
                kind: "human",
                actor: "human",
                action: "databricks:accounts.setAccountAdmin",
                target: "databricks:joe@example.net",
                outcome: "denied",
            },
            Row {
                record: r#"{"serviceName":"accounts","actionName":"login","userIdentity":{"email":"System-User"}}"#,
                source: "databricks",
                id: "databricks:system:System-User",
                kind: "cloud_service",
                actor: "machine",
                action: "databricks:accounts.login",
                target: "",
                outcome: "",
            },
        ]);
    }
}
