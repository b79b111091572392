//! Rule 14: the loops of Vector, Fluent Bit and Logstash.

use super::subject::{Subject, all, event, tagged};
use crate::process::{Process, until};
use anyhow::{Context, Result, ensure};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

/// Starts it as Vector's exec source does: nothing on standard input, a socket to listen on.
fn listening(subject: &Subject, path: &Path) -> Result<Process> {
    let address = format!("unix:{}", path.display());
    let process = Process::start(subject.command(&["--listen", &address]).stdin(Stdio::null()), subject.patience)?;
    until("listening", subject.patience, || UnixStream::connect(path).is_ok())?;
    Ok(process)
}

pub fn vector_stop(subject: &Subject) -> Result<String> {
    let dir = tempfile::tempdir()?;
    let path = dir.path().join("s");
    let process = listening(subject, &path)?;
    let stream = UnixStream::connect(&path)?;
    let (midway, heard) = std::sync::mpsc::channel();
    let feeder = std::thread::spawn(move || -> std::io::Result<Instant> {
        let mut stream = stream;
        for n in 0..20_000 {
            stream.write_all(event(n).as_bytes())?;
            // So much is left that no buffer holds it, and not more than a busy machine writes before the time to drain is over.
            if n == 15_000 {
                let _ = midway.send(());
            }
        }
        Ok(Instant::now())
    });
    heard.recv_timeout(subject.patience).context("it does not read its connection")?;
    process.signal("TERM")?;
    // How long that may take is the patience of the suite: a busy machine is no fault of the program.
    let out = process.end_by_itself()?;
    let closed = feeder.join().expect("feeder").context("it hung up on a connection that was being written")?;
    all(&out, 0..20_000)?;
    let late = closed.elapsed();
    ensure!(late < Duration::from_secs(3), "it ended {late:?} after the connection");
    ensure!(!path.exists(), "the socket file stays behind");
    Ok(format!("0 of 20,000 lost, ends {} ms after the connection", late.as_millis()))
}

pub fn backlog(subject: &Subject) -> Result<String> {
    let dir = tempfile::tempdir()?;
    let path = dir.path().join("s");
    let process = listening(subject, &path)?;
    process.signal("STOP")?;
    for n in 0..6 {
        UnixStream::connect(&path)?.write_all(event(n).as_bytes())?;
    }
    process.signal("TERM")?;
    process.signal("CONT")?;
    let out = process.end_by_itself()?;
    let lines = out.split(|b| *b == b'\n').filter(|l| tagged(l).is_ok()).count();
    ensure!(lines == 6, "{} of 6 connections in the backlog were lost", 6 - lines);
    Ok("6 of 6 connections".into())
}

pub fn stale_socket(subject: &Subject) -> Result<String> {
    let dir = tempfile::tempdir()?;
    let path = dir.path().join("s");
    drop(UnixListener::bind(&path)?);
    ensure!(path.exists(), "a stale socket file");
    let process = listening(subject, &path)?;
    UnixStream::connect(&path)?.write_all(event(0).as_bytes())?;
    process.signal("TERM")?;
    all(&process.end_by_itself()?, 0..1)?;
    Ok(String::new())
}

pub fn whole_lines(subject: &Subject) -> Result<String> {
    let dir = tempfile::tempdir()?;
    let path = dir.path().join("s");
    let process = listening(subject, &path)?;
    std::thread::scope(|scope| {
        for c in 0..4 {
            let path = &path;
            scope.spawn(move || {
                let mut stream = UnixStream::connect(path).expect("connection");
                for n in c * 500..c * 500 + 500 {
                    let line = event(n);
                    let (a, b) = line.split_at(line.len() / 3);
                    stream.write_all(a.as_bytes()).expect("write");
                    stream.write_all(b.as_bytes()).expect("write");
                }
            });
        }
    });
    process.signal("TERM")?;
    let out = process.end_by_itself()?;
    let mut seen = Vec::new();
    for line in out.split(|b| *b == b'\n').filter(|l| !l.is_empty()) {
        seen.push(tagged(line)?["n"].as_u64().context("two lines were mixed")?);
    }
    seen.sort_unstable();
    ensure!(seen == (0..2000).collect::<Vec<u64>>(), "{} of 2000 lines", seen.len());
    Ok("4 connections, 2,000 lines".into())
}

pub fn fluent_bit_loop(subject: &Subject) -> Result<String> {
    let port = || TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).map(|a| a.port());
    let (input, output) = (port()?, port()?);
    let (listen, connect) = (format!("tcp:127.0.0.1:{input}"), format!("tcp:127.0.0.1:{output}"));
    let args = ["--listen", &listen, "--connect", &connect];
    let process = Process::start(subject.command(&args).stdin(Stdio::null()), subject.patience)?;
    until("listening", subject.patience, || TcpStream::connect(("127.0.0.1", input)).is_ok())?;
    let mut stream = TcpStream::connect(("127.0.0.1", input))?;
    for n in 0..500 {
        // As out_tcp writes them.
        stream.write_all(format!("{{\"date\":1772438400.25,{}", &event(n)[1..]).as_bytes())?;
    }
    drop(stream);
    // The other side comes up late; until then the events wait.
    std::thread::sleep(Duration::from_millis(300));
    let listener = TcpListener::bind(("127.0.0.1", output))?;
    let (mut back, _) = listener.accept()?;
    let reader = std::thread::spawn(move || {
        let mut bytes = Vec::new();
        back.read_to_end(&mut bytes).map(|_| bytes)
    });
    std::thread::sleep(Duration::from_millis(100));
    process.signal("TERM")?;
    process.end_by_itself()?;
    all(&reader.join().expect("reader")?, 0..500)?;
    Ok("500 of 500 lines, the reader came later".into())
}

pub fn refusals(subject: &Subject) -> Result<String> {
    let taken = TcpListener::bind("127.0.0.1:0")?;
    let busy = format!("tcp:127.0.0.1:{}", taken.local_addr()?.port());
    for (args, why) in [
        (["--listen", "tcp:192.0.2.1:5170"], "an address of another machine"),
        (["--connect", "tcp:192.0.2.1:5170"], "an address of another machine"),
        (["--listen", &busy], "a port in use"),
        (["--listen", "unix:/nonexistent/s"], "a folder that is not there"),
    ] {
        let process = Process::start(subject.command(&args).stdin(Stdio::null()), subject.patience)?;
        let (status, stdout, stderr) = process.finish()?;
        ensure!(status.code() == Some(2) && stdout.is_empty(), "{why}: {status}");
        ensure!(!stderr.trim().is_empty(), "{why}: refused without a word");
    }
    Ok("4 refused with a reason".into())
}
