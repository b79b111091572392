//! What time it is in a stream.
//!
//! Times stand in records, and some who act write their own. Whatever forgets or learns with time must not do so because one of
//! them claims that a year has passed: the clock moves on only as far as another workload, or a long run of events, bears out. Where
//! there is only one workload, nobody could.

use serde::{Deserialize, Serialize};
use vires_event::Millis;

/// An event further than this from the clock is not taken to tell the time.
pub(crate) const FAR: Millis = 86_400_000;

/// So many events in a row, of whomever, are right about what time it is at least.
const RUN: u32 = 64;

/// The time of a stream. Events must come in their order.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Clock {
    /// The latest moment that is borne out; `None` before the first event.
    now: Option<Millis>,
    /// False while a lone event says so.
    confirmed: bool,
    /// True once events of several workloads were seen.
    company: bool,
    /// The workload that claims the latest moment, and this moment.
    latest: (u64, Millis),
    /// The earliest of the run of events that is going on, and how many they are.
    run: (Millis, u32),
}

impl Clock {
    /// The latest moment that is borne out.
    pub fn now(&self) -> Option<Millis> {
        self.now
    }

    /// Sees an event at `at` of a workload, by hash. Returns the time of the stream if the event is far from it.
    pub fn see(&mut self, workload: u64, at: Millis) -> Option<Millis> {
        let Some(before) = self.now else {
            *self = Clock { now: Some(at), latest: (workload, at), run: (at, 1), ..Clock::default() };
            return None;
        };
        let (least, count) = self.run;
        self.run = if count >= RUN { (at, 1) } else { (least.min(at), count + 1) };
        let mut now = before;
        if !self.confirmed && at < before.saturating_sub(FAR) {
            // Two disagree: what is earlier does no harm.
            now = at;
        } else if workload != self.latest.0 {
            now = now.max(at.min(self.latest.1));
        }
        self.company |= workload != self.latest.0;
        if self.run.1 == RUN {
            now = now.max(self.run.0);
        }
        self.confirmed |= at.abs_diff(now) <= FAR.unsigned_abs();
        if !self.company && at > now {
            self.confirmed &= at.saturating_sub(now) <= FAR;
            now = at;
        }
        if workload == self.latest.0 || at > self.latest.1 {
            self.latest = (workload, at.max(self.latest.1));
        }
        self.now = Some(now);
        (at.abs_diff(now) > FAR.unsigned_abs()).then_some(now)
    }
}

/// The latest moment that a workload has seen, after an event at `at` with what [`Clock::see`] said of it.
pub(crate) fn watermark(before: Millis, at: Millis, stream: Option<Millis>) -> Millis {
    match stream {
        // What claims to be far ahead shows no more than that the stream has come so far; what comes late shows nothing.
        Some(now) => before.min(now.saturating_add(FAR)).max(at.min(now)),
        // The stream is within a day of this event: what is two days ahead of it was believed too soon.
        None if before > at.saturating_add(2 * FAR) => at,
        None => before.max(at),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: Millis = FAR;
    const YEAR: Millis = 365 * DAY;

    /// Feeds `(workload, time)`; returns what was said of each.
    fn told(events: &[(u64, Millis)]) -> Vec<Option<Millis>> {
        let mut clock = Clock::default();
        events.iter().map(|(workload, at)| clock.see(*workload, *at)).collect()
    }

    #[test]
    fn nobody_moves_the_clock_alone() {
        // However often one claims it, and however it comes there.
        let mut events = vec![(1, 0), (2, 10)];
        for n in 1..50 {
            events.extend([(1, n * DAY * 9 / 10), (2, 10 + n)]);
        }
        let told = told(&events);
        assert!(told.iter().skip(1).step_by(2).all(Option::is_none), "who is on time is never far: {told:?}");
        assert_eq!(told[2], None);
        assert_eq!(told[6], Some(12));
    }

    #[test]
    fn two_move_it_and_so_does_a_long_run() {
        assert_eq!(told(&[(1, 0), (2, 1), (1, YEAR), (2, YEAR + 5), (1, YEAR + 6)]), [None, None, Some(1), None, None]);
        let run: Vec<_> = [(1, 0), (2, 1)].into_iter().chain((0..200).map(|n| (1, YEAR + n))).collect();
        let told = told(&run);
        assert_eq!(told[10], Some(1));
        assert_eq!(told[130..], [None; 72]);
    }

    #[test]
    fn who_is_alone_is_believed_until_it_says_otherwise() {
        assert_eq!(told(&[(1, 0), (1, YEAR), (1, YEAR + 1), (1, 5)]), [None, None, None, Some(YEAR + 1)]);
        assert_eq!(told(&[(1, 0), (1, YEAR), (1, 5), (2, 6), (1, YEAR)]), [None, None, None, None, Some(6)]);
    }

    #[test]
    fn a_first_event_from_the_future_is_corrected() {
        for second in [1, 2] {
            assert_eq!(told(&[(1, YEAR), (second, 0), (2, 1), (1, 2)])[1..], [None; 3]);
        }
        // The past is far as well, and moves nothing.
        assert_eq!(told(&[(1, YEAR), (2, YEAR), (1, 0), (2, YEAR)]), [None, None, Some(YEAR), None]);
    }

    #[test]
    fn a_watermark_follows_what_is_borne_out() {
        assert_eq!(watermark(Millis::MIN, 7, None), 7);
        assert_eq!(watermark(7, 5, None), 7);
        assert_eq!(watermark(7, YEAR, Some(8)), 8);
        assert_eq!(watermark(7, -YEAR, Some(8)), 7);
        assert_eq!(watermark(YEAR, 9, None), 9);
        assert_eq!(watermark(YEAR, 9 - 3 * DAY, Some(9)), 9 + DAY);
        assert_eq!(watermark(Millis::MIN, YEAR, Some(8)), 8);
    }
}
