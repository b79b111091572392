//! Snowflake account usage. The call `LOGIN` is a row of LOGIN_HISTORY; any other is the query type of a row of QUERY_HISTORY
//! (parameters `text`, `database`, `schema`, `role`, `warehouse`, `rows`, `factor`).

use super::{Request, Spelling, json, json_or_null};
use std::fmt::Write;

pub(super) fn write(r: &Request<'_>, out: &mut String) {
    if r.habit.behaviour.call == "LOGIN" { login(r, out) } else { query(r, out) }
}

fn login(r: &Request<'_>, out: &mut String) {
    // The user agent stands in two columns: what, and which version.
    let (client, version) = r.ua.split_once('/').unwrap_or((r.ua, "3.12.0"));
    let (success, code, message) =
        if r.denied { ("NO", "390100", r#""INCORRECT_USERNAME_PASSWORD""#) } else { ("YES", "null", "null") };
    let _ = write!(
        out,
        r#"{{"EVENT_ID":"{id}","EVENT_TIMESTAMP":"{at}","EVENT_TYPE":"LOGIN","USER_NAME":"{user}","USER_TYPE":"SERVICE","CLIENT_IP":"{ip}","REPORTED_CLIENT_TYPE":{client},"REPORTED_CLIENT_VERSION":{version},"FIRST_AUTHENTICATION_FACTOR":"{factor}","SECOND_AUTHENTICATION_FACTOR":null,"IS_SUCCESS":"{success}","ERROR_CODE":{code},"ERROR_MESSAGE":{message},"RELATED_EVENT_ID":"0"}}"#,
        id = r.id,
        at = Spelling::Spaced.time(r.at),
        user = r.member.user(),
        ip = r.ip,
        client = json(client),
        version = json(version),
        factor = r.word("factor").unwrap_or("RSA_KEYPAIR"),
    );
}

fn query(r: &Request<'_>, out: &mut String) {
    let upper = |name: Option<String>| name.map(|name| name.to_ascii_uppercase().replace('-', "_"));
    let most: u64 = r.word("rows").and_then(|rows| rows.parse().ok()).unwrap_or(1000);
    // Bare identifiers know no hyphen.
    let mut text = r.param("text").unwrap_or_default();
    if !r.habit.suffix.is_empty()
        && let Some(end) = text.strip_suffix(&r.habit.suffix)
    {
        text = [end, &r.habit.suffix.replace('-', "_")].concat();
    }
    let (status, code, message) = if r.denied {
        ("FAIL", r#""003001""#, r#""SQL access control error: Insufficient privileges""#)
    } else {
        ("SUCCESS", "null", "null")
    };
    let _ = write!(
        out,
        r#"{{"QUERY_ID":"{id}","QUERY_TEXT":{text},"DATABASE_NAME":{database},"SCHEMA_NAME":{schema},"QUERY_TYPE":"{kind}","SESSION_ID":{session},"USER_NAME":"{user}","USER_TYPE":"SERVICE","ROLE_NAME":{role},"WAREHOUSE_NAME":{warehouse},"EXECUTION_STATUS":"{status}","ERROR_CODE":{code},"ERROR_MESSAGE":{message},"START_TIME":"{at}","ROWS_PRODUCED":{rows},"BYTES_WRITTEN_TO_RESULT":{bytes}}}"#,
        id = r.id,
        text = json(&text),
        database = json_or_null(upper(r.param("database")).as_deref()),
        schema = json(r.word("schema").unwrap_or("PUBLIC")),
        kind = r.habit.behaviour.call,
        session = 100_000 + r.member.number * 1000 + r.number(40),
        user = r.member.user(),
        role = json(&upper(r.param("role")).unwrap_or_else(|| "LOADER".into())),
        warehouse = json(r.word("warehouse").unwrap_or("LOAD_WH")),
        at = Spelling::Spaced.time(r.at),
        rows = if r.denied { 0 } else { r.number(most) },
        bytes = if r.denied { 0 } else { 80 * r.number(most) },
    );
}
