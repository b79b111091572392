//! D4 — handing something to a stranger.
//!
//! # Escalates when
//! something goes to an outside account, bucket, domain or person that the workload never gave anything to, or that its profile
//! does not list; or to an account that is none of those where the profile says it works, if it only ever gave to these.
//!
//! # Why
//! Sharing a snapshot, replicating a bucket or mailing a file needs no unusual privilege and no unusual hour. The receiver is
//! what gives it away.
//!
//! # Stays quiet when
//! the receiver is an account in which this estate itself acts, or where the profile says that the workload works, is a habit, is
//! declared, or gets things from most of the peers; or has the mail domain of most people at work here, and the profile lists nobody.
//!
//! # Tuning
//! `weights.egress`, `sensitivity.denied`, `[novelty]`, `[declared]`.
//!
//! # References
//! ATT&CK T1537, T1567; OWASP NHI3:2025; NIST CSF 2.0 DE.CM-06.

use crate::evidence::Finding;
use crate::view::{Draft, View, declared};
use crate::{Break, Code};
use vires_event::Boundary;
use vires_profile::baseline::Facet;
use vires_profile::globs::Glob;
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
        // Nor is what goes to the house's own people.
        if list.is_none() && view.memory.reference.is_of_the_house(destination) {
            continue;
        }
        let standing = match list {
            Some(list) => Some(list.matches(destination)),
            None => match own(view, destination) {
                Some(true) => continue,
                other => other,
            },
        };
        let gauge = view.gauge_declared(Facet::Destination, destination, declared(standing));
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

/// Whether a receiver is one of the accounts where the profile says that the workload works. Nothing is said of what is no account, nor
/// of a list that its gifts went beyond before.
fn own(view: &View<'_>, destination: &str) -> Option<bool> {
    // Whoever lists everything has said nothing.
    let list = view.list(|e| e.accounts.as_ref()).filter(|list| !list.iter().any(Glob::is_any))?;
    // A wildcard that means projects would match a stranger's domain as well.
    if is_account(destination) && list.matches(destination) {
        return Some(true);
    }
    let (mut within, mut beyond) = (false, false);
    view.memory.for_each_layer(|learned| {
        for known in learned.of(Facet::Destination).iter().filter(|known| is_account(known.name())) {
            (within, beyond) = (within || list.matches(known.name()), beyond || !list.matches(known.name()));
        }
    });
    (is_account(destination) && within && !beyond).then_some(false)
}

/// True for the number of an account of Amazon.
fn is_account(name: &str) -> bool {
    name.len() == 12 && name.bytes().all(|b| b.is_ascii_digit())
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

    #[test]
    fn the_people_of_the_house_are_no_strangers() {
        let mail = |to: &str| act().action("okta:user.lifecycle.create", 3).sending_to(to);
        let people = ["a", "b", "c"].map(|name| act().by(name).named(&format!("person:{name}@example.com")));
        let bench = people.into_iter().fold(Bench::mature(), |bench, person| bench.also_daily(person));
        assert_eq!(bench.x("D4", mail("example.com")), None);
        assert!(bench.x("D4", mail("example.net")).unwrap() > 0.5);
        let closed = bench.clone().declare("[workload.expect]\ndestinations = []\n");
        assert_eq!(closed.x("D4", mail("example.com")), Some(0.95), "a closed list is closed");
        assert!(Bench::mature().x("D4", mail("example.com")).unwrap() > 0.5);
    }

    #[test]
    fn where_it_may_work_it_may_hand_things_to() {
        let share = |to: &str| act().action("ec2:ModifySnapshotAttribute", 4).sending_to(to);
        // Gifts come often, so that one more would be no surprise.
        let giver = |to: &[&str]| {
            let gifts = to.iter().zip([-25, -18, -11, -4]);
            gifts.fold(Bench::mature(), |bench, (to, day)| bench.also_on(&[day], share(to)))
        };
        let own = ["444455556661", "444455556662", "444455556663", "444455556664"];
        let accounts = "[workload.expect]\naccounts = [\"123456789012\", \"44445555666*\"]\n";
        let open = giver(&own).x("D4", share("999988887777")).unwrap();
        let declared = giver(&own).declare(accounts);
        assert_eq!((declared.x("D4", share("999988887777")), declared.x("D4", share("444455556669"))), (Some(0.95), None));
        // Not of who gave to others before, lists everything, or gives to what is no account.
        let others = ["444455556661", "444455556662", "444455556663", "222233334444"];
        assert_eq!(giver(&others).declare(accounts).x("D4", share("999988887777")), Some(open));
        let everywhere = giver(&own).declare("[workload.expect]\naccounts = [\"*\"]\n");
        assert_eq!(everywhere.x("D4", share("999988887777")), Some(open));
        assert_eq!(declared.x("D4", share("s3:bucket")), Some(open));
    }
}
