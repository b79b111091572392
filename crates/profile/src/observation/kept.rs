//! What one thread remembers from record to record: most records of a log repeat who acted, with which tool and from where.

use super::{credential_hash, network_of, stable_hash, ua_family};
use std::borrow::Cow;

/// Places of a memory, in pairs: a newcomer takes the second of its pair, what is met again the first.
const PLACES: usize = 2048;

/// A longer key is not kept.
const MAX_KEY: usize = 1024;

/// Answers by text. Bounded, and forgetting changes no answer.
#[derive(Debug)]
pub struct Kept<V>(Vec<Option<(Box<str>, V)>>);

impl<V> Default for Kept<V> {
    fn default() -> Self {
        Kept(Vec::new())
    }
}

impl<V> Kept<V> {
    /// The answer for `key`: the one that is kept, or the one that `make` makes.
    pub fn of<R>(&mut self, key: &str, make: impl FnOnce() -> V, read: impl FnOnce(&V) -> R) -> R {
        if key.len() > MAX_KEY {
            return read(&make());
        }
        if self.0.is_empty() {
            self.0.resize_with(PLACES, || None);
        }
        let first = ((stable_hash(key.as_bytes()) >> 32) as usize % PLACES) & !1;
        let holds = |place: Option<&Option<(Box<str>, V)>>| place.and_then(Option::as_ref).is_some_and(|(k, _)| **k == *key);
        if !holds(self.0.get(first)) {
            if !holds(self.0.get(first + 1))
                && let Some(second) = self.0.get_mut(first + 1)
            {
                *second = Some((key.into(), make()));
            }
            self.0.swap(first, first + 1);
        }
        #[expect(clippy::expect_used, reason = "found or put there above: `first` is even and below the number of places")]
        read(&self.0.get(first).and_then(Option::as_ref).expect("kept above").1)
    }
}

/// What [`super::Observation::recalling`] would compute again and again.
#[derive(Debug, Default)]
pub struct Habits {
    agents: Kept<Box<str>>,
    credentials: Kept<u64>,
    networks: Kept<Option<Box<str>>>,
}

impl Habits {
    pub(super) fn credential(&mut self, id: &str) -> u64 {
        self.credentials.of(id, || credential_hash(id), |hash| *hash)
    }

    pub(super) fn agent(&mut self, agent: &str) -> Option<String> {
        self.agents.of(agent, || ua_family(agent).into(), |family| (!family.is_empty()).then(|| family.to_string()))
    }

    pub(super) fn network(&mut self, ip: Option<&str>, endpoint: Option<&str>, asn: Option<&str>) -> Option<Cow<'static, str>> {
        let Some(ip) = ip.filter(|ip| !ip.trim().is_empty() && endpoint.is_none_or(str::is_empty)) else {
            return network_of(ip, endpoint, asn).map(Cow::Owned);
        };
        let make = || network_of(Some(ip), None, None).map(Into::into);
        self.networks.of(ip, make, |network: &Option<Box<str>>| network.as_deref().map(|n| Cow::Owned(n.to_owned())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_as_if_nothing_were_kept() {
        let mut kept: Kept<usize> = Kept::default();
        let mut made = 0;
        for round in 0..3 {
            for n in 0..2 * PLACES {
                let key = format!("key {n}");
                assert_eq!(kept.of(&key, || n, |n| *n), n, "round {round}");
            }
            for key in ["alike", &"long".repeat(MAX_KEY)] {
                for _ in 0..2 {
                    assert_eq!(
                        kept.of(
                            key,
                            || {
                                made += 1;
                                7
                            },
                            |n| *n
                        ),
                        7
                    );
                }
            }
        }
        assert_eq!(made, 3 + 6);
        assert!(kept.0.len() == PLACES);
    }

    #[test]
    fn habits_are_what_they_are_made_of() {
        let mut habits = Habits::default();
        for _ in 0..2 {
            for (ip, endpoint, asn) in [
                (Some("203.0.113.9"), None, Some("AS64500")),
                (Some("203.0.113.9"), Some("vpce-1a2b"), None),
                (Some("203.0.113.9"), Some(""), None),
                (Some(" "), None, Some("AS64500")),
                (None, None, None),
            ] {
                let expected = network_of(ip, endpoint, asn);
                assert_eq!(habits.network(ip, endpoint, asn).as_deref(), expected.as_deref(), "{ip:?} {endpoint:?} {asn:?}");
            }
            assert_eq!(habits.agent("Boto3/1.26").as_deref(), Some("boto3"));
            assert_eq!(habits.agent(" "), None);
            assert_eq!(habits.credential("AKIAIOSFODNN7EXAMPLE"), credential_hash("AKIAIOSFODNN7EXAMPLE"));
        }
    }
}
