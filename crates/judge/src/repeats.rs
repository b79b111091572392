//! What repeats itself and is told in short is judged as if it were told in full: the same outcomes, the same state.

use crate::bench::{Act, Bench, act};
use crate::{Calm, Judge, JudgeState, Outcome, Repeat, shard_of};
use proptest::prelude::*;
use vires_profile::observation::{EventRef, Mapping, Observation, Unwatched};

fn payroll() -> Act {
    act().target("s3:api-payroll/x/y", 3)
}

fn invoked() -> Act {
    act().action("lambda:Invoke", 3).target("lambda:api-worker", 1)
}

fn assumed(role: &str) -> Act {
    act().action("sts:AssumeRole", 3).becoming(&format!("aws:role/123456789012/{role}"))
}

/// What is done all day, what is counted, what is not usual, what others have a say in.
fn kinds() -> Vec<Act> {
    vec![
        act(),
        payroll(),
        invoked(),
        act().aged(42_900),
        act().action("dynamodb:Query", 1).target("dynamodb:api-orders", 1),
        act().target("s3:api-data/other", 0),
        act().target("s3:orders/x/y", 2),
        act().by("peer1").target("s3:peer1/x/y", 1),
        act().at_address("203.0.113.9"),
        act().by("peer2").at_address("203.0.113.9"),
        act().in_region("ap-east-1"),
        act().action("iam:CreateUser", 4).target("iam:eve", 1),
        act().action("iam:ListUsers", 0).denied(),
        act().mapping(Mapping::NoOwner),
        act().by("stranger").mapping(Mapping::Ghost),
        assumed("reader"),
        assumed("writer"),
    ]
}

/// Judges of whom counts, hours or ages are too high sooner or later.
fn judges() -> Vec<Judge> {
    let busy = || {
        Bench::mature()
            .also_daily_times(act(), 60)
            .also_daily_times(payroll(), 8)
            .also_daily_times(invoked(), 8)
            .also_daily(assumed("reader"))
    };
    vec![
        busy().judge(),
        busy()
            .declare("[workload.expect]\nschedule = \"window: Mon-Fri 09:00-10:30 tz=UTC\"\nmax_cred_age = \"12h\"\nvolume = { events_per_day = [1, 100], sensitive_reads_per_day = 20 }\n")
            .judge(),
        Bench::young().judge(),
    ]
}

/// Runs of the same, seconds apart, some of them delivered twice; in the order of time, or as they come.
fn events() -> impl Strategy<Value = Vec<Observation<'static>>> {
    let run = (0..kinds().len(), 0i64..4, 8i64..12, 0i64..3_600, 1i64..60);
    (prop::collection::vec(run, 1..12), any::<bool>()).prop_map(|(runs, sorted)| {
        let kinds = kinds();
        let mut made = Vec::new();
        for (number, (kind, day, hour, second, times)) in runs.into_iter().enumerate() {
            for n in 0..times {
                let id = format!("{number}-{}", n - i64::from(n % 11 == 5));
                let mut o = kinds[kind].clone().event(&id).on_day(day).at_hour(hour).made((second + 7 * n) * 1000);
                if let Some(age) = o.credential.as_mut().and_then(|c| c.age_s.as_mut()) {
                    *age += 7 * n.unsigned_abs();
                }
                if o.ip.as_deref() == Some("198.51.100.3") && n % 3 == 1 {
                    o.ip = Some("198.51.100.4".into());
                }
                made.push(o);
            }
        }
        if sorted {
            made.sort_by_key(|o| o.at);
        }
        made
    })
}

fn in_full(judge: &Judge, events: &[Observation<'static>]) -> (Vec<Outcome>, JudgeState) {
    let mut state = judge.fresh_state();
    (events.iter().map(|o| judge.judge(&mut state, &mut o.clone())).collect(), state)
}

/// Remembers of what there was nothing to say.
#[derive(Default)]
struct Short {
    /// Observations without what [`Repeat`] says.
    calm: Vec<(Observation<'static>, Calm)>,
    told: usize,
}

impl Short {
    fn judge(&mut self, judge: &Judge, state: &mut JudgeState, o: &Observation<'static>) -> Outcome {
        let mut o = o.clone();
        judge.join(&mut state.joins, &mut o);
        let shard = &mut state.shards_mut()[shard_of(&o.workload)];
        let mut like = Observation { at: 0, event_id: None, event_ref: EventRef::default(), ip: None, ..o.clone() };
        (like.mapping, like.unwatched) = (Mapping::Mapped, Unwatched::default());
        like.credential.iter_mut().for_each(|c| c.age_s = None);
        if let Some((_, calm)) = self.calm.iter().find(|(known, _)| *known == like) {
            let age_s = o.credential.as_ref().and_then(|c| c.age_s);
            let event_id = o.event_id.as_deref();
            let repeat = Repeat { at: o.at, event_id, age_s, mapping: o.mapping, unwatched: o.unwatched };
            if let Some(outcome) = judge.observe_again(shard, calm, &o.workload, &repeat, || o.clone()) {
                self.told += 1;
                return outcome;
            }
        }
        let (outcome, calm) = judge.observe_noting(shard, &o);
        self.calm.retain(|(known, _)| *known != like);
        self.calm.extend(calm.map(|calm| (like, calm)));
        outcome
    }
}

#[test]
fn what_repeats_itself_is_told_in_short() {
    let judge = &judges()[0];
    let events: Vec<_> = (0..900).map(|n| act().event(&n.to_string()).made(n * 1000)).collect();
    let (expected, whole) = in_full(judge, &events);
    let (mut state, mut short) = (judge.fresh_state(), Short::default());
    let outcomes: Vec<_> = events.iter().map(|o| short.judge(judge, &mut state, o)).collect();
    assert_eq!(outcomes, expected);
    assert_eq!(state.to_json("").unwrap(), whole.to_json("").unwrap());
    // Until there are far more of them than on any other day.
    assert!((200..400).contains(&short.told), "{}", short.told);
    assert!(expected[199].verdict.detail.is_none() && expected[899].verdict.detail.is_some(), "{:?}", expected[899]);
}

#[test]
fn short_is_as_good_as_full() {
    let judges = judges();
    proptest!(ProptestConfig::with_cases(96), |(events in events(), judge in 0..judges.len(), cut in any::<prop::sample::Index>())| {
        let judge = &judges[judge];
        let (expected, whole) = in_full(judge, &events);
        let (first, second) = events.split_at(cut.index(events.len()));
        let (mut state, mut short) = (judge.fresh_state(), Short::default());
        let mut outcomes: Vec<_> = first.iter().map(|o| short.judge(judge, &mut state, o)).collect();
        // What was said of another state, though it be of the same content, is not believed.
        let (mut state, _) = JudgeState::from_json(state.to_json("").unwrap().as_bytes(), "s").unwrap();
        outcomes.extend(second.iter().map(|o| short.judge(judge, &mut state, o)));
        for (at, (said, expected)) in outcomes.iter().zip(&expected).enumerate() {
            prop_assert_eq!(said, expected, "{}: {:?}", at, &events[at]);
        }
        prop_assert_eq!(state.to_json("").unwrap(), whole.to_json("").unwrap());
    });
}
