//! Writes the `nhi` object: flat JSON, every string bounded and safe to print, never more than [`MAX_BYTES`].

/// The whole object stays within this many bytes, whatever the log says.
pub const MAX_BYTES: usize = 4096;

/// How an object ends that had to be cut.
const CUT: &[u8] = b",\"truncated\":true}";

/// True for a finished object that had to be cut.
pub fn is_cut(object: &[u8]) -> bool {
    object.ends_with(CUT)
}

/// Room kept for what is written after a member that must be cut: `"tagged"`, `"truncated"` and the closing brace.
const RESERVE: usize = 64;

/// An open JSON object at the end of a buffer. Members are written in the order of the calls.
pub struct Object<'o> {
    out: &'o mut Vec<u8>,
    start: usize,
    truncated: bool,
}

impl<'o> Object<'o> {
    /// Opens an object at the end of `out`.
    pub fn open(out: &'o mut Vec<u8>) -> Self {
        let start = out.len();
        out.push(b'{');
        Object { out, start, truncated: false }
    }

    /// Goes on with the object that stands in `out` from `start` on, as [`Object::pause`] left it.
    pub fn resume(out: &'o mut Vec<u8>, start: usize, truncated: bool) -> Self {
        Object { out, start, truncated }
    }

    /// Leaves the object open; true if anything was cut so far.
    pub fn pause(self) -> bool {
        self.truncated
    }

    /// A member whose value is a word of a closed vocabulary: plain ASCII that needs no escape.
    pub fn word(&mut self, key: &str, word: &str) {
        debug_assert!(word.bytes().all(is_plain));
        if self.room(key.len() + word.len() + 6) {
            self.key(key);
            self.out.push(b'"');
            self.out.extend_from_slice(word.as_bytes());
            self.out.push(b'"');
        }
    }

    /// A member whose value comes from a log: escaped, and cut after `max` bytes of output.
    pub fn text(&mut self, key: &str, text: &str, max: usize) {
        let max = max.min(self.left().saturating_sub(key.len() + 6));
        if max < 8 {
            self.truncated = true;
            return;
        }
        self.key(key);
        self.truncated |= quote(text, max, self.out);
    }

    /// A whole number.
    pub fn number(&mut self, key: &str, number: u64) {
        if self.room(key.len() + 24) {
            self.key(key);
            self.digits(number);
        }
    }

    /// A number with up to three decimals. Nothing is written for one that is not finite.
    pub fn decimal(&mut self, key: &str, number: f64) {
        if number.is_finite() && self.room(key.len() + 32) {
            self.key(key);
            self.three_decimals(number);
        }
    }

    /// A nested object of numbers with up to three decimals, e.g. the three signals.
    pub fn decimals(&mut self, key: &str, members: &[(&str, f64)]) {
        if members.iter().all(|(_, n)| n.is_finite())
            && self.room(key.len() + 6 + members.iter().map(|(k, _)| k.len() + 32).sum::<usize>())
        {
            self.key(key);
            self.out.push(b'{');
            for (n, (name, number)) in members.iter().enumerate() {
                if n > 0 {
                    self.out.push(b',');
                }
                self.out.push(b'"');
                self.out.extend_from_slice(name.as_bytes());
                self.out.extend_from_slice(b"\":");
                self.three_decimals(*number);
            }
            self.out.push(b'}');
        }
    }

    /// A boolean.
    pub fn bool(&mut self, key: &str, value: bool) {
        self.key(key);
        self.out.extend_from_slice(if value { b"true" } else { b"false" });
    }

    /// A list of texts, each cut after `max_each` bytes and the list after `max_items`. Nothing is written for an empty list.
    pub fn list<'t>(&mut self, key: &str, texts: impl IntoIterator<Item = &'t str>, max_items: usize, max_each: usize) {
        let mut texts = texts.into_iter().peekable();
        if texts.peek().is_none() {
            return;
        }
        if !self.room(key.len() + 6 + max_each.min(32)) {
            return;
        }
        self.key(key);
        self.out.push(b'[');
        for (n, text) in texts.enumerate() {
            let max = max_each.min(self.left());
            if n == max_items || max < 8 {
                self.truncated = true;
                break;
            }
            if n > 0 {
                self.out.push(b',');
            }
            self.truncated |= quote(text, max, self.out);
        }
        self.out.push(b']');
    }

    /// A nested object of whole numbers, e.g. the three signals.
    pub fn numbers(&mut self, key: &str, members: &[(&str, u64)]) {
        if self.room(key.len() + 6 + members.iter().map(|(k, _)| k.len() + 24).sum::<usize>()) {
            self.key(key);
            self.out.push(b'{');
            for (n, (name, number)) in members.iter().enumerate() {
                if n > 0 {
                    self.out.push(b',');
                }
                self.out.push(b'"');
                self.out.extend_from_slice(name.as_bytes());
                self.out.extend_from_slice(b"\":");
                self.digits(*number);
            }
            self.out.push(b'}');
        }
    }

    /// Closes the object; says so if anything was cut.
    pub fn close(mut self) {
        if self.truncated {
            self.bool("truncated", true);
        }
        self.out.push(b'}');
    }

    fn key(&mut self, key: &str) {
        if self.out.len() > self.start + 1 {
            self.out.push(b',');
        }
        self.out.push(b'"');
        self.out.extend_from_slice(key.as_bytes());
        self.out.extend_from_slice(b"\":");
    }

    fn three_decimals(&mut self, number: f64) {
        // Far beyond what any score or share takes, so that the text stays short.
        let thousandths = (number.clamp(-1e9, 1e9) * 1000.0).round() as i64;
        if thousandths < 0 {
            self.out.push(b'-');
        }
        self.digits(thousandths.unsigned_abs() / 1000);
        let rest = thousandths.unsigned_abs() % 1000;
        if rest > 0 {
            let digits = [b'.', b'0' + (rest / 100) as u8, b'0' + (rest / 10 % 10) as u8, b'0' + (rest % 10) as u8];
            let length = digits.iter().rposition(|digit| *digit != b'0').map_or(0, |last| last + 1);
            self.out.extend_from_slice(digits.get(..length).unwrap_or_default());
        }
    }

    fn digits(&mut self, number: u64) {
        if number < 10 {
            self.out.push(b'0' + number as u8);
        } else {
            self.out.extend_from_slice(number.to_string().as_bytes());
        }
    }

    fn left(&self) -> usize {
        (MAX_BYTES - RESERVE).saturating_sub(self.out.len() - self.start)
    }

    fn room(&mut self, bytes: usize) -> bool {
        let fits = self.left() >= bytes;
        self.truncated |= !fits;
        fits
    }
}

fn is_plain(b: u8) -> bool {
    (0x20..0x7f).contains(&b) && b != b'"' && b != b'\\'
}

/// Appends `text` as a JSON string of at most `max` bytes, quotes included (`max` must be at least 8: two quotes and one escape).
/// Returns true if the text was cut.
///
/// Control characters, also those of C1, and the marks that turn the writing direction are written as `\u` escapes: whoever prints
/// the line to a terminal prints no command.
pub fn quote(text: &str, max: usize, out: &mut Vec<u8>) -> bool {
    out.push(b'"');
    let end = out.len().saturating_add(max - 2);
    let (mut at, mut cut) = (0, false);
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let plain = plain_prefix(rest.as_bytes());
        let fits = plain.min(end - out.len());
        out.extend_from_slice(&rest.as_bytes()[..fits]);
        if fits < plain {
            cut = true;
            break;
        }
        at += plain;
        let Some(c) = rest[plain..].chars().next() else { break };
        at += c.len_utf8();
        let before = out.len();
        match c {
            '"' => out.extend_from_slice(b"\\\""),
            '\\' => out.extend_from_slice(b"\\\\"),
            '\n' => out.extend_from_slice(b"\\n"),
            '\r' => out.extend_from_slice(b"\\r"),
            '\t' => out.extend_from_slice(b"\\t"),
            c if is_hidden(c) => {
                let code = c as u32;
                out.extend_from_slice(b"\\u");
                for shift in [12, 8, 4, 0] {
                    out.push(b"0123456789abcdef"[(code >> shift & 15) as usize]);
                }
            }
            c => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
        }
        if out.len() > end {
            out.truncate(before);
            cut = true;
            break;
        }
    }
    out.push(b'"');
    cut
}

/// Length of the prefix that needs no escape and is ASCII. Sixteen bytes a step, in a form that compilers make vectors of.
#[inline]
fn plain_prefix(bytes: &[u8]) -> usize {
    let mut done = 0;
    for chunk in bytes.chunks_exact(16) {
        if !chunk.iter().fold(true, |all, b| all & is_plain(*b)) {
            break;
        }
        done += 16;
    }
    let rest = &bytes[done..];
    done + rest.iter().position(|b| !is_plain(*b)).unwrap_or(rest.len())
}

/// Control characters and marks that change how a terminal or a reader sees the text around them. All below U+10000.
fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn quoted(text: &str, max: usize) -> (String, bool) {
        let mut out = Vec::new();
        let cut = quote(text, max, &mut out);
        (String::from_utf8(out).unwrap(), cut)
    }

    #[test]
    fn quotes_and_cuts() {
        assert_eq!(quoted("plain", 100), ("\"plain\"".into(), false));
        assert_eq!(quoted("a\"b\\\n\u{1b}[31m\u{9b}\u{202e}", 100), (r#""a\"b\\\n\u001b[31m\u009b\u202e""#.into(), false));
        assert_eq!(quoted("éééééé", 9), ("\"ééé\"".into(), true));
        assert_eq!(quoted("\u{1}\u{1}", 8), (r#""\u0001""#.into(), true));
    }

    proptest! {
        #[test]
        fn decimals_are_the_shortest_of_three(number in prop_oneof![-2e9..2e9, -2.0..2.0, 0.0..101.0, Just(-0.0), Just(-0.0004)]) {
            let mut out = Vec::new();
            let mut object = Object::open(&mut out);
            object.decimal("d", number);
            object.close();
            let rounded = (number.clamp(-1e9, 1e9) * 1000.0).round() / 1000.0 + 0.0;
            prop_assert_eq!(String::from_utf8(out).unwrap(), format!("{{\"d\":{rounded}}}"));
        }
    }

    #[test]
    fn goes_on_where_it_was_left() {
        let mut out = b"x".to_vec();
        let mut object = Object::open(&mut out);
        object.word("a", "b");
        object.list("l", ["1", "2"], 1, 20);
        let cut = object.pause();
        let mut object = Object::resume(&mut out, 1, cut);
        object.decimal("d", 83.45678);
        object.decimal("n", f64::NAN);
        object.decimals("s", &[("p", 0.5), ("q", -0.0), ("r", 1.0)]);
        object.close();
        let want = r#"x{"a":"b","l":["1"],"d":83.457,"s":{"p":0.5,"q":0,"r":1},"truncated":true}"#;
        assert_eq!(std::str::from_utf8(&out).unwrap(), want);
    }

    proptest! {
        #[test]
        fn is_valid_json_within_its_limit(text in any::<String>(), max in 8usize..200) {
            let (json, cut) = quoted(&text, max);
            prop_assert!(json.len() <= max);
            let back: String = serde_json::from_str(&json).unwrap();
            prop_assert!(text.starts_with(&back) && (cut || back == text));
        }

        #[test]
        fn an_object_never_exceeds_its_limit(texts in proptest::collection::vec("[\\u{0}-\\u{200}]{0,900}", 0..40)) {
            let mut out = b"x".to_vec();
            let mut object = Object::open(&mut out);
            for (n, text) in texts.iter().enumerate() {
                object.text(&format!("k{n}"), text, 600);
                object.list(&format!("l{n}"), texts.iter().map(String::as_str), 5, 100);
                object.number(&format!("n{n}"), u64::MAX);
                object.word(&format!("w{n}"), "word");
            }
            object.bool("tagged", true);
            object.close();
            prop_assert!(out.len() - 1 <= MAX_BYTES, "{}", out.len());
            let json: serde_json::Map<String, serde_json::Value> = serde_json::from_slice(&out[1..]).unwrap();
            prop_assert!(json.contains_key("tagged"));
        }
    }
}
