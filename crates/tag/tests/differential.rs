//! The fast path against the plain evaluator, on sample logs, published logs and random lines; and what a line must keep.

#![allow(clippy::unwrap_used)]

mod common;

use common::{CATALOG, sample_lines};
use proptest::prelude::*;
use std::cell::RefCell;
use std::sync::LazyLock;
use vires_source::open;
use vires_tag::{Memo, Options, Scratch, Tagger, reference};

static TAGGER: LazyLock<Tagger> = LazyLock::new(|| Tagger::new(&CATALOG, Options::default()).unwrap());

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
            format!("{:?} {:?}", reference::classify(&CATALOG, &opened), opened.activity)
        };
        // Once to meet it, once to know it again.
        for round in 0..2 {
            let opened = open(line, buffers);
            let fast = TAGGER.classifier().classify(&opened, memo);
            assert_eq!(format!("{fast:?} {:?}", opened.activity), plain, "{round} {}", String::from_utf8_lossy(line));
        }
        keeps_the_line(line, scratch);
    });
}

fn keeps_the_line(line: &[u8], scratch: &mut Scratch) {
    let mut answer = Vec::new();
    TAGGER.line(line, scratch, &mut answer);
    let mut again = Vec::new();
    TAGGER.line(&answer, scratch, &mut again);
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

#[test]
fn agrees_on_the_sample_logs() {
    sample_lines().iter().for_each(|line| check(line));
}

#[test]
fn agrees_on_the_published_logs() {
    common::published(check);
}

/// A piece of text that the catalogue is looking for, or nearly.
fn fragment() -> impl Strategy<Value = String> {
    let catalog = &*CATALOG;
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
