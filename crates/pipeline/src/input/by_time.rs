//! Several files as one stream in the order of time: what one file says at noon comes before what another says at one.
//!
//! Within a file the order of its lines stays. A file is opened when its first line is due, so that a year of hourly files does not
//! need a descriptor each. Only as much of each file is held as one block.

use super::Framing;
use super::files::open;
use super::records::Splitter;
use super::stream::{BLOCK, Got, Stream};
use crate::protocol::Codec;
use crate::year::YearRule;
use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::io;
use std::path::{Path, PathBuf};
use vires_event::Millis;
use vires_source::Scratch;

/// Most files that are open at a time. More than these at once are read as their predecessors end.
const MOST_OPEN: usize = 128;
const HOUR: u64 = 3_600_000;

/// See the module.
pub(crate) struct ByTime {
    arrays: bool,
    year: Option<YearRule>,
    /// Files that are not due yet, the earliest first: when their first line was written, and the number of the file.
    waiting: VecDeque<(Millis, usize, PathBuf)>,
    open: Vec<Option<Lane>>,
    /// The next line of each open file: its time, the number of the file (which decides between equal times), and its lane.
    due: BinaryHeap<Reverse<(Millis, usize, usize)>>,
    /// The lane whose over-long line is being handed out.
    long: Option<usize>,
    scratch: Scratch,
    times: Vec<Option<Millis>>,
    /// What could not be read, ready to print.
    pub(crate) failures: Vec<String>,
    closed: bool,
}

/// A file that is being read.
struct Lane {
    path: PathBuf,
    number: usize,
    stream: Stream,
    block: Vec<u8>,
    /// Lines of the block that were not handed out: their time and end, the next one last.
    lines: Vec<(Millis, usize)>,
    at: usize,
    /// The time of the last line, for those that say none.
    last: Millis,
    /// The block is a piece of a line that is too long to be looked at; `true` for its last.
    long: Option<bool>,
}

impl std::fmt::Debug for ByTime {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ByTime").field("waiting", &self.waiting.len()).field("due", &self.due.len()).finish_non_exhaustive()
    }
}

impl ByTime {
    /// `failures`: what could not be listed.
    pub(crate) fn new(paths: Vec<PathBuf>, failures: Vec<String>, framing: Framing, year: Option<YearRule>) -> Self {
        let max = framing.max_line;
        let mut files = ByTime {
            arrays: framing.split,
            year,
            waiting: VecDeque::new(),
            open: Vec::new(),
            due: BinaryHeap::new(),
            long: None,
            scratch: Scratch::default(),
            times: Vec::new(),
            failures,
            closed: false,
        };
        let mut first: Vec<_> = (0..)
            .zip(paths)
            .filter_map(|(number, path)| match files.lane(&path, number) {
                // Read once to learn when it begins, and again when it is due.
                Ok(mut lane) => {
                    files.fill(&mut lane, max);
                    let begins = lane.lines.last().map_or(Millis::MIN, |(time, _)| *time);
                    Some((begins, number, path))
                }
                Err(error) => {
                    files.fail(&path, &error);
                    None
                }
            })
            .collect();
        first.sort_unstable();
        files.waiting = first.into();
        files
    }

    /// Fills `buffer` with whole lines, in the order of their times.
    pub(crate) fn next(&mut self, buffer: &mut Vec<u8>, max: usize) -> Got {
        buffer.clear();
        if let Some(slot) = self.long {
            return self.piece(slot, buffer, max);
        }
        loop {
            self.admit(max);
            let full = self.due.len() >= MOST_OPEN;
            let Some(Reverse((_, _, slot))) = self.due.pop() else { break };
            let Some(lane) = self.open.get_mut(slot).and_then(Option::as_mut) else { continue };
            if lane.long.is_some() {
                if buffer.is_empty() {
                    return self.piece(slot, buffer, max);
                }
                self.due.push(Reverse((lane.last, lane.number, slot)));
                break;
            }
            // As many lines of this file as come before the next of any other.
            let limit = self.due.peek().map(|Reverse((time, number, _))| (*time, *number));
            let next = self.waiting.front().filter(|_| !full).map(|(time, number, _)| (*time, *number));
            let limit = [limit, next].into_iter().flatten().min();
            while let Some((time, end)) = lane.lines.last().copied() {
                if limit.is_some_and(|limit| limit < (time, lane.number)) || buffer.len() >= BLOCK {
                    break;
                }
                buffer.extend_from_slice(lane.block.get(lane.at..end).unwrap_or_default());
                if !buffer.ends_with(b"\n") {
                    buffer.push(b'\n');
                }
                (lane.at, lane.last) = (end, time);
                lane.lines.pop();
            }
            self.schedule(slot, max);
            if buffer.len() >= BLOCK {
                break;
            }
        }
        if buffer.is_empty() { Got::End } else { Got::Block { more: true } }
    }

    /// Reads no more than what is held.
    pub(crate) fn close(&mut self) {
        self.closed = true;
        self.waiting.clear();
        self.open.iter_mut().flatten().for_each(|lane| lane.stream.close());
    }

    /// Opens the files that are due.
    fn admit(&mut self, max: usize) {
        while self.due.len() < MOST_OPEN
            && let Some((begins, _, _)) = self.waiting.front()
            && self.due.peek().is_none_or(|Reverse((time, ..))| begins <= time)
            && let Some((_, number, path)) = self.waiting.pop_front()
        {
            match self.lane(&path, number) {
                Ok(lane) => {
                    let free = self.open.iter().position(Option::is_none);
                    let slot = free.unwrap_or(self.open.len());
                    match free.and_then(|free| self.open.get_mut(free)) {
                        Some(place) => *place = Some(lane),
                        None => self.open.push(Some(lane)),
                    }
                    self.schedule(slot, max);
                }
                Err(error) => self.fail(&path, &error),
            }
        }
    }

    fn lane(&self, path: &Path, number: usize) -> io::Result<Lane> {
        let stream = Stream::new(open(path)?, Some(Splitter::new(self.arrays)));
        let path = path.to_owned();
        Ok(Lane { path, number, stream, block: Vec::new(), lines: Vec::new(), at: 0, last: Millis::MIN, long: None })
    }

    /// Puts a file in line with its next record, or closes it.
    fn schedule(&mut self, slot: usize, max: usize) {
        let Some(mut lane) = self.open.get_mut(slot).and_then(Option::take) else { return };
        if lane.lines.is_empty() && lane.long.is_none() && !self.fill(&mut lane, max) {
            if let Some(error) = lane.stream.error() {
                self.fail(&lane.path, &error);
            }
            return;
        }
        let time = lane.lines.last().map_or(lane.last, |(time, _)| *time);
        self.due.push(Reverse((time, lane.number, slot)));
        if let Some(place) = self.open.get_mut(slot) {
            *place = Some(lane);
        }
    }

    /// Reads the next block of a file; false at its end.
    fn fill(&mut self, lane: &mut Lane, max: usize) -> bool {
        lane.at = 0;
        match lane.stream.next(&mut lane.block, Codec::Lines, max) {
            Got::Block { .. } => self.mark(lane),
            Got::Long { last } => lane.long = Some(last),
            // A regular file does not keep us waiting.
            Got::Waiting | Got::End => return false,
        }
        true
    }

    /// Finds out when the lines of a block were written.
    fn mark(&mut self, lane: &mut Lane) {
        self.times.clear();
        lane.lines.clear();
        let mut start = 0;
        while let Some(rest) = lane.block.get(start..).filter(|rest| !rest.is_empty()) {
            let end = start + memchr::memchr(b'\n', rest).map_or(rest.len(), |at| at + 1);
            let line = lane.block.get(start..end).unwrap_or_default().trim_ascii_end();
            let mut activity = vires_source::open(line, &mut self.scratch).activity;
            if let (Some(activity), Some(year)) = (&mut activity, self.year)
                && activity.at().is_none()
            {
                year.complete(activity);
            }
            self.times.push(activity.and_then(|activity| activity.at()));
            lane.lines.push((0, end));
            start = end;
        }
        let mut last = lane.last;
        for (i, (time, _)) in lane.lines.iter_mut().enumerate() {
            *time = self.times.get(i).copied().flatten().map_or(last, |own| {
                let near = |i: Option<usize>| i.and_then(|i| self.times.get(i).copied().flatten()).unwrap_or(own);
                credible(near(i.checked_sub(1)), own, near(i.checked_add(1)))
            });
            last = *time;
        }
        lane.lines.reverse();
    }

    fn piece(&mut self, slot: usize, buffer: &mut Vec<u8>, max: usize) -> Got {
        let Some(lane) = self.open.get_mut(slot).and_then(Option::as_mut) else { return Got::End };
        let last = lane.long.take().unwrap_or(true);
        std::mem::swap(buffer, &mut lane.block);
        lane.block.clear();
        // A piece that ends its file without a line end gets one: another file's line may follow.
        if last && !buffer.ends_with(b"\n") {
            buffer.push(b'\n');
        }
        self.long = (!last).then_some(slot);
        if last {
            self.schedule(slot, max);
        } else if let Some(mut lane) = self.open.get_mut(slot).and_then(Option::take) {
            if !self.fill(&mut lane, max) {
                // Cut off in the middle: an empty piece ends it.
                lane.long = Some(true);
            }
            if let Some(place) = self.open.get_mut(slot) {
                *place = Some(lane);
            }
        }
        Got::Long { last }
    }

    fn fail(&mut self, path: &Path, error: &io::Error) {
        if !self.closed {
            self.failures.push(format!("{}: {error}", path.display()));
        }
    }
}

/// The time of a line between two others. One with a time from nowhere must not hold up or hurry its file: if neither neighbour is
/// near, the middle of the three counts, which is its own wherever times only grow.
fn credible(before: Millis, own: Millis, after: Millis) -> Millis {
    if own.abs_diff(before).min(own.abs_diff(after)) <= HOUR {
        return own;
    }
    let mut three = [before, own, after];
    three.sort_unstable();
    let [_, middle, _] = three;
    middle
}

#[cfg(test)]
mod tests {
    use super::*;

    fn framing(max_line: usize) -> Framing {
        Framing { codec: Codec::Lines, max_line, split: false }
    }

    fn line(minute: u32, id: &str) -> String {
        format!(
            r#"{{"eventVersion":"1.08","userIdentity":{{"type":"AWSService","invokedBy":"ec2.amazonaws.com"}},"eventTime":"2026-03-01T{:02}:{:02}:00Z","eventSource":"sts.amazonaws.com","eventName":"AssumeRole","eventID":"{id}"}}"#,
            minute / 60,
            minute % 60
        )
    }

    /// What comes out, by id; over-long lines as the number of their bytes.
    fn read(files: &[String], max: usize) -> (Vec<String>, Vec<String>) {
        let dir = tempfile::tempdir().unwrap();
        let paths = (0..files.len()).map(|i| dir.path().join(i.to_string())).collect::<Vec<_>>();
        paths.iter().zip(files).for_each(|(path, text)| std::fs::write(path, text).unwrap());
        let mut merged = ByTime::new(paths, Vec::new(), framing(max), None);
        let (mut out, mut buffer, mut pieces) = (Vec::new(), Vec::new(), Vec::new());
        loop {
            match merged.next(&mut buffer, max) {
                Got::Block { .. } => {
                    assert!(buffer.ends_with(b"\n"));
                    out.extend(std::str::from_utf8(&buffer).unwrap().lines().map(|line| {
                        line.split_once("eventID\":\"").map_or(line, |(_, id)| id.trim_end_matches("\"}")).to_owned()
                    }));
                }
                Got::Long { last } => {
                    pieces.extend_from_slice(&buffer);
                    if last {
                        assert!(pieces.ends_with(b"\n"));
                        out.push(pieces.len().to_string());
                        pieces.clear();
                    }
                }
                Got::End => return (out, merged.failures),
                Got::Waiting => panic!("files do not wait"),
            }
        }
    }

    fn file(lines: &[(u32, &str)]) -> String {
        lines.iter().map(|(minute, id)| line(*minute, id) + "\n").collect()
    }

    #[test]
    fn merges_by_time_and_keeps_the_order_of_each_file() {
        let a = file(&[(1, "a1"), (5, "a5"), (4, "a4"), (9, "a9")]);
        let b = file(&[(2, "b2"), (5, "b5"), (7, "b7")]).trim_end().to_owned();
        let c = file(&[(8, "c8")]);
        let expected = ["a1", "b2", "a5", "a4", "b5", "b7", "c8", "a9"];
        assert_eq!(read(&[a, b, c, String::new()], 1000).0, expected);
    }

    #[test]
    fn lines_without_a_time_stay_where_they_are() {
        let a = format!("header\n{}\nnote\n{}\n", line(5, "a5"), line(9, "a9"));
        assert_eq!(read(&[a, file(&[(1, "b1"), (7, "b7")])], 1000).0, ["header", "b1", "a5", "note", "b7", "a9"]);
    }

    #[test]
    fn a_lone_time_from_nowhere_moves_nothing() {
        let a = file(&[(1, "a1"), (1400, "future"), (2, "a2"), (3, "a3")]);
        let b = file(&[(2, "b2"), (3, "b3"), (0, "past"), (4, "b4")]);
        assert_eq!(read(&[a, b], 1000).0, ["a1", "future", "a2", "b2", "a3", "b3", "past", "b4"]);
    }

    #[test]
    fn long_lines_and_large_files_come_through_whole() {
        let many = |offset: u32, name: &str| {
            let lines: Vec<(u32, String)> = (0..600).map(|i| (i * 2 + offset, format!("{name}{i}"))).collect();
            file(&lines.iter().map(|(m, id)| (*m, id.as_str())).collect::<Vec<_>>())
        };
        let huge = "x".repeat(3 * BLOCK);
        let a = format!("{}{huge}\n{}", many(0, "a"), file(&[(1300, "end")]));
        let (out, failures) = read(&[a, many(1, "b"), huge.clone()], 1000);
        assert_eq!((out.len(), failures.len()), (1203, 0));
        let ids: Vec<&String> = out.iter().filter(|id| id.len() < 6).collect();
        let expected: Vec<String> = (0..600).flat_map(|i| [format!("a{i}"), format!("b{i}")]).chain(["end".into()]).collect();
        assert_eq!(ids, expected.iter().collect::<Vec<_>>());
        assert_eq!(out.iter().filter(|id| **id == (huge.len() + 1).to_string()).count(), 2, "{:?}", out.last());
    }

    #[test]
    fn more_files_than_may_be_open_are_read_one_after_the_other() {
        let files: Vec<String> = (0..300).map(|i| file(&[(i, &format!("f{i}")), (i + 300, &format!("g{i}"))])).collect();
        let (out, failures) = read(&files, 1000);
        assert_eq!((out.len(), failures.len()), (600, 0));
        // What begins later than others end is in order all the same.
        let hourly: Vec<String> = (0..300).map(|i| file(&[(i, &format!("f{i}"))])).collect();
        let (out, _) = read(&hourly.into_iter().rev().collect::<Vec<_>>(), 1000);
        assert_eq!(out, (0..300).map(|i| format!("f{i}")).collect::<Vec<_>>());
    }

    #[test]
    fn names_what_it_cannot_read() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("a"), file(&[(1, "a1")])).unwrap();
        let merged = ByTime::new(vec![dir.path().join("none"), dir.path().join("a")], Vec::new(), framing(1000), None);
        assert!(merged.failures.len() == 1 && merged.failures[0].contains("none"), "{:?}", merged.failures);
    }
}
