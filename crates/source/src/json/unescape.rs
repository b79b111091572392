/// Appends the text that the JSON string body `raw` (without its quotes) stands for to `out`.
///
/// `raw` must come from a parsed document. An unpaired surrogate, which RFC 8259 allows but UTF-8 cannot say, becomes U+FFFD.
pub fn unescape_into(raw: &str, out: &mut String) {
    let mut bytes = std::mem::take(out).into_bytes();
    bytes.reserve(raw.len());
    let mut rest = raw.as_bytes();
    // Between two escapes stand a few bytes, in a quoted record: eight at once are copied and what was too much is taken back.
    while let Some((chunk, tail)) = rest.split_first_chunk::<8>() {
        bytes.extend_from_slice(chunk);
        let plain = before_backslash(*chunk);
        if plain == chunk.len() {
            rest = tail;
            continue;
        }
        bytes.truncate(bytes.len() - (chunk.len() - plain));
        rest = &rest[plain + 1..];
        let Some((c, used)) = escape(rest) else { break };
        push(c, &mut bytes);
        rest = rest.get(used..).unwrap_or_default();
    }
    while let Some((&byte, tail)) = rest.split_first() {
        rest = tail;
        if byte != b'\\' {
            bytes.push(byte);
            continue;
        }
        let Some((c, used)) = escape(rest) else { break };
        push(c, &mut bytes);
        rest = rest.get(used..).unwrap_or_default();
    }
    *out = String::from_utf8(bytes).unwrap_or_else(|e| String::from_utf8_lossy(e.as_bytes()).into_owned());
}

fn push(c: char, bytes: &mut Vec<u8>) {
    if c.is_ascii() {
        bytes.push(c as u8);
    } else {
        bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
    }
}

/// How many of the bytes stand before the first backslash: the borrow marks the high bit of each byte that is one, and perhaps of
/// bytes behind it.
fn before_backslash(chunk: [u8; 8]) -> usize {
    const ONES: u64 = u64::from_le_bytes([1; 8]);
    let slash = u64::from_le_bytes(chunk) ^ (ONES * b'\\' as u64);
    ((slash.wrapping_sub(ONES) & !slash & (ONES * 0x80)).trailing_zeros() / 8) as usize
}

/// The character that an escape stands for, and how many bytes behind its backslash belong to it.
fn escape(rest: &[u8]) -> Option<(char, usize)> {
    Some(match rest.first()? {
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
        let Some((c, used)) = escape(&raw.as_bytes()[at + 1..]) else { return false };
        let Some(rest) = text.strip_prefix(&raw[..at]).and_then(|text| text.strip_prefix(c)) else { return false };
        text = rest;
        raw = raw.get(at + 1 + used..).unwrap_or("");
    }
    raw == text
}

/// The character behind `\u`, and how many bytes of `rest` belong to it.
fn surrogates(rest: &[u8]) -> (char, usize) {
    let Some(first) = hex4(rest) else { return ('\u{fffd}', rest.len()) };
    if (0xd800..0xdc00).contains(&first)
        && let Some(second) = rest.get(4..).and_then(|r| r.strip_prefix(b"\\u")).and_then(hex4)
        && (0xdc00..0xe000).contains(&second)
    {
        let code = 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00);
        return (char::from_u32(code).unwrap_or('\u{fffd}'), 10);
    }
    (char::from_u32(first).unwrap_or('\u{fffd}'), 4)
}

fn hex4(text: &[u8]) -> Option<u32> {
    let digits = text.get(..4)?;
    digits.iter().try_fold(0, |code, digit| Some(code << 4 | char::from(*digit).to_digit(16)?))
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
