use super::{Imported, Story, files, label_all, records, slug, text};
use crate::scenario::{Label, Provenance, ScenarioKind};
use std::path::Path;

/// One scenario a sample. The collection says which calls attackers use, not that these were attacks: everything is ambiguous.
pub(super) fn import(from: &Path, to: &Path) -> anyhow::Result<Imported> {
    let mut done = Imported::default();
    for path in files(from, &[".cloudtrail"])? {
        let events = records(&text(&path)?);
        if events.is_empty() {
            done.skipped += 1;
            continue;
        }
        let name = path.file_name().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
        let name = name.trim_end_matches(".cloudtrail").trim_end_matches(".json").to_string();
        let labels = label_all(&events, Label::Ambiguous, &[], "recorded sample of a sensitive call");
        done.scenarios += 1;
        done.events += events.len();
        let story = Story {
            id: format!("traildiscover/{}", slug(&name)),
            family: "traildiscover".into(),
            kind: ScenarioKind::Noise,
            provenance: Provenance::Emulated,
            title: format!("Recorded sample of {name}"),
            why: "A sensitive call, recorded on purpose; whether it is worth escalating depends on an identity that the collection does not describe.".into(),
            incident: "https://traildiscover.cloud".into(),
            attack: Vec::new(),
            events,
            labels,
        };
        story.write(to)?;
    }
    Ok(done)
}
