//! Targets that look at many lines: what one run says, several runs say together.

use super::estate::{CATALOGUE, ESTATE, JUDGE};
use super::inputs::lines;
use vires_judge::{JudgeState, Outcome, shard_of};
use vires_pipeline::judging::{Memory, observe};
use vires_profile::baseline::{Baseline, bounded};
use vires_profile::observation::Observation;
use vires_source::{Scratch, open};

/// Judged in one go or with a state that is written and read at some moment: the same verdicts, the same state.
pub fn stream(data: &[u8]) {
    let Some((cut, rest)) = data.split_first() else { return };
    let all: Vec<&[u8]> = lines(rest).collect();
    let mut whole = JUDGE.fresh_state();
    let verdicts = judge(&mut whole, &all);
    let (before, after) = all.split_at(usize::from(*cut).min(all.len()));
    let mut first = JUDGE.fresh_state();
    let mut parts = judge(&mut first, before);
    let text = first.to_json("x").expect("it can be written");
    let (mut second, _) = JudgeState::from_json(text.as_bytes(), "s").expect("what is written can be read");
    parts.extend(judge(&mut second, after));
    assert_eq!(parts, verdicts);
    assert_eq!(second.to_json("x").expect("written"), whole.to_json("x").expect("written"));
}

/// Both steps for one event, on the shard that the stage of `vires judge` takes.
pub fn step(state: &mut JudgeState, seen: &mut Observation<'_>) -> Outcome {
    JUDGE.join(&mut state.joins, seen);
    let shard = shard_of(&bounded(&seen.workload));
    JUDGE.observe(&mut state.shards_mut()[shard], seen)
}

fn judge(state: &mut JudgeState, lines: &[&[u8]]) -> Vec<String> {
    let (mut scratch, mut memory) = (Scratch::default(), Memory::default());
    let mut said = Vec::new();
    for line in lines {
        let mut opened = open(line, &mut scratch);
        let Some(mut seen) = observe(&ESTATE, &mut opened, &mut memory).1 else { continue };
        let outcome = step(state, &mut seen);
        assert!((0.0..=100.0).contains(&outcome.verdict.score), "{outcome:?}");
        if let Some(update) = &outcome.update {
            let text = serde_json::to_string(update).expect("it can be written");
            serde_json::from_str::<vires_judge::CaseUpdate>(&text).expect("what is written can be read");
        }
        said.push(format!("{outcome:?}"));
    }
    said
}

/// Learned from all lines, or from two parts that are joined in either order: the same baseline.
pub fn merge(data: &[u8]) {
    let learn = |choose: &dyn Fn(usize, &[u8]) -> bool| -> Baseline {
        let mut learner = ESTATE.learner(&CATALOGUE);
        lines(data).enumerate().filter(|(at, line)| choose(*at, line)).for_each(|(_, line)| learner.line(line));
        learner.finish()
    };
    let text = |baseline: Baseline| baseline.to_json().expect("it can be written");
    let (even, odd) = (|| learn(&|at, _| at % 2 == 0), || learn(&|at, _| at % 2 == 1));
    let one = text(even().merge(odd()).expect("they share nothing"));
    assert_eq!(text(odd().merge(even()).expect("they share nothing")), one, "the order of a merge makes no difference");
    let again = Baseline::from_json(one.as_bytes(), "b").expect("what is written can be read");
    assert_eq!(text(again), one);
    // Cut by identity, a merge is exact. Cut by lines, days may be counted twice.
    let (first, rest) = (|| learn(&|_, line| hash(line) == 0), || learn(&|_, line| hash(line) != 0));
    assert_eq!(text(first().merge(rest()).expect("they share nothing")), text(learn(&|_, _| true)), "a merge is exact");
}

/// Lines of one workload fall together.
fn hash(line: &[u8]) -> u32 {
    let (mut scratch, mut memory) = (Scratch::default(), Memory::default());
    let mut opened = open(line, &mut scratch);
    let seen = observe(&ESTATE, &mut opened, &mut memory).1;
    seen.map_or(0, |o| o.workload.bytes().fold(0u32, |sum, b| sum.wrapping_mul(31).wrapping_add(b.into())) % 2)
}
