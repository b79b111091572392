use super::{Comparison, Deltas, Evidence, Flip};
use crate::report::{RunFile, ScenarioRow};
use crate::stats::mcnemar_exact;
use std::collections::BTreeMap;

/// Compares the last tuning of one run with the last of another, from their files. Files hold counts by scenario, not by instance:
/// of a scenario with several attacks only the difference of the counts is known.
///
/// # Errors
/// If the runs are not over the same scenarios; the text says so.
pub fn compare_files(a: &RunFile, b: &RunFile) -> Result<Comparison, String> {
    if a.corpus_sha256 != b.corpus_sha256 {
        return Err(
            "the two runs are over different scenarios (corpus_sha256 differs); run both tunings over the same folders".into(),
        );
    }
    let (Some(last_a), Some(last_b)) = (a.tunings.last(), b.tunings.last()) else {
        return Err("a run without tunings cannot be compared; write it anew with `harness run --out run.json`".into());
    };
    let rows = |run: &RunFile, name: &str| -> BTreeMap<String, ScenarioRow> {
        run.scenarios.iter().filter(|r| r.tuning == name).map(|r| (r.id.clone(), r.clone())).collect()
    };
    let (rows_a, rows_b) = (rows(a, &last_a.name), rows(b, &last_b.name));
    let (mut table, mut flips) = (Evidence::default(), Vec::new());
    for (id, was) in &rows_a {
        let Some(is) = rows_b.get(id) else { continue };
        table.gained += is.caught.saturating_sub(was.caught);
        table.lost += was.caught.saturating_sub(is.caught);
        table.calmed += was.false_cases.saturating_sub(is.false_cases);
        table.disturbed += is.false_cases.saturating_sub(was.false_cases);
        let mut flip = |from: &str, to: &str, spoke: &ScenarioRow| {
            let reason = spoke.reasons.first().cloned().unwrap_or_default();
            flips.push(Flip { scenario: id.clone(), instance: String::new(), from: from.into(), to: to.into(), reason });
        };
        let rest = |row: &ScenarioRow| if row.queued > 0 { "queued" } else { "missed" };
        match is.caught.cmp(&was.caught) {
            std::cmp::Ordering::Greater => flip(rest(was), "caught", is),
            std::cmp::Ordering::Less => flip("caught", rest(is), was),
            std::cmp::Ordering::Equal if was.queued != is.queued => flip(rest(was), rest(is), is),
            std::cmp::Ordering::Equal => {}
        }
        match is.false_cases.cmp(&was.false_cases) {
            std::cmp::Ordering::Greater => flip("quiet", "false", is),
            std::cmp::Ordering::Less => flip("false", "quiet", was),
            std::cmp::Ordering::Equal => {}
        }
    }
    let mcnemar_p = (last_a.instances.malicious > 0).then(|| mcnemar_exact(table.gained, table.lost));
    let mcnemar_p_quiet = (last_a.quiet_events > 0).then(|| mcnemar_exact(table.calmed, table.disturbed));
    (table.p, table.p_quiet, table.tests) = (mcnemar_p, mcnemar_p_quiet, 1);
    Ok(Comparison {
        a: last_a.name.clone(),
        b: last_b.name.clone(),
        delta_recall: super::paired::minus(last_b.recall, last_a.recall),
        delta_precision: super::paired::minus(last_b.precision, last_a.precision),
        mcnemar_p,
        mcnemar_p_quiet,
        verdict: table.verdict(),
        flips,
        intervals: Deltas::default(),
        evidence: Some(table),
    })
}
