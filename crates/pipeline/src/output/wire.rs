use super::{Failed, Why};
use crate::shutdown::{Shutdown, Waiter, is_ready};
use rustix::event::{PollFd, PollFlags};
use rustix::fs::{FileType, Mode, OFlags};
use rustix::io::Errno;
use rustix::net::SendFlags;
use std::io::{self, IsTerminal};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::time::{Duration, Instant};

/// A pipe or terminal that is ready takes at least this much without blocking (`PIPE_BUF`).
const SURE: usize = 4096;

/// How often a caller hears that writing still waits.
const TICK: Duration = Duration::from_secs(3);

/// A descriptor that is written to without ever being stuck in a system call, so that a request to stop is always heard and
/// the count of what was written is exact.
#[derive(Debug)]
pub(crate) struct Wire {
    fd: OwnedFd,
    kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Never waits.
    File,
    /// Our own open description of a pipe, set to non-blocking.
    Pipe,
    Socket,
    /// Shared with others, so its mode is not ours to change: small writes after a look.
    Shared,
}

impl Wire {
    pub(crate) fn new(fd: OwnedFd) -> io::Result<Self> {
        let kind = match FileType::from_raw_mode(rustix::fs::fstat(&fd)?.st_mode) {
            FileType::RegularFile => Kind::File,
            // The null device and its like.
            FileType::CharacterDevice if !fd.is_terminal() => Kind::File,
            FileType::Socket => Kind::Socket,
            FileType::Fifo => return Ok(Wire::pipe(fd)),
            _ => Kind::Shared,
        };
        Ok(Wire { fd, kind })
    }

    /// O_NONBLOCK belongs to the open description, which others (a shell, a later command) may share: so open the pipe anew.
    fn pipe(fd: OwnedFd) -> Self {
        // Best effort: a larger pipe means fewer switches between the reader and us.
        let _ = rustix::pipe::fcntl_setpipe_size(&fd, 1 << 20);
        let path = format!("/proc/self/fd/{}", fd.as_raw_fd());
        match rustix::fs::open(path, OFlags::WRONLY | OFlags::NONBLOCK | OFlags::CLOEXEC, Mode::empty()) {
            Ok(own) => Wire { fd: own, kind: Kind::Pipe },
            Err(_) => Wire { fd, kind: Kind::Shared },
        }
    }

    /// A descriptor that tells when the reader is gone; `None` where there is no reader.
    pub(crate) fn watch(&self) -> Option<OwnedFd> {
        if self.kind == Kind::File { None } else { self.fd.try_clone().ok() }
    }

    /// Takes in what the other end of a socket says; true if it has closed the connection.
    pub(crate) fn is_closed_by_peer(&self) -> bool {
        let mut bin = [0; 4096];
        loop {
            return match rustix::net::recv(&self.fd, &mut bin, rustix::net::RecvFlags::DONTWAIT) {
                Ok((_, 0)) => true,
                Ok(_) | Err(Errno::INTR) => continue,
                Err(Errno::AGAIN) => false,
                Err(_) => true,
            };
        }
    }

    /// Says that nothing more will come.
    pub(crate) fn finish(&self) {
        if self.kind == Kind::Socket {
            let _ = rustix::net::shutdown(&self.fd, rustix::net::Shutdown::Write);
        }
    }

    /// Writes everything, or says how much was written and why not more. `tick` is called now and then while waiting.
    pub(crate) fn write(
        &self,
        bytes: &[u8],
        shutdown: &Shutdown,
        waiter: &Waiter,
        tick: &mut dyn FnMut(),
    ) -> Result<(), Failed> {
        let mut written = 0;
        while written < bytes.len() {
            match self.try_write(&bytes[written..]) {
                Ok(n) => written += n,
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => {
                    if let Err(why) = self.wait(shutdown, waiter, tick) {
                        return Err(Failed { written, why });
                    }
                }
                Err(Errno::PIPE | Errno::CONNRESET | Errno::NOTCONN) => return Err(Failed { written, why: Why::Gone }),
                Err(error) => return Err(Failed { written, why: Why::Io(error.into()) }),
            }
        }
        Ok(())
    }

    fn try_write(&self, bytes: &[u8]) -> Result<usize, Errno> {
        match self.kind {
            Kind::File | Kind::Pipe => rustix::io::write(&self.fd, bytes),
            Kind::Socket => rustix::net::send(&self.fd, bytes, SendFlags::DONTWAIT | SendFlags::NOSIGNAL),
            Kind::Shared if !is_ready(self.fd.as_fd(), PollFlags::OUT) => Err(Errno::AGAIN),
            Kind::Shared => rustix::io::write(&self.fd, &bytes[..bytes.len().min(SURE)]),
        }
    }

    fn wait(&self, shutdown: &Shutdown, waiter: &Waiter, tick: &mut dyn FnMut()) -> Result<(), Why> {
        let left = time_left(shutdown)?;
        let mut set = vec![PollFd::new(&self.fd, PollFlags::OUT)];
        match waiter.wait(&mut set, Some(left.map_or(TICK, |l| l.min(TICK)))) {
            Ok(crate::shutdown::Woken::Timeout) => tick(),
            Ok(_) => {}
            Err(error) => return Err(Why::Io(error)),
        }
        Ok(())
    }
}

/// The time that is left to deliver, if there is a limit.
pub(super) fn time_left(shutdown: &Shutdown) -> Result<Option<Duration>, Why> {
    if shutdown.is_stopped() {
        return Err(Why::Gone);
    }
    let Some(deadline) = shutdown.deadline() else { return Ok(None) };
    match deadline.saturating_duration_since(Instant::now()) {
        Duration::ZERO => Err(Why::Late),
        left => Ok(Some(left)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;

    #[test]
    fn says_exactly_how_much_was_written_when_time_is_up() {
        let (mut reader, writer) = std::io::pipe().unwrap();
        let wire = Wire::new(writer.into()).unwrap();
        let (shutdown, _input, waiter) = Shutdown::new(Duration::from_millis(50)).unwrap();
        shutdown.ask();
        let failed = wire.write(&vec![b'x'; 8 << 20], &shutdown, &waiter, &mut || {}).unwrap_err();
        assert!(matches!(failed.why, Why::Late));
        drop(wire);
        let mut rest = Vec::new();
        reader.read_to_end(&mut rest).unwrap();
        assert_eq!(rest.len(), failed.written);
        assert!(failed.written > 0);
    }

    #[test]
    fn a_missing_reader_is_gone() {
        let (reader, writer) = std::io::pipe().unwrap();
        let wire = Wire::new(writer.into()).unwrap();
        let (shutdown, _input, waiter) = Shutdown::new(Duration::ZERO).unwrap();
        drop(reader);
        assert!(matches!(wire.write(b"x", &shutdown, &waiter, &mut || {}).unwrap_err(), Failed { written: 0, why: Why::Gone }));
    }
}
