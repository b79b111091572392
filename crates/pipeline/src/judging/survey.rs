use super::estate::Estate;
use super::memory::Memory;
use super::observe::{is_undated, observe, owned};
use super::replay::Judged;
use crate::engine::{Error, Runner, Summary};
use crate::stage::{Report, Stage};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use vires_judge::{Judge, JudgeState, Settled};
use vires_profile::observation::{EventRef, Observation};
use vires_source::open;
use vires_tag::Problem;

/// Judges all input and writes none of it: `visit` sees each judged line, in order, with everything behind its verdict.
///
/// Lines are read in parallel and judged one after the other.
pub struct Survey<F> {
    estate: Estate,
    judge: Judge,
    seen: Mutex<Seen<F>>,
    undated: AtomicU64,
    /// Nobody goes on with it.
    for_good: bool,
}

/// What a survey leaves.
#[derive(Debug)]
pub struct Surveyed {
    /// Who judged, for whoever asks what it compared with.
    pub judge: Judge,
    /// What went through.
    pub summary: Summary,
    /// Lines that are somebody's and were not judged, because they do not say when.
    pub undated: u64,
    /// What the end of the lines said, where nobody goes on with them: see [`Judge::settle`].
    pub settled: Vec<Settled>,
}

struct Seen<F> {
    state: JudgeState,
    line: u64,
    visit: F,
    settled: Vec<Settled>,
}

/// What a line says, and the credential it was done with, masked.
type Line = (Observation<'static>, Option<String>);

/// What a block's lines say; `None` for a line that is not judged.
#[derive(Debug, Default)]
pub struct SurveyScratch {
    open: vires_source::Scratch,
    memory: Memory,
    observations: Vec<Option<Box<Line>>>,
}

impl<F: FnMut(Judged<'_>) + Send> Survey<F> {
    /// A survey that starts without memory and leaves none: the end of the lines is the end.
    pub fn new(estate: Estate, judge: Judge, visit: F) -> Self {
        let state = judge.fresh_state();
        Survey { for_good: true, ..Survey::resuming(estate, judge, (state, 0), visit) }
    }

    /// A survey that goes on from a state and the number of lines that it has seen. Somebody else may go on as well.
    pub fn resuming(estate: Estate, judge: Judge, (state, line): (JudgeState, u64), visit: F) -> Self {
        let seen = Mutex::new(Seen { state, line, visit, settled: Vec::new() });
        Survey { estate, judge, seen, undated: AtomicU64::new(0), for_good: false }
    }

    /// Takes the survey through the whole input.
    pub fn over(self, runner: Runner) -> Result<Surveyed, Error> {
        let (survey, summary) = runner.run_and_return(self, &|_| Err("a survey does not reload".to_owned()))?;
        let settled = survey.seen.into_inner().unwrap_or_else(PoisonError::into_inner).settled;
        Ok(Surveyed { judge: survey.judge, summary, undated: survey.undated.into_inner(), settled })
    }
}

impl<F: FnMut(Judged<'_>) + Send> Stage for Survey<F> {
    type Scratch = SurveyScratch;
    const ORDERED: bool = true;

    fn record(&self, line: &[u8], scratch: &mut SurveyScratch, _: &mut Vec<u8>) -> Report {
        let SurveyScratch { open: buffers, memory, observations } = scratch;
        let mut opened = open(line.strip_suffix(b"\r").unwrap_or(line), buffers);
        let valid_utf8 = opened.valid_utf8;
        let (tags, seen) = observe(&self.estate, &mut opened, memory);
        if seen.is_none() && is_undated(&opened) {
            self.undated.fetch_add(1, Ordering::Relaxed);
        }
        let credential = tags.credential.clone();
        observations.push(seen.map(|o| Box::new((owned(o), credential))));
        Report {
            source: tags.source,
            tagged: tags.tagged(),
            sensitive: tags.touches_sensitive(),
            not_json: tags.error == Some(Problem::NotJson),
            invalid_utf8: !valid_utf8,
            unknown_source: tags.error == Some(Problem::UnknownSource),
            filtered: true,
            ..Report::default()
        }
    }

    fn fallback(&self, _: &[u8], scratch: &mut SurveyScratch, _: &mut Vec<u8>) {
        (scratch.open, scratch.memory) = Default::default();
        scratch.observations.push(None);
    }

    fn skip(&self, scratch: &mut SurveyScratch) {
        scratch.observations.push(None);
    }

    fn skip_long(&self) {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).line += 1;
    }

    fn settle(&self, scratch: &mut SurveyScratch) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let Seen { state, line, visit, .. } = &mut *seen;
        for observation in scratch.observations.drain(..) {
            *line += 1;
            let Some((mut o, credential)) = observation.map(|line| *line) else { continue };
            o.event_ref = EventRef { file: None, line: *line };
            let outcome = self.judge.judge(state, &mut o);
            visit(Judged::new(&o, outcome, &self.judge, state).with(credential.as_deref()));
        }
    }

    fn over(&self) {
        if self.for_good {
            let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
            seen.settled = self.judge.settle(&mut seen.state);
        }
    }

    fn render(&self, _: &[u8], _: &mut SurveyScratch, _: &mut Vec<u8>) {}
}
