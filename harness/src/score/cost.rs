use super::{Fate, Outcome};
use crate::engine::Verdict;

/// What mistakes cost, relative to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Preset {
    /// As it is.
    Standard,
    /// False cases cost twice: a small team.
    LowFp,
    /// Missed attacks cost twice: much to lose.
    LowFn,
}

impl Preset {
    /// All, in the order in which they are printed.
    pub const ALL: [Preset; 3] = [Preset::Standard, Preset::LowFp, Preset::LowFn];

    /// The word as it stands in output.
    pub const fn as_str(self) -> &'static str {
        match self {
            Preset::Standard => "standard",
            Preset::LowFp => "low_fp",
            Preset::LowFn => "low_fn",
        }
    }
}

/// What the mistakes of a run cost.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Cost {
    /// Missed attacks: 100 times what was at stake.
    pub missed: f64,
    /// False cases: 5, or 15 for those that paged.
    pub raised: f64,
    /// Quiet cases to be watched (.2) and queued (1).
    pub kept: f64,
    /// Delay of what was caught: half of what was at stake, an hour.
    pub delay: f64,
}

impl Cost {
    /// Adds one scenario.
    pub fn add(&mut self, outcome: &Outcome) {
        for instance in &outcome.instances {
            match instance.fate {
                Fate::Missed => self.missed += 100.0 * instance.impact,
                Fate::Queued => {
                    self.missed += 100.0 * instance.impact;
                    self.kept += 1.0;
                }
                Fate::Caught => self.delay += 0.5 * instance.impact * instance.minutes.unwrap_or(0.0) / 60.0,
            }
        }
        for case in &outcome.false_cases {
            self.raised += if case.verdict == Verdict::Page { 15.0 } else { 5.0 };
        }
        self.kept += 0.2 * outcome.watched as f64 + outcome.queued_quiet as f64;
    }

    /// Cost per 1,000 identity-days. `None` if there were none.
    pub fn per_thousand(self, identity_days: u64, preset: Preset) -> Option<f64> {
        let (fp, fun) = match preset {
            Preset::Standard => (1.0, 1.0),
            Preset::LowFp => (2.0, 1.0),
            Preset::LowFn => (1.0, 2.0),
        };
        let total = fun * self.missed + fp * self.raised + self.kept + self.delay;
        (identity_days > 0).then(|| 1000.0 * total / identity_days as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn presets_weigh_mistakes() {
        let cost = Cost { missed: 100.0, raised: 10.0, kept: 1.0, delay: 1.0 };
        assert_eq!(cost.per_thousand(1000, Preset::Standard), Some(112.0));
        assert_eq!(cost.per_thousand(1000, Preset::LowFp), Some(122.0));
        assert_eq!(cost.per_thousand(1000, Preset::LowFn), Some(212.0));
        assert_eq!(cost.per_thousand(0, Preset::Standard), None);
    }
}
