//! The calendar of the estate: 1 March to 1 April 2026, UTC.

use crate::rng::Rng;

pub const SECOND: i64 = 1000;
pub const MINUTE: i64 = 60 * SECOND;
pub const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// 2026-03-01T00:00:00Z, a Sunday.
const FIRST: i64 = 1_772_323_200_000;
/// Days that are history.
pub const HISTORY: i64 = 30;
/// Days in all.
pub const DAYS: i64 = 32;

/// A day of the estate, counted from 0.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd)]
pub struct Day(pub i64);

/// 31 March, the first day that is judged.
pub const TUESDAY: Day = Day(HISTORY);
/// 1 April, the second one.
pub const WEDNESDAY: Day = Day(HISTORY + 1);

impl Day {
    pub fn start(self) -> i64 {
        FIRST + self.0 * DAY
    }

    /// Milliseconds since 1970 of a time of this day.
    pub fn at(self, hour: i64, minute: i64) -> i64 {
        self.start() + hour * HOUR + minute * MINUTE
    }

    /// 0 = Sunday.
    pub fn weekday(self) -> i64 {
        self.0 % 7
    }

    pub fn is_workday(self) -> bool {
        !matches!(self.weekday(), 0 | 6)
    }

    /// A moment of the day when people and their requests are awake: few at night, most around noon and in the evening.
    pub fn busy_moment(self, rng: &mut Rng) -> i64 {
        const LOAD: [u64; 24] = [2, 1, 1, 1, 1, 2, 3, 5, 6, 7, 7, 7, 8, 7, 7, 7, 7, 8, 9, 9, 8, 6, 4, 3];
        let mut left = rng.below(LOAD.iter().sum());
        let hour = LOAD.iter().position(|load| {
            let here = left < *load;
            left = left.saturating_sub(*load);
            here
        });
        self.start() + hour.unwrap_or(12) as i64 * HOUR + rng.between(0, HOUR - 1)
    }

    /// A moment of a working day in Dublin or Berlin.
    pub fn office_moment(self, rng: &mut Rng) -> i64 {
        self.start() + rng.between(8 * HOUR, 16 * HOUR)
    }
}

/// `2026-03-01T00:00:00Z`.
pub fn seconds(at: i64) -> String {
    let day = (at - FIRST).div_euclid(DAY);
    // The estate never leaves these three months, and February has 28 days in 2026.
    let (month, date) = match day {
        i64::MIN..0 => (2, 29 + day),
        0..31 => (3, day + 1),
        _ => (4, day - 30),
    };
    let second = at.rem_euclid(DAY) / SECOND;
    format!("2026-{month:02}-{date:02}T{:02}:{:02}:{:02}Z", second / 3600, second / 60 % 60, second % 60)
}

/// `2026-03-01T00:00:00.123Z`.
pub fn millis(at: i64) -> String {
    format!("{}.{:03}Z", seconds(at).trim_end_matches('Z'), at.rem_euclid(1000))
}

/// `2026-03-01T00:00:00.123456Z`.
pub fn micros(at: i64, rng: &mut Rng) -> String {
    format!("{}.{:03}{:03}Z", seconds(at).trim_end_matches('Z'), at.rem_euclid(1000), rng.below(1000))
}
