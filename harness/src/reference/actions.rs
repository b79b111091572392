use super::daily::{Points, in_order};
use crate::engine::Replay;
use crate::scenario::Scenario;

/// From this catalogue severity on an action is on the list.
const SEVERE: u8 = 4;

pub(super) fn detect(scenario: &Scenario, _seed: u64) -> Replay {
    let mut points = Points::default();
    for event in in_order(&scenario.events.facts) {
        let fact = event.0;
        let Some(severity) = fact.severity.filter(|s| *s >= SEVERE && !fact.denied()) else { continue };
        let why = format!("{} is on the list of dangerous actions", scenario.names.text(fact.action));
        points.add(scenario, event, f64::from(severity) / f64::from(SEVERE), why);
    }
    points.replay()
}
