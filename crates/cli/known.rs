//! Everything the judge is told besides the lines, and where it comes from: flags, the configuration, an estate folder.

use crate::config::{self, RunSettings};
use crate::tag::catalog;
use anyhow::{Context, Result, bail};
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use vires_judge::{Judge, Tuning};
use vires_pipeline::judging::{Estate, StateFile, Step, catalogue_hash, learn};
use vires_pipeline::{Log, Options, Source, StatsFile, Target, YearRule};
use vires_profile::baseline::Baseline;
use vires_profile::{Exceptions, Inventory};
use vires_tag::Classifier;

/// A folder that holds an estate: its logs and what is known of it.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
}

impl Folder {
    /// The folder, if these inputs are one that has `logs/`.
    pub fn of(files: &[PathBuf]) -> Option<Folder> {
        match files {
            [path] if path.join("logs").is_dir() => Some(Folder { path: path.clone() }),
            _ => None,
        }
    }

    /// The lines to judge.
    pub fn logs(&self) -> PathBuf {
        self.path.join("logs")
    }

    /// The lines to learn from.
    pub fn history(&self) -> Option<PathBuf> {
        self.existing(&["history"])
    }

    /// Those of these files that it has.
    pub fn all(&self, names: &[&str]) -> Vec<PathBuf> {
        names.iter().map(|name| self.path.join(name)).filter(|path| path.exists()).collect()
    }

    fn existing(&self, names: &[&str]) -> Option<PathBuf> {
        names.iter().map(|name| self.path.join(name)).find(|path| path.exists())
    }
}

/// Where habits come from.
#[derive(Debug, Clone)]
enum Habits {
    Unknown,
    File(PathBuf),
    Learned(PathBuf),
}

/// Where everything comes from.
#[derive(Debug, Clone)]
pub struct Known {
    catalog: Option<PathBuf>,
    habits: Habits,
    inventory: Option<PathBuf>,
    exceptions: Option<PathBuf>,
    tuning: Option<PathBuf>,
    /// The configuration file, whose `[tuning]` holds unless there is a tuning file.
    config: Option<PathBuf>,
    threads: usize,
    year: Option<YearRule>,
}

/// Everything, read.
pub struct Loaded {
    pub estate: Estate,
    pub judge: Judge,
    /// Names the baseline: a state is kept for one of them.
    pub inputs: String,
    /// What is odd but no reason to stop.
    pub remarks: Vec<String>,
    /// Whether the baseline was learned with another catalogue; nothing where there is none.
    pub stale: Option<bool>,
}

impl Known {
    /// What flags and configuration say, with what a folder has for what they leave out.
    pub fn new(judge: &config::Judge, run: &RunSettings, config: Option<PathBuf>, folder: Option<&Folder>) -> Self {
        let from = |given: &Option<PathBuf>, names: &[&str]| given.clone().or_else(|| folder?.existing(names));
        let habits = match (from(&judge.baseline, &["baseline.json"]), folder.and_then(Folder::history)) {
            (Some(file), _) => Habits::File(file),
            (None, Some(history)) => Habits::Learned(history),
            (None, None) => Habits::Unknown,
        };
        Known {
            catalog: run.catalog.clone(),
            habits,
            inventory: from(&judge.inventory, &["inventory.toml", "inventory.csv"]),
            exceptions: from(&judge.exceptions, &["exceptions.toml"]),
            tuning: from(&judge.tuning, &["tuning.toml"]),
            config,
            threads: run.options.threads,
            year: judge.year,
        }
    }

    /// Catalogue, inventory and exceptions.
    pub fn estate(&self) -> Result<Estate> {
        let catalog = Arc::new(catalog(self.catalog.as_deref())?);
        let classifier = Classifier::new(&catalog).context("failed to build the classifier")?;
        let inventory = self.inventory.as_deref().map(Inventory::load).transpose()?.unwrap_or_default();
        let exceptions = self.exceptions.as_deref().map(Exceptions::load).transpose()?.unwrap_or_default();
        Ok(Estate {
            classifier: Arc::new(classifier),
            inventory: Arc::new(inventory),
            exceptions: Arc::new(exceptions),
            year: self.year,
        })
    }

    /// Everything that is configured, one line for each: what it is and `ok`, or what is wrong with it. All are looked at, whatever is
    /// wrong with the others. Nothing is learned from a history, no line is read.
    pub fn check(&self, state: Option<&Path>) -> Vec<Checked> {
        let mut all = Vec::new();
        let mut note = |what: &str, path: Option<&Path>, found: Result<Option<String>>| {
            all.push(Checked {
                what: path.map_or_else(|| what.to_owned(), |path| format!("{what} {}", path.display())),
                found,
            });
        };
        let catalog = catalog(self.catalog.as_deref()).map(Arc::new);
        let compiled = catalog.as_ref().ok().map(|catalog| Classifier::new(catalog).context("failed to build the classifier"));
        let hash = catalog.as_ref().ok().map(|catalog| catalogue_hash(catalog));
        note("catalogue", self.catalog.as_deref(), catalog.and_then(|_| compiled.transpose()).map(|_| None));
        if let Some(path) = &self.inventory {
            note("inventory", Some(path), Inventory::load(path).map(|_| None).map_err(Into::into));
        }
        if let Some(path) = &self.exceptions {
            note("exceptions", Some(path), Exceptions::load(path).map(|_| None).map_err(Into::into));
        }
        note("tuning", self.tuning.as_deref(), self.tuning().map(|_| None));
        let mut inputs = Some("baseline:none".to_owned());
        if let Habits::File(path) = &self.habits {
            let read = read_baseline(path);
            inputs = read.as_ref().ok().map(|(_, hash)| format!("baseline:{hash}"));
            let stale = |(baseline, _): (Baseline, String)| {
                hash.filter(|hash| baseline.catalogue() != hash)
                    .map(|_| "learned with another catalogue: learn it anew".to_owned())
            };
            note("baseline", Some(path), read.map(stale));
        }
        if let Some(path) = state {
            let inputs = inputs.as_deref();
            note("state", Some(path), state_fits(path, inputs));
        }
        all
    }

    /// The tuning.
    pub fn tuning(&self) -> Result<Tuning> {
        match (&self.tuning, &self.config) {
            (Some(path), _) => {
                let text = read_text(path)?;
                // The output of `vires config show` is a tuning, too.
                let inside = config::is_config(&text).then(|| config::tuning::extract(&text)).flatten();
                Ok(Tuning::from_toml(inside.as_deref().unwrap_or(&text), &path.display().to_string())?)
            }
            (None, Some(path)) => match config::tuning::extract(&read_text(path)?) {
                Some(text) => Ok(Tuning::from_toml(&text, &path.display().to_string())?),
                None => Ok(Tuning::default()),
            },
            (None, None) => Ok(Tuning::default()),
        }
    }

    /// Reads everything.
    pub fn load(&self) -> Result<Loaded> {
        let tuning = self.tuning()?;
        let estate = self.estate()?;
        let (mut remarks, mut stale, catalogue) = (Vec::new(), None, || catalogue_hash(estate.classifier.catalog()));
        let (baseline, inputs) = match &self.habits {
            Habits::Unknown => (Baseline::new(""), "baseline:none".to_owned()),
            Habits::File(path) => {
                let (baseline, hash) = read_baseline(path)?;
                stale = Some(baseline.catalogue() != catalogue());
                if stale == Some(true) {
                    remarks.push(format!(
                        "{}: learned with another catalogue, so tiers and classes may differ: learn it anew",
                        path.display()
                    ));
                }
                (baseline, format!("baseline:{hash}"))
            }
            Habits::Learned(history) => {
                let learned = learn(&quiet(history, self.threads), &estate, &catalogue())?;
                if let Some(failure) = learned.summary.failures.first() {
                    bail!("failed to learn from {failure}");
                }
                let hash = hash_of(learned.baseline.to_json()?.as_bytes());
                (learned.baseline, format!("baseline:{hash}"))
            }
        };
        let estate = estate.joined(&baseline);
        let judge = estate.judge(tuning, baseline);
        Ok(Loaded { judge, estate, inputs, remarks, stale })
    }
}

/// One thing that was looked at.
pub struct Checked {
    /// What, and where it stands.
    pub what: String,
    /// What is odd about it, or wrong.
    pub found: Result<Option<String>>,
}

/// Whether a state can be resumed with what its baseline is called, if that is known.
fn state_fits(path: &Path, inputs: Option<&str>) -> Result<Option<String>> {
    if !path.exists() {
        return Ok(Some("will be made".to_owned()));
    }
    let kept = StateFile::new(path.to_owned()).read()?;
    let steps = [Step::Both, Step::Join, Step::Decide];
    match inputs {
        Some(inputs) if !steps.iter().any(|step| step.inputs(inputs) == kept.inputs) => {
            bail!("{}: belongs to another baseline: judge with that one, or --state-reset sets it aside", path.display())
        }
        _ => Ok(None),
    }
}

/// Reads a baseline; also returns the hash of the file.
pub fn read_baseline(path: &Path) -> Result<(Baseline, String)> {
    let bytes = std::fs::read(path).with_context(|| format!("failed to read the baseline {}", path.display()))?;
    Ok((Baseline::from_json(&bytes, &path.display().to_string())?, hash_of(&bytes)))
}

fn hash_of(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|b| format!("{b:02x}")).collect()
}

/// Reads a text file.
pub fn read_text(path: &Path) -> Result<String> {
    std::fs::read_to_string(path).with_context(|| format!("failed to read {}", path.display()))
}

/// Options for reading a folder whose lines are not answered.
fn quiet(path: &Path, threads: usize) -> Options {
    Options {
        source: Source::Files(vec![path.to_owned()]),
        target: Target::Stdout,
        framing: vires_pipeline::Framing { codec: vires_pipeline::Codec::Lines, max_line: 4 << 20, split: false },
        threads,
        omprog: false,
        drain: std::time::Duration::from_secs(5),
        stats_file: None::<StatsFile>,
        log: Arc::new(Log::default()),
    }
}
