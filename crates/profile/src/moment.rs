//! Dates in files that people write: a TOML date or date-time, or the same in quotes.

use vires_event::{Millis, parse_time};

/// The end of a span of time: a date means the end of that day (UTC), a date-time that moment (without offset: UTC).
pub(crate) fn end_of(value: &toml::Value) -> Option<Millis> {
    let (at, is_date) = parse(value)?;
    Some(if is_date { at + 86_400_000 } else { at })
}

/// The start of a span of time: a date means its midnight (UTC).
pub(crate) fn start_of(value: &toml::Value) -> Option<Millis> {
    parse(value).map(|(at, _)| at)
}

/// [`end_of`] for plain text.
pub(crate) fn end_of_text(text: &str) -> Option<Millis> {
    let (at, is_date) = parse_text(text)?;
    Some(if is_date { at + 86_400_000 } else { at })
}

fn parse(value: &toml::Value) -> Option<(Millis, bool)> {
    match value {
        toml::Value::Datetime(datetime) => parse_text(&datetime.to_string()),
        toml::Value::String(text) => parse_text(text),
        _ => None,
    }
}

fn parse_text(text: &str) -> Option<(Millis, bool)> {
    let text = text.trim();
    // Epoch numbers are times in logs, in a file of ours they are a mistake.
    text.as_bytes().get(4).filter(|c| **c == b'-')?;
    if text.len() == 10 { Some((parse_time(&format!("{text}T00:00:00Z"))?, true)) } else { Some((parse_time(text)?, false)) }
}

/// Writes a moment as RFC 3339, UTC, to the second.
pub(crate) fn write(at: Millis) -> String {
    jiff::Timestamp::from_millisecond(at).map_or_else(|_| String::new(), |t| t.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_ends_with_its_day() {
        for (text, start, end) in [
            ("2026-12-31", Some("2026-12-31T00:00:00Z"), Some("2027-01-01T00:00:00Z")),
            ("2026-12-31T12:00:00Z", Some("2026-12-31T12:00:00Z"), Some("2026-12-31T12:00:00Z")),
            ("2026-12-31T12:00:00+02:00", Some("2026-12-31T10:00:00Z"), Some("2026-12-31T10:00:00Z")),
            ("2026-12-31 12:00:00", Some("2026-12-31T12:00:00Z"), Some("2026-12-31T12:00:00Z")),
            ("2026-13-31", None, None),
            ("1795459481", None, None),
            ("soon", None, None),
        ] {
            let value = toml::Value::String(text.into());
            assert_eq!(start_of(&value).map(write).as_deref(), start, "{text}");
            assert_eq!(end_of(&value).map(write).as_deref(), end, "{text}");
        }
        let value: toml::Table = toml::from_str("d = 2026-12-31\nt = 2026-03-01T00:00:00Z\nn = 5").unwrap();
        assert_eq!(end_of(&value["d"]).map(write).as_deref(), Some("2027-01-01T00:00:00Z"));
        assert_eq!(start_of(&value["t"]).map(write).as_deref(), Some("2026-03-01T00:00:00Z"));
        assert_eq!(end_of(&value["n"]), None);
    }
}
