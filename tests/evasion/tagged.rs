use crate::tag;

/// A secret of production that is read with a CI role.
const EVENT: &str = r#"{"eventVersion":"1.11","userIdentity":{"type":"AssumedRole","principalId":"AROAEXAMPLE:ci","arn":"arn:aws:sts::123456789012:assumed-role/ci-deployer/run-7","accountId":"123456789012","accessKeyId":"ASIAIOSFODNN7EXAMPLE","sessionContext":{"sessionIssuer":{"type":"Role","arn":"arn:aws:iam::123456789012:role/ci-deployer","accountId":"123456789012","userName":"ci-deployer"}}},"eventTime":"2026-03-01T08:00:00Z","eventSource":"secretsmanager.amazonaws.com","eventName":"GetSecretValue","awsRegion":"eu-west-1","sourceIPAddress":"203.0.113.7","userAgent":"Boto3/1.34.0","requestParameters":{"secretId":"prod/payroll"},"eventID":"e1","eventType":"AwsApiCall","recipientAccountId":"123456789012"}"#;

/// The event with members appended.
fn with(members: &str) -> String {
    format!("{},{members}}}", &EVENT[..EVENT.len() - 1])
}

/// The event with members in front.
fn after(members: &str) -> String {
    format!("{{{members},{}", &EVENT[1..])
}

fn changed(from: &str, to: &str) -> String {
    assert!(EVENT.contains(from), "{from}");
    EVENT.replace(from, to)
}

fn quoted(text: &str) -> String {
    serde_json::to_string(text).unwrap()
}

/// Whatever is done to the line, the action is recognised and the line tagged.
#[test]
fn what_is_written_around_the_action_does_not_hide_it() {
    let secret = r#""requestParameters":{"secretId":"prod/payroll"}"#;
    let lower = EVENT.replace("eventVersion", "eventversion").replace("userIdentity", "useridentity");
    let lower = lower.replace("eventSource", "eventsource").replace("eventName", "eventname").replace("eventTime", "eventtime");
    let mut many = String::new();
    (0..20_000).for_each(|n| many += &format!("\"k{n}\":{n},"));
    let deep = format!("{}{{\"secretId\":\"prod/payroll\"}}{}", "{\"a\":".repeat(100), "}".repeat(100));
    let cases = [
        ("as it is", EVENT.to_owned()),
        ("a decoy of the same name before it", after(r#""eventName":"ListBuckets""#)),
        ("a decoy under an escaped name", with(r#""event\u004eame":"ListBuckets""#)),
        (
            "members of another source behind",
            with(r#""kind":"Event","apiVersion":"audit.k8s.io/v1","verb":"get","auditID":"x""#),
        ),
        ("members of another source in front", after(r#""kind":"Event","apiVersion":"audit.k8s.io/v1","verb":"get""#)),
        ("escaped values", changed("GetSecretValue", r"Get\u0053ecretValue").replace("amazonaws.com", r"amazonaws\u002ecom")),
        ("escaped slashes", changed("prod/payroll", r"prod\/payroll")),
        ("another case of the action", changed("GetSecretValue", "gEtSeCrEtVaLuE")),
        ("names in lower case", lower),
        ("a NUL behind the service", changed("secretsmanager.amazonaws.com", r"secretsmanager.amazonaws.com\u0000")),
        ("parameters as a list", changed(secret, r#""requestParameters":[{"secretId":"prod/payroll"}]"#)),
        ("parameters as text", changed(secret, r#""requestParameters":"{\"secretId\":\"prod/payroll\"}""#)),
        ("a target in a list", changed(r#""prod/payroll""#, r#"["prod/payroll"]"#)),
        ("a target of another type", changed(r#""prod/payroll""#, "7")),
        (
            "an identity in a list",
            changed(r#""userIdentity":{"#, r#""userIdentity":[{"#).replace(r#"}}},"eventTime""#, r#"}}}],"eventTime""#),
        ),
        ("no identity", changed(r#""userIdentity":{"#, r#""userIdentity":7,"x":{"#)),
        ("a user agent of a megabyte", changed("Boto3/1.34.0", &"A".repeat(1 << 20))),
        ("a name of a megabyte", changed("prod/payroll", &("x".repeat(1 << 20) + "prod/payroll"))),
        ("a hundred thousand members", after(many.trim_end_matches(','))),
        ("nested deeply", changed(r#"{"secretId":"prod/payroll"}"#, &deep)),
        ("blanks around", format!(" \t{EVENT} ")),
        ("a failed call", with(r#""errorCode":"AccessDenied""#)),
        ("no time", changed(r#""eventTime":"2026-03-01T08:00:00Z","#, "")),
        (
            "called by a service, it says",
            changed(r#""type":"AssumedRole","#, r#""type":"AssumedRole","invokedBy":"ec2.amazonaws.com","#),
        ),
    ];
    let (names, lines): (Vec<_>, Vec<_>) = cases.into_iter().unzip();
    for (name, object) in names.iter().zip(tag(&lines)) {
        assert!(object["tagged"] == true && object["source"] == "cloudtrail", "{name}: {object}");
        let action = object["action"].as_str().unwrap_or_default();
        assert!(action.eq_ignore_ascii_case("secretsmanager:GetSecretValue"), "{name}: {object}");
        assert!(object["class"] == "secret_read" && object["severity"].as_u64() >= Some(4), "{name}: {object}");
    }
}

/// An action that is no longer recognised is still tagged for what it touches.
#[test]
fn an_action_in_disguise_is_tagged_for_its_target() {
    let cases = [
        ("a Cyrillic letter", changed("GetSecretValue", "GetS\u{435}cretValue")),
        ("a letter of full width", changed("GetSecretValue", "\u{ff27}etSecretValue")),
        ("a letter of no width", changed("GetSecretValue", "Get\u{200b}SecretValue")),
        ("a NUL", changed("GetSecretValue", r"GetSecretValue\u0000")),
        ("blanks", changed("GetSecretValue", " GetSecretValue ")),
        ("in a list", changed(r#""GetSecretValue""#, r#"["GetSecretValue"]"#)),
        ("in an object", changed(r#""GetSecretValue""#, r#"{"x":"GetSecretValue"}"#)),
        ("the service in a list", changed(r#""secretsmanager.amazonaws.com""#, r#"["secretsmanager.amazonaws.com"]"#)),
        ("a decoy of the same name behind it, which readers take", with(r#""eventName":"ListBuckets""#)),
    ];
    let (names, lines): (Vec<_>, Vec<_>) = cases.into_iter().unzip();
    for (name, object) in names.iter().zip(tag(&lines)) {
        assert!(object["tagged"] == true && object["source"] == "cloudtrail", "{name}: {object}");
        assert_eq!(object["id"], "aws:role/123456789012/ci-deployer", "{name}");
        assert!(object["severity"].as_u64() >= Some(4) && object["data_class"] == 3, "{name}: {object}");
        assert_eq!(object["markers"], serde_json::json!(["payroll", "prod"]), "{name}");
    }
}

/// The object is ours, whatever the line says of itself.
#[test]
fn a_forged_object_is_replaced_wherever_a_reader_would_find_it() {
    let forged = r#"{"v":1,"tagged":false,"actor":"human","verdict":"suppress"}"#;
    // With how many members are replaced.
    let lines = [
        (with(&format!(r#""nhi":{forged}"#)), 1),
        (after(&format!(r#""nhi":{forged}"#)), 1),
        (with(&format!(r#""\u006ehi":{forged}"#)), 1),
        (with(&format!(r#""nhi":{forged},"nhi":{forged},"n\u0068i":[]"#)), 3),
        (with(r#""nhi":null"#), 1),
        (format!("{{\"log\":{}}}", with(&format!(r#""nhi":{forged}"#))), 1),
    ];
    let input: String = lines.iter().map(|(line, _)| format!("{line}\n")).collect();
    let done = crate::run(&["tag"], input.as_bytes()).ok();
    for ((line, members), answer) in lines.iter().zip(done.lines()) {
        assert!(!answer.contains("suppress") && !answer.contains(r#""actor":"human""#), "{answer}");
        let value: serde_json::Value = serde_json::from_str(answer).unwrap();
        let nhi = value.get("nhi").or_else(|| value["log"].get("nhi")).unwrap();
        assert!(nhi["tagged"] == true && nhi["class"] == "secret_read", "{line}: {answer}");
        // Whether a reader takes the first or the last of duplicates makes no difference.
        assert_eq!(answer.matches("\"class\":\"secret_read\"").count(), *members, "{answer}");
    }
}

/// A record that is nested deeper than any reader would follow.
#[test]
fn depth_does_not_hide_the_action() {
    let deep = format!("{}1{}", "{\"a\":".repeat(100_000), "}".repeat(100_000));
    let line = changed(r#"{"secretId":"prod/payroll"}"#, &deep);
    let done = crate::run(&["tag"], (line + "\n").as_bytes()).ok();
    assert!(
        done.text().contains(r#""action":"secretsmanager:GetSecretValue""#) && done.text().contains(r#""class":"secret_read""#)
    );
}

/// Names written to look like somebody whom everybody trusts.
#[test]
fn a_trusted_name_excuses_nothing() {
    for name in ["AWSServiceRoleForSupport", "alice@example.com", "root", "break-glass"] {
        let object = tag(&[changed("ci-deployer", name)]).remove(0);
        assert!(object["tagged"] == true && object["class"] == "secret_read", "{name}: {object}");
        assert_eq!(object["id"], format!("aws:role/123456789012/{name}"), "the whole name is shown");
    }
    // A letter that only looks alike is another identity, never the one it looks like.
    let object = tag(&[changed("ci-deployer", "ci-d\u{435}ployer")]).remove(0);
    assert_eq!(object["id"], "aws:role/123456789012/ci-d\u{435}ployer");
}

/// A record inside a shipper's envelope, with what an application can write beside it.
#[test]
fn a_forged_envelope_does_not_cover_the_record() {
    let decoy = EVENT.replace("GetSecretValue", "ListSecrets").replace("prod/payroll", "x");
    let (record, quiet) = (quoted(EVENT), quoted(&decoy));
    for line in [
        format!(r#"{{"message":{record},"host":"trusted","nhi":{{"tagged":false}}}}"#),
        format!(r#"{{"log":{record},"stream":"stdout","kubernetes":{{"namespace_name":"kube-system"}}}}"#),
        format!(r#"{{"message":{record},"event":{{"original":{quiet}}},"detail":{decoy}}}"#),
        format!(r#"{{"message":"harmless","log":{record}}}"#),
        format!(r#"{{"message":"{{","log":"{{\"a\":","msg":{record}}}"#),
        // The record itself quotes another event: what is quoted stands for nothing.
        with(&format!(r#""message":{quiet},"log":{decoy}"#)),
        format!("Mar  1 08:00:00 web1 app[7]: {EVENT}"),
        format!("2026-03-01T08:00:00Z stdout F {EVENT}"),
    ] {
        let object = tag(std::slice::from_ref(&line)).remove(0);
        assert!(object["class"] == "secret_read" && object["severity"] == 4, "{line}: {object}");
    }
}

/// Limits: whoever can rewrite the names of members or the form of the line can keep a record from being recognised. The line is
/// then marked and counted, so that it can be looked for.
#[test]
fn what_is_no_longer_recognised_is_marked_and_counted() {
    let dir = tempfile::tempdir().unwrap();
    let stats = dir.path().join("stats.json");
    let unknown = [
        EVENT.to_uppercase(),
        changed("eventSource", r"event\u0053ource").replace("eventType", r"event\u0054ype"),
        format!(r#"{{"data":{EVENT}}}"#),
        format!(r#"{{"message":[{}]}}"#, quoted(EVENT)),
        format!(r#"{{"Records":[{EVENT}]}}"#),
    ];
    let broken =
        [format!("[{EVENT}]"), format!("{EVENT}{EVENT}"), format!("{},}}", &EVENT[..EVENT.len() - 1]), EVENT.replace('"', "'")];
    let lines: Vec<String> = unknown.iter().chain(&broken).cloned().collect();
    let args = ["tag", "--stats-file", crate::common::arg(&stats)];
    let done = crate::run(&args, (lines.join("\n") + "\n").as_bytes()).ok();
    let errors: Vec<_> = crate::objects(&done.stdout).iter().map(|o| o["error"].clone()).collect();
    assert_eq!(errors, [vec!["unknown_source"; unknown.len()], vec!["not_json"; broken.len()]].concat());
    let counts = crate::common::stats(&stats);
    assert_eq!((&counts["unknown_source"], &counts["not_json"]), (&unknown.len().into(), &broken.len().into()));
    // The documents among them are taken apart on request.
    let whole = crate::run(&["tag", "--split", "records"], (lines[4].clone() + "\n").as_bytes()).ok();
    assert_eq!(crate::objects(&whole.stdout)[0]["class"], "secret_read");
}
