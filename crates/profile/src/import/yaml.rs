//! YAML documents as JSON values, with limits: a manifest is small, an expansion bomb is not.

use super::Input;
use crate::toml_file::{FileError, Source};
use rustc_hash::FxHashMap;
use saphyr_parser::{Event, Parser, ScalarStyle, Span};
use serde_json::{Map, Value};

/// Values in one file, those that aliases repeat included.
const MOST_VALUES: usize = 1_000_000;
/// Lists and mappings within each other.
const DEEPEST: usize = 64;

/// Reads all documents of a file. Plain `true`, `false` and `null` are what they say; every other scalar is text.
pub fn read(input: &Input<'_>) -> Result<Vec<Value>, FileError> {
    let source = Source::new(input.name, input.text);
    let mut reading =
        Reading { source: &source, documents: Vec::new(), open: Vec::new(), anchors: FxHashMap::default(), values: 0 };
    for event in Parser::new_from_str(input.text) {
        match event {
            Ok((event, span)) => reading.event(event, span)?,
            Err(error) => {
                let message = format!("not valid YAML: {}", error.info());
                return Err(FileError::new(input.name, error.marker().line(), message));
            }
        }
    }
    Ok(reading.documents)
}

struct Reading<'a> {
    source: &'a Source<'a>,
    documents: Vec<Value>,
    open: Vec<Open>,
    /// Values that aliases may repeat, with how many values they consist of.
    anchors: FxHashMap<usize, (Value, usize)>,
    values: usize,
}

/// A list or mapping whose end has not come yet.
struct Open {
    anchor: usize,
    /// Count of values when it began.
    before: usize,
    list: Vec<Value>,
    map: Option<Map<String, Value>>,
    key: Option<String>,
}

impl Reading<'_> {
    fn event(&mut self, event: Event<'_>, span: Span) -> Result<(), FileError> {
        match event {
            Event::Scalar(text, style, anchor, _) => {
                let value = if style == ScalarStyle::Plain { plain(&text) } else { Value::String(text.into_owned()) };
                self.count(1, &span)?;
                self.add(value, anchor, 1);
            }
            Event::SequenceStart(anchor, _) => self.start(anchor, None, &span)?,
            Event::MappingStart(anchor, _) => self.start(anchor, Some(Map::new()), &span)?,
            Event::SequenceEnd | Event::MappingEnd => {
                if let Some(done) = self.open.pop() {
                    let size = self.values - done.before;
                    let value = done.map.map_or(Value::Array(done.list), Value::Object);
                    self.add(value, done.anchor, size);
                }
            }
            Event::Alias(anchor) => match self.anchors.get(&anchor).cloned() {
                Some((value, size)) => {
                    self.count(size, &span)?;
                    self.add(value, 0, size);
                }
                None => return Err(self.error(&span, "an alias repeats something that is not complete yet")),
            },
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentStart(_) | Event::DocumentEnd => {}
        }
        Ok(())
    }

    fn start(&mut self, anchor: usize, map: Option<Map<String, Value>>, span: &Span) -> Result<(), FileError> {
        if self.open.len() >= DEEPEST {
            return Err(self.error(span, format!("nested more than {DEEPEST} levels deep")));
        }
        let before = self.values;
        self.count(1, span)?;
        self.open.push(Open { anchor, before, list: Vec::new(), map, key: None });
        Ok(())
    }

    fn count(&mut self, more: usize, span: &Span) -> Result<(), FileError> {
        self.values = self.values.saturating_add(more);
        if self.values > MOST_VALUES {
            return Err(self.error(span, format!("more than {MOST_VALUES} values; split the file")));
        }
        Ok(())
    }

    fn add(&mut self, value: Value, anchor: usize, size: usize) {
        if anchor > 0 {
            self.anchors.insert(anchor, (value.clone(), size));
        }
        let Some(open) = self.open.last_mut() else {
            self.documents.push(value);
            return;
        };
        match (&mut open.map, open.key.take()) {
            (None, _) => open.list.push(value),
            (Some(map), Some(key)) => {
                map.insert(key, value);
            }
            (Some(_), None) => {
                open.key = Some(match value {
                    Value::String(key) => key,
                    // A key that is no text is kept apart from all that are looked for.
                    other => other.to_string(),
                });
            }
        }
    }

    fn error(&self, span: &Span, message: impl Into<String>) -> FileError {
        FileError::new(self.source.name, span.start.line(), message)
    }
}

fn plain(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" => Value::Bool(true),
        "false" | "False" | "FALSE" => Value::Bool(false),
        text => Value::String(text.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn parse(text: &str) -> Result<Vec<Value>, FileError> {
        read(&Input { name: "f.yaml", text })
    }

    #[test]
    fn reads_documents() {
        let text = "a: 1\nb: [x, 'true', true, ~]\nc: &c {d: e}\nf: *c\n---\n# nothing\n---\n- |\n  long\n  text\n- 2: y\n";
        let expected = [
            json!({"a": "1", "b": ["x", "true", true, null], "c": {"d": "e"}, "f": {"d": "e"}}),
            Value::Null,
            json!(["long\ntext\n", {"2": "y"}]),
        ];
        assert_eq!(parse(text).unwrap(), expected);
        assert_eq!(parse("{\"a\": [1, \"b\"]}").unwrap(), [json!({"a": ["1", "b"]})]);
        assert_eq!(parse("").unwrap(), Vec::<Value>::new());
    }

    #[test]
    fn refuses_what_is_broken_or_a_bomb() {
        let mut bomb = String::from("a0: &a0 [x, x]\n");
        for i in 1..40 {
            bomb.push_str(&format!("a{i}: &a{i} [*a{}, *a{}]\n", i - 1, i - 1));
        }
        for (text, expected) in [
            (bomb.as_str(), "more than 1000000 values"),
            (&"[".repeat(100), "nested more than 64 levels"),
            (&"[".repeat(200_000), "f.yaml:1: n"),
            (&"{a: ".repeat(200_000), "f.yaml:1: n"),
            (&"- ".repeat(200_000), "f.yaml:1: n"),
            ("a: &x [*x]\n", "f.yaml:1: an alias"),
            ("a: b\n c: d\n", "f.yaml:2: not valid YAML"),
            ("a: *nothing\n", "f.yaml:1: not valid YAML"),
        ] {
            let error = parse(text).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "[\\PC\n\t\u{0}]{0,200}", shaped in "[-:a &*\\[\\]{}|>'\"\n#!%?,~]{0,80}") {
            let _ = parse(&text);
            let _ = parse(&shaped);
        }
    }
}
