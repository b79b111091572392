//! Names of sensitive targets, looked for in resource fields only and bounded by what separates names.

use crate::literals::Literals;
use aho_corasick::BuildError;
use rustc_hash::FxHashMap;
use std::sync::Arc;
use vires_catalog::{Catalog, MarkerMode, ResourceMarker, RoleRow};

/// The compiled resource markers and sensitive roles of a catalogue.
#[derive(Debug)]
pub(crate) struct Resources {
    catalog: Arc<Catalog>,
    /// The markers in lower case.
    names: Literals,
    /// Sensitive roles by their value in lower case.
    roles: FxHashMap<Box<[u8]>, u16>,
    /// A bit for each length and each pair of ends that a role's value has: most texts are no role.
    like_roles: [u64; 64],
}

/// Texts in which markers are looked for in one go, and buffers for it.
#[derive(Debug, Default)]
pub(crate) struct Texts {
    /// The names in lower case, a line end behind each.
    names: Vec<u8>,
    /// Where each name ends, and the row of the role that the whole text is.
    ends: Vec<(usize, Option<u16>)>,
    role: Vec<u8>,
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
        let (mut roles, mut like_roles) = (FxHashMap::default(), [0; 64]);
        for (n, row) in catalog.roles().iter().enumerate() {
            let value = row.value.to_ascii_lowercase().into_bytes().into_boxed_slice();
            let (word, bit) = likeness(&value);
            like_roles[word] |= 1 << bit;
            roles.entry(value).or_insert(n as u16);
        }
        Ok(Resources { catalog: Arc::clone(catalog), names: Literals::new(&names)?, roles, like_roles })
    }

    /// Calls `visit` for every marker in the texts with the number of the text, text by text; the same marker may come more than
    /// once.
    pub(crate) fn scan<'c, 't>(
        &'c self,
        texts: impl IntoIterator<Item = &'t str>,
        buffers: &mut Texts,
        mut visit: impl FnMut(usize, Marker<'c>),
    ) {
        let Texts { names, ends, role } = buffers;
        names.clear();
        ends.clear();
        for text in texts {
            names.extend_from_slice(name_part(text).as_bytes());
            ends.push((names.len(), self.role(text.as_bytes(), role)));
            names.push(b'\n');
        }
        names.make_ascii_lowercase();
        let (mut number, mut first) = (0, 0);
        // What a whole text is comes after what stands in it.
        let finish = |number: usize, visit: &mut dyn FnMut(usize, Marker<'c>)| {
            if let Some(role) = ends.get(number).and_then(|(_, role)| self.catalog.roles().get(usize::from((*role)?))) {
                visit(number, Marker::Role(role));
            }
        };
        self.names.scan(names, |index, start| {
            while let Some((end, _)) = ends.get(number).filter(|(end, _)| *end <= start) {
                finish(number, &mut visit);
                (number, first) = (number + 1, end + 1);
            }
            let row = &self.catalog.resources()[index];
            let name = ends.get(number).and_then(|(end, _)| names.get(first..*end)).unwrap_or_default();
            let (start, end) = (start.saturating_sub(first), start.saturating_sub(first) + row.marker.len());
            if end <= name.len() && fits(row.mode, name, start, end) {
                visit(number, Marker::Name(row));
            }
        });
        (number..ends.len()).for_each(|number| finish(number, &mut visit));
    }

    /// True if a text among what a request names may be more than what [`Resources::any`] finds in it: a role; or an ARN or a URL, which
    /// are taken apart before they are looked at.
    #[inline]
    pub(crate) fn must_be_taken_apart(&self, text: &[u8], buffers: &mut Texts) -> bool {
        text.starts_with(b"arn:") || text.starts_with(b"https:") || self.is_role(text, buffers)
    }

    /// True if what stands behind a slash in one of the texts is the name of a sensitive role. A line end stands behind each.
    #[inline]
    pub(crate) fn any_role_behind_slash(&self, texts: &[u8], buffers: &mut Texts) -> bool {
        memchr::memchr_iter(b'/', texts).any(|at| {
            let rest = texts.get(at + 1..).unwrap_or_default();
            let end = memchr::memchr2(b'/', b'\n', rest).unwrap_or(rest.len());
            self.is_role(rest.get(..end).unwrap_or_default(), buffers)
        })
    }

    /// True for the name of a sensitive role.
    #[inline]
    pub(crate) fn is_role(&self, text: &[u8], buffers: &mut Texts) -> bool {
        self.role(text, &mut buffers.role).is_some()
    }

    /// True if a marker's name stands in one of the texts, however bounded. Puts them in lower case. A line end stands between two.
    pub(crate) fn any(&self, texts: &mut [u8]) -> bool {
        texts.make_ascii_lowercase();
        self.names.any(texts)
    }

    /// The row of the sensitive role that `text` is.
    #[inline]
    fn role(&self, text: &[u8], lower: &mut Vec<u8>) -> Option<u16> {
        let (word, bit) = likeness(text);
        if self.like_roles[word] >> bit & 1 == 0 {
            return None;
        }
        lower.clear();
        lower.extend_from_slice(text);
        lower.make_ascii_lowercase();
        self.roles.get(lower.as_slice()).copied()
    }
}

/// A place among 64 times 64 that depends on a text's length and ends, whatever their case.
fn likeness(text: &[u8]) -> (usize, u32) {
    let end = |b: Option<&u8>| b.map_or(0, |b| usize::from(b | 0x20));
    (text.len() % 64, (end(text.first()) * 7 + end(text.last())) as u32 % 64)
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
