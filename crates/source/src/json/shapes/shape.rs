//! One shape: what its lines share, and the index of the line that it was learned from.

use super::slots::{Slot, whole_number};
use crate::json::index::Node;
use crate::json::look::Look;

/// The index of the line that a shape was learned from.
#[derive(Debug)]
pub(super) struct Shape {
    pub(super) nodes: Box<[Place]>,
    pub(super) slots: Box<[Slot]>,
    /// Of the places in a text that holds a record, the index says nothing.
    pub(super) wrapped: bool,
    pieces: Pieces,
}

/// The fixed pieces of a line, one after the other.
#[derive(Debug, Default)]
pub(super) struct Pieces {
    /// Each in chunks, the last of which is padded.
    chunks: Vec<[u8; CHUNK]>,
    ends: Vec<End>,
}

/// How a piece ends.
#[derive(Debug, Clone, Copy)]
struct End {
    /// Its first chunk, and how many whole ones there are.
    first: u16,
    whole: u16,
    /// Bytes in the one behind them, which is always there.
    rest: u8,
    /// A number follows it, else a text; or, behind the last, nothing.
    number: bool,
}

/// So much is compared at once.
pub(super) const CHUNK: usize = 32;

impl Pieces {
    /// `number`: whether one follows.
    pub(super) fn push(&mut self, piece: &[u8], number: bool) {
        let (whole, rest) = piece.as_chunks::<CHUNK>();
        let mut last = [0; CHUNK];
        last.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
        let end = End { first: self.chunks.len() as u16, whole: whole.len() as u16, rest: rest.len() as u8, number };
        self.chunks.extend_from_slice(whole);
        self.chunks.push(last);
        self.ends.push(end);
    }

    /// Bytes of memory.
    pub(super) fn size(&self) -> usize {
        size_of_val(&*self.chunks) + size_of_val(&*self.ends)
    }
}

impl Shape {
    pub(super) fn new(nodes: Box<[Place]>, slots: Box<[Slot]>, wrapped: bool, pieces: Pieces) -> Self {
        Shape { nodes, slots, wrapped, pieces }
    }

    /// Bytes of memory.
    pub(super) fn size(&self) -> usize {
        self.pieces.size() + size_of_val(&*self.nodes) + size_of_val(&*self.slots)
    }

    /// Goes on in a line of which the first `slots` were found and end at `at`. Adds the others if the line is of this shape, else none.
    #[inline(always)]
    pub(super) fn follow<L: Look>(&self, look: L, line: &[u8], at: usize, slots: &mut Vec<Slot>) -> bool {
        let known = slots.len();
        let fits = self.rest(look, line, at, slots).is_some();
        if !fits {
            slots.truncate(known);
        }
        fits
    }

    #[inline(always)]
    fn rest<L: Look>(&self, look: L, line: &[u8], at: usize, slots: &mut Vec<Slot>) -> Option<()> {
        let ends = self.pieces.ends.get(slots.len()..)?;
        let (last, ends) = ends.split_last()?;
        let mut chunks = self.pieces.chunks.get(usize::from(ends.first().unwrap_or(last).first)..)?.iter();
        let mut rest = line.get(at..)?;
        for end in ends {
            rest = behind(look, rest, *end, &mut chunks)?;
            let start = line.len() - rest.len();
            let length = if end.number { Some(whole_number(rest)).filter(|n| *n > 0)? } else { look.plain_text(rest) };
            slots.push(Slot { start: start as u32, end: (start + length) as u32 });
            rest = rest.get(length..)?;
        }
        behind(look, rest, *last, &mut chunks)?.is_empty().then_some(())
    }
}

/// What follows a piece; `None` if another piece stands there.
#[inline(always)]
fn behind<'l, 'c, L: Look>(
    look: L,
    mut rest: &'l [u8],
    end: End,
    chunks: &mut impl Iterator<Item = &'c [u8; CHUNK]>,
) -> Option<&'l [u8]> {
    for _ in 0..end.whole {
        rest = look.behind(rest, chunks.next()?, CHUNK)?;
    }
    look.behind(rest, chunks.next()?, usize::from(end.rest))
}

/// A node, and how many variable places end before its value begins and before it ends.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    pub(super) node: Node,
    pub(super) before: u16,
    pub(super) within: u16,
}
