use super::daily::{Points, in_order};
use crate::decode::{Fact, Name};
use crate::engine::Replay;
use crate::scenario::Scenario;
use rustc_hash::FxHashSet;

/// A value of one facet of one identity.
type Seen = FxHashSet<(Name, &'static str, Name)>;

fn facets(fact: &Fact) -> [(&'static str, Option<Name>); 6] {
    [
        ("zone", fact.zone),
        ("action", Some(fact.action)),
        ("resource", fact.target),
        ("asn", fact.asn),
        ("user agent", fact.ua),
        ("region", fact.region),
    ]
}

fn learn(scenario: &Scenario) -> Seen {
    let mut seen = Seen::default();
    for (fact, identity, _) in in_order(&scenario.history.facts) {
        for (facet, value) in facets(fact) {
            seen.extend(value.map(|value| (identity, facet, value)));
        }
    }
    seen
}

/// Walks the test window and weighs each value that an identity never had before.
fn weigh(scenario: &Scenario, weight: impl Fn(&Fact, &str) -> f64) -> Replay {
    let mut seen = learn(scenario);
    let mut points = Points::default();
    for event in in_order(&scenario.events.facts) {
        let (fact, identity, _) = event;
        for (facet, value) in facets(fact) {
            let Some(value) = value else { continue };
            if !seen.insert((identity, facet, value)) {
                continue;
            }
            let weight = weight(fact, facet);
            if weight > 0.0 {
                points.add(scenario, event, weight, format!("first use of {facet} {}", scenario.names.text(value)));
            }
        }
    }
    points.replay()
}

pub(super) fn detect(scenario: &Scenario, _seed: u64) -> Replay {
    weigh(scenario, |_, facet| match facet {
        "zone" | "action" | "asn" | "user agent" => 1.0,
        _ => 0.0,
    })
}

pub(super) fn detect_weighed(scenario: &Scenario, _seed: u64) -> Replay {
    weigh(scenario, |fact, facet| match facet {
        "zone" => 1.0,
        "action" if fact.tier >= 3 => 1.0,
        "resource" if fact.data_class >= Some(2) => 0.5,
        _ => 0.1,
    })
}
