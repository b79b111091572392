use super::{Request, quoted};
use std::fmt::Write;

pub(super) fn write(r: &Request<'_>, out: &mut String) {
    let repo = r.param("repo").unwrap_or_else(|| format!("example-org/{}", r.member.stem));
    let _ = write!(
        out,
        r#"{{"@timestamp":{at},"_document_id":"{id}","action":"{action}","actor":"{name}[bot]","actor_id":{number},"business":"example","created_at":{at},"org":"example-org","org_id":424242,"operation_type":"access","actor_is_bot":true,"actor_ip":"{ip}","repo":"{repo}","repository":"{repo}","repository_public":false,"programmatic_access_type":"GitHub App server-to-server token","transport_protocol":1,"transport_protocol_name":"http","user_agent":"#,
        at = r.at,
        id = r.id,
        action = r.habit.behaviour.call,
        name = r.member.name,
        number = 1000 + r.member.number,
        ip = r.ip,
    );
    quoted(r.ua, out);
    let _ = write!(out, r#","token_id":"{}"}}"#, 77_000 + r.member.number);
}
