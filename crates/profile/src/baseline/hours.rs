use super::Day;
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::collections::BTreeMap;

/// Weeks that are remembered.
const WEEKS: u16 = 16;
const HOURS: usize = 168;
/// Weeks without activity before a week that is lone, and how many lone ones are kept: see [`super::Presence`].
const LONELY: u16 = 5;
const LONE_WEEKS: usize = 2;
/// The weeks before the last that keep it from being lone.
const NEAR: u16 = (1 << LONELY) - 2;

/// One bit per hour of a week.
type Week = [u64; 3];

/// In which hours of the week (UTC) a workload was active, for each of 16 weeks and of lone weeks after them.
///
/// A bit per week makes it exact under repetition and merging, which a counter would not be. What is kept of weeks is what
/// [`super::Presence`] keeps of days.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Hours {
    /// The last week, counted from 1970.
    week: u16,
    /// Bit k = active in week `week - k`.
    any: u16,
    /// Per hour of the week: bit k = active in week `week - k`. Absent until something was seen: most workloads of a big estate
    /// are idle.
    slots: Option<Box<[u16; HOURS]>>,
    /// Lone weeks, latest first.
    lone: Vec<(u16, Week)>,
}

impl Hours {
    /// Marks an hour (0–23) of a day.
    pub fn add(&mut self, day: Day, hour: u8) {
        // 1970-01-01 was a Thursday; weeks count from the Monday before it.
        let (week, weekday) = ((day + 3 * u16::from(day < u16::MAX - 3)) / 7, (day % 7 + 3) % 7);
        let slot = usize::from(weekday) * 24 + usize::from(hour % 24);
        let back = self.week.saturating_sub(week);
        let plain = if week <= self.week {
            back < LONELY || self.any & NEAR != 0
        } else {
            self.lone.is_empty() && (self.slots.is_none() || week - self.week < LONELY)
        };
        if self.slots.is_some() && !plain {
            let mut one = Hours::default();
            one.add(day, hour);
            return self.merge(&one);
        }
        let shift = self.advance(week);
        let slots = self.slots.get_or_insert_with(|| Box::new([0; HOURS]));
        if let Some(bits) = slots.get_mut(slot).filter(|_| shift < WEEKS) {
            *bits |= 1 << shift;
            self.any |= 1 << shift;
        }
    }

    /// Moves the last week forward if `week` is later; returns how many weeks `week` lies back.
    fn advance(&mut self, week: u16) -> u16 {
        if self.slots.is_some() && week <= self.week {
            return self.week - week;
        }
        if let Some(slots) = &mut self.slots {
            let by = u32::from(week - self.week);
            for bits in slots.iter_mut().chain([&mut self.any]) {
                *bits = bits.checked_shl(by).unwrap_or(0);
            }
        }
        self.week = week;
        0
    }

    /// Adds what was seen elsewhere.
    pub fn merge(&mut self, other: &Hours) {
        let Some(theirs) = &other.slots else { return };
        if self.slots.is_none() {
            return self.clone_from(other);
        }
        let later = if self.week < other.week { other.any } else { self.any };
        let near = self.week.abs_diff(other.week) < LONELY || later & NEAR != 0;
        if !near || !self.lone.is_empty() || !other.lone.is_empty() {
            return self.merge_weeks(other);
        }
        let back = u32::from(self.advance(other.week));
        let ours = self.slots.get_or_insert_with(|| Box::new([0; HOURS]));
        for (mine, their) in ours.iter_mut().zip(theirs.iter()).chain([(&mut self.any, &other.any)]) {
            *mine |= their.checked_shl(back).unwrap_or(0);
        }
    }

    /// Merges week by week.
    fn merge_weeks(&mut self, other: &Hours) {
        let mut weeks = self.weeks();
        for (week, hours) in other.weeks() {
            let mine = weeks.entry(week).or_default();
            mine.iter_mut().zip(hours).for_each(|(mine, their)| *mine |= their);
        }
        *self = Hours::of_weeks(weeks);
    }

    fn weeks(&self) -> BTreeMap<u16, Week> {
        let mut weeks: BTreeMap<u16, Week> = self.lone.iter().copied().collect();
        for (slot, bits) in self.slots.iter().flat_map(|slots| slots.iter().enumerate()) {
            for back in (0..WEEKS).filter(|back| bits >> back & 1 == 1) {
                if let Some(word) = weeks.entry(self.week.saturating_sub(back)).or_default().get_mut(slot / 64) {
                    *word |= 1 << (slot % 64);
                }
            }
        }
        weeks
    }

    fn of_weeks(mut weeks: BTreeMap<u16, Week>) -> Hours {
        let mut hours = Hours::default();
        let mut last = weeks.pop_last();
        while let (Some((week, bits)), Some((before, _))) = (last, weeks.last_key_value())
            && week - before >= LONELY
            && hours.lone.len() < LONE_WEEKS
        {
            hours.lone.push((week, bits));
            last = weeks.pop_last();
        }
        let Some((week, bits)) = last else { return hours };
        hours.week = week;
        let mut slots = Box::new([0u16; HOURS]);
        for (at, bits) in weeks.into_iter().chain([(week, bits)]).filter(|(at, _)| week - at < WEEKS) {
            let back = week - at;
            hours.any |= 1 << back;
            for (slot, weeks) in slots.iter_mut().enumerate() {
                *weeks |= u16::from(on(&bits, slot)) << back;
            }
        }
        hours.slots = Some(slots);
        hours
    }

    /// True if it was ever active at that hour of the day, give or take `slack` hours, on any weekday.
    pub fn knows_hour(&self, hour: u8, slack: u8) -> bool {
        let Some(slots) = &self.slots else { return false };
        slots.iter().enumerate().any(|(slot, weeks)| {
            let distance = (slot % 24).abs_diff(usize::from(hour % 24));
            let active = *weeks != 0 || self.lone.iter().any(|(_, bits)| on(bits, slot));
            active && distance.min(24 - distance) <= usize::from(slack)
        })
    }

    /// The hours of the day in which it was ever active.
    pub fn of_day(&self) -> Vec<u8> {
        (0..24).filter(|h| self.knows_hour(*h, 0)).collect()
    }
}

/// True if a week was active in this hour of it.
fn on(week: &Week, slot: usize) -> bool {
    week.get(slot / 64).is_some_and(|word| word >> (slot % 64) & 1 == 1)
}

/// As `[week, "168 hexadecimal words, runs of zeros as zN."]`, where there are lone weeks with `[[week, [three words of bits]], …]`
/// behind it.
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
        if self.lone.is_empty() { (self.week, text).serialize(s) } else { (self.week, text, &self.lone).serialize(s) }
    }
}

impl<'de> Deserialize<'de> for Hours {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let bad = || D::Error::custom("hours of the week are not 168 hexadecimal words");
        #[derive(Deserialize)]
        struct Raw(u16, String, #[serde(default)] Vec<(u16, Week)>);
        let Raw(week, text, lone) = Raw::deserialize(d)?;
        let apart = lone.iter().map(|(week, _)| *week).chain([week]).collect::<Vec<u16>>();
        if lone.len() > LONE_WEEKS || !apart.is_sorted_by(|later, week| later > week && later - week >= LONELY) {
            return Err(D::Error::custom("lone weeks are not as far apart as they must be"));
        }
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
        let any = slots.iter().fold(0, |any, bits| any | bits);
        if any & 1 == 0 {
            return Err(D::Error::custom("hours of the week do not contain the last week"));
        }
        Ok(Hours { week, any, slots: Some(slots), lone })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

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

    #[test]
    fn a_clock_that_runs_ahead_erases_nothing() {
        for ahead in [20800 + 40, 20800 + 400] {
            let hours = of(&[(20780, 2), (20790, 3), (ahead, 12), (20799, 4)]);
            assert_eq!(hours.of_day(), [2, 3, 4, 12], "{ahead}");
        }
        // With a second week near it, it is where the workload came back.
        assert_eq!(of(&[(20780, 2), (21280, 12), (21287, 13)]).of_day(), [12, 13]);
    }

    /// What is kept, said plainly: hours of the day by week.
    fn kept_of(seen: &[(Day, u8)]) -> BTreeMap<u16, BTreeSet<(u16, u8)>> {
        let mut weeks: BTreeMap<u16, BTreeSet<(u16, u8)>> = BTreeMap::new();
        for (day, hour) in seen {
            weeks.entry((day + 3) / 7).or_default().insert(((day + 3) % 7, *hour));
        }
        let mut rest: Vec<u16> = weeks.keys().rev().copied().collect();
        let mut kept = Vec::new();
        while kept.len() < LONE_WEEKS && rest.len() > 1 && rest[0] - rest[1] >= LONELY {
            kept.push(rest.remove(0));
        }
        let last = rest.first().copied().unwrap_or(0);
        weeks.retain(|week, _| kept.contains(week) || (*week <= last && last - week < WEEKS));
        weeks
    }

    fn some_hours() -> impl Strategy<Value = Vec<(Day, u8)>> {
        let days =
            prop_oneof![20000u16..20200, prop_oneof![20000u16..20003, 20033u16..20040, 20300u16..20303, 20400u16..20900]];
        prop::collection::vec((days, 0u8..24), 0..20)
    }

    proptest! {
        #[test]
        fn merging_is_learning(a in some_hours(), b in some_hours(), c in some_hours()) {
            let mut merged = of(&a);
            merged.merge(&of(&b));
            let everything: Vec<_> = a.iter().chain(&b).chain(&c).copied().collect();
            let mut last = of(&c);
            last.merge(&merged);
            prop_assert_eq!(&last, &of(&everything));
            let kept: BTreeMap<u16, BTreeSet<(u16, u8)>> = last
                .weeks()
                .into_iter()
                .map(|(week, bits)| (week, (0..HOURS).filter(|s| on(&bits, *s)).map(|s| (s as u16 / 24, (s % 24) as u8)).collect()))
                .collect();
            prop_assert_eq!(kept, kept_of(&everything));
            prop_assert_eq!(last.any, last.slots.iter().flat_map(|s| s.iter()).fold(0, |any, bits| any | bits));
            let all: Vec<_> = b.iter().chain(&a).copied().collect();
            prop_assert_eq!(&merged, &of(&all));
            let json = serde_json::to_string(&merged).unwrap();
            prop_assert_eq!(serde_json::from_str::<Hours>(&json).unwrap(), merged);
        }
    }
}
