//! Leaked-credential shapes anywhere in a line.
//!
//! A prefilter finds where a literal of some pattern may start, an anchored automaton says which, the pattern's own expression
//! confirms it with its checksum and entropy guards, and the place decides: a key id in the member that names the caller's key is
//! no leak. No match text ever leaves this module: only the kinds of what was found.

mod filter;

use aho_corasick::{AhoCorasick, AhoCorasickKind, Anchored, Input, MatchKind, StartKind};
use filter::{Filter, REACH};
use std::ops::Range;
use std::sync::Arc;
use vires_catalog::{Catalog, Scan, TokenKind, TokenPattern};

/// No credential of the catalogue is longer, and no expression reaches further than this beyond its literal. Longer ones with an
/// open end are recognised by their beginning.
const WINDOW: usize = 4096;

/// How far before its literal an expression may begin (`sk-…T3BlbkFJ`).
const LEAD: usize = 128;

/// A credential shape in a text.
#[derive(Debug)]
pub(crate) struct Leak<'c> {
    /// Which.
    pub pattern: &'c TokenPattern,
    /// Where the credential itself stands.
    pub span: Range<usize>,
}

/// The compiled token patterns of a catalogue.
#[derive(Debug)]
pub(crate) struct Leaks {
    catalog: Arc<Catalog>,
    filter: Filter,
    literals: AhoCorasick,
    /// Pattern indices by literal.
    patterns: Vec<u16>,
}

impl Leaks {
    pub(crate) fn new(catalog: &Arc<Catalog>) -> Result<Self, aho_corasick::BuildError> {
        let mut literals: Vec<&str> = Vec::new();
        let mut patterns = Vec::new();
        for (n, pattern) in catalog.tokens().iter().enumerate() {
            if pattern.scan == Scan::Always && matches!(pattern.kind, TokenKind::Secret | TokenKind::KeyId) {
                for literal in &pattern.literals {
                    literals.push(literal);
                    patterns.push(n as u16);
                }
            }
        }
        let filter = Filter::new(literals.iter().map(|l| l.as_bytes()));
        let literals = AhoCorasick::builder()
            .kind(Some(AhoCorasickKind::DFA))
            .match_kind(MatchKind::Standard)
            .start_kind(StartKind::Anchored)
            .build(&literals)?;
        Ok(Leaks { catalog: Arc::clone(catalog), filter, literals, patterns })
    }

    /// Calls `visit` for every credential in `text` that passes its guards.
    pub(crate) fn scan<'c>(&'c self, text: &str, mut visit: impl FnMut(Leak<'c>)) {
        self.shapes(text, |leak| {
            if leak.pattern.verify(&text[leak.span.clone()]) {
                visit(leak);
            }
        });
    }

    /// Calls `visit` for whatever has the shape of a credential. Work is linear in the text for each pattern whose literal occurs.
    pub(crate) fn shapes<'c>(&'c self, text: &str, mut visit: impl FnMut(Leak<'c>)) {
        let bytes = text.as_bytes();
        let mut searched = Searched::default();
        let mut tried = 0;
        for position in self.filter.positions(bytes) {
            let from = position.saturating_sub(REACH).max(tried);
            for start in from..(position + REACH + 1).min(bytes.len()) {
                self.literals_at(bytes, start, |pattern| self.confirm(pattern, text, start, &mut searched, &mut visit));
            }
            tried = (position + REACH + 1).max(tried);
        }
    }

    fn literals_at(&self, bytes: &[u8], start: usize, mut found: impl FnMut(u16)) {
        let input = Input::new(bytes).range(start..).anchored(Anchored::Yes);
        let Ok(hits) = self.literals.try_find_overlapping_iter(input) else { return };
        for hit in hits {
            found(self.patterns[hit.pattern().as_usize()]);
        }
    }

    fn confirm<'c>(
        &'c self,
        index: u16,
        text: &str,
        literal: usize,
        searched: &mut Searched,
        visit: &mut impl FnMut(Leak<'c>),
    ) {
        let done = searched.entry(index);
        if literal < *done {
            return;
        }
        let pattern = &self.catalog.tokens()[usize::from(index)];
        let regex = pattern.regex();
        let mut start = boundary(text, literal.saturating_sub(LEAD).max(*done));
        let end = boundary(text, literal.saturating_add(2 * WINDOW));
        // No match begins between here and half the window, or we have seen it: that stretch need not be searched again.
        *done = literal + WINDOW;
        while let Some(captures) = regex.captures_at(&text[..end], start) {
            let Some(whole) = captures.get(0) else { break };
            let credential = captures.get(1).unwrap_or(whole);
            visit(Leak { pattern, span: credential.range() });
            start = boundary(text, whole.end().max(whole.start() + 1));
            *done = (*done).max(start);
            if start >= end || start > literal + WINDOW {
                break;
            }
        }
    }
}

/// Up to where each pattern has been searched in one text. Few patterns occur in one line.
#[derive(Debug, Default)]
struct Searched(Vec<(u16, usize)>);

impl Searched {
    fn entry(&mut self, pattern: u16) -> &mut usize {
        let at = self.0.iter().position(|(p, _)| *p == pattern).unwrap_or_else(|| {
            self.0.push((pattern, 0));
            self.0.len() - 1
        });
        &mut self.0[at].1
    }
}

/// The character boundary at or before `at`.
fn boundary(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}
