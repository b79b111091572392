/// One thing that was ranked: a case, or an attack for which there is none.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ranked {
    /// Its score; `None` ranks below every score.
    pub score: Option<f64>,
    /// True if it deserved to be escalated.
    pub positive: bool,
}

/// A point of the precision-recall curve: everything that scores at least `score` is escalated.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PrPoint {
    /// The cut; `None` for the point at which even what has no score is taken.
    pub score: Option<f64>,
    /// Share of the positives at or above it.
    pub recall: f64,
    /// Share of positives among all at or above it.
    pub precision: f64,
}

/// The curve, one point for each distinct score, highest first. Empty if nothing is positive.
pub fn pr_curve(items: &[Ranked]) -> Vec<PrPoint> {
    let positives = items.iter().filter(|i| i.positive).count();
    if positives == 0 {
        return Vec::new();
    }
    let mut sorted: Vec<&Ranked> = items.iter().collect();
    sorted.sort_by(|a, b| order(b.score).total_cmp(&order(a.score)));
    let mut points = Vec::new();
    let (mut taken, mut hits) = (0_usize, 0_usize);
    for group in sorted.chunk_by(|a, b| order(a.score).total_cmp(&order(b.score)).is_eq()) {
        taken += group.len();
        hits += group.iter().filter(|i| i.positive).count();
        points.push(PrPoint {
            score: group.first().and_then(|i| i.score),
            recall: hits as f64 / positives as f64,
            precision: hits as f64 / taken as f64,
        });
    }
    points
}

fn order(score: Option<f64>) -> f64 {
    score.filter(|s| !s.is_nan()).unwrap_or(f64::NEG_INFINITY)
}

/// The area under the curve as a step sum without interpolation, Σ (Rₙ − Rₙ₋₁)·Pₙ, as scikit-learn computes it. `None` if nothing
/// is positive.
pub fn average_precision(items: &[Ranked]) -> Option<f64> {
    let curve = pr_curve(items);
    if curve.is_empty() {
        return None;
    }
    let mut before = 0.0;
    Some(
        curve
            .iter()
            .map(|p| {
                let step = p.recall - before;
                before = p.recall;
                step * p.precision
            })
            .sum(),
    )
}

/// Brier's score: the mean squared distance between the score, taken as a share of 100, and what was true. What has no score says 0.
pub fn brier_score(items: &[Ranked]) -> Option<f64> {
    mean(items, |item| {
        let said = (order(item.score).max(0.0) / 100.0).min(1.0);
        (said - f64::from(u8::from(item.positive))).powi(2)
    })
}

/// The score of who says the share of positives every time: what a score that tells nothing can reach.
pub fn brier_of_prevalence(items: &[Ranked]) -> Option<f64> {
    let share = mean(items, |item| f64::from(u8::from(item.positive)))?;
    Some(share * (1.0 - share))
}

fn mean(items: &[Ranked], value: impl Fn(&Ranked) -> f64) -> Option<f64> {
    (!items.is_empty()).then(|| items.iter().map(value).sum::<f64>() / items.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn items(y: &[u8], s: &[f64]) -> Vec<Ranked> {
        y.iter().zip(s).map(|(y, s)| Ranked { score: (*s >= 0.0).then_some(*s), positive: *y == 1 }).collect()
    }

    // scikit-learn 1.9: sklearn.metrics.average_precision_score(y, s), with -1 where there is no score
    #[test]
    fn average_precision_equals_scikit_learn() {
        // numpy.random.default_rng(7).integers(0, 2, 40), then .integers(0, 12, 40)
        let y = [
            1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 1, 1, 0, 0, 1, 0, 1, 0, 0, 1, 0, 0, 0, 1, 0, 1, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1,
            0, 1,
        ];
        let s = [
            5., 2., 10., 1., 10., 7., 1., 0., 5., 0., 1., 6., 11., 5., 9., 11., 9., 7., 5., 6., 3., 5., 4., 2., 11., 0., 1.,
            2., 11., 8., 10., 2., 8., 4., 5., 0., 7., 9., 7., 1.,
        ];
        for (y, s, want) in [
            (&[1, 0, 1, 1, 0, 0, 1][..], &[90., 80., 80., 60., 50., 20., -1.][..], 0.7470238095238095),
            (&[1, 1, 0, 0], &[0.9, 0.8, 0.7, 0.1], 1.0),
            (&[0, 1, 0, 1], &[0.9, 0.8, 0.8, 0.8], 0.5),
            (&[1, 1, 0], &[-1., -1., 5.], 0.6666666666666666),
            (&y, &s, 0.7029177935763957),
        ] {
            let got = average_precision(&items(y, s)).unwrap();
            assert!((got - want).abs() < 1e-12, "{got} {want}");
        }
        assert_eq!(average_precision(&items(&[0, 0], &[1., 2.])), None);
        assert_eq!(average_precision(&[]), None);
    }

    #[test]
    fn ties_are_one_point_and_a_missing_score_is_the_last() {
        let curve = pr_curve(&items(&[1, 0, 1], &[5., 5., -1.]));
        assert_eq!(curve.len(), 2);
        assert_eq!(curve[0], PrPoint { score: Some(5.0), recall: 0.5, precision: 0.5 });
        assert_eq!(curve[1].score, None);
    }

    // scikit-learn 1.9: sklearn.metrics.brier_score_loss([1, 0, 1, 0], [.9, .3, .4, 0])
    #[test]
    fn brier_score_equals_scikit_learn() {
        let ranked = items(&[1, 0, 1, 0], &[90., 30., 40., -1.]);
        assert!((brier_score(&ranked).unwrap() - 0.115).abs() < 1e-12);
        assert!((brier_of_prevalence(&ranked).unwrap() - 0.25).abs() < 1e-12);
        assert_eq!((brier_score(&[]), brier_of_prevalence(&[])), (None, None));
    }
}
