//! Cases that `vires judge --cases` has written.

use anyhow::{Context, Result};
use serde::Deserialize;
use std::io::{BufRead, BufReader, ErrorKind, Read};
use std::path::{Path, PathBuf};
use vires_pipeline::open_plain;

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
        kinds.push(path.is_file() && begins_with_a_case(path).with_context(|| format!("failed to use {}", path.display()))?);
    }
    let (some, all) = (kinds.contains(&true), !kinds.contains(&false));
    anyhow::ensure!(!some || all, "some of the inputs are files of cases and some are logs: report on them one at a time");
    Ok(some)
}

fn begins_with_a_case(path: &Path) -> Result<bool> {
    #[derive(Deserialize)]
    struct Sealed<'a> {
        schema: &'a str,
        #[serde(rename = "checksum")]
        _checksum: &'a str,
    }
    let mut start = Vec::new();
    // A compressed log may be torn: that shows, and is named, where logs are read.
    if let Err(error) = BufReader::new(open_plain(path)?.take(LONGEST)).read_until(b'\n', &mut start)
        && start.is_empty()
    {
        let compressed = matches!(error.kind(), ErrorKind::InvalidData | ErrorKind::InvalidInput | ErrorKind::UnexpectedEof);
        return if compressed { Ok(false) } else { Err(error.into()) };
    }
    // The head of a sealed file stands on a line of its own, which the body follows.
    let head = start.trim_ascii().strip_suffix(b",").map(|head| [head, b"}"].concat());
    if let Some(sealed) = head.as_deref().and_then(|head| serde_json::from_slice::<Sealed<'_>>(head).ok()) {
        let what = match sealed.schema {
            "vires-state/1" => {
                "a state, which says what is remembered and not what was found: name files that `vires judge --cases` \
                                has written, or give it as --state beside the logs that came since"
            }
            "vires-baseline/1" => "a baseline: give it as --baseline",
            _ => return Ok(false),
        };
        anyhow::bail!("{} is {what}", path.display());
    }
    Ok(serde_json::from_slice::<Head<'_>>(&start).is_ok_and(|head| head.schema == SCHEMA))
}

/// Reads all lines; `take` gets the workload, the case and the line. Returns what could not be read, in words.
pub fn read(files: &[PathBuf], mut take: impl FnMut(&str, &str, &[u8]) -> Result<()>) -> Result<Vec<String>> {
    let mut bad = Vec::new();
    for path in files {
        let (mut number, mut wrong) = (0u64, 0usize);
        let failed = || format!("failed to read {}", path.display());
        let mut file = BufReader::with_capacity(1 << 18, open_plain(path).with_context(failed)?);
        let mut line = Vec::new();
        loop {
            line.clear();
            let read = match (&mut file).take(LONGEST).read_until(b'\n', &mut line) {
                Ok(read) => read,
                // What came before the tear is as good as ever.
                Err(error) if number > 0 || !line.is_empty() => {
                    bad.push(format!("{}: cut after line {number}: {error}", path.display()));
                    break;
                }
                Err(error) => return Err(error).with_context(failed),
            };
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
