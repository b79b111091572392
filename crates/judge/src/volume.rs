//! When a count is too high for this workload: robust deviations from its own days, never a general threshold.

use crate::Code;
use crate::memory::Memory;
use crate::surprisal::q3;
use crate::tuning::Volume;
use std::cell::OnceCell;
use vires_profile::Workload;
use vires_profile::baseline::{DAYS_KEPT, DayCount};

/// The usual level of one count.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Series {
    /// Days it was taken from.
    pub days: usize,
    /// Greatest count.
    pub max: f64,
    counts: Vec<f64>,
    /// Computed when a count exceeds the greatest day, which is rare.
    level: OnceCell<Level>,
}

/// Where counts lie and how far they spread.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Level {
    median: f64,
    /// Median and scaled median absolute deviation of log1p of the counts.
    log_median: f64,
    log_scale: f64,
    /// Mean and variance, for small counts.
    mean: f64,
    variance: f64,
}

impl Level {
    fn of(counts: &[f64], mad_floor: f64) -> Level {
        let mut counts = counts.to_vec();
        let n = counts.len().max(1) as f64;
        let mean = counts.iter().sum::<f64>() / n;
        let variance = counts.iter().map(|c| (c - mean) * (c - mean)).sum::<f64>() / n;
        let median = median(&mut counts);
        let mut logs: Vec<f64> = counts.iter().map(|c| c.ln_1p()).collect();
        let log_median = self::median(&mut logs);
        let mut deviations: Vec<f64> = logs.iter().map(|l| (l - log_median).abs()).collect();
        Level { median, log_median, log_scale: (1.4826 * self::median(&mut deviations)).max(mad_floor), mean, variance }
    }

    /// Minus the decimal logarithm of the chance of at least `count`, for a negative binomial of the observed mean and variance
    /// (Poisson where they do not spread more than that): Chernoff's bound, in closed form, because counts come from logs and a
    /// sum over them would be theirs to make long.
    fn tail(&self, count: f64) -> f64 {
        // Half an event a day: unseen is not impossible.
        let mean = self.mean.max(0.5);
        if count <= mean {
            return 0.0;
        }
        let nats = if self.variance > mean * 1.01 {
            let size = mean * mean / (self.variance - mean);
            count * (count / mean).ln() - (count + size) * ((count + size) / (mean + size)).ln()
        } else {
            count * (count / mean).ln() - (count - mean)
        };
        (nats / std::f64::consts::LN_10).max(0.0)
    }
}

impl Series {
    fn of(counts: Vec<f64>) -> Series {
        let max = counts.iter().copied().fold(0.0, f64::max);
        Series { days: counts.len(), max, counts, level: OnceCell::new() }
    }

    fn level(&self, knobs: &Volume) -> &Level {
        self.level.get_or_init(|| Level::of(&self.counts, knobs.mad_floor))
    }

    /// The median of the days; 0 without any.
    pub fn median(&self, knobs: &Volume) -> f64 {
        if self.counts.is_empty() { 0.0 } else { self.level(knobs).median }
    }

    /// Deviations from the median, in log units.
    fn z(&self, count: f64, knobs: &Volume) -> f64 {
        let level = self.level(knobs);
        (count.ln_1p() - level.log_median) / level.log_scale
    }

    /// How far a count is beyond what is usual, from 0 to 1; 0 unless it exceeds the greatest day `over` times.
    pub fn excess(&self, count: f64, over: f64, knobs: &Volume) -> f64 {
        if self.days < usize::from(knobs.min_days) || count <= over * self.max {
            return 0.0;
        }
        let level = self.level(knobs);
        let beyond = if level.median < knobs.small { level.tail(count) - 3.0 } else { self.z(count, knobs) - knobs.z_low };
        q3((beyond / knobs.z_span).clamp(0.0, 1.0))
    }
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    let mid = values.len() / 2;
    match (values.get(mid.wrapping_sub(1)), values.get(mid)) {
        (Some(low), Some(high)) if values.len().is_multiple_of(2) => (low + high) / 2.0,
        (_, Some(high)) => *high,
        _ => 0.0,
    }
}

/// The usual day of a workload.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Usual {
    pub total: Series,
    pub sensitive: Series,
    pub privileged: Series,
    pub spread: Series,
    /// Sensitive reads of the baseline alone: a slow rise must not become its own measure.
    anchor: Series,
    /// Sensitive reads of the days since.
    since: Vec<f64>,
    drift: OnceCell<f64>,
}

impl Usual {
    /// The usual day, from all days known but today.
    pub fn of(memory: &Memory<'_>) -> Usual {
        let mut days: Vec<DayCount> = Vec::with_capacity(DAYS_KEPT);
        memory.for_each_layer(|learned| {
            for count in learned.daily().iter().filter(|c| c.day != memory.day) {
                if days.last().is_none_or(|last| last.day < count.day) {
                    days.push(*count);
                    continue;
                }
                match days.binary_search_by_key(&count.day, |d| d.day) {
                    Ok(at) => {
                        if let Some(known) = days.get_mut(at) {
                            *known = known.max(*count);
                        }
                    }
                    Err(at) => days.insert(at, *count),
                }
            }
        });
        let base = || memory.base().into_iter().flat_map(|l| l.daily().iter());
        let base_last = base().map(|d| d.day).max();
        let anchor = Series::of(base().filter(|d| d.day < memory.day).map(|d| f64::from(d.sensitive)).collect());
        let since =
            days.iter().filter(|d| Some(d.day) > base_last && d.day < memory.day).map(|d| f64::from(d.sensitive)).collect();
        let excess = days.len().saturating_sub(DAYS_KEPT);
        days.drain(..excess);
        let series = |count: fn(&DayCount) -> f64| Series::of(days.iter().map(count).collect());
        Usual {
            total: series(|d| f64::from(d.total)),
            sensitive: series(|d| f64::from(d.sensitive)),
            privileged: series(|d| f64::from(d.privileged)),
            spread: series(|d| d.spread()),
            anchor,
            since,
            drift: OnceCell::new(),
        }
    }

    /// True for the criteria that measure a day's counts by these, and look at them for nothing else: see [`Usual::allows`].
    pub fn is_measured_by(code: Code) -> bool {
        matches!(code, Code::P6 | Code::D2 | Code::D3 | Code::D5 | Code::V2 | Code::V4)
    }

    /// True if these criteria find nothing in the counts of a day, whatever the event that comes to them.
    pub fn allows(&self, today: &DayCount, profile: Option<&Workload>, knobs: &Volume) -> bool {
        let within = |count: f64, declared: Option<f64>, usual: &Series| match declared {
            Some(max) => count <= knobs.over_max * max,
            None => usual.excess(count, knobs.over_max, knobs) == 0.0,
        };
        let declared = profile.map(|profile| &profile.expect.volume);
        let total = declared.and_then(|volume| volume.events_per_day).map(|(_, max)| max as f64);
        let sensitive = declared.and_then(|volume| volume.sensitive_reads_per_day).map(|max| max as f64);
        within(f64::from(today.total), total, &self.total)
            && (today.sensitive == 0
                || (within(f64::from(today.sensitive), sensitive, &self.sensitive)
                    && self.slow_rise(f64::from(today.sensitive), knobs) == 0.0))
            && (today.privileged < knobs.min_t3
                || self.privileged.excess(f64::from(today.privileged), knobs.over_max_t3, knobs) == 0.0)
            && self.spread.excess(today.spread(), knobs.over_max, knobs) == 0.0
    }

    /// Sum of the deviations of the days since the baseline, as far as they exceed the slack.
    fn drift(&self, knobs: &Volume) -> f64 {
        *self.drift.get_or_init(|| self.since.iter().fold(0.0, |sum, count| q3((sum + self.step(*count, knobs)).max(0.0))))
    }

    /// What one day adds to a rise. A day that is strange by itself is for `D3` to tell, and counts like one that just is not.
    fn step(&self, count: f64, knobs: &Volume) -> f64 {
        self.anchor.z(count, knobs).min(knobs.z_low) - knobs.drift_slack
    }

    /// How high a slow rise of sensitive reads has become, from 0 to 1, counting today's so far.
    pub fn slow_rise(&self, today: f64, knobs: &Volume) -> f64 {
        if self.anchor.days < usize::from(knobs.drift_days) || self.anchor.level(knobs).median < knobs.small {
            return 0.0;
        }
        let sum = self.drift(knobs) + self.step(today, knobs);
        q3(((sum - knobs.drift_height) / knobs.drift_height).clamp(0.0, 1.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series(counts: &[f64]) -> Series {
        Series::of(counts.to_vec())
    }

    #[test]
    fn measures_against_the_workloads_own_days() {
        let knobs = Volume::default();
        let steady = series(&[100.0, 110.0, 95.0, 105.0, 98.0, 102.0, 101.0, 99.0]);
        assert_eq!(steady.level(&knobs).median, 100.5);
        for (count, expected) in [(120.0, 0.0), (160.0, 0.0), (340.0, 0.009), (2000.0, 1.0)] {
            assert!(
                (steady.excess(count, 1.5, &knobs) - expected).abs() < 0.02,
                "{count}: {}",
                steady.excess(count, 1.5, &knobs)
            );
        }
        // The same counts mean nothing to a workload of ups and downs.
        let wild = series(&[3.0, 900.0, 20.0, 1500.0, 7.0, 400.0, 60.0, 2.0]);
        assert_eq!(wild.excess(2000.0, 1.5, &knobs), 0.0);
        // Nor to one without history.
        assert_eq!(series(&[100.0; 3]).excess(9000.0, 1.5, &knobs), 0.0);
    }

    #[test]
    fn small_counts_follow_a_distribution() {
        let knobs = Volume::default();
        let rare = series(&[0.0, 1.0, 0.0, 0.0, 1.0, 0.0, 2.0, 0.0]);
        assert_eq!(rare.excess(4.0, 1.5, &knobs), 0.0);
        assert!(rare.excess(12.0, 1.5, &knobs) > 0.5);
        assert!(rare.excess(1e12, 1.5, &knobs) <= 1.0);
        // Poisson's tail at 10 with mean 1 is 1.1e-7; the bound is a little above.
        let poisson = Level { mean: 1.0, variance: 1.0, ..Level::default() };
        assert!((6.0..=7.0).contains(&poisson.tail(10.0)), "{}", poisson.tail(10.0));
    }

    #[test]
    fn medians() {
        assert_eq!(median(&mut [3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(&mut [4.0, 1.0, 2.0, 3.0]), 2.5);
        assert_eq!(median(&mut []), 0.0);
    }
}
