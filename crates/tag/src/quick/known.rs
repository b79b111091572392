//! Short texts that were looked through and hold nothing: regions, agents, hosts and filters stand in one line as in the next, and
//! to find one again is sooner done than to look through it.

use super::plan::Holds;

/// What is kept: one text for each place, of which the last one counts.
#[derive(Debug, Default)]
pub(super) struct Known(Vec<Entry>);

#[derive(Debug, Clone)]
struct Entry {
    bytes: [u8; ROOM],
    length: u8,
    holds: Holds,
}

/// Longer texts are not kept.
const ROOM: usize = 126;
const PLACES: usize = 512;

impl Known {
    /// True if nothing stands in `text` of what would matter in a place that holds such.
    #[inline]
    pub(super) fn has(&self, text: &[u8], holds: Holds) -> bool {
        self.0.get(place(text)).is_some_and(|entry| {
            usize::from(entry.length) == text.len()
                && entry.holds == holds
                && entry.bytes.get(..text.len()).is_some_and(|bytes| bytes == text)
        })
    }

    /// Notes that nothing does.
    pub(super) fn note(&mut self, text: &[u8], holds: Holds) {
        if self.0.is_empty() {
            self.0.resize(PLACES, Entry { bytes: [0; ROOM], length: u8::MAX, holds });
        }
        if let Some(entry) = self.0.get_mut(place(text))
            && let Some(bytes) = entry.bytes.get_mut(..text.len())
        {
            bytes.copy_from_slice(text);
            (entry.length, entry.holds) = (text.len() as u8, holds);
        }
    }
}

/// Where a text is kept. Texts that differ elsewhere than at both ends and in the middle drive each other out.
#[inline]
fn place(text: &[u8]) -> usize {
    let middle = text.get(text.len() / 2..).unwrap_or_default();
    let (a, b, c) = match (text.first_chunk::<8>(), middle.first_chunk::<8>(), text.last_chunk::<8>()) {
        (Some(a), Some(b), Some(c)) => (u64::from_le_bytes(*a), u64::from_le_bytes(*b), u64::from_le_bytes(*c)),
        (Some(a), None, Some(c)) => (u64::from_le_bytes(*a), 0, u64::from_le_bytes(*c)),
        _ => match (text.first_chunk::<4>(), text.last_chunk::<4>()) {
            (Some(a), Some(c)) => (u64::from(u32::from_le_bytes(*a)), 0, u64::from(u32::from_le_bytes(*c))),
            _ => (text.iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte)), 0, 0),
        },
    };
    let mixed = (a ^ b.rotate_left(21) ^ c.rotate_left(42) ^ text.len() as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    (mixed >> 32) as usize % PLACES
}

/// Whether it is worth to ask for the texts of a place: of those that never repeat nobody asks, but for a try now and then.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Habit(u8);

/// So often in a row a text is not known before nobody asks. Then the count goes on to its end and begins anew.
const PATIENCE: u8 = 8;

impl Habit {
    /// True if somebody should ask.
    #[inline]
    pub(super) fn asks(&mut self) -> bool {
        let asks = self.0 < PATIENCE;
        self.0 = self.0.wrapping_add(1);
        asks
    }

    /// Notes that a text was known.
    #[inline]
    pub(super) fn repeats(&mut self) {
        self.0 = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn knows_what_was_noted_last_and_nothing_else(
            texts in proptest::collection::vec(("[ab]{0,4}|[ab]{15,20}|[ab]{120,140}", any::<bool>()), 1..60),
            other in "[ab]{0,4}|[ab]{15,20}|[ab]{120,140}",
        ) {
            let mut known = Known::default();
            let noted: Vec<_> = texts.iter().map(|(t, names)| (t, if *names { Holds::Names } else { Holds::Anything })).collect();
            for (text, holds) in &noted {
                known.note(text.as_bytes(), *holds);
                prop_assert_eq!(known.has(text.as_bytes(), *holds), text.len() <= ROOM);
            }
            for holds in [Holds::Names, Holds::Anything] {
                prop_assert!(!known.has(other.as_bytes(), holds) || noted.contains(&(&other, holds)));
            }
        }
    }

    #[test]
    fn asks_where_texts_repeat_and_seldom_where_they_do_not() {
        let run = |repeats: &dyn Fn(u32) -> bool| {
            let (mut habit, mut asked) = (Habit::default(), 0);
            for n in 0..10_000 {
                if habit.asks() {
                    asked += 1;
                    if repeats(n) {
                        habit.repeats();
                    }
                }
            }
            asked
        };
        assert_eq!(run(&|n| n % 4 == 0), 10_000);
        assert!((200..600).contains(&run(&|_| false)));
        assert!(run(&|n| n > 5_000) > 4_700);
    }
}
