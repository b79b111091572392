use crate::baseline::Day;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// Most gaps that are remembered; of more the latest stay.
pub const MOST_GAPS: usize = 4;

/// Spans of days, first and last, on which nobody of the whole estate was seen: nobody was looking. The latest [`MOST_GAPS`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Unwatched([Option<(Day, Day)>; MOST_GAPS]);

impl Unwatched {
    /// True if somebody was seen all the time.
    pub fn is_empty(self) -> bool {
        self.0.iter().all(Option::is_none)
    }

    /// Adds a gap that is later than all others.
    pub fn push(&mut self, gap: (Day, Day)) {
        self.0.rotate_right(1);
        let [first, ..] = &mut self.0;
        *first = Some(gap);
    }

    /// Somebody was seen on this day after all: parts of a gap that are shorter than `least` days are none.
    pub fn split(&mut self, day: Day, least: Day) {
        if !self.0.iter().flatten().any(|(from, to)| (from..=to).contains(&&day)) {
            return;
        }
        let mut rest = Unwatched::default();
        for (from, to) in self.0.iter().rev().flatten().copied() {
            let parts = if (from..=to).contains(&day) {
                [day.checked_sub(1).map(|end| (from, end)), day.checked_add(1).map(|start| (start, to))]
            } else {
                [Some((from, to)), None]
            };
            for part in parts.into_iter().flatten().filter(|(from, to)| to >= from && to - from + 1 >= least) {
                rest.push(part);
            }
        }
        *self = rest;
    }

    /// How many days after `from` and before `to` lie in gaps.
    pub fn between(self, from: Day, to: Day) -> u16 {
        let inside = |(first, last): &(Day, Day)| {
            let (first, last) = ((*first).max(from.saturating_add(1)), (*last).min(to.saturating_sub(1)));
            (last + 1).saturating_sub(first)
        };
        self.0.iter().flatten().map(inside).fold(0, u16::saturating_add)
    }
}

/// As `20512-20547 20600-20610`, the latest first.
impl fmt::Display for Unwatched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, (from, to)) in self.0.iter().flatten().enumerate() {
            write!(f, "{}{from}-{to}", if n == 0 { "" } else { " " })?;
        }
        Ok(())
    }
}

impl FromStr for Unwatched {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const WRONG: &str = "gaps are not written as `first-last` days, the latest first";
        let mut gaps = Unwatched::default();
        let mut slots = gaps.0.iter_mut();
        let mut before = None;
        for word in text.split(' ').filter(|word| !word.is_empty()) {
            let (from, to) = word.split_once('-').ok_or(WRONG)?;
            let (from, to): (Day, Day) = (from.parse().map_err(|_| WRONG)?, to.parse().map_err(|_| WRONG)?);
            if from > to || to == Day::MAX || before.is_some_and(|before| to >= before) {
                return Err(WRONG);
            }
            before = Some(from);
            *slots.next().ok_or(WRONG)? = Some((from, to));
        }
        Ok(gaps)
    }
}

impl Serialize for Unwatched {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Unwatched {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        String::deserialize(d)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_written_and_read() {
        let mut gaps = Unwatched::default();
        assert_eq!(gaps.to_string().parse(), Ok(gaps));
        gaps.push((10, 30));
        gaps.push((50, 90));
        assert_eq!(gaps.to_string(), "50-90 10-30");
        assert_eq!("50-90 10-30".parse(), Ok(gaps));
        gaps.split(70, 7);
        assert_eq!(gaps.to_string(), "71-90 50-69 10-30");
        for bad in ["10-30 50-90", "30-10", "10", "a-b", "5-65535", "9-9 8-8 7-7 6-6 5-5", "10-99999"] {
            assert!(bad.parse::<Unwatched>().is_err(), "{bad}");
        }
    }
}
