//! Many literals in one text: a prefilter says where one may start, an anchored automaton says which.

use crate::leak::filter::{Filter, REACH};
use aho_corasick::automaton::OverlappingState;
use aho_corasick::{AhoCorasick, AhoCorasickKind, Anchored, BuildError, Input, MatchKind, StartKind};

/// A set of literals, compared byte by byte.
#[derive(Debug)]
pub(crate) struct Literals {
    filter: Filter,
    automaton: AhoCorasick,
}

impl Literals {
    pub(crate) fn new<L: AsRef<[u8]>>(literals: &[L]) -> Result<Self, BuildError> {
        Ok(Literals {
            filter: Filter::new(literals.iter().map(AsRef::as_ref)),
            automaton: AhoCorasick::builder()
                .kind(Some(AhoCorasickKind::DFA))
                .match_kind(MatchKind::Standard)
                .start_kind(StartKind::Anchored)
                .build(literals)?,
        })
    }

    /// Calls `found` with the index and the start of every occurrence, in the order of the starts.
    #[inline]
    pub(crate) fn scan(&self, text: &[u8], mut found: impl FnMut(usize, usize)) {
        let mut tried = 0;
        self.filter.positions(text, |position| {
            let end = (position + REACH + 1).min(text.len());
            for start in position.saturating_sub(REACH).max(tried)..end {
                if self.filter.starts(text, start) {
                    self.at(text, start, &mut found);
                }
            }
            tried = end.max(tried);
        });
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
