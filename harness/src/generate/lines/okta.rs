//! Okta System Log. `call` is the event type; parameters `target`, `type` (of the target), `scopes`, `uri`.

use super::{Request, Spelling, json, json_or_null};
use crate::generate::archetype::Principal;
use std::fmt::Write;

pub(super) fn write(r: &Request<'_>, out: &mut String) {
    let event = &r.habit.behaviour.call;
    let (name, app) = (&r.member.name, r.member.app());
    let token = r.member.archetype.principal == Principal::Token;
    // A token acts as the person or service user it belongs to.
    let (actor, client, detail) = if token {
        let owner = format!("{name}@example.com");
        let actor = format!(
            r#"{{"id":"00u{:05}EXAMPLE","type":"User","alternateId":"{owner}","displayName":"{name}","detailEntry":null}}"#,
            r.member.number
        );
        (actor, None, format!(r#"{{"requestApiTokenId":"{app}"}}"#))
    } else {
        let actor = format!(
            r#"{{"id":"{app}","type":"PublicClientApp","alternateId":"{app}","displayName":"{name}","detailEntry":null}}"#
        );
        (actor, Some(app.as_str()), "{}".to_string())
    };
    let target = match r.param("target") {
        None => "null".to_string(),
        Some(target) => format!(
            r#"[{{"id":"{id}","type":{kind},"alternateId":{target},"displayName":{target},"detailEntry":null}}]"#,
            id = format_args!("00g{:06}EXAMPLE", r.n),
            kind = json(r.word("type").unwrap_or("User")),
            target = json(&target),
        ),
    };
    let grant = if event.contains("token.grant") { r#""grantType":"client_credentials","# } else { "" };
    let scopes = r.word("scopes").map_or(String::new(), |scopes| format!(r#","grantedScopes":{}"#, json(scopes)));
    let (result, reason) = if r.denied { ("FAILURE", r#""INSUFFICIENT_PERMISSIONS""#) } else { ("SUCCESS", "null") };
    let _ = write!(
        out,
        r#"{{"uuid":"{id}","published":"{at}","eventType":"{event}","version":"0","severity":"INFO","legacyEventType":"{event}","displayMessage":"{event}","actor":{actor},"client":{{"userAgent":{{"rawUserAgent":{ua},"os":"Unknown","browser":"UNKNOWN"}},"zone":"null","device":"Unknown","id":{client},"ipAddress":"{ip}","geographicalContext":{{"country":"Germany"}}}},"device":null,"authenticationContext":{{"authenticationStep":0,"externalSessionId":"{session}"}},"outcome":{{"result":"{result}","reason":{reason}}},"securityContext":{{"asNumber":64500,"asOrg":"example isp","isp":"example isp","domain":"example.net","isProxy":false}},"debugContext":{{"debugData":{{{grant}"requestUri":{uri}{scopes}}}}},"transaction":{{"type":"WEB","id":"{other}","detail":{detail}}},"target":{target}}}"#,
        id = r.id,
        at = Spelling::Millis.time(r.at),
        ua = json(r.ua),
        client = json_or_null(client),
        ip = r.ip,
        session = if token { "trs".to_string() + r.other.get(..8).unwrap_or_default() } else { "unknown".to_string() },
        uri = json(r.word("uri").unwrap_or("/api/v1/users")),
        other = r.other,
    );
}
