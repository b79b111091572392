//! The screen: at most 100 columns, counts beside every rate.

use super::expect::{Expected, further_failures};
use super::text::{chance, clean, count, delta, duration, interval, rate, several, short, signed_interval, small};
use super::{RunFile, TOOL};
use crate::compare::{Comparison, Flip};
use crate::evaluate::{Evaluation, TuningRun};
use crate::scenario::Scenario;
use crate::score::{Fate, Measures};
use rustc_hash::FxHashSet;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use tabled::builder::Builder;
use tabled::settings::object::Columns;
use tabled::settings::{Alignment, Padding, Style};

/// Widest line.
pub(crate) const WIDTH: usize = 100;

/// Flips and misses that are listed; all of them stand in the other forms.
const MOST: usize = 12;

/// The whole screen.
pub fn table(evaluation: &Evaluation) -> String {
    let mut out = head(evaluation);
    match (evaluation.runs.as_slice(), evaluation.comparisons.as_slice()) {
        ([only], _) => single(evaluation, only, &mut out),
        (runs, comparisons) => {
            for (comparison, run) in comparisons.iter().zip(runs.iter().skip(1)) {
                out.push('\n');
                if let Some(first) = runs.first() {
                    pair(evaluation, comparison, (first, run), &mut out);
                }
            }
            if comparisons.len() > 1 {
                out.push('\n');
                out.push_str(&overview(runs));
            }
        }
    }
    tail(evaluation, &mut out);
    out
}

fn head(evaluation: &Evaluation) -> String {
    let scenarios = &evaluation.corpus.scenarios;
    let events: u64 = scenarios.iter().map(|s| s.events.facts.len() as u64).sum();
    let identities: FxHashSet<(usize, crate::decode::Name)> = scenarios
        .iter()
        .enumerate()
        .flat_map(|(n, s)| s.events.facts.iter().filter(|f| !f.human).filter_map(move |f| f.identity.map(|i| (n, i))))
        .collect();
    let attacks: u64 = scenarios.iter().map(|s| s.truth.instances.len() as u64).sum();
    let provenance = RunFile::new(evaluation).provenance;
    let mut out = format!(
        "{TOOL}   {}   {}   {}   {} should escalate   seed {}\n",
        several(scenarios.len() as u64, "scenario", "scenarios"),
        several(events, "event", "events"),
        several(identities.len() as u64, "identity", "identities"),
        count(attacks),
        evaluation.seed
    );
    let _ = writeln!(
        out,
        "provenance  modelled {}  emulated {}  real {}   corpus sha256 {}   catalogue {}",
        provenance.modelled,
        provenance.emulated,
        provenance.real,
        short(&evaluation.corpus.sha256),
        short(&evaluation.catalogue)
    );
    for (letter, run) in letters().zip(&evaluation.runs) {
        let file = if run.tuning.file.is_empty() { String::new() } else { format!("   {}", clean(&run.tuning.file, 40)) };
        let _ = writeln!(out, "  {letter}  {}{file}   sha256 {}", clean(&run.measures.name, 24), short(&run.measures.sha256));
    }
    let unreadable: u64 = scenarios.iter().map(|s| s.events.unreadable + s.history.unreadable).sum();
    if unreadable > 0 {
        let _ = writeln!(out, "  {} that nobody can read", several(unreadable, "line", "lines"));
    }
    if evaluation.peeked {
        out.push_str("  found with knowledge of the test split (--i-peeked)\n");
    }
    out
}

fn letters() -> impl Iterator<Item = String> {
    (0..).map(|n: u8| if n < 26 { char::from(b'a' + n).to_string() } else { format!("t{n}") })
}

/// Aligns: the first column and what `left` names to the left, all else to the right.
pub(crate) fn aligned(rows: Vec<Vec<String>>, left: &[usize]) -> String {
    let mut builder = Builder::default();
    for row in rows {
        builder.push_record(row);
    }
    let mut table = builder.build();
    table.with(Style::empty()).with(Padding::new(0, 2, 0, 0));
    for column in (1..table.count_columns()).filter(|c| !left.contains(c)) {
        table.modify(Columns::one(column), Alignment::right());
    }
    let text = table.to_string();
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    lines.join("\n") + "\n"
}

fn single(evaluation: &Evaluation, run: &TuningRun, out: &mut String) {
    let m = &run.measures;
    out.push('\n');
    let _ = writeln!(
        out,
        "caught {} of the {} that should escalate, missed {}, queued {}; {}",
        count(m.instances.caught),
        count(m.instances.malicious),
        count(m.instances.missed),
        count(m.instances.queued),
        several(m.false_cases, "false case", "false cases"),
    );
    out.push('\n');
    let header = ["family", "should", "caught", "missed", "queued", "false", "precision", "recall"];
    let mut rows: Vec<Vec<String>> = vec![header.iter().map(ToString::to_string).collect()];
    let mut line = |name: &str, t: crate::score::Tally, wrong: u64, p: (Option<f64>, _), r: (Option<f64>, _)| {
        rows.push(vec![
            clean(name, 24),
            count(t.malicious),
            count(t.caught),
            count(t.missed),
            count(t.queued),
            count(wrong),
            with_interval(p.0, p.1),
            with_interval(r.0, r.1),
        ]);
    };
    for (family, s) in &m.by_family {
        line(family, s.instances, s.false_cases, (s.precision, s.precision_ci), (s.recall, s.recall_ci));
    }
    line("all", m.instances, m.false_cases, (m.precision, m.precision_ci), (m.recall, m.recall_ci));
    for (boundary, s) in &m.by_boundary {
        let name = format!("boundary {boundary}");
        line(&name, s.instances, s.false_cases, (s.precision, s.precision_ci), (s.recall, s.recall_ci));
    }
    out.push_str(&aligned(rows, &[6, 7]));
    out.push('\n');
    numbers(run, out);
    missed(&evaluation.corpus.scenarios, run, out);
    expectations(&evaluation.corpus.scenarios, run, out);
}

fn with_interval(value: Option<f64>, ci: Option<crate::stats::Interval>) -> String {
    if value.is_none() { "-".into() } else { format!("{} {}", rate(value), interval(ci)) }
}

fn numbers(run: &TuningRun, out: &mut String) {
    let (m, x) = (&run.measures, &run.extras);
    let _ = writeln!(
        out,
        "F1 {}   F2 {}   average precision {}   MCC {}   boundaries named right (F1) {}",
        rate(m.f1),
        rate(m.f2),
        rate(m.average_precision),
        rate(m.mcc),
        rate(m.boundary_f1)
    );
    let _ = writeln!(
        out,
        "recall at precision .5 or more {}   precision at recall .8 or more {}   recall with queue {}",
        rate(x.recall_at_half_precision),
        rate(x.precision_at_high_recall),
        rate(x.recall_or_queued)
    );
    let _ = writeln!(
        out,
        "calibration: Brier score {}   of saying the prevalence every time {}",
        rate(x.brier),
        rate(x.brier_of_prevalence)
    );
    let _ = writeln!(
        out,
        "false cases per 10,000 events {}, per 1,000 identity-days {}",
        small(m.false_per_10k),
        small(x.false_per_thousand_days)
    );
    let _ = writeln!(
        out,
        "escalations per 1,000 identity-days {}   further alerts about the same attack {}",
        small(x.cases_per_thousand_days),
        count(x.duplicates)
    );
    let _ = writeln!(
        out,
        "time to escalate: median {}, 90 % within {}   events until then: median {}",
        duration(m.median_minutes_to_escalate),
        duration(x.p90_minutes),
        small(x.median_events)
    );
    if x.before_objective.0 > 0 {
        let _ = writeln!(out, "escalated before the attack's objective: {} of {}", x.before_objective.1, x.before_objective.0);
    }
    let ppv: Vec<String> = m.ppv.iter().map(|(p, value)| format!("{p}: {}", small(*value))).collect();
    let _ = writeln!(
        out,
        "base rate: {} of {} quiet identity-days raised, at most {} (95 %)",
        count(m.false_identity_days),
        count(m.quiet_identity_days),
        small(m.fpr_upper)
    );
    let _ = writeln!(out, "  share of escalations that are right at a prevalence of  {}", ppv.join("   "));
    let cost: Vec<String> = x.cost.iter().map(|(preset, value)| format!("{preset} {}", small(*value))).collect();
    let _ = writeln!(out, "cost per 1,000 identity-days: {}", cost.join("   "));
}

fn missed(scenarios: &[Scenario], run: &TuningRun, out: &mut String) {
    let all: Vec<String> = scenarios
        .iter()
        .zip(&run.outcomes)
        .flat_map(|(s, o)| o.instances.iter().filter(|i| i.fate != Fate::Caught).map(move |i| (s, i)))
        .map(|(s, i)| {
            let name = if i.name == s.id() { String::new() } else { format!(" {}", i.name) };
            let score = i.score.map_or_else(String::new, |score| format!("  {} at {score:.0}", i.verdict.as_str()));
            let mark = if s.manifest.is_undetectable() { "  undetectable by design" } else { "" };
            clean(&format!("  {:<7} {}{name}{score}{mark}", i.fate.as_str(), s.id()), WIDTH)
        })
        .collect();
    list("not caught", &all, out);
    let raised: Vec<String> = scenarios
        .iter()
        .zip(&run.outcomes)
        .flat_map(|(s, o)| o.false_cases.iter().map(move |c| (s, c)))
        .map(|(s, c)| {
            let reason = c.reasons.first().map_or("", String::as_str);
            let line = clean(&format!("  {:<8} {:>3.0}  {}  {}", c.verdict.as_str(), c.score, s.id(), c.identity), WIDTH);
            if reason.is_empty() { line } else { format!("{line}\n{}\"", clean(&format!("      \"{reason}"), WIDTH - 1)) }
        })
        .collect();
    list("false cases", &raised, out);
    let ambiguous: Vec<String> = scenarios
        .iter()
        .zip(&run.outcomes)
        .flat_map(|(s, o)| {
            o.ambiguous.iter().map(move |c| clean(&format!("  {:<8} {}  {}", c.verdict.as_str(), s.id(), c.identity), WIDTH))
        })
        .collect();
    list("ambiguous, counted on neither side", &ambiguous, out);
}

fn list(title: &str, lines: &[String], out: &mut String) {
    if lines.is_empty() {
        return;
    }
    let _ = writeln!(out, "\n{title} ({})", lines.len());
    for line in lines.iter().take(MOST) {
        let _ = writeln!(out, "{line}");
    }
    if lines.len() > MOST {
        let _ = writeln!(out, "  … and {} more", lines.len() - MOST);
    }
}

fn expectations(scenarios: &[Scenario], run: &TuningRun, out: &mut String) {
    let failed: Vec<(&Scenario, Expected, String)> = scenarios
        .iter()
        .zip(&run.outcomes)
        .flat_map(|(s, o)| further_failures(s, o).into_iter().map(move |(what, text)| (s, what, text)))
        .collect();
    const TITLE: &str = "caught or spared, but not quite as the authors expected";
    if failed.len() <= MOST {
        let lines: Vec<String> = failed.iter().map(|(s, _, text)| clean(&format!("  {}: {text}", s.id()), WIDTH)).collect();
        list(TITLE, &lines, out);
        return;
    }
    // So many names help nobody: how many of a sort there are does.
    let mut sorts: BTreeMap<&str, u64> = BTreeMap::new();
    for (_, what, text) in &failed {
        let sort = match what {
            Expected::Verdict => "another verdict",
            Expected::Boundary => text.as_str(),
            Expected::Delay => "later than expected",
        };
        *sorts.entry(sort).or_default() += 1;
    }
    let mut sorts: Vec<(u64, &str)> = sorts.into_iter().map(|(sort, n)| (n, sort)).collect();
    sorts.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(b.1)));
    let _ = writeln!(out, "\n{TITLE} ({}; --out scenarios.csv names them)", failed.len());
    for (n, sort) in sorts {
        let _ = writeln!(out, "  {n:>4}  {sort}");
    }
}

/// What a later tuning does differently, as a sentence.
pub(crate) fn sentence(a: &Measures, b: &Measures) -> String {
    let more = |n: i128, one: &str, many: &str| match n {
        0 => format!("as many {many}"),
        1 => format!("1 more {one}"),
        -1 => format!("1 {one} less"),
        n if n > 0 => format!("{n} more {many}"),
        n => format!("{} fewer {many}", -n),
    };
    let caught = i128::from(b.instances.caught) - i128::from(a.instances.caught);
    let raised = i128::from(b.false_cases) - i128::from(a.false_cases);
    format!(
        "{} catches {} of the {} that matter ({}, was {})\nand raises {} ({}, was {}).",
        clean(&b.name, 24),
        more(caught, "escalation", "escalations"),
        count(b.instances.malicious),
        b.instances.caught,
        a.instances.caught,
        more(raised, "false case", "false cases"),
        b.false_cases,
        a.false_cases
    )
}

fn pair(evaluation: &Evaluation, comparison: &Comparison, (a, b): (&TuningRun, &TuningRun), out: &mut String) {
    let (ma, mb) = (&a.measures, &b.measures);
    let _ = writeln!(out, "{}\n", sentence(ma, mb));
    let row = |name: &str, was: Option<f64>, is: Option<f64>, ci: String, p: String| {
        vec![format!("  {name}"), rate(was), "->".into(), rate(is), delta(Some(0.0).and_then(|_| Some(is? - was?))), ci, p]
    };
    let d = &comparison.intervals;
    let rows = vec![
        row("recall", ma.recall, mb.recall, signed_interval(d.recall), chance(comparison.mcnemar_p)),
        row(
            "precision",
            ma.precision,
            mb.precision,
            signed_interval(d.precision),
            format!("{} (quiet)", chance(comparison.mcnemar_p_quiet)),
        ),
        row("F2", ma.f2, mb.f2, signed_interval(d.f2), String::new()),
    ];
    out.push_str(&aligned(rows, &[5, 6]));
    let _ = writeln!(out, "  {}\n", wrapped(&comparison.verdict, 2));
    let header = ["family", "should", "caught", "", "false", "", "precision", "", "recall", "", "Δ recall"];
    let names = ["", "escalate", "a", "b", "a", "b", "a", "b", "a", "b", ""];
    let mut rows: Vec<Vec<String>> = [header, names].iter().map(|r| r.iter().map(ToString::to_string).collect()).collect();
    let noticeable = comparison.intervals.recall.is_some_and(|i| i.low > 0.0 || i.high < 0.0);
    for (family, was) in &ma.by_family {
        let Some(is) = mb.by_family.get(family) else { continue };
        let change = Some(()).and_then(|()| Some(is.recall? - was.recall?));
        let mark = if change.is_some_and(|c| c != 0.0) && !noticeable { " ~" } else { "" };
        rows.push(vec![
            clean(family, 22),
            count(is.instances.malicious),
            count(was.instances.caught),
            count(is.instances.caught),
            count(was.false_cases),
            count(is.false_cases),
            rate(was.precision),
            rate(is.precision),
            rate(was.recall),
            rate(is.recall),
            format!("{}{mark}", delta(change)),
        ]);
    }
    out.push_str(&aligned(rows, &[10]));
    if !noticeable {
        out.push_str("  ~ could be chance\n");
    }
    changed(&comparison.flips, out);
    let both: Vec<String> = evaluation
        .corpus
        .scenarios
        .iter()
        .zip(a.outcomes.iter().zip(&b.outcomes))
        .flat_map(|(s, (was, is))| was.instances.iter().zip(&is.instances).map(move |(was, is)| (s, was, is)))
        .filter(|(_, was, is)| was.fate != Fate::Caught && is.fate != Fate::Caught)
        .map(|(s, _, is)| clean(&format!("  {}  {}", s.id(), is.name), WIDTH))
        .collect();
    list("missed by both", &both, out);
}

fn changed(flips: &[Flip], out: &mut String) {
    let number =
        |from: &str, to: &str| flips.iter().filter(|f| (from == "*" || f.from == from) && (to == "*" || f.to == to)).count();
    let _ = writeln!(
        out,
        "\ndecisions that changed   {} caught   {} lost   {} new false   {} false removed",
        number("*", "caught"),
        number("caught", "*"),
        number("quiet", "false"),
        number("false", "quiet")
    );
    for flip in flips.iter().take(MOST) {
        let sign = match (flip.from.as_str(), flip.to.as_str()) {
            (_, "caught") | ("false", _) => '+',
            ("caught", _) | (_, "false") => '-',
            _ => ' ',
        };
        let what = match flip.to.as_str() {
            "quiet" => "not false".to_string(),
            to => to.to_string(),
        };
        let instance = if flip.instance == flip.scenario { "" } else { &flip.instance };
        let line = clean(&format!("  {sign} {what:<9} {}  {instance}", flip.scenario), WIDTH);
        let _ = writeln!(out, "{}", line.trim_end());
        if !flip.reason.is_empty() {
            let _ = writeln!(out, "{}\"", clean(&format!("      \"{}", flip.reason), WIDTH - 1));
        }
    }
    if flips.len() > MOST {
        let _ = writeln!(out, "  … and {} more", flips.len() - MOST);
    }
}

fn overview(runs: &[TuningRun]) -> String {
    let header = ["tuning", "caught", "missed", "queued", "false", "precision", "recall", "F1", "F2", "AP"];
    let mut rows: Vec<Vec<String>> = vec![header.iter().map(ToString::to_string).collect()];
    for (letter, run) in letters().zip(runs) {
        let m = &run.measures;
        rows.push(vec![
            format!("{letter}  {}", clean(&m.name, 24)),
            count(m.instances.caught),
            count(m.instances.missed),
            count(m.instances.queued),
            count(m.false_cases),
            rate(m.precision),
            rate(m.recall),
            rate(m.f1),
            rate(m.f2),
            rate(m.average_precision),
        ]);
    }
    aligned(rows, &[])
}

fn tail(evaluation: &Evaluation, out: &mut String) {
    out.push_str("\nreference detectors\n");
    let header = ["", "caught", "false", "precision", "recall", "F2", "AP"];
    let mut rows: Vec<Vec<String>> = vec![header.iter().map(ToString::to_string).collect()];
    for reference in &evaluation.references {
        let m = &reference.measures;
        rows.push(vec![
            format!("  {}", m.name),
            count(m.instances.caught),
            count(m.false_cases),
            rate(m.precision),
            rate(m.recall),
            rate(m.f2),
            rate(m.average_precision),
        ]);
    }
    out.push_str(&aligned(rows, &[]));
    let of = |pair: (Option<f64>, Option<f64>)| format!("{} (chance {})", rate(pair.0), rate(pair.1));
    if let Some(run) = evaluation.runs.last() {
        let _ = writeln!(
            out,
            "self-checks, AP near chance: shuffled labels {}   form of records {}",
            of(run.shuffled),
            of(evaluation.metadata)
        );
    }
    let synthetic = evaluation.corpus.scenarios.iter().all(|s| s.manifest.provenance != crate::scenario::Provenance::Real);
    if synthetic {
        out.push_str("no scenario was recorded in the wild: read these figures as a comparison, not as a forecast\n");
    }
}

/// Breaks a sentence at blanks so that it stays within the width; later lines are indented by `indent`.
pub(crate) fn wrapped(text: &str, indent: usize) -> String {
    let mut out = String::new();
    let mut column = indent;
    for word in text.split(' ') {
        let width = word.chars().count();
        if column > indent && column + 1 + width > WIDTH {
            out.push('\n');
            out.push_str(&" ".repeat(indent));
            column = indent;
        } else if !out.is_empty() {
            out.push(' ');
            column += 1;
        }
        out.push_str(word);
        column += width;
    }
    out
}
