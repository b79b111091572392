//! Drives the built binary as shippers do: empty environment, cwd `/`, pipes, and no patience with one that hangs.
#![allow(dead_code)]

mod signals;

use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Far more than anything takes; only a hang gets here.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// `vires` with these arguments.
pub fn vires(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vires"));
    command.args(args).env_clear().current_dir("/");
    command
}

/// What a finished process left behind.
#[derive(Debug)]
pub struct Done {
    pub code: Option<i32>,
    pub stdout: Vec<u8>,
    pub stderr: String,
}

impl Done {
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.stdout).expect("UTF-8 on stdout")
    }

    pub fn lines(&self) -> Vec<&str> {
        self.text().lines().collect()
    }

    /// The output of a run that must have gone well and quietly.
    pub fn ok(self) -> Self {
        assert_eq!((self.code, self.stderr.as_str()), (Some(0), ""));
        self
    }
}

/// Runs to the end with `input` on stdin.
pub fn run(args: &[&str], input: &[u8]) -> Done {
    let mut running = Running::start(args);
    let mut stdin = running.stdin.take().expect("stdin");
    let input = input.to_vec();
    let feeder = std::thread::spawn(move || {
        let _ = stdin.write_all(&input);
    });
    let done = running.finish();
    feeder.join().expect("feeder");
    done
}

/// A running process whose outputs are collected in the background.
pub struct Running {
    pub child: Child,
    pub stdin: Option<ChildStdin>,
    lines: Receiver<Vec<u8>>,
    seen: Vec<u8>,
    stderr: Option<JoinHandle<Vec<u8>>>,
}

impl Running {
    pub fn start(args: &[&str]) -> Self {
        Self::spawn(vires(args).stdin(Stdio::piped()))
    }

    pub fn spawn(command: &mut Command) -> Self {
        signals::reach_children();
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("vires starts");
        let (sender, lines) = channel();
        let mut stdout = BufReader::new(child.stdout.take().expect("stdout"));
        std::thread::spawn(move || {
            let mut line = Vec::new();
            while stdout.read_until(b'\n', &mut line).is_ok_and(|n| n > 0) {
                if sender.send(std::mem::take(&mut line)).is_err() {
                    return;
                }
            }
        });
        let mut stderr = child.stderr.take().expect("stderr");
        let stderr = std::thread::spawn(move || {
            let mut bytes = Vec::new();
            let _ = stderr.read_to_end(&mut bytes);
            bytes
        });
        Running { stdin: child.stdin.take(), child, lines, seen: Vec::new(), stderr: Some(stderr) }
    }

    /// Writes to stdin and leaves it open.
    pub fn send(&mut self, bytes: &[u8]) {
        let stdin = self.stdin.as_mut().expect("stdin is open");
        stdin.write_all(bytes).expect("vires reads");
        stdin.flush().expect("vires reads");
    }

    /// The next line of output, without its LF.
    pub fn line(&mut self) -> String {
        let line = self.lines.recv_timeout(PATIENCE).expect("an answer");
        String::from_utf8(line).expect("UTF-8").trim_end_matches('\n').to_owned()
    }

    /// True if nothing comes within `wait`.
    pub fn is_silent(&mut self, wait: Duration) -> bool {
        match self.lines.recv_timeout(wait) {
            Ok(line) => {
                self.seen.extend(line);
                false
            }
            Err(_) => true,
        }
    }

    pub fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        let status = Command::new("/bin/kill").args([&format!("-{name}"), &pid]).status();
        let status = status.or_else(|_| Command::new("kill").args([&format!("-{name}"), &pid]).status());
        assert!(status.expect("kill").success());
    }

    /// Waits for the end; the rest of the output is in the result.
    pub fn finish(mut self) -> Done {
        self.stdin.take();
        let status = self.wait();
        let mut stdout = std::mem::take(&mut self.seen);
        loop {
            match self.lines.recv_timeout(PATIENCE) {
                Ok(line) => stdout.extend(line),
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => panic!("stdout stays open after the end"),
            }
        }
        let stderr = self.stderr.take().expect("finished once").join().expect("stderr");
        Done { code: status.code(), stdout, stderr: String::from_utf8_lossy(&stderr).into_owned() }
    }

    /// Like [`Running::finish`], but stdin stays open.
    pub fn finish_by_itself(mut self) -> Done {
        let stdin = self.stdin.take();
        let done = self.finish();
        drop(stdin);
        done
    }

    fn wait(&mut self) -> ExitStatus {
        let start = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().expect("wait") {
                return status;
            }
            if start.elapsed() > PATIENCE {
                let _ = self.child.kill();
                panic!("vires does not end");
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

/// Waits until `condition` holds.
pub fn until(what: &str, mut condition: impl FnMut() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < PATIENCE, "{what} does not happen");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// A JSON event with a number in it, as a line.
pub fn event(n: usize) -> String {
    format!("{{\"n\":{n},\"pad\":\"{}\"}}\n", "x".repeat(n % 97))
}

/// The `n` of every line, in order.
pub fn numbers(stdout: &[u8]) -> Vec<usize> {
    let text = std::str::from_utf8(stdout).expect("UTF-8");
    text.lines()
        .map(|line| {
            let value: serde_json::Value = serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"));
            assert!(value["nhi"].is_object(), "{line}");
            usize::try_from(value["n"].as_u64().expect("n")).expect("small")
        })
        .collect()
}

/// The path of a temporary file as an argument.
pub fn arg(path: &Path) -> &str {
    path.to_str().expect("UTF-8 path")
}

/// The counters of a stats file, once it can be read.
pub fn stats(path: &Path) -> serde_json::Value {
    until("the first counters", || path.exists());
    serde_json::from_slice(&std::fs::read(path).expect("stats file")).expect("JSON")
}
