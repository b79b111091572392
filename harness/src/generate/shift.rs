//! Habits that are lived otherwise for a while.

use super::archetype::hour_weights;
use super::inject::moment;
use super::member::Member;
use crate::scenario::Shift;
use globset::{GlobBuilder, GlobSet, GlobSetBuilder};
use vires_event::Millis;

const DAY: Millis = 86_400_000;

/// A shift of one member, ready to be lived.
#[derive(Debug, Clone)]
pub struct Lived {
    /// Its number in the scenario.
    pub number: usize,
    /// First moment.
    pub from: Millis,
    /// Moment after the last.
    pub until: Millis,
    /// How busy, compared with usual.
    pub rate: f64,
    /// Addresses instead of its own.
    pub ips: Vec<String>,
    /// Region instead of its own.
    pub region: Option<String>,
    /// User agent instead of its own.
    pub ua: Option<String>,
    /// Hours instead of its own.
    pub hours: Option<[f64; 24]>,
    /// Share of requests refused, instead of the usual few.
    pub refused: Option<f64>,
    /// The only calls.
    pub only: Option<GlobSet>,
    /// Put behind the names of resources.
    pub suffix: String,
}

impl Lived {
    /// Works out when and how; day 0 is the first of the test window.
    ///
    /// # Errors
    /// What is wrong, and what to write instead.
    pub(super) fn new(shift: &Shift, number: usize, start: i64) -> Result<Lived, (String, &'static str)> {
        let at = |text: &str| moment(text).map(|(day, time)| (start + day) * DAY + time);
        let (Some(from), Some(until)) = (at(&shift.from), at(&shift.until)) else {
            let message = format!("`from = \"{}\"` or `until = \"{}\"` is no moment", shift.from, shift.until);
            return Err((message, "write them like d5T00:00; the first day is d0"));
        };
        if from >= until {
            return Err(("the shift ends before it begins".into(), "let `until` be later than `from`"));
        }
        if !(shift.rate > 0.0 && shift.rate <= 1000.0) {
            return Err((format!("`rate = {}`", shift.rate), "give a number above 0 and at most 1000"));
        }
        if shift.refused.is_some_and(|share| !(0.0..=1.0).contains(&share)) {
            return Err(("`refused` is no share".into(), "give a number from 0 to 1"));
        }
        let hours = match &shift.hours {
            None => None,
            Some(text) => match hour_weights(text) {
                Some(weights) => Some(weights),
                None => return Err((format!("`hours = \"{text}\"`"), "write `flat`, `office` or `at:H` with H from 0 to 23")),
            },
        };
        let ips = shift.ip.iter().chain(&shift.ips).cloned().collect();
        Ok(Lived {
            number,
            from,
            until,
            rate: shift.rate,
            ips,
            region: shift.region.clone(),
            ua: shift.ua.clone(),
            hours,
            refused: shift.refused,
            only: only(&shift.only)?,
            suffix: shift.suffix.clone(),
        })
    }

    /// True at this moment.
    pub(super) fn covers(&self, at: Millis) -> bool {
        (self.from..self.until).contains(&at)
    }

    /// True if any moment of the day is covered.
    pub(super) fn touches(&self, day: i64) -> bool {
        self.from < (day + 1) * DAY && self.until > day * DAY
    }

    /// The days it touches.
    pub(super) fn days(&self) -> std::ops::RangeInclusive<i64> {
        self.from.div_euclid(DAY)..=(self.until - 1).div_euclid(DAY)
    }

    /// Whether a call may be made.
    pub(super) fn allows(&self, call: &str) -> bool {
        self.only.as_ref().is_none_or(|only| only.is_match(call))
    }

    /// Whether there is anything the member may do under it.
    pub(super) fn leaves_something(&self, member: &Member) -> bool {
        member.habits.iter().any(|habit| self.allows(&habit.behaviour.call))
    }
}

fn only(globs: &[String]) -> Result<Option<GlobSet>, (String, &'static str)> {
    if globs.is_empty() {
        return Ok(None);
    }
    let mut set = GlobSetBuilder::new();
    for glob in globs {
        match GlobBuilder::new(glob).case_insensitive(true).build() {
            Ok(glob) => set.add(glob),
            Err(error) => return Err((format!("`only`: {error}"), "write calls as the archetype has them, or with `*`")),
        };
    }
    set.build().map(Some).map_err(|error| (format!("`only`: {error}"), "use fewer globs"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shift(text: &str) -> Result<Lived, String> {
        let text = format!("identity = \"x\"\n{text}");
        Lived::new(&toml::from_str(&text).unwrap(), 0, 100).map_err(|(message, remedy)| format!("{message}; {remedy}"))
    }

    #[test]
    fn covers_its_span() {
        let lived = shift("from = \"d1T12:00\"\nuntil = \"d3T00:00\"\nonly = [\"s3:Get*\"]").unwrap();
        assert_eq!(lived.days().collect::<Vec<_>>(), [101, 102]);
        assert!(lived.touches(101) && lived.touches(102) && !lived.touches(100) && !lived.touches(103));
        assert!(lived.covers(101 * DAY + DAY / 2) && !lived.covers(101 * DAY) && !lived.covers(103 * DAY));
        assert!(lived.allows("s3:getobject") && !lived.allows("s3:PutObject"));
    }

    #[test]
    fn says_what_is_wrong() {
        for (text, want) in [
            ("from = \"x\"\nuntil = \"d3T00:00\"", "is no moment; write them like"),
            ("from = \"d3T00:00\"\nuntil = \"d3T00:00\"", "ends before it begins"),
            ("from = \"d1T00:00\"\nuntil = \"d3T00:00\"\nrate = 0.0", "`rate = 0`"),
            ("from = \"d1T00:00\"\nuntil = \"d3T00:00\"\nrefused = 2.0", "`refused` is no share"),
            ("from = \"d1T00:00\"\nuntil = \"d3T00:00\"\nhours = \"never\"", "`hours = \"never\"`"),
            ("from = \"d1T00:00\"\nuntil = \"d3T00:00\"\nonly = [\"[\"]", "`only`: "),
        ] {
            let error = shift(text).unwrap_err();
            assert!(error.contains(want), "{error}");
        }
    }
}
