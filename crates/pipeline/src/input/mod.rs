//! Where records come from: standard input, files or connections; and when to stop asking for more.

mod by_time;
mod bytes;
mod files;
mod listen;
mod records;
mod stream;

pub use bytes::open_plain;
pub(crate) use files::{open as open_file, regular_files};
pub(crate) use stream::BLOCK;

use crate::address::Address;
use crate::log::Log;
use crate::protocol::Codec;
use crate::shutdown::{IDLE, Shutdown, Waiter, Woken};
use crate::year::YearRule;
use by_time::ByTime;
use bytes::Bytes;
use files::Files;
use listen::Listener;
use records::Splitter;
use rustix::event::{PollFd, PollFlags};
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::path::PathBuf;
use std::time::{Duration, Instant};
use stream::{Got, Stream};

/// Where to read from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// Standard input.
    Stdin,
    /// Files and directories, `-` for standard input; compressed ones and whole-file CloudTrail are opened up.
    Files(Vec<PathBuf>),
    /// The same files as one stream in the order of the times that their lines say. If they hold but one file, or a stream, or a
    /// codec other than lines is asked for, as [`Source::Files`]. With the year of times that say none.
    ByTime(Vec<PathBuf>, Option<YearRule>),
    /// Connections to this address.
    Listen(Address),
}

/// How records are told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Framing {
    /// The protocol.
    pub codec: Codec,
    /// The longest record that is looked at, in bytes.
    pub max_line: usize,
    /// Take `{"Records":[…]}` documents and top-level arrays apart wherever they come from.
    pub split: bool,
}

/// The reading end of the engine.
#[derive(Debug)]
pub(crate) struct Input {
    kind: Kind,
    framing: Framing,
    waiter: Waiter,
    /// The output: when its reader is gone there is no point in waiting for input.
    watched: Option<OwnedFd>,
    closed: bool,
}

#[derive(Debug)]
enum Kind {
    One(Stream),
    Files(Files),
    ByTime(Box<ByTime>),
    Listen(Box<Listener>),
}

/// What to do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Next {
    /// Whole records are in the buffer; `more` if further ones are ready.
    Block { more: bool },
    /// A piece of a record that is too long to be looked at.
    Long { last: bool },
    /// SIGHUP came.
    Reload,
    /// No more input.
    End,
}

enum Waited {
    Ready,
    Reload,
    /// Draining is over, or nobody takes the output any more.
    Enough,
}

impl Input {
    pub(crate) fn open(source: &Source, framing: Framing, waiter: Waiter) -> io::Result<Self> {
        let kind = match source {
            Source::Stdin => Kind::One(Stream::new(stdin()?, framing.split.then(|| Splitter::new(true)))),
            Source::Files(paths) => Kind::Files(Files::new(paths, framing.split)),
            Source::ByTime(paths, year) => match Files::new(paths, framing.split).into_regular() {
                Some((files, failures)) if files.len() > 1 && framing.codec == Codec::Lines => {
                    Kind::ByTime(Box::new(ByTime::new(files, failures, framing, *year)))
                }
                _ => Kind::Files(Files::new(paths, framing.split)),
            },
            Source::Listen(address) => Kind::Listen(Box::new(Listener::bind(address, framing.split)?)),
        };
        Ok(Input { kind, framing, waiter, watched: None, closed: false })
    }

    pub(crate) fn watch(&mut self, output: Option<OwnedFd>) {
        self.watched = output;
    }

    /// What could not be read, ready to print. A stream that lost its framing is only logged: its end is an end like any other
    /// to the shipper, which starts a new process.
    pub(crate) fn failures(&mut self, log: &Log) -> Vec<String> {
        match &mut self.kind {
            Kind::Files(files) => std::mem::take(&mut files.failures),
            Kind::ByTime(files) => std::mem::take(&mut files.failures),
            Kind::Listen(listener) => {
                listener.remarks.drain(..).for_each(|remark| log.say(&remark));
                Vec::new()
            }
            Kind::One(stream) => {
                let error = stream.error();
                let lost = error.as_ref().filter(|e| e.kind() == io::ErrorKind::InvalidData);
                if let Some(lost) = lost {
                    log.say(&format!("standard input: {lost}"));
                    return Vec::new();
                }
                error.map(|e| format!("standard input: {e}")).into_iter().collect()
            }
        }
    }

    /// Waits for input and fills `buffer`.
    pub(crate) fn next(&mut self, buffer: &mut Vec<u8>, shutdown: &Shutdown) -> io::Result<Next> {
        loop {
            if shutdown.is_stopped() {
                return Ok(Next::End);
            }
            if shutdown.take_reload() {
                return Ok(Next::Reload);
            }
            if shutdown.deadline().is_some_and(|deadline| Instant::now() >= deadline) {
                self.close();
            }
            match self.take(buffer) {
                Got::Block { more } => return Ok(Next::Block { more }),
                Got::Long { last } => return Ok(Next::Long { last }),
                Got::End => return Ok(Next::End),
                Got::Waiting => match self.wait(shutdown)? {
                    Waited::Ready => {}
                    Waited::Reload => return Ok(Next::Reload),
                    Waited::Enough => self.close(),
                },
            }
        }
    }

    /// Number, from 0, of the file that the last block came from; 0 where there are no files. A block never spans two.
    pub(crate) fn file(&self) -> usize {
        match &self.kind {
            Kind::Files(files) => files.number(),
            _ => 0,
        }
    }

    fn take(&mut self, buffer: &mut Vec<u8>) -> Got {
        let Framing { codec, max_line, .. } = self.framing;
        match &mut self.kind {
            Kind::One(stream) => stream.next(buffer, codec, max_line),
            Kind::Listen(listener) => listener.next(buffer, codec, max_line),
            Kind::ByTime(files) => files.next(buffer, max_line),
            Kind::Files(files) => loop {
                let Some(stream) = files.current() else { return Got::End };
                match stream.next(buffer, codec, max_line) {
                    Got::End => files.advance(),
                    other => return other,
                }
            },
        }
    }

    fn close(&mut self) {
        if std::mem::replace(&mut self.closed, true) {
            return;
        }
        match &mut self.kind {
            Kind::One(stream) => stream.close(),
            Kind::Files(files) => files.close(),
            Kind::ByTime(files) => files.close(),
            Kind::Listen(listener) => listener.close(),
        }
    }

    fn wait(&mut self, shutdown: &Shutdown) -> io::Result<Waited> {
        let idle_since = Instant::now();
        let mut asked_since = None;
        loop {
            if shutdown.is_stopped() {
                return Ok(Waited::Enough);
            }
            if shutdown.take_reload() {
                return Ok(Waited::Reload);
            }
            let now = Instant::now();
            let drain = shutdown.deadline().map(|deadline| {
                let idle_from: Instant = *asked_since.get_or_insert(now);
                deadline.min(idle_from.max(idle_since) + IDLE).saturating_duration_since(now)
            });
            if drain == Some(Duration::ZERO) {
                return Ok(Waited::Enough);
            }
            match self.poll(drain)? {
                Polled::Input => return Ok(Waited::Ready),
                Polled::OutputGone => {
                    shutdown.stop();
                    return Ok(Waited::Enough);
                }
                Polled::Nothing => {}
            }
        }
    }

    fn poll(&mut self, drain: Option<Duration>) -> io::Result<Polled> {
        let (fds, limit) = match &self.kind {
            Kind::One(stream) => (stream.flow().into_iter().collect(), None),
            Kind::Files(files) => (files.flow().into_iter().collect(), None),
            Kind::ByTime(_) => (Vec::new(), None),
            Kind::Listen(listener) => listener.wanted(),
        };
        let inputs = fds.len();
        let mut set: Vec<_> = fds.iter().map(|fd| PollFd::from_borrowed_fd(*fd, PollFlags::IN)).collect();
        if let Some(output) = &self.watched {
            set.push(PollFd::from_borrowed_fd(output.as_fd(), PollFlags::empty()));
        }
        let timeout = [drain, limit].into_iter().flatten().min();
        let woken = self.waiter.wait(&mut set, timeout)?;
        let ready: Vec<bool> = set.iter().map(|fd| !fd.revents().is_empty()).collect();
        drop(set);
        drop(fds);
        let stalled = woken == Woken::Timeout && limit.is_some() && limit == timeout;
        if let Kind::Listen(listener) = &mut self.kind {
            listener.woken(&ready[..inputs.min(ready.len())], stalled);
        }
        Ok(if ready.iter().take(inputs).any(|r| *r) || stalled {
            Polled::Input
        } else if ready.get(inputs) == Some(&true) {
            Polled::OutputGone
        } else {
            Polled::Nothing
        })
    }
}

enum Polled {
    Input,
    OutputGone,
    Nothing,
}

/// Standard input, under a descriptor of its own.
fn stdin() -> io::Result<Bytes> {
    let fd = io::stdin().as_fd().try_clone_to_owned()?;
    // Best effort: a larger pipe means fewer switches between the writer and us.
    let _ = rustix::pipe::fcntl_setpipe_size(&fd, 1 << 20);
    Bytes::from_fd(fd)
}
