//! Salesforce: event log files (`EVENT_TYPE`, upper case), real-time event monitoring (`EventIdentifier`), setup audit trail.

use crate::Hints;
use crate::json::Value;
use crate::support::exact::{first, mentions};
use crate::support::fields::{join, outcome_status};
use crate::support::names::{account, identity, is_mail, machine, settle_interactive};
use crate::support::network::address;
use crate::support::service_name::by_name;
use vires_event::{
    Activity, Actor, Credential, CredentialKind, Delegation, Identity, Kind, Origin, Outcome, Session, Source, Target, Text,
};

pub(crate) fn detect(record: Value<'_>) -> bool {
    let has = |key: &str| record.get(key).is_some();
    (has("EVENT_TYPE") && (has("ORGANIZATION_ID") || has("TIMESTAMP_DERIVED") || has("USER_ID_DERIVED") || has("USER_TYPE")))
        || (has("EventIdentifier") && (has("EventDate") || has("CreatedDate") || has("LoginKey")))
        || (has("Section") && has("Action") && has("CreatedDate"))
}

pub(crate) fn decode<'a>(record: Value<'a>, _hints: &Hints<'a>) -> Option<Activity<'a>> {
    let action = first(record, &["EVENT_TYPE", "attributes.type", "EventType", "Action", "Operation"])
        .or_else(|| record.get("LoginKey").map(|_| Text::Borrowed("Event")))?;
    let mut activity = Activity::new(Source::Salesforce, join("salesforce:", &action));
    activity.detail = first(record, &["FileAction", "Operation"]).filter(|done| *done != action);
    activity.time = first(record, &["TIMESTAMP_DERIVED", "TIMESTAMP", "EventDate", "CreatedDate"]);
    activity.event_id = first(record, &["EventIdentifier", "REQUEST_ID", "Id"]);
    activity.place.account = first(record, &["ORGANIZATION_ID", "OrganizationId"]);
    activity.origin = Origin {
        ip: first(record, &["CLIENT_IP", "SOURCE_IP", "SourceIp"]).and_then(address),
        user_agent: first(record, &["USER_AGENT", "BROWSER_TYPE", "UserAgent", "Client", "Browser"]),
        ..Origin::default()
    };
    activity.session =
        first(record, &["SESSION_KEY", "SessionKey", "LOGIN_KEY", "LoginKey"]).map(|name| Session { name, mfa: None });
    let app = first(record, &["CONNECTED_APP_ID", "ConnectedAppId"]);
    activity.credential =
        app.clone().map(|id| Credential { kind: CredentialKind::OauthToken, id: Some(id), issuer: None, issued: None });
    activity.identity = who(record, app.is_some());
    activity.delegation = first(record, &["DELEGATED_USER_NAME", "DelegatedUsername", "DelegateUser"])
        .map(|name| Delegation { by: crate::support::names::person_id(&name), human: Some(true) });
    activity.outcome = outcome(record);
    let named = ["ENTITY_NAME", "QueriedEntities", "REPORT_ID", "ReportId", "URI", "Section", "Display"];
    activity.targets.extend(
        named
            .iter()
            .filter_map(|key| record.get_text(key))
            .take(3)
            .map(|name| Target { name: join("salesforce:", name.trim_start_matches('/')) }),
    );
    let free =
        ["CONNECTED_APP_NAME", "ConnectedAppName", "PERMISSION_SET", "PermissionList", "Name", "FILE_NAME", "API_RESOURCE"];
    mentions(record, &free, &mut activity.mentions);
    activity.volume.count = first(record, &["ROWS_PROCESSED", "RowsProcessed", "RowsReturned"]).and_then(|n| n.parse().ok());
    activity.volume.bytes_out = first(record, &["RESPONSE_SIZE", "SIZE_BYTES"]).and_then(|n| n.parse().ok());
    settle_interactive(&mut activity);
    Some(activity)
}

fn who<'a>(record: Value<'a>, has_app: bool) -> Option<Identity<'a>> {
    let name = first(
        record,
        &["USER_NAME", "Username", "CreatedBy.Username", "USER_EMAIL", "USER_ID_DERIVED", "USER_ID", "UserId", "CreatedById"],
    )?;
    let user_type = first(record, &["USER_TYPE", "UserType"]);
    if matches!(user_type.as_deref(), Some("AutomatedProcess" | "CloudIntegrationUser" | "A")) {
        return Some(machine(Kind::ServiceAccount, "salesforce:user:", name));
    }
    let by_api = has_app || first(record, &["API_TYPE", "ApiType"]).is_some();
    Some(match (is_mail(&name), by_api) {
        // An API call under a user's name may be the user's tool or an integration.
        (true, false) => account(name, Actor::Human),
        (true, true) => account(name, Actor::Ambiguous),
        (false, _) if has_app => identity(Kind::OauthApp, Actor::Ambiguous, "salesforce:user:", name),
        (false, _) => by_name(identity(Kind::Human, Actor::Ambiguous, "salesforce:user:", name)),
    })
}

fn outcome(record: Value<'_>) -> Option<Outcome> {
    if let Some(login) = first(record, &["LOGIN_STATUS", "LoginStatus", "Status"]) {
        return Some(if matches!(&*login, "LOGIN_NO_ERROR" | "Success") { Outcome::Success } else { Outcome::Denied });
    }
    match first(record, &["REQUEST_STATUS"]).as_deref() {
        Some("S") => Some(Outcome::Success),
        Some("A" | "U") => Some(Outcome::Denied),
        Some(_) => Some(Outcome::Error),
        None => first(record, &["STATUS_CODE"]).and_then(|code| code.parse().ok()).and_then(outcome_status),
    }
}

#[cfg(test)]
mod tests {
    use crate::support::testing::{Row, check};

    #[test]
    fn rows() {
        check(&[
            Row {
                record: r#"{"EVENT_TYPE":"ReportExport","TIMESTAMP_DERIVED":"2026-01-05T08:00:00Z","ORGANIZATION_ID":"00D1","USER_NAME":"jane@example.com","CLIENT_IP":"192.0.2.1","REPORT_ID":"00O1"}"#,
                source: "salesforce",
                id: "person:jane@example.com",
                kind: "human",
                actor: "human",
                action: "salesforce:ReportExport",
                target: "salesforce:00O1",
                outcome: "",
            },
            Row {
                record: r#"{"EVENT_TYPE":"BulkApiResultEventStore","ORGANIZATION_ID":"00D1","USER_ID":"005x","CONNECTED_APP_ID":"0H41","ROWS_PROCESSED":"100","REQUEST_STATUS":"S"}"#,
                source: "salesforce",
                id: "salesforce:user:005x",
                kind: "oauth_app",
                actor: "ambiguous",
                action: "salesforce:BulkApiResultEventStore",
                target: "",
                outcome: "success",
            },
            Row {
                record: r#"{"EventIdentifier":"e1","EventDate":"2026-01-05T08:00:00Z","attributes":{"type":"ApiEventStore"},"Username":"bot@example.com","UserType":"AutomatedProcess","QueriedEntities":"Account"}"#,
                source: "salesforce",
                id: "salesforce:user:bot@example.com",
                kind: "service_account",
                actor: "machine",
                action: "salesforce:ApiEventStore",
                target: "salesforce:Account",
                outcome: "",
            },
        ]);
    }
}
