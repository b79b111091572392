//! T6 — in another region.
//!
//! # Escalates when
//! it acts in a region where it never acted; with an action of tier 3 or 4 it weighs more. It needs company to escalate.
//!
//! # Why
//! Miners and squatters start machines where nobody looks.
//!
//! # Stays quiet when
//! the region is a habit or declared (a failover region belongs into the profile), or several peers move there together. A new region
//! and the new network of one workload are one move: the second of both adds `combine.damp_same`.
//! What is done to a thing that it made just now counts `sensitivity.just_made`.
//!
//! # Tuning
//! `weights.region`, `weights.region_t0`, `weights.region_t3`, `sensitivity.just_made`, `[coadopt]`.
//!
//! # References
//! ATT&CK T1535 (unused or unsupported cloud regions); OWASP NHI8:2025; NIST CSF 2.0 DE.CM-01.

use crate::evidence::Finding;
use crate::view::{Draft, View};
use crate::{Break, Code};
use vires_event::{Boundary, Outcome};
use vires_profile::baseline::Facet;

pub(super) fn look(view: &View<'_>, found: &mut Vec<Finding>) {
    let Some(region) = view.o.region.as_deref().filter(|r| !r.is_empty()) else { return };
    let list = view.list(|e| e.regions.as_ref());
    let gauge = view.gauge(Facet::Region, region, list);
    if gauge.g == 0.0 {
        return;
    }
    let worked = !matches!(view.o.outcome, Some(Outcome::Denied | Outcome::Error));
    let (what, weight) = if view.o.tier >= 3 && worked {
        ("region, tier 3 or 4", view.tuning.weights.region_t3)
    } else if view.o.tier == 0 {
        ("region, only looked at", view.tuning.weights.region_t0)
    } else {
        ("region", view.tuning.weights.region)
    };
    Draft::new(Code::T6, Some(Boundary::Trust), Break::AccessPattern, "region", region)
        .times("g", gauge.g)
        .times(what, weight)
        .times("own thing", view.just_made())
        .times("outcome", view.trust_outcome())
        .gauge(gauge.clone())
        .says(view.expected(Facet::Region, list), format!("in {}", view.observed(region, &gauge)))
        .put(found);
}

#[cfg(test)]
mod tests {
    use crate::bench::{Bench, act};

    #[test]
    fn a_new_region_weighs_by_what_is_done_there() {
        let bench = Bench::mature();
        let look = bench.x("T6", act().in_region("ap-east-1")).unwrap();
        let start = bench.x("T6", act().action("ec2:RunInstances", 3).in_region("ap-east-1")).unwrap();
        assert!(look < start && start > 0.3, "{look} {start}");
        assert_eq!(bench.x("T6", act()), None);
        let declared = Bench::mature().declare("[workload.expect]\nregions = [\"eu-west-1\", \"eu-central-1\"]\n");
        assert!(declared.x("T6", act().in_region("eu-central-1")).unwrap_or(0.0) < 0.07);
        assert_eq!(declared.x("T6", act().in_region("ap-east-1")), Some(0.4));
    }

    #[test]
    fn peers_that_move_together_are_moving() {
        let bench = Bench::mature();
        let there = || act().in_region("eu-central-1");
        let moved: Vec<_> = (0..4).map(|i| there().by(&format!("peer{i}"))).collect();
        let alone = bench.x("T6", there()).unwrap();
        let together = bench.found_after(&moved, there()).into_iter().find(|(c, _)| c == "T6").map_or(0.0, |(_, x)| x);
        assert!(together < 0.5 * alone, "{together} {alone}");
    }
}
