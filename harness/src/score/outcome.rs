use crate::decode::{Fact, Name, day_of};
use crate::engine::{Case, Replay, Update, Verdict};
use crate::scenario::{Instance, Mark, Scenario, Truth};
use crate::stats::{Counts, Ranked};
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;
use vires_event::{Boundary, Kind, Millis, Source};

const HOUR: Millis = 3_600_000;
/// An attack is caught if somebody is told while it runs or within this time after its last event.
const GRACE: Millis = 24 * HOUR;
/// False cases of one identity within this time are one: a person who looked once knows.
const MERGE: Millis = 7 * 24 * HOUR;
/// Events may come this much out of order.
const LATE: Millis = 5 * 60_000;

/// What became of an attack instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fate {
    /// Somebody was told in time, for the right events.
    Caught,
    /// Nobody was.
    Missed,
    /// It was put into the queue of what cannot be judged.
    Queued,
}

impl Fate {
    /// The word as it stands in output.
    pub const fn as_str(self) -> &'static str {
        match self {
            Fate::Caught => "caught",
            Fate::Missed => "missed",
            Fate::Queued => "queued",
        }
    }
}

/// What became of one attack instance, and how.
#[derive(Debug, Clone, PartialEq)]
pub struct InstanceOutcome {
    /// Its name.
    pub name: String,
    /// Who did it: as the case that told of it says, else as the labels say, else as its first event says.
    pub identity: String,
    /// Boundaries that the labels say it crosses.
    pub labelled: Vec<Boundary>,
    /// What became of it.
    pub fate: Fate,
    /// Highest verdict of a case about it.
    pub verdict: Verdict,
    /// Highest score of a case about it; `None` if there is no case.
    pub score: Option<f64>,
    /// When somebody was told.
    pub at: Option<Millis>,
    /// Minutes from its first event until then.
    pub minutes: Option<f64>,
    /// Its events up to then.
    pub events: Option<u64>,
    /// Whether that was before the objective; `None` without objective.
    pub before_objective: Option<bool>,
    /// Boundaries that the judge named.
    pub boundaries: Vec<Boundary>,
    /// Criteria that had a part in it.
    pub codes: Vec<String>,
    /// What the judge said.
    pub reasons: Vec<String>,
    /// How much was at stake, 0–1.
    pub impact: f64,
    /// Log format and sort of identity of its first event.
    pub about: (Option<Source>, Option<Kind>),
}

/// Cases about nothing malicious: those of one identity within a week.
#[derive(Debug, Clone, PartialEq)]
pub struct FalseCase {
    /// The identity.
    pub identity: String,
    /// When it was first raised.
    pub at: Millis,
    /// Highest verdict.
    pub verdict: Verdict,
    /// Highest score.
    pub score: f64,
    /// Boundaries that the judge named.
    pub boundaries: Vec<Boundary>,
    /// Criteria that had a part in it.
    pub codes: Vec<String>,
    /// What the judge said.
    pub reasons: Vec<String>,
    /// Days, since 1970, on which it was raised.
    pub days: Vec<i64>,
    /// Log format and sort of the identity's first event.
    pub about: (Option<Source>, Option<Kind>),
}

/// What came of one scenario.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Outcome {
    /// Highest verdict that any case reached.
    pub verdict: Verdict,
    /// Attack instances in the order of the truth.
    pub instances: Vec<InstanceOutcome>,
    /// What was raised for nothing.
    pub false_cases: Vec<FalseCase>,
    /// Quiet cases of which nobody was told (`watch`, `cannot_judge`), merged in the same way.
    pub kept: Vec<FalseCase>,
    /// Cases that rest on ambiguous events: counted on neither side.
    pub ambiguous: Vec<FalseCase>,
    /// When somebody was first told of anything.
    pub first_escalation: Option<Millis>,
    /// What the highest case said.
    pub reasons: Vec<String>,
    /// Escalated cases about attacks that another case had already told of.
    pub duplicates: u64,
    /// Quiet cases of verdict `watch`.
    pub watched: u64,
    /// Quiet cases of verdict `cannot_judge`.
    pub queued_quiet: u64,
    /// Everything that has a score or should have: attack instances and quiet cases.
    pub ranked: Vec<Ranked>,
}

/// What was caught, missed and raised for nothing in several scenarios.
pub fn caught_and_missed<'o>(outcomes: impl Iterator<Item = &'o Outcome>) -> Counts {
    outcomes.fold(Counts::default(), |sum, outcome| {
        let caught = outcome.instances.iter().filter(|i| i.fate == Fate::Caught).count() as u64;
        Counts {
            tp: sum.tp + caught,
            missed: sum.missed + outcome.instances.len() as u64 - caught,
            fp: sum.fp + outcome.false_cases.len() as u64,
            ..sum
        }
    })
}

/// Compares what was said of a scenario with what is true.
pub fn outcome(scenario: &Scenario, truth: &Truth, replay: &Replay) -> Outcome {
    let objective = objective_line(scenario);
    let mut result = Outcome::default();
    let mut about: Vec<Vec<&Case>> = vec![Vec::new(); truth.instances.len()];
    let mut quiet: Vec<&Case> = Vec::new();
    for case in &replay.cases {
        let (mut instances, mut ambiguous) = (Vec::new(), false);
        for line in case.updates.iter().flat_map(|u| &u.lines) {
            match truth.mark(*line) {
                Some(Mark::Malicious(i)) => instances.push(i),
                Some(Mark::Ambiguous) => ambiguous = true,
                _ => {}
            }
        }
        instances.sort_unstable();
        instances.dedup();
        for i in &instances {
            if let Some(list) = about.get_mut(*i) {
                list.push(case);
            }
        }
        match (instances.is_empty(), ambiguous) {
            (false, _) => {}
            (true, true) => result.ambiguous.extend(quiet_case(&case.identity, &[case], Verdict::Suppress)),
            (true, false) => quiet.push(case),
        }
    }
    for (instance, cases) in truth.instances.iter().zip(&about) {
        let (mut fate, duplicates) =
            judge_instance(instance, cases, objective.map(|line| fact_at(scenario, line).and_then(|f| f.at)));
        let first = instance.lines.first().and_then(|line| fact_at(scenario, *line));
        fate.about = first.map(about_of).unwrap_or_default();
        if fate.identity.is_empty() {
            let known = first.and_then(|fact| fact.identity).map(|name| scenario.names.text(name));
            fate.identity = known.unwrap_or_default().to_string();
        }
        result.ranked.push(Ranked { score: fate.score, positive: true });
        result.duplicates += duplicates;
        result.instances.push(fate);
    }
    quiet_cases(&quiet, &mut result);
    if !result.false_cases.is_empty() {
        let mut first: FxHashMap<Name, &Fact> = FxHashMap::default();
        for fact in &scenario.events.facts {
            if let Some(identity) = fact.identity {
                first.entry(identity).or_insert(fact);
            }
        }
        for case in &mut result.false_cases {
            let fact = scenario.names.find(&case.identity).and_then(|name| first.get(&name));
            case.about = fact.map(|fact| about_of(fact)).unwrap_or_default();
        }
    }
    let escalations = replay.cases.iter().filter_map(Case::first_escalation);
    result.first_escalation = escalations.map(|u| u.at).min();
    result.verdict = replay.cases.iter().map(Case::verdict).max().unwrap_or_default();
    let top = replay.cases.iter().filter(|c| c.verdict() == result.verdict).max_by(|a, b| a.score().total_cmp(&b.score()));
    result.reasons = top.and_then(Case::worst).map(|u| u.reasons.clone()).unwrap_or_default();
    result
}

fn objective_line(scenario: &Scenario) -> Option<u32> {
    let id = scenario.manifest.expect.as_ref()?.objective.as_deref()?;
    scenario.events.wanted.iter().find(|(_, wanted)| wanted == id).map(|(line, _)| *line)
}

fn fact_at(scenario: &Scenario, line: u32) -> Option<&Fact> {
    let at = scenario.events.facts.binary_search_by_key(&line, |f| f.line).ok()?;
    scenario.events.facts.get(at)
}

fn about_of(fact: &Fact) -> (Option<Source>, Option<Kind>) {
    (Some(fact.source), fact.kind)
}

fn touches(update: &Update, instance: &Instance) -> bool {
    update.lines.iter().any(|line| instance.lines.binary_search(line).is_ok())
}

fn in_time(update: &Update, instance: &Instance) -> bool {
    instance.first.is_none_or(|first| update.at >= first - LATE) && instance.last.is_none_or(|last| update.at <= last + GRACE)
}

fn judge_instance(instance: &Instance, cases: &[&Case], objective: Option<Option<Millis>>) -> (InstanceOutcome, u64) {
    let mut result = InstanceOutcome {
        name: instance.name.clone(),
        identity: instance.identity.clone(),
        labelled: instance.boundaries.clone(),
        fate: Fate::Missed,
        verdict: Verdict::Suppress,
        score: None,
        at: None,
        minutes: None,
        events: None,
        before_objective: None,
        boundaries: Vec::new(),
        codes: Vec::new(),
        reasons: Vec::new(),
        impact: instance.impact,
        about: (None, None),
    };
    let mut alerts = 0;
    let mut shown: Option<&Update> = None;
    for case in cases {
        let updates: Vec<&Update> = case.updates.iter().filter(|u| touches(u, instance)).collect();
        result.score = updates.iter().map(|u| u.score).chain(result.score).reduce(f64::max);
        result.verdict = updates.iter().map(|u| u.verdict).chain([result.verdict]).max().unwrap_or_default();
        let hits = updates.iter().filter(|u| u.verdict.escalates() && in_time(u, instance));
        let first = hits.clone().next();
        alerts += u64::from(first.is_some());
        for hit in hits {
            result.boundaries.extend(&hit.boundaries);
            result.codes.extend(hit.codes.iter().cloned());
        }
        // Of lines that came out of order, the one that came first: nobody was told before it.
        if let Some(hit) = first.filter(|hit| result.at.is_none_or(|at| hit.at < at)) {
            result.at = Some(hit.at);
            result.identity = case.identity.clone();
            shown = Some(hit);
        }
        if result.at.is_none() && updates.iter().any(|u| u.verdict == Verdict::CannotJudge) {
            result.fate = Fate::Queued;
        }
        if result.at.is_none() {
            shown = updates
                .iter()
                .copied()
                .max_by(|a, b| (a.verdict, a.score).partial_cmp(&(b.verdict, b.score)).unwrap_or(std::cmp::Ordering::Equal))
                .or(shown);
        }
    }
    result.reasons = shown.map(|u| u.reasons.clone()).unwrap_or_default();
    if let Some(at) = result.at {
        result.fate = Fate::Caught;
        result.minutes = instance.first.map(|first| (at - first).max(0) as f64 / 60_000.0);
        result.events = shown.map(|hit| events_until(instance, hit));
    } else if let Some(update) = shown {
        result.codes.extend(update.codes.iter().cloned());
    }
    if let Some(goal) = objective {
        result.before_objective = Some(result.at.zip(goal).is_some_and(|(at, goal)| at < goal));
    }
    result.codes.sort_unstable();
    result.codes.dedup();
    result.boundaries.sort_unstable();
    result.boundaries.dedup();
    (result, u64::saturating_sub(alerts, 1))
}

/// How many of the instance's lines had been read when the case reached this state.
fn events_until(instance: &Instance, update: &Update) -> u64 {
    let newest = update.lines.iter().filter(|l| instance.lines.binary_search(l).is_ok()).max().copied().unwrap_or(0);
    instance.lines.iter().filter(|l| **l <= newest).count() as u64
}

fn quiet_cases(cases: &[&Case], result: &mut Outcome) {
    let mut by_identity: BTreeMap<&str, Vec<&Case>> = BTreeMap::new();
    for case in cases {
        by_identity.entry(&case.identity).or_default().push(case);
        match case.verdict() {
            Verdict::Watch => result.watched += 1,
            Verdict::CannotJudge => result.queued_quiet += 1,
            _ => {}
        }
    }
    for (identity, mut cases) in by_identity {
        let mut raised = Vec::new();
        cases.retain(|case| {
            let escalates = case.verdict().escalates();
            if escalates {
                raised.push(*case);
            }
            !escalates
        });
        raised.sort_by_key(|case| case.first_escalation().map(|u| u.at));
        cases.sort_by_key(|case| case.updates.first().map(|u| u.at));
        for group in weeks(&raised, |case| case.first_escalation().map(|u| u.at)) {
            result.false_cases.extend(quiet_case(identity, group, Verdict::Escalate));
        }
        for group in weeks(&cases, |case| case.updates.first().map(|u| u.at)) {
            result.kept.extend(quiet_case(identity, group, Verdict::Suppress));
        }
    }
    let quiet = result.false_cases.iter().chain(&result.kept);
    result.ranked.extend(quiet.map(|case| Ranked { score: Some(case.score), positive: false }));
}

/// Splits cases sorted by time into groups that start within [`MERGE`] of the group's first.
fn weeks<'c, 's>(cases: &'s [&'c Case], at: impl Fn(&Case) -> Option<Millis>) -> Vec<&'s [&'c Case]> {
    let mut groups = Vec::new();
    let mut rest = cases;
    while let Some(start) = rest.first().map(|case| at(case).unwrap_or(Millis::MIN)) {
        let size = rest.iter().take_while(|case| at(case).is_none_or(|at| at.saturating_sub(start) < MERGE)).count().max(1);
        let (group, after) = rest.split_at(size);
        groups.push(group);
        rest = after;
    }
    groups
}

/// Sums up a group; only states of at least this verdict speak.
fn quiet_case(identity: &str, group: &[&Case], least: Verdict) -> Option<FalseCase> {
    let updates = || group.iter().flat_map(|case| &case.updates).filter(|u| u.verdict >= least);
    let worst = updates().max_by(|a, b| a.verdict.cmp(&b.verdict).then(a.score.total_cmp(&b.score)))?;
    let mut case = FalseCase {
        identity: identity.to_string(),
        at: group.iter().filter_map(|case| case.updates.iter().find(|u| u.verdict >= least)).map(|u| u.at).min()?,
        verdict: worst.verdict,
        score: group.iter().map(|c| c.score()).fold(0.0, f64::max),
        boundaries: updates().flat_map(|u| u.boundaries.iter().copied()).collect(),
        codes: updates().flat_map(|u| u.codes.iter().cloned()).collect(),
        reasons: worst.reasons.clone(),
        days: updates().map(|u| day_of(u.at)).collect(),
        about: (None, None),
    };
    case.boundaries.sort_unstable();
    case.boundaries.dedup();
    case.codes.sort_unstable();
    case.codes.dedup();
    case.days.sort_unstable();
    case.days.dedup();
    Some(case)
}

#[cfg(test)]
#[path = "outcome_tests.rs"]
mod tests;
