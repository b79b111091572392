//! Accounts whose names say that software holds them: no record calls one a person, and none of those that proves a person is doubted.

#![allow(clippy::unwrap_used)]

mod common;

use common::CATALOG;
use std::sync::LazyLock;
use vires_tag::{Options, Scratch, Tagger};

static TAGGER: LazyLock<Tagger> = LazyLock::new(|| Tagger::new(&CATALOG, Options::default()).unwrap());

/// The actor and the kind that a record is tagged with.
fn who(line: &str) -> (String, String) {
    let mut out = Vec::new();
    TAGGER.line(line.as_bytes(), &mut Scratch::default(), &mut out);
    let tagged: serde_json::Value = serde_json::from_slice(&out).unwrap();
    let word = |key: &str| tagged["nhi"][key].as_str().unwrap_or("-").to_owned();
    (word("actor"), word("kind"))
}

/// A record of each source in which an account acts, `<login>` for the account's.
const BY_MAIL: [&str; 8] = [
    r#"{"id":"1","date_create":1,"action":"file_downloaded","actor":{"type":"user","user":{"id":"U1","name":"x","email":"<login>"}},"entity":{"type":"file","file":{"id":"F1"}},"context":{"ua":"okhttp","ip_address":"192.0.2.1","location":{"id":"E1"}}}"#,
    r#"{"EVENT_TYPE":"API","USER_NAME":"<login>","ORGANIZATION_ID":"o","TIMESTAMP_DERIVED":"2026-01-05T08:00:00Z"}"#,
    r#"{"uuid":"u","published":"2026-01-05T08:00:00Z","eventType":"user.session.start","displayMessage":"x","actor":{"id":"00u1","type":"User","alternateId":"<login>"},"outcome":{"result":"SUCCESS"}}"#,
    r#"{"kind":"admin#reports#activity","id":{"time":"2026-01-05T08:00:00Z","applicationName":"drive"},"actor":{"callerType":"USER","email":"<login>"},"events":[{"type":"access","name":"download"}]}"#,
    r#"{"id":"1","attributes":{"time":"2026-01-05T08:00:00Z","action":"space_exported","actor":{"id":"a","email":"<login>"}}}"#,
    r#"{"serviceName":"unityCatalog","actionName":"getTable","timestamp":1,"userIdentity":{"email":"<login>"},"requestParams":{}}"#,
    r#"{"_document_id":"d","@timestamp":1,"action":"git.clone","actor":"<login>","org":"o","repo":"o/r"}"#,
    r#"{"CreationTime":"2026-03-01T10:00:00","Operation":"FileDownloaded","OrganizationId":"o","RecordType":6,"UserKey":"k","UserType":0,"Workload":"SharePoint","UserId":"<login>"}"#,
];

/// The same, for sources whose accounts have logins.
const BY_LOGIN: [&str; 4] = [
    r#"{"QUERY_TEXT":"select 1","QUERY_TYPE":"SELECT","USER_NAME":"<login>","EXECUTION_STATUS":"SUCCESS","QUERY_ID":"q"}"#,
    r#"{"EVENT_TYPE":"LOGIN","USER_NAME":"<login>","CLIENT_IP":"192.0.2.4","REPORTED_CLIENT_TYPE":"JDBC_DRIVER","FIRST_AUTHENTICATION_FACTOR":"PASSWORD","IS_SUCCESS":"YES"}"#,
    r#"{"id":1,"author_id":7,"author_name":"<login>","entity_type":"Project","entity_path":"g/p","event_type":"project_export","created_at":"2026-01-05T08:00:00Z"}"#,
    r#"{"_document_id":"d","@timestamp":1,"action":"git.push","actor":"<login>","org":"o","repo":"o/r"}"#,
];

#[test]
fn software_by_its_name() {
    for name in [
        "svc-export",
        "SVC_LOADER",
        "etl2",
        "dbt_prod",
        "release-bot",
        "billing-api",
        "jenkins",
        "payroll-sync",
        "github_actions",
        "airflow",
    ] {
        for record in BY_LOGIN {
            let record = record.replace("<login>", name);
            assert_eq!(who(&record), ("machine".into(), "service_account".into()), "{record}");
        }
        for record in BY_MAIL {
            let record = record.replace("<login>", &format!("{name}@example.com"));
            assert_eq!(who(&record), ("machine".into(), "service_account".into()), "{record}");
        }
    }
}

#[test]
fn people_by_their_name() {
    for name in ["jane.doe", "jane.service", "leroy.jenkins", "jan.bot", "jane.doe+svc", "a.batcheler", "syncere", "robotham"] {
        for record in BY_MAIL {
            let record = record.replace("<login>", &format!("{name}@etl.example.com"));
            assert_eq!(who(&record), ("human".into(), "human".into()), "{record}");
        }
        for record in BY_LOGIN {
            let record = record.replace("<login>", name);
            assert_ne!(who(&record).0, "machine", "{record}");
            assert_eq!(who(&record).1, "human", "{record}");
        }
    }
}

/// Whoever shows a second factor, a person's sign-on or a person's client is one, whatever the account is called.
#[test]
fn what_only_people_use_outweighs_a_name() {
    let record = |members: &str| {
        format!(r#"{{"EVENT_TYPE":"LOGIN","USER_NAME":"SVC_LOADER","CLIENT_IP":"192.0.2.4","IS_SUCCESS":"YES",{members}}}"#)
    };
    for members in [
        r#""REPORTED_CLIENT_TYPE":"SNOWFLAKE_UI","FIRST_AUTHENTICATION_FACTOR":"PASSWORD""#,
        r#""REPORTED_CLIENT_TYPE":"OTHER","FIRST_AUTHENTICATION_FACTOR":"SAML2_ASSERTION""#,
        r#""REPORTED_CLIENT_TYPE":"OTHER","FIRST_AUTHENTICATION_FACTOR":"PASSWORD","SECOND_AUTHENTICATION_FACTOR":"DUO_PUSH""#,
        r#""REPORTED_CLIENT_TYPE":"OTHER","FIRST_AUTHENTICATION_FACTOR":"PASSWORD","USER_TYPE":"PERSON""#,
    ] {
        assert_eq!(who(&record(members)), ("human".into(), "human".into()), "{members}");
    }
}
