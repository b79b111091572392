pub use vires_tag::Report;

/// What is known of a block only when it is rendered.
#[derive(Debug, Clone, Copy, Default)]
pub struct Noticed {
    /// Records whose object had to be cut.
    pub truncated: u64,
    /// Identities that were forgotten for want of room.
    pub forgotten: u64,
}

/// What a verb does to each record, so that every verb runs through the same engine.
///
/// The engine calls [`Stage::record`] for every record of a block, on whichever worker took the block. A stage that keeps history
/// sets [`Stage::ORDERED`]: after the last record of a block the engine calls [`Stage::settle`] in input order, one block at a
/// time, and then [`Stage::render`], again in parallel. What `record` leaves for these two lives in the scratch.
pub trait Stage: Send + Sync {
    /// Memory of one worker, kept from block to block and renewed when the stage is replaced by a reload.
    type Scratch: Default + Send;

    /// True if [`Stage::settle`] and [`Stage::render`] are to be called.
    const ORDERED: bool = false;

    /// Called before the records of a block. `file` is the number, from 0, of the file that they come from.
    fn begin(&self, _file: usize, _scratch: &mut Self::Scratch) {}

    /// Appends the answer to one record to `out`, without a line end. `line` comes without its LF and may end in CR.
    fn record(&self, line: &[u8], scratch: &mut Self::Scratch, out: &mut Vec<u8>) -> Report;

    /// Appends the answer to a record on which [`Stage::record`] panicked, and makes `scratch` fit for use again.
    fn fallback(&self, line: &[u8], scratch: &mut Self::Scratch, out: &mut Vec<u8>);

    /// Called in place of [`Stage::record`] for a record of the block that is too long to look at: it counts like any other.
    fn skip(&self, _scratch: &mut Self::Scratch) {}

    /// The same in the ordered step, for a record that did not even fit into a block.
    fn skip_long(&self) {}

    /// The whole answer to a record that is too long to look at; `None` lets the record itself through.
    fn too_long(&self) -> Option<&[u8]> {
        None
    }

    /// The ordered step: sees the blocks one after the other, as they came in.
    fn settle(&self, _scratch: &mut Self::Scratch) {}

    /// Turns the `draft` that [`Stage::record`] wrote for a whole block into what is sent.
    ///
    /// The draft also holds records that the stage never saw because they are too long: remember offsets into it, not line numbers.
    fn render(&self, draft: &[u8], _scratch: &mut Self::Scratch, out: &mut Vec<u8>) {
        out.extend_from_slice(draft);
    }

    /// How many records of the block [`Stage::render`] left out, because the user asked for a selection.
    fn left_out(&self, _scratch: &mut Self::Scratch) -> u64 {
        0
    }

    /// What [`Stage::render`] noticed in the block.
    fn noticed(&self, _scratch: &mut Self::Scratch) -> Noticed {
        Noticed::default()
    }

    /// Called once when the input has come to its end by itself and every block was rendered: nobody stopped it, and nothing follows.
    fn over(&self) {}

    /// Sees all bytes of the input, records and what stands between them, in the ordered step before [`Stage::settle`].
    fn pass(&self, _bytes: &[u8]) {}
}
