//! Leaked-credential shapes anywhere in a line.
//!
//! A prefilter finds where a literal of some pattern may start, an anchored automaton says which, the pattern's own expression
//! confirms it with its checksum and entropy guards, and the place decides: a key id in the member that names the caller's key is
//! no leak. No match text ever leaves this module: only the kinds of what was found.

pub(crate) mod filter;
mod gate;
pub(crate) mod shape;

use crate::literals::Literals;
use aho_corasick::BuildError;
use gate::Gate;
use shape::Shapes;
use std::ops::Range;
use std::sync::{Arc, OnceLock};
use vires_catalog::{Catalog, Scan, TokenKind, TokenPattern};
use vires_source::json::{Shaped, is_like_a_number};

/// No credential of the catalogue is longer, and no expression reaches further than this beyond its literal. Longer ones with an
/// open end are recognised by their beginning.
const WINDOW: usize = 4096;

/// How far before its literal an expression may begin (`sk-…T3BlbkFJ`).
pub(crate) const LEAD: usize = 128;

/// How far to either side one value is looked at.
const VALUE: usize = 256;

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
    literals: Literals,
    /// Pattern indices by literal.
    patterns: Vec<u16>,
    shapes: Shapes,
    /// By row, made when they are first used.
    gates: Vec<OnceLock<Option<Gate>>>,
    crosses: bool,
    like_a_number: bool,
}

impl Leaks {
    pub(crate) fn new(catalog: &Arc<Catalog>) -> Result<Self, BuildError> {
        let (patterns, literals): (Vec<u16>, Vec<&str>) = literals(catalog).unzip();
        let rows = catalog.tokens().len();
        Ok(Leaks {
            catalog: Arc::clone(catalog),
            crosses: literals.iter().any(|literal| crosses(literal)),
            like_a_number: literals.iter().any(|literal| is_like_a_number(literal.as_bytes())),
            literals: Literals::new(&literals)?,
            patterns,
            shapes: Shapes::new(rows),
            gates: (0..rows).map(|_| OnceLock::new()).collect(),
        })
    }

    /// Calls `visit` for every credential in `text` that passes its guards.
    #[cfg(test)]
    pub(crate) fn scan<'c>(&'c self, text: &str, mut visit: impl FnMut(Leak<'c>)) {
        self.shapes(text, |leak| {
            if leak.pattern.verify(&text[leak.span.clone()]) {
                visit(leak);
            }
        });
    }

    /// Calls `visit` for whatever has the shape of a credential. Work is linear in the text for each pattern whose literal occurs.
    pub(crate) fn shapes<'c>(&'c self, text: &str, mut visit: impl FnMut(Leak<'c>)) {
        let mut search = self.search(text);
        search.range(0..text.len(), |_, _| false, &mut visit);
    }

    /// A search of `text`, piece by piece.
    pub(crate) fn search<'c, 't>(&'c self, text: &'t str) -> Search<'c, 't> {
        Search { leaks: self, text, searched: Searched::default() }
    }

    /// True if a literal may stand half in a variable place of a JSON line and half outside, or stands in an escaped text only while
    /// that is escaped, or over the end of a line.
    pub(crate) fn any_crosses(&self) -> bool {
        self.crosses
    }

    /// True if a literal may stand in a number.
    pub(crate) fn any_is_like_a_number(&self) -> bool {
        self.like_a_number
    }

    /// Calls `visit` with the pattern and the place of every literal in `text`.
    pub(crate) fn begins<'c>(&'c self, text: &str, mut visit: impl FnMut(&'c TokenPattern, usize)) {
        self.literals.scan(text.as_bytes(), |literal, start| {
            visit(&self.catalog.tokens()[usize::from(self.patterns[literal])], start);
        });
    }

    /// True if a credential may stand in `text`.
    #[inline]
    pub(crate) fn any_begins(&self, text: &[u8]) -> bool {
        self.any_literal(text) && self.any_fits(text, |_| false)
    }

    /// The same for a piece of a text: what follows the piece may be anything.
    #[inline]
    pub(crate) fn any_begins_within(&self, piece: &[u8]) -> bool {
        self.any_literal(piece) && self.any_fits(piece, |at| at >= piece.len())
    }

    /// True if a literal stands in `text`, whatever follows it.
    #[inline]
    pub(crate) fn any_literal(&self, text: &[u8]) -> bool {
        self.literals.any(text)
    }

    /// `may_fit`: what differs at such a place might fit all the same.
    fn any_fits(&self, text: &[u8], may_fit: impl Fn(usize) -> bool) -> bool {
        let mut any = false;
        self.literals.scan(text, |literal, start| any |= self.misfit(self.patterns[literal], text, start).is_none_or(&may_fit));
        any
    }

    /// The same for a variable place of a line, in which a literal stands whole (see [`Leaks::any_crosses`]) but maybe no credential.
    #[inline]
    pub(crate) fn any_begins_at(&self, line: &Shaped<'_, '_>, place: u16) -> bool {
        let Some(slot) = line.slots.get(usize::from(place)) else { return false };
        let bytes = line.bytes(usize::from(place));
        if line.is_wrapped() {
            // What follows the place is escaped, and is something else once it is not.
            return self.any_begins_within(bytes);
        }
        let mut any = false;
        if self.any_literal(bytes) {
            self.literals.scan(bytes, |literal, start| {
                let start = slot.range().start + start;
                any |= self.misfit(self.patterns[literal], line.line(), start).is_none();
            });
        }
        any
    }

    /// Where the text first differs from what must stand there if this literal at `start` is one of a credential.
    fn misfit(&self, row: u16, text: &[u8], start: usize) -> Option<usize> {
        let row = usize::from(row);
        let gate = self.gates.get(row)?.get_or_init(|| self.catalog.tokens().get(row).and_then(Gate::new));
        gate.as_ref()?.misfit(text, start)
    }

    /// So far back from the end of a piece of text a literal may begin that what follows completes.
    pub(crate) fn tail(&self) -> usize {
        self.literals.longest().saturating_sub(1)
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
        let regex = self.shapes.regex(usize::from(index), pattern);
        if pattern.scan == Scan::FieldOnly {
            // The literal is too common to look far: one value, and the credential must begin it.
            let value = value_around(text, literal);
            *done = value.end.max(literal + 1);
            if let Some(captures) = regex.captures_at(&text[..value.end], value.start)
                && let Some(credential) = captures.get(1).or(captures.get(0))
                && credential.start() == value.start
            {
                visit(Leak { pattern, span: credential.range() });
            }
            return;
        }
        let mut start = boundary(text, literal.saturating_sub(LEAD).max(*done));
        let end = boundary(text, literal.saturating_add(2 * WINDOW));
        // No match begins between here and half the window, or we have seen it: that stretch need not be searched again.
        *done = literal + WINDOW;
        while let Some(captures) = regex.captures_at(&text[..end], start) {
            let Some(whole) = captures.get(0) else { break };
            let credential = captures.get(1).unwrap_or(whole);
            visit(Leak { pattern, span: credential.range() });
            // What bounds this credential may bound the next one too.
            start = boundary(text, credential.end().max(whole.start() + 1));
            *done = (*done).max(start);
            if start >= end || start > literal + WINDOW {
                break;
            }
        }
    }
}

/// The literals of all patterns that are looked for, each with its row.
pub(crate) fn literals(catalog: &Catalog) -> impl Iterator<Item = (u16, &str)> {
    let wanted =
        |pattern: &TokenPattern| pattern.scan != Scan::Off && matches!(pattern.kind, TokenKind::Secret | TokenKind::KeyId);
    let patterns = (0u16..).zip(catalog.tokens()).filter(move |(_, pattern)| wanted(pattern));
    patterns.flat_map(|(row, pattern)| pattern.literals.iter().map(move |literal| (row, literal.as_str())))
}

/// True for a literal that could begin in a variable place and end outside, or the other way round: texts stand between quotes, numbers
/// between punctuation. Or for one that stands in an escaped text only while that is escaped, or over the end of a line.
fn crosses(literal: &str) -> bool {
    let outside = |b: u8| matches!(b, b':' | b',' | b'[' | b']' | b'{' | b'}' | b' ' | b'\t');
    literal.contains(['"', '\n'])
        || literal
            .as_bytes()
            .windows(2)
            .any(|pair| (outside(pair[0]) && pair[1].is_ascii_digit()) || (pair[0].is_ascii_digit() && outside(pair[1])))
}

/// See [`Leaks::search`].
pub(crate) struct Search<'c, 't> {
    leaks: &'c Leaks,
    text: &'t str,
    searched: Searched,
}

impl<'c> Search<'c, '_> {
    /// Calls `visit` for whatever has the shape of a credential and holds a literal that starts in `range`. The ranges of one search
    /// must ascend. A literal that stands where `expected` says that its pattern belongs is passed over before anything expensive
    /// happens: every CloudTrail line holds an access key id; and so is one that stands in no credential whatever follows the range.
    /// Returns true if any was not passed over.
    pub(crate) fn range(
        &mut self,
        range: Range<usize>,
        mut expected: impl FnMut(&TokenPattern, usize) -> bool,
        mut visit: impl FnMut(Leak<'c>),
    ) -> bool {
        let Search { leaks, text, searched } = self;
        let (mut any, end) = (false, range.end);
        leaks.literals.scan_range(text.as_bytes(), range, |literal, start| {
            let index = leaks.patterns[literal];
            let pattern = &leaks.catalog.tokens()[usize::from(index)];
            if !pattern.expected_in.is_empty() && expected(pattern, start) {
                return;
            }
            match leaks.misfit(index, text.as_bytes(), start) {
                // Behind another range it might fit.
                Some(at) => any |= at >= end,
                None => {
                    any = true;
                    leaks.confirm(index, text, start, searched, &mut visit);
                }
            }
        });
        any
    }
}

/// The value that holds the byte `at`: what stands between quotes, blanks and equal signs, at most [`VALUE`] bytes to either side.
pub(crate) fn value_around(text: &str, at: usize) -> Range<usize> {
    let delimits = |b: &u8| matches!(b, b'"' | b'\'' | b'=' | b' ' | b'\t' | b'\\' | b'(' | b')' | b',' | b'<' | b'>');
    let bytes = text.as_bytes();
    let from = at.saturating_sub(VALUE);
    let start = bytes[from..at].iter().rposition(delimits).map_or(from, |n| from + n + 1);
    let to = (at + VALUE).min(bytes.len());
    let end = bytes[at..to].iter().position(delimits).map_or(to, |n| at + n);
    // Cut inside a character, the value is longer than any credential: an empty range finds nothing.
    if text.is_char_boundary(start) && text.is_char_boundary(end) { start..end } else { at..at }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<String> {
        let catalog = Arc::new(Catalog::builtin().unwrap());
        let leaks = Leaks::new(&catalog).unwrap();
        let mut found = Vec::new();
        leaks.scan(text, |leak| found.push(leak.pattern.id.clone()));
        found
    }

    /// A token with a right checksum, a key id, and what may stand before and behind them.
    #[test]
    fn finds_what_is_glued_to_a_name() {
        let (github, aws) = (proven("ghp_", "0123456789ABCDEFGHIJKLMNOPQRST"), "AKIARZPUZDIKABNMHEL6");
        for (before, after, proven_only) in
            [("ci_", "", false), ("", "_old", false), ("_", "_", false), ("ci", "", true), ("", "x", true), ("é", "é", true)]
        {
            assert_eq!(found(&format!("a {before}{github}{after} z")), ["github-pat"], "{before} {after}");
            let key = found(&format!("a {before}{aws}{after} z"));
            assert_eq!(key, vec!["aws-access-key-id"; usize::from(!proven_only)], "{before} {after}");
        }
        assert_eq!(found(&format!("{aws}_{aws}_{aws}")), ["aws-access-key-id"; 3]);
        let spoiled = github.replace("ghp_0", "ghp_1");
        assert_eq!(found(&format!("ci_{spoiled}")), [""; 0]);
    }

    /// `literal` and `body` with the checksum that makes it a token.
    fn proven(literal: &str, body: &str) -> String {
        let catalog = Catalog::builtin().unwrap();
        let pattern = catalog.tokens().iter().find(|t| t.literals.iter().any(|l| l == literal)).unwrap();
        let mut crc = !0u32;
        for byte in body.bytes() {
            crc ^= u32::from(byte);
            (0..8).for_each(|_| crc = if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 });
        }
        let mut sum = !crc;
        let mut tail = [0; 6];
        for digit in tail.iter_mut().rev() {
            *digit = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"[(sum % 62) as usize];
            sum /= 62;
        }
        let token = format!("{literal}{body}{}", std::str::from_utf8(&tail).unwrap());
        assert!(pattern.verify(&token));
        token
    }

    #[test]
    fn finds_credentials_and_passes_over_look_alikes() {
        let github = "ghp_0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
        // The last six characters are no checksum of the thirty before: an invented token.
        assert_eq!(found(&format!("x {github} y")), [""; 0]);
        for (text, want) in [
            ("AKIARZPUZDIKABNMHEL6", "aws-access-key-id"),
            ("postgres://svc:Zk3vQx81mRt@db.example.com/x", "url-basic-auth"),
            ("key-0a1b2c3d4e5f60718293a4b5c6d7e8f9", "mailgun"),
            ("é-----BEGIN RSA PRIVATE KEY-----é", "private-key-pem"),
            ("dop_v1_0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", "digitalocean"),
            ("xoxb-123456789012-1234567890123-AbCdEfGhIjKlMnOpQrStUvWx", "slack-bot"),
        ] {
            assert_eq!(found(text), [want], "{text}");
            assert_eq!(found(&format!("{} {text} {text}", "-".repeat(WINDOW * 3))), [want, want], "{text}");
        }
        for text in [
            "AKIA",
            "AKIAiosfodnn7example",
            "-----BEGIN CERTIFICATE-----",
            "xoxb-1-2",
            "ghp_",
            "",
            "a://b",
            "see x-key-0a1b2c3d4e5f60718293a4b5c6d7e8f9",
        ] {
            assert_eq!(found(text), [""; 0], "{text}");
        }
    }
}
