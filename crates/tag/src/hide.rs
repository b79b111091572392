//! What is left of a credential in text that was made of a record: in another case, or cut.
//!
//! Decoders put names in lower case, join or cut them. A credential among them has lost its shape by then; but the record still has
//! it, and its beginning tells it again. Only the beginning: who could have any word hidden by putting it into something that looks
//! like a credential would choose which words we show.

use std::collections::BTreeSet;
use std::fmt;
use vires_event::Text;

/// So much of its beginning tells a credential.
const BEGINNING: usize = 12;
/// Credentials of one line that are looked for: the first in alphabetical order.
const MOST: usize = 24;
/// How much of one credential, and of a text, is looked at: longer names are cut before they are written.
const LONGEST: usize = 4096;

/// The credentials of one line, and the kind of each.
#[derive(Clone, Default, PartialEq)]
pub(crate) struct Secrets<'a>(BTreeSet<(String, &'a str)>);

impl fmt::Debug for Secrets<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(_, kind)| kind)).finish()
    }
}

impl<'a> Secrets<'a> {
    /// Notes the credential at the start of `text`. Of some a shape shows no more than the first line: what follows in the same
    /// string belongs to it.
    pub(crate) fn note(&mut self, text: &str, len: usize, kind: &'a str) {
        let follows = text.starts_with("-----BEGIN");
        let end = if follows { text.bytes().take(LONGEST).position(|b| b == b'"').unwrap_or(text.len()) } else { len };
        let mut end = end.min(LONGEST).min(text.len());
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        if end >= BEGINNING {
            self.0.insert((text.get(..end).unwrap_or_default().to_ascii_lowercase(), kind));
        }
        if self.0.len() > MOST {
            self.0.pop_last();
        }
    }

    /// True if there is none.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Replaces what begins as one of them, as far as it goes on like it.
    pub(crate) fn hide<'t>(&self, mut text: Text<'t>) -> Text<'t> {
        for (secret, kind) in &self.0 {
            text = hide(text, secret, kind);
        }
        text
    }
}

fn hide<'t>(text: Text<'t>, secret: &str, kind: &str) -> Text<'t> {
    let lower = text.as_bytes().get(..LONGEST).unwrap_or(text.as_bytes()).to_ascii_lowercase();
    let beginning = secret.as_bytes().get(..BEGINNING).unwrap_or(secret.as_bytes());
    let (mut out, mut done) = (String::new(), 0);
    for start in memchr::memmem::find_iter(&lower, beginning) {
        let Some(kept) = text.get(done..start) else { continue };
        let like = lower.iter().skip(start).zip(secret.as_bytes()).take_while(|(a, b)| a == b).count();
        let mut end = start + like;
        while !text.is_char_boundary(end) {
            end += 1;
        }
        out.push_str(kept);
        out.push_str("[redacted:");
        out.push_str(kind);
        out.push(']');
        done = end;
    }
    if done == 0 {
        return text;
    }
    out.push_str(text.get(done..).unwrap_or_default());
    Text::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hidden(secrets: &[&str], text: &str) -> String {
        let mut seen = Secrets::default();
        secrets.iter().for_each(|secret| seen.note(secret, secret.len(), "kind"));
        seen.hide(text.into()).into_owned()
    }

    #[test]
    fn a_beginning_is_hidden_in_any_case_and_wherever_it_was_cut() {
        let secret = "ghp_0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
        for (text, want) in [
            (format!("a:{}/z", secret.to_lowercase()), "a:[redacted:kind]/z".to_owned()),
            (format!("é{}é{}", &secret[..20], &secret[..12]), "é[redacted:kind]é[redacted:kind]".to_owned()),
            ("ghp_0123456".to_owned(), "ghp_0123456".to_owned()),
            (String::new(), String::new()),
        ] {
            assert_eq!(hidden(&[secret], &text), want, "{text}");
        }
        assert_eq!(hidden(&[], secret), secret);
        assert_eq!(hidden(&["short"], "short"), "short");
    }

    #[test]
    fn nobody_chooses_which_words_are_hidden() {
        let secret = "ghp_GetSecretValueGetSecretValueGetSecret";
        for text in ["secretsmanager:GetSecretValue", "GetSecretValueGetSecretValue"] {
            assert_eq!(hidden(&[secret], text), text);
        }
    }

    #[test]
    fn the_body_of_a_key_goes_with_its_first_line_and_ends_with_its_string() {
        let mut secrets = Secrets::default();
        let line = "-----BEGIN RSA PRIVATE KEY-----MIIEowIBAAKCAQEA\",\"eventName\":\"GetSecretValue\"";
        secrets.note(line, 31, "key");
        assert_eq!(secrets.hide("-----begin rsa private key-----miieowibaa".into()), "[redacted:key]");
        assert_eq!(secrets.hide("a:GetSecretValue".into()), "a:GetSecretValue");
        assert_eq!(format!("{secrets:?}"), "[\"key\"]");
    }

    #[test]
    fn a_flood_keeps_the_work_bounded_and_its_order_does_not_matter() {
        let secrets: Vec<String> = (0..1000).map(|n| format!("{n:06}-credential")).collect();
        let text = "x 000003-credential 000999-credential";
        let up: Vec<&str> = secrets.iter().map(String::as_str).collect();
        let down: Vec<&str> = secrets.iter().rev().map(String::as_str).collect();
        assert_eq!(hidden(&up, text), "x [redacted:kind] 000999-credential");
        assert_eq!(hidden(&down, text), hidden(&up, text));
    }
}
