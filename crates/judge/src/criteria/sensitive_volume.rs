//! D3 — far more sensitive reads than ever.
//!
//! # Escalates when
//! the day's reads of data of class 2 and 3 exceed the busiest day ever by `volume.over_max` and stand out against the
//! workload's own spread, or exceed the declared `sensitive_reads_per_day` by as much. It never escalates alone.
//!
//! # Why
//! Theft through the front door looks like work, only more of it.
//!
//! # Stays quiet when
//! the day is busy, but no busier than its busiest, or history is short and nothing is declared. Month ends and load tests are
//! volume and nothing else: the weight keeps them below a case.
//!
//! # Tuning
//! `weights.volume`, `[volume]`.
//!
//! # References
//! ATT&CK T1530, T1119; NIST CSF 2.0 DE.CM-03.

use crate::evidence::Finding;
use crate::view::{Draft, View};
use crate::{Break, Code};
use vires_event::Boundary;

pub(super) fn look(view: &View<'_>, found: &mut Vec<Finding>) {
    if !view.o.sensitive_read() {
        return;
    }
    let (count, knobs) = (f64::from(view.today.sensitive), &view.tuning.volume);
    let declared = view.profile.and_then(|p| p.expect.volume.sensitive_reads_per_day).map(|max| max as f64);
    let excess = match declared {
        Some(max) if count > knobs.over_max * max => 1.0,
        Some(_) => 0.0,
        // Where there never was any, the first is what is strange; if that was said, how many follow says nothing more.
        None if view.usual.sensitive.max == 0.0 && found.iter().any(|f| matches!(f.code, Code::D1 | Code::D2)) => 0.0,
        None => view.usual.sensitive.excess(count, knobs.over_max, knobs),
    };
    let expected = match declared {
        Some(max) => format!("at most {max} sensitive reads a day (declared)"),
        None => format!("at most {} sensitive reads a day", view.usual.sensitive.max),
    };
    if excess == 0.0 {
        return;
    }
    Draft::new(Code::D3, Some(Boundary::Data), Break::AccessPattern, "volume", format!("sensitive day {}", view.today.day))
        .times("excess", excess)
        .times("volume", view.tuning.weights.volume)
        .says(expected, format!("{count} so far"))
        .put(found);
}

#[cfg(test)]
mod tests {
    use crate::bench::{Bench, act};

    #[test]
    fn many_times_the_usual_counts() {
        let read = act().target("s3:orders/x/y", 2);
        let bench = Bench::mature().also_daily(read.clone());
        let reads = |n: usize| (0..n).map(|_| read.clone()).collect::<Vec<_>>();
        assert!(bench.weight_of("D3", &reads(80)) > 0.2);
        assert_eq!(bench.weight_of("D3", &reads(2)), 0.0);
        let declared = Bench::mature().declare("[workload.expect]\nvolume = { sensitive_reads_per_day = 10 }\n");
        assert_eq!(declared.weight_of("D3", &reads(16)), 0.35);
        assert_eq!(declared.weight_of("D3", &reads(15)), 0.0);
    }
}
