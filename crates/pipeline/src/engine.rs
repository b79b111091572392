use crate::counts::Counts;
use crate::input::{BLOCK, Framing, Input, Next, Source};
use crate::log::Log;
use crate::outlet::Outlet;
use crate::output::{Output, Target};
use crate::shutdown::Shutdown;
use crate::stage::Stage;
use crate::stats_file::StatsFile;
use crate::stats_writer::StatsWriter;
use crate::turn::InTurn;
use crate::work::{self, Rules};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// A block that is smaller than this and has nothing behind it is answered by the thread that read it: waking another one takes
/// longer than the work.
const SMALL: usize = 32 << 10;

/// So is a block that is larger than this: it holds one huge record, and the memory for several at once would add up.
const HUGE: usize = 4 * BLOCK;

/// How a stream is run.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where to read from.
    pub source: Source,
    /// Where to write to.
    pub target: Target,
    /// How records are told apart.
    pub framing: Framing,
    /// Number of threads that work on blocks, at least 1.
    pub threads: usize,
    /// Confirm every record on standard output as rsyslog's omprog wants it.
    pub omprog: bool,
    /// The longest time between the first request to stop and the end.
    pub drain: Duration,
    /// Where the counters are kept up to date.
    pub stats_file: Option<StatsFile>,
    /// Where the program says what goes wrong.
    pub log: Arc<Log>,
}

/// What came of a run.
#[derive(Debug)]
pub struct Summary {
    /// What went through.
    pub counts: Counts,
    /// Inputs that could not be read or were cut, ready to print.
    pub failures: Vec<String>,
    /// An error of the output that means lost data. A reader that went away is none.
    pub output: Option<io::Error>,
}

/// Why a run could not start.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs)]
pub enum Error {
    #[error("failed to listen on {address}: {error}")]
    Listen { address: String, error: io::Error },
    #[error("failed to open the input: {0}")]
    Input(io::Error),
    #[error("failed to open the output: {0}")]
    Output(io::Error),
    #[error("failed to write {path}: {error}", path = .path.display())]
    StatsFile { path: std::path::PathBuf, error: io::Error },
    #[error("failed to start: {0}")]
    System(io::Error),
    #[error("failed to start {0} threads: {1}")]
    Threads(usize, rayon::ThreadPoolBuildError),
}

/// Makes the stage that follows `&S` after a reload, or says why not.
pub type Reload<'a, S> = &'a (dyn Fn(&S) -> Result<S, String> + Sync);

/// A stream whose ends are open and whose signals are heard, so that nothing is missed while a stage is being made.
pub struct Runner<'a> {
    options: &'a Options,
    shutdown: Arc<Shutdown>,
    input: Input,
    output: Output,
}

impl<'a> Runner<'a> {
    /// Opens input and output and takes over SIGTERM, SIGINT and SIGHUP. Nothing is read yet.
    pub fn open(options: &'a Options) -> Result<Self, Error> {
        let (shutdown, input_waiter, output_waiter) = Shutdown::new(options.drain).map_err(Error::System)?;
        let shutdown = Arc::new(shutdown);
        shutdown.listen_to_signals().map_err(Error::System)?;
        let codec = options.framing.codec;
        let output = Output::open(&options.target, options.omprog, codec, output_waiter, Arc::clone(&shutdown))
            .map_err(Error::Output)?;
        let mut input = Input::open(&options.source, options.framing, input_waiter).map_err(|error| match &options.source {
            Source::Listen(address) => Error::Listen { address: address.to_string(), error },
            _ => Error::Input(error),
        })?;
        input.watch(output.watch());
        Ok(Runner { options, shutdown, input, output })
    }

    /// Runs `stage` over the whole input: reads blocks, has them worked on in parallel, writes the answers in order.
    pub fn run<S: Stage>(self, stage: S, reload: Reload<'_, S>) -> Result<Summary, Error> {
        self.run_shared(Arc::new(stage), reload)
    }

    /// Like [`Runner::run`], and hands the stage back. Only for stages that are not reloaded.
    pub(crate) fn run_and_return<S: Stage>(self, stage: S, reload: Reload<'_, S>) -> Result<(S, Summary), Error> {
        let stage = Arc::new(stage);
        let summary = self.run_shared(Arc::clone(&stage), reload)?;
        let stage = Arc::into_inner(stage).ok_or_else(|| Error::System(io::ErrorKind::Other.into()))?;
        Ok((stage, summary))
    }

    fn run_shared<S: Stage>(mut self, stage: Arc<S>, reload: Reload<'_, S>) -> Result<Summary, Error> {
        let Options { stats_file, log, framing, omprog, threads, .. } = self.options;
        let counts = Arc::new(Mutex::new(Counts::default()));
        let stats =
            stats_file.clone().map(|file| StatsWriter::start(file, Arc::clone(&counts), Arc::clone(log))).transpose()?;
        self.output.ready();
        let engine = Engine {
            front: Mutex::new(Front { input: self.input, stage, generation: 0, ticket: 0, huge: None }),
            settled: InTurn::new(()),
            output: Outlet::new(self.output, (*threads).max(2)),
            counts: Arc::clone(&counts),
            reopen: AtomicBool::new(false),
            shutdown: self.shutdown,
            reload,
            rules: Rules { codec: framing.codec, max_line: framing.max_line, omprog: *omprog },
            log,
        };
        engine.run((*threads).max(1))?;

        let mut front = engine.front.into_inner().unwrap_or_else(PoisonError::into_inner);
        // What was stopped may be gone on with.
        if engine.shutdown.deadline().is_none() && !engine.shutdown.is_stopped() {
            let _ = catch_unwind(AssertUnwindSafe(|| front.stage.over()));
        }
        let failures = front.input.failures(log);
        for failure in &failures {
            log.say(failure);
        }
        // The socket file goes before the last answers do: a successor may take its place from here on.
        drop(front);
        let output = match engine.output.into_inner() {
            Some(output) => output.finish().err(),
            None => Some(io::Error::other("the output was lost")),
        };
        if let Some(error) = &output {
            log.say(&format!("output: {error}"));
        }
        if let Some(stats) = stats {
            stats.finish();
        }
        let counts = lock(&counts).clone();
        Ok(Summary { counts, failures, output })
    }
}

struct Engine<'a, S: Stage> {
    front: Mutex<Front<S>>,
    settled: InTurn<()>,
    output: Outlet<Output, Answer>,
    counts: Arc<Mutex<Counts>>,
    reopen: AtomicBool,
    shutdown: Arc<Shutdown>,
    reload: Reload<'a, S>,
    rules: Rules,
    log: &'a Log,
}

/// What one thread at a time uses to get the next block.
struct Front<S> {
    input: Input,
    stage: Arc<S>,
    generation: u64,
    ticket: u64,
    /// The buffers of huge records, once there were any: each thread that grew its own would keep its own.
    huge: Option<Buffers>,
}

/// The memory of one worker.
struct Worker<S: Stage> {
    buffers: Buffers,
    scratch: S::Scratch,
    generation: u64,
}

/// A block and what is made of it.
#[derive(Default)]
struct Buffers {
    block: Vec<u8>,
    draft: Vec<u8>,
    out: Vec<u8>,
}

/// What goes out for one block.
#[derive(Default)]
struct Answer {
    bytes: Vec<u8>,
    answers: u64,
    confirmations: u64,
    counts: Counts,
}

impl Buffers {
    fn clear(&mut self) {
        self.block.clear();
        self.draft.clear();
        self.out.clear();
    }
}

impl<S: Stage> Engine<'_, S> {
    fn run(&self, threads: usize) -> Result<(), Error> {
        if threads == 1 {
            self.worker();
            return Ok(());
        }
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .thread_name(|i| format!("vires-{i}"))
            .build()
            .map_err(|error| Error::Threads(threads, error))?;
        pool.broadcast(|_| self.worker());
        Ok(())
    }

    fn worker(&self) {
        let mut worker: Worker<S> = Worker { buffers: Buffers::default(), scratch: S::Scratch::default(), generation: 0 };
        // Records are guarded one by one; what gets here is an error in the engine itself, and the others must not wait for ever.
        if catch_unwind(AssertUnwindSafe(|| while self.step(&mut worker) {})).is_err() {
            self.shutdown.stop();
        }
    }

    /// Takes one block through. False at the end of the input.
    fn step(&self, worker: &mut Worker<S>) -> bool {
        worker.buffers.clear();
        let mut guard = lock(&self.front);
        let front = &mut *guard;
        if let Some(huge) = &mut front.huge {
            std::mem::swap(huge, &mut worker.buffers);
        }
        let next = loop {
            match front.input.next(&mut worker.buffers.block, &self.shutdown) {
                Ok(Next::Reload) => self.replace(front),
                Ok(next) => break next,
                Err(error) => {
                    self.log.say(&format!("input: {error}"));
                    self.shutdown.stop();
                    return false;
                }
            }
        };
        if next == Next::End {
            return false;
        }
        let ticket = front.ticket;
        front.ticket += 1;
        if worker.generation != front.generation {
            worker.generation = front.generation;
            worker.scratch = S::Scratch::default();
        }
        let stage = Arc::clone(&front.stage);
        stage.begin(front.input.file(), &mut worker.scratch);
        let len = worker.buffers.block.len();
        let huge = len > HUGE;
        if let Some(spare) = front.huge.as_mut().filter(|_| !huge) {
            spare.block.extend_from_slice(&worker.buffers.block);
            std::mem::swap(spare, &mut worker.buffers);
            spare.clear();
        }
        match next {
            Next::Block { more } => {
                let alone = huge || (!more && len < SMALL);
                let kept = alone.then_some(guard);
                self.block(&stage, ticket, worker);
                if let Some(mut guard) = kept.filter(|_| huge) {
                    worker.buffers.clear();
                    let used = std::mem::take(&mut worker.buffers);
                    if let Some(small) = guard.huge.replace(used) {
                        worker.buffers = small;
                    }
                }
            }
            Next::Long { last } => {
                drop(guard);
                self.long(&stage, ticket, worker, last);
            }
            Next::Reload | Next::End => {}
        }
        true
    }

    fn block(&self, stage: &S, ticket: u64, worker: &mut Worker<S>) {
        let Worker { buffers: Buffers { block, draft, out }, scratch, .. } = worker;
        let huge = block.len() > HUGE;
        let mut counts = Counts { bytes_in: block.len() as u64, ..Counts::default() };
        let mut answers = work::draft(stage, self.rules, block, scratch, draft, &mut counts);
        let made = if S::ORDERED {
            let settle = || {
                stage.pass(block);
                stage.settle(scratch);
            };
            let settled = self.settled.take(ticket, |()| catch_unwind(AssertUnwindSafe(settle)));
            let rendered = settled.and_then(|()| catch_unwind(AssertUnwindSafe(|| stage.render(draft, scratch, out))));
            if rendered.is_err() {
                counts.internal = counts.lines_in;
                work::fall_back_all(stage, self.rules.codec, block, scratch, out);
            } else {
                let left_out = stage.left_out(scratch).min(answers);
                let noticed = stage.noticed(scratch);
                counts.truncated += noticed.truncated;
                counts.forgotten += noticed.forgotten;
                counts.filtered += left_out;
                answers -= left_out;
            }
            out
        } else {
            draft
        };
        let unterminated = u64::from(!block.ends_with(b"\n"));
        let confirmations = if self.rules.omprog { self.rules.codec.count(block) + unterminated } else { 0 };
        self.send(ticket, made, !huge, Answer { bytes: Vec::new(), answers, confirmations, counts });
    }

    /// One piece of a record that is too long to look at: what goes out is the piece itself, or the stage's answer at the end.
    fn long(&self, stage: &S, ticket: u64, worker: &mut Worker<S>, last: bool) {
        let Buffers { block, out, .. } = &mut worker.buffers;
        let done = u64::from(last);
        let counts = Counts { bytes_in: block.len() as u64, lines_in: done, too_long: done, ..Counts::default() };
        if S::ORDERED {
            let settle = || {
                stage.pass(block);
                if last {
                    stage.skip_long();
                }
            };
            let _ = self.settled.take(ticket, |()| catch_unwind(AssertUnwindSafe(settle)));
        }
        match stage.too_long() {
            None => {
                out.append(block);
                if last && self.rules.codec == crate::Codec::Lines && !out.ends_with(b"\n") {
                    out.push(b'\n');
                }
            }
            Some(answer) if last => {
                out.extend_from_slice(answer);
                self.rules.codec.close(out, 0);
            }
            Some(_) => {}
        }
        let confirmations = if self.rules.omprog { done } else { 0 };
        // Pieces that are put by would add up.
        self.send(ticket, out, false, Answer { bytes: Vec::new(), answers: done, confirmations, counts });
    }

    /// Sends what is in `made`, in its turn, and leaves other memory there.
    fn send(&self, ticket: u64, made: &mut Vec<u8>, put_by: bool, answer: Answer) {
        let answer = Answer { bytes: std::mem::take(made), ..answer };
        let used = self.output.bring(ticket, answer, put_by, |output, answer| self.deliver(output, answer));
        *made = used.map(|answer| answer.bytes).unwrap_or_default();
    }

    fn deliver(&self, output: &mut Output, answer: &mut Answer) {
        let Answer { bytes, answers, confirmations, counts } = answer;
        if self.reopen.swap(false, Ordering::Relaxed) {
            output.reopen();
        }
        let written = output.deliver(bytes, *confirmations);
        let whole = written == bytes.len();
        counts.bytes_out = written as u64;
        counts.lines_out = if whole { *answers } else { self.rules.codec.count(&bytes[..written]).min(*answers) };
        counts.undelivered = *answers - counts.lines_out;
        lock(&self.counts).add(counts);
    }

    fn replace(&self, front: &mut Front<S>) {
        let mut counts = Counts::default();
        match (self.reload)(&front.stage) {
            Ok(stage) => {
                front.stage = Arc::new(stage);
                front.generation += 1;
                counts.reloads = 1;
                self.log.say("reloaded");
            }
            Err(error) => {
                counts.reload_failures = 1;
                self.log.say(&format!("reload failed, the old rules stay: {error}"));
            }
        }
        self.reopen.store(true, Ordering::Relaxed);
        lock(&self.counts).add(&counts);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
