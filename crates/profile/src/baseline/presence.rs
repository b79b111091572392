use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Day since 1970 UTC.
pub type Day = u16;

/// Most lone days that are kept beside the 128.
pub(super) const LONE_DAYS: usize = 2;

/// How long nothing came before a lone day: longer than a month, so that monthly work is not lone, and short enough that a shift
/// by less leaves the usual window of 90 days whole.
const LONELY: Day = 32;

/// On which of 128 days something was seen, counted back from the last of them. Empty before anything was seen.
///
/// The last day is *lone* if nothing was seen in the month before it: a record whose clock runs ahead must not push out all that
/// was learned. Up to two such days are kept beside the 128, which end with the last day before them. With a second day near it, a
/// lone day is the end of the 128: the workload slept and came back.
///
/// Union is exact. Of any part of the days, what was kept has the last day, and all days of the 128 before it that the whole may
/// want: a day that fell off a part lies more than 128 days before one of that part which is not lone, and will not be. Whether the
/// whole's last day is lone shows in the last days of the parts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Presence {
    last: Day,
    /// Latest first; 0 for none (a lone day has an earlier one before it).
    lone: [Day; LONE_DAYS],
    // Two halves in place of a u128: its alignment would cost every learned value eight bytes.
    high: u64,
    low: u64,
}

impl Presence {
    /// Seen on one day.
    #[inline]
    pub fn on(day: Day) -> Self {
        Presence { last: day, low: 1, ..Presence::default() }
    }

    /// From its parts, as [`Presence::parts`] gave them.
    #[inline]
    pub(super) fn from_parts(last: Day, [high, low]: [u64; 2], lone: [Day; LONE_DAYS]) -> Self {
        Presence { last, lone, high, low }
    }

    /// The last of the 128 days, the bits, most significant word first, and lone days.
    #[inline]
    pub(super) fn parts(self) -> (Day, [u64; 2], [Day; LONE_DAYS]) {
        (self.last, [self.high, self.low], self.lone)
    }

    fn from_bits(last: Day, bits: u128, lone: [Day; LONE_DAYS]) -> Self {
        Presence { last, lone, high: (bits >> 64) as u64, low: bits as u64 }
    }

    #[inline]
    fn bits(self) -> u128 {
        u128::from(self.high) << 64 | u128::from(self.low)
    }

    /// Lone days, latest first.
    fn lone(self) -> impl Iterator<Item = Day> {
        self.lone.into_iter().take_while(|day| *day > 0)
    }

    /// The last day it was seen.
    #[inline]
    pub fn last(self) -> Option<Day> {
        self.lone().next().or_else(|| self.steady_last())
    }

    /// The last day it was seen that is not lone.
    #[inline]
    pub fn steady_last(self) -> Option<Day> {
        (!self.is_empty()).then_some(self.last)
    }

    /// True if it was never seen.
    #[inline]
    pub fn is_empty(self) -> bool {
        self.low == 0 && self.high == 0
    }

    /// True if it was seen on that day.
    #[inline]
    pub fn contains(self, day: Day) -> bool {
        (day <= self.last && self.last - day < 128 && self.bits() >> (self.last - day) & 1 == 1)
            || (day > 0 && self.lone.contains(&day))
    }

    /// All days of either.
    pub fn union(self, other: Presence) -> Presence {
        if self.is_empty() {
            return other;
        }
        if other.is_empty() {
            return self;
        }
        let last = self.last.max(other.last);
        // The common case: none is lone, none becomes it.
        let later = if self.last < other.last { other } else { self };
        let near = self.last.abs_diff(other.last) < LONELY || later.low & ((1 << LONELY) - 2) != 0;
        if near && self.lone == [0; LONE_DAYS] && other.lone == self.lone {
            let shifted = |p: Presence| p.bits().checked_shl(u32::from(last - p.last)).unwrap_or(0);
            return Presence::from_bits(last, shifted(self) | shifted(other), self.lone);
        }
        let single = |at: Option<&Day>| at.filter(|day| **day > 0).map_or((0, 0), |day| (*day, 1));
        let mut runs: [(Day, u128); 2 + 2 * LONE_DAYS] = [(0, 0); 2 + 2 * LONE_DAYS];
        let ends = [(self.last, self.bits()), (other.last, other.bits())].into_iter();
        let lone = self.lone.iter().chain(&other.lone).map(|day| single(Some(day)));
        for (run, found) in runs.iter_mut().zip(ends.chain(lone)) {
            *run = found;
        }
        union_of(&mut runs)
    }

    /// Adds a day.
    pub fn add(&mut self, day: Day) {
        *self = self.union(Presence::on(day));
    }

    /// The part that lies in the `window` days that end with `until`.
    pub fn within(self, until: Day, window: u16) -> Presence {
        // Days after `until`: a baseline may have been learned from the very days that are judged.
        let mut inside = Presence::default();
        let ahead = self.last.saturating_sub(until);
        let behind = until.saturating_sub(self.last);
        if let Some(width) = window.checked_sub(behind).filter(|w| *w > 0) {
            let mask = if width >= 128 { u128::MAX } else { (1u128 << width) - 1 };
            let bits = self.bits().checked_shr(u32::from(ahead)).unwrap_or(0) & mask;
            if bits != 0 {
                let shift = bits.trailing_zeros();
                let last = self.last.min(until).saturating_sub(u16::try_from(shift).unwrap_or(u16::MAX));
                inside = Presence::from_bits(last, bits >> shift, [0; LONE_DAYS]);
            }
        }
        self.lone().filter(|day| *day <= until && until - day < window).fold(inside, |all, day| all.union(Presence::on(day)))
    }

    /// How many days lie in the `window` days that end with `until`: the count of [`Presence::within`].
    #[inline]
    pub fn count_within(self, until: Day, window: u16) -> u32 {
        if self.lone != [0; LONE_DAYS] {
            return self.within(until, window).count();
        }
        let ahead = u32::from(self.last.saturating_sub(until));
        let Some(width) = window.checked_sub(until.saturating_sub(self.last)).filter(|w| *w > 0) else { return 0 };
        let bits = self.bits().checked_shr(ahead).unwrap_or(0);
        if width >= 128 { bits.count_ones() } else { (bits & ((1 << width) - 1)).count_ones() }
    }

    /// How many days.
    pub fn count(self) -> u32 {
        self.high.count_ones() + self.low.count_ones() + self.lone.iter().map(|day| u32::from(*day > 0)).sum::<u32>()
    }

    /// The days, latest first.
    pub fn days(self) -> impl Iterator<Item = Day> {
        let mut bits = self.bits();
        let steady = std::iter::from_fn(move || {
            if bits == 0 {
                return None;
            }
            let back = bits.trailing_zeros();
            bits &= bits - 1;
            Some(self.last.saturating_sub(u16::try_from(back).unwrap_or(u16::MAX)))
        });
        self.lone().chain(steady)
    }

    /// True if it is what a union gives: what a file must satisfy.
    fn is_sound(self) -> bool {
        let mut after = None;
        let apart = self.lone().chain((!self.is_empty()).then_some(self.last)).all(|day| {
            let apart = after.is_none_or(|after: Day| after > day && after - day >= LONELY);
            after = Some(day);
            apart
        });
        let packed = self.lone.iter().skip_while(|day| **day > 0).all(|day| *day == 0);
        apart && packed && (self.bits() & 1 == 1 || self == Presence::default())
    }
}

/// All days of several runs, each a last day and the bits before it.
fn union_of(runs: &mut [(Day, u128)]) -> Presence {
    let mut lone = [0; LONE_DAYS];
    let latest = |runs: &[(Day, u128)]| runs.iter().filter(|(_, bits)| *bits != 0).map(|(last, _)| *last).max();
    for kept in &mut lone {
        let Some(last) = latest(runs) else { break };
        let month = (1u128 << LONELY) - 2;
        let near = |(day, bits): &(Day, u128)| *bits != 0 && if *day == last { bits & month != 0 } else { last - day < LONELY };
        let only = runs.iter().all(|(day, bits)| *bits == 0 || (*day == last && *bits == 1));
        if only || runs.iter().any(near) {
            break;
        }
        *kept = last;
        for (day, bits) in runs.iter_mut().filter(|(day, bits)| *day == last && *bits != 0) {
            *bits >>= 1;
            let back = bits.trailing_zeros();
            if *bits != 0 {
                *bits >>= back;
                *day -= 1 + back as Day;
            }
        }
    }
    let last = latest(runs).unwrap_or(0);
    let bits = runs
        .iter()
        .filter(|(_, bits)| *bits != 0)
        .fold(0, |all, (day, bits)| all | bits.checked_shl(u32::from(last - day)).unwrap_or(0));
    Presence::from_bits(last, bits, lone)
}

/// As `[last, "bits in hex"]`, where there are lone days `[last, "bits in hex", [day, …]]`.
impl Serialize for Presence {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        let bits = format!("{:x}", self.bits());
        let lone: Vec<Day> = self.lone().collect();
        if lone.is_empty() { (self.last, bits).serialize(s) } else { (self.last, bits, lone).serialize(s) }
    }
}

impl<'de> Deserialize<'de> for Presence {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Raw(Day, String, #[serde(default)] Vec<Day>);
        let Raw(last, bits, days) = Raw::deserialize(d)?;
        let bits = u128::from_str_radix(&bits, 16).map_err(|_| D::Error::custom("day bits are not hexadecimal"))?;
        if bits & 1 == 0 && bits != 0 {
            return Err(D::Error::custom("day bits do not contain the last day"));
        }
        let mut lone = [0; LONE_DAYS];
        if days.len() > lone.len() {
            return Err(D::Error::custom("too many lone days"));
        }
        lone.iter_mut().zip(days).for_each(|(kept, day)| *kept = day);
        let presence = Presence::from_bits(if bits == 0 { 0 } else { last }, bits, lone);
        if presence.is_sound() { Ok(presence) } else { Err(D::Error::custom("lone days are not 32 days apart")) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    fn of(days: &[Day]) -> Presence {
        days.iter().fold(Presence::default(), |p, d| p.union(Presence::on(*d)))
    }

    #[test]
    fn windows_end_where_they_are_told_to() {
        let p = of(&[100, 101, 150, 190]);
        for (until, window, expected) in [
            (190, 90, 3),
            (190, 91, 4),
            (189, 90, 3),
            (250, 90, 1),
            (279, 90, 1),
            (280, 90, 0),
            (99, 90, 0),
            (150, 1, 1),
            (149, 1, 0),
        ] {
            assert_eq!(p.within(until, window).count(), expected, "{until} {window}");
        }
    }

    #[test]
    fn a_clock_that_runs_ahead_erases_nothing() {
        let month: Vec<Day> = (1000..1028).collect();
        let ahead = |days: &[Day]| of(&month).union(of(days));
        for (days, kept, last, steady) in [
            (&[1400u16][..], 29, 1400, 1027),
            (&[1400, 2000], 30, 2000, 1027),
            (&[1059], 29, 1059, 1027),
            // Near enough to be a silence: nothing of 90 days is lost.
            (&[1058], 29, 1058, 1058),
            // Two days near each other: it came back.
            (&[1400, 1401], 2, 1401, 1401),
            // More clocks than there is room for.
            (&[1400, 2000, 2600], 3, 2600, 1400),
        ] {
            let p = ahead(days);
            assert_eq!((p.count(), p.last(), p.steady_last()), (kept, Some(last), Some(steady)), "{days:?}");
        }
        assert_eq!(ahead(&[1400]).within(1030, 90).count(), 28);
        assert_eq!(ahead(&[1400]).within(1400, 90).days().collect::<Vec<_>>(), [1400]);
    }

    #[test]
    fn refuses_lone_days_that_no_union_gives() {
        let read = |text: &str| serde_json::from_str::<Presence>(text);
        assert_eq!(read("[1000,\"3\",[1300]]").unwrap(), of(&[999, 1000, 1300]));
        assert_eq!(read("[1000,\"3\"]").unwrap(), of(&[999, 1000]));
        for bad in ["[1000,\"3\",[1031]]", "[1000,\"3\",[1300,1500]]", "[0,\"0\",[1300]]", "[1000,\"3\",[9000,8000,7000]]"] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }

    /// What is kept of a set of days, said plainly.
    fn kept_of(all: &BTreeSet<Day>) -> Vec<Day> {
        let mut rest: Vec<Day> = all.iter().rev().copied().collect();
        let mut kept = Vec::new();
        while kept.len() < LONE_DAYS && rest.len() > 1 && rest[0] - rest[1] >= LONELY {
            kept.push(rest.remove(0));
        }
        let last = rest.first().copied().unwrap_or(0);
        kept.extend(rest.into_iter().filter(|d| last - d < 128));
        kept
    }

    fn days() -> impl Strategy<Value = Vec<Day>> {
        prop_oneof![
            prop::collection::vec(1000u16..1300, 0..12),
            prop::collection::vec(prop_oneof![1000u16..1010, 1030u16..1034, 1126u16..1140, 1300u16..1302, 1500u16..1900], 0..6),
        ]
    }

    proptest! {
        #[test]
        fn is_a_set_of_the_last_128_days(a in days(), b in days(), c in days(), until in 990u16..1910, window in 0u16..140) {
            let union = of(&a).union(of(&b)).union(of(&c));
            prop_assert_eq!(union, of(&c).union(of(&a).union(of(&b))));
            prop_assert_eq!(union.union(union), union);
            let all: BTreeSet<Day> = a.iter().chain(&b).chain(&c).copied().collect();
            let kept = kept_of(&all);
            let one_by_one: Vec<Day> = c.iter().rev().chain(&a).chain(&b).copied().collect();
            prop_assert_eq!(union, of(&one_by_one));
            prop_assert!(union.is_sound());
            prop_assert_eq!(union.count() as usize, kept.len());
            prop_assert_eq!(union.days().collect::<Vec<_>>(), kept.clone());
            let inside = kept.iter().filter(|d| **d <= until && until - **d < window).count();
            prop_assert_eq!(union.within(until, window).count() as usize, inside);
            prop_assert_eq!(union.count_within(until, window) as usize, inside);
            for day in 995..1905 {
                prop_assert_eq!(union.contains(day), kept.contains(&day));
            }
            let json = serde_json::to_string(&union).unwrap();
            prop_assert_eq!(serde_json::from_str::<Presence>(&json).unwrap(), union);
        }
    }
}
