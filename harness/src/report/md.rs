//! Markdown, for pull requests and notes.

use super::text::{chance, count, delta, duration, interval, rate, short, signed_interval, small};
use super::{RunFile, TOOL};
use crate::evaluate::Evaluation;
use crate::score::{Fate, Measures};
use std::fmt::Write as _;

/// The report.
pub fn markdown(evaluation: &Evaluation) -> String {
    let file = RunFile::new(evaluation);
    let mut out = String::from("# Evaluation of escalation criteria\n\n");
    let p = file.provenance;
    let _ = writeln!(
        out,
        "{TOOL} · seed {} · {} scenarios (modelled {}, emulated {}, real {}) · corpus `{}` · catalogue `{}`\n",
        file.seed,
        evaluation.corpus.scenarios.len(),
        p.modelled,
        p.emulated,
        p.real,
        short(&file.corpus_sha256),
        short(&evaluation.catalogue)
    );
    if evaluation.peeked {
        out.push_str("Found with knowledge of the test split.\n\n");
    }
    let all: Vec<&Measures> = file.tunings.iter().chain(&file.references).collect();
    out.push_str("| | should | caught | missed | queued | false | precision | recall | F1 | F2 | AP | MCC |\n");
    out.push_str("|---|--:|--:|--:|--:|--:|---|---|--:|--:|--:|--:|\n");
    for m in all {
        let t = m.instances;
        let _ = writeln!(
            out,
            "| {} | {} | {} | {} | {} | {} | {} {} | {} {} | {} | {} | {} | {} |",
            cell(&m.name),
            t.malicious,
            t.caught,
            t.missed,
            t.queued,
            m.false_cases,
            rate(m.precision),
            interval(m.precision_ci),
            rate(m.recall),
            interval(m.recall_ci),
            rate(m.f1),
            rate(m.f2),
            rate(m.average_precision),
            rate(m.mcc)
        );
    }
    for c in &evaluation.comparisons {
        let _ = writeln!(out, "\n## {} against {}\n\n{}\n", cell(&c.b), cell(&c.a), cell(&c.verdict));
        let _ = writeln!(out, "| | difference | 95 % | |\n|---|--:|---|---|");
        let row = [
            ("recall", c.delta_recall, c.intervals.recall, c.mcnemar_p),
            ("precision", c.delta_precision, c.intervals.precision, c.mcnemar_p_quiet),
        ];
        for (name, value, ci, p) in row {
            let _ = writeln!(out, "| {name} | {} | {} | {} |", delta(value), signed_interval(ci), chance(p));
        }
        if !c.flips.is_empty() {
            out.push_str("\n| scenario | instance | was | is | reason |\n|---|---|---|---|---|\n");
            for f in &c.flips {
                let cells = [&f.scenario, &f.instance, &f.from, &f.to, &f.reason].map(|t| cell(t));
                let _ = writeln!(out, "| {} |", cells.join(" | "));
            }
        }
    }
    for run in &evaluation.runs {
        let m = &run.measures;
        let _ = writeln!(out, "\n## {}\n", cell(&m.name));
        out.push_str(
            "| family | should | caught | missed | queued | false | precision | recall |\n|---|--:|--:|--:|--:|--:|---|---|\n",
        );
        for (family, s) in m.by_family.iter().chain(&m.by_boundary) {
            let t = s.instances;
            let _ = writeln!(
                out,
                "| {} | {} | {} | {} | {} | {} | {} {} | {} {} |",
                cell(family),
                t.malicious,
                t.caught,
                t.missed,
                t.queued,
                s.false_cases,
                rate(s.precision),
                interval(s.precision_ci),
                rate(s.recall),
                interval(s.recall_ci)
            );
        }
        let ppv: Vec<String> = m.ppv.iter().map(|(p, value)| format!("{p}: {}", small(*value))).collect();
        let _ = writeln!(
            out,
            "\nFalse cases per 10,000 events {}, per 1,000 identity-days {}; {} of {} quiet identity-days raised (at most {}, 95 %); right at a prevalence of {}; \
             median time to escalate {}.",
            small(m.false_per_10k),
            small(run.extras.false_per_thousand_days),
            count(m.false_identity_days),
            count(m.quiet_identity_days),
            small(m.fpr_upper),
            ppv.join(", "),
            duration(m.median_minutes_to_escalate)
        );
        let missed =
            evaluation.corpus.scenarios.iter().zip(&run.outcomes).flat_map(|(s, o)| o.instances.iter().map(move |i| (s, i)));
        for (scenario, i) in missed.filter(|(_, i)| i.fate != Fate::Caught) {
            let _ = writeln!(out, "- {}: {} {}", i.fate.as_str(), cell(scenario.id()), cell(&i.name));
        }
        let _ = writeln!(
            out,
            "\nSelf-checks (must be near chance): shuffled labels AP {} (chance {}), form of records AP {} (chance {}).",
            rate(run.shuffled.0),
            rate(run.shuffled.1),
            rate(evaluation.metadata.0),
            rate(evaluation.metadata.1)
        );
    }
    out
}

/// Text in a table cell: nothing in it is markup.
pub(super) fn cell(text: &str) -> String {
    let mut out = String::new();
    for c in super::text::clean(text, 300).chars() {
        if matches!(c, '|' | '<' | '>' | '`' | '*' | '_' | '[' | ']' | '\\' | '#' | '!' | '&') {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

#[cfg(test)]
mod tests {
    #[test]
    fn cells_hold_no_markup() {
        assert_eq!(super::cell("a|b <img> [x](y)"), r"a\|b \<img\> \[x\](y)");
    }
}
