//! The fuzz target of the harness's own reader over its committed corpus. Needs no nightly toolchain.
#![allow(clippy::unwrap_used, missing_docs)]

#[path = "../../fuzz/src/scenarios.rs"]
mod scenarios;

use std::path::Path;

#[test]
fn the_reader_of_scenarios_holds_on_its_corpus() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus/scenario");
    let mut inputs: Vec<_> = std::fs::read_dir(corpus).unwrap().map(|e| e.unwrap().path()).collect();
    inputs.sort();
    assert!(inputs.len() > 5, "it has seeds");
    for path in inputs {
        println!("{}", path.display());
        scenarios::scenario(&std::fs::read(&path).unwrap());
    }
}
