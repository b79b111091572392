//! The plain loop that is measured and the stage that is shipped give the same verdicts.
#![allow(clippy::unwrap_used)]

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use vires_catalog::Catalog;
use vires_judge::{CaseUpdate, Judge, Tuning};
use vires_pipeline::judging::{Answers, Estate, Judging, Live, Memory, Step, observe};
use vires_pipeline::{Codec, Framing, Log, Options, Runner, Source, Target};
use vires_profile::{Exceptions, Inventory};
use vires_source::Scratch;
use vires_tag::Classifier;

fn estate() -> Estate {
    let catalog = Arc::new(Catalog::builtin().unwrap());
    let inventory = "schema = \"vires-inventory/1\"\n[[workload]]\nid = \"r1\"\nowner = { team = \"t\" }\npurpose = \"p\"\nprincipals = [\"aws:role/123456789012/r1\"]\n[workload.expect]\nmax_tier = 1\n";
    Estate {
        classifier: Arc::new(Classifier::new(&catalog).unwrap()),
        inventory: Arc::new(Inventory::from_toml(inventory, "i").unwrap()),
        exceptions: Arc::new(Exceptions::default()),
        year: None,
    }
}

/// What forty roles do in `hours` hours, now and then something grave, from two networks.
fn lines(start: usize, hours: usize) -> Vec<String> {
    let mut lines = Vec::new();
    for hour in start..start + hours {
        for n in 0..40 {
            let grave = hour > 300 && (hour * 40 + n) % 97 == 0;
            let (service, name) = if grave { ("iam", "CreateAccessKey") } else { ("s3", "GetObject") };
            let (day, hour_of_day, net) = (1 + hour / 24, hour % 24, if grave { 7 } else { n % 3 });
            lines.push(format!(
                "{{\"eventVersion\":\"1.11\",\"userIdentity\":{{\"type\":\"AssumedRole\",\"arn\":\"arn:aws:sts::123456789012:assumed-role/r{n}/s\",\"accountId\":\"123456789012\",\"accessKeyId\":\"ASIAIOSFODNN7EXAMPLE\"}},\"eventTime\":\"2026-03-{day:02}T{hour_of_day:02}:{n:02}:00Z\",\"eventSource\":\"{service}.amazonaws.com\",\"eventName\":\"{name}\",\"awsRegion\":\"eu-west-1\",\"sourceIPAddress\":\"203.0.{net}.9\",\"userAgent\":\"Boto3/1.34.0\",\"requestParameters\":{{\"bucketName\":\"b{n}\",\"userName\":\"u\"}},\"eventID\":\"e-{hour}-{n}\"}}"
            ));
        }
        lines.push(["", "text", "{\"a\":1}"][hour % 3].to_owned());
    }
    lines
}

fn judge(estate: &Estate) -> Judge {
    let mut learner = estate.learner("");
    for line in lines(0, 300) {
        learner.line(line.as_bytes());
    }
    estate.judge(Tuning::default(), learner.finish())
}

fn shipped(estate: &Estate, input: &Path, output: &Path, threads: usize) -> (String, Vec<CaseUpdate>) {
    let judge = judge(estate);
    let told: Arc<Mutex<Vec<CaseUpdate>>> = Arc::default();
    let heard = Arc::clone(&told);
    let sink = Box::new(move |case: &CaseUpdate| heard.lock().unwrap().push(case.clone()));
    let live = Arc::new(Live::new(judge.fresh_state(), 0, String::new(), sink).for_good());
    let answers = Answers { tag: vires_tag::Options::default(), least: None, codec: Codec::Lines, step: Step::Both };
    let options = Options {
        source: Source::Files(vec![input.to_owned()]),
        target: Target::File(output.to_owned()),
        framing: Framing { codec: Codec::Lines, max_line: 1 << 20, split: false },
        threads,
        omprog: false,
        drain: Duration::from_secs(5),
        stats_file: None,
        log: Arc::new(Log::default()),
    };
    let stage = Judging::new(estate.clone(), judge, answers, live);
    let summary = Runner::open(&options).unwrap().run(stage, &|_| Err(String::new())).unwrap();
    assert_eq!(summary.counts.internal, 0);
    let cases = told.lock().unwrap().clone();
    (std::fs::read_to_string(output).unwrap(), cases)
}

#[test]
fn what_is_measured_is_what_is_shipped() {
    let estate = estate();
    let dir = tempfile::tempdir().unwrap();
    let input = dir.path().join("in");
    let today = lines(300, 60);
    std::fs::write(&input, today.join("\n")).unwrap();

    let judge = judge(&estate);
    let mut replay = estate.replay(&judge);
    let mut cases: Vec<CaseUpdate> = Vec::new();
    let mut verdicts = Vec::new();
    for (number, line) in (1..).zip(&today) {
        verdicts.push(replay.line(number, line.as_bytes(), |judged| {
            cases.extend(judged.outcome.update.as_deref().cloned());
            (judged.outcome.verdict.verdict.as_str().to_owned(), judged.outcome.verdict.score)
        }));
    }
    assert!(verdicts.iter().flatten().any(|(verdict, _)| verdict == "escalate" || verdict == "page"));
    assert!(verdicts.iter().flatten().any(|(verdict, _)| verdict == "cannot_judge"));
    assert_eq!(verdicts.iter().filter(|v| v.is_none()).count(), 60);
    cases.extend(replay.settle().into_iter().filter(|settled| settled.speaks).map(|settled| settled.record));

    for threads in [1, 2, 5] {
        let (output, told) = shipped(&estate, &input, &dir.path().join(format!("out-{threads}")), threads);
        assert_eq!(told, cases, "{threads} threads");
        for ((answer, verdict), line) in output.lines().zip(&verdicts).zip(&today) {
            let answer: serde_json::Value = serde_json::from_str(answer).unwrap();
            let found = answer["nhi"]["verdict"].as_str().map(|v| (v.to_owned(), answer["nhi"]["score"].as_f64().unwrap()));
            assert_eq!(&found, verdict, "{threads} threads: {line}");
        }
        assert_eq!(output.lines().count(), today.len());
    }
}

#[test]
fn lines_without_a_year_are_counted() {
    let estate = estate();
    let judge = judge(&estate);
    let live = Arc::new(Live::new(judge.fresh_state(), 0, String::new(), Box::new(|_: &CaseUpdate| {})));
    let dir = tempfile::tempdir().unwrap();
    let input = dir.path().join("in");
    let dated = &lines(300, 1)[0];
    let undated = dated.replace("\"eventTime\":\"2026-", "\"eventTime\":\"");
    assert_ne!(&undated, dated);
    std::fs::write(&input, format!("{dated}\n{undated}\n{undated}\nno record\n")).unwrap();
    let options = Options {
        source: Source::Files(vec![input]),
        target: Target::File(dir.path().join("out")),
        framing: Framing { codec: Codec::Lines, max_line: 1 << 20, split: false },
        threads: 1,
        omprog: false,
        drain: Duration::from_secs(5),
        stats_file: None,
        log: Arc::new(Log::default()),
    };
    let answers = Answers { tag: vires_tag::Options::default(), least: None, codec: Codec::Lines, step: Step::Both };
    let stage = Judging::new(estate.clone(), judge, answers, Arc::clone(&live));
    Runner::open(&options).unwrap().run(stage, &|_| Err(String::new())).unwrap();
    assert_eq!(live.undated(), 2);
}

/// Names that an inventory may list beside the id that records are known by.
#[test]
fn an_identity_is_found_by_what_it_is_called() {
    let agent = r#"{"timestamp":"2026-03-01T10:00:00Z","gen_ai.operation.name":"chat","gen_ai.agent.id":"asst_1","gen_ai.agent.name":"NAME","gen_ai.request.model":"m"}"#;
    let vault = r#"{"time":"2026-03-01T10:00:00Z","type":"response","auth":{"accessor":"hmac-sha256:a","display_name":"kubernetes-payments-api","entity_id":"aaaaaaaa-1111-2222-3333-444444444444","metadata":{"role":"payments","service_account_name":"api"}},"request":{"id":"r1","operation":"read","path":"secret/data/x"}}"#;
    let okta = r#"{"published":"2026-03-01T10:00:00Z","eventType":"user.lifecycle.create","displayMessage":"x","actor":{"id":"00u1abcdefgh","type":"User","alternateId":"svc@example.com"},"transaction":{"detail":{"requestApiTokenId":"00T1abcdefgh"}},"outcome":{"result":"SUCCESS"}}"#;
    let found = |line: &str, principal: &str| workload_of(line, principal) == "sync";
    let named = agent.replace("NAME", "helper-agent");
    for principal in ["otel_genai:agent:asst_1", "otel_genai:agent:helper-agent", "otel_genai:agent:helper-*", "helper-agent"] {
        assert!(found(&named, principal), "{principal}");
    }
    for principal in [
        "vault:entity:aaaaaaaa-1111-2222-3333-444444444444",
        "aaaaaaaa-1111-2222-3333-444444444444",
        "vault:kubernetes:payments",
        "kubernetes-payments-api",
    ] {
        assert!(found(vault, principal), "{principal}");
    }
    for principal in ["okta:token:00T1abcdefgh", "00T1abcdefgh", "00u1abcdefgh", "svc@example.com"] {
        assert!(found(okta, principal), "{principal}");
    }
    // An agent is called what somebody chose: it gets at nobody else's profile by that.
    for (name, principal) in [
        ("arn:aws:iam::123456789012:role/admin", "arn:aws:iam::123456789012:role/admin"),
        ("svc@example.com", "svc@example.com"),
        ("aws:role/123456789012/admin", "aws:role/123456789012/admin"),
        ("aaaaaaaa-1111-2222-3333-444444444444", "aaaaaaaa-1111-2222-3333-444444444444"),
        ("admin[bot]", "github:app:admin"),
    ] {
        assert!(!found(&agent.replace("NAME", name), principal), "{name}");
    }
}

/// The workload of a line under an inventory that lists one, `sync`, by this principal.
fn workload_of(line: &str, principal: &str) -> String {
    let inventory = format!(
        "schema = \"vires-inventory/1\"\n[[workload]]\nid = \"sync\"\nowner = {{ team = \"t\" }}\npurpose = \"p\"\nprincipals = [\"{principal}\"]\n"
    );
    let estate = Estate { inventory: Arc::new(Inventory::from_toml(&inventory, "i").unwrap()), ..estate() };
    let mut scratch = Scratch::default();
    let mut opened = vires_source::open(line.as_bytes(), &mut scratch);
    observe(&estate, &mut opened, &mut Memory::default()).1.unwrap().workload.into_owned()
}

/// Who is listed by object id is found in records that name the application and, beside it, that object.
#[test]
fn an_identity_is_found_under_any_of_its_names() {
    let app = "aaaaaaaa-1111-2222-3333-444444444444";
    let object = "bbbbbbbb-1111-2222-3333-444444444444";
    let line = format!(
        r#"{{"time":"2026-03-01T10:00:00Z","operationName":"Sign-in activity","category":"ServicePrincipalSignInLogs","tenantId":"t","properties":{{"id":"x","createdDateTime":"2026-03-01T10:00:00Z","appId":"{app}","servicePrincipalId":"{object}","ipAddress":"198.51.100.7","status":{{"errorCode":0}}}}}}"#
    );
    let workload = |principal: &str| workload_of(&line, principal);
    for listed in [app, object, &format!("entra:sp:{object}"), &format!("entra:app:{app}")] {
        assert_eq!(workload(listed), "sync", "{listed}");
    }
    assert_eq!(workload("cccccccc-1111-2222-3333-444444444444"), format!("entra:app:{app}"));
}

/// A managed identity is listed by its resource and signs in by the id of its application: its activity says that they are one.
#[test]
fn names_that_a_history_puts_together_lead_to_one_workload() {
    let (app, object) = ("aaaaaaaa-1111-2222-3333-444444444444", "bbbbbbbb-1111-2222-3333-444444444444");
    let resource = "/subscriptions/s/resourcegroups/g/providers/microsoft.managedidentity/userassignedidentities/sync";
    let activity = format!(
        r#"{{"time":"2026-03-01T10:00:00Z","category":"AuditEvent","operationName":"SecretGet","resultType":"Success","callerIpAddress":"198.51.100.7","identity":{{"claim":{{"appid":"{app}","oid":"{object}","xms_mirid":"{resource}"}}}},"resourceId":"/SUBSCRIPTIONS/S/RESOURCEGROUPS/G/PROVIDERS/MICROSOFT.KEYVAULT/VAULTS/V","properties":{{"id":"https://v.vault.azure.net/secrets/a","httpStatusCode":200}}}}"#
    );
    let sign_in = format!(
        r#"{{"time":"2026-03-02T10:00:00Z","operationName":"Sign-in activity","category":"ManagedIdentitySignInLogs","tenantId":"t","properties":{{"id":"x","createdDateTime":"2026-03-02T10:00:00Z","appId":"{app}","servicePrincipalId":"{object}","ipAddress":"","status":{{"errorCode":0}}}}}}"#
    );
    let listed = |principals: &[&str]| {
        let mut text = "schema = \"vires-inventory/1\"\n".to_owned();
        for (n, principal) in principals.iter().enumerate() {
            text.push_str(&format!("[[workload]]\nid = \"w{n}\"\nprincipals = [\"{principal}\"]\n"));
        }
        Estate { inventory: Arc::new(Inventory::from_toml(&text, "i").unwrap()), ..estate() }
    };
    let workload = |estate: &Estate| {
        let mut scratch = Scratch::default();
        let mut opened = vires_source::open(sign_in.as_bytes(), &mut scratch);
        observe(estate, &mut opened, &mut Memory::default()).1.unwrap().workload.into_owned()
    };
    let one = listed(&[&format!("azure:mi:{resource}")]);
    let mut learner = one.learner("");
    learner.line(activity.as_bytes());
    let learned = learner.finish();
    assert_eq!(workload(&one), format!("entra:app:{app}"));
    assert_eq!(workload(&one.joined(&learned)), "w0");
    // What is listed as two stays two.
    let two = listed(&[&format!("azure:mi:{resource}"), &format!("entra:app:{app}")]);
    assert_eq!(workload(&two.joined(&learned)), "w1");
}
