use super::daily::{Points, in_order};
use crate::engine::Replay;
use crate::scenario::Scenario;
use rustc_hash::FxHashMap;

/// A detector that sees only how records are written: which members they have and what their ids look like. If it finds the attacks,
/// the corpus gives them away by something that no real attack would.
pub fn metadata_only(scenario: &Scenario, _seed: u64) -> Replay {
    let mut shapes: FxHashMap<u64, u32> = FxHashMap::default();
    let facts = || scenario.history.facts.iter().chain(&scenario.events.facts);
    for fact in facts() {
        *shapes.entry(fact.shape).or_default() += 1;
    }
    let total = facts().count().max(1) as f64;
    let mut points = Points::default();
    for event in in_order(&scenario.events.facts) {
        let seen = f64::from(shapes.get(&event.0.shape).copied().unwrap_or(1));
        let bits = (total / seen).log2();
        // Only ever the rarest record of a day counts: a sum would measure volume.
        points.raise(scenario, event, bits / 20.0, "rarely looks like this".to_string());
    }
    points.replay()
}
