//! D5 — a slow rise of sensitive reads.
//!
//! # Escalates when
//! sensitive reads stay above the baseline's level day after day: the daily deviations beyond `volume.drift_slack` are summed
//! (CUSUM), and the sum passes `volume.drift_height`. It never escalates alone.
//!
//! # Why
//! Who takes a little more each day passes every daily limit, and teaches a baseline that learns along to let him.
//!
//! # Stays quiet when
//! the rise is gone before it adds up, it is a few strange days (which `sensitive_volume` tells: each counts like one just below its
//! mark), there are fewer than `volume.drift_days` days of baseline, or usual counts are tiny.
//!
//! # Tuning
//! `weights.slow_change`, `volume.drift_slack`, `volume.drift_height`, `volume.drift_days`. Learn a new baseline after a rise
//! that is meant.
//!
//! # References
//! Page, E. S. (1954), Continuous inspection schemes; ATT&CK T1030; NIST CSF 2.0 DE.CM-03.

use crate::evidence::Finding;
use crate::view::{Draft, View};
use crate::{Break, Code};
use vires_event::Boundary;

pub(super) fn look(view: &View<'_>, found: &mut Vec<Finding>) {
    if !view.o.sensitive_read() {
        return;
    }
    let rise = view.usual.slow_rise(f64::from(view.today.sensitive), &view.tuning.volume);
    if rise == 0.0 {
        return;
    }
    Draft::new(Code::D5, Some(Boundary::Data), Break::AccessPattern, "volume", "sensitive reads over days")
        .times("rise", rise)
        .times("slow_change", view.tuning.weights.slow_change)
        .says("sensitive reads at the level of the baseline", "a rise over several days")
        .put(found);
}

#[cfg(test)]
mod tests {
    use crate::bench::{Bench, act};

    #[test]
    fn a_rise_must_last() {
        let read = act().target("s3:orders/x/y", 2);
        let bench = Bench::mature().also_daily_times(read.clone(), 20);
        // Twice as much each day: within a factor that single days may have.
        let days =
            |n: i64| (0..n).flat_map(|day| (0..60).map(move |_| day)).map(|day| read.clone().on_day(day)).collect::<Vec<_>>();
        assert_eq!(bench.weight_of("D5", &days(2)), 0.0);
        assert!(bench.weight_of("D5", &days(8)) > 0.2);
        // Two days of a hundred times as much are no slow rise: those days are strange by themselves.
        let burst: Vec<_> = (0..2).flat_map(|day| (0..2_000).map(move |_| day)).map(|day| read.clone().on_day(day)).collect();
        assert_eq!(bench.weight_of("D5", &burst), 0.0);
        assert!(bench.weight_of("D3", &burst) > 0.2);
    }
}
