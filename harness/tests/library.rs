//! The scenario library that is shipped: sound, without anything that gives a label away, and its list says what the shipped tuning
//! makes of it. One test, because working out what the scenarios hold is most of the work.

use std::path::{Path, PathBuf};
use vires_harness::decode::Decoder;
use vires_harness::engine::{Engine, Tuning};
use vires_harness::evaluate::replay;
use vires_harness::report;
use vires_harness::scenario::{Corpus, Filter, ScenarioKind, find, leakage, leakage_findings, lint, load_all};
use vires_harness::shipped::Shipped;
use vires_profile::Severity;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../scenarios")
}

fn library() -> Corpus {
    let dirs = find(&[folder()]).expect("the library stands beside the harness");
    // As the harness itself does before it judges: every history is written and read once.
    let decoder = Decoder::new().expect("the built-in catalogue loads").learning();
    load_all(&dirs, &Filter::default(), &decoder).expect("every scenario loads")
}

#[test]
#[cfg_attr(debug_assertions, ignore = "millions of lines: cargo test --profile ci -p vires-harness --test library")]
fn is_sound_and_gives_no_label_away_and_is_listed_as_it_is_judged() {
    let corpus = library();
    sound(&corpus);
    listed(&corpus);
}

/// The list says what the shipped tuning says.
fn listed(corpus: &Corpus) {
    let engine = Shipped::new();
    let tuning = Tuning::new(engine.default_tuning(), "");
    let replays = replay(&engine, &corpus.scenarios, &[tuning], 1, &|| {}).expect("the shipped tuning is sound");
    let outcomes: Vec<_> = replays.into_iter().flatten().map(|(outcome, _)| outcome).collect();
    let page = std::fs::read_to_string(folder().join("README.md")).expect("the list stands beside the scenarios");
    let fresh = report::library_page(&page, &report::library(corpus, &outcomes));
    let stale: Vec<&str> = fresh.lines().filter(|line| !page.lines().any(|known| known == *line)).collect();
    assert!(
        fresh == page,
        "scenarios/README.md is stale: harness list scenarios --out scenarios/README.md\n+ {}",
        stale.join("\n+ ")
    );
}

fn sound(corpus: &Corpus) {
    let found = lint(corpus).expect("the logs can be read");
    let errors: Vec<String> = found.iter().filter(|f| f.severity == Severity::Error).map(ToString::to_string).collect();
    assert!(errors.is_empty(), "{}", errors.join("\n"));
    let leaks = leakage(corpus).expect("the logs can be read");
    let told: Vec<String> = leakage_findings(corpus, &leaks).iter().map(ToString::to_string).collect();
    assert!(told.is_empty(), "{} values give labels away:\n{}", told.len(), told.join("\n"));
    let of = |kind| corpus.scenarios.iter().filter(|s| s.manifest.kind == kind).count();
    assert!(of(ScenarioKind::Attack) >= 70 && of(ScenarioKind::Decoy) >= 70);
}
