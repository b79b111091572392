//! The harness's own reader.

use std::path::Path;
use std::sync::LazyLock;
use vires_harness::decode::Decoder;
use vires_harness::scenario::{Filter, Manifest, SCHEMA, find, lint, load_all};
use vires_profile::toml_file::read_toml;

static DECODER: LazyLock<Decoder> = LazyLock::new(|| Decoder::new().expect("the decoder builds"));

/// A scenario's folder: description, labels, events, inventory and exceptions, cut at NUL bytes. Refused with a place, or of use.
pub fn scenario(data: &[u8]) {
    let parts: Vec<&[u8]> = data.splitn(5, |b| *b == 0).collect();
    let &[manifest, labels, events, inventory, exceptions] = &*parts else { return };
    let text = String::from_utf8_lossy(manifest);
    if let Ok(manifest) = read_toml::<Manifest>(&text, "scenario.toml", SCHEMA)
        && is_large(&manifest)
    {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let put = |name: &str, bytes: &[u8]| std::fs::write(folder.path().join(name), bytes).expect("a file");
    put("scenario.toml", manifest);
    for (name, bytes) in
        [("labels.csv", labels), ("events.ndjson", events), ("inventory.toml", inventory), ("exceptions.toml", exceptions)]
    {
        if !bytes.is_empty() {
            put(name, bytes);
        }
    }
    let found = find(&[folder.path().to_owned()]).expect("it is one");
    match load_all(&found, &Filter::new("*").expect("a glob"), &DECODER) {
        Ok(corpus) => {
            let [scenario] = &*corpus.scenarios else { panic!("one folder, one scenario") };
            assert!(!scenario.id().is_empty() && !scenario.family().is_empty());
            for finding in lint(&corpus).expect("it can be read") {
                assert!(!finding.to_string().is_empty());
            }
        }
        Err(faults) => {
            let said = faults.to_string();
            assert!(said.contains(&*folder.path().to_string_lossy()) || said.contains("no scenario"), "no place: {said}");
        }
    }
    // Nothing is written where somebody else's files are.
    assert!(entries(folder.path()) <= 5);
}

/// What people may ask for, and what would take all day: days and members of a generated estate.
fn is_large(manifest: &Manifest) -> bool {
    let days = manifest.history.as_ref().map_or(0, |h| h.days).max(manifest.background.as_ref().map_or(0, |b| b.days));
    let members = manifest.background.iter().flat_map(|b| b.archetypes.values()).fold(0u32, |sum, n| sum.saturating_add(*n));
    let rate = manifest.background.as_ref().map_or(1.0, |b| b.rate);
    let busy = manifest.actor.iter().map(|a| a.busy).chain(manifest.shift.iter().map(|s| s.rate)).fold(rate, f64::max);
    let repeated = manifest.inject.iter().any(|i| i.repeat > 20 || i.who().count() > 4);
    days > 2 || members > 3 || busy > 2.0 || repeated || manifest.actor.len() > 4
}

fn entries(folder: &Path) -> usize {
    std::fs::read_dir(folder).map_or(0, Iterator::count)
}
