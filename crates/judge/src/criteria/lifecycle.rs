//! T5 — back from the dead.
//!
//! # Escalates when
//! a decommissioned workload acts, or one acts again after a silence of `weights.dormant_days` or more, three times longer than
//! any before.
//!
//! # Why
//! Nobody watches what nobody uses. Forgotten test tenants, keys that survived a clean-up and accounts of closed projects are
//! how intruders stay.
//!
//! # Stays quiet when
//! silences of that length are usual. One that comes back from where it always came from, doing what it always did, counts
//! `weights.dormant_familiar`: yearly jobs do that.
//!
//! # Tuning
//! `weights.decommissioned`, `weights.dormant`, `weights.dormant_days`, `weights.dormant_familiar`.
//!
//! # References
//! OWASP NHI1:2025 (improper offboarding); ATT&CK T1078; NIST CSF 2.0 DE.CM-09.

use crate::evidence::Finding;
use crate::surprisal::Gauge;
use crate::view::{Draft, View};
use crate::{Break, Code};
use vires_event::Boundary;
use vires_profile::inventory::Status;

pub(super) fn look(view: &View<'_>, found: &mut Vec<Finding>) {
    let weights = &view.tuning.weights;
    if view.profile.is_some_and(|p| p.status == Status::Decommissioned) {
        Draft::new(Code::T5, Some(Boundary::Trust), Break::Ownership, "lifecycle", "decommissioned")
            .times("decommissioned", weights.decommissioned)
            .times("outcome", view.trust_outcome())
            .says("no activity: decommissioned (declared)", "active")
            .put(found);
        return;
    }
    let Some((gap, longest)) = silence(view) else { return };
    if gap < weights.dormant_days || u32::from(gap) <= 3 * u32::from(longest) {
        return;
    }
    let familiar = !view.origin.as_ref().is_some_and(stranger) && !stranger(&view.action);
    Draft::new(Code::T5, Some(Boundary::Trust), Break::Ownership, "lifecycle", "dormant")
        .times("dormant", weights.dormant)
        .times("as ever", if familiar { weights.dormant_familiar } else { 1.0 })
        .times("outcome", view.trust_outcome())
        .says(format!("silences of at most {longest} days"), format!("active after {gap} days of silence"))
        .put(found);
}

/// True if the value was never seen at all.
fn stranger(gauge: &Gauge) -> bool {
    matches!(gauge.standing, crate::surprisal::Standing::Unseen | crate::surprisal::Standing::Child)
}

/// Days since it was last active before today, and the longest silence before that.
fn silence(view: &View<'_>) -> Option<(u16, u16)> {
    let today = view.memory.day;
    let mut days = view.memory.active.days().skip_while(|day| *day >= today);
    let last = days.next()?;
    // The common case first: it was active lately.
    let gap = today - last;
    if gap < view.tuning.weights.dormant_days {
        return None;
    }
    let (mut longest, mut later) = (0, last);
    for day in days {
        longest = longest.max(later - day);
        later = day;
    }
    Some((gap, longest))
}

#[cfg(test)]
mod tests {
    use crate::bench::{Bench, act};

    #[test]
    fn the_decommissioned_and_the_dormant_count() {
        assert_eq!(Bench::mature().declare("status = \"decommissioned\"\n").x("T5", act()), Some(1.0));
        let bench = Bench::mature();
        assert_eq!(bench.x("T5", act().on_day(60)), Some(0.4));
        assert_eq!(bench.x("T5", act().on_day(60).at_address("203.0.113.9")), Some(0.8));
        assert_eq!(bench.x("T5", act().on_day(20)), None);
        assert_eq!(Bench::mature().declare("status = \"deprecated\"\n").x("T5", act()), None);
    }

    #[test]
    fn a_monthly_rhythm_is_no_death() {
        let bench = Bench::every_days(25);
        // The last activity was 25 days before the first judged day, the longest silence 25 days.
        assert_eq!(bench.x("T5", act().on_day(45)), None);
        assert!(bench.x("T5", act().on_day(60)).is_some());
    }
}
