//! Rules 1, 2, 5, 6, 8, 9, 10, 12 and 15 of the exec contract: one line in, one line out, whatever the line.
#![allow(clippy::unwrap_used)]

mod common;

use common::{Running, event, numbers, run, vires};
use std::io::Write;
use std::process::Stdio;
use std::time::Duration;

const TAIL: &str = r#""nhi":{"v":1,"tagged":false,"error":"unknown_source"}}"#;

#[test]
fn rule_1_every_line_has_its_answer_in_order() {
    let input = b"{\"a\":1}\n\n   \ntext\n\r\n{\"a\":\n[1]\n{}{}\n\"\xff\"\n{\"b\":\"\xfe\"}\nnull\n{\"c\":1}\r\n";
    let done = run(&["tag"], input).ok();
    let lines: Vec<&[u8]> = done.stdout.split_inclusive(|b| *b == b'\n').collect();
    assert_eq!(lines.len(), 12);
    for (i, line) in lines.iter().enumerate() {
        assert!(line.windows(6).any(|w| w == b"\"nhi\":"), "line {i}");
    }
    assert!(lines[11].ends_with(b"}}\r\n"));
    assert!(lines[4].ends_with(b"}}\r\n"));
    assert!(lines[9].starts_with(b"{\"b\":\"\xfe\","));
}

#[test]
fn rule_2_a_pending_line_is_answered_at_once() {
    for args in [&["tag"][..], &["tag", "--threads", "1"], &["tag", "--threads", "4"], &["tag", "--reply", "rsyslog"]] {
        let mut running = Running::start(args);
        for n in 0..200 {
            running.send(event(n).as_bytes());
            let answer = running.line();
            assert!(answer.contains("nhi"), "{answer}");
        }
        // Half a line is no line.
        running.send(b"{\"a\"");
        assert!(running.is_silent(Duration::from_millis(50)));
        running.send(b":1}\nrest");
        running.line();
        let done = running.finish().ok();
        assert_eq!(done.lines().len(), 1);
    }
}

#[test]
fn rule_5_the_last_line_gets_its_end() {
    assert_eq!(run(&["tag"], b"{\"a\":1}").ok().text(), format!("{{\"a\":1,{TAIL}\n"));
    assert_eq!(run(&["tag"], b"").ok().text(), "");
    assert_eq!(run(&["tag"], b"\n").ok().lines().len(), 1);
}

#[test]
fn rule_5_bad_usage_is_2_before_anything_is_read() {
    for args in [
        &["tag", "--max-line", "4x"][..],
        &["tag", "--threads", "0"],
        &["tag", "--nonsense"],
        &["tag", "--config", "/nonexistent/vires.toml"],
        &["tag", "--catalog", "/nonexistent"],
        &["tag", "--only", "tagged", "--reply", "rsyslog"],
        &["tag", "--only", "tagged", "--codec", "netstring"],
        &["tag", "--ack", "omprog"],
        &["tag", "--listen", "tcp:0.0.0.0:0"],
        &["tag", "--connect", "tcp:192.0.2.1:9"],
        &["tag", "--stats-file", "/nonexistent/stats.json"],
        &["tag", "--log-file", "/nonexistent/log"],
        &["tag", "--field", ""],
        &["nonsense"],
        &[],
    ] {
        let done = run(args, b"{\"a\":1}\n");
        assert_eq!(done.code, Some(2), "{args:?}: {}", done.stderr);
        assert!(!done.stderr.is_empty() && done.stdout.is_empty(), "{args:?}");
    }
}

#[test]
fn rule_6_a_reader_that_leaves_is_no_error() {
    // `yes`-like input that does not end by itself.
    let mut child =
        vires(&["tag"]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("vires starts");
    drop(child.stdout.take());
    let mut stdin = child.stdin.take().unwrap();
    let line = event(5);
    while stdin.write_all(line.as_bytes()).is_ok() {}
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), output.stderr.len()), (Some(0), 0));
}

#[test]
fn rule_6_a_reader_that_leaves_is_noticed_without_input() {
    let mut child =
        vires(&["tag"]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("vires starts");
    drop(child.stdout.take());
    let stdin = child.stdin.take();
    common::until("the end", || child.try_wait().unwrap().is_some());
    assert_eq!(child.wait_with_output().unwrap().status.code(), Some(0));
    drop(stdin);
}

#[test]
fn rule_9_nothing_but_the_object_changes() {
    for line in [
        r#"{"n":12345678901234567890,"f":1e400,"z":1,"a":2,"a":3}"#,
        r#"{ "s" : "\/ \u0041 \ud83d\ude00" , "t":1.0 }"#,
        r#"{"deep":[[[{"x":null}]]],"":""}"#,
    ] {
        let answer = run(&["tag"], line.as_bytes()).ok();
        let expected = format!("{},{TAIL}\n", line.strip_suffix('}').unwrap());
        assert_eq!(answer.text(), expected);
        // A second pass changes nothing more.
        assert_eq!(run(&["tag"], &answer.stdout).ok().text(), expected);
    }
    assert_eq!(run(&["tag"], b"{}").ok().text(), format!("{{{TAIL}\n"));
    assert_eq!(
        run(&["tag", "--field", "x"], b"{}").ok().text(),
        "{\"x\":{\"v\":1,\"tagged\":false,\"error\":\"unknown_source\"}}\n"
    );
}

#[test]
fn rule_10_shapes() {
    let text = run(&["tag"], b"just text\n").ok();
    assert!(text.text().starts_with("{\"message\":\"just text\",\"nhi\":{"));
    assert_eq!(run(&["tag", "--raw", "passthrough"], b"just text\n[1]\n").ok().text(), "just text\n[1]\n");
    let native = run(&["tag"], b"{\"log\":{\"a\":1}}\n").ok();
    assert_eq!(native.text(), format!("{{\"log\":{{\"a\":1,{TAIL}}}\n"));
    for line in run(&["tag", "--reply", "rsyslog"], b"{\"a\":1}\ntext\n\n").ok().lines() {
        let value: serde_json::Value = serde_json::from_str(line).unwrap();
        assert_eq!(value.as_object().unwrap().keys().collect::<Vec<_>>(), ["$!"]);
        assert_eq!(value["$!"]["nhi"]["v"], 1);
    }
}

#[test]
fn rule_12_long_lines_pass_unchanged() {
    let short = r#"{"a":"1234567890"}"#;
    let long = format!("{{\"a\":\"{}\"}}", "x".repeat(300_000));
    let input = format!("{short}\n{long}\n{short}x\n{short}");
    let limit = short.len().to_string();
    for threads in ["1", "3"] {
        let done = run(&["tag", "--max-line", &limit, "--threads", threads], input.as_bytes()).ok();
        let tagged = format!("{},{TAIL}", &short[..short.len() - 1]);
        assert_eq!(done.text(), format!("{tagged}\n{long}\n{short}x\n{tagged}\n"));
        let reply = run(&["tag", "--max-line", &limit, "--reply", "rsyslog"], input.as_bytes()).ok();
        assert_eq!(reply.lines()[1..3], ["{}", "{}"]);
        assert_eq!(reply.lines().len(), 4);
    }
    // At the end of the input, too.
    let done = run(&["tag", "--max-line", "100"], long.as_bytes()).ok();
    assert_eq!(done.text(), format!("{long}\n"));
}

#[test]
fn rule_15_the_number_of_threads_shows_nowhere() {
    let mut input: String = (0..30_000).map(event).collect();
    input.push_str("\n\ntext\n");
    input.push_str(&"y".repeat(700_000));
    let one = run(&["tag", "--threads", "1"], input.as_bytes()).ok();
    for threads in ["2", "5"] {
        assert!(run(&["tag", "--threads", threads], input.as_bytes()).ok().stdout == one.stdout, "{threads} threads");
    }
    let numbered: Vec<u8> = one.stdout.split_inclusive(|b| *b == b'\n').take(30_000).flatten().copied().collect();
    assert_eq!(numbers(&numbered), (0..30_000).collect::<Vec<_>>());
}
