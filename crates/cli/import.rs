use crate::args::ImportArgs;
use crate::failure::Failure;
use crate::save::save_bytes;
use anyhow::{Context, Result, bail, ensure};
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use vires_pipeline::open_plain;
use vires_profile::baseline::Baseline;
use vires_report::export::Lines;

/// What a file of Parquet begins with.
const PARQUET: &[u8] = b"PAR1";

/// `vires import`
pub fn run(args: &ImportArgs) -> Result<(), Failure> {
    let mut lines = Lines::default();
    for file in files(&args.files)? {
        read(&file, &mut lines).with_context(|| format!("failed to import {}", file.display()))?;
    }
    let text = lines.join().context("failed to import")?;
    check(&text)?;
    match args.output.as_ref().filter(|path| path.as_os_str() != "-") {
        Some(path) => save_bytes(path, text.as_bytes())?,
        None => std::io::stdout().lock().write_all(text.as_bytes())?,
    }
    Ok(())
}

/// The files themselves and those in folders, but for marks and checksums that engines leave beside their parts.
fn files(given: &[PathBuf]) -> Result<Vec<PathBuf>> {
    let mut all = Vec::new();
    for path in given {
        let failed = || format!("failed to read {}", path.display());
        if !std::fs::metadata(path).with_context(failed)?.is_dir() {
            all.push(path.clone());
            continue;
        }
        for entry in std::fs::read_dir(path).with_context(failed)? {
            let entry = entry.with_context(failed)?;
            let hidden = entry.file_name().to_string_lossy().starts_with(['.', '_']);
            if !hidden && entry.path().is_file() {
                all.push(entry.path());
            }
        }
    }
    all.sort_unstable();
    ensure!(!all.is_empty(), "nothing to import: there is no file in what was named");
    Ok(all)
}

fn read(path: &Path, lines: &mut Lines) -> Result<()> {
    let mut file = BufReader::with_capacity(1 << 18, open_plain(path)?);
    if file.fill_buf()?.starts_with(PARQUET) {
        return columns(path, lines);
    }
    let mut line = Vec::new();
    loop {
        line.clear();
        if (&mut file).take(LONGEST).read_until(b'\n', &mut line)? == 0 {
            return Ok(());
        }
        if !line.trim_ascii().is_empty() {
            lines.push_json(&line)?;
        }
    }
}

/// A longer line is no row.
const LONGEST: u64 = 1 << 30;

#[cfg(feature = "parquet")]
fn columns(path: &Path, lines: &mut Lines) -> Result<()> {
    Ok(vires_report::export::parquet_lines(std::fs::File::open(path)?, lines)?)
}

#[cfg(not(feature = "parquet"))]
fn columns(_: &Path, _: &mut Lines) -> Result<()> {
    bail!(
        "this program was built without Parquet: build it with `--features parquet`, or have DuckDB convert the table: COPY (FROM 'table.parquet') TO 'table.ndjson'"
    )
}

/// Refuses what would be refused later: a baseline whose checksum does not fit, lines that are no cases.
fn check(text: &str) -> Result<()> {
    if text.starts_with("{\"schema\":\"vires-case/") {
        let whole = text.lines().position(|line| !line.starts_with("{\"schema\":\"vires-case/"));
        return match whole {
            None => Ok(()),
            Some(line) => bail!("line {} is no record of a case", line + 1),
        };
    }
    Baseline::from_json(text.as_bytes(), "what the table holds")?;
    Ok(())
}
