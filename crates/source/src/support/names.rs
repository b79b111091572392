//! Canonical names of people and of what calls itself by an e-mail address.

use super::fields::join;
use super::service_name::by_name;
use vires_event::{Activity, Actor, Identity, Kind, Text};

/// `person:<name>`, lower case, an e-mail address without its `+tag`: every source spells one person alike.
pub(crate) fn person_id<'a>(name: &str) -> Text<'a> {
    let mut id = match name.rsplit_once('@') {
        Some((local, domain)) => {
            let user = local.split_once('+').map_or(local, |(before, _)| if before.is_empty() { local } else { before });
            format!("person:{user}@{domain}")
        }
        None => format!("person:{name}"),
    };
    id.make_ascii_lowercase();
    Text::Owned(id)
}

/// The domain of the address `other`, if it is not that of `actor`: someone outside is let in or sent something.
pub(crate) fn foreign_domain(actor: Option<&str>, other: &str) -> Option<Text<'static>> {
    let domain = mail_domain(other)?;
    let own = actor.and_then(mail_domain);
    own.is_none_or(|own| !own.eq_ignore_ascii_case(domain)).then(|| Text::Owned(domain.to_ascii_lowercase()))
}

/// True for the canonical text form of a UUID.
pub(crate) fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(i, b)| match i {
            8 | 13 | 18 | 23 => b == b'-',
            _ => b.is_ascii_hexdigit(),
        })
}

/// A person, where the record's structure says that it was one.
pub(crate) fn human(name: Text<'_>) -> Identity<'_> {
    user(name, Actor::Human)
}

/// Whoever holds a user account: a person as far as the account's form and name go, `actor` as far as the record can tell.
pub(crate) fn account(name: Text<'_>, actor: Actor) -> Identity<'_> {
    by_name(user(name, actor))
}

/// Google service accounts sign in to other vendors by their e-mail address too; their domain is proof enough.
fn user(name: Text<'_>, actor: Actor) -> Identity<'_> {
    if is_google_service_account(&name) {
        let mut id = join("gcp:sa:", &name);
        id.to_mut().make_ascii_lowercase();
        return Identity { id, kind: Kind::ServiceAccount, actor: Actor::Machine, name, raw: None };
    }
    Identity { id: person_id(&name), kind: Kind::Human, actor, name, raw: None }
}

/// Anything that is no person, with an id in the style `<source>:<kind>:<name>`.
pub(crate) fn machine<'a>(kind: Kind, prefix: &str, name: Text<'a>) -> Identity<'a> {
    identity(kind, Actor::Machine, prefix, name)
}

/// An identity with the id `<prefix><name>`.
pub(crate) fn identity<'a>(kind: Kind, actor: Actor, prefix: &str, name: Text<'a>) -> Identity<'a> {
    Identity { id: join(prefix, &name), kind, actor, name, raw: None }
}

/// An account of one machine: `host:<host>:<user>`, with `-` where the host is not known.
pub(crate) fn on_host<'a>(host: Option<&str>, kind: Kind, actor: Actor, user: Text<'a>) -> Identity<'a> {
    Identity { id: on_host_id(host, &user), kind, actor, name: user, raw: None }
}

/// The id of [`on_host`].
pub(crate) fn on_host_id<'a>(host: Option<&str>, user: &str) -> Text<'a> {
    Text::Owned(format!("host:{}:{user}", host.unwrap_or("-")))
}

/// What the decoded record says about interactivity: software is not, a person's browser is, the rest stays open.
pub(crate) fn settle_interactive(activity: &mut Activity<'_>) {
    let machine = activity.identity.as_ref().is_some_and(|who| who.actor == Actor::Machine);
    let browser = activity.origin.user_agent.as_deref().is_some_and(super::network::is_browser);
    activity.interactive = match (machine, browser) {
        (true, _) => Some(false),
        (false, true) => Some(true),
        (false, false) => None,
    };
}

/// True for an address of the domain that Google reserves for service accounts.
pub(crate) fn is_google_service_account(name: &str) -> bool {
    const DOMAIN: &str = ".gserviceaccount.com";
    let tail = name.len().checked_sub(DOMAIN.len()).and_then(|at| name.get(at..));
    name.contains('@') && tail.is_some_and(|tail| tail.eq_ignore_ascii_case(DOMAIN))
}

/// True if the text is one e-mail address, by its form.
pub(crate) fn is_mail(text: &str) -> bool {
    mail_domain(text).is_some()
}

/// The domain of an e-mail address.
pub(crate) fn mail_domain(text: &str) -> Option<&str> {
    let (local, domain) = text.rsplit_once('@')?;
    let domain_like = domain.contains('.') && domain.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-'));
    (!local.is_empty() && domain_like && !text.bytes().any(|b| b.is_ascii_whitespace())).then_some(domain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_person_has_one_id() {
        for (name, id) in [
            ("Jane.Doe@Example.com", "person:jane.doe@example.com"),
            ("jane.doe+ci@example.com", "person:jane.doe@example.com"),
            ("JDOE", "person:jdoe"),
        ] {
            assert_eq!(human(name.into()).id, id);
        }
    }

    #[test]
    fn a_google_service_account_is_no_person() {
        let found = account("Sync@proj.iam.gserviceaccount.com".into(), Actor::Human);
        assert_eq!((&*found.id, found.actor), ("gcp:sa:sync@proj.iam.gserviceaccount.com", Actor::Machine));
        assert!(!is_google_service_account("é.gserviceaccount.com"));
        assert!(!is_google_service_account("x"));
    }

    #[test]
    fn only_another_domain_is_foreign() {
        assert_eq!(foreign_domain(Some("a@example.com"), "b@Example.com"), None);
        assert_eq!(foreign_domain(Some("a@example.com"), "b@Example.net").as_deref(), Some("example.net"));
        assert_eq!(foreign_domain(None, "b@example.net").as_deref(), Some("example.net"));
        assert_eq!(foreign_domain(None, "b"), None);
    }

    #[test]
    fn mail_by_form() {
        assert_eq!(mail_domain("a@example.com"), Some("example.com"));
        for text in ["a", "@example.com", "a@b", "a b@example.com", "a@exa mple.com"] {
            assert!(!is_mail(text), "{text}");
        }
    }
}
