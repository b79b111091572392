//! A program as a shipper runs it: empty environment, cwd `/`, pipes, and no patience without end.

use anyhow::{Context, Result, bail, ensure};
use std::io::{Read, Write};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// A running program whose outputs are collected in the background.
pub struct Process {
    child: Child,
    stdin: Option<ChildStdin>,
    chunks: Receiver<Vec<u8>>,
    buffer: Vec<u8>,
    stderr: Option<JoinHandle<Vec<u8>>>,
    patience: Duration,
}

impl Process {
    /// Starts the command with nothing in its environment. A hang is one that lasts longer than `patience`.
    pub fn start(command: &mut Command, patience: Duration) -> Result<Self> {
        crate::signals::reach_children();
        command.env_clear().current_dir("/").stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().with_context(|| format!("{} does not start", command.get_program().display()))?;
        let (sender, chunks) = channel();
        let mut stdout = child.stdout.take().context("stdout")?;
        std::thread::spawn(move || {
            let mut chunk = vec![0; 64 << 10];
            while let Ok(n @ 1..) = stdout.read(&mut chunk) {
                if sender.send(chunk[..n].to_vec()).is_err() {
                    return;
                }
            }
        });
        let mut stderr = child.stderr.take().context("stderr")?;
        let stderr = std::thread::spawn(move || {
            let mut bytes = Vec::new();
            let _ = stderr.read_to_end(&mut bytes);
            bytes
        });
        Ok(Process { stdin: child.stdin.take(), child, chunks, buffer: Vec::new(), stderr: Some(stderr), patience })
    }

    /// The writing end of its standard input, to feed it from another thread.
    pub fn take_stdin(&mut self) -> Result<ChildStdin> {
        self.stdin.take().context("stdin is taken already")
    }

    /// Writes to its standard input and leaves it open.
    pub fn send(&mut self, bytes: &[u8]) -> Result<()> {
        self.stdin.as_mut().context("stdin is closed")?.write_all(bytes).context("it does not read its input")
    }

    /// The next line of output, without its LF.
    pub fn line(&mut self) -> Result<Vec<u8>> {
        let start = Instant::now();
        let mut seen = 0;
        loop {
            if let Some(at) = self.buffer[seen..].iter().position(|b| *b == b'\n') {
                let rest = self.buffer.split_off(seen + at + 1);
                let mut line = std::mem::replace(&mut self.buffer, rest);
                line.pop();
                return Ok(line);
            }
            seen = self.buffer.len();
            self.more(start)?;
        }
    }

    /// The next `n` bytes of output.
    pub fn bytes(&mut self, n: usize) -> Result<Vec<u8>> {
        let start = Instant::now();
        while self.buffer.len() < n {
            self.more(start)?;
        }
        let rest = self.buffer.split_off(n);
        Ok(std::mem::replace(&mut self.buffer, rest))
    }

    /// What came out within `wait` beyond what was asked for.
    pub fn surplus(&mut self, wait: Duration) -> &[u8] {
        if let Ok(chunk) = self.chunks.recv_timeout(wait) {
            self.buffer.extend(chunk);
        }
        &self.buffer
    }

    fn more(&mut self, start: Instant) -> Result<()> {
        match self.chunks.recv_timeout(self.patience.saturating_sub(start.elapsed())) {
            Ok(chunk) => self.buffer.extend(chunk),
            Err(RecvTimeoutError::Timeout) => bail!("no answer within {:?}", self.patience),
            Err(RecvTimeoutError::Disconnected) => bail!("it ended without an answer"),
        }
        Ok(())
    }

    pub fn signal(&self, name: &str) -> Result<()> {
        signal(self.child.id(), name)
    }

    /// Closes its input and waits for an end with code 0 and nothing on standard error; returns the rest of its output.
    pub fn end(mut self) -> Result<Vec<u8>> {
        drop(self.stdin.take());
        self.end_by_itself()
    }

    /// As [`Process::end`], but its input stays open.
    pub fn end_by_itself(self) -> Result<Vec<u8>> {
        let (status, stdout, stderr) = self.finish()?;
        ensure!(stderr.is_empty(), "it wrote to standard error: {}", stderr.trim_end());
        ensure!(status.code() == Some(0), "it ended with {status}");
        Ok(stdout)
    }

    /// Waits for the end, whatever it is.
    pub fn finish(mut self) -> Result<(ExitStatus, Vec<u8>, String)> {
        let start = Instant::now();
        let status = loop {
            if let Some(status) = self.child.try_wait()? {
                break status;
            }
            // Whoever writes much only ends if somebody reads.
            while let Ok(chunk) = self.chunks.try_recv() {
                self.buffer.extend(chunk);
            }
            ensure!(start.elapsed() < self.patience, "it does not end within {:?}", self.patience);
            std::thread::sleep(Duration::from_millis(1));
        };
        loop {
            match self.chunks.recv_timeout(self.patience) {
                Ok(chunk) => self.buffer.extend(chunk),
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => bail!("its standard output stays open after its end"),
            }
        }
        let stderr = self.stderr.take().and_then(|s| s.join().ok()).unwrap_or_default();
        Ok((status, std::mem::take(&mut self.buffer), String::from_utf8_lossy(&stderr).into_owned()))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub fn signal(pid: u32, name: &str) -> Result<()> {
    let status = Command::new("kill").args([&format!("-{name}"), &pid.to_string()]).status().context("kill")?;
    ensure!(status.success(), "kill -{name} failed: it is gone already");
    Ok(())
}

/// Waits until `condition` holds.
pub fn until(what: &str, patience: Duration, mut condition: impl FnMut() -> bool) -> Result<()> {
    let start = Instant::now();
    while !condition() {
        ensure!(start.elapsed() < patience, "{what} does not happen within {patience:?}");
        std::thread::sleep(Duration::from_millis(5));
    }
    Ok(())
}
