//! Taking text lines apart by hand.

use vires_event::Text;

/// `part`, which must lie inside `whole`, with the life of the line instead of the borrow of `whole`.
pub(crate) fn within<'a>(whole: &Text<'a>, part: &str) -> Text<'a> {
    if let Text::Borrowed(line) = whole {
        let start = (part.as_ptr() as usize).wrapping_sub(line.as_ptr() as usize);
        if let Some(inside) = line.get(start..start.saturating_add(part.len())) {
            return Text::Borrowed(inside);
        }
    }
    Text::Owned(part.to_owned())
}

/// What stands between `before` and `after`; to the end if `after` never comes.
pub(crate) fn between<'t>(text: &'t str, before: &str, after: &str) -> Option<&'t str> {
    let (_, rest) = text.split_once(before)?;
    Some(rest.split_once(after).map_or(rest, |(inner, _)| inner))
}

/// The first word after `before`.
pub(crate) fn word_after<'t>(text: &'t str, before: &str) -> Option<&'t str> {
    text.split_once(before)?.1.split_ascii_whitespace().next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_keeps_the_life_of_its_line() {
        let line: Text<'static> = "Accepted publickey for deploy".into();
        let found = within(&line, word_after(&line, " for ").unwrap());
        assert!(matches!(found, Text::Borrowed("deploy")));
        let line: Text<'static> = String::from("x for deploy").into();
        assert_eq!(within(&line, word_after(&line, " for ").unwrap()), "deploy");
        let elsewhere = String::from("elsewhere");
        assert_eq!(within(&Text::Borrowed("short"), &elsewhere), "elsewhere");
    }

    #[test]
    fn finds_what_stands_between() {
        assert_eq!(between("a (b) c", "(", ")"), Some("b"));
        assert_eq!(between("a (b", "(", ")"), Some("b"));
        assert_eq!(between("a", "(", ")"), None);
        assert_eq!(word_after("x for  y z", " for "), Some("y"));
        assert_eq!(word_after("x for ", " for "), None);
    }
}
