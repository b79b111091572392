//! GitHub's audit log, Entra's sign-ins of service principals and the System Log of Okta.

use crate::clock::{millis, seconds};
use crate::journal::{Journal, Source};
use crate::json::Object;
use crate::rng::Rng;

/// An actor of the organisation example-org.
#[derive(Clone, Copy)]
pub struct Actor {
    /// The login; bots end with `[bot]`.
    pub login: &'static str,
    /// The kind of token, if it is one.
    pub access: Option<&'static str>,
    pub ip: Option<&'static str>,
    pub agent: &'static str,
}

/// One entry of the audit log; `more` are the members that belong to the action, as text.
pub fn github(j: &mut Journal, at: i64, actor: Actor, action: &str, repo: &str, more: &[(&str, &str)], rng: &mut Rng) {
    let bot = actor.login.ends_with("[bot]");
    let operation = if action.starts_with("git.") && !action.ends_with("push") { "access" } else { "modify" };
    let mut o = Object::new()
        .raw("@timestamp", at)
        .text("_document_id", rng.text(22, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"))
        .text("action", action)
        .text("actor", actor.login)
        .raw("actor_id", 40_000 + Rng::of(actor.login).below(9000))
        .raw("actor_location", r#"{"country_code":"IE"}"#)
        .text("business", "example")
        .raw("created_at", at)
        .text("org", "example-org")
        .raw("org_id", 424_242)
        .text("operation_type", operation)
        .raw("actor_is_bot", bot)
        .text("repo", format!("example-org/{repo}"))
        .text("repository", format!("example-org/{repo}"))
        .raw("repository_public", false);
    if let Some(ip) = actor.ip {
        o = o.text("actor_ip", ip);
    }
    if let Some(access) = actor.access {
        // An app's token lives for an hour, everybody else's for ever.
        let hour = if access.contains("server-to-server") { at / 3_600_000 } else { 0 };
        let token = Rng::of(&format!("{}/{access}/{hour}", actor.login))
            .text(43, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789");
        o = o.text("programmatic_access_type", access).text("hashed_token", format!("{token}="));
    }
    for (key, value) in more {
        o = o.text(key, value);
    }
    if !actor.agent.is_empty() {
        o = o.text("user_agent", actor.agent);
    }
    j.add(Source::Github, at, o.end());
}

/// A service principal of the tenant.
#[derive(Clone, Copy)]
pub struct Principal {
    pub name: &'static str,
    pub app: &'static str,
    pub object: &'static str,
    /// `clientSecret` or `certificate`.
    pub credential: &'static str,
    pub ip: &'static str,
}

pub fn entra(j: &mut Journal, at: i64, who: Principal, resource: &str, rng: &mut Rng) {
    const TENANT: &str = "00000000-0000-0000-0000-0000000000aa";
    let correlation = rng.uuid();
    let place = Object::new().text("city", "Dublin").text("state", "Dublin").text("countryOrRegion", "IE").end();
    let key = Rng::of(who.app).uuid();
    let properties = Object::new()
        .text("id", rng.uuid())
        .text("createdDateTime", seconds(at))
        .text("appId", who.app)
        .text("appDisplayName", who.name)
        .text("ipAddress", who.ip)
        .raw("status", r#"{"errorCode":0}"#)
        .text("correlationId", &correlation)
        .text("conditionalAccessStatus", "notApplied")
        .raw("isInteractive", false)
        .raw("location", place)
        .text("resourceDisplayName", resource)
        .text("tokenIssuerType", "AzureAD")
        .text("uniqueTokenIdentifier", rng.text(22, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"))
        .raw("autonomousSystemNumber", 64_496)
        .text("riskState", "none")
        .text("servicePrincipalId", who.object)
        .text("servicePrincipalName", who.name)
        .text("managedIdentityType", "none")
        .text("clientCredentialType", who.credential)
        .text("servicePrincipalCredentialKeyId", key);
    let line = Object::new()
        .text("time", seconds(at))
        .text("resourceId", format!("/tenants/{TENANT}/providers/Microsoft.aadiam"))
        .text("operationName", "Sign-in activity")
        .text("operationVersion", "1.0")
        .text("category", "ServicePrincipalSignInLogs")
        .text("tenantId", TENANT)
        .text("resultType", "0")
        .text("resultSignature", "None")
        .raw("durationMs", 0)
        .text("callerIpAddress", who.ip)
        .text("correlationId", &correlation)
        .text("identity", who.name)
        .raw("Level", 4)
        .text("location", "IE")
        .raw("properties", properties.end());
    j.add(Source::EntraSignin, at, line.end());
}

/// Who acts in Okta: a person, perhaps by an API token, or a service app.
#[derive(Clone, Copy)]
pub struct Client {
    /// `User` or `PublicClientApp`.
    pub kind: &'static str,
    pub id: &'static str,
    pub alternate: &'static str,
    pub display: &'static str,
    pub token: Option<&'static str>,
    pub ip: &'static str,
    pub agent: &'static str,
}

/// One event of the System Log; targets are (type, id, alternate id, display name).
pub fn okta(
    j: &mut Journal,
    at: i64,
    who: Client,
    event: &str,
    message: &str,
    targets: &[(&str, &str, &str, &str)],
    rng: &mut Rng,
) {
    let actor = Object::new()
        .text("id", who.id)
        .text("type", who.kind)
        .text("alternateId", who.alternate)
        .text("displayName", who.display)
        .raw("detailEntry", "null");
    let app = who.kind != "User";
    let client = Object::new()
        .raw("userAgent", Object::new().text("rawUserAgent", who.agent).text("os", "Unknown").text("browser", "UNKNOWN").end())
        .text("zone", "null")
        .text("device", "Computer")
        .raw("id", if app { format!("\"{}\"", who.id) } else { "null".into() })
        .text("ipAddress", who.ip)
        .raw("geographicalContext", r#"{"country":"Ireland"}"#);
    let debug = match app {
        true => Object::new()
            .text("requestUri", "/oauth2/v1/token")
            .text("grantType", "client_credentials")
            .text("grantedScopes", "okta.users.read okta.groups.read"),
        false => Object::new().text("requestUri", "/api/v1/users"),
    };
    let detail = who.token.map_or(Object::new(), |token| Object::new().text("requestApiTokenId", token));
    let session = if who.token.is_some() { format!("trs{}", rng.hex(18)) } else { format!("idx{}", rng.hex(18)) };
    let targets = targets.iter().map(|(kind, id, alternate, display)| {
        Object::new().text("id", id).text("type", kind).text("alternateId", alternate).text("displayName", display).end()
    });
    let targets = targets.collect::<Vec<_>>().join(",");
    let line = Object::new()
        .text("uuid", rng.uuid())
        .text("published", millis(at))
        .text("eventType", event)
        .text("version", "0")
        .text("severity", "INFO")
        .text("legacyEventType", event)
        .text("displayMessage", message)
        .raw("actor", actor.end())
        .raw("client", client.end())
        .raw("device", "null")
        .raw("authenticationContext", Object::new().raw("authenticationStep", 0).text("externalSessionId", session).end())
        .raw("outcome", r#"{"result":"SUCCESS","reason":null}"#)
        .raw(
            "securityContext",
            r#"{"asNumber":64500,"asOrg":"example","isp":"example","domain":"example.com","isProxy":false}"#,
        )
        .raw("debugContext", Object::new().raw("debugData", debug.end()).end())
        .raw(
            "transaction",
            Object::new()
                .text("type", "WEB")
                .text("id", rng.text(27, "abcdefghijklmnopqrstuvwxyz0123456789"))
                .raw("detail", detail.end())
                .end(),
        )
        .raw("target", format!("[{targets}]"));
    j.add(Source::Okta, at, line.end());
}
