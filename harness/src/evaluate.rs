//! Replays a corpus under several tunings, in parallel, and measures what came of it. Equal for any number of threads.

use crate::compare::{Comparison, compare_all};
use crate::engine::{Engine, EngineError, Replay, Tuning};
use crate::reference::{HABITS_ALONE, HABITS_ALONE_IS, REFERENCES, Reference, metadata_only};
use crate::scenario::{Corpus, Instance, Mark, Scenario, Truth};
use crate::score::{Exposure, Extras, Measures, Outcome, exposure, measure, outcome};
use crate::stats::{Ranked, average_precision};
use rand_chacha::rand_core::Rng;
use rayon::prelude::*;
use sha2::{Digest, Sha256};

/// One tuning and what came of it.
#[derive(Debug, Clone)]
pub struct TuningRun {
    /// The tuning.
    pub tuning: Tuning,
    /// Its measures under the names of the contract.
    pub measures: Measures,
    /// Further measures.
    pub extras: Extras,
    /// What came of each scenario, in the order of the corpus.
    pub outcomes: Vec<Outcome>,
    /// Average precision and prevalence after the labels were moved to events drawn by chance.
    pub shuffled: (Option<f64>, Option<f64>),
}

/// A reference detector and what came of it.
#[derive(Debug, Clone)]
pub struct ReferenceRun {
    /// What the detector does.
    pub what: &'static str,
    /// Its measures.
    pub measures: Measures,
    /// Further measures.
    pub extras: Extras,
}

/// Everything that a report says.
#[derive(Debug)]
pub struct Evaluation {
    /// The scenarios.
    pub corpus: Corpus,
    /// How much there was that must stay quiet, by scenario.
    pub exposures: Vec<Exposure>,
    /// Each tuning; the first is the baseline.
    pub runs: Vec<TuningRun>,
    /// Each later tuning against the first.
    pub comparisons: Vec<Comparison>,
    /// The reference detectors.
    pub references: Vec<ReferenceRun>,
    /// Average precision and prevalence of a detector that sees only how records are written.
    pub metadata: (Option<f64>, Option<f64>),
    /// Hash of the facts that were judged by.
    pub catalogue: String,
    /// Seed of everything drawn by chance.
    pub seed: u64,
    /// True if tunings were found with knowledge of the test split.
    pub peeked: bool,
}

/// Stands in a tuning file that was found with knowledge of the test split, so that no report can forget it.
pub const PEEKED: &str = "# found with knowledge of the test split (--i-peeked)";

/// Told of each scenario that is done.
pub type Progress<'a> = &'a (dyn Fn() + Sync);

/// Outcomes by tuning and scenario, and for each what was ranked after the labels were shuffled.
pub type Replays = Vec<Vec<(Outcome, Vec<Ranked>)>>;

/// Replays each scenario under each tuning.
pub fn replay(
    engine: &dyn Engine,
    scenarios: &[Scenario],
    tunings: &[Tuning],
    seed: u64,
    progress: Progress<'_>,
) -> Result<Replays, EngineError> {
    for tuning in tunings {
        engine.check(tuning)?;
    }
    let by_scenario: Vec<Vec<(Outcome, Vec<Ranked>)>> = scenarios
        .par_iter()
        .map(|scenario| {
            let prepared = engine.prepare(&scenario.estate).map_err(|e| named(scenario, e))?;
            let shuffled = shuffle(scenario, seed);
            let results: Result<Vec<_>, EngineError> = tunings
                .iter()
                .map(|tuning| {
                    let replay = prepared.replay(tuning).map_err(|e| named(scenario, e))?;
                    let blind = outcome(scenario, &shuffled, &replay).ranked;
                    Ok((outcome(scenario, &scenario.truth, &replay), blind))
                })
                .collect();
            progress();
            results
        })
        .collect::<Result<_, _>>()?;
    let mut by_tuning: Replays = tunings.iter().map(|_| Vec::with_capacity(scenarios.len())).collect();
    for results in by_scenario {
        for (list, result) in by_tuning.iter_mut().zip(results) {
            list.push(result);
        }
    }
    Ok(by_tuning)
}

/// The same, with the folder that it is about.
pub(crate) fn named(scenario: &Scenario, error: EngineError) -> EngineError {
    match error {
        EngineError::Input(text) => EngineError::Input(format!("{}: {text}", scenario.dir.display())),
        other => other,
    }
}

/// Replays, measures and compares.
pub fn evaluate(
    engine: &dyn Engine,
    corpus: Corpus,
    tunings: &[Tuning],
    seed: u64,
    progress: Progress<'_>,
) -> Result<Evaluation, EngineError> {
    let catalogue = engine.catalogue()?;
    let exposures: Vec<Exposure> = corpus.scenarios.par_iter().map(exposure).collect();
    // The last reference is a judge, too: it replays with the others, so that no log is read twice for it.
    let habits_alone = Tuning::new(engine.default_tuning(), "").with(HABITS_ALONE, &engine.habits_alone())?;
    let all: Vec<Tuning> = tunings.iter().cloned().chain([habits_alone.clone()]).collect();
    let mut replays = replay(engine, &corpus.scenarios, &all, seed, progress)?;
    let habits: Vec<Outcome> = replays.pop().unwrap_or_default().into_iter().map(|(outcome, _)| outcome).collect();
    let runs: Vec<TuningRun> = tunings
        .iter()
        .zip(replays)
        .map(|(tuning, results)| {
            let (outcomes, blind): (Vec<Outcome>, Vec<Vec<Ranked>>) = results.into_iter().unzip();
            let blind: Vec<Ranked> = blind.into_iter().flatten().collect();
            let (measures, extras) = measure((&tuning.name, &tuning.sha256), &corpus, &exposures, &outcomes, seed);
            TuningRun { tuning: tuning.clone(), measures, extras, outcomes, shuffled: chance_level(&blind) }
        })
        .collect();
    let comparisons = compare_all(&corpus.scenarios, &exposures, &runs, seed);
    let mut references: Vec<ReferenceRun> =
        REFERENCES.par_iter().map(|reference| run_reference(reference, &corpus, &exposures, seed)).collect();
    let (measures, extras) = measure((HABITS_ALONE, &habits_alone.sha256), &corpus, &exposures, &habits, seed);
    references.push(ReferenceRun { what: HABITS_ALONE_IS, measures, extras });
    let metadata: Vec<Ranked> =
        corpus.scenarios.par_iter().flat_map_iter(|s| outcome(s, &s.truth, &metadata_only(s, seed)).ranked).collect();
    let metadata = chance_level(&metadata);
    let peeked = tunings.iter().any(|t| t.text.contains(PEEKED));
    Ok(Evaluation { corpus, exposures, runs, comparisons, references, metadata, catalogue, seed, peeked })
}

fn chance_level(ranked: &[Ranked]) -> (Option<f64>, Option<f64>) {
    let positives = ranked.iter().filter(|r| r.positive).count();
    (average_precision(ranked), (positives > 0).then(|| positives as f64 / ranked.len() as f64))
}

fn run_reference(reference: &Reference, corpus: &Corpus, exposures: &[Exposure], seed: u64) -> ReferenceRun {
    let outcomes: Vec<Outcome> = corpus
        .scenarios
        .par_iter()
        .map(|scenario| {
            let replay: Replay = (reference.detect)(scenario, seed);
            outcome(scenario, &scenario.truth, &replay)
        })
        .collect();
    let sha256 = crate::scenario::hex(&Sha256::digest(format!("{}: {}", reference.name, reference.what).as_bytes()));
    let (measures, extras) = measure((reference.name, &sha256), corpus, exposures, &outcomes, seed);
    ReferenceRun { what: reference.what, measures, extras }
}

/// The same number of attacks, on events drawn by chance from those that are quiet. A judge that still finds them finds something
/// that is not in the events.
fn shuffle(scenario: &Scenario, seed: u64) -> Truth {
    let loud = |line: u32| matches!(scenario.truth.mark(line), Some(Mark::Malicious(_) | Mark::Ambiguous));
    let quiet: Vec<u32> = scenario.events.facts.iter().map(|f| f.line).filter(|line| !loud(*line)).collect();
    let mut truth = Truth::default();
    for (number, instance) in scenario.truth.instances.iter().enumerate() {
        let mut rng = crate::reference::generator(seed, &["shuffle", scenario.id(), &instance.name]);
        let mut lines: Vec<u32> = Vec::new();
        for _ in 0..instance.lines.len().min(quiet.len()) {
            lines.extend(quiet.get(((u64::from(rng.next_u32()) * quiet.len() as u64) >> 32) as usize));
        }
        lines.sort_unstable();
        lines.dedup();
        truth.marks.extend(lines.iter().map(|line| (*line, Mark::Malicious(number))));
        truth.instances.push(Instance { lines, first: None, last: None, ..instance.clone() });
    }
    truth
}
