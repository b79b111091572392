//! Decoders of cloud sources against published real logs, which are not part of this repository: where they are missing, the test
//! says so and passes.
//!
//! A record that cannot be decoded (trimmed until it says neither who nor what) must be listed with its reason in
//! `tests/expected_errors/<file>.tsv` (line number, tab, reason); a listed record that decodes is an error too.

use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use vires_event::Source;
use vires_source::json::Tape;
use vires_source::{Hints, decode_json};

#[expect(clippy::print_stderr, reason = "a skipped test must be heard")]
fn real_logs() -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/real-logs");
    if root.is_dir() {
        return Some(root);
    }
    eprintln!("SKIPPED: no real logs at {}", root.display());
    None
}

fn expected_errors(name: &str) -> BTreeMap<usize, String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/expected_errors").join(format!("{name}.tsv"));
    let Ok(text) = std::fs::read_to_string(path) else { return BTreeMap::new() };
    text.lines()
        .map(|line| line.split_once('\t').expect("line number, tab, reason"))
        .map(|(number, reason)| (number.parse().expect("line number"), reason.to_owned()))
        .collect()
}

/// What one file's records must decode to.
struct File {
    path: &'static str,
    sources: &'static [Source],
    /// The member of each line that holds the record, or an array of records; empty = the line itself.
    member: &'static str,
}

const fn panther(path: &'static str, sources: &'static [Source]) -> File {
    File { path, sources, member: "log" }
}

const FILES: &[File] = &[
    panther("panther/AWS.CloudTrail.ndjson", &[Source::Cloudtrail]),
    panther("panther/GCP.AuditLog.ndjson", &[Source::GcpAudit, Source::Kubernetes]),
    panther("panther/Azure.MonitorActivity.ndjson", &[Source::AzureActivity, Source::AzureResource, Source::Kubernetes]),
    panther("panther/Azure.Audit.ndjson", &[Source::EntraSignin, Source::EntraAudit]),
    panther("panther/Microsoft365.Audit.Exchange.ndjson", &[Source::M365]),
    panther("panther/Microsoft365.Audit.AzureActiveDirectory.ndjson", &[Source::M365]),
    panther("panther/AWS.BedrockModelInvocation.ndjson", &[Source::Bedrock]),
    panther("panther/Amazon.EKS.Audit.ndjson", &[Source::Kubernetes]),
    panther("traildiscover/samples.ndjson", &[Source::Cloudtrail]),
    panther("console/sessions.ndjson", &[Source::Cloudtrail]),
    File { path: "falco-k8s/tests.ndjson", sources: &[Source::Kubernetes], member: "logs" },
    File { path: "audit2rbac/demo.ndjson", sources: &[Source::Kubernetes], member: "" },
];

#[test]
fn every_record_decodes_or_is_listed() {
    let Some(root) = real_logs() else { return };
    let mut wrong = Vec::new();
    for file in FILES {
        let name = file.path.replace('/', "_");
        let expected = expected_errors(&name);
        let text = std::fs::read_to_string(root.join(file.path)).expect("readable");
        let (mut records, mut with_identity) = (0, 0);
        for (number, line) in text.lines().enumerate().map(|(i, line)| (i + 1, line)) {
            for record in records_of(line, file.member) {
                records += 1;
                let mut tape = Tape::default();
                let value = tape.parse(&record).expect("JSON");
                let found = decode_json(value, &Hints::default());
                with_identity += usize::from(found.as_ref().is_some_and(|a| a.identity.is_some()));
                let fits = found.as_ref().is_some_and(|a| file.sources.contains(&a.source));
                if fits == expected.contains_key(&number) {
                    let found = found.map(|a| (a.source, a.action.into_owned()));
                    let reason = expected.get(&number).map_or("not listed", |r| r);
                    wrong.push(format!(
                        "{name}:{number}: {found:?} ({reason}): {}",
                        record.chars().take(300).collect::<String>()
                    ));
                }
            }
        }
        eprintln!("{}: {records} records, {with_identity} with an identity, {} listed", file.path, expected.len());
    }
    assert!(wrong.is_empty(), "{} records:\n{}", wrong.len(), wrong.join("\n"));
}

fn records_of(line: &str, member: &str) -> Vec<String> {
    if member.is_empty() {
        return vec![line.to_owned()];
    }
    let mut outer: Json = serde_json::from_str(line).expect("JSON");
    match outer[member].take() {
        Json::Array(records) => records.iter().map(Json::to_string).collect(),
        record => vec![record.to_string()],
    }
}

#[test]
fn console_records_show_no_machine() {
    let Some(root) = real_logs() else { return };
    let text = std::fs::read_to_string(root.join("console/sessions.ndjson")).expect("readable");
    for line in text.lines() {
        for record in records_of(line, "log") {
            let mut tape = Tape::default();
            let activity = decode_json(tape.parse(&record).expect("JSON"), &Hints::default()).expect("CloudTrail");
            assert_eq!(activity.identity, None, "the records are stripped of their identity: {record}");
        }
    }
}
