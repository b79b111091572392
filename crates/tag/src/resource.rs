//! Names of sensitive targets, looked for in resource fields only and bounded by what separates names.

use crate::literals::Literals;
use aho_corasick::BuildError;
use rustc_hash::FxHashMap;
use std::ops::RangeInclusive;
use std::sync::Arc;
use vires_catalog::{Catalog, MarkerMode, ResourceMarker, RoleRow};

/// The compiled resource markers and sensitive roles of a catalogue.
#[derive(Debug)]
pub(crate) struct Resources {
    catalog: Arc<Catalog>,
    /// The markers in lower case.
    names: Literals,
    /// Sensitive roles by their value in lower case.
    roles: FxHashMap<String, u16>,
    /// Lengths that a role's value may have: most texts are shorter.
    role_lengths: RangeInclusive<usize>,
}

/// A marker that was found.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Marker<'c> {
    Name(&'c ResourceMarker),
    Role(&'c RoleRow),
}

impl<'c> Marker<'c> {
    /// The name under which it is reported.
    pub(crate) fn name(self) -> &'c str {
        match self {
            Marker::Name(row) => &row.marker,
            Marker::Role(row) if row.name.is_empty() => row.value.rsplit('/').next().unwrap_or(&row.value),
            Marker::Role(row) => &row.name,
        }
    }

    pub(crate) fn severity(self) -> u8 {
        match self {
            Marker::Name(row) => row.severity,
            Marker::Role(row) => row.severity,
        }
    }
}

impl Resources {
    pub(crate) fn new(catalog: &Arc<Catalog>) -> Result<Self, BuildError> {
        let names: Vec<String> = catalog.resources().iter().map(|row| row.marker.to_ascii_lowercase()).collect();
        let mut roles = FxHashMap::default();
        for (n, row) in catalog.roles().iter().enumerate() {
            roles.entry(row.value.to_ascii_lowercase()).or_insert(n as u16);
        }
        let lengths = catalog.roles().iter().map(|row| row.value.len());
        let role_lengths = lengths.clone().min().unwrap_or(1)..=lengths.max().unwrap_or(0);
        Ok(Resources { catalog: Arc::clone(catalog), names: Literals::new(&names)?, roles, role_lengths })
    }

    /// Calls `visit` for every marker in one resource text; the same marker may come more than once. `lower` is a buffer.
    pub(crate) fn scan<'c>(&'c self, text: &str, lower: &mut Vec<u8>, mut visit: impl FnMut(Marker<'c>)) {
        let name = name_part(text);
        lower.clear();
        lower.extend_from_slice(text.as_bytes());
        lower.make_ascii_lowercase();
        let lower_name = &lower[text.len() - name.len()..];
        self.names.scan(lower_name, |index, start| {
            let row = &self.catalog.resources()[index];
            if fits(row.mode, name.as_bytes(), start, start + row.marker.len()) {
                visit(Marker::Name(row));
            }
        });
        if let Some(role) = self.role(lower) {
            visit(Marker::Role(role));
        }
    }

    fn role(&self, lower: &[u8]) -> Option<&RoleRow> {
        if !self.role_lengths.contains(&lower.len()) {
            return None;
        }
        let index = self.roles.get(std::str::from_utf8(lower).ok()?)?;
        self.catalog.roles().get(usize::from(*index))
    }
}

/// What names the resource: an ARN or a `service:name` spelling begins with words that name only its service and place.
fn name_part(text: &str) -> &str {
    if text.starts_with("arn:") {
        return text.splitn(6, ':').nth(5).unwrap_or(text);
    }
    text
}

/// True if a marker found at `start..end` of `text` stands there as its mode demands.
pub(crate) fn fits(mode: MarkerMode, text: &[u8], start: usize, end: usize) -> bool {
    let outside = |b: Option<&u8>| b.is_none_or(|b| !b.is_ascii_alphanumeric() && b.is_ascii());
    let before = start == 0 || outside(text.get(start - 1));
    let after = outside(text.get(end));
    match mode {
        MarkerMode::Token => before && after,
        // The marker brings the separator it begins with; the one it ends with may be its own.
        MarkerMode::Path => (text[start] == b'/' || before) && (text[end - 1] == b'/' || after),
        MarkerMode::Suffix => {
            text.get(end).is_none_or(|b| matches!(b, b'?' | b'#' | b'"' | b'\'' | b' ' | b',' | b';' | b')' | b'&'))
        }
        MarkerMode::Substr => true,
    }
}
