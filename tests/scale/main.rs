//! Several judges behind a splitter that knows nothing but a key: what they find is what one judge finds.
#![allow(clippy::unwrap_used)]

#[path = "../common/mod.rs"]
mod common;
mod estate;
mod moves;
mod refusals;

use common::{arg, run};
use estate::Estate;
use std::path::{Path, PathBuf};

/// What came of judging: lines and cases, sorted; the exit code of each must be 0.
#[derive(Debug, Default, PartialEq)]
struct Found {
    lines: Vec<String>,
    cases: Vec<String>,
}

impl Found {
    fn add(&mut self, stdout: &[u8], cases: &Path) {
        let text = String::from_utf8_lossy(stdout);
        self.lines.extend(text.split_inclusive('\n').map(str::to_owned));
        self.cases.extend(std::fs::read_to_string(cases).unwrap().lines().map(str::to_owned));
        self.lines.sort_unstable();
        self.cases.sort_unstable();
    }
}

/// A judge: its own files, and what all are told.
struct Bench {
    dir: tempfile::TempDir,
    known: Vec<String>,
}

impl Bench {
    fn new(known: Vec<String>) -> Self {
        Bench { dir: tempfile::tempdir().unwrap(), known }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn judge(&self, args: &[&str], input: &[u8]) -> common::Done {
        let known = self.known.iter().map(String::as_str);
        run(&["judge"].into_iter().chain(known).chain(args.iter().copied()).collect::<Vec<_>>(), input)
    }

    fn one(&self, input: &[u8]) -> Found {
        let (cases, mut found) = (self.path("one.cases"), Found::default());
        let _ = std::fs::remove_file(&cases);
        found.add(&self.judge(&["--cases", arg(&cases), "-"], input).ok().stdout, &cases);
        found
    }

    fn join(&self, input: &[u8]) -> Vec<u8> {
        self.judge(&["--step", "join", "-"], input).ok().stdout
    }

    /// The second step over one share, with a state of that name.
    fn decide(&self, name: &str, share: &[u8], found: &mut Found) {
        let (cases, state) = (self.path(&format!("{name}.cases")), self.path(&format!("{name}.state")));
        let _ = std::fs::remove_file(&cases);
        let done = self.judge(&["--step", "decide", "--cases", arg(&cases), "--state", arg(&state), "-"], share);
        found.add(&done.ok().stdout, &cases);
    }
}

/// The key of a line, as a splitter reads it that takes nothing but JSON for granted.
fn key(line: &[u8]) -> String {
    let line: serde_json::Value = serde_json::from_slice(line).unwrap();
    line["nhi"]["workload"].as_str().unwrap_or_default().to_owned()
}

fn share_of(key: &str, shares: usize) -> usize {
    // FNV-1a: any hash will do.
    let hash = key.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3));
    (hash >> 32) as usize % shares
}

fn split(joined: &[u8], shares: usize) -> Vec<Vec<u8>> {
    let mut out = vec![Vec::new(); shares];
    for line in joined.split_inclusive(|b| *b == b'\n') {
        out[share_of(&key(line), shares)].extend_from_slice(line);
    }
    out
}

fn several(bench: &Bench, joined: &[u8], shares: usize) -> Found {
    let mut found = Found::default();
    for (n, share) in split(joined, shares).iter().enumerate() {
        bench.decide(&format!("{shares}-{n}"), share, &mut found);
    }
    found
}

fn same(bench: &Bench, input: &[u8]) -> Found {
    let (one, joined) = (bench.one(input), bench.join(input));
    assert_eq!(joined.split(|b| *b == b'\n').count(), input.split(|b| *b == b'\n').count());
    for shares in [1, 2, 3, 5] {
        let found = several(bench, &joined, shares);
        assert!(found.cases == one.cases, "{shares} judges find other cases");
        assert!(found.lines == one.lines, "{shares} judges answer otherwise");
    }
    one
}

#[test]
fn judges_behind_a_splitter_find_what_one_finds() {
    let estate = Estate::new();
    let bench = Bench::new(estate.known());
    let found = same(&bench, estate.logs.as_bytes());
    assert!(found.cases.len() > 5, "{:?}", found.cases);
    assert!(found.cases.iter().any(|case| case.contains("\"event\":\"line:")), "a record without id is evidence");
    // The test is worth something only if workloads concern each other in every way there is.
    let joined = String::from_utf8(bench.join(estate.logs.as_bytes())).unwrap();
    for word in ["campaign", "coadopted", "moved_since", "stayed_alone", "issued_by", "line"] {
        assert!(joined.contains(&format!(",\"{word}\":")), "{word}");
    }
    // And it is skewed: the largest share is more than half of all.
    let largest = split(joined.as_bytes(), 5).iter().map(Vec::len).max().unwrap();
    assert!(largest * 2 > joined.len(), "{largest} of {}", joined.len());
}

#[test]
fn the_demo_is_judged_alike() {
    let demo = Path::new(env!("CARGO_MANIFEST_DIR")).join("datasets/demo");
    let baseline = tempfile::tempdir().unwrap();
    let learned = baseline.path().join("baseline.json");
    run(&["learn", arg(&demo), "-o", arg(&learned)], b"").ok();
    let mut known = vec!["--baseline".to_owned(), arg(&learned).to_owned()];
    for name in ["inventory", "exceptions"] {
        known.extend([format!("--{name}"), arg(&demo.join(format!("{name}.toml"))).to_owned()]);
    }
    let mut logs: Vec<PathBuf> = std::fs::read_dir(demo.join("logs")).unwrap().map(|e| e.unwrap().path()).collect();
    logs.sort_unstable();
    let input: Vec<u8> = logs.iter().flat_map(|path| std::fs::read(path).unwrap()).collect();
    let found = same(&Bench::new(known), &input);
    assert!(found.cases.len() > 10);
}

#[test]
fn garbage_changes_no_verdict() {
    let estate = Estate::new();
    let bench = Bench::new(estate.known());
    let clean = bench.one(estate.logs.as_bytes());
    let mut input = Vec::new();
    for (n, line) in estate.logs.split_inclusive('\n').enumerate() {
        input.extend_from_slice(line.as_bytes());
        input.extend_from_slice(match n % 9 {
            0 => b"\n",
            1 => b"\xff\xfe\x00 not text\n",
            2 => b"{\"eventName\":\"GetObject\",\n",
            3 => b"{\"nhi\":{\"workload\":\"w0\",\"joined\":\"0000000000000000\",\"coadopted\":4294967295}}\r\n",
            4 => b"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\n",
            _ => b"",
        });
    }
    let found = same(&bench, &input);
    // Only the numbers of lines differ, which name records without ids.
    let expected = without_numbers(&clean.cases);
    assert!(!expected.is_empty() && without_numbers(&found.cases) == expected);
}

/// Cases without the numbers of lines.
fn without_numbers(cases: &[String]) -> Vec<String> {
    let mut out: Vec<String> = cases
        .iter()
        .map(|case| {
            let mut parts = case.split("\"line:");
            let mut text = parts.next().unwrap_or_default().to_owned();
            for part in parts {
                text.push_str(part.trim_start_matches(|c: char| c.is_ascii_digit()));
            }
            text
        })
        .collect();
    out.sort_unstable();
    out
}
