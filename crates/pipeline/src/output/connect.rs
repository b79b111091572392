use super::wire::{Wire, time_left};
use super::{Failed, Why};
use crate::address::Address;
use crate::protocol::{Codec, Cut};
use crate::shutdown::{Shutdown, Waiter};
use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType};
use std::io;
use std::net::TcpStream;
use std::time::Duration;

const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);

/// A connection that is made, and made again, whenever there is something to send.
#[derive(Debug)]
pub(crate) struct Connection {
    address: Address,
    wire: Option<Wire>,
}

impl Connection {
    pub(crate) fn new(address: Address) -> Self {
        Connection { address, wire: None }
    }

    /// Sends everything. If the connection breaks, the records that the kernel has not taken whole go over the next one.
    pub(crate) fn write(
        &mut self,
        bytes: &[u8],
        codec: Codec,
        shutdown: &Shutdown,
        waiter: &Waiter,
        tick: &mut dyn FnMut(),
    ) -> Result<(), Failed> {
        let mut written = 0;
        loop {
            let wire = match self.connected(shutdown, waiter, tick) {
                Ok(wire) => wire,
                Err(why) => return Err(Failed { written, why }),
            };
            match wire.write(&bytes[written..], shutdown, waiter, tick) {
                Ok(()) => return Ok(()),
                Err(failed) if matches!(failed.why, Why::Late) || shutdown.is_stopped() => {
                    return Err(Failed { written: written + failed.written, why: failed.why });
                }
                Err(failed) => {
                    written += match codec.cut(&bytes[written..written + failed.written], 0, usize::MAX) {
                        Cut::Complete(end) => end,
                        _ => 0,
                    };
                    self.wire = None;
                }
            }
        }
    }

    pub(crate) fn finish(&self) {
        if let Some(wire) = &self.wire {
            // Unread bytes in our buffer would turn the orderly end into a reset that may destroy what is in flight.
            wire.is_closed_by_peer();
            wire.finish();
        }
    }

    fn connected(&mut self, shutdown: &Shutdown, waiter: &Waiter, tick: &mut dyn FnMut()) -> Result<&Wire, Why> {
        let mut pause = FIRST_PAUSE;
        let mut waited = Duration::ZERO;
        loop {
            if self.wire.as_ref().is_some_and(Wire::is_closed_by_peer) {
                self.wire = None;
            }
            match self.wire.take().map_or_else(|| dial(&self.address), Ok) {
                Ok(wire) => return Ok(self.wire.insert(wire)),
                Err(_) => {
                    let left = time_left(shutdown)?;
                    waiter.wait(&mut Vec::new(), Some(left.map_or(pause, |l| l.min(pause)))).map_err(Why::Io)?;
                    waited += pause;
                    if waited > Duration::from_secs(3) {
                        waited = Duration::ZERO;
                        tick();
                    }
                    pause = (pause * 2).min(LONGEST_PAUSE);
                }
            }
        }
    }
}

fn dial(address: &Address) -> io::Result<Wire> {
    match address {
        Address::Unix(path) => {
            // Non-blocking: a full backlog would otherwise hold us in the system call.
            let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
            let socket = rustix::net::socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None)?;
            rustix::net::connect(&socket, &SocketAddrUnix::new(path)?)?;
            Wire::new(socket)
        }
        Address::Tcp(_) => {
            let mut last = io::Error::from(io::ErrorKind::AddrNotAvailable);
            for candidate in address.resolve()? {
                match TcpStream::connect_timeout(&candidate, CONNECT_TIMEOUT) {
                    Ok(stream) => {
                        let _ = stream.set_nodelay(true);
                        return Wire::new(stream.into());
                    }
                    Err(error) => last = error,
                }
            }
            Err(last)
        }
    }
}
