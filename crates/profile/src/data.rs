//! How sensitive a target is: 0 public, 1 internal, 2 confidential, 3 restricted.

use crate::globs::{Glob, GlobIndex, Globs};

/// One `[[data]]` entry of an inventory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataRule {
    /// Targets it speaks of, as `<service>:<name>` patterns.
    pub targets: Globs,
    /// Class, 0–3.
    pub class: u8,
    /// Labels, e.g. `pii`.
    pub labels: Vec<String>,
    /// The line of the inventory that declares it.
    pub line: usize,
}

/// All data classes of an inventory.
#[derive(Debug, Clone, Default)]
pub struct DataClasses {
    rules: Vec<DataRule>,
    index: GlobIndex<u32>,
}

impl DataClasses {
    /// Builds the lookup.
    pub fn new(rules: Vec<DataRule>) -> Self {
        let mut index = GlobIndex::default();
        for (number, rule) in (0u32..).zip(&rules) {
            for glob in rule.targets.iter() {
                index.insert(Glob::clone(glob), number);
            }
        }
        DataClasses { rules, index }
    }

    /// Class and labels of a target (`s3:bucket/key`). Where several entries match, the highest class counts, of equal ones the first.
    /// `None` if no entry speaks of it.
    pub fn class_of(&self, target: &str) -> Option<(u8, &[String])> {
        let mut best: Option<(u8, u32)> = None;
        self.index.for_each(target, |_, _, number| {
            let class = self.rules.get(number as usize).map_or(0, |rule| rule.class);
            if best.is_none_or(|(c, n)| class > c || (class == c && number < n)) {
                best = Some((class, number));
            }
        });
        let rule = self.rules.get(best?.1 as usize)?;
        Some((rule.class, &rule.labels))
    }

    /// The highest class that an entry gives to everything a pattern matches.
    pub(crate) fn class_covering(&self, pattern: &Glob) -> Option<u8> {
        let mut best = None;
        self.index
            .for_each_covering(pattern, |_, _, number| best = best.max(self.rules.get(number as usize).map(|rule| rule.class)));
        best
    }

    /// The entries in file order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &DataRule> {
        self.rules.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_highest_class_counts() {
        let rule = |targets: &[&str], class, label: &str| DataRule {
            targets: Globs::new(targets),
            class,
            labels: vec![label.into()],
            line: 1,
        };
        let data = DataClasses::new(vec![
            rule(&["s3:public-*", "s3:*"], 1, "any"),
            rule(&["s3:*-payroll*", "secret:prod/*"], 3, "pii"),
            rule(&["s3:x-payroll*"], 3, "second"),
            rule(&["s3:assets/*"], 0, "web"),
        ]);
        for (target, expected) in [
            ("s3:x-payroll-1", Some((3, "pii"))),
            ("S3:Public-Payroll", Some((3, "pii"))),
            ("s3:assets/logo.png", Some((1, "any"))),
            ("secret:prod/db", Some((3, "pii"))),
            ("secret:dev/db", None),
            ("", None),
        ] {
            assert_eq!(data.class_of(target).map(|(c, l)| (c, l[0].as_str())), expected, "{target}");
        }
    }
}
