use super::{Glob, fold};
use rustc_hash::FxHashMap;

/// Many patterns, each with a value, found without trying all of them: literal patterns by hash, the others by the hash of the
/// literal text before their first `*`. Only patterns that start with `*` are tried for every value.
#[derive(Debug, Clone)]
pub struct GlobIndex<T> {
    entries: Vec<(Glob, T)>,
    literal: FxHashMap<Box<str>, Vec<u32>>,
    by_prefix: FxHashMap<Box<str>, Vec<u32>>,
    /// The distinct lengths of the keys of `by_prefix`, ascending.
    lengths: Vec<usize>,
}

impl<T> Default for GlobIndex<T> {
    fn default() -> Self {
        GlobIndex { entries: Vec::new(), literal: FxHashMap::default(), by_prefix: FxHashMap::default(), lengths: Vec::new() }
    }
}

impl<T: Copy> GlobIndex<T> {
    /// Adds a pattern.
    pub fn insert(&mut self, glob: Glob, value: T) {
        let Ok(number) = u32::try_from(self.entries.len()) else { return };
        let key: Box<str> = glob.literal_prefix().into();
        if glob.is_literal() {
            self.literal.entry(key).or_default().push(number);
        } else {
            if let Err(at) = self.lengths.binary_search(&key.len()) {
                self.lengths.insert(at, key.len());
            }
            self.by_prefix.entry(key).or_default().push(number);
        }
        self.entries.push((glob, value));
    }

    /// Calls `found` with the position (order of insertion), pattern and value of each pattern that matches `value`.
    /// The order of the calls depends on the patterns alone.
    pub fn for_each<'a>(&'a self, value: &str, mut found: impl FnMut(usize, &'a Glob, T)) {
        if self.entries.is_empty() {
            return;
        }
        let value = fold(value);
        let mut visit = |numbers: &[u32], literal: bool| {
            for number in numbers {
                if let Some((glob, value_of)) = self.entries.get(*number as usize)
                    && (literal || glob.matches_folded(&value))
                {
                    found(*number as usize, glob, *value_of);
                }
            }
        };
        if let Some(numbers) = self.literal.get(&*value) {
            visit(numbers, true);
        }
        for length in &self.lengths {
            if *length > value.len() {
                break;
            }
            if let Some(numbers) = value.get(..*length).and_then(|prefix| self.by_prefix.get(prefix)) {
                visit(numbers, false);
            }
        }
    }

    /// As [`GlobIndex::for_each`], for the patterns that cover `pattern` (see [`Glob::covers`]).
    pub fn for_each_covering<'a>(&'a self, pattern: &Glob, found: impl FnMut(usize, &'a Glob, T)) {
        self.for_each(&pattern.as_value(), found);
    }

    /// The most specific pattern that matches `value` (most fixed characters; of equals the first inserted).
    pub fn best(&self, value: &str) -> Option<(&Glob, T)> {
        let mut best: Option<(usize, usize, &Glob, T)> = None;
        self.for_each(value, |number, glob, value_of| {
            let specificity = glob.specificity();
            if best.is_none_or(|(s, n, ..)| specificity > s || (specificity == s && number < n)) {
                best = Some((specificity, number, glob, value_of));
            }
        });
        best.map(|(_, _, glob, value_of)| (glob, value_of))
    }

    /// All patterns in order of insertion.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &(Glob, T)> {
        self.entries.iter()
    }

    /// True if there is no pattern.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_most_specific_wins_then_the_first() {
        let mut index = GlobIndex::default();
        for (i, pattern) in ["aws:*", "aws:role/1/*", "aws:role/*/ab", "*", "aws:role/1/ab", "AWS:role/2/a*", "aws:role/2/*a"]
            .iter()
            .enumerate()
        {
            index.insert(Glob::new(pattern), i);
        }
        for (value, expected) in [
            ("aws:role/1/ab", Some(4)),
            ("aws:role/1/x", Some(1)),
            ("aws:role/3/AB", Some(2)),
            ("gcp:x", Some(3)),
            ("aws:role/2/aa", Some(5)),
        ] {
            assert_eq!(index.best(value).map(|(_, i)| i), expected, "{value}");
        }
        assert_eq!(GlobIndex::<u8>::default().best("x").map(|(_, i)| i), None);
    }

    proptest! {
        #[test]
        fn finds_what_a_linear_scan_finds(patterns in proptest::collection::vec("[abé*]{0,5}", 0..12), value in "[abé]{0,6}") {
            let mut index = GlobIndex::default();
            for (i, pattern) in patterns.iter().enumerate() {
                index.insert(Glob::new(pattern), i);
            }
            let mut found = Vec::new();
            index.for_each(&value, |_, _, i| found.push(i));
            found.sort_unstable();
            let expected: Vec<usize> = (0..patterns.len()).filter(|i| Glob::new(&patterns[*i]).matches(&value)).collect();
            prop_assert_eq!(found, expected);
        }
    }
}
