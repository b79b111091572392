//! Rule 10 and the framings: what request/reply shippers expect beyond lines.

use super::subject::{Subject, event, tagged};
use crate::process::Process;
use anyhow::{Context, Result, ensure};
use serde_json::Value;
use std::process::Stdio;

pub fn mmexternal(subject: &Subject) -> Result<String> {
    let mut process = subject.start(&["--reply", "rsyslog"])?;
    let own = event(0);
    for line in [own.trim_end().as_bytes(), b"{\"source\":\"aws/cloudtrail\",\"hostname\":\"x\"}", b"", b"text", b"\xff"] {
        process.send(&[line, b"\n"].concat())?;
        let answer: Value = serde_json::from_slice(&process.line()?)?;
        let answer = answer.as_object().context("the answer is no object")?;
        // Any other key changes a property of the message: `source` becomes its host name.
        ensure!(answer.keys().all(|k| k == "$!"), "keys beside `$!`: {answer:?}");
        ensure!(answer.is_empty() || answer["$!"]["nhi"].is_object(), "no `nhi` under `$!`: {answer:?}");
    }
    ensure!(process.end()?.is_empty(), "more answers than lines");
    Ok(String::new())
}

pub fn netstring(subject: &Subject) -> Result<String> {
    let mut process = subject.start(&["--codec", "netstring"])?;
    for n in 0..50 {
        let line = event(n);
        let record = line.trim_end();
        process.send(format!("{}:{record},", record.len()).as_bytes())?;
        let mut length = String::new();
        loop {
            match process.bytes(1)?[0] {
                b':' => break,
                digit => length.push(char::from(digit)),
            }
        }
        let answer = process.bytes(length.parse::<usize>().context("the length of a netstring")?)?;
        ensure!(tagged(&answer)?["n"] == n, "not the answer to event {n}");
        ensure!(process.bytes(1)? == b",", "no comma behind the netstring");
    }
    ensure!(process.end()?.is_empty(), "more answers than records");
    Ok(String::new())
}

pub fn len32(subject: &Subject) -> Result<String> {
    let mut process = subject.start(&["--codec", "len32"])?;
    for n in 0..50 {
        let record = event(n).replacen(',', ",\n", 3);
        let record = record.trim_end();
        process.send(&u32::try_from(record.len())?.to_be_bytes())?;
        process.send(record.as_bytes())?;
        let length = u32::from_be_bytes(process.bytes(4)?.try_into().expect("four bytes"));
        let answer = process.bytes(length as usize)?;
        ensure!(tagged(&answer)?["n"] == n, "not the answer to event {n}");
    }
    ensure!(process.end()?.is_empty(), "more answers than records");
    Ok(String::new())
}

pub fn omprog(subject: &Subject) -> Result<String> {
    let dir = tempfile::tempdir()?;
    let file = dir.path().join("out");
    let path = file.to_str().context("a path in UTF-8")?;
    let mut process = subject.start(&["--ack", "omprog", "--output", path])?;
    ensure!(process.line()? == b"OK", "no OK at the start");
    let mut written = 0;
    for round in 0..20 {
        for line in ["BEGIN TRANSACTION\n".to_owned(), event(round), event(round + 100), "COMMIT TRANSACTION\n".to_owned()] {
            process.send(line.as_bytes())?;
            let answer = process.line()?;
            ensure!(answer.trim_ascii_start().ends_with(b"OK"), "{:?} to {line}", String::from_utf8_lossy(&answer));
            written += usize::from(line.starts_with('{'));
            let there = std::fs::read(&file)?.iter().filter(|b| **b == b'\n').count();
            ensure!(there == written, "{written} events confirmed, {there} written");
        }
    }
    process.end()?;
    Ok(format!("{written} confirmed when written"))
}

pub fn bad_usage(subject: &Subject) -> Result<String> {
    for args in [&["--no-such-flag"][..], &["--max-line", "many"], &["--config", "/nonexistent/vires.toml"]] {
        let process = Process::start(subject.command(args).stdin(Stdio::null()), subject.patience)?;
        let (status, stdout, stderr) = process.finish()?;
        ensure!(status.code() == Some(2) && stdout.is_empty(), "{args:?}: {status}");
        ensure!(!stderr.trim().is_empty(), "{args:?} is refused without a word");
    }
    Ok(String::new())
}
