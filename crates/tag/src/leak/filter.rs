//! Where in a text one of many literals may start: a prefilter that looks at three bytes at every other position.
//!
//! A literal of four bytes or more covers an even position with its first or its second three bytes, so both are marked in a bit
//! table and only even positions are probed: about one load and one test for two bytes of text. It may say "maybe" where nothing
//! is (a false mark costs one anchored look-up), never the other way round.

/// A set of three-byte windows, hashed to so many bits: few enough for the nearest cache, and so many that a short literal, which marks
/// hundreds of windows, makes few others look like it.
const BITS: u32 = 18;
const WORDS: usize = 1 << (BITS - 6);

/// A set of windows.
#[derive(Debug, Clone)]
pub(crate) struct Filter {
    bits: Box<[u64; WORDS]>,
    /// The first two bytes of each literal, exactly: settles nearly every false mark with one test.
    pairs: Box<[u64; 1024]>,
    /// There is a literal of one byte.
    single: bool,
}

/// A literal that the probe at position `p` reports starts at `p - 1`, `p` or `p + 1`.
pub(crate) const REACH: usize = 1;

impl Filter {
    /// A filter for literals. One of a single byte makes it nearly useless, but not wrong; an empty one is passed over.
    pub(crate) fn new<'l>(literals: impl IntoIterator<Item = &'l [u8]>) -> Self {
        let mut filter = Filter { bits: Box::new([0; WORDS]), pairs: Box::new([0; 1024]), single: false };
        for literal in literals {
            match *literal {
                [a, b, ..] => filter.mark_pair(a, b),
                [a] => {
                    filter.single = true;
                    (0..=255).for_each(|x| filter.mark_pair(a, x));
                }
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
            None => self.single,
        }
    }

    /// Calls `found` with the positions from `from` up to `to`, which must be the same for all literals that start in between, at
    /// which a window of the set stands, in ascending order, and with the last ones of the text, where no whole window fits.
    #[inline]
    pub(crate) fn positions(&self, text: &[u8], range: std::ops::Range<usize>, mut found: impl FnMut(usize)) {
        // One window back, for a literal that starts between two probes; one on, for the one at the very end.
        let mut at = range.start.saturating_sub(REACH);
        let end = range.end.saturating_add(REACH).min(text.len());
        // Four windows, two bytes apart, of each eight bytes: nearly always all are clear. The first begins in the eight before.
        let mut last = 0;
        for bytes in text.get(at..end).unwrap_or_default().chunks_exact(8) {
            let mut word = [0; 8];
            word.copy_from_slice(bytes);
            let word = u64::from_le_bytes(word);
            let marks = [self.bits(last >> 48 | word << 16), self.bits(word), self.bits(word >> 16), self.bits(word >> 32)];
            if (marks[0] | marks[1] | marks[2] | marks[3]) & 1 != 0 {
                (0..4).filter(|&n| marks[n] & 1 != 0).for_each(|n| found((at + 2 * n).saturating_sub(2)));
            }
            last = word;
            at += 8;
        }
        at = at.saturating_sub(2);
        while at < end {
            let marked = match text.get(at..at + 3) {
                Some(window) => self.bits(u64::from(u32::from_le_bytes([window[0], window[1], window[2], 0]))) & 1 != 0,
                // Nearly never: most texts end in no literal's beginning.
                None => (at.saturating_sub(REACH)..=at + REACH).any(|start| self.starts(text, start)),
            };
            if marked {
                found(at);
            }
            at += 2;
        }
    }

    /// True if `begins` is for some position of the text at which a literal may start.
    #[inline]
    pub(crate) fn any(&self, text: &[u8], begins: impl Fn(usize) -> bool) -> bool {
        let (chunks, rest) = text.as_chunks::<8>();
        let mut last = 0;
        for (n, chunk) in chunks.iter().enumerate() {
            let word = u64::from_le_bytes(*chunk);
            let [a, b, c, d] = self.marks(last, word);
            if (a | b | c | d) & 1 != 0 && self.any_marked(text, 8 * n, self.marks(last, word), &begins) {
                return true;
            }
            last = word;
        }
        let end = text.len() - rest.len();
        (end.saturating_sub(2 + REACH)..text.len()).any(|start| self.starts(text, start) && begins(start))
    }

    /// Of the four windows that end in a word the marks, in the lowest bits.
    #[inline(always)]
    fn marks(&self, last: u64, word: u64) -> [u64; 4] {
        [self.bits(last >> 48 | word << 16), self.bits(word), self.bits(word >> 16), self.bits(word >> 32)]
    }

    /// Out of line, so that the loop over the text has the registers to itself.
    #[inline(never)]
    fn any_marked(&self, text: &[u8], at: usize, marks: [u64; 4], begins: &impl Fn(usize) -> bool) -> bool {
        (0..4).filter(|&n| marks[n] & 1 != 0).any(|n| {
            let position = (at + 2 * n).saturating_sub(2);
            let starts = position.saturating_sub(REACH)..=position + REACH;
            starts.into_iter().any(|start| self.starts(text, start) && begins(start))
        })
    }

    /// The lowest bit is 1 if the window in the low three bytes is of the set.
    #[inline(always)]
    fn bits(&self, word: u64) -> u64 {
        let slot = slot(word as u32);
        self.bits[slot >> 6] >> (slot & 63)
    }
}

/// Fibonacci hashing of the low three bytes: the high bits of the product depend on all of them, and not on the fourth.
#[inline(always)]
fn slot(window: u32) -> usize {
    ((window << 8).wrapping_mul(0x9E37_79B1) >> (32 - BITS)) as usize
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
            from in 0..40usize,
            some in 0..60usize,
        ) {
            let filter = Filter::new(literals.iter().map(Vec::as_slice));
            let mut positions = Vec::new();
            let from = from.min(text.len());
            filter.positions(&text, from..text.len().min(from + some), |p| positions.push(p));
            for literal in &literals {
                for start in (from..text.len().min(from + some)).filter(|&s| text[s..].starts_with(literal)) {
                    prop_assert!(filter.starts(&text, start));
                    prop_assert!(positions.iter().any(|&p| p.abs_diff(start) <= REACH), "{literal:?} at {start} of {text:?}");
                    prop_assert!(filter.any(&text, |other| other == start), "{literal:?} at {start} of {text:?}");
                }
            }
        }
    }
}
