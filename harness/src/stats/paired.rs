/// McNemar's exact test: of `b + c` pairs on which two judges disagree, `b` went one way and `c` the other. Two-sided.
/// `None` where no pair was compared at all is the caller's business; no disagreement is p = 1.
pub fn mcnemar_exact(b: u64, c: u64) -> f64 {
    let (n, k) = (b + c, b.min(c));
    if b == c {
        return 1.0;
    }
    // P(X = 0), then each term from the one before. In logarithms, so that 2^-n may be tiny.
    let mut log_term = -(n as f64) * std::f64::consts::LN_2;
    let mut sum = log_term.exp();
    for i in 1..=k {
        log_term += (((n - i + 1) as f64) / i as f64).ln();
        sum += log_term.exp();
    }
    (2.0 * sum).min(1.0)
}

/// Holm's step-down adjustment of p-values, in the order given. `None`s stay `None` and do not count as tests.
pub fn holm(p: &[Option<f64>]) -> Vec<Option<f64>> {
    let mut order: Vec<(usize, f64)> = p.iter().enumerate().filter_map(|(i, p)| p.map(|p| (i, p))).collect();
    order.sort_by(|a, b| a.1.total_cmp(&b.1).then(a.0.cmp(&b.0)));
    let mut adjusted = vec![None; p.len()];
    let mut highest = 0.0_f64;
    for (rank, (i, p)) in order.iter().enumerate() {
        highest = highest.max(((order.len() - rank) as f64 * p).min(1.0));
        if let Some(slot) = adjusted.get_mut(*i) {
            *slot = Some(highest);
        }
    }
    adjusted
}

/// How many decisions must change, all in one direction, before the exact test can call it a difference at the 5 % level,
/// when it is one of `tests` tests.
pub fn needed_flips(tests: usize) -> u64 {
    (1..).find(|n| mcnemar_exact(*n, 0) * tests.max(1) as f64 <= 0.05).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    // scipy 1.17: min(1, scipy.stats.binomtest(min(b, c), b + c, .5).pvalue)
    #[test]
    fn mcnemar_equals_scipy() {
        for (b, c, want) in [
            (0, 0, 1.0),
            (0, 4, 0.125),
            (0, 6, 0.03125),
            (1, 9, 0.021484375),
            (3, 3, 1.0),
            (12, 25, 0.04703102743951604),
            (5, 6, 1.0),
        ] {
            let got = mcnemar_exact(b, c);
            assert!((got - want).abs() < 1e-12, "{b} {c}: {got}");
            assert_eq!(got, mcnemar_exact(c, b));
        }
        assert!(mcnemar_exact(0, 5000) >= 0.0 && mcnemar_exact(2400, 2600).is_finite());
    }

    // statsmodels: multipletests([.01, .04, .03, .005], method='holm')
    #[test]
    fn holm_equals_statsmodels() {
        for (p, want) in
            [(vec![0.01, 0.04, 0.03, 0.005], vec![0.03, 0.06, 0.06, 0.02]), (vec![0.2, 0.6, 0.04], vec![0.4, 0.6, 0.12])]
        {
            let p: Vec<Option<f64>> = p.into_iter().map(Some).collect();
            for (got, want) in holm(&p).into_iter().zip(want) {
                assert!((got.unwrap() - want).abs() < 1e-12, "{got:?} {want}");
            }
        }
        assert_eq!(holm(&[None, Some(0.04)]), [None, Some(0.04)]);
    }

    #[test]
    fn six_decisions_can_be_a_difference() {
        assert_eq!(needed_flips(1), 6);
        assert!(needed_flips(4) > 6);
    }
}
