use super::{Evidence, Flip, flips};
use crate::evaluate::TuningRun;
use crate::scenario::Scenario;
use crate::score::{Exposure, Fate, Outcome, units};
use crate::stats::{Cluster, Counts, Draws, Interval, holm, mcnemar_exact};
use serde::{Deserialize, Serialize};

/// A later tuning against the first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// Name of the first tuning.
    pub a: String,
    /// Name of the other one.
    pub b: String,
    /// Recall of `b` less recall of `a`.
    pub delta_recall: Option<f64>,
    /// Precision of `b` less precision of `a`.
    pub delta_precision: Option<f64>,
    /// McNemar's exact p over attack instances; `None` if there are none.
    pub mcnemar_p: Option<f64>,
    /// McNemar's exact p over quiet identities; `None` if there are none.
    pub mcnemar_p_quiet: Option<f64>,
    /// One sentence.
    pub verdict: String,
    /// What changed.
    pub flips: Vec<Flip>,
    /// Intervals of the differences.
    #[serde(skip)]
    pub intervals: Deltas,
    /// What the verdict rests on.
    #[serde(skip)]
    pub evidence: Option<Evidence>,
}

/// 95 % intervals of paired differences, `b` less `a`, drawn by families.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Deltas {
    /// Of recall.
    pub recall: Option<Interval>,
    /// Of precision.
    pub precision: Option<Interval>,
    /// Of F2.
    pub f2: Option<Interval>,
    /// Of false cases per 1,000 identity-days.
    pub false_per_thousand: Option<Interval>,
}

/// Compares each later run with the first. With several, the p-values behind the verdicts are adjusted after Holm, those of attacks
/// and those of quiet identities each for themselves; the p-values that are reported are not.
pub fn compare_all(scenarios: &[Scenario], exposures: &[Exposure], runs: &[TuningRun], seed: u64) -> Vec<Comparison> {
    let Some((first, rest)) = runs.split_first() else { return Vec::new() };
    let attacks = scenarios.iter().any(|s| !s.truth.instances.is_empty());
    let quiet = exposures.iter().any(|e| e.quiet_identities > 0);
    let tables: Vec<Evidence> = rest.iter().map(|run| table(&first.outcomes, &run.outcomes)).collect();
    let p: Vec<[Option<f64>; 2]> = tables
        .iter()
        .map(|t| [attacks.then(|| mcnemar_exact(t.gained, t.lost)), quiet.then(|| mcnemar_exact(t.calmed, t.disturbed))])
        .collect();
    let of = |which: usize| -> Vec<Option<f64>> { p.iter().map(|pair| pair.get(which).copied().flatten()).collect() };
    let adjusted = [holm(&of(0)), holm(&of(1))];
    let tests = rest.len();
    let days: u64 = exposures.iter().map(|e| e.identity_days).sum();
    rest.iter()
        .zip(tables)
        .enumerate()
        .map(|(at, (run, table))| {
            let clusters: Vec<Cluster> =
                units(scenarios, exposures, &[&first.outcomes, &run.outcomes], &|_| true, &|_| true).into_values().collect();
            let intervals = deltas(&Draws::new(&clusters, 5, seed), days);
            let adjusted = |which: usize| adjusted.get(which).and_then(|list| list.get(at)).copied().flatten();
            let evidence = Evidence { p: adjusted(0), p_quiet: adjusted(1), f2: intervals.f2, tests, ..table };
            let [mcnemar_p, mcnemar_p_quiet] = p.get(at).copied().unwrap_or_default();
            Comparison {
                a: first.measures.name.clone(),
                b: run.measures.name.clone(),
                delta_recall: minus(run.measures.recall, first.measures.recall),
                delta_precision: minus(run.measures.precision, first.measures.precision),
                mcnemar_p,
                mcnemar_p_quiet,
                verdict: evidence.verdict(),
                flips: flips(scenarios, &first.outcomes, &run.outcomes),
                intervals,
                evidence: Some(evidence),
            }
        })
        .collect()
}

pub(super) fn minus(b: Option<f64>, a: Option<f64>) -> Option<f64> {
    Some(b? - a?)
}

fn table(a: &[Outcome], b: &[Outcome]) -> Evidence {
    let mut t = Evidence::default();
    for (a, b) in a.iter().zip(b) {
        for (was, is) in a.instances.iter().zip(&b.instances) {
            match (was.fate == Fate::Caught, is.fate == Fate::Caught) {
                (false, true) => t.gained += 1,
                (true, false) => t.lost += 1,
                _ => {}
            }
        }
        let raised = |o: &Outcome| {
            let mut identities: Vec<String> = o.false_cases.iter().map(|c| c.identity.clone()).collect();
            identities.sort_unstable();
            identities.dedup();
            identities
        };
        let (was, is) = (raised(a), raised(b));
        t.calmed += was.iter().filter(|i| is.binary_search(i).is_err()).count() as u64;
        t.disturbed += is.iter().filter(|i| was.binary_search(i).is_err()).count() as u64;
    }
    t
}

fn deltas(draws: &Draws, days: u64) -> Deltas {
    let counts = |sum: &[f64], run: usize| -> Option<Counts> {
        let get = |at: usize| sum.get(at).map(|v| v.round() as u64);
        let (all, caught, wrong) = (get(0)?, get(1 + 2 * run)?, get(2 + 2 * run)?);
        Some(Counts { tp: caught, fp: wrong, missed: all.saturating_sub(caught), tn: 0 })
    };
    let delta = |f: fn(Counts) -> Option<f64>| draws.interval(|sum| minus(f(counts(sum, 1)?), f(counts(sum, 0)?)));
    Deltas {
        recall: delta(Counts::recall),
        precision: delta(Counts::precision),
        f2: delta(|c| c.f(2.0)),
        false_per_thousand: (days > 0)
            .then(|| draws.interval(|sum| Some(1000.0 * (sum.get(4)? - sum.get(2)?) / days as f64)))
            .flatten(),
    }
}
