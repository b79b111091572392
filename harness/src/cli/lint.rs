use super::Ended;
use super::args::LintArgs;
use super::files;
use super::progress::Progress;
use crate::engine::Engine;
use crate::evaluate::replay;
use crate::report::text::several;
use crate::scenario::{Corpus, leakage, leakage_findings, lint};
use crate::score::{Fate, Outcome};
use std::collections::BTreeSet;
use std::io::Write;
use vires_profile::Severity;

pub(super) fn run(args: &LintArgs, engine: &dyn Engine, out: &mut Vec<u8>) -> anyhow::Result<Ended> {
    let progress = Progress::new();
    let corpus = files::load(files::selected(&args.corpus)?, usize::from(args.criteria), &progress)?;
    let mut found = lint(&corpus)?;
    if args.leakage {
        found.extend(leakage_findings(&corpus, &leakage(&corpus)?));
    }
    for finding in &found {
        writeln!(out, "{finding}")?;
    }
    if args.criteria {
        criteria(&corpus, engine, &progress, out)?;
    }
    progress.finish();
    let of = |severity: Severity| found.iter().filter(|f| f.severity == severity).count();
    let (errors, warnings) = (of(Severity::Error), of(Severity::Warning));
    let count = |n: usize, one: &str, many: &str| several(n as u64, one, many);
    writeln!(
        out,
        "{}: {}, {}, {}",
        count(corpus.scenarios.len(), "scenario", "scenarios"),
        count(errors, "error", "errors"),
        count(warnings, "warning", "warnings"),
        count(of(Severity::Note), "note", "notes")
    )?;
    Ok(if errors > 0 || (args.strict && warnings > 0) { Ended::GateNotMet } else { Ended::Well })
}

/// A criterion is tried only by an attack that it helps to catch and by something quiet in which it speaks and nobody is told.
fn criteria(corpus: &Corpus, engine: &dyn Engine, progress: &Progress, out: &mut Vec<u8>) -> anyhow::Result<()> {
    let tunings = files::tunings(&[], engine)?;
    let replays = replay(engine, &corpus.scenarios, &tunings, 1, &|| progress.step())?;
    let outcomes: Vec<Outcome> = replays.into_iter().flatten().map(|(outcome, _)| outcome).collect();
    let caught = outcomes.iter().flat_map(|o| &o.instances).filter(|i| i.fate == Fate::Caught).flat_map(|i| &i.codes);
    let spared = outcomes.iter().flat_map(|o| &o.kept).flat_map(|c| &c.codes);
    let (caught, spared): (BTreeSet<&String>, BTreeSet<&String>) = (caught.collect(), spared.collect());
    for criterion in engine.ablations().into_iter().filter(|a| a.changes.contains_key("criteria_off")) {
        for (known, lack) in [(&caught, "no attack that it helps to catch"), (&spared, "nothing quiet that comes near it")] {
            if !known.contains(&criterion.name) {
                writeln!(out, "criterion {} ({}): {lack}", criterion.name, criterion.what)?;
            }
        }
    }
    Ok(())
}
