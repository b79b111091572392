use super::Ended;
use super::args::ListArgs;
use super::files;
use super::progress::Progress;
use crate::engine::Engine;
use crate::evaluate::replay;
use crate::report::{library, library_page};
use crate::score::Outcome;
use anyhow::Context;
use std::io::Write;

pub(super) fn run(args: &ListArgs, engine: &dyn Engine, out: &mut Vec<u8>) -> anyhow::Result<Ended> {
    files::writable(args.out.as_slice())?;
    let tunings = files::tunings(&args.tuning.iter().cloned().collect::<Vec<_>>(), engine)?;
    let progress = Progress::new();
    let corpus = files::load(files::selected(&args.corpus)?, 1, &progress)?;
    let replays = replay(engine, &corpus.scenarios, &tunings, 1, &|| progress.step())?;
    progress.finish();
    let outcomes: Vec<Outcome> = replays.into_iter().flatten().map(|(outcome, _)| outcome).collect();
    let generated = library(&corpus, &outcomes);
    let Some(path) = args.out.as_ref().or(args.check.as_ref()) else {
        out.write_all(generated.as_bytes())?;
        return Ok(Ended::Well);
    };
    let page = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(error).with_context(|| format!("failed to read {}", path.display())),
    };
    let fresh = library_page(&page, &generated);
    if args.check.is_none() {
        files::write(path, &fresh)?;
        writeln!(out, "{} scenarios listed in {}", corpus.scenarios.len(), path.display())?;
        return Ok(Ended::Well);
    }
    if fresh == page {
        writeln!(out, "{} is up to date", path.display())?;
        return Ok(Ended::Well);
    }
    let known: std::collections::BTreeSet<&str> = page.lines().collect();
    for line in fresh.lines().filter(|line| !known.contains(line)).take(20) {
        writeln!(out, "+ {line}")?;
    }
    writeln!(out, "{} is stale: run the same with --out instead of --check", path.display())?;
    Ok(Ended::GateNotMet)
}
