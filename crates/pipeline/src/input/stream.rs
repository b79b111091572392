use super::bytes::Bytes;
use super::records::Splitter;
use crate::protocol::{Codec, Cut, Rest};
use std::io;
use std::os::fd::BorrowedFd;

/// Size of the blocks that workers take: fits the second-level cache together with what is written.
pub(crate) const BLOCK: usize = 256 << 10;

/// The most that is asked of a source at once.
const READ: usize = 256 << 10;

/// One sequence of records.
#[derive(Debug)]
pub(crate) struct Stream {
    bytes: Bytes,
    splitter: Option<Splitter>,
    raw: Vec<u8>,
    /// What was read and not yet handed out: the start of a record.
    held: Vec<u8>,
    /// That many bytes of it hold no record's end.
    seen: usize,
    ended: bool,
    long: Option<Rest>,
    error: Option<io::Error>,
}

/// What a stream gave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Got {
    /// Whole records are in the buffer; `more` if further ones are ready.
    Block { more: bool },
    /// A piece of an over-long record is in the buffer.
    Long { last: bool },
    /// Nothing for now.
    Waiting,
    /// All was handed out. See [`Stream::error`].
    End,
}

impl Stream {
    pub(crate) fn new(bytes: Bytes, splitter: Option<Splitter>) -> Self {
        Stream { bytes, splitter, raw: Vec::new(), held: Vec::new(), seen: 0, ended: false, long: None, error: None }
    }

    /// What to wait for, if reading may have to wait.
    pub(crate) fn flow(&self) -> Option<BorrowedFd<'_>> {
        self.bytes.flow()
    }

    /// Reads no more: what is held counts as the end of the stream.
    pub(crate) fn close(&mut self) {
        self.ended = true;
    }

    /// What went wrong with the stream, for its [`Got::End`].
    pub(crate) fn error(&mut self) -> Option<io::Error> {
        self.error.take()
    }

    /// Number of bytes that wait for the rest of their record.
    pub(crate) fn held(&self) -> usize {
        self.held.len()
    }

    /// Fills `buffer` with whole records: as many as there are, up to about [`BLOCK`] bytes.
    pub(crate) fn next(&mut self, buffer: &mut Vec<u8>, codec: Codec, max: usize) -> Got {
        buffer.clear();
        if self.held.capacity() > buffer.capacity() {
            std::mem::swap(&mut self.held, buffer);
        } else {
            buffer.append(&mut self.held);
        }
        let mut seen = std::mem::take(&mut self.seen);
        if let Some(rest) = self.long {
            return self.long(buffer, rest);
        }
        let mut target = buffer.len().max(BLOCK);
        loop {
            let blocked = self.fill(buffer, target);
            match codec.cut(buffer, seen, max) {
                Cut::Complete(end) => {
                    self.held.extend_from_slice(&buffer[end..]);
                    buffer.truncate(end);
                    return Got::Block { more: !blocked && !self.ended };
                }
                Cut::Long(rest) => return self.long(buffer, rest),
                Cut::Broken => return self.broken(buffer, "framing lost: the input does not follow the --codec"),
                Cut::More if self.ended && buffer.is_empty() => return Got::End,
                Cut::More if self.ended && codec == Codec::Lines => return Got::Block { more: false },
                Cut::More if self.ended => return self.broken(buffer, "the input ends within a record"),
                Cut::More if blocked => {
                    self.seen = buffer.len();
                    self.hold(buffer);
                    return Got::Waiting;
                }
                Cut::More => {
                    seen = buffer.len();
                    target = buffer.len() + BLOCK;
                    if target > 4 * BLOCK {
                        // Longer than most: at once all that it may need, instead of twice as much time and again.
                        buffer.reserve_exact((max + 2 * BLOCK).saturating_sub(buffer.len()));
                    }
                }
            }
        }
    }

    /// Reads until the buffer holds `target` bytes; true if the source had nothing more for now.
    fn fill(&mut self, buffer: &mut Vec<u8>, target: usize) -> bool {
        while !self.ended && buffer.len() < target {
            let read = match &mut self.splitter {
                None => self.bytes.read(buffer, (target - buffer.len()).min(READ)),
                Some(splitter) => {
                    self.raw.clear();
                    let read = self.bytes.read(&mut self.raw, READ);
                    splitter.push(&self.raw, buffer);
                    if splitter.is_plain() {
                        (self.splitter, self.raw) = (None, Vec::new());
                    }
                    read
                }
            };
            match read {
                Ok(Some(0)) => self.ended = true,
                Ok(Some(_)) => {}
                Ok(None) => return true,
                Err(error) => {
                    self.error = Some(error);
                    self.ended = true;
                }
            }
        }
        if self.ended
            && let Some(mut splitter) = self.splitter.take()
        {
            splitter.finish(buffer);
        }
        false
    }

    fn long(&mut self, buffer: &mut Vec<u8>, rest: Rest) -> Got {
        let blocked = buffer.is_empty() && self.fill(buffer, BLOCK);
        if blocked && buffer.is_empty() {
            self.long = Some(rest);
            return Got::Waiting;
        }
        let (end, left) = match rest {
            Rest::UntilLf => match memchr::memchr(b'\n', buffer) {
                Some(at) => (at + 1, None),
                None => (buffer.len(), Some(rest)),
            },
            Rest::Bytes(n) => {
                let end = buffer.len().min(usize::try_from(n).unwrap_or(usize::MAX));
                let left = n - end as u64;
                (end, (left > 0).then_some(Rest::Bytes(left)))
            }
        };
        self.held.extend_from_slice(&buffer[end..]);
        buffer.truncate(end);
        let nothing_follows = self.ended && self.held.is_empty();
        self.long = left.filter(|_| !nothing_follows);
        Got::Long { last: self.long.is_none() }
    }

    /// Keeps the start of a record. A buffer that has grown for huge records goes along only if it must: there shall be one.
    fn hold(&mut self, buffer: &mut Vec<u8>) {
        if buffer.len() <= self.held.capacity().max(BLOCK / 4) {
            self.held.append(buffer);
        } else {
            std::mem::swap(buffer, &mut self.held);
        }
    }

    fn broken(&mut self, buffer: &mut Vec<u8>, why: &str) -> Got {
        buffer.clear();
        self.ended = true;
        self.error.get_or_insert_with(|| io::Error::new(io::ErrorKind::InvalidData, why));
        Got::End
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use std::os::fd::OwnedFd;

    fn pipe() -> (Stream, std::io::PipeWriter) {
        let (reader, writer) = std::io::pipe().unwrap();
        (Stream::new(Bytes::from_fd(OwnedFd::from(reader)).unwrap(), None), writer)
    }

    fn all(stream: &mut Stream, codec: Codec, max: usize) -> Vec<(Got, Vec<u8>)> {
        let mut got = Vec::new();
        loop {
            let mut buffer = Vec::new();
            match stream.next(&mut buffer, codec, max) {
                Got::End => return got,
                other => got.push((other, buffer)),
            }
            assert!(got.len() < 1000);
        }
    }

    #[test]
    fn hands_out_whole_lines_at_once_and_keeps_the_rest() {
        let (mut stream, mut writer) = pipe();
        let mut buffer = Vec::new();
        assert_eq!(stream.next(&mut buffer, Codec::Lines, 100), Got::Waiting);
        writer.write_all(b"a\nb\nc").unwrap();
        assert_eq!(stream.next(&mut buffer, Codec::Lines, 100), Got::Block { more: false });
        assert_eq!(buffer, b"a\nb\n");
        assert_eq!(stream.next(&mut buffer, Codec::Lines, 100), Got::Waiting);
        writer.write_all(b"d").unwrap();
        assert_eq!(stream.next(&mut buffer, Codec::Lines, 100), Got::Waiting);
        assert_eq!(stream.held(), 2);
        drop(writer);
        assert_eq!(all(&mut stream, Codec::Lines, 100), [(Got::Block { more: false }, b"cd".to_vec())]);
    }

    #[test]
    fn over_long_lines_come_in_pieces() {
        let (mut stream, mut writer) = pipe();
        writer.write_all(b"short\n0123456789\nx\n0123456789").unwrap();
        drop(writer);
        let got = all(&mut stream, Codec::Lines, 5);
        // The engine judges the lines of a block by itself: here only what has no end yet is cut out.
        assert_eq!(got[0], (Got::Block { more: false }, b"short\n0123456789\nx\n".to_vec()));
        assert_eq!(got[1], (Got::Long { last: true }, b"0123456789".to_vec()));

        let (mut stream, mut writer) = pipe();
        let mut buffer = Vec::new();
        writer.write_all(b"0123456789").unwrap();
        assert_eq!(stream.next(&mut buffer, Codec::Lines, 5), Got::Long { last: false });
        assert_eq!(stream.next(&mut buffer, Codec::Lines, 5), Got::Waiting);
        writer.write_all(b"a\nb\n").unwrap();
        assert_eq!(stream.next(&mut buffer, Codec::Lines, 5), Got::Long { last: true });
        assert_eq!(buffer, b"a\n");
        assert_eq!(stream.next(&mut buffer, Codec::Lines, 5), Got::Block { more: false });
        assert_eq!(buffer, b"b\n");
    }

    #[test]
    fn over_long_frames_come_in_pieces() {
        let (mut stream, mut writer) = pipe();
        writer.write_all(b"1:a,10:0123456789,1:b,").unwrap();
        drop(writer);
        let got = all(&mut stream, Codec::Netstring, 5);
        let expected: [(Got, &[u8]); 3] = [
            (Got::Block { more: false }, b"1:a,"),
            (Got::Long { last: true }, b"10:0123456789,"),
            (Got::Block { more: false }, b"1:b,"),
        ];
        assert_eq!(got.iter().map(|(g, b)| (*g, b.as_slice())).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn a_stream_out_of_step_ends_with_an_error() {
        for (bytes, what) in [(&b"1:a,x"[..], "framing lost"), (b"1:a,3:b", "ends within")] {
            let (mut stream, mut writer) = pipe();
            writer.write_all(bytes).unwrap();
            drop(writer);
            assert_eq!(all(&mut stream, Codec::Netstring, 5).len(), 1);
            assert!(stream.error().unwrap().to_string().contains(what));
        }
    }

    #[test]
    fn a_long_line_grows_over_many_reads() {
        let (mut stream, mut writer) = pipe();
        let line = vec![b'x'; 3 * BLOCK + 17];
        let copy = line.clone();
        let feeder = std::thread::spawn(move || {
            writer.write_all(&copy).unwrap();
            writer.write_all(b"\n").unwrap();
        });
        let mut buffer = Vec::new();
        while stream.next(&mut buffer, Codec::Lines, 10 * BLOCK) == Got::Waiting {}
        feeder.join().unwrap();
        assert_eq!(buffer.len(), line.len() + 1);
    }
}
