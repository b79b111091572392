use super::{Imported, Story, boundaries_of, files, label_all, records, slug, text};
use crate::scenario::{Label, Provenance, ScenarioKind};
use std::path::Path;

/// One scenario a detonation: all its events are the attack. Without a history: what the attacked identity usually does is not in the
/// collection.
pub(super) fn import(from: &Path, to: &Path) -> anyhow::Result<Imported> {
    let mut done = Imported::default();
    for path in files(from, &[".json"])?.iter().filter(|p| p.components().any(|c| c.as_os_str() == "detonation-logs")) {
        let events = records(&text(path)?);
        if events.is_empty() {
            done.skipped += 1;
            continue;
        }
        let technique = path.file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
        let tactic = technique.split('.').nth(1).unwrap_or_default().to_string();
        let labels = label_all(&events, Label::Malicious, &boundaries_of(&tactic), &technique);
        done.scenarios += 1;
        done.events += events.len();
        let story = Story {
            id: format!("stratus/{}", slug(&technique)),
            family: format!("stratus-{}", slug(&tactic)),
            kind: ScenarioKind::Attack,
            provenance: Provenance::Emulated,
            title: format!("Detonation of {technique}"),
            why: "Recorded while Stratus Red Team staged the technique; the collection has no history of the identity.".into(),
            incident: "https://github.com/DataDog/stratus-red-team".into(),
            attack: Vec::new(),
            events,
            labels,
        };
        story.write(to)?;
    }
    Ok(done)
}
