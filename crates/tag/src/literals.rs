//! Many literals in one text: a prefilter says where one may start, an anchored automaton says which.

use crate::leak::filter::{Filter, REACH};
use aho_corasick::automaton::OverlappingState;
use aho_corasick::{AhoCorasick, AhoCorasickKind, Anchored, BuildError, Input, MatchKind, StartKind};
use std::ops::Range;

/// A set of literals, compared byte by byte.
#[derive(Debug)]
pub(crate) struct Literals {
    filter: Filter,
    longest: usize,
    automaton: AhoCorasick,
}

impl Literals {
    pub(crate) fn new<L: AsRef<[u8]>>(literals: &[L]) -> Result<Self, BuildError> {
        Ok(Literals {
            filter: Filter::new(literals.iter().map(AsRef::as_ref)),
            longest: literals.iter().map(|l| l.as_ref().len()).max().unwrap_or_default(),
            automaton: AhoCorasick::builder()
                .kind(Some(AhoCorasickKind::DFA))
                .match_kind(MatchKind::Standard)
                .start_kind(StartKind::Anchored)
                .build(literals)?,
        })
    }

    /// Length of the longest literal.
    pub(crate) fn longest(&self) -> usize {
        self.longest
    }

    /// Calls `found` with the index and the start of every occurrence, in the order of the starts.
    #[inline]
    pub(crate) fn scan(&self, text: &[u8], found: impl FnMut(usize, usize)) {
        self.scan_range(text, 0..text.len(), found);
    }

    /// The same for the occurrences that start in `range`, wherever they end.
    #[inline]
    pub(crate) fn scan_range(&self, text: &[u8], range: Range<usize>, mut found: impl FnMut(usize, usize)) {
        let mut tried = range.start;
        self.filter.positions(text, range.clone(), |position| {
            let end = (position + REACH + 1).min(range.end);
            self.near(text, position.saturating_sub(REACH).max(tried)..end, &mut found);
            tried = end.max(tried);
        });
    }

    /// Out of line, so that the loop over the text has the registers to itself.
    #[inline(never)]
    fn near(&self, text: &[u8], starts: Range<usize>, found: &mut impl FnMut(usize, usize)) {
        for start in starts {
            if self.filter.starts(text, start) {
                self.at(text, start, found);
            }
        }
    }

    #[inline(never)]
    fn at(&self, text: &[u8], start: usize, found: &mut impl FnMut(usize, usize)) {
        let input = Input::new(text).range(start..).anchored(Anchored::Yes);
        let mut state = OverlappingState::start();
        while self.automaton.try_find_overlapping(input.clone(), &mut state).is_ok() {
            let Some(hit) = state.get_match() else { return };
            found(hit.pattern().as_usize(), start);
        }
    }
}
