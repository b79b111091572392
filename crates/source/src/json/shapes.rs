//! Lines of one shape: the same keys, words and punctuation around other texts and numbers. A program writes few shapes and many lines
//! of each, so a line that fits a shape needs no parsing: what stands between its variable places is compared, and these are measured.
//!
//! Shapes are kept in a tree of such fixed pieces. A line that fits one is valid JSON because the line was that the shape was learned
//! from: its variable places are whole numbers, and plain ASCII inside quotes. One text may hold escaped quotes: what a shipper wrapped.
//! What is kept is bounded, and forgetting changes no answer.

use super::index::{Node, Tape};
use super::parts::PartId;
use super::plain::{is_plain, long_plain_text, plain_bytes, plain_text};
use super::units::Units;
use super::value::{Type, Value};
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

/// Longer lines, and lines of more values, have no shape that is worth to be kept.
const MAX_BYTES: usize = 16 << 10;
const MAX_NODES: usize = 255;
/// A text that was longer than this once is expected to be so again.
const LONG: u32 = 30;
/// What is kept in all; then everything is forgotten and learned anew.
const KEEP_SHAPES: usize = 512;
const KEEP_BYTES: usize = 1 << 20;
/// So many shapes may begin alike; a newcomer takes the place of the one that was not met for longest.
const MAX_ARMS: usize = 24;
/// What learning a shape costs and what a line that fits one earns. Who has nothing left learns only now and then.
const PRICE: u32 = 32;
const SAVINGS: u32 = 16 << 10;

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

/// Shapes that were met, in the memory of one thread.
#[derive(Debug)]
pub struct Shapes {
    branches: Vec<Vec<Arm>>,
    shapes: Vec<Shape>,
    bytes: usize,
    savings: u32,
    tick: u8,
    /// How often everything was forgotten: the numbers of shapes begin anew then.
    forgotten: u32,
    units: Units,
    slots: Vec<Slot>,
}

/// A fixed piece of text and what follows it.
#[derive(Debug)]
struct Arm {
    fixed: Box<[u8]>,
    then: Then,
    edge: Edge,
}

/// Where a fixed piece stands to the member that is a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Edge {
    /// Its first variable place follows.
    Enters,
    /// Its last variable place stands before.
    Leaves,
    None,
}

/// The branches that lines begin with: those that are records themselves or may hold one, and those that were seen to hold one.
const PLAIN: usize = 0;
const WRAPPED: usize = 1;

#[derive(Debug, Clone, Copy)]
enum Then {
    /// A text, then one of the pieces of a branch.
    Text(u32),
    /// A whole number, then the same.
    Number(u32),
    /// The line ends: it is of this shape.
    End(u32),
}

/// The index of the line that a shape was learned from.
#[derive(Debug)]
struct Shape {
    nodes: Box<[Place]>,
    slots: Box<[Slot]>,
    /// Of the places in a text that holds a record, the index says nothing.
    wrapped: bool,
    /// All fixed pieces, one after the other, and of each but the last its end and whether a number follows it.
    fixed: Box<[u8]>,
    pieces: Box<[(u32, bool)]>,
}

impl Shape {
    /// Goes on in a line of which the first `slots` were found and end at `at`. Adds the others if the line is of this shape, else none.
    fn follow(&self, line: &[u8], mut at: usize, slots: &mut Vec<Slot>) -> bool {
        let known = slots.len();
        let mut done = match known.checked_sub(1) {
            Some(last) => self.pieces.get(last).map_or(usize::MAX, |(end, _)| *end as usize),
            None => 0,
        };
        let mut fits = || {
            for ((end, number), then) in self.pieces.get(known..)?.iter().zip(self.slots.get(known..)?) {
                let fixed = self.fixed.get(done..*end as usize)?;
                let rest = line.get(at..)?.strip_prefix(fixed)?;
                let length = match number {
                    true => Some(whole_number(rest)).filter(|n| *n > 0)?,
                    false if then.end - then.start > LONG => long_plain_text(rest),
                    false => plain_text(rest),
                };
                let start = at + fixed.len();
                at = start + length;
                done = *end as usize;
                slots.push(Slot { start: start as u32, end: at as u32 });
            }
            (line.get(at..)? == self.fixed.get(done..)?).then_some(())
        };
        let fits = fits().is_some();
        if !fits {
            slots.truncate(known);
        }
        fits
    }
}

/// A node, and how many variable places end before its value begins and before it ends.
#[derive(Debug, Clone, Copy)]
struct Place {
    node: Node,
    before: u16,
    within: u16,
}

/// What a walk found.
struct Found {
    number: u32,
    escaped: Option<usize>,
    unit: Option<u32>,
}

/// A line that fits a shape.
#[derive(Debug, Clone, Copy)]
pub struct Shaped<'s, 'a> {
    line: &'a [u8],
    shape: &'s Shape,
    /// Stands for the shape: equal numbers mean equal shapes, until the other number changes.
    pub id: (u32, u32),
    /// The variable places, in the order of the line.
    pub slots: &'s [Slot],
    /// The place whose text is escaped.
    pub escaped: Option<usize>,
    /// Stands for the texts of the member that is a unit, if it is known: equal numbers mean equal texts. Never zero.
    pub unit: Option<u32>,
}

impl Default for Shapes {
    fn default() -> Self {
        Shapes {
            branches: vec![Vec::new(), Vec::new()],
            shapes: Vec::new(),
            bytes: 0,
            savings: SAVINGS,
            tick: 0,
            forgotten: 0,
            units: Units::default(),
            slots: Vec::new(),
        }
    }
}

impl Shapes {
    /// The shape of a line, if one was met that it fits. If a text in it is escaped, `unescaped` gets what it stands for.
    pub fn find<'s, 'a>(&'s mut self, line: &'a [u8], unescaped: &mut Vec<u8>) -> Option<Shaped<'s, 'a>> {
        let found = self.walk(PLAIN, line, Some(unescaped))?;
        Some(self.shaped(line, found))
    }

    /// The shape of a line that holds a record as an escaped text, if one was met that it fits: the places in the record are places of
    /// the line then, and mean what they say.
    pub fn find_wrapped<'s, 'a>(&'s mut self, line: &'a [u8]) -> Option<Shaped<'s, 'a>> {
        let found = self.walk(WRAPPED, line, None)?;
        Some(self.shaped(line, found))
    }

    fn shaped<'s, 'a>(&'s mut self, line: &'a [u8], found: Found) -> Shaped<'s, 'a> {
        let Found { number, escaped, unit } = found;
        let shape = &self.shapes[number as usize];
        self.savings = (self.savings + 1).min(SAVINGS);
        Shaped { line, shape, id: (self.forgotten, number), slots: &self.slots, escaped, unit }
    }

    fn walk(&mut self, root: usize, line: &[u8], mut unescaped: Option<&mut Vec<u8>>) -> Option<Found> {
        self.slots.clear();
        let (mut at, mut branch, mut escaped) = (0, root, None);
        // Where a unit began that is not known: the place, its offset and its branch.
        let (mut unit, mut seat, mut entered, mut left) = (None, None, None, None);
        let number = loop {
            let arms = self.branches.get_mut(branch)?;
            let rest = line.get(at..)?;
            let arm = arms.iter().position(|arm| arm.fits(rest))?;
            let Arm { fixed, then, edge } = arms.get(arm)?;
            let (then, edge, start) = (*then, *edge, at + fixed.len());
            // What is met often moves to the front.
            if let Some(before) = arm.checked_sub(1) {
                arms.swap(arm, before);
            }
            let rest = line.get(start..)?;
            match (edge, then) {
                (Edge::None, _) => {}
                (Edge::Leaves, _) => left = entered.take().map(|entered| (entered, self.slots.len(), at, branch)),
                (Edge::Enters, Then::Text(next) | Then::Number(next)) => match self.units.find(rest, next) {
                    Some((known, place)) => {
                        self.slots.extend(known.slots(start));
                        (at, branch, unit) = (start + known.len(), known.to as usize, Some(known.number));
                        seat = Some(place);
                        let likely = known.shape.and_then(|n| Some((n, self.shapes.get(n as usize)?)));
                        if let Some((number, shape)) = likely
                            && shape.wrapped == (root == WRAPPED)
                            && shape.follow(line, at, &mut self.slots)
                        {
                            return Some(Found { number, escaped, unit });
                        }
                        continue;
                    }
                    None => entered = Some((self.slots.len(), start, next)),
                },
                (Edge::Enters, Then::End(_)) => {}
            }
            (at, branch) = match then {
                Then::End(shape) => break if rest.is_empty() { shape } else { return None },
                Then::Text(next) => {
                    let mut end = plain_text(rest);
                    if rest.get(end) == Some(&b'\\')
                        && escaped.is_none()
                        && let Some(unescaped) = &mut unescaped
                    {
                        escaped = Some(self.slots.len());
                        end = unescape(rest, unescaped)?;
                    }
                    (start + end, next as usize)
                }
                Then::Number(next) => (start + whole_number(rest), next as usize),
            };
            self.slots.push(Slot { start: start as u32, end: at as u32 });
        };
        self.shapes.get(number as usize)?;
        if let Some(seat) = seat {
            self.units.note(seat, number);
        }
        if let Some(((first, start, from), last, end, to)) = left.filter(|_| escaped.is_none()) {
            let text = line.get(start..end + 1)?;
            let base = start as u32;
            let slots = self.slots.get(first..last).into_iter().flatten();
            let slots = slots.map(|slot| Slot { start: slot.start - base, end: slot.end - base });
            unit = self.units.put(text, slots, from, to as u32);
        }
        Some(Found { number, escaped, unit })
    }

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
        let (mut all, mut pieces) = (Vec::new(), Vec::new());
        for (at, (slot, number)) in slots.iter().enumerate() {
            let Some(fixed) = text.as_bytes().get(done..slot.start as usize) else { return };
            all.extend_from_slice(fixed);
            pieces.push((all.len() as u32, *number));
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
        all.extend_from_slice(fixed);
        let shape = Shape {
            nodes,
            slots: slots.iter().map(|(slot, _)| *slot).collect(),
            wrapped: root == WRAPPED,
            fixed: all.into(),
            pieces: pieces.into(),
        };
        let number = self.shapes.len() as u32;
        self.bytes += shape.fixed.len() + shape.pieces.len() * size_of::<(u32, bool)>();
        self.bytes += shape.nodes.len() * size_of::<Place>() + shape.slots.len() * size_of::<Slot>();
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

impl Arm {
    #[inline]
    fn fits(&self, rest: &[u8]) -> bool {
        // A number that is none would be found out only behind it, by the piece that follows; another arm may know better.
        rest.starts_with(&self.fixed)
            && match self.then {
                Then::Number(_) => whole_number(&rest[self.fixed.len()..]) > 0,
                _ => true,
            }
    }
}

impl<'a> Shaped<'_, 'a> {
    /// The line.
    pub fn line(&self) -> &'a [u8] {
        self.line
    }

    /// What stands in a variable place: ASCII.
    pub fn bytes(&self, slot: usize) -> &'a [u8] {
        self.slots.get(slot).and_then(|slot| self.line.get(slot.range())).unwrap_or_default()
    }

    /// The same as text.
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

/// Where each byte of an unescaped text, and its end, stands in the escaped one, whose escapes are of the kind that [`unescape`]
/// knows.
fn offsets(escaped: &[u8]) -> Option<Vec<u32>> {
    let (mut out, mut at) = (Vec::new(), 0);
    while let Some(byte) = escaped.get(at) {
        out.push(at as u32);
        at += if *byte == b'\\' { 2 } else { 1 };
    }
    out.push(u32::try_from(escaped.len()).ok()?);
    Some(out)
}

/// The variable places of an indexed line, each with its node.
pub fn slots(root: Value<'_>) -> impl Iterator<Item = (Value<'_>, Slot)> {
    let (nodes, text) = root.parts();
    (0..).zip(nodes).filter_map(move |(at, node)| Some((Value::new(nodes, text, at), variable(node, text)?)))
}

/// Length of the whole number without a sign that `bytes` begin with; 0 if they begin with none.
fn whole_number(bytes: &[u8]) -> usize {
    match bytes.first() {
        Some(b'0') => 1,
        Some(b'1'..=b'9') => bytes.iter().position(|b| !b.is_ascii_digit()).unwrap_or(bytes.len()),
        _ => 0,
    }
}

/// Writes what a text in which quotes, backslashes and slashes are escaped stands for, and returns its length; `None` if other things
/// are, too.
fn unescape(bytes: &[u8], out: &mut Vec<u8>) -> Option<usize> {
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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Everything that an index says of a value.
    fn said(root: Value<'_>) -> Vec<(String, String, Type, Vec<String>)> {
        let (nodes, text) = root.parts();
        let all = (0..nodes.len()).map(|at| Value::new(nodes, text, at as u32));
        all.map(|v| {
            let names = root.names_at(v.span().start).map(str::to_owned).collect();
            (v.key_raw().to_owned(), v.raw().to_owned(), v.kind(), names)
        })
        .collect()
    }

    /// A line that fits a shape says what its own index says; one that is no JSON fits none.
    fn check(shapes: &mut Shapes, line: &str) -> bool {
        let (mut tape, mut other) = (Tape::default(), Tape::default());
        let parsed = tape.parse(line).ok();
        let mut unescaped = Vec::new();
        let Some(shaped) = shapes.find(line.as_bytes(), &mut unescaped) else {
            if let Some(root) = parsed.filter(|root| root.is_object()) {
                shapes.learn(root);
            }
            return false;
        };
        let root = parsed.unwrap_or_else(|| panic!("{line}"));
        if let Some(escaped) = shaped.escaped {
            let (text, _) = slots(root).nth(escaped).unwrap();
            assert_eq!(String::from_utf8(unescaped).unwrap(), text.str().unwrap(), "{line}");
            assert!(root.escaped_strings().count() == 1 && shaped.value(0, &mut other).is_none());
            assert_eq!(shaped.end(0), Some(root.span().end));
            return true;
        }
        assert_eq!(said(shaped.value(0, &mut other).unwrap()), said(root), "{line}");
        let places: Vec<Slot> = slots(root).map(|(_, slot)| slot).collect();
        assert_eq!(shaped.slots, places, "{line}");
        for (number, value) in root.leaves().map(|(_, v)| v).chain(root.fields().map(|(_, v)| v)).map(|v| (v.number(), v)) {
            let found = shaped.value(number, &mut other).unwrap();
            assert_eq!((found.raw(), found.span()), (value.raw(), 0..value.raw().len()));
            assert_eq!(said(found)[1..], said(alone(value, &mut Tape::default()))[1..], "{line}");
            assert_eq!(shaped.end(number), Some(value.span().end));
        }
        true
    }

    /// A value as a document of its own.
    fn alone<'t>(value: Value<'t>, tape: &'t mut Tape) -> Value<'t> {
        tape.parse(value.raw()).unwrap()
    }

    #[test]
    fn knows_a_shape_again() {
        let mut shapes = Shapes::default();
        let line = |a: &str, n: &str| format!(r#"{{"a":"{a}","type":"T","list":[{{"x":{n}}},null,"{a}"],"n":{n} }} "#);
        assert!(!check(&mut shapes, &line("x", "1")));
        for (a, n) in [("x", "1"), ("", "0"), ("a longer text, with all sorts of things ~ in it", "12345678901234567890123")] {
            assert!(check(&mut shapes, &line(a, n)), "{a} {n}");
        }
        assert!(!check(&mut shapes, &line("\\n", "1")) && !check(&mut shapes, &line("\\\"", "1")));
        let wrapped = |text: &str| format!(r#"{{"message":"{text}","n":1}}"#);
        assert!(!check(&mut shapes, &wrapped("")));
        for text in ["x", r#"\""#, r#"{\"a\":\"\\b\/c and a longer text\"}"#] {
            assert!(check(&mut shapes, &wrapped(text)), "{text}");
        }
        for (a, n) in [("é", "1"), ("\t", "1"), ("x", "01"), ("x", "1.5"), ("x", "-1"), ("x", "1e5"), ("x", "")] {
            assert!(!check(&mut shapes, &line(a, n)), "{a} {n}");
        }
        assert!(!check(&mut shapes, &line("x", "1").replace("\"T\"", "\"U\"")));
        assert!(!check(&mut shapes, &format!("{}{}", line("x", "1"), line("x", "1"))));
        assert!(!check(&mut shapes, line("x", "1").trim_end_matches([' ', '}'])));
    }

    #[test]
    fn a_unit_is_known_again_and_changes_nothing_but_the_number() {
        let mut shapes = Shapes::default();
        let line = |who: &str, more: &str, n: u32| {
            format!(
                r#"{{"type":"T","userIdentity":{{"type":"R","id":"{who}","arn":"{}/{who}","in":{{"key":"{n}","x":7{more}}}}},"name":"{n}"}}"#,
                "long".repeat(40)
            )
        };
        let mut numbers = std::collections::BTreeMap::new();
        for round in 0..3 {
            let (z, zz, null) = (r#","y":"z""#, r#","y":"zz""#, r#","y":null"#);
            for (who, more, n) in [("a", "", 1), ("b", "", 1), ("a", "", 2), ("c", z, 1), ("c", zz, 1), ("a", null, 1)] {
                let line = line(who, more, n);
                check(&mut shapes, &line);
                if round == 0 {
                    check(&mut shapes, &line);
                }
                let unit = shapes.find(line.as_bytes(), &mut Vec::new()).unwrap().unit.unwrap();
                assert_eq!(*numbers.entry((who, more, n)).or_insert(unit), unit, "{line}");
            }
        }
        let distinct: std::collections::BTreeSet<u32> = numbers.values().copied().collect();
        assert_eq!(distinct.len(), 6);
        // Also when everything was forgotten in between, no number stands for another text.
        let forgotten = shapes.forgotten;
        for n in 0.. {
            check(&mut shapes, &format!(r#"{{"{}{n}":1}}"#, "x".repeat(9000)));
            shapes.savings = SAVINGS;
            if shapes.forgotten != forgotten {
                break;
            }
        }
        let line = line("c", "", 1);
        check(&mut shapes, &line);
        check(&mut shapes, &line);
        let unit = shapes.find(line.as_bytes(), &mut Vec::new()).unwrap().unit.unwrap();
        assert!(!distinct.contains(&unit));
    }

    #[test]
    fn a_wrapped_record_is_read_where_it_stands() {
        let mut shapes = Shapes::default();
        let record = |who: &str, n: u32| {
            format!(r#"{{"userIdentity":{{"arn":"{}{who}","n":{n}}},"name":"{who}","list":[{n},null,"{n}"]}}"#, "x".repeat(130))
        };
        let wrap = |text: &str, host: &str| format!(r#"{{"host":"{host}","message":{},"n":1}}"#, serde_json::Value::from(text));
        let line = wrap(&record("a", 1), "h");
        let (mut tape, mut inner) = (Tape::default(), Tape::default());
        let text = record("a", 1);
        shapes.learn_wrapped(tape.parse(&line).unwrap(), 1, inner.parse(&text).unwrap());
        for (who, n, host) in [("a", 1, "h"), ("b", 22, ""), ("", 0, "longer")] {
            let line = wrap(&record(who, n), host);
            for _ in 0..2 {
                let shaped = shapes.find_wrapped(line.as_bytes()).unwrap();
                assert!(shaped.is_wrapped() && shaped.unit.is_some() && shaped.value(0, &mut Tape::default()).is_none());
                let texts: Vec<&str> = (0..shaped.slots.len()).map(|slot| shaped.text(slot)).collect();
                let (arn, n) = (format!("{}{who}", "x".repeat(130)), n.to_string());
                assert_eq!(texts, [host, &arn, &n, who, &n, &n, "1"]);
                assert_eq!(shaped.end(0), Some(line.len()));
            }
        }
        // What is escaped once more, is no JSON inside, or goes on behind it is not of the shape.
        for text in
            [record("a\\\"b", 1), record("a", 1).replace("null", "nul"), record("a", 1) + "x", record("a\\n", 1), "x".into()]
        {
            assert!(shapes.find_wrapped(wrap(&text, "h").as_bytes()).is_none(), "{text}");
        }
        assert!(shapes.find_wrapped(record("a", 1).as_bytes()).is_none());
    }

    #[test]
    fn what_is_kept_is_bounded() {
        let mut shapes = Shapes::default();
        for n in 0..20_000 {
            check(&mut shapes, &format!(r#"{{"key-{n}":"x","{}":"y"}}"#, "long".repeat(n % 700)));
            assert!(shapes.bytes < KEEP_BYTES + MAX_BYTES && shapes.shapes.len() <= KEEP_SHAPES);
        }
        assert!(shapes.branches.iter().all(|arms| arms.len() <= MAX_ARMS));
    }

    fn document() -> impl Strategy<Value = String> {
        let scalar = prop_oneof![
            "[ -~]{0,10}".prop_map(|text| serde_json::Value::from(text).to_string()),
            "[ab]{0,3}".prop_map(|text| format!("\"{text}\"")),
            "\"[ab]\\\\[\"\\\\/n][ab]\"|é|\\t|\"|01|1\\.5|-1|0".prop_map(|text| text),
            (0..1000u32).prop_map(|n| n.to_string()),
            Just("null".to_owned()),
        ];
        let value = scalar.prop_recursive(3, 12, 4, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..3).prop_map(|items| format!("[{}]", items.join(","))),
                proptest::collection::vec(("a|b|type|", inner), 0..3).prop_map(|members| {
                    let members: Vec<String> = members.into_iter().map(|(key, value)| format!("\"{key}\":{value}")).collect();
                    format!("{{{}}}", members.join(","))
                }),
            ]
        });
        proptest::collection::vec(("a|b|type|", value), 0..4).prop_map(|members| {
            let members: Vec<String> = members.into_iter().map(|(key, value)| format!("\"{key}\":{value}")).collect();
            format!("{{{}}}", members.join(","))
        })
    }

    proptest! {
        #[test]
        fn says_what_the_index_says(documents in proptest::collection::vec(document(), 1..20)) {
            let mut shapes = Shapes::default();
            for _ in 0..2 {
                documents.iter().for_each(|document| { check(&mut shapes, document); });
            }
        }
    }
}
