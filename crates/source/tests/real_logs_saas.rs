//! Every published record of the software-as-a-service sources is decoded as its source, or stands in `expected_errors` with a reason.
//!
//! The records stay outside this repository. Without them the test says so and passes.

#![expect(clippy::unwrap_used, reason = "a helper of a test may fail like the test")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use vires_source::json::Tape;
use vires_source::{Scratch, open};

/// File of records, and the source that each of them must be recognised as.
const FILES: &[(&str, &str)] = &[
    ("Anthropic.Activity", "anthropic"),
    ("Atlassian.Audit", "atlassian"),
    ("Auth0.Events", "auth0"),
    ("Cloudflare.HttpRequest", "cloudflare"),
    ("Databricks.Audit", "databricks"),
    ("GSuite.ActivityEvent", "google_workspace"),
    ("GitHub.Audit", "github"),
    ("GitLab.Audit", "gitlab"),
    ("MongoDB.OrganizationEvent", "mongodb_atlas"),
    ("Notion.AuditLogs", "notion"),
    ("Okta.SystemLog", "okta"),
    ("OpenAI.Audit", "openai"),
    ("Salesforce.RealtimeEvent", "salesforce"),
    ("Slack.AuditLogs", "slack"),
    ("Snowflake.LoginHistory", "snowflake"),
    ("Snowflake.QueryHistory", "snowflake"),
    ("Snyk.GroupAudit", "snyk"),
    ("Tailscale.Audit", "tailscale"),
    ("Tines.Audit", "tines"),
    ("Wiz.Audit", "wiz"),
    ("Zendesk.Audit", "zendesk"),
];

#[test]
fn every_record_is_decoded_or_excused() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = here.join("../../../shared/real-logs/panther");
    if !folder.is_dir() {
        eprintln!("SKIPPED: no published records at {}", folder.display());
        return;
    }
    let mut wrong = Vec::new();
    for (file, source) in FILES {
        let excused = excuses(&here.join("tests/expected_errors").join(format!("{file}.tsv")));
        let records = std::fs::read_to_string(folder.join(format!("{file}.ndjson"))).unwrap();
        let mut failed = BTreeMap::new();
        for (number, line) in records.lines().enumerate() {
            let mut tape = Tape::default();
            let log = tape.parse(line).unwrap().get("log").unwrap().raw();
            let mut scratch = Scratch::default();
            let found = open(log.as_bytes(), &mut scratch).activity.map(|activity| activity.source.as_str());
            if found != Some(*source) {
                failed.insert(
                    number + 1,
                    format!("{file}:{}: {found:?}: {}", number + 1, log.chars().take(300).collect::<String>()),
                );
            }
        }
        for (number, complaint) in &failed {
            if !excused.contains_key(number) {
                wrong.push(complaint.clone());
            }
        }
        for number in excused.keys().filter(|number| !failed.contains_key(number)) {
            wrong.push(format!("{file}:{number} is excused, but decodes: take it off the list"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Line number and reason; no file means no excuses.
fn excuses(path: &PathBuf) -> BTreeMap<usize, String> {
    let Ok(text) = std::fs::read_to_string(path) else { return BTreeMap::new() };
    let rows = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    rows.map(|row| {
        let (number, reason) = row.split_once('\t').unwrap_or_else(|| panic!("{}: no tab in `{row}`", path.display()));
        assert!(!reason.trim().is_empty(), "{}: line {number} has no reason", path.display());
        (number.parse().unwrap(), reason.to_owned())
    })
    .collect()
}
