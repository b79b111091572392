//! T3 — another kind of credential.
//!
//! # Escalates when
//! it proves itself with a kind of credential, or one of an issuer, that it never used or that is not declared; or with one
//! older than the profile's `max_cred_age`.
//!
//! # Why
//! A workload that gets short-lived tokens from its platform does not one day carry a static key. A token older than its kind
//! can be was copied and replayed.
//!
//! # Stays quiet when
//! only the key changes: key ids are not learned, because keys rotate. A short-lived kind in place of a static one counts
//! `weights.credential_brief`, and so do a key where only a password was known and the profile lists none, and a credential
//! from the usual place that was seen to be issued by somebody with a declared `max_tier` of 4.
//!
//! # Tuning
//! `weights.credential`, `weights.credential_brief`, `[novelty]`, `[declared]`.
//!
//! # References
//! OWASP NHI4:2025, NHI7:2025; ATT&CK T1098.001, T1550.001; NIST CSF 2.0 DE.CM-09.

use crate::evidence::Finding;
use crate::view::{Draft, View, declared};
use crate::{Break, Code};
use crate::surprisal::Standing;
use vires_event::{Boundary, CredentialKind, Outcome};
use vires_profile::baseline::{Facet, credential_value};
use vires_profile::globs::Globs;
use vires_profile::observation::Proof;

pub(super) fn look(view: &View<'_>, found: &mut Vec<Finding>) {
    nobody(view, found);
    let (Some(proof), Some(value)) = (view.o.credential.as_ref(), credential_value(view.o)) else { return };
    let list = view.list(|e| e.credentials.as_ref());
    let gauge = view.gauge_declared(Facet::Credential, &value, declared(list.map(|l| names(l, proof, &value))));
    if gauge.g > 0.0 {
        Draft::new(Code::T3, Some(Boundary::Trust), Break::Ownership, "credential", value.into_owned())
            .times("g", gauge.g)
            .times("credential", view.tuning.weights.credential)
            .times("better kind", if brief(proof.kind) || (list.is_none() && replaces_password(view, proof.kind)) { view.tuning.weights.credential_brief } else { 1.0 })
            .times("handed over", if handed_over(view) { view.tuning.weights.credential_brief } else { 1.0 })
            .times("outcome", view.trust_outcome())
            .gauge(gauge.clone())
            .says(
                view.expected(Facet::Credential, list),
                format!("with {}", view.observed(&credential_value(view.o).unwrap_or_default(), &gauge)),
            )
            .put(found);
    }
    let max = view.profile.and_then(|p| p.expect.max_cred_age).and_then(|ms| u64::try_from(ms / 1000).ok());
    if let (Some(max), Some(age)) = (max, proof.age_s)
        && age > max
    {
        Draft::new(Code::T3, Some(Boundary::Trust), Break::Ownership, "credential", "age")
            .times("credential", view.tuning.weights.credential)
            .times("outcome", view.trust_outcome())
            .says(
                format!("credentials of at most {} hours (declared)", max / 3600),
                format!("one that is {} hours old", age / 3600),
            )
            .put(found);
    }
}

/// Power for nobody: a request of tier 3 or more that went through though nobody proved who they are. That needs no history to be wrong,
/// only one to be known: what is open on purpose is open every day.
fn nobody(view: &View<'_>, found: &mut Vec<Finding>) {
    let o = view.o;
    let open = o.tier >= 3 && o.outcome == Some(Outcome::Success) && is_nobody(&o.identity);
    if !open || view.action.standing == Standing::Established {
        return;
    }
    Draft::new(Code::T3, Some(Boundary::Trust), Break::Ownership, "credential", NOBODY)
        .times("anonymous", view.tuning.weights.anonymous)
        .says("a proof of identity", format!("{} without any", view.observed(&o.action, &view.action)))
        .put(found);
}

/// The value of evidence that there was no credential at all.
pub(crate) const NOBODY: &str = "anonymous";

/// The names that Kubernetes gives to whoever shows no credential.
fn is_nobody(identity: &str) -> bool {
    identity.ends_with(":user:system:anonymous") || identity.ends_with(":user:system:unauthenticated")
}

/// True for a credential that somebody was seen to issue whose profile appoints it to administer, used from where its owner always is.
/// That it was issued was weighed when it was.
fn handed_over(view: &View<'_>) -> bool {
    let issuer = view.o.issued_by.as_deref().and_then(|by| view.memory.declared(by));
    issuer.is_some_and(|issuer| issuer.expect.max_tier >= Some(4)) && view.origin.as_ref().is_some_and(|origin| !origin.is_new())
}

/// True for a key in place of a password, which can be guessed and phished: rather an improvement than a theft.
fn replaces_password(view: &View<'_>, kind: CredentialKind) -> bool {
    if !matches!(kind, CredentialKind::ServiceAccountKey | CredentialKind::Certificate) {
        return false;
    }
    let password = CredentialKind::Password.as_str();
    let (mut some, mut others) = (false, false);
    view.memory.for_each_layer(|learned| {
        for known in learned.of(Facet::Credential) {
            let is = known.name().split('@').next() == Some(password);
            (some, others) = (some || is, others || !is);
        }
    });
    some && !others
}

/// True for credentials that end by themselves: taking them up is rather an improvement than a theft.
fn brief(kind: CredentialKind) -> bool {
    matches!(kind, CredentialKind::SessionKey | CredentialKind::Oidc | CredentialKind::PodToken | CredentialKind::ServiceToken)
}

/// True if the list names this credential: by its kind, its issuer, both, or the name its platform gives to the mechanism.
fn names(list: &Globs, proof: &Proof<'_>, value: &str) -> bool {
    let known_as: &[&str] = match proof.kind {
        CredentialKind::SessionKey => &["session", "sts", "role", "assumed_role", "instance_profile", "irsa", "pod_identity"],
        CredentialKind::Oidc => &["irsa", "web_identity", "workload_identity", "federated"],
        CredentialKind::PodToken => &["irsa", "service_account_token", "pod_identity"],
        CredentialKind::ConsoleSession => &["console"],
        _ => &[],
    };
    list.matches(value)
        || list.matches(proof.kind.as_str())
        || proof.issuer.as_deref().is_some_and(|issuer| list.matches(issuer))
        || known_as.iter().any(|name| list.matches(name))
}

#[cfg(test)]
mod tests {
    use crate::bench::{Act, Bench, act};
    use vires_event::CredentialKind;

    #[test]
    fn what_an_administrator_hands_over_is_half_news() {
        let issue = || act().by("roller").action("entra:Add key", 4).issuing("key-1");
        let hold = || act().with(CredentialKind::Certificate).holding("key-1");
        let x = |tier: u8, last: Act| {
            let roller = format!("[[workload]]\nid = \"roller\"\nprincipals = [\"aws:role/123456789012/roller\"]\n[workload.expect]\nmax_tier = {tier}\n");
            let found = Bench::mature().declare(&roller).found_after(&[issue()], last);
            found.into_iter().filter(|(code, _)| code == "T3").map(|(_, x)| x).reduce(f64::max).unwrap()
        };
        let (appointed, other) = (x(4, hold()), x(3, hold()));
        assert!((appointed - 0.5 * other).abs() < 0.002, "{appointed} {other}");
        // Not from elsewhere, nor if nobody was seen to issue it.
        assert_eq!(x(4, hold().at_address("203.0.113.9")), other);
        assert_eq!(x(4, act().with(CredentialKind::Certificate).holding("key-2")), other);
    }

    #[test]
    fn another_kind_counts_and_another_key_does_not() {
        let bench = Bench::mature();
        assert!(bench.x("T3", act().with(CredentialKind::AccessKey)).unwrap() > 0.4);
        assert_eq!(bench.x("T3", act().with(CredentialKind::SessionKey)), None);
        assert!(bench.x("T3", act().with(CredentialKind::Oidc)).unwrap() < 0.4);
        let days: Vec<i64> = (-30..0).collect();
        let passwords = || Bench::unknown().also_on(&days, act().with(CredentialKind::Password));
        let secrets = Bench::unknown().also_on(&days, act().with(CredentialKind::ClientSecret));
        let key = |bench: Bench| bench.x("T3", act().with(CredentialKind::ServiceAccountKey)).unwrap();
        let (better, other) = (key(passwords()), key(secrets));
        assert!(better < 0.6 * other, "a key in place of a password: {better} {other}");
        let listed = key(passwords().declare("[workload.expect]\ncredentials = [\"password\"]\n"));
        assert_eq!(listed, 0.75, "a list is meant as it stands");
        let declared = Bench::young().declare("[workload.expect]\ncredentials = [\"irsa\"]\n");
        assert_eq!(declared.x("T3", act().with(CredentialKind::AccessKey)), Some(0.75));
        assert!(declared.x("T3", act().with(CredentialKind::SessionKey)).unwrap_or(0.0) < 0.12);
    }

    #[test]
    fn power_for_nobody_needs_no_history_to_be_wrong() {
        let list = |tier| act().action("k8s:list secrets", tier).named("k8s:-:user:system:anonymous").went_through();
        assert_eq!(Bench::young().x("T3", list(3)), Some(0.9));
        assert_eq!(Bench::young().x("T3", list(2)), None, "health checks are everybody's");
        assert_eq!(Bench::young().x("T3", list(3).denied()), None);
        assert_eq!(Bench::young().x("T3", list(3).named("k8s:-:user:jane")), None);
        // What is open on purpose is open every day.
        assert_eq!(Bench::mature().also_daily(list(3)).x("T3", list(3)), None);
    }

    #[test]
    fn a_token_older_than_it_can_be_was_replayed() {
        let bench = Bench::mature().declare("[workload.expect]\nmax_cred_age = \"12h\"\n");
        assert_eq!(bench.x("T3", act().aged(13 * 3600)), Some(0.75));
        assert_eq!(bench.x("T3", act().aged(11 * 3600)), None);
    }
}
