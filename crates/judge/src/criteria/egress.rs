//! D4 — handing something to a stranger.
//!
//! # Escalates when
//! something goes to an outside account, bucket, domain or person that the workload never gave anything to, or that its profile
//! does not list.
//!
//! # Why
//! Sharing a snapshot, replicating a bucket or mailing a file needs no unusual privilege and no unusual hour. The receiver is
//! what gives it away.
//!
//! # Stays quiet when
//! the receiver is an account in which this estate itself acts, is a habit, is declared, or gets things from most of the peers.
//!
//! # Tuning
//! `weights.egress`, `sensitivity.denied`, `[novelty]`, `[declared]`.
//!
//! # References
//! ATT&CK T1537, T1567; OWASP NHI3:2025; NIST CSF 2.0 DE.CM-06.

use crate::evidence::Finding;
use crate::view::{Draft, View};
use crate::{Break, Code};
use vires_event::Boundary;
use vires_profile::baseline::Facet;
use vires_profile::observation::MAX_TARGETS;

pub(super) fn look(view: &View<'_>, found: &mut Vec<Finding>) {
    let list = view.list(|e| e.destinations.as_ref());
    for destination in view.o.destinations.iter().take(MAX_TARGETS) {
        if destination.is_empty() || view.o.account.as_deref() == Some(&**destination) {
            continue;
        }
        // Where the estate itself is at work is not outside.
        if list.is_none() && view.memory.reference.estate(None, Facet::Account, destination).have > 0 {
            continue;
        }
        let gauge = view.gauge(Facet::Destination, destination, list);
        if gauge.g == 0.0 {
            continue;
        }
        Draft::new(Code::D4, Some(Boundary::Data), Break::Purpose, "destination", &**destination)
            .times("g", gauge.g)
            .times("egress", view.tuning.weights.egress)
            .times("outcome", view.outcome())
            .gauge(gauge.clone())
            .says(view.expected(Facet::Destination, list), format!("to {}", view.observed(destination, &gauge)))
            .put(found);
    }
}

#[cfg(test)]
mod tests {
    use crate::bench::{Bench, act};

    #[test]
    fn strangers_count_and_ones_own_accounts_do_not() {
        let share = |to: &str| act().action("ec2:ModifySnapshotAttribute", 4).sending_to(to);
        let bench = Bench::mature().also_daily(share("444455556666"));
        assert!(bench.x("D4", share("999988887777")).unwrap() > 0.5);
        assert_eq!(bench.x("D4", share("444455556666")), None);
        assert_eq!(bench.x("D4", share("123456789012")), None);
        let closed = Bench::mature().declare("[workload.expect]\ndestinations = []\n");
        assert_eq!(closed.x("D4", share("999988887777")), Some(0.95));
    }
}
