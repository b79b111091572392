//! Attackers who can write fields of log lines try to hide what they do. Each attempt is still tagged and still escalated; what
//! gets through is a limit that SECURITY.md names, and stands here so that it is noticed when it changes.
#![allow(clippy::unwrap_used)]

#[path = "../common/mod.rs"]
mod common;
#[path = "../judge/estate.rs"]
#[allow(dead_code)]
mod estate;
mod judged;
mod learned;
mod tagged;
mod text;

use common::run;
use estate::{Estate, objects, refs};
use serde_json::Value;

/// The `nhi` object of every line, tagged together in one run.
fn tag(lines: &[String]) -> Vec<Value> {
    let done = run(&["tag"], (lines.join("\n") + "\n").as_bytes()).ok();
    assert_eq!(done.lines().len(), lines.len());
    objects(&done.stdout)
}

/// What `vires judge` says of each line.
fn judge(estate: &Estate, lines: &[String]) -> Vec<Value> {
    let args = estate.args(&[]);
    let done = run(&refs(&args), (lines.join("\n") + "\n").as_bytes()).ok();
    assert_eq!(done.lines().len(), lines.len());
    objects(&done.stdout)
}

/// The lines of the estate's quiet day up to noon, before the attack.
fn morning(estate: &Estate) -> Vec<String> {
    let quiet = estate.today.lines().filter(|l| l.contains("eventID") && !l.contains("evil-"));
    quiet.take_while(|l| !l.contains("T15:")).map(str::to_owned).collect()
}

/// The attack's lines.
fn attack() -> Vec<String> {
    estate::attack().lines().map(str::to_owned).collect()
}

/// True for a verdict that reaches a person.
fn escalated(object: &Value) -> bool {
    matches!(object["verdict"].as_str(), Some("escalate" | "page"))
}
