//! Targets that read files which people or other programs wrote.

use super::estate::{CATALOGUE, ESTATE, LINES};
use super::streams::step;

use std::borrow::Cow;
use vires_catalog::Catalog;
use vires_judge::{CaseUpdate, JudgeState, Tuning};
use vires_profile::baseline::{Baseline, seal, unseal};
use vires_profile::duration::{parse_duration, write_duration};
use vires_profile::import::{Importer, Input};
use vires_profile::lint::{self, Context};
use vires_profile::propose::{Caution, propose_toml};
use vires_profile::summary::summary;
use vires_profile::{Exceptions, Inventory, diff, write};
use vires_report::standards::Attack;
use vires_report::{cases_table, ocsf_finding};
use vires_source::open;

/// 2026-03-01
const NOW: i64 = 1_772_323_200_000;

/// Inventories (TOML and CSV) and exceptions: refused with a place, or of use.
pub fn inventory(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    for finding in lint::inventory_text(text, "inventory.toml", &Context::at(NOW)) {
        assert!(!finding.to_string().contains('\u{1b}') || text.contains('\u{1b}'));
    }
    for inventory in [Inventory::from_toml(text, "i.toml"), Inventory::from_csv(text, "i.csv")].into_iter().flatten() {
        assert!(diff::diff(&inventory, &inventory, &[]).is_empty(), "an inventory does not differ from itself");
        for workload in inventory.workloads() {
            let _ = (workload.mapping(NOW), workload.missing(NOW), write::workload(workload));
            assert!(inventory.find(&workload.id).is_some());
        }
        let mut found = Vec::new();
        for line in LINES.lines() {
            let mut scratch = vires_source::Scratch::default();
            let opened = open(line.as_bytes(), &mut scratch);
            let identity = opened.activity.as_ref().and_then(|a| a.identity.as_ref()).expect("it names an identity");
            found.push(inventory.resolve(&identity.id, identity.raw.as_deref()).map(|i| &inventory.workload(i).id));
        }
        let _ = format!("{found:?}");
    }
    let _ = lint::exceptions_text(text, "exceptions.toml", None, &Context::at(NOW));
    if let Ok(exceptions) = Exceptions::from_toml(text, "exceptions.toml") {
        for exception in exceptions.iter() {
            let _ = (exception.active(NOW), exception.over_broad(), exception.status(NOW, 0), exception.days());
            exception.covers_unknown_network(Some("203.0.113.7"), None);
        }
    }
}

/// Exports of other systems. Whatever is drafted can be read again.
pub fn import(data: &[u8]) {
    let Some((choice, rest)) = data.split_first() else { return };
    let Ok(text) = std::str::from_utf8(rest) else { return };
    let importers = [Importer::AwsIam, Importer::Kubernetes, Importer::Backstage, Importer::Terraform, Importer::Spire];
    let importer = importers[usize::from(*choice) % importers.len()];
    if let Ok(drafted) = importer.toml(&[Input { name: "input", text }])
        && drafted.contains("[[workload]]")
        && let Err(error) = Inventory::from_toml(&drafted, "draft.toml")
    {
        // An identity without a name, or one that two entries claim, is for a person to settle.
        let said = error.to_string();
        assert!(["principal", "claim"].iter().any(|known| said.contains(known)), "{said}\n{drafted}");
    }
}

/// Tunings: what is accepted is finite and can decide.
pub fn tuning(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Some(span) = parse_duration(text) {
        assert_eq!(parse_duration(&write_duration(span)), Some(span), "{text}");
    }
    let Ok(tuning) = Tuning::from_toml(text, "tuning.toml") else { return };
    let judge = ESTATE.judge(tuning, Baseline::new(CATALOGUE.clone()));
    let mut replay = ESTATE.replay(&judge);
    for line in LINES.lines() {
        let Some(score) = replay.line(1, line.as_bytes(), |judged| judged.outcome.verdict.score) else { continue };
        assert!((0.0..=100.0).contains(&score), "{score}");
    }
}

/// Catalogue overlays: a file name, NUL, its rows.
pub fn overlay(data: &[u8]) {
    const FILES: [&str; 10] = [
        "sensitive_actions.tsv",
        "identity_markers.tsv",
        "resource_markers.tsv",
        "token_patterns.tsv",
        "user_agents.tsv",
        "sensitive_roles.tsv",
        "networks.tsv",
        "effects.tsv",
        "attack_v18_to_v19.tsv",
        "data_names.tsv",
    ];
    let Some((choice, rest)) = data.split_first() else { return };
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join(FILES[usize::from(*choice) % FILES.len()]), rest).expect("a file");
    match Catalog::with_overlay(folder.path()) {
        Ok(catalog) => {
            let catalog = std::sync::Arc::new(catalog);
            if let Ok(tagger) = vires_tag::Tagger::new(&catalog, vires_tag::Options::default()) {
                let (mut scratch, mut out) = (vires_tag::Scratch::default(), Vec::new());
                LINES.lines().for_each(|line| {
                    tagger.line(line.as_bytes(), &mut scratch, &mut out);
                });
                assert!(!out.contains(&b'\n'));
            }
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

/// A file with a checksum as it stands, or the input as a body with the checksum it needs.
fn sealed<'a>(schema: &str, data: &'a [u8]) -> Option<Cow<'a, [u8]>> {
    if unseal(schema, data, "f").is_ok() {
        return Some(Cow::Borrowed(data));
    }
    let text = std::str::from_utf8(data).ok()?;
    // The body of a sealed file that was changed, sealed anew: else no change would get past the checksum.
    let body = text.split_once("\"body\":").map_or(text, |(_, body)| body).trim_end();
    for end in 0..=1 {
        let Some(body) = body.len().checked_sub(end).and_then(|end| body.get(..end)) else { continue };
        if serde_json::from_str::<&serde_json::value::RawValue>(body).is_ok() {
            let whole = |text: &mut Vec<u8>| {
                text.extend_from_slice(body.as_bytes());
                Ok(())
            };
            return seal(schema, whole).ok().map(|text| Cow::Owned(text.into_bytes()));
        }
    }
    None
}

/// Baselines, also those whose checksum is right and whose content nobody learned.
pub fn baseline(data: &[u8]) {
    let _ = Baseline::from_json(data, "b");
    let Some(file) = sealed("vires-baseline/1", data) else { return };
    let Ok(baseline) = Baseline::from_json(&file, "b") else { return };
    let text = baseline.to_json().expect("it can be written");
    let again = Baseline::from_json(text.as_bytes(), "b").expect("what is written can be read");
    assert_eq!(again.to_json().expect("it can be written"), text);
    let _ = propose_toml(&summary(&baseline), Some(&ESTATE.inventory), &Caution::default(), "b");
    let _ = again.merge_presence(Baseline::from_json(&file, "b").expect("as before"));
    let judge = ESTATE.judge(Tuning::default(), baseline);
    let mut replay = ESTATE.replay(&judge);
    for line in LINES.lines() {
        let Some(score) = replay.line(1, line.as_bytes(), |judged| judged.outcome.verdict.score) else { continue };
        assert!((0.0..=100.0).contains(&score), "{score}");
    }
}

/// States, also those whose checksum is right and whose content no judge wrote.
pub fn state(data: &[u8]) {
    let _ = JudgeState::from_json(data, "s");
    let Some(file) = sealed("vires-state/1", data) else { return };
    let Ok((mut state, inputs)) = JudgeState::from_json(&file, "s") else { return };
    let text = state.to_json(&inputs).expect("it can be written");
    let (again, _) = JudgeState::from_json(text.as_bytes(), "s").expect("what is written can be read");
    assert_eq!(again.to_json(&inputs).expect("it can be written"), text);
    let (mut scratch, mut memory) = (vires_source::Scratch::default(), vires_pipeline::judging::Memory::default());
    for line in LINES.lines() {
        let mut opened = open(line.as_bytes(), &mut scratch);
        let (_, seen) = vires_pipeline::judging::observe(&ESTATE, &mut opened, &mut memory);
        let Some(mut seen) = seen else { continue };
        let score = step(&mut state, &mut seen).verdict.score;
        assert!((0.0..=100.0).contains(&score), "{score}");
    }
}

/// Records of cases, as `vires report` reads them back.
pub fn cases(data: &[u8]) {
    let read: Vec<CaseUpdate> = data.split(|b| *b == b'\n').filter_map(|line| serde_json::from_slice(line).ok()).collect();
    for case in &read {
        let text = serde_json::to_string(case).expect("it can be written");
        let again: CaseUpdate = serde_json::from_str(&text).expect("what is written can be read");
        assert_eq!(serde_json::to_string(&again).expect("it can be written"), text);
        let _ = ocsf_finding(case, &Attack::v18()).map(|finding| finding.to_string());
    }
    let table = cases_table(&read).render(Some(100));
    assert!(!table.chars().any(|c| c.is_control() && c != '\n'), "no control characters on a terminal");
}
