//! Sorts more than fits into memory: runs that do are sorted and put aside, then merged.

use anyhow::{Context, Result};
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

/// Memory for one run.
const RUN: usize = 48 << 20;
/// Runs merged at once.
const FAN: usize = 64;
/// Larger than any record that is ever put aside.
const LARGEST: u32 = 256 << 20;

/// A key, the number under which it came (equal keys stay in order), and what belongs to it.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Entry {
    key: Vec<u8>,
    number: u64,
    value: Vec<u8>,
}

/// Takes records in any order and gives them back sorted by key.
#[derive(Debug)]
pub struct Sorter {
    dir: PathBuf,
    name: &'static str,
    run: usize,
    held: Vec<Entry>,
    bytes: usize,
    number: u64,
    runs: Vec<PathBuf>,
    made: usize,
}

impl Sorter {
    /// Puts its runs into `dir`, which must exist.
    pub fn new(dir: &Path, name: &'static str) -> Self {
        Sorter { dir: dir.to_owned(), name, run: RUN, held: Vec::new(), bytes: 0, number: 0, runs: Vec::new(), made: 0 }
    }

    /// Takes a record.
    pub fn push(&mut self, key: Vec<u8>, value: Vec<u8>) -> Result<()> {
        self.bytes += key.len() + value.len() + size_of::<Entry>();
        self.held.push(Entry { key, number: self.number, value });
        self.number += 1;
        if self.bytes >= self.run {
            self.spill()?;
        }
        Ok(())
    }

    fn next_file(&mut self) -> PathBuf {
        self.made += 1;
        self.dir.join(format!("{}.{}.run", self.name, self.made))
    }

    fn spill(&mut self) -> Result<()> {
        let path = self.next_file();
        let mut held = std::mem::take(&mut self.held);
        self.bytes = 0;
        held.sort_unstable();
        write_run(&path, held.into_iter().map(Ok)).with_context(|| format!("failed to write {}", path.display()))?;
        self.runs.push(path);
        if self.runs.len() >= FAN {
            let path = self.next_file();
            let merged = Merge::open(std::mem::take(&mut self.runs), Vec::new())?;
            write_run(&path, merged.entries()).with_context(|| format!("failed to write {}", path.display()))?;
            self.runs.push(path);
        }
        Ok(())
    }

    /// All records, sorted.
    pub fn finish(mut self) -> Result<Sorted> {
        let mut held = std::mem::take(&mut self.held);
        held.sort_unstable();
        Ok(Sorted(Merge::open(std::mem::take(&mut self.runs), held)?))
    }
}

fn write_run(path: &Path, entries: impl Iterator<Item = io::Result<Entry>>) -> io::Result<()> {
    let mut out = BufWriter::with_capacity(1 << 18, File::create(path)?);
    for entry in entries {
        let entry = entry?;
        out.write_all(&entry.number.to_le_bytes())?;
        for part in [&entry.key, &entry.value] {
            let length = u32::try_from(part.len()).map_err(io::Error::other)?;
            out.write_all(&length.to_le_bytes())?;
            out.write_all(part)?;
        }
    }
    out.flush()
}

/// Sorted records, one after the other.
#[derive(Debug)]
pub struct Sorted(Merge);

impl Iterator for Sorted {
    type Item = Result<(Vec<u8>, Vec<u8>)>;

    fn next(&mut self) -> Option<Self::Item> {
        let entry = self.0.next_entry().context("failed to read back what was put aside").transpose()?;
        Some(entry.map(|entry| (entry.key, entry.value)))
    }
}

#[derive(Debug)]
struct Merge {
    heads: BinaryHeap<Reverse<(Entry, usize)>>,
    runs: Vec<Run>,
}

#[derive(Debug)]
enum Run {
    File(PathBuf, BufReader<File>),
    Held(std::vec::IntoIter<Entry>),
}

impl Run {
    fn next(&mut self) -> io::Result<Option<Entry>> {
        match self {
            Run::File(path, file) => {
                let entry = read_entry(file)?;
                if entry.is_none() {
                    // What has been read takes no more room.
                    let _ = std::fs::remove_file(path);
                }
                Ok(entry)
            }
            Run::Held(entries) => Ok(entries.next()),
        }
    }
}

impl Merge {
    fn open(files: Vec<PathBuf>, held: Vec<Entry>) -> Result<Self> {
        let mut runs = Vec::new();
        for path in files {
            let file = File::open(&path).with_context(|| format!("failed to read back {}", path.display()))?;
            runs.push(Run::File(path, BufReader::with_capacity(1 << 17, file)));
        }
        runs.push(Run::Held(held.into_iter()));
        let mut merge = Merge { heads: BinaryHeap::new(), runs };
        for at in 0..merge.runs.len() {
            merge.pull(at).context("failed to read back what was put aside")?;
        }
        Ok(merge)
    }

    fn pull(&mut self, at: usize) -> io::Result<()> {
        if let Some(run) = self.runs.get_mut(at)
            && let Some(entry) = run.next()?
        {
            self.heads.push(Reverse((entry, at)));
        }
        Ok(())
    }

    fn next_entry(&mut self) -> io::Result<Option<Entry>> {
        let Some(Reverse((entry, at))) = self.heads.pop() else { return Ok(None) };
        self.pull(at)?;
        Ok(Some(entry))
    }

    fn entries(mut self) -> impl Iterator<Item = io::Result<Entry>> {
        std::iter::from_fn(move || self.next_entry().transpose())
    }
}

fn read_entry(file: &mut impl Read) -> io::Result<Option<Entry>> {
    let mut number = [0; 8];
    match file.read_exact(&mut number) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        other => other?,
    }
    let mut part = || -> io::Result<Vec<u8>> {
        let mut length = [0; 4];
        file.read_exact(&mut length)?;
        let length = u32::from_le_bytes(length);
        if length > LARGEST {
            return Err(io::Error::other("a record put aside is damaged"));
        }
        let mut bytes = vec![0; length as usize];
        file.read_exact(&mut bytes)?;
        Ok(bytes)
    };
    Ok(Some(Entry { number: u64::from_le_bytes(number), key: part()?, value: part()? }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sorted(run: usize, n: u64) -> Vec<(Vec<u8>, Vec<u8>)> {
        let dir = tempfile::tempdir().unwrap();
        let mut sorter = Sorter::new(dir.path(), "t");
        sorter.run = run;
        for i in 0..n {
            sorter.push((i * 7919 % 101).to_be_bytes().to_vec(), i.to_be_bytes().to_vec()).unwrap();
        }
        let out = sorter.finish().unwrap().map(Result::unwrap).collect();
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0, "runs are gone once they are read");
        out
    }

    #[test]
    fn the_same_order_however_much_memory_there_is() {
        let all = sorted(usize::MAX, 5000);
        assert!(all.is_sorted(), "by key, then in the order in which they came");
        // One entry per run: two levels of merging.
        assert_eq!(sorted(1, 5000), all);
        assert_eq!(sorted(2000, 5000), all);
        assert!(sorted(1, 0).is_empty());
    }
}
