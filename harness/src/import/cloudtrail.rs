use super::{Imported, files, records, text, time};
use crate::scenario::{Labels, Manifest, Provenance, SCHEMA, ScenarioKind, Split};
use anyhow::Context;
use serde_json::Value;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

const DAY: i64 = 86_400_000;

/// One quiet scenario of one's own logs: the last days are the test window, what came before is the history. Nothing in it is labelled:
/// whatever is escalated counts as false until somebody labels it.
pub(super) fn import(from: &Path, to: &Path, test_days: u32) -> anyhow::Result<Imported> {
    let mut done = Imported::default();
    let mut all: Vec<(i64, Value)> = Vec::new();
    for path in files(from, &[".json", ".json.gz", ".ndjson", ".ndjson.gz", ".jsonl", ".jsonl.gz"])? {
        let found = records(&text(&path)?);
        if found.is_empty() {
            done.skipped += 1;
        }
        all.extend(found.into_iter().filter_map(|record| Some((time(&record)?, record))));
    }
    let Some(last) = all.iter().map(|(at, _)| *at).max() else { return Ok(done) };
    all.sort_by_key(|(at, _)| *at);
    let cut = (last.div_euclid(DAY) + 1 - i64::from(test_days.max(1))) * DAY;
    let dir = to.join("cloudtrail/own");
    std::fs::create_dir_all(&dir).with_context(|| format!("failed to create {}", dir.display()))?;
    for (name, test) in [("history.ndjson", false), ("events.ndjson", true)] {
        let mut out = BufWriter::new(File::create(dir.join(name))?);
        for (_, record) in all.iter().filter(|(at, _)| (*at >= cut) == test) {
            writeln!(out, "{record}")?;
        }
        out.flush()?;
    }
    let manifest = Manifest {
        schema: SCHEMA.into(),
        id: "cloudtrail/own".into(),
        family: "own".into(),
        kind: ScenarioKind::Noise,
        split: Split::Test,
        title: "Our own CloudTrail".into(),
        why: "Recorded in our estate; unlabelled, so whatever is escalated counts as false until it is labelled.".into(),
        incident: String::new(),
        owasp: Vec::new(),
        attack: Vec::new(),
        provenance: Provenance::Real,
        expect: None,
        history: None,
        background: None,
        actor: Vec::new(),
        inject: Vec::new(),
        shift: Vec::new(),
    };
    std::fs::write(dir.join("scenario.toml"), toml::to_string(&manifest)?)?;
    std::fs::write(dir.join("labels.csv"), Labels::default().to_csv())?;
    done.scenarios = 1;
    done.events = all.len();
    Ok(done)
}
