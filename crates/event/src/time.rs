/// Milliseconds since 1970-01-01T00:00:00Z.
pub type Millis = i64;

/// Reads a log timestamp: RFC 3339 (`T` or a space between date and time, any fraction, `Z`, an offset, both also after a space, or
/// none = UTC), the same without separators (`20261123184441.123`, `20261123T184441Z`), RFC 2822 (`Mon, 23 Nov 2026 18:44:41 GMT`),
/// epoch seconds (with or without a fraction), epoch milliseconds, microseconds or nanoseconds, told apart by magnitude.
///
/// `None` for anything else, for impossible dates and for years outside 1970–9999.
pub fn parse_time(text: &str) -> Option<Millis> {
    let b = text.trim().as_bytes();
    if b.len() >= 19 && b.get(4) == Some(&b'-') {
        return rfc3339(b);
    }
    // No epoch has 14 digits before the year 2286.
    let digits = b.iter().take_while(|c| c.is_ascii_digit()).count();
    match (digits, b.get(digits)) {
        (14, _) => joined(b, b.get(8..14)?, b.get(14..)?),
        (8, Some(b'T' | b't')) => joined(b, b.get(9..15)?, b.get(15..)?),
        (n, Some(b' ')) if n > 0 => rfc2822(b),
        (0, Some(c)) if c.is_ascii_alphabetic() => rfc2822(b.get(4..).filter(|_| b.get(3) == Some(&b','))?.trim_ascii_start()),
        _ => epoch(text.trim()),
    }
}

/// A date of eight digits that `b` begins with, a time of day of six, and what follows it.
fn joined(b: &[u8], time: &[u8], rest: &[u8]) -> Option<Millis> {
    let date = Date { year: digits(b, 0, 4)?, month: digits(b, 4, 2)?, day: digits(b, 6, 2)? };
    at(date, [digits(time, 0, 2)?, digits(time, 2, 2)?, digits(time, 4, 2)?], rest)
}

/// `23 Nov 2026 18:44:41 +0000`, without the day of the week.
fn rfc2822(b: &[u8]) -> Option<Millis> {
    let width = b.iter().take_while(|c| c.is_ascii_digit()).count();
    let day = digits(b, 0, width).filter(|_| matches!(width, 1 | 2))?;
    let b = b.get(width..)?;
    let month = (1..).zip(MONTHS).find(|(_, name)| b.get(1..4).is_some_and(|b| b.eq_ignore_ascii_case(name)))?.0;
    let time = [digits(b, 10, 2)?, digits(b, 13, 2)?, digits(b, 16, 2)?];
    let separators = b[0] == b' ' && b[4] == b' ' && b[9] == b' ' && b[12] == b':' && b[15] == b':';
    separators.then_some(())?;
    at(Date { year: digits(b, 5, 4)?, month, day }, time, b.get(18..)?)
}

struct Date {
    year: i64,
    month: i64,
    day: i64,
}

const MONTHS: [&[u8]; 12] = [b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec"];

fn epoch(text: &str) -> Option<Millis> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if whole.is_empty() || whole.len() > 19 || !whole.bytes().all(|c| c.is_ascii_digit()) {
        return None;
    }
    if !fraction.bytes().all(|c| c.is_ascii_digit()) {
        return None;
    }
    let n: i64 = whole.parse().ok()?;
    match n {
        // A bare small number is not a time: 1e8 s is March 1973.
        0..100_000_000 => None,
        100_000_000..100_000_000_000 => {
            let mut millis = 0;
            for i in 0..3 {
                millis = millis * 10 + i64::from(fraction.as_bytes().get(i).map_or(0, |d| d - b'0'));
            }
            Some(n * 1000 + millis)
        }
        100_000_000_000..100_000_000_000_000 => Some(n),
        100_000_000_000_000..100_000_000_000_000_000 => Some(n / 1000),
        _ => Some(n / 1_000_000),
    }
}

fn rfc3339(b: &[u8]) -> Option<Millis> {
    let date = Date { year: digits(b, 0, 4)?, month: digits(b, 5, 2)?, day: digits(b, 8, 2)? };
    let time = [digits(b, 11, 2)?, digits(b, 14, 2)?, digits(b, 17, 2)?];
    let separators = b[7] == b'-' && matches!(b[10], b'T' | b't' | b' ') && b[13] == b':' && b[16] == b':';
    separators.then_some(())?;
    at(date, time, b.get(19..)?)
}

/// A moment by its parts. `rest` is what follows the seconds: a fraction, a zone.
fn at(Date { year, month, day }: Date, [hour, minute, second]: [i64; 3], rest: &[u8]) -> Option<Millis> {
    // Second 60 is a leap second: it exists in logs.
    if year < 1970 || hour > 23 || minute > 59 || second > 60 || day < 1 || day > month_days(year, month)? {
        return None;
    }
    let (millis, zone) = fraction(rest)?;
    let seconds = days_from_civil(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second - zone_minutes(zone)? * 60;
    Some(seconds * 1000 + millis)
}

/// Milliseconds of a fraction, if there is one, and what follows it.
fn fraction(b: &[u8]) -> Option<(i64, &[u8])> {
    let Some(b) = b.strip_prefix(b".").or_else(|| b.strip_prefix(b",")) else { return Some((0, b)) };
    let width = b.iter().take_while(|d| d.is_ascii_digit()).count();
    let (figures, rest) = b.split_at_checked(width).filter(|_| width > 0)?;
    let millis = (0..3).fold(0, |millis, i| millis * 10 + figures.get(i).map_or(0, |d| i64::from(d - b'0')));
    Some((millis, rest))
}

/// Minutes that a zone is ahead of UTC.
fn zone_minutes(b: &[u8]) -> Option<i64> {
    match b.strip_prefix(b" ").unwrap_or(b) {
        [] | [b'Z' | b'z'] | b"UTC" | b"GMT" => Some(0),
        [sign @ (b'+' | b'-'), rest @ ..] => {
            let (h, m) = match rest.len() {
                5 if rest[2] == b':' => (digits(rest, 0, 2)?, digits(rest, 3, 2)?),
                4 => (digits(rest, 0, 2)?, digits(rest, 2, 2)?),
                2 => (digits(rest, 0, 2)?, 0),
                _ => return None,
            };
            (h <= 23 && m <= 59).then_some((h * 60 + m) * if *sign == b'-' { -1 } else { 1 })
        }
        _ => None,
    }
}

fn digits(b: &[u8], at: usize, n: usize) -> Option<i64> {
    b.get(at..at + n)?.iter().try_fold(0, |acc, d| d.is_ascii_digit().then(|| acc * 10 + i64::from(d - b'0')))
}

fn month_days(year: i64, month: i64) -> Option<i64> {
    Some(match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        _ => return None,
    })
}

/// Days from 1970-01-01 in the proleptic Gregorian calendar (era arithmetic: 400 years are 146,097 days).
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let y = if month <= 2 { year - 1 } else { year };
    let era = y.div_euclid(400);
    let year_of_era = y - era * 400;
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// Where the year of a time that says none (RFC 3164: `Nov 23 18:44:41`) comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Year {
    /// It is this one.
    Is(i64),
    /// The one that brings the time nearest to this moment.
    Near(Millis),
}

/// Reads a time without a year, as UTC. `None` for anything else.
pub fn parse_yearless(text: &str, year: Year) -> Option<Millis> {
    let b = text.as_bytes();
    let month = (1..).zip(MONTHS).find(|(_, name)| b.starts_with(name))?.0;
    let day = match b.get(4)? {
        b' ' => digits(b, 5, 1)?,
        _ => digits(b, 4, 2)?,
    };
    let (hour, minute, second) = (digits(b, 7, 2)?, digits(b, 10, 2)?, digits(b, 13, 2)?);
    let separators = b.len() == 15 && b[3] == b' ' && b[6] == b' ' && b[9] == b':' && b[12] == b':';
    if !separators || hour > 23 || minute > 59 || second > 60 || day < 1 {
        return None;
    }
    let at = |year: i64| {
        let known = (1970..=9999).contains(&year) && day <= month_days(year, month)?;
        known.then(|| (days_from_civil(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second) * 1000)
    };
    match year {
        Year::Is(year) => at(year),
        Year::Near(moment) => {
            // Years have 365.2425 days on average, which is near enough to find the neighbours.
            let about = 1970 + moment.div_euclid(31_556_952_000);
            (about - 1..=about + 1).filter_map(at).min_by_key(|time| time.abs_diff(moment))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Year, parse_time, parse_yearless};

    #[test]
    fn finds_the_year_of_a_time_without_one() {
        let near = |moment: &str| Year::Near(parse_time(moment).unwrap());
        for (text, year, full) in [
            ("Nov 23 18:44:41", Year::Is(2026), Some("2026-11-23T18:44:41Z")),
            ("Mar  1 00:00:00", Year::Is(2026), Some("2026-03-01T00:00:00Z")),
            ("Feb 29 10:00:00", Year::Is(2024), Some("2024-02-29T10:00:00Z")),
            ("Feb 29 10:00:00", Year::Is(2026), None),
            ("Dec 31 23:59:58", near("2026-12-31T23:59:59Z"), Some("2026-12-31T23:59:58Z")),
            ("Dec 31 23:59:58", near("2027-01-01T00:00:01Z"), Some("2026-12-31T23:59:58Z")),
            ("Jan  1 00:00:03", near("2026-12-31T23:59:59Z"), Some("2027-01-01T00:00:03Z")),
            ("Feb 29 10:00:00", near("2024-03-05T00:00:00Z"), Some("2024-02-29T10:00:00Z")),
            ("Nov 31 18:44:41", Year::Is(2026), None),
            ("Nov 23 24:00:00", Year::Is(2026), None),
            ("Nov 23 18:44:41", Year::Is(99_999), None),
            ("Nov 23 18:44:41 ", Year::Is(2026), None),
            ("Nov", Year::Is(2026), None),
            ("", Year::Near(i64::MAX), None),
            ("Nov 23 18:44:41", Year::Near(i64::MAX), None),
            ("Nov 23 18:44:41", Year::Near(i64::MIN), None),
        ] {
            assert_eq!(parse_yearless(text, year), full.and_then(parse_time), "{text} {year:?}");
        }
    }

    #[test]
    fn reads_what_logs_write() {
        for (text, millis) in [
            ("1970-01-01T00:00:00Z", 0),
            ("2026-11-23T18:44:41Z", 1_795_459_481_000),
            ("2026-11-23T18:44:41.5Z", 1_795_459_481_500),
            ("2026-11-23 18:44:41.123456789", 1_795_459_481_123),
            ("2026-11-23T20:44:41+02:00", 1_795_459_481_000),
            ("2026-11-23T13:14:41-0530", 1_795_459_481_000),
            ("2024-02-29T00:00:00Z", 1_709_164_800_000),
            ("2026-11-23 18:44:41.301 +0000", 1_795_459_481_301),
            ("2026-11-23 20:44:41.5 +02:00", 1_795_459_481_500),
            ("2026-11-23 18:44:41.5 UTC", 1_795_459_481_500),
            ("2026-11-23 18:44:41 Z", 1_795_459_481_000),
            ("20261123184441.123", 1_795_459_481_123),
            ("20261123184441", 1_795_459_481_000),
            ("20261123T184441Z", 1_795_459_481_000),
            ("20261123T204441.5+0200", 1_795_459_481_500),
            ("Mon, 23 Nov 2026 18:44:41 GMT", 1_795_459_481_000),
            ("Mon, 23 Nov 2026 13:14:41 -0530", 1_795_459_481_000),
            ("23 Nov 2026 18:44:41", 1_795_459_481_000),
            ("Sun, 1 Mar 2026 00:00:00 +0000", 1_772_323_200_000),
            ("1795459481", 1_795_459_481_000),
            ("1795459481.25", 1_795_459_481_250),
            ("1795459481000", 1_795_459_481_000),
            ("1795459481000000", 1_795_459_481_000),
            ("1795459481000000000", 1_795_459_481_000),
        ] {
            assert_eq!(parse_time(text), Some(millis), "{text}");
        }
    }

    #[test]
    fn refuses_what_is_no_time() {
        for text in [
            "",
            "yesterday",
            "2026-02-29T00:00:00Z",
            "2026-13-01T00:00:00Z",
            "2026-11-23T24:00:00Z",
            "12",
            "1e9",
            "2026-11-23T18:44:41.Z",
            "2026-11-23T18:44:41+2",
            "99999999999999999999",
            "2026-11-23T18:44:41Zjunk",
            "2026-11-23 18:44:41  +0000",
            "2026-11-23 18:44:41 CET",
            "20261323184441",
            "20261123T1844",
            "20261123T",
            "Mon, 23 Nov 2026",
            "Mon, 32 Nov 2026 18:44:41 GMT",
            "123 Nov 2026 18:44:41 GMT",
            "23 Xyz 2026 18:44:41 GMT",
            "Mon",
        ] {
            assert_eq!(parse_time(text), None, "{text}");
        }
    }
}
