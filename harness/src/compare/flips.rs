use crate::scenario::Scenario;
use crate::score::{FalseCase, Fate, Outcome};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A decision that is another one under the other tuning.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flip {
    /// Scenario id.
    pub scenario: String,
    /// Attack instance; for a false case the identity.
    pub instance: String,
    /// What it was: `caught`, `missed`, `queued`, `false` or `quiet`.
    pub from: String,
    /// What it is now.
    pub to: String,
    /// What the judge said where it spoke.
    pub reason: String,
}

/// All decisions that differ, in the order of the scenarios.
pub fn flips(scenarios: &[Scenario], a: &[Outcome], b: &[Outcome]) -> Vec<Flip> {
    let mut all = Vec::new();
    for ((scenario, a), b) in scenarios.iter().zip(a).zip(b) {
        for (was, is) in a.instances.iter().zip(&b.instances).filter(|(was, is)| was.fate != is.fate) {
            let spoke = if is.fate == Fate::Caught || was.reasons.is_empty() { is } else { was };
            all.push(Flip {
                scenario: scenario.id().to_string(),
                instance: is.name.clone(),
                from: was.fate.as_str().to_string(),
                to: is.fate.as_str().to_string(),
                reason: spoke.reasons.first().cloned().unwrap_or_default(),
            });
        }
        let (was, is) = (by_identity(a), by_identity(b));
        let gone = was.iter().filter(|(identity, _)| !is.contains_key(*identity)).map(|(i, c)| (i, c, "false", "quiet"));
        let new = is.iter().filter(|(identity, _)| !was.contains_key(*identity)).map(|(i, c)| (i, c, "quiet", "false"));
        for (identity, case, from, to) in gone.chain(new) {
            all.push(Flip {
                scenario: scenario.id().to_string(),
                instance: identity.to_string(),
                from: from.to_string(),
                to: to.to_string(),
                reason: case.reasons.first().cloned().unwrap_or_default(),
            });
        }
    }
    all
}

fn by_identity(outcome: &Outcome) -> BTreeMap<&str, &FalseCase> {
    outcome.false_cases.iter().rev().map(|case| (case.identity.as_str(), case)).collect()
}
