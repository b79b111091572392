/// Appends the text that the JSON string body `raw` (without its quotes) stands for to `out`.
///
/// `raw` must come from a parsed document. An unpaired surrogate, which RFC 8259 allows but UTF-8 cannot say, becomes U+FFFD.
pub fn unescape_into(raw: &str, out: &mut String) {
    let mut rest = raw;
    while let Some(at) = memchr::memchr(b'\\', rest.as_bytes()) {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let Some(code) = rest.as_bytes().first() else { return };
        rest = &rest[1..];
        match code {
            b'b' => out.push('\u{8}'),
            b'f' => out.push('\u{c}'),
            b'n' => out.push('\n'),
            b'r' => out.push('\r'),
            b't' => out.push('\t'),
            b'u' => {
                let (c, used) = surrogates(rest);
                out.push(c);
                rest = rest.get(used..).unwrap_or("");
            }
            // Quote, backslash and slash stand for themselves; nothing else passes the index.
            other => out.push(char::from(*other)),
        }
    }
    out.push_str(rest);
}

/// True if the JSON string body `raw` stands for `text`. Stops at the first difference and copies nothing.
pub(super) fn stands_for(raw: &str, text: &str) -> bool {
    let (mut raw, mut text) = (raw, text);
    while let Some(at) = memchr::memchr(b'\\', raw.as_bytes()) {
        let Some(rest) = text.strip_prefix(&raw[..at]) else { return false };
        let length = match raw.as_bytes().get(at + 1) {
            Some(b'u') => 2 + surrogates(raw.get(at + 2..).unwrap_or("")).1,
            _ => 2,
        };
        let Some(escape) = raw.get(at..at + length) else { return false };
        let mut one = String::new();
        unescape_into(escape, &mut one);
        let Some(rest) = rest.strip_prefix(one.as_str()) else { return false };
        text = rest;
        raw = &raw[at + length..];
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
