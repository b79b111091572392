//! A regular expression that is compiled when it is first used, so that loading two hundred of them costs nothing.

use regex::{Regex, RegexBuilder};
use std::sync::OnceLock;

/// Compiled size at which a pattern is refused: a counted repetition gone wild.
const SIZE_LIMIT: usize = 4 << 20;

/// Matches nothing: stands in for a pattern that does not compile, which loading or linting has already reported.
const NEVER: &str = r"[^\s\S]";

/// A lazily compiled regular expression.
#[derive(Debug, Clone)]
pub struct Pattern {
    text: String,
    ignore_case: bool,
    regex: OnceLock<Regex>,
}

impl Pattern {
    pub(crate) fn new(text: &str) -> Self {
        Pattern { text: text.to_owned(), ignore_case: false, regex: OnceLock::new() }
    }

    pub(crate) fn ignoring_case(text: &str) -> Self {
        Pattern { ignore_case: true, ..Pattern::new(text) }
    }

    /// The pattern as written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The compiled pattern.
    pub fn regex(&self) -> &Regex {
        self.regex.get_or_init(|| match self.compile() {
            Ok(regex) => regex,
            Err(_) => Regex::new(NEVER).expect("a constant pattern"),
        })
    }

    /// Compiles the pattern, to learn whether it can be.
    pub(crate) fn compile(&self) -> Result<Regex, regex::Error> {
        RegexBuilder::new(&self.text).case_insensitive(self.ignore_case).size_limit(SIZE_LIMIT).build()
    }

    /// What is wrong with the pattern and what to do about it.
    pub(crate) fn check(&self) -> Result<(), (String, String)> {
        self.compile().map(|_| ()).map_err(|e| {
            let reason = match &e {
                regex::Error::CompiledTooBig(_) => "it is too large".to_owned(),
                other => other.to_string().lines().last().unwrap_or_default().trim().trim_start_matches("error: ").to_owned(),
            };
            (
                format!("the regex does not compile: {reason}"),
                "write it in the syntax of the Rust regex crate (no look-around, no back-references)".to_owned(),
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Pattern;

    #[test]
    fn a_bad_pattern_matches_nothing_and_says_why() {
        let bad = Pattern::new("a(");
        assert!(!bad.regex().is_match("a("));
        assert_eq!(bad.check().unwrap_err().0, "the regex does not compile: unclosed group");
        assert_eq!(Pattern::new(r"(\w{900}){900}").check().unwrap_err().0, "the regex does not compile: it is too large");
        assert!(Pattern::ignoring_case("ab").regex().is_match("xAB"));
        assert!(!Pattern::new("ab").regex().is_match("xAB"));
    }
}
