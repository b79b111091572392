/// A two-by-two table.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Caught.
    pub tp: u64,
    /// False cases.
    pub fp: u64,
    /// Not caught, queued included.
    pub missed: u64,
    /// Quiet and left alone.
    pub tn: u64,
}

impl Counts {
    /// Share of escalations that were right.
    pub fn precision(self) -> Option<f64> {
        ratio(self.tp, self.tp + self.fp)
    }

    /// Share of what should escalate that did.
    pub fn recall(self) -> Option<f64> {
        ratio(self.tp, self.tp + self.missed)
    }

    /// F score: recall weighs `beta` times as much as precision.
    pub fn f(self, beta: f64) -> Option<f64> {
        let b2 = beta * beta;
        let below = (1.0 + b2) * self.tp as f64 + b2 * self.missed as f64 + self.fp as f64;
        (below > 0.0).then(|| (1.0 + b2) * self.tp as f64 / below)
    }

    /// Matthews' correlation coefficient; `None` where a row or column of the table is empty.
    pub fn mcc(self) -> Option<f64> {
        let (tp, fp, missed, tn) = (self.tp as f64, self.fp as f64, self.missed as f64, self.tn as f64);
        let below = ((tp + fp) * (tp + missed) * (tn + fp) * (tn + missed)).sqrt();
        (below > 0.0).then(|| (tp * tn - fp * missed) / below)
    }
}

pub(crate) fn ratio(part: u64, of: u64) -> Option<f64> {
    (of > 0).then(|| part as f64 / of as f64)
}

/// The share of escalated identity-days that are right where a share `prevalence` of all identity-days deserves it, with the false
/// positive rate at its upper bound.
pub fn ppv(recall: Option<f64>, fpr_upper: Option<f64>, prevalence: f64) -> Option<f64> {
    let (hit, wrong) = (recall? * prevalence, fpr_upper? * (1.0 - prevalence));
    (hit + wrong > 0.0).then(|| hit / (hit + wrong))
}

/// The middle value, or the mean of the two middle ones.
pub fn median(values: &[f64]) -> Option<f64> {
    super::quantile(values, 0.5)
}

#[cfg(test)]
mod tests {
    use super::*;

    // scikit-learn 1.9: sklearn.metrics.matthews_corrcoef
    #[test]
    fn mcc_equals_scikit_learn() {
        for ((tp, fp, missed, tn), want) in [((54, 7, 8, 4000), 0.8762072690609387), ((5, 5, 0, 90), 0.6882472016116853)] {
            let got = Counts { tp, fp, missed, tn }.mcc().unwrap();
            assert!((got - want).abs() < 1e-12, "{got}");
        }
    }

    #[test]
    fn what_cannot_be_computed_is_unknown() {
        let nothing = Counts::default();
        assert_eq!((nothing.precision(), nothing.recall(), nothing.f(1.0), nothing.mcc()), (None, None, None, None));
        let silent = Counts { tp: 0, fp: 0, missed: 3, tn: 10 };
        assert_eq!((silent.precision(), silent.recall(), silent.f(2.0), silent.mcc()), (None, Some(0.0), Some(0.0), None));
        let quiet = Counts { tp: 0, fp: 2, missed: 0, tn: 10 };
        assert_eq!((quiet.precision(), quiet.recall(), quiet.f(1.0)), (Some(0.0), None, Some(0.0)));
        assert_eq!(ppv(None, Some(0.1), 1e-3), None);
        assert_eq!(ppv(Some(0.0), Some(0.0), 1e-3), None);
        assert_eq!(median(&[]), None);
    }

    #[test]
    fn base_rates() {
        // R = .9, FPR <= 9e-6: about one escalation in two is right at one bad identity-day in 100,000.
        let got = ppv(Some(0.9), Some(9e-6), 1e-5).unwrap();
        assert!((got - 0.5).abs() < 1e-5, "{got}");
        let f2 = Counts { tp: 8, fp: 4, missed: 2, tn: 0 }.f(2.0).unwrap();
        assert!((f2 - 5.0 * 8.0 / (5.0 * 8.0 + 4.0 * 2.0 + 4.0)).abs() < 1e-12);
    }
}
