//! Half-duplex: a line is written, its answer is awaited, and only then the next is written, as rsyslog's mmexternal does it.

use anyhow::{Context, bail};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

/// Turns before anything is measured.
const WARM: usize = 500;

/// Microseconds of the median turn, and of the one that 99 of 100 are no slower than.
#[derive(Debug, Clone, Copy)]
pub(super) struct Turns {
    /// The median.
    pub p50: f64,
    /// The 99th percentile.
    pub p99: f64,
}

/// Takes `lines` through `program`, one at a time.
pub(super) fn turns(program: &Path, args: &[&str], lines: &[String]) -> anyhow::Result<Turns> {
    let failed = || format!("failed to run {}", program.display());
    let mut child = Command::new(program)
        .args(args)
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .with_context(failed)?;
    let (mut input, output) = (child.stdin.take().with_context(failed)?, child.stdout.take().with_context(failed)?);
    let mut output = BufReader::with_capacity(1 << 16, output);
    let (mut answer, mut micros) = (Vec::new(), Vec::new());
    for (n, line) in lines.iter().enumerate() {
        answer.clear();
        let started = Instant::now();
        input.write_all(line.as_bytes()).with_context(failed)?;
        if output.read_until(b'\n', &mut answer).with_context(failed)? == 0 {
            bail!("{} went away after {n} lines", program.display());
        }
        if n >= WARM {
            micros.push(started.elapsed().as_secs_f64() * 1e6);
        }
    }
    drop(input);
    child.wait().with_context(failed)?;
    micros.sort_unstable_by(f64::total_cmp);
    let at = |share: f64| micros.get((micros.len() as f64 * share) as usize).copied().unwrap_or(f64::NAN);
    Ok(Turns { p50: at(0.5), p99: at(0.99) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::race::which;

    #[test]
    fn every_line_gets_its_answer() {
        let Some(cat) = which("cat") else {
            eprintln!("skipped: no cat on this machine");
            return;
        };
        let lines: Vec<String> = (0..WARM + 100).map(|n| format!("{n}\n")).collect();
        let Turns { p50, p99 } = turns(&cat, &[], &lines).unwrap();
        assert!(p50 > 0.0 && p99 >= p50, "{p50} {p99}");
        assert!(turns(Path::new("/nonexistent/program"), &[], &lines).is_err());
    }
}
