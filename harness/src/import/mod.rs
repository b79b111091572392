//! Turns public collections of logs, checked out by the user, into scenarios. Provenance is kept, and nothing is claimed that the
//! collection does not say.

mod cloudtrail;
mod panther;
mod stratus;
mod traildiscover;
mod yaml;

use crate::scenario::{Label, LabelRow, Labels, Manifest, Provenance, SCHEMA, ScenarioKind, Split};
use anyhow::{Context, bail};
use serde_json::Value;
use std::io::Read;
use std::path::{Path, PathBuf};
use vires_event::Boundary;

/// A collection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Collection {
    /// panther-analysis: the unit tests of its rules
    Panther,
    /// stratus-red-team: recorded detonations
    Stratus,
    /// TrailDiscover: recorded samples of sensitive calls
    Traildiscover,
    /// Your own CloudTrail: a quiet estate
    Cloudtrail,
}

/// What to import.
#[derive(Debug, Clone)]
pub struct Import {
    /// The collection.
    pub collection: Collection,
    /// Where it is checked out.
    pub from: PathBuf,
    /// Where the scenarios go.
    pub to: PathBuf,
    /// For one's own logs: the last so many days are the test window.
    pub test_days: u32,
}

/// What was imported.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Imported {
    /// Scenarios written.
    pub scenarios: usize,
    /// Events in them.
    pub events: usize,
    /// Files left out because nothing in them could be used.
    pub skipped: usize,
}

/// Imports a collection.
pub fn import(import: &Import) -> anyhow::Result<Imported> {
    if !import.from.is_dir() {
        bail!("{}: no such folder; name your checkout of the collection", import.from.display());
    }
    let done = match import.collection {
        Collection::Panther => panther::import(&import.from, &import.to)?,
        Collection::Stratus => stratus::import(&import.from, &import.to)?,
        Collection::Traildiscover => traildiscover::import(&import.from, &import.to)?,
        Collection::Cloudtrail => cloudtrail::import(&import.from, &import.to, import.test_days)?,
    };
    if done.scenarios == 0 {
        bail!("{}: nothing to import; is this a checkout of the collection?", import.from.display());
    }
    Ok(done)
}

/// One scenario on its way to a folder.
struct Story {
    id: String,
    family: String,
    kind: ScenarioKind,
    provenance: Provenance,
    title: String,
    why: String,
    incident: String,
    attack: Vec<String>,
    events: Vec<Value>,
    labels: Labels,
}

impl Story {
    fn write(&self, to: &Path) -> anyhow::Result<()> {
        let dir = to.join(&self.id);
        std::fs::create_dir_all(&dir).with_context(|| format!("failed to create {}", dir.display()))?;
        let manifest = Manifest {
            schema: SCHEMA.into(),
            id: self.id.clone(),
            family: self.family.clone(),
            kind: self.kind,
            split: Split::Dev,
            title: self.title.clone(),
            why: self.why.clone(),
            incident: self.incident.clone(),
            owasp: Vec::new(),
            attack: self.attack.clone(),
            provenance: self.provenance,
            expect: None,
            history: None,
            background: None,
            actor: Vec::new(),
            inject: Vec::new(),
            shift: Vec::new(),
        };
        let mut lines = String::new();
        for event in &self.events {
            lines.push_str(&event.to_string());
            lines.push('\n');
        }
        for (name, text) in
            [("scenario.toml", toml::to_string(&manifest)?), ("events.ndjson", lines), ("labels.csv", self.labels.to_csv())]
        {
            let path = dir.join(name);
            std::fs::write(&path, text).with_context(|| format!("failed to write {}", path.display()))?;
        }
        Ok(())
    }
}

/// Rows that label each line alike.
fn label_all(events: &[Value], label: Label, boundaries: &[Boundary], note: &str) -> Labels {
    let rows = (1..=events.len()).map(|n| LabelRow {
        event_id: format!("line:{n}"),
        identity: String::new(),
        instance: String::new(),
        label,
        boundaries: boundaries.to_vec(),
        note: note.to_string(),
        line: 0,
    });
    Labels { rows: rows.collect() }
}

/// A name that can be a folder.
fn slug(text: &str) -> String {
    let mut out: String = text.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' }).collect();
    while out.contains("--") {
        out = out.replace("--", "-");
    }
    out.trim_matches('-').chars().take(80).collect()
}

/// Files below a folder that end so, sorted.
fn files(root: &Path, endings: &[&str]) -> anyhow::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut open = vec![(root.to_path_buf(), 0)];
    while let Some((dir, depth)) = open.pop() {
        for entry in std::fs::read_dir(&dir).with_context(|| format!("failed to read {}", dir.display()))? {
            let entry = entry?;
            let (path, kind) = (entry.path(), entry.file_type()?);
            let name = entry.file_name().to_string_lossy().into_owned();
            if kind.is_dir() && depth < 16 && !name.starts_with('.') {
                open.push((path, depth + 1));
            } else if kind.is_file() && endings.iter().any(|e| name.ends_with(e)) {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

/// Largest file that is read whole.
const LARGEST: u64 = 256 << 20;

fn text(path: &Path) -> anyhow::Result<String> {
    let failed = || format!("failed to read {}", path.display());
    let file = std::fs::File::open(path).with_context(failed)?;
    let mut text = String::new();
    if path.extension().is_some_and(|e| e == "gz") {
        flate2::read::MultiGzDecoder::new(file).take(LARGEST).read_to_string(&mut text).with_context(failed)?;
    } else {
        file.take(LARGEST).read_to_string(&mut text).with_context(failed)?;
    }
    Ok(text)
}

/// CloudTrail records of a text: a list, one record, `{"Records":[…]}` or one record a line.
fn records(text: &str) -> Vec<Value> {
    let whole = match serde_json::from_str::<Value>(text) {
        Ok(Value::Array(list)) => list,
        Ok(Value::Object(mut object)) => match object.remove("Records") {
            Some(Value::Array(list)) => list,
            _ => vec![Value::Object(object)],
        },
        Ok(_) => Vec::new(),
        Err(_) => text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect(),
    };
    let mut all: Vec<Value> =
        whole.into_iter().filter(|v| v.get("eventName").is_some() && v.get("eventTime").is_some()).collect();
    all.sort_by_key(time);
    all
}

fn time(record: &Value) -> Option<i64> {
    vires_event::parse_time(record.get("eventTime")?.as_str()?)
}

/// Boundaries that a tactic is about.
fn boundaries_of(tactic: &str) -> Vec<Boundary> {
    let tactic = tactic.to_ascii_lowercase().replace(' ', "-");
    match () {
        () if tactic.contains("exfiltration") || tactic.contains("collection") || tactic.contains("credential-access") => {
            vec![Boundary::Data]
        }
        () if tactic.contains("initial-access") || tactic.contains("lateral") => vec![Boundary::Trust],
        () if tactic.contains("discovery") => Vec::new(),
        () => vec![Boundary::Privilege],
    }
}

#[cfg(test)]
mod tests;
