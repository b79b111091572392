//! N1 — what the profile forbids.
//!
//! # Escalates when
//! the action, the zone it comes from or a target is on the profile's `deny` list.
//!
//! # Why
//! The owner said in so many words that this must not happen. No habit makes it right: an established habit of it is a standing
//! breach.
//!
//! # Stays quiet when
//! nothing on the list matches. A refused request counts half (`sensitivity.denied`).
//!
//! # Tuning
//! `weights.forbidden` (1.0), `sensitivity.denied`, `sensitivity.denied_trust`; `disposition.page_on = ["N1"]` pages at once.
//!
//! # References
//! OWASP NHI5:2025 (overprivileged); NIST CSF 2.0 DE.CM-03.

use crate::evidence::Finding;
use crate::view::{Draft, View, clip};
use crate::{Break, Code};
use vires_event::Boundary;
use vires_profile::observation::{MAX_TARGETS, lists_target};

pub(super) fn look(view: &View<'_>, found: &mut Vec<Finding>) {
    let Some(deny) = view.profile.map(|p| &p.deny).filter(|d| !d.is_empty()) else { return };
    let weight = view.tuning.weights.forbidden;
    let mut put = |facet, value: &str, boundary, breaks, outcome| {
        Draft::new(Code::N1, Some(boundary), breaks, facet, value)
            .times("forbidden", weight)
            .times("outcome", outcome)
            .says(format!("never {}", clip(value)), format!("{}, which the profile forbids", clip(value)))
            .put(found);
    };
    if deny.actions.matches(&view.o.action) {
        put("action", &view.o.action, Boundary::Privilege, Break::Purpose, view.outcome());
    }
    if let Some(origin) = view.o.origin.as_deref().filter(|origin| deny.zones.matches(origin)) {
        put("zone", origin, Boundary::Trust, Break::AccessPattern, view.trust_outcome());
    }
    for target in view.o.targets.iter().take(MAX_TARGETS).filter(|t| lists_target(&deny.resources, &t.name)) {
        put("resource", &target.name, Boundary::Data, Break::Purpose, view.outcome());
    }
}

#[cfg(test)]
mod tests {
    use crate::bench::{Bench, act};

    #[test]
    fn a_denied_list_counts_whatever_the_habit() {
        let bench = Bench::mature()
            .declare("[workload.deny]\nactions = [\"S3:Get*\"]\nresources = [\"s3:payroll*\"]\nzones = [\"lounge\"]\n");
        assert_eq!(bench.x("N1", act()), Some(1.0));
        assert_eq!(bench.x("N1", act().denied()), Some(0.5));
        assert_eq!(bench.x("N1", act().action("dynamodb:Query", 1).from("lounge")), Some(1.0));
        assert_eq!(bench.x("N1", act().action("dynamodb:Query", 1).target("s3:payroll-1/x", 2)), Some(1.0));
        assert_eq!(bench.x("N1", act().action("dynamodb:Query", 1)), None);
    }
}
