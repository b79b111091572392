use super::args::AblateArgs;
use super::progress::Progress;
use super::{Ended, files};
use crate::engine::{Ablation, Engine, Tuning};
use crate::evaluate::{Evaluation, evaluate, replay};
use crate::report::csv::{criteria, header, number, text, write};
use crate::report::table::aligned;
use crate::report::text::{clean, delta, rate, signed_interval};
use crate::score::{Outcome, caught_and_missed, units};
use crate::stats::{Cluster, Counts, Draws, Interval};
use anyhow::bail;
use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

/// What became of the corpus without one thing.
struct Without {
    name: String,
    what: String,
    /// Decisions that differ.
    changed: usize,
    counts: Counts,
    delta_f2: Option<f64>,
    interval: Option<Interval>,
    /// Difference of F2 by family.
    by_family: BTreeMap<String, f64>,
}

pub(super) fn run(args: &AblateArgs, engine: &dyn Engine, out: &mut Vec<u8>) -> anyhow::Result<Ended> {
    let stems: Vec<String> = args.out.iter().map(|path| stem(path)).collect();
    if let Some(bad) = args.out.iter().zip(&stems).find(|(_, s)| !matches!(s.as_str(), "ablation.csv" | "criteria.csv")) {
        bail!("{}: `harness ablate` writes ablation.csv and criteria.csv", bad.0.display());
    }
    files::writable(&args.out)?;
    let paths: Vec<PathBuf> = args.tuning.iter().cloned().collect();
    let full = files::tunings(&paths, engine)?;
    let Some(base) = full.first() else { bail!("no tuning") };
    let ablations = engine.ablations();
    let tunings: Vec<Tuning> =
        ablations.iter().map(|a| base.with(&format!("without {}", a.name), &a.changes)).collect::<Result<_, _>>()?;
    let progress = Progress::new();
    let corpus = files::load(files::selected(&args.corpus)?, 2, &progress)?;
    let evaluation = evaluate(engine, corpus, &full, args.seed, &|| progress.step())?;
    let replays = replay(engine, &evaluation.corpus.scenarios, &tunings, args.seed, &|| progress.step())?;
    progress.finish();
    let results: Vec<Without> = ablations
        .iter()
        .zip(replays)
        .map(|(ablation, results)| {
            let outcomes: Vec<Outcome> = results.into_iter().map(|(outcome, _)| outcome).collect();
            without(&evaluation, ablation, &outcomes, args.seed)
        })
        .collect();
    out.write_all(screen(&evaluation, &results).as_bytes())?;
    for (path, stem) in args.out.iter().zip(&stems) {
        let rows = if stem == "criteria.csv" {
            criteria(&evaluation, &deltas(&evaluation, &results))
        } else {
            rows(&evaluation, &results)
        };
        files::write(path, &write(&rows))?;
    }
    Ok(Ended::Well)
}

fn stem(path: &Path) -> String {
    path.file_name().map(|n| n.to_string_lossy().to_ascii_lowercase()).unwrap_or_default()
}

fn without(evaluation: &Evaluation, ablation: &Ablation, outcomes: &[Outcome], seed: u64) -> Without {
    let scenarios = &evaluation.corpus.scenarios;
    let base: &[Outcome] = evaluation.runs.first().map_or(&[], |run| &run.outcomes);
    let f2 = |c: Counts| c.f(2.0);
    let all = caught_and_missed(outcomes.iter());
    let clusters: Vec<Cluster> =
        units(scenarios, &evaluation.exposures, &[base, outcomes], &|_| true, &|_| true).into_values().collect();
    let of = |sum: &[f64], run: usize| {
        let get = |at: usize| sum.get(at).map_or(0, |v| v.round() as u64);
        let (should, tp) = (get(0), get(1 + 2 * run));
        f2(Counts { tp, fp: get(2 + 2 * run), missed: should.saturating_sub(tp), tn: 0 })
    };
    let interval = Draws::new(&clusters, 5, seed).interval(|sum| Some(of(sum, 1)? - of(sum, 0)?));
    let mut by_family = BTreeMap::new();
    for family in evaluation.runs.iter().flat_map(|run| run.measures.by_family.keys()) {
        let mine = |list: &[Outcome]| {
            caught_and_missed(scenarios.iter().zip(list).filter(|(s, _)| s.family() == family).map(|(_, o)| o))
        };
        if let (Some(is), Some(was)) = (f2(mine(outcomes)), f2(mine(base))) {
            by_family.insert(family.clone(), is - was);
        }
    }
    Without {
        name: ablation.name.clone(),
        what: ablation.what.clone(),
        changed: crate::compare::flips(scenarios, base, outcomes).len(),
        counts: all,
        delta_f2: f2(all).zip(f2(caught_and_missed(base.iter()))).map(|(is, was)| is - was),
        interval,
        by_family,
    }
}

fn screen(evaluation: &Evaluation, results: &[Without]) -> String {
    let mut rows =
        vec![["without", "", "caught", "false", "recall", "precision", "Δ F2", "", "changed"].map(String::from).to_vec()];
    if let Some(run) = evaluation.runs.first() {
        let c = caught_and_missed(run.outcomes.iter());
        let mut row =
            vec!["(nothing)".into(), String::new(), c.tp.to_string(), c.fp.to_string(), rate(c.recall()), rate(c.precision())];
        row.extend([String::new(), String::new(), String::new()]);
        rows.push(row);
    }
    for r in results {
        rows.push(vec![
            clean(&r.name, 14),
            clean(&r.what, 26),
            r.counts.tp.to_string(),
            r.counts.fp.to_string(),
            rate(r.counts.recall()),
            rate(r.counts.precision()),
            delta(r.delta_f2),
            signed_interval(r.interval),
            r.changed.to_string(),
        ]);
    }
    let mut out = aligned(rows, &[1]);
    let idle: Vec<&str> = results.iter().filter(|r| r.changed == 0).map(|r| r.name.as_str()).collect();
    if !idle.is_empty() {
        out.push_str(&format!("\nbuys nothing on these scenarios: {}\n", crate::report::table::wrapped(&idle.join(" "), 0)));
    }
    let harmful: Vec<&str> =
        results.iter().filter(|r| r.interval.is_some_and(|i| i.low > 0.0)).map(|r| r.name.as_str()).collect();
    if !harmful.is_empty() {
        out.push_str(&format!("better without: {}\n", harmful.join(" ")));
    }
    out
}

fn rows(evaluation: &Evaluation, results: &[Without]) -> Vec<Vec<String>> {
    let mut rows = header(&[
        "without",
        "what",
        "caught",
        "missed",
        "false_cases",
        "recall",
        "precision",
        "f2",
        "delta_f2_if_removed",
        "delta_f2_low",
        "delta_f2_high",
        "decisions_changed",
        "corpus_sha256",
        "seed",
    ]);
    for r in results {
        let c = r.counts;
        rows.push(vec![
            text(&r.name),
            text(&r.what),
            c.tp.to_string(),
            c.missed.to_string(),
            c.fp.to_string(),
            number(c.recall()),
            number(c.precision()),
            number(c.f(2.0)),
            number(r.delta_f2),
            number(r.interval.map(|i| i.low)),
            number(r.interval.map(|i| i.high)),
            r.changed.to_string(),
            evaluation.corpus.sha256.clone(),
            evaluation.seed.to_string(),
        ]);
    }
    rows
}

fn deltas(evaluation: &Evaluation, results: &[Without]) -> BTreeMap<(String, String, String), f64> {
    let mut all = BTreeMap::new();
    let Some(tuning) = evaluation.runs.first().map(|run| &run.measures.name) else { return all };
    for r in results {
        let totals = r.delta_f2.map(|d| ("all".to_string(), d)).into_iter();
        for (family, d) in totals.chain(r.by_family.iter().map(|(f, d)| (f.clone(), *d))) {
            all.insert((tuning.clone(), r.name.clone(), family), d);
        }
    }
    all
}
