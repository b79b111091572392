//! T2 — in another account, environment or cloud.
//!
//! # Escalates when
//! it acts in an account, project or tenant where it never acted, in another environment than its own (from dev into prod), or
//! on a platform that is new to it; or becomes an identity of an account that its profile rules out.
//!
//! # Why
//! Accounts and environments are the walls of an estate. A workload that turns up behind another wall has new authority, given
//! or taken. Workloads that live in several clouds are judged by workload, so their usual places are habits.
//!
//! # Stays quiet when
//! the place is a habit or declared, or several peers move there together.
//!
//! # Tuning
//! `weights.account`, `[novelty]`, `[declared]`, `[coadopt]`.
//!
//! # References
//! OWASP NHI8:2025 (environment isolation); ATT&CK T1550.001; NIST CSF 2.0 DE.CM-09.

use crate::evidence::Finding;
use crate::surprisal::Declared;
use crate::view::{Draft, View, declared};
use crate::{Break, Code};
use vires_event::{Boundary, Link, Source};
use vires_profile::baseline::Facet;
use vires_profile::inventory::environment_word;
use vires_profile::observation::MAX_TARGETS;

pub(super) fn look(view: &View<'_>, found: &mut Vec<Finding>) {
    let o = view.o;
    if let Some(account) = o.account.as_deref() {
        let list = view.list(|e| e.accounts.as_ref());
        put(view, found, Facet::Account, account, declared(list.map(|l| l.matches(account))), || {
            view.expected(Facet::Account, list)
        });
    }
    for link in o.links.iter().take(MAX_TARGETS) {
        let Link::Became { id } = link else { continue };
        let Some(account) = account_of(id).filter(|account| o.account.as_deref() != Some(*account)) else { continue };
        // A role is taken up before others take it up, so what counts is that the profile rules its account out. Whoever went
        // through this door before is known to go there.
        let list = view.list(|e| e.accounts.as_ref());
        let ruled_out = list.is_some_and(|l| !l.matches(account));
        let role = view.gauge_declared(Facet::Role, id, Declared::Open);
        if ruled_out && role.is_new() && !role.coadopted && !view.memory.becomes_in(account) {
            put(view, found, Facet::Account, account, Declared::Outside, || view.expected(Facet::Account, list));
        }
    }
    if let Some(env) = o.env.as_deref() {
        let own = view.profile.and_then(|p| p.env.as_deref());
        let said = declared(own.map(|own| environment_word(own) == environment_word(env)));
        let expected = || own.map_or_else(|| view.expected(Facet::Account, None), |own| format!("declared {own}"));
        put(view, found, Facet::Account, &format!("env:{env}"), said, expected);
    }
    let platform = o.platform();
    let list = view.list(|e| e.platforms.as_ref());
    let said = declared(list.map(|l| l.matches(platform) || (platform == "k8s" && l.matches("kubernetes"))));
    put(view, found, Facet::Platform, platform, said, || view.expected(Facet::Platform, list));
}

/// The account in which an AWS role or user stands.
pub(crate) fn account_of(id: &str) -> Option<&str> {
    let (account, _) = id.strip_prefix("aws:role/").or_else(|| id.strip_prefix("aws:user/"))?.split_once('/')?;
    (account.len() == 12 && account.bytes().all(|b| b.is_ascii_digit())).then_some(account)
}

/// What is left of a new place that is only a part of one account: a workspace is made for a team or a stage.
const WORKSPACE: f64 = 0.6;

fn put(view: &View<'_>, found: &mut Vec<Finding>, facet: Facet, value: &str, said: Declared, expected: impl Fn() -> String) {
    let gauge = view.gauge_declared(facet, value, said);
    if gauge.g == 0.0 {
        return;
    }
    let workspace = facet == Facet::Account && view.o.source == Source::Databricks && gauge.declared == Declared::Open;
    Draft::new(Code::T2, Some(Boundary::Trust), Break::Ownership, facet.word(), value)
        .times("g", gauge.g)
        .times("account", view.tuning.weights.account)
        .times("workspace", if workspace { WORKSPACE } else { 1.0 })
        .times("outcome", view.trust_outcome())
        .gauge(gauge.clone())
        .says(expected(), format!("in {}", view.observed(value, &gauge)))
        .put(found);
}

#[cfg(test)]
mod tests {
    use crate::bench::{Bench, act};
    use vires_event::Source;

    #[test]
    fn another_account_environment_or_cloud_counts() {
        let bench = Bench::mature();
        assert!(bench.x("T2", act().in_account("111122223333")).unwrap() > 0.4);
        assert!(bench.x("T2", act().source(Source::GcpAudit)).unwrap() > 0.3);
        assert_eq!(bench.x("T2", act()), None);
        let workspace = act().in_account("7785497845385656").source(Source::Databricks);
        let account = act().in_account("111122223333").source(Source::Databricks);
        let lake = Bench::mature().also_daily(account).x("T2", workspace).unwrap();
        assert!((lake / bench.x("T2", act().in_account("111122223333")).unwrap() - 0.6).abs() < 0.01, "{lake}");
        let dev = Bench::mature().declare("env = \"dev\"\n");
        assert_eq!(dev.x("T2", act().in_env("prod")), Some(0.75));
        assert!(dev.x("T2", act().in_env("dev")).unwrap_or(0.0) < 0.12);
    }

    #[test]
    fn the_clouds_of_one_workload_are_its_habits() {
        let bench = Bench::mature().also_daily(act().source(Source::GcpAudit));
        assert_eq!(bench.x("T2", act().source(Source::GcpAudit)), None);
    }
}
