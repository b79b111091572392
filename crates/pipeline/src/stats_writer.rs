use crate::counts::Counts;
use crate::engine::Error;
use crate::log::Log;
use crate::stats_file::StatsFile;
use std::io::ErrorKind;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

const PERIOD: Duration = Duration::from_secs(1);

/// Keeps a file of counters up to date from a thread of its own, so that a slow disk never holds up the stream.
pub(crate) struct StatsWriter {
    thread: JoinHandle<()>,
    done: Arc<(Mutex<bool>, Condvar)>,
}

impl StatsWriter {
    /// Writes the file for the first time and then whenever what it says has changed. A path that cannot be right is an error;
    /// a full disk is not: it may have room again.
    pub(crate) fn start(file: StatsFile, counts: Arc<Mutex<Counts>>, log: Arc<Log>) -> Result<Self, Error> {
        if let Err(error) = file.write(&Counts::default()) {
            if !matches!(error.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::Interrupted) {
                return Err(Error::StatsFile { path: file.path().to_owned(), error });
            }
            log.say(&format!("{}: {error}", file.path().display()));
        }
        let done = Arc::new((Mutex::new(false), Condvar::new()));
        let end = Arc::clone(&done);
        let body = move || {
            let mut written = String::new();
            loop {
                let (flag, changed) = &*end;
                let flag = flag.lock().unwrap_or_else(PoisonError::into_inner);
                let waited = changed.wait_timeout_while(flag, PERIOD, |done| !*done);
                let last = *waited.unwrap_or_else(PoisonError::into_inner).0;
                let now = counts.lock().unwrap_or_else(PoisonError::into_inner).clone();
                let now = file.render(&now);
                if now != written {
                    match file.put(&now) {
                        Ok(()) => written = now,
                        Err(error) => log.say(&format!("{}: {error}", file.path().display())),
                    }
                }
                if last {
                    return;
                }
            }
        };
        let thread = std::thread::Builder::new().name("vires-stats".into()).spawn(body).map_err(Error::System)?;
        Ok(StatsWriter { thread, done })
    }

    /// Writes the final counters.
    pub(crate) fn finish(self) {
        *self.done.0.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.done.1.notify_all();
        let _ = self.thread.join();
    }
}
