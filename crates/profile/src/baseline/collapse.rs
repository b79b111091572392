use super::Facet;
use std::borrow::Cow;

/// Most values of one facet. Beyond it, values are replaced by what they have in common.
pub const MAX_VALUES: usize = 512;

/// The last level: everything is one value.
pub const LAST_LEVEL: u8 = 5;

/// What stands for a value at a level of coarseness: 0 = itself, `LAST_LEVEL` = `*`.
///
/// Each level is a function of the level before (`collapse(f, collapse(f, v, l), m) == collapse(f, v, m)` for `l <= m`), and a
/// set of values is kept at the lowest level at which it has at most [`MAX_VALUES`]. The level thus depends on the set alone,
/// not on the order in which it was learned, and merging shards stays exact.
pub fn collapse(facet: Facet, value: &str, level: u8) -> Cow<'_, str> {
    match (facet, level) {
        (_, 0) => Cow::Borrowed(value),
        (_, LAST_LEVEL..) => Cow::Borrowed("*"),
        (Facet::Resource | Facet::ResourceC2 | Facet::ResourceC3 | Facet::Admin, 1..=3) => {
            segments(value, 4 - usize::from(level))
        }
        (Facet::Zone, 1..=3) if value.starts_with("net:") => network(value, if level == 1 { 2 } else { 1 }),
        (Facet::Action | Facet::ActionT3 | Facet::ActionT4 | Facet::Denied, _) => head(value, &[':']),
        (_, 1..=3) => Cow::Borrowed(value),
        _ => head(value, &[':', '@', '/', '|']),
    }
}

/// `service:a/b/c/d` → `service:a/b/*` for two segments.
fn segments(value: &str, keep: usize) -> Cow<'_, str> {
    let start = value.find(':').map_or(0, |at| at + 1);
    match value.get(start..).and_then(|rest| rest.match_indices('/').nth(keep - 1)) {
        // What ends with its last kept segment, or was cut there already, stays.
        Some((at, _)) if !matches!(value.get(start + at..), None | Some("/" | "/*")) => {
            Cow::Owned(format!("{}/*", value.get(..start + at).unwrap_or_default()))
        }
        _ => Cow::Borrowed(value),
    }
}

/// `net:203.0.113.0/24` → `net:203.0.*` for two parts. IPv6 networks and words have fewer parts and stay.
fn network(value: &str, keep: usize) -> Cow<'_, str> {
    match value.match_indices('.').nth(keep - 1) {
        Some((at, _)) => Cow::Owned(format!("{}.*", value.get(..at).unwrap_or_default())),
        None => Cow::Borrowed(value),
    }
}

fn head<'a>(value: &'a str, separators: &[char]) -> Cow<'a, str> {
    match value.find(separators) {
        Some(at) => {
            let end = at + 1;
            if value.get(end..) == Some("*") {
                Cow::Borrowed(value)
            } else {
                Cow::Owned(format!("{}*", value.get(..end).unwrap_or_default()))
            }
        }
        None => Cow::Borrowed(value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn keeps_what_values_have_in_common() {
        for (facet, value, expected) in [
            (Facet::Resource, "s3:b/x/y/z/w", ["s3:b/x/y/z/w", "s3:b/x/y/*", "s3:b/x/*", "s3:b/*", "s3:*", "*"]),
            (Facet::Resource, "s3:b/x/", ["s3:b/x/", "s3:b/x/", "s3:b/x/", "s3:b/*", "s3:*", "*"]),
            (Facet::Zone, "net:203.0.113.0/24", ["net:203.0.113.0/24", "net:203.0.*", "net:203.*", "net:203.*", "net:*", "*"]),
            (Facet::Zone, "nat-prod", ["nat-prod", "nat-prod", "nat-prod", "nat-prod", "nat-prod", "*"]),
            (Facet::Action, "s3:GetObject", ["s3:GetObject", "s3:*", "s3:*", "s3:*", "s3:*", "*"]),
            (Facet::Delegator, "person:a@b", ["person:a@b", "person:a@b", "person:a@b", "person:a@b", "person:*", "*"]),
        ] {
            for (level, expected) in (0..).zip(expected) {
                assert_eq!(collapse(facet, value, level), expected, "{value} at {level}");
            }
        }
    }

    proptest! {
        #[test]
        fn levels_form_a_chain(value in "(s3|net|k8s)?:?[a-c./*@|:0-9]{0,14}", facet in 0..super::super::FACETS, a in 0u8..6, b in 0u8..6) {
            let facet = Facet::ALL[facet];
            let (low, high) = (a.min(b), a.max(b));
            let step = collapse(facet, &value, low).into_owned();
            prop_assert_eq!(collapse(facet, &step, high).into_owned(), collapse(facet, &value, high).into_owned());
        }
    }
}
