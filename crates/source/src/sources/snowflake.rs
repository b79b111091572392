//! Snowflake account usage: LOGIN_HISTORY, QUERY_HISTORY, ACCESS_HISTORY, GRANTS_TO_USERS, SESSIONS. One row per record.

use crate::Hints;
use crate::json::Value;
use crate::support::fields::{any_case, first, join, mentions, outcome_word, say};
use crate::support::names::{identity, settle_interactive};
use crate::support::network::{address, url_host};
use crate::support::service_name::by_name;
use crate::support::sql;
use vires_event::{
    Activity, Actor, Credential, CredentialKind, Identity, Kind, Link, Origin, Outcome, Session, Source, Target, Text,
};

/// Columns that only these views have.
const OWN_COLUMNS: &[&str] = &[
    "QUERY_TEXT",
    "QUERY_TYPE",
    "REPORTED_CLIENT_TYPE",
    "FIRST_AUTHENTICATION_FACTOR",
    "DIRECT_OBJECTS_ACCESSED",
    "GRANTED_BY",
    "CLIENT_APPLICATION_ID",
];

pub(crate) fn detect(record: Value<'_>) -> bool {
    let own = |key: &str| record.get(key).is_some();
    (own("USER_NAME") || own("user_name") || own("GRANTEE_NAME") || own("grantee_name"))
        && OWN_COLUMNS.iter().any(|column| own(column) || own(&column.to_ascii_lowercase()))
}

pub(crate) fn decode<'a>(record: Value<'a>, _hints: &Hints<'a>) -> Option<Activity<'a>> {
    let query = say(record, "QUERY_TEXT");
    let statement = query.as_deref().and_then(sql::read);
    let query_type = say(record, "QUERY_TYPE");
    let event_type = say(record, "EVENT_TYPE");
    let action = match (&query_type, &statement) {
        // Snowflake's own word wins unless it is one of those that say too little.
        (Some(word), Some(read)) if is_vague(word) => Text::Owned(read.action.clone()),
        (Some(word), _) => word.clone(),
        (None, Some(read)) => Text::Owned(read.action.clone()),
        (None, None) if any_case(record, "DIRECT_OBJECTS_ACCESSED").is_some() => "ACCESS".into(),
        (None, None) if any_case(record, "GRANTED_BY").is_some() => "GRANT_ROLE".into(),
        (None, None) => event_type.unwrap_or_else(|| "SESSION".into()),
    };
    let mut activity = Activity::new(Source::Snowflake, join("snowflake:", &action));
    if let Some(word) = query_type.filter(|word| *word != action) {
        activity.also.push(join("snowflake:", &word));
    }
    if action.ends_with("_INTEGRATION") && action.starts_with("CREATE_") && &*action != "CREATE_INTEGRATION" {
        activity.also.push("snowflake:CREATE_INTEGRATION".into());
    }
    activity.detail = statement.as_ref().filter(|s| s.clones).map(|_| "clone".into());
    activity.time = first(record, &["EVENT_TIMESTAMP", "START_TIME", "QUERY_START_TIME", "CREATED_ON", "p_event_time"]);
    activity.event_id = first(record, &["QUERY_ID", "EVENT_ID"]);
    activity.place.account = first(record, &["ACCOUNT_NAME", "ACCOUNT_LOCATOR", "ACCOUNT"]);
    activity.place.region = first(record, &["REGION", "SNOWFLAKE_REGION"]);
    activity.origin = origin(record);
    activity.credential = credential(record);
    activity.identity = who(record, activity.place.account.as_deref());
    // An inventory may name the user alone.
    let user = first(record, &["USER_NAME", "GRANTED_BY", "LOGIN_NAME"]);
    activity.links.extend(user.map(|id| Link::Called { id }));
    activity.session = say(record, "SESSION_ID").map(|name| Session { name, mfa: mfa(record) });
    outcome(record, &mut activity);
    targets(record, statement.as_ref(), &mut activity);
    activity.volume.count = first(record, &["ROWS_PRODUCED", "ROWS_UNLOADED"]).and_then(|n| n.parse().ok());
    activity.volume.bytes_out = first(record, &["OUTBOUND_DATA_TRANSFER_BYTES", "BYTES_WRITTEN_TO_RESULT", "BYTES_WRITTEN"])
        .and_then(|n| n.parse().ok());
    settle_interactive(&mut activity);
    if say(record, "REPORTED_CLIENT_TYPE").as_deref() == Some("SNOWFLAKE_UI") {
        activity.interactive = Some(true);
    }
    Some(activity)
}

fn is_vague(word: &str) -> bool {
    ["CREATE", "ALTER", "DROP", "GRANT", "REVOKE", "UNKNOWN", "SHOW", "DESCRIBE", "RENAME"].contains(&word)
}

fn origin<'a>(record: Value<'a>) -> Origin<'a> {
    let ip = say(record, "CLIENT_IP").and_then(address);
    // Snowflake writes 0.0.0.0 where it acted by itself.
    let inside = ip.as_deref() == Some("0.0.0.0");
    let client = first(record, &["REPORTED_CLIENT_TYPE", "CLIENT_APPLICATION_ID"]);
    let version = say(record, "REPORTED_CLIENT_VERSION");
    Origin {
        ip: ip.filter(|_| !inside),
        service: inside.then_some("snowflake".into()),
        user_agent: match (client, version) {
            (Some(client), Some(version)) => Some(Text::Owned(format!("{client}/{version}"))),
            (client, _) => client,
        },
        ..Origin::default()
    }
}

/// An account without a name in the record is `-`: within one export all rows are of one account.
fn who<'a>(record: Value<'a>, account: Option<&str>) -> Option<Identity<'a>> {
    let user = first(record, &["USER_NAME", "GRANTED_BY", "LOGIN_NAME"])?;
    let factor = say(record, "FIRST_AUTHENTICATION_FACTOR").unwrap_or_default();
    let user_type = first(record, &["USER_TYPE", "TYPE"]).unwrap_or_default();
    let (kind, actor) = match (&*user_type, &*factor) {
        ("SERVICE" | "LEGACY_SERVICE" | "SNOWFLAKE_SERVICE", _) => (Kind::ServiceAccount, Actor::Machine),
        (_, "WORKLOAD_IDENTITY") => (Kind::Workload, Actor::Machine),
        (_, "RSA_KEYPAIR" | "PROGRAMMATIC_ACCESS_TOKEN") => (Kind::ServiceAccount, Actor::Ambiguous),
        (_, "OAUTH_ACCESS_TOKEN") => (Kind::OauthApp, Actor::Ambiguous),
        (_, factor) if factor.starts_with("SAML") => (Kind::Human, Actor::Human),
        ("PERSON", _) => (Kind::Human, Actor::Human),
        _ if mfa(record) == Some(true) => (Kind::Human, Actor::Human),
        _ if matches!(&*user, "SYSTEM" | "SNOWFLAKE" | "WORKSHEETS_APP_USER") => (Kind::CloudService, Actor::Machine),
        _ => (Kind::Human, Actor::Ambiguous),
    };
    let who = identity(kind, actor, &format!("snowflake:{}:", account.unwrap_or("-")), user);
    // Where nothing proves a person, the name may still say that it is none.
    Some(if actor == Actor::Human { who } else { by_name(who) })
}

fn mfa(record: Value<'_>) -> Option<bool> {
    any_case(record, "SECOND_AUTHENTICATION_FACTOR").map(|factor| factor.text().is_some())
}

fn credential<'a>(record: Value<'a>) -> Option<Credential<'a>> {
    let kind = match &*say(record, "FIRST_AUTHENTICATION_FACTOR")? {
        "PASSWORD" => CredentialKind::Password,
        "RSA_KEYPAIR" => CredentialKind::ServiceAccountKey,
        "OAUTH_ACCESS_TOKEN" => CredentialKind::OauthToken,
        "PROGRAMMATIC_ACCESS_TOKEN" => CredentialKind::Pat,
        "WORKLOAD_IDENTITY" => CredentialKind::Oidc,
        _ => CredentialKind::Other,
    };
    let id = first(record, &["CREDENTIAL_ID", "FIRST_AUTHENTICATION_FACTOR_ID"]);
    Some(Credential { kind, id, issuer: None, issued: None })
}

fn outcome<'a>(record: Value<'a>, activity: &mut Activity<'a>) {
    activity.error_code = first(record, &["ERROR_CODE", "ERROR_MESSAGE"]).filter(|code| &**code != "0");
    activity.outcome = match say(record, "IS_SUCCESS") {
        Some(word) => outcome_word(&word),
        None => say(record, "EXECUTION_STATUS").map(|status| match &*status {
            "SUCCESS" => Outcome::Success,
            // 3001: insufficient privileges, 2003: object does not exist or not authorized
            _ if matches!(activity.error_code.as_deref(), Some("3001" | "003001" | "2003" | "002003")) => Outcome::Denied,
            _ => Outcome::Error,
        }),
    };
}

fn targets<'a>(record: Value<'a>, statement: Option<&sql::Statement<'_>>, activity: &mut Activity<'a>) {
    let database = say(record, "DATABASE_NAME");
    let schema = say(record, "SCHEMA_NAME");
    if let Some(statement) = statement {
        for (at, object) in statement.objects.iter().enumerate() {
            let bare = object.replace('"', "");
            let name = match (statement.object_kind, &database, &schema) {
                (Some(kind), _, _) if at == 0 => format!("snowflake:{kind}/{bare}"),
                (None, Some(database), Some(schema)) if !bare.contains('.') && !bare.starts_with('@') => {
                    format!("snowflake:{database}.{schema}.{bare}")
                }
                _ => format!("snowflake:{bare}"),
            };
            activity.targets.push(Target { name: Text::Owned(name) });
        }
        activity.destinations.extend(statement.urls.iter().filter_map(|url| location(url)).map(Text::Owned));
    }
    for view in ["BASE_OBJECTS_ACCESSED", "DIRECT_OBJECTS_ACCESSED"] {
        let objects = any_case(record, view).into_iter().flat_map(|list| list.items()).take(12);
        let names = objects.filter_map(|object| first(object, &["objectName", "OBJECT_NAME"]));
        activity.targets.extend(names.map(|name| Target { name: join("snowflake:", &name) }));
    }
    if statement.is_none() {
        let granted = first(record, &["ROLE", "NAME"]).filter(|_| any_case(record, "GRANTED_BY").is_some());
        activity.targets.extend(granted.map(|role| Target { name: join("snowflake:role/", &role) }));
    }
    activity.targets.dedup();
    let paths = ["ROLE_NAME", "WAREHOUSE_NAME", "DATABASE_NAME", "SCHEMA_NAME", "GRANTEE_NAME", "QUERY_TAG"];
    mentions(record, &paths, &mut activity.mentions);
    if let Some(cloud) = say(record, "OUTBOUND_DATA_TRANSFER_CLOUD") {
        let region = say(record, "OUTBOUND_DATA_TRANSFER_REGION").unwrap_or_default();
        activity.destinations.push(Text::Owned(format!("{cloud}:{region}")));
    }
}

/// `s3:<bucket>`, `gcs:<bucket>`, else the host of a URL.
fn location(url: &str) -> Option<String> {
    let (scheme, rest) = url.split_once("://")?;
    let authority = rest.split('/').next().filter(|name| !name.is_empty())?;
    match scheme {
        "s3" | "s3gov" | "S3" => Some(format!("s3:{authority}")),
        "gcs" | "GCS" => Some(format!("gcs:{authority}")),
        _ => url_host(url).map(str::to_owned),
    }
}

#[cfg(test)]
mod tests {
    use crate::support::testing::{Row, check, decoded};
    use vires_event::Link;

    #[test]
    fn rows() {
        check(&[
            Row {
                record: r#"{"EVENT_TYPE":"LOGIN","USER_NAME":"ETL_SVC","CLIENT_IP":"192.0.2.4","REPORTED_CLIENT_TYPE":"PYTHON_DRIVER","FIRST_AUTHENTICATION_FACTOR":"WORKLOAD_IDENTITY","IS_SUCCESS":"YES","ACCOUNT_NAME":"EX1"}"#,
                source: "snowflake",
                id: "snowflake:EX1:ETL_SVC",
                kind: "workload",
                actor: "machine",
                action: "snowflake:LOGIN",
                target: "",
                outcome: "success",
            },
            Row {
                record: r#"{"event_type":"LOGIN","user_name":"JANE","reported_client_type":"SNOWFLAKE_UI","first_authentication_factor":"PASSWORD","is_success":"NO","error_code":390100}"#,
                source: "snowflake",
                id: "snowflake:-:JANE",
                kind: "human",
                actor: "ambiguous",
                action: "snowflake:LOGIN",
                target: "",
                outcome: "denied",
            },
            Row {
                record: r#"{"QUERY_TEXT":"CREATE OR REPLACE TEMP STAGE out","QUERY_TYPE":"CREATE","USER_NAME":"X","EXECUTION_STATUS":"SUCCESS","DATABASE_NAME":"D","SCHEMA_NAME":"S"}"#,
                source: "snowflake",
                id: "snowflake:-:X",
                kind: "human",
                actor: "ambiguous",
                action: "snowflake:CREATE_STAGE",
                target: "snowflake:D.S.out",
                outcome: "success",
            },
            Row {
                record: r#"{"QUERY_TEXT":"GRANT ROLE ACCOUNTADMIN TO USER m","QUERY_TYPE":"GRANT","USER_NAME":"X","EXECUTION_STATUS":"FAIL","ERROR_CODE":"003001"}"#,
                source: "snowflake",
                id: "snowflake:-:X",
                kind: "human",
                actor: "ambiguous",
                action: "snowflake:GRANT_ROLE",
                target: "snowflake:role/ACCOUNTADMIN",
                outcome: "denied",
            },
        ]);
    }

    #[test]
    fn a_user_may_be_called_by_the_name_alone() {
        let record = r#"{"QUERY_TEXT":"SELECT 1","QUERY_TYPE":"SELECT","USER_NAME":"SVC_BI","ACCOUNT_NAME":"EX1"}"#;
        decoded(record, |found| assert_eq!(found.links, [Link::Called { id: "SVC_BI".into() }]));
    }

    #[test]
    fn a_copy_names_its_original() {
        let record = r#"{"QUERY_TEXT":"CREATE DATABASE dev CLONE prod","QUERY_TYPE":"CREATE","USER_NAME":"X"}"#;
        decoded(record, |found| {
            assert_eq!((&*found.action, found.detail.as_deref()), ("snowflake:CREATE_DATABASE", Some("clone")));
            assert_eq!(found.targets.last().unwrap().name, "snowflake:prod");
        });
    }

    #[test]
    fn an_unload_has_a_destination() {
        let record = r#"{"QUERY_TEXT":"COPY INTO 's3://exfil-bucket/x' FROM db.s.customers","QUERY_TYPE":"UNLOAD","USER_NAME":"X","ROWS_PRODUCED":5}"#;
        decoded(record, |found| {
            assert_eq!(found.action, "snowflake:UNLOAD");
            assert_eq!(found.targets[0].name, "snowflake:db.s.customers");
            assert_eq!(found.destinations, ["s3:exfil-bucket"]);
            assert_eq!(found.volume.count, Some(5));
        });
    }
}
