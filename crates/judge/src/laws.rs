//! What must hold whatever the events: the same result in one run or many, in any order within the late window, with
//! duplicates.

use crate::bench::{Act, Bench, act};
use crate::{Judge, JudgeState, Outcome, shard_of};
use proptest::prelude::*;
use vires_profile::observation::{Mapping, Observation};

fn kinds() -> Vec<Act> {
    vec![
        act(),
        act().action("dynamodb:Query", 1).target("dynamodb:api-orders", 1),
        act().at_address("203.0.113.9"),
        act().action("iam:CreateUser", 4).target("iam:eve", 1),
        act().action("iam:ListUsers", 0).denied(),
        act().action("iam:ListRoles", 0).denied(),
        act().action("iam:ListKeys", 0).denied(),
        act().target("secret:prod/payroll/db", 3),
        act().target("s3:orders/x/y", 2),
        act().in_region("ap-east-1"),
        act().sending_to("999988887777"),
        act().by("peer1").at_address("203.0.113.9"),
        act().by("stranger").mapping(Mapping::Ghost),
        act().by("stranger").mapping(Mapping::Ghost).action("ssm:SendCommand", 3),
        act().interactive(),
    ]
}

/// Events within minutes of one another, over a few days, each with its own id.
fn events() -> impl Strategy<Value = Vec<Observation<'static>>> {
    let n = kinds().len();
    prop::collection::vec((0..n, 0i64..20, 0i64..24, 0i64..3_600_000), 1..40).prop_map(|picks| {
        let kinds = kinds();
        let mut made: Vec<Observation<'static>> = picks
            .into_iter()
            .enumerate()
            .map(|(i, (kind, day, hour, offset))| {
                kinds[kind].clone().event(&format!("e{i}")).on_day(day).at_hour(hour).made(offset)
            })
            .collect();
        made.sort_by_key(|o| o.at);
        made
    })
}

/// The same in any order: most come days late.
fn disordered() -> impl Strategy<Value = Vec<Observation<'static>>> {
    events().prop_shuffle()
}

fn run(judge: &Judge, state: &mut JudgeState, events: &[Observation<'static>]) -> Vec<Outcome> {
    events.iter().map(|o| judge.judge(state, &mut o.clone())).collect()
}

fn stand(judge: &Judge, state: &JudgeState) -> Vec<String> {
    ["api", "peer1", "stranger"]
        .iter()
        .filter_map(|w| judge.ask(state, w, if *w == "stranger" { Mapping::Ghost } else { Mapping::Mapped }))
        .map(|r| {
            let evidence: Vec<_> =
                r.evidence.iter().map(|e| (e.code, &e.value, e.x, e.first, e.last, e.count, &e.refs)).collect();
            format!("{} {} {} {evidence:?}", r.workload, r.score, r.verdict)
        })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_resumed_run_equals_an_uninterrupted_one(events in prop_oneof![events(), disordered()], cut in 0usize..40) {
        let judge = Bench::mature().judge();
        let (first, second) = events.split_at(cut.min(events.len()));
        let mut whole = judge.fresh_state();
        let expected = run(&judge, &mut whole, &events);
        let mut state = judge.fresh_state();
        let mut outcomes = run(&judge, &mut state, first);
        let text = state.to_json("inputs").unwrap();
        let (mut resumed, inputs) = JudgeState::from_json(text.as_bytes(), "state.json").unwrap();
        prop_assert_eq!(inputs, "inputs");
        prop_assert_eq!(&resumed, &state);
        prop_assert_eq!(resumed.to_json("inputs").unwrap(), text);
        outcomes.extend(run(&judge, &mut resumed, second));
        prop_assert_eq!(outcomes, expected);
        prop_assert_eq!(resumed.to_json("").unwrap(), whole.to_json("").unwrap());
    }

    /// A name that is too long to be kept belongs to the shard of what is kept of it, in memory as in the file.
    #[test]
    fn a_long_name_is_found_again(letters in "[a-z]{400,900}") {
        let judge = Bench::mature().judge();
        let mut state = judge.fresh_state();
        judge.judge(&mut state, &mut act().by(&letters).mapping(Mapping::Ghost).made(0));
        let read = JudgeState::from_json(state.to_json("").unwrap().as_bytes(), "s").unwrap().0;
        prop_assert_eq!(&read, &state);
        prop_assert!(state.get(&letters).is_some() && judge.ask(&read, &letters, Mapping::Ghost).is_some());
    }

    #[test]
    fn shards_do_not_know_of_one_another(events in events()) {
        let judge = Bench::mature().judge();
        let mut whole = judge.fresh_state();
        let expected = run(&judge, &mut whole, &events);
        // Joins first, for all; then each shard on its own, the last one first.
        let mut state = judge.fresh_state();
        let mut joined: Vec<Observation<'static>> = events.clone();
        for o in &mut joined {
            judge.join(&mut state.joins, o);
        }
        let mut outcomes: Vec<Option<Outcome>> = vec![None; joined.len()];
        for (number, shard) in state.shards_mut().iter_mut().enumerate().rev() {
            for (i, o) in joined.iter().enumerate().filter(|(_, o)| shard_of(&o.workload) == number) {
                outcomes[i] = Some(judge.observe(shard, o));
            }
        }
        prop_assert_eq!(outcomes.into_iter().map(Option::unwrap).collect::<Vec<_>>(), expected);
        prop_assert_eq!(state.to_json("").unwrap(), whole.to_json("").unwrap());
    }

    #[test]
    fn duplicates_change_nothing(events in events(), again in prop::collection::vec(any::<prop::sample::Index>(), 0..10)) {
        let judge = Bench::mature().judge();
        let mut once = judge.fresh_state();
        run(&judge, &mut once, &events);
        let mut twice = judge.fresh_state();
        let repeated: Vec<usize> = again.iter().map(|i| i.index(events.len())).collect();
        for (i, o) in events.iter().enumerate() {
            judge.judge(&mut twice, &mut o.clone());
            if repeated.contains(&i) {
                prop_assert!(judge.judge(&mut twice, &mut o.clone()).duplicate);
            }
        }
        prop_assert_eq!(stand(&judge, &twice), stand(&judge, &once));
    }

    /// What concerns several workloads (a stranger's network, what peers take up) depends on who came first by nature; within a
    /// workload, minutes do not matter.
    #[test]
    fn order_within_minutes_does_not_matter(events in events(), jitter in prop::collection::vec(0i64..300_000, 40)) {
        let judge = Bench::mature().judge();
        let mine: Vec<Observation<'static>> = events.into_iter().filter(|o| o.workload == "api").collect();
        let mut arrival: Vec<(i64, &Observation<'static>)> = mine.iter().zip(&jitter).map(|(o, j)| (o.at + j, o)).collect();
        arrival.sort_by_key(|(at, _)| *at);
        let shuffled: Vec<Observation<'static>> = arrival.into_iter().map(|(_, o)| o.clone()).collect();
        let mut ordered = judge.fresh_state();
        run(&judge, &mut ordered, &mine);
        let mut other = judge.fresh_state();
        run(&judge, &mut other, &shuffled);
        prop_assert_eq!(stand(&judge, &other), stand(&judge, &ordered));
    }

    #[test]
    fn no_bytes_crash_the_state_reader(events in events(), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let judge = Bench::young().judge();
        let mut state = judge.fresh_state();
        run(&judge, &mut state, &events);
        let mut text = state.to_json("x").unwrap().into_bytes();
        let at = at.index(text.len());
        let same = text[at] == byte;
        text[at] = byte;
        prop_assert_eq!(JudgeState::from_json(&text, "s").is_ok(), same);
    }
}
