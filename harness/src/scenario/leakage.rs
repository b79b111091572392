//! Whether anything in an event gives its label away.
//!
//! Every scalar of the raw records is looked at, as a member's path and its value. A value that stands in malicious lines of several
//! scenarios has to stand in quiet lines somewhere, and one that stands in very many attacks has to stand in decoys too: a detector
//! that learned it would otherwise look clever on this corpus and nowhere else.

use super::fault::finding;
use super::{Corpus, Lines, Mark, Scenario, ScenarioKind};
use aho_corasick::AhoCorasick;
use rayon::prelude::*;
use rustc_hash::FxHashSet;
use serde_json::Value;
use std::collections::BTreeMap;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use vires_profile::{Finding, Severity};

/// A value that stands in malicious lines of this many scenarios is no chance.
const SEVERAL: usize = 2;
/// In more than this share of the attacks …
const MANY: f64 = 0.25;
/// … and in fewer than this share of the decoys: it separates.
const FEW: f64 = 0.05;
/// Quiet lines of a scenario that are read whole before the rest is only searched.
const FIRST: usize = 300;
/// Longer values are nobody's habit.
const LONGEST: usize = 512;

/// A member's path (`[]` for any place in a list) and its value.
type Pair = (String, String);

/// What separates, with the scenarios whose malicious lines hold it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leak {
    /// Path of the member.
    pub path: String,
    /// Its value.
    pub value: String,
    /// Ids of the scenarios.
    pub scenarios: Vec<String>,
    /// What is wrong.
    pub sort: LeakSort,
}

/// How a value gives labels away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LeakSort {
    /// It stands in no quiet line of the corpus.
    OnlyMalicious,
    /// It stands in many attacks and in hardly a decoy.
    MarksAttacks,
}

/// Looks through the test windows of a corpus.
pub fn leakage(corpus: &Corpus) -> io::Result<Vec<Leak>> {
    let suspects = suspects(corpus)?;
    let attacks = corpus.scenarios.iter().filter(|s| s.manifest.kind == ScenarioKind::Attack).count();
    let decoys = corpus.scenarios.iter().filter(|s| s.manifest.kind != ScenarioKind::Attack).count();
    let common = |ids: &[usize]| ids.len() as f64 > MANY * attacks as f64;
    let all: FxHashSet<&Pair> = suspects.keys().collect();
    // In which scenarios a suspect stands in quiet lines.
    let seen: Vec<FxHashSet<&Pair>> = corpus.scenarios.par_iter().map(|s| seen(s, &all, FIRST)).collect::<io::Result<_>>()?;
    let anywhere: FxHashSet<&Pair> = seen.iter().flatten().copied().collect();
    let in_decoys = |holds: &dyn Fn(usize) -> bool| {
        corpus.scenarios.iter().enumerate().filter(|(n, s)| s.manifest.kind != ScenarioKind::Attack && holds(*n)).count()
    };
    let separates = |in_decoys: usize| (in_decoys as f64) < FEW * decoys as f64;
    // What so many decoys begin with separates nothing, whatever stands later.
    let open = |pair: &Pair| separates(in_decoys(&|n| seen.get(n).is_some_and(|found| found.contains(pair))));
    let rest: Vec<Wanted<'_>> = suspects
        .iter()
        .map(|(pair, ids)| Wanted { pair, once: !common(ids), found: AtomicBool::new(false) })
        .filter(|wanted| if wanted.once { !anywhere.contains(wanted.pair) } else { open(wanted.pair) })
        .collect();
    let later = search(corpus, &rest)?;
    let mut leaks = Vec::new();
    for (pair, ids) in &suspects {
        let holds = |n: usize| {
            seen.get(n).is_some_and(|found| found.contains(pair)) || later.get(n).is_some_and(|found| found.contains(pair))
        };
        let sort = match () {
            () if !(0..corpus.scenarios.len()).any(holds) => LeakSort::OnlyMalicious,
            () if common(ids) && separates(in_decoys(&holds)) => LeakSort::MarksAttacks,
            () => continue,
        };
        let scenarios = ids.iter().filter_map(|n| corpus.scenarios.get(*n)).map(|s| s.id().to_string()).collect();
        leaks.push(Leak { path: pair.0.clone(), value: pair.1.clone(), scenarios, sort });
    }
    leaks.sort_by(|a, b| b.scenarios.len().cmp(&a.scenarios.len()).then_with(|| (&a.path, &a.value).cmp(&(&b.path, &b.value))));
    Ok(leaks)
}

/// Leaks as findings: each in the scenario that is first to have it.
pub fn leakage_findings(corpus: &Corpus, leaks: &[Leak]) -> Vec<Finding> {
    let finding_of = |leak: &Leak| {
        let first = leak.scenarios.first()?;
        let scenario = corpus.scenarios.iter().find(|s| s.id() == first)?;
        let value: String = leak.value.chars().take(80).collect();
        let others = leak.scenarios.iter().skip(1).take(3).map(String::as_str).collect::<Vec<_>>().join(", ");
        let more = if leak.scenarios.len() > 4 { format!(" and {} more", leak.scenarios.len() - 4) } else { String::new() };
        let what = match leak.sort {
            LeakSort::OnlyMalicious => "stands in no quiet line of any scenario",
            LeakSort::MarksAttacks => "marks attacks: hardly a decoy has it",
        };
        let message = format!("`{}` = `{value}` {what}; malicious here, in {others}{more}", leak.path);
        let remedy = "let a decoy or the background have it too, or let the attacks differ";
        Some(finding(&scenario.dir.join("scenario.toml"), 0, Severity::Warning, "leakage", message, remedy))
    };
    leaks.iter().filter_map(finding_of).collect()
}

/// What stands in malicious lines of several scenarios, and in which.
fn suspects(corpus: &Corpus) -> io::Result<BTreeMap<Pair, Vec<usize>>> {
    let of_scenario = |scenario: &Scenario| -> io::Result<FxHashSet<Pair>> {
        let mut pairs = FxHashSet::default();
        let mut left = scenario.truth.marks.values().filter(|mark| matches!(mark, Mark::Malicious(_))).count();
        if left > 0 {
            each(scenario, |malicious, line| {
                if malicious {
                    left -= 1;
                    scalars(line, &mut |path, value| {
                        pairs.insert((path.to_string(), value.to_string()));
                    });
                }
                left > 0
            })?;
        }
        Ok(pairs)
    };
    let all: Vec<FxHashSet<Pair>> = corpus.scenarios.par_iter().map(of_scenario).collect::<io::Result<_>>()?;
    let mut by_pair: BTreeMap<Pair, Vec<usize>> = BTreeMap::new();
    for (number, pairs) in all.into_iter().enumerate() {
        #[expect(clippy::iter_over_hash_type, reason = "the map orders them")]
        for pair in pairs {
            by_pair.entry(pair).or_default().push(number);
        }
    }
    by_pair.retain(|_, ids| ids.len() >= SEVERAL);
    Ok(by_pair)
}

/// Which suspects stand in the first quiet lines of a scenario.
fn seen<'a>(scenario: &Scenario, suspects: &FxHashSet<&'a Pair>, most: usize) -> io::Result<FxHashSet<&'a Pair>> {
    let mut found = FxHashSet::default();
    let mut left = most;
    each(scenario, |malicious, line| {
        if !malicious {
            left -= 1;
            note(line, suspects, &mut found);
        }
        left > 0
    })?;
    Ok(found)
}

fn note<'a>(line: &[u8], suspects: &FxHashSet<&'a Pair>, found: &mut FxHashSet<&'a Pair>) {
    let mut pair: Pair = Default::default();
    scalars(line, &mut |path, value| {
        pair.0.clear();
        pair.0.push_str(path);
        pair.1.clear();
        pair.1.push_str(value);
        if let Some(known) = suspects.get(&pair) {
            found.insert(*known);
        }
    });
}

/// A pair that is looked for in all quiet lines.
struct Wanted<'a> {
    pair: &'a Pair,
    /// Of what few attacks have it matters only whether any quiet line has it, so one is enough for all scenarios.
    once: bool,
    /// Whether any scenario has it.
    found: AtomicBool,
}

impl Wanted<'_> {
    fn missing(&self) -> bool {
        !(self.once && self.found.load(Ordering::Relaxed))
    }
}

/// Looks for what is left over in all quiet lines; only lines that hold a value as text are read.
fn search<'a>(corpus: &Corpus, rest: &[Wanted<'a>]) -> io::Result<Vec<FxHashSet<&'a Pair>>> {
    if rest.is_empty() {
        return Ok(Vec::new());
    }
    let texts = AhoCorasick::new(rest.iter().map(|wanted| escaped(&wanted.pair.1))).map_err(io::Error::other)?;
    corpus.scenarios.par_iter().map(|scenario| found_in(scenario, &texts, rest)).collect()
}

/// What is wanted and stands in a quiet line of a scenario, apart from what others are known to have by then, if that is enough.
fn found_in<'a>(scenario: &Scenario, texts: &AhoCorasick, rest: &[Wanted<'a>]) -> io::Result<FxHashSet<&'a Pair>> {
    /// Lines after which it is asked what others found.
    const OFTEN: usize = 1000;
    let mut found: FxHashSet<&'a Pair> = FxHashSet::default();
    let mut missing: Vec<bool> = rest.iter().map(Wanted::missing).collect();
    if !missing.contains(&true) {
        return Ok(found);
    }
    let mut lines = 0;
    each(scenario, |malicious, line| {
        lines += 1;
        if lines % OFTEN == 0 {
            for (missing, wanted) in missing.iter_mut().zip(rest) {
                *missing &= wanted.missing();
            }
            if !missing.contains(&true) {
                return false;
            }
        }
        if malicious {
            return true;
        }
        let held = texts.find_overlapping_iter(line).map(|held| held.pattern().as_usize());
        let mut open: Vec<usize> = held.filter(|n| missing.get(*n) == Some(&true)).collect();
        open.sort_unstable();
        open.dedup();
        if open.is_empty() {
            return true;
        }
        let pairs: FxHashSet<&'a Pair> = open.iter().filter_map(|n| rest.get(*n)).map(|wanted| wanted.pair).collect();
        note(line, &pairs, &mut found);
        for n in open {
            if let (Some(missing), Some(wanted)) = (missing.get_mut(n), rest.get(n))
                && found.contains(wanted.pair)
            {
                *missing = false;
                wanted.found.store(true, Ordering::Relaxed);
            }
        }
        true
    })?;
    Ok(found)
}

/// The value as it stands within a JSON string.
fn escaped(value: &str) -> String {
    let quoted = Value::String(value.to_string()).to_string();
    quoted.get(1..quoted.len() - 1).unwrap_or_default().to_string()
}

/// Hands on each line of the test window and whether it is malicious, as long as more are wanted; ambiguous ones are left out.
fn each(scenario: &Scenario, mut visit: impl FnMut(bool, &[u8]) -> bool) -> io::Result<()> {
    let mut lines = Lines::new(&scenario.estate.events)?;
    while let Some((number, line)) = lines.next_line()? {
        let more = match scenario.truth.mark(number) {
            Some(Mark::Ambiguous) => true,
            Some(Mark::Malicious(_)) => visit(true, line),
            _ => visit(false, line),
        };
        if !more {
            break;
        }
    }
    Ok(())
}

/// Hands on every scalar of a JSON line that may be a habit: no times, nothing long. Text in other forms is one value.
fn scalars(line: &[u8], visit: &mut impl FnMut(&str, &str)) {
    match serde_json::from_slice::<Value>(line) {
        Ok(value) => walk(&value, &mut String::new(), 0, visit),
        Err(_) => visit("", &String::from_utf8_lossy(line)),
    }
}

fn walk(value: &Value, path: &mut String, depth: u8, visit: &mut impl FnMut(&str, &str)) {
    let length = path.len();
    match value {
        // serde_json itself reads no deeper than 128; a record that is deeper than this says nothing more.
        _ if depth > 32 => {}
        Value::Object(members) => {
            for (key, value) in members {
                if length > 0 {
                    path.push('.');
                }
                path.push_str(key);
                walk(value, path, depth + 1, visit);
                path.truncate(length);
            }
        }
        Value::Array(items) => {
            path.push_str("[]");
            for item in items {
                walk(item, path, depth + 1, visit);
            }
            path.truncate(length);
        }
        Value::String(text) if text.len() <= LONGEST && !is_time(text) => visit(path, text),
        Value::Number(number) => {
            let text = number.to_string();
            if !is_epoch(&text) {
                visit(path, &text);
            }
        }
        Value::Bool(flag) => visit(path, if *flag { "true" } else { "false" }),
        Value::String(_) | Value::Null => {}
    }
}

/// `2026-03-01T…`, `2026-03-01 …` or epoch time as text.
fn is_time(text: &str) -> bool {
    let bytes = text.as_bytes();
    let dated = bytes.len() >= 16
        && bytes.get(4) == Some(&b'-')
        && bytes.get(7) == Some(&b'-')
        && matches!(bytes.get(10), Some(b'T' | b' '))
        && bytes.get(..4).is_some_and(|year| year.iter().all(u8::is_ascii_digit));
    dated || is_epoch(text)
}

/// Seconds, milliseconds or nanoseconds of this century.
fn is_epoch(text: &str) -> bool {
    matches!(text.len(), 10 | 13 | 16 | 19) && text.starts_with('1') && text.bytes().all(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::{Filter, find, load_all};
    use crate::testing::{decoder, event, write_scenario};

    #[test]
    fn flattens_scalars_and_leaves_times_out() {
        let line = br#"{"a":{"b":[1,{"c":"x"}]},"t":"2026-03-01T10:00:00Z","e":1772334600123,"n":1.5,"f":true,"z":null}"#;
        let mut all = Vec::new();
        scalars(line, &mut |path, value| all.push(format!("{path}={value}")));
        all.sort();
        assert_eq!(all, ["a.b[].c=x", "a.b[]=1", "f=true", "n=1.5"]);
        let mut text = Vec::new();
        scalars(b"not json", &mut |path, value| text.push((path.to_string(), value.to_string())));
        assert_eq!(text, [(String::new(), "not json".to_string())]);
    }

    #[test]
    fn what_only_attacks_have_is_a_leak() {
        let dir = tempfile::tempdir().unwrap();
        let quiet = "q 2026-03-01T09:00:00Z web s3:GetObject 198.51.100.1";
        let write = |name: &str, kind: &str, tool: &str, labels: &str| {
            let path = dir.path().join(name);
            write_scenario(dir.path(), name, "f", kind, &[quiet], labels);
            let attack = event("e1 2026-03-01T10:00:00Z web s3:GetObject 198.51.100.1");
            let attack = attack.replacen('{', &format!("{{\"tool\":\"{tool}\",\"size\":4711,"), 1);
            std::fs::write(path.join("events.ndjson"), format!("{}\n{attack}\n", event(quiet))).unwrap();
        };
        write("a", "attack", "odd", "e1,,,malicious,data,\n");
        write("b", "attack", "odd", "e1,,,malicious,data,\n");
        write("c", "decoy", "even", "");
        let load = || load_all(&find(&[dir.path().to_path_buf()]).unwrap(), &Filter::default(), decoder()).unwrap();
        let corpus = load();
        let leaks = leakage(&corpus).unwrap();
        assert_eq!(leaks.len(), 1, "{leaks:?}");
        assert_eq!((leaks[0].path.as_str(), leaks[0].value.as_str(), leaks[0].sort), ("tool", "odd", LeakSort::OnlyMalicious));
        assert_eq!(leaks[0].scenarios, ["a", "b"]);
        let found = leakage_findings(&corpus, &leaks);
        assert!(found[0].to_string().contains("`tool` = `odd` stands in no quiet line"), "{}", found[0]);
        write("c", "decoy", "odd", "");
        assert_eq!(leakage(&load()).unwrap(), []);
    }

    #[test]
    fn what_marks_attacks_is_a_leak_though_a_quiet_line_has_it() {
        let dir = tempfile::tempdir().unwrap();
        let quiet = "q 2026-03-01T09:00:00Z web s3:GetObject 198.51.100.1";
        for n in 0..30 {
            let kind = if n < 4 { "attack" } else { "decoy" };
            let labels = if n < 4 { "e1,,,malicious,data,\n" } else { "" };
            let name = format!("s{n:02}");
            let path = dir.path().join(&name);
            write_scenario(dir.path(), &name, "f", kind, &[quiet], labels);
            let attack = event("e1 2026-03-01T10:00:00Z web s3:GetObject 198.51.100.1");
            // One decoy in 26 has it.
            let tool = if n < 5 { "odd" } else { "even" };
            let attack = attack.replacen('{', &format!("{{\"tool\":\"{tool}\","), 1);
            std::fs::write(path.join("events.ndjson"), format!("{}\n{attack}\n", event(quiet))).unwrap();
        }
        let corpus = load_all(&find(&[dir.path().to_path_buf()]).unwrap(), &Filter::default(), decoder()).unwrap();
        let leaks = leakage(&corpus).unwrap();
        assert_eq!(leaks.len(), 1, "{leaks:?}");
        assert_eq!((leaks[0].value.as_str(), leaks[0].sort), ("odd", LeakSort::MarksAttacks));
    }
}
