//! One self-contained page: no script, no network, prints well.

use super::svg::{Curve, Strip, bar, pr_curve, strip};
use super::table::sentence;
use super::text::{chance, clean, count, delta, duration, interval, rate, short, signed_interval, small};
use super::{RunFile, TOOL};
use crate::decode::format_time;
use crate::evaluate::{Evaluation, TuningRun};
use crate::scenario::{Mark, Scenario};
use crate::score::{Fate, Measures, Outcome, Slice};
use maud::{DOCTYPE, Markup, PreEscaped, html};
use std::collections::BTreeMap;

const STYLE: &str = include_str!("style.css");

/// Strips that are drawn; a corpus of thousands would be a page nobody can open.
const MOST_STRIPS: usize = 300;

/// The page.
pub fn html(evaluation: &Evaluation) -> String {
    let file = RunFile::new(evaluation);
    let p = file.provenance;
    let scenarios = &evaluation.corpus.scenarios;
    let events: u64 = scenarios.iter().map(|s| s.events.facts.len() as u64).sum();
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'";
                title { "Evaluation of escalation criteria" }
                style { (PreEscaped(STYLE)) }
            }
            body {
                h1 { "Evaluation of escalation criteria" }
                p.meta {
                    (TOOL) " · seed " (file.seed) " · " (count(scenarios.len() as u64)) " scenarios: modelled " (p.modelled)
                    ", emulated " (p.emulated) ", real " (p.real) " · " (count(events)) " events · corpus " code { (short(&file.corpus_sha256)) }
                    @if file.unreadable_lines > 0 { " · " (count(file.unreadable_lines)) " unreadable lines" }
                }
                @if evaluation.peeked { p.verdict { "These tunings were found with knowledge of the test split (--i-peeked)." } }
                @for (comparison, run) in evaluation.comparisons.iter().zip(evaluation.runs.iter().skip(1)) {
                    @if let Some(first) = evaluation.runs.first() {
                        p { (sentence(&first.measures, &run.measures)) }
                        p.verdict { (clean(&comparison.verdict, 400)) }
                    }
                }
                (overview(evaluation))
                (plots(evaluation))
                (comparisons(evaluation))
                @for run in &evaluation.runs { (tuning(evaluation, run)) }
                (references(evaluation))
                (method(evaluation))
            }
        }
    }
    .into_string()
}

fn head(names: &[&str]) -> Markup {
    html! { tr { @for (n, name) in names.iter().enumerate() { th.l[n == 0] { (name) } } } }
}

fn with_ci(value: Option<f64>, ci: Option<crate::stats::Interval>) -> Markup {
    html! { (rate(value)) @if ci.is_some() { " " span.ci { (interval(ci)) } } }
}

fn overview(evaluation: &Evaluation) -> Markup {
    html! {
        h2 { "Result" }
        table {
            (head(&["", "should", "caught", "missed", "queued", "false", "precision", "recall", "F1", "F2", "AP", "MCC", "per 10k events"]))
            @for m in evaluation.runs.iter().map(|r| &r.measures) {
                tr {
                    td.l { (clean(&m.name, 60)) " " code { (short(&m.sha256)) } }
                    @for n in [m.instances.malicious, m.instances.caught, m.instances.missed, m.instances.queued, m.false_cases] { td { (count(n)) } }
                    td { (with_ci(m.precision, m.precision_ci)) }
                    td { (with_ci(m.recall, m.recall_ci)) }
                    @for v in [m.f1, m.f2, m.average_precision, m.mcc] { td { (rate(v)) } }
                    td { (small(m.false_per_10k)) }
                }
            }
        }
    }
}

fn plots(evaluation: &Evaluation) -> Markup {
    let curves: Vec<Curve<'_>> = evaluation
        .runs
        .iter()
        .map(|run| Curve {
            name: &run.measures.name,
            points: &run.extras.curve,
            cut: run.measures.recall.zip(run.measures.precision),
        })
        .collect();
    html! {
        h2 { "Precision and recall over all cuts" }
        div.plots {
            (pr_curve(&curves))
            div {
                p.meta { "A circle marks the decisions that were made; the line shows what other cuts of the same score would give." }
                table {
                    (head(&["line", "average precision", "recall at precision ≥ .5", "precision at recall ≥ .8"]))
                    @for (n, run) in evaluation.runs.iter().enumerate() {
                        tr {
                            td.l { (["solid", "dashed", "dotted", "dash-dotted"].get(n % 4).copied().unwrap_or_default()) ": " (clean(&run.measures.name, 40)) }
                            td { (rate(run.measures.average_precision)) }
                            td { (rate(run.extras.recall_at_half_precision)) }
                            td { (rate(run.extras.precision_at_high_recall)) }
                        }
                    }
                }
            }
        }
    }
}

fn comparisons(evaluation: &Evaluation) -> Markup {
    html! {
        @for c in &evaluation.comparisons {
            h2 { (clean(&c.b, 60)) " against " (clean(&c.a, 60)) }
            table {
                (head(&["", "difference", "95 %", "McNemar, exact"]))
                tr { td.l { "recall" } td { (delta(c.delta_recall)) } td { (signed_interval(c.intervals.recall)) } td { (chance(c.mcnemar_p)) } }
                tr { td.l { "precision" } td { (delta(c.delta_precision)) } td { (signed_interval(c.intervals.precision)) } td { (chance(c.mcnemar_p_quiet)) } }
                tr { td.l { "F2" } td {} td { (signed_interval(c.intervals.f2)) } td {} }
                tr { td.l { "false cases per 1,000 identity-days" } td {} td { (signed_interval(c.intervals.false_per_thousand)) } td {} }
            }
            h3 { "Decisions that changed (" (c.flips.len()) ")" }
            @if !c.flips.is_empty() {
                table {
                    tr { @for name in ["scenario", "instance or identity", "was", "is", "what the judge said"] { th.l { (name) } } }
                    @for f in &c.flips {
                        tr { td.wrap { (clean(&f.scenario, 80)) } td.wrap { (clean(&f.instance, 120)) } td.l { (f.from) } td.l { (f.to) } td.wrap { (clean(&f.reason, 300)) } }
                    }
                }
            }
        }
    }
}

fn slices(title: &str, slices: &BTreeMap<String, Slice>) -> Markup {
    html! {
        @if !slices.is_empty() {
            table {
                (head(&[title, "should", "caught", "missed", "queued", "false", "recall", "", "precision", ""]))
                @for (name, s) in slices {
                    tr {
                        td.l { (clean(name, 60)) }
                        @for n in [s.instances.malicious, s.instances.caught, s.instances.missed, s.instances.queued, s.false_cases] { td { (count(n)) } }
                        td { (with_ci(s.recall, s.recall_ci)) } td { (bar(s.recall, s.recall_ci)) }
                        td { (with_ci(s.precision, s.precision_ci)) } td { (bar(s.precision, s.precision_ci)) }
                    }
                }
            }
        }
    }
}

fn tuning(evaluation: &Evaluation, run: &TuningRun) -> Markup {
    let (m, x) = (&run.measures, &run.extras);
    let scenarios = &evaluation.corpus.scenarios;
    html! {
        h2 { "Tuning " (clean(&m.name, 60)) }
        (slices("family", &m.by_family))
        (slices("boundary", &m.by_boundary))
        (slices("log source", &x.by_source))
        (slices("kind of identity", &x.by_kind))
        (details(m, run))
        (misses(scenarios, run))
        h3 { "What happened, scenario by scenario" }
        p.meta { "Grey: events. Red below: malicious events. Green above: somebody is told." }
        @for (scenario, outcome) in scenarios.iter().zip(&run.outcomes).take(MOST_STRIPS) {
            div.strip-row {
                div {
                    span.tag { (scenario.manifest.kind.as_str()) } span.tag { (scenario.manifest.provenance.as_str()) }
                    b { (clean(scenario.id(), 80)) } " " (clean(&scenario.manifest.title, 160)) " · " (outcome.verdict.as_str())
                    @for text in super::expect::failures(scenario, outcome) { " · " (clean(&text, 120)) }
                }
                (strip(&strip_of(scenario, outcome)))
                @if let Some(reason) = outcome.reasons.first() { div.meta { (clean(reason, 300)) } }
            }
        }
        @if scenarios.len() > MOST_STRIPS { p.meta { "… and " (scenarios.len() - MOST_STRIPS) " more; see scenarios.csv." } }
    }
}

fn details(m: &Measures, run: &TuningRun) -> Markup {
    let x = &run.extras;
    html! {
        table {
            tr { td.l { "recall, queue included" } td { (rate(x.recall_or_queued)) } }
            tr { td.l { "boundaries named right (micro F1)" } td { (rate(m.boundary_f1)) } }
            tr { td.l { "time to escalate, median / 90 %" } td { (duration(m.median_minutes_to_escalate)) " / " (duration(x.p90_minutes)) } }
            tr { td.l { "events of an attack until then, median" } td { (small(x.median_events)) } }
            @if x.before_objective.0 > 0 {
                tr { td.l { "escalated before the attack's objective" } td { (x.before_objective.1) " of " (x.before_objective.0) } }
            }
            tr { td.l { "further alerts about the same attack" } td { (count(x.duplicates)) } }
            @for (kind, n) in &x.false_by_kind { tr { td.l { "false cases in " (kind.as_str()) " scenarios" } td { (count(*n)) } } }
            tr { td.l { "false cases per 1,000 identity-days" } td { (small(x.false_per_thousand_days)) } }
            tr { td.l { "escalations per 1,000 identity-days" } td { (small(x.cases_per_thousand_days)) } }
            tr { td.l { "quiet identity-days falsely raised" } td { (count(m.false_identity_days)) " of " (count(m.quiet_identity_days)) ", at most " (small(m.fpr_upper)) " (95 %)" } }
            @for (prevalence, value) in &m.ppv { tr { td.l { "right, if " (prevalence) " of identity-days deserve it" } td { (small(*value)) } } }
            @for (preset, value) in &x.cost { tr { td.l { "cost per 1,000 identity-days, preset " (preset) } td { (small(*value)) } } }
        }
        h3 { "Do scores mean what they say?" }
        p.meta { "Brier score " (rate(x.brier)) ", of always saying the prevalence " (rate(x.brier_of_prevalence)) "; 0 is perfect." }
        table {
            (head(&["score", "ranked", "worth escalating"]))
            @for (low, n, positives, _) in &x.reliability {
                tr { td.l { (low) "–" (low + 10) } td { (count(*n)) } td { (rate((*n > 0).then(|| *positives as f64 / *n as f64))) } }
            }
        }
    }
}

fn misses(scenarios: &[Scenario], run: &TuningRun) -> Markup {
    let each = || scenarios.iter().zip(&run.outcomes);
    let missed: Vec<_> =
        each().flat_map(|(s, o)| o.instances.iter().map(move |i| (s, i))).filter(|(_, i)| i.fate != Fate::Caught).collect();
    let raised: Vec<_> = each().flat_map(|(s, o)| o.false_cases.iter().map(move |c| (s, c))).collect();
    html! {
        h3 { "Not caught" }
        @if missed.is_empty() { p.meta { "Nothing." } } @else {
            table {
                tr { @for name in ["scenario", "instance", "", "highest verdict", "what the judge said"] { th.l { (name) } } }
                @for (s, i) in missed {
                    tr {
                        td.wrap { (clean(s.id(), 80)) } td.wrap { @if i.name != s.id() { (clean(&i.name, 80)) } } td.l { (i.fate.as_str()) @if s.manifest.is_undetectable() { " (undetectable by design)" } }
                        td.l { (i.verdict.as_str()) @if let Some(score) = i.score { " at " (format!("{score:.0}")) } }
                        td.wrap { (clean(i.reasons.first().map_or("", String::as_str), 300)) }
                    }
                }
            }
        }
        h3 { "Raised for nothing" }
        @if raised.is_empty() { p.meta { "Nothing." } } @else {
            table {
                tr { @for name in ["scenario", "identity", "when", "verdict", "what the judge said"] { th.l { (name) } } }
                @for (s, c) in raised {
                    tr {
                        td.wrap { (clean(s.id(), 80)) } td.wrap { (clean(&c.identity, 120)) } td.l { (format_time(c.at)) }
                        td.l { (c.verdict.as_str()) " at " (format!("{:.0}", c.score)) }
                        td.wrap { (clean(c.reasons.first().map_or("", String::as_str), 300)) }
                    }
                }
            }
        }
    }
}

fn strip_of(scenario: &Scenario, outcome: &Outcome) -> Strip {
    const SLOTS: usize = 130;
    let times = || scenario.events.facts.iter().filter_map(|f| f.at.map(|at| (at, f.line)));
    let (Some(first), Some(last)) = (times().map(|t| t.0).min(), times().map(|t| t.0).max()) else { return Strip::default() };
    let place = |at: i64| (at - first).max(0) as f64 / (last - first).max(1) as f64;
    let mut result = Strip { events: vec![0; SLOTS], ..Strip::default() };
    for (at, line) in times() {
        if let Some(slot) = result.events.get_mut((place(at) * (SLOTS - 1) as f64) as usize) {
            *slot += 1;
        }
        if matches!(scenario.truth.mark(line), Some(Mark::Malicious(_))) && result.malicious.len() < 400 {
            result.malicious.push(place(at).min(1.0));
        }
    }
    let told = outcome.instances.iter().filter_map(|i| i.at).chain(outcome.false_cases.iter().map(|c| c.at));
    result.told = told.take(400).map(|at| place(at).min(1.0)).collect();
    result
}

fn references(evaluation: &Evaluation) -> Markup {
    html! {
        h2 { "Reference detectors" }
        p { "Anybody could write these in an afternoon. What they reach too was not hard." }
        table {
            (head(&["", "caught", "false", "precision", "recall", "F2", "AP"]))
            @for r in &evaluation.references {
                tr {
                    td.wrap { b { (r.measures.name) } ": " (r.what) }
                    td { (count(r.measures.instances.caught)) } td { (count(r.measures.false_cases)) }
                    td { (with_ci(r.measures.precision, r.measures.precision_ci)) } td { (with_ci(r.measures.recall, r.measures.recall_ci)) }
                    td { (rate(r.measures.f2)) } td { (rate(r.measures.average_precision)) }
                }
            }
        }
    }
}

fn method(evaluation: &Evaluation) -> Markup {
    let total = evaluation.corpus.scenarios.len();
    let real = RunFile::new(evaluation).provenance.real;
    html! {
        h2 { "Method and self-checks" }
        ul {
            li { "The unit is the case. An attack instance is caught if somebody is told, for at least one of its own events, between its first event and 24 hours after its last. Watching is not catching; what cannot be judged is queued and counts as not caught." }
            li { "Every other escalated case is false, background included; those of one identity within 7 days are one. Ambiguous events count on neither side." }
            li { "Intervals: cluster bootstrap over scenario families, then their instances and quiet identities (2,000 draws, 95 % percentiles); Wilson where that has no width. The false positive rate is an exact one-sided bound (Clopper and Pearson)." }
            li { "Comparisons: exact McNemar tests over attacks and over quiet identities, adjusted after Holm; paired bootstrap of the differences." }
            li { "The judge sees raw log lines, the inventory and the exceptions: no label, title, id or folder name." }
            @for run in &evaluation.runs {
                li { "Labels shuffled, tuning " (clean(&run.measures.name, 60)) ": average precision " (rate(run.shuffled.0)) ", chance " (rate(run.shuffled.1)) "." }
            }
            li { "A detector that sees only the form of records: average precision " (rate(evaluation.metadata.0)) ", chance " (rate(evaluation.metadata.1)) ". Far above chance, the corpus would give its attacks away." }
            @if let Some(days) = evaluation.runs.first().map(|run| run.measures.quiet_identity_days).filter(|days| *days > 0) {
                li { "Base rate: attacks are rare, so the share of escalations that are right falls with their prevalence; it is projected with the upper bound of the false positive rate. Among " (count(days)) " quiet identity-days no rate below " (small(Some((3.0 / days as f64).min(1.0)))) " can be shown even if none is falsely raised (rule of three)." }
            }
            li { (real) " of " (total) " scenarios were recorded in the wild. Figures from modelled and emulated ones compare tunings; they do not forecast what an estate will see." }
        }
        p.meta { "corpus " code { (evaluation.corpus.sha256) } " · catalogue " code { (evaluation.catalogue) } @for run in &evaluation.runs { " · " (clean(&run.measures.name, 60)) " " code { (run.measures.sha256) } } }
    }
}
