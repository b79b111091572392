//! What must stand where a credential's literal does: tells a beginning that nothing follows from one that an expression must look at.
//!
//! Of an expression each of whose matches holds one of its literals in the same place (nearly all do, at their beginning), the first
//! characters from there on are known: so many of one class, then so many of another. Text that has others there is no match. It may
//! say "maybe" where nothing is, never the other way round.

use regex_syntax::hir::literal::{ExtractKind, Extractor};
use regex_syntax::hir::{Class, Hir, HirKind, Repetition};
use vires_catalog::TokenPattern;

/// So many characters are known at most.
const MOST: usize = 96;

/// A set of bytes.
type Bytes = [u64; 4];

/// What must stand where the literal does, and how often in a row.
#[derive(Debug)]
pub(crate) struct Gate(Vec<(Bytes, u8)>);

impl Gate {
    /// The gate of a pattern; `None` if no more is known than that a literal stands somewhere in each match.
    pub(crate) fn new(pattern: &TokenPattern) -> Option<Self> {
        let hir = regex_syntax::parse(pattern.pattern.as_str()).ok()?;
        let mut parts = Vec::new();
        flatten(&hir, &mut parts);
        (0..parts.len()).find_map(|from| {
            let rest = Hir::concat(parts[from..].iter().map(|part| (*part).clone()).collect());
            begins_with(&rest, &pattern.literals).then(|| {
                let mut known = Known(Vec::new());
                known.add(&rest);
                known.gate()
            })
        })
    }

    /// Where in `text` the first byte stands that does not fit if a literal starts at `start`; the end, if all fit that there are and
    /// more were needed. `None` if all fit.
    #[inline]
    pub(crate) fn misfit(&self, text: &[u8], start: usize) -> Option<usize> {
        let mut at = start;
        for (class, times) in &self.0 {
            for _ in 0..*times {
                if !text.get(at).is_some_and(|b| holds(class, *b)) {
                    return Some(at.min(text.len()));
                }
                at += 1;
            }
        }
        None
    }
}

fn holds(class: &Bytes, byte: u8) -> bool {
    class[usize::from(byte >> 6)] >> (byte & 63) & 1 == 1
}

fn insert(class: &mut Bytes, bytes: std::ops::RangeInclusive<u8>) {
    bytes.for_each(|byte| class[usize::from(byte >> 6)] |= 1 << (byte & 63));
}

/// The parts that follow each other, groups opened.
fn flatten<'h>(hir: &'h Hir, parts: &mut Vec<&'h Hir>) {
    match hir.kind() {
        HirKind::Concat(inner) => inner.iter().for_each(|part| flatten(part, parts)),
        HirKind::Capture(group) => flatten(&group.sub, parts),
        _ => parts.push(hir),
    }
}

/// True if every match begins with one of the literals.
fn begins_with(hir: &Hir, literals: &[String]) -> bool {
    let prefixes = Extractor::new().kind(ExtractKind::Prefix).extract(hir);
    prefixes.literals().is_some_and(|prefixes| {
        !prefixes.is_empty()
            && prefixes.iter().all(|prefix| literals.iter().any(|literal| prefix.as_bytes().starts_with(literal.as_bytes())))
    })
}

/// What the bytes of a match are known to be, one after the other.
struct Known(Vec<Bytes>);

impl Known {
    /// Adds what is known of a part; false if nothing is known of what follows it.
    fn add(&mut self, hir: &Hir) -> bool {
        if self.0.len() >= MOST {
            return false;
        }
        match hir.kind() {
            HirKind::Empty | HirKind::Look(_) => true,
            HirKind::Literal(literal) => {
                for byte in &literal.0 {
                    let mut class = Bytes::default();
                    insert(&mut class, *byte..=*byte);
                    self.0.push(class);
                }
                true
            }
            HirKind::Class(class) => {
                let (bytes, one) = first_bytes(class);
                self.0.push(bytes);
                one
            }
            HirKind::Repetition(Repetition { min, max, sub, .. }) => {
                (0..*min).all(|_| self.add(sub)) && max.is_some_and(|max| max == *min)
            }
            HirKind::Capture(group) => self.add(&group.sub),
            HirKind::Concat(parts) => parts.iter().all(|part| self.add(part)),
            HirKind::Alternation(either) => {
                let known: Vec<(Vec<Bytes>, bool)> = either
                    .iter()
                    .map(|hir| {
                        let mut known = Known(Vec::new());
                        let whole = known.add(hir);
                        (known.0, whole)
                    })
                    .collect();
                let length = known.iter().map(|(bytes, _)| bytes.len()).min().unwrap_or_default();
                self.0.extend((0..length).map(|n| {
                    known.iter().fold(Bytes::default(), |all, (bytes, _)| {
                        let one = &bytes[n];
                        [all[0] | one[0], all[1] | one[1], all[2] | one[2], all[3] | one[3]]
                    })
                }));
                // Where one is longer than another, what follows may stand in two places.
                known.iter().all(|(bytes, whole)| *whole && bytes.len() == length)
            }
        }
    }

    fn gate(mut self) -> Gate {
        self.0.truncate(MOST);
        let mut runs: Vec<(Bytes, u8)> = Vec::new();
        for class in self.0 {
            match runs.last_mut() {
                Some((last, times)) if *last == class => *times += 1,
                _ => runs.push((class, 1)),
            }
        }
        Gate(runs)
    }
}

/// The bytes that characters of a class begin with, and whether all have one byte.
fn first_bytes(class: &Class) -> (Bytes, bool) {
    let (mut bytes, mut one) = (Bytes::default(), true);
    let mut add = |start: u32, end: u32| {
        if start < 0x80 {
            insert(&mut bytes, start as u8..=end.min(0x7f) as u8);
        }
        if end >= 0x80 {
            insert(&mut bytes, 0x80..=0xff);
            one = false;
        }
    };
    match class {
        Class::Unicode(class) => class.iter().for_each(|range| add(u32::from(range.start()), u32::from(range.end()))),
        Class::Bytes(class) => class.iter().for_each(|range| add(u32::from(range.start()), u32::from(range.end()))),
    }
    (bytes, one)
}

#[cfg(test)]
mod tests {
    use super::Gate;
    use vires_catalog::{Catalog, Scan};

    fn gate(id: &str) -> Option<Gate> {
        let catalog = Catalog::builtin().unwrap();
        Gate::new(catalog.tokens().iter().find(|t| t.id == id).unwrap())
    }

    #[test]
    fn sees_what_must_follow() {
        for (id, text, at, misfit) in [
            ("aws-access-key-id", "AKIA!", 0, Some(4)),
            ("aws-access-key-id", "x AKIAABCDEFGHIJKLMNO", 2, Some(21)),
            ("aws-access-key-id", "x AKIAABCDEFGHIJKLMNOP", 2, None),
            ("azure-client-secret", "abc4Q~!", 3, Some(6)),
            ("openai-key", "T3BlbkFJ-short", 0, Some(14)),
            ("stripe", "sk_live_!", 0, Some(8)),
            ("stripe", "sk_live_123", 0, Some(11)),
            ("stripe", "rk_live_0123456789", 0, None),
            // Whether there is an `s` leaves open what stands where.
            ("web-basic-auth", "http:", 0, None),
            ("databricks", "dapiA", 0, Some(4)),
        ] {
            assert_eq!(gate(id).unwrap().misfit(text.as_bytes(), at), misfit, "{id}: {text}");
        }
        // The literal in another case would be a match, too.
        assert!(gate("aws-secret-access-key").is_none());
    }

    #[test]
    fn nearly_every_pattern_has_one() {
        let catalog = Catalog::builtin().unwrap();
        let without = catalog.tokens().iter().filter(|t| t.scan != Scan::Off && Gate::new(t).is_none());
        let without: Vec<&str> = without.map(|t| t.id.as_str()).collect();
        assert!(without.len() < 4, "{without:?}");
    }
}
