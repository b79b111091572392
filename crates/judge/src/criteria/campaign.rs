//! C1 — one stranger, several identities.
//!
//! # Escalates when
//! the same unknown network, new to this workload and a surprise, was used with other workloads' credentials within a day.
//!
//! # Why
//! A leaked store of secrets is tried one after the other, from the same place. What one identity alone leaves open, several
//! settle.
//!
//! # Stays quiet when
//! they do nothing there but their old work (a network that changed), the network is known or named, or new networks are no surprise for this workload (hosted runners share theirs with
//! everybody), or it is too young to have habits.
//!
//! # Tuning
//! `weights.campaign`; the window is `window.score`. Which identity came first is a matter of the order of events: the first
//! one is raised when it acts again.
//!
//! # References
//! OWASP NHI2:2025; ATT&CK T1078.004; NIST CSF 2.0 DE.AE-03 (information is correlated from multiple sources).

use crate::evidence::Finding;
use crate::surprisal::Declared;
use crate::view::{Draft, View, clip};
use crate::{Break, Code};
use vires_event::Boundary;

/// Surprise below which a shared network says nothing.
const SURPRISE: f64 = 0.35;

pub(super) fn look(view: &View<'_>, found: &mut Vec<Finding>) {
    let (Some(origin), Some(gauge)) = (view.o.origin.as_deref(), view.origin.as_ref()) else { return };
    if view.o.campaign == 0 || !view.unknown_network() || gauge.g < SURPRISE || view.in_company() || view.old_work() {
        return;
    }
    Draft::new(Code::C1, Some(Boundary::Trust), Break::AccessPattern, "zone", origin)
        .times("campaign", view.tuning.weights.campaign)
        .times("maturity", if gauge.declared == Declared::Outside { 1.0 } else { view.memory.maturity() })
        .times("outcome", view.trust_outcome())
        .says(
            "a network of its own",
            format!("{} was also used with {} other identities within a day", clip(origin), view.o.campaign),
        )
        .put(found);
}

#[cfg(test)]
mod tests {
    use crate::bench::{Bench, act};

    #[test]
    fn a_shared_strangers_network_links_identities() {
        let bench = Bench::mature();
        let stranger = || act().action("sts:GetCallerIdentity", 0).at_address("203.0.113.9");
        let seen = bench.found_after(&[stranger().by("peer1")], stranger());
        assert!(seen.iter().any(|(code, x)| code == "C1" && *x == 1.0), "{seen:?}");
        assert_eq!(bench.x("C1", stranger()), None);
        // Who does nothing there but its old work has moved.
        let seen = bench.found_after(&[act().at_address("203.0.113.9").by("peer1")], act().at_address("203.0.113.9"));
        assert!(!seen.iter().any(|(code, _)| code == "C1"), "{seen:?}");
        // Known networks are shared by everybody.
        let seen = bench.found_after(&[act().from("corp").by("peer1")], act().from("corp"));
        assert!(!seen.iter().any(|(code, _)| code == "C1"), "{seen:?}");
    }
}
