use statrs::distribution::{Beta, ContinuousCDF};

/// Lower and upper end of a 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(from = "[f64; 2]", into = "[f64; 2]")]
pub struct Interval {
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

impl From<[f64; 2]> for Interval {
    fn from([low, high]: [f64; 2]) -> Self {
        Interval { low, high }
    }
}

impl From<Interval> for [f64; 2] {
    fn from(i: Interval) -> Self {
        [i.low, i.high]
    }
}

/// The 97.5 % point of the normal distribution.
const Z: f64 = 1.959_963_984_540_054;

/// Wilson's score interval (no continuity correction) of `hits` out of `of`. `None` if nothing was counted.
pub fn wilson(hits: u64, of: u64) -> Option<Interval> {
    if of == 0 || hits > of {
        return None;
    }
    let (n, p) = (of as f64, hits as f64 / of as f64);
    let z2 = Z * Z;
    let centre = (p + z2 / (2.0 * n)) / (1.0 + z2 / n);
    let half = Z / (1.0 + z2 / n) * (p * (1.0 - p) / n + z2 / (4.0 * n * n)).sqrt();
    // Exact at the ends, where rounding would leave 1e-17 instead of 0.
    let low = if hits == 0 { 0.0 } else { (centre - half).max(0.0) };
    let high = if hits == of { 1.0 } else { (centre + half).min(1.0) };
    Some(Interval { low, high })
}

/// Clopper and Pearson's exact two-sided interval of `hits` out of `of`.
pub fn clopper_pearson(hits: u64, of: u64) -> Option<Interval> {
    if of == 0 || hits > of {
        return None;
    }
    let low = if hits == 0 { 0.0 } else { beta(hits as f64, (of - hits) as f64 + 1.0, 0.025)? };
    let high = if hits == of { 1.0 } else { beta(hits as f64 + 1.0, (of - hits) as f64, 0.975)? };
    Some(Interval { low, high })
}

/// The exact one-sided upper 95 % bound of a rate of which `hits` out of `of` were seen. With no hits this is the rule of three:
/// about 3 / `of`.
pub fn upper_bound(hits: u64, of: u64) -> Option<f64> {
    if of == 0 || hits > of {
        None
    } else if hits == of {
        Some(1.0)
    } else {
        beta(hits as f64 + 1.0, (of - hits) as f64, 0.95)
    }
}

/// A quantile of the Beta distribution: statrs' value, tightened by bisection, because rates of 1e-5 need more digits than its
/// stopping rule promises.
fn beta(a: f64, b: f64, p: f64) -> Option<f64> {
    let distribution = Beta::new(a, b).ok()?;
    let (mut low, mut high) = (0.0_f64, 1.0_f64);
    for _ in 0..200 {
        let middle = 0.5 * (low + high);
        if middle <= low || middle >= high {
            break;
        }
        if distribution.cdf(middle) < p { low = middle } else { high = middle }
    }
    Some(0.5 * (low + high))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(got: f64, want: f64) -> bool {
        (got - want).abs() <= 1e-9 * want.abs().max(1e-3)
    }

    // scipy 1.17: scipy.stats.binomtest(k, n).proportion_ci(.95, 'wilson')
    #[test]
    fn wilson_equals_scipy() {
        for (k, n, low, high) in [
            (54, 62, 0.7655067270982637, 0.9331412194071697),
            (0, 10, 0.0, 0.27753279986288926),
            (10, 10, 0.7224672001371109, 1.0),
            (1, 3, 0.06149194472039626, 0.7923403991979523),
        ] {
            let i = wilson(k, n).unwrap();
            assert!(near(i.low, low) && near(i.high, high), "{k}/{n}: {i:?}");
        }
        assert_eq!(wilson(0, 0), None);
    }

    // scipy 1.17: binomtest(k, n).proportion_ci(.95, 'exact')
    #[test]
    fn clopper_pearson_equals_scipy() {
        for (k, n, low, high) in [(3, 1000, 0.0006190999316499173, 0.008742023238657654), (0, 50, 0.0, 0.07112173646420458)] {
            let i = clopper_pearson(k, n).unwrap();
            assert!(near(i.low, low) && near(i.high, high), "{k}/{n}: {i:?}");
        }
        assert_eq!(clopper_pearson(0, 0), None);
    }

    // scipy 1.17: scipy.stats.beta.ppf(.95, k + 1, n - k)
    #[test]
    fn the_upper_bound_equals_scipy_and_the_rule_of_three() {
        for (k, n, want) in [
            (0, 330_000, 9.077935381822475e-06),
            (0, 100, 0.029513049607039925),
            (3, 1000, 0.007735244718479458),
            (7, 8, 0.993608849045455),
        ] {
            let got = upper_bound(k, n).unwrap();
            assert!((got - want).abs() < 1e-9 * want.max(1e-4), "{k}/{n}: {got}");
        }
        assert_eq!(upper_bound(8, 8), Some(1.0));
        assert_eq!(upper_bound(0, 0), None);
    }
}
