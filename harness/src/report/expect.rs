use crate::scenario::{ExpectedVerdict, Scenario};
use crate::score::{Fate, Outcome};
use vires_profile::duration::parse_duration;

/// What the scenario's author expected and did not get, in words.
pub(crate) fn failures(scenario: &Scenario, outcome: &Outcome) -> Vec<String> {
    let Some(expect) = &scenario.manifest.expect else { return Vec::new() };
    let mut failed = Vec::new();
    let told = outcome.verdict.escalates();
    match expect.verdict {
        Some(ExpectedVerdict::Escalate) if !told => failed.push(format!("expected escalate, got {}", outcome.verdict.as_str())),
        Some(ExpectedVerdict::Quiet) if told => failed.push(format!("expected quiet, got {}", outcome.verdict.as_str())),
        _ => {}
    }
    for instance in outcome.instances.iter().filter(|i| i.fate == Fate::Caught) {
        let missing: Vec<&str> =
            expect.boundaries.iter().filter(|b| !instance.boundaries.contains(b)).map(|b| b.as_str()).collect();
        if !missing.is_empty() {
            failed.push(format!("boundary {} not named", missing.join(", ")));
        }
        let delay = expect.max_delay.as_deref().and_then(parse_duration).map(|ms| ms as f64 / 60_000.0);
        if let (Some(delay), Some(minutes)) = (delay, instance.minutes)
            && minutes > delay
        {
            failed.push(format!("escalated after {minutes:.0} min, expected within {delay:.0} min"));
        }
    }
    failed
}
