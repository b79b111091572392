//! Runs programs over the same files, one after the other, and measures whole processes.

use anyhow::{Context, bail};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

/// A program and its arguments.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    /// What it is called in the table.
    pub name: String,
    /// What is started.
    pub program: PathBuf,
    /// With these arguments.
    pub args: Vec<String>,
    /// What it reads on its standard input.
    pub input: PathBuf,
    /// Bytes of work, to compare entries over different files.
    pub bytes: u64,
}

/// One entry's times.
#[derive(Debug, Clone)]
pub(super) struct Time {
    /// Name of the corpus.
    pub corpus: String,
    /// Name of the entry.
    pub name: String,
    /// Bytes of work.
    pub bytes: u64,
    /// Seconds of each run, in the order in which they were made.
    pub seconds: Vec<f64>,
}

impl Time {
    /// The best run: what disturbs a run only makes it slower.
    pub fn best(&self) -> Option<f64> {
        self.seconds.iter().copied().reduce(f64::min)
    }

    /// Megabytes per second of the best run.
    pub fn rate(&self) -> Option<f64> {
        self.best().filter(|s| *s > 0.0).map(|s| self.bytes as f64 / s / 1e6)
    }
}

/// Where a program stands; `None` if nowhere.
pub(super) fn which(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|dir| dir.join(name)).find(|file| file.is_file())
}

/// `vires` beside this program, else on the path.
pub(super) fn vires(asked: Option<&Path>) -> anyhow::Result<PathBuf> {
    if let Some(path) = asked {
        return path.canonicalize().with_context(|| format!("no program at {}", path.display()));
    }
    let beside = std::env::current_exe().ok().and_then(|own| Some(own.parent()?.join("vires"))).filter(|file| file.is_file());
    match beside.or_else(|| which("vires")) {
        Some(path) => Ok(path),
        None => bail!(
            "no `vires` beside this program or on the PATH; build it with `cargo build --release` or name it with --vires"
        ),
    }
}

/// Runs every entry once in each round, so that a disturbance does not hit one entry alone.
pub(super) fn race(corpus: &str, entries: &[Entry], rounds: u32, step: &dyn Fn()) -> anyhow::Result<Vec<Time>> {
    let mut times: Vec<Time> = entries
        .iter()
        .map(|e| Time { corpus: corpus.to_string(), name: e.name.clone(), bytes: e.bytes, seconds: Vec::new() })
        .collect();
    for _ in 0..rounds {
        for (entry, time) in entries.iter().zip(&mut times) {
            time.seconds.push(once(entry)?);
            step();
        }
    }
    Ok(times)
}

fn once(entry: &Entry) -> anyhow::Result<f64> {
    let failed = || format!("failed to run {}", entry.name);
    let input = File::open(&entry.input).with_context(failed)?;
    let started = Instant::now();
    let status = Command::new(&entry.program)
        .args(&entry.args)
        .env_clear()
        .env("LC_ALL", "C")
        .stdin(input)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .with_context(failed)?;
    let seconds = started.elapsed().as_secs_f64();
    // `rg` says 1 where nothing is found.
    if !status.success() && status.code() != Some(1) {
        bail!("{} ended with {status}", entry.name);
    }
    Ok(seconds)
}

/// What a program prints, trimmed.
pub(super) fn said(program: &Path, args: &[String], input: &Path) -> anyhow::Result<String> {
    let failed = || format!("failed to run {}", program.display());
    let output = Command::new(program)
        .args(args)
        .env_clear()
        .env("LC_ALL", "C")
        .stdin(File::open(input).with_context(failed)?)
        .stderr(Stdio::null())
        .output()
        .with_context(failed)?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_run_counts_and_nothing_is_divided_by_zero() {
        let time = |seconds: Vec<f64>| Time { corpus: "c".into(), name: "n".into(), bytes: 3_000_000, seconds };
        assert_eq!(time(vec![2.0, 1.5, 3.0]).rate(), Some(2.0));
        assert_eq!((time(vec![]).rate(), time(vec![0.0]).rate()), (None, None));
    }

    #[test]
    fn counts_come_from_the_program_itself() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("x");
        std::fs::write(&file, "a\nb\n").unwrap();
        let Some(wc) = which("wc") else {
            eprintln!("skipped: no wc on this machine");
            return;
        };
        assert_eq!(said(&wc, &["-l".into()], &file).unwrap(), "2");
        let entry = Entry { name: "wc".into(), program: wc, args: vec!["-l".into()], input: file, bytes: 4 };
        assert_eq!(race("c", &[entry], 3, &|| {}).unwrap()[0].seconds.len(), 3);
    }
}
