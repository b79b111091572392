//! V2 — far more of everything.
//!
//! # Escalates when
//! never alone: it adds to the variance signal if the day's requests exceed the busiest day ever, or the declared maximum, by
//! `volume.over_max` and stand out against the workload's own spread.
//!
//! # Why
//! Bursts are mostly deployments, month ends and load tests. Beside a crossed boundary they say that somebody is in a hurry.
//!
//! # Stays quiet when
//! history is short, or the workload's own days vary as much.
//!
//! # Tuning
//! `weights.total_volume`, `[volume]`, `combine.variance_cap`.
//!
//! # References
//! NIST CSF 2.0 DE.CM-03.

use crate::evidence::Finding;
use crate::view::{Draft, View};
use crate::{Break, Code};

pub(super) fn look(view: &View<'_>, found: &mut Vec<Finding>) {
    let (count, knobs) = (f64::from(view.today.total), &view.tuning.volume);
    let declared = view.profile.and_then(|p| p.expect.volume.events_per_day).map(|(_, max)| max as f64);
    let (excess, max) = match declared {
        Some(max) => (if count > knobs.over_max * max { 1.0 } else { 0.0 }, max),
        None => (view.usual.total.excess(count, knobs.over_max, knobs), view.usual.total.max),
    };
    if excess == 0.0 {
        return;
    }
    Draft::new(Code::V2, None, Break::AccessPattern, "volume", format!("day {}", view.today.day))
        .times("excess", excess)
        .times("total_volume", view.tuning.weights.total_volume)
        .says(
            format!("at most {max} requests a day{}", if declared.is_some() { " (declared)" } else { "" }),
            format!("{count} so far"),
        )
        .put(found);
}

#[cfg(test)]
mod tests {
    use crate::bench::{Bench, act};

    #[test]
    fn bursts_are_variance_only() {
        let bench = Bench::mature();
        let burst = |n: usize| (0..n).map(|_| act()).collect::<Vec<_>>();
        assert!(bench.weight_of("V2", &burst(400)) > 0.2);
        assert_eq!(bench.weight_of("V2", &burst(5)), 0.0);
        assert_eq!(bench.verdict_after(&burst(400)), crate::Disposition::Suppress);
        let declared = Bench::mature().declare("[workload.expect]\nvolume = { events_per_day = [1, 1000] }\n");
        assert_eq!(declared.weight_of("V2", &burst(400)), 0.0);
    }
}
