//! Microsoft Graph activity log: one record per request to the Graph API, exported by diagnostic settings.
//!
//! The action is `graph:<METHOD> <path>` without version and query, with `{id}` in the place of ids, names and addresses: Graph paths
//! alternate between collections and keys.

use crate::Hints;
use crate::json::Value;
use crate::support::azure::{application, event_id, outcome};
use crate::support::cloud::{bounded, lower};
use crate::support::fields::{any_case, first, join, say};
use crate::support::names::{human, is_mail, is_uuid};
use crate::support::network::{address, is_browser};
use vires_event::{
    Activity, Actor, Credential, CredentialKind, Delegation, Identity, Kind, Origin, Outcome, Place, Session, Source, Target,
    Volume,
};

/// True for a record of the category, or a flat one with a request to the Graph host.
pub(crate) fn detect(record: Value<'_>) -> bool {
    for (key, value) in record.fields() {
        let found = match key {
            "category" | "Category" | "Type" => value.str().is_some_and(|c| c == "MicrosoftGraphActivityLogs"),
            "requestUri" | "RequestUri" => value.str().is_some_and(|u| u.starts_with("https://graph.microsoft.")),
            _ => false,
        };
        if found {
            return true;
        }
    }
    false
}

/// Decodes one record. `None` if it says neither who nor what.
pub(crate) fn decode<'a>(record: Value<'a>, hints: &Hints<'a>) -> Option<Activity<'a>> {
    let p = any_case(record, "properties").unwrap_or(record);
    let uri = say(p, "requestUri").map(|u| bounded(u, 2048))?;
    let path = uri.split('?').next().unwrap_or("");
    let path = path.split_once("://").and_then(|(_, rest)| rest.split_once('/')).map_or("", |(_, path)| path);
    let (version, path) = path.split_once('/').unwrap_or(("", path));
    let path = if matches!(version, "v1.0" | "beta") { path } else { "" };
    let method = say(p, "requestMethod").unwrap_or("GET".into());
    let mut a = Activity::new(Source::GraphActivity, ["graph:", &bounded(method, 16), " /", &template(path)].concat());
    a.targets.push(Target { name: ["graph:/", path].concat().into() });
    a.mentions.push(path.to_owned().into());

    a.time = say(record, "time").or_else(|| first(p, &["timeGenerated"])).or_else(|| hints.time.clone());
    a.event_id = event_id(record).or_else(|| first(p, &["requestId", "operationId"]));
    a.place = Place {
        account: first(record, &["tenantId", "AadTenantId"]).or_else(|| first(p, &["aadTenantId", "tenantId"])).map(lower),
        region: say(p, "location"),
        host: None,
    };
    a.origin = Origin {
        ip: say(p, "ipAddress").or_else(|| say(record, "callerIpAddress")).and_then(address),
        user_agent: say(p, "userAgent").map(|u| bounded(u, 1024)),
        ..Origin::default()
    };
    a.interactive = a.origin.user_agent.as_deref().filter(|u| is_browser(u)).map(|_| true);
    let status = say(p, "responseStatusCode").or_else(|| first(record, &["resultSignature", "resultType"]));
    a.outcome = status.as_deref().and_then(outcome);
    a.error_code = status.filter(|_| a.outcome.is_some_and(|o| o != Outcome::Success));
    a.volume = Volume { count: None, bytes_out: any_case(p, "responseSizeBytes").and_then(|b| b.u64()) };
    a.session = first(p, &["sessionId", "signInActivityId"]).map(|name| Session { name: bounded(name, 128), mfa: None });

    // A delegated token acts for its user; an app-only token has none.
    let app_only = say(p, "c_idtyp").is_some_and(|t| t.eq_ignore_ascii_case("app"));
    let user = first(p, &["userPrincipalName", "userId"]).filter(|u| !u.is_empty() && !app_only);
    a.identity = application(say(p, "appId"), say(p, "servicePrincipalId"), None, &mut a.links);
    if let Some(user) = user {
        // Mostly an object id, which no other log writes for a person.
        let user = bounded(user, 256);
        let person = if is_uuid(&user) {
            Identity { id: join("entra:user:", &lower(user.clone())), ..human(user) }
        } else {
            human(user)
        };
        a.delegation = Some(Delegation { by: person.id.clone(), human: Some(true) });
        match &mut a.identity {
            Some(app) => {
                app.kind = Kind::OauthApp;
                app.actor = Actor::Ambiguous;
            }
            None => {
                a.delegation = None;
                a.identity = Some(person);
            }
        }
    }
    let kind = match say(p, "clientAuthMethod").as_deref() {
        Some("1") => Some(CredentialKind::ClientSecret),
        Some("2") => Some(CredentialKind::Certificate),
        _ => None,
    };
    let token = say(p, "signInActivityId").map(|t| bounded(t, 128));
    a.credential = kind
        .map(|kind| Credential { kind, id: None, issuer: None, issued: None })
        .or_else(|| token.map(|id| Credential { kind: CredentialKind::OauthToken, id: Some(id), issuer: None, issued: None }));
    Some(a)
}

/// The path with `{id}` for its keys.
fn template(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for (i, part) in path.split('/').take(16).enumerate() {
        if i > 0 {
            out.push('/');
        }
        match part.split_once('(') {
            // users('id') and functions alike
            Some((name, _)) => {
                out.push_str(name);
                out.push_str("({id})");
            }
            None if is_key(part) => out.push_str("{id}"),
            None => out.push_str(part),
        }
    }
    out
}

fn is_key(part: &str) -> bool {
    let digits = part.bytes().filter(u8::is_ascii_digit).count();
    is_uuid(part) || is_mail(part) || part.len() > 40 || digits >= 4 || part.contains(['=', ':', ','])
}

#[cfg(test)]
mod tests {
    use crate::support::testing::{Row, check, decoded};
    use vires_event::Link;

    macro_rules! request {
        ($method:literal, $path:literal, $properties:literal) => {
            concat!(
                r#"{"time":"2026-03-01T10:00:00Z","category":"MicrosoftGraphActivityLogs","operationName":"Microsoft Graph Activity","tenantId":"t-1","correlationId":"c-1","properties":{"requestMethod":""#,
                $method, r#"","requestUri":"https://graph.microsoft.com/v1.0/"#, $path, r#"","ipAddress":"192.0.2.10","responseSizeBytes":512,"#, $properties, "}}"
            )
        };
    }

    #[test]
    fn who_and_what() {
        check(&[
            Row {
                record: request!(
                    "GET",
                    "users/jane@example.com/messages?$top=100",
                    r#""appId":"A-1","servicePrincipalId":"S-1","c_idtyp":"app","responseStatusCode":200"#
                ),
                source: "graph_activity",
                id: "entra:app:a-1",
                kind: "service_account",
                actor: "machine",
                action: "graph:GET /users/{id}/messages",
                target: "graph:/users/jane@example.com/messages",
                outcome: "success",
            },
            Row {
                record: request!(
                    "POST",
                    "servicePrincipals/66666666-7777-8888-9999-000000000000/appRoleAssignments",
                    r#""appId":"A-1","userId":"u-1","c_idtyp":"user","responseStatusCode":403"#
                ),
                source: "graph_activity",
                id: "entra:app:a-1",
                kind: "oauth_app",
                actor: "ambiguous",
                action: "graph:POST /servicePrincipals/{id}/appRoleAssignments",
                target: "graph:/servicePrincipals/66666666-7777-8888-9999-000000000000/appRoleAssignments",
                outcome: "denied",
            },
        ]);
        let record = request!("GET", "me", r#""appId":"A-1","servicePrincipalId":"S-1","userId":"u-1""#);
        decoded(record, |a| {
            assert_eq!(a.delegation.as_ref().map(|d| &*d.by), Some("person:u-1"));
            assert_eq!(a.links, [Link::Alias { id: "entra:sp:s-1".into() }]);
            assert_eq!(a.volume.bytes_out, Some(512));
        });
    }
}
