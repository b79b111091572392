//! The `*` globs of inventories and exceptions: `s3:*-payroll*`, `iam:*`, `aws:role/123456789012/deploy-*`.
//!
//! `*` stands for any text, `/` and the empty text included. Every other character stands for itself (names of bots end in `[bot]`).
//! ASCII letters match without regard to case. Matching takes time linear in the length of the value, whatever the pattern.

mod index;

pub use index::GlobIndex;

use memchr::memmem::Finder;
use std::borrow::Cow;

/// One compiled pattern.
#[derive(Debug, Clone)]
pub struct Glob {
    text: Box<str>,
    /// The pattern with ASCII letters in lower case, where that differs from `text`.
    folded: Option<Box<str>>,
    shape: Shape,
}

#[derive(Debug, Clone)]
enum Shape {
    Exact,
    /// Lengths of the literal text before the first and after the last `*`, and what must occur in between, in order.
    Star {
        prefix: usize,
        suffix: usize,
        middle: Box<[Finder<'static>]>,
    },
}

/// ASCII letters in lower case: the form in which values and patterns are compared. Borrows where nothing changes.
pub fn fold(text: &str) -> Cow<'_, str> {
    if text.bytes().any(|b| b.is_ascii_uppercase()) { Cow::Owned(text.to_ascii_lowercase()) } else { Cow::Borrowed(text) }
}

impl Glob {
    /// Compiles `pattern`. Every text is a valid pattern.
    pub fn new(pattern: &str) -> Self {
        let folded = match fold(pattern) {
            Cow::Owned(lower) => Some(lower.into_boxed_str()),
            Cow::Borrowed(_) => None,
        };
        let lower = folded.as_deref().unwrap_or(pattern);
        let shape = match (lower.find('*'), lower.rfind('*')) {
            (Some(first), Some(last)) => {
                let inner = lower.get(first..last).unwrap_or_default();
                let middle =
                    inner.split('*').filter(|part| !part.is_empty()).map(|part| Finder::new(part).into_owned()).collect();
                Shape::Star { prefix: first, suffix: lower.len() - last - 1, middle }
            }
            _ => Shape::Exact,
        };
        Glob { text: pattern.into(), folded, shape }
    }

    /// The pattern as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// True if `value` matches.
    pub fn matches(&self, value: &str) -> bool {
        self.matches_folded(&fold(value))
    }

    /// As [`Glob::matches`], for a value that went through [`fold`]: saves folding it for each of many patterns.
    pub fn matches_folded(&self, value: &str) -> bool {
        let pattern = self.folded().as_bytes();
        let value = value.as_bytes();
        let Shape::Star { prefix, suffix, middle } = &self.shape else { return pattern == value };
        if value.len() < prefix + suffix {
            return false;
        }
        let (head, rest) = value.split_at(*prefix);
        let (mut rest, tail) = rest.split_at(rest.len() - suffix);
        if !pattern.starts_with(head) || !pattern.ends_with(tail) {
            return false;
        }
        // The leftmost place for each part leaves the most room for the next, so no backtracking is needed.
        for part in middle {
            match part.find(rest) {
                Some(at) => rest = rest.get(at + part.needle().len()..).unwrap_or_default(),
                None => return false,
            }
        }
        true
    }

    /// True if the pattern has no `*`.
    pub fn is_literal(&self) -> bool {
        matches!(self.shape, Shape::Exact)
    }

    /// True if the pattern matches everything (`*`).
    pub fn is_any(&self) -> bool {
        !self.text.is_empty() && self.text.bytes().all(|b| b == b'*')
    }

    /// How many characters of the pattern are fixed: the more, the more specific.
    pub fn specificity(&self) -> usize {
        self.text.chars().filter(|c| *c != '*').count()
    }

    /// The literal text before the first `*`, folded; the whole pattern if it has none.
    pub fn literal_prefix(&self) -> &str {
        match &self.shape {
            Shape::Exact => self.folded(),
            Shape::Star { prefix, .. } => self.folded().get(..*prefix).unwrap_or_default(),
        }
    }

    /// True if every value that `other` matches is matched by this pattern as well. Decided on the pattern texts: a `*` in `other`
    /// is covered by a `*` only. Never true wrongly; `a*` and `a*|ab*`-like overlaps across several patterns are not considered.
    pub fn covers(&self, other: &Glob) -> bool {
        self.matches_folded(&other.as_value())
    }

    /// The pattern as a value that stands for all its values. A control character stands for "any text": patterns do not hold one,
    /// so only a `*` of another pattern can match it.
    fn as_value(&self) -> String {
        self.folded().replace('*', "\u{1}")
    }

    /// True if some value matches both patterns. Takes time in the product of their lengths.
    pub fn overlaps(&self, other: &Glob) -> bool {
        let (a, b) = (self.folded().as_bytes(), other.folded().as_bytes());
        // reach[j]: a value exists that the first i bytes of `a` and the first j bytes of `b` both match.
        let mut reach = vec![false; b.len() + 1];
        for i in 0..=a.len() {
            let mut diagonal = false;
            for j in 0..=b.len() {
                let above = i > 0 && reach.get(j).copied().unwrap_or(false);
                let left = j > 0 && reach.get(j - 1).copied().unwrap_or(false);
                let x = i.checked_sub(1).and_then(|i| a.get(i));
                let y = j.checked_sub(1).and_then(|j| b.get(j));
                let now = (i == 0 && j == 0)
                    || (diagonal && x.is_some() && x == y)
                    || (above && x == Some(&b'*'))
                    || (left && y == Some(&b'*'))
                    || (diagonal && (x == Some(&b'*') || y == Some(&b'*')))
                    || (left && x == Some(&b'*'))
                    || (above && y == Some(&b'*'));
                diagonal = above;
                if let Some(cell) = reach.get_mut(j) {
                    *cell = now;
                }
            }
        }
        reach.last().copied().unwrap_or(false)
    }

    pub(crate) fn folded(&self) -> &str {
        self.folded.as_deref().unwrap_or(&self.text)
    }
}

impl PartialEq for Glob {
    fn eq(&self, other: &Self) -> bool {
        self.folded() == other.folded()
    }
}

impl Eq for Glob {}

/// A list of patterns, tried in order. An empty list matches nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Globs(Box<[Glob]>);

impl Globs {
    /// Compiles the patterns.
    pub fn new<S: AsRef<str>>(patterns: impl IntoIterator<Item = S>) -> Self {
        Globs(patterns.into_iter().map(|p| Glob::new(p.as_ref())).collect())
    }

    /// True if a pattern matches `value`.
    pub fn matches(&self, value: &str) -> bool {
        self.find(value).is_some()
    }

    /// The first pattern that matches `value`.
    pub fn find(&self, value: &str) -> Option<&Glob> {
        if self.0.is_empty() {
            return None;
        }
        let value = fold(value);
        self.0.iter().find(|glob| glob.matches_folded(&value))
    }

    /// The patterns in their written order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Glob> {
        self.0.iter()
    }

    /// True if there is no pattern: nothing matches.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many patterns.
    pub fn len(&self) -> usize {
        self.0.len()
    }
}

impl std::fmt::Display for Globs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (i, glob) in self.0.iter().enumerate() {
            if i > 0 {
                f.write_str(", ")?;
            }
            f.write_str(glob.as_str())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn matches_as_the_contract_says() {
        for (pattern, value, expected) in [
            ("s3:*-payroll*", "s3:prod-payroll-2026/x.csv", true),
            ("s3:*-payroll*", "s3:payroll", false),
            ("secret:prod/*", "secret:prod/payments/db", true),
            ("secret:prod/*", "secret:production/db", false),
            ("iam:*", "IAM:CreateUser", true),
            ("iam:Create*Key", "iam:createaccesskey", true),
            ("iam:Create*Key", "iam:CreateAccessKeys", false),
            ("github:app:*[bot]", "github:app:renovate[bot]", true),
            ("github:app:[ab]", "github:app:a", false),
            ("a*a", "a", false),
            ("a*a", "aa", true),
            ("*", "", true),
            ("**", "anything/at all", true),
            ("", "", true),
            ("", "x", false),
            ("a?c", "abc", false),
            ("x*yy*yy*z", "xyyyz", false),
            ("x*yy*yy*z", "xyyyyz", true),
            ("bücher-*", "bücher-eins", true),
        ] {
            assert_eq!(Glob::new(pattern).matches(value), expected, "{pattern} on {value}");
        }
    }

    #[test]
    fn an_empty_list_allows_nothing() {
        assert!(!Globs::new::<&str>([]).matches(""));
        assert_eq!(Globs::new(["a", "b*", "b"]).find("b").map(Glob::as_str), Some("b*"));
    }

    #[test]
    fn a_wider_pattern_covers_a_narrower() {
        for (wide, narrow, expected) in [
            ("s3:*", "s3:get*", true),
            ("s3:Get*", "s3:*", false),
            ("*", "*", true),
            ("a*c", "abc", true),
            ("a*c", "a*", false),
            ("a*b*c", "aXb*YYc", true),
        ] {
            assert_eq!(Glob::new(wide).covers(&Glob::new(narrow)), expected, "{wide} over {narrow}");
        }
    }

    #[test]
    fn a_hostile_pattern_stays_linear() {
        // Backtracking matchers need |pattern| × |value| steps here, or worse.
        let glob = Glob::new(&"a*".repeat(2000));
        assert!(glob.matches(&"a".repeat(200_000)));
        assert!(!Glob::new(&format!("{}b", "a*".repeat(2000))).matches(&"a".repeat(200_000)));
    }

    /// The textbook recursion: slow, plainly right.
    fn naive(pattern: &[u8], value: &[u8]) -> bool {
        match (pattern.split_first(), value.split_first()) {
            (None, None) => true,
            (Some((b'*', p)), None) => naive(p, value),
            (Some((b'*', p)), Some((_, v))) => naive(p, value) || naive(pattern, v),
            (Some((p, ps)), Some((v, vs))) => p.eq_ignore_ascii_case(v) && naive(ps, vs),
            _ => false,
        }
    }

    proptest! {
        #[test]
        fn agrees_with_the_naive_matcher(pattern in "[aAb*]{0,8}", value in "[aAb]{0,10}") {
            prop_assert_eq!(Glob::new(&pattern).matches(&value), naive(pattern.as_bytes(), value.as_bytes()));
        }

        #[test]
        fn overlap_is_a_value_that_both_match(a in "[ab*]{0,4}", b in "[ab*]{0,4}") {
            let (a, b) = (Glob::new(&a), Glob::new(&b));
            // Two patterns of up to four characters that overlap do so in a value of at most eight.
            let mut values = vec![String::new()];
            let mut shared = false;
            for _ in 0..=8 {
                shared |= values.iter().any(|v| a.matches(v) && b.matches(v));
                values = values.iter().flat_map(|v| [format!("{v}a"), format!("{v}b")]).collect();
            }
            prop_assert_eq!(a.overlaps(&b), shared);
        }

        #[test]
        fn what_is_covered_is_matched(wide in "[ab*]{0,5}", narrow in "[ab*]{0,5}", value in "[ab]{0,6}") {
            let (wide, narrow) = (Glob::new(&wide), Glob::new(&narrow));
            if wide.covers(&narrow) && narrow.matches(&value) {
                prop_assert!(wide.matches(&value));
            }
        }
    }
}
