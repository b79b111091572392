//! P6 — far more privileged actions than ever.
//!
//! # Escalates when
//! the day's successful actions of tier 3 and 4 exceed the busiest day ever by `volume.over_max_t3` and stand out against the
//! workload's own spread. It never escalates alone.
//!
//! # Why
//! Machines started by the dozen and objects deleted by the hundred look right one by one.
//!
//! # Stays quiet when
//! fewer than `volume.min_t3` actions, or fewer than `volume.min_days` days of history.
//!
//! # Tuning
//! `weights.priv_volume`, `[volume]`.
//!
//! # References
//! ATT&CK T1496, T1485; NIST CSF 2.0 DE.CM-03.

use crate::evidence::Finding;
use crate::view::{Draft, View};
use crate::{Break, Code};
use vires_event::Boundary;

pub(super) fn look(view: &View<'_>, found: &mut Vec<Finding>) {
    let count = view.today.privileged;
    if view.o.tier < 3 || count < view.tuning.volume.min_t3 {
        return;
    }
    let usual = &view.usual.privileged;
    // Where there never was any, or none of this, the first is what is strange; if that was said, how many follow says nothing more,
    // unless each takes something away for good.
    let first = usual.max == 0.0 || view.action.is_new();
    if first && !view.irreversible() && found.iter().any(|f| matches!(f.code, Code::P1 | Code::P2 | Code::P3)) {
        return;
    }
    let excess = usual.excess(f64::from(count), view.tuning.volume.over_max_t3, &view.tuning.volume);
    if excess == 0.0 {
        return;
    }
    Draft::new(
        Code::P6,
        Some(Boundary::Privilege),
        Break::AccessPattern,
        "volume",
        format!("privileged day {}", view.today.day),
    )
    .times("excess", excess)
    .times("priv_volume", view.tuning.weights.priv_volume)
    .says(format!("at most {} privileged actions a day", usual.max), format!("{count} so far"))
    .put(found);
}

#[cfg(test)]
mod tests {
    use crate::bench::{Bench, act};
    use vires_event::Effect;

    #[test]
    fn a_flood_of_privileged_actions_stands_out() {
        let daily = act().action("ec2:RunInstances", 3).target("ec2:i", 1);
        let bench = Bench::mature().also_daily(daily.clone());
        let flood = |n: usize| (0..n).map(|_| daily.clone()).collect::<Vec<_>>();
        assert!(bench.weight_of("P6", &flood(60)) > 0.2);
        assert_eq!(bench.weight_of("P6", &flood(3)), 0.0);
        // Of what it never did, that it does it says enough; of what it never destroyed, how much it destroys.
        let many = |a: crate::bench::Act| (0..60).map(|_| a.clone()).collect::<Vec<_>>();
        let new = act().action("ec2:StartInstances", 3).target("ec2:i", 1);
        assert_eq!(bench.weight_of("P6", &many(new)), 0.0);
        assert!(bench.weight_of("P6", &many(act().action("ec2:TerminateInstances", 3).effect(Effect::Destructive))) > 0.2);
        assert!(Bench::mature().weight_of("P6", &many(act().action("s3:DeleteObject", 3).effect(Effect::Destructive))) > 0.2);
    }
}
