//! The fast path against the plain evaluator, on sample logs, published logs and random lines; and what a line must keep.

#![allow(clippy::unwrap_used, clippy::print_stderr)]

use proptest::prelude::*;
use std::cell::RefCell;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};
use vires_catalog::Catalog;
use vires_source::open;
use vires_tag::{Memo, Options, Scratch, Tagger, reference};

struct Bench {
    catalog: Arc<Catalog>,
    tagger: Tagger,
}

static BENCH: LazyLock<Bench> = LazyLock::new(|| {
    let catalog = Arc::new(Catalog::builtin().unwrap());
    Bench { tagger: Tagger::new(&catalog, Options::default()).unwrap(), catalog }
});

thread_local! {
    static KEPT: RefCell<(vires_source::Scratch, Memo, Scratch)> = RefCell::default();
}

/// Both evaluators say the same of the line, and the answer keeps the line.
fn check(line: &[u8]) {
    // One memory for all lines of a thread, as in production: what one line leaves behind must not change the next.
    KEPT.with_borrow_mut(|(buffers, memo, scratch)| {
        let plain = {
            let mut fresh = vires_source::Scratch::default();
            let opened = open(line, &mut fresh);
            format!("{:?} {:?}", reference::classify(&BENCH.catalog, &opened), opened.activity)
        };
        // Once to meet it, once to know it again.
        for round in 0..2 {
            let opened = open(line, buffers);
            let fast = BENCH.tagger.classifier().classify(&opened, memo);
            assert_eq!(format!("{fast:?} {:?}", opened.activity), plain, "{round} {}", String::from_utf8_lossy(line));
        }
        keeps_the_line(line, scratch);
    });
}

fn keeps_the_line(line: &[u8], scratch: &mut Scratch) {
    let mut answer = Vec::new();
    BENCH.tagger.line(line, scratch, &mut answer);
    let mut again = Vec::new();
    BENCH.tagger.line(&answer, scratch, &mut again);
    let text = String::from_utf8_lossy(&answer);
    assert_eq!(String::from_utf8_lossy(&again), text, "a second pass changes nothing");
    let whole = std::str::from_utf8(&answer).ok().and_then(|t| serde_json::from_str::<serde_json::Value>(t).ok());
    if let Some(whole) = whole {
        let nhi = whole.get("nhi").or_else(|| whole.get("log")?.get("nhi")).unwrap_or_else(|| panic!("no nhi: {text}"));
        assert!(nhi.to_string().len() <= 4096, "{text}");
        assert_eq!(nhi["v"], 1);
        assert!(nhi["tagged"].is_boolean());
        let mut fields = nhi.as_object().unwrap().values();
        assert!(fields.all(|v| !v.is_null() && v.as_str() != Some("")), "absent means unknown: {text}");
    }
}

fn files(dir: &Path, out: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(dir) else { return };
    let mut entries: Vec<PathBuf> = entries.map(|e| e.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            files(&path, out);
        } else if path.extension().is_some_and(|e| e == "ndjson" || e == "log") {
            out.push(path);
        }
    }
}

#[test]
fn agrees_on_the_sample_logs() {
    let mut paths = Vec::new();
    files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../datasets/logs"), &mut paths);
    let lines: usize = paths.iter().map(|p| fs::read(p).unwrap().split(|b| *b == b'\n').map(check).count()).sum();
    assert!(lines > 100, "{lines} lines");
}

#[test]
fn agrees_on_the_published_logs() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/real-logs");
    if !root.exists() {
        eprintln!("SKIPPED: the published logs are not at {}", root.display());
        return;
    }
    let mut paths = Vec::new();
    files(&root, &mut paths);
    let mut records = 0;
    for path in paths {
        for line in fs::read_to_string(&path).unwrap().lines().step_by(if path.ends_with("sessions.ndjson") { 10 } else { 1 }) {
            let test: serde_json::Value = serde_json::from_str(line).unwrap();
            let logs = test.get("logs").and_then(|l| l.as_array().cloned()).or_else(|| Some(vec![test.get("log")?.clone()]));
            for log in logs.unwrap_or_else(|| vec![test.clone()]) {
                check(log.to_string().as_bytes());
                records += 1;
            }
        }
    }
    assert!(records > 1500, "{records} records");
}

/// A piece of text that the catalogue is looking for, or nearly.
fn fragment() -> impl Strategy<Value = String> {
    let catalog = &BENCH.catalog;
    let markers: Vec<String> = catalog.resources().iter().map(|r| r.marker.clone()).collect();
    let literals: Vec<String> = catalog.tokens().iter().flat_map(|t| t.literals.clone()).collect();
    let roles: Vec<String> = catalog.roles().iter().map(|r| r.value.clone()).collect();
    let agents: Vec<String> = catalog.user_agents().iter().map(|r| r.substring.clone()).collect();
    prop_oneof![
        proptest::sample::select(markers),
        proptest::sample::select(literals),
        proptest::sample::select(roles),
        proptest::sample::select(agents),
        "[A-Za-z0-9_-]{20,48}",
        "[A-Z2-7]{16}",
        "[a-f0-9]{32}",
        "[/._:@ \"\\\\é-]{1,3}",
        Just("ghp_0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ".to_owned()),
    ]
}

fn text() -> impl Strategy<Value = String> {
    proptest::collection::vec(fragment(), 1..6).prop_map(|parts| parts.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(768))]

    #[test]
    fn agrees_on_random_events(
        name in proptest::sample::select(vec!["GetSecretValue", "PutObject", "AttachRolePolicy", "Nothing", "ModifySnapshotAttribute"]),
        user in text(), parameter in text(), nested in text(), agent in text(),
        wrapped in 0..4u8, slashed in any::<bool>(), twice in any::<bool>(), key in text(),
    ) {
        let event = serde_json::json!({
            "eventVersion": "1.09", "eventSource": "s3.amazonaws.com", "eventName": name, "eventTime": "2026-11-23T18:44:41Z",
            "userIdentity": {"type": "IAMUser", "accountId": "123456789012", "userName": user, "accessKeyId": "AKIAIOSFODNN7EXAMPLE"},
            "userAgent": agent, "requestParameters": {"bucketName": parameter, "policyArn": nested, "key": {"list": [parameter, user]}},
        });
        let mut line = event.to_string();
        if twice {
            // A second member of one name, and one whose name must be unescaped, after what they take the place of.
            let more = serde_json::json!({ key: nested, "userIdentity": {"type": "Root", "accountId": "111122223333"} }).to_string();
            line = format!("{},{}", &line[..line.len() - 1], more[1..].replace("userIdentity", "userIdentit\\u0079"));
        }
        if slashed {
            line = line.replace('_', "\\u005f").replace('/', "\\/");
        }
        for level in 0..wrapped {
            line = match level {
                0 => serde_json::json!({"file": "/var/log/x", "host": parameter, "message": line}).to_string(),
                1 => format!("Nov 23 18:44:41 web1 app[7]: {line}"),
                _ => serde_json::json!({nested.clone(): user, "log": line, "nhi": {"forged": parameter}}).to_string(),
            };
        }
        check(line.as_bytes());
    }

    #[test]
    fn agrees_on_random_text(parts in proptest::collection::vec(fragment(), 0..12), header in any::<bool>()) {
        let line = parts.concat().replace(['\n', '\r'], " ");
        check(if header { format!("Nov 23 18:44:41 web1 app[7]: {line}") } else { line }.as_bytes());
    }

    #[test]
    fn keeps_any_bytes(line in proptest::collection::vec(any::<u8>().prop_filter("one line", |b| *b != b'\n' && *b != b'\r'), 0..80)) {
        check(&line);
    }
}
