//! Whether one of many literals stands in a text: four bytes of each are looked for at once, 32 places a step.
//!
//! Of each literal the four bytes are taken that are rarest in logs. The windows are dealt to sixteen buckets, one bit each, and tables
//! by the low and the high half of a byte say which buckets allow it at each of the four places: where all agree, a window may stand.
//! What passes is told by the bytes of the window, exactly but for a few collisions, and then by the literals that have them. Without
//! AVX2 there is none, and [`super::leak::filter`] does the work.

#[cfg(target_arch = "x86_64")]
use pulp::x86::V3 as Simd;

/// No other processor is made use of.
#[cfg(not(target_arch = "x86_64"))]
#[derive(Debug, Clone, Copy)]
enum Simd {}

#[cfg(not(target_arch = "x86_64"))]
impl Simd {
    fn try_new() -> Option<Self> {
        None
    }
}

/// So many buckets: one bit each of so many bytes.
const BUCKETS: usize = 8 * GROUPS;
const GROUPS: usize = 2;
/// Places of a window.
const PLACES: usize = 4;
/// Bits of the table that tells them.
const BITS: u32 = 15;

/// A set of literals.
#[derive(Debug)]
pub(crate) struct Sieve {
    simd: Simd,
    /// By place: the buckets that allow a byte with such a low half, and with such a high half.
    low: [[[u8; 16]; PLACES]; GROUPS],
    high: [[[u8; 16]; PLACES]; GROUPS],
    /// The bytes of windows, hashed: of whole ones, and the first three of those that a literal's end cuts.
    whole: Box<[u64; 1 << (BITS - 6)]>,
    cut: Box<[u64; 1 << (BITS - 6)]>,
    /// The first three bytes of each window, and the window, in order.
    windows: Box<[(u32, Window)]>,
    literals: Box<[Box<[u8]>]>,
}

/// Where a literal has its rarest bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Window {
    literal: u16,
    offset: u16,
}

impl Sieve {
    /// `None` if the processor cannot do it, or there is a literal that the sieve is too coarse for.
    pub(crate) fn new<'l>(literals: impl IntoIterator<Item = &'l [u8]>) -> Option<Self> {
        let simd = Simd::try_new()?;
        let literals: Box<[Box<[u8]>]> = literals.into_iter().map(Into::into).collect();
        if literals.iter().any(|literal| literal.len() < 2 || !literal.is_ascii()) || u16::try_from(literals.len()).is_err() {
            return None;
        }
        let mut rarest_first: Vec<(f32, u16, usize)> = (0u16..)
            .zip(&literals)
            .map(|(number, literal)| {
                let offset = rarest(literal);
                (rarity(literal, offset), number, offset)
            })
            .collect();
        // What is common finds its bucket first: a rare one is easily put beside it.
        rarest_first.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        let mut buckets = [Bucket::default(); BUCKETS];
        let (mut whole, mut cut) = (Box::new([0u64; 1 << (BITS - 6)]), Box::new([0u64; 1 << (BITS - 6)]));
        let mut windows = Vec::new();
        for (_, number, offset) in rarest_first {
            let literal = literals.get(usize::from(number))?;
            let window = window(literal, offset);
            let wider = buckets.map(|bucket| {
                let wider = bucket.with(window);
                (wider, wider.cost() - bucket.cost())
            });
            let best = (0..BUCKETS).min_by(|a, b| wider[*a].1.total_cmp(&wider[*b].1))?;
            buckets[best] = wider[best].0;
            let mut note = |first: u32| windows.push((first, Window { literal: number, offset: offset as u16 }));
            match window {
                [Some(a), Some(b), Some(c), Some(d)] => {
                    mark(&mut whole, u32::from_le_bytes([a, b, c, d]));
                    note(u32::from_le_bytes([a, b, c, 0]));
                }
                [Some(a), Some(b), third, _] => {
                    // What follows a literal of two bytes may be anything.
                    for c in third.map_or(0..=255, |c| c..=c) {
                        let first = u32::from_le_bytes([a, b, c, 0]);
                        mark(&mut cut, first);
                        note(first);
                    }
                }
                _ => return None,
            }
        }
        let (mut low, mut high) = ([[[0; 16]; PLACES]; GROUPS], [[[0; 16]; PLACES]; GROUPS]);
        for (number, bucket) in buckets.iter().enumerate() {
            let (group, bit) = (number / 8, number % 8);
            for (place, (lows, highs, _)) in bucket.0.iter().enumerate() {
                for half in 0..16 {
                    low[group][place][half] |= u8::from(lows >> half & 1 == 1) << bit;
                    high[group][place][half] |= u8::from(highs >> half & 1 == 1) << bit;
                }
            }
        }
        windows.sort_unstable();
        Some(Sieve { simd, low, high, whole, cut, windows: windows.into(), literals })
    }

    /// True if a literal occurs in `text`.
    #[inline]
    pub(crate) fn any(&self, text: &[u8]) -> bool {
        #[cfg(target_arch = "x86_64")]
        return self.simd.vectorize(wide::Search { sieve: self, text });
        #[cfg(not(target_arch = "x86_64"))]
        match self.simd {}
    }

    /// True if a literal stands where the places of `mask`, counted from `at`, say that its window may. Out of line, so that the loop
    /// over the text has the registers to itself.
    #[inline(never)]
    fn stands(&self, text: &[u8], at: usize, mut mask: u32) -> bool {
        while mask != 0 {
            let place = at + mask.trailing_zeros() as usize;
            mask &= mask - 1;
            let bytes = match text.get(place..).and_then(|rest| rest.first_chunk::<PLACES>()) {
                Some(bytes) => *bytes,
                None => std::array::from_fn(|n| text.get(place + n).copied().unwrap_or_default()),
            };
            let four = u32::from_le_bytes(bytes);
            let three = four & 0x00ff_ffff;
            if (is_marked(&self.whole, four) || is_marked(&self.cut, three)) && self.is_one(text, place, three) {
                return true;
            }
        }
        false
    }

    /// True if a literal stands around the window at `place`, which begins with these bytes.
    #[inline(never)]
    fn is_one(&self, text: &[u8], place: usize, first: u32) -> bool {
        let from = self.windows.partition_point(|(known, _)| *known < first);
        self.windows[from..].iter().take_while(|(known, _)| *known == first).any(|(_, window)| {
            let literal = self.literals.get(usize::from(window.literal));
            let start = place.checked_sub(usize::from(window.offset));
            literal.zip(start).is_some_and(|(literal, start)| text.get(start..).is_some_and(|rest| rest.starts_with(literal)))
        })
    }
}

fn mark(bits: &mut [u64; 1 << (BITS - 6)], bytes: u32) {
    bits[slot(bytes) >> 6] |= 1 << (slot(bytes) & 63);
}

#[inline(always)]
fn is_marked(bits: &[u64; 1 << (BITS - 6)], bytes: u32) -> bool {
    bits[slot(bytes) >> 6] >> (slot(bytes) & 63) & 1 == 1
}

/// The place of some bytes among the bits that tell windows.
#[inline(always)]
fn slot(bytes: u32) -> usize {
    (bytes.wrapping_mul(0x9E37_79B1) >> (32 - BITS)) as usize
}

/// The bytes of a literal's window; `None` behind its end.
fn window(literal: &[u8], offset: usize) -> [Option<u8>; PLACES] {
    std::array::from_fn(|n| literal.get(offset + n).copied())
}

/// Where in a literal the rarest window stands.
fn rarest(literal: &[u8]) -> usize {
    let last = literal.len().saturating_sub(PLACES);
    (0..=last).min_by(|a, b| rarity(literal, *a).total_cmp(&rarity(literal, *b))).unwrap_or_default()
}

/// About how often a window stands in the texts of logs.
fn rarity(literal: &[u8], offset: usize) -> f32 {
    window(literal, offset).iter().flatten().map(|byte| share(*byte)).product()
}

/// See [`share_of`].
static SHARES: [f32; 256] = {
    let mut shares = [0.0; 256];
    let mut byte = 0;
    while byte < 256 {
        shares[byte] = share_of(byte as u8);
        byte += 1;
    }
    shares
};

fn share(byte: u8) -> f32 {
    SHARES[usize::from(byte)]
}

/// About how often a byte stands in the texts of logs.
const fn share_of(byte: u8) -> f32 {
    match byte {
        b'a' | b'e' | b'i' | b'n' | b'o' | b'r' | b's' | b't' => 0.055,
        b'a'..=b'z' => 0.022,
        b'0'..=b'9' => 0.025,
        b'A'..=b'Z' => 0.005,
        b'-' | b'.' | b'/' | b':' => 0.015,
        b'_' | b' ' => 0.004,
        0x21..=0x7e => 0.001,
        _ => 0.0002,
    }
}

/// What a bucket allows at each place: halves of bytes, low and high, and about how often a byte is allowed.
#[derive(Debug, Clone, Copy, Default)]
struct Bucket([(u16, u16, f32); PLACES]);

impl Bucket {
    fn with(mut self, window: [Option<u8>; PLACES]) -> Self {
        for ((low, high, share), byte) in self.0.iter_mut().zip(window) {
            let (more_low, more_high) = match byte {
                Some(byte) => (*low | 1 << (byte & 15), *high | 1 << (byte >> 4)),
                None => (u16::MAX, u16::MAX),
            };
            if (more_low, more_high) != (*low, *high) {
                (*low, *high, *share) = (more_low, more_high, allowed(more_low, more_high));
            }
        }
        self
    }

    /// About how often a place of a text passes.
    fn cost(self) -> f32 {
        self.0.iter().map(|(.., share)| share).product()
    }
}

/// How often a byte of these halves stands in the texts of logs.
fn allowed(low: u16, high: u16) -> f32 {
    halves(high).flat_map(|top| halves(low).map(move |bottom| share(top << 4 | bottom))).sum()
}

/// The halves of a set, which are few.
fn halves(mut set: u16) -> impl Iterator<Item = u8> {
    std::iter::from_fn(move || {
        let half = (set != 0).then(|| set.trailing_zeros() as u8)?;
        set &= set - 1;
        Some(half)
    })
}

#[cfg(target_arch = "x86_64")]
mod wide {
    use super::{PLACES, Sieve};
    use pulp::x86::V3;
    use pulp::{NullaryFnOnce, cast};
    use std::arch::x86_64::__m256i;

    /// Places that are looked at in one step.
    const STEP: usize = 32;
    /// What a step sees.
    const SEEN: usize = STEP + PLACES - 1;

    /// What stands in a step that begins so many places on.
    #[inline(always)]
    fn step(seen: &[u8; SEEN], from: usize) -> Option<__m256i> {
        Some(cast(*seen.get(from..)?.first_chunk::<STEP>()?))
    }

    /// The high halves of all bytes.
    #[inline(always)]
    fn top(simd: V3, half: __m256i, bytes: __m256i) -> __m256i {
        simd.avx2._mm256_and_si256(simd.avx2._mm256_srli_epi16::<4>(bytes), half)
    }

    /// The buckets of a group that allow what stands at each place and behind it. Of the first two a byte that is no
    /// ASCII has none.
    #[inline(always)]
    fn allowed(
        simd: V3,
        low: &[[u8; 16]; PLACES],
        high: &[[u8; 16]; PLACES],
        (bytes, tops): ([__m256i; PLACES], [__m256i; PLACES]),
    ) -> __m256i {
        let table = |half: [u8; 16]| simd.avx2._mm256_broadcastsi128_si256(cast(half));
        let at = |place: usize| {
            simd.avx2._mm256_and_si256(
                simd.avx2._mm256_shuffle_epi8(table(low[place]), bytes[place]),
                simd.avx2._mm256_shuffle_epi8(table(high[place]), tops[place]),
            )
        };
        simd.avx2._mm256_and_si256(simd.avx2._mm256_and_si256(at(0), at(1)), simd.avx2._mm256_and_si256(at(2), at(3)))
    }

    pub(super) struct Search<'s, 't> {
        pub(super) sieve: &'s Sieve,
        pub(super) text: &'t [u8],
    }

    impl NullaryFnOnce for Search<'_, '_> {
        type Output = bool;

        #[inline(always)]
        fn call(self) -> bool {
            let Search { sieve, text } = self;
            let simd = sieve.simd;
            let (low, high) = (&sieve.low, &sieve.high);
            let (half, none) = (simd.avx._mm256_set1_epi8(15), simd.avx._mm256_setzero_si256());
            let mut end;
            let mut at = 0;
            while at < text.len() {
                let rest = text.get(at..).unwrap_or_default();
                let seen = match rest.first_chunk::<SEEN>() {
                    Some(seen) => seen,
                    None => {
                        end = [0; SEEN];
                        end.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
                        &end
                    }
                };
                let (Some(a), Some(b), Some(c), Some(d)) = (step(seen, 0), step(seen, 1), step(seen, 2), step(seen, 3)) else {
                    return true;
                };
                // Behind a short literal may stand what is no ASCII, which the shuffle would take for nothing.
                let (c_low, d_low) = (simd.avx2._mm256_and_si256(c, half), simd.avx2._mm256_and_si256(d, half));
                let halves =
                    ([a, b, c_low, d_low], [top(simd, half, a), top(simd, half, b), top(simd, half, c), top(simd, half, d)]);
                let passed = simd
                    .avx2
                    ._mm256_or_si256(allowed(simd, &low[0], &high[0], halves), allowed(simd, &low[1], &high[1], halves));
                let mask = !simd.avx2._mm256_movemask_epi8(simd.avx2._mm256_cmpeq_epi8(passed, none)) as u32;
                if mask != 0 && sieve.stands(text, at, mask) {
                    return true;
                }
                at += STEP;
            }
            false
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Sieve;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn finds_what_is_there(
            literals in proptest::collection::vec("[ab]{2,4}|[a-c]{2,9}|[A-Z_.~-]{2,12}", 1..40),
            text in "[a-dA-F_.é]{0,120}", one in 0..40usize, at in 0..200usize,
        ) {
            let Some(sieve) = Sieve::new(literals.iter().map(|l| l.as_bytes())) else { return Ok(()) };
            let mut text = text.into_bytes();
            let has = |text: &[u8]| literals.iter().any(|l| text.windows(l.len()).any(|w| w == l.as_bytes()));
            prop_assert_eq!(sieve.any(&text), has(&text));
            let at = at.min(text.len());
            text.splice(at..at, literals[one % literals.len()].bytes());
            prop_assert!(sieve.any(&text));
        }
    }
}
