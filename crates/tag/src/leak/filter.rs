//! Where in a text one of many literals may start: a prefilter that looks at three bytes at every other position.
//!
//! A literal of four bytes or more covers an even position with its first or its second three bytes, so both are marked in a bit
//! table and only even positions are probed: about one load and one test for two bytes of text. It may say "maybe" where nothing
//! is (a false mark costs one anchored look-up), never the other way round.

/// A set of three-byte windows, hashed to 16 bits.
#[derive(Debug, Clone)]
pub(crate) struct Filter {
    bits: Box<[u64; 1024]>,
    /// The first two bytes of each literal, exactly: settles nearly every false mark with one test.
    pairs: Box<[u64; 1024]>,
}

/// A literal that the probe at position `p` reports starts at `p - 1`, `p` or `p + 1`.
pub(crate) const REACH: usize = 1;

impl Filter {
    /// A filter for literals. One of a single byte makes it nearly useless, but not wrong; an empty one is passed over.
    pub(crate) fn new<'l>(literals: impl IntoIterator<Item = &'l [u8]>) -> Self {
        let mut filter = Filter { bits: Box::new([0; 1024]), pairs: Box::new([0; 1024]) };
        for literal in literals {
            match *literal {
                [a, b, ..] => filter.mark_pair(a, b),
                [a] => (0..=255).for_each(|x| filter.mark_pair(a, x)),
                [] => {}
            }
            match *literal {
                [a, b, c, d, ..] => {
                    filter.mark(a, b, c);
                    filter.mark(b, c, d);
                }
                [a, b, c] => {
                    filter.mark(a, b, c);
                    (0..=255).for_each(|x| filter.mark(b, c, x));
                }
                [a, b] => (0..=255).for_each(|x| {
                    filter.mark(a, b, x);
                    filter.mark(x, a, b);
                }),
                [a] => (0..=255).for_each(|x| {
                    (0..=255).for_each(|y| {
                        filter.mark(a, x, y);
                        filter.mark(x, a, y);
                    });
                }),
                [] => {}
            }
        }
        filter
    }

    fn mark(&mut self, a: u8, b: u8, c: u8) {
        let slot = slot(u32::from_le_bytes([a, b, c, 0]));
        self.bits[slot >> 6] |= 1 << (slot & 63);
    }

    fn mark_pair(&mut self, a: u8, b: u8) {
        let pair = usize::from(u16::from_le_bytes([a, b]));
        self.pairs[pair >> 6] |= 1 << (pair & 63);
    }

    /// True if a literal may start with the byte at `start` and the one behind it.
    #[inline]
    pub(crate) fn starts(&self, text: &[u8], start: usize) -> bool {
        match text.get(start..start + 2) {
            Some(pair) => {
                let pair = usize::from(u16::from_le_bytes([pair[0], pair[1]]));
                self.pairs[pair >> 6] >> (pair & 63) & 1 == 1
            }
            None => true,
        }
    }

    /// Calls `found` with the positions at which a window of the set stands, in ascending order, and with the last ones, where no
    /// whole window fits.
    #[inline]
    pub(crate) fn positions(&self, text: &[u8], mut found: impl FnMut(usize)) {
        let mut at = 0;
        // Three windows, at even positions, from one load of eight bytes: nearly always all three are clear.
        while let Some(bytes) = text.get(at..at + 8) {
            let mut word = [0; 8];
            word.copy_from_slice(bytes);
            let word = u64::from_le_bytes(word);
            let marks = [self.bit(word), self.bit(word >> 16), self.bit(word >> 32)];
            if marks[0] | marks[1] | marks[2] != 0 {
                (0..3).filter(|&n| marks[n] != 0).for_each(|n| found(at + 2 * n));
            }
            at += 6;
        }
        for position in (at..text.len()).step_by(2) {
            match text.get(position..position + 3) {
                Some(window) => {
                    if self.bit(u64::from(u32::from_le_bytes([window[0], window[1], window[2], 0]))) != 0 {
                        found(position);
                    }
                }
                None => found(position),
            }
        }
    }

    /// 1 if the window in the low three bytes is of the set.
    #[inline(always)]
    fn bit(&self, word: u64) -> u64 {
        let slot = slot(word as u32 & 0x00ff_ffff);
        self.bits[slot >> 6] >> (slot & 63) & 1
    }
}

/// Fibonacci hashing: the high bits of the product depend on all three bytes.
#[inline]
fn slot(window: u32) -> usize {
    (window.wrapping_mul(0x9E37_79B1) >> 16) as usize
}

#[cfg(test)]
mod tests {
    use super::{Filter, REACH};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn misses_no_literal(
            literals in proptest::collection::vec(proptest::collection::vec(97u8..101, 1..6), 1..6),
            text in proptest::collection::vec(97u8..103, 0..40),
        ) {
            let filter = Filter::new(literals.iter().map(Vec::as_slice));
            let mut positions = Vec::new();
            filter.positions(&text, |p| positions.push(p));
            for literal in &literals {
                for start in (0..text.len()).filter(|&s| text[s..].starts_with(literal)) {
                    prop_assert!(filter.starts(&text, start));
                    prop_assert!(positions.iter().any(|&p| p.abs_diff(start) <= REACH), "{literal:?} at {start} of {text:?}");
                }
            }
        }
    }
}
