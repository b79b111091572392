//! Days on which nobody was looking.
//!
//! A workload that was not seen is silent only if it could have been seen. Between the end of a baseline and the first day that is
//! judged, or while no logs came in, everybody is silent.

use serde::{Deserialize, Serialize};
use vires_profile::baseline::{Day, Presence};
use vires_profile::observation::Unwatched;

/// Days without anybody that are a gap: an estate of office hours has long weekends.
const LEAST: Day = 7;

/// The gaps in what was seen of the estate, as the days come in.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Watch {
    last: Option<Day>,
    gaps: Unwatched,
}

impl Watch {
    /// Starts with the days that a baseline knows.
    pub fn new(days: Presence) -> Watch {
        let mut days: Vec<Day> = days.days().collect();
        days.reverse();
        days.into_iter().fold(Watch::default(), |watch, day| watch.and(day))
    }

    fn and(mut self, day: Day) -> Watch {
        self.see(day);
        self
    }

    /// Somebody was seen on this day. Days may come in any order.
    pub fn see(&mut self, day: Day) {
        match self.last {
            // Almost always.
            Some(last) if day == last => {}
            Some(last) if day > last => {
                if day - last > LEAST {
                    self.gaps.push((last + 1, day - 1));
                }
                self.last = Some(day);
            }
            Some(_) => self.gaps.split(day, LEAST),
            None => self.last = Some(day),
        }
    }

    /// The latest gaps.
    pub fn gaps(&self) -> Unwatched {
        self.gaps
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use vires_profile::observation::MOST_GAPS;

    fn watch(days: &[Day]) -> Watch {
        days.iter().fold(Watch::default(), |watch, day| watch.and(*day))
    }

    #[test]
    fn gaps_are_days_without_anybody() {
        for (days, from, to, expected) in [
            (&[10, 11, 12][..], 10, 12, 0),
            // A long weekend.
            (&[10, 17], 10, 17, 0),
            (&[10, 18], 10, 18, 7),
            (&[10, 60], 10, 60, 49),
            // Only what lies between counts.
            (&[10, 60], 20, 60, 39),
            (&[10, 60], 20, 30, 9),
            (&[10, 60], 60, 70, 0),
            (&[10, 60, 100], 10, 100, 49 + 39),
            // What comes late fills them.
            (&[10, 60, 30], 10, 60, 19 + 29),
            (&[10, 60, 12], 10, 60, 47),
            (&[10, 60, 58], 10, 60, 47),
            // A clock that runs ahead.
            (&[10, 500, 11, 12, 13], 10, 13, 0),
        ] {
            assert_eq!(watch(days).gaps().between(from, to), expected, "{days:?} {from}..{to}");
        }
        assert_eq!(Watch::new(Presence::on(60).union(Presence::on(10)).union(Presence::on(11))), watch(&[10, 11, 60]));
    }

    #[test]
    fn the_latest_gaps_stay() {
        let days: Vec<Day> = (0..20).map(|n| n * 30).collect();
        assert_eq!(watch(&days).gaps().between(0, 570), 29 * MOST_GAPS as u16);
    }
}
