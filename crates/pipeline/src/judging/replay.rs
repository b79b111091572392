use super::estate::Estate;
use super::memory::Memory;
use super::observe::{observe, seen};
use sha2::{Digest, Sha256};
use std::sync::Arc;
use vires_catalog::Catalog;
use vires_judge::{CaseUpdate, Judge, JudgeState, Outcome, Settled, Tuning};
use vires_profile::baseline::Baseline;
use vires_profile::observation::{EventRef, Mapping, Observation};
use vires_source::{Opened, Scratch, open};
use vires_tag::Tags;

impl Estate {
    /// Learns from lines, one after the other.
    pub fn learner(&self, catalogue: &str) -> Learner<'_> {
        Learner { reader: Reader::new(self), baseline: Baseline::new(catalogue) }
    }

    /// The same, where what a baseline knows of names that belong together leads to workloads, too.
    #[must_use]
    pub fn joined(self, baseline: &Baseline) -> Estate {
        Estate { inventory: Arc::new(self.inventory.joined(baseline.stitches().families())), ..self }
    }

    /// A judge who decides by this tuning and compares with this baseline.
    pub fn judge(&self, tuning: Tuning, baseline: Baseline) -> Judge {
        Judge::new(tuning, Arc::clone(&self.inventory), Arc::clone(&self.exceptions), baseline)
    }

    /// Judges lines, one after the other, as `vires judge` does.
    pub fn replay<'e>(&'e self, judge: &'e Judge) -> Replay<'e> {
        Replay { reader: Reader::new(self), judge, state: judge.fresh_state() }
    }
}

/// A hash of all facts by which learned tiers, classes and effects came about. Baselines of different ones do not mix.
pub fn catalogue_hash(catalog: &Catalog) -> String {
    let mut hash = Sha256::new();
    hash.update(format!("{:?}", catalog.actions()));
    hash.update(format!("{:?}", catalog.effects()));
    hash.update(format!("{:?}", catalog.resources()));
    hash.update(format!("{:?}", catalog.data_names()));
    hex(&hash.finalize())
}

/// Lower-case hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

/// Turns lines into observations, with buffers that are reused.
#[derive(Debug)]
struct Reader<'e> {
    estate: &'e Estate,
    scratch: Scratch,
    memory: Memory,
}

impl<'e> Reader<'e> {
    fn new(estate: &'e Estate) -> Self {
        Reader { estate, scratch: Scratch::default(), memory: Memory::default() }
    }

    fn line<'a>(&'a mut self, number: u64, line: &'a [u8]) -> Option<Observation<'a>> {
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let mut opened = open(line, &mut self.scratch);
        let mut observation = observe(self.estate, &mut opened, &mut self.memory).1?;
        observation.event_ref = EventRef { file: None, line: number };
        Some(observation)
    }
}

/// Learns from lines. See [`Estate::learner`].
#[derive(Debug)]
pub struct Learner<'e> {
    reader: Reader<'e>,
    baseline: Baseline,
}

impl<'e> Learner<'e> {
    /// One line, with or without its line end.
    pub fn line(&mut self, line: &[u8]) {
        teach(&mut self.baseline, self.reader.line(0, line));
    }

    /// One line that was opened and classified for another end, by the estate's own classifier: to do it again would cost more than
    /// to learn from it. Its activity is taken.
    pub fn opened<'a>(&mut self, opened: &mut Opened<'a>, tags: &Tags<'a>)
    where
        'e: 'a,
    {
        let estate: &'a Estate = self.reader.estate;
        teach(&mut self.baseline, seen(estate, opened, tags, &mut self.reader.memory));
    }

    /// What was learned.
    pub fn finish(self) -> Baseline {
        self.baseline
    }
}

/// What another product found is no deed of the identity.
fn teach(baseline: &mut Baseline, seen: Option<Observation<'_>>) {
    if let Some(observation) = seen.filter(|o| !o.detection.as_ref().is_some_and(|d| d.alone)) {
        baseline.learn(&observation);
    }
}

/// Judges lines. See [`Estate::replay`].
#[derive(Debug)]
pub struct Replay<'e> {
    reader: Reader<'e>,
    judge: &'e Judge,
    state: JudgeState,
}

/// One line that was judged.
#[derive(Debug)]
pub struct Judged<'a> {
    /// What the line says. `event_ref` holds the number of the line.
    pub observation: &'a Observation<'a>,
    /// The verdict, and the case if it speaks.
    pub outcome: Outcome,
    judge: &'a Judge,
    state: &'a JudgeState,
    credential: Option<&'a str>,
}

impl<'a> Judged<'a> {
    pub(super) fn new(observation: &'a Observation<'a>, outcome: Outcome, judge: &'a Judge, state: &'a JudgeState) -> Self {
        Judged { observation, outcome, judge, state, credential: None }
    }

    pub(super) fn with(mut self, credential: Option<&'a str>) -> Self {
        self.credential = credential;
        self
    }

    /// The credential it was done with, masked. Known to a [`Survey`](super::Survey) only: the judge has no use for it.
    pub fn credential(&self) -> Option<&str> {
        self.credential
    }

    /// Who judged it.
    pub fn judge(&self) -> &Judge {
        self.judge
    }

    /// All that stands against the line's workload now, whether or not its case has to speak.
    pub fn ask(&self) -> Option<CaseUpdate> {
        self.judge.ask(self.state, &self.observation.workload, self.observation.mapping)
    }
}

impl Replay<'_> {
    /// One line, with or without its line end. `None` if there is nothing in it to be judged.
    pub fn line<R>(&mut self, number: u64, line: &[u8], visit: impl FnOnce(Judged<'_>) -> R) -> Option<R> {
        let mut observation = self.reader.line(number, line)?;
        let outcome = self.judge.judge(&mut self.state, &mut observation);
        Some(visit(Judged::new(&observation, outcome, self.judge, &self.state)))
    }

    /// The end of the lines, if nobody will go on with them: what was still waited for. See [`Judge::settle`].
    pub fn settle(&mut self) -> Vec<Settled> {
        self.judge.settle(&mut self.state)
    }

    /// What stands against a workload now.
    pub fn ask(&self, workload: &str, mapping: Mapping) -> Option<CaseUpdate> {
        self.judge.ask(&self.state, workload, mapping)
    }

    /// What the judge remembers.
    pub fn state(&self) -> &JudgeState {
        &self.state
    }
}
