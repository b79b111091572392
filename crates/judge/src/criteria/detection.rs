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
//! the record is no finding.
//!
//! # Tuning
//! `weights.detection`, `combine.variance_cap`.
//!
//! # References
//! NIST CSF 2.0 DE.AE-03, DE.AE-07.

use crate::evidence::Finding;
use crate::view::{Draft, View};
use crate::{Break, Code};

pub(super) fn look(view: &View<'_>, found: &mut Vec<Finding>) {
    let Some(severity) = view.o.detection.filter(|s| *s > 0) else { return };
    Draft::new(Code::V3, None, Break::AccessPattern, "detection", &*view.o.action)
        .times("detection", view.tuning.weights.detection)
        .times(format!("severity {severity}"), f64::from(severity.min(5)) / 5.0)
        .says("no findings of other products", format!("{} finding of severity {severity}", view.o.source))
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
}
