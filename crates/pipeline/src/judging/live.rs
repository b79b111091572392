use crate::turn::InTurn;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use vires_judge::joins::Joins;
use vires_judge::{CaseUpdate, Judge, JudgeState, SHARDS, Shard};
use vires_profile::baseline::BaselineError;

/// Takes the records of cases, in the order of the lines that made them speak.
pub type CaseSink = Box<dyn FnMut(&CaseUpdate) + Send>;

/// What the judge remembers while a stream runs: each shard under its own lock, with an order in which blocks get it.
///
/// The ordered step of a block draws its tickets, so that any thread may judge any block later on and each workload still sees its
/// events in the order of the input. A reload replaces the judge, not this.
pub struct Live {
    gate: Mutex<Gate>,
    shards: Vec<InTurn<Shard>>,
    cases: InTurn<CaseSink>,
    /// What the state must find again when it is resumed.
    inputs: String,
    /// Nobody goes on with what it remembers.
    for_good: bool,
    /// Lines of somebody's that could not be judged for want of a time.
    undated: AtomicU64,
    /// Strangers that were forgotten for want of room.
    forgotten: AtomicU64,
    /// Lines that could not be judged because the first step did not see them, or with another baseline or inventory.
    unjoined: AtomicU64,
}

/// What only the ordered step uses.
pub(super) struct Gate {
    pub(super) joins: Joins,
    tickets: [u64; SHARDS],
    blocks: u64,
    lines: u64,
    /// Lines that the last snapshot knew.
    saved: u64,
}

impl fmt::Debug for Live {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Live").field("inputs", &self.inputs).finish_non_exhaustive()
    }
}

/// The tickets of one block.
#[derive(Debug, Default)]
pub(super) struct Turns {
    block: u64,
    /// Shard, its ticket, and the events that belong to it; ascending by shard.
    pub(super) shards: Vec<(usize, u64, Vec<usize>)>,
}

impl Live {
    /// Goes on from `state`, which has seen `lines` lines. `inputs` names what it must find again, e.g. the baseline.
    pub fn new(mut state: JudgeState, lines: u64, inputs: String, cases: CaseSink) -> Self {
        Live {
            shards: state.shards_mut().iter_mut().map(|shard| InTurn::new(std::mem::take(shard))).collect(),
            gate: Mutex::new(Gate { joins: state.joins, tickets: [0; SHARDS], blocks: 0, lines, saved: u64::MAX }),
            cases: InTurn::new(cases),
            inputs,
            for_good: false,
            undated: AtomicU64::new(0),
            forgotten: AtomicU64::new(0),
            unjoined: AtomicU64::new(0),
        }
    }

    /// When the input ends, so does what is remembered: what was still waited for is settled then, see [`Judge::settle`]. Not where it is
    /// kept for another run.
    #[must_use]
    pub fn for_good(self) -> Self {
        Live { for_good: true, ..self }
    }

    /// Settles what is still waited for, if nobody goes on.
    pub(super) fn settle(&self, judge: &Judge) {
        if !self.for_good {
            return;
        }
        let mut gate = self.gate();
        let settled = self.whole(&mut gate, |state| judge.settle(state));
        let block = gate.block();
        self.cases.take(block, |sink| settled.iter().filter(|s| s.speaks).for_each(|s| sink(&s.record)));
    }

    /// Runs `work` on all that is remembered. Lines that have come in meanwhile wait.
    fn whole<R>(&self, gate: &mut Gate, work: impl FnOnce(&mut JudgeState) -> R) -> R {
        let mut state = JudgeState::default();
        state.joins = std::mem::take(&mut gate.joins);
        for (number, slot) in state.shards_mut().iter_mut().enumerate() {
            if let Some(shard) = self.shard(number, gate.draw(number), std::mem::take) {
                *slot = shard;
            }
        }
        // What the state remembers as told must have been told: a case that only it knew would be lost with a crash.
        self.cases.take(gate.block(), |_| ());
        let done = work(&mut state);
        for (number, slot) in state.shards_mut().iter_mut().enumerate() {
            self.shard(number, gate.draw(number), |shard| *shard = std::mem::take(slot));
        }
        gate.joins = state.joins;
        done
    }

    /// Reads a snapshot that [`Live::snapshot`] made. `name` is the file's name, for errors. Returns the state, how many lines it has
    /// seen, and the inputs it was kept with.
    pub fn read(text: &[u8], name: &str) -> Result<(JudgeState, u64, String), BaselineError> {
        let (state, kept) = JudgeState::from_json(text, name)?;
        let (lines, inputs) =
            kept.split_once(' ').and_then(|(n, inputs)| Some((n.parse().ok()?, inputs))).unwrap_or((0, &kept));
        Ok((state, lines, inputs.to_owned()))
    }

    /// Lines that name an identity but no moment, since this was made: syslog of RFC 3164 gives no year. Days and habits cannot be told
    /// of them, so they carry no verdict; whoever sends them should know.
    pub fn undated(&self) -> u64 {
        self.undated.load(Ordering::Relaxed)
    }

    /// Strangers that were forgotten for want of room, since this was made.
    pub fn forgotten(&self) -> u64 {
        self.forgotten.load(Ordering::Relaxed)
    }

    pub(super) fn note_forgotten(&self, strangers: u32) {
        self.forgotten.fetch_add(u64::from(strangers), Ordering::Relaxed);
    }

    pub(super) fn note_undated(&self) {
        self.undated.fetch_add(1, Ordering::Relaxed);
    }

    /// Lines that were not judged, since this was made, because they do not say what [`Step::Join`](super::Step::Join) says with the
    /// same baseline and inventory.
    pub fn unjoined(&self) -> u64 {
        self.unjoined.load(Ordering::Relaxed)
    }

    pub(super) fn note_unjoined(&self) {
        self.unjoined.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn inputs(&self) -> &str {
        &self.inputs
    }

    pub(super) fn gate(&self) -> MutexGuard<'_, Gate> {
        self.gate.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs `work` on a shard when the ticket's turn has come.
    pub(super) fn shard<R>(&self, number: usize, ticket: u64, work: impl FnOnce(&mut Shard) -> R) -> Option<R> {
        self.shards.get(number).map(|shard| shard.take(ticket, work))
    }

    /// Hands over the cases that one block made speak.
    pub(super) fn tell<'c>(&self, turns: &Turns, cases: impl Iterator<Item = &'c CaseUpdate>) {
        self.cases.take(turns.block, |sink| cases.for_each(sink));
    }

    /// The state as a file, if it has changed since the last call. Lines that have come in meanwhile wait.
    pub fn snapshot(&self) -> Result<Option<String>, serde_json::Error> {
        let mut gate = self.gate();
        if gate.lines == gate.saved {
            return Ok(None);
        }
        let kept_with = format!("{} {}", gate.lines, self.inputs);
        let text = self.whole(&mut gate, |state| state.to_json(&kept_with));
        gate.saved = gate.lines;
        text.map(Some)
    }

    /// The last snapshot was lost: the next one is due whether or not there is news.
    pub(super) fn unsaved(&self) {
        self.gate().saved = u64::MAX;
    }
}

impl Gate {
    /// The number of the next line, from 1.
    pub(super) fn line(&mut self) -> u64 {
        self.lines += 1;
        self.lines
    }

    /// The tickets for a block whose events belong to these shards.
    pub(super) fn turns(&mut self, events: impl Iterator<Item = (usize, usize)>) -> Turns {
        let mut by_shard: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (at, shard) in events {
            by_shard.entry(shard).or_default().push(at);
        }
        let shards = by_shard.into_iter().map(|(shard, events)| (shard, self.draw(shard), events)).collect();
        Turns { block: self.block(), shards }
    }

    /// The number of the next block.
    fn block(&mut self) -> u64 {
        self.blocks += 1;
        self.blocks - 1
    }

    fn draw(&mut self, shard: usize) -> u64 {
        let Some(next) = self.tickets.get_mut(shard) else { return 0 };
        *next += 1;
        *next - 1
    }
}
