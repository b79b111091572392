use super::Ended;
use super::args::RunArgs;
use super::files;
use super::progress::Progress;
use crate::engine::Engine;
use crate::evaluate::{Evaluation, evaluate, named};
use crate::report::{Form, form_of, render};
use anyhow::{Context, bail};
use std::io::Write;

pub(super) fn run(args: &RunArgs, engine: &dyn Engine, out: &mut Vec<u8>, talk: &mut Vec<u8>) -> anyhow::Result<Ended> {
    let progress = Progress::new();
    // Whatever is wrong with the arguments is said before anything is replayed.
    let forms: Vec<Form> = args.out.iter().map(|path| form_of(path).map_err(anyhow::Error::msg)).collect::<Result<_, _>>()?;
    files::writable(&args.out)?;
    let tunings = files::tunings(&args.tuning, engine)?;
    let corpus = files::load(files::selected(&args.corpus)?, 1, &progress)?;
    // One inventory that contradicts itself must not cost the figures of all other scenarios.
    let (corpus, refused) = corpus.part(|scenario| engine.accepts(&scenario.estate).map_err(|e| named(scenario, e)));
    for error in &refused {
        writeln!(talk, "harness: {error}")?;
    }
    if corpus.scenarios.is_empty() && !refused.is_empty() {
        bail!("no scenario can be replayed; mend what is said above");
    }
    let evaluation = evaluate(engine, corpus, &tunings, args.seed, &|| progress.step())?;
    for (path, form) in args.out.iter().zip(&forms) {
        files::write(path, &render(&evaluation, *form)?)?;
    }
    out.write_all(render(&evaluation, Form::Whole(args.format))?.as_bytes()).context("failed to write the report")?;
    let seconds = progress.finish();
    let written: Vec<String> = args.out.iter().map(|path| path.display().to_string()).collect();
    let wrote = if written.is_empty() { String::new() } else { format!("   wrote {}", written.join(" ")) };
    writeln!(talk, "Summary [{seconds:>7.3}s]{wrote}")?;
    let broken = gates(args, &evaluation);
    for gate in &broken {
        writeln!(talk, "harness: {gate}")?;
    }
    if !refused.is_empty() {
        writeln!(
            talk,
            "harness: left out {} of {} scenarios, for what is said above",
            refused.len(),
            refused.len() + evaluation.corpus.scenarios.len()
        )?;
        return Ok(Ended::InPart);
    }
    Ok(if broken.is_empty() { Ended::Well } else { Ended::GateNotMet })
}

/// The gates that are not met, in words. What cannot be computed meets no gate.
fn gates(args: &RunArgs, evaluation: &Evaluation) -> Vec<String> {
    let mut broken = Vec::new();
    let Some(last) = evaluation.runs.last().map(|run| &run.measures) else { return broken };
    let name = &last.name;
    let mut gate = |what: &str, flag: &str, value: Option<f64>, limit: Option<f64>, least: bool| {
        let Some(limit) = limit else { return };
        match value {
            None => broken.push(format!("gate: {what} of `{name}` cannot be computed, {flag} demands {limit}")),
            Some(value) if least && value < limit => {
                broken.push(format!("gate: {what} of `{name}` is {value:.4}, {flag} demands at least {limit}"));
            }
            Some(value) if !least && value > limit => {
                broken.push(format!("gate: {what} of `{name}` is {value:.4}, {flag} allows at most {limit}"));
            }
            Some(_) => {}
        }
    };
    gate("recall", "--min-recall", last.recall, args.min_recall, true);
    gate("precision", "--min-precision", last.precision, args.min_precision, true);
    gate("false cases per 10,000 events", "--max-false-per-10k", last.false_per_10k, args.max_false_per_10k, false);
    if args.fail_on_regression {
        let worse = evaluation.comparisons.iter().filter(|c| c.verdict.starts_with("worse"));
        broken.extend(worse.map(|c| format!("gate: `{}` is {} than `{}`", c.b, c.verdict, c.a)));
    }
    broken
}
