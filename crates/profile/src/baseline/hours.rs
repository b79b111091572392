use super::Day;
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Weeks that are remembered.
const WEEKS: u16 = 16;
const HOURS: usize = 168;

/// In which hours of the week (UTC) a workload was active, for each of the last 16 weeks.
///
/// A bit per week makes it exact under repetition and merging, which a counter would not be.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Hours {
    /// The last week, counted from 1970.
    week: u16,
    /// Per hour of the week: bit k = active in week `week - k`. Absent until something was seen: most workloads of a big estate
    /// are idle.
    slots: Option<Box<[u16; HOURS]>>,
}

impl Hours {
    /// Marks an hour (0–23) of a day.
    pub fn add(&mut self, day: Day, hour: u8) {
        // 1970-01-01 was a Thursday; weeks count from the Monday before it.
        let (week, weekday) = ((day + 3 * u16::from(day < u16::MAX - 3)) / 7, (day % 7 + 3) % 7);
        let shift = self.advance(week);
        if let Some(slot) =
            self.slots.get_or_insert_with(|| Box::new([0; HOURS])).get_mut(usize::from(weekday) * 24 + usize::from(hour % 24))
            && shift < WEEKS
        {
            *slot |= 1 << shift;
        }
    }

    /// Moves the last week forward if `week` is later; returns how many weeks `week` lies back.
    fn advance(&mut self, week: u16) -> u16 {
        if self.slots.is_some() && week <= self.week {
            return self.week - week;
        }
        if let Some(slots) = &mut self.slots {
            let by = u32::from(week - self.week);
            for slot in slots.iter_mut() {
                *slot = slot.checked_shl(by).unwrap_or(0);
            }
        }
        self.week = week;
        0
    }

    /// Adds what was seen elsewhere.
    pub fn merge(&mut self, other: &Hours) {
        let Some(theirs) = &other.slots else { return };
        let back = u32::from(self.advance(other.week));
        let ours = self.slots.get_or_insert_with(|| Box::new([0; HOURS]));
        for (mine, their) in ours.iter_mut().zip(theirs.iter()) {
            *mine |= their.checked_shl(back).unwrap_or(0);
        }
    }

    /// True if it was ever active at that hour of the day, give or take `slack` hours, on any weekday.
    pub fn knows_hour(&self, hour: u8, slack: u8) -> bool {
        let Some(slots) = &self.slots else { return false };
        slots.iter().enumerate().any(|(slot, weeks)| {
            let distance = (slot % 24).abs_diff(usize::from(hour % 24));
            *weeks != 0 && distance.min(24 - distance) <= usize::from(slack)
        })
    }

    /// The hours of the day in which it was ever active.
    pub fn of_day(&self) -> Vec<u8> {
        (0..24).filter(|h| self.knows_hour(*h, 0)).collect()
    }
}

/// As `[week, "168 hexadecimal words, runs of zeros as zN."]`.
impl Serialize for Hours {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        let mut text = String::new();
        let mut zeros = 0;
        let flush = |zeros: &mut usize, text: &mut String| {
            if *zeros > 0 {
                text.push_str(&format!("z{zeros}."));
                *zeros = 0;
            }
        };
        for slot in self.slots.iter().flat_map(|s| s.iter()) {
            if *slot == 0 {
                zeros += 1;
            } else {
                flush(&mut zeros, &mut text);
                text.push_str(&format!("{slot:x}."));
            }
        }
        flush(&mut zeros, &mut text);
        (self.week, text).serialize(s)
    }
}

impl<'de> Deserialize<'de> for Hours {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let bad = || D::Error::custom("hours of the week are not 168 hexadecimal words");
        let (week, text) = <(u16, String)>::deserialize(d)?;
        if text.is_empty() {
            return Ok(Hours::default());
        }
        let mut slots = Box::new([0u16; HOURS]);
        let mut at = 0;
        for word in text.split_terminator('.') {
            if let Some(zeros) = word.strip_prefix('z') {
                at += zeros.parse::<usize>().ok().filter(|n| *n <= HOURS).ok_or_else(bad)?;
            } else {
                *slots.get_mut(at).ok_or_else(bad)? = u16::from_str_radix(word, 16).map_err(|_| bad())?;
                at += 1;
            }
        }
        if at != HOURS {
            return Err(bad());
        }
        Ok(Hours { week, slots: Some(slots) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(seen: &[(Day, u8)]) -> Hours {
        let mut hours = Hours::default();
        for (day, hour) in seen {
            hours.add(*day, *hour);
        }
        hours
    }

    #[test]
    fn remembers_hours() {
        let hours = of(&[(20780, 2), (20781, 23)]);
        for (hour, slack, expected) in [(2, 0, true), (3, 0, false), (3, 1, true), (0, 1, true), (0, 0, false), (12, 1, false)]
        {
            assert_eq!(hours.knows_hour(hour, slack), expected, "{hour}±{slack}");
        }
        assert_eq!(hours.of_day(), [2, 23]);
        assert!(!Hours::default().knows_hour(2, 12));
    }

    proptest! {
        #[test]
        fn merging_is_learning(a in prop::collection::vec((20000u16..20200, 0u8..24), 0..20), b in prop::collection::vec((20000u16..20200, 0u8..24), 0..20)) {
            let mut merged = of(&a);
            merged.merge(&of(&b));
            let all: Vec<_> = b.iter().chain(&a).copied().collect();
            prop_assert_eq!(&merged, &of(&all));
            let json = serde_json::to_string(&merged).unwrap();
            prop_assert_eq!(serde_json::from_str::<Hours>(&json).unwrap(), merged);
        }
    }
}
