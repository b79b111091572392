//! What is left out without being looked at closely against the plain evaluator: a line that the evaluator keeps must never be
//! left out, whatever was met before it and however it is spelled.

#![allow(clippy::unwrap_used)]

mod common;

use common::{CATALOG, sample_lines, sample_texts, with_other};
use proptest::prelude::*;
use std::cell::RefCell;
use std::sync::LazyLock;
use vires_source::open;
use vires_tag::{Only, Options, Scratch, Tagger, reference};

static TAGGER: LazyLock<Tagger> = LazyLock::new(|| {
    Tagger::new(&CATALOG, Options { only: Some(Only::Sensitive), counted: false, ..Options::default() }).unwrap()
});

thread_local! {
    static KEPT: RefCell<Scratch> = RefCell::default();
}

/// Holds what is left out to the evaluator; returns whether the line was left out without its tags having been made.
fn check(line: &[u8]) -> bool {
    let mut buffers = vires_source::Scratch::default();
    let want = reference::classify(&CATALOG, &open(line, &mut buffers));
    let mut unseen = false;
    KEPT.with_borrow_mut(|scratch| {
        // Once to meet its shape, once to meet its texts, once from memory.
        for round in 0..3 {
            let mut answer = Vec::new();
            let report = TAGGER.line(line, scratch, &mut answer);
            assert_eq!(!report.filtered, want.touches_sensitive(), "{round} {}", String::from_utf8_lossy(line));
            assert_eq!(answer.is_empty(), report.filtered, "{round}");
            unseen |= report.filtered && want.tagged() && !report.tagged;
        }
    });
    unseen
}

/// A record that touches nothing sensitive and is tagged, because a machine made it.
fn calm(service: &str, name: &str, parameters: &str) -> String {
    format!(
        r#"{{"eventVersion":"1.09","userIdentity":{{"type":"AssumedRole","principalId":"AROAEXAMPLEROLE:i-000a1b2c3d4e5f601","arn":"arn:aws:sts::123456789012:assumed-role/worker/i-000a1b2c3d4e5f601","accountId":"123456789012","accessKeyId":"ASIAIOSFODNN7EXAMPLE","sessionContext":{{"sessionIssuer":{{"type":"Role","principalId":"AROAEXAMPLEROLE","arn":"arn:aws:iam::123456789012:role/worker","accountId":"123456789012","userName":"worker"}},"attributes":{{"creationDate":"2026-11-23T12:00:00Z","mfaAuthenticated":"false"}},"ec2RoleDelivery":"2.0"}}}},"eventTime":"2026-11-23T18:44:41Z","eventSource":"{service}.amazonaws.com","eventName":"{name}","awsRegion":"eu-central-1","sourceIPAddress":"198.51.100.7","userAgent":"aws-sdk-go-v2/1.30.3 os/linux","requestParameters":{parameters},"responseElements":null,"requestID":"1b4e28ba-2fa1-41d2-883f-0016d3cca427","eventID":"1b4e28ba-2fa1-41d2-883f-0016d3cca428","readOnly":true,"eventType":"AwsApiCall","managementEvent":true,"recipientAccountId":"123456789012","eventCategory":"Management","tlsDetails":{{"tlsVersion":"TLSv1.3","cipherSuite":"TLS_AES_128_GCM_SHA256","clientProvidedHostHeader":"s3.eu-central-1.amazonaws.com"}}}}"#
    )
}

const PARAMETERS: [&str; 7] = [
    r#"{"bucketName":"worker-7","key":"part"}"#,
    r#"{"bucketName":"worker-7"}"#,
    r#"{"functionName":"worker","qualifier":"1"}"#,
    r#"{"instancesSet":{"items":[{"instanceId":"i-1"},{"instanceId":"i-2"}]},"maxResults":50}"#,
    r#"{"names":["a","b"],"queueUrl":"x","roleArn":"y"}"#,
    r#"{"name":"tag:a","nested":{"list":["b",{"c":"d"}]},"type":"x","n":7,"float":1.5,"flag":false}"#,
    "null",
];

const CALLS: [(&str, &str); 6] = [
    ("s3", "GetBucketLocation"),
    ("ec2", "DescribeInstances"),
    ("lambda", "GetFunctionConfiguration20150331v2"),
    ("sqs", "GetQueueUrl"),
    ("monitoring", "DescribeAlarms"),
    ("x", "Nothing"),
];

/// What makes a line sensitive somewhere, and what only looks like it.
const TEXTS: [&str; 46] = [
    "",
    "x",
    "secret",
    "Prod-PAYROLL",
    "etc/shadow",
    "shadow",
    "roles",
    "owner",
    "/owner",
    "roles/owner",
    "a/allUsers",
    "allUsers",
    "admin",
    "function:admin:1",
    "123456789012:function:root",
    "x:root",
    "arn:aws:iam::aws:policy/AdministratorAccess",
    "arn:aws:secretsmanager:eu-central-1:123456789012:secret:prod/root-AbCdEf",
    "arn:aws:ssm:eu-central-1:123456789012:parameter/a/secret",
    "arn:aws:s3:::x/.env",
    "https://sqs.eu-central-1.amazonaws.com/123456789012/sudo",
    "https://u:passw0rd-x1@example.com/x",
    "AKIARZPUZDIKABNMHEL6",
    "xAKIARZPUZDIKABNMHEL6",
    "a_AKIARZPUZDIKABNMHEL6_",
    "ASIARZPUZDIKABNMHEL6",
    "postgres://svc:Zk3vQx81mRt@db.example.com/x",
    "postgres://svc",
    "SK0123456789abcdef0123456789abcdef",
    "near AKIA! ghp_ sk_live_1 http:",
    "TruffleHog",
    "Boto3 Pacu/1",
    "[TruffleHog]",
    "distrib#kali.2025",
    "GetSecretValue",
    "iam.amazonaws.com",
    "secretsmanager.amazonaws.com",
    "userData",
    "No",
    "AwsConsoleSignIn",
    "8e3af657-a8ff-443c-a75c-2fe8c4bcb635",
    "a\"secret\\b",
    "\u{e9}secret",
    "\u{1}secret",
    "\\u0073ecret",
    "0.0.0.0/0",
];

#[test]
fn leaves_out_what_is_calm_without_making_tags() {
    let mut unseen = 0;
    for (service, name) in CALLS {
        for parameters in PARAMETERS {
            unseen += usize::from(check(calm(service, name, parameters).as_bytes()));
        }
    }
    assert!(unseen > CALLS.len() * PARAMETERS.len() / 2, "{unseen}");
}

#[test]
fn keeps_what_the_evaluator_keeps_whichever_text_differs() {
    let (mut checked, mut kept) = (0, 0);
    for (n, (service, name)) in CALLS.into_iter().enumerate() {
        for parameters in PARAMETERS {
            let line = calm(service, name, parameters);
            check(line.as_bytes());
            for place in 0..60 {
                for text in TEXTS.iter().skip((place + n) % 5).step_by(5) {
                    // By hand, so that the members keep their order and the line its shape.
                    let Some(other) = in_place(&line, place, text) else { break };
                    check(other.as_bytes());
                    checked += 1;
                    kept += usize::from(other.contains("AKIAR"));
                }
            }
        }
    }
    assert!(checked > 6_000 && kept > 200, "{checked} {kept}");
}

/// The line with another text at its `n`th variable place.
fn in_place(line: &str, n: usize, text: &str) -> Option<String> {
    let mut tape = vires_source::json::Tape::default();
    let root = tape.parse(line).ok()?;
    let (_, slot) = vires_source::json::slots(root).nth(n)?;
    let quoted = line[..slot.range().start].ends_with('"');
    let text = serde_json::to_string(text).ok()?;
    let text = if quoted { &text[1..text.len() - 1] } else { "17" };
    Some([&line[..slot.range().start], text, &line[slot.range().end..]].concat())
}

/// However a line is spelled, doubled, wrapped or broken.
#[test]
fn keeps_what_the_evaluator_keeps_however_it_is_spelled() {
    for (service, name) in CALLS {
        for parameters in PARAMETERS {
            let line = calm(service, name, parameters);
            check(line.as_bytes());
            let end = line.len() - 1;
            let more = |member: &str| format!("{},{member}}}", &line[..end]);
            let first = |member: &str| format!("{{{member},{}", &line[1..]);
            let mut lines: Vec<Vec<u8>> = Vec::new();
            for member in [
                r#""eventName":"GetSecretValue","eventSource":"secretsmanager.amazonaws.com""#,
                r#""\u0065ventName":"CreateAccessKey","eventSource":"iam.amazonaws.com""#,
                r#""eventname":"StopLogging","eventsource":"cloudtrail.amazonaws.com""#,
                r#""requestParameters":{"bucketName":"secret"}"#,
                r#""resources":[{"ARN":"arn:aws:s3:::prod-payroll/x"},{"arn":"secret"}]"#,
                r#""insightDetails":{"eventSource":"iam.amazonaws.com","eventName":"CreateAccessKey"}"#,
                r#""errorCode":"AccessDenied","errorMessage":"AKIARZPUZDIKABNMHEL6""#,
                r#""AKIARZPUZDIKABNMHEL6":1"#,
                r#""password":"AKIARZPUZDIKABNMHEL6""#,
                r#""userIdentity":{"type":"Root"}"#,
                r#""nhi":{"v":1,"tagged":false}"#,
                r#""message":"{\"eventName\":\"GetSecretValue\"}""#,
            ] {
                lines.extend([more(member).into_bytes(), first(member).into_bytes()]);
            }
            let envelope = serde_json::json!({"file": "AKIARZPUZDIKABNMHEL6", "message": line}).to_string();
            for text in [
                line.replace("eventName", "\\u0065ventName"),
                line.replace("\"eventName\"", "\"eventName\" "),
                line.replace(&format!("\"{name}\""), &format!("\"{}\"", name.replace('e', "\\u0065"))),
                format!("\u{feff}{line}"),
                format!(" {line}\t"),
                format!("{line}\r"),
                format!("{line}{line}"),
                line[..end].to_owned(),
                format!("{line}AKIARZPUZDIKABNMHEL6"),
                envelope.clone(),
                envelope.replacen("AKIARZPUZDIKABNMHEL6", "/var/log/x", 1),
                serde_json::json!({"log": envelope}).to_string(),
                format!("Nov 23 18:44:41 web1 app[7]: {line}"),
                line.replace("ASIAIOSFODNN7EXAMPLE", "AKIARZPUZDIKABNMHEL6"),
                line.replace("ASIAIOSFODNN7EXAMPLE", "AKIARZPUZDIKABNMHEL6")[..end].to_owned(),
                line.replace("worker/i-", "AKIARZPUZDIKABNMHEL6/i-"),
                line.replace("1.09", "AKIARZPUZDIKABNMHEL6"),
            ] {
                lines.push(text.into_bytes());
            }
            lines.push([&line.as_bytes()[..end - 40], b"\xff", &line.as_bytes()[end - 40..]].concat());
            for line in lines {
                check(&line);
            }
        }
    }
}

#[test]
fn keeps_what_the_evaluator_keeps_of_the_sample_logs() {
    for line in sample_lines() {
        check(&line);
    }
    let mut checked = 0;
    for line in sample_texts().iter().filter(|line| line.starts_with('{') && line.contains("eventSource")) {
        for n in (checked % 2..60).step_by(2) {
            let Some(other) = with_other(line, n, TEXTS[(n * 5 + checked) % TEXTS.len()], n as u64) else { break };
            check(other.as_bytes());
            checked += 1;
        }
    }
    assert!(checked > 250, "{checked}");
}

#[test]
fn keeps_what_the_evaluator_keeps_of_the_published_logs() {
    common::published(|line| {
        check(line);
    });
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn keeps_what_the_evaluator_keeps_of_random_lines(
        call in 0..CALLS.len(), parameters in 0..PARAMETERS.len(),
        changes in proptest::collection::vec((0..60usize, 0..TEXTS.len(), 0..TEXTS.len()), 1..4),
        cut in 0..3000usize, broken in 0..8u8,
    ) {
        let (service, name) = CALLS[call];
        let mut line = calm(service, name, PARAMETERS[parameters]);
        check(line.as_bytes());
        for (place, a, b) in changes {
            let text = [TEXTS[a], ["", "-", "/", ":"][place % 4], TEXTS[b]].concat();
            line = in_place(&line, place, &text).unwrap_or(line);
        }
        check(line.as_bytes());
        if broken == 0 {
            let mut bytes = line.into_bytes();
            bytes.truncate(cut);
            check(&bytes);
        }
    }
}
