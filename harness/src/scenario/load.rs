//! From a folder to a [`Scenario`].

use super::{Fault, Faults, Filter, LogSource, Manifest, SCHEMA, Truth, labels::Labels};
use crate::decode::{Decoder, Names, Window};
use crate::generate;
use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};
use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use vires_pipeline::judging;
use vires_profile::baseline::Baseline;
use vires_profile::toml_file::read_toml;
use vires_profile::{Exceptions, Inventory};

/// A text file that the judge may see.
#[derive(Debug, Clone)]
pub struct Document {
    /// Its path, for errors.
    pub path: PathBuf,
    /// What it says.
    pub text: String,
}

/// All that the judge may see of a scenario.
#[derive(Debug, Clone)]
pub struct Estate {
    /// The test window.
    pub events: LogSource,
    /// What came before it.
    pub history: Option<LogSource>,
    /// Declared profiles.
    pub inventory: Option<Document>,
    /// Approved changes.
    pub exceptions: Option<Document>,
    /// What the history teaches, if it was learned while it was decoded.
    pub baseline: Option<Arc<Baseline>>,
}

/// A scenario, ready to be replayed and scored.
#[derive(Debug)]
pub struct Scenario {
    /// Its description.
    pub manifest: Manifest,
    /// Its folder.
    pub dir: PathBuf,
    /// What the judge may see.
    pub estate: Estate,
    /// What is true.
    pub truth: Truth,
    /// The labels as they were given.
    pub labels: Labels,
    /// The test window, decoded.
    pub events: Window,
    /// The history, decoded.
    pub history: Window,
    /// Texts of both.
    pub names: Names,
    /// The inventory, parsed.
    pub inventory: Arc<Inventory>,
    /// SHA-256 of its files.
    pub digest: String,
}

impl Scenario {
    /// Its unique name.
    pub fn id(&self) -> &str {
        &self.manifest.id
    }

    /// Its family.
    pub fn family(&self) -> &str {
        &self.manifest.family
    }
}

/// All scenarios of a run, by id.
#[derive(Debug)]
pub struct Corpus {
    /// The scenarios.
    pub scenarios: Vec<Scenario>,
    /// SHA-256 of all files of all scenarios, wherever the folders stand.
    pub sha256: String,
}

impl Corpus {
    /// Of scenarios in the order of their ids.
    fn of(scenarios: Vec<Scenario>) -> Corpus {
        let mut hasher = Sha256::new();
        for scenario in &scenarios {
            hasher.update(scenario.id().as_bytes());
            hasher.update([0]);
            hasher.update(scenario.digest.as_bytes());
        }
        Corpus { scenarios, sha256: hex(&hasher.finalize()) }
    }

    /// What `usable` says no word against, and what it says of the others, in the order of their ids.
    pub fn part<E: Send>(self, usable: impl Fn(&Scenario) -> Result<(), E> + Send + Sync) -> (Corpus, Vec<E>) {
        let said: Vec<Result<(), E>> = self.scenarios.par_iter().map(usable).collect();
        if said.iter().all(Result::is_ok) {
            return (self, Vec::new());
        }
        let (mut left, mut against) = (Vec::new(), Vec::new());
        for (scenario, said) in self.scenarios.into_iter().zip(said) {
            match said {
                Ok(()) => left.push(scenario),
                Err(error) => against.push(error),
            }
        }
        (Corpus::of(left), against)
    }
}

/// Scenarios of which nothing but the description is read yet.
#[derive(Debug, Default)]
pub struct Selection {
    /// Folders and their descriptions.
    pub manifests: Vec<(PathBuf, Manifest)>,
    faults: Vec<Fault>,
}

impl Selection {
    /// The folders and their descriptions, if nothing is wrong with any of them.
    pub fn sound(self) -> Result<Vec<(PathBuf, Manifest)>, Faults> {
        if self.faults.is_empty() { Ok(self.manifests) } else { Err(Faults(self.faults)) }
    }
}

/// Reads the descriptions of scenario folders and keeps those that are wanted.
///
/// # Errors
/// If none is. What is wrong with a description is reported when the rest is loaded.
pub fn select(dirs: &[PathBuf], filter: &Filter) -> Result<Selection, Fault> {
    let Selection { mut manifests, mut faults } = Selection::default();
    let mut others: Vec<String> = Vec::new();
    let mut seen: FxHashMap<String, PathBuf> = FxHashMap::default();
    for dir in dirs {
        match read_manifest(dir) {
            Err(fault) => faults.push(fault),
            Ok(manifest) if !filter.accepts(&manifest.id) => others.push(manifest.id),
            Ok(manifest) => {
                if let Some(other) = seen.insert(manifest.id.clone(), dir.clone()) {
                    let message = format!("the id `{}` is that of {} too", manifest.id, other.display());
                    faults.push(Fault::at(
                        &dir.join("scenario.toml"),
                        0,
                        "duplicate_id",
                        message,
                        "give each scenario an id of its own",
                    ));
                }
                manifests.push((dir.clone(), manifest));
            }
        }
    }
    if manifests.is_empty() && faults.is_empty() {
        return Err(Fault::NoMatch { filter: filter.to_string(), examples: few(others) });
    }
    Ok(Selection { manifests, faults })
}

/// The first of them, in their order.
fn few(mut ids: Vec<String>) -> String {
    const FEW: usize = 5;
    ids.sort_unstable();
    let more = if ids.len() > FEW { format!(" and {} more", ids.len() - FEW) } else { String::new() };
    ids.truncate(FEW);
    ids.join(", ") + &more
}

/// Loads scenario folders in parallel. Every fault of every folder is reported.
pub fn load_all(dirs: &[PathBuf], filter: &Filter, decoder: &Decoder) -> Result<Corpus, Faults> {
    load_selection(select(dirs, filter)?, decoder, &|| {})
}

/// Loads what was selected, in parallel, and tells of each scenario that is done. Every fault of every folder is reported.
pub fn load_selection(selection: Selection, decoder: &Decoder, progress: &(dyn Fn() + Sync)) -> Result<Corpus, Faults> {
    let Selection { manifests, mut faults } = selection;
    let load = |(dir, manifest): (PathBuf, Manifest)| {
        let loaded = load(&dir, manifest, decoder);
        progress();
        loaded
    };
    let loaded: Vec<Result<Scenario, Faults>> = manifests.into_par_iter().map(load).collect();
    let mut scenarios = Vec::new();
    for result in loaded {
        match result {
            Ok(scenario) => scenarios.push(scenario),
            Err(Faults(more)) => faults.extend(more),
        }
    }
    if !faults.is_empty() {
        return Err(Faults(faults));
    }
    scenarios.sort_by(|a, b| a.id().cmp(b.id()));
    Ok(Corpus::of(scenarios))
}

/// Loads one scenario folder.
pub fn load_one(dir: &Path, decoder: &Decoder) -> Result<Scenario, Faults> {
    load(dir, read_manifest(dir)?, decoder)
}

pub(crate) fn read_manifest(dir: &Path) -> Result<Manifest, Fault> {
    let path = dir.join("scenario.toml");
    let text = read_text(&path)?;
    let manifest: Manifest = read_toml(&text, &path.display().to_string(), SCHEMA)?;
    for (key, value) in [("id", &manifest.id), ("family", &manifest.family)] {
        if value.trim().is_empty() {
            return Err(Fault::at(&path, 0, "empty_name", format!("`{key}` is empty"), "give it a name"));
        }
    }
    Ok(manifest)
}

/// What a scenario is made of, before anything of it is decoded.
#[derive(Debug, Clone)]
pub struct Parts {
    /// Its description.
    pub manifest: Manifest,
    /// Its folder.
    pub dir: PathBuf,
    /// What the judge may see.
    pub estate: Estate,
    /// What is known to be true.
    pub labels: Labels,
    /// SHA-256 of its files.
    pub digest: String,
}

fn load(dir: &Path, manifest: Manifest, decoder: &Decoder) -> Result<Scenario, Faults> {
    assemble(parts(dir, manifest)?, decoder)
}

/// Reads a folder, or works out what its generator sections come to.
pub(crate) fn parts(dir: &Path, manifest: Manifest) -> Result<Parts, Faults> {
    let mut faults = Vec::new();
    let inventory = document(dir, &["inventory.toml", "inventory.csv"], &mut faults);
    let exceptions = document(dir, &["exceptions.toml"], &mut faults);
    let (estate, labels) = if manifest.is_generated() {
        let plan = generate::plan(&manifest, dir, inventory.as_ref().map(|d| d.text.as_str()))?;
        // A fault may stand in what was added to it, at a line that the author's file has not.
        let name = if inventory.is_some() { "inventory.toml (completed by the generator)" } else { "inventory.toml" };
        let inventory = Some(Document { path: dir.join(name), text: plan.inventory });
        (Some(Estate { events: plan.events, history: Some(plan.history), inventory, exceptions, baseline: None }), plan.labels)
    } else {
        let labels = read_labels(&dir.join("labels.csv"), &mut faults);
        let history = log(dir, "history.ndjson", &mut faults);
        let before = faults.len();
        let events = log(dir, "events.ndjson", &mut faults);
        if events.is_none() && faults.len() == before {
            let remedy = "add raw vendor log lines in time order, or a `[background]` section to scenario.toml";
            faults.push(Fault::at(&dir.join("events.ndjson"), 0, "no_events", "no such file", remedy));
        }
        (events.map(|events| Estate { events, history, inventory, exceptions, baseline: None }), labels)
    };
    let digest = digest(dir, &manifest)?;
    match estate {
        Some(estate) if faults.is_empty() => Ok(Parts { manifest, dir: dir.to_path_buf(), estate, labels, digest }),
        _ => Err(Faults(faults)),
    }
}

fn read_labels(path: &Path, faults: &mut Vec<Fault>) -> Labels {
    if !path.is_file() {
        let remedy = "list the events worth escalating; for a scenario without any, write the header row alone: \
                      `event_id,identity,instance,label,boundary,note`";
        faults.push(Fault::at(path, 1, "no_labels", "no such file", remedy));
        return Labels::default();
    }
    let parsed = read_text(path).map_err(|e| vec![e]).and_then(|text| Labels::parse(&text, path));
    parsed.unwrap_or_else(|more| {
        faults.extend(more);
        Labels::default()
    })
}

/// Decodes the logs, joins the labels, checks everything.
pub(crate) fn assemble(parts: Parts, decoder: &Decoder) -> Result<Scenario, Faults> {
    let Parts { manifest, dir, mut estate, labels, digest } = parts;
    let mut faults = Vec::new();
    let inventory = match &estate.inventory {
        None => Inventory::default(),
        Some(document) => match Inventory::parse(&document.text, &document.path.display().to_string()) {
            Ok(inventory) => inventory,
            Err(error) => {
                faults.push(error.into());
                Inventory::default()
            }
        },
    };
    if let Some(document) = &estate.exceptions
        && let Err(error) = Exceptions::from_toml(&document.text, &document.path.display().to_string())
    {
        faults.push(error.into());
    }
    let inventory = Arc::new(inventory);
    let known = judging::Estate {
        classifier: Arc::clone(decoder.classifier()),
        inventory: Arc::clone(&inventory),
        exceptions: Arc::default(),
        year: None,
    };
    let mut learner = estate.history.as_ref().filter(|_| decoder.learns()).map(|_| known.learner(""));
    let objective = manifest.expect.as_ref().and_then(|e| e.objective.clone());
    let wanted: FxHashSet<String> = labels.rows.iter().map(|row| row.event_id.clone()).chain(objective).collect();
    let mut names = Names::default();
    let mut decode = |source: &LogSource, wanted: &FxHashSet<String>, learner| {
        let path = source.path().unwrap_or(&dir);
        decoder.read(source, &inventory, &mut names, wanted, learner).map_err(|e| Fault::read(path, e))
    };
    let history = match &estate.history {
        Some(source) => decode(source, &FxHashSet::default(), learner.as_mut())?,
        None => Window::default(),
    };
    let events = decode(&estate.events, &wanted, None)?;
    estate.baseline = learner.map(|learner| Arc::new(learner.finish()));
    if events.facts.is_empty() && events.unreadable == 0 {
        let path = estate.events.path().unwrap_or(&dir);
        faults.push(Fault::at(path, 0, "no_events", "the test window is empty", "add raw vendor log lines in time order"));
    }
    let labels_path = dir.join("labels.csv");
    let truth = Truth::join(&labels, &labels_path, &events, &manifest.id).unwrap_or_else(|more| {
        faults.extend(more);
        Truth::default()
    });
    if !faults.is_empty() {
        return Err(Faults(faults));
    }
    Ok(Scenario { manifest, dir, estate, truth, labels, events, history, names, inventory, digest })
}

fn document(dir: &Path, names: &[&str], faults: &mut Vec<Fault>) -> Option<Document> {
    let path = names.iter().map(|name| dir.join(name)).find(|path| path.is_file())?;
    match read_text(&path) {
        Ok(text) => Some(Document { path, text }),
        Err(fault) => {
            faults.push(fault);
            None
        }
    }
}

fn log(dir: &Path, name: &str, faults: &mut Vec<Fault>) -> Option<LogSource> {
    let (plain, gz) = (dir.join(name), dir.join(format!("{name}.gz")));
    match (plain.is_file(), gz.is_file()) {
        (true, true) => {
            let message = format!("{name} and {name}.gz are both there");
            faults.push(Fault::at(&plain, 0, "two_logs", message, "leave one of them"));
            None
        }
        (true, false) => Some(LogSource::File(plain)),
        (false, true) => Some(LogSource::File(gz)),
        (false, false) => None,
    }
}

/// Largest text file that is read whole.
const LARGEST: u64 = 256 << 20;

fn read_text(path: &Path) -> Result<String, Fault> {
    let mut text = String::new();
    let file = std::fs::File::open(path).map_err(|e| Fault::read(path, e))?;
    file.take(LARGEST).read_to_string(&mut text).map_err(|e| Fault::read(path, e))?;
    Ok(text)
}

/// Hash of what a scenario is made of.
fn digest(dir: &Path, manifest: &Manifest) -> Result<String, Fault> {
    const FILES: [&str; 9] = [
        "scenario.toml",
        "events.ndjson",
        "events.ndjson.gz",
        "history.ndjson",
        "history.ndjson.gz",
        "labels.csv",
        "inventory.toml",
        "inventory.csv",
        "exceptions.toml",
    ];
    let mut all = Sha256::new();
    let templates = manifest.inject.iter().filter_map(|inject| generate::template_path(dir, &inject.template));
    let files = FILES.iter().map(|name| (name.to_string(), dir.join(name)));
    for (name, path) in files.chain(templates.map(|path| ("template".to_string(), path))) {
        if !path.is_file() {
            continue;
        }
        let mut file = std::fs::File::open(&path).map_err(|e| Fault::read(&path, e))?;
        let mut hasher = Sha256::new();
        let mut buffer = vec![0; 1 << 16];
        loop {
            let n = file.read(&mut buffer).map_err(|e| Fault::read(&path, e))?;
            if n == 0 {
                break;
            }
            hasher.update(buffer.get(..n).unwrap_or_default());
        }
        all.update(name.as_bytes());
        all.update([0]);
        all.update(hasher.finalize());
    }
    if manifest.is_generated() {
        all.update(generate::archetypes_sha256().as_bytes());
    }
    Ok(hex(&all.finalize()))
}

/// Lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut out, byte| {
        let _ = write!(out, "{byte:02x}");
        out
    })
}

#[cfg(test)]
#[path = "load_tests.rs"]
mod tests;
