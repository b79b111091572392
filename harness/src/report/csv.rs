//! Tables as CSV: RFC 4180 quoting, LF line ends, unknown = empty. Text that a spreadsheet would run as a formula is disarmed.

use super::TOOL;
use crate::decode::format_time;
use crate::engine::Verdict;
use crate::evaluate::{Evaluation, TuningRun};
use crate::scenario::{Provenance, Scenario};
use crate::score::{FalseCase, Fate, InstanceOutcome, Measures, Slice};
use crate::stats::{Counts, Interval, wilson};
use std::collections::BTreeMap;

/// Which table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Table {
    /// Measures by tuning and family.
    Metrics,
    /// The same of the reference detectors.
    References,
    /// Every case and every attack.
    Cases,
    /// What ended as impossible to judge.
    Unmapped,
    /// Every attack instance.
    Instances,
    /// Every scenario.
    Scenarios,
    /// Measures by boundary, log format and sort of identity.
    Categories,
    /// Differences between tunings.
    Compare,
    /// Decisions that differ.
    Flips,
    /// Precision projected to base rates.
    Baserate,
    /// Scores against what they stand for.
    Calibration,
    /// Measures by criterion.
    Criteria,
    /// Points of the precision-recall curve.
    Curve,
    /// Everything else that is measured, one measure a row.
    Details,
}

impl Table {
    /// The table of a file of this name, without its ending.
    pub fn of_name(stem: &str) -> Option<Table> {
        Some(match stem {
            "metrics" => Table::Metrics,
            "references" => Table::References,
            "cases" => Table::Cases,
            "unmapped" => Table::Unmapped,
            "instances" => Table::Instances,
            "scenarios" => Table::Scenarios,
            "categories" => Table::Categories,
            "compare" => Table::Compare,
            "flips" => Table::Flips,
            "baserate" => Table::Baserate,
            "calibration" => Table::Calibration,
            "criteria" => Table::Criteria,
            "curve" => Table::Curve,
            "details" => Table::Details,
            _ => return None,
        })
    }
}

/// The table as text.
pub fn csv(evaluation: &Evaluation, table: Table) -> String {
    let rows = match table {
        Table::Metrics => metrics(evaluation, evaluation.runs.iter().map(|r| &r.measures)),
        Table::References => metrics(evaluation, evaluation.references.iter().map(|r| &r.measures)),
        Table::Cases => cases(evaluation),
        Table::Unmapped => unmapped(evaluation),
        Table::Instances => instances(evaluation),
        Table::Scenarios => scenarios(evaluation),
        Table::Categories => categories(evaluation),
        Table::Compare => compare(evaluation),
        Table::Flips => flips(evaluation),
        Table::Baserate => baserate(evaluation),
        Table::Calibration => calibration(evaluation),
        Table::Criteria => criteria(evaluation, &BTreeMap::new()),
        Table::Curve => curve(evaluation),
        Table::Details => super::details::details(evaluation),
    };
    write(&rows)
}

/// Rows of cells, the header first.
pub(crate) type Rows = Vec<Vec<String>>;

pub(crate) fn write(rows: &Rows) -> String {
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::Any(b'\n')).flexible(true).from_writer(Vec::new());
    for row in rows {
        // Writing to memory cannot fail.
        let _ = writer.write_record(row);
    }
    String::from_utf8(writer.into_inner().unwrap_or_default()).unwrap_or_default()
}

/// Text from a log or a file: control characters blanked, formulas disarmed.
pub(crate) fn text(text: &str) -> String {
    let armed = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let clean: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    if armed { format!("'{clean}") } else { clean }
}

pub(crate) fn number(value: Option<f64>) -> String {
    value.map_or_else(String::new, |v| v.to_string())
}

fn pair(value: Option<Interval>) -> String {
    value.map_or_else(String::new, |i| format!("{};{}", i.low, i.high))
}

pub(crate) fn header(names: &[&str]) -> Rows {
    vec![names.iter().map(ToString::to_string).collect()]
}

fn metrics<'e>(evaluation: &'e Evaluation, measures: impl Iterator<Item = &'e Measures>) -> Rows {
    let mut rows = header(&[
        "tuning",
        "family",
        "malicious",
        "caught",
        "missed",
        "queued",
        "false_cases",
        "quiet_events",
        "quiet_identity_days",
        "false_identity_days",
        "fpr_upper",
        "precision",
        "precision_ci",
        "recall",
        "recall_ci",
        "f1",
        "f2",
        "average_precision",
        "mcc",
        "false_per_10k",
        "median_minutes_to_escalate",
        "boundary_f1",
        "ppv_1e-3",
        "ppv_1e-4",
        "ppv_1e-5",
        "sha256",
        "corpus_sha256",
        "seed",
        "tool",
    ]);
    for m in measures {
        rows.push(total(evaluation, m));
        rows.extend(m.by_family.iter().map(|(family, slice)| part(evaluation, m, family, slice)));
    }
    rows
}

fn end(evaluation: &Evaluation, m: &Measures) -> [String; 4] {
    [m.sha256.clone(), evaluation.corpus.sha256.clone(), evaluation.seed.to_string(), TOOL.to_string()]
}

fn total(evaluation: &Evaluation, m: &Measures) -> Vec<String> {
    let ppv = |key: &str| number(m.ppv.get(key).copied().flatten());
    let mut row = vec![
        text(&m.name),
        "all".into(),
        m.instances.malicious.to_string(),
        m.instances.caught.to_string(),
        m.instances.missed.to_string(),
        m.instances.queued.to_string(),
        m.false_cases.to_string(),
        m.quiet_events.to_string(),
        m.quiet_identity_days.to_string(),
        m.false_identity_days.to_string(),
        number(m.fpr_upper),
        number(m.precision),
        pair(m.precision_ci),
        number(m.recall),
        pair(m.recall_ci),
        number(m.f1),
        number(m.f2),
        number(m.average_precision),
        number(m.mcc),
        number(m.false_per_10k),
        number(m.median_minutes_to_escalate),
        number(m.boundary_f1),
        ppv("1e-3"),
        ppv("1e-4"),
        ppv("1e-5"),
    ];
    row.extend(end(evaluation, m));
    row
}

fn counts(slice: &Slice) -> Counts {
    let t = slice.instances;
    Counts { tp: t.caught, fp: slice.false_cases, missed: t.missed + t.queued, tn: 0 }
}

fn part(evaluation: &Evaluation, m: &Measures, family: &str, slice: &Slice) -> Vec<String> {
    let t = slice.instances;
    let numbers = [t.malicious, t.caught, t.missed, t.queued, slice.false_cases].map(|n| n.to_string());
    let mut row = vec![text(&m.name), text(family)];
    row.extend(numbers);
    row.extend(std::iter::repeat_n(String::new(), 4));
    row.extend([number(slice.precision), pair(slice.precision_ci), number(slice.recall), pair(slice.recall_ci)]);
    row.extend([number(counts(slice).f(1.0)), number(counts(slice).f(2.0))]);
    row.extend(std::iter::repeat_n(String::new(), 8));
    row.extend(end(evaluation, m));
    row
}

fn each(evaluation: &Evaluation) -> impl Iterator<Item = (&TuningRun, &Scenario, &crate::score::Outcome)> {
    evaluation.runs.iter().flat_map(|run| evaluation.corpus.scenarios.iter().zip(&run.outcomes).map(move |(s, o)| (run, s, o)))
}

fn cases(evaluation: &Evaluation) -> Rows {
    let mut rows = header(&["tuning", "scenario", "instance", "identity", "label", "verdict", "score", "time"]);
    for (run, scenario, outcome) in each(evaluation) {
        let mut row = |instance: &str, identity: &str, label: &str, verdict: &str, score: Option<f64>, at: Option<i64>| {
            rows.push(vec![
                text(&run.measures.name),
                text(scenario.id()),
                text(instance),
                text(identity),
                label.to_string(),
                verdict.to_string(),
                number(score),
                at.map_or_else(String::new, format_time),
            ]);
        };
        for i in &outcome.instances {
            row(&i.name, &i.identity, "malicious", i.verdict.as_str(), i.score, i.at);
        }
        let quiet = outcome.false_cases.iter().chain(&outcome.kept).map(|c| ("benign", c));
        for (label, c) in quiet.chain(outcome.ambiguous.iter().map(|c| ("ambiguous", c))) {
            row("", &c.identity, label, c.verdict.as_str(), Some(c.score), Some(c.at));
        }
    }
    rows
}

/// Attacks that were queued, and what else nobody could say: identities without owner, workload or profile.
fn unmapped(evaluation: &Evaluation) -> Rows {
    let mut rows = header(&["tuning", "scenario", "family", "instance", "identity", "label", "score", "reason"]);
    for (run, scenario, outcome) in each(evaluation) {
        let mut row = |instance: &str, identity: &str, label: &str, score: Option<f64>, reasons: &[String]| {
            rows.push(vec![
                text(&run.measures.name),
                text(scenario.id()),
                text(scenario.family()),
                text(instance),
                text(identity),
                label.to_string(),
                number(score),
                text(reasons.first().map_or("", String::as_str)),
            ]);
        };
        for i in outcome.instances.iter().filter(|i| i.fate == Fate::Queued) {
            row(&i.name, &i.identity, "malicious", i.score, &i.reasons);
        }
        let quiet = outcome.kept.iter().map(|c| ("benign", c)).chain(outcome.ambiguous.iter().map(|c| ("ambiguous", c)));
        for (label, c) in quiet.filter(|(_, c)| c.verdict == Verdict::CannotJudge) {
            row("", &c.identity, label, Some(c.score), &c.reasons);
        }
    }
    rows
}

fn boundaries(list: &[vires_event::Boundary]) -> String {
    list.iter().map(|b| b.as_str()).collect::<Vec<_>>().join(";")
}

fn instances(evaluation: &Evaluation) -> Rows {
    let mut rows = header(&[
        "tuning",
        "scenario",
        "family",
        "instance",
        "identity",
        "source",
        "kind",
        "fate",
        "verdict",
        "score",
        "time",
        "minutes",
        "events",
        "before_objective",
        "boundaries_expected",
        "boundaries",
        "criteria",
        "reason",
        "provenance",
    ]);
    for (run, scenario, outcome) in each(evaluation) {
        for i in &outcome.instances {
            rows.push(vec![
                text(&run.measures.name),
                text(scenario.id()),
                text(scenario.family()),
                text(&i.name),
                text(&i.identity),
                i.about.0.map_or("", |s| s.as_str()).into(),
                i.about.1.map_or("", |k| k.as_str()).into(),
                i.fate.as_str().into(),
                i.verdict.as_str().into(),
                number(i.score),
                i.at.map_or_else(String::new, format_time),
                number(i.minutes),
                i.events.map_or_else(String::new, |n| n.to_string()),
                i.before_objective.map_or_else(String::new, |b| b.to_string()),
                boundaries(&i.labelled),
                boundaries(&i.boundaries),
                text(&i.codes.join(";")),
                text(i.reasons.first().map_or("", String::as_str)),
                scenario.manifest.provenance.as_str().into(),
            ]);
        }
    }
    rows
}

fn scenarios(evaluation: &Evaluation) -> Rows {
    let mut rows = header(&[
        "tuning",
        "scenario",
        "family",
        "kind",
        "split",
        "provenance",
        "verdict",
        "caught",
        "missed",
        "queued",
        "false_cases",
        "first_escalation",
        "expectation_failed",
        "reason",
    ]);
    for (run, scenario, outcome) in each(evaluation) {
        let fates = |fate: Fate| outcome.instances.iter().filter(|i| i.fate == fate).count().to_string();
        rows.push(vec![
            text(&run.measures.name),
            text(scenario.id()),
            text(scenario.family()),
            scenario.manifest.kind.as_str().into(),
            scenario.manifest.split.as_str().into(),
            scenario.manifest.provenance.as_str().into(),
            outcome.verdict.as_str().into(),
            fates(Fate::Caught),
            fates(Fate::Missed),
            fates(Fate::Queued),
            outcome.false_cases.len().to_string(),
            outcome.first_escalation.map_or_else(String::new, format_time),
            text(&super::expect::failures(scenario, outcome).join("; ")),
            text(outcome.reasons.first().map_or("", String::as_str)),
        ]);
    }
    rows
}

fn categories(evaluation: &Evaluation) -> Rows {
    let mut rows = header(&[
        "tuning",
        "category",
        "value",
        "malicious",
        "caught",
        "missed",
        "queued",
        "false_cases",
        "precision",
        "precision_ci",
        "recall",
        "recall_ci",
    ]);
    for run in &evaluation.runs {
        let m = &run.measures;
        let groups = [
            ("family", &m.by_family),
            ("boundary", &m.by_boundary),
            ("source", &run.extras.by_source),
            ("kind", &run.extras.by_kind),
        ];
        for (category, slices) in groups {
            for (value, slice) in slices {
                let t = slice.instances;
                let mut row = vec![text(&m.name), category.to_string(), text(value)];
                row.extend([t.malicious, t.caught, t.missed, t.queued, slice.false_cases].map(|n| n.to_string()));
                row.extend([number(slice.precision), pair(slice.precision_ci), number(slice.recall), pair(slice.recall_ci)]);
                rows.push(row);
            }
        }
    }
    rows
}

fn compare(evaluation: &Evaluation) -> Rows {
    let mut rows = header(&[
        "a",
        "b",
        "delta_recall",
        "delta_recall_ci",
        "delta_precision",
        "delta_precision_ci",
        "delta_f2",
        "delta_f2_ci",
        "delta_false_per_1000_identity_days_ci",
        "mcnemar_p",
        "mcnemar_p_quiet",
        "gained",
        "lost",
        "calmed",
        "disturbed",
        "verdict",
    ]);
    for (c, run) in evaluation.comparisons.iter().zip(evaluation.runs.iter().skip(1)) {
        let f2 = |m: Option<&Measures>| m.and_then(|m| m.f2);
        let delta = f2(Some(&run.measures)).zip(f2(evaluation.runs.first().map(|r| &r.measures))).map(|(b, a)| b - a);
        let e = c.evidence.unwrap_or_default();
        rows.push(vec![
            text(&c.a),
            text(&c.b),
            number(c.delta_recall),
            pair(c.intervals.recall),
            number(c.delta_precision),
            pair(c.intervals.precision),
            number(delta),
            pair(c.intervals.f2),
            pair(c.intervals.false_per_thousand),
            number(c.mcnemar_p),
            number(c.mcnemar_p_quiet),
            e.gained.to_string(),
            e.lost.to_string(),
            e.calmed.to_string(),
            e.disturbed.to_string(),
            text(&c.verdict),
        ]);
    }
    rows
}

fn flips(evaluation: &Evaluation) -> Rows {
    let mut rows = header(&["a", "b", "scenario", "instance", "from", "to", "reason"]);
    for c in &evaluation.comparisons {
        for f in &c.flips {
            rows.push([&c.a, &c.b, &f.scenario, &f.instance, &f.from, &f.to, &f.reason].map(|t| text(t)).to_vec());
        }
    }
    rows
}

fn baserate(evaluation: &Evaluation) -> Rows {
    let mut rows =
        header(&["tuning", "prevalence", "recall", "quiet_identity_days", "false_identity_days", "fpr_upper", "ppv"]);
    for run in &evaluation.runs {
        let m = &run.measures;
        for (prevalence, ppv) in &m.ppv {
            rows.push(vec![
                text(&m.name),
                prevalence.clone(),
                number(m.recall),
                m.quiet_identity_days.to_string(),
                m.false_identity_days.to_string(),
                number(m.fpr_upper),
                number(*ppv),
            ]);
        }
    }
    rows
}

fn calibration(evaluation: &Evaluation) -> Rows {
    let mut rows = header(&["tuning", "score_from", "score_to", "cases", "mean_score", "share_worth_escalating"]);
    for run in &evaluation.runs {
        for (low, n, positives, sum) in &run.extras.reliability {
            rows.push(vec![
                text(&run.measures.name),
                low.to_string(),
                (low + 10).to_string(),
                n.to_string(),
                number((*n > 0).then(|| sum / *n as f64)),
                number((*n > 0).then(|| *positives as f64 / *n as f64)),
            ]);
        }
    }
    rows
}

fn curve(evaluation: &Evaluation) -> Rows {
    let mut rows = header(&["tuning", "score", "recall", "precision"]);
    for run in &evaluation.runs {
        for p in &run.extras.curve {
            rows.push(vec![text(&run.measures.name), number(p.score), p.recall.to_string(), p.precision.to_string()]);
        }
    }
    rows
}

/// Measures of each criterion: an attack counts as caught by all criteria that had a part in its escalation. `deltas` holds, by
/// tuning, criterion and family (`all` = total), what F2 loses without the criterion.
pub(crate) fn criteria(evaluation: &Evaluation, deltas: &BTreeMap<(String, String, String), f64>) -> Rows {
    let mut rows = header(&[
        "tuning",
        "criterion",
        "family",
        "should_escalate",
        "caught",
        "missed",
        "false_cases",
        "precision",
        "precision_low",
        "precision_high",
        "recall",
        "recall_low",
        "recall_high",
        "delta_f2_if_removed",
        "provenance",
        "seed",
        "schema_version",
    ]);
    for run in &evaluation.runs {
        let mut codes: Vec<&String> = run
            .outcomes
            .iter()
            .flat_map(|o| {
                let caught = o.instances.iter().filter(|i| i.fate == Fate::Caught).flat_map(|i| &i.codes);
                caught.chain(o.false_cases.iter().flat_map(|c| &c.codes))
            })
            .collect();
        codes.sort_unstable();
        codes.dedup();
        let families: Vec<&str> = std::iter::once("all").chain(run.measures.by_family.keys().map(String::as_str)).collect();
        for code in codes {
            for family in &families {
                rows.push(criterion(evaluation, run, code, family, deltas));
            }
        }
    }
    rows
}

fn criterion(
    evaluation: &Evaluation,
    run: &TuningRun,
    code: &String,
    family: &str,
    deltas: &BTreeMap<(String, String, String), f64>,
) -> Vec<String> {
    let all = evaluation.corpus.scenarios.iter().zip(&run.outcomes);
    let mine: Vec<_> = all.filter(|(s, _)| family == "all" || s.family() == family).collect();
    let instances: Vec<&InstanceOutcome> = mine.iter().flat_map(|(_, o)| &o.instances).collect();
    let caught = instances.iter().filter(|i| i.fate == Fate::Caught && i.codes.contains(code)).count() as u64;
    let raised: Vec<&FalseCase> = mine.iter().flat_map(|(_, o)| &o.false_cases).filter(|c| c.codes.contains(code)).collect();
    let (should, wrong) = (instances.len() as u64, raised.len() as u64);
    let counts = Counts { tp: caught, fp: wrong, missed: should - caught, tn: 0 };
    let (p, r) = (wilson(caught, caught + wrong), wilson(caught, should));
    let mut provenance: Vec<Provenance> = mine.iter().map(|(s, _)| s.manifest.provenance).collect();
    provenance.sort_unstable();
    provenance.dedup();
    let delta = deltas.get(&(run.measures.name.clone(), code.clone(), family.to_string()));
    vec![
        text(&run.measures.name),
        text(code),
        text(family),
        should.to_string(),
        caught.to_string(),
        (should - caught).to_string(),
        wrong.to_string(),
        number(counts.precision()),
        number(p.map(|i| i.low)),
        number(p.map(|i| i.high)),
        number(counts.recall()),
        number(r.map(|i| i.low)),
        number(r.map(|i| i.high)),
        number(delta.copied()),
        provenance.iter().map(|p| p.as_str()).collect::<Vec<_>>().join(";"),
        evaluation.seed.to_string(),
        "1".to_string(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_cannot_become_a_formula_and_numbers_stay_numbers() {
        for (given, want) in
            [("=1+1", "'=1+1"), ("-x", "'-x"), ("@a", "'@a"), ("\tq", "' q"), ("plain", "plain"), ("a\nb", "a b")]
        {
            assert_eq!(text(given), want);
        }
        assert_eq!((number(Some(-0.5)), number(None)), ("-0.5".into(), String::new()));
        assert_eq!(write(&vec![vec!["a,b".into(), "c\"d".into()]]), "\"a,b\",\"c\"\"d\"\n");
    }
}
