use crate::common::run;
use crate::estate::{Estate, objects, refs};

/// A role that the inventory lists, as another product names it.
fn finding(severity: &str) -> String {
    format!(
        r#"{{"version":"0","detail-type":"GuardDuty Finding","detail":{{"schemaVersion":"2.0","accountId":"123456789012","region":"eu-west-1","id":"f-1","type":"UnauthorizedAccess:IAMUser/MaliciousIPCaller","resource":{{"resourceType":"AccessKey","accessKeyDetails":{{"userType":"AssumedRole","userName":"ROLE"}}}},"service":{{"serviceName":"guardduty","eventLastSeen":"TIME"}},"severity":{severity}}}}}"#
    )
}

#[test]
fn findings_of_other_products_rank_what_is_out_of_line() {
    let estate = Estate::new();
    let evil = estate.today.lines().find(|line| line.contains("evil-1")).unwrap();
    let record: serde_json::Value = serde_json::from_str(evil).unwrap();
    let role = record["userIdentity"]["sessionContext"]["sessionIssuer"]["userName"].as_str().unwrap();
    let found = |severity| finding(severity).replace("ROLE", role).replace("TIME", record["eventTime"].as_str().unwrap());
    let last = |lines: &[String]| {
        let out = run(&refs(&estate.args(&[])), lines.join("\n").as_bytes()).ok().stdout;
        objects(&out).pop().unwrap()
    };
    let score = |lines: &[String]| last(lines)["score"].as_f64().unwrap();

    let alone = last(&[found("8.0")]);
    assert_eq!((alone["source"].as_str(), alone["action"].as_str()), (Some("guardduty"), Some("guardduty:finding")));
    assert!(["suppress", "watch"].contains(&alone["verdict"].as_str().unwrap()), "{alone}");
    assert!(alone["reasons"][0].as_str().unwrap().contains("MaliciousIPCaller"), "{alone}");
    assert!(score(&[found("2.0")]) < score(&[found("8.0")]));

    // The event that a Sigma rule marked, once and again: it counts as the event, and the mark as a mark.
    let marked = format!(r#"{{"rule_title":"Stolen key","rule_id":"r","level":"critical","event":{evil}}}"#);
    let plain = score(&[evil.to_owned()]);
    assert!(score(std::slice::from_ref(&marked)) > plain);
    assert_eq!(score(&[evil.to_owned(), marked.clone()]), score(std::slice::from_ref(&marked)));
    assert_eq!(score(&[marked.clone(), marked.clone()]), score(&[marked]));
}
