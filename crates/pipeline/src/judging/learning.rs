use super::again::Again;
use super::estate::Estate;
use super::memory::Memory;
use super::observe::{is_undated, seen};
use super::others::{Others, Told};
use super::replay::hex;
use super::taught::{Lesson, Place};
use crate::engine::{Error, Options, Runner, Summary};
use crate::input::{Source, open_file, regular_files};
use crate::stage::{Report, Stage};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use vires_judge::{SHARDS, shard_of};
use vires_profile::baseline::{Baseline, Day, Input};
use vires_profile::observation::Observation;
use vires_source::open;
use vires_tag::Quick;

/// What came of learning.
#[derive(Debug)]
pub struct Learned {
    /// What was learned.
    pub baseline: Baseline,
    /// What went through, and what could not be read.
    pub summary: Summary,
    /// Lines that are somebody's and taught nothing, because they do not say when.
    pub undated: u64,
}

/// Why nothing was learned.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs)]
pub enum LearnError {
    #[error(transparent)]
    Run(#[from] Error),
    #[error("{first} and {second} have the same content, which would be counted twice: leave one out", first = .0.display(), second = .1.display())]
    Twice(PathBuf, PathBuf),
}

/// Learns from all input on all threads. The order of the lines makes no difference, so the result is the same for any number of
/// threads. Files that cannot be read are named in the summary and left out.
///
/// Files are read twice: for the hash of what they hold, so that nothing is learned from two files of the same content, and to learn;
/// at the same time, if there is more than one thread. A record that stands twice in the input, in one file or in two that differ, is
/// counted twice on its day: to know it again would take the ids of all records, in the baseline too. On which days a workload did what
/// does not change by it.
pub fn learn(options: &Options, estate: &Estate, catalogue: &str) -> Result<Learned, LearnError> {
    let files = match &options.source {
        Source::Files(paths) => regular_files(paths),
        _ => Some(Vec::new()),
    };
    let streams = files.is_none() || !matches!(options.source, Source::Files(_));
    let learning = Learning::new(estate, catalogue, streams);
    let stop = Arc::clone(&learning.stop);
    let run = || -> Result<_, LearnError> {
        let runner = Runner::open(options)?;
        Ok(runner.run_and_return(learning, &|_| Err("learning does not reload".to_owned()))?)
    };
    let files: Vec<PathBuf> = files.into_iter().flatten().collect();
    let (inputs, learned) = if options.threads > 1 {
        std::thread::scope(|scope| {
            let hashing = std::thread::Builder::new().name("vires-hash".to_owned());
            let hashing = hashing.spawn_scoped(scope, || inputs_of(&files, &stop)).map_err(Error::System)?;
            let learned = run();
            if learned.is_err() {
                stop.store(true, Ordering::Relaxed);
            }
            let inputs = hashing.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            Ok::<_, LearnError>((inputs?, learned?))
        })?
    } else {
        (inputs_of(&files, &stop)?, run()?)
    };
    let (learning, summary) = learned;
    let mut baseline = Baseline::new(catalogue);
    let days = learning.days();
    for (sha256, (_, bytes, file)) in inputs {
        baseline.add_input(sha256, Input { bytes, days: days.get(&file).copied() });
    }
    if let Some((sha256, bytes)) = learning.stream() {
        let days = days.into_values().reduce(wider);
        baseline.add_input(sha256, Input { bytes, days });
    }
    let undated = learning.undated.into_inner();
    for shard in learning.shards {
        baseline.absorb(shard.into_inner().unwrap_or_else(PoisonError::into_inner));
    }
    Ok(Learned { baseline, summary, undated })
}

/// Path, length and number of each file, by the hash of what it holds. `stop` tells this and the others that nothing will come of it.
fn inputs_of(files: &[PathBuf], stop: &AtomicBool) -> Result<BTreeMap<String, (PathBuf, u64, usize)>, LearnError> {
    let mut inputs: BTreeMap<String, (PathBuf, u64, usize)> = BTreeMap::new();
    for (file, path) in files.iter().enumerate().take_while(|_| !stop.load(Ordering::Relaxed)) {
        // What cannot be read is named by the run itself.
        let Ok((sha256, bytes)) = hash_of(path) else { continue };
        let known = inputs.insert(sha256, (path.clone(), bytes, file));
        if let Some((first, ..)) = known.filter(|_| bytes > 0) {
            stop.store(true, Ordering::Relaxed);
            return Err(LearnError::Twice(first, path.clone()));
        }
    }
    Ok(inputs)
}

/// Hash and length of what a file holds, decompressed: a log and its compressed copy teach the same. As far as it can be read; where
/// that is not to its end, the run says so.
fn hash_of(path: &Path) -> io::Result<(String, u64)> {
    let mut file = open_file(path)?;
    let (mut hash, mut bytes, mut buffer) = (Sha256::new(), 0, Vec::new());
    while let Ok(Some(1..)) = file.read(&mut buffer, 1 << 18) {
        hash.update(&buffer);
        bytes += buffer.len() as u64;
        buffer.clear();
    }
    Ok((hex(&hash.finalize()), bytes))
}

/// Learning as a stage that answers nothing. One baseline per shard, so that threads seldom want the same one.
struct Learning<'e> {
    estate: &'e Estate,
    quick: Quick,
    shards: Vec<Mutex<Baseline>>,
    /// Hash and length of what a stream brought.
    hash: Option<Mutex<(Sha256, u64)>>,
    /// First and last day, by file.
    days: Mutex<BTreeMap<usize, (Day, Day)>>,
    undated: AtomicU64,
    /// Nothing will come of this, because two files have the same content.
    stop: Arc<AtomicBool>,
}

#[derive(Default)]
struct Buffers {
    open: vires_source::Scratch,
    memory: Memory,
    again: Again,
    others: Others,
    file: usize,
    days: Option<(Day, Day)>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn note_day(day: Day, days: &mut Option<(Day, Day)>) {
    *days = Some(days.map_or((day, day), |days| wider(days, (day, day))));
}

fn wider(a: (Day, Day), b: (Day, Day)) -> (Day, Day) {
    (a.0.min(b.0), a.1.max(b.1))
}

impl<'e> Learning<'e> {
    fn new(estate: &'e Estate, catalogue: &str, streams: bool) -> Self {
        Learning {
            estate,
            // No member is added, whatever its name.
            quick: Quick::new(&estate.classifier, "nhi"),
            shards: (0..SHARDS).map(|_| Mutex::new(Baseline::new(catalogue))).collect(),
            hash: streams.then(|| Mutex::new((Sha256::new(), 0))),
            days: Mutex::default(),
            undated: AtomicU64::new(0),
            stop: Arc::default(),
        }
    }

    /// Gives the place of the workload, if there was room for it.
    fn learn(&self, o: &Observation<'_>, days: &mut Option<(Day, Day)>) -> Option<Place> {
        note_day(o.day(), days);
        let at = shard_of(&o.workload);
        Some((at, lock(self.shards.get(at)?).learn(o)?))
    }

    /// Learns from a line that repeats another. `note` takes what is to be known of what it taught.
    fn learn_again(
        &self,
        note: impl Fn(&Observation<'_>, Option<u8>, Place),
        lesson: Lesson<'_>,
        days: &mut Option<(Day, Day)>,
    ) {
        match lesson {
            Lesson::Count((shard, at), count, hour) => {
                note_day(count.day, days);
                if let Some(shard) = self.shards.get(shard) {
                    lock(shard).count(at, count, hour);
                }
            }
            Lesson::Touched((shard, at), o, class) => {
                note_day(o.day(), days);
                if let Some(known) = self.shards.get(shard) {
                    lock(known).learn_touched(at, &o);
                }
                note(&o, class, (shard, at));
            }
            Lesson::Whole(o, class) => {
                let place = self.learn(&o, days);
                if let (Some(place), Some(class), true) = (place, class, o.stands_alone()) {
                    note(&o, class, place);
                }
            }
        }
    }

    fn days(&self) -> BTreeMap<usize, (Day, Day)> {
        lock(&self.days).clone()
    }

    fn stream(&self) -> Option<(String, u64)> {
        let hash = lock(self.hash.as_ref()?);
        Some((hex(&hash.0.clone().finalize()), hash.1))
    }
}

impl Stage for Learning<'_> {
    type Scratch = Buffers;
    const ORDERED: bool = true;

    fn begin(&self, file: usize, scratch: &mut Buffers) {
        scratch.file = file;
    }

    fn record(&self, line: &[u8], scratch: &mut Buffers, _: &mut Vec<u8>) -> Report {
        if self.stop.load(Ordering::Relaxed) {
            return Report { filtered: true, ..Report::default() };
        }
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let Buffers { open: buffers, memory, again, others, days, .. } = scratch;
        let repeated = others.meet(line, self.estate, |other, template, _| {
            match template.lesson(self.estate, other.places, &mut memory.habits)? {
                Told::Nothing => {}
                Told::Undated => _ = self.undated.fetch_add(1, Ordering::Relaxed),
                Told::Seen(lesson) => {
                    self.learn_again(|o, class, place| template.note_taught(o, class, place), lesson, days);
                }
            }
            Some(Report { filtered: true, truncated: false, ..other.report(None) })
        });
        if let Some(report) = repeated {
            return report;
        }
        let (Memory { memo, habits, .. }, Again { kept, templates }) = (&mut *memory, &mut *again);
        let repeated = self.quick.meet(line, &self.estate.classifier, kept, memo, |met| {
            let template = templates.of(&met)?;
            let report = Report { filtered: true, ..met.report };
            if let Some(lesson) = template.lesson(self.estate, met, habits)? {
                self.learn_again(|o, class, place| template.note_taught(o, class, place), lesson, days);
            }
            Some(report)
        });
        if let Some(report) = repeated {
            return report;
        }
        let mut opened = open(line, buffers);
        let valid_utf8 = opened.valid_utf8;
        let tags = self.estate.classifier.classify(&opened, &mut memory.memo);
        again.learn(&self.quick, self.estate, &opened, &tags, memory);
        // No member is added, whatever its name.
        others.learn(self.estate, &opened, &tags, "nhi", memory);
        let seen = seen(self.estate, &mut opened, &tags, memory);
        if seen.is_none() && is_undated(&opened) {
            self.undated.fetch_add(1, Ordering::Relaxed);
        }
        // What another product found is no deed of the identity.
        if let Some(o) = seen.filter(|o| !o.detection.as_ref().is_some_and(|d| d.alone)) {
            self.learn(&o, days);
        }
        Report {
            source: tags.source,
            tagged: tags.tagged(),
            sensitive: tags.touches_sensitive(),
            not_json: tags.error == Some(vires_tag::Problem::NotJson),
            invalid_utf8: !valid_utf8,
            unknown_source: tags.error == Some(vires_tag::Problem::UnknownSource),
            filtered: true,
            ..Report::default()
        }
    }

    fn fallback(&self, _: &[u8], scratch: &mut Buffers, _: &mut Vec<u8>) {
        (scratch.open, scratch.memory, scratch.again, scratch.others) = Default::default();
    }

    fn settle(&self, scratch: &mut Buffers) {
        let Some(seen) = scratch.days.take() else { return };
        let mut days = lock(&self.days);
        let known = days.entry(scratch.file).or_insert(seen);
        *known = wider(*known, seen);
    }

    fn render(&self, _: &[u8], _: &mut Buffers, _: &mut Vec<u8>) {}

    fn pass(&self, bytes: &[u8]) {
        if let Some(hash) = &self.hash {
            let mut hash = lock(hash);
            hash.0.update(bytes);
            hash.1 += bytes.len() as u64;
        }
    }
}
