//! Reading and writing that several verbs share.

use super::args::CorpusSelection;
use crate::decode::Decoder;
use crate::engine::{Engine, Tuning};
use crate::scenario::{Corpus, Filter, find, load_all};
use anyhow::{Context, bail};
use std::path::{Path, PathBuf};

pub(super) fn load(selection: &CorpusSelection) -> anyhow::Result<Corpus> {
    let filter = match &selection.filter {
        Some(glob) => Filter::new(glob).with_context(|| format!("--filter {glob}"))?,
        None => Filter::default(),
    };
    let dirs = find(&selection.dirs)?;
    let decoder = Decoder::new()?;
    Ok(load_all(&dirs, &filter, &decoder)?)
}

/// The tunings of these files, checked; without files the one that is shipped.
pub(super) fn tunings(paths: &[PathBuf], engine: &dyn Engine) -> anyhow::Result<Vec<Tuning>> {
    let mut tunings: Vec<Tuning> = Vec::new();
    for path in paths {
        let text = std::fs::read_to_string(path).with_context(|| format!("failed to read {}", path.display()))?;
        let tuning = Tuning::new(text, &path.display().to_string());
        engine.check(&tuning)?;
        if let Some(other) = tunings.iter().find(|t| t.name == tuning.name) {
            bail!("{} and {} are both named `{}`; give each tuning a `name` of its own", other.file, tuning.file, tuning.name);
        }
        tunings.push(tuning);
    }
    if tunings.is_empty() {
        tunings.push(Tuning::new(engine.default_tuning(), ""));
    }
    Ok(tunings)
}

/// Writes a file whole: beside it first, then in its place.
pub(super) fn write(path: &Path, text: &str) -> anyhow::Result<()> {
    let name = path.file_name().with_context(|| format!("{} names no file", path.display()))?;
    let mut beside = name.to_os_string();
    beside.push(".part");
    let beside = path.with_file_name(beside);
    let failed = || format!("failed to write {}", path.display());
    std::fs::write(&beside, text).with_context(failed)?;
    std::fs::rename(&beside, path).with_context(failed)
}
