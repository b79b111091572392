//! Where answers go, in order.

mod connect;
mod wire;

use crate::address::Address;
use crate::protocol::{Codec, omprog};
use crate::shutdown::{Shutdown, Waiter};
use connect::Connection;
use std::fs::{File, OpenOptions};
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use wire::Wire;

/// Where to write to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// Standard output.
    Stdout,
    /// A file, appended to and opened anew on SIGHUP.
    File(PathBuf),
    /// A connection, retried until it stands.
    Connect(Address),
}

/// The writing end of the engine.
pub(crate) struct Output {
    kind: Kind,
    /// Standard output, where it is not the output but takes confirmations.
    acks: Option<Wire>,
    codec: Codec,
    waiter: Waiter,
    shutdown: Arc<Shutdown>,
    broken: Option<Why>,
}

enum Kind {
    Wire(Wire),
    File(PathBuf, Wire),
    Connection(Connection),
}

/// What was not written.
#[derive(Debug)]
pub(crate) struct Failed {
    pub(crate) written: usize,
    pub(crate) why: Why,
}

/// Why something was not written.
#[derive(Debug)]
pub(crate) enum Why {
    /// Nobody reads any more.
    Gone,
    /// The time for draining is over.
    Late,
    /// An error of the system.
    Io(io::Error),
}

impl Output {
    /// `acks`: confirm every record on standard output as rsyslog's omprog wants it.
    pub(crate) fn open(target: &Target, acks: bool, codec: Codec, waiter: Waiter, shutdown: Arc<Shutdown>) -> io::Result<Self> {
        let kind = match target {
            Target::Stdout => Kind::Wire(stdout()?),
            Target::File(path) => Kind::File(path.clone(), append(path)?),
            Target::Connect(address) => Kind::Connection(Connection::new(address.clone())),
        };
        let acks = if acks { Some(stdout()?) } else { None };
        Ok(Output { kind, acks, codec, waiter, shutdown, broken: None })
    }

    /// A descriptor that tells when nobody reads any more.
    pub(crate) fn watch(&self) -> Option<OwnedFd> {
        match (&self.acks, &self.kind) {
            (Some(wire), _) | (None, Kind::Wire(wire)) => wire.watch(),
            _ => None,
        }
    }

    /// Says that confirmations can be expected from now on.
    pub(crate) fn ready(&mut self) {
        self.confirm(1);
    }

    /// Writes `bytes` and then confirms `confirmations` records. Returns how many bytes were written; fewer than all only once
    /// and for ever: see [`Output::into_error`].
    pub(crate) fn deliver(&mut self, bytes: &[u8], confirmations: u64) -> usize {
        if self.broken.is_some() {
            return 0;
        }
        let Output { kind, acks, codec, waiter, shutdown, .. } = self;
        let mut tick = || {
            if let Some(acks) = &acks {
                // Only a sign of life: if it cannot be sent at once, the next one may.
                let _ = acks.write(omprog::KEEP_ALIVE, shutdown, waiter, &mut || {});
            }
        };
        let result = match kind {
            Kind::Wire(wire) | Kind::File(_, wire) => wire.write(bytes, shutdown, waiter, &mut tick),
            Kind::Connection(connection) => connection.write(bytes, *codec, shutdown, waiter, &mut tick),
        };
        match result {
            Ok(()) => {
                self.confirm(confirmations);
                bytes.len()
            }
            Err(failed) => {
                self.give_up(failed.why);
                failed.written
            }
        }
    }

    /// Opens an output file again, since a log rotation may have moved it. Keeps the old one if that fails.
    pub(crate) fn reopen(&mut self) {
        if let Kind::File(path, wire) = &mut self.kind
            && let Ok(fresh) = append(path)
        {
            *wire = fresh;
        }
    }

    /// Ends the output. An error that means lost data, not a reader that went away, is returned.
    pub(crate) fn finish(self) -> Result<(), io::Error> {
        match &self.kind {
            Kind::Wire(wire) | Kind::File(_, wire) => wire.finish(),
            Kind::Connection(connection) => connection.finish(),
        }
        match self.broken {
            Some(Why::Io(error)) => Err(error),
            _ => Ok(()),
        }
    }

    fn confirm(&mut self, records: u64) {
        let Some(acks) = &self.acks else { return };
        let text = omprog::OK.repeat(usize::try_from(records).unwrap_or(usize::MAX));
        if let Err(failed) = acks.write(&text, &self.shutdown, &self.waiter, &mut || {}) {
            self.give_up(failed.why);
        }
    }

    fn give_up(&mut self, why: Why) {
        self.broken = Some(why);
        self.shutdown.stop();
    }
}

fn stdout() -> io::Result<Wire> {
    Wire::new(io::stdout().as_fd().try_clone_to_owned()?)
}

fn append(path: &Path) -> io::Result<Wire> {
    let file: File = OpenOptions::new().append(true).create(true).open(path)?;
    Wire::new(file.into())
}
