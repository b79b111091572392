//! Rule 14 of the exec contract: listening and connecting, as Vector, Fluent Bit and Logstash loops need it.
#![allow(clippy::unwrap_used)]

mod common;

use common::{Running, arg, event, numbers, run, stats, until, vires};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

/// Listens on a fresh socket file, with stdin closed as Vector's exec source does it.
fn listening(dir: &Path, more: &[&str]) -> (Running, PathBuf) {
    let path = dir.join("vires.sock");
    let address = format!("unix:{}", path.display());
    let args = [&["tag", "--listen", &address][..], more].concat();
    let running = Running::spawn(vires(&args).stdin(Stdio::null()));
    until("the socket", || UnixStream::connect(&path).is_ok());
    (running, path)
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

#[test]
fn vector_loses_nothing_when_it_stops_in_the_middle() {
    let dir = tempfile::tempdir().unwrap();
    let (running, path) = listening(dir.path(), &[]);
    let socket = path.clone();
    let feeder = std::thread::spawn(move || {
        let mut stream = UnixStream::connect(socket).unwrap();
        for n in 0..20_000 {
            stream.write_all(event(n).as_bytes()).unwrap();
        }
    });
    std::thread::sleep(Duration::from_millis(30));
    let asked = Instant::now();
    running.signal("TERM");
    feeder.join().unwrap();
    let done = running.finish().ok();
    assert_eq!(numbers(&done.stdout), (0..20_000).collect::<Vec<_>>());
    assert!(asked.elapsed() < Duration::from_secs(20));
    assert!(!path.exists(), "the socket file is taken away");
}

#[test]
fn connections_in_the_backlog_are_served_after_sigterm() {
    let dir = tempfile::tempdir().unwrap();
    let (running, path) = listening(dir.path(), &[]);
    // Stopped, it accepts nobody: these wait in the backlog when the signal is taken.
    running.signal("STOP");
    for n in 0..5 {
        UnixStream::connect(&path).unwrap().write_all(event(n).as_bytes()).unwrap();
    }
    running.signal("TERM");
    running.signal("CONT");
    let mut seen = numbers(&running.finish().ok().stdout);
    seen.sort_unstable();
    assert_eq!(seen, [0, 1, 2, 3, 4]);
}

#[test]
fn many_connections_never_mix_their_lines() {
    let dir = tempfile::tempdir().unwrap();
    let (running, path) = listening(dir.path(), &["--max-line", "64k"]);
    std::thread::scope(|scope| {
        for c in 0..8 {
            let path = &path;
            scope.spawn(move || {
                let mut stream = UnixStream::connect(path).unwrap();
                for n in 0..300 {
                    let line = event(c * 1000 + n);
                    let (a, b) = line.split_at(line.len() / 2);
                    stream.write_all(a.as_bytes()).unwrap();
                    stream.write_all(b.as_bytes()).unwrap();
                    if n == 150 {
                        // An over-long line passes in one piece.
                        stream
                            .write_all(format!("{{\"n\":999,\"nhi\":{{}},\"x\":\"{}\"}}\n", "y".repeat(200_000)).as_bytes())
                            .unwrap();
                    }
                }
                stream.write_all(b"{\"n\":777}").unwrap();
            });
        }
    });
    running.signal("TERM");
    let seen = numbers(&running.finish().ok().stdout);
    assert_eq!(seen.len(), 8 * 302);
    for c in 0..8 {
        let mine: Vec<_> = seen.iter().copied().filter(|n| n / 1000 == c && *n % 1000 < 300).collect();
        assert_eq!(mine, (0..300).map(|n| c * 1000 + n).collect::<Vec<_>>());
    }
}

#[test]
fn the_socket_is_private_and_a_stale_one_is_replaced() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("vires.sock");
    drop(UnixListener::bind(&path).unwrap());
    assert!(path.exists());
    let (running, path) = listening(dir.path(), &[]);
    let metadata = std::fs::symlink_metadata(&path).unwrap();
    assert!(metadata.file_type().is_socket());
    assert_eq!(metadata.permissions().mode() & 0o777, 0o660);
    // A second one on the same path is refused, and does not disturb the first.
    let second = run(&["tag", "--listen", &format!("unix:{}", path.display())], b"");
    assert_eq!(second.code, Some(2));
    assert!(second.stderr.contains("another process listens there"), "{}", second.stderr);
    UnixStream::connect(&path).unwrap().write_all(event(3).as_bytes()).unwrap();
    let mut running = running;
    assert!(running.line().contains("\"n\":3"));
    running.signal("TERM");
    running.finish().ok();
}

#[test]
fn only_a_socket_is_ever_replaced() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("precious");
    std::fs::write(&path, "data").unwrap();
    let done = run(&["tag", "--listen", &format!("unix:{}", path.display())], b"");
    assert_eq!(done.code, Some(2));
    assert!(done.stderr.contains("no socket"), "{}", done.stderr);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "data");
}

#[test]
fn a_port_in_use_is_an_error() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("tcp:{}", taken.local_addr().unwrap());
    let done = run(&["tag", "--listen", &address], b"");
    assert_eq!(done.code, Some(2));
    assert!(done.stderr.contains(&address), "{}", done.stderr);
}

#[test]
fn other_machines_need_leave() {
    for args in [["tag", "--listen", "tcp:0.0.0.0:0"], ["tag", "--connect", "tcp:198.51.100.7:9"]] {
        let done = run(&args, b"");
        assert_eq!(done.code, Some(2));
        assert!(done.stderr.contains("--allow-remote"), "{}", done.stderr);
    }
    let dir = tempfile::tempdir().unwrap();
    let counters = dir.path().join("stats.json");
    let args = ["tag", "--listen", "tcp:0.0.0.0:0", "--allow-remote", "--stats-file", arg(&counters)];
    let mut running = Running::spawn(vires(&args).stdin(Stdio::null()));
    // Written once it listens and hears signals.
    until("the start", || counters.exists());
    assert!(running.is_silent(Duration::from_millis(100)));
    running.signal("TERM");
    running.finish().ok();
}

#[test]
fn fluent_bit_loops_over_tcp() {
    let sink = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = free_port();
    let (listen, connect) = (format!("tcp:127.0.0.1:{port}"), format!("tcp:{}", sink.local_addr().unwrap()));
    let running = Running::spawn(vires(&["tag", "--listen", &listen, "--connect", &connect]).stdin(Stdio::null()));
    until("the listener", || TcpStream::connect(("127.0.0.1", port)).is_ok());
    let mut source = TcpStream::connect(("127.0.0.1", port)).unwrap();
    let feeder = std::thread::spawn(move || {
        for n in 0..5000 {
            source.write_all(event(n).as_bytes()).unwrap();
        }
    });
    let (mut stream, _) = sink.accept().unwrap();
    let reader = std::thread::spawn(move || {
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).unwrap();
        bytes
    });
    feeder.join().unwrap();
    running.signal("TERM");
    assert!(running.finish().ok().stdout.is_empty());
    assert_eq!(numbers(&reader.join().unwrap()), (0..5000).collect::<Vec<_>>());
}

#[test]
fn connecting_is_tried_until_somebody_listens() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("later.sock");
    let address = format!("unix:{}", path.display());
    let mut running = Running::start(&["tag", "--connect", &address]);
    running.send(event(1).as_bytes());
    std::thread::sleep(Duration::from_millis(300));
    let listener = UnixListener::bind(&path).unwrap();
    let (mut first, _) = listener.accept().unwrap();
    let mut answer = vec![0; 1];
    first.read_exact(&mut answer).unwrap();
    assert_eq!(answer, b"{");
    // The reader goes away between two lines: the next one comes over a new connection.
    drop(first);
    running.send(event(2).as_bytes());
    let (mut second, _) = listener.accept().unwrap();
    running.stdin.take();
    let mut rest = Vec::new();
    second.read_to_end(&mut rest).unwrap();
    assert_eq!(numbers(&rest), [2]);
    running.finish().ok();
}

#[test]
fn sigterm_ends_even_a_hopeless_connect() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("stats.json");
    let address = format!("unix:{}", dir.path().join("nobody.sock").display());
    let mut running = Running::start(&["tag", "--connect", &address, "--drain-timeout", "0.5", "--stats-file", arg(&file)]);
    running.send((event(1) + &event(2)).as_bytes());
    std::thread::sleep(Duration::from_millis(200));
    running.signal("TERM");
    running.finish_by_itself().ok();
    let counts = stats(&file);
    assert_eq!((&counts["lines_in"], &counts["lines_out"], &counts["undelivered"]), (&2.into(), &0.into(), &2.into()));
}

#[test]
fn a_connection_that_stalls_inside_an_over_long_line_does_not_hold_up_the_others() {
    let dir = tempfile::tempdir().unwrap();
    let (mut running, path) = listening(dir.path(), &["--max-line", "1k"]);
    let mut stalled = UnixStream::connect(&path).unwrap();
    stalled.write_all(&[b'x'; 5000]).unwrap();
    std::thread::sleep(Duration::from_millis(100));
    UnixStream::connect(&path).unwrap().write_all(event(5).as_bytes()).unwrap();
    assert_eq!(running.line().len(), 5000);
    assert!(running.line().contains("\"n\":5"));
    running.signal("TERM");
    running.finish().ok();
}
