use super::bytes::Bytes;
use super::records::Splitter;
use super::stream::{Got, Stream};
use crate::address::Address;
use crate::protocol::Codec;
use std::collections::VecDeque;
use std::io::{self, ErrorKind};
use std::net::TcpListener;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// More connections than this wait in the backlog.
const MAX_CONNECTIONS: usize = 256;

/// All connections together may hold this many bytes of unfinished records; beyond it only the longest one is read on.
const HELD_BUDGET: usize = 8 << 20;

/// How long a connection may keep all others waiting with an unfinished record before it is closed.
const STALL: Duration = Duration::from_secs(5);

/// Takes records from any number of connections.
#[derive(Debug)]
pub(crate) struct Listener {
    socket: Socket,
    split: bool,
    slots: Vec<Option<Stream>>,
    /// Slots that may have something to read.
    ready: VecDeque<usize>,
    /// The slot that is in the middle of an over-long record: nothing may come between its pieces.
    exclusive: Option<usize>,
    closing: bool,
    /// What went wrong with connections, for the log.
    pub(crate) remarks: Vec<String>,
}

/// No more remarks than this are kept.
const MAX_REMARKS: usize = 100;

#[derive(Debug)]
enum Socket {
    Unix { listener: UnixListener, path: PathBuf, id: (u64, u64) },
    Tcp(TcpListener),
}

impl Listener {
    /// Binds. A socket file that nobody listens on any more is replaced; a live one is an error.
    pub(crate) fn bind(address: &Address, split: bool) -> io::Result<Self> {
        let socket = match address {
            Address::Unix(path) => {
                clear_stale(path)?;
                // Set before the file exists, so that it is never wider open than 0660.
                let mask = rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o117));
                let bound = UnixListener::bind(path);
                rustix::process::umask(mask);
                let listener = bound?;
                listener.set_nonblocking(true)?;
                let id = std::fs::metadata(path).map(|m| (m.dev(), m.ino()))?;
                Socket::Unix { listener, path: path.clone(), id }
            }
            Address::Tcp(_) => {
                let listener = TcpListener::bind(address.resolve()?.as_slice())?;
                listener.set_nonblocking(true)?;
                Socket::Tcp(listener)
            }
        };
        Ok(Listener {
            socket,
            split,
            slots: Vec::new(),
            ready: VecDeque::new(),
            exclusive: None,
            closing: false,
            remarks: Vec::new(),
        })
    }

    /// Hands out the next block of any connection that has one.
    pub(crate) fn next(&mut self, buffer: &mut Vec<u8>, codec: Codec, max: usize) -> Got {
        loop {
            let Some(slot) = self.exclusive.or_else(|| self.ready.pop_front()) else {
                return if self.closing { Got::End } else { Got::Waiting };
            };
            let Some(stream) = self.slots.get_mut(slot).and_then(Option::as_mut) else {
                self.exclusive = None;
                continue;
            };
            let got = stream.next(buffer, codec, max);
            match got {
                Got::Block { .. } => {
                    self.ready.push_back(slot);
                    return got;
                }
                Got::Long { last } => {
                    self.exclusive = (!last).then_some(slot);
                    if last {
                        self.ready.push_back(slot);
                    }
                    return got;
                }
                Got::Waiting if self.exclusive.is_some() => return Got::Waiting,
                Got::Waiting => {}
                Got::End => {
                    if let Some(error) = stream.error().filter(|_| self.remarks.len() < MAX_REMARKS) {
                        self.remarks.push(format!("connection: {error}"));
                    }
                    self.slots[slot] = None;
                    self.exclusive = None;
                }
            }
        }
    }

    /// What to wait for, and for how long at most: pass the result to [`Listener::woken`].
    pub(crate) fn wanted(&self) -> (Vec<BorrowedFd<'_>>, Option<Duration>) {
        let (slots, limit) = self.waiting();
        let mut fds: Vec<_> = slots.into_iter().filter_map(|slot| self.slots[slot].as_ref()?.flow()).collect();
        if self.accepts() {
            fds.push(self.socket.fd());
        }
        (fds, limit)
    }

    /// Takes in what [`Listener::wanted`] brought: which of the descriptors are ready, or that the time was up.
    pub(crate) fn woken(&mut self, ready: &[bool], timed_out: bool) {
        let (slots, _) = self.waiting();
        for (slot, ready) in slots.iter().zip(ready) {
            if *ready && self.exclusive.is_none() {
                self.ready.push_back(*slot);
            }
        }
        if timed_out && let Some(slot) = self.exclusive.or_else(|| slots.first().copied()) {
            if let Some(stream) = &mut self.slots[slot] {
                stream.close();
            }
            self.ready.push_back(slot);
        }
        if ready.get(slots.len()) == Some(&true) {
            self.accept();
        }
    }

    /// Reads no more: what the connections hold counts as their end.
    pub(crate) fn close(&mut self) {
        self.closing = true;
        self.ready = (0..self.slots.len()).collect();
        self.slots.iter_mut().flatten().for_each(Stream::close);
    }

    /// The slots to wait for. If one of them keeps the others waiting, it is the only one, and it has a limited time.
    fn waiting(&self) -> (Vec<usize>, Option<Duration>) {
        if let Some(slot) = self.exclusive {
            return (vec![slot], Some(STALL));
        }
        let open = || self.slots.iter().enumerate().filter_map(|(i, s)| Some((i, s.as_ref()?.held())));
        if open().map(|(_, held)| held).sum::<usize>() > HELD_BUDGET {
            let longest = open().max_by_key(|(_, held)| *held).map(|(i, _)| i);
            return (longest.into_iter().collect(), Some(STALL));
        }
        (open().map(|(i, _)| i).collect(), None)
    }

    fn accepts(&self) -> bool {
        !self.closing && self.exclusive.is_none() && self.slots.iter().flatten().count() < MAX_CONNECTIONS
    }

    fn accept(&mut self) {
        while self.accepts() {
            match self.socket.accept() {
                Ok(bytes) => {
                    let stream = Stream::new(bytes, self.split.then(|| Splitter::new(true)));
                    let free = self.slots.iter().position(Option::is_none);
                    let slot = free.unwrap_or_else(|| {
                        self.slots.push(None);
                        self.slots.len() - 1
                    });
                    self.slots[slot] = Some(stream);
                    self.ready.push_back(slot);
                }
                Err(error) if matches!(error.kind(), ErrorKind::Interrupted | ErrorKind::ConnectionAborted) => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                // Out of descriptors: the connection stays in the backlog, and asking again at once would only burn time.
                Err(_) => return std::thread::sleep(Duration::from_millis(20)),
            }
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        // A successor may already listen on the same path: its socket stays.
        if let Socket::Unix { path, id, .. } = &self.socket
            && std::fs::symlink_metadata(path).is_ok_and(|m| (m.dev(), m.ino()) == *id)
        {
            let _ = std::fs::remove_file(path);
        }
    }
}

impl Socket {
    fn fd(&self) -> BorrowedFd<'_> {
        match self {
            Socket::Unix { listener, .. } => listener.as_fd(),
            Socket::Tcp(listener) => listener.as_fd(),
        }
    }

    fn accept(&self) -> io::Result<Bytes> {
        let fd: OwnedFd = match self {
            Socket::Unix { listener, .. } => listener.accept()?.0.into(),
            Socket::Tcp(listener) => listener.accept()?.0.into(),
        };
        rustix::io::ioctl_fionbio(&fd, true)?;
        Ok(Bytes::Flow(fd))
    }
}

fn clear_stale(path: &Path) -> io::Result<()> {
    match std::fs::symlink_metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
        Ok(metadata) if !metadata.file_type().is_socket() => {
            Err(io::Error::new(ErrorKind::AlreadyExists, "exists and is no socket"))
        }
        Ok(_) => match UnixStream::connect(path) {
            Ok(_) => Err(io::Error::new(ErrorKind::AddrInUse, "another process listens there")),
            Err(_) => std::fs::remove_file(path),
        },
    }
}
