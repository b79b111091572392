//! How records are told apart on a byte stream. One file per protocol.

mod len32;
mod lines;
mod netstring;
pub(crate) mod omprog;

/// The framing of records, the same on input and output.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Codec {
    /// One record per line.
    #[default]
    Lines,
    /// `<decimal length>:<record>,`
    Netstring,
    /// Four bytes of length, big-endian, then the record.
    Len32,
}

/// What the start of a buffer holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cut {
    /// Whole records up to this offset.
    Complete(usize),
    /// Not even one record yet.
    More,
    /// The first record is longer than the limit.
    Long(Rest),
    /// Bytes that are no record, and no way to tell where the next one starts.
    Broken,
}

/// How much of an over-long record is still to come, counted from its first byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rest {
    /// All up to the next LF, which belongs to it.
    UntilLf,
    /// That many bytes, framing included.
    Bytes(u64),
}

/// One record in a block of whole records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Frame<'a> {
    pub(crate) record: &'a [u8],
    /// Offset of the next frame in the block.
    pub(crate) next: usize,
}

impl Codec {
    /// Looks for whole records in `buffer`, of which an earlier look at the first `seen` bytes found none.
    pub(crate) fn cut(self, buffer: &[u8], seen: usize, max: usize) -> Cut {
        match self {
            Codec::Lines => lines::cut(buffer, seen, max),
            Codec::Netstring => netstring::cut(buffer, max),
            Codec::Len32 => len32::cut(buffer, max),
        }
    }

    /// The record that starts at offset `at` of a block. `None` at its end.
    #[inline]
    pub(crate) fn frame(self, block: &[u8], at: usize) -> Option<Frame<'_>> {
        match self {
            Codec::Lines => lines::frame(block, at),
            Codec::Netstring => netstring::frame(block, at),
            Codec::Len32 => len32::frame(block, at),
        }
    }

    /// The same where it is known how long the record is.
    #[inline]
    pub(crate) fn frame_of(self, block: &[u8], at: usize, length: usize) -> Option<Frame<'_>> {
        match self {
            Codec::Lines => Some(Frame { record: block.get(at..at + length)?, next: at + length + 1 }),
            Codec::Netstring | Codec::Len32 => self.frame(block, at),
        }
    }

    /// Makes a frame of the answer that stands in `out` from `start` on.
    #[inline]
    pub(crate) fn close(self, out: &mut Vec<u8>, start: usize) {
        match self {
            Codec::Lines => out.push(b'\n'),
            Codec::Netstring => netstring::close(out, start),
            Codec::Len32 => len32::close(out, start),
        }
    }

    /// The number of whole records at the start of `bytes`.
    pub(crate) fn count(self, bytes: &[u8]) -> u64 {
        if self == Codec::Lines {
            return memchr::memchr_iter(b'\n', bytes).count() as u64;
        }
        let Cut::Complete(end) = self.cut(bytes, 0, usize::MAX) else { return 0 };
        let (mut at, mut n) = (0, 0);
        while let Some(frame) = self.frame(&bytes[..end], at) {
            at = frame.next;
            n += 1;
        }
        n
    }
}

#[cfg(test)]
mod tests {
    use super::{Codec, Cut};
    use proptest::prelude::*;

    fn framed(codec: Codec, records: &[Vec<u8>]) -> Vec<u8> {
        let mut out = Vec::new();
        for record in records {
            let start = out.len();
            out.extend_from_slice(record);
            codec.close(&mut out, start);
        }
        out
    }

    proptest! {
        #[test]
        fn what_is_closed_is_cut_and_framed_again(
            records in proptest::collection::vec(proptest::collection::vec(any::<u8>().prop_filter("LF", |b| *b != b'\n'), 0..40), 1..6),
            tail in 0usize..3,
        ) {
            for codec in [Codec::Lines, Codec::Netstring, Codec::Len32] {
                let whole = framed(codec, &records);
                let mut bytes = whole.clone();
                bytes.extend(&whole[..tail.min(whole.len() - 1)]);
                let Cut::Complete(end) = codec.cut(&bytes, 0, 1000) else { panic!("{codec:?}") };
                let (mut at, mut seen) = (0, Vec::new());
                while let Some(frame) = codec.frame(&bytes[..end], at) {
                    seen.push(frame.record.to_vec());
                    at = frame.next;
                }
                prop_assert!(end >= whole.len());
                prop_assert_eq!(&seen[..records.len()], &records[..]);
                prop_assert_eq!(codec.count(&whole), records.len() as u64);
            }
        }

        #[test]
        fn any_bytes_are_cut_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
            for codec in [Codec::Lines, Codec::Netstring, Codec::Len32] {
                if let Cut::Complete(end) = codec.cut(&bytes, 0, 20) {
                    prop_assert!(end > 0 && end <= bytes.len());
                    let mut at = 0;
                    while let Some(frame) = codec.frame(&bytes[..end], at) {
                        prop_assert!(frame.next > at && frame.next <= end);
                        at = frame.next;
                    }
                    prop_assert_eq!(at, end);
                }
            }
        }
    }
}
