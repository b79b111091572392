//! Events that claim to come from the future: nothing is forgotten, learned or closed on their word.

use crate::bench::{Act, Bench, TODAY, act};
use crate::{Disposition, Judge, JudgeState, Outcome, Why};
use vires_event::Effect;
use vires_profile::observation::Mapping;

fn theft() -> Act {
    act().action("ec2:ModifySnapshotAttribute", 4).effect(Effect::Exposure).sending_to("999988887777")
}

/// Judges acts that have days and hours of their own, with a peer at work beside them.
fn run(judge: &Judge, acts: &[Act]) -> (JudgeState, Vec<Outcome>) {
    let mut state = judge.fresh_state();
    judge.judge(&mut state, &mut act().by("peer0").made(0));
    let outcomes = acts.iter().map(|act| judge.judge(&mut state, &mut act.made(0))).collect();
    (state, outcomes)
}

#[test]
fn it_takes_no_evidence_away() {
    let judge = Bench::mature().judge();
    for year in [30, 365, 3650] {
        // The lone event comes first, last, or is of the same kind as what it is to cover.
        for acts in [
            vec![act().on_day(year), theft()],
            vec![theft(), act().on_day(year), act().at_hour(11)],
            vec![theft(), theft().on_day(year), act().at_hour(11)],
            vec![theft(), act().on_day(year), act().on_day(year).at_hour(12), act().on_day(2 * year), act().at_hour(11)],
        ] {
            let (_, outcomes) = run(&judge, &acts);
            let last = outcomes.last().unwrap();
            assert!(last.verdict.verdict >= Disposition::Escalate, "{acts:?}: {last:?}");
        }
    }
}

#[test]
fn it_is_judged_itself() {
    let judge = Bench::mature().judge();
    let (state, outcomes) = run(&judge, &[act(), theft().on_day(365)]);
    assert!(outcomes[1].verdict.verdict >= Disposition::Escalate);
    assert!(!judge.ask(&state, "api", Mapping::Mapped).unwrap().evidence.is_empty());
}

/// What escalated is learned after a fortnight, not because an event says that a year has passed.
#[test]
fn it_ends_no_quarantine() {
    let judge = Bench::mature().judge();
    let (state, _) = run(&judge, &[theft(), act().on_day(365), act().at_hour(11)]);
    let api = state.get("api").unwrap();
    assert!(api.overlay.is_none(), "{api:?}");
    assert_eq!(api.watermark, TODAY + 11 * 3_600_000);
    // Borne out by another, the year has passed indeed.
    let (state, _) = run(&judge, &[theft(), act().by("peer0").on_day(365), act().on_day(365).at_hour(11)]);
    assert!(state.get("api").unwrap().overlay.is_some());
}

#[test]
fn it_closes_no_case_and_does_not_silence_one() {
    let judge = Bench::mature().judge();
    let (_, outcomes) = run(&judge, &[theft(), act().on_day(365), theft().at_hour(11), act().on_day(1)]);
    assert_eq!(outcomes[0].update.as_ref().unwrap().update, Why::Opened);
    let case = outcomes[0].verdict.case.unwrap();
    assert_eq!(outcomes[2].verdict.case, Some(case));
    assert_eq!(outcomes[3].verdict.case, Some(case));
}

/// Days that never come are not kept.
#[test]
fn days_of_the_future_are_bounded() {
    let judge = Bench::mature().judge();
    let acts: Vec<Act> = (0..500).map(|n| act().on_day(1000 - n)).chain([act()]).collect();
    let (state, _) = run(&judge, &acts);
    assert!(state.get("api").unwrap().days.len() < 50);
}
