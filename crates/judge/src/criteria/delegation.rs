//! T8 — on behalf of somebody new.
//!
//! # Escalates when
//! an agent, or a workload with a declared list of delegators, acts for somebody it never acted for. With restricted data, or
//! for somebody who is not on the list, it weighs more.
//!
//! # Why
//! An agent's authority is its own and its principal's together. Whoever can make it act for them borrows what it may reach.
//!
//! # Stays quiet when
//! the delegator is a habit, is declared, or several agents of the group meet new users these days.
//!
//! # Tuning
//! `weights.delegator`, `weights.delegator_outside`, `weights.delegator_restricted`.
//!
//! # References
//! OWASP Top 10 for Agentic Applications ASI03; OWASP NHI5:2025; NIST CSF 2.0 DE.CM-03.

use crate::evidence::Finding;
use crate::surprisal::Declared;
use crate::view::{Draft, View};
use crate::{Break, Code};
use vires_event::Boundary;
use vires_profile::baseline::Facet;

pub(super) fn look(view: &View<'_>, found: &mut Vec<Finding>) {
    let (Some(delegator), Some(profile)) = (view.o.delegator.as_deref().filter(|d| !d.is_empty()), view.profile) else {
        return;
    };
    let list = profile.expect.delegators.as_ref();
    if !profile.agentic && list.is_none() {
        return;
    }
    let gauge = view.gauge(Facet::Delegator, delegator, list);
    if gauge.g == 0.0 {
        return;
    }
    let restricted = gauge.declared == Declared::Outside && view.o.data_class >= Some(3);
    let weights = &view.tuning.weights;
    let (what, weight) = if restricted {
        ("undeclared, restricted data", weights.delegator_restricted)
    } else if gauge.declared == Declared::Outside {
        ("undeclared", weights.delegator_outside)
    } else {
        ("delegator", weights.delegator)
    };
    Draft::new(Code::T8, Some(Boundary::Trust), Break::Ownership, "delegator", delegator)
        .times("g", gauge.g)
        .times(what, weight)
        .times("outcome", view.trust_outcome())
        .gauge(gauge.clone())
        .says(view.expected(Facet::Delegator, list), format!("on behalf of {}", view.observed(delegator, &gauge)))
        .put(found);
}

#[cfg(test)]
mod tests {
    use crate::bench::{Bench, act};

    #[test]
    fn a_strange_principal_counts_most_on_restricted_data() {
        let bench = Bench::mature().declare("agentic = true\n[workload.expect]\ndelegators = [\"person:*@example.com\"]\n");
        assert_eq!(bench.x("T8", act().acting_for("person:eve@example.net")), Some(0.55));
        assert_eq!(bench.x("T8", act().acting_for("person:eve@example.net").target("hr:records", 3)), Some(0.7));
        assert!(bench.x("T8", act().acting_for("person:ann@example.com")).unwrap_or(0.0) < 0.06);
        assert_eq!(Bench::mature().x("T8", act().acting_for("person:eve@example.net")), None);
    }
}
