//! Where a leaked credential is found, and where what looks like one is not.

#![allow(clippy::unwrap_used)]

use std::sync::Arc;
use vires_catalog::Catalog;
use vires_tag::{Options, Scratch, Tagger};

const KEY: &str = "AKIARZPUZDIKABNMHEL6";
const EVENT: &str = r#"{"eventVersion":"1.08","userIdentity":{"type":"IAMUser","accountId":"123456789012","userName":"ci"},"eventTime":"2026-11-23T18:44:41Z","eventSource":"iam.amazonaws.com","eventName":"CreateUser","requestParameters":{"userName":"x"}}"#;
const SSHD: &str = "Nov 23 18:44:41 web1 sshd[12]: Accepted publickey for deploy from 192.0.2.1 port 22 ssh2";

fn quoted(text: &str) -> String {
    serde_json::to_string(text).unwrap()
}

/// The kinds that are reported for a line.
fn leaks(line: &str) -> Vec<String> {
    let tagger = Tagger::new(&Arc::new(Catalog::builtin().unwrap()), Options::default()).unwrap();
    let mut answer = Vec::new();
    tagger.line(line.as_bytes(), &mut Scratch::default(), &mut answer);
    let answer: serde_json::Value = serde_json::from_slice(&answer).unwrap();
    let list = answer["nhi"]["leaks"].as_array().cloned().unwrap_or_default();
    list.iter().map(|kind| kind.as_str().unwrap().to_owned()).collect()
}

#[test]
fn every_envelope_is_looked_into() {
    let escaped = KEY.replace("RZP", "\\u0052ZP");
    let header = format!("<13>Nov 23 18:44:41 h {KEY}: {EVENT}");
    let in_log = |beside: &str, log: &str| format!(r#"{{"a":"{beside}","log":{}}}"#, quoted(log));
    for line in [
        format!(r#"{{"a":"{KEY}","message":{}}}"#, quoted(EVENT)),
        format!(r#"{{"a":1,"message":{}}}"#, quoted(&in_log(KEY, EVENT))),
        format!(r#"{{"a":1,"message":{}}}"#, quoted(&in_log(&escaped, EVENT))),
        format!(r#"{{"a":1,"message":{}}}"#, quoted(&in_log(&escaped, SSHD))),
        format!(r#"{{"a":1,"message":{}}}"#, in_log(KEY, EVENT)),
        format!(r#"{{"a":1,"message":{}}}"#, quoted(&in_log("", &header))),
        format!(r#"{{"a":1,"message":{}}}"#, quoted(&in_log("", &format!("{SSHD} {KEY}")))),
        format!("Nov 23 18:44:41 h a: {}", in_log(&escaped, &in_log("", EVENT))),
        header.clone(),
    ] {
        assert_eq!(leaks(&line), ["aws-access-key-id"], "{line}");
    }
    for line in [EVENT.to_owned(), in_log("", EVENT), format!(r#"{{"message":{}}}"#, quoted(&in_log("", SSHD)))] {
        assert_eq!(leaks(&line), [""; 0], "{line}");
    }
}

#[test]
fn keys_are_read_as_their_readers_read_them() {
    for key in [KEY.to_owned(), KEY.replace("AKIA", "AK\\u0049A"), format!("a\\/{}", KEY.replace('A', "\\u0041"))] {
        for line in [
            EVENT.replace("userName\":\"x", &format!("{key}\":\"x")),
            format!(r#"{{"a":1,"message":{}}}"#, quoted(&EVENT.replace("userName\":\"x", &format!("{key}\":\"x")))),
            format!(r#"{{"{key}":1}}"#),
        ] {
            assert_eq!(leaks(&line), ["aws-access-key-id"], "{line}");
        }
    }
}
