//! When a workload is expected to act: `always`, `cron: 0 2 * * * tz=UTC jitter=90m` or `window: Mon-Fri 08:00-19:00 tz=Europe/Berlin`.
//!
//! Times are local to `tz` (UTC if absent), with the time zone database that is compiled in, so the answer is the same on every host.

mod cron;
mod window;

use crate::duration::parse_duration;
use cron::Cron;
use jiff::Timestamp;
use jiff::tz::{TimeZone, TimeZoneDatabase};
use vires_event::Millis;
use window::Window;

/// When a workload is expected to act.
#[derive(Debug, Clone, PartialEq)]
pub struct Schedule {
    text: Box<str>,
    rule: Rule,
}

#[derive(Debug, Clone, PartialEq)]
enum Rule {
    Always,
    Cron { cron: Cron, zone: TimeZone, jitter: Millis },
    Window { window: Window, zone: TimeZone },
}

/// A schedule that cannot be read: what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ScheduleError(String);

/// How long after it starts a job may act where the schedule gives no `jitter`.
pub const DEFAULT_JITTER: Millis = 3_600_000;
/// How early a job may act: clocks differ.
const EARLY: Millis = 60_000;
/// Longest jitter: beyond it a schedule says nothing.
const LONGEST_JITTER: Millis = 7 * 86_400_000;

impl Schedule {
    /// Reads a schedule.
    pub fn parse(text: &str) -> Result<Self, ScheduleError> {
        let fail = |message: String| Err(ScheduleError(message));
        let trimmed = text.trim();
        let rule = if trimmed.eq_ignore_ascii_case("always") {
            Rule::Always
        } else if let Some(rest) = trimmed.strip_prefix("cron:") {
            let (fields, mut options) = split_options(rest)?;
            let jitter = match options.take("jitter") {
                None => DEFAULT_JITTER,
                Some(span) => match parse_duration(span).filter(|jitter| *jitter <= LONGEST_JITTER) {
                    Some(jitter) => jitter,
                    None => return fail(format!("jitter `{span}` is not a span such as 90m of at most 7 days")),
                },
            };
            let zone = options.zone()?;
            options.finish()?;
            Rule::Cron { cron: Cron::parse(&fields)?, zone, jitter }
        } else if let Some(rest) = trimmed.strip_prefix("window:") {
            let (fields, mut options) = split_options(rest)?;
            let zone = options.zone()?;
            options.finish()?;
            Rule::Window { window: Window::parse(&fields)?, zone }
        } else {
            return fail(
                "a schedule is \"always\", \"cron: <5 fields> tz=… jitter=…\" or \"window: <days> <HH:MM-HH:MM> tz=…\"".into(),
            );
        };
        Ok(Schedule { text: trimmed.into(), rule })
    }

    /// True if activity at this moment is expected. A cron schedule expects it from a minute before until `jitter` after each start.
    pub fn contains(&self, at: Millis) -> bool {
        let Ok(at) = Timestamp::from_millisecond(at) else { return false };
        match &self.rule {
            Rule::Always => true,
            Rule::Cron { cron, zone, jitter } => cron.fires_within(at, *jitter, EARLY, zone),
            Rule::Window { window, zone } => window.contains(zone.to_datetime(at)),
        }
    }

    /// True for `always`: nothing is unexpected.
    pub fn is_always(&self) -> bool {
        self.rule == Rule::Always
    }

    /// The schedule as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

/// The `key=value` words at the end of a schedule.
struct Options<'t>(Vec<(&'t str, &'t str)>);

fn split_options(text: &str) -> Result<(Vec<&str>, Options<'_>), ScheduleError> {
    let mut fields = Vec::new();
    let mut options = Vec::new();
    for word in text.split_whitespace() {
        match word.split_once('=') {
            Some(option) => options.push(option),
            None if options.is_empty() => fields.push(word),
            None => return Err(ScheduleError(format!("`{word}` stands after an option; options come last"))),
        }
    }
    Ok((fields, Options(options)))
}

impl<'t> Options<'t> {
    fn take(&mut self, key: &str) -> Option<&'t str> {
        let at = self.0.iter().position(|(k, _)| *k == key)?;
        Some(self.0.remove(at).1)
    }

    fn zone(&mut self) -> Result<TimeZone, ScheduleError> {
        let name = self.take("tz").unwrap_or("UTC");
        if name.eq_ignore_ascii_case("utc") {
            return Ok(TimeZone::UTC);
        }
        TimeZoneDatabase::bundled()
            .get(name)
            .map_err(|_| ScheduleError(format!("unknown time zone `{name}`; use a name such as Europe/Berlin")))
    }

    fn finish(self) -> Result<(), ScheduleError> {
        match self.0.first() {
            None => Ok(()),
            Some((key, _)) => Err(ScheduleError(format!("unknown or repeated option `{key}`"))),
        }
    }
}

/// Day of the week by its three-letter name, Sunday 0.
fn weekday(name: &str) -> Option<u8> {
    named(name, &["sun", "mon", "tue", "wed", "thu", "fri", "sat"])
}

fn named(name: &str, names: &[&str]) -> Option<u8> {
    (0u8..).zip(names).find(|(_, n)| n.eq_ignore_ascii_case(name)).map(|(i, _)| i)
}

#[cfg(test)]
mod tests {
    use super::*;
    use vires_event::parse_time;

    fn contains(schedule: &str, at: &str) -> bool {
        Schedule::parse(schedule).unwrap().contains(parse_time(at).unwrap())
    }

    #[test]
    fn cron_expects_the_time_after_a_start() {
        for (schedule, at, expected) in [
            ("always", "2026-03-01T00:00:00Z", true),
            ("cron: 0 2 * * * tz=UTC jitter=90m", "2026-03-01T02:00:00Z", true),
            ("cron: 0 2 * * * tz=UTC jitter=90m", "2026-03-01T01:59:30Z", true),
            ("cron: 0 2 * * * tz=UTC jitter=90m", "2026-03-01T01:58:30Z", false),
            ("cron: 0 2 * * * tz=UTC jitter=90m", "2026-03-01T03:30:00Z", true),
            ("cron: 0 2 * * * tz=UTC jitter=90m", "2026-03-01T03:31:00Z", false),
            ("cron: 0 23 * * * jitter=3h", "2026-03-02T01:30:00Z", true),
            ("cron: 0 23 * * * jitter=3h", "2026-03-02T02:30:00Z", false),
            ("cron: 0 0 * * SUN", "2026-03-01T00:30:00Z", true),
            ("cron: 0 0 * * 7", "2026-03-01T00:30:00Z", true),
            ("cron: 0 0 * * 1-5", "2026-03-01T00:30:00Z", false),
            ("cron: */15 * * * * jitter=5m", "2026-03-01T00:19:00Z", true),
            ("cron: */15 * * * * jitter=5m", "2026-03-01T00:21:00Z", false),
            ("cron: 0 4 1,15 JAN-MAR *", "2026-03-15T04:30:00Z", true),
            ("cron: 0 4 1,15 jan-mar *", "2026-04-15T04:30:00Z", false),
            // Day of month and day of week both given: either will do.
            ("cron: 0 4 13 * FRI", "2026-03-13T04:10:00Z", true),
            ("cron: 0 4 13 * FRI", "2026-03-20T04:10:00Z", true),
            ("cron: 0 4 13 * FRI", "2026-04-13T04:10:00Z", true),
            ("cron: 0 4 13 * FRI", "2026-04-14T04:10:00Z", false),
            ("cron: 0 2 * * * tz=Europe/Berlin jitter=10m", "2026-01-10T01:05:00Z", true),
            ("cron: 0 2 * * * tz=Europe/Berlin jitter=10m", "2026-07-10T00:05:00Z", true),
            // 2026-03-29 02:30 does not exist in Berlin: it starts when the gap ends, 03:30 local.
            ("cron: 30 2 * * * tz=Europe/Berlin jitter=10m", "2026-03-29T01:35:00Z", true),
            // 2026-10-25 02:30 exists twice: the first counts.
            ("cron: 30 2 * * * tz=Europe/Berlin jitter=10m", "2026-10-25T00:35:00Z", true),
            ("cron: 30 2 * * * tz=Europe/Berlin jitter=10m", "2026-10-25T01:35:00Z", false),
            ("cron: 30 2 * * * tz=Europe/Berlin jitter=80m", "2026-10-25T01:40:00Z", true),
            ("cron: 0 0 29 2 * jitter=1h", "2024-02-29T00:30:00Z", true),
            ("cron: 0 0 31 2 * jitter=7d", "2024-02-29T00:30:00Z", false),
            ("cron: 0 12 * * * jitter=7d", "2024-02-29T00:30:00Z", true),
        ] {
            assert_eq!(contains(schedule, at), expected, "{schedule} at {at}");
        }
    }

    #[test]
    fn a_window_is_local_time() {
        for (schedule, at, expected) in [
            ("window: Mon-Fri 08:00-19:00 tz=Europe/Berlin", "2026-03-02T07:00:00Z", true),
            ("window: Mon-Fri 08:00-19:00 tz=Europe/Berlin", "2026-03-02T06:59:59Z", false),
            ("window: Mon-Fri 08:00-19:00 tz=Europe/Berlin", "2026-07-06T06:00:00Z", true),
            ("window: Mon-Fri 08:00-19:00 tz=Europe/Berlin", "2026-07-06T17:00:00Z", false),
            ("window: Mon-Fri 08:00-19:00 tz=Europe/Berlin", "2026-03-01T12:00:00Z", false),
            ("window: Fri-Mon 00:00-24:00", "2026-03-01T23:59:59Z", true),
            ("window: Fri-Mon 00:00-24:00", "2026-03-03T00:00:00Z", false),
            ("window: Sat,Wed 10:00-11:00,14:00-15:30", "2026-03-04T15:00:00Z", true),
            ("window: Sat,Wed 10:00-11:00,14:00-15:30", "2026-03-04T12:00:00Z", false),
            // Over midnight: it belongs to the day on which it begins.
            ("window: Fri 22:00-06:00", "2026-03-07T05:00:00Z", true),
            ("window: Fri 22:00-06:00", "2026-03-06T05:00:00Z", false),
            ("window: 22:00-06:00", "2026-03-06T05:00:00Z", true),
            ("window: daily 08:00-09:00", "2026-03-06T08:30:00Z", true),
        ] {
            assert_eq!(contains(schedule, at), expected, "{schedule} at {at}");
        }
    }

    #[test]
    fn says_what_is_wrong() {
        for (schedule, expected) in [
            ("sometimes", "a schedule is"),
            ("cron: 0 2 * *", "5 fields"),
            ("cron: 60 2 * * *", "minute"),
            ("cron: 0 24 * * *", "hour"),
            ("cron: 0 2 0 * *", "day of month"),
            ("cron: 0 2 * 13 *", "month"),
            ("cron: 0 2 * * 8", "day of week"),
            ("cron: */0 2 * * *", "minute"),
            ("cron: 5-1 2 * * *", "minute"),
            ("cron: 0 2 * * * tz=Mars/Olympus", "unknown time zone `Mars/Olympus`"),
            ("cron: 0 2 * * * jitter=8d", "jitter"),
            ("cron: 0 2 * * * color=red", "unknown or repeated option `color`"),
            ("cron: 0 2 tz=UTC * * *", "options come last"),
            ("window: Mon-Fri", "HH:MM"),
            ("window: Mon-Foo 08:00-09:00", "Foo"),
            ("window: Mon 25:00-26:00", "25:00"),
            ("window: Mon 08:00-08:00", "empty"),
            ("window: Mon 08:00-09:00 jitter=5m", "jitter"),
        ] {
            let error = Schedule::parse(schedule).unwrap_err().to_string();
            assert!(error.contains(expected), "{schedule}: {error}");
        }
    }

    #[test]
    fn any_moment_has_an_answer() {
        for at in [i64::MIN, i64::MAX, 0, -1] {
            for schedule in ["always", "cron: 59 23 31 12 * jitter=7d tz=Asia/Tokyo", "window: Mon 00:00-24:00"] {
                Schedule::parse(schedule).unwrap().contains(at);
            }
        }
    }
}
