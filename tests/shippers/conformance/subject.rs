use crate::process::Process;
use anyhow::{Context, Result, ensure};
use serde_json::Value;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

/// The program under test.
#[derive(Debug, Clone)]
pub struct Subject {
    pub program: PathBuf,
    pub args: Vec<String>,
    /// What it does not offer: `listen`, `connect`, `reply`, `codec`, `ack`, `usage`.
    pub without: Vec<String>,
    pub patience: Duration,
}

impl Subject {
    /// What `VIRES_CONFORMANCE_BIN`, `_ARGS` and `_WITHOUT` name; else the `vires tag` that was built with the tests.
    pub fn from_env() -> Self {
        let var = |name: &str| std::env::var(format!("VIRES_CONFORMANCE_{name}")).ok();
        let words = |text: String| text.split([' ', ',']).filter(|w| !w.is_empty()).map(str::to_owned).collect();
        let program = var("BIN").map(PathBuf::from);
        Subject {
            args: var("ARGS").map_or_else(|| if program.is_none() { vec!["tag".into()] } else { Vec::new() }, words),
            program: program.unwrap_or_else(|| env!("CARGO_BIN_EXE_vires").into()),
            without: var("WITHOUT").map(words).unwrap_or_default(),
            patience: Duration::from_secs(20),
        }
    }

    pub fn command(&self, more: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command.args(&self.args).args(more).stdin(Stdio::piped());
        command
    }

    pub fn start(&self, more: &[&str]) -> Result<Process> {
        Process::start(&mut self.command(more), self.patience)
    }

    /// Runs to the end with `input` on its standard input.
    pub fn run(&self, more: &[&str], input: &[u8]) -> Result<Vec<u8>> {
        let mut process = self.start(more)?;
        let mut stdin = process.take_stdin()?;
        let input = input.to_vec();
        let feeder = std::thread::spawn(move || {
            use std::io::Write;
            let _ = stdin.write_all(&input);
        });
        let out = process.end()?;
        let _ = feeder.join();
        Ok(out)
    }
}

/// An audit record with a number in it, as a line with its LF.
pub fn event(n: usize) -> String {
    format!(
        "{{\"eventVersion\":\"1.11\",\"userIdentity\":{{\"type\":\"AWSService\",\"invokedBy\":\"ec2.amazonaws.com\"}},\
         \"eventTime\":\"2026-03-02T08:00:00Z\",\"eventSource\":\"sts.amazonaws.com\",\"eventName\":\"AssumeRole\",\
         \"awsRegion\":\"eu-west-1\",\"eventID\":\"e{n}\",\"n\":{n},\"pad\":\"{}\"}}\n",
        "x".repeat(n % 97)
    )
}

/// An answer that must be one JSON object with an object `nhi` in it.
pub fn tagged(answer: &[u8]) -> Result<Value> {
    let shown = String::from_utf8_lossy(&answer[..answer.len().min(200)]);
    let value: Value = serde_json::from_slice(answer).with_context(|| format!("the answer is no JSON: {shown}"))?;
    ensure!(value.is_object(), "the answer is no object: {shown}");
    ensure!(value["nhi"].is_object(), "no object `nhi` in the answer: {shown}");
    ensure!(value["nhi"]["tagged"].is_boolean(), "`nhi` does not say whether it is tagged: {shown}");
    Ok(value)
}

/// The `n` of every line, which must be `range` in order.
pub fn all(stdout: &[u8], range: std::ops::Range<usize>) -> Result<()> {
    let mut want = range.clone();
    for line in stdout.split(|b| *b == b'\n').filter(|l| !l.is_empty()) {
        let n = tagged(line)?["n"].as_u64();
        let next = want.next();
        ensure!(n == next.map(|n| n as u64), "event {n:?} where {next:?} should be");
    }
    ensure!(want.is_empty(), "{} of {} events lost", want.len(), range.len());
    Ok(())
}
