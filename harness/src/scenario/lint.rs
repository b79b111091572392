//! What a scenario that loads may still get wrong.

use super::fault::finding;
use super::{Corpus, Lines, LogSource, Provenance, Scenario, ScenarioKind, Split};
use crate::decode::{Fact, Window};
use regex::bytes::Regex;
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use vires_profile::duration::parse_duration;
use vires_profile::{Finding, Severity};

/// Events may come this much out of order.
const LATE: i64 = 5 * 60_000;

/// Findings of each kind in one file; the rest would only repeat itself.
const MOST: usize = 5;

/// Looks at scenarios that loaded. Errors must be fixed; warnings are worth a look.
pub fn lint(corpus: &Corpus) -> std::io::Result<Vec<Finding>> {
    let mut all = Vec::new();
    for scenario in &corpus.scenarios {
        let mut lint = Lint { scenario, found: Vec::new() };
        lint.manifest();
        lint.labels();
        lint.times();
        lint.history();
        lint.readable();
        lint.accounts()?;
        all.append(&mut lint.found);
    }
    families(corpus, &mut all);
    Ok(all)
}

struct Lint<'a> {
    scenario: &'a Scenario,
    found: Vec<Finding>,
}

impl Lint<'_> {
    fn add(&mut self, file: &Path, line: usize, severity: Severity, code: &'static str, message: String, remedy: &'static str) {
        if self.found.iter().filter(|f| f.code == code && Path::new(&f.file) == file).count() < MOST {
            self.found.push(finding(file, line, severity, code, message, remedy));
        }
    }

    fn file(&self, source: Option<&LogSource>) -> PathBuf {
        source.and_then(LogSource::path).map_or_else(|| self.scenario.dir.join("scenario.toml"), Path::to_path_buf)
    }

    fn manifest(&mut self) {
        let manifest = &self.scenario.manifest;
        let path = self.scenario.dir.join("scenario.toml");
        if manifest.title.is_empty() || manifest.why.is_empty() {
            let message = "no `title` or no `why`".to_string();
            self.add(
                &path,
                0,
                Severity::Warning,
                "no_story",
                message,
                "say in a line each what happens and why it must (not) escalate",
            );
        }
        if manifest.kind == ScenarioKind::Attack && manifest.incident.is_empty() {
            let message = "no `incident`".to_string();
            self.add(
                &path,
                0,
                Severity::Note,
                "no_incident",
                message,
                "name a public account of what is modelled, if there is one",
            );
        }
        let Some(expect) = &manifest.expect else { return };
        if let Some(delay) = &expect.max_delay
            && parse_duration(delay).is_none()
        {
            let message = format!("`max_delay = \"{delay}\"` is not a span");
            self.add(&path, 0, Severity::Error, "max_delay", message, "write it like 15m or 2h");
        }
        if let Some(objective) = &expect.objective
            && !self.scenario.events.wanted.iter().any(|(_, id)| id == objective)
        {
            let message = format!("`objective`: no event `{objective}` in events.ndjson");
            self.add(&path, 0, Severity::Error, "objective", message, "name the event after which it is too late");
        }
    }

    fn labels(&mut self) {
        let path = self.scenario.dir.join("labels.csv");
        let attacks = self.scenario.truth.instances.len();
        match self.scenario.manifest.kind {
            ScenarioKind::Attack if attacks == 0 => {
                let message = "an attack without a malicious event".to_string();
                self.add(&path, 0, Severity::Error, "no_attack", message, "label the events that are worth escalating");
            }
            ScenarioKind::Decoy | ScenarioKind::Noise if attacks > 0 => {
                let message = format!("{attacks} attack instances in a scenario that must stay quiet");
                self.add(&path, 0, Severity::Error, "attack_in_quiet", message, "change `kind` or the labels");
            }
            _ => {}
        }
        for instance in &self.scenario.truth.instances {
            if instance.boundaries.is_empty() {
                let message = format!("instance `{}` crosses no boundary", instance.name);
                self.add(
                    &path,
                    0,
                    Severity::Warning,
                    "no_boundary",
                    message,
                    "fill the column `boundary`: privilege, data, trust",
                );
            }
        }
        let known: FxHashMap<u32, &Fact> = self.scenario.events.facts.iter().map(|f| (f.line, f)).collect();
        let mut lines: FxHashMap<&str, u32> = FxHashMap::default();
        for (line, id) in &self.scenario.events.wanted {
            lines.entry(id).or_insert(*line);
        }
        for row in &self.scenario.labels.rows {
            let Some(fact) = lines.get(row.event_id.as_str()).and_then(|line| known.get(line)) else {
                let message = format!("the event `{}` cannot be decoded, so nothing can find it", row.event_id);
                self.add(&path, row.line, Severity::Warning, "unreadable_label", message, "check the log line");
                continue;
            };
            let said = fact.identity.map_or("", |name| self.scenario.names.text(name));
            if !row.identity.is_empty() && said != row.identity && !self.one_workload(said, &row.identity) {
                let message = format!("event `{}` was made by `{said}`, the label says `{}`", row.event_id, row.identity);
                self.add(&path, row.line, Severity::Warning, "label_identity", message, "write the canonical id");
            }
        }
    }

    /// True if the inventory knows both names as principals of one workload: an application and its service principal.
    fn one_workload(&self, a: &str, b: &str) -> bool {
        let has = |w: &vires_profile::Workload, id: &str| w.principals.iter().any(|p| p.text == id);
        self.scenario.inventory.workloads().iter().any(|w| has(w, a) && has(w, b))
    }

    fn times(&mut self) {
        let estate = &self.scenario.estate;
        let (events, history) = (&self.scenario.events, &self.scenario.history);
        for (source, window) in [(Some(&estate.events), events), (estate.history.as_ref(), history)] {
            let path = self.file(source);
            let mut newest = i64::MIN;
            for fact in &window.facts {
                let Some(at) = fact.at else {
                    let message = "an event without a readable time".to_string();
                    self.add(
                        &path,
                        fact.line as usize,
                        Severity::Warning,
                        "no_time",
                        message,
                        "write the source's own time field",
                    );
                    continue;
                };
                if at < newest.saturating_sub(LATE) {
                    let message = format!("{} s earlier than a line before it", (newest - at) / 1000);
                    self.add(&path, fact.line as usize, Severity::Error, "time_order", message, "sort the lines by time");
                }
                newest = newest.max(at);
            }
        }
        let last = history.facts.iter().filter_map(|f| f.at).max();
        let first = events.facts.iter().filter_map(|f| f.at).min();
        if let (Some(last), Some(first)) = (last, first)
            && last >= first
        {
            let path = self.file(estate.history.as_ref());
            let message = "the history does not end before the first event of the test window".to_string();
            self.add(&path, 0, Severity::Error, "history_overlap", message, "move later lines into events.ndjson");
        }
    }

    fn history(&mut self) {
        // Poisoned histories are a family of their own.
        if self.scenario.family().starts_with("poison") {
            return;
        }
        let seen: FxHashSet<u64> = self.scenario.history.facts.iter().filter_map(|f| f.event).collect();
        let path = self.file(self.scenario.estate.history.as_ref());
        for fact in &self.scenario.events.facts {
            let malicious = matches!(self.scenario.truth.mark(fact.line), Some(super::Mark::Malicious(_)));
            if malicious && fact.event.is_some_and(|event| seen.contains(&event)) {
                let message = format!("the event of line {} of events.ndjson is in the history too", fact.line);
                self.add(&path, 0, Severity::Error, "attack_in_history", message, "take it out of the history");
            }
        }
    }

    fn readable(&mut self) {
        let estate = &self.scenario.estate;
        let windows: [(&Window, Option<&LogSource>); 2] =
            [(&self.scenario.events, Some(&estate.events)), (&self.scenario.history, estate.history.as_ref())];
        for (window, source) in windows {
            let path = self.file(source);
            if window.unreadable > 0 {
                let message = format!("{} lines that nobody can read", window.unreadable);
                self.add(&path, 0, Severity::Warning, "unreadable", message, "use the vendor's own log format");
            }
            let nobody = window.facts.iter().filter(|f| f.identity.is_none()).count();
            if nobody > 0 {
                let message = format!("{nobody} events that name nobody");
                self.add(&path, 0, Severity::Note, "no_identity", message, "fill in who acted, unless that is the point");
            }
        }
    }

    fn accounts(&mut self) -> std::io::Result<()> {
        let Ok(account) = Regex::new(r#"(?-u)(?:arn:aws[a-z-]*:[a-z0-9-]*:[a-z0-9-]*:|[aA]ccountId"\s*:\s*")([0-9]{12})\b"#)
        else {
            return Ok(());
        };
        let Ok(key) = Regex::new(r"(?-u)\b(?:AKIA|ASIA)[A-Z0-9]{16}\b") else { return Ok(()) };
        let estate = &self.scenario.estate;
        // What was recorded names those who were there: no fault of the scenario, but nothing to publish.
        let (severity, account_remedy, key_remedy) = match self.scenario.manifest.provenance {
            Provenance::Modelled => (
                Severity::Error,
                "use one of documentation: 123456789012, 111122223333, 444455556666, 555555555555",
                "let key ids end in EXAMPLE",
            ),
            Provenance::Real | Provenance::Emulated => (
                Severity::Warning,
                "as it was recorded: replace it before this is published",
                "as it was recorded: replace it before this is published",
            ),
        };
        // Generated lines hold what the generator writes: only files can hold somebody's account.
        for source in [Some(&estate.events), estate.history.as_ref()].into_iter().flatten().filter(|s| s.path().is_some()) {
            let path = self.file(Some(source));
            let mut lines = Lines::new(source)?;
            while let Some((number, line)) = lines.next_line()? {
                for found in account.captures_iter(line).filter_map(|c| c.get(1)) {
                    if !is_documentation_account(found.as_bytes()) {
                        let message = format!("account {} may be somebody's", String::from_utf8_lossy(found.as_bytes()));
                        self.add(&path, number as usize, severity, "real_account", message, account_remedy);
                    }
                }
                for found in key.find_iter(line).map(|m| m.as_bytes()) {
                    if !found.windows(7).any(|w| w == b"EXAMPLE") {
                        let message =
                            format!("{}… may be somebody's key", String::from_utf8_lossy(found.get(..4).unwrap_or_default()));
                        self.add(&path, number as usize, severity, "real_key", message, key_remedy);
                    }
                }
            }
        }
        Ok(())
    }
}

/// Numbers that documentation uses: few distinct digits in blocks, or counting up or down.
fn is_documentation_account(digits: &[u8]) -> bool {
    let blocks = digits.chunks(4).all(|block| block.windows(2).all(|w| w.first() == w.last()));
    let pairs = digits
        .chunks(4)
        .all(|b| b.get(..2).is_some_and(|p| p.first() == p.last()) && b.get(2..).is_some_and(|p| p.first() == p.last()));
    blocks || pairs || matches!(digits, b"123456789012" | b"012345678901" | b"210987654321" | b"098765432109" | b"123456789013")
}

/// Each family should show both sides, and no family stand in both parts of the corpus.
fn families(corpus: &Corpus, found: &mut Vec<Finding>) {
    let mut families: BTreeMap<&str, Vec<&Scenario>> = BTreeMap::new();
    for scenario in &corpus.scenarios {
        families.entry(scenario.family()).or_default().push(scenario);
    }
    for (family, scenarios) in families {
        let Some(first) = scenarios.first() else { continue };
        let path = first.dir.join("scenario.toml");
        let has = |split: Split| scenarios.iter().any(|s| s.manifest.split == split);
        if has(Split::Dev) && has(Split::Test) {
            let message = format!("family `{family}` is in both splits, so what is found on one leaks into the other");
            found.push(finding(&path, 0, Severity::Error, "split_family", message, "give all scenarios of a family one split"));
        }
        let attacks = scenarios.iter().filter(|s| s.manifest.kind == ScenarioKind::Attack).count();
        if attacks == scenarios.len() {
            let message = format!("family `{family}` has no decoy: nothing shows that it spares what only looks like it");
            found.push(finding(&path, 0, Severity::Note, "no_twin", message, "add a benign twin"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::{Filter, find, load_all};
    use crate::testing::{corpus, decoder, write_scenario};

    fn codes(write: impl Fn(&Path)) -> Vec<(String, &'static str)> {
        let dir = tempfile::tempdir().unwrap();
        write(dir.path());
        let corpus = load_all(&find(&[dir.path().to_path_buf()]).unwrap(), &Filter::default(), decoder()).unwrap();
        let found = lint(&corpus).unwrap();
        found.into_iter().filter(|f| f.severity != Severity::Note).map(|f| (f.to_string(), f.code)).collect()
    }

    #[test]
    fn the_examples_are_clean() {
        let found = lint(&corpus()).unwrap();
        assert!(found.iter().all(|f| f.severity == Severity::Note), "{found:?}");
    }

    #[test]
    fn names_what_is_wrong() {
        let ok = "e1 2026-03-01T10:00:00Z web s3:GetObject 198.51.100.1";
        let early = "e2 2026-03-01T09:00:00Z web s3:GetObject 198.51.100.1";
        for (kind, events, labels, want) in [
            ("attack", vec![ok], "", "no_attack"),
            ("decoy", vec![ok], "e1,,,malicious,data,\n", "attack_in_quiet"),
            ("attack", vec![ok], "e1,,,malicious,,\n", "no_boundary"),
            ("decoy", vec![ok], "e1,aws:role/123456789012/job,,benign,,\n", "label_identity"),
            ("decoy", vec![ok, early], "", "time_order"),
            ("decoy", vec![ok, "{\"x\":1}"], "line:2,,,benign,,\n", "unreadable_label"),
            ("decoy", vec![ok, "{\"recipientAccountId\":\"271828182845\"}"], "", "real_account"),
            ("decoy", vec![ok, "{\"k\":\"AKIA2E7AABCDEFGHIJ42\"}"], "", "real_key"),
        ] {
            let found = codes(|root| write_scenario(root, "s", "f", kind, &events, labels));
            assert!(found.iter().any(|(_, code)| *code == want), "{want}: {found:?}");
        }
    }

    #[test]
    fn history_must_end_before_the_test_window_and_hold_no_attack() {
        let found = codes(|root| {
            let e = "e1 2026-03-01T10:00:00Z web s3:GetObject 198.51.100.1";
            write_scenario(root, "s", "f", "attack", &[e], "e1,,,malicious,data,\n");
            std::fs::write(root.join("s/history.ndjson"), crate::testing::event(e) + "\n").unwrap();
        });
        for want in ["history_overlap", "attack_in_history"] {
            assert!(found.iter().any(|(_, code)| *code == want), "{want}: {found:?}");
        }
    }

    #[test]
    fn who_was_recorded_may_be_named_but_is_not_passed_over() {
        for (provenance, want) in [("modelled", Severity::Error), ("emulated", Severity::Warning), ("real", Severity::Warning)]
        {
            let dir = tempfile::tempdir().unwrap();
            let log = ["{\"recipientAccountId\":\"271828182845\"}", "{\"k\":\"AKIA2E7AABCDEFGHIJ42\"}"];
            write_scenario(dir.path(), "s", "f", "decoy", &log, "");
            let path = dir.path().join("s/scenario.toml");
            let text = std::fs::read_to_string(&path).unwrap().replace("modelled", provenance);
            std::fs::write(path, text).unwrap();
            let corpus = load_all(&find(&[dir.path().to_path_buf()]).unwrap(), &Filter::default(), decoder()).unwrap();
            let found = lint(&corpus).unwrap();
            for code in ["real_account", "real_key"] {
                let all: Vec<Severity> = found.iter().filter(|f| f.code == code).map(|f| f.severity).collect();
                assert_eq!(all, [want], "{provenance} {code}");
            }
        }
    }

    #[test]
    fn a_family_has_one_split() {
        let found = codes(|root| {
            let e = "e1 2026-03-01T10:00:00Z web s3:GetObject 198.51.100.1";
            write_scenario(root, "a", "f", "decoy", &[e], "");
            write_scenario(root, "b", "f", "decoy", &[e], "");
            let path = root.join("b/scenario.toml");
            let text = std::fs::read_to_string(&path).unwrap().replace("\"dev\"", "\"test\"");
            std::fs::write(path, text).unwrap();
        });
        assert!(found.iter().any(|(_, code)| *code == "split_family"), "{found:?}");
    }

    #[test]
    fn documentation_accounts() {
        for (digits, want) in [
            ("123456789012", true),
            ("111122223333", true),
            ("999999999999", true),
            ("112233445566", true),
            ("271828182845", false),
            ("811596193553", false),
        ] {
            assert_eq!(is_documentation_account(digits.as_bytes()), want, "{digits}");
        }
    }
}
