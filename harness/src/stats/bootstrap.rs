use super::Interval;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use rayon::prelude::*;

/// How often the scenarios are drawn anew.
pub const REPLICATES: u64 = 2000;

/// What hangs together and is therefore drawn together: a scenario family. Its members (attack instances, quiet identities) are
/// drawn again within it, each sort for itself, so that a family keeps its make-up.
#[derive(Debug, Clone, Default)]
pub struct Cluster {
    /// Values of each attack instance.
    pub instances: Vec<Vec<f64>>,
    /// Values of those quiet identities that have any; the other ones only count.
    pub quiet: Vec<Vec<f64>>,
    /// All quiet identities.
    pub quiet_total: usize,
}

/// Sums of each value over drawn samples of the scenarios.
#[derive(Debug, Clone)]
pub struct Draws {
    sums: Vec<Vec<f64>>,
}

impl Draws {
    /// Draws [`REPLICATES`] samples: as many clusters as there are, with replacement, and within each its members likewise.
    /// `width` is the number of values of each member. The same for any number of threads: each sample has its own generator.
    pub fn new(clusters: &[Cluster], width: usize, seed: u64) -> Self {
        let sums = (0..REPLICATES)
            .into_par_iter()
            .map(|replicate| {
                let mut rng = ChaCha8Rng::seed_from_u64(seed);
                rng.set_stream(replicate);
                let mut sum = vec![0.0; width];
                for _ in 0..clusters.len() {
                    let Some(cluster) = clusters.get(below(&mut rng, clusters.len())) else { continue };
                    for _ in 0..cluster.instances.len() {
                        add(&mut sum, cluster.instances.get(below(&mut rng, cluster.instances.len())));
                    }
                    draw_quiet(&mut rng, cluster, &mut sum);
                }
                sum
            })
            .collect();
        Draws { sums }
    }

    /// The 95 % percentile interval of a statistic of the sums. Samples for which it is undefined are left out; `None` if all are.
    pub fn interval(&self, statistic: impl Fn(&[f64]) -> Option<f64>) -> Option<Interval> {
        let values: Vec<f64> = self.sums.iter().filter_map(|sum| statistic(sum)).collect();
        Some(Interval { low: quantile(&values, 0.025)?, high: quantile(&values, 0.975)? })
    }
}

/// Draws as many quiet identities as there are. Most of them have nothing to add, so only how often each of the others comes up is
/// drawn: a multinomial, one binomial after the other.
fn draw_quiet(rng: &mut ChaCha8Rng, cluster: &Cluster, sum: &mut [f64]) {
    let mut left = cluster.quiet_total.max(cluster.quiet.len());
    let mut others = left;
    for values in &cluster.quiet {
        let times = binomial(rng, left, 1.0 / others as f64);
        for (sum, value) in sum.iter_mut().zip(values) {
            *sum += times as f64 * value;
        }
        left -= times;
        others -= 1;
    }
}

/// A binomial number by inversion; its mean is about one here, so the loop is short.
fn binomial(rng: &mut ChaCha8Rng, n: usize, p: f64) -> usize {
    if p >= 1.0 {
        return n;
    }
    let odds = p / (1.0 - p);
    let mut term = (n as f64 * (-p).ln_1p()).exp();
    let mut u = f64::from(rng.next_u32()) / 4_294_967_296.0;
    let mut k = 0;
    while u >= term && k < n {
        u -= term;
        term *= odds * (n - k) as f64 / (k + 1) as f64;
        k += 1;
    }
    k
}

fn add(sum: &mut [f64], values: Option<&Vec<f64>>) {
    for (sum, value) in sum.iter_mut().zip(values.into_iter().flatten()) {
        *sum += value;
    }
}

/// A number below `n`; the bias of the multiplication is below 2^-32.
fn below(rng: &mut ChaCha8Rng, n: usize) -> usize {
    ((u64::from(rng.next_u32()) * n as u64) >> 32) as usize
}

/// A quantile with linear interpolation between the neighbours (numpy's default). `None` for no values.
pub fn quantile(values: &[f64], q: f64) -> Option<f64> {
    let mut sorted: Vec<f64> = values.iter().copied().filter(|v| !v.is_nan()).collect();
    sorted.sort_by(f64::total_cmp);
    let at = q.clamp(0.0, 1.0) * (sorted.len().checked_sub(1)? as f64);
    let low = *sorted.get(at.floor() as usize)?;
    let high = *sorted.get(at.ceil() as usize)?;
    Some(low + (high - low) * at.fract())
}

#[cfg(test)]
mod tests {
    use super::*;

    // numpy.percentile([1, 2, 3, 4, 10], [2.5, 97.5]) = [1.1, 9.4]
    #[test]
    fn quantiles_equal_numpy() {
        let v = [10.0, 2.0, 1.0, 4.0, 3.0];
        assert!((quantile(&v, 0.025).unwrap() - 1.1).abs() < 1e-12);
        assert!((quantile(&v, 0.975).unwrap() - 9.4).abs() < 1e-12);
        assert_eq!(quantile(&v, 0.5), Some(3.0));
        assert_eq!(quantile(&[], 0.5), None);
        assert_eq!(quantile(&[7.0], 0.975), Some(7.0));
    }

    fn cluster(caught: &[u8], false_cases: &[u8], quiet_total: usize) -> Cluster {
        Cluster {
            instances: caught.iter().map(|c| vec![1.0, f64::from(*c), 0.0]).collect(),
            quiet: false_cases.iter().map(|f| vec![0.0, 0.0, f64::from(*f)]).collect(),
            quiet_total,
        }
    }

    fn recall(sum: &[f64]) -> Option<f64> {
        (sum[0] > 0.0).then(|| sum[1] / sum[0])
    }

    #[test]
    fn equal_for_any_number_of_threads() {
        let clusters = [cluster(&[1, 1, 0], &[1], 40), cluster(&[1, 0], &[], 3), cluster(&[1; 6], &[2, 1], 2)];
        let run = |threads| {
            rayon::ThreadPoolBuilder::new()
                .num_threads(threads)
                .build()
                .unwrap()
                .install(|| Draws::new(&clusters, 3, 1).interval(recall).unwrap())
        };
        assert_eq!(run(1), run(4));
        let other = Draws::new(&clusters, 3, 2).interval(recall).unwrap();
        assert!(other.low <= other.high && other.high <= 1.0);
    }

    #[test]
    fn covers_the_sample_and_widens_with_dependence() {
        // 8 families that are all caught or all missed tell less than 80 independent instances.
        let together: Vec<Cluster> = (0..8).map(|f| cluster(&[u8::from(f % 2 == 0); 10], &[], 0)).collect();
        let alone: Vec<Cluster> = (0..80).map(|i| cluster(&[u8::from(i % 2 == 0)], &[], 0)).collect();
        let (wide, narrow) =
            (Draws::new(&together, 3, 1).interval(recall).unwrap(), Draws::new(&alone, 3, 1).interval(recall).unwrap());
        assert!(wide.low < 0.5 && wide.high > 0.5);
        assert!(wide.high - wide.low > 1.5 * (narrow.high - narrow.low), "{wide:?} {narrow:?}");
    }

    #[test]
    fn quiet_identities_come_up_once_on_average() {
        let one = [cluster(&[], &[1, 1, 1], 500)];
        let draws = Draws::new(&one, 3, 1);
        let mean = draws.sums.iter().map(|s| s[2]).sum::<f64>() / REPLICATES as f64;
        assert!((mean - 3.0).abs() < 0.15, "{mean}");
        let all = Draws::new(&[cluster(&[], &[1, 1], 2)], 3, 1);
        assert!(all.sums.iter().all(|s| s[2] == 2.0), "two drawn of two that have one each");
    }

    #[test]
    fn no_clusters_no_interval() {
        assert_eq!(Draws::new(&[], 3, 1).interval(recall), None);
    }
}
