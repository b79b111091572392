use super::{Request, millis};
use std::fmt::Write;

pub(super) fn write(r: &Request<'_>, out: &mut String) {
    let path = r.param("path").unwrap_or_else(|| "sys/health".into());
    let name = &r.member.name;
    let _ = write!(
        out,
        r#"{{"time":"{at}","type":"response","auth":{{"client_token":"hmac-sha256:{token:064x}","accessor":"hmac-sha256:{accessor:064x}","display_name":"approle-{name}","policies":["default","{name}"],"token_policies":["default","{name}"],"metadata":{{"role_name":"{name}"}},"entity_id":"{entity}","token_type":"service"}},"request":{{"id":"{id}","client_id":"{entity}","operation":"{operation}","mount_type":"kv","namespace":{{"id":"root"}},"path":"{path}","remote_address":"{ip}","remote_port":{port}"#,
        at = millis(r.at),
        token = r.member.number + 1,
        accessor = r.member.number + 7,
        entity = r.member.entity(),
        id = r.id,
        operation = r.habit.behaviour.call,
        ip = r.ip,
        port = 40_000 + r.at.rem_euclid(20_000),
    );
    out.push_str(r#","headers":{"user-agent":["#);
    super::quoted(r.ua, out);
    out.push_str("]}}");
    if r.denied {
        out.push_str(r#","error":"1 error occurred: permission denied""#);
    }
    out.push('}');
}
