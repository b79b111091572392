//! What one thread remembers from line to line: few identities write most lines of a log.

use crate::identity::Votes;
use crate::resource::Texts;
use rustc_hash::FxHasher;
use std::hash::Hasher;
use vires_event::{Effect, Source};

/// What the catalogue says of an action.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ActionFacts {
    /// Index of the row, if the action is a sensitive one.
    pub row: Option<u32>,
    pub effect: Effect,
    /// See [`vires_catalog::Catalog::most_severity`].
    pub most: Option<u8>,
    /// The action's name has the shape of a credential somewhere.
    pub hides: bool,
}

/// Answers that repeat from line to line, and buffers. Bounded: no log can make it grow, and forgetting changes no answer.
#[derive(Debug, Default)]
pub struct Memo {
    pub(crate) actions: Cache<ActionFacts>,
    pub(crate) votes: Cache<Votes>,
    /// Of an identity's names: whether any has the shape of a credential somewhere.
    pub(crate) names: Cache<bool>,
    pub(crate) clean: Clean,
    pub(crate) key: Vec<u8>,
    pub(crate) texts: Texts,
}

/// Parts of records (see [`vires_source::json::Value::part`]) in which no literal of a credential stands that means anything there.
#[derive(Debug, Default)]
pub(crate) struct Clean(Vec<[u64; WAYS]>);

impl Clean {
    pub(crate) fn holds(&self, part: u64, source: Option<Source>) -> bool {
        let mark = mark(part, source);
        self.0.get(set(mark)).is_some_and(|set| set.contains(&mark))
    }

    pub(crate) fn note(&mut self, part: u64, source: Option<Source>) {
        let mark = mark(part, source);
        if self.0.is_empty() {
            self.0.resize(SLOTS / WAYS, [0; WAYS]);
        }
        let set = &mut self.0[set(mark)];
        set.rotate_right(1);
        set[0] = mark;
    }
}

/// A part and the source that says what belongs in it. Never zero.
fn mark(part: u64, source: Option<Source>) -> u64 {
    part * (Source::ALL.len() as u64 + 1) + source.map_or(0, |s| s as u64 + 1)
}

fn set(mark: u64) -> usize {
    (mark.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32) as usize % (SLOTS / WAYS)
}

/// Slots of a cache.
const SLOTS: usize = 2048;

/// A longer key is not kept: computing its answer again is the lesser evil.
pub(crate) const MAX_KEY: usize = 4096;

/// Slots that a key may have: with one, two keys that share it would drive each other out at every other line.
const WAYS: usize = 4;

/// A cache of sets: a key has one set, a newcomer takes the place of the set's oldest. Whoever forces collisions forces misses,
/// nothing worse.
#[derive(Debug)]
pub(crate) struct Cache<V, const SIZE: usize = 2048> {
    sets: Vec<Set<V>>,
}

#[derive(Debug)]
struct Set<V> {
    ways: [Option<(Box<[u8]>, V)>; WAYS],
    next: usize,
}

impl<V, const SIZE: usize> Default for Cache<V, SIZE> {
    fn default() -> Self {
        Cache { sets: Vec::new() }
    }
}

impl<V, const SIZE: usize> Cache<V, SIZE> {
    /// The answer for `key`, if it is kept.
    pub(crate) fn get(&self, key: &[u8]) -> Option<&V> {
        let set = self.sets.get(set_of(key) % (SIZE / WAYS))?;
        set.ways.iter().flatten().find(|(known, _)| **known == *key).map(|(_, value)| value)
    }

    /// Keeps the answer for a key that has none.
    pub(crate) fn put(&mut self, key: &[u8], value: V) {
        if key.len() > MAX_KEY {
            return;
        }
        if self.sets.is_empty() {
            self.sets.resize_with(SIZE / WAYS, || Set { ways: [None, None, None, None], next: 0 });
        }
        let set = &mut self.sets[set_of(key) % (SIZE / WAYS)];
        set.ways[set.next % WAYS] = Some((key.into(), value));
        set.next = set.next.wrapping_add(1);
    }
}

impl<V: Copy, const SIZE: usize> Cache<V, SIZE> {
    /// The answer for `key`: kept, or made and kept.
    pub(crate) fn get_or(&mut self, key: &[u8], make: impl FnOnce() -> V) -> V {
        if let Some(value) = self.get(key) {
            return *value;
        }
        let value = make();
        self.put(key, value);
        value
    }
}

fn set_of(key: &[u8]) -> usize {
    let mut hasher = FxHasher::default();
    hasher.write(key);
    hasher.finish() as usize
}

#[cfg(test)]
mod tests {
    use super::{Cache, Clean, MAX_KEY, SLOTS};
    use vires_event::Source;

    #[test]
    fn a_part_is_clean_for_one_source() {
        let mut clean = Clean::default();
        let sources = || std::iter::once(None).chain(Source::ALL.iter().copied().map(Some));
        for source in sources() {
            assert!(!clean.holds(7, source));
            clean.note(7, source);
            assert!(clean.holds(7, source) && !clean.holds(8, source));
        }
        // Some may have been forgotten since, but not most.
        assert!(sources().filter(|s| clean.holds(7, *s)).count() > Source::ALL.len() / 2);
    }

    #[test]
    fn answers_as_if_nothing_were_kept() {
        let mut cache: Cache<u64> = Cache::default();
        for round in 0..3u64 {
            for n in 0..2 * SLOTS as u64 {
                let made = cache.get_or(&n.to_le_bytes(), || n * n);
                assert_eq!(made, n * n, "round {round}");
            }
        }
        let mut calls = 0;
        for _ in 0..2 {
            cache.get_or(b"kept", || {
                calls += 1;
                7
            });
            cache.get_or(&[0; MAX_KEY + 1], || {
                calls += 10;
                7
            });
        }
        assert_eq!(calls, 21);
    }
}
