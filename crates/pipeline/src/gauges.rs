use crate::clock::now;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};

/// What is so rather than counted, shown beside the counters in their file. What does not apply is absent.
#[derive(Debug, Default)]
pub struct Gauges {
    /// Seconds since 1970; 0 where there is no state.
    state_saved: AtomicU64,
    /// 1 for no, 2 for yes; 0 where there is no baseline.
    stale_catalogue: AtomicU8,
}

/// One gauge with its name, in JSON and in Prometheus, and what it says.
pub(crate) struct Gauge {
    pub(crate) name: &'static str,
    pub(crate) metric: &'static str,
    pub(crate) help: &'static str,
    pub(crate) value: u64,
}

impl Gauges {
    /// The state's file now holds all that was judged.
    pub fn state_is_saved(&self) {
        // For people and alarms; nothing is judged by it.
        let seconds = u64::try_from(now() / 1000).unwrap_or(0);
        self.state_saved.store(seconds.max(1), Ordering::Relaxed);
    }

    /// Whether the baseline was learned with another catalogue than the one that is in force.
    pub fn catalogue_is_stale(&self, stale: bool) {
        self.stale_catalogue.store(1 + u8::from(stale), Ordering::Relaxed);
    }

    pub(crate) fn list(&self) -> impl Iterator<Item = Gauge> {
        let saved = Some(self.state_saved.load(Ordering::Relaxed)).filter(|at| *at > 0);
        let stale = self.stale_catalogue.load(Ordering::Relaxed).checked_sub(1);
        let saved = saved.map(|value| Gauge {
            name: "state_saved",
            metric: "state_saved_timestamp_seconds",
            help: "When the state's file last held all that was judged, in seconds since 1970.",
            value,
        });
        let stale = stale.map(|stale| Gauge {
            name: "stale_catalogue",
            metric: "stale_catalogue",
            help: "1 if the baseline was learned with another catalogue.",
            value: stale.into(),
        });
        saved.into_iter().chain(stale)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_apply_is_absent() {
        let gauges = Gauges::default();
        let shown = || gauges.list().map(|gauge| (gauge.name, gauge.value)).collect::<Vec<_>>();
        assert!(shown().is_empty());
        gauges.catalogue_is_stale(false);
        assert_eq!(shown(), [("stale_catalogue", 0)]);
        gauges.catalogue_is_stale(true);
        gauges.state_is_saved();
        assert_eq!(shown()[1], ("stale_catalogue", 1));
        assert!(shown()[0].1 > 1_700_000_000);
    }
}
