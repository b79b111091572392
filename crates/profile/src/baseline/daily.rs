use super::Day;
use crate::observation::{Observation, stable_hash};
use serde::{Deserialize, Serialize};
use vires_event::Outcome;

/// How many of the latest active days keep their counts.
pub const DAYS_KEPT: usize = 64;

/// What a workload did on one day, in numbers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Row", into = "Row")]
pub struct DayCount {
    /// The day.
    pub day: Day,
    /// Successful requests of tier 3 and 4.
    pub privileged: u16,
    /// Refused requests.
    pub denied: u16,
    /// All requests.
    pub total: u32,
    /// Reads of data of class 2 and 3.
    pub sensitive: u32,
    /// One bit per bucket of touched targets: see [`DayCount::spread`].
    pub buckets: u64,
}

type Row = (Day, u32, u32, u16, u16, String);

impl From<DayCount> for Row {
    fn from(d: DayCount) -> Row {
        (d.day, d.total, d.sensitive, d.privileged, d.denied, format!("{:x}", d.buckets))
    }
}

impl From<Row> for DayCount {
    fn from((day, total, sensitive, privileged, denied, buckets): Row) -> DayCount {
        DayCount { day, privileged, denied, total, sensitive, buckets: u64::from_str_radix(&buckets, 16).unwrap_or(0) }
    }
}

impl DayCount {
    /// What one observation adds.
    pub fn of(o: &Observation<'_>) -> DayCount {
        let count = u32::try_from(o.count).unwrap_or(u32::MAX);
        let small = u16::try_from(o.count).unwrap_or(u16::MAX);
        let worked = !matches!(o.outcome, Some(Outcome::Denied | Outcome::Error));
        DayCount {
            day: o.day(),
            total: count,
            sensitive: if o.sensitive_read() { count } else { 0 },
            privileged: if o.tier >= 3 && worked { small } else { 0 },
            denied: if o.denied() { small } else { 0 },
            buckets: o.datasets.iter().fold(0, |b, name| b | 1 << (stable_hash(name.as_bytes()) >> 58)),
        }
    }

    /// Sum of two counts of the same day. Counts stop at their type's maximum.
    pub fn plus(self, other: DayCount) -> DayCount {
        DayCount {
            day: self.day,
            privileged: self.privileged.saturating_add(other.privileged),
            denied: self.denied.saturating_add(other.denied),
            total: self.total.saturating_add(other.total),
            sensitive: self.sensitive.saturating_add(other.sensitive),
            buckets: self.buckets | other.buckets,
        }
    }

    /// The greater of two counts of the same day: what is certain where the same records may have been counted twice.
    pub fn max(self, other: DayCount) -> DayCount {
        DayCount {
            day: self.day,
            privileged: self.privileged.max(other.privileged),
            denied: self.denied.max(other.denied),
            total: self.total.max(other.total),
            sensitive: self.sensitive.max(other.sensitive),
            buckets: self.buckets | other.buckets,
        }
    }

    /// About how many distinct targets were touched, by linear counting over 64 buckets (so at most 266).
    pub fn spread(self) -> f64 {
        let empty = f64::from(self.buckets.count_zeros()).max(1.0);
        64.0 * (64.0 / empty).ln()
    }
}

/// Counts by day, ascending, of the last [`DAYS_KEPT`] active days.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Daily(Vec<DayCount>);

impl Daily {
    /// Adds to a day's counts.
    pub fn add(&mut self, count: DayCount) {
        self.put(count, DayCount::plus);
    }

    fn put(&mut self, count: DayCount, join: fn(DayCount, DayCount) -> DayCount) {
        // Almost always the last day.
        match self.0.last_mut() {
            Some(last) if last.day == count.day => *last = join(*last, count),
            Some(last) if last.day > count.day => match self.0.binary_search_by_key(&count.day, |d| d.day) {
                Ok(at) => {
                    if let Some(found) = self.0.get_mut(at) {
                        *found = join(*found, count);
                    }
                }
                Err(0) if self.0.len() >= DAYS_KEPT => {}
                Err(at) => {
                    self.0.insert(at, count);
                    self.trim();
                }
            },
            _ => {
                // Mostly there is one day, or few.
                if self.0.len() == self.0.capacity() {
                    self.0.reserve_exact((self.0.len() / 4).max(1));
                }
                self.0.push(count);
                self.trim();
            }
        }
    }

    /// Gives back room for days to come.
    pub(super) fn shrink(&mut self) {
        self.0.shrink_to_fit();
    }

    fn trim(&mut self) {
        let excess = self.0.len().saturating_sub(DAYS_KEPT);
        self.0.drain(..excess);
    }

    /// Joins with the counts of other records (`plus`), or of records that may be the same (`max`).
    pub fn merge(&mut self, other: &Daily, join: fn(DayCount, DayCount) -> DayCount) {
        for count in &other.0 {
            self.put(*count, join);
        }
    }

    /// The counts, ascending by day.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &DayCount> + ExactSizeIterator {
        self.0.iter()
    }

    /// The counts of one day.
    pub fn on(&self, day: Day) -> Option<&DayCount> {
        self.0.binary_search_by_key(&day, |d| d.day).ok().and_then(|at| self.0.get(at))
    }

    /// True if days ascend and none is too many: what a file must satisfy.
    pub(super) fn is_sound(&self) -> bool {
        self.0.len() <= DAYS_KEPT && self.0.is_sorted_by(|a, b| a.day < b.day)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn daily(rows: &[(Day, u32)]) -> Daily {
        let mut daily = Daily::default();
        for (day, total) in rows {
            daily.add(DayCount { day: *day, total: *total, ..DayCount::default() });
        }
        daily
    }

    #[test]
    fn spread_counts_targets() {
        assert!(DayCount::default().spread().abs() < 1e-9);
        assert!((DayCount { buckets: 1, ..DayCount::default() }.spread() - 1.0).abs() < 0.02);
        assert!(DayCount { buckets: u64::MAX, ..DayCount::default() }.spread() > 200.0);
    }

    proptest! {
        #[test]
        fn keeps_the_latest_days_in_any_order(a in prop::collection::vec((0u16..100, 1u32..9), 0..150), b in prop::collection::vec((0u16..100, 1u32..9), 0..80)) {
            let mut merged = daily(&a);
            merged.merge(&daily(&b), DayCount::plus);
            let mut other = daily(&b);
            other.merge(&daily(&a), DayCount::plus);
            let all: Vec<_> = b.iter().rev().chain(a.iter().rev()).copied().collect();
            prop_assert!(merged.is_sound());
            prop_assert_eq!(&merged, &other);
            prop_assert_eq!(&merged, &daily(&all));
        }
    }
}
