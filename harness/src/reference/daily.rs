use crate::decode::{Fact, Name, day_of};
use crate::engine::{Case, Replay, Update, Verdict};
use crate::scenario::Scenario;
use rustc_hash::FxHashSet;
use std::collections::BTreeMap;
use vires_event::Millis;

/// The events of non-human identities in the order of time, duplicates left out.
pub(super) fn in_order(facts: &[Fact]) -> Vec<(&Fact, Name, Millis)> {
    let mut seen = FxHashSet::default();
    let mut all: Vec<(&Fact, Name, Millis)> = facts
        .iter()
        .filter(|f| !f.human && f.event.is_none_or(|event| seen.insert(event)))
        .filter_map(|f| Some((f, f.identity?, f.at?)))
        .collect();
    all.sort_by_key(|(fact, _, at)| (*at, fact.line));
    all
}

/// Points that an identity earns in a day; it is escalated at one point.
#[derive(Debug, Default)]
pub(super) struct Points {
    cases: BTreeMap<(i64, Name), Case>,
    order: Vec<(i64, Name)>,
}

impl Points {
    /// Adds points for an event.
    pub(super) fn add(&mut self, scenario: &Scenario, (fact, identity, at): (&Fact, Name, Millis), points: f64, why: String) {
        let key = (day_of(at), identity);
        let case = self.cases.entry(key).or_insert_with(|| {
            self.order.push(key);
            let name = scenario.names.text(identity).to_string();
            Case { id: format!("{}-{name}", key.0), identity: name.clone(), workload: name, updates: Vec::new() }
        });
        let last = case.updates.last();
        let score = (last.map_or(0.0, |u| u.score) + 50.0 * points).min(100.0);
        let mut lines = last.map_or(Vec::new(), |u| u.lines.clone());
        let mut reasons = last.map_or(Vec::new(), |u| u.reasons.clone());
        // A detector that finds something in every event says the same of all.
        if lines.len() < 64 {
            lines.push(fact.line);
            lines.sort_unstable();
            lines.dedup();
        }
        if reasons.len() < 4 && !reasons.contains(&why) {
            reasons.push(why);
        }
        let verdict = if score >= 49.999 { Verdict::Escalate } else { Verdict::Watch };
        let update = Update { at, verdict, score, boundaries: Vec::new(), lines, codes: Vec::new(), reasons };
        // Only what changes something is a state of its own: the list stays short.
        let many = case.updates.len() >= 64;
        match case.updates.last_mut() {
            Some(last) if many && last.verdict == verdict => *last = update,
            _ => case.updates.push(update),
        }
    }

    /// Raises an identity's day to at least this many points.
    pub(super) fn raise(&mut self, scenario: &Scenario, event: (&Fact, Name, Millis), points: f64, why: String) {
        let key = (day_of(event.2), event.1);
        let now = self.cases.get(&key).and_then(|case| case.updates.last()).map_or(0.0, |u| u.score / 50.0);
        if points > now {
            self.add(scenario, event, points - now, why);
        }
    }

    /// All cases in the order in which they were opened.
    pub(super) fn replay(mut self) -> Replay {
        Replay { cases: self.order.iter().filter_map(|key| self.cases.remove(key)).collect() }
    }
}
