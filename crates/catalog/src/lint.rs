//! The checks that are too expensive, or too strict, for start-up: `vires catalog lint` and the test of the built-in files.

mod actions;
mod patterns;
mod rows;

use crate::catalog::Catalog;
use crate::error::Problem;

/// Looks for rows that can never match, contradict each other or do not compile. Findings come sorted by file and line; an
/// empty list is a clean catalogue.
pub fn lint(catalog: &Catalog) -> Vec<Problem> {
    let mut found = Vec::new();
    actions::check(catalog, &mut found);
    patterns::check(catalog, &mut found);
    rows::check(catalog, &mut found);
    found.sort_by(|a, b| (&a.file, a.line, &a.message).cmp(&(&b.file, b.line, &b.message)));
    found.dedup();
    found
}
