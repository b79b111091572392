//! Cases that `vires judge --cases` has written.

use anyhow::{Context, Result};
use serde::Deserialize;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

/// A longer line is no case.
const LONGEST: u64 = 16 << 20;
/// Bad lines that are named; the rest is counted.
const MOST_NAMED: usize = 5;
/// What a case calls itself.
const SCHEMA: &str = "vires-case/1";

/// What must be known of a case to sort it.
#[derive(Deserialize)]
struct Head<'a> {
    #[serde(borrow)]
    schema: std::borrow::Cow<'a, str>,
    #[serde(borrow)]
    case: std::borrow::Cow<'a, str>,
    #[serde(borrow)]
    workload: std::borrow::Cow<'a, str>,
}

/// True if these inputs are files of cases. Some that are and some that are not cannot be put together.
pub fn are_cases(files: &[PathBuf]) -> Result<bool> {
    let mut kinds = Vec::new();
    for path in files {
        kinds.push(path.is_file() && begins_with_a_case(path).with_context(|| format!("failed to read {}", path.display()))?);
    }
    let (some, all) = (kinds.contains(&true), !kinds.contains(&false));
    anyhow::ensure!(!some || all, "some of the inputs are files of cases and some are logs: report on them one at a time");
    Ok(some)
}

fn begins_with_a_case(path: &Path) -> std::io::Result<bool> {
    let mut line = Vec::new();
    BufReader::new(File::open(path)?.take(LONGEST)).read_until(b'\n', &mut line)?;
    Ok(serde_json::from_slice::<Head<'_>>(&line).is_ok_and(|head| head.schema == SCHEMA))
}

/// Reads all lines; `take` gets the workload, the case and the line. Returns what could not be read, in words.
pub fn read(files: &[PathBuf], mut take: impl FnMut(&str, &str, &[u8]) -> Result<()>) -> Result<Vec<String>> {
    let mut bad = Vec::new();
    for path in files {
        let (mut number, mut wrong) = (0u64, 0usize);
        let mut file =
            BufReader::with_capacity(1 << 18, File::open(path).with_context(|| format!("failed to read {}", path.display()))?);
        let mut line = Vec::new();
        loop {
            line.clear();
            let read = (&mut file)
                .take(LONGEST)
                .read_until(b'\n', &mut line)
                .with_context(|| format!("failed to read {}", path.display()))?;
            if read == 0 {
                break;
            }
            number += 1;
            let whole = line.ends_with(b"\n") || (read as u64) < LONGEST;
            let text = line.trim_ascii();
            if text.is_empty() {
                continue;
            }
            match serde_json::from_slice::<Head<'_>>(text) {
                Ok(head) if whole && head.schema == SCHEMA => take(&head.workload, &head.case, text)?,
                _ => {
                    wrong += 1;
                    if wrong <= MOST_NAMED {
                        bad.push(format!("{}:{number}: not a case ({SCHEMA}); the line was left out", path.display()));
                    }
                }
            }
            if !whole {
                skip_line(&mut file)?;
            }
        }
        if wrong > MOST_NAMED {
            bad.push(format!("{}: {} more lines were left out", path.display(), wrong - MOST_NAMED));
        }
    }
    Ok(bad)
}

fn skip_line(file: &mut impl BufRead) -> std::io::Result<()> {
    loop {
        let buffer = file.fill_buf()?;
        let (used, done) = match buffer.iter().position(|b| *b == b'\n') {
            Some(at) => (at + 1, true),
            None => (buffer.len(), buffer.is_empty()),
        };
        file.consume(used);
        if done {
            return Ok(());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bad_lines_are_named_and_left_out() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("cases.ndjson");
        let good = r#"{"schema":"vires-case/1","case":"case-1","workload":"a\"b"}"#;
        std::fs::write(
            &path,
            format!("{good}\n\nnonsense\n{{\"schema\":\"x\",\"case\":\"\",\"workload\":\"\"}}\n{good}\n{{\"sch"),
        )
        .unwrap();
        let mut found = Vec::new();
        let files = [path.clone()];
        assert!(are_cases(&files).unwrap());
        let bad = read(&files, |workload, case, _| {
            found.push(format!("{workload} {case}"));
            Ok(())
        })
        .unwrap();
        assert_eq!(found, ["a\"b case-1", "a\"b case-1"]);
        let lines: Vec<String> =
            [3, 4, 6].map(|n| format!("{}:{n}: not a case (vires-case/1); the line was left out", path.display())).to_vec();
        assert_eq!(bad, lines);
        let log = dir.path().join("log");
        std::fs::write(&log, "text\n").unwrap();
        assert!(!are_cases(std::slice::from_ref(&log)).unwrap());
        assert!(are_cases(&[path, log]).is_err());
    }
}
