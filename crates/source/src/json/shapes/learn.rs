//! How a shape is learned: from the index of a line that fits none, as long as learning earns what it costs.

use super::shape::{Pieces, Place, Shape};
use super::slots::{Slot, slots, unit};
use super::wrapped::offsets;
use super::{Arm, Edge, PLAIN, Shapes, Then, WRAPPED};
use crate::json::index::Node;
use crate::json::parts::PartId;
use crate::json::value::{Type, Value};
use std::ops::Range;

/// Longer lines, and lines of more values, have no shape that is worth to be kept.
pub(super) const MAX_BYTES: usize = 16 << 10;
const MAX_NODES: usize = 255;
/// What is kept in all; then everything is forgotten and learned anew.
pub(super) const KEEP_SHAPES: usize = 512;
pub(super) const KEEP_BYTES: usize = 1 << 20;
/// So many shapes may begin alike; a newcomer takes the place of the one that was not met for longest.
pub(super) const MAX_ARMS: usize = 24;
/// What learning a shape costs and what a line that fits one earns. Who has nothing left learns only now and then.
const PRICE: u32 = 32;

impl Shapes {
    /// Keeps the shape of an indexed line, if it may have one. It must not fit one that is kept.
    pub fn learn(&mut self, root: Value<'_>) {
        let (nodes, text) = root.parts();
        if !self.may_learn(root) {
            return;
        }
        let slots: Vec<(Slot, bool)> = slots(root).map(|(value, slot)| (slot, value.kind() == Type::Number)).collect();
        self.add(PLAIN, text, nodes, &slots, unit(root, 0..slots.len()));
    }

    /// Keeps the shape of a line that holds `record` as the escaped text at the place `holder`, if it may have one. It must not fit one
    /// that is kept.
    pub fn learn_wrapped(&mut self, root: Value<'_>, holder: usize, record: Value<'_>) {
        let (nodes, text) = root.parts();
        if !self.may_learn(root) || record.has_escapes() || !record.document().is_ascii() {
            return;
        }
        let mut all: Vec<(Slot, bool)> = slots(root).map(|(value, slot)| (slot, value.kind() == Type::Number)).collect();
        let Some((outer, _)) = all.get(holder).copied() else { return };
        let Some(offsets) = text.as_bytes().get(outer.range()).and_then(offsets) else { return };
        let at = |offset: u32| Some(outer.start + offsets.get(offset as usize)?);
        let inner: Option<Vec<(Slot, bool)>> = slots(record)
            .map(|(value, slot)| {
                let (start, end) = (at(slot.start)?, at(slot.end)?);
                // A text of its own escapes would go on behind the first of them.
                (end - start == slot.end - slot.start).then_some((Slot { start, end }, value.kind() == Type::Number))
            })
            .collect();
        let Some(inner) = inner.filter(|inner| !inner.is_empty() && offsets.len() == record.document().len() + 1) else {
            return;
        };
        let unit = unit(record, holder..holder + inner.len());
        all.splice(holder..=holder, inner);
        self.add(WRAPPED, text, nodes, &all, unit);
    }

    /// True if the shape of a line may be kept; makes room for it, and pays.
    fn may_learn(&mut self, root: Value<'_>) -> bool {
        let (nodes, text) = root.parts();
        self.tick = self.tick.wrapping_add(1);
        if (self.savings < PRICE && self.tick != 0) || nodes.len() > MAX_NODES || text.len() > MAX_BYTES {
            return false;
        }
        if !text.is_ascii() || root.escaped_keys().next().is_some() || root.escaped_strings().nth(1).is_some() {
            return false;
        }
        self.savings = self.savings.saturating_sub(PRICE);
        if self.shapes.len() >= KEEP_SHAPES || self.bytes > KEEP_BYTES {
            let forgotten = self.forgotten.wrapping_add(1);
            *self = Shapes { forgotten, savings: self.savings, units: self.units.renewed(), ..Shapes::default() };
        }
        true
    }

    /// `slots`: the variable places, and whether each is a number. `unit`: those that belong to the unit.
    fn add(&mut self, root: usize, text: &str, nodes: &[Node], slots: &[(Slot, bool)], unit: Option<Range<usize>>) {
        let (mut branch, mut done) = (root, 0);
        let edge = |at: usize| match &unit {
            Some(unit) if unit.start == at => Edge::Enters,
            Some(unit) if unit.end == at => Edge::Leaves,
            _ => Edge::None,
        };
        let mut pieces = Pieces::default();
        for (at, (slot, number)) in slots.iter().enumerate() {
            let Some(fixed) = text.as_bytes().get(done..slot.start as usize) else { return };
            pieces.push(fixed, *number);
            branch = self.grow(branch, fixed, *number, edge(at));
            done = slot.end as usize;
        }
        let before = |offset: u32| slots.partition_point(|(slot, _)| slot.end <= offset) as u16;
        let places = nodes.iter().map(|node| Place {
            // Another text of this shape is another text.
            node: Node { part: PartId::default(), escaped: false, ..*node },
            before: before(node.span.0),
            within: before(node.span.1),
        });
        let nodes = places.collect();
        let fixed = text.as_bytes().get(done..).unwrap_or_default();
        pieces.push(fixed, false);
        let slots_alone = slots.iter().map(|(slot, _)| *slot).collect();
        let shape = Shape::new(nodes, slots_alone, root == WRAPPED, pieces);
        let number = self.shapes.len() as u32;
        self.bytes += shape.size();
        self.shapes.push(shape);
        self.put(branch, fixed, Then::End(number), edge(slots.len()));
    }

    /// The branch behind a fixed piece of text and a variable place.
    fn grow(&mut self, branch: usize, fixed: &[u8], number: bool, edge: Edge) -> usize {
        let known = self.branches.get(branch).into_iter().flatten().find(|arm| *arm.fixed == *fixed && arm.edge == edge);
        match known.map(|arm| arm.then) {
            Some(Then::Text(next)) if !number => return next as usize,
            Some(Then::Number(next)) if number => return next as usize,
            _ => {}
        }
        let next = self.branches.len();
        self.branches.push(Vec::new());
        self.put(branch, fixed, if number { Then::Number(next as u32) } else { Then::Text(next as u32) }, edge);
        next
    }

    fn put(&mut self, branch: usize, fixed: &[u8], then: Then, edge: Edge) {
        self.bytes += fixed.len() + size_of::<Arm>() + size_of::<Vec<Arm>>();
        if let Some(arms) = self.branches.get_mut(branch) {
            arms.truncate(MAX_ARMS - 1);
            arms.push(Arm { fixed: fixed.into(), then, edge });
        }
    }
}
