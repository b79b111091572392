//! Where in a text one of many literals may start: a prefilter that looks at three bytes at every other position.
//!
//! A literal of four bytes or more covers an even position with its first or its second three bytes, so both are marked in a bit
//! table and only even positions are probed: about one load and one test for two bytes of text. It may say "maybe" where nothing
//! is (a false mark costs one anchored look-up), never the other way round.

/// A set of three-byte windows, hashed to 16 bits.
#[derive(Debug, Clone)]
pub(crate) struct Filter {
    bits: Box<[u64; 1024]>,
}

/// A literal that the probe at position `p` reports starts at `p - 1`, `p` or `p + 1`.
pub(crate) const REACH: usize = 1;

impl Filter {
    /// A filter for literals. One of a single byte makes it nearly useless, but not wrong; an empty one is passed over.
    pub(crate) fn new<'l>(literals: impl IntoIterator<Item = &'l [u8]>) -> Self {
        let mut filter = Filter { bits: Box::new([0; 1024]) };
        for literal in literals {
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

    /// The positions at which a window of the set stands, in ascending order. Texts shorter than four bytes yield position 0.
    #[inline]
    pub(crate) fn positions<'t>(&'t self, text: &'t [u8]) -> impl Iterator<Item = usize> + 't {
        // The last window is padded with the literal's own end missing: a literal that ends the text is found by its first three
        // bytes, or, if it starts at the odd position before, by its next three, which still lie inside the text.
        let windows = text.chunks_exact(2).zip(text.get(2..).unwrap_or(&[]).chunks(2)).enumerate();
        let long = windows.filter_map(|(n, (pair, next))| {
            let window = u32::from_le_bytes([pair[0], pair[1], next[0], 0]);
            let slot = slot(window);
            (self.bits[slot >> 6] >> (slot & 63) & 1 == 1).then_some(2 * n)
        });
        // A literal of one or two bytes at the very end has no third byte.
        let tail = (!text.is_empty()).then(|| text.len().saturating_sub(2));
        long.chain(tail)
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
            let positions: Vec<usize> = filter.positions(&text).collect();
            for literal in &literals {
                for start in (0..text.len()).filter(|&s| text[s..].starts_with(literal)) {
                    prop_assert!(positions.iter().any(|&p| p.abs_diff(start) <= REACH), "{literal:?} at {start} of {text:?}");
                }
            }
        }
    }
}
