//! V3 — another product says so.
//!
//! # Escalates when
//! never alone: a finding of another product about this identity adds to the variance signal, by its severity.
//!
//! # Why
//! Other detectors know things this log does not say, but not what this identity is meant to do. Their word ranks what is
//! already out of line; it does not make it so.
//!
//! # Stays quiet when
//! the record is no finding. One that stands for itself (GuardDuty, OCSF 2004) says nothing else of the identity: no other
//! criterion looks at it, and it is not learned.
//!
//! # Tuning
//! `weights.detection`, `combine.variance_cap`.
//!
//! # References
//! NIST CSF 2.0 DE.AE-03, DE.AE-07.

use crate::evidence::Finding;
use crate::view::{Draft, View, clip};
use crate::{Break, Code};

pub(super) fn look(view: &View<'_>, found: &mut Vec<Finding>) {
    let Some(detection) = view.o.detection.as_ref().filter(|d| d.severity > 0) else { return };
    let (severity, title) = (detection.severity.min(5), clip(&detection.title));
    let whose = if detection.alone { view.o.source.as_str() } else { "a" };
    Draft::new(Code::V3, None, Break::AccessPattern, "detection", &*detection.title)
        .times("detection", view.tuning.weights.detection)
        .times(format!("severity {severity}"), f64::from(severity) / 5.0)
        .says("no findings of other products", format!("{whose} finding of severity {severity} of 5: {title}"))
        .put(found);
}

#[cfg(test)]
mod tests {
    use crate::Disposition;
    use crate::bench::{Bench, act};

    #[test]
    fn others_findings_rank_but_do_not_decide() {
        let bench = Bench::mature();
        assert_eq!(bench.x("V3", act().detected(5)), Some(0.8));
        assert_eq!(bench.x("V3", act()), None);
        assert!(bench.verdict_after(&[act().detected(5)]) < Disposition::Escalate);
    }

    /// A finding has its own address, action and hour, none of which are the identity's.
    #[test]
    fn what_stands_for_itself_is_judged_by_nothing_else() {
        let bench = Bench::mature();
        let strange = || act().from("203.0.113.9").agent("curl/8.0");
        assert!(bench.found(strange()).len() > 1);
        let found = bench.found(strange().found(5));
        assert_eq!(found.iter().map(|(code, _)| code.as_str()).collect::<Vec<_>>(), ["V3"]);
    }

    #[test]
    fn a_mark_counts_on_an_event_that_was_seen_without_it() {
        let bench = Bench::mature();
        let judge = bench.judge();
        let mut state = judge.fresh_state();
        let (plain, marked) = (|| act().event("e-1"), || act().event("e-1").detected(5));
        let outcomes = [plain(), marked(), marked()].map(|act| judge.judge(&mut state, &mut act.made(0)));
        assert_eq!(outcomes.each_ref().map(|o| o.duplicate), [false, false, true]);
        let scores = outcomes.map(|o| o.verdict.score);
        assert!(scores[0] < scores[1] && scores[1] == scores[2], "{scores:?}");
    }
}
