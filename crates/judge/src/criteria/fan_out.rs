//! V4 — many more distinct targets than ever.
//!
//! # Escalates when
//! never alone: it adds to the variance signal if the day's distinct targets exceed those of any day before by
//! `volume.over_max`.
//!
//! # Why
//! Sweeps touch everything once. Jobs touch the same few things many times.
//!
//! # Stays quiet when
//! history is short, or the workload always ranged widely. Beyond about 250 distinct targets a day they are no longer told
//! apart.
//!
//! # Tuning
//! `weights.fan_out`, `[volume]`, `combine.variance_cap`.
//!
//! # References
//! ATT&CK T1619, T1580; NIST CSF 2.0 DE.CM-03.

use crate::evidence::Finding;
use crate::view::{Draft, View};
use crate::{Break, Code};

pub(super) fn look(view: &View<'_>, found: &mut Vec<Finding>) {
    if view.o.targets.is_empty() {
        return;
    }
    let spread = view.today.spread();
    let excess = view.usual.spread.excess(spread, view.tuning.volume.over_max, &view.tuning.volume);
    if excess == 0.0 {
        return;
    }
    Draft::new(Code::V4, None, Break::AccessPattern, "fan_out", format!("day {}", view.today.day))
        .times("excess", excess)
        .times("fan_out", view.tuning.weights.fan_out)
        .says(format!("about {:.0} distinct targets a day at most", view.usual.spread.max), format!("about {spread:.0} so far"))
        .put(found);
}

#[cfg(test)]
mod tests {
    use crate::bench::{Bench, act};

    #[test]
    fn sweeps_count() {
        let bench = Bench::mature();
        let sweep = |n: usize| (0..n).map(|i| act().target(&format!("dynamodb:t{i}"), 1)).collect::<Vec<_>>();
        assert!(bench.weight_of("V4", &sweep(60)) > 0.2);
        assert_eq!(bench.weight_of("V4", &sweep(2)), 0.0);
    }
}
