//! Runs the fuzz targets over their committed corpora, so that nothing they once found comes back. Needs no nightly toolchain.
#![allow(clippy::unwrap_used, missing_docs)]

#[path = "../../fuzz/src/lib.rs"]
mod targets;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

#[test]
fn every_target_holds_on_its_corpus() {
    let corpora = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus");
    let mut failed = Vec::new();
    std::thread::scope(|scope| {
        let run = |(name, target): (&'static str, targets::Target)| {
            let mut inputs: Vec<_> = std::fs::read_dir(corpora.join(name)).unwrap().map(|e| e.unwrap().path()).collect();
            inputs.sort();
            assert!(!inputs.is_empty(), "{name} has seeds");
            let broken = |path: &&std::path::PathBuf| {
                let bytes = std::fs::read(path).unwrap();
                catch_unwind(AssertUnwindSafe(|| target(&bytes))).is_err()
            };
            inputs.iter().filter(broken).map(|path| path.display().to_string()).collect::<Vec<_>>()
        };
        let threads = targets::TARGETS.map(|target| scope.spawn(move || run(target)));
        threads.into_iter().for_each(|thread| failed.extend(thread.join().unwrap()));
    });
    assert!(failed.is_empty(), "{failed:#?}");
}
