use super::live::Live;
use crate::gauges::Gauges;
use crate::log::Log;
use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;
use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use vires_judge::JudgeState;
use vires_profile::baseline::BaselineError;

/// A state larger than this was not written by this program.
const LARGEST: u64 = 16 << 30;

/// The file in which the judge's memory survives a restart. It always holds one whole snapshot: a new one takes its place in one step.
#[derive(Debug, Clone)]
pub struct StateFile {
    path: PathBuf,
    /// Held as long as any copy of this lives.
    _lock: Option<Arc<File>>,
}

/// How long a predecessor that still writes its last snapshot is waited for.
const PATIENCE: Duration = Duration::from_secs(3);

/// A state outside of any run, as its file holds it.
#[derive(Debug)]
pub struct Snapshot {
    /// What is remembered.
    pub state: JudgeState,
    /// How many lines it has seen.
    pub lines: u64,
    /// What it was kept with; see [`Step::inputs`](super::Step::inputs).
    pub inputs: String,
}

impl Snapshot {
    /// The content of its file.
    pub fn render(&self) -> Result<String, serde_json::Error> {
        self.state.to_json(&format!("{} {}", self.lines, self.inputs))
    }
}

/// Why a state file cannot be used.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs)]
pub enum StateError {
    #[error("failed to read the state {path}: {error}", path = .path.display())]
    Read { path: PathBuf, error: io::Error },
    #[error("failed to write the state {path}: {error}", path = .path.display())]
    Write { path: PathBuf, error: io::Error },
    #[error("the state cannot be used: {0}; --state-reset sets it aside and starts afresh")]
    Torn(BaselineError),
    #[error(
        "the state {path} belongs to another baseline or another step: judge with what it was kept with, or --state-reset sets it aside and starts afresh", path = .path.display()
    )]
    Foreign { path: PathBuf },
    #[error(
        "the state {path} is in use by another process: give each judge a state of its own, or wait until that one has ended", path = .path.display()
    )]
    InUse { path: PathBuf },
    #[error("failed to write down the state: {0}")]
    Render(#[from] serde_json::Error),
    #[error("failed to start: {0}")]
    Thread(io::Error),
}

impl StateFile {
    /// Names the file, for reading.
    pub fn new(path: PathBuf) -> Self {
        StateFile { path, _lock: None }
    }

    /// Names the file and takes it for this process, by an advisory lock on `.NAME.lock` beside it that ends with the process. Where
    /// the file system knows no locks, nothing is taken.
    pub fn take(path: PathBuf) -> Result<Self, StateError> {
        let beside = beside(&path, ".lock");
        let opened = beside.and_then(|lock| OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(lock));
        let file = opened.map_err(|error| StateError::Write { path: path.clone(), error })?;
        let started = Instant::now();
        loop {
            match flock(&file, FlockOperation::NonBlockingLockExclusive) {
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) if started.elapsed() >= PATIENCE => return Err(StateError::InUse { path }),
                Err(Errno::AGAIN) => std::thread::sleep(Duration::from_millis(20)),
                Ok(()) | Err(_) => return Ok(StateFile { path, _lock: Some(Arc::new(file)) }),
            }
        }
    }

    /// The state and how many lines it has seen; `None` if there is no file yet. `inputs` is what the state must have been kept with.
    ///
    /// With `reset`, a file that cannot be used is renamed to `….bad` instead of being an error.
    pub fn load(&self, inputs: &str, reset: bool) -> Result<Option<(JudgeState, u64)>, StateError> {
        let failure = match self.read() {
            Ok(kept) if kept.inputs == inputs => return Ok(Some((kept.state, kept.lines))),
            Ok(_) => StateError::Foreign { path: self.path.clone() },
            Err(StateError::Read { error, .. }) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error @ StateError::Torn(_)) => error,
            Err(error) => return Err(error),
        };
        if !reset {
            return Err(failure);
        }
        let mut bad = self.path.clone().into_os_string();
        bad.push(".bad");
        std::fs::rename(&self.path, &bad).map_err(|error| StateError::Write { path: bad.into(), error })?;
        Ok(None)
    }

    /// What the file holds, whatever it was kept with.
    pub fn read(&self) -> Result<Snapshot, StateError> {
        let read = |error| StateError::Read { path: self.path.clone(), error };
        let mut text = Vec::new();
        File::open(&self.path).and_then(|file| file.take(LARGEST).read_to_end(&mut text)).map_err(read)?;
        let (state, lines, inputs) = Live::read(&text, &self.path.display().to_string()).map_err(StateError::Torn)?;
        Ok(Snapshot { state, lines, inputs })
    }

    /// Replaces the content, on disk too: whatever happens, the old or the new snapshot is there as a whole.
    pub fn write(&self, text: &str) -> Result<(), StateError> {
        let failed = |error| StateError::Write { path: self.path.clone(), error };
        let temporary = beside(&self.path, ".tmp").map_err(failed)?;
        let written = put(&temporary, text).and_then(|()| std::fs::rename(&temporary, &self.path));
        if written.is_err() {
            let _ = std::fs::remove_file(&temporary);
        }
        written.map_err(failed)?;
        // The rename itself is lasting once the directory is; some file systems cannot do that, and then it is as good as it gets.
        let folder = self.path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let _ = File::open(folder).and_then(|folder| folder.sync_all());
        Ok(())
    }
}

/// A hidden file in the same folder: `.NAME` and `ending`.
fn beside(path: &Path, ending: &str) -> io::Result<PathBuf> {
    let mut name = OsString::from(".");
    name.push(path.file_name().ok_or(ErrorKind::InvalidInput)?);
    name.push(ending);
    Ok(path.with_file_name(name))
}

fn put(path: &Path, text: &str) -> io::Result<()> {
    // What a killed predecessor left is in the way; a link that somebody else put there is not followed.
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

/// Keeps a state file up to date from a thread of its own.
#[derive(Debug)]
pub struct StateKeeper {
    file: StateFile,
    live: Arc<Live>,
    gauges: Arc<Gauges>,
    thread: JoinHandle<()>,
    done: Arc<(Mutex<bool>, Condvar)>,
}

impl StateKeeper {
    /// Writes the file at once, so that a path that cannot be right is an error now, and then every `period` if there is news.
    pub fn start(
        file: StateFile,
        live: Arc<Live>,
        period: Duration,
        log: Arc<Log>,
        gauges: Arc<Gauges>,
    ) -> Result<Self, StateError> {
        save(&file, &live, &gauges)?;
        let done: Arc<(Mutex<bool>, Condvar)> = Arc::default();
        let (end, kept, same, shown) = (Arc::clone(&done), file.clone(), Arc::clone(&live), Arc::clone(&gauges));
        let body = move || {
            loop {
                let flag = end.0.lock().unwrap_or_else(PoisonError::into_inner);
                let waited = end.1.wait_timeout_while(flag, period, |done| !*done);
                if *waited.unwrap_or_else(PoisonError::into_inner).0 {
                    return;
                }
                if let Err(error) = save(&kept, &same, &shown) {
                    log.say(&error.to_string());
                    same.unsaved();
                }
            }
        };
        let thread = std::thread::Builder::new().name("vires-state".into()).spawn(body).map_err(StateError::Thread)?;
        Ok(StateKeeper { file, live, gauges, thread, done })
    }

    /// Writes the last snapshot.
    pub fn finish(self) -> Result<(), StateError> {
        *self.done.0.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.done.1.notify_all();
        let _ = self.thread.join();
        save(&self.file, &self.live, &self.gauges)
    }
}

fn save(file: &StateFile, live: &Live, gauges: &Gauges) -> Result<(), StateError> {
    if let Some(text) = live.snapshot()? {
        file.write(&text)?;
    }
    gauges.state_is_saved();
    Ok(())
}
