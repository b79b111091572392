//! Texts that mean themselves: printable ASCII without quote and backslash.

/// Length of the prefix of printable ASCII without quote and backslash. Eight bytes a step, as in the index.
#[inline]
pub(super) fn plain_text(bytes: &[u8]) -> usize {
    let (chunks, rest) = bytes.as_chunks::<8>();
    let mut done = 0;
    for chunk in chunks {
        let plain = plain_bytes(*chunk);
        if plain < chunk.len() {
            return done + plain;
        }
        done += chunk.len();
    }
    done + rest.iter().position(|b| !is_plain(*b)).unwrap_or(rest.len())
}

/// The same, sooner for long texts.
#[inline]
pub(super) fn long_plain_text(bytes: &[u8]) -> usize {
    let (chunks, _) = bytes.as_chunks::<16>();
    // Without an early end the loop over a chunk is one step of the machine.
    let plain = |chunk: &&[u8; 16]| chunk.iter().fold(true, |all, b| all & is_plain(*b));
    let done = 16 * chunks.iter().take_while(plain).count();
    done + plain_text(bytes.get(done..).unwrap_or_default())
}

pub(super) fn is_plain(b: u8) -> bool {
    (0x20..0x80).contains(&b) & (b != b'"') & (b != b'\\')
}

/// How many of the bytes stand before the first that is not plain.
#[inline]
pub(super) fn plain_bytes(chunk: [u8; 8]) -> usize {
    const ONES: u64 = u64::from_le_bytes([1; 8]);
    const HIGH: u64 = u64::from_le_bytes([0x80; 8]);
    let w = u64::from_le_bytes(chunk);
    let quote = w ^ (ONES * b'"' as u64);
    let slash = w ^ (ONES * b'\\' as u64);
    let special = w.wrapping_sub(ONES * 0x20) | quote.wrapping_sub(ONES) | slash.wrapping_sub(ONES) | w;
    // A byte with its high bit set marks itself; of the others the borrow marks the lowest that is special, and maybe more.
    ((special & HIGH).trailing_zeros() / 8) as usize
}

/// True if the bytes are those of numbers, times of day, addresses and hexadecimal ids alone: below `A`, or from the grave accent to
/// `f`.
#[inline]
pub fn is_like_a_number(bytes: &[u8]) -> bool {
    let strange = |b: u8| (0x41..0x60).contains(&b) || b > b'f';
    let (chunks, rest) = bytes.as_chunks::<16>();
    // No early end: the loop over a chunk is one step of the machine.
    let any = chunks.iter().fold(false, |any, chunk| any | chunk.iter().fold(false, |any, b| any | strange(*b)));
    !any && !rest.iter().fold(false, |any, b| any | strange(*b))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn both_ends_are_found(bytes in proptest::collection::vec(prop_oneof![9 => 0x20u8..0x7f, 1 => any::<u8>()], 0..70)) {
            let want = bytes.iter().position(|b| !is_plain(*b)).unwrap_or(bytes.len());
            prop_assert_eq!((plain_text(&bytes), long_plain_text(&bytes)), (want, want));
            for chunk in bytes.as_chunks::<8>().0 {
                prop_assert_eq!(plain_bytes(*chunk), chunk.iter().position(|b| !is_plain(*b)).unwrap_or(8));
            }
        }

        #[test]
        fn numbers_are_told_from_words(text in "[0-9a-f:.-]{0,40}", other in "[A-Zg-z_~]") {
            prop_assert!(is_like_a_number(text.as_bytes()));
            let (before, after) = text.split_at(text.len() / 2);
            let word = [before, other.as_str(), after].concat();
            prop_assert!(!is_like_a_number(word.as_bytes()));
        }
    }
}
