//! Nothing of a credential that stands where a name belongs comes into the tags.

#![allow(clippy::unwrap_used)]

use std::sync::Arc;
use vires_catalog::Catalog;
use vires_tag::{Options, Scratch, Tagger};

/// What is added to a line; the line itself stays as it is, credentials and all.
fn tags(tagger: &Tagger, line: &str) -> String {
    let mut answer = Vec::new();
    tagger.line(line.as_bytes(), &mut Scratch::default(), &mut answer);
    let answer = String::from_utf8(answer).unwrap();
    let (kept, tags) = answer.split_at(line.len() - 1);
    assert_eq!(kept, &line[..line.len() - 1]);
    tags.to_owned()
}

#[test]
fn a_private_key_is_hidden_with_its_body() {
    let tagger = Tagger::new(&Arc::new(Catalog::builtin().unwrap()), Options::default()).unwrap();
    let (begin, end) = ("-----BEGIN RSA PRIVATE KEY-----", "-----END RSA PRIVATE KEY-----");
    for (name, want) in [
        (format!(r"{begin}\nMIIEowIBAAKCAQEA\nq3Zq0sT\n{end}"), "iam:[redacted:private-key-pem]"),
        (format!(r"a/{begin}MIIEowIBAAKCAQEA{end}/z"), "iam:a/[redacted:private-key-pem]/z"),
        (format!(r"{begin}\nMIIEowIBAAKCAQEA"), "iam:[redacted:private-key-pem]"),
        (format!(r"{begin}\nMIIEowIBAAKCAQEA\n-----END RSA"), "iam:[redacted:private-key-pem]"),
        (format!(r"{begin}MIIEow{end}+{begin}AAKCAQEA{end}"), "iam:[redacted:private-key-pem]+[redacted:private-key-pem]"),
    ] {
        let line = format!(
            r#"{{"eventVersion":"1.08","userIdentity":{{"type":"IAMUser","accountId":"123456789012","userName":"ci"}},"eventTime":"2026-11-23T18:44:41Z","eventSource":"iam.amazonaws.com","eventName":"CreateUser","requestParameters":{{"userName":"{name}"}}}}"#
        );
        let tags = tags(&tagger, &line);
        assert!(tags.contains(&format!(r#""target":"{want}""#)), "{tags}");
        assert!(!tags.contains("MIIEow") && !tags.contains("AAKCAQEA"), "{tags}");
    }
}

/// A signature is as good without the question mark that a whole URL would have.
#[test]
fn a_bare_shared_access_signature_is_hidden() {
    let tagger = Tagger::new(&Arc::new(Catalog::builtin().unwrap()), Options::default()).unwrap();
    let signature = "aB3dE5fG7hJ9kL1mN3pQrStUvWxYz0123456789abcd%3D";
    for before in ["", "a/", "https://example.com/c?"] {
        let line = format!(
            r#"{{"eventVersion":"1.08","userIdentity":{{"type":"IAMUser","accountId":"123456789012","userName":"ci"}},"eventTime":"2026-11-23T18:44:41Z","eventSource":"iam.amazonaws.com","eventName":"CreateUser","requestParameters":{{"userName":"{before}sv=2022-11-02&ss=b&srt=sco&sp=rwdlac&sig={signature}"}}}}"#
        );
        let tags = tags(&tagger, &line);
        assert!(tags.contains("[redacted:azure-sas]") && tags.contains(r#""leaks":["azure-sas"]"#), "{tags}");
        assert!(!tags.contains("aB3dE5fG7h"), "{tags}");
    }
}

#[test]
fn putting_an_id_in_lower_case_does_not_uncover_a_credential() {
    let tagger = Tagger::new(&Arc::new(Catalog::builtin().unwrap()), Options::default()).unwrap();
    let key = "sk-proj-abcdefghijklmnopqrstT3BlbkFJabcdefghijklmnopqrst";
    for name in [key.to_owned(), format!("joe@example.com/{key}"), format!("{key}@example.com")] {
        let line = format!(
            r#"{{"actor":{{"id":"00u","type":"User","alternateId":"{name}","displayName":"Joe"}},"eventType":"user.session.start","published":"2026-01-05T08:00:00Z","outcome":{{"result":"SUCCESS"}},"uuid":"1","version":"0","target":[]}}"#
        );
        let tags = tags(&tagger, &line);
        assert!(tags.contains(r#""source":"okta""#) && tags.contains("[redacted:openai-key]"), "{tags}");
        assert!(!tags.to_ascii_lowercase().contains("t3blbkfj"), "{tags}");
    }
}

#[test]
fn what_is_replaced_says_nothing_of_the_line() {
    let tagger = Tagger::new(&Arc::new(Catalog::builtin().unwrap()), Options::default()).unwrap();
    let pass = |line: &[u8]| {
        let mut answer = Vec::new();
        tagger.line(line, &mut Scratch::default(), &mut answer);
        answer
    };
    let tags = br#""nhi":{"v":1,"tagged":false,"error":"unknown_source"}"#;
    for old in [&br#"{"x":"AKIARZPUZDIKABNMHEL6"}"#[..], b"\"\xff\"", b"\"AKIARZPUZDIKABNMHEL6\"", b"7"] {
        for (before, after) in [(&b"{"[..], &b",\"a\":1}"[..]), (b"{\"log\":{\"a\":[1],", b"}}"), (b"{", b"}")] {
            let once = pass(&[before, b"\"nhi\":", old, after].concat());
            assert_eq!(String::from_utf8_lossy(&once), String::from_utf8_lossy(&[before, tags, after].concat()));
            assert_eq!(pass(&once), once);
        }
    }
}

/// Hiding one credential can lay the next one bare: `ghp_…ATBB…` is one word, `[redacted:github-pat]ATBB…` is not.
#[test]
fn the_tags_of_a_wrapped_line_say_nothing_of_it_either() {
    let tagger = Tagger::new(&Arc::new(Catalog::builtin().unwrap()), Options::default()).unwrap();
    let name = "ghp_0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZATBBaaaaaa_Aa320BCD56b4c_-_-d_--";
    let line = format!("Nov 23 18:44:41 web1 sshd[12]: Accepted publickey for {name} from 192.0.2.1 port 22 ssh2");
    let pass = |line: &[u8]| {
        let mut answer = Vec::new();
        tagger.line(line, &mut Scratch::default(), &mut answer);
        String::from_utf8(answer).unwrap()
    };
    let once = pass(line.as_bytes());
    assert!(once.contains("[redacted:github-pat]ATBB"), "{once}");
    assert_eq!(pass(once.as_bytes()), once);
    for forged in [
        format!(r#"{{"v":1,"tagged":true,"error":"not_json","x":"{name}"}}"#),
        r#"{"v":1,"tagged":true,"error":"not_json","id":"AKIARZPUZDIKABNMHEL6"}"#.to_owned(),
    ] {
        assert_eq!(pass(format!(r#"{{"message":"x","nhi":{forged}}}"#).as_bytes()), pass(b"x"));
    }
}
