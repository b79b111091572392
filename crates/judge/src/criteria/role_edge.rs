//! P3 — becoming an identity it never became.
//!
//! # Escalates when
//! the workload assumes a role, or impersonates an account, for the first time; or starts something that runs under the role of an
//! administrator that it neither became nor handed on before.
//!
//! # Why
//! What an identity can become is part of what it may do: chains of roles are how a small foothold grows. Whoever decides what runs
//! under a role needs not become it.
//!
//! # Stays quiet when
//! the edge is a habit, several peers took it up these days, or the attempt failed (half). Of a role that it has on three hosts, or in
//! three accounts, one more hardly counts: a fleet grows. Nor does one more of a series, as of three jobs that it starts, if that one is
//! not known, declared or called to administer.
//!
//! # Tuning
//! `weights.role_edge`, `[novelty]`, `[coadopt]`.
//!
//! # References
//! OWASP NHI5:2025; ATT&CK T1548.005, T1550.001; NIST CSF 2.0 DE.CM-09.

use crate::evidence::Finding;
use crate::memory::Memory;
use crate::surprisal::Declared;
use crate::view::{Draft, View};
use crate::{Break, Code};
use vires_event::{Boundary, Effect, Link};
use vires_profile::baseline::Facet;
use vires_profile::observation::MAX_TARGETS;

/// True if the name of an identity says that it administers: of an account where nothing is recorded there is no other sign.
fn named_for_power(id: &str) -> bool {
    const WORDS: [&str; 8] =
        ["admin", "administrator", "administrators", "administration", "root", "owner", "superuser", "sysadmin"];
    const NAMES: [&str; 6] = ["accountaccessrole", "administratoraccess", "poweruser", "fullaccess", "breakglass", "orgadmin"];
    let name = id.rsplit(['/', ':']).next().unwrap_or(id);
    let name = name.split('@').next().unwrap_or(name);
    let words = name.split(|c: char| !c.is_ascii_alphanumeric());
    let lower: String = name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
    words.into_iter().any(|word| WORDS.iter().any(|known| word.eq_ignore_ascii_case(known))) || NAMES.iter().any(|known| lower.contains(known))
}

/// True if it is known or declared to administer, or is called so.
pub(crate) fn has_power(memory: &Memory<'_>, id: &str) -> bool {
    let declared = || memory.declared(id).is_some_and(|p| p.privileged || p.expect.max_tier.is_some_and(|max| max >= 4));
    memory.administers(id) || declared() || named_for_power(id)
}

pub(super) fn look(view: &View<'_>, found: &mut Vec<Finding>) {
    for link in view.o.links.iter().take(MAX_TARGETS) {
        let (id, verb, powerful) = match link {
            Link::Became { id } => (id, "became", has_power(&view.memory, id)),
            // Under its own roles software runs everywhere; and who administers roles is for `admin_target` to weigh.
            Link::RunsAs { id } if view.o.effect == Some(Effect::Execute) && has_power(&view.memory, id) => {
                (id, "starts what runs as", true)
            }
            _ => continue,
        };
        let gauge = view.gauge_declared(Facet::Role, id, Declared::Open);
        if gauge.g == 0.0 {
            continue;
        }
        let weights = &view.tuning.weights;
        let (what, weight) = match powerful {
            true => ("to an administrator", weights.role_edge_admin),
            false => ("role_edge", weights.role_edge),
        };
        Draft::new(Code::P3, Some(Boundary::Privilege), Break::Ownership, "role", &**id)
            .times("g", gauge.g)
            .times(what, weight)
            .times("outcome", view.outcome())
            .gauge(gauge.clone())
            .says(view.expected(Facet::Role, None), format!("{verb} {}", view.observed(id, &gauge)))
            .put(found);
    }
}

#[cfg(test)]
mod tests {
    use crate::bench::{Bench, act};
    use vires_event::Effect;

    #[test]
    fn what_starts_under_a_role_of_power_counts_once_it_is_new() {
        let starts = |role: &str| {
            act().action("lambda:CreateFunction", 3).effect(Effect::Execute).running_as(&format!("aws:role/123456789012/{role}"))
        };
        let looks = act().action("iam:GetRole", 0).effect(Effect::Discover).target("iam:platform-admin", 0);
        let bench = Bench::mature().also_daily(starts("org-admin")).also_daily(looks);
        assert!(bench.x("P3", starts("platform-admin")).unwrap() > 0.4, "to look at it daily is no habit of using it");
        assert_eq!(bench.x("P3", starts("org-admin")), None, "a habit");
        assert_eq!(bench.x("P3", starts("billing-reader")), None, "no power");
        let told = starts("platform-admin").effect(Effect::Write);
        assert_eq!(bench.x("P3", told), None, "nothing of the caller's runs");
    }

    #[test]
    fn only_a_new_edge_counts() {
        let bench = Bench::mature().also_daily(act().action("sts:AssumeRole", 3).becoming("aws:role/123456789012/reader"));
        assert_eq!(bench.x("P3", act().action("sts:AssumeRole", 3).becoming("aws:role/123456789012/reader")), None);
        let x = bench.x("P3", act().action("sts:AssumeRole", 3).becoming("aws:role/111122223333/admin")).unwrap();
        assert!(x > 0.4, "{x}");
        // Names tell of accounts that no record is kept of.
        let edge = |id: &str| bench.x("P3", act().action("sts:AssumeRole", 3).becoming(id)).unwrap();
        let plain = edge("aws:role/111122223333/badminton-reader");
        assert!((x / plain - 0.75 / 0.55).abs() < 0.01, "{x} {plain}");
        // Under whatever name the inventory keeps it: what it is known to do counts.
        let listed = Bench::mature()
            .declare("[[workload]]\nid = \"keys\"\nprincipals = [\"aws:role/111122223333/badminton-reader\"]\n")
            .also_daily(act().by("keys").action("iam:CreateAccessKey", 4));
        let known = listed.x("P3", act().action("sts:AssumeRole", 3).becoming("aws:role/111122223333/badminton-reader")).unwrap();
        assert!((known / plain - 0.75 / 0.55).abs() < 0.01, "{known} {plain}");
        // One more of a series hardly counts, unless it administers.
        let job = |name: &str| act().action("iam:getAccessToken", 3).becoming(&format!("gcp:sa:job-{name}@meadow.iam"));
        let starts = ["a", "b", "c"].iter().fold(Bench::mature(), |bench, name| bench.also_daily(job(name)));
        let (next, admin) = (starts.x("P3", job("d")).unwrap(), starts.x("P3", job("break-glass")).unwrap());
        let trusted = "[[workload]]\nid = \"ledger\"\nprincipals = [\"gcp:sa:job-ledger@meadow.iam\"]\nprivileged = true\n";
        assert_eq!(starts.clone().declare(trusted).x("P3", job("ledger")), Some(admin));
        assert!(next < 0.3 * admin, "{next} {admin}");
        for id in ["gcp:sa:org-admin@meadow-prod.iam.gserviceaccount.com", "aws:role/111122223333/OrganizationAccountAccessRole"] {
            assert_eq!(edge(id), x, "{id}");
        }
    }
}
