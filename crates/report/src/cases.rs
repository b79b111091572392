use crate::table::Table;
use vires_judge::{CaseUpdate, Disposition};

/// Longest sentence of a table's last column, in characters.
const SENTENCE: usize = 240;

/// Cases as a table, the gravest first: what is done, the score, who, whose, which boundaries, when and why.
pub fn cases_table(cases: &[CaseUpdate]) -> Table {
    let mut table = Table::new(["verdict", "score", "workload", "owner", "boundaries", "since", "case", "why"]);
    for case in ranked(cases) {
        let boundaries: Vec<&str> = case.boundaries.iter().map(|b| b.as_str()).collect();
        table.push([
            case.verdict.as_str(),
            &format!("{:.0}", case.score),
            &case.workload,
            case.owner.as_deref().unwrap_or("-"),
            if boundaries.is_empty() { "-".to_owned() } else { boundaries.join(" ") }.as_str(),
            &minute(case.opened.as_deref().unwrap_or(&case.time)),
            &case.case,
            &why(case),
        ]);
    }
    table
}

/// Cases in the order in which they deserve attention.
pub fn ranked(cases: &[CaseUpdate]) -> Vec<&CaseUpdate> {
    let mut ranked: Vec<&CaseUpdate> = cases.iter().collect();
    ranked.sort_by(|a, b| {
        let urgency = |c: &CaseUpdate| c.urgency.filter(|_| c.verdict == Disposition::CannotJudge).unwrap_or(0.0);
        (b.verdict.cmp(&a.verdict))
            .then_with(|| urgency(b).total_cmp(&urgency(a)))
            .then_with(|| b.score.total_cmp(&a.score))
            .then_with(|| (&a.workload, &a.case).cmp(&(&b.workload, &b.case)))
    });
    ranked
}

/// How many cases of each verdict there are, in one line.
pub fn cases_summary(cases: &[CaseUpdate], lines: u64) -> String {
    let count = |verdict| cases.iter().filter(|c| c.verdict == verdict).count();
    format!(
        "{lines} lines: {} page, {} escalate, {} cannot_judge, {} watch",
        count(Disposition::Page),
        count(Disposition::Escalate),
        count(Disposition::CannotJudge),
        count(Disposition::Watch)
    )
}

/// The weightiest evidence in one sentence.
fn why(case: &CaseUpdate) -> String {
    let Some(first) = case.evidence.iter().find(|e| e.excused_by.is_none()).or(case.evidence.first()) else {
        return case.reasons.first().cloned().unwrap_or_default();
    };
    let mut text = format!("{}: {} (expected {})", first.criterion.replace('_', " "), first.observed, first.expected);
    if text.chars().count() > SENTENCE {
        text = text.chars().take(SENTENCE - 1).collect::<String>() + "…";
    }
    text
}

/// `2026-03-01T10:00:00.000Z` as `2026-03-01 10:00`.
fn minute(time: &str) -> String {
    time.get(..16).unwrap_or(time).replace('T', " ")
}
