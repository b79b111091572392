//! The verbs for people: catalog, config, generate, and the table of `tag`.
#![allow(clippy::unwrap_used)]

mod common;

use common::{arg, run};

const EVENT: &str = r#"{"eventVersion":"1.11","userIdentity":{"type":"AssumedRole","arn":"arn:aws:sts::123456789012:assumed-role/deployer/i-0abc","accountId":"123456789012","sessionContext":{"sessionIssuer":{"type":"Role","arn":"arn:aws:iam::123456789012:role/deployer","accountId":"123456789012","userName":"deployer"}}},"eventTime":"2026-03-02T08:00:00Z","eventSource":"secretsmanager.amazonaws.com","eventName":"GetSecretValue","awsRegion":"eu-west-1","sourceIPAddress":"192.0.2.7","userAgent":"aws-sdk-go-v2/1.30","requestParameters":{"secretId":"prod/db"},"eventID":"e1"}"#;

#[test]
fn the_catalogue_is_listed_in_every_format() {
    let table = run(&["catalog", "list"], b"").ok();
    assert!(table.lines()[0].starts_with("PLATFORM"));
    assert!(table.lines().iter().any(|l| l.starts_with("aws ")));
    for kind in [
        "actions",
        "identities",
        "resources",
        "tokens",
        "user-agents",
        "roles",
        "networks",
        "effects",
        "data-names",
        "techniques",
    ] {
        let table = run(&["catalog", "list", kind], b"").ok();
        let tsv = run(&["catalog", "list", kind, "--format", "tsv"], b"").ok();
        let json = run(&["catalog", "list", kind, "--format", "json"], b"").ok();
        assert!(tsv.lines().len() > 3, "{kind}");
        assert_eq!(tsv.lines().len(), table.lines().len(), "{kind}");
        assert_eq!(tsv.lines().len(), json.lines().len() + 1, "{kind}");
        let columns = tsv.lines()[0].split('\t').count();
        for line in tsv.lines() {
            assert_eq!(line.split('\t').count(), columns, "{line}");
        }
        for line in json.lines() {
            assert!(serde_json::from_str::<serde_json::Value>(line).unwrap().is_object());
        }
    }
}

#[test]
fn rows_are_selected() {
    let args = [
        "catalog",
        "list",
        "actions",
        "--platform",
        "aws",
        "--min-severity",
        "4",
        "--grep",
        "GETSECRETVALUE",
        "--format",
        "json",
    ];
    let rows = run(&args, b"").ok();
    assert!(!rows.lines().is_empty());
    for line in rows.lines() {
        let row: serde_json::Value = serde_json::from_str(line).unwrap();
        assert_eq!(row["platform"], "aws");
        assert!(row["action"].as_str().unwrap().to_lowercase().contains("getsecretvalue"));
        assert!(row["severity"].as_str().unwrap() >= "4");
    }
    let wrong = run(&["catalog", "list", "actions", "--platform", "mainframe"], b"");
    assert_eq!(wrong.code, Some(2));
    assert!(wrong.stderr.contains("mainframe") && wrong.stderr.contains("kubernetes"), "{}", wrong.stderr);
}

#[test]
fn the_built_in_catalogue_is_clean_and_a_bad_row_is_named() {
    run(&["catalog", "lint"], b"").ok();
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("sensitive_actions.tsv"), "platform\taction\tclass\tseverity\naws\ts3:Do\tno such\t3\n")
        .unwrap();
    let done = run(&["catalog", "lint", "--catalog", arg(dir.path())], b"");
    assert_eq!(done.code, Some(2));
    assert!(done.stderr.contains("sensitive_actions.tsv:2"), "{}", done.stderr);
}

#[test]
fn one_event_is_explained() {
    let pretty = serde_json::to_string_pretty(&serde_json::from_str::<serde_json::Value>(EVENT).unwrap()).unwrap();
    let from_stdin = run(&["catalog", "test"], EVENT.as_bytes()).ok();
    assert_eq!(run(&["catalog", "test", "-"], pretty.as_bytes()).ok().lines()[..6], from_stdin.lines()[..6]);
    assert_eq!(run(&["catalog", "test", EVENT], b"").ok().text(), from_stdin.text());
    let text = from_stdin.text();
    for part in [
        "source      cloudtrail",
        "aws:role/123456789012/deployer",
        "secretsmanager:GetSecretValue",
        "sensitive_actions.tsv:",
        "secret:prod/db",
        "nhi         {\"v\":1",
    ] {
        assert!(text.contains(part), "{part} in\n{text}");
    }
    assert!(run(&["catalog", "test"], b"what is this?").ok().text().contains("no decoder knows this record"));
    assert_eq!(run(&["catalog", "test", "/nonexistent"], b"").code, Some(2));
}

#[test]
fn tags_are_shown_as_a_table() {
    let input = format!("{EVENT}\ntext \x1b[31m\n{{\"a\":1}}\n");
    let done = run(&["tag", "--format", "table"], input.as_bytes()).ok();
    let lines = done.lines();
    assert_eq!(lines.len(), 4);
    let column = lines[0].find("ACTION").unwrap();
    assert!(lines[1].starts_with("2026-03-02T08:00:00Z  cloudtrail"));
    assert!(lines[1][column..].starts_with("secretsmanager:GetSecretValue"), "{}", lines[1]);
    assert!(lines[2][column..].starts_with("not_json"), "{}", lines[2]);
    assert!(!done.text().contains('\x1b'));
    let only = run(&["tag", "--format", "table", "--only", "tagged"], input.as_bytes()).ok();
    assert_eq!(only.lines().len(), 2);
    assert_eq!(run(&["tag", "--format", "table", "--reply", "rsyslog"], b"").code, Some(2));
}

#[test]
fn the_configuration_is_shown_used_and_checked() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("vires.toml");
    std::fs::write(&path, "schema = \"vires-config/1\"\n[run]\nthreads = 1\nmax_line = \"1k\"\n[tag]\nfield = \"x\"\n")
        .unwrap();
    let config = ["--config", arg(&path)];
    let long = format!("{{\"a\":\"{}\"}}\n", "y".repeat(1100));
    let done = run(&[&["tag"][..], &config].concat(), format!("{{}}\n{long}").as_bytes()).ok();
    assert!(done.lines()[0].starts_with("{\"x\":{\"v\":1"), "{}", done.lines()[0]);
    assert_eq!(done.lines()[1], long.trim_end());
    // The flag wins.
    let flag = run(&[&["tag", "--field", "z", "--max-line", "1m"][..], &config].concat(), long.as_bytes()).ok();
    assert!(flag.text().contains("\"z\":{\"v\":1"));

    let shown = run(&[&["config", "show"][..], &config].concat(), b"").ok();
    assert!(shown.text().contains("\nthreads = 1\n") && shown.text().contains("\nmax_line = \"1k\"\n"));
    let copy = dir.path().join("copy.toml");
    std::fs::write(&copy, &shown.stdout).unwrap();
    assert_eq!(run(&["config", "show", "--config", arg(&copy)], b"").ok().text(), shown.text());
    run(&[&["config", "check"][..], &config].concat(), b"").ok();
}

#[test]
fn a_mistake_in_the_configuration_is_shown_where_it_is() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("vires.toml");
    for (text, place, what) in [
        ("[run]\nthreds = 2\n", "line 2, column 1", "unknown field `threds`"),
        ("[run]\nthreads = \"two\"\n", "line 2, column 11", "invalid type"),
        ("[tag]\nraw = \"keep\"\n", "line 2, column 7", "unknown variant `keep`"),
        ("[run\n", "line 1", ""),
        ("[run]\nlisten = \"tcp:192.0.2.1:5\"\n", "", "--allow-remote"),
        ("[run]\ncatalog = \"/nonexistent\"\n", "", "/nonexistent"),
        ("[run]\nthreads = 0\n", "", "at least 1"),
        ("[run]\nconnect = \"unix:/x\"\noutput = \"/y\"\n", "", "exclude each other"),
    ] {
        std::fs::write(&path, text).unwrap();
        for verb in [&["tag"][..], &["config", "check"]] {
            let done = run(&[verb, &["--config", arg(&path)]].concat(), b"{}\n");
            // A check also says what is in order.
            assert!(done.code == Some(2) && (verb != ["tag"] || done.stdout.is_empty()), "{text}");
            assert!(done.stderr.contains(place) && done.stderr.contains(what), "{text}\n{}", done.stderr);
            assert!(place.is_empty() || done.stderr.contains(arg(&path)), "{}", done.stderr);
        }
    }
}

#[test]
fn help_completions_and_the_manual_are_written() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        assert!(run(&["generate", "completions", shell], b"").ok().text().contains("max-line"), "{shell}");
    }
    let manual = run(&["generate", "man"], b"").ok();
    for part in [".TH vires", "VIRES TAG", "VIRES CATALOG LIST", "max\\-line"] {
        assert!(manual.text().contains(part), "{part}");
    }
    assert!(run(&["--version"], b"").ok().text().starts_with("vires "));
    assert!(run(&["tag", "--help"], b"").ok().text().contains("--reply"));
}
