use super::Day;
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Weeks that are remembered.
const WEEKS: u16 = 16;
const HOURS: usize = 168;
/// Weeks without activity before a week that is lone, and how many lone ones are kept: see [`super::Presence`].
const LONELY: u16 = 5;
const LONE_WEEKS: usize = 2;

/// One bit per hour of a week, three bytes a day from Monday on.
type Bits = [u8; HOURS / 8];

/// A week in which there was any activity. As small as can be: a day that waits to be learned has one, and most workloads of a big
/// estate have few.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Week {
    /// Counted from 1970.
    week: u16,
    hours: Bits,
}

/// In which hours of the week (UTC) a workload was active, for each of 16 weeks and of lone weeks after them.
///
/// A bit per week makes it exact under repetition and merging, which a counter would not be. What is kept of weeks is what
/// [`super::Presence`] keeps of days.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Hours {
    /// Latest first.
    weeks: Vec<Week>,
}

impl Hours {
    /// Marks an hour (0–23) of a day. True if it was not marked.
    pub fn add(&mut self, day: Day, hour: u8) -> bool {
        // 1970-01-01 was a Thursday; weeks count from the Monday before it.
        let (week, weekday) = ((day + 3 * u16::from(day < u16::MAX - 3)) / 7, (day % 7 + 3) % 7);
        let slot = usize::from(weekday) * 24 + usize::from(hour % 24);
        let mut one = Week { week, hours: Bits::default() };
        if let Some(byte) = one.hours.get_mut(slot / 8) {
            *byte |= 1 << (slot % 8);
        }
        let (new_week, new) = self.put(one);
        if new_week {
            self.settle();
        }
        new
    }

    /// Whether the week was not there, and whether any of its hours was not.
    fn put(&mut self, one: Week) -> (bool, bool) {
        // Almost always the last week.
        let at = self.weeks.iter().position(|known| known.week <= one.week).unwrap_or(self.weeks.len());
        match self.weeks.get_mut(at).filter(|known| known.week == one.week) {
            Some(known) => {
                let before = known.hours;
                known.hours.iter_mut().zip(one.hours).for_each(|(mine, their)| *mine |= their);
                (false, known.hours != before)
            }
            None => {
                self.weeks.reserve_exact(1);
                self.weeks.insert(at, one);
                (true, true)
            }
        }
    }

    /// How many of the weeks are lone: each so long after the next that its clock may have run ahead.
    fn lone(&self) -> usize {
        let gaps = self.weeks.iter().zip(self.weeks.iter().skip(1)).map(|(later, week)| later.week - week.week);
        gaps.take(LONE_WEEKS).take_while(|gap| *gap >= LONELY).count()
    }

    /// Forgets weeks that lie too far back.
    fn settle(&mut self) {
        let lone = self.lone();
        let Some(last) = self.weeks.get(lone).map(|last| last.week) else { return };
        while self.weeks.last().is_some_and(|week| last.saturating_sub(week.week) >= WEEKS) {
            self.weeks.pop();
        }
    }

    /// Adds what was seen elsewhere.
    pub fn merge(&mut self, other: &Hours) {
        let mut new = false;
        for week in &other.weeks {
            new |= self.put(*week).0;
        }
        if new {
            self.settle();
        }
    }

    /// One bit per hour of the day in which it was ever active.
    fn day_bits(&self) -> u32 {
        let days = self.weeks.iter().flat_map(|week| week.hours.as_chunks::<3>().0);
        days.fold(0, |bits, [a, b, c]| bits | u32::from_le_bytes([*a, *b, *c, 0]))
    }

    /// One bit per hour of the day at which it was ever active, give or take `slack` hours, on any weekday.
    pub fn around(&self, slack: u8) -> u32 {
        let bits = self.day_bits();
        let turned = |by: u8| (bits << by | bits >> (24 - by)) & 0xff_ffff;
        (0..=slack.min(12)).fold(0, |around, by| around | turned(by) | turned(24 - by))
    }

    /// True if it was ever active at that hour of the day, give or take `slack` hours, on any weekday.
    pub fn knows_hour(&self, hour: u8, slack: u8) -> bool {
        self.around(slack) >> (hour % 24) & 1 == 1
    }

    /// The hours of the day in which it was ever active.
    pub fn of_day(&self) -> Vec<u8> {
        let bits = self.day_bits();
        (0..24).filter(|hour| bits >> hour & 1 == 1).collect()
    }
}

/// The form in files: a lone week as its number and three words of bits.
type LoneWeek = (u16, [u64; 3]);

fn to_words(hours: &Bits) -> [u64; 3] {
    std::array::from_fn(|word| {
        let bytes = hours.iter().skip(8 * word).take(8);
        bytes.rev().fold(0, |bits, byte| bits << 8 | u64::from(*byte))
    })
}

fn of_words(words: [u64; 3]) -> Bits {
    let mut hours = Bits::default();
    hours.iter_mut().zip(words.iter().flat_map(|word| word.to_le_bytes())).for_each(|(byte, from)| *byte = from);
    hours
}

/// As `[week, "168 hexadecimal words, runs of zeros as zN."]`, where there are lone weeks with `[[week, [three words of bits]], …]`
/// behind it. Bit k of a word: active in week `week - k`.
impl Serialize for Hours {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        let (lone, steady) = self.weeks.split_at(self.lone());
        let last = steady.first().map_or(0, |last| last.week);
        let mut text = String::new();
        let mut zeros = 0;
        let flush = |zeros: &mut usize, text: &mut String| {
            if *zeros > 0 {
                text.push_str(&format!("z{zeros}."));
                *zeros = 0;
            }
        };
        for slot in (0..HOURS).filter(|_| !steady.is_empty()) {
            let on = |week: &&Week| week.hours.get(slot / 8).is_some_and(|byte| byte >> (slot % 8) & 1 == 1);
            let weeks = steady.iter().filter(on).fold(0u16, |weeks, week| weeks | 1 << (last - week.week));
            if weeks == 0 {
                zeros += 1;
            } else {
                flush(&mut zeros, &mut text);
                text.push_str(&format!("{weeks:x}."));
            }
        }
        flush(&mut zeros, &mut text);
        let lone: Vec<LoneWeek> = lone.iter().map(|week| (week.week, to_words(&week.hours))).collect();
        if lone.is_empty() { (last, text).serialize(s) } else { (last, text, &lone).serialize(s) }
    }
}

impl<'de> Deserialize<'de> for Hours {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let bad = || D::Error::custom("hours of the week are not 168 hexadecimal words");
        #[derive(Deserialize)]
        struct Raw(u16, String, #[serde(default)] Vec<LoneWeek>);
        let Raw(last, text, lone) = Raw::deserialize(d)?;
        let apart = lone.iter().map(|(week, _)| *week).chain([last]).collect::<Vec<u16>>();
        if lone.len() > LONE_WEEKS || !apart.is_sorted_by(|later, week| later > week && later - week >= LONELY) {
            return Err(D::Error::custom("lone weeks are not as far apart as they must be"));
        }
        if text.is_empty() {
            return Ok(Hours::default());
        }
        let mut steady = [Bits::default(); WEEKS as usize];
        let mut at = 0;
        for word in text.split_terminator('.') {
            if let Some(zeros) = word.strip_prefix('z') {
                at += zeros.parse::<usize>().ok().filter(|n| *n <= HOURS).ok_or_else(bad)?;
                continue;
            }
            let weeks = u16::from_str_radix(word, 16).map_err(|_| bad())?;
            if at >= HOURS {
                return Err(bad());
            }
            for (back, hours) in steady.iter_mut().enumerate() {
                if let Some(byte) = hours.get_mut(at / 8) {
                    *byte |= u8::from(weeks >> back & 1 == 1) << (at % 8);
                }
            }
            at += 1;
        }
        if at != HOURS {
            return Err(bad());
        }
        if steady.first().is_none_or(|last| *last == Bits::default()) {
            return Err(D::Error::custom("hours of the week do not contain the last week"));
        }
        let steady = (0u16..).zip(steady).filter(|(_, hours)| *hours != Bits::default());
        let mut weeks: Vec<Week> = lone.into_iter().map(|(week, words)| Week { week, hours: of_words(words) }).collect();
        weeks.extend(steady.map(|(back, hours)| Week { week: last.saturating_sub(back), hours }));
        weeks.shrink_to_fit();
        Ok(Hours { weeks })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::{BTreeMap, BTreeSet};

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
            let hours_of = |week: &Week| {
                let on = |slot: &usize| week.hours[slot / 8] >> (slot % 8) & 1 == 1;
                (0..HOURS).filter(on).map(|s| (s as u16 / 24, (s % 24) as u8)).collect()
            };
            let kept: BTreeMap<u16, BTreeSet<(u16, u8)>> = last.weeks.iter().map(|week| (week.week, hours_of(week))).collect();
            prop_assert_eq!(kept, kept_of(&everything));
            prop_assert!(last.weeks.is_sorted_by(|later, week| later.week > week.week));
            let all: Vec<_> = b.iter().chain(&a).copied().collect();
            prop_assert_eq!(&merged, &of(&all));
            let json = serde_json::to_string(&merged).unwrap();
            prop_assert_eq!(serde_json::from_str::<Hours>(&json).unwrap(), merged);
        }
    }
}
