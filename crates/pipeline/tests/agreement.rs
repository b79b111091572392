//! Facts about actions alone must not escalate: single recorded events, read by people, judged without profile and history.
#![allow(clippy::unwrap_used, clippy::print_stderr)]

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use vires_catalog::Catalog;
use vires_judge::{Disposition, Tuning};
use vires_pipeline::judging::Estate;
use vires_profile::baseline::Baseline;
use vires_profile::{Exceptions, Inventory};
use vires_tag::Classifier;

fn folder() -> Option<PathBuf> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/real-logs/panther");
    folder.join("nhi-judged.tsv").is_file().then_some(folder)
}

#[test]
fn catalogue_facts_alone_neither_escalate_nor_pass() {
    let Some(folder) = folder() else {
        eprintln!("SKIPPED: no recorded events at ../shared/real-logs/panther beside the project");
        return;
    };
    let mut labels: BTreeMap<(String, String), String> = BTreeMap::new();
    for row in std::fs::read_to_string(folder.join("nhi-judged.tsv")).unwrap().lines().skip(1) {
        let cells: Vec<&str> = row.split('\t').collect();
        labels.insert((cells[1].into(), cells[0].into()), cells[4].into());
    }
    let catalog = Arc::new(Catalog::builtin().unwrap());
    let estate = Estate {
        classifier: Arc::new(Classifier::new(&catalog).unwrap()),
        inventory: Arc::new(Inventory::default()),
        exceptions: Arc::new(Exceptions::default()),
        year: None,
    };
    let mut seen: BTreeMap<(String, String), u32> = BTreeMap::new();
    let mut failures = Vec::new();
    for ((log, key), label) in &labels {
        let Some((rule, index)) = key.rsplit_once('#') else { continue };
        let Ok(text) = std::fs::read_to_string(folder.join(format!("{log}.ndjson"))) else { continue };
        for line in text.lines() {
            let record: serde_json::Value = serde_json::from_str(line).unwrap();
            if record["rule_id"] != rule || record["test_idx"].as_u64() != index.parse().ok() {
                continue;
            }
            let judge = estate.judge(Tuning::default(), Baseline::new(""));
            let event = record["log"].to_string();
            let verdict = estate.replay(&judge).line(1, event.as_bytes(), |judged| judged.outcome.verdict.verdict);
            let word = verdict.map_or("not judged".to_owned(), |v| v.to_string());
            *seen.entry((label.clone(), word)).or_default() += 1;
            if verdict >= Some(Disposition::Escalate) || (label == "E" && verdict == Some(Disposition::Suppress)) {
                failures.push(format!("{key} ({label}): {verdict:?}"));
            }
        }
    }
    eprintln!("label and verdict of single events: {seen:?}");
    assert!(seen.values().sum::<u32>() >= 60, "most labelled events are found: {seen:?}");
    assert!(failures.is_empty(), "{failures:#?}");
}
