use super::parts::{Found, PartId, Parts, Place};
use super::value::{Type, Value};

/// Why a text is not one JSON value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Invalid {
    /// Byte offset of the first byte that does not fit.
    pub at: usize,
}

/// One value of the document. Children follow their container directly; `next` is the index after the whole subtree.
#[derive(Debug, Clone, Copy)]
pub(super) struct Node {
    /// Span of the key between its quotes; empty (0, 0) for array items and the root.
    pub key: (u32, u32),
    /// Span of the value, with quotes or brackets.
    pub span: (u32, u32),
    pub next: u32,
    /// The container of this value; the root is its own.
    pub parent: u32,
    pub kind: Type,
    /// True if the key contains a backslash.
    pub key_escaped: bool,
    /// True if the value is a string that contains a backslash.
    pub escaped: bool,
    /// Of a member of the outermost object: which text it is.
    pub part: PartId,
}

/// A reusable index: parse line after line into the same one, and its memory is reused.
#[derive(Debug, Default)]
pub struct Tape {
    nodes: Vec<Node>,
    open: Vec<Open>,
}

/// An index that once grew beyond this many nodes gives the memory back before the next line.
const KEEP_NODES: usize = 64 * 1024;

/// So many values of a line are indexed; of a line with more, only the members of the outermost object (and of a `log` that it begins
/// with) are, which splicing needs.
/// No audit record comes near it, and a line made of millions of tiny values must not cost a hundred times its size.
const MAX_NODES: usize = 128 * 1024;

/// A container that is not closed yet.
#[derive(Debug, Clone, Copy)]
struct Open {
    /// Its node; [`LOST`] if it is not indexed.
    node: u32,
    object: bool,
}

const LOST: u32 = u32::MAX;

impl Tape {
    /// Indexes `text`, which must be exactly one JSON value (blanks around it are fine).
    pub fn parse<'a>(&'a mut self, text: &'a str) -> Result<Value<'a>, Invalid> {
        self.read(text, None)
    }

    /// The same, with the help of what earlier texts held.
    pub fn parse_with<'a>(&'a mut self, text: &'a str, parts: &mut Parts) -> Result<Value<'a>, Invalid> {
        self.read(text, Some(parts))
    }

    /// Empties the index for another text.
    pub(super) fn renew(&mut self) -> &mut Vec<Node> {
        if self.nodes.capacity() > KEEP_NODES {
            self.nodes = Vec::new();
            self.open = Vec::new();
        }
        self.nodes.clear();
        self.open.clear();
        &mut self.nodes
    }

    fn read<'a>(&'a mut self, text: &'a str, parts: Option<&mut Parts>) -> Result<Value<'a>, Invalid> {
        self.renew();
        // Spans are 32 bit. The runner's line limit stays below that; whoever raises it gets a plain "not JSON".
        if text.len() >= u32::MAX as usize {
            return Err(Invalid { at: 0 });
        }
        let mut cursor = Cursor { bytes: text.as_bytes(), at: 0 };
        self.index(&mut cursor, parts).ok_or(Invalid { at: cursor.at.min(text.len()) })?;
        Ok(Value::new(&self.nodes, text, 0))
    }

    /// True for a member of the object `log` that the outermost object begins with: tags may belong there.
    #[cold]
    fn is_in_log(&self, bytes: &[u8]) -> bool {
        let ([_, Open { node: 1, .. }], Some(log)) = (&self.open[..], self.nodes.get(1)) else { return false };
        let key = bytes.get(log.key.0 as usize..log.key.1 as usize).unwrap_or_default();
        log.kind == Type::Object && (key == b"log" || log.key_escaped)
    }

    fn index(&mut self, c: &mut Cursor<'_>, mut parts: Option<&mut Parts>) -> Option<()> {
        c.blanks();
        let mut key = NO_KEY;
        // The member of the outermost object that is being parsed for the first time, and its first node.
        let mut new = None;
        loop {
            // A value starts here.
            let start = c.at;
            let (kind, escaped) = match c.peek()? {
                b'"' => (Type::String, c.string()?),
                b'{' => (Type::Object, false),
                b'[' => (Type::Array, false),
                b't' => (Type::Bool, c.literal(b"true")?),
                b'f' => (Type::Bool, c.literal(b"false")?),
                b'n' => (Type::Null, c.literal(b"null")?),
                _ => (Type::Number, c.number()?),
            };
            let node = self.nodes.len() as u32;
            let kept = self.nodes.len() < MAX_NODES || self.open.len() <= 1 || self.is_in_log(c.bytes);
            if kept {
                // A container that is not indexed holds no value that is.
                let parent = self.open.last().map_or(node, |open| open.node);
                self.nodes.push(Node {
                    parent,
                    key: key.0,
                    key_escaped: key.1,
                    span: (start as u32, c.at as u32),
                    next: node + 1,
                    kind,
                    escaped,
                    part: PartId::default(),
                });
            }
            if matches!(kind, Type::Object | Type::Array) {
                c.at += 1;
                c.blanks();
                if c.peek()? == if kind == Type::Object { b'}' } else { b']' } {
                    c.at += 1;
                    if kept {
                        self.nodes[node as usize].span.1 = c.at as u32;
                    }
                } else {
                    self.open.push(Open { node: if kept { node } else { LOST }, object: kind == Type::Object });
                    if let Some(next) = self.key(kind == Type::Object, c, &mut parts, &mut new)? {
                        key = next;
                        continue;
                    }
                }
            }
            // A value has ended: close what closes here, until another value must follow.
            loop {
                c.blanks();
                let Some(&Open { node: top, object }) = self.open.last() else {
                    return (c.at == c.bytes.len()).then_some(());
                };
                if self.open.len() == 1
                    && let Some((place, first)) = new.take()
                    && let (Some(parts), Some(nodes)) = (parts.as_deref_mut(), self.nodes.get_mut(first..))
                {
                    parts.keep(place, c.bytes, nodes);
                }
                match (c.peek()?, object) {
                    (b',', _) => {
                        c.at += 1;
                        c.blanks();
                        if let Some(next) = self.key(object, c, &mut parts, &mut new)? {
                            key = next;
                            break;
                        }
                    }
                    (b'}', true) | (b']', false) => {
                        c.at += 1;
                        self.open.pop();
                        let next = self.nodes.len() as u32;
                        if let Some(container) = self.nodes.get_mut(top as usize) {
                            container.span.1 = c.at as u32;
                            container.next = next;
                        }
                    }
                    _ => return None,
                }
            }
        }
    }

    /// What stands before the next value: a key in an object, nothing in an array. `Some(None)` if a whole member was recognised and
    /// is behind us.
    #[inline(always)]
    fn key(
        &mut self,
        object: bool,
        c: &mut Cursor<'_>,
        parts: &mut Option<&mut Parts>,
        new: &mut Option<(Place, usize)>,
    ) -> Option<Option<Key>> {
        if !object {
            return Some(Some(NO_KEY));
        }
        if self.open.len() == 1
            && self.nodes.len() < KEEP_NODES
            && let Some(parts) = parts
        {
            match parts.find(c.bytes, c.at, &mut self.nodes) {
                Found::End(at) => {
                    c.at = at;
                    return Some(None);
                }
                Found::New(place) => *new = Some((place, self.nodes.len())),
                Found::Unknown => {}
            }
        }
        c.key().map(Some)
    }
}

/// The span of a key and whether it holds an escape.
type Key = ((u32, u32), bool);

const NO_KEY: Key = ((0, 0), false);

/// Where we are in the text. Every method returns `None` at the first byte that does not fit and leaves `at` there.
struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Cursor<'_> {
    #[inline]
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    #[inline]
    fn blanks(&mut self) {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.peek() {
            self.at += 1;
        }
    }

    /// A key and its colon; stops at the value. Returns the key's span and whether it holds an escape.
    #[inline]
    fn key(&mut self) -> Option<Key> {
        if self.peek()? != b'"' {
            return None;
        }
        let start = self.at + 1;
        let escaped = self.string()?;
        let end = self.at - 1;
        self.blanks();
        if self.peek()? != b':' {
            return None;
        }
        self.at += 1;
        self.blanks();
        Some(((start as u32, end as u32), escaped))
    }

    /// A string with its quotes. Returns whether it holds an escape.
    #[inline]
    fn string(&mut self) -> Option<bool> {
        self.at += 1;
        let mut escaped = false;
        loop {
            self.at += plain_prefix(self.bytes.get(self.at..)?);
            match self.peek()? {
                b'"' => {
                    self.at += 1;
                    return Some(escaped);
                }
                b'\\' => {
                    escaped = true;
                    match self.bytes.get(self.at + 1)? {
                        b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => self.at += 2,
                        b'u' if self.bytes.get(self.at + 2..self.at + 6)?.iter().all(u8::is_ascii_hexdigit) => self.at += 6,
                        _ => return None,
                    }
                }
                _ => return None,
            }
        }
    }

    fn literal(&mut self, word: &[u8]) -> Option<bool> {
        if self.bytes.get(self.at..)?.starts_with(word) {
            self.at += word.len();
            return Some(false);
        }
        None
    }

    fn number(&mut self) -> Option<bool> {
        if self.peek()? == b'-' {
            self.at += 1;
        }
        match self.peek()? {
            b'0' => self.at += 1,
            b'1'..=b'9' => self.digits()?,
            _ => return None,
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if let Some(b'e' | b'E') = self.peek() {
            self.at += 1;
            if let Some(b'+' | b'-') = self.peek() {
                self.at += 1;
            }
            self.digits()?;
        }
        Some(false)
    }

    fn digits(&mut self) -> Option<()> {
        let start = self.at;
        while self.peek().is_some_and(|b| b.is_ascii_digit()) {
            self.at += 1;
        }
        (self.at > start).then_some(())
    }
}

/// Length of the prefix without quote, backslash and control characters. Eight bytes a step: a byte is special if it is below
/// 0x20, or equal to one of the two after an XOR; the borrow trick marks each such byte's high bit (false marks only above a true
/// one, so the lowest mark is always right).
#[inline]
fn plain_prefix(bytes: &[u8]) -> usize {
    const ONES: u64 = u64::from_le_bytes([1; 8]);
    const HIGH: u64 = u64::from_le_bytes([0x80; 8]);
    let mut done = 0;
    let mut chunks = bytes.chunks_exact(8);
    for chunk in &mut chunks {
        let mut word = [0; 8];
        word.copy_from_slice(chunk);
        let w = u64::from_le_bytes(word);
        let quote = w ^ (ONES * b'"' as u64);
        let slash = w ^ (ONES * b'\\' as u64);
        let special =
            (w.wrapping_sub(ONES * 0x20) & !w) | (quote.wrapping_sub(ONES) & !quote) | (slash.wrapping_sub(ONES) & !slash);
        let marks = special & HIGH;
        if marks != 0 {
            return done + (marks.trailing_zeros() / 8) as usize;
        }
        done += 8;
    }
    done + chunks.remainder().iter().position(|&b| b == b'"' || b == b'\\' || b < 0x20).unwrap_or(chunks.remainder().len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn accepts(text: &str) -> bool {
        Tape::default().parse(text).is_ok()
    }

    #[test]
    fn takes_what_rfc_8259_takes() {
        for good in [
            "{}",
            " {} ",
            "[]",
            "null",
            "true",
            "-0",
            "0.5e+3",
            "1e400",
            "12345678901234567890",
            r#"{"a":1,"a":2}"#,
            r#"{"\u0061":"\ud800"}"#,
            r#"[{"a":[]},[[]],"x"]"#,
            "\"\u{7f}\u{ff}\"",
        ] {
            assert!(accepts(good), "{good}");
        }
        for bad in [
            "",
            " ",
            "{",
            "}",
            "{]",
            "[}",
            r#"{"a"}"#,
            r#"{"a":}"#,
            r#"{"a":1,}"#,
            "[1,]",
            "[,1]",
            "01",
            "1.",
            ".5",
            "+1",
            "1e",
            "-",
            "nul",
            "truefalse",
            "{}{}",
            "{} x",
            "'a'",
            r#"{a:1}"#,
            "\"\t\"",
            r#""\x""#,
            r#""\u12g4""#,
            r#""\"#,
            "\"",
            "NaN",
        ] {
            assert!(!accepts(bad), "{bad}");
        }
    }

    #[test]
    fn depth_costs_no_stack() {
        let deep = "[".repeat(1_000_000) + &"]".repeat(1_000_000);
        assert!(accepts(&deep));
        assert!(!accepts(&deep[..1_999_999]));
    }

    #[test]
    fn a_line_of_tiny_values_stays_affordable_and_whole() {
        let many = "[1],".repeat(MAX_NODES);
        let text = format!(r#"{{"a":[{many}{{"b":[]}}],"nhi":{{"x":1}},"z":[{{"y":2}}]}}"#);
        let mut tape = Tape::default();
        let value = tape.parse(&text).unwrap();
        let keys: Vec<&str> = value.fields().map(|(key, _)| key).collect();
        assert_eq!(keys, ["a", "nhi", "z"]);
        assert_eq!(value.get("nhi").unwrap().raw(), r#"{"x":1}"#);
        assert_eq!(value.span(), 0..text.len());
        assert!(tape.nodes.len() <= MAX_NODES + 3);
        assert!(!accepts(&text.replace("[]}", "[}}")));

        let text = format!(r#"{{"log":{text}}}"#);
        let value = tape.parse(&text).unwrap();
        assert_eq!(value.path("log.nhi").unwrap().raw(), r#"{"x":1}"#);
        assert!(tape.nodes.len() <= MAX_NODES + 3);
    }

    /// Text over the bytes that JSON's grammar is sensitive to.
    fn jsonish() -> impl Strategy<Value = String> {
        proptest::collection::vec(
            prop_oneof![
                Just("{"),
                Just("}"),
                Just("["),
                Just("]"),
                Just(","),
                Just(":"),
                Just("\""),
                Just("\\"),
                Just("\\u00"),
                Just("a"),
                Just("1"),
                Just("0"),
                Just("-"),
                Just("."),
                Just("e"),
                Just("true"),
                Just("null"),
                Just(" "),
                Just("\"a\":"),
                Just("{\"k\":"),
                Just("\u{1}"),
                Just("é"),
                Just("\"xxxxxxxxxxx\""),
            ],
            0..24,
        )
        .prop_map(|parts| parts.concat())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4096))]
        #[test]
        fn accepts_exactly_what_serde_json_accepts(text in jsonish()) {
            prop_assert_eq!(accepts(&text), serde_json::from_str::<serde::de::IgnoredAny>(&text).is_ok());
        }

        #[test]
        fn finds_the_same_first_special_byte(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            let plain = bytes.iter().position(|&b| b == b'"' || b == b'\\' || b < 0x20).unwrap_or(bytes.len());
            prop_assert_eq!(plain_prefix(&bytes), plain);
        }
    }
}
