//! The scenario library that is shipped: sound, and without anything that gives a label away.

use std::path::Path;
use vires_harness::decode::Decoder;
use vires_harness::scenario::{Corpus, Filter, ScenarioKind, find, leakage, leakage_findings, lint, load_all};
use vires_profile::Severity;

fn library() -> Corpus {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scenarios");
    let dirs = find(&[dir]).expect("the library stands beside the harness");
    let decoder = Decoder::new().expect("the built-in catalogue loads");
    load_all(&dirs, &Filter::default(), &decoder).expect("every scenario loads")
}

#[test]
#[cfg_attr(debug_assertions, ignore = "millions of lines: cargo test --release -p vires-harness --test library")]
fn is_sound_and_gives_no_label_away() {
    let corpus = library();
    let found = lint(&corpus).unwrap();
    let errors: Vec<String> = found.iter().filter(|f| f.severity == Severity::Error).map(ToString::to_string).collect();
    assert!(errors.is_empty(), "{}", errors.join("\n"));
    let leaks = leakage(&corpus).unwrap();
    let told: Vec<String> = leakage_findings(&corpus, &leaks).iter().map(ToString::to_string).collect();
    assert!(told.is_empty(), "{} values give labels away:\n{}", told.len(), told.join("\n"));
    let of = |kind| corpus.scenarios.iter().filter(|s| s.manifest.kind == kind).count();
    assert!(of(ScenarioKind::Attack) >= 70 && of(ScenarioKind::Decoy) >= 70);
}
