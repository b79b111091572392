//! The binary as a user runs it, on the judge that is shipped.

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/scenarios")
}

fn harness(args: &[&str]) -> Output {
    // An empty environment: nothing may depend on it.
    Command::new(env!("CARGO_BIN_EXE_harness")).args(args).env_clear().output().expect("the binary starts")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("text")
}

#[test]
fn the_shipped_judge_passes_the_examples() {
    let dir = fixtures().display().to_string();
    let out =
        harness(&["run", &dir, "--format", "json", "--min-recall", "1", "--min-precision", "1", "--max-false-per-10k", "0"]);
    assert_eq!(out.status.code(), Some(0), "{}", text(&out.stderr));
    let v: Value = serde_json::from_slice(&out.stdout).unwrap();
    assert_eq!(v["schema"], "vires-run/1");
    assert_eq!(v["tunings"][0]["name"], "default");
    assert_eq!(v["tunings"][0]["instances"], serde_json::json!({"malicious": 1, "caught": 1, "missed": 0, "queued": 0}));
    assert_eq!(v["tunings"][0]["false_cases"], 0);
    let attack = &v["scenarios"][0];
    assert_eq!((&attack["caught"], &attack["first_escalation"]), (&Value::from(1), &Value::from("2026-03-21T09:00:00Z")));
    assert!(attack["reasons"].as_array().unwrap().iter().any(|r| r.as_str().unwrap().contains("expected")));
}

#[test]
fn equal_bytes_in_every_run_and_for_any_number_of_threads() {
    let dir = fixtures().display().to_string();
    let run = |threads: &str, format: &str| harness(&["--threads", threads, "run", &dir, "--format", format]).stdout;
    for format in ["table", "json", "csv", "md", "html", "junit"] {
        let first = run("1", format);
        assert!(!first.is_empty(), "{format}");
        assert_eq!(first, run("4", format), "{format}");
    }
}

#[test]
fn exit_codes() {
    let dir = fixtures().display().to_string();
    let folder = tempfile::tempdir().unwrap();
    let deaf = folder.path().join("deaf.toml");
    std::fs::write(&deaf, "schema = \"vires-tuning/1\"\n[boundaries]\nprivilege = false\ndata = false\ntrust = false\n")
        .unwrap();
    let deaf = deaf.display().to_string();
    let code = |args: &[&str]| harness(args).status.code();
    assert_eq!(code(&["run", &dir]), Some(0));
    assert_eq!(code(&["run", &dir, "--tuning", &deaf, "--min-recall", "0.5"]), Some(1));
    assert_eq!(code(&["run", "/nonexistent"]), Some(2));
    assert_eq!(code(&["run"]), Some(2));
    assert_eq!(code(&["run", &dir, "--min-recall", "2"]), Some(2));
    assert_eq!(code(&["lint", &dir]), Some(0));
    assert_eq!(code(&["--help"]), Some(0));
}

#[test]
fn what_is_wrong_is_said_on_stderr_and_stdout_stays_empty() {
    let folder = tempfile::tempdir().unwrap();
    let tuning = folder.path().join("t.toml");
    std::fs::write(&tuning, "schema = \"vires-tuning/1\"\n\n[disposition]\nescalade = 50.0\n").unwrap();
    let out = harness(&["run", &fixtures().display().to_string(), "--tuning", &tuning.display().to_string()]);
    assert_eq!((out.status.code(), text(&out.stdout)), (Some(2), String::new()));
    let said = text(&out.stderr);
    assert!(said.contains("t.toml:4:1: unknown field `escalade`") && said.contains("^^^^^^^^"), "{said}");
}

#[test]
fn a_closed_pipe_is_no_failure() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_harness"))
        .args(["run", &fixtures().display().to_string(), "--format", "html"])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn the_template_becomes_a_scenario_by_copying_it() {
    let template = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scenarios/_template");
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("mine");
    std::fs::create_dir(&copy).unwrap();
    for entry in std::fs::read_dir(template).unwrap() {
        let path = entry.unwrap().path();
        std::fs::copy(&path, copy.join(path.file_name().unwrap())).unwrap();
    }
    let dir = folder.path().display().to_string();
    let lint = harness(&["lint", &dir, "--strict"]);
    assert_eq!(lint.status.code(), Some(0), "{}{}", text(&lint.stdout), text(&lint.stderr));
    let run = harness(&["run", &dir, "--min-recall", "1", "--min-precision", "1"]);
    assert_eq!(run.status.code(), Some(0), "{}{}", text(&run.stdout), text(&run.stderr));
}
