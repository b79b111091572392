//! Detection Finding (2004): another product's word about an identity, never something that the identity did.
//!
//! Whom it is about stands in the evidence, or in `actor` with older writers. The action is `ocsf:finding`.

use super::{Cloud, who};
use crate::json::Value;
use crate::support::cloud::bounded;
use crate::support::fields::{any_case, first, say};
use vires_event::{Activity, Detection, Place, Source};

pub(super) const CLASS: u64 = 2004;

pub(super) fn decode<'a>(record: Value<'a>, cloud: Cloud) -> Option<Activity<'a>> {
    let mut a = Activity::new(Source::Ocsf, "ocsf:finding");
    a.time = first(record, &["time_dt", "time", "finding_info.last_seen_time_dt", "finding_info.last_seen_time"]);
    a.event_id = first(record, &["finding_info.uid", "metadata.uid"]).map(|id| bounded(id, 128));
    a.place = Place {
        account: first(record, &["cloud.account.uid", "cloud.project_uid"]).map(|c| bounded(c, 128)),
        region: say(record, "cloud.region"),
        host: None,
    };
    // What we found ourselves is no second opinion.
    if say(record, "metadata.product.name").is_some_and(|name| name.eq_ignore_ascii_case("vires")) {
        return Some(a);
    }
    let title = first(record, &["finding_info.types.[]", "finding_info.title", "message"])?;
    let severity = match any_case(record, "severity_id").and_then(|s| s.u64()) {
        Some(severity @ 1..=5) => severity as u8,
        Some(6) => 5,
        _ => 3,
    };
    a.detection = Some(Detection { severity, title: bounded(title, 256), alone: true });
    let evidence = any_case(record, "evidences").into_iter().flat_map(|e| e.items()).find(|e| any_case(*e, "actor").is_some());
    who(evidence.unwrap_or(record), cloud, &mut a);
    Some(a)
}

#[cfg(test)]
mod tests {
    use crate::support::testing::{Row, check, decoded};

    const ROLE: &str = r#"{"class_uid":2004,"severity_id":4,"time":1772359200000,"metadata":{"version":"1.6.0","product":{"name":"GuardDuty","vendor_name":"AWS"}},"finding_info":{"uid":"f-1","title":"Credentials used from a strange place","types":["UnauthorizedAccess:IAMUser/MaliciousIPCaller"]},"evidences":[{"actor":{"user":{"type":"AssumedRole","name":"deployer","account":{"uid":"123456789012"}}}}],"cloud":{"provider":"AWS","account":{"uid":"123456789012"}}}"#;
    const OURS: &str = r#"{"class_uid":2004,"severity_id":5,"time":1772359200000,"metadata":{"product":{"name":"vires"}},"finding_info":{"uid":"f-2","title":"t"},"actor":{"user":{"name":"etl@pay-prod.iam.gserviceaccount.com"}}}"#;

    #[test]
    fn is_about_whom_the_evidence_names() {
        let row = |record, id, kind, actor| Row {
            record,
            source: "ocsf",
            id,
            kind,
            actor,
            action: "ocsf:finding",
            target: "",
            outcome: "",
        };
        check(&[row(ROLE, "aws:role/123456789012/deployer", "role", "ambiguous"), row(OURS, "", "", "")]);
        decoded(ROLE, |a| {
            let found = a.detection.as_ref().unwrap();
            assert_eq!((found.severity, &*found.title, found.alone), (4, "UnauthorizedAccess:IAMUser/MaliciousIPCaller", true));
        });
        decoded(OURS, |a| assert_eq!(a.detection, None));
    }
}
