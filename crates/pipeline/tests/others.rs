//! Lines of sources that repeat themselves are answered, learned and judged from memory as if each were met for the first time, while
//! days begin, exceptions begin and end, events come late and what was usual changes.
#![allow(clippy::unwrap_used)]

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use vires_catalog::Catalog;
use vires_judge::{CaseUpdate, Tuning};
use vires_pipeline::judging::{Answers, Estate, Judging, Live, Step, learn};
use vires_pipeline::{Codec, Framing, Log, Options, Runner, Source, Target};
use vires_profile::baseline::Baseline;
use vires_profile::{Exceptions, Inventory};
use vires_tag::Classifier;

const INVENTORY: &str = r#"
schema = "vires-inventory/1"
[[workload]]
id = "ns1"
owner = { team = "t", expires = 2026-03-15 }
purpose = "p"
principals = ["k8s:*:ns1:api"]
[workload.expect]
max_tier = 1
"#;

const EXCEPTIONS: &str = r#"
schema = "vires-exceptions/1"
[[exception]]
id = "EX-1"
identities = ["*"]
approver = "a"
from = 2026-03-14T06:00:00Z
until = 2026-03-14T18:00:00Z
"#;

fn estate() -> Estate {
    let catalog = Arc::new(Catalog::builtin().unwrap());
    Estate {
        classifier: Arc::new(Classifier::new(&catalog).unwrap()),
        inventory: Arc::new(Inventory::from_toml(INVENTORY, "i").unwrap()),
        exceptions: Arc::new(Exceptions::from_toml(EXCEPTIONS, "e").unwrap()),
        year: Some("2026".parse().unwrap()),
    }
}

/// What a cloud and its hosts log in `hours` hours: mostly the same, now and then from elsewhere, late, or something that is new.
fn lines(start: usize, hours: usize) -> Vec<String> {
    let mut lines = Vec::new();
    for hour in start..start + hours {
        for n in 0..36 {
            let (odd, late) = (hour > 300 && (hour * 36 + n) % 83 == 0, hour > start + 9 && n % 17 == 3);
            let at = hour - if late { 9 } else { 0 };
            let (day, hour_of_day) = (1 + at / 24, at % 24);
            let address = format!("203.0.{}.{}", if odd { 77 } else { n % 2 }, n % 5);
            let id = hour * 100 + n - usize::from(n % 13 == 5) * 3;
            let time = format!("2026-03-{day:02}T{hour_of_day:02}:{n:02}:07.000000Z");
            lines.push(match n % 6 {
                0 | 1 => format!(
                    r#"{{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"Metadata","auditID":"{id:012x}","stage":"ResponseComplete","requestURI":"/api/v1/namespaces/ns/secrets/api","verb":"{}","user":{{"username":"{user}","groups":["system:authenticated"]}},"sourceIPs":["{address}"],"userAgent":"client/1.4","objectRef":{{"resource":"secrets","namespace":"ns{}","name":"api","apiVersion":"v1"}},"responseStatus":{{"code":200}},"requestReceivedTimestamp":"{time}","stageTimestamp":"{time}"}}"#,
                    if odd { "delete" } else { "get" },
                    n % 4,
                    user = match n % 4 {
                        3 => "jane@example.com".to_owned(),
                        other => format!("system:serviceaccount:ns{other}:api"),
                    },
                ),
                2 => format!(
                    r#"{{"@timestamp":{},"_document_id":"{id:x}","action":"{}","actor":"ci-{}","actor_id":7,"org":"example","programmatic_access_type":"OAuth access token","hashed_token":"h{}=","actor_ip":"{address}","repo":"example/app"}}"#,
                    1_772_323_200_000 + at as u64 * 3_600_000 + n as u64 * 60_000,
                    if odd { "repo.destroy" } else { "git.clone" },
                    n % 3,
                    n % 3,
                ),
                3 => format!(
                    r#"{{"protoPayload":{{"@type":"type.googleapis.com/google.cloud.audit.AuditLog","serviceName":"storage.googleapis.com","methodName":"storage.objects.get","authenticationInfo":{{"principalEmail":"sync@p-1.iam.gserviceaccount.com"}},"authorizationInfo":[{{"permission":"{}","granted":true}}],"requestMetadata":{{"callerIp":"{address}","callerSuppliedUserAgent":"gcs/1"}},"resourceName":"projects/_/buckets/b/objects/o"}},"insertId":"{id:x}","resource":{{"type":"gcs_bucket","labels":{{"project_id":"p-1","location":"eu"}}}},"timestamp":"{time}","receiveTimestamp":"{time}","logName":"projects/p-1/logs/x","severity":"INFO"}}"#,
                    if odd { "storage.buckets.setIamPolicy" } else { "storage.objects.get" },
                ),
                4 => format!(
                    "Mar {day:2} {hour_of_day:02}:{n:02}:07 web{} sudo[{id}]:   deploy : TTY=unknown ; PWD=/srv ; USER={} ; COMMAND=/usr/bin/systemctl restart app",
                    n % 3,
                    if odd { "postgres" } else { "root" },
                ),
                _ => format!("Mar {day:2} {hour_of_day:02}:{n:02}:07 web{} kernel: [{id}] link up", n % 3),
            });
        }
    }
    lines
}

fn options(input: &Path, output: &Path, threads: usize) -> Options {
    Options {
        source: Source::Files(vec![input.to_owned()]),
        target: Target::File(output.to_owned()),
        framing: Framing { codec: Codec::Lines, max_line: 1 << 20, split: false },
        threads,
        omprog: false,
        drain: Duration::from_secs(5),
        stats_file: None,
        log: Arc::new(Log::default()),
    }
}

fn learned(estate: &Estate, history: &[String]) -> Baseline {
    let mut learner = estate.learner("");
    history.iter().for_each(|line| learner.line(line.as_bytes()));
    learner.finish()
}

#[test]
fn a_baseline_is_the_same_from_memory() {
    let estate = estate();
    let history = lines(0, 100);
    let expected = learned(&estate, &history).to_json().unwrap();
    let mut expected: serde_json::Value = serde_json::from_str(&expected).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let input = dir.path().join("in");
    std::fs::write(&input, history.join("\n")).unwrap();
    for threads in [1, 4] {
        let learned = learn(&options(&input, &dir.path().join("out"), threads), &estate, "").unwrap();
        assert_eq!((learned.undated, learned.summary.counts.internal), (0, 0));
        let mut found: serde_json::Value = serde_json::from_str(&learned.baseline.to_json().unwrap()).unwrap();
        // The plain loop knows of no files.
        for baseline in [&mut expected, &mut found] {
            baseline["checksum"] = serde_json::Value::Null;
            baseline["body"]["inputs"] = serde_json::Value::Null;
        }
        assert_eq!(found, expected, "{threads} threads");
    }
}

#[test]
fn verdicts_are_the_same_from_memory() {
    let estate = estate();
    let history = lines(0, 300);
    let today = lines(300, 60);
    let baseline = learned(&estate, &history);
    let plain = estate.judge(Tuning::default(), baseline.clone());
    let mut replay = estate.replay(&plain);
    let (mut cases, mut verdicts): (Vec<CaseUpdate>, Vec<_>) = Default::default();
    for (number, line) in (1..).zip(&today) {
        verdicts.push(replay.line(number, line.as_bytes(), |judged| {
            cases.extend(judged.outcome.update.as_deref().cloned());
            let verdict = &judged.outcome.verdict;
            let reasons = verdict.detail.as_ref().map(|detail| detail.reasons.clone()).unwrap_or_default();
            (verdict.verdict.as_str().to_owned(), verdict.score, verdict.mapping.as_str(), reasons)
        }));
    }
    for kind in ["escalate", "cannot_judge"] {
        assert!(verdicts.iter().flatten().any(|(verdict, ..)| verdict == kind), "{kind} is among them");
    }
    cases.extend(replay.settle().into_iter().filter(|settled| settled.speaks).map(|settled| settled.record));

    let dir = tempfile::tempdir().unwrap();
    let input = dir.path().join("in");
    std::fs::write(&input, today.join("\n")).unwrap();
    for threads in [1, 4] {
        let told: Arc<Mutex<Vec<CaseUpdate>>> = Arc::default();
        let heard = Arc::clone(&told);
        let sink = Box::new(move |case: &CaseUpdate| heard.lock().unwrap().push(case.clone()));
        let judge = estate.judge(Tuning::default(), baseline.clone());
        let live = Arc::new(Live::new(judge.fresh_state(), 0, String::new(), sink).for_good());
        let answers = Answers { tag: vires_tag::Options::default(), least: None, codec: Codec::Lines, step: Step::Both };
        let output = dir.path().join(format!("out-{threads}"));
        let stage = Judging::new(estate.clone(), judge, answers, live);
        let summary = Runner::open(&options(&input, &output, threads)).unwrap().run(stage, &|_| Err(String::new())).unwrap();
        assert_eq!(summary.counts.internal, 0);
        assert_eq!(*told.lock().unwrap(), cases, "{threads} threads");
        let output = std::fs::read_to_string(output).unwrap();
        assert_eq!(output.lines().count(), today.len());
        for ((answer, expected), line) in output.lines().zip(&verdicts).zip(&today) {
            let answer: serde_json::Value = serde_json::from_str(answer).unwrap();
            let nhi = &answer["nhi"];
            let said = nhi["verdict"]
                .as_str()
                .map(|verdict| (verdict, nhi["score"].as_f64().unwrap(), nhi["mapping"].as_str().unwrap()));
            let expected_short = expected.as_ref().map(|(verdict, score, mapping, _)| (&**verdict, *score, *mapping));
            assert_eq!(said, expected_short, "{threads} threads: {line}");
            if let Some((.., reasons)) = expected {
                assert_eq!(nhi["reasons"].as_array().map_or(0, Vec::len) > 0, !reasons.is_empty(), "{line}");
            }
        }
    }
}
