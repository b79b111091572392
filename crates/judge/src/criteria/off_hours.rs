//! V1 — at an hour it never acts.
//!
//! # Escalates when
//! never alone: it adds to the variance signal if the workload was never active within an hour of this hour of the day, after
//! `window.mature_days` active days, or if the declared schedule does not expect it now.
//!
//! # Why
//! Time is the weakest of habits: reruns, backfills and night fixes break it every week. Beside a crossed boundary it still
//! helps to rank.
//!
//! # Stays quiet when
//! the workload acts around the clock, or the clocks changed (an hour of slack).
//!
//! # Tuning
//! `weights.time`, `combine.variance_cap`.
//!
//! # References
//! NIST SP 800-53 AC-2(12); NIST CSF 2.0 DE.CM-03.

use crate::evidence::Finding;
use crate::view::{Draft, View};
use crate::{Break, Code};

pub(super) fn look(view: &View<'_>, found: &mut Vec<Finding>) {
    let hour = view.o.hour();
    let schedule = view.profile.and_then(|p| p.expect.schedule.as_ref());
    let expected = match schedule {
        Some(schedule) if schedule.contains(view.o.at) => return,
        Some(schedule) => format!("{} (declared)", schedule.as_str()),
        None => {
            if !view.out_of_hours() {
                return;
            }
            "other hours of the day".into()
        }
    };
    Draft::new(Code::V1, None, Break::AccessPattern, "time", format!("{hour:02}h"))
        .times("time", view.tuning.weights.time)
        .says(expected, format!("at {hour:02}:00 UTC"))
        .put(found);
}

#[cfg(test)]
mod tests {
    use crate::bench::{Bench, act};

    #[test]
    fn strange_hours_count_and_an_hour_off_does_not() {
        let bench = Bench::mature();
        assert_eq!(bench.x("V1", act().at_hour(3)), Some(0.5));
        assert_eq!(bench.x("V1", act().at_hour(11)), None);
        assert_eq!(Bench::young().x("V1", act().at_hour(3)), None);
        let declared = Bench::mature().declare("[workload.expect]\nschedule = \"always\"\n");
        assert_eq!(declared.x("V1", act().at_hour(3)), None);
    }
}
