use super::*;
use crate::scenario::{Filter, Scenario, find, lint, load_all};
use crate::testing::{decoder, event};

fn run(collection: Collection, write: impl Fn(&Path)) -> (Imported, Vec<Scenario>) {
    let dir = tempfile::tempdir().unwrap();
    let (from, to) = (dir.path().join("checkout"), dir.path().join("scenarios"));
    std::fs::create_dir_all(&from).unwrap();
    write(&from);
    let done = import(&Import { collection, from, to: to.clone(), test_days: 2 }).unwrap();
    let corpus = load_all(&find(&[to]).unwrap(), &Filter::default(), decoder()).unwrap();
    let errors: Vec<_> = lint(&corpus).unwrap().into_iter().filter(|f| f.severity == vires_profile::Severity::Error).collect();
    assert_eq!(errors, []);
    (done, corpus.scenarios)
}

fn record(n: u32, day: u32) -> String {
    event(&format!("e{n} 2026-03-{day:02}T10:00:00Z tester iam:CreateUser 198.51.100.1"))
}

fn put(path: PathBuf, text: &str) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

#[test]
fn stratus_detonations_are_attacks() {
    let (done, scenarios) = run(Collection::Stratus, |root| {
        let list = format!("[{},{}]", record(2, 2), record(1, 1));
        put(root.join("docs/detonation-logs/aws.exfiltration.rds-share-snapshot.json"), &list);
        put(root.join("docs/detonation-logs/broken.json"), "{");
        put(root.join("package.json"), &list);
    });
    assert_eq!(done, Imported { scenarios: 1, events: 2, skipped: 1 });
    let s = &scenarios[0];
    assert_eq!(
        (s.id(), s.family(), s.manifest.provenance),
        ("stratus/aws-exfiltration-rds-share-snapshot", "stratus-exfiltration", Provenance::Emulated)
    );
    assert_eq!((s.truth.instances.len(), s.truth.instances[0].lines.len()), (1, 2));
    assert_eq!(s.truth.instances[0].boundaries, [Boundary::Data]);
    assert!(s.events.facts[0].at < s.events.facts[1].at, "sorted by time");
}

#[test]
fn rule_tests_claim_nothing_about_escalation() {
    let (done, scenarios) = run(Collection::Panther, |root| {
        let (a, b) = (record(1, 2), record(2, 1));
        let rule = format!(
            "AnalysisType: rule\nRuleID: \"AWS.IAM.CreateUser\"\nDisplayName: \"IAM User Created\"\nLogTypes:\n  - AWS.CloudTrail\nReports:\n  MITRE ATT&CK:\n    - TA0007:T1078\nTests:\n  - Name: fires\n    ExpectedResult: true\n    Log:\n      {a}\n  - Name: does not\n    ExpectedResult: false\n    Log:\n      {b}\n"
        );
        put(root.join("rules/aws/create_user.yml"), &rule);
        put(root.join("packs/aws.yml"), "AnalysisType: pack\n");
        put(root.join("rules/broken.yml"), "a: [");
    });
    assert_eq!(done, Imported { scenarios: 1, events: 2, skipped: 1 });
    let s = &scenarios[0];
    assert_eq!(
        (s.id(), s.family(), s.manifest.attack.as_slice()),
        ("panther/aws-iam-createuser", "panther-aws-cloudtrail", &["T1078".to_string()][..])
    );
    assert_eq!((s.truth.instances.len(), s.manifest.kind), (0, ScenarioKind::Noise));
    // What fires is a day later than what does not.
    assert_eq!(s.truth.marks.iter().collect::<Vec<_>>(), [(&2, &crate::scenario::Mark::Ambiguous)]);
}

#[test]
fn samples_are_ambiguous() {
    let (done, scenarios) = run(Collection::Traildiscover, |root| {
        put(root.join("docs/logExamples/CloudTrail-StopLogging.json.cloudtrail"), &record(1, 1));
    });
    assert_eq!((done.scenarios, scenarios[0].id()), (1, "traildiscover/cloudtrail-stoplogging"));
    assert_eq!(scenarios[0].truth.marks.len(), 1);
}

#[test]
fn own_logs_are_split_by_time() {
    let (done, scenarios) = run(Collection::Cloudtrail, |root| {
        let file = |days: std::ops::Range<u32>| {
            let list: Vec<String> = days.map(|d| record(d, d)).collect();
            format!("{{\"Records\":[{}]}}", list.join(","))
        };
        put(root.join("2026/03/b.json"), &file(6..11));
        let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        std::io::Write::write_all(&mut gz, file(1..6).as_bytes()).unwrap();
        std::fs::write(root.join("2026/03/a.json.gz"), gz.finish().unwrap()).unwrap();
    });
    assert_eq!(done, Imported { scenarios: 1, events: 10, skipped: 0 });
    let s = &scenarios[0];
    assert_eq!((s.history.facts.len(), s.events.facts.len(), s.manifest.provenance), (8, 2, Provenance::Real));
}

#[test]
fn says_when_there_is_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let of = |from: PathBuf| Import { collection: Collection::Stratus, from, to: dir.path().join("out"), test_days: 7 };
    assert!(import(&of(dir.path().join("none"))).unwrap_err().to_string().contains("no such folder"));
    assert!(import(&of(dir.path().to_path_buf())).unwrap_err().to_string().contains("nothing to import"));
}
