use super::{Cost, Exposure, FalseCase, Fate, InstanceOutcome, Outcome, Preset};
use crate::scenario::{Corpus, Scenario, ScenarioKind};
use crate::stats::{
    Cluster, Counts, Draws, Interval, PrPoint, Ranked, average_precision, brier_of_prevalence, brier_score, median, ppv,
    pr_curve, quantile, upper_bound, wilson,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use vires_event::Boundary;

/// How many attack instances there were, and what became of them: `malicious = caught + missed + queued`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// All.
    pub malicious: u64,
    /// Escalated in time.
    pub caught: u64,
    /// Neither escalated nor queued.
    pub missed: u64,
    /// Queued as impossible to judge.
    pub queued: u64,
}

impl Tally {
    pub(crate) fn add(&mut self, fate: Fate) {
        self.malicious += 1;
        match fate {
            Fate::Caught => self.caught += 1,
            Fate::Missed => self.missed += 1,
            Fate::Queued => self.queued += 1,
        }
    }
}

/// The measures of a part of the corpus.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Slice {
    /// Attack instances.
    pub instances: Tally,
    /// False cases.
    pub false_cases: u64,
    /// caught / (caught + false cases).
    pub precision: Option<f64>,
    /// Its 95 % interval.
    pub precision_ci: Option<Interval>,
    /// caught / malicious.
    pub recall: Option<f64>,
    /// Its 95 % interval.
    pub recall_ci: Option<Interval>,
}

/// The measures of one tuning, under the names of the contract.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Measures {
    /// Name of the tuning.
    pub name: String,
    /// SHA-256 of its text.
    pub sha256: String,
    /// Attack instances.
    pub instances: Tally,
    /// False cases.
    pub false_cases: u64,
    /// Events labelled neither malicious nor ambiguous.
    pub quiet_events: u64,
    /// Days on which a non-human identity did nothing malicious or ambiguous.
    pub quiet_identity_days: u64,
    /// Such days on which a false case was raised.
    pub false_identity_days: u64,
    /// Upper 95 % bound of the share of quiet identity-days that are falsely raised.
    pub fpr_upper: Option<f64>,
    /// caught / (caught + false cases).
    pub precision: Option<f64>,
    /// Its 95 % interval.
    pub precision_ci: Option<Interval>,
    /// caught / malicious.
    pub recall: Option<f64>,
    /// Its 95 % interval.
    pub recall_ci: Option<Interval>,
    /// Balanced F score.
    pub f1: Option<f64>,
    /// F score in which recall weighs twice as much.
    pub f2: Option<f64>,
    /// Area under the precision-recall curve, as a step sum.
    pub average_precision: Option<f64>,
    /// Matthews' correlation coefficient.
    pub mcc: Option<f64>,
    /// False cases per 10,000 quiet events.
    pub false_per_10k: Option<f64>,
    /// Median time from an attack's first event to its escalation.
    pub median_minutes_to_escalate: Option<f64>,
    /// How well the boundaries of caught attacks were named (micro-averaged F1).
    pub boundary_f1: Option<f64>,
    /// By scenario family.
    pub by_family: BTreeMap<String, Slice>,
    /// By boundary; an instance counts under each of its own.
    pub by_boundary: BTreeMap<String, Slice>,
    /// Share of escalations that would be right at these prevalences per identity-day.
    pub ppv: BTreeMap<String, Option<f64>>,
}

/// What is shown besides the contract's names.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Extras {
    /// Points of the precision-recall curve.
    pub curve: Vec<PrPoint>,
    /// Share of positives among what was ranked: what a blind detector's average precision tends to.
    pub prevalence: Option<f64>,
    /// Highest recall at a precision of at least one half.
    pub recall_at_half_precision: Option<f64>,
    /// Highest precision at a recall of at least .8.
    pub precision_at_high_recall: Option<f64>,
    /// (caught + queued) / malicious.
    pub recall_or_queued: Option<f64>,
    /// Cases somebody is told of per 1,000 identity-days.
    pub cases_per_thousand_days: Option<f64>,
    /// False cases per 1,000 identity-days.
    pub false_per_thousand_days: Option<f64>,
    /// False cases in decoy and in noise scenarios.
    pub false_by_kind: BTreeMap<ScenarioKind, u64>,
    /// 90th percentile of the minutes to escalation.
    pub p90_minutes: Option<f64>,
    /// Median number of an attack's events up to its escalation.
    pub median_events: Option<f64>,
    /// Of the attacks with an objective: how many there are, and how many were escalated before it.
    pub before_objective: (u64, u64),
    /// Further alerts about attacks that were already told of.
    pub duplicates: u64,
    /// Cost per 1,000 identity-days, by preset.
    pub cost: Vec<(&'static str, Option<f64>)>,
    /// By log format of the attack or of the falsely raised identity.
    pub by_source: BTreeMap<String, Slice>,
    /// By sort of identity.
    pub by_kind: BTreeMap<String, Slice>,
    /// Mean score and share of positives by band of ten points: lower end, number, positives, sum of scores.
    pub reliability: Vec<(u8, u64, u64, f64)>,
    /// Mean squared distance between score / 100 and whether it deserved to be escalated.
    pub brier: Option<f64>,
    /// The same for who always says the share of positives.
    pub brier_of_prevalence: Option<f64>,
    /// Days on which a non-human identity acted.
    pub identity_days: u64,
}

/// Prevalences per identity-day at which precision is projected.
const PREVALENCES: [(&str, f64); 3] = [("1e-3", 1e-3), ("1e-4", 1e-4), ("1e-5", 1e-5)];

/// Values of a unit: one attack instance (1, caught by each …, 0 …) or one quiet identity (0, 0 …, false cases of each …). With `k`
/// runs the vector is `[malicious, caught₀, false₀, caught₁, false₁, …]`.
pub fn units(
    scenarios: &[Scenario],
    exposures: &[Exposure],
    runs: &[&[Outcome]],
    instance: &dyn Fn(&InstanceOutcome) -> bool,
    raised: &dyn Fn(&FalseCase) -> bool,
) -> BTreeMap<String, Cluster> {
    let width = 1 + 2 * runs.len();
    let mut clusters: BTreeMap<String, Cluster> = BTreeMap::new();
    for (at, (scenario, exposure)) in scenarios.iter().zip(exposures).enumerate() {
        let cluster = clusters.entry(scenario.family().to_string()).or_default();
        cluster.quiet_total += exposure.quiet_identities;
        let outcomes: Vec<&Outcome> = runs.iter().filter_map(|run| run.get(at)).collect();
        for i in 0..scenario.truth.instances.len() {
            let fates: Vec<&InstanceOutcome> = outcomes.iter().filter_map(|o| o.instances.get(i)).collect();
            if !fates.iter().any(|f| instance(f)) {
                continue;
            }
            let mut values = vec![0.0; width];
            let mut set = |at: usize| {
                if let Some(value) = values.get_mut(at) {
                    *value = 1.0;
                }
            };
            set(0);
            for (run, _) in fates.iter().enumerate().filter(|(_, f)| f.fate == Fate::Caught) {
                set(1 + 2 * run);
            }
            cluster.instances.push(values);
        }
        let mut quiet: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
        for (run, outcome) in outcomes.iter().enumerate() {
            for case in outcome.false_cases.iter().filter(|c| raised(c)) {
                let values = quiet.entry(&case.identity).or_insert_with(|| vec![0.0; width]);
                if let Some(value) = values.get_mut(2 + 2 * run) {
                    *value += 1.0;
                }
            }
        }
        cluster.quiet.extend(quiet.into_values());
    }
    clusters
}

fn precision_of(sum: &[f64]) -> Option<f64> {
    let (caught, wrong) = (sum.get(1)?, sum.get(2)?);
    (caught + wrong > 0.0).then(|| caught / (caught + wrong))
}

fn recall_of(sum: &[f64]) -> Option<f64> {
    let (all, caught) = (sum.first()?, sum.get(1)?);
    (*all > 0.0).then(|| caught / all)
}

fn slice(clusters: &[Cluster], tally: Tally, false_cases: u64, seed: u64) -> Slice {
    let counts = Counts { tp: tally.caught, fp: false_cases, missed: tally.missed + tally.queued, tn: 0 };
    let draws = Draws::new(clusters, 3, seed);
    let interval = |value: Option<f64>, statistic: fn(&[f64]) -> Option<f64>, hits: u64, of: u64| {
        value?;
        draws.interval(statistic).filter(|i| i.high > i.low).or_else(|| wilson(hits, of))
    };
    let (precision, recall) = (counts.precision(), counts.recall());
    Slice {
        instances: tally,
        false_cases,
        precision,
        precision_ci: interval(precision, precision_of, tally.caught, tally.caught + false_cases),
        recall,
        recall_ci: interval(recall, recall_of, tally.caught, tally.malicious),
    }
}

/// What is being measured.
struct Run<'a> {
    corpus: &'a Corpus,
    exposures: &'a [Exposure],
    outcomes: &'a [Outcome],
    seed: u64,
}

impl Run<'_> {
    fn part(&self, instance: &dyn Fn(&InstanceOutcome) -> bool, raised: &dyn Fn(&FalseCase) -> bool) -> Slice {
        let clusters = units(&self.corpus.scenarios, self.exposures, &[self.outcomes], instance, raised);
        let clusters: Vec<Cluster> = clusters.into_values().collect();
        let mut tally = Tally::default();
        let mut false_cases = 0;
        for outcome in self.outcomes {
            outcome.instances.iter().filter(|i| instance(i)).for_each(|i| tally.add(i.fate));
            false_cases += outcome.false_cases.iter().filter(|c| raised(c)).count() as u64;
        }
        slice(&clusters, tally, false_cases, self.seed)
    }

    fn family(&self, family: &str) -> Slice {
        let all = units(&self.corpus.scenarios, self.exposures, &[self.outcomes], &|_| true, &|_| true);
        let (mut tally, mut false_cases) = (Tally::default(), 0);
        for (_, outcome) in self.corpus.scenarios.iter().zip(self.outcomes).filter(|(s, _)| s.family() == family) {
            outcome.instances.iter().for_each(|i| tally.add(i.fate));
            false_cases += outcome.false_cases.len() as u64;
        }
        slice(&all.get(family).cloned().into_iter().collect::<Vec<_>>(), tally, false_cases, self.seed)
    }

    fn groups(
        &self,
        of_instance: impl Fn(&InstanceOutcome) -> Option<String>,
        of_case: impl Fn(&FalseCase) -> Option<String>,
    ) -> BTreeMap<String, Slice> {
        let instances = self.outcomes.iter().flat_map(|o| &o.instances).filter_map(&of_instance);
        let cases = self.outcomes.iter().flat_map(|o| &o.false_cases).filter_map(&of_case);
        let mut keys: Vec<String> = instances.chain(cases).collect();
        keys.sort_unstable();
        keys.dedup();
        keys.into_iter()
            .map(|key| {
                let part = self.part(&|i| of_instance(i).as_ref() == Some(&key), &|c| of_case(c).as_ref() == Some(&key));
                (key, part)
            })
            .collect()
    }
}

/// Sums up what came of all scenarios under one tuning. `outcomes` and `exposures` are in the order of the corpus.
pub fn measure(
    (name, sha256): (&str, &str),
    corpus: &Corpus,
    exposures: &[Exposure],
    outcomes: &[Outcome],
    seed: u64,
) -> (Measures, Extras) {
    let run = Run { corpus, exposures, outcomes, seed };
    let total = run.part(&|_| true, &|_| true);
    let sum = |f: fn(&Exposure) -> u64| exposures.iter().map(f).sum::<u64>();
    let (quiet_events, quiet_days) = (sum(|e| e.quiet_events), sum(|e| e.quiet_identity_days));
    let false_days = outcomes.iter().map(false_days).sum::<u64>().min(quiet_days);
    let tally = total.instances;
    let counts = Counts {
        tp: tally.caught,
        fp: total.false_cases,
        missed: tally.missed + tally.queued,
        tn: quiet_events.saturating_sub(total.false_cases),
    };
    let instances = || outcomes.iter().flat_map(|o| &o.instances);
    let minutes: Vec<f64> = instances().filter_map(|i| i.minutes).collect();
    let ranked: Vec<Ranked> = outcomes.iter().flat_map(|o| o.ranked.iter().copied()).collect();
    let fpr_upper = upper_bound(false_days, quiet_days);
    let mut families: Vec<&str> = corpus.scenarios.iter().map(Scenario::family).collect();
    families.sort_unstable();
    families.dedup();
    let by_boundary = [Boundary::Privilege, Boundary::Data, Boundary::Trust]
        .map(|b| (b.as_str().to_string(), run.part(&|i| i.labelled.contains(&b), &|c| c.boundaries.contains(&b))));
    let measures = Measures {
        name: name.to_string(),
        sha256: sha256.to_string(),
        instances: tally,
        false_cases: total.false_cases,
        quiet_events,
        quiet_identity_days: quiet_days,
        false_identity_days: false_days,
        fpr_upper,
        precision: total.precision,
        precision_ci: total.precision_ci,
        recall: total.recall,
        recall_ci: total.recall_ci,
        f1: counts.f(1.0),
        f2: counts.f(2.0),
        average_precision: average_precision(&ranked),
        mcc: counts.mcc(),
        false_per_10k: (quiet_events > 0).then(|| 1e4 * total.false_cases as f64 / quiet_events as f64),
        median_minutes_to_escalate: median(&minutes),
        boundary_f1: boundary_f1(instances()),
        by_family: families.into_iter().map(|f| (f.to_string(), run.family(f))).collect(),
        by_boundary: by_boundary.into_iter().collect(),
        ppv: PREVALENCES.iter().map(|(key, p)| (key.to_string(), ppv(total.recall, fpr_upper, *p))).collect(),
    };
    let extras = extras(&run, &measures, &ranked, &minutes, sum(|e| e.identity_days));
    (measures, extras)
}

fn false_days(outcome: &Outcome) -> u64 {
    let mut days: Vec<(&str, i64)> =
        outcome.false_cases.iter().flat_map(|c| c.days.iter().map(|d| (c.identity.as_str(), *d))).collect();
    days.sort_unstable();
    days.dedup();
    days.len() as u64
}

/// Micro-averaged over the caught attacks whose labels name boundaries.
fn boundary_f1<'o>(instances: impl Iterator<Item = &'o InstanceOutcome>) -> Option<f64> {
    let mut counts = Counts::default();
    for instance in instances.filter(|i| i.fate == Fate::Caught && !i.labelled.is_empty()) {
        let right = instance.boundaries.iter().filter(|b| instance.labelled.contains(b)).count() as u64;
        counts.tp += right;
        counts.fp += instance.boundaries.len() as u64 - right;
        counts.missed += instance.labelled.len() as u64 - right;
    }
    counts.f(1.0)
}

fn extras(run: &Run<'_>, measures: &Measures, ranked: &[Ranked], minutes: &[f64], identity_days: u64) -> Extras {
    let curve = pr_curve(ranked);
    let best = |values: Vec<f64>| values.into_iter().reduce(f64::max);
    let tally = measures.instances;
    let share = |part: u64, of: u64| (of > 0).then(|| part as f64 / of as f64);
    let mut false_by_kind: BTreeMap<ScenarioKind, u64> = BTreeMap::new();
    let mut cost = Cost::default();
    for (scenario, outcome) in run.corpus.scenarios.iter().zip(run.outcomes) {
        *false_by_kind.entry(scenario.manifest.kind).or_default() += outcome.false_cases.len() as u64;
        cost.add(outcome);
    }
    let instances = || run.outcomes.iter().flat_map(|o| &o.instances);
    let events: Vec<f64> = instances().filter_map(|i| i.events).map(|n| n as f64).collect();
    let goals: Vec<bool> = instances().filter_map(|i| i.before_objective).collect();
    let mut bands: BTreeMap<u8, (u64, u64, f64)> = BTreeMap::new();
    for item in ranked {
        let score = item.score.unwrap_or(0.0).clamp(0.0, 100.0);
        let band = bands.entry(((score / 10.0) as u8).min(9) * 10).or_default();
        band.0 += 1;
        band.1 += u64::from(item.positive);
        band.2 += score;
    }
    let word = |w: Option<&'static str>| w.map(str::to_string);
    Extras {
        prevalence: share(ranked.iter().filter(|r| r.positive).count() as u64, ranked.len() as u64),
        recall_at_half_precision: best(curve.iter().filter(|p| p.precision >= 0.5).map(|p| p.recall).collect()),
        precision_at_high_recall: best(curve.iter().filter(|p| p.recall >= 0.8).map(|p| p.precision).collect()),
        curve,
        recall_or_queued: share(tally.caught + tally.queued, tally.malicious),
        cases_per_thousand_days: share(1000 * (tally.caught + measures.false_cases), identity_days),
        false_per_thousand_days: share(1000 * measures.false_cases, identity_days),
        false_by_kind,
        p90_minutes: quantile(minutes, 0.9),
        median_events: median(&events),
        before_objective: (goals.len() as u64, goals.iter().filter(|g| **g).count() as u64),
        duplicates: run.outcomes.iter().map(|o| o.duplicates).sum(),
        cost: Preset::ALL.iter().map(|p| (p.as_str(), cost.per_thousand(identity_days, *p))).collect(),
        by_source: run.groups(|i| word(i.about.0.map(|s| s.as_str())), |c| word(c.about.0.map(|s| s.as_str()))),
        by_kind: run.groups(|i| word(i.about.1.map(|k| k.as_str())), |c| word(c.about.1.map(|k| k.as_str()))),
        brier: brier_score(ranked),
        brier_of_prevalence: brier_of_prevalence(ranked),
        reliability: bands.into_iter().map(|(low, (n, positives, sum))| (low, n, positives, sum)).collect(),
        identity_days,
    }
}
