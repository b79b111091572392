//! The stretch of a line that a unit fills: a member that lines repeat to the byte, all its texts included. It is compared as a whole.

use super::shapes::Slot;

/// So many bytes choose where a unit is kept; a shorter one is none.
const WINDOW: usize = 128;
/// A longer one hardly repeats.
const MAX_BYTES: usize = 2048;
const SETS: usize = 256;
const WAYS: usize = 4;

/// Units that were met.
#[derive(Debug, Default)]
pub(super) struct Units {
    sets: Vec<[Option<Unit>; WAYS]>,
    turn: u8,
    /// The number of the last one. None is given twice.
    last: u32,
}

/// A unit: what stands from its first variable place to the end of its last one.
#[derive(Debug)]
pub(super) struct Unit {
    /// With the byte behind it: else a text that goes on would begin with the same.
    text: Box<[u8]>,
    /// Its variable places, counted from its start.
    slots: Box<[Slot]>,
    /// The branches before and behind it.
    from: u32,
    pub to: u32,
    /// Stands for its text. Never zero.
    pub number: u32,
    /// The shape of the last line that held it: its next line may well be of the same.
    pub shape: Option<u32>,
}

/// Where a unit is kept.
pub(super) type Seat = (usize, usize);

impl Unit {
    pub(super) fn len(&self) -> usize {
        self.text.len() - 1
    }

    /// Its variable places in a line in which it begins at `start`.
    pub(super) fn slots(&self, start: usize) -> impl Iterator<Item = Slot> + '_ {
        let start = start as u32;
        self.slots.iter().map(move |slot| Slot { start: slot.start + start, end: slot.end + start })
    }
}

impl Units {
    /// None, and none of the numbers given so far is given again.
    pub(super) fn renewed(&self) -> Self {
        Units { last: self.last, ..Units::default() }
    }

    /// The unit that `rest` begins with, behind this branch.
    #[inline]
    pub(super) fn find(&self, rest: &[u8], from: u32) -> Option<(&Unit, Seat)> {
        let set = set_of(rest.first_chunk()?);
        let fits = |unit: &Unit| unit.from == from && rest.starts_with(&unit.text);
        let way = self.sets.get(set)?.iter().position(|unit| unit.as_ref().is_some_and(fits))?;
        Some((self.sets.get(set)?.get(way)?.as_ref()?, (set, way)))
    }

    /// Notes the shape of the last line that held a unit.
    pub(super) fn note(&mut self, (set, way): Seat, shape: u32) {
        if let Some(unit) = self.sets.get_mut(set).and_then(|set| set.get_mut(way)).and_then(Option::as_mut) {
            unit.shape = Some(shape);
        }
    }

    /// Keeps a unit that is not kept, `text` with the byte behind it; returns its number. `slots` are counted from the start of `text`.
    pub(super) fn put(&mut self, text: &[u8], slots: impl Iterator<Item = Slot>, from: u32, to: u32) -> Option<u32> {
        let set = set_of(text.first_chunk().filter(|_| text.len() <= MAX_BYTES)?);
        self.last = self.last.checked_add(1)?;
        if self.sets.is_empty() {
            self.sets.resize_with(SETS, Default::default);
        }
        let ways = self.sets.get_mut(set)?;
        self.turn = self.turn.wrapping_add(1);
        let way = ways.iter().position(Option::is_none).unwrap_or(usize::from(self.turn) % WAYS);
        ways[way] = Some(Unit { text: text.into(), slots: slots.collect(), from, to, number: self.last, shape: None });
        Some(self.last)
    }
}

fn set_of(window: &[u8; WINDOW]) -> usize {
    // Two sums side by side, so that neither waits for the other.
    let (words, _) = window.as_chunks::<8>();
    let (pairs, _) = words.as_chunks::<2>();
    let (mut a, mut b) = (0u64, 0u64);
    for [x, y] in pairs {
        a = (a.rotate_left(5) ^ u64::from_le_bytes(*x)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        b = (b.rotate_left(7) ^ u64::from_le_bytes(*y)).wrapping_mul(0xC2B2_AE3D_27D4_EB4F);
    }
    ((a ^ b.rotate_left(32)) >> 40) as usize % SETS
}
