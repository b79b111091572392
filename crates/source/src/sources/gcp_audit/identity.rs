//! `authenticationInfo`: whose authority was used, with which key, and who stands behind it.

use crate::json::Value;
use crate::support::cloud::{bounded, part};
use crate::support::fields::{any_case, first, say};
use crate::support::k8s;
use crate::support::names::{human, is_google_service_account};
use vires_event::{Activity, Actor, Credential, CredentialKind, Delegation, Identity, Kind, Link, Text};

/// `gcp:sa:<email>`, lower case.
pub(super) fn service_account_id(email: &str) -> String {
    let mut id = ["gcp:sa:", email].concat();
    id.make_ascii_lowercase();
    id
}

pub(super) fn read<'a>(record: Value<'a>, payload: Value<'a>, a: &mut Activity<'a>) {
    let Some(info) = any_case(payload, "authenticationInfo") else { return };
    let email = say(info, "principalEmail").map(|e| bounded(e, 512));
    let subject = say(info, "principalSubject").map(|s| bounded(s, 1024));
    // The subject says more: its type, or who it is where the e-mail address is left out.
    let of_subject = subject.and_then(|s| principal(s, email.is_none()));
    a.identity = match (of_subject, email) {
        (Some(subject), Some(email)) if subject.actor == Actor::Human => Some(of_email(email)),
        (Some(subject), _) => Some(subject),
        (None, email) => email.map(of_email),
    };
    a.identity = a.identity.take().or_else(|| {
        let anonymous = say(info, "authoritySelector")?;
        Some(Identity {
            id: ["gcp:selector:", &bounded(anonymous.clone(), 128)].concat().into(),
            kind: Kind::Token,
            actor: Actor::Ambiguous,
            name: anonymous,
            raw: None,
        })
    });
    a.credential = credential(info, a.identity.as_ref());
    a.delegation = delegation(info);
    if let Some(unique) = say(record, "resource.labels.unique_id")
        && let Some(identity) = &a.identity
        && say(record, "resource.labels.email_id").is_some_and(|e| service_account_id(&e) == identity.id)
    {
        a.links.push(Link::Alias { id: ["gcp:sa:", &unique].concat().into() });
    }
}

/// Who an e-mail address of Google's is.
pub(super) fn of_email(email: Text<'_>) -> Identity<'_> {
    if let Some(rest) = email.strip_prefix("system:serviceaccount:") {
        let (namespace, name) = rest.split_once(':').unwrap_or((rest, ""));
        let (namespace, name) = (namespace.to_owned(), name.to_owned());
        return k8s::service_account(None, &namespace, &name, email);
    }
    if email.starts_with("system:") {
        return k8s::user(None, email);
    }
    if email.contains(".svc.id.goog[")
        && let Some(account) = pool_account(&email, &email)
    {
        return account;
    }
    let service = is_google_service_account(&email) || email.to_ascii_lowercase().ends_with(".iam.gserviceaccount.com");
    if !service {
        return human(email);
    }
    let kind = kind_of(&email.to_ascii_lowercase());
    Identity { id: service_account_id(&email).into(), kind, actor: Actor::Machine, name: email, raw: None }
}

fn kind_of(email: &str) -> Kind {
    let (local, domain) = email.split_once('@').unwrap_or((email, ""));
    let numbered =
        |prefix: &str| local.strip_prefix(prefix).is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()));
    match domain {
        "cloudbuild.gserviceaccount.com" => Kind::CiRunner,
        "cloudservices.gserviceaccount.com" | "system.gserviceaccount.com" => Kind::CloudService,
        // Service agents: of the service's own project, or `gcp-sa-…`.
        _ if numbered("service-") || domain.starts_with("gcp-sa-") || domain.is_empty() => Kind::CloudService,
        _ => Kind::ServiceAccount,
    }
}

/// `<project>.svc.id.goog[<namespace>/<account>]`: a Kubernetes service account under its workload identity pool.
fn pool_account<'a>(name: &str, raw: &Text<'a>) -> Option<Identity<'a>> {
    let (pool, rest) = name.split_once('[')?;
    let (namespace, account) = rest.trim_end_matches(']').split_once('/')?;
    let cluster = pool.strip_suffix(".svc.id.goog").unwrap_or(pool);
    Some(k8s::service_account(Some(cluster), namespace, account, raw.clone()))
}

/// Who a `principalSubject` (or a member of a policy) is. `bare`: nothing better is known, so that any text may name someone.
fn principal<'a>(subject: Text<'a>, bare: bool) -> Option<Identity<'a>> {
    if let Some(deleted) = part(&subject, |s| s.strip_prefix("deleted:").map(|rest| rest.split('?').next().unwrap_or(rest))) {
        return principal(deleted, bare);
    }
    if let Some(name) = part(&subject, |s| s.strip_prefix("serviceAccount:")) {
        if let Some(account) = pool_account(&name, &subject) {
            return Some(account);
        }
        let kind = kind_of(&name.to_ascii_lowercase());
        return Some(Identity { id: service_account_id(&name).into(), kind, actor: Actor::Machine, name, raw: Some(subject) });
    }
    if let Some(name) = part(&subject, |s| s.strip_prefix("user:")) {
        return Some(human(name));
    }
    if let Some(path) = subject.strip_prefix("principal://iam.googleapis.com/").or_else(|| subject.strip_prefix("principal://"))
    {
        let after = |key: &str| path.split_once(key).map(|(_, rest)| rest.split('/').next().unwrap_or(rest));
        let name = part(&subject, |s| s.split_once("/subject/").map(|(_, name)| name))?;
        if path.contains("workforcePools/") {
            return Some(Identity { raw: Some(subject), ..human(name) });
        }
        let (number, pool) = (after("projects/").unwrap_or("-"), after("workloadIdentityPools/").unwrap_or("-"));
        let id = ["gcp:wif:", number, ":", pool, ":", &name].concat().into();
        let kind = match () {
            () if name.starts_with("repo:") || name.starts_with("project_path:") => Kind::CiRunner,
            () => Kind::Workload,
        };
        return Some(Identity { id, kind, actor: Actor::Machine, name, raw: Some(subject) });
    }
    bare.then(|| Identity {
        id: ["gcp:subject:", &subject].concat().into(),
        kind: Kind::Token,
        actor: Actor::Ambiguous,
        name: subject,
        raw: None,
    })
}

fn credential<'a>(info: Value<'a>, identity: Option<&Identity<'a>>) -> Option<Credential<'a>> {
    if let Some(name) = say(info, "serviceAccountKeyName").map(|n| bounded(n, 512)) {
        let id = part(&name, |n| Some(n.rsplit_once("/keys/").map_or(n, |(_, key)| key)));
        return Some(Credential { kind: CredentialKind::ServiceAccountKey, id, issuer: None, issued: None });
    }
    if let Some(client) = first(info, &["oauthInfo.oauthClientId"]).map(|c| bounded(c, 256)) {
        return Some(Credential { kind: CredentialKind::OauthToken, id: Some(client), issuer: None, issued: None });
    }
    let federated = identity.is_some_and(|i| i.id.starts_with("gcp:wif:"));
    let issuer =
        identity.and_then(|i| i.raw.as_ref()).and_then(|raw| part(raw, |r| r.split_once("/subject/").map(|(pool, _)| pool)));
    federated.then_some(Credential { kind: CredentialKind::Oidc, id: None, issuer, issued: None })
}

/// The first of the chain is who really called.
fn delegation<'a>(info: Value<'a>) -> Option<Delegation<'a>> {
    let caller = any_case(info, "serviceAccountDelegationInfo")?.items().next()?;
    let email = first(caller, &["firstPartyPrincipal.principalEmail", "principalEmail"]).map(|e| bounded(e, 512));
    let identity = match email {
        Some(email) => of_email(email),
        None => principal(bounded(first(caller, &["principalSubject", "thirdPartyPrincipal.principalSubject"])?, 1024), true)?,
    };
    let human = match identity.actor {
        Actor::Human => Some(true),
        Actor::Machine => Some(false),
        Actor::Ambiguous => None,
    };
    Some(Delegation { by: identity.id, human })
}
