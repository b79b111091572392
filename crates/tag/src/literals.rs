//! Many literals in one text: a prefilter says where one may start, an anchored automaton says which.

use crate::leak::filter::{Filter, REACH};
use crate::sieve::Sieve;
use aho_corasick::automaton::Automaton;
use aho_corasick::dfa::DFA;
use aho_corasick::{Anchored, BuildError, MatchKind, StartKind};
use std::ops::Range;

/// A set of literals, compared byte by byte.
#[derive(Debug)]
pub(crate) struct Literals {
    filter: Filter,
    sieve: Option<Sieve>,
    longest: usize,
    automaton: DFA,
}

impl Literals {
    pub(crate) fn new<L: AsRef<[u8]>>(literals: &[L]) -> Result<Self, BuildError> {
        Ok(Literals {
            filter: Filter::new(literals.iter().map(AsRef::as_ref)),
            sieve: Sieve::new(literals.iter().map(AsRef::as_ref)),
            longest: literals.iter().map(|l| l.as_ref().len()).max().unwrap_or_default(),
            automaton: DFA::builder().match_kind(MatchKind::Standard).start_kind(StartKind::Anchored).build(literals)?,
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

    /// True if a literal occurs in `text`.
    #[inline]
    pub(crate) fn any(&self, text: &[u8]) -> bool {
        match &self.sieve {
            Some(sieve) => sieve.any(text),
            None => self.filter.any(text, |start| self.begins(text, start)),
        }
    }

    /// True if a literal starts there. It may also be of one that starts behind, as long as it ends before it is clear that none does:
    /// [`Literals::any`] asks for no more.
    fn begins(&self, text: &[u8], start: usize) -> bool {
        let Ok(mut state) = self.automaton.start_state(Anchored::Yes) else { return false };
        for &byte in text.get(start..).unwrap_or_default() {
            state = self.automaton.next_state(Anchored::Yes, state, byte);
            if self.automaton.is_special(state) {
                return self.automaton.is_match(state);
            }
        }
        false
    }

    /// Like [`Literals::scan`] for the occurrences that start in `range`, wherever they end.
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

    /// Walks the automaton by hand: nearly every walk ends within a few bytes, sooner than a search has begun.
    #[inline]
    fn at(&self, text: &[u8], start: usize, found: &mut impl FnMut(usize, usize)) {
        let Ok(mut state) = self.automaton.start_state(Anchored::Yes) else { return };
        for (length, &byte) in (1..).zip(text.get(start..).unwrap_or_default()) {
            state = self.automaton.next_state(Anchored::Yes, state, byte);
            if !self.automaton.is_special(state) {
                continue;
            }
            if self.automaton.is_dead(state) {
                return;
            }
            if self.automaton.is_match(state) {
                for n in 0..self.automaton.match_len(state) {
                    let literal = self.automaton.match_pattern(state, n);
                    // A literal that ends another one has its own start, where it is found by itself.
                    if self.automaton.pattern_len(literal) == length {
                        found(literal.as_usize(), start);
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Literals;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn finds_each_literal_wherever_it_stands(
            literals in proptest::collection::vec("[ab]{1,4}|[a-c]{2,6}", 1..8),
            text in "[a-d]{0,40}",
        ) {
            let mut found = Vec::new();
            Literals::new(&literals).unwrap().scan(text.as_bytes(), |literal, start| found.push((start, literal)));
            prop_assert!(found.is_sorted_by_key(|(start, _)| *start));
            found.sort_unstable();
            let all = (0..text.len()).flat_map(|start| (0..literals.len()).map(move |n| (start, n)));
            let want: Vec<_> = all.filter(|(start, n)| text[*start..].starts_with(&literals[*n])).collect();
            prop_assert_eq!(Literals::new(&literals).unwrap().any(text.as_bytes()), !want.is_empty());
            prop_assert_eq!(found, want);
        }
    }
}
