use super::bytes::Bytes;
use super::records::Splitter;
use super::stream::Stream;
use rustix::fs::OFlags;
use std::collections::VecDeque;
use std::ffi::OsStr;
use std::fs::{File, OpenOptions};
use std::io;
use std::os::fd::BorrowedFd;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// Directories deeper than this are not descended into.
const MAX_DEPTH: usize = 64;

/// The files to read, one after the other.
#[derive(Debug)]
pub(crate) struct Files {
    queue: VecDeque<PathBuf>,
    arrays: bool,
    current: Option<(PathBuf, Stream)>,
    /// How many have been taken from the queue.
    taken: usize,
    /// What could not be read, ready to print.
    pub(crate) failures: Vec<String>,
}

impl Files {
    /// `arrays`: also take bare top-level arrays apart, not only `{"Records":[…]}`. A path `-` is standard input.
    pub(crate) fn new(paths: &[PathBuf], arrays: bool) -> Self {
        let mut files = Files { queue: VecDeque::new(), arrays, current: None, taken: 0, failures: Vec::new() };
        for path in paths {
            files.expand(path, 0);
        }
        files
    }

    /// The stream to read from, opened if need be. `None` when all files are read.
    pub(crate) fn current(&mut self) -> Option<&mut Stream> {
        while self.current.is_none() {
            let path = self.queue.pop_front()?;
            self.taken += 1;
            match open(&path) {
                Ok(bytes) => self.current = Some((path, Stream::new(bytes, Some(Splitter::new(self.arrays))))),
                Err(error) => self.fail(&path, &error),
            }
        }
        self.current.as_mut().map(|(_, stream)| stream)
    }

    /// Number, from 0, of the file that is being read.
    pub(crate) fn number(&self) -> usize {
        self.taken.saturating_sub(1)
    }

    /// What to wait for, if the current file is a fifo or standard input.
    pub(crate) fn flow(&self) -> Option<BorrowedFd<'_>> {
        self.current.as_ref()?.1.flow()
    }

    /// The current file is read to its end.
    pub(crate) fn advance(&mut self) {
        if let Some((path, mut stream)) = self.current.take()
            && let Some(error) = stream.error()
        {
            self.fail(&path, &error);
        }
    }

    /// Reads no further file, and no more of the current one.
    pub(crate) fn close(&mut self) {
        self.queue.clear();
        if let Some((_, stream)) = &mut self.current {
            stream.close();
        }
    }

    /// The files that are still to be read, and what could not be listed. `None` if one of them is a stream.
    pub(crate) fn into_regular(self) -> Option<(Vec<PathBuf>, Vec<String>)> {
        let streams = |path: &PathBuf| path.as_os_str() == "-" || std::fs::metadata(path).is_ok_and(|m| !m.is_file());
        (!self.queue.iter().any(streams)).then(|| (self.queue.into(), self.failures))
    }

    fn fail(&mut self, path: &Path, error: &io::Error) {
        self.failures.push(format!("{}: {error}", path.display()));
    }

    /// Directories are taken recursively, by name. Links to directories below them are not followed: they may go in circles. Nor are
    /// hidden files and `*.md` read there: what a collector is still writing, and what tells people about the logs.
    fn expand(&mut self, path: &Path, depth: usize) {
        if path.as_os_str() == "-" || !path.is_dir() {
            self.queue.push_back(path.to_owned());
            return;
        }
        let listed = std::fs::read_dir(path).and_then(|entries| entries.collect::<io::Result<Vec<_>>>());
        let mut entries = match listed {
            Ok(entries) => entries,
            Err(error) => return self.fail(path, &error),
        };
        entries.sort_by_key(std::fs::DirEntry::file_name);
        for entry in entries.iter().filter(|entry| may_hold_logs(&entry.file_name())) {
            let path = entry.path();
            match entry.file_type() {
                Ok(kind) if kind.is_dir() && depth < MAX_DEPTH => self.expand(&path, depth + 1),
                Ok(kind) if kind.is_dir() => self.failures.push(format!("{}: nested too deep", path.display())),
                Ok(kind) if kind.is_file() || (kind.is_symlink() && path.is_file()) => self.queue.push_back(path),
                // Sockets, fifos and devices in a folder of logs are nobody's log.
                Ok(kind) if kind.is_symlink() && !path.exists() => self.queue.push_back(path),
                Ok(_) => {}
                Err(error) => self.fail(&path, &error),
            }
        }
    }
}

fn may_hold_logs(name: &OsStr) -> bool {
    let name = name.as_encoded_bytes();
    !name.starts_with(b".") && !name.ends_with(b".md")
}

/// The files that reading `paths` would read. `None` if one of them is a stream, whose bytes can be had only once.
pub(crate) fn regular_files(paths: &[PathBuf]) -> Option<Vec<PathBuf>> {
    Files::new(paths, false).into_regular().map(|(files, _)| files)
}

/// Opens a file for reading, decompressed; `-` is standard input.
pub(crate) fn open(path: &Path) -> io::Result<Bytes> {
    if path.as_os_str() == "-" {
        return super::stdin();
    }
    // Without O_NONBLOCK a fifo that nobody writes to would hold us here, deaf to signals.
    let file: File = OpenOptions::new().read(true).custom_flags(OFlags::NONBLOCK.bits() as i32).open(path)?;
    Bytes::from_file(file)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::stream::Got;
    use crate::protocol::Codec;

    fn read(files: &mut Files) -> String {
        let (mut out, mut buffer) = (String::new(), Vec::new());
        while let Some(stream) = files.current() {
            match stream.next(&mut buffer, Codec::Lines, 1000) {
                Got::Block { .. } => out += std::str::from_utf8(&buffer).unwrap(),
                Got::End => files.advance(),
                other => panic!("{other:?}"),
            }
        }
        out
    }

    #[test]
    fn reads_folders_by_name_and_names_what_it_cannot_read() {
        let dir = tempfile::tempdir().unwrap();
        let path = |name: &str| dir.path().join(name);
        std::fs::create_dir(path("b")).unwrap();
        std::fs::write(path("b/2"), "two\n").unwrap();
        std::fs::write(path("b/1"), "{\"Records\": [\n{\"one\": 1}\n]}\n").unwrap();
        std::fs::write(path("a"), "zero\n").unwrap();
        std::fs::write(path("c"), "three\n").unwrap();
        std::fs::write(path(".c.part"), "half a l").unwrap();
        std::fs::write(path("README.md"), "# Logs\n").unwrap();
        std::os::unix::fs::symlink(path("b"), path("b/circle")).unwrap();
        std::os::unix::fs::symlink(path("nowhere"), path("broken")).unwrap();
        let mut files = Files::new(&[dir.path().to_owned(), path("missing")], false);
        assert_eq!(read(&mut files), "zero\n{\"one\":1}\ntwo\nthree\n");
        let names: Vec<_> = files.failures.iter().map(|f| f.contains("broken") || f.contains("missing")).collect();
        assert_eq!(names, [true, true], "{:?}", files.failures);
    }
}
