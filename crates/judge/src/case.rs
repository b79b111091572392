//! Cases: what stands against one workload, told once and not again until it gets worse.

use crate::decide::Decision;
use crate::{Disposition, Tuning};
use serde::{Deserialize, Serialize};
use vires_event::Millis;
use vires_profile::observation::stable_hash;

/// Why a case speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// It was opened.
    Opened,
    /// The verdict rose.
    Raised,
    /// Another boundary was crossed.
    Boundary,
    /// New evidence: of a weighty kind that was not told of yet, or after a long silence. Within an escalated case this is for the
    /// record, not for a pager.
    Evidence,
    /// Nothing new: an unmapped identity is still at work.
    Rollup,
    /// Somebody asked.
    Asked,
}

impl Why {
    /// The word as it stands in output.
    pub const fn as_str(self) -> &'static str {
        match self {
            Why::Opened => "opened",
            Why::Raised => "raised",
            Why::Boundary => "boundary",
            Why::Evidence => "evidence",
            Why::Rollup => "rollup",
            Why::Asked => "asked",
        }
    }
}

/// An open case.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CaseState {
    pub id: u64,
    pub opened: Millis,
    /// The case before this one, if it was closed lately.
    pub previous: Option<u64>,
    /// What was told last.
    told: Disposition,
    /// Boundaries that were told, as bits.
    told_boundaries: u8,
    told_at: Millis,
    /// Day of the last update, and how many there were on it.
    told_day: i64,
    told_today: u16,
    /// Kinds of weighty evidence that were told, as bits.
    #[serde(default)]
    told_codes: u64,
    /// Last time of new evidence.
    last_new: Millis,
}

impl CaseState {
    /// The gravest that was told.
    pub fn told(&self) -> Disposition {
        self.told
    }
}

const DAY: Millis = 86_400_000;

/// What happens at one event.
pub(crate) struct Step<'a> {
    pub workload: &'a str,
    pub now: Millis,
    pub decision: &'a Decision,
    /// Crossed boundaries, as bits.
    pub boundaries: u8,
    /// True if there is evidence of a kind that was not there before.
    pub new_evidence: bool,
    /// Kinds of weighty evidence, as bits.
    pub codes: u64,
    /// True if any evidence counts at all.
    pub has_evidence: bool,
    /// True if nothing stood against it before this event.
    pub was_quiet: bool,
    /// True if the inventory says whose it is and what for.
    pub mapped: bool,
}

/// Moves a workload's case on; says whether it has to speak.
pub(crate) fn step(
    case: &mut Option<Box<CaseState>>,
    closed: &mut Option<(u64, Millis)>,
    step: &Step<'_>,
    tuning: &Tuning,
) -> Option<Why> {
    let now = step.now;
    if let Some(open) = case.as_deref_mut() {
        let idle = now.saturating_sub(open.last_new) >= tuning.case.idle_close.0 && (step.was_quiet || !step.has_evidence);
        // What comes after such a silence is another case, even if it is the same again.
        if idle && (step.decision.disposition < Disposition::Watch || step.mapped) {
            *closed = Some((open.id, now));
            *case = None;
        } else if idle {
            // An unmapped identity goes on and on; what once stood against it is over.
            open.told = Disposition::CannotJudge;
            open.told_boundaries = 0;
            open.told_codes = 0;
        }
    }
    let disposition = step.decision.disposition;
    if disposition < Disposition::Watch {
        return None;
    }
    let Some(open) = case.as_deref_mut() else {
        let id = case_id(step.workload, now);
        let reopen = Millis::from(tuning.case.reopen_days) * DAY;
        let previous = closed.filter(|(_, at)| now.saturating_sub(*at) <= reopen).map(|(id, _)| id);
        *case = Some(Box::new(CaseState {
            id,
            opened: now,
            previous,
            told: disposition,
            told_boundaries: step.boundaries,
            told_at: now,
            told_day: now.div_euclid(DAY),
            told_today: 1,
            told_codes: step.codes,
            last_new: now,
        }));
        return Some(Why::Opened);
    };
    let silent = now.saturating_sub(open.told_at);
    if step.new_evidence {
        open.last_new = open.last_new.max(now);
    }
    let why = if disposition > open.told {
        Why::Raised
    } else if disposition >= Disposition::Escalate && step.boundaries & !open.told_boundaries != 0 {
        Why::Boundary
    } else if disposition >= Disposition::Escalate && step.codes & !open.told_codes != 0 {
        // Each kind once a case: this cannot flood anybody.
        open.told_codes |= step.codes;
        return Some(Why::Evidence);
    } else if disposition >= Disposition::Escalate && step.new_evidence && silent >= tuning.case.renotify.0 {
        Why::Evidence
    } else if disposition == Disposition::CannotJudge && silent >= tuning.unmapped.rollup.0 {
        Why::Rollup
    } else {
        return None;
    };
    let today = now.div_euclid(DAY);
    if open.told_day != today {
        (open.told_day, open.told_today) = (today, 0);
    }
    // A higher verdict always gets through; the rest has to wait for tomorrow.
    let urgent = why == Why::Raised && disposition >= Disposition::Escalate;
    if !urgent && open.told_today >= tuning.case.max_notify_per_day {
        return None;
    }
    open.told_today = open.told_today.saturating_add(1);
    open.told = open.told.max(disposition);
    open.told_boundaries |= step.boundaries;
    open.told_codes |= step.codes;
    open.told_at = now;
    Some(why)
}

fn case_id(workload: &str, opened: Millis) -> u64 {
    stable_hash(format!("{workload}\n{}", opened.div_euclid(DAY)).as_bytes())
}

/// A case id as it stands in output.
pub fn case_name(id: u64) -> String {
    // Every answer of a workload with a case says it: `format!` takes several times as long.
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut name = String::with_capacity(21);
    name.push_str("case-");
    name.extend((0..16).rev().filter_map(|n| DIGITS.get((id >> (4 * n) & 15) as usize)).map(|digit| char::from(*digit)));
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Run {
        case: Option<Box<CaseState>>,
        closed: Option<(u64, Millis)>,
        tuning: Tuning,
        codes: u64,
    }

    impl Run {
        fn at(&mut self, hour: i64, disposition: Disposition, boundaries: u8, new_evidence: bool) -> Option<Why> {
            let rule = crate::decide::Rule::Below { score: 0.0, cut: 0.0 };
            let decision = Decision { disposition, level: disposition, rule };
            let has_evidence = disposition != Disposition::Suppress && (new_evidence || boundaries != 0);
            let s = Step {
                workload: "w",
                now: hour * 3_600_000,
                decision: &decision,
                boundaries,
                new_evidence,
                codes: self.codes,
                has_evidence,
                was_quiet: false,
                mapped: disposition != Disposition::CannotJudge,
            };
            step(&mut self.case, &mut self.closed, &s, &self.tuning)
        }
    }

    fn run() -> Run {
        Run { case: None, closed: None, tuning: Tuning::default(), codes: 0 }
    }

    #[test]
    fn weighty_evidence_of_another_kind_goes_on_record_once() {
        let mut r = run();
        r.codes = 0b01;
        assert_eq!(r.at(1, Disposition::Escalate, 1, true), Some(Why::Opened));
        assert_eq!(r.at(2, Disposition::Escalate, 1, true), None);
        r.codes = 0b11;
        assert_eq!(r.at(3, Disposition::Escalate, 1, true), Some(Why::Evidence));
        assert_eq!(r.at(4, Disposition::Escalate, 1, true), None);
    }

    #[test]
    fn a_case_speaks_when_it_gets_worse_and_not_before() {
        use Disposition::{Escalate, Page, Suppress, Watch};
        let mut r = run();
        for (hour, disposition, boundaries, new, expected) in [
            (0, Suppress, 0, false, None),
            (1, Watch, 0, true, Some(Why::Opened)),
            (2, Watch, 0, true, None),
            (3, Escalate, 1, true, Some(Why::Raised)),
            (4, Escalate, 1, true, None),
            (5, Escalate, 3, true, Some(Why::Boundary)),
            // A fourth update of the day has to wait, unless the verdict rises.
            (6, Escalate, 7, true, None),
            (7, Page, 7, true, Some(Why::Raised)),
            (30, Escalate, 7, false, None),
            (90, Escalate, 7, true, Some(Why::Evidence)),
        ] {
            assert_eq!(r.at(hour, disposition, boundaries, new), expected, "hour {hour}");
        }
    }

    #[test]
    fn a_case_ends_in_silence_and_the_next_one_names_it() {
        let mut r = run();
        assert_eq!(r.at(0, Disposition::Escalate, 1, true), Some(Why::Opened));
        let first = r.case.as_ref().unwrap().id;
        assert_eq!(r.at(71, Disposition::Suppress, 0, false), None);
        assert!(r.case.is_some());
        assert_eq!(r.at(73, Disposition::Suppress, 0, false), None);
        assert!(r.case.is_none());
        assert_eq!(r.at(100, Disposition::Escalate, 1, true), Some(Why::Opened));
        assert_eq!(r.case.as_ref().unwrap().previous, Some(first));
        assert_ne!(r.case.as_ref().unwrap().id, first);
    }

    #[test]
    fn the_unmapped_are_reported_once_a_day() {
        let mut r = run();
        let spoken: Vec<i64> = (0..72).filter(|h| r.at(*h, Disposition::CannotJudge, 0, false).is_some()).collect();
        assert_eq!(spoken, [0, 24, 48]);
        // What stood against it long ago does not silence what comes now.
        assert_eq!(r.at(73, Disposition::Escalate, 1, true), Some(Why::Raised));
        assert_eq!(r.at(200, Disposition::CannotJudge, 0, false), Some(Why::Rollup));
        assert_eq!(r.at(201, Disposition::Escalate, 1, true), Some(Why::Raised));
    }
}
