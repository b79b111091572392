//! What a shipper wrapped: a record as the escaped text of another.

use crate::json::plain::{is_plain, plain_bytes};

/// Where each byte of an unescaped text, and its end, stands in the escaped one, whose escapes are of the kind that [`unescape`]
/// knows.
pub(super) fn offsets(escaped: &[u8]) -> Option<Vec<u32>> {
    let (mut out, mut at) = (Vec::new(), 0);
    while let Some(byte) = escaped.get(at) {
        out.push(at as u32);
        at += if *byte == b'\\' { 2 } else { 1 };
    }
    out.push(u32::try_from(escaped.len()).ok()?);
    Some(out)
}

/// Writes what a text in which quotes, backslashes and slashes are escaped stands for, and returns its length; `None` if other things
/// are, too.
pub(super) fn unescape(bytes: &[u8], out: &mut Vec<u8>) -> Option<usize> {
    out.clear();
    let mut at = 0;
    loop {
        // Between two escapes stand a few bytes: eight at once are copied and what was too much is taken back.
        if let Some(chunk) = bytes.get(at..)?.first_chunk::<8>() {
            let plain = plain_bytes(*chunk);
            out.extend_from_slice(chunk);
            at += plain;
            if plain == chunk.len() {
                continue;
            }
            out.truncate(out.len() - (chunk.len() - plain));
        }
        match bytes.get(at)? {
            b'\\' => {
                out.push(*bytes.get(at + 1).filter(|b| matches!(b, b'"' | b'\\' | b'/'))?);
                at += 2;
            }
            byte if !is_plain(*byte) => return Some(at),
            byte => {
                out.push(*byte);
                at += 1;
            }
        }
    }
}
