//! A line that fits a shape, read by the index of the line that the shape was learned from.

use super::shape::{Place, Shape};
use super::slots::Slot;
use crate::json::index::{Node, Tape};
use crate::json::value::Value;

/// A line that fits a shape.
#[derive(Debug, Clone, Copy)]
pub struct Shaped<'s, 'a> {
    pub(super) line: &'a [u8],
    pub(super) shape: &'s Shape,
    /// Stands for the shape: equal numbers mean equal shapes, until the other number changes.
    pub id: (u32, u32),
    /// The variable places, in the order of the line.
    pub slots: &'s [Slot],
    /// The place whose text is escaped.
    pub escaped: Option<usize>,
    /// Stands for the texts of the member that is a unit, if it is known: equal numbers mean equal texts. Never zero.
    pub unit: Option<u32>,
}

impl<'a> Shaped<'_, 'a> {
    /// The line.
    pub fn line(&self) -> &'a [u8] {
        self.line
    }

    /// What stands in a variable place: ASCII.
    #[inline]
    pub fn bytes(&self, slot: usize) -> &'a [u8] {
        self.slots.get(slot).and_then(|slot| self.line.get(slot.range())).unwrap_or_default()
    }

    /// So many bytes from where a variable place begins, whatever they are, if there are that many.
    #[inline]
    pub fn long_bytes<const N: usize>(&self, slot: usize) -> Option<&'a [u8; N]> {
        self.line.get(self.slots.get(slot)?.start as usize..)?.first_chunk()
    }

    /// What stands in a variable place, as text.
    pub fn text(&self, slot: usize) -> &'a str {
        std::str::from_utf8(self.bytes(slot)).unwrap_or_default()
    }

    /// Where the value of a node ends.
    pub fn end(&self, node: usize) -> Option<usize> {
        let place = self.shape.nodes.get(node)?;
        Some(self.shift(place.node.span.1, place.within) as usize)
    }

    fn shift(&self, offset: u32, before: u16) -> u32 {
        let Some(last) = usize::from(before).checked_sub(1) else { return offset };
        match (self.slots.get(last), self.shape.slots.get(last)) {
            (Some(now), Some(then)) => offset.wrapping_add(now.end.wrapping_sub(then.end)),
            _ => offset,
        }
    }

    /// True if the line holds the record as an escaped text, whose places are among those of the line.
    pub fn is_wrapped(&self) -> bool {
        self.shape.wrapped
    }

    /// The value of a node and all below it, indexed as if it were a document of its own. Not for lines with an escaped text.
    pub fn value<'t>(&self, node: usize, tape: &'t mut Tape) -> Option<Value<'t>>
    where
        'a: 't,
    {
        let places = self.shape.nodes.get(node..).filter(|_| self.escaped.is_none() && !self.shape.wrapped)?;
        let root = places.first()?;
        let places = places.get(..(root.node.next as usize).checked_sub(node)?)?;
        let (start, first) = (self.shift(root.node.span.0, root.before), node as u32);
        let text = std::str::from_utf8(self.line.get(start as usize..self.end(node)?)?).ok()?;
        let nodes = tape.renew();
        nodes.extend(places.iter().map(|Place { node, before, within }| {
            let shift = self.shift(0, *before).wrapping_sub(start);
            // Only what has a key has one: an item of an array says so by zeros.
            let key = if node.key.1 == 0 { (0, 0) } else { (node.key.0.wrapping_add(shift), node.key.1.wrapping_add(shift)) };
            Node {
                key,
                span: (node.span.0.wrapping_add(shift), self.shift(node.span.1, *within).wrapping_sub(start)),
                next: node.next - first,
                parent: node.parent.saturating_sub(first),
                ..*node
            }
        }));
        // The value stands alone here.
        if let Some(root) = nodes.first_mut() {
            root.key = (0, 0);
        }
        Some(Value::new(nodes, text, 0))
    }
}
