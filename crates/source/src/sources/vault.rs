//! HashiCorp Vault and OpenBao audit devices (JSON): one line for the request, one for the response, joined by `request.id`.

use crate::Hints;
use crate::json::Value;
use crate::support::exact::first;
use crate::support::fields::{join, strings};
use crate::support::names::{identity, machine};
use crate::support::network::address;
use vires_event::{Activity, Actor, Credential, CredentialKind, Identity, Kind, Link, Origin, Outcome, Source, Target, Text};

pub(crate) fn detect(record: Value<'_>) -> bool {
    record.get("request").is_some_and(|request| {
        request.is_object()
            && request.get("operation").is_some()
            && (request.get("path").is_some() || request.get("id").is_some())
    })
}

pub(crate) fn decode<'a>(record: Value<'a>, _hints: &Hints<'a>) -> Option<Activity<'a>> {
    let request = record.get("request")?;
    let operation = request.get_text("operation")?;
    let mut activity = Activity::new(Source::Vault, join("vault:", &operation));
    activity.time = record.get_text("time");
    activity.event_id = request.get_text("id");
    if let Some(path) = request.get_text("path") {
        // The catalogue names Vault requests by operation and path.
        activity.also.push(Text::Owned(format!("vault:{operation} {path}")));
        activity.targets.push(Target { name: join("vault:", &path) });
        activity.mentions.push(path);
    }
    strings(request.get("data"), &mut activity.mentions);
    activity.mentions.retain(|text| !text.starts_with("hmac-sha256:"));
    activity.origin = Origin {
        ip: request.get_text("remote_address").and_then(address),
        user_agent: first(request, &["headers.user-agent.[]", "headers.user-agent"]),
        ..Origin::default()
    };
    activity.place.account = first(request, &["namespace.path", "namespace.id"]).filter(|n| &**n != "root");
    activity.place.host = record.get_text("forwarded_from");
    let auth = record.get("auth").filter(|auth| auth.fields().next().is_some());
    let issued =
        record.path("response.auth").filter(|auth| auth.get("accessor").is_some() || auth.get("display_name").is_some());
    activity.identity = auth.and_then(|auth| who(auth, request)).or_else(|| who(issued?, request)).map(|(who, login)| {
        activity.links.extend(login.map(|id| Link::Called { id }));
        who
    });
    activity.credential = auth.and_then(|auth| credential(auth, request));
    outcome(record, &mut activity);
    if let Some(issued) = issued
        && let Some(accessor) = issued.get_text("accessor")
    {
        let owner = who(issued, request).map(|(who, _)| who.id);
        activity.links.push(Link::Issued { credential: accessor, owner });
    }
    if activity.identity.as_ref().is_some_and(|who| who.actor == Actor::Machine) {
        activity.interactive = Some(false);
    }
    Some(activity)
}

/// Who called, and by which way of login and role or alias, where an entity id says who. Where that is missing (root, batch tokens without
/// entity), the login names the caller.
fn who<'a>(auth: Value<'a>, request: Value<'a>) -> Option<(Identity<'a>, Option<Text<'a>>)> {
    let display = auth.get_text("display_name");
    let metadata = auth.get("metadata");
    let say_meta = |key: &str| metadata.and_then(|m| m.get_text(key));
    let (mount, alias) = mount_and_alias(display.as_deref(), request);
    let role = say_meta("role_name").or_else(|| say_meta("role"));
    let (kind, actor) = kind_of(&mount, metadata);
    let alias = (!alias.is_empty()).then_some(Text::Owned(alias));
    // Many people share one role; a workload is its role.
    let (before, after) = if kind == Kind::Human { (alias, role) } else { (role, alias) };
    let person = || say_meta("username").or_else(|| say_meta("email"));
    let name = before
        .or_else(|| say_meta("service_account_name"))
        .or_else(|| if kind == Kind::Human { person() } else { None })
        .or(after)
        .or_else(person)
        .or_else(|| display.clone());
    if let Some(entity) = auth.get_text("entity_id") {
        let mut who = identity(kind, actor, "vault:entity:", entity.clone());
        // Several entities may have one role.
        let login = name.as_ref().filter(|_| !mount.is_empty()).map(|name| Text::Owned(format!("vault:{mount}:{name}")));
        who.name = name.unwrap_or(entity);
        who.raw = display;
        return Some((who, login));
    }
    if let Some(spiffe) = say_meta("spiffe_id") {
        let trimmed = spiffe.strip_prefix("spiffe://").unwrap_or(&spiffe).to_owned();
        return Some((machine(Kind::Workload, "spiffe:", Text::Owned(trimmed)), None));
    }
    let name = name?;
    let mut who = identity(kind, actor, &format!("vault:{mount}:"), name);
    who.raw = display;
    Some((who, None))
}

/// Vault composes a display name of the mount's path and the alias: `kubernetes-payments-api`, `token-ci`, plain `root`.
fn mount_and_alias(display: Option<&str>, request: Value<'_>) -> (String, String) {
    let path = request.get_text("path").unwrap_or_default();
    let login = path.strip_prefix("auth/").and_then(|rest| rest.split_once("/login")).map(|(mount, _)| mount);
    let display = display.unwrap_or_default();
    match login {
        Some(mount) => {
            let alias = display.strip_prefix(mount).map_or(display, |rest| rest.trim_start_matches('-'));
            (mount.to_owned(), alias.to_owned())
        }
        None => match display.split_once('-') {
            Some((mount, alias)) => (mount.to_owned(), alias.to_owned()),
            None if display == "root" => ("token".to_owned(), "root".to_owned()),
            None => (display.to_owned(), String::new()),
        },
    }
}

fn kind_of(mount: &str, metadata: Option<Value<'_>>) -> (Kind, Actor) {
    let has = |key: &str| metadata.is_some_and(|m| m.get(key).is_some_and(|v| v.text().is_some()));
    if has("service_account_name") || has("spiffe_id") {
        return (Kind::Workload, Actor::Machine);
    }
    if has("client_arn") || has("canonical_arn") {
        return (Kind::Role, Actor::Machine);
    }
    // A mount may be named at will; by convention it starts with its method.
    let method = mount.split(['-', '_', '/']).next().unwrap_or(mount);
    match method {
        "approle" => (Kind::ServiceAccount, Actor::Machine),
        "kubernetes" | "k8s" | "spiffe" | "cert" => (Kind::Workload, Actor::Machine),
        "aws" | "gcp" | "azure" | "alicloud" | "oci" | "cf" => (Kind::Role, Actor::Machine),
        "jwt" if has("repository") || has("project_path") => (Kind::CiRunner, Actor::Machine),
        "oidc" | "okta" | "saml" => (Kind::Human, Actor::Human),
        "userpass" | "ldap" | "radius" | "github" | "kerberos" => (Kind::Human, Actor::Ambiguous),
        _ if has("role_name") => (Kind::ServiceAccount, Actor::Machine),
        "jwt" => (Kind::Workload, Actor::Ambiguous),
        _ => (Kind::Token, Actor::Ambiguous),
    }
}

fn credential<'a>(auth: Value<'a>, request: Value<'a>) -> Option<Credential<'a>> {
    let id = auth
        .get_text("accessor")
        .or_else(|| request.get_text("client_token_accessor"))
        .or_else(|| auth.get_text("client_token"))?;
    Some(Credential {
        kind: CredentialKind::ServiceToken,
        id: Some(id),
        issuer: None,
        issued: auth.get_text("token_issue_time"),
    })
}

fn outcome<'a>(record: Value<'a>, activity: &mut Activity<'a>) {
    let is_response = record.get_text("type").as_deref() == Some("response");
    let error = first(record, &["error", "response.data.error"]);
    activity.outcome = match &error {
        Some(error) if error.contains("denied") || error.contains("invalid token") || error.contains("bad token") => {
            Some(Outcome::Denied)
        }
        // A failed login is an error text in some methods, never "permission denied".
        Some(_) if first(record, &["request.path"]).is_some_and(|p| p.starts_with("auth/") && p.contains("/login")) => {
            Some(Outcome::Denied)
        }
        Some(_) => Some(Outcome::Error),
        None if is_response => Some(Outcome::Success),
        None => None,
    };
    activity.error_code = error;
}

#[cfg(test)]
mod tests {
    use crate::support::testing::{Row, check, decoded};
    use vires_event::Link;

    #[test]
    fn rows() {
        check(&[
            Row {
                record: r#"{"time":"2026-01-05T08:00:00Z","type":"response","auth":{"accessor":"hmac-sha256:a","display_name":"approle","entity_id":"e-1","metadata":{"role_name":"payments"},"policies":["default"]},"request":{"id":"r1","operation":"read","path":"secret/data/prod/db","remote_address":"192.0.2.5"}}"#,
                source: "vault",
                id: "vault:entity:e-1",
                kind: "service_account",
                actor: "machine",
                action: "vault:read",
                target: "vault:secret/data/prod/db",
                outcome: "success",
            },
            Row {
                record: r#"{"time":"2026-01-05T08:00:00Z","type":"request","auth":{"accessor":"hmac-sha256:a","display_name":"kubernetes-payments-api","metadata":{"role":"payments","service_account_name":"api"}},"request":{"id":"r1","operation":"list","path":"secret/metadata/"}}"#,
                source: "vault",
                id: "vault:kubernetes:payments",
                kind: "workload",
                actor: "machine",
                action: "vault:list",
                target: "vault:secret/metadata/",
                outcome: "",
            },
            Row {
                record: r#"{"type":"response","error":"1 error occurred:\n\t* permission denied\n\n","auth":{"display_name":"oidc-jane@example.com","entity_id":"","metadata":{"role":"admin"}},"request":{"id":"r1","operation":"read","path":"sys/mounts"}}"#,
                source: "vault",
                id: "vault:oidc:jane@example.com",
                kind: "human",
                actor: "human",
                action: "vault:read",
                target: "vault:sys/mounts",
                outcome: "denied",
            },
            Row {
                record: r#"{"type":"response","auth":{"display_name":"root","policies":["root"]},"request":{"id":"r1","operation":"update","path":"sys/policies/acl/x"}}"#,
                source: "vault",
                id: "vault:token:root",
                kind: "token",
                actor: "ambiguous",
                action: "vault:update",
                target: "vault:sys/policies/acl/x",
                outcome: "success",
            },
        ]);
    }

    #[test]
    fn an_entity_is_called_by_its_login_too() {
        for (display, meta, called) in [
            ("approle", r#"{"role_name":"payments"}"#, "vault:approle:payments"),
            ("kubernetes-payments-api", r#"{"role":"payments","service_account_name":"api"}"#, "vault:kubernetes:payments"),
            ("token-ci", "{}", "vault:token:ci"),
        ] {
            let record = format!(
                r#"{{"type":"response","auth":{{"display_name":"{display}","entity_id":"e-1","metadata":{meta}}},"request":{{"id":"r1","operation":"read","path":"secret/x"}}}}"#
            );
            decoded(&record, |found| {
                assert_eq!(found.identity.as_ref().unwrap().id, "vault:entity:e-1");
                assert_eq!(found.links, [Link::Called { id: called.into() }]);
            });
        }
    }

    #[test]
    fn a_login_issues_a_token() {
        let login = r#"{"type":"response","request":{"id":"r1","operation":"update","path":"auth/approle/login"},"response":{"auth":{"accessor":"hmac-sha256:b","display_name":"approle","entity_id":"e-1","metadata":{"role_name":"payments"}}}}"#;
        decoded(login, |found| {
            assert_eq!(found.identity.as_ref().unwrap().id, "vault:entity:e-1");
            let link = Link::Issued { credential: "hmac-sha256:b".into(), owner: Some("vault:entity:e-1".into()) };
            assert_eq!(found.links, [Link::Called { id: "vault:approle:payments".into() }, link]);
            assert_eq!(found.also, ["vault:update auth/approle/login"]);
        });
    }
}
