//! Rules 3, 4 and 7 of the exec contract: draining on SIGTERM, reloading on SIGHUP, counting what happened.
#![allow(clippy::unwrap_used)]

mod common;

use common::{Running, arg, event, numbers, stats, until, vires};
use std::io::{Read, Write};
use std::process::Stdio;
use std::time::{Duration, Instant};

#[test]
fn rule_4_fluentd_sends_sigterm_twice_in_the_middle_of_a_chunk() {
    let mut running = Running::start(&["tag"]);
    running.send(event(0).as_bytes());
    running.line();
    let mut stdin = running.stdin.take().unwrap();
    let feeder = std::thread::spawn(move || {
        for n in 1..400 {
            stdin.write_all(event(n).as_bytes()).unwrap();
            std::thread::sleep(Duration::from_millis(1));
        }
    });
    std::thread::sleep(Duration::from_millis(50));
    running.signal("TERM");
    std::thread::sleep(Duration::from_millis(100));
    running.signal("TERM");
    feeder.join().unwrap();
    assert_eq!(numbers(&running.finish().ok().stdout), (1..400).collect::<Vec<_>>());
}

#[test]
fn rule_4_idle_input_ends_the_drain_soon() {
    for signal in ["TERM", "INT"] {
        // Far beyond what a starved machine takes to notice that nothing comes.
        let mut running = Running::start(&["tag", "--drain-timeout", "300"]);
        running.send(event(7).as_bytes());
        running.line();
        // Unfinished input is not thrown away.
        running.send(b"{\"n\":8}");
        let start = Instant::now();
        running.signal(signal);
        let done = running.finish_by_itself().ok();
        assert_eq!(numbers(&done.stdout), [8]);
        assert!(start.elapsed() >= Duration::from_millis(240), "{:?}", start.elapsed());
    }
}

#[test]
fn rule_4_input_without_end_is_left_at_the_deadline() {
    let mut running = Running::start(&["tag", "--drain-timeout", "0.5"]);
    running.send(event(0).as_bytes());
    running.line();
    let mut stdin = running.stdin.take().unwrap();
    let feeder = std::thread::spawn(move || {
        let mut sent = 1;
        while stdin.write_all(event(sent).as_bytes()).is_ok() {
            sent += 1;
            std::thread::sleep(Duration::from_millis(2));
        }
        sent
    });
    running.signal("TERM");
    let seen = numbers(&running.finish().ok().stdout);
    // What was read is answered, without a gap; what was still in the pipe is not ours.
    assert_eq!(seen, (1..=seen.len()).collect::<Vec<_>>());
    assert!(feeder.join().unwrap() >= seen.len());
}

#[test]
fn rule_4_a_reader_that_stops_reading_costs_no_more_than_the_deadline() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("stats.json");
    let args = ["tag", "--drain-timeout", "0.5", "--stats-file", arg(&file)];
    let mut child =
        vires(&args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("vires starts");
    let mut stdin = child.stdin.take().unwrap();
    let feeder = std::thread::spawn(move || {
        for n in 0.. {
            if stdin.write_all(event(n).as_bytes()).is_err() {
                return;
            }
        }
    });
    // Nobody reads stdout: wait until the pipes are full.
    let mut last = 0;
    until("a full pipe", || {
        std::thread::sleep(Duration::from_millis(400));
        let before = std::mem::replace(&mut last, stats(&file)["lines_out"].as_u64().unwrap());
        last > 0 && before == last
    });
    let status = std::process::Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
    assert!(status.success());
    until("the end", || child.try_wait().unwrap().is_some());
    feeder.join().unwrap();
    let mut written = Vec::new();
    child.stdout.take().unwrap().read_to_end(&mut written).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));
    let counts = stats(&file);
    let count = |key: &str| counts[key].as_u64().unwrap();
    assert!(count("undelivered") > 0, "{counts}");
    assert_eq!(count("lines_in"), count("lines_out") + count("undelivered"), "{counts}");
    // Exactly what the reader finds in the pipe counts as written.
    assert_eq!(count("bytes_out"), written.len() as u64);
    assert_eq!(count("lines_out"), written.iter().filter(|b| **b == b'\n').count() as u64);
}

#[test]
fn rule_4_an_ignored_interrupt_stays_ignored() {
    // As rsyslog starts its helpers.
    let mut command = std::process::Command::new("/bin/sh");
    command.args(["-c", "trap '' INT; exec \"$0\" tag", env!("CARGO_BIN_EXE_vires")]).stdin(Stdio::piped());
    let mut running = Running::spawn(&mut command);
    running.send(event(1).as_bytes());
    running.line();
    running.signal("INT");
    std::thread::sleep(Duration::from_millis(600));
    running.send(event(2).as_bytes());
    running.line();
    running.finish().ok();
}

const HEADER: &str = "platform\tservice\taction\tclass\tboundary\tseverity\n";

#[test]
fn rule_7_sighup_takes_the_new_rules_and_keeps_the_old_ones_if_they_are_bad() {
    let dir = tempfile::tempdir().unwrap();
    let table = dir.path().join("sensitive_actions.tsv");
    let (stats_file, log) = (dir.path().join("stats.json"), dir.path().join("vires.log"));
    let row = |action: &str| format!("{HEADER}aws\texample.amazonaws.com\t{action}\tdiscovery\tnone\t3\n");
    let event = |action: &str| {
        format!(
            "{{\"eventVersion\":\"1.08\",\"userIdentity\":{{\"type\":\"AWSService\",\"invokedBy\":\"example.amazonaws.com\"}},\
             \"eventTime\":\"2026-01-01T00:00:00Z\",\"eventSource\":\"example.amazonaws.com\",\"eventName\":\"{action}\",\
             \"awsRegion\":\"eu-west-1\",\"eventID\":\"1\"}}\n"
        )
    };
    let class = |answer: &str| serde_json::from_str::<serde_json::Value>(answer).unwrap()["nhi"]["class"].clone();
    std::fs::write(&table, row("OldAction")).unwrap();
    let mut running =
        Running::start(&["tag", "--catalog", arg(dir.path()), "--stats-file", arg(&stats_file), "--log-file", arg(&log)]);
    let ask = |running: &mut Running, action: &str| {
        running.send(event(action).as_bytes());
        class(&running.line())
    };
    assert_eq!(ask(&mut running, "OldAction"), "discovery");
    assert!(ask(&mut running, "NewAction").is_null());

    std::fs::write(&table, row("NewAction")).unwrap();
    running.signal("HUP");
    until("the reload", || stats(&stats_file)["reloads"] == 1);
    assert_eq!(ask(&mut running, "NewAction"), "discovery");
    assert!(ask(&mut running, "OldAction").is_null());

    std::fs::write(&table, format!("{HEADER}aws\tx\ty\tno such class\tnone\t3\n")).unwrap();
    running.signal("HUP");
    until("the failed reload", || stats(&stats_file)["reload_failures"] == 1);
    assert_eq!(ask(&mut running, "NewAction"), "discovery");
    running.finish().ok();
    let log = std::fs::read_to_string(log).unwrap();
    assert!(log.contains("reloaded") && log.contains("the old rules stay") && log.contains("no such class"), "{log}");
}

#[test]
fn rule_3_stats_are_printed_at_the_end_and_kept_in_a_file() {
    let dir = tempfile::tempdir().unwrap();
    let (json, prom) = (dir.path().join("s.json"), dir.path().join("s.prom"));
    let input = b"{\"a\":1}\ntext\n\xff\n{\"b\":1}\n";
    let done = common::run(&["tag", "--stats", "--stats-file", arg(&json), "--max-line", "100"], input);
    assert_eq!(done.code, Some(0));
    assert!(done.stderr.starts_with("vires: 4 lines in, 4 out"), "{}", done.stderr);
    let counts = stats(&json);
    for (key, n) in [("lines_in", 4), ("lines_out", 4), ("bytes_in", input.len()), ("bytes_out", done.stdout.len())] {
        assert_eq!(counts[key], n, "{key}");
    }
    for key in ["tagged", "too_long", "undelivered", "reloads", "reload_failures"] {
        assert_eq!(counts[key], 0, "{key}");
    }
    for (key, n) in [("unknown_source", 2), ("invalid_utf8", 1)] {
        assert_eq!(counts[key], n, "{key}");
    }
    assert!(counts["by_source"].is_object());
    common::run(&["tag", "--stats-file", arg(&prom)], input).ok();
    assert!(std::fs::read_to_string(&prom).unwrap().contains("\nvires_lines_in_total 4\n"));
}

#[test]
fn rule_3_a_full_disk_stops_the_counters_and_nothing_else() {
    let done = common::run(&["tag", "--stats-file", "/dev/full", "--log-file", "/dev/full"], b"{\"n\":1}\n").ok();
    assert_eq!(numbers(&done.stdout), [1]);
    assert!(!std::fs::metadata("/dev/full").unwrap().is_file());
}

#[test]
fn a_full_disk_under_the_output_is_said() {
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let mut command = vires(&["tag", "/dev/null", "-"]);
    let mut child = command.stdin(Stdio::piped()).stdout(full).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"{\"n\":1}\n").unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("failed to write the output"));
}
