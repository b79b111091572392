//! Lines of one shape: the same keys, words and punctuation around other texts and numbers. A program writes few shapes and many lines
//! of each, so a line that fits a shape needs no parsing: what stands between its variable places is compared, and these are measured.
//!
//! Shapes are kept in a tree of such fixed pieces. A line that fits one is valid JSON because the line was that the shape was learned
//! from: its variable places are whole numbers, and plain ASCII inside quotes. One text may hold escaped quotes: what a shipper wrapped.
//! What is kept is bounded, and forgetting changes no answer.

mod learn;
mod shape;
mod shaped;
mod slots;
mod wrapped;

use super::look::{Eyes, Look, Task};
use super::units::Units;
use shape::Shape;
pub use shaped::Shaped;
use slots::whole_number;
pub use slots::{Slot, slots, unit};
use wrapped::unescape;

/// The most that [`Shapes::learn`] may ever spend.
const SAVINGS: u32 = 16 << 10;

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
    eyes: Eyes,
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

/// What a walk found.
struct Found {
    number: u32,
    escaped: Option<usize>,
    unit: Option<u32>,
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
            eyes: Eyes::default(),
        }
    }
}

/// See [`Shapes::walk`].
struct Walk<'s, 'l, 'u> {
    shapes: &'s mut Shapes,
    root: usize,
    line: &'l [u8],
    unescaped: Option<&'u mut Vec<u8>>,
}

impl Task for Walk<'_, '_, '_> {
    type Output = Option<Found>;

    #[inline(always)]
    fn run<L: Look>(self, look: L) -> Option<Found> {
        self.shapes.walk(look, self.root, self.line, self.unescaped)
    }
}

impl Shapes {
    /// The shape of a line, if one was met that it fits. If a text in it is escaped, `unescaped` gets what it stands for.
    pub fn find<'s, 'a>(&'s mut self, line: &'a [u8], unescaped: &mut Vec<u8>) -> Option<Shaped<'s, 'a>> {
        let found = self.eyes.run(Walk { shapes: self, root: PLAIN, line, unescaped: Some(unescaped) })?;
        Some(self.shaped(line, found))
    }

    /// The shape of a line that holds a record as an escaped text, if one was met that it fits: the places in the record are places of
    /// the line then, and mean what they say.
    pub fn find_wrapped<'s, 'a>(&'s mut self, line: &'a [u8]) -> Option<Shaped<'s, 'a>> {
        // Most streams hold none.
        if self.branches.get(WRAPPED).is_none_or(Vec::is_empty) {
            return None;
        }
        let found = self.eyes.run(Walk { shapes: self, root: WRAPPED, line, unescaped: None })?;
        Some(self.shaped(line, found))
    }

    fn shaped<'s, 'a>(&'s mut self, line: &'a [u8], found: Found) -> Shaped<'s, 'a> {
        let Found { number, escaped, unit } = found;
        let shape = &self.shapes[number as usize];
        self.savings = (self.savings + 1).min(SAVINGS);
        Shaped { line, shape, id: (self.forgotten, number), slots: &self.slots, escaped, unit }
    }

    #[inline(always)]
    fn walk<L: Look>(&mut self, look: L, root: usize, line: &[u8], mut unescaped: Option<&mut Vec<u8>>) -> Option<Found> {
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
                            && shape.follow(look, line, at, &mut self.slots)
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
                    let mut end = look.plain_text(rest);
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

#[cfg(test)]
mod tests;
