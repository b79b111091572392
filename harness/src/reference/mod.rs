//! Detectors that anybody could write in an afternoon. They keep the result honest: what they reach too was not hard.

mod actions;
mod daily;
mod first_seen;
mod metadata;
mod random;
mod thresholds;

pub use metadata::metadata_only;
pub(crate) use random::generator;

use crate::engine::Replay;
use crate::scenario::Scenario;

/// A reference detector: sees a scenario's decoded events, never its labels.
#[derive(Clone, Copy)]
pub struct Reference {
    /// Its name in reports.
    pub name: &'static str,
    /// What it does, in a line.
    pub what: &'static str,
    /// Runs it.
    pub detect: fn(&Scenario, u64) -> Replay,
}

/// Name of the reference that is the shipped judge itself, left with nothing but habits; it has to replay, so it is no [`Reference`].
pub const HABITS_ALONE: &str = "baseline_only";

/// What it is.
pub const HABITS_ALONE_IS: &str =
    "the shipped judge with its default tuning on history alone: no declared profiles, exceptions or co-adoption";

/// All, in the order in which they are reported.
pub const REFERENCES: [Reference; 5] = [
    Reference { name: "random", what: "alerts on 5 % of identity-days by chance", detect: random::detect },
    Reference {
        name: "thresholds",
        what: "hourly volume above the estate's 99.9th percentile, 10 refused requests in an hour, privileged work at night",
        detect: thresholds::detect,
    },
    Reference { name: "action list", what: "every action of catalogue severity 4 or 5 that succeeds", detect: actions::detect },
    Reference {
        name: "first_seen",
        what: "a new action, network, autonomous system or user agent",
        detect: first_seen::detect,
    },
    Reference {
        name: "first_seen_sens",
        what: "first use weighed by what is touched: networks and tier 3 actions 1, confidential data .5, the rest .1",
        detect: first_seen::detect_weighed,
    },
];

impl std::fmt::Debug for Reference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

#[cfg(test)]
mod tests;
