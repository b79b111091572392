//! Every measure that has no column of its own elsewhere, one a row, so that a program can follow it from run to run.

use super::csv::{Rows, header, number, text};
use crate::evaluate::Evaluation;
use crate::scenario::Provenance;
use crate::score::{Extras, Measures};

/// Which part of a measure, and its value.
type Part = (String, Option<f64>);

/// `tuning,measure,of,value`: the tunings, then the reference detectors; last what holds of the corpus alone, without a tuning.
pub(super) fn details(evaluation: &Evaluation) -> Rows {
    let mut rows = header(&["tuning", "measure", "of", "value"]);
    let mut put = |tuning: &str, measure: &str, parts: Vec<Part>| {
        for (of, value) in parts {
            rows.push(vec![text(tuning), measure.to_string(), text(&of), number(value)]);
        }
    };
    for run in &evaluation.runs {
        each(&run.measures, &run.extras, &mut put);
        put(&run.measures.name, "shuffled_labels", blind(run.shuffled));
    }
    for reference in &evaluation.references {
        each(&reference.measures, &reference.extras, &mut put);
    }
    put("", "form_of_records", blind(evaluation.metadata));
    let all = evaluation.corpus.scenarios.len();
    let share = |p: Provenance| {
        let of = evaluation.corpus.scenarios.iter().filter(|s| s.manifest.provenance == p).count();
        (p.as_str().to_string(), (all > 0).then(|| of as f64 / all as f64))
    };
    put("", "provenance_share", [Provenance::Real, Provenance::Emulated, Provenance::Modelled].map(share).into());
    rows
}

fn blind((precision, chance): (Option<f64>, Option<f64>)) -> Vec<Part> {
    vec![("average_precision".into(), precision), ("chance".into(), chance)]
}

fn each(m: &Measures, x: &Extras, put: &mut impl FnMut(&str, &str, Vec<Part>)) {
    let one = |value: Option<f64>| vec![(String::new(), value)];
    let whole = |value: u64| vec![(String::new(), Some(value as f64))];
    let goals = x.before_objective;
    for (measure, parts) in [
        ("identity_days", whole(x.identity_days)),
        ("false_per_1000_identity_days", one(x.false_per_thousand_days)),
        ("escalations_per_1000_identity_days", one(x.cases_per_thousand_days)),
        ("false_cases_in", x.false_by_kind.iter().map(|(kind, n)| (kind.as_str().into(), Some(*n as f64))).collect()),
        ("recall_or_queued", one(x.recall_or_queued)),
        ("recall_at_precision", vec![("0.5".into(), x.recall_at_half_precision)]),
        ("precision_at_recall", vec![("0.8".into(), x.precision_at_high_recall)]),
        ("minutes_to_escalate", vec![("median".into(), m.median_minutes_to_escalate), ("90 %".into(), x.p90_minutes)]),
        ("events_to_escalate", vec![("median".into(), x.median_events)]),
        (
            "before_objective",
            vec![
                ("escalated".into(), Some(goals.1 as f64)),
                ("with objective".into(), Some(goals.0 as f64)),
                ("share".into(), (goals.0 > 0).then(|| goals.1 as f64 / goals.0 as f64)),
            ],
        ),
        ("duplicate_alerts", whole(x.duplicates)),
        ("cost_per_1000_identity_days", x.cost.iter().map(|(preset, value)| ((*preset).into(), *value)).collect()),
        ("brier_score", vec![(String::new(), x.brier), ("of the prevalence".into(), x.brier_of_prevalence)]),
    ] {
        put(&m.name, measure, parts);
    }
}
