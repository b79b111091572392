use crate::finding::Finding;
use serde_json::{Map, Value, json};

/// A finding as a document with the field names of the Elastic Common Schema, for products that know those. What ECS has no name for
/// stands under `nhi`, as in the log lines.
pub fn ecs_document(finding: &Finding) -> Value {
    let row = &finding.row;
    let mut document = Map::new();
    let mut put = |name: &str, value: Value| {
        let unknown = match &value {
            Value::Null => true,
            Value::String(text) => text.is_empty(),
            Value::Array(list) => list.is_empty(),
            _ => false,
        };
        if !unknown {
            document.insert(name.to_owned(), value);
        }
    };
    put("@timestamp", json!(row.time.0.map(vires_judge::rfc3339)));
    put("ecs.version", json!("8.17"));
    put("event.kind", json!(if row.escalated() { "alert" } else { "event" }));
    put("event.module", json!("vires"));
    put("event.dataset", json!("vires.finding"));
    put("event.id", json!(row.finding_id));
    put("event.action", json!(row.action));
    put("event.category", json!(["iam"]));
    put("event.type", json!(["info"]));
    put("event.risk_score", json!(row.score));
    put("event.reason", json!(row.reason.join("; ")));
    put("event.provider", json!(row.source));
    put("message", json!(format!("{}: {}", row.identity_id, row.observed)));
    put("rule.name", json!(row.criterion));
    put("rule.id", json!(finding.evidence.first().map(|line| line.code.clone())));
    put("rule.ruleset", json!("vires"));
    put("user.id", json!(row.identity_id));
    put("user.name", json!(row.identity_id.rsplit(['/', ':']).next()));
    put("source.ip", json!(row.origin_ip.parse::<std::net::IpAddr>().is_ok().then_some(&row.origin_ip)));
    put("user_agent.name", json!(row.user_agent));
    put("service.environment", json!(row.environment));
    put("threat.framework", json!((!row.attack.is_empty()).then_some("MITRE ATT&CK")));
    put("threat.technique.id", json!(row.attack));
    let tags = row
        .owasp_nhi
        .iter()
        .chain(&row.nist_csf)
        .chain(&finding.tags.sp800_53)
        .chain(&finding.tags.ai_rmf)
        .chain(&finding.tags.asi);
    put("tags", json!(tags.collect::<Vec<_>>()));
    put("nhi.verdict", json!(row.verdict));
    put("nhi.workload", json!(finding.workload));
    put("nhi.owner", json!(row.owner));
    put("nhi.mapping", json!(row.mapping));
    put("nhi.boundaries", json!(row.boundaries));
    put("nhi.breaks", json!(row.breaks));
    put("nhi.signals.context", json!(row.signal_context));
    put("nhi.signals.variance", json!(row.signal_variance));
    put("nhi.signals.sensitivity", json!(row.signal_sensitivity));
    put("nhi.target", json!(row.target));
    put("nhi.expected", json!(row.expected));
    put("nhi.excused_by", json!(row.excused_by));
    Value::Object(document)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sheet::{FindingRow, Time};
    use crate::standards::Tags;

    #[test]
    fn what_is_unknown_is_absent() {
        let mut finding = Finding {
            row: FindingRow {
                finding_id: "case-1".into(),
                verdict: "escalate".into(),
                time: Time(Some(0)),
                ..FindingRow::default()
            },
            evidence: vec![],
            workload: "w".into(),
            purpose: String::new(),
            contact: String::new(),
            rule: String::new(),
            missing: vec![],
            urgency: None,
            opened: Time(None),
            tags: Tags::default(),
        };
        finding.row.origin_ip = "not an address".into();
        let document = ecs_document(&finding);
        assert_eq!(document["@timestamp"], "1970-01-01T00:00:00Z");
        assert_eq!(document["event.kind"], "alert");
        for absent in ["source.ip", "threat.technique.id", "threat.framework", "rule.id", "nhi.owner"] {
            assert!(document.get(absent).is_none(), "{absent}");
        }
    }
}
