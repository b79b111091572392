use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Day since 1970 UTC.
pub type Day = u16;

/// On which of the last 128 days something was seen, counted back from the last of them. Empty before anything was seen.
///
/// Union is exact: a day that fell off was more than 128 days before a day that is still there, so it is out of the result as
/// well.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Presence {
    last: Day,
    // Two halves in place of a u128: its alignment would cost every learned value eight bytes.
    high: u64,
    low: u64,
}

impl Presence {
    /// Seen on one day.
    pub fn on(day: Day) -> Self {
        Presence { last: day, high: 0, low: 1 }
    }

    /// From its parts, as [`Presence::parts`] gave them.
    pub(super) fn from_parts(last: Day, [high, low]: [u64; 2]) -> Self {
        Presence { last, high, low }
    }

    /// The last day and the bits, most significant word first.
    pub(super) fn parts(self) -> (Day, [u64; 2]) {
        (self.last, [self.high, self.low])
    }

    fn from_bits(last: Day, bits: u128) -> Self {
        Presence { last, high: (bits >> 64) as u64, low: bits as u64 }
    }

    fn bits(self) -> u128 {
        u128::from(self.high) << 64 | u128::from(self.low)
    }

    /// The last day it was seen.
    pub fn last(self) -> Option<Day> {
        (!self.is_empty()).then_some(self.last)
    }

    /// True if it was never seen.
    pub fn is_empty(self) -> bool {
        self.low == 0 && self.high == 0
    }

    /// True if it was seen on that day.
    pub fn contains(self, day: Day) -> bool {
        day <= self.last && self.last - day < 128 && self.bits() >> (self.last - day) & 1 == 1
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
        let shifted = |p: Presence| p.bits().checked_shl(u32::from(last - p.last)).unwrap_or(0);
        Presence::from_bits(last, shifted(self) | shifted(other))
    }

    /// Adds a day.
    pub fn add(&mut self, day: Day) {
        *self = self.union(Presence::on(day));
    }

    /// The part that lies in the `window` days that end with `until`.
    pub fn within(self, until: Day, window: u16) -> Presence {
        // Days after `until`: a baseline may have been learned from the very days that are judged.
        let ahead = self.last.saturating_sub(until);
        let behind = until.saturating_sub(self.last);
        let Some(width) = window.checked_sub(behind).filter(|w| *w > 0) else { return Presence::default() };
        let mask = if width >= 128 { u128::MAX } else { (1u128 << width) - 1 };
        let bits = self.bits().checked_shr(u32::from(ahead)).unwrap_or(0) & mask;
        Presence::from_bits(self.last.min(until), bits)
    }

    /// How many days.
    pub fn count(self) -> u32 {
        self.high.count_ones() + self.low.count_ones()
    }

    /// The days, latest first.
    pub fn days(self) -> impl Iterator<Item = Day> {
        let mut bits = self.bits();
        std::iter::from_fn(move || {
            if bits == 0 {
                return None;
            }
            let back = bits.trailing_zeros();
            bits &= bits - 1;
            Some(self.last.saturating_sub(u16::try_from(back).unwrap_or(u16::MAX)))
        })
    }
}

/// As `[last, "bits in hex"]`.
impl Serialize for Presence {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        (self.last, format!("{:x}", self.bits())).serialize(s)
    }
}

impl<'de> Deserialize<'de> for Presence {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let (last, bits) = <(Day, String)>::deserialize(d)?;
        let bits = u128::from_str_radix(&bits, 16).map_err(|_| D::Error::custom("day bits are not hexadecimal"))?;
        if bits & 1 == 0 && bits != 0 {
            return Err(D::Error::custom("day bits do not contain the last day"));
        }
        Ok(Presence::from_bits(if bits == 0 { 0 } else { last }, bits))
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

    fn days() -> impl Strategy<Value = Vec<Day>> {
        prop::collection::vec(1000u16..1300, 0..12)
    }

    proptest! {
        #[test]
        fn is_a_set_of_the_last_128_days(a in days(), b in days(), c in days(), until in 990u16..1310, window in 0u16..140) {
            let union = of(&a).union(of(&b)).union(of(&c));
            prop_assert_eq!(union, of(&c).union(of(&a).union(of(&b))));
            prop_assert_eq!(union.union(union), union);
            let all: BTreeSet<Day> = a.iter().chain(&b).chain(&c).copied().collect();
            let last = all.last().copied().unwrap_or(0);
            let kept: Vec<Day> = all.iter().rev().copied().filter(|d| last - d < 128).collect();
            prop_assert_eq!(union.days().collect::<Vec<_>>(), kept.clone());
            let inside = kept.iter().filter(|d| **d <= until && until - **d < window).count();
            prop_assert_eq!(union.within(until, window).count() as usize, inside);
            for day in 995..1305 {
                prop_assert_eq!(union.contains(day), kept.contains(&day));
            }
            let json = serde_json::to_string(&union).unwrap();
            prop_assert_eq!(serde_json::from_str::<Presence>(&json).unwrap(), union);
        }
    }
}
