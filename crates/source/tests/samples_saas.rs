//! Every line of the sample folders of the software-as-a-service and host sources is decoded as the source the folder is named after,
//! and no damage to a sample makes a decoder panic.

#![expect(clippy::unwrap_used, reason = "a helper of a test may fail like the test")]

use proptest::prelude::*;
use std::path::{Path, PathBuf};
use vires_source::{Scratch, open};

const SOURCES: &[&str] = &[
    "anthropic",
    "atlassian",
    "auditd",
    "auth0",
    "bitbucket",
    "cloudflare",
    "cron",
    "databricks",
    "github",
    "gitlab",
    "google_workspace",
    "jenkins",
    "mongodb_atlas",
    "nginx",
    "notion",
    "okta",
    "openai",
    "salesforce",
    "slack",
    "snowflake",
    "snyk",
    "sshd",
    "sudo",
    "syslog",
    "tailscale",
    "teleport",
    "tines",
    "vault",
    "wiz",
    "zendesk",
];

fn folder(source: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../datasets/logs").join(source)
}

/// Every line of a source's sample files, with the file's name and the line's number.
fn samples(source: &str) -> Vec<(String, String)> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder(source))
        .unwrap_or_else(|e| panic!("{}: {e}", folder(source).display()))
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "ndjson" || ending == "log"))
        .collect();
    files.sort();
    let mut out = Vec::new();
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        out.extend(text.lines().enumerate().map(|(at, line)| (format!("{}:{}", file.display(), at + 1), line.to_owned())));
    }
    out
}

#[test]
fn every_sample_is_of_its_source() {
    let mut wrong = Vec::new();
    for source in SOURCES {
        assert!(folder(source).join("README.md").is_file(), "{source} has no README.md");
        let samples = samples(source);
        assert!(samples.len() >= 3, "{source} has {} samples", samples.len());
        let mut machines = 0;
        let mut persons = 0;
        for (place, line) in &samples {
            let mut scratch = Scratch::default();
            let Some(found) = open(line.as_bytes(), &mut scratch).activity else {
                wrong.push(format!("{place}: not decoded"));
                continue;
            };
            if found.source.as_str() != *source {
                wrong.push(format!("{place}: decoded as {}", found.source));
            }
            if found.action.len() <= source.len() + 1 || !found.action.starts_with(&format!("{source}:")) {
                wrong.push(format!("{place}: action `{}`", found.action));
            }
            if found.event_id.as_deref() == Some("") || found.targets.iter().any(|t| t.name.ends_with(':')) {
                wrong.push(format!("{place}: an empty name"));
            }
            // The samples of JSON sources are complete records: each says when.
            if line.starts_with('{') && found.at().is_none() {
                wrong.push(format!("{place}: no time in {:?}", found.time));
            }
            match found.identity.as_ref().map(|who| who.actor.as_str()) {
                Some("machine") => machines += 1,
                Some(_) => persons += 1,
                None => {}
            }
        }
        // Text formats do not prove a machine by structure, and a plain syslog line names nobody.
        let structured = !matches!(*source, "nginx" | "sshd" | "sudo" | "syslog" | "zendesk" | "snyk");
        if structured && (machines == 0 || persons == 0) {
            wrong.push(format!("{source}: {machines} machines and {persons} others: samples must show both"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn any_sample() -> impl Strategy<Value = String> {
    let all: Vec<String> = SOURCES.iter().flat_map(|source| samples(source)).map(|(_, line)| line).collect();
    prop::sample::select(all)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2048))]

    #[test]
    fn damage_never_panics(line in any_sample(), edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..3u8), 1..8)) {
        let mut bytes = line.into_bytes();
        for (at, byte, kind) in edits {
            if bytes.is_empty() {
                break;
            }
            let at = at.index(bytes.len());
            match kind {
                0 => bytes[at] = byte,
                1 => bytes.truncate(at),
                _ => bytes.insert(at, byte),
            }
        }
        let mut scratch = Scratch::default();
        open(&bytes, &mut scratch);
    }

    /// Every value of a record replaced by something of another type or shape: decoders must take nothing for granted.
    #[test]
    fn other_shapes_never_panic(line in any_sample(), seed in any::<u64>()) {
        if let Ok(mut value) = serde_json::from_str::<serde_json::Value>(&line) {
            let mut state = seed;
            disturb(&mut value, &mut state);
            let mut scratch = Scratch::default();
            open(value.to_string().as_bytes(), &mut scratch);
        }
    }

    #[test]
    fn text_never_panics(program in "(sshd|sudo|su|CRON|crontab|nginx|passwd|audisp)", message in "\\PC{0,120}") {
        let words = ["", "Accepted publickey for ", "Failed password for ", "pam_unix(sshd:session): ", "type=X msg=audit(1:2): ", "(root) CMD "];
        for word in words {
            let mut scratch = Scratch::default();
            open(format!("Nov 23 18:44:41 h {program}[1]: {word}{message}").as_bytes(), &mut scratch);
            open(format!("{word}{message}").as_bytes(), &mut scratch);
        }
    }
}

/// Changes about one leaf in six.
fn disturb(value: &mut serde_json::Value, state: &mut u64) {
    use serde_json::{Value, json};
    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    match (*state >> 33) % 24 {
        0 => *value = json!(null),
        1 => *value = json!(["é@", {"type": "ü"}]),
        2 => *value = json!("é:@/ (\u{0}'\""),
        3 => *value = json!({"type": "user", "user": []}),
        _ => match value {
            Value::Object(members) => members.values_mut().for_each(|member| disturb(member, state)),
            Value::Array(items) => items.iter_mut().for_each(|item| disturb(item, state)),
            _ => {}
        },
    }
}
