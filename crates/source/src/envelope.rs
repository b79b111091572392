//! Finds the record inside a line: the event at top level, or wrapped by a shipper.

use crate::json::{Tape, Value};
use crate::{Hints, TextLine, decode_json, decode_text};
use vires_event::Activity;

/// Buffers that are reused from line to line.
#[derive(Debug, Default)]
pub struct Scratch {
    tape: Tape,
}

/// What a line is, seen from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// One JSON object.
    Object,
    /// Anything else.
    Text,
}

/// A line, opened.
#[derive(Debug)]
pub struct Opened<'a> {
    /// What the line is.
    pub shape: Shape,
    /// The record that was found in it, if a decoder knew it.
    pub activity: Option<Activity<'a>>,
    /// The JSON object that the activity was decoded from (not the envelope).
    pub record: Option<Value<'a>>,
}

/// Opens one line (without its line end).
pub fn open<'a>(line: &'a str, scratch: &'a mut Scratch) -> Opened<'a> {
    match scratch.tape.parse(line) {
        Ok(value) if value.is_object() => {
            Opened { shape: Shape::Object, activity: decode_json(value, &Hints::default()), record: Some(value) }
        }
        _ => {
            let text = TextLine { line: line.into(), message: line.into(), ..TextLine::default() };
            Opened { shape: Shape::Text, activity: decode_text(&text), record: None }
        }
    }
}
