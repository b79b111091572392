use serde_json::{Value, json};
use vires_event::parse_time;
use vires_judge::{CaseUpdate, Disposition, EvidenceLine, Why};

/// The version of OCSF that is written.
const VERSION: &str = "1.6.0";
/// Most pieces of evidence of one finding.
const MOST: usize = 20;

/// A case as an OCSF Detection Finding (class 2004); `None` for a verdict that is nobody's business.
///
/// Escalated cases are alerts; those that nobody can judge are findings without alarm.
pub fn ocsf_finding(case: &CaseUpdate) -> Option<Value> {
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
    let techniques = case.standards.iter().filter_map(|s| s.strip_prefix("attack:"));
    let attacks: Vec<Value> = techniques.map(|uid| json!({ "technique": { "uid": uid } })).collect();
    let what: Vec<String> = case.evidence.iter().map(|e| e.criterion.clone()).fold(Vec::new(), |mut names, name| {
        if !names.contains(&name) {
            names.push(name);
        }
        names
    });
    let title = match case.verdict {
        Disposition::CannotJudge => format!("{}: cannot be judged, {} missing", case.workload, case.missing.join(", ")),
        _ => format!("{}: {}", case.workload, what.join(", ").replace('_', " ")),
    };
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
        "resources": [{ "uid": case.identity, "name": case.workload, "type": "non-human identity" }],
        "evidences": case.evidence.iter().take(MOST).map(evidence).collect::<Vec<_>>(),
        "unmapped": {
            "vires": {
                "verdict": case.verdict,
                "mapping": case.mapping,
                "boundaries": case.boundaries,
                "breaks": case.breaks,
                "signals": case.signals,
                "standards": case.standards,
            },
        },
    });
    if !attacks.is_empty() {
        finding["finding_info"]["attacks"] = attacks.into();
    }
    if let Some(owner) = &case.owner {
        finding["resources"][0]["owner"] = json!({ "name": owner });
    }
    if let Some(before) = &case.reopens {
        finding["finding_info"]["related_events"] = json!([{ "uid": before }]);
    }
    Some(finding)
}

fn evidence(line: &EvidenceLine) -> Value {
    json!({
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
