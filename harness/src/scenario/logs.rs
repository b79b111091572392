//! Where log lines come from: a file (gzipped or not), memory, or a generator.

use flate2::read::MultiGzDecoder;
use std::fmt;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Opens a stream of log lines anew each time; equal bytes each time.
pub trait Opens: Send + Sync {
    /// A reader at the first line.
    fn open(&self) -> io::Result<Box<dyn BufRead + Send>>;
}

/// A log.
#[derive(Clone)]
pub enum LogSource {
    /// A file; gzipped if its name ends in `.gz`.
    File(PathBuf),
    /// Lines in memory.
    Memory(Arc<Vec<u8>>),
    /// Lines made on the way.
    Stream(Arc<dyn Opens>),
}

impl fmt::Debug for LogSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LogSource::File(path) => f.debug_tuple("File").field(path).finish(),
            LogSource::Memory(bytes) => f.debug_tuple("Memory").field(&bytes.len()).finish(),
            LogSource::Stream(_) => f.write_str("Stream"),
        }
    }
}

impl LogSource {
    /// A reader at the first line.
    pub fn open(&self) -> io::Result<Box<dyn BufRead + Send>> {
        const BUFFER: usize = 1 << 18;
        Ok(match self {
            LogSource::File(path) => {
                let file = File::open(path)?;
                if path.extension().is_some_and(|e| e.eq_ignore_ascii_case("gz")) {
                    Box::new(BufReader::with_capacity(BUFFER, MultiGzDecoder::new(file)))
                } else {
                    Box::new(BufReader::with_capacity(BUFFER, file))
                }
            }
            LogSource::Memory(bytes) => Box::new(io::Cursor::new(SharedBytes(Arc::clone(bytes)))),
            LogSource::Stream(stream) => stream.open()?,
        })
    }

    /// The file, if it is one.
    pub fn path(&self) -> Option<&Path> {
        match self {
            LogSource::File(path) => Some(path),
            _ => None,
        }
    }
}

struct SharedBytes(Arc<Vec<u8>>);

impl AsRef<[u8]> for SharedBytes {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

/// A line longer than this is cut: no audit record is.
const LONGEST: u64 = 16 << 20;

/// Reads lines one after the other into one buffer.
pub struct Lines {
    reader: Box<dyn BufRead + Send>,
    buffer: Vec<u8>,
    number: u32,
}

impl Lines {
    /// The lines of a log.
    pub fn new(source: &LogSource) -> io::Result<Lines> {
        Ok(Lines { reader: source.open()?, buffer: Vec::new(), number: 0 })
    }

    /// The next line without its end, and its number from 1. What is longer than 16 MiB is cut.
    pub fn next_line(&mut self) -> io::Result<Option<(u32, &[u8])>> {
        self.buffer.clear();
        let read = (&mut self.reader).take(LONGEST).read_until(b'\n', &mut self.buffer)?;
        if read == 0 {
            return Ok(None);
        }
        if read as u64 == LONGEST && self.buffer.last() != Some(&b'\n') {
            skip_line(&mut self.reader)?;
        }
        self.number = self.number.saturating_add(1);
        let line = self.buffer.strip_suffix(b"\n").unwrap_or(&self.buffer);
        Ok(Some((self.number, line.strip_suffix(b"\r").unwrap_or(line))))
    }
}

fn skip_line(reader: &mut dyn BufRead) -> io::Result<()> {
    loop {
        let available = reader.fill_buf()?;
        if available.is_empty() {
            return Ok(());
        }
        let end = available.iter().position(|b| *b == b'\n');
        let used = end.map_or(available.len(), |at| at + 1);
        reader.consume(used);
        if end.is_some() {
            return Ok(());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn all(source: &LogSource) -> Vec<(u32, String)> {
        let mut lines = Lines::new(source).unwrap();
        let mut out = Vec::new();
        while let Some((n, line)) = lines.next_line().unwrap() {
            out.push((n, String::from_utf8_lossy(line).into_owned()));
        }
        out
    }

    #[test]
    fn reads_plain_and_gzipped_files_of_several_members() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("events.ndjson.gz");
        let mut bytes = Vec::new();
        for part in ["{\"a\":1}\r\n\n", "{\"b\":2}"] {
            let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            gz.write_all(part.as_bytes()).unwrap();
            bytes.extend(gz.finish().unwrap());
        }
        std::fs::write(&path, bytes).unwrap();
        let want = [(1, "{\"a\":1}".to_string()), (2, String::new()), (3, "{\"b\":2}".to_string())];
        assert_eq!(all(&LogSource::File(path)), want);
        assert_eq!(all(&LogSource::Memory(Arc::new(b"{\"a\":1}\r\n\n{\"b\":2}\n".to_vec()))), want);
    }

    #[test]
    fn a_line_without_end_is_cut_and_the_next_one_found() {
        let mut bytes = vec![b'x'; LONGEST as usize + 1000];
        bytes.extend_from_slice(b"\nnext\n");
        let lines = all(&LogSource::Memory(Arc::new(bytes)));
        assert_eq!((lines[0].1.len() as u64, lines[1].clone()), (LONGEST, (2, "next".into())));
    }
}
