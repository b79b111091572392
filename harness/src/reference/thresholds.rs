use super::daily::{Points, in_order};
use crate::decode::{Fact, Name};
use crate::engine::Replay;
use crate::scenario::Scenario;
use crate::stats::quantile;
use rustc_hash::FxHashMap;

const HOUR: i64 = 3_600_000;
/// Refused requests in an hour that are too many.
const REFUSED: u32 = 10;

pub(super) fn detect(scenario: &Scenario, _seed: u64) -> Replay {
    let highest = highest_hour(&scenario.history.facts);
    let mut hours: FxHashMap<(Name, i64), (u32, u32)> = FxHashMap::default();
    let mut points = Points::default();
    for event in in_order(&scenario.events.facts) {
        let (fact, identity, at) = event;
        let count = hours.entry((identity, at.div_euclid(HOUR))).or_default();
        count.0 += 1;
        count.1 += u32::from(fact.denied());
        if highest.is_some_and(|highest| f64::from(count.0 - 1) <= highest && f64::from(count.0) > highest) {
            points.add(scenario, event, 1.0, format!("{} events in an hour", count.0));
        }
        if fact.denied() && count.1 == REFUSED {
            points.add(scenario, event, 1.0, format!("{REFUSED} refused requests in an hour"));
        }
        let hour = at.div_euclid(HOUR).rem_euclid(24);
        if fact.tier >= 3 && !fact.denied() && !(6..22).contains(&hour) {
            points.add(scenario, event, 1.0, "privileged action at night".to_string());
        }
    }
    points.replay()
}

/// The 99.9th percentile of events an hour over all identities and hours in which they acted. `None` without history.
fn highest_hour(history: &[Fact]) -> Option<f64> {
    let mut hours: FxHashMap<(Name, i64), u32> = FxHashMap::default();
    for (_, identity, at) in in_order(history) {
        *hours.entry((identity, at.div_euclid(HOUR))).or_default() += 1;
    }
    let counts: Vec<f64> = hours.values().map(|n| f64::from(*n)).collect();
    quantile(&counts, 0.999)
}
