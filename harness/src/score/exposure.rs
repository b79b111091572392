use crate::decode::day_of;
use crate::scenario::{Mark, Scenario};
use rustc_hash::{FxHashMap, FxHashSet};

/// How much there was that must stay quiet. A property of the scenario, not of what judges it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Exposure {
    /// Events labelled neither malicious nor ambiguous; one that was delivered twice is one.
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
    let mut seen = FxHashSet::default();
    for fact in &scenario.events.facts {
        let loud = matches!(scenario.truth.mark(fact.line), Some(Mark::Malicious(_) | Mark::Ambiguous));
        // Several records may bear one id (stages of a request, a correlation): the same in every respect is the same event.
        let again =
            fact.event.is_some_and(|id| !seen.insert((id, fact.at, fact.identity, fact.action, fact.target, fact.shape)));
        quiet_events += u64::from(!loud && !again);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::{Filter, find, load_all};
    use crate::testing::{decoder, write_scenario};

    #[test]
    fn what_is_delivered_twice_happened_once() {
        let of = |events: &[&str]| {
            let dir = tempfile::tempdir().unwrap();
            write_scenario(dir.path(), "s", "f", "noise", events, "");
            let corpus = load_all(&find(&[dir.path().to_path_buf()]).unwrap(), &Filter::default(), decoder()).unwrap();
            exposure(&corpus.scenarios[0])
        };
        let (a, b) =
            ("e1 2026-03-01T10:00:00Z web s3:GetObject 198.51.100.1", "e2 2026-03-01T10:00:01Z web s3:GetObject 198.51.100.1");
        assert_eq!(of(&[a, b, a, b, a]), of(&[a, b]));
        assert_eq!(of(&[a, b]).quiet_events, 2);
        // Two records of one id, as the stages of a request are.
        assert_eq!(of(&[a, "e1 2026-03-01T10:00:02Z web s3:GetObject 198.51.100.1"]).quiet_events, 2);
    }
}
