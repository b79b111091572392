//! Salesforce event log files. `call` is the event type; parameters `entity`, `method`, `rows`.

use super::{Request, Spelling, json};
use std::fmt::Write;

pub(super) fn write(r: &Request<'_>, out: &mut String) {
    let most: u64 = r.word("rows").and_then(|rows| rows.parse().ok()).unwrap_or(200);
    let rows = if r.denied { 0 } else { 1 + most / 4 + r.number(most) };
    let _ = write!(
        out,
        r#"{{"EVENT_TYPE":{event},"TIMESTAMP_DERIVED":"{at}","ORGANIZATION_ID":"00D000000000001","USER_ID":"005{number:012}","USER_NAME":"{user}","USER_TYPE":"CloudIntegrationUser","CLIENT_IP":"{ip}","USER_AGENT":{ua},"API_TYPE":{api},"METHOD_NAME":{method},"ENTITY_NAME":{entity},"ROWS_PROCESSED":"{rows}","RESPONSE_SIZE":"{size}","REQUEST_STATUS":"{status}","CONNECTED_APP_ID":"{app}","CONNECTED_APP_NAME":"{name}","SESSION_KEY":"{session}","REQUEST_ID":"{id}"}}"#,
        event = json(&r.habit.behaviour.call),
        at = Spelling::Millis.time(r.at),
        number = r.member.number,
        user = r.member.user(),
        ip = r.ip,
        ua = json(r.ua),
        api = json(r.word("api").unwrap_or("REST")),
        method = json(r.word("method").unwrap_or("query")),
        entity = json(&r.param("entity").unwrap_or_else(|| "Account".into())),
        size = 300 + rows * 180,
        status = if r.denied { "A" } else { "S" },
        app = r.member.app(),
        name = r.member.name,
        session = r.other.get(..16).unwrap_or(r.other),
        id = r.id,
    );
}
