//! Reading and writing that several verbs share.

use super::args::CorpusSelection;
use super::progress::Progress;
use crate::decode::Decoder;
use crate::engine::{Engine, Tuning};
use crate::scenario::{Corpus, Filter, Selection, find, load_selection, select};
use anyhow::{Context, bail};
use std::path::{Path, PathBuf};

/// The scenarios that are asked for, not yet read.
pub(super) fn selected(selection: &CorpusSelection) -> anyhow::Result<Selection> {
    let filter = match &selection.filter {
        Some(glob) => Filter::new(glob).with_context(|| format!("--filter {glob}"))?,
        None => Filter::default(),
    };
    Ok(select(&find(&selection.dirs)?, &filter)?)
}

/// Loads them, for verbs that judge them `times` times after it.
pub(super) fn load(selection: Selection, times: usize, progress: &Progress) -> anyhow::Result<Corpus> {
    progress.expect(selection.manifests.len() * (1 + times));
    let decoder = Decoder::new()?;
    let decoder = if times > 0 { decoder.learning() } else { decoder };
    Ok(load_selection(selection, &decoder, &|| progress.step())?)
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

/// Whether files can be written there, as far as that can be told: what is wrong should show before hours of work, not after them.
pub(super) fn writable(paths: &[PathBuf]) -> anyhow::Result<()> {
    for path in paths {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        if !folder.is_dir() {
            bail!("failed to write {}: there is no folder {}; make it first", path.display(), folder.display());
        }
        if path.is_dir() {
            bail!("failed to write {}: it is a folder; name a file", path.display());
        }
        let beside = beside(path)?;
        std::fs::File::create(&beside).with_context(|| format!("failed to write {}", path.display()))?;
        std::fs::remove_file(&beside).with_context(|| format!("failed to write {}", path.display()))?;
    }
    Ok(())
}

/// Where a file is made before it is put in its place.
fn beside(path: &Path) -> anyhow::Result<PathBuf> {
    let mut name = path.file_name().with_context(|| format!("{} names no file", path.display()))?.to_os_string();
    name.push(".part");
    Ok(path.with_file_name(name))
}

/// Writes a file whole: beside it first, then in its place.
pub(super) fn write(path: &Path, text: &str) -> anyhow::Result<()> {
    let beside = beside(path)?;
    let failed = || format!("failed to write {}", path.display());
    std::fs::write(&beside, text).with_context(failed)?;
    std::fs::rename(&beside, path).with_context(failed)
}
