//! Okta System Log. Shippers are known to lower-case its keys, so every look-up falls back to any case.

use crate::Hints;
use crate::json::Value;
use crate::support::fields::{any_case, first, join, mentions, say};
use crate::support::names::{account, foreign_domain, identity, machine, person_id};
use crate::support::network::{address, asn, is_browser};
use vires_event::{
    Activity, Actor, Credential, CredentialKind, Delegation, Identity, Kind, Link, Origin, Outcome, Session, Source, Target,
    Text,
};

pub(crate) fn detect(record: Value<'_>) -> bool {
    let Some(event) = record.get("eventType").or_else(|| record.get("eventtype")) else { return false };
    event.str().is_some()
        && (["legacyEventType", "legacyeventtype", "displayMessage", "displaymessage", "debugContext", "published"]
            .iter()
            .any(|key| record.get(key).is_some())
            || record.path("actor.alternateId").is_some()
            || record.get_text("p_log_type").is_some_and(|kind| kind.starts_with("Okta.")))
}

pub(crate) fn decode<'a>(record: Value<'a>, _hints: &Hints<'a>) -> Option<Activity<'a>> {
    let event = say(record, "eventType")?;
    let mut activity = Activity::new(Source::Okta, join("okta:", &event));
    activity.time = say(record, "published");
    activity.event_id = say(record, "uuid");
    let address_of_client = first(record, &["client.ipAddress", "request.ipChain.[].ip"]).and_then(address);
    activity.origin = Origin {
        ip: address_of_client,
        user_agent: say(record, "client.userAgent.rawUserAgent"),
        asn: say(record, "securityContext.asNumber").and_then(|number| asn(&number)),
        ..Origin::default()
    };
    let token = say(record, "transaction.detail.requestApiTokenId");
    activity.identity = who(record, &event, token.as_ref());
    if let Some(token) = &token {
        // The console shows a token by its id, and its owner by user id; the owner's address is the raw form.
        let owner = say(record, "actor.id").filter(|id| &**id != "unknown");
        activity.links.extend([Some(token.clone()), owner].into_iter().flatten().map(|id| Link::Called { id }));
    }
    activity.credential =
        token.map(|id| Credential { kind: CredentialKind::ApiToken, id: Some(id), issuer: None, issued: None });
    if activity.credential.is_some() {
        activity.delegation = delegation(record);
    }
    activity.session = say(record, "authenticationContext.externalSessionId")
        .filter(|id| &**id != "unknown")
        .map(|name| Session { name, mfa: None });
    activity.interactive = match &activity.identity {
        Some(who) if who.actor == Actor::Machine => Some(false),
        _ => activity.origin.user_agent.as_deref().is_some_and(is_browser).then_some(true),
    };
    match say(record, "outcome.result").as_deref() {
        Some("SUCCESS" | "ALLOW" | "APPROVED") => activity.outcome = Some(Outcome::Success),
        Some("FAILURE" | "DENY" | "REJECTED" | "ABANDONED") => activity.outcome = Some(Outcome::Denied),
        Some("ERROR") => activity.outcome = Some(Outcome::Error),
        // CHALLENGE and SKIPPED are steps, not ends.
        _ => {}
    }
    if activity.outcome != Some(Outcome::Success) {
        activity.error_code = say(record, "outcome.reason");
    }
    targets(record, &event, &mut activity);
    Some(activity)
}

fn who<'a>(record: Value<'a>, event: &str, token: Option<&Text<'a>>) -> Option<Identity<'a>> {
    if let Some(token) = token {
        let mut identity = machine(Kind::Token, "okta:token:", token.clone());
        identity.raw = actor_name(record);
        return Some(identity);
    }
    let grant = say(record, "debugContext.debugData.grantType");
    if grant.as_deref() == Some("client_credentials")
        && let Some(client) = first(record, &["client.id", "debugContext.debugData.clientId", "actor.id"])
    {
        return Some(client_app(record, client));
    }
    let kind = say(record, "actor.type");
    let id = say(record, "actor.id").filter(|id| &**id != "unknown");
    match kind.as_deref() {
        Some("PublicClientApp" | "ServiceClient" | "AppInstance" | "Client" | "OAuthClient") => {
            id.or_else(|| actor_name(record)).map(|client| client_app(record, client))
        }
        Some("SystemPrincipal" | "System") => actor_name(record).map(|name| machine(Kind::CloudService, "okta:system:", name)),
        Some("AIAgent" | "AiAgent" | "WorkloadPrincipal") => {
            id.or_else(|| actor_name(record)).map(|name| machine(Kind::AiAgent, "okta:agent:", name))
        }
        _ if event.starts_with("workload_principal.") => {
            actor_name(record).map(|name| machine(Kind::AiAgent, "okta:agent:", name))
        }
        // A job runs long after whoever started it has left.
        Some("User") if say(record, "transaction.type").as_deref() == Some("JOB") => {
            actor_name(record).map(|name| account(name, Actor::Ambiguous))
        }
        Some("User") => actor_name(record).map(|name| account(name, Actor::Human)),
        Some("IP address") | None => None,
        Some(_) => actor_name(record).map(|name| identity(Kind::OauthApp, Actor::Ambiguous, "okta:actor:", name)),
    }
}

fn client_app<'a>(record: Value<'a>, client: Text<'a>) -> Identity<'a> {
    let mut identity = machine(Kind::OauthApp, "okta:client:", client);
    if let Some(name) = say(record, "actor.displayName") {
        identity.name = name;
    }
    identity.raw = say(record, "actor.alternateId").filter(|raw| &**raw != "unknown");
    identity
}

fn actor_name<'a>(record: Value<'a>) -> Option<Text<'a>> {
    ["actor.alternateId", "actor.displayName", "actor.id"]
        .iter()
        .filter_map(|path| say(record, path))
        .find(|name| !matches!(&**name, "unknown" | "null"))
}

/// The owner of an API token stands in `actor`.
fn delegation<'a>(record: Value<'a>) -> Option<Delegation<'a>> {
    let name = actor_name(record)?;
    Some(match say(record, "actor.type").as_deref() {
        Some("User") => Delegation { by: person_id(&name), human: Some(true) },
        Some("PublicClientApp" | "ServiceClient" | "AppInstance") => {
            Delegation { by: join("okta:client:", &name), human: Some(false) }
        }
        _ => Delegation { by: join("okta:actor:", &name), human: None },
    })
}

fn targets<'a>(record: Value<'a>, event: &str, activity: &mut Activity<'a>) {
    let actor = say(record, "actor.alternateId");
    let joins = [
        "user.lifecycle.create",
        "group.user_membership.add",
        "application.user_membership.add",
        "user.account.privilege.grant",
        "iam.resourceset.bindings.add",
        "user.account.update_primary_email",
    ];
    for target in any_case(record, "target").into_iter().flat_map(|t| t.items()).take(16) {
        let kind = say(target, "type").unwrap_or("target".into());
        let id = say(target, "id");
        let named = ["alternateId", "displayName"];
        let name = named.iter().filter_map(|key| say(target, key)).find(|n| !matches!(&**n, "unknown" | "null"));
        if let Some(name) = name.clone().or_else(|| id.clone()) {
            activity.targets.push(Target { name: Text::Owned(format!("okta:{kind}/{name}")) });
        }
        let said = ["displayName", "alternateId"].iter().filter_map(|key| say(target, key)).filter(|text| &**text != "unknown");
        activity.mentions.extend(said);
        if let Some(name) = name.filter(|_| &*kind == "User" && joins.contains(&event)) {
            activity.destinations.extend(foreign_domain(actor.as_deref(), &name));
        }
        if let Some(id) = id {
            activity.links.extend(issued(event, &kind, id, activity.identity.as_ref()));
        }
    }
    let paths = [
        "debugContext.debugData.privilegeGranted",
        "debugContext.debugData.requestUri",
        "debugContext.debugData.grantedScopes",
        "debugContext.debugData.requestedScopes",
        "debugContext.debugData.changedAttributes",
    ];
    mentions(record, &paths, &mut activity.mentions);
}

/// A target that is a credential made by this request.
fn issued<'a>(event: &str, kind: &str, id: Text<'a>, by: Option<&Identity<'a>>) -> Option<Link<'a>> {
    if event == "system.api_token.create" && kind.eq_ignore_ascii_case("token") {
        let owner = Some(join("okta:token:", &id));
        return Some(Link::Issued { credential: id, owner });
    }
    let grants_token = event.contains("token.grant") && matches!(kind, "access_token" | "refresh_token" | "AccessToken");
    grants_token.then(|| Link::Issued { credential: id, owner: by.map(|who| who.id.clone()) })
}

#[cfg(test)]
mod tests {
    use crate::support::testing::{Row, check, decoded};
    use vires_event::Link;

    #[test]
    fn rows() {
        check(&[
            Row {
                record: r#"{"uuid":"u1","published":"2026-01-05T08:00:00Z","eventType":"user.session.start","displayMessage":"x","actor":{"id":"00u1","type":"User","alternateId":"Jane@example.com","displayName":"Jane"},"outcome":{"result":"SUCCESS"}}"#,
                source: "okta",
                id: "person:jane@example.com",
                kind: "human",
                actor: "human",
                action: "okta:user.session.start",
                target: "",
                outcome: "success",
            },
            Row {
                record: r#"{"published":"2026-01-05T08:00:00Z","eventType":"group.privilege.grant","actor":{"id":"00u1","type":"User","alternateId":"jane@example.com"},"transaction":{"type":"WEB","detail":{"requestApiTokenId":"00T1"}},"target":[{"id":"00g1","type":"UserGroup","displayName":"Admins"}],"outcome":{"result":"FAILURE","reason":"x"}}"#,
                source: "okta",
                id: "okta:token:00T1",
                kind: "token",
                actor: "machine",
                action: "okta:group.privilege.grant",
                target: "okta:UserGroup/Admins",
                outcome: "denied",
            },
            Row {
                record: r#"{"published":"2026-01-05T08:00:00Z","eventType":"app.oauth2.as.token.grant.access_token","actor":{"id":"0oa1","type":"PublicClientApp","alternateId":"0oa1","displayName":"report-sync"},"target":[{"id":"hash","type":"access_token"}],"outcome":{"result":"SUCCESS"}}"#,
                source: "okta",
                id: "okta:client:0oa1",
                kind: "oauth_app",
                actor: "machine",
                action: "okta:app.oauth2.as.token.grant.access_token",
                target: "okta:access_token/hash",
                outcome: "success",
            },
            Row {
                record: r#"{"published":"2026-01-05T08:00:00Z","eventtype":"user.session.start","displaymessage":"x","actor":{"id":"00u1","type":"SystemPrincipal","alternateid":"system@example.com"},"outcome":{"result":"CHALLENGE"}}"#,
                source: "okta",
                id: "okta:system:system@example.com",
                kind: "cloud_service",
                actor: "machine",
                action: "okta:user.session.start",
                target: "",
                outcome: "",
            },
        ]);
    }

    #[test]
    fn a_token_has_an_owner_and_a_birth() {
        let used = r#"{"published":"2026-01-05T08:00:00Z","eventType":"user.lifecycle.create","actor":{"id":"00u1","type":"User","alternateId":"jane@example.com"},"transaction":{"detail":{"requestApiTokenId":"00T1"}},"target":[{"id":"00u2","type":"User","alternateId":"joe@example.net"}]}"#;
        decoded(used, |found| {
            let behind = found.delegation.as_ref().unwrap();
            assert_eq!((&*behind.by, behind.human), ("person:jane@example.com", Some(true)));
            assert_eq!(found.destinations, ["example.net"]);
            assert_eq!(found.links, ["00T1", "00u1"].map(|id| Link::Called { id: id.into() }));
        });
        let made = r#"{"published":"2026-01-05T08:00:00Z","eventType":"system.api_token.create","actor":{"id":"00u1","type":"User","alternateId":"jane@example.com"},"target":[{"id":"00T1","type":"Token","alternateId":"unknown","displayName":"ci"}]}"#;
        decoded(made, |found| {
            let issued = Link::Issued { credential: "00T1".into(), owner: Some("okta:token:00T1".into()) };
            assert_eq!(found.links, [issued]);
            assert_eq!(found.targets[0].name, "okta:Token/ci");
        });
    }
}
