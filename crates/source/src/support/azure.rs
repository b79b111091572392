//! Entra and Azure: who tokens' claims name, what resource ids name.

use super::cloud::{bounded, lower, part};
use super::fields::{any_case, join};
use super::names::{human, is_mail, is_uuid};
use crate::json::Value;
use vires_event::{Actor, Credential, CredentialKind, Identity, Kind, Link, Outcome, Text};

/// An application: `entra:app:<appId>`, else `entra:sp:<objectId>`, with the other id as alias.
pub(crate) fn application<'a>(
    app: Option<Text<'a>>,
    object: Option<Text<'a>>,
    name: Option<Text<'a>>,
    links: &mut Vec<Link<'a>>,
) -> Option<Identity<'a>> {
    let (app, object) = (app.filter(|a| !is_nobody(a)).map(lower), object.filter(|o| !is_nobody(o)).map(lower));
    let (id, short) = match (app, object) {
        (Some(app), object) => {
            links.extend(object.map(|o| Link::Alias { id: join("entra:sp:", &o) }));
            (join("entra:app:", &app), app)
        }
        (None, Some(object)) => (join("entra:sp:", &object), object),
        (None, None) => return None,
    };
    Some(Identity { id, kind: Kind::ServiceAccount, actor: Actor::Machine, name: name.unwrap_or(short), raw: None })
}

/// Ids that logs write where there is none.
fn is_nobody(id: &str) -> bool {
    id.is_empty() || id == "00000000-0000-0000-0000-000000000000" || id.eq_ignore_ascii_case("none")
}

/// A managed identity: `azure:mi:<resource id, lower case>`.
pub(crate) fn managed_identity<'a>(resource: Text<'a>) -> Identity<'a> {
    let name = part(&resource, |r| r.rsplit('/').next()).unwrap_or_else(|| resource.clone());
    let mut id = join("azure:mi:", &bounded(resource.clone(), 512));
    id.to_mut().make_ascii_lowercase();
    Identity { id, kind: Kind::Workload, actor: Actor::Machine, name, raw: Some(resource) }
}

/// A service of Microsoft's own, by its name.
pub(crate) fn first_party<'a>(name: Text<'a>) -> Identity<'a> {
    Identity { id: join("azure:service:", &name), kind: Kind::CloudService, actor: Actor::Machine, name, raw: None }
}

/// The claims of an access token, under their short and their long (schema) names.
#[derive(Default)]
struct Claims<'a> {
    app: Option<Text<'a>>,
    object: Option<Text<'a>>,
    upn: Option<Text<'a>>,
    mail: Option<Text<'a>>,
    name: Option<Text<'a>>,
    managed: Option<Text<'a>>,
    kind: Option<Text<'a>>,
    proof: Option<Text<'a>>,
    token: Option<Text<'a>>,
}

impl<'a> Claims<'a> {
    fn read(claims: Value<'a>) -> Self {
        let mut c = Claims::default();
        for (key, value) in claims.fields() {
            let short = key.rsplit('/').next().unwrap_or(key);
            let place = match short {
                "appid" | "azp" => &mut c.app,
                "objectidentifier" | "oid" => &mut c.object,
                "upn" | "preferred_username" => &mut c.upn,
                "emailaddress" | "email" => &mut c.mail,
                "name" | "unique_name" => &mut c.name,
                "xms_mirid" => &mut c.managed,
                "idtyp" => &mut c.kind,
                "appidacr" | "azpacr" => &mut c.proof,
                "uti" => &mut c.token,
                _ => continue,
            };
            if place.is_none() {
                *place = value.text().map(|t| bounded(t, 512));
            }
        }
        c
    }
}

/// Who the claims of a token name, and with what it was proved.
pub(crate) fn of_claims<'a>(claims: Value<'a>, links: &mut Vec<Link<'a>>) -> (Option<Identity<'a>>, Option<Credential<'a>>) {
    let c = Claims::read(claims);
    let credential = |kind| Some(Credential { kind, id: c.token.clone(), issuer: None, issued: None });
    if let Some(resource) = c.managed.clone().filter(|r| r.contains('/')) {
        let aliases = [("entra:app:", &c.app), ("entra:sp:", &c.object)];
        links
            .extend(aliases.into_iter().filter_map(|(prefix, id)| Some(Link::Alias { id: join(prefix, &lower(id.clone()?)) })));
        return (Some(managed_identity(resource)), credential(CredentialKind::OauthToken));
    }
    let app_only = c.kind.as_deref() == Some("app");
    if let Some(person) = c.upn.clone().or_else(|| c.mail.clone().filter(|m| is_mail(m))).filter(|_| !app_only) {
        return (Some(human(person)), credential(CredentialKind::OauthToken));
    }
    // Microsoft's own services sign with their name in the place of an address.
    if let Some(service) = c.mail.clone().filter(|m| m.starts_with("Microsoft.")) {
        return (Some(first_party(service)), None);
    }
    if let Some(name) = c.name.clone().filter(|n| is_mail(n) && !app_only) {
        return (Some(human(name)), credential(CredentialKind::OauthToken));
    }
    let proof = match c.proof.as_deref() {
        Some("1") => credential(CredentialKind::ClientSecret),
        Some("2") => credential(CredentialKind::Certificate),
        _ => credential(CredentialKind::OauthToken).filter(|c| c.id.is_some()),
    };
    (application(c.app.clone(), c.object.clone(), None, links), proof)
}

/// Who `caller` is: an address, an object id or a name.
pub(crate) fn of_caller<'a>(caller: Text<'a>, links: &mut Vec<Link<'a>>) -> Option<Identity<'a>> {
    let caller = bounded(caller, 512);
    match () {
        () if is_mail(&caller) => Some(human(caller)),
        () if is_uuid(&caller) => application(None, Some(caller), None, links),
        () if caller.starts_with("Microsoft.") => Some(first_party(caller)),
        () => Some(Identity {
            id: join("azure:caller:", &caller),
            kind: Kind::ServiceAccount,
            actor: Actor::Ambiguous,
            name: caller,
            raw: None,
        }),
    }
}

/// What a resource id names, in the spelling of resource globs: `keyvault:<vault>/<name>`, `storage:<account>/<container>`, else
/// `<provider>:<last name>`. Locks, role assignments and the like stand on another resource: that is what they name.
/// In lower case: Azure compares ids without it, and writes them in several.
pub(crate) fn target<'a>(resource: &str) -> Option<Text<'a>> {
    named_resource(resource).map(lower)
}

fn named_resource<'a>(resource: &str) -> Option<Text<'a>> {
    let parts: Vec<&str> = resource.split('/').filter(|p| !p.is_empty()).collect();
    let is = |i: usize, word: &str| parts.get(i).is_some_and(|p| p.eq_ignore_ascii_case(word));
    let mut end = parts.len();
    let (provider, at) = loop {
        let Some(at) = (0..end).rev().find(|&i| is(i, "providers")) else {
            let named = |word: &str, prefix: &str| {
                let at = (0..end).rev().find(|&i| is(i, word))?;
                Some(join(prefix, &parts.get(at + 1).filter(|_| at + 1 < end)?.to_ascii_lowercase()))
            };
            return named("resourceGroups", "resourcegroup:")
                .or_else(|| named("subscriptions", "subscription:"))
                .or_else(|| named("tenants", "tenant:"))
                .or_else(|| (end < parts.len()).then(|| "azure:root".into()));
        };
        let provider = parts.get(at + 1)?;
        if ["microsoft.authorization", "microsoft.insights"].iter().any(|p| provider.eq_ignore_ascii_case(p)) && at > 0 {
            end = at;
            continue;
        }
        break (provider.to_ascii_lowercase(), at);
    };
    let names: Vec<&str> = parts.get(at + 3..end).unwrap_or(&[]).iter().copied().step_by(2).collect();
    let service = provider.strip_prefix("microsoft.").unwrap_or(&provider);
    let last = names.last()?;
    Some(match service {
        "keyvault" | "storage" if names.len() > 1 => {
            let inner: Vec<&str> = names[1..].iter().copied().filter(|n| !n.eq_ignore_ascii_case("default")).collect();
            match inner.first() {
                Some(inner) => [service, ":", names[0], "/", inner].concat().into(),
                None => [service, ":", names[0]].concat().into(),
            }
        }
        _ => [service, ":", last].concat().into(),
    })
}

/// Subscription or tenant of a resource id.
pub(crate) fn account<'a>(resource: &Text<'a>) -> Option<Text<'a>> {
    let id = part(resource, |r| {
        let mut parts = r.split('/').filter(|p| !p.is_empty());
        let first = parts.next()?;
        ["subscriptions", "tenants"].iter().any(|w| first.eq_ignore_ascii_case(w)).then(|| parts.next())?
    })?;
    Some(lower(id))
}

/// How words and numbers of status fields end a request; `None` for those that say it is still under way.
pub(crate) fn outcome(status: &str) -> Option<Outcome> {
    const DENIED: [&str; 6] = ["forbidden", "unauthorized", "authorization", "authentication", "accessdenied", "denied"];
    if let Ok(code) = status.parse::<u64>() {
        return Some(match code {
            401 | 403 => Outcome::Denied,
            0 | 100..=399 => Outcome::Success,
            _ => Outcome::Error,
        });
    }
    let status = status.to_ascii_lowercase();
    if DENIED.iter().any(|word| status.contains(word)) {
        return Some(Outcome::Denied);
    }
    match () {
        () if status.starts_with("succe")
            || matches!(&*status, "ok" | "true" | "accepted" | "created" | "resolve" | "partiallysucceeded") =>
        {
            Some(Outcome::Success)
        }
        () if ["fail", "error", "false", "timeout", "notfound", "conflict", "badrequest"]
            .iter()
            .any(|w| status.contains(w)) =>
        {
            Some(Outcome::Error)
        }
        () => None,
    }
}

/// True if a reason of failure is a refusal.
pub(crate) fn is_refusal(reason: &str) -> bool {
    let reason = reason.to_ascii_lowercase();
    ["insufficient privileges", "denied", "unauthorized", "not authorized", "forbidden", "authorization"]
        .iter()
        .any(|w| reason.contains(w))
}

/// The event's id: `correlationId`, else `id`, at the top or among the properties.
pub(crate) fn event_id<'a>(record: Value<'a>) -> Option<Text<'a>> {
    let properties = any_case(record, "properties");
    ["correlationId", "id"]
        .iter()
        .flat_map(|key| [Some(record), properties].into_iter().flatten().map(move |holder| (holder, *key)))
        .find_map(|(holder, key)| any_case(holder, key)?.text())
        .map(|id| bounded(id, 256))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resources() {
        let base = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/pay-rg";
        for (id, name) in [
            ("/providers/Microsoft.KeyVault/vaults/pay-kv/secrets/db", "keyvault:pay-kv/db"),
            ("/providers/Microsoft.KeyVault/vaults/pay-kv", "keyvault:pay-kv"),
            (
                "/PROVIDERS/MICROSOFT.STORAGE/STORAGEACCOUNTS/payroll/blobServices/default/containers/2026",
                "storage:payroll/2026",
            ),
            ("/providers/Microsoft.Storage/storageAccounts/payroll/blobServices/default", "storage:payroll"),
            ("/providers/Microsoft.Compute/virtualMachines/vm-1", "compute:vm-1"),
            (
                "/providers/Microsoft.Compute/virtualMachines/vm-1/providers/Microsoft.Authorization/roleAssignments/x",
                "compute:vm-1",
            ),
            ("/providers/Microsoft.Authorization/roleAssignments/x", "resourcegroup:pay-rg"),
            ("", "resourcegroup:pay-rg"),
        ] {
            assert_eq!(target(&format!("{base}{id}")).as_deref(), Some(name), "{id}");
        }
        assert_eq!(target("/subscriptions/ABC").as_deref(), Some("subscription:abc"));
        assert_eq!(target("/providers/Microsoft.Authorization/elevateAccess").as_deref(), None);
        assert_eq!(target(""), None);
        assert_eq!(account(&"/SUBSCRIPTIONS/ABC/RESOURCEGROUPS/R".into()).as_deref(), Some("abc"));
        assert_eq!(account(&"/tenants/t-1/providers/Microsoft.aadiam".into()).as_deref(), Some("t-1"));
    }

    #[test]
    fn words_of_outcome() {
        for (word, outcome) in [
            ("Success", Some(Outcome::Success)),
            ("Succeeded.OK", Some(Outcome::Success)),
            ("200", Some(Outcome::Success)),
            ("403", Some(Outcome::Denied)),
            ("AuthorizationFailed", Some(Outcome::Denied)),
            ("Failed", Some(Outcome::Error)),
            ("409", Some(Outcome::Error)),
            ("Start", None),
            ("Active", None),
        ] {
            assert_eq!(super::outcome(word), outcome, "{word}");
        }
    }
}
