use crate::scenario::{ExpectedVerdict, Scenario};
use crate::score::{Fate, Outcome};
use vires_profile::duration::parse_duration;

/// What an author expected and did not get.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Expected {
    /// To be told, or not to be.
    Verdict,
    /// That a boundary is named.
    Boundary,
    /// To be told in time.
    Delay,
}

/// What the scenario's author expected and did not get, in words.
pub(crate) fn failures(scenario: &Scenario, outcome: &Outcome) -> Vec<String> {
    sorted_failures(scenario, outcome).into_iter().map(|(_, text)| text).collect()
}

/// The same without what the lists of missed attacks and false cases say anyway.
pub(crate) fn further_failures(scenario: &Scenario, outcome: &Outcome) -> Vec<(Expected, String)> {
    let listed = outcome.instances.iter().any(|i| i.fate != Fate::Caught)
        || outcome.false_cases.iter().chain(&outcome.ambiguous).any(|case| case.verdict.escalates());
    let mut failed = sorted_failures(scenario, outcome);
    failed.retain(|(what, _)| *what != Expected::Verdict || !listed);
    failed
}

fn sorted_failures(scenario: &Scenario, outcome: &Outcome) -> Vec<(Expected, String)> {
    let Some(expect) = &scenario.manifest.expect else { return Vec::new() };
    let mut failed = Vec::new();
    let told = outcome.verdict.escalates();
    match expect.verdict {
        Some(ExpectedVerdict::Escalate) if !told => {
            failed.push((Expected::Verdict, format!("expected escalate, got {}", outcome.verdict.as_str())));
        }
        Some(ExpectedVerdict::Quiet) if told => {
            failed.push((Expected::Verdict, format!("expected quiet, got {}", outcome.verdict.as_str())));
        }
        _ => {}
    }
    for instance in outcome.instances.iter().filter(|i| i.fate == Fate::Caught) {
        let missing: Vec<&str> =
            expect.boundaries.iter().filter(|b| !instance.boundaries.contains(b)).map(|b| b.as_str()).collect();
        if !missing.is_empty() {
            failed.push((Expected::Boundary, format!("boundary {} not named", missing.join(", "))));
        }
        let delay = expect.max_delay.as_deref().and_then(parse_duration).map(|ms| ms as f64 / 60_000.0);
        if let (Some(delay), Some(minutes)) = (delay, instance.minutes)
            && minutes > delay
        {
            failed.push((Expected::Delay, format!("escalated after {minutes:.0} min, expected within {delay:.0} min")));
        }
    }
    failed
}
