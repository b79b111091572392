//! What one thread remembers from line to line: few identities write most lines of a log.

use crate::identity::Votes;
use rustc_hash::FxHasher;
use std::hash::Hasher;
use vires_event::Effect;

/// What the catalogue says of an action.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ActionFacts {
    /// Index of the row, if the action is a sensitive one.
    pub row: Option<u32>,
    pub effect: Effect,
}

/// Answers that repeat from line to line, and buffers. Bounded: no log can make it grow, and forgetting changes no answer.
#[derive(Debug, Default)]
pub struct Memo {
    pub(crate) actions: Cache<ActionFacts>,
    pub(crate) votes: Cache<Votes>,
    pub(crate) key: Vec<u8>,
    pub(crate) lower: Vec<u8>,
}

/// Slots of a cache.
const SLOTS: usize = 2048;

/// A longer key is not kept: computing its answer again is the lesser evil.
pub(crate) const MAX_KEY: usize = 4096;

/// A direct-mapped cache: a key has one slot, a newcomer takes it. Whoever forces collisions forces misses, nothing worse.
#[derive(Debug)]
pub(crate) struct Cache<V> {
    slots: Vec<Option<(Box<[u8]>, V)>>,
}

impl<V> Default for Cache<V> {
    fn default() -> Self {
        Cache { slots: Vec::new() }
    }
}

impl<V: Copy> Cache<V> {
    /// The answer for `key`: kept, or made and kept.
    pub(crate) fn get_or(&mut self, key: &[u8], make: impl FnOnce() -> V) -> V {
        if key.len() > MAX_KEY {
            return make();
        }
        if self.slots.is_empty() {
            self.slots.resize_with(SLOTS, || None);
        }
        let mut hasher = FxHasher::default();
        hasher.write(key);
        let slot = &mut self.slots[hasher.finish() as usize % SLOTS];
        if let Some((known, value)) = slot
            && **known == *key
        {
            return *value;
        }
        let value = make();
        *slot = Some((key.into(), value));
        value
    }
}

#[cfg(test)]
mod tests {
    use super::{Cache, MAX_KEY, SLOTS};

    #[test]
    fn answers_as_if_nothing_were_kept() {
        let mut cache = Cache::default();
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
