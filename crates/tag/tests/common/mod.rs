//! What the tests of this folder share: the lines they look at, and how an answer from memory is held to one without.

#![allow(dead_code, clippy::unwrap_used, clippy::print_stderr)]

use std::cell::RefCell;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};
use std::thread::LocalKey;
use vires_catalog::Catalog;
use vires_tag::{Options, Report, Scratch, Tagger};

pub static CATALOG: LazyLock<Arc<Catalog>> = LazyLock::new(|| Arc::new(Catalog::builtin().unwrap()));

/// A tagger for each of the options.
pub fn taggers(all: impl IntoIterator<Item = Options>) -> Vec<Tagger> {
    all.into_iter().map(|options| Tagger::new(&CATALOG, options).unwrap()).collect()
}

/// One memory for all lines of a thread, as in production, and one that is told to forget.
pub type Kept = RefCell<Vec<[Scratch; 2]>>;

/// Every tagger says the same of a line `rounds` times over as one that forgets every line.
pub fn check(taggers: &[Tagger], kept: &'static LocalKey<Kept>, rounds: usize, line: &[u8]) {
    kept.with_borrow_mut(|kept| {
        kept.resize_with(taggers.len(), Default::default);
        for (tagger, [kept, forgetful]) in taggers.iter().zip(kept) {
            let mut want = Vec::new();
            forgetful.forget();
            let report = tagger.line(line, forgetful, &mut want);
            for round in 0..rounds {
                let mut answer = Vec::new();
                let mut said = tagger.line(line, kept, &mut answer);
                if said.filtered && !tagger.options().counted {
                    said = Report { filtered: true, ..report };
                }
                assert_eq!(said, report, "{round} {}", String::from_utf8_lossy(line));
                assert_eq!(String::from_utf8_lossy(&answer), String::from_utf8_lossy(&want), "{round}");
            }
        }
    });
}

fn files(dir: &Path, out: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(dir) else { return };
    let mut entries: Vec<PathBuf> = entries.map(|e| e.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            files(&path, out);
        } else if path.extension().is_some_and(|e| e == "ndjson" || e == "log") {
            out.push(path);
        }
    }
}

/// The lines of all sample logs.
pub fn sample_lines() -> Vec<Vec<u8>> {
    let mut paths = Vec::new();
    files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../datasets/logs"), &mut paths);
    let lines: Vec<Vec<u8>> = paths
        .iter()
        .flat_map(|p| fs::read(p).unwrap().split(|b| *b == b'\n').map(<[u8]>::to_vec).collect::<Vec<_>>())
        .collect();
    assert!(lines.len() > 100, "{} lines", lines.len());
    lines
}

/// Those that are text.
pub fn sample_texts() -> Vec<String> {
    sample_lines().into_iter().filter_map(|line| String::from_utf8(line).ok()).filter(|line| !line.is_empty()).collect()
}

/// Calls `check` with every published log, where they are.
pub fn published(mut check: impl FnMut(&[u8])) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/real-logs");
    if !root.exists() {
        eprintln!("SKIPPED: the published logs are not at {}", root.display());
        return;
    }
    let mut paths = Vec::new();
    files(&root, &mut paths);
    let mut records = 0;
    for path in paths {
        for line in fs::read_to_string(&path).unwrap().lines().step_by(if path.ends_with("sessions.ndjson") { 10 } else { 1 }) {
            let test: serde_json::Value = serde_json::from_str(line).unwrap();
            let logs = test.get("logs").and_then(|l| l.as_array().cloned()).or_else(|| Some(vec![test.get("log")?.clone()]));
            for log in logs.unwrap_or_else(|| vec![test.clone()]) {
                check(log.to_string().as_bytes());
                records += 1;
            }
        }
    }
    assert!(records > 1500, "{records} records");
}

/// The line with its `n`th text or number replaced.
pub fn with_other(line: &str, n: usize, text: &str, number: u64) -> Option<String> {
    fn visit(value: &mut serde_json::Value, n: &mut usize, text: &str, number: u64) -> bool {
        match value {
            serde_json::Value::Object(members) => members.values_mut().any(|v| visit(v, n, text, number)),
            serde_json::Value::Array(items) => items.iter_mut().any(|v| visit(v, n, text, number)),
            serde_json::Value::String(_) | serde_json::Value::Number(_) if *n == 0 => {
                *value = if value.is_string() { text.into() } else { number.into() };
                true
            }
            serde_json::Value::String(_) | serde_json::Value::Number(_) => {
                *n -= 1;
                false
            }
            _ => false,
        }
    }
    let mut value: serde_json::Value = serde_json::from_str(line).ok()?;
    let mut n = n;
    visit(&mut value, &mut n, text, number).then(|| value.to_string())
}
