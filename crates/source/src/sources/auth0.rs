//! Auth0 tenant logs: streamed (`{log_id, data: {…}}`) or the bare log entry.

use crate::Hints;
use crate::json::Value;
use crate::support::exact::first;
use crate::support::fields::{join, outcome_status, strings};
use crate::support::names::{account, foreign_domain, identity, machine, settle_interactive};
use crate::support::network::{address, url_host};
use vires_event::{
    Activity, Actor, Credential, CredentialKind, Identity, Kind, Origin, Outcome, Session, Source, Target, Text,
};

pub(crate) fn detect(record: Value<'_>) -> bool {
    let entry = entry(record);
    let has = |key: &str| entry.get(key).is_some();
    let numbered = has("log_id") || record.get("log_id").is_some();
    entry.get("type").is_some_and(|kind| kind.str().is_some())
        && ((numbered && (has("client_id") || has("date") || has("tenant_name")))
            || (has("client_id") && has("date") && has("details")))
}

fn entry(record: Value<'_>) -> Value<'_> {
    record.get("data").filter(|data| data.is_object()).unwrap_or(record)
}

pub(crate) fn decode<'a>(record: Value<'a>, _hints: &Hints<'a>) -> Option<Activity<'a>> {
    let entry = entry(record);
    let kind = entry.get_text("type")?;
    let description = entry.get_text("description");
    // Management API calls share one type; what they did stands in the description.
    let managed = matches!(&*kind, "sapi" | "fapi" | "mgmt_api_read");
    let (action, other) =
        if managed { (description.clone().unwrap_or(kind.clone()), Some(kind.clone())) } else { (kind.clone(), None) };
    let mut activity = Activity::new(Source::Auth0, join("auth0:", &action));
    activity
        .also
        .extend(other.or_else(|| description.clone().filter(|text| text.len() <= 64)).map(|word| join("auth0:", &word)));
    activity.time = entry.get_text("date");
    activity.event_id = first(entry, &["log_id"]).or_else(|| record.get_text("log_id"));
    activity.place.account = first(entry, &["tenant_name", "hostname"]);
    activity.origin = Origin {
        ip: first(entry, &["ip", "details.request.ip"]).and_then(address),
        user_agent: first(entry, &["user_agent", "details.request.userAgent"]),
        ..Origin::default()
    };
    activity.session = first(entry, &["session_id"]).map(|name| Session { name, mfa: None });
    activity.credential = first(entry, &["details.request.auth.credentials.jti"]).map(|id| Credential {
        kind: CredentialKind::ApiToken,
        id: Some(id),
        issuer: None,
        issued: None,
    });
    activity.identity = who(entry, &kind, managed);
    activity.outcome = outcome(entry, &kind);
    let named =
        [("details.request.path", "api"), ("connection", "connection"), ("audience", "audience"), ("client_name", "client")];
    let names = named.iter().filter_map(|(path, kind)| Some((kind, first(entry, &[path])?)));
    activity.targets.extend(
        names.map(|(kind, name)| Target { name: Text::Owned(format!("auth0:{kind}/{}", name.trim_start_matches('/'))) }),
    );
    strings(entry.path("details.request.body"), &mut activity.mentions);
    activity.mentions.extend(first(entry, &["scope"]));
    let own = activity.identity.as_ref().map(|who| who.name.clone());
    let invited = first(entry, &["details.request.body.invitee.email", "details.request.body.email"]);
    activity.destinations.extend(invited.and_then(|mail| foreign_domain(own.as_deref(), &mail)));
    let sink = first(entry, &["details.request.body.sink.httpEndpoint", "details.request.body.sink.url"]);
    activity.destinations.extend(sink.and_then(|url| url_host(&url).map(|host| Text::Owned(host.to_owned()))));
    settle_interactive(&mut activity);
    Some(activity)
}

fn who<'a>(entry: Value<'a>, kind: &str, managed: bool) -> Option<Identity<'a>> {
    let client = first(entry, &["client_id", "details.request.auth.client_id"]);
    let app = |actor| {
        let mut who = identity(Kind::OauthApp, actor, "auth0:client:", client.clone()?);
        who.name = first(entry, &["client_name"]).unwrap_or(who.name);
        Some(who)
    };
    if matches!(kind, "seccft" | "feccft") {
        return app(Actor::Machine);
    }
    if let Some(agent) = first(entry, &["agent_id"]) {
        return Some(machine(Kind::AiAgent, "auth0:agent:", agent));
    }
    if let Some(email) = first(entry, &["details.request.auth.user.email", "user_name"]) {
        return Some(account(email, Actor::Human));
    }
    match first(entry, &["user_id", "details.request.auth.user.user_id"]) {
        // A client that acts for itself carries its id in the place of the user's.
        Some(user) if user.ends_with("@clients") => {
            Some(machine(Kind::OauthApp, "auth0:client:", Text::Owned(user.trim_end_matches("@clients").to_owned())))
        }
        Some(user) => Some(identity(Kind::Human, Actor::Human, "auth0:user:", user)),
        None if managed => app(Actor::Ambiguous),
        None => None,
    }
}

fn outcome(entry: Value<'_>, kind: &str) -> Option<Outcome> {
    if let Some(status) = first(entry, &["details.response.statusCode"]).and_then(|code| code.parse().ok()) {
        return outcome_status(status);
    }
    if kind.starts_with("limit_") || kind.ends_with("pwd_leak") {
        return Some(Outcome::Denied);
    }
    match kind.as_bytes().first() {
        Some(b's') => Some(Outcome::Success),
        Some(b'f') => Some(Outcome::Denied),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use crate::support::testing::{Row, check};

    #[test]
    fn rows() {
        check(&[
            Row {
                record: r#"{"log_id":"1","data":{"log_id":"1","type":"seccft","client_id":"c1","client_name":"billing","date":"2026-01-05T08:00:00Z","audience":"https://api.example.com"}}"#,
                source: "auth0",
                id: "auth0:client:c1",
                kind: "oauth_app",
                actor: "machine",
                action: "auth0:seccft",
                target: "auth0:audience/https://api.example.com",
                outcome: "success",
            },
            Row {
                record: r#"{"log_id":"1","data":{"type":"sapi","description":"Create client grant","client_id":"c1","date":"2026-01-05T08:00:00Z","details":{"request":{"path":"/api/v2/client-grants","auth":{"user":{"email":"jane@example.com"}}},"response":{"statusCode":403}}}}"#,
                source: "auth0",
                id: "person:jane@example.com",
                kind: "human",
                actor: "human",
                action: "auth0:Create client grant",
                target: "auth0:api/api/v2/client-grants",
                outcome: "denied",
            },
        ]);
    }
}
