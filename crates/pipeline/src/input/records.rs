/// Bytes that may stand before the first record without the decision what the document is. More is no known document.
const SNIFF_LIMIT: usize = 4096;

/// Takes a document that holds its records in one array (`{"Records":[…]}`, CloudTrail's files) apart into one compact line per
/// record, as the bytes come, without ever holding more than a few of them. Several documents may follow one another.
/// Anything else passes unchanged.
#[derive(Debug)]
pub(crate) struct Splitter {
    state: State,
    /// Bytes not yet decided upon.
    prefix: Vec<u8>,
    /// A stream in which documents and other lines may take turns, and in which a bare top-level array is a document too.
    mixed: bool,
    /// A document was taken apart: blanks behind it are no lines.
    after_document: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Before a document, or in its first bytes.
    Sniff,
    /// Not a document we know: everything passes, in a mixed stream to the end of the line.
    Plain,
    /// In the array, between records.
    Items { bare: bool },
    /// In a record (or a scalar where a record is expected).
    Record { bare: bool, depth: u64, text: InText },
    /// Behind the array, in the rest of the document.
    Tail { depth: u64, text: InText },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum InText {
    No,
    Yes,
    Escaped,
}

enum Sniffed {
    /// The array's items start at this offset of the prefix.
    Document {
        items: usize,
        bare: bool,
    },
    Undecided,
    No,
}

impl Splitter {
    /// `mixed`: documents and other lines may take turns, and a bare top-level array is taken apart, too. Else the first bytes say
    /// what all of it is.
    pub(crate) fn new(mixed: bool) -> Self {
        Splitter { state: State::Sniff, prefix: Vec::new(), mixed, after_document: false }
    }

    /// True once everything passes unchanged, for good.
    pub(crate) fn is_plain(&self) -> bool {
        self.state == State::Plain && !self.mixed
    }

    /// Takes the next bytes and appends the lines, as far as they are known.
    pub(crate) fn push(&mut self, mut input: &[u8], out: &mut Vec<u8>) {
        while !input.is_empty() {
            let used = match self.state {
                State::Plain => self.plain(input, out),
                State::Sniff => self.sniff(input, out),
                State::Items { bare } => self.items(input, bare),
                State::Record { bare, depth, text } => self.record(input, out, bare, depth, text),
                State::Tail { depth, text } => self.tail(input, depth, text),
            };
            input = &input[used..];
        }
    }

    /// The input has ended: appends what is left, however incomplete.
    pub(crate) fn finish(&mut self, out: &mut Vec<u8>) {
        out.append(&mut self.prefix);
        if matches!(self.state, State::Record { .. }) {
            out.push(b'\n');
        }
        self.state = State::Plain;
    }

    fn sniff(&mut self, input: &[u8], out: &mut Vec<u8>) -> usize {
        if self.after_document && self.prefix.is_empty() && is_space(input[0]) {
            return input.iter().position(|b| !is_space(*b)).unwrap_or(input.len());
        }
        let before = self.prefix.len();
        let room = SNIFF_LIMIT.saturating_sub(before).min(input.len());
        let sniffed = if before == 0 {
            sniff(&input[..room], self.mixed)
        } else {
            self.prefix.extend_from_slice(&input[..room]);
            sniff(&self.prefix, self.mixed)
        };
        match sniffed {
            Sniffed::Document { items, bare } => {
                self.prefix.clear();
                self.after_document = true;
                self.state = State::Items { bare };
                items - before
            }
            Sniffed::Undecided if before + room < SNIFF_LIMIT => {
                if before == 0 {
                    self.prefix.extend_from_slice(&input[..room]);
                }
                room
            }
            _ => {
                // What was held back is no document either; what follows passes after it.
                self.prefix.truncate(before);
                let line_ended = self.prefix.last() == Some(&b'\n');
                out.append(&mut self.prefix);
                self.after_document = false;
                self.state = if self.mixed && line_ended { State::Sniff } else { State::Plain };
                0
            }
        }
    }

    fn plain(&mut self, input: &[u8], out: &mut Vec<u8>) -> usize {
        let end = match memchr::memchr(b'\n', input) {
            Some(at) if self.mixed => {
                self.state = State::Sniff;
                at + 1
            }
            _ => input.len(),
        };
        out.extend_from_slice(&input[..end]);
        end
    }

    fn items(&mut self, input: &[u8], bare: bool) -> usize {
        let Some(at) = input.iter().position(|b| !is_space(*b) && *b != b',') else { return input.len() };
        if input[at] != b']' {
            self.state = State::Record { bare, depth: 0, text: InText::No };
            return at;
        }
        self.state = if bare { State::Sniff } else { State::Tail { depth: 1, text: InText::No } };
        at + 1
    }

    fn record(&mut self, input: &[u8], out: &mut Vec<u8>, bare: bool, mut depth: u64, mut text: InText) -> usize {
        let mut at = 0;
        while at < input.len() {
            if text != InText::No {
                at += string(&input[at..], &mut text, Some(out));
                continue;
            }
            let rest = &input[at..];
            let plain = rest.iter().position(|b| CLASS[usize::from(*b)]).unwrap_or(rest.len());
            out.extend_from_slice(&rest[..plain]);
            at += plain;
            let Some(&byte) = input.get(at) else { break };
            match byte {
                b'"' => text = InText::Yes,
                b'{' | b'[' => depth += 1,
                b',' if depth == 0 => {
                    out.push(b'\n');
                    self.state = State::Items { bare };
                    return at + 1;
                }
                b'}' | b']' if depth == 0 => {
                    // A scalar's end is the array's end, which `items` takes.
                    out.push(b'\n');
                    self.state = State::Items { bare };
                    return if byte == b']' { at } else { at + 1 };
                }
                b'}' | b']' if depth == 1 => {
                    out.extend_from_slice(&[byte, b'\n']);
                    self.state = State::Items { bare };
                    return at + 1;
                }
                b'}' | b']' => depth -= 1,
                _ => {}
            }
            if !is_space(byte) {
                out.push(byte);
            }
            at += 1;
        }
        self.state = State::Record { bare, depth, text };
        at
    }

    fn tail(&mut self, input: &[u8], mut depth: u64, mut text: InText) -> usize {
        let mut at = 0;
        while at < input.len() {
            if text != InText::No {
                at += string(&input[at..], &mut text, None);
                continue;
            }
            match input[at] {
                b'"' => text = InText::Yes,
                b'{' | b'[' => depth += 1,
                b'}' | b']' if depth <= 1 => {
                    self.state = State::Sniff;
                    return at + 1;
                }
                b'}' | b']' => depth -= 1,
                _ => {}
            }
            at += 1;
        }
        self.state = State::Tail { depth, text };
        at
    }
}

/// Goes through the inside of a string, to its closing quote at most. A raw line end, which JSON forbids there, is escaped:
/// otherwise the record would fall apart into two lines.
fn string(input: &[u8], text: &mut InText, out: Option<&mut Vec<u8>>) -> usize {
    let mut sink = out;
    let mut put = |bytes: &[u8]| {
        if let Some(out) = sink.as_mut() {
            out.extend_from_slice(bytes);
        }
    };
    let mut at = 0;
    if *text == InText::Escaped {
        put(if input[0] == b'\n' { b"n" } else { &input[..1] });
        *text = InText::Yes;
        at = 1;
    }
    let Some(stop) = memchr::memchr3(b'"', b'\\', b'\n', &input[at..]) else {
        put(&input[at..]);
        return input.len();
    };
    put(&input[at..at + stop]);
    at += stop;
    match input[at] {
        b'"' => *text = InText::No,
        b'\\' => *text = InText::Escaped,
        _ => {
            put(b"\\n");
            return at + 1;
        }
    }
    put(&input[at..=at]);
    at + 1
}

/// Bytes at which the scan of a record stops, outside strings.
const CLASS: [bool; 256] = {
    let mut class = [false; 256];
    let stops = b"\"{}[], \t\r\n";
    let mut i = 0;
    while i < stops.len() {
        class[stops[i] as usize] = true;
        i += 1;
    }
    class
};

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

fn sniff(prefix: &[u8], mixed: bool) -> Sniffed {
    const MARK: &[u8] = b"\xef\xbb\xbf";
    // Exports of some systems begin with a byte order mark.
    let mut at = if prefix.starts_with(MARK) { MARK.len() } else { 0 };
    if MARK.starts_with(prefix) && at == 0 {
        return Sniffed::Undecided;
    }
    let mut bare = false;
    for token in [&b"{"[..], b"\"Records\"", b":", b"["] {
        while prefix.get(at).copied().is_some_and(is_space) {
            // A blank line of a stream waits for nothing.
            if mixed && token == b"{" && prefix[at] == b'\n' {
                return Sniffed::No;
            }
            at += 1;
        }
        let rest = &prefix[at..];
        if rest.starts_with(token) {
            at += token.len();
        } else if mixed && token == b"{" && rest.starts_with(b"[") {
            at += 1;
            bare = true;
            break;
        } else if token.starts_with(rest) {
            return Sniffed::Undecided;
        } else {
            return Sniffed::No;
        }
    }
    Sniffed::Document { items: at, bare }
}

#[cfg(test)]
mod tests {
    use super::Splitter;
    use proptest::prelude::*;

    fn split(mixed: bool, chunks: &[&[u8]]) -> String {
        let mut splitter = Splitter::new(mixed);
        let mut out = Vec::new();
        for chunk in chunks {
            splitter.push(chunk, &mut out);
        }
        splitter.finish(&mut out);
        String::from_utf8_lossy(&out).into_owned()
    }

    #[test]
    fn takes_documents_apart_and_lets_the_rest_pass() {
        for (input, output) in [
            (r#"{"Records":[{"a":1},{"b":[1,{"c":"] } , \" x"}]}]}"#, "{\"a\":1}\n{\"b\":[1,{\"c\":\"] } , \\\" x\"}]}\n"),
            ("{\n  \"Records\" : [\n    { \"a\" : \" 1 \" }\n  ]\n}\n", "{\"a\":\" 1 \"}\n"),
            (r#"{"Records":[]}"#, ""),
            ("\u{feff}{\n\"Records\":[{}]}\n", "{}\n"),
            ("\u{feff}{}\n", "\u{feff}{}\n"),
            ("\u{feff}", "\u{feff}"),
            (r#"{"Records":[{}],"more":{"x":["}"]}} {"Records":[{"d":1}]}"#, "{}\n{\"d\":1}\n"),
            (r#"{"Records":[1,"a b",null]}"#, "1\n\"a b\"\nnull\n"),
            (r#"{"Records":[{"a":1},{"b":"#, "{\"a\":1}\n{\"b\":\n"),
            (r#"{"Records":[{"a":"x"#, "{\"a\":\"x\n"),
            ("{\"Records\":[{\"a\":\"x\ny\"}]}", "{\"a\":\"x\\ny\"}\n"),
            ("{\"Records\":[{}]}\n{\"x\":1}\n{\"y\":2}", "{}\n{\"x\":1}\n{\"y\":2}"),
            ("{\"records\":[1]}\n", "{\"records\":[1]}\n"),
            ("{\"x\":1}\n{\"Records\":[1]}\n", "{\"x\":1}\n{\"Records\":[1]}\n"),
            ("[1,2]\n", "[1,2]\n"),
            ("\n\nplain text", "\n\nplain text"),
            ("{\"Rec", "{\"Rec"),
            ("", ""),
        ] {
            assert_eq!(split(false, &[input.as_bytes()]), output, "{input}");
        }
        assert_eq!(split(true, &[b"[\n {\"a\": 1},\n [2] ]\n"]), "{\"a\":1}\n[2]\n");
    }

    #[test]
    fn documents_and_lines_take_turns_in_a_stream() {
        for (input, output) in [
            ("text\n{\"Records\":[{},{}]}\n", "text\n{}\n{}\n"),
            ("{\"a\":1}\n{\"Records\":[{}]}\n\n{\"a\":2}\n\n{\"Records\":[{}]}", "{\"a\":1}\n{}\n{\"a\":2}\n\n{}\n"),
            ("{\n\n{\"Records\":[{}]}\n", "{\n\n{}\n"),
            ("{\"Records\n{\"Records\":[{}]}\n", "{\"Records\n{}\n"),
            ("x {\"Records\":[{}]}\n", "x {\"Records\":[{}]}\n"),
        ] {
            for piece in 1..input.len() {
                assert_eq!(split(true, &input.as_bytes().chunks(piece).collect::<Vec<_>>()), output, "{input}");
            }
            let mut splitter = Splitter::new(true);
            splitter.push(input.as_bytes(), &mut Vec::new());
            assert!(!splitter.is_plain());
        }
    }

    #[test]
    fn a_blank_line_of_a_stream_waits_for_nothing() {
        for blank in ["\n", "\r\n", " \t\n"] {
            let (mut splitter, mut out) = (Splitter::new(true), Vec::new());
            splitter.push(blank.as_bytes(), &mut out);
            assert_eq!(out, blank.as_bytes());
        }
    }

    #[test]
    fn blanks_without_end_are_no_document() {
        let blanks = " ".repeat(10_000);
        assert_eq!(split(false, &[blanks.as_bytes()]), blanks);
    }

    proptest! {
        #[test]
        fn the_size_of_the_pieces_does_not_matter(
            parts in proptest::collection::vec(prop_oneof![
                Just("{\"Records\":["), Just("\u{feff}"), Just("]}"), Just("{"), Just("}"), Just("["), Just("]"), Just("\""), Just("\\"), Just(","),
                Just(":"), Just(" "), Just("\n"), Just("a"), Just("{\"a\": 1},"),
            ], 0..30),
            piece in 1usize..9,
            mixed: bool,
        ) {
            let input = parts.concat();
            let pieces: Vec<&[u8]> = input.as_bytes().chunks(piece).collect();
            prop_assert_eq!(split(mixed, &pieces), split(mixed, &[input.as_bytes()]));
        }

        #[test]
        fn records_survive(values in proptest::collection::vec("[ -~]{0,12}", 0..6), pretty: bool) {
            let records: Vec<serde_json::Value> = values.iter().map(|v| serde_json::json!({ v.as_str(): [v, 1] })).collect();
            let document = serde_json::json!({ "Records": records });
            let text = if pretty { serde_json::to_string_pretty(&document) } else { serde_json::to_string(&document) }.unwrap();
            let expected: String = records.iter().map(|r| format!("{r}\n")).collect();
            prop_assert_eq!(split(false, &[text.as_bytes()]), expected);
        }
    }
}
