//! Cutting pieces out of text that may be borrowed from the line or owned, without copying what can stay borrowed.

use std::borrow::Cow;
use vires_event::Text;

/// The part of `text` that `cut` chooses; borrowed from the line if `text` is.
pub(crate) fn part<'a>(text: &Text<'a>, cut: impl for<'t> FnOnce(&'t str) -> Option<&'t str>) -> Option<Text<'a>> {
    match text {
        Cow::Borrowed(s) => cut(s).filter(|p| !p.is_empty()).map(Cow::Borrowed),
        Cow::Owned(s) => cut(s).filter(|p| !p.is_empty()).map(|p| Cow::Owned(p.to_owned())),
    }
}

/// At most `max` bytes of `text`, cut at a character boundary.
pub(crate) fn bounded<'a>(text: Text<'a>, max: usize) -> Text<'a> {
    if text.len() <= max {
        return text;
    }
    let mut end = max;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    match text {
        Cow::Borrowed(s) => Cow::Borrowed(&s[..end]),
        Cow::Owned(mut s) => {
            s.truncate(end);
            Cow::Owned(s)
        }
    }
}

/// `text` in ASCII lower case; borrowed if it already is.
pub(crate) fn lower<'a>(text: Text<'a>) -> Text<'a> {
    if text.bytes().any(|b| b.is_ascii_uppercase()) { Cow::Owned(text.to_ascii_lowercase()) } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_at_characters() {
        assert_eq!(bounded("aé".into(), 2), "a");
        assert_eq!(bounded("aé".into(), 3), "aé");
        assert_eq!(bounded(String::from("aéb").into(), 3), "aé");
    }
}
