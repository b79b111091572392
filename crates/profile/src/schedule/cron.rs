use super::{ScheduleError, named, weekday};
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use vires_event::Millis;

/// The five fields of a cron line, each as a bit set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cron {
    minutes: u64,
    hours: u64,
    days: u64,
    months: u64,
    weekdays: u64,
    /// Day of month and day of week: if both are restricted, either will do.
    any_day: bool,
    any_weekday: bool,
}

/// Clock changes move local time by less than this.
const SHIFT: i64 = 3;

impl Cron {
    pub fn parse(fields: &[&str]) -> Result<Self, ScheduleError> {
        let [minute, hour, day, month, weekday_field] = fields else {
            return Err(ScheduleError(format!(
                "a cron schedule has 5 fields (minute hour day month weekday), this one {}",
                fields.len()
            )));
        };
        let months = ["", "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
        let mut weekdays = set(weekday_field, "day of week", 0, 7, &weekday)?;
        if weekdays & 1 << 7 != 0 {
            weekdays |= 1;
        }
        Ok(Cron {
            minutes: set(minute, "minute", 0, 59, &|_| None)?,
            hours: set(hour, "hour", 0, 23, &|_| None)?,
            days: set(day, "day of month", 1, 31, &|_| None)?,
            months: set(month, "month", 1, 12, &|name| named(name, &months).filter(|n| *n > 0))?,
            weekdays,
            any_day: day.starts_with('*'),
            any_weekday: weekday_field.starts_with('*'),
        })
    }

    /// True if a start lies between `jitter` before and `early` after `at`.
    pub fn fires_within(&self, at: Timestamp, jitter: Millis, early: Millis, zone: &TimeZone) -> bool {
        let (Ok(first), Ok(last)) = (at.checked_sub(jitter.milliseconds()), at.checked_add(early.milliseconds())) else {
            return false;
        };
        // Local time is not monotonic where clocks change, so candidates are taken generously and checked as instants.
        let Ok(mut day) = zone.to_datetime(last).checked_add(SHIFT.hours()) else { return false };
        let Ok(bottom) = zone.to_datetime(first).checked_sub(SHIFT.hours()) else { return false };
        loop {
            if self.has_day(day.date()) && self.day_fires(day, bottom, first, last, zone) {
                return true;
            }
            match day.date().yesterday() {
                Ok(date) if date >= bottom.date() => day = date.at(23, 59, 59, 0),
                _ => return false,
            }
        }
    }

    /// Looks through the starts of one day, the latest first, between the local times `bottom` and `top`.
    fn day_fires(&self, top: DateTime, bottom: DateTime, first: Timestamp, last: Timestamp, zone: &TimeZone) -> bool {
        for hour in (0..=top.hour()).rev().filter(|hour| self.hours & 1 << hour != 0) {
            for minute in (0..60).rev().filter(|minute| self.minutes & 1 << minute != 0) {
                let local = top.date().at(hour, minute, 0, 0);
                if local > top {
                    continue;
                }
                if local < bottom {
                    return false;
                }
                if zone.to_timestamp(local).is_ok_and(|start| first <= start && start <= last) {
                    return true;
                }
            }
        }
        false
    }

    fn has_day(&self, date: Date) -> bool {
        let day = self.days & 1 << date.day() != 0;
        let weekday = self.weekdays & 1 << date.weekday().to_sunday_zero_offset() != 0;
        let month = self.months & 1 << date.month() != 0;
        month && if self.any_day || self.any_weekday { day && weekday } else { day || weekday }
    }
}

/// One field: `*`, numbers, names, ranges, steps and lists of those.
fn set(text: &str, what: &str, low: u8, high: u8, name: &dyn Fn(&str) -> Option<u8>) -> Result<u64, ScheduleError> {
    let fail = || ScheduleError(format!("{what} `{text}` is not a list of numbers, ranges or steps from {low} to {high}"));
    let value = |text: &str| text.parse::<u8>().ok().or_else(|| name(text)).filter(|v| (low..=high).contains(v));
    let mut bits = 0u64;
    for part in text.split(',') {
        let (range, step) = match part.split_once('/') {
            Some((range, step)) => (range, step.parse::<u8>().ok().filter(|s| *s > 0).ok_or_else(fail)?),
            None => (part, 1),
        };
        let (first, last) = match range.split_once('-') {
            _ if range == "*" => (low, if what == "day of week" { 6 } else { high }),
            Some((first, last)) => (value(first).ok_or_else(fail)?, value(last).ok_or_else(fail)?),
            // `5/15` starts at 5 and goes on to the end.
            None if part.contains('/') => (value(range).ok_or_else(fail)?, high),
            None => value(range).map(|v| (v, v)).ok_or_else(fail)?,
        };
        if first > last {
            return Err(fail());
        }
        for v in (first..=last).step_by(step.into()) {
            bits |= 1 << v;
        }
    }
    Ok(bits)
}
