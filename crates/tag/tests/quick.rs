//! Answers from memory against answers of one that forgets every line: on the sample logs, the published logs, and lines that
//! differ from others in one text.

#![allow(clippy::unwrap_used)]

mod common;

use common::{Kept, sample_lines, taggers, with_other};
use proptest::prelude::*;
use std::sync::LazyLock;
use vires_tag::{Only, Options, Reply, Tagger};

static TAGGERS: LazyLock<Vec<Tagger>> = LazyLock::new(|| {
    let only = |only| Options { only: Some(only), ..Options::default() };
    taggers([
        Options::default(),
        only(Only::Sensitive),
        Options { counted: false, ..only(Only::Sensitive) },
        only(Only::Machine),
        Options { reply: Reply::Rsyslog, field: "eventName".into(), ..Options::default() },
    ])
});

thread_local! {
    static KEPT: Kept = Kept::default();
}

/// The line, and the line in an envelope.
fn check(line: &[u8]) {
    check_one(line);
    let Ok(text) = std::str::from_utf8(line) else { return };
    let n = line.iter().map(|b| u32::from(*b)).sum::<u32>();
    let host = ["web1", "web1", "AKIARZPUZDIKABNMHEL6", "a\\b"][n as usize % 4];
    let mut envelope = serde_json::json!({"file": "/var/log/x", "host": host, "message": text, "timestamp": n.to_string()});
    match n % 16 {
        0 => envelope["service"] = "jenkins".into(),
        1 => envelope["log"] = text.into(),
        2 => envelope["user"] = "x".into(),
        _ => {}
    }
    check_one(envelope.to_string().as_bytes());
}

fn check_one(line: &[u8]) {
    // Once to meet its shape, once to meet its texts, once from memory; in an envelope once for each of the shapes outside and inside,
    // once for the texts, once for the shape and once for the texts of both together, once from memory.
    common::check(&TAGGERS, &KEPT, 6, line);
}

#[test]
fn agrees_on_the_sample_logs() {
    sample_lines().iter().for_each(|line| check(line));
}

/// Every text of every CloudTrail sample is replaced by each of what matters somewhere.
#[test]
fn agrees_whichever_text_differs() {
    let others = [
        "",
        "x",
        "secret",
        "arn:aws:iam::999999999999:role/prod-admin",
        "arn:aws:s3:::prod-payroll/secrets.env",
        "i-0123456789abcdef0",
        "AKIARZPUZDIKABNMHEL6",
        "ASIARZPUZDIKABNMHEL6",
        "ghp_0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ",
        "postgres://svc:Zk3vQx81mRt@db.example.com/x",
        "ec2.amazonaws.com",
        "2001:db8::1",
        "AccessDenied",
        "GetSecretValue",
        "iam.amazonaws.com",
        "arn:aws:iam::aws:policy/AdministratorAccess",
        "TruffleHog",
        "a\"b\\c",
        "é",
        "AssumedRole",
        "WebIdentityUser",
        "999999999999",
        "true",
        "*",
        "all",
        "near AKIA! ghp_ sk_live_1 http:",
        "AKIARZPUZDIKABNMHEL",
        "postgres://svc:Zk3vQx81mRt",
    ];
    let mut checked = 0;
    for line in sample_lines() {
        let Ok(line) = std::str::from_utf8(&line) else { continue };
        if !line.contains("eventSource") || !line.starts_with('{') {
            continue;
        }
        check(line.as_bytes());
        for n in 0..80 {
            let Some(other) = with_other(line, n, others[(n * 7 + checked) % others.len()], n as u64) else { break };
            check(other.as_bytes());
            checked += 1;
        }
    }
    assert!(checked > 500, "{checked} lines");
}

#[test]
fn agrees_on_the_published_logs() {
    common::published(check);
}

/// A text that means something somewhere, or nothing.
fn text() -> impl Strategy<Value = String> {
    let word = |words: &'static [&'static str]| proptest::sample::select(words).prop_map(str::to_owned);
    prop_oneof![
        word(&[
            "worker",
            "prod-payroll",
            "secrets",
            "prod/db",
            "i-0123456789abcdef0",
            "AKIAIOSFODNN7EXAMPLE",
            "AKIARZPUZDIKABNMHEL6",
            "AKIARZPUZDIKABNMHEL",
            "near AKIA! ghp_ sk_live_1 http:",
            "postgres://svc:Zk3vQx81mRt"
        ]),
        word(&[
            "arn:aws:iam::999999999999:role/prod-admin",
            "arn:aws:s3:::prod-payroll/a.env",
            "198.51.100.7",
            "AWS Internal",
            ""
        ]),
        "[a-zA-Z0-9/:._-]{0,24}",
        "[ -~é\u{0}-\u{1f}]{0,12}",
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(160))]

    #[test]
    fn agrees_on_random_events(
        name in proptest::sample::select(vec!["GetSecretValue", "PutObject", "AttachRolePolicy", "Nothing", "ModifySnapshotAttribute", "AssumeRole", "PutBucketPolicy", ""]),
        source in proptest::sample::select(vec!["s3.amazonaws.com", "secretsmanager.amazonaws.com", "iam.amazonaws.com", "ec2.amazonaws.com", "sts.amazonaws.com", ""]),
        kind in proptest::sample::select(vec!["AssumedRole", "IAMUser", "Root", "AWSService", "AWSAccount", "WebIdentityUser"]),
        // Few of what decides, so that what it decided is met again beside other parameters and ids.
        user in proptest::sample::select(vec!["alice", "i-0123456789abcdef0", "ghp_0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"]),
        role in proptest::sample::select(vec!["worker", "arn:aws:iam::999999999999:role/prod-admin"]),
        agent in proptest::sample::select(vec!["aws-cli/2", "TruffleHog", "Mozilla/5.0"]),
        ip in proptest::sample::select(vec!["198.51.100.7", "2001:db8::1", "192.0.2.1", "AWS Internal", "ec2.amazonaws.com"]),
        bucket in text(), key in text(), id in text(), response in text(),
        number in 0..20u64, shape in 0..6u8, failed in any::<bool>(), scarce in 0..4u8,
    ) {
        let mut event = serde_json::json!({
            "eventVersion": "1.09", "eventType": "AwsApiCall",
            "userIdentity": {"type": kind, "principalId": format!("AIDAEXAMPLE:{user}"), "arn": format!("arn:aws:sts::123456789012:assumed-role/{role}/{user}"),
                "accountId": "123456789012", "userName": user, "accessKeyId": "AKIAIOSFODNN7EXAMPLE", "invokedBy": ip,
                "sessionContext": {"sessionIssuer": {"userName": role, "arn": role}, "attributes": {"creationDate": id, "mfaAuthenticated": "false"}}},
            "eventTime": "2026-11-23T18:44:41Z", "eventSource": source, "eventName": name, "awsRegion": "eu-central-1",
            "sourceIPAddress": ip, "userAgent": agent, "requestID": id, "eventID": id,
            "requestParameters": {"bucketName": bucket, "key": key, "roleArn": role, "userName": user, "maxResults": number, "secretId": bucket},
            "responseElements": {"x": response}, "additionalEventData": {"bytesTransferredOut": number, "MFAUsed": "No"},
            "resources": [{"ARN": role, "type": "x"}], "tlsDetails": {"tlsVersion": "TLSv1.3", "clientProvidedHostHeader": response},
        });
        if failed {
            event["errorCode"] = "AccessDenied".into();
        }
        if scarce > 0 {
            (event["eventName"], event["eventSource"]) = ("GetObject".into(), "s3.amazonaws.com".into());
            event["userIdentity"]["type"] = "AssumedRole".into();
        }
        match shape {
            0 => event["requestParameters"] = serde_json::Value::Null,
            1 => event["responseElements"] = serde_json::json!({"ConsoleLogin": response}),
            2 => event["resources"] = serde_json::json!([{"ARN": role}, {"ARN": bucket}]),
            _ => {}
        }
        let line = event.to_string();
        check(line.as_bytes());
        // What is broken, doubled or cut fits no shape.
        check(format!("{line}{line}").as_bytes());
        check(&line.as_bytes()[..line.len() - 1]);
        check(line.replacen("\"eventID\":\"", "\"eventID\":\"\\u0061", 1).as_bytes());
        check(line.replacen(":", " : ", 1).as_bytes());
        check(format!("{line} \r").as_bytes());
        check(line.replacen("\"maxResults\":", "\"maxResults\":0", 1).as_bytes());
        check(line.replacen("\"maxResults\":", "\"maxResults\":-1.5e", 1).as_bytes());
        check(line.replacen("\"eventID\":\"", "\"eventID\":\"\t", 1).as_bytes());
        let mut bytes = line.into_bytes();
        let middle = bytes.len() / 2;
        bytes[middle] = 0xff;
        check(&bytes);
    }
}
