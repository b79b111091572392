//! The variable places of a line: its texts and whole numbers, but for the words that are part of its shape.

use crate::json::index::Node;
use crate::json::value::{Type, Value};
use std::ops::Range;

/// Texts of these members are part of the shape: few words each, which decide what the rest of a record means.
const WORDS: [&str; 12] = [
    "eventVersion",
    "type",
    "eventType",
    "eventCategory",
    "mfaAuthenticated",
    "tlsVersion",
    "kind",
    "apiVersion",
    "level",
    "stage",
    "verb",
    "severity",
];

/// The member that lines repeat as a whole, texts and all: who acts seldom acts once.
const UNIT: &str = "userIdentity";

/// A variable place of a line: a text without its quotes, or a whole number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slot {
    /// Its first byte.
    pub start: u32,
    /// The byte behind it.
    pub end: u32,
}

impl Slot {
    /// The bytes of it.
    pub fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// The variable place of a scalar, if it has one.
fn variable(node: &Node, text: &str) -> Option<Slot> {
    let (start, end) = node.span;
    match node.kind {
        Type::String => {
            let key = text.get(node.key.0 as usize..node.key.1 as usize).unwrap_or_default();
            (!WORDS.contains(&key)).then_some(Slot { start: start + 1, end: end - 1 })
        }
        Type::Number => {
            let digits = text.as_bytes().get(start as usize..end as usize).unwrap_or_default();
            (whole_number(digits) == digits.len()).then_some(Slot { start, end })
        }
        _ => None,
    }
}

/// Which of the variable places of an indexed record, numbered so in its line, belong to the unit.
pub fn unit(record: Value<'_>, numbers: Range<usize>) -> Option<Range<usize>> {
    let span = record.get(UNIT)?.span();
    let inside = |slot: &Slot| span.contains(&(slot.start as usize));
    let first = slots(record).position(|(_, slot)| inside(&slot))?;
    let count = slots(record).filter(|(_, slot)| inside(slot)).count();
    let found = numbers.start + first..numbers.start + first + count;
    (found.end <= numbers.end).then_some(found)
}

/// The variable places of an indexed line, each with its node.
pub fn slots(root: Value<'_>) -> impl Iterator<Item = (Value<'_>, Slot)> {
    let (nodes, text) = root.parts();
    (0..).zip(nodes).filter_map(move |(at, node)| Some((Value::new(nodes, text, at), variable(node, text)?)))
}

/// Length of the whole number without a sign that `bytes` begin with; 0 if they begin with none.
pub(super) fn whole_number(bytes: &[u8]) -> usize {
    match bytes.first() {
        Some(b'0') => 1,
        Some(b'1'..=b'9') => bytes.iter().position(|b| !b.is_ascii_digit()).unwrap_or(bytes.len()),
        _ => 0,
    }
}
