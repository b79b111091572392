use super::{Imported, Story, files, slug, text, yaml};
use crate::scenario::{Label, LabelRow, Labels, Provenance, ScenarioKind};
use serde_json::Value;
use std::path::Path;
use vires_event::Millis;
use vires_source::{Scratch, open};

/// One scenario a rule: its unit tests are the events. A test on which the rule must fire is ambiguous (a rule is not a verdict), the
/// others are background; relabel what you know better.
pub(super) fn import(from: &Path, to: &Path) -> anyhow::Result<Imported> {
    let mut done = Imported::default();
    for path in files(from, &[".yml", ".yaml"])? {
        let Some(rule) = yaml::read(&text(&path)?) else {
            done.skipped += 1;
            continue;
        };
        let is_rule = rule.get("AnalysisType").and_then(Value::as_str) == Some("rule");
        let tests = rule.get("Tests").and_then(Value::as_array).filter(|tests| is_rule && !tests.is_empty());
        let (Some(tests), Some(id)) = (tests, rule.get("RuleID").and_then(Value::as_str)) else { continue };
        let mut story = Story {
            id: format!("panther/{}", slug(id)),
            family: format!("panther-{}", slug(log_type(&rule))),
            kind: ScenarioKind::Noise,
            provenance: Provenance::Modelled,
            title: said(&rule, "DisplayName").unwrap_or(id).to_string(),
            why: "Unit tests of a detection rule: they say what the rule fires on, not what is worth escalating.".into(),
            incident: "https://github.com/panther-labs/panther-analysis".into(),
            attack: techniques(&rule),
            events: Vec::new(),
            labels: Labels::default(),
        };
        let mut logs: Vec<(&Value, &Value)> =
            tests.iter().filter_map(|test| Some((test, test.get("Log").filter(|log| log.is_object())?))).collect();
        // Tests stand in no order; a log does.
        logs.sort_by_cached_key(|(_, log)| logged_at(log));
        for (test, log) in logs {
            story.events.push(log.clone());
            if test.get("ExpectedResult") == Some(&Value::Bool(true)) {
                story.labels.rows.push(LabelRow {
                    event_id: format!("line:{}", story.events.len()),
                    identity: String::new(),
                    instance: String::new(),
                    label: Label::Ambiguous,
                    boundaries: Vec::new(),
                    note: said(test, "Name").unwrap_or_default().to_string(),
                    line: 0,
                });
            }
        }
        if story.events.is_empty() {
            done.skipped += 1;
            continue;
        }
        done.scenarios += 1;
        done.events += story.events.len();
        story.write(to)?;
    }
    Ok(done)
}

fn said<'v>(value: &'v Value, key: &str) -> Option<&'v str> {
    value.get(key)?.as_str()
}

fn logged_at(log: &Value) -> Option<Millis> {
    let (line, mut scratch) = (log.to_string(), Scratch::default());
    open(line.as_bytes(), &mut scratch).activity.and_then(|activity| activity.at())
}

fn log_type(rule: &Value) -> &str {
    rule.get("LogTypes").and_then(|types| types.get(0)).and_then(Value::as_str).unwrap_or("other")
}

/// `TA0007:T1078` → `T1078`.
fn techniques(rule: &Value) -> Vec<String> {
    let list = rule.pointer("/Reports/MITRE ATT&CK").and_then(Value::as_array);
    let mut all: Vec<String> = list
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .filter_map(|text| text.split_once(':').map(|(_, technique)| technique.to_string()))
        .collect();
    all.sort();
    all.dedup();
    all
}
