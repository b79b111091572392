use crate::shutdown::is_ready;
use rustix::buffer::spare_capacity;
use rustix::event::PollFlags;
use rustix::fs::FileType;
use rustix::io::Errno;
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;

/// A file that decompresses past this many bytes and past [`BOMB_RATIO`] times its size is cut.
const BOMB_FLOOR: u64 = 1 << 30;
const BOMB_RATIO: u64 = 250;

/// Where bytes come from.
pub(crate) enum Bytes {
    /// A pipe, socket or terminal: may have nothing to read for now.
    Flow(OwnedFd),
    /// A regular file.
    File(OwnedFd),
    /// A compressed file.
    Compressed(Box<dyn Read + Send>),
}

impl std::fmt::Debug for Bytes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Bytes::Flow(_) => "Flow",
            Bytes::File(_) => "File",
            Bytes::Compressed(_) => "Compressed",
        })
    }
}

impl Bytes {
    /// Reads from a descriptor, whatever it is.
    pub(crate) fn from_fd(fd: OwnedFd) -> io::Result<Self> {
        let kind = FileType::from_raw_mode(rustix::fs::fstat(&fd)?.st_mode);
        Ok(if kind == FileType::RegularFile { Bytes::File(fd) } else { Bytes::Flow(fd) })
    }

    /// Reads from a file that was opened without blocking; a regular one is decompressed if it is gzip or zstd by its first bytes.
    pub(crate) fn from_file(file: File) -> io::Result<Self> {
        let metadata = file.metadata()?;
        if metadata.is_dir() {
            return Err(io::ErrorKind::IsADirectory.into());
        }
        if !metadata.is_file() {
            return Bytes::from_fd(file.into());
        }
        Ok(match decompressed(file, metadata.len())? {
            Ok(compressed) => Bytes::Compressed(compressed),
            Err(plain) => Bytes::File(plain.into()),
        })
    }

    /// What to wait for, if reading may have to wait.
    pub(crate) fn flow(&self) -> Option<BorrowedFd<'_>> {
        match self {
            Bytes::Flow(fd) => Some(fd.as_fd()),
            _ => None,
        }
    }

    /// Appends at most about `room` bytes. `Some(0)` is the end, `None` means that there is nothing for now.
    pub(crate) fn read(&mut self, buffer: &mut Vec<u8>, room: usize) -> io::Result<Option<usize>> {
        // Doubling a long line's buffer would cost twice the memory that the line needs.
        buffer.reserve_exact(room);
        let fd = match self {
            Bytes::Flow(fd) if !is_ready(fd.as_fd(), PollFlags::IN) => return Ok(None),
            Bytes::Flow(fd) | Bytes::File(fd) => fd,
            Bytes::Compressed(reader) => return reader.by_ref().take(room as u64).read_to_end(buffer).map(Some),
        };
        loop {
            return match rustix::io::read(&*fd, spare_capacity(buffer)) {
                Ok(n) => Ok(Some(n)),
                Err(Errno::INTR) => continue,
                Err(Errno::AGAIN) => Ok(None),
                // A peer that went away has said all it had to say; so has a terminal.
                Err(Errno::CONNRESET) => Ok(Some(0)),
                Err(error) => Err(error.into()),
            };
        }
    }
}

/// What a regular file of this size holds, if it is gzip or zstd by its first bytes; else the file.
fn decompressed(file: File, size: u64) -> io::Result<Result<Box<dyn Read + Send>, File>> {
    let mut magic = [0; 4];
    let known = rustix::io::pread(&file, &mut magic, 0)?;
    let decoder: Box<dyn Read + Send> = match &magic[..known] {
        [0x1f, 0x8b, ..] => Box::new(flate2::bufread::MultiGzDecoder::new(BufReader::with_capacity(1 << 16, file))),
        [0x28, 0xb5, 0x2f, 0xfd] => Box::new(zstd::Decoder::new(file)?),
        _ => return Ok(Err(file)),
    };
    let limit = BOMB_FLOOR.max(size.saturating_mul(BOMB_RATIO));
    Ok(Ok(Box::new(Guarded { inner: decoder, left: limit })))
}

/// Opens a file for whoever reads something else than a log of it: gzip and zstd are decompressed as logs are.
///
/// # Errors
/// If it cannot be opened. A compressed file that is torn, or that decompresses past 1 GiB and 250 times its size, is an error where
/// that shows.
pub fn open_plain(path: &Path) -> io::Result<Box<dyn Read + Send>> {
    let file = File::open(path)?;
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return Ok(Box::new(file));
    }
    Ok(match decompressed(file, metadata.len())? {
        Ok(compressed) => compressed,
        Err(plain) => Box::new(plain),
    })
}

/// Ends with an error when a decoder puts out far more than any log does.
struct Guarded {
    inner: Box<dyn Read + Send>,
    left: u64,
}

impl Read for Guarded {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let room = buffer.len().min(usize::try_from(self.left).unwrap_or(usize::MAX));
        if room == 0 && !buffer.is_empty() {
            let text = format!("decompresses past 1 GiB and {BOMB_RATIO} times its size: cut there");
            return Err(io::Error::new(io::ErrorKind::InvalidData, text));
        }
        let n = self.inner.read(&mut buffer[..room])?;
        self.left -= n as u64;
        Ok(n)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Seek, Write};

    fn file(content: &[u8]) -> File {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(content).unwrap();
        file.rewind().unwrap();
        file
    }

    fn read_all(mut bytes: Bytes) -> io::Result<Vec<u8>> {
        let mut out = Vec::new();
        while bytes.read(&mut out, 1000)? != Some(0) {}
        Ok(out)
    }

    #[test]
    fn opens_by_content() {
        let mut gzip = Vec::new();
        for part in [&b"one\n"[..], b"two\n"] {
            let mut encoder = flate2::write::GzEncoder::new(&mut gzip, flate2::Compression::fast());
            encoder.write_all(part).unwrap();
            encoder.finish().unwrap();
        }
        assert_eq!(read_all(Bytes::from_file(file(&gzip)).unwrap()).unwrap(), b"one\ntwo\n");
        let zstd = zstd::encode_all(&b"one\n"[..], 1).unwrap();
        assert_eq!(read_all(Bytes::from_file(file(&zstd)).unwrap()).unwrap(), b"one\n");
        assert_eq!(read_all(Bytes::from_file(file(b"\x1fplain")).unwrap()).unwrap(), b"\x1fplain");
        assert_eq!(read_all(Bytes::from_file(file(b"")).unwrap()).unwrap(), b"");
        assert!(read_all(Bytes::from_file(file(&gzip[..gzip.len() - 3])).unwrap()).is_err());
    }

    #[test]
    fn cuts_a_bomb() {
        let mut guarded = Guarded { inner: Box::new(io::repeat(b'x')), left: 10 };
        let mut out = Vec::new();
        assert!(guarded.read_to_end(&mut out).unwrap_err().to_string().contains("cut"));
        assert_eq!(out, b"xxxxxxxxxx");
    }
}
