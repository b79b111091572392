use crate::decode::day_of;
use crate::scenario::{Mark, Scenario};
use rustc_hash::{FxHashMap, FxHashSet};

/// How much there was that must stay quiet. A property of the scenario, not of what judges it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Exposure {
    /// Events labelled neither malicious nor ambiguous.
    pub quiet_events: u64,
    /// Identities that have such events.
    pub quiet_identities: usize,
    /// Days on which a non-human identity acted and nothing it did was malicious or ambiguous.
    pub quiet_identity_days: u64,
    /// All days on which a non-human identity acted.
    pub identity_days: u64,
}

/// Counts them.
pub fn exposure(scenario: &Scenario) -> Exposure {
    let mut days: FxHashMap<(crate::decode::Name, i64), bool> = FxHashMap::default();
    let mut identities = FxHashSet::default();
    let mut quiet_events = 0;
    for fact in &scenario.events.facts {
        let loud = matches!(scenario.truth.mark(fact.line), Some(Mark::Malicious(_) | Mark::Ambiguous));
        quiet_events += u64::from(!loud);
        let Some(identity) = fact.identity.filter(|_| !fact.human) else { continue };
        if !loud {
            identities.insert(identity);
        }
        if let Some(at) = fact.at {
            *days.entry((identity, day_of(at))).or_default() |= loud;
        }
    }
    Exposure {
        quiet_events,
        quiet_identities: identities.len(),
        quiet_identity_days: days.values().filter(|loud| !**loud).count() as u64,
        identity_days: days.len() as u64,
    }
}
