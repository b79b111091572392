//! Credential shapes: what they match, and what the guards refuse.

use vires_catalog::{Catalog, Scan, TokenKind, TokenPattern};
use vires_event::Source;

/// The patterns that take a text for a credential, guards included.
fn found<'c>(catalog: &'c Catalog, text: &str) -> Vec<&'c str> {
    let taken = |t: &&TokenPattern| {
        t.scan != Scan::Off
            && matches!(t.kind, TokenKind::Secret | TokenKind::KeyId)
            && t.literals.iter().any(|l| text.contains(l.as_str()))
            && t.regex().captures_iter(text).filter_map(|c| c.get(1)).any(|m| t.verify(m.as_str()))
    };
    catalog.tokens().iter().filter(taken).map(|t| t.id.as_str()).collect()
}

/// A token in GitHub's form: thirty characters and their sum.
fn github(prefix: &str, body: &str) -> String {
    let mut sum = crc32fast::hash(body.as_bytes());
    let mut tail = String::new();
    for _ in 0..6 {
        tail.insert(0, b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"[(sum % 62) as usize] as char);
        sum /= 62;
    }
    format!("{prefix}{body}{tail}")
}

#[test]
fn shapes() {
    let c = Catalog::builtin().unwrap();
    let body = "aB3dE5gH7jK9mN1pQ3sT5vW7yZ0bC2";
    let ghp = github("ghp_", body);
    let ghs = github("ghs_", body);
    let npm = github("npm_", body);
    let hex40 = "0123456789abcdef0123456789abcdef01234567";
    for (text, want) in [
        (format!("token={ghp} used"), vec!["github-pat"]),
        (format!("https://x:{ghs}@github.com/org/repo"), vec!["github-app-install", "web-basic-auth"]),
        (npm, vec!["npm-token"]),
        (format!("ghp_{body}000000"), vec![]),
        ("ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx".to_owned(), vec![]),
        ("key AKIAIOSFODNN7EXAMPLE leaked".to_owned(), vec!["aws-access-key-id"]),
        ("AKIAAAAAAAAAAAAAAAAA".to_owned(), vec![]),
        ("an AKIAIOSFODNN7EXAMPLExyz".to_owned(), vec![]),
        (r#""secretAccessKey":"wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY""#.to_owned(), vec!["aws-secret-access-key"]),
        ("xoxb-123456789012-123456789012-aBcDeFgHiJkLmNoPqRsTuVwX".to_owned(), vec!["slack-bot"]),
        ("glpat-aB3dE5gH7jK9mN1pQ3sT".to_owned(), vec!["gitlab-pat"]),
        ("dapi0123456789abcdef0123456789abcdef".to_owned(), vec!["databricks"]),
        ("-----BEGIN RSA PRIVATE KEY-----".to_owned(), vec!["private-key-pem"]),
        ("-----BEGIN CERTIFICATE-----".to_owned(), vec![]),
        ("postgres://app:s3cr3tPass@db.example.com/prod".to_owned(), vec!["url-basic-auth"]),
        ("postgres://db.example.com/prod".to_owned(), vec![]),
        ("https://example.com/a:b@c".to_owned(), vec![]),
        ("Authorization: Bearer aB3dE5gH7jK9mN1pQ3sT5vW7".to_owned(), vec!["auth-header"]),
        (format!("pul-{hex40}"), vec!["pulumi"]),
        ("hvs.short".to_owned(), vec![]),
        ("password=hunter2hunter2".to_owned(), vec![]),
        ("HIDDEN_DUE_TO_SECURITY_REASONS".to_owned(), vec![]),
        (format!("hmac-sha256:{hex40}{}", &hex40[..24]), vec![]),
        (format!(r#"{{"type":"service_account","private_key_id":"{hex40}"}}"#), vec!["gcp-sa-json"]),
        (r#"{"resource":{"type":"service_account"}}"#.to_owned(), vec![]),
    ] {
        assert_eq!(found(&c, &text), want, "{text}");
    }
}

#[test]
fn web_tokens_are_told_apart() {
    let c = Catalog::builtin().unwrap();
    let header = "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9";
    let account = "eyJpc3MiOiJrdWJlcm5ldGVzL3NlcnZpY2VhY2NvdW50Iiwic3ViIjoic3lzdGVtOnNlcnZpY2VhY2NvdW50OmRlZmF1bHQ6Y2kifQ";
    let person = "eyJpc3MiOiJodHRwczovL2V4YW1wbGUuY29tIiwic3ViIjoiamFuZSJ9";
    let signature = "c2lnbmF0dXJlLW9mLWEtdG9rZW4taW4tYS10ZXN0";
    assert_eq!(found(&c, &format!("{header}.{account}.{signature}")), ["k8s-sa-jwt", "jwt-generic"]);
    assert_eq!(found(&c, &format!("{header}.{person}.{signature}")), ["jwt-generic"]);
    // Not a header: the sum of its parts does not parse.
    assert_eq!(found(&c, &format!("eyJhbGciOiAAAAAAAAAAAAAAA.{person}.{signature}")), Vec::<&str>::new());
}

#[test]
fn places_where_a_shape_belongs() {
    let c = Catalog::builtin().unwrap();
    let token = |id: &str| c.tokens().iter().find(|t| t.id == id).unwrap();
    let temporary = token("aws-temp-access-key-id");
    assert!(temporary.is_expected(Source::Cloudtrail, ["accessKeyId", "userIdentity"]));
    assert!(temporary.is_expected(Source::Cloudtrail, ["accessKeyId"]));
    assert!(!temporary.is_expected(Source::Cloudtrail, ["description", "requestParameters"]));
    assert!(!temporary.is_expected(Source::Github, ["accessKeyId"]));
    assert!(token("aws-session-token").is_expected(Source::Cloudtrail, ["sessionToken", "credentials", "responseElements"]));
    assert!(!token("github-pat").is_expected(Source::Github, ["actor"]));
}

#[test]
fn weak_literals_are_not_scanned_for_everywhere() {
    let c = Catalog::builtin().unwrap();
    for weak in ["SK", "cio", "key-", "dose", "https://", "password"] {
        let owners: Vec<_> = c.tokens().iter().filter(|t| t.literals.iter().any(|l| l == weak)).collect();
        assert!(!owners.is_empty(), "{weak}");
        assert!(owners.iter().all(|t| t.scan != Scan::Always), "{weak}");
    }
}

#[test]
fn guards_survive_anything() {
    let c = Catalog::builtin().unwrap();
    let long = "é".repeat(10_000);
    for token in c.tokens() {
        for text in ["", "é", "....", "ghp_", "AKIAé", long.as_str(), "eyJ.eyJ.", "AGE-SECRET-KEY-1"] {
            let _ = token.verify(text);
        }
    }
}
