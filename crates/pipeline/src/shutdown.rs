use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::io::Errno;
use signal_hook::SigId;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use std::io;
use std::os::fd::BorrowedFd;
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

/// How long input must be silent after SIGTERM until nothing more is expected.
pub(crate) const IDLE: Duration = Duration::from_millis(250);

/// What the process was asked to do by signals, and how long it may still take.
///
/// The reading and the writing thread each have a [`Waiter`], so that a signal wakes both.
#[derive(Debug)]
pub struct Shutdown {
    asked: Arc<AtomicBool>,
    reload: Arc<AtomicBool>,
    first: OnceLock<Instant>,
    drain: Duration,
    stopped: AtomicBool,
    bells: [UnixStream; 2],
    /// What listens to signals on its behalf, each with a bell of its own.
    listeners: Mutex<Vec<SigId>>,
}

/// Lets one thread wait for file descriptors without missing a signal.
#[derive(Debug)]
pub struct Waiter {
    bell: UnixStream,
}

/// What became ready.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Woken {
    /// One of the descriptors.
    Ready,
    /// The time was up.
    Timeout,
    /// A signal came or the run was stopped: look at [`Shutdown`] again.
    Bell,
}

impl Shutdown {
    /// State without signals. `drain` is the longest time between the first request to stop and the end.
    pub fn new(drain: Duration) -> io::Result<(Self, Waiter, Waiter)> {
        let (input, input_bell) = UnixStream::pair()?;
        let (output, output_bell) = UnixStream::pair()?;
        for stream in [&input, &input_bell, &output, &output_bell] {
            stream.set_nonblocking(true)?;
        }
        let shutdown = Shutdown {
            asked: Arc::default(),
            reload: Arc::default(),
            first: OnceLock::new(),
            drain,
            stopped: AtomicBool::new(false),
            bells: [input_bell, output_bell],
            listeners: Mutex::default(),
        };
        Ok((shutdown, Waiter { bell: input }, Waiter { bell: output }))
    }

    /// Takes SIGTERM and SIGINT as the request to drain, and SIGHUP as the request to reload.
    ///
    /// SIGINT stays ignored where the parent ignores it (rsyslog does, so that Ctrl-C reaches only itself).
    pub fn listen_to_signals(&self) -> io::Result<()> {
        let mut stops = vec![SIGTERM];
        if !starts_ignored(SIGINT) {
            stops.push(SIGINT);
        }
        let mut listeners = self.listeners.lock().unwrap_or_else(PoisonError::into_inner);
        for (signal, flag) in stops.into_iter().map(|s| (s, &self.asked)).chain([(SIGHUP, &self.reload)]) {
            listeners.push(signal_hook::flag::register(signal, Arc::clone(flag)).map_err(io::Error::other)?);
            for bell in &self.bells {
                let listener = signal_hook::low_level::pipe::register(signal, bell.try_clone()?);
                listeners.push(listener.map_err(io::Error::other)?);
            }
        }
        Ok(())
    }

    #[cfg(test)]
    pub(crate) fn ask(&self) {
        self.asked.store(true, Ordering::SeqCst);
        self.ring();
    }

    #[cfg(test)]
    fn ask_reload(&self) {
        self.reload.store(true, Ordering::SeqCst);
        self.ring();
    }

    /// The moment at which draining must end, once it was asked for.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.asked.load(Ordering::SeqCst).then(|| *self.first.get_or_init(Instant::now) + self.drain)
    }

    /// True once per request to reload.
    pub(crate) fn take_reload(&self) -> bool {
        self.reload.load(Ordering::Relaxed) && self.reload.swap(false, Ordering::SeqCst)
    }

    /// Ends the run: the output takes no more.
    pub(crate) fn stop(&self) {
        self.stopped.store(true, Ordering::SeqCst);
        self.ring();
    }

    pub(crate) fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::SeqCst)
    }

    fn ring(&self) {
        for bell in &self.bells {
            // A full pipe already rings.
            let _ = rustix::io::write(bell, b"!");
        }
    }
}

impl Drop for Shutdown {
    /// Gives back the descriptors of the bells. The signals stay caught: what is still to be written at the end is not cut short.
    fn drop(&mut self) {
        let listeners = self.listeners.get_mut().unwrap_or_else(PoisonError::into_inner);
        for listener in listeners.drain(..) {
            signal_hook::low_level::unregister(listener);
        }
    }
}

impl Waiter {
    /// Waits until one of `wanted` is ready, a signal comes or `timeout` has passed.
    pub(crate) fn wait<'a>(&'a self, wanted: &mut Vec<PollFd<'a>>, timeout: Option<Duration>) -> io::Result<Woken> {
        wanted.push(PollFd::new(&self.bell, PollFlags::IN));
        let polled = rustix::event::poll(wanted, timeout.map(timespec).as_ref());
        let rung = wanted.pop().is_some_and(|bell| !bell.revents().is_empty());
        if rung {
            self.silence();
        }
        Ok(match polled {
            Ok(0) => Woken::Timeout,
            Ok(1) if rung => Woken::Bell,
            Ok(_) => Woken::Ready,
            Err(Errno::INTR) => Woken::Bell,
            Err(error) => return Err(error.into()),
        })
    }

    fn silence(&self) {
        let mut bin = [0; 64];
        while matches!(rustix::io::read(&self.bell, &mut bin), Ok(n) if n > 0) {}
    }
}

/// True if `fd` has something for `flags` right now.
pub(crate) fn is_ready(fd: BorrowedFd<'_>, flags: PollFlags) -> bool {
    let mut fds = [PollFd::from_borrowed_fd(fd, flags)];
    matches!(rustix::event::poll(&mut fds, Some(&timespec(Duration::ZERO))), Ok(n) if n > 0)
}

fn timespec(duration: Duration) -> Timespec {
    Timespec { tv_sec: duration.as_secs().min(i32::MAX as u64) as i64, tv_nsec: duration.subsec_nanos().into() }
}

/// True if the process was started with `signal` ignored. Unknown (no procfs) counts as no.
fn starts_ignored(signal: i32) -> bool {
    let Ok(status) = std::fs::read_to_string("/proc/self/status") else { return false };
    let mask = status.lines().find_map(|l| l.strip_prefix("SigIgn:")).and_then(|m| u64::from_str_radix(m.trim(), 16).ok());
    mask.is_some_and(|m| m >> (signal - 1) & 1 == 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::fd::AsFd;

    #[test]
    fn a_request_wakes_both_threads_and_sets_the_deadline_once() {
        let (shutdown, input, output) = Shutdown::new(Duration::from_secs(5)).unwrap();
        assert_eq!(shutdown.deadline(), None);
        shutdown.ask();
        for waiter in [&input, &output] {
            assert_eq!(waiter.wait(&mut Vec::new(), None).unwrap(), Woken::Bell);
            assert_eq!(waiter.wait(&mut Vec::new(), Some(Duration::ZERO)).unwrap(), Woken::Timeout);
        }
        let deadline = shutdown.deadline();
        assert!(deadline.is_some());
        shutdown.ask();
        assert_eq!(shutdown.deadline(), deadline);
    }

    #[test]
    fn a_reload_is_taken_once() {
        let (shutdown, ..) = Shutdown::new(Duration::ZERO).unwrap();
        shutdown.ask_reload();
        assert!(shutdown.take_reload());
        assert!(!shutdown.take_reload());
        assert_eq!(shutdown.deadline(), None);
    }

    #[test]
    fn gives_back_what_it_listened_with() {
        let (shutdown, input, output) = Shutdown::new(Duration::ZERO).unwrap();
        shutdown.listen_to_signals().unwrap();
        drop(shutdown);
        for waiter in [&input, &output] {
            assert_eq!(rustix::io::read(&waiter.bell, &mut [0; 1]), Ok(0), "the other end is closed");
        }
    }

    #[test]
    fn sees_the_other_end_go() {
        let (reader, writer) = rustix::pipe::pipe().unwrap();
        assert!(!is_ready(writer.as_fd(), PollFlags::empty()));
        drop(reader);
        assert!(is_ready(writer.as_fd(), PollFlags::empty()));
    }
}
