//! Vault's actions are an operation and a path pattern; of those that match a request, the most specific wins.

use rustc_hash::FxHashMap;

/// Path patterns by operation. `*` stands for any text within a segment in the middle, and for the whole rest at the end.
#[derive(Debug, Default)]
pub(crate) struct VaultPaths {
    by_operation: FxHashMap<String, Vec<(String, u32)>>,
}

impl VaultPaths {
    /// Adds `<operation> <path pattern>`.
    pub fn insert(&mut self, action: &str, row: u32) {
        let Some((operation, pattern)) = action.split_once(' ') else { return };
        let patterns = self.by_operation.entry(operation.to_ascii_lowercase()).or_default();
        patterns.push((pattern.trim_matches('/').to_ascii_lowercase(), row));
        // Most literal characters first, so that the first match is the most specific.
        patterns.sort_by_key(|(p, _)| std::cmp::Reverse(p.bytes().filter(|b| *b != b'*').count()));
    }

    /// The row for a request. A `create` or `patch` is an `update` where no row of its own matches.
    pub fn find(&self, operation: &str, path: &str) -> Option<u32> {
        let path = path.get(..path.len().min(1024)).unwrap_or_default().trim_matches('/');
        let operation = operation.to_ascii_lowercase();
        let among = |operation: &str| {
            self.by_operation.get(operation)?.iter().find(|(pattern, _)| matches(pattern, path)).map(|(_, row)| *row)
        };
        among(&operation).or_else(|| matches!(operation.as_str(), "create" | "patch").then(|| among("update")).flatten())
    }
}

/// True if a path fits a pattern, in any letter case. Linear in the path: segments are compared pairwise.
pub(crate) fn matches(pattern: &str, path: &str) -> bool {
    let mut have = path.split('/');
    let mut want = pattern.split('/').peekable();
    while let Some(segment) = want.next() {
        let last = want.peek().is_none();
        match (segment, have.next()) {
            ("*", Some(text)) if last => return !text.is_empty(),
            ("*", Some(text)) if !text.is_empty() => {}
            (segment, Some(text)) if segment.eq_ignore_ascii_case(text) => {}
            _ => return false,
        }
    }
    have.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns() {
        for (pattern, path, want) in [
            ("secret/data/*", "secret/data/prod/db", true),
            ("secret/data/*", "secret/data", false),
            ("secret/data/*", "secret/data/", false),
            ("secret/*", "secretary/x", false),
            ("auth/approle/role/*/secret-id", "auth/approle/role/ci/secret-id", true),
            ("auth/approle/role/*/secret-id", "auth/approle/role/ci/secret-id/lookup", false),
            ("sys/seal", "SYS/Seal", true),
            ("sys/seal", "sys/seal-status", false),
        ] {
            assert_eq!(matches(pattern, path), want, "{pattern} {path}");
        }
    }

    #[test]
    fn the_most_specific_wins() {
        let mut paths = VaultPaths::default();
        for (i, action) in
            ["read secret/*", "read secret/data/*", "update auth/token/create", "update auth/token/*"].iter().enumerate()
        {
            paths.insert(action, i as u32);
        }
        assert_eq!(paths.find("read", "secret/data/app"), Some(1));
        assert_eq!(paths.find("read", "/secret/other/"), Some(0));
        assert_eq!(paths.find("READ", "secret/other"), Some(0));
        assert_eq!(paths.find("create", "auth/token/create"), Some(2));
        assert_eq!(paths.find("update", "auth/token/renew"), Some(3));
        assert_eq!(paths.find("delete", "secret/data/app"), None);
        assert_eq!(paths.find("read", ""), None);
    }
}
