//! The framings of request/reply shippers, and rsyslog's confirmations.
#![allow(clippy::unwrap_used)]

mod common;

use common::{PATIENCE, Running, arg, event, numbers, run, vires};
use std::io::{Read, Write};
use std::os::unix::net::UnixListener;
use std::process::{ChildStdin, ChildStdout, Stdio};
use std::sync::mpsc::channel;
use std::time::Duration;

/// Request and reply over the pipes of one process, as Redpanda Connect's `subprocess` does it.
struct Dialog {
    child: std::process::Child,
    stdin: ChildStdin,
    stdout: ChildStdout,
}

impl Dialog {
    fn start(args: &[&str]) -> Self {
        let mut child = vires(args).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        Dialog { stdin: child.stdin.take().unwrap(), stdout: child.stdout.take().unwrap(), child }
    }

    fn send(&mut self, bytes: &[u8]) {
        self.stdin.write_all(bytes).unwrap();
    }

    fn read(&mut self, n: usize) -> Vec<u8> {
        let mut bytes = vec![0; n];
        let (done, watch) = channel();
        let pid = self.child.id().to_string();
        let dog = std::thread::spawn(move || {
            if watch.recv_timeout(PATIENCE).is_err() {
                let _ = std::process::Command::new("kill").args(["-KILL", &pid]).status();
            }
        });
        self.stdout.read_exact(&mut bytes).expect("an answer");
        done.send(()).unwrap();
        dog.join().unwrap();
        bytes
    }

    fn end(mut self) {
        drop(self.stdin);
        let mut rest = Vec::new();
        self.stdout.read_to_end(&mut rest).unwrap();
        assert_eq!(self.child.wait().unwrap().code(), Some(0));
        assert_eq!(rest, b"");
    }
}

const ANSWER: &str = r#"{"a":1,"nhi":{"v":1,"tagged":false,"error":"unknown_source"}}"#;

#[test]
fn netstring_records_are_answered_one_by_one() {
    let mut dialog = Dialog::start(&["tag", "--codec", "netstring", "--max-line", "20"]);
    let answer = format!("{}:{ANSWER},", ANSWER.len());
    for _ in 0..50 {
        dialog.send(b"7:{\"a\":1},");
        assert_eq!(dialog.read(answer.len()), answer.as_bytes());
    }
    // Over the limit: unchanged.
    let long = format!("1000:{},", "x".repeat(1000));
    dialog.send(long.as_bytes());
    assert_eq!(dialog.read(long.len()), long.as_bytes());
    dialog.send(b"7:{\"a\":1},");
    assert_eq!(dialog.read(answer.len()), answer.as_bytes());
    dialog.end();
}

#[test]
fn len32_records_may_hold_line_ends() {
    let mut dialog = Dialog::start(&["tag", "--codec", "len32"]);
    let frame = |record: &str| [&u32::try_from(record.len()).unwrap().to_be_bytes()[..], record.as_bytes()].concat();
    let answer = frame(ANSWER);
    dialog.send(&frame("{\"a\":1}"));
    assert_eq!(dialog.read(answer.len()), answer);
    dialog.send(&frame("{\n\"a\":1\n}"));
    let pretty = frame(&ANSWER.replace("{\"a\":1", "{\n\"a\":1\n"));
    assert_eq!(dialog.read(pretty.len()), pretty);
    dialog.end();
}

#[test]
fn a_stream_out_of_step_ends_and_is_logged() {
    let dir = tempfile::tempdir().unwrap();
    let log = dir.path().join("log");
    let done = run(&["tag", "--codec", "netstring", "--log-file", arg(&log)], b"7:{\"a\":1},no netstring").ok();
    assert!(done.text().starts_with(&format!("{}:", ANSWER.len())));
    assert!(std::fs::read_to_string(&log).unwrap().contains("framing lost"));
}

#[test]
fn mmexternal_is_answered_line_by_line_and_hears_nothing_else() {
    let mut running = Running::start(&["tag", "--reply", "rsyslog"]);
    for line in [&b"{\"a\":1}\n"[..], b"\n", b"text\n", b"{\"source\":\"aws/cloudtrail\"}\n", b"\xff\xfe\n"] {
        running.send(line);
        let answer: serde_json::Value = serde_json::from_str(&running.line()).unwrap();
        assert_eq!(answer.as_object().unwrap().len(), 1);
        assert!(answer["$!"]["nhi"].is_object());
    }
    running.finish().ok();
}

#[test]
fn omprog_is_confirmed_when_the_events_are_written() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("out.ndjson");
    let mut running = Running::start(&["tag", "--ack", "omprog", "--output", arg(&file)]);
    assert_eq!(running.line(), "OK");
    let mut n = 0;
    for message in ["BEGIN TRANSACTION\n", "", "", "COMMIT TRANSACTION\n", ""] {
        let message = if message.is_empty() {
            n += 1;
            event(n)
        } else {
            message.to_owned()
        };
        running.send(message.as_bytes());
        assert_eq!(running.line(), "OK");
        assert_eq!(numbers(&std::fs::read(&file).unwrap()).len(), n);
    }
    running.finish().ok();
}

/// One confirmation for each message and each control line, and one at the start, whatever a message is; control lines are no events.
#[test]
fn omprog_is_answered_as_often_as_it_speaks() {
    let dir = tempfile::tempdir().unwrap();
    let long = [b"{\"pad\":\"", &vec![b'x'; 5 << 20][..], b"\"}"].concat();
    let messages: [&[u8]; 16] = [
        b"BEGIN TRANSACTION",
        b"",
        b" ",
        b"\r",
        b"OK",
        b"{}",
        b"[1]",
        b"\xff\xfe",
        &long,
        b"COMMIT TRANSACTION",
        b"COMMIT TRANSACTION",
        b"BEGIN TRANSACTION",
        b" BEGIN TRANSACTION",
        b"BEGIN TRANSACTION ",
        b"begin transaction",
        b"COMMIT TRANSACTION",
    ];
    for threads in ["1", "3"] {
        let file = dir.path().join(format!("out-{threads}.ndjson"));
        let input: Vec<u8> = messages.iter().flat_map(|m| [m, &b"\n"[..]].concat()).collect();
        let done = run(&["tag", "--ack", "omprog", "--output", arg(&file), "--threads", threads], &input).ok();
        assert_eq!(done.text().replace('.', ""), "OK\n".repeat(1 + messages.len()));
        let written = std::fs::read(&file).unwrap();
        assert_eq!(written.iter().filter(|b| **b == b'\n').count(), messages.len() - 5, "control lines are no events");
    }
}

#[test]
fn omprog_hears_signs_of_life_while_the_events_cannot_be_delivered() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("later.sock");
    let mut running = Running::start(&["tag", "--ack", "omprog", "--connect", &format!("unix:{}", path.display())]);
    assert_eq!(running.line(), "OK");
    running.send(event(1).as_bytes());
    std::thread::sleep(Duration::from_millis(4500));
    let listener = UnixListener::bind(&path).unwrap();
    let (mut stream, _) = listener.accept().unwrap();
    let confirmed = running.line();
    assert!(confirmed.starts_with('.') && confirmed.ends_with("OK"), "{confirmed}");
    running.finish().ok();
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).unwrap();
    assert_eq!(numbers(&bytes), [1]);
}

#[test]
fn an_output_file_follows_log_rotation() {
    let dir = tempfile::tempdir().unwrap();
    let (file, rotated) = (dir.path().join("out"), dir.path().join("out.1"));
    let mut running = Running::start(&["tag", "--output", arg(&file)]);
    running.send(event(1).as_bytes());
    common::until("the first event", || std::fs::metadata(&file).is_ok_and(|m| m.len() > 0));
    std::fs::rename(&file, &rotated).unwrap();
    running.signal("HUP");
    common::until("the new file", || {
        running.send(event(2).as_bytes());
        std::thread::sleep(Duration::from_millis(20));
        file.exists()
    });
    running.finish().ok();
    assert!(!numbers(&std::fs::read(&file).unwrap()).is_empty());
    assert_eq!(numbers(&std::fs::read(&rotated).unwrap())[0], 1);
}
