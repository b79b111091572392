//! Spans of time as people write them in files: `90m`, `12h`, `1d12h`.

use vires_event::Millis;

/// Reads a span in milliseconds: whole numbers with `w`, `d`, `h`, `m` or `s`, several after one another add up (`1d12h`).
/// `None` for anything else, and for more than a hundred years.
pub fn parse_duration(text: &str) -> Option<Millis> {
    const LIMIT: Millis = 100 * 366 * 86_400_000;
    let mut total: Millis = 0;
    let mut number: Option<Millis> = None;
    for c in text.trim().bytes() {
        if c.is_ascii_digit() {
            number = Some(number.unwrap_or(0).checked_mul(10)?.checked_add(Millis::from(c - b'0'))?);
            continue;
        }
        let unit = match c {
            b'w' => 7 * 86_400_000,
            b'd' => 86_400_000,
            b'h' => 3_600_000,
            b'm' => 60_000,
            b's' => 1000,
            _ => return None,
        };
        total = total.checked_add(number.take()?.checked_mul(unit)?)?;
    }
    (number.is_none() && total <= LIMIT && !text.trim().is_empty()).then_some(total)
}

/// Writes a span so that [`parse_duration`] reads it back, to the second: `1d12h`, `90m`.
pub fn write_duration(span: Millis) -> String {
    let mut rest = span.max(0) / 1000;
    let mut out = String::new();
    for (unit, seconds) in [("d", 86_400), ("h", 3600), ("m", 60), ("s", 1)] {
        if rest >= seconds {
            out.push_str(&format!("{}{unit}", rest / seconds));
            rest %= seconds;
        }
    }
    if out.is_empty() { "0s".into() } else { out }
}

#[cfg(test)]
mod tests {
    use super::{parse_duration, write_duration};

    #[test]
    fn reads_spans() {
        for (text, expected) in [
            ("12h", Some(43_200_000)),
            ("90m", Some(5_400_000)),
            ("1d12h", Some(129_600_000)),
            (" 2w ", Some(1_209_600_000)),
            ("0s", Some(0)),
            ("90", None),
            ("h", None),
            ("1.5h", None),
            ("-1h", None),
            ("", None),
            ("1 h", None),
            ("99999999999999999999h", None),
            ("9999w9999w", None),
        ] {
            assert_eq!(parse_duration(text), expected, "{text}");
        }
    }

    #[test]
    fn writes_what_it_reads() {
        for (text, expected) in [("90m", "1h30m"), ("12h", "12h"), ("2w", "14d"), ("0s", "0s"), ("61s", "1m1s")] {
            assert_eq!(write_duration(parse_duration(text).unwrap()), expected, "{text}");
        }
    }
}
