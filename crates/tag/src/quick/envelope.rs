//! A record that a shipper wrapped: an object that holds the line as an escaped text.

use super::plan::{MAX_KEY, holds_no_beginning};
use crate::leak::Leaks;
use vires_source::envelope::{MEMBERS, PASSING};
use vires_source::json::{Shaped, Value, slots};

/// What follows from the shape of an envelope.
#[derive(Debug)]
pub(super) struct Envelope {
    /// The place of the text.
    inner: usize,
    /// Places that may decide whether the envelope is a record itself.
    pub(super) decide: Box<[u16]>,
    /// All places but that of the text.
    pub(super) loose: Box<[u16]>,
    /// It may bear another product's mark on what it holds: see [`vires_source::annotation`].
    pub(super) marks: bool,
}

/// Members that may hold a record.
const HOLDERS: std::ops::Range<usize> = 0..9;

impl Envelope {
    /// `None` if lines of this shape must go the long way. `field` is the member that is added.
    pub(super) fn new(root: Value<'_>, inner: usize, field: &str, leaks: &Leaks) -> Option<Self> {
        let (text, _) = slots(root).nth(inner)?;
        let holds = |name: &str| MEMBERS[HOLDERS].contains(&name);
        let mut holders = root.fields().filter(|(name, _)| holds(name)).map(|(_, value)| value.number());
        if holders.next() != Some(text.number()) || holders.next().is_some() || root.fields().any(|(_, v)| v.key_is(field)) {
            return None;
        }
        let (mut decide, mut loose) = (Vec::new(), Vec::new());
        for (number, (value, _)) in (0u16..).zip(slots(root)).filter(|(number, _)| usize::from(*number) != inner) {
            let mut names = root.names_at(value.span().start);
            if !(names.next().is_some_and(|name| PASSING.contains(&name)) && names.next().is_none()) {
                decide.push(number);
            }
            loose.push(number);
        }
        let marks = root.fields().any(|(name, _)| vires_source::MARKS.contains(&name));
        holds_no_beginning(root, leaks).then_some(Envelope { inner, decide: decide.into(), loose: loose.into(), marks })
    }

    /// True if the place whose text is escaped is the one that holds the record.
    pub(super) fn holds(&self, shaped: &Shaped<'_, '_>) -> bool {
        shaped.escaped == Some(self.inner)
    }

    /// What decides whether the envelope is one.
    pub(super) fn key<'k>(&self, shaped: &Shaped<'_, '_>, key: &'k mut Vec<u8>) -> Option<&'k [u8]> {
        key.clear();
        key.extend_from_slice(&shaped.id.0.to_le_bytes());
        key.extend_from_slice(&shaped.id.1.to_le_bytes());
        for slot in &self.decide {
            key.extend_from_slice(shaped.bytes(usize::from(*slot)));
            key.push(0xff);
        }
        (key.len() <= MAX_KEY).then_some(key)
    }

    /// True if a place around the text holds what a credential begins with.
    pub(super) fn may_leak(&self, shaped: &Shaped<'_, '_>, leaks: &Leaks) -> bool {
        self.loose.iter().any(|slot| leaks.any_begins_at(shaped, *slot))
    }
}
