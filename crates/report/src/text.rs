use unicode_width::UnicodeWidthChar;
use vires_event::Millis;

/// Characters that change how the text around them is shown: bidirectional marks, overrides and isolates, line separators.
const REORDERING: [std::ops::RangeInclusive<char>; 4] =
    ['\u{61c}'..='\u{61c}', '\u{200e}'..='\u{200f}', '\u{2028}'..='\u{202e}', '\u{2066}'..='\u{2069}'];

/// `text` with everything that a terminal would act upon replaced by a space: control characters (line ends included), escape
/// sequences' first byte, characters that reorder their neighbours or break the line.
pub fn clean(text: &str) -> String {
    text.chars().map(|c| if c.is_control() || REORDERING.iter().any(|r| r.contains(&c)) { ' ' } else { c }).collect()
}

/// Appends `text`, cleaned, in exactly `width` columns: filled up with spaces, or cut with `…` at its end.
pub fn fit(text: &str, width: usize, out: &mut String) {
    let text = clean(text);
    let columns = |c: char| c.width().unwrap_or(0);
    let total: usize = text.chars().map(columns).sum();
    let keep = if total > width { width.saturating_sub(1) } else { width };
    let mut used = 0;
    for c in text.chars() {
        if used + columns(c) > keep {
            break;
        }
        used += columns(c);
        out.push(c);
    }
    if total > width && width > 0 {
        out.push('…');
        used += 1;
    }
    out.extend(std::iter::repeat_n(' ', width - used));
}

/// A time as RFC 3339 in UTC, to the second.
pub fn rfc3339(millis: Millis) -> Option<String> {
    let time = jiff::Timestamp::from_millisecond(millis).ok()?;
    Some(time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn fitted(text: &str, width: usize) -> String {
        let mut out = String::new();
        fit(text, width, &mut out);
        out
    }

    #[test]
    fn fits() {
        assert_eq!(fitted("abc", 5), "abc  ");
        assert_eq!(fitted("abcdef", 5), "abcd…");
        assert_eq!(fitted("日本語", 5), "日本…");
        assert_eq!(fitted("日本語", 4), "日… ");
        assert_eq!(fitted("abc", 0), "");
        assert_eq!(fitted("\u{1b}[31mred\n", 9), " [31mred ");
        assert_eq!(clean("a\u{202e}b\u{61c}c\u{2028}d"), "a b c d");
    }

    #[test]
    fn times() {
        assert_eq!(rfc3339(0).as_deref(), Some("1970-01-01T00:00:00Z"));
        assert_eq!(rfc3339(i64::MAX), None);
    }

    proptest! {
        #[test]
        fn any_text_takes_exactly_its_columns(text: String, width in 0usize..40) {
            use unicode_width::UnicodeWidthChar;
            let out = fitted(&text, width);
            prop_assert_eq!(out.chars().map(|c| c.width().unwrap_or(0)).sum::<usize>(), width);
            prop_assert!(!out.chars().any(char::is_control));
        }
    }
}
