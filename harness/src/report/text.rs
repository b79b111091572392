//! Small pieces of text that all forms share. What is unknown is `-`.

use crate::stats::Interval;

/// `0.87`, or `-`.
pub(crate) fn rate(value: Option<f64>) -> String {
    value.map_or_else(|| "-".into(), |v| format!("{v:.2}"))
}

/// `+0.07`, or `-`.
pub(crate) fn delta(value: Option<f64>) -> String {
    // A difference that rounds to nothing has no sign.
    value.map_or_else(|| "-".into(), |v| if v.abs() < 0.005 { "0.00".into() } else { format!("{v:+.2}") })
}

/// `[0.76 0.93]`, or `-`.
pub(crate) fn interval(value: Option<Interval>) -> String {
    value.map_or_else(|| "-".into(), |i| format!("[{:.2} {:.2}]", i.low, i.high))
}

/// `[+0.01 +0.13]`, or `-`.
pub(crate) fn signed_interval(value: Option<Interval>) -> String {
    value.map_or_else(|| "-".into(), |i| format!("[{:+.2} {:+.2}]", i.low, i.high))
}

/// Three significant digits, also of very small numbers: `9.1e-6`, or `-`.
pub(crate) fn small(value: Option<f64>) -> String {
    match value {
        None => "-".into(),
        Some(0.0) => "0".into(),
        Some(v) if v.abs() < 0.001 => format!("{v:.1e}"),
        Some(v) if v.abs() < 1.0 => format!("{v:.4}"),
        Some(v) if v.abs() < 100.0 => format!("{v:.2}"),
        Some(v) => format!("{v:.0}"),
    }
}

/// `p = 0.12`, `p < 0.001`, or `p -`.
pub(crate) fn chance(p: Option<f64>) -> String {
    match p {
        None => "p -".into(),
        Some(p) if p < 0.001 => "p < 0.001".into(),
        Some(p) if p < 0.1 => format!("p = {p:.3}"),
        Some(p) => format!("p = {p:.2}"),
    }
}

/// `48,210`.
pub(crate) fn count(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `1 case`, `2 cases`.
pub(crate) fn several(n: u64, one: &str, many: &str) -> String {
    if n == 1 { format!("1 {one}") } else { format!("{} {many}", count(n)) }
}

/// `12 min`, `3.5 h`, `2.0 d`, or `-`.
pub(crate) fn duration(minutes: Option<f64>) -> String {
    match minutes {
        None => "-".into(),
        Some(m) if m < 1.0 => format!("{:.0} s", m * 60.0),
        Some(m) if m < 120.0 => format!("{m:.0} min"),
        Some(m) if m < 2880.0 => format!("{:.1} h", m / 60.0),
        Some(m) => format!("{:.1} d", m / 1440.0),
    }
}

/// A text from a log or a file, without control characters and at most `most` characters long.
pub(crate) fn clean(text: &str, most: usize) -> String {
    let mut out: String = text.chars().take(most).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if text.chars().nth(most).is_some() {
        out.pop();
        out.push('…');
    }
    out
}

/// The first twelve digits of a hash.
pub(crate) fn short(sha256: &str) -> String {
    sha256.get(..12).map_or_else(|| sha256.to_string(), |s| format!("{s}…"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_is_a_dash_and_never_zero() {
        for text in [rate(None), delta(None), interval(None), small(None), duration(None)] {
            assert_eq!(text, "-");
        }
        assert_eq!(chance(None), "p -");
    }

    #[test]
    fn numbers_are_readable() {
        assert_eq!(
            (count(0), count(999), count(48210), count(1_000_000)),
            ("0".into(), "999".into(), "48,210".into(), "1,000,000".into())
        );
        assert_eq!(
            (small(Some(9.08e-6)), small(Some(0.0295)), small(Some(0.0))),
            ("9.1e-6".into(), "0.0295".into(), "0".into())
        );
        assert_eq!((delta(Some(-0.001)), delta(Some(0.07))), ("0.00".into(), "+0.07".into()));
        assert_eq!(
            (duration(Some(0.5)), duration(Some(14.0)), duration(Some(200.0))),
            ("30 s".into(), "14 min".into(), "3.3 h".into())
        );
        assert_eq!(
            (chance(Some(1e-9)), chance(Some(0.0312)), chance(Some(0.5))),
            ("p < 0.001".into(), "p = 0.031".into(), "p = 0.50".into())
        );
    }

    #[test]
    fn text_from_logs_is_tamed() {
        assert_eq!(clean("a\u{1b}[31mb\nc", 20), "a [31mb c");
        assert_eq!(clean("абвгд", 3), "аб…");
    }
}
