//! T5 — back from the dead.
//!
//! # Escalates when
//! a decommissioned workload acts, or one acts again after a silence of `weights.dormant_days` or more, three times longer than
//! any before.
//!
//! # Why
//! Nobody watches what nobody uses. Forgotten test tenants, keys that survived a clean-up and accounts of closed projects are
//! how intruders stay.
//!
//! # Stays quiet when
//! silences of that length are usual. Days on which nobody of the whole estate was seen for a week or more are no silence: nobody was
//! looking. One that comes back from where it always came from, doing what it always did, counts
//! `weights.dormant_familiar`: yearly jobs do that. For who comes from somewhere new all the time, a new place says nothing: if
//! its tool, its credential and its data are those that it had, it is as ever.
//!
//! # Tuning
//! `weights.decommissioned`, `weights.dormant`, `weights.dormant_days`, `weights.dormant_familiar`.
//!
//! # References
//! OWASP NHI1:2025 (improper offboarding); ATT&CK T1078; NIST CSF 2.0 DE.CM-09.

use crate::evidence::Finding;
use crate::surprisal::{Declared, Gauge};
use crate::view::{Draft, View};
use crate::{Break, Code};
use vires_event::Boundary;
use vires_profile::inventory::Status;

pub(super) fn look(view: &View<'_>, found: &mut Vec<Finding>) {
    let weights = &view.tuning.weights;
    if view.profile.is_some_and(|p| p.status == Status::Decommissioned) {
        Draft::new(Code::T5, Some(Boundary::Trust), Break::Ownership, "lifecycle", "decommissioned")
            .times("decommissioned", weights.decommissioned)
            .times("outcome", view.trust_outcome())
            .says("no activity: decommissioned (declared)", "active")
            .put(found);
        return;
    }
    let Some((gap, longest)) = silence(view) else { return };
    if gap < weights.dormant_days || u32::from(gap) <= 3 * u32::from(longest) {
        return;
    }
    // Where a roamer comes from proves nothing, so that all the rest has to be as ever.
    let known_place = |origin: &Gauge| !stranger(origin) || (roams(origin) && view.old_work());
    let familiar = view.origin.as_ref().is_none_or(known_place) && !stranger(&view.action);
    Draft::new(Code::T5, Some(Boundary::Trust), Break::Ownership, "lifecycle", "dormant")
        .times("dormant", weights.dormant)
        .times("as ever", if familiar { weights.dormant_familiar } else { 1.0 })
        .times("outcome", view.trust_outcome())
        .says(format!("silences of at most {longest} days"), format!("active after {gap} days of silence"))
        .put(found);
}

/// True if the value was never seen at all.
fn stranger(gauge: &Gauge) -> bool {
    matches!(gauge.standing, crate::surprisal::Standing::Unseen | crate::surprisal::Standing::Child)
}

/// True for who comes from new places all the time, so that one more says nothing: hosted runners do.
fn roams(origin: &Gauge) -> bool {
    const SURPRISE: f64 = 0.1;
    origin.declared != Declared::Outside && origin.surprise < SURPRISE
}

/// Days since it was last active before today, and the longest silence before that, of days on which somebody was looking.
fn silence(view: &View<'_>) -> Option<(u16, u16)> {
    let today = view.memory.day;
    let mut days = view.memory.active.days().skip_while(|day| *day >= today);
    let last = days.next()?;
    // The common case first: it was active lately.
    let silent = |from: u16, to: u16| (to - from).saturating_sub(view.o.unwatched.between(from, to));
    let gap = silent(last, today);
    if gap < view.tuning.weights.dormant_days {
        return None;
    }
    let (mut longest, mut later) = (0, last);
    for day in days {
        longest = longest.max(silent(day, later));
        later = day;
    }
    Some((gap, longest))
}

#[cfg(test)]
mod tests {
    use crate::bench::{Act, Bench, act};

    /// A peer is seen every day.
    fn others(days: std::ops::Range<i64>) -> Vec<Act> {
        days.map(|day| act().by("peer0").on_day(day)).collect()
    }

    #[test]
    fn the_decommissioned_and_the_dormant_count() {
        assert_eq!(Bench::mature().declare("status = \"decommissioned\"\n").x("T5", act()), Some(1.0));
        let bench = Bench::mature();
        let x = |act| bench.found_after(&others(0..60), act).into_iter().find(|(code, _)| code == "T5").map(|(_, x)| x);
        assert_eq!(x(act().on_day(60)), Some(0.4));
        assert_eq!(x(act().on_day(60).at_address("203.0.113.9")), Some(0.8));
        assert_eq!(x(act().on_day(20)), None);
        // Who comes from another network each time comes from where it always does; to a list of places that is another thing.
        let roams = |day: i64| act().on_day(day).at_address(&format!("203.0.{}.9", day + 60));
        let roaming = (-30..0).fold(Bench::every_days(200), |bench, day| bench.also_on(&[day], roams(day)));
        let x = |bench: &Bench, act| bench.found_after(&others(0..60), act).into_iter().find(|(code, _)| code == "T5").map(|(_, x)| x);
        assert_eq!(x(&roaming, roams(60)), Some(0.4));
        assert_eq!(x(&roaming.clone().declare("[workload.expect]\nzones = [\"corp\"]\n"), roams(60)), Some(0.8));
        assert_eq!(x(&roaming, roams(60).action("s3:DeleteObject", 3)), Some(0.8));
        assert_eq!(x(&roaming, roams(60).agent("curl")), Some(0.8));
        assert_eq!(Bench::mature().declare("status = \"deprecated\"\n").x("T5", act()), None);
    }

    #[test]
    fn a_monthly_rhythm_is_no_death() {
        let bench = Bench::every_days(25).also_on(&(-120..0).collect::<Vec<_>>(), act().by("peer0"));
        let x = |act| bench.found_after(&others(0..60), act).into_iter().any(|(code, _)| code == "T5");
        // The last activity was 25 days before the first judged day, the longest silence 25 days.
        assert!(!x(act().on_day(45)));
        assert!(x(act().on_day(60)));
    }

    #[test]
    fn not_looking_is_no_silence_of_others() {
        let bench = Bench::mature();
        let t5 = |before: &[Act], act| bench.found_after(before, act).into_iter().any(|(code, _)| code == "T5");
        // The baseline ended 36 days before anything is judged.
        assert!(!t5(&[], act().on_day(35)));
        assert!(!t5(&others(35..37), act().on_day(37)));
        // Nor does a stop of the judge count, however long.
        assert!(!t5(&[act().on_day(0), act().by("peer0").on_day(0)], act().on_day(300)));
        // Others are seen for a month, and it is not.
        assert!(t5(&others(35..66), act().on_day(66)));
        // A clock that runs ahead says nothing of the days before.
        assert!(t5(&[vec![act().by("peer1").on_day(400)], others(0..60)].concat(), act().on_day(60)));
    }
}
