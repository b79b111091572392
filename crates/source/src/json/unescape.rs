/// Appends the text that the JSON string body `raw` (without its quotes) stands for to `out`.
///
/// `raw` must come from a parsed document. An unpaired surrogate, which RFC 8259 allows but UTF-8 cannot say, becomes U+FFFD.
pub fn unescape_into(raw: &str, out: &mut String) {
    let mut rest = raw;
    while let Some(at) = memchr::memchr(b'\\', rest.as_bytes()) {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let Some((c, used)) = escape(rest) else { return };
        out.push(c);
        rest = rest.get(used..).unwrap_or("");
    }
    out.push_str(rest);
}

/// The character that an escape stands for, and how many bytes behind its backslash belong to it.
fn escape(rest: &str) -> Option<(char, usize)> {
    Some(match rest.as_bytes().first()? {
        b'b' => ('\u{8}', 1),
        b'f' => ('\u{c}', 1),
        b'n' => ('\n', 1),
        b'r' => ('\r', 1),
        b't' => ('\t', 1),
        b'u' => {
            let (c, used) = surrogates(&rest[1..]);
            (c, 1 + used)
        }
        // Quote, backslash and slash stand for themselves; nothing else passes the index.
        other => (char::from(*other), 1),
    })
}

/// True if the JSON string body `raw` stands for `text`. Stops at the first difference and copies nothing.
pub(super) fn stands_for(raw: &str, text: &str) -> bool {
    // An escape is longer than what it stands for, but at most six times as long.
    if raw.len() > text.len().saturating_mul(6) {
        return false;
    }
    let (mut raw, mut text) = (raw, text);
    while let Some(at) = memchr::memchr(b'\\', raw.as_bytes()) {
        let Some((c, used)) = escape(&raw[at + 1..]) else { return false };
        let Some(rest) = text.strip_prefix(&raw[..at]).and_then(|text| text.strip_prefix(c)) else { return false };
        text = rest;
        raw = raw.get(at + 1 + used..).unwrap_or("");
    }
    raw == text
}

/// The character behind `\u`, and how many bytes of `rest` belong to it.
fn surrogates(rest: &str) -> (char, usize) {
    let Some(first) = hex4(rest) else { return ('\u{fffd}', rest.len()) };
    if (0xd800..0xdc00).contains(&first)
        && let Some(second) = rest.get(4..).and_then(|r| r.strip_prefix("\\u")).and_then(hex4)
        && (0xdc00..0xe000).contains(&second)
    {
        let code = 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00);
        return (char::from_u32(code).unwrap_or('\u{fffd}'), 10);
    }
    (char::from_u32(first).unwrap_or('\u{fffd}'), 4)
}

fn hex4(text: &str) -> Option<u32> {
    let digits = text.get(..4)?;
    digits.bytes().all(|b| b.is_ascii_hexdigit()).then(|| u32::from_str_radix(digits, 16).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::{stands_for, unescape_into};
    use proptest::prelude::*;

    fn unescape(raw: &str) -> String {
        let mut out = String::new();
        unescape_into(raw, &mut out);
        out
    }

    #[test]
    fn surrogate_pairs_and_halves() {
        assert_eq!(unescape(r"\ud83d\ude00 \/ \u00e9"), "😀 / é");
        assert_eq!(unescape(r"\ud83d"), "\u{fffd}");
        assert_eq!(unescape(r"\ud83dx"), "\u{fffd}x");
        assert_eq!(unescape(r"\ud83d\u0041"), "\u{fffd}A");
        assert_eq!(unescape(r"\ude00"), "\u{fffd}");
    }

    proptest! {
        #[test]
        fn undoes_what_serde_json_does(text in any::<String>()) {
            let json = serde_json::to_string(&text).unwrap();
            prop_assert_eq!(unescape(&json[1..json.len() - 1]), text);
        }

        #[test]
        fn compares_as_if_unescaped(raw in r#"([a-c]|é|\\[nt/"\\]|\\u00(61|e9)|\\ud83d\\ude00|\\ud800){0,5}"#, other in "[abcé/😀\"]{0,5}") {
            let text = unescape(&raw);
            prop_assert!(stands_for(&raw, &text));
            prop_assert_eq!(stands_for(&raw, &other), text == other);
            prop_assert!(!stands_for(&raw, &(text + "x")));
        }
    }
}
