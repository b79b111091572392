//! How far a credential must stand by itself to be taken for one.
//!
//! The catalogue's expressions ask for word boundaries, and `_` is part of a word: `ci_ghp_…` would not be found. Here an underscore
//! bounds as well as a blank does; and where the credential's own structure proves it, nothing needs to.

use regex::Regex;
use std::sync::OnceLock;
use vires_catalog::{Checksum, TokenPattern};

/// What stands at either end of an expression that wants its match to be a word.
const WORD: &str = r"\b";
/// What that becomes.
const NAME: &str = r"(?:\b|_)";

/// The expressions of a catalogue's token patterns, by row, compiled when they are first used.
#[derive(Debug)]
pub(crate) struct Shapes(Vec<OnceLock<Option<Regex>>>);

impl Shapes {
    pub(crate) fn new(patterns: usize) -> Self {
        Shapes((0..patterns).map(|_| OnceLock::new()).collect())
    }

    pub(crate) fn regex<'c>(&'c self, row: usize, pattern: &'c TokenPattern) -> &'c Regex {
        let loose = self.0.get(row).and_then(|slot| slot.get_or_init(|| loosened(pattern)).as_ref());
        loose.unwrap_or_else(|| pattern.regex())
    }
}

/// The expression of a pattern without the boundaries that it need not have; `None` if it has none of these.
pub(crate) fn loosened(pattern: &TokenPattern) -> Option<Regex> {
    // A checksum over the whole credential proves where it begins and ends, a known beginning only that.
    let (before, after) = match pattern.checksum {
        Checksum::GithubCrc32 | Checksum::Bech32 => ("", ""),
        Checksum::Base64Header | Checksum::JwtHeader | Checksum::JwtServiceAccount => ("", NAME),
        Checksum::None | Checksum::AwsAccount => (NAME, NAME),
    };
    let text = pattern.pattern.as_str();
    let body = text.strip_prefix(WORD).filter(|body| body.starts_with('('));
    let (before, body) = body.map_or(("", text), |body| (before, body));
    let inner = body.strip_suffix(WORD).filter(|inner| inner.ends_with(')'));
    let (body, after) = inner.map_or((body, ""), |inner| (inner, after));
    let loose = [before, body, after].concat();
    (loose != text).then(|| Regex::new(&loose).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use vires_catalog::Catalog;

    #[test]
    fn an_underscore_bounds_and_proof_needs_no_bound() {
        let catalog = Catalog::builtin().unwrap();
        let loose = |id: &str| {
            let pattern = catalog.tokens().iter().find(|t| t.id == id).unwrap();
            loosened(pattern).map(|r| r.as_str().to_owned())
        };
        assert_eq!(loose("aws-access-key-id").unwrap(), r"(?:\b|_)(AKIA[A-Z2-7]{16})(?:\b|_)");
        assert_eq!(loose("github-pat").unwrap(), "(ghp_[0-9A-Za-z]{36})");
        assert_eq!(loose("artifactory-ref").unwrap(), r"(cmVmd[0-9A-Za-z]{59})(?:\b|_)");
        assert_eq!(loose("gitlab-deploy").unwrap(), r"(?:\b|_)(gldt-[0-9A-Za-z_\-]{20})");
        assert_eq!(loose("azure-storage-key"), None);
        // Every expression that was changed still compiles: none is quietly replaced by the stricter one.
        for pattern in catalog.tokens().iter().filter(|t| t.pattern.as_str().starts_with(r"\b(")) {
            assert!(loosened(pattern).is_some(), "{}", pattern.id);
        }
    }
}
