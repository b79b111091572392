//! How a walk over a line sees it: 32 bytes a step where the processor can, else eight. Both see the same.

use super::plain::long_plain_text;
#[cfg(target_arch = "x86_64")]
use pulp::{cast, x86::V3};

pub(super) trait Look: Copy {
    /// Length of the prefix of printable ASCII without quote and backslash.
    fn plain_text(self, bytes: &[u8]) -> usize;

    /// What stands behind the first `length` bytes of `piece`, if `bytes` begin with these.
    fn behind<'b>(self, bytes: &'b [u8], piece: &[u8; 32], length: usize) -> Option<&'b [u8]>;
}

/// What is done with what [`eyes`] chose.
pub(super) trait Task {
    type Output;
    fn run<L: Look>(self, look: L) -> Self::Output;
}

/// What the processor can.
#[derive(Debug, Clone, Copy)]
pub(super) struct Eyes {
    #[cfg(target_arch = "x86_64")]
    wide: Option<V3>,
}

impl Default for Eyes {
    fn default() -> Self {
        Eyes {
            #[cfg(target_arch = "x86_64")]
            wide: V3::try_new(),
        }
    }
}

impl Eyes {
    /// Runs a task as fast as the processor can. Its [`Task::run`] must be inlined for that.
    #[inline(always)]
    pub(super) fn run<T: Task>(self, task: T) -> T::Output {
        #[cfg(target_arch = "x86_64")]
        if let Some(simd) = self.wide {
            return simd.vectorize(
                #[inline(always)]
                || task.run(Wide(simd)),
            );
        }
        task.run(Narrow)
    }
}

/// Without help of the processor.
#[derive(Clone, Copy)]
struct Narrow;

impl Look for Narrow {
    #[inline(always)]
    fn plain_text(self, bytes: &[u8]) -> usize {
        long_plain_text(bytes)
    }

    #[inline(always)]
    fn behind<'b>(self, bytes: &'b [u8], piece: &[u8; 32], length: usize) -> Option<&'b [u8]> {
        bytes.strip_prefix(piece.get(..length)?)
    }
}

/// With AVX2.
#[cfg(target_arch = "x86_64")]
#[derive(Clone, Copy)]
struct Wide(V3);

#[cfg(target_arch = "x86_64")]
impl Look for Wide {
    #[inline(always)]
    fn plain_text(self, bytes: &[u8]) -> usize {
        let Wide(simd) = self;
        let quote = simd.avx._mm256_set1_epi8(b'"' as i8);
        let slash = simd.avx._mm256_set1_epi8(b'\\' as i8);
        let blank = simd.avx._mm256_set1_epi8(b' ' as i8);
        let mut at = 0;
        while let Some(chunk) = bytes.get(at..).and_then(|rest| rest.first_chunk::<32>()) {
            let chunk = cast(*chunk);
            let either =
                simd.avx2._mm256_or_si256(simd.avx2._mm256_cmpeq_epi8(chunk, quote), simd.avx2._mm256_cmpeq_epi8(chunk, slash));
            // Bytes that are no ASCII are negative here.
            let special = simd.avx2._mm256_or_si256(either, simd.avx2._mm256_cmpgt_epi8(blank, chunk));
            let mask = simd.avx2._mm256_movemask_epi8(special);
            if mask != 0 {
                return at + mask.trailing_zeros() as usize;
            }
            at += 32;
        }
        at + long_plain_text(bytes.get(at..).unwrap_or_default())
    }

    #[inline(always)]
    fn behind<'b>(self, bytes: &'b [u8], piece: &[u8; 32], length: usize) -> Option<&'b [u8]> {
        let Wide(simd) = self;
        let Some(chunk) = bytes.first_chunk::<32>() else { return Narrow.behind(bytes, piece, length) };
        let equal = simd.avx2._mm256_movemask_epi8(simd.avx2._mm256_cmpeq_epi8(cast(*chunk), cast(*piece)));
        if ((!equal).trailing_zeros() as usize) < length {
            return None;
        }
        bytes.get(length..)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    struct Seen<'t>(&'t [u8], &'t [u8; 32], usize);

    impl Task for Seen<'_> {
        type Output = (usize, bool);
        fn run<L: Look>(self, look: L) -> Self::Output {
            let behind = look.behind(self.0, self.1, self.2);
            (look.plain_text(self.0), behind.is_some_and(|behind| *behind == self.0[self.2..]))
        }
    }

    proptest! {
        #[test]
        fn all_see_the_same(
            bytes in proptest::collection::vec(prop_oneof![30 => 0x20u8..0x7f, 1 => any::<u8>()], 0..100),
            change in 0..60usize, length in 0..=32usize,
        ) {
            let mut piece = [0; 32];
            piece.iter_mut().zip(&bytes).for_each(|(to, from)| *to = *from);
            if let Some(byte) = piece.get_mut(change) {
                *byte ^= 1;
            }
            let want = (
                bytes.iter().position(|b| !(0x20..0x80).contains(b) || matches!(b, b'"' | b'\\')).unwrap_or(bytes.len()),
                bytes.starts_with(&piece[..length]),
            );
            prop_assert_eq!(Seen(&bytes, &piece, length).run(Narrow), want);
            prop_assert_eq!(Eyes::default().run(Seen(&bytes, &piece, length)), want);
        }
    }
}
