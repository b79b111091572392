use super::daily::in_order;
use crate::decode::{Name, day_of};
use crate::engine::{Case, Replay, Update, Verdict};
use crate::scenario::Scenario;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use vires_event::Millis;

/// Share of identity-days that is escalated.
const SHARE: f64 = 0.05;

pub(super) fn detect(scenario: &Scenario, seed: u64) -> Replay {
    let mut days: BTreeMap<(i64, Name), (Millis, Vec<u32>)> = BTreeMap::new();
    for (fact, identity, at) in in_order(&scenario.events.facts) {
        let day = days.entry((day_of(at), identity)).or_default();
        day.0 = at;
        day.1.push(fact.line);
    }
    let cases = days.into_iter().map(|((day, identity), (at, mut lines))| {
        lines.sort_unstable();
        let name = scenario.names.text(identity).to_string();
        let score = 100.0 * chance(seed, &[scenario.id(), &name, &day.to_string()]);
        let verdict = if score >= 100.0 * (1.0 - SHARE) { Verdict::Escalate } else { Verdict::Watch };
        let reasons = vec!["by chance".to_string()];
        let update = Update { at, verdict, score, boundaries: Vec::new(), lines, codes: Vec::new(), reasons };
        Case { id: format!("{day}-{name}"), identity: name.clone(), workload: name, updates: vec![update] }
    });
    Replay { cases: cases.collect() }
}

/// A number in [0, 1) that depends on the seed and the words alone.
pub(crate) fn chance(seed: u64, words: &[&str]) -> f64 {
    f64::from(generator(seed, words).next_u32()) / 4_294_967_296.0
}

/// A generator that depends on the seed and the words alone.
pub(crate) fn generator(seed: u64, words: &[&str]) -> ChaCha8Rng {
    let mut hasher = Sha256::new();
    hasher.update(seed.to_le_bytes());
    for word in words {
        hasher.update((word.len() as u64).to_le_bytes());
        hasher.update(word.as_bytes());
    }
    ChaCha8Rng::from_seed(hasher.finalize().into())
}
