use crate::stats::{Interval, needed_flips};

/// The level at which a difference counts as one.
const LEVEL: f64 = 0.05;

/// What is known of a difference between two tunings, as seen from the second.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Evidence {
    /// Attacks that only the second caught.
    pub gained: u64,
    /// Attacks that only the first caught.
    pub lost: u64,
    /// Adjusted p of these two; `None` without attacks.
    pub p: Option<f64>,
    /// Identities falsely raised by the first only.
    pub calmed: u64,
    /// Identities falsely raised by the second only.
    pub disturbed: u64,
    /// Adjusted p of these two; `None` without anything quiet.
    pub p_quiet: Option<f64>,
    /// 95 % interval of the difference of F2.
    pub f2: Option<Interval>,
    /// Number of comparisons that the p-values were adjusted for.
    pub tests: usize,
}

impl Evidence {
    /// One sentence; it starts with `better`, `worse` or `no detectable difference`.
    pub fn verdict(&self) -> String {
        let direction = |better: u64, worse: u64, p: Option<f64>| match p {
            Some(p) if p < LEVEL && better > worse => 1,
            Some(p) if p < LEVEL && worse > better => -1,
            _ => 0,
        };
        let recall = direction(self.gained, self.lost, self.p);
        let quiet = direction(self.calmed, self.disturbed, self.p_quiet);
        match (recall, quiet) {
            (1, 0) => format!("better: catches {} more of the attacks ({})", self.gained - self.lost, chance(self.p)),
            (0, 1) => format!("better: raises {} false cases less ({})", self.calmed - self.disturbed, chance(self.p_quiet)),
            (1, 1) => format!(
                "better: catches {} more of the attacks and raises {} false cases less",
                self.gained - self.lost,
                self.calmed - self.disturbed
            ),
            (-1, 0) => format!("worse: catches {} fewer of the attacks ({})", self.lost - self.gained, chance(self.p)),
            (0, -1) => format!("worse: raises {} more false cases ({})", self.disturbed - self.calmed, chance(self.p_quiet)),
            (-1, -1) => format!(
                "worse: catches {} fewer of the attacks and raises {} more false cases",
                self.lost - self.gained,
                self.disturbed - self.calmed
            ),
            (0, 0) => self.nothing(),
            (recall, _) => self.trade(recall),
        }
    }

    /// More caught at the price of more false cases, or the other way round: F2 weighs the two.
    fn trade(&self, recall: i32) -> String {
        let what = match recall {
            1 => format!("{} more attacks caught, {} more false cases", self.gained - self.lost, self.disturbed - self.calmed),
            _ => {
                format!("{} fewer attacks caught, {} fewer false cases", self.lost - self.gained, self.calmed - self.disturbed)
            }
        };
        match self.f2 {
            Some(i) if i.low > 0.0 => format!("better on balance (F2): {what}"),
            Some(i) if i.high < 0.0 => format!("worse on balance (F2): {what}"),
            _ => format!("no detectable difference on balance (F2): {what}"),
        }
    }

    fn nothing(&self) -> String {
        let changed = self.gained + self.lost + self.calmed + self.disturbed;
        if changed == 0 {
            return "no detectable difference: every decision is the same".to_string();
        }
        let needed = needed_flips(self.tests);
        let most = self.gained.abs_diff(self.lost).max(self.calmed.abs_diff(self.disturbed));
        let decisions = if changed == 1 { "1 changed decision".to_string() } else { format!("{changed} changed decisions") };
        let more = if most < needed { format!(", need ≈{} more", needed - most) } else { String::new() };
        format!("no detectable difference ({decisions}; {needed} or more of one kind can be significant{more})")
    }
}

fn chance(p: Option<f64>) -> String {
    p.map_or_else(|| "p unknown".into(), |p| if p < 0.001 { "p < 0.001".into() } else { format!("p = {p:.3}") })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn evidence(gained: u64, lost: u64, p: f64, calmed: u64, disturbed: u64, p_quiet: f64) -> Evidence {
        Evidence { gained, lost, p: Some(p), calmed, disturbed, p_quiet: Some(p_quiet), f2: None, tests: 1 }
    }

    #[test]
    fn says_it_in_one_sentence() {
        for (evidence, want) in [
            (evidence(9, 0, 0.0039, 0, 0, 1.0), "better: catches 9 more of the attacks (p = 0.004)"),
            (evidence(0, 9, 0.0039, 0, 0, 1.0), "worse: catches 9 fewer of the attacks (p = 0.004)"),
            (evidence(1, 0, 1.0, 20, 0, 0.00001), "better: raises 20 false cases less (p < 0.001)"),
            (evidence(0, 0, 1.0, 0, 12, 0.0005), "worse: raises 12 more false cases (p < 0.001)"),
            (
                evidence(4, 0, 0.125, 1, 0, 1.0),
                "no detectable difference (5 changed decisions; 6 or more of one kind can be significant, need ≈2 more)",
            ),
            (evidence(0, 0, 1.0, 0, 0, 1.0), "no detectable difference: every decision is the same"),
            (
                evidence(9, 0, 0.01, 0, 9, 0.01),
                "no detectable difference on balance (F2): 9 more attacks caught, 9 more false cases",
            ),
        ] {
            assert_eq!(evidence.verdict(), want);
        }
        let mut trade = evidence(9, 0, 0.01, 0, 9, 0.01);
        trade.f2 = Some(Interval { low: 0.1, high: 0.2 });
        assert!(trade.verdict().starts_with("better on balance"));
        trade.f2 = Some(Interval { low: -0.2, high: -0.1 });
        assert!(trade.verdict().starts_with("worse on balance"));
    }
}
