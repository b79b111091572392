use crate::standards::Attack;
use serde_json::{Value, json};
use vires_event::parse_time;
use vires_judge::{CaseUpdate, Disposition, EvidenceLine, Why};

/// The version of OCSF that is written.
const VERSION: &str = "1.6.0";
/// Most pieces of evidence of one finding.
const MOST: usize = 20;

/// A case as an OCSF Detection Finding (class 2004); `None` for a verdict that is nobody's business.
///
/// Escalated cases are alerts; those that nobody can judge are findings without alarm. What was expected and what was observed stand
/// in `anomaly_analyses`. Whatever OCSF has no name for stands under `unmapped`.
pub fn ocsf_finding(case: &CaseUpdate, attack: &Attack) -> Option<Value> {
    let (severity, severity_name) = match case.verdict {
        Disposition::Page => (5, "Critical"),
        Disposition::Escalate => (4, "High"),
        Disposition::CannotJudge => (2, "Low"),
        Disposition::Watch | Disposition::Suppress => return None,
    };
    let opened = case.update == Why::Opened;
    let activity = if opened { 1 } else { 2 };
    let time = parse_time(&case.time)?;
    let created = case.opened.as_deref().and_then(parse_time).unwrap_or(time);
    let mut what: Vec<&str> = Vec::new();
    for line in &case.evidence {
        if !what.contains(&line.criterion.as_str()) {
            what.push(&line.criterion);
        }
    }
    let title = match case.verdict {
        Disposition::CannotJudge => format!("{}: cannot be judged, {} missing", case.workload, case.missing.join(", ")),
        _ => format!("{}: {}", case.workload, what.join(", ").replace('_', " ")),
    };
    let percent = |share: f64| (share * 100.0).round() as i64;
    let mut finding = json!({
        "activity_id": activity,
        "activity_name": if opened { "Create" } else { "Update" },
        "category_uid": 2,
        "category_name": "Findings",
        "class_uid": 2004,
        "class_name": "Detection Finding",
        "type_uid": 200_400 + activity,
        "time": time,
        "severity_id": severity,
        "severity": severity_name,
        "status_id": if opened { 1 } else { 2 },
        "status": if opened { "New" } else { "In Progress" },
        "is_alert": case.verdict >= Disposition::Escalate,
        "risk_score": case.score.round() as i64,
        "impact_score": percent(case.signals.sensitivity),
        "message": case.reasons.first().cloned().unwrap_or_else(|| title.clone()),
        "metadata": {
            "version": VERSION,
            "product": { "name": "vires", "vendor_name": "vires", "version": env!("CARGO_PKG_VERSION") },
        },
        "finding_info": {
            "uid": case.case,
            "title": title,
            "desc": case.reasons.join("; "),
            "types": what,
            "created_time": created,
            "modified_time": time,
            "analytic": { "type_id": 2, "type": "Behavioral", "name": case.rule, "uid": case.tuning_sha256 },
        },
        "resources": [{ "uid": identity(case), "name": case.workload, "type": "non-human identity" }],
        "unmapped": {
            "vires": {
                "verdict": case.verdict,
                "mapping": case.mapping,
                "boundaries": case.boundaries,
                "breaks": case.breaks,
                "signals": case.signals,
                "standards": case.standards,
                "owner": case.owner,
            },
        },
    });
    if let Some((first, last)) = span(case) {
        finding["finding_info"]["first_seen_time"] = first.into();
        finding["finding_info"]["last_seen_time"] = last.into();
    }
    let attacks = attacks(case, attack);
    if !attacks.is_empty() {
        finding["finding_info"]["attacks"] = attacks.into();
    }
    if let Some(owner) = &case.owner {
        finding["resources"][0]["owner"] = json!({ "name": owner });
    }
    if let Some(before) = &case.reopens {
        finding["finding_info"]["related_events"] = json!([{ "uid": before }]);
    }
    if !case.evidence.is_empty() {
        let lines: Vec<&EvidenceLine> = case.evidence.iter().take(MOST).collect();
        finding["evidences"] = lines.iter().map(|line| evidence(case, line)).collect();
        finding["anomaly_analyses"] = json!([{
            "analysis_targets": [{ "name": case.workload, "type": "non-human identity" }],
            "anomalies": lines.iter().map(|line| seen(line, &line.observed, Some(line.count))).collect::<Vec<_>>(),
            "baselines": lines.iter().map(|line| seen(line, &line.expected, None)).collect::<Vec<_>>(),
        }]);
    }
    Some(finding)
}

/// A case that was asked for names no identity.
fn identity(case: &CaseUpdate) -> &str {
    if case.identity.is_empty() { &case.workload } else { &case.identity }
}

fn span(case: &CaseUpdate) -> Option<(i64, i64)> {
    let first = case.evidence.iter().map(|line| line.first).min()?;
    Some((first, case.evidence.iter().map(|line| line.last).max()?))
}

fn attacks(case: &CaseUpdate, attack: &Attack) -> Vec<Value> {
    let mut ids: Vec<String> = case.evidence.iter().flat_map(|line| &line.attack).flat_map(|id| attack.current(id)).collect();
    ids.sort();
    ids.dedup();
    let entry = |id: &String| match id.split_once('.') {
        Some((technique, _)) => {
            json!({ "version": attack.version(), "technique": { "uid": technique }, "sub_technique": { "uid": id } })
        }
        None => json!({ "version": attack.version(), "technique": { "uid": id } }),
    };
    ids.iter().map(entry).collect()
}

/// What was seen, or what was expected, of one aspect.
fn seen(line: &EvidenceLine, text: &str, count: Option<u64>) -> Value {
    let mut observation = json!({ "value": text });
    if let Some(count) = count {
        observation["count"] = count.into();
    }
    json!({
        "observation_parameter": line.facet,
        "observation_type": line.criterion,
        "observed_pattern": text,
        "observations": [observation],
    })
}

fn evidence(case: &CaseUpdate, line: &EvidenceLine) -> Value {
    json!({
        "actor": { "user": { "uid": identity(case), "type_id": 4, "type": "Service" } },
        "api": { "operation": line.action },
        "data": {
            "code": line.code,
            "criterion": line.criterion,
            "expected": line.expected,
            "observed": line.observed,
            "weight": line.x,
            "target": line.target,
            "events": line.refs.iter().map(|r| r.event.as_str()).collect::<Vec<_>>(),
        },
    })
}
