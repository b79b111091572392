//! Findings against the published schema of OCSF 1.6.0: every member is known there, of the right type and shape, every enumerated value
//! exists, and nothing that is required is missing.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

use serde_json::{Map, Value, json};
use vires_report::ocsf_finding;
use vires_report::standards::Attack;

const SCHEMA: &str = include_str!("data/ocsf-1.6.0-detection_finding.json");

struct Schema(Value);

impl Schema {
    fn object(&self, value: &Value, shape: &Value, place: &str, wrong: &mut Vec<String>) {
        let Some(members) = value.as_object() else {
            wrong.push(format!("{place} is no object"));
            return;
        };
        let attributes = shape["attributes"].as_object().unwrap();
        for (name, value) in members {
            match attributes.get(name) {
                None => wrong.push(format!("{place}.{name} is not in the schema")),
                Some(attribute) => self.attribute(value, attribute, &format!("{place}.{name}"), wrong),
            }
        }
        for (name, attribute) in attributes {
            // What a profile requires is required of those who use that profile.
            if attribute["requirement"] == "required" && attribute.get("profile").is_none() && !members.contains_key(name) {
                wrong.push(format!("{place}.{name} is missing"));
            }
        }
        if let Some(names) = shape["constraints"]["at_least_one"].as_array()
            && !names.iter().any(|name| members.contains_key(name.as_str().unwrap()))
        {
            wrong.push(format!("{place} has none of {names:?}"));
        }
    }

    fn attribute(&self, value: &Value, attribute: &Value, place: &str, wrong: &mut Vec<String>) {
        let items = match (attribute["is_array"] == true, value.as_array()) {
            (true, Some(items)) => items.as_slice(),
            (false, None) => std::slice::from_ref(value),
            _ => {
                wrong.push(format!("{place}: list or not a list, other than in the schema"));
                return;
            }
        };
        for item in items {
            self.item(item, attribute, place, wrong);
        }
    }

    fn item(&self, item: &Value, attribute: &Value, place: &str, wrong: &mut Vec<String>) {
        let sort = attribute["type"].as_str().unwrap();
        if sort == "object_t" {
            return match attribute["object_type"].as_str().unwrap() {
                // Free form.
                "object" => {}
                name => match self.0["objects"].get(name) {
                    Some(shape) => self.object(item, shape, place, wrong),
                    None => wrong.push(format!("{place}: object {name} is not among the parts of the schema kept here")),
                },
            };
        }
        let base = self.0["types"][sort]["type"].as_str().unwrap_or(sort);
        let right = match base {
            "integer_t" | "long_t" => item.is_i64() || item.is_u64(),
            "float_t" => item.is_number(),
            "boolean_t" => item.is_boolean(),
            "json_t" => true,
            _ => item.is_string(),
        };
        if !right {
            wrong.push(format!("{place} is not {sort}: {item}"));
        }
        let known = attribute["enum"].as_array();
        let text = item.as_str().map_or_else(|| item.to_string(), str::to_owned);
        if known.is_some_and(|known| !known.iter().any(|k| k == text.as_str())) {
            wrong.push(format!("{place}: {text} is not one of the values in the schema"));
        }
    }
}

const CASE: &str = r#"{
        "schema": "vires-case/1", "case": "case-0000000000000001", "time": "2026-03-01T10:00:00Z", "update": "opened",
        "verdict": "page", "score": 92.4, "rule": "score 92.4 >= page 85, 2 boundaries crossed", "workload": "api",
        "identity": "aws:role/123456789012/api", "owner": "payments", "mapping": "mapped", "boundaries": ["data", "trust"],
        "boundary_scores": {"privilege": 0.0, "data": 0.8, "trust": 0.9}, "breaks": ["purpose"],
        "signals": {"context": 0.7, "variance": 0.9, "sensitivity": 1.0}, "variance": 0.0, "trust_scale": 1.0, "kappa": 1.0,
        "reasons": ["T1 origin: expected nat-prod; observed 203.0.113.9"],
        "evidence": [{
            "code": "T1", "criterion": "origin", "boundary": "trust", "break": "access_pattern", "facet": "zone",
            "value": "net:203.0.113.0/24", "x": 0.9, "expected": "nat-prod", "observed": "from 203.0.113.9", "action": "s3:GetObject",
            "target": "s3:payroll/x", "tier": 1, "data_class": 3, "impact": 1.0, "first": 1772359200000, "last": 1772362800000,
            "count": 3, "refs": [{"at": 1772359200000, "event": "e-1"}], "unknown_network": true, "grounded": true,
            "attack": ["T1078.004", "T1562.008", "T1530"], "workings": {"factors": []}
        }],
        "standards": ["owasp:NHI2:2025"], "opened": "2026-03-01T09:00:00Z", "reopens": "case-0000000000000000",
        "tuning_sha256": "00"
    }"#;

fn case(change: impl FnOnce(&mut Map<String, Value>)) -> vires_judge::CaseUpdate {
    let mut case: Value = serde_json::from_str(CASE).unwrap();
    change(case.as_object_mut().unwrap());
    serde_json::from_value(case).unwrap()
}

fn problems(finding: &Value) -> Vec<String> {
    let schema = Schema(serde_json::from_str(SCHEMA).unwrap());
    assert_eq!(schema.0["version"], finding["metadata"]["version"]);
    let mut wrong = Vec::new();
    schema.object(finding, &schema.0["class"], "finding", &mut wrong);
    wrong
}

#[test]
fn findings_follow_the_published_schema() {
    type Change = fn(&mut Map<String, Value>);
    let cases: [(&str, Change); 5] = [
        ("page", |_| {}),
        ("escalate, raised", |c| {
            c.insert("verdict".into(), "escalate".into());
            c.insert("update".into(), "raised".into());
        }),
        ("cannot judge", |c| {
            c.insert("verdict".into(), "cannot_judge".into());
            c.insert("mapping".into(), "ghost".into());
            c.insert("missing".into(), json!(["owner", "profile"]));
            c.insert("urgency".into(), json!(75.0));
        }),
        ("without evidence", |c| {
            c.insert("verdict".into(), "cannot_judge".into());
            c.insert("evidence".into(), json!([]));
            c.remove("owner");
            c.remove("reopens");
            c.remove("opened");
        }),
        ("asked for", |c| {
            c.insert("identity".into(), "".into());
            c.insert("update".into(), "asked".into());
        }),
    ];
    for (name, change) in cases {
        for attack in [Attack::v18(), Attack::v19([("T1562.008", vec!["T1685.002".to_owned()])])] {
            let finding = ocsf_finding(&case(change), &attack).unwrap();
            assert_eq!(problems(&finding), Vec::<String>::new(), "{name}: {finding:#}");
        }
    }
    assert!(ocsf_finding(&case(|c| drop(c.insert("verdict".into(), "watch".into()))), &Attack::v18()).is_none());
}

#[test]
fn expected_and_observed_stand_side_by_side() {
    let finding = ocsf_finding(&case(|_| {}), &Attack::v19([("T1562.008", vec!["T1685.002".to_owned()])])).unwrap();
    let analysis = &finding["anomaly_analyses"][0];
    assert_eq!(analysis["anomalies"][0]["observed_pattern"], "from 203.0.113.9");
    assert_eq!(analysis["baselines"][0]["observed_pattern"], "nat-prod");
    let ids: Vec<&Value> =
        finding["finding_info"]["attacks"].as_array().unwrap().iter().map(|a| &a["technique"]["uid"]).collect();
    assert_eq!(ids, ["T1078", "T1530", "T1685"]);
    assert_eq!(finding["finding_info"]["attacks"][2]["sub_technique"]["uid"], "T1685.002");
}

#[test]
fn the_validator_sees_what_is_wrong() {
    let good = ocsf_finding(&case(|_| {}), &Attack::v18()).unwrap();
    for (pointer, value, expected) in [
        ("/severity_id", json!(42), "not one of the values"),
        ("/time", json!("now"), "is not timestamp_t"),
        ("/resources", json!({}), "list or not a list"),
        ("/nonsense", json!(1), "not in the schema"),
        ("/finding_info/uid", Value::Null, "is missing"),
        ("/evidences/0/actor/user", json!({}), "has none of"),
        ("/anomaly_analyses/0/anomalies/0/observations", Value::Null, "is missing"),
    ] {
        let mut bad = good.clone();
        let (parent, name) = pointer.rsplit_once('/').unwrap();
        let members = bad.pointer_mut(parent).unwrap().as_object_mut().unwrap();
        if value.is_null() {
            members.remove(name)
        } else {
            members.insert(name.to_owned(), value)
        };
        assert!(problems(&bad).iter().any(|p| p.contains(expected)), "{pointer}: {:?}", problems(&bad));
    }
}
