//! How much a shard remembers. Names in logs are made by whoever writes them: a failed sign-in is enough to invent one.

use crate::Disposition;
use crate::state::{Shard, WorkloadState};
use std::sync::Arc;
use vires_event::Millis;

/// Most workloads of a shard: two million in all.
pub(crate) const MOST_WORKLOADS: usize = 31_250;
/// Workloads of a shard for which is kept what could be computed anew.
const WARM: usize = 256;
/// In thousandths: lighter evidence escalates nothing by itself.
const WEIGHTY: u16 = 500;

impl WorkloadState {
    /// True if it may be forgotten for want of room: nobody was told more than that nobody knows it, and nothing weighs against it.
    fn is_light(&self) -> bool {
        self.case.as_ref().is_none_or(|case| case.told() < Disposition::Escalate)
            && self.evidence.iter().all(|e| e.best.x < WEIGHTY)
    }
}

impl Shard {
    /// A full shard forgets the quarter of its workloads that was silent longest, those without an open case or evidence first.
    pub(crate) fn make_room(&mut self) {
        if self.workloads.len() < MOST_WORKLOADS {
            return;
        }
        let all = self.workloads.iter();
        let all = all.map(|(name, s)| (s.case.is_some() || !s.evidence.is_empty(), s.watermark, name.clone())).collect();
        self.forget(all, MOST_WORKLOADS / 4);
    }

    /// Says whether a workload of this shard is a stranger: neither the inventory nor the baseline knows it. Returns how many strangers
    /// were forgotten because there are more than `most`: of those that weigh little, the ones that were silent longest.
    pub(crate) fn note_stranger(&mut self, before: bool, is: bool, most: usize) -> u32 {
        match (before, is) {
            (false, true) => self.strangers += 1,
            (true, false) => self.strangers = self.strangers.saturating_sub(1),
            _ => return 0,
        }
        let quarter = most.div_ceil(4).max(1);
        // While those that weigh something are too many by themselves, looking for others at every newcomer is of no use. When it is
        // tried again is told by their number alone, so that a run that was resumed does the same.
        if self.strangers <= most || !(self.strangers - most - 1).is_multiple_of(quarter) {
            return 0;
        }
        let light = self.workloads.iter().filter(|(_, s)| s.stranger && s.is_light());
        let light: Vec<_> = light.map(|(name, s)| (false, s.watermark, name.clone())).collect();
        let gone = self.forget(light, quarter);
        self.strangers -= gone;
        u32::try_from(gone).unwrap_or(u32::MAX)
    }

    fn forget(&mut self, mut all: Vec<(bool, Millis, Arc<str>)>, most: usize) -> usize {
        all.sort_unstable();
        all.truncate(most);
        let gone = all.len();
        for (_, _, name) in all {
            self.workloads.remove(&name);
        }
        gone
    }

    /// Counts strangers anew, after workloads were put in or taken out by hand.
    pub(crate) fn recount(&mut self) {
        self.strangers = self.workloads.iter().filter(|(_, s)| s.stranger).count();
    }

    /// Notes that a workload has something that could be computed anew; who had so longest ago loses it.
    pub(crate) fn keep_warm(&mut self, name: Arc<str>) {
        self.warm.push_back(name);
        if self.warm.len() > WARM
            && let Some(cold) = self.warm.pop_front()
            && let Some(state) = self.workloads.get_mut(&cold)
        {
            state.cache.cool();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::WEIGHTY;
    use crate::bench::{Bench, act};
    use crate::{Judge, shard_of};
    use std::collections::BTreeSet;
    use vires_event::Effect;
    use vires_profile::observation::Mapping;

    fn judge(most: u32) -> Judge {
        let mut bench = Bench::mature();
        bench.tuning.unmapped.most = most;
        bench.judge()
    }

    fn stranger(n: i64) -> crate::bench::Act {
        act().by(&format!("s{n}")).mapping(Mapping::Ghost).action("sshd:login", 3).effect(Effect::Assume).denied()
    }

    #[test]
    fn invented_names_push_each_other_out_and_nobody_else() {
        let judge = judge(640);
        let mut state = judge.fresh_state();
        judge.judge(&mut state, &mut act().made(0));
        judge.judge(&mut state, &mut act().by("thief").mapping(Mapping::Ghost).at_address("203.0.113.9").made(0));
        let thief = state.shards_mut()[shard_of("thief")].workloads.get_mut("thief").unwrap();
        assert!(thief.stranger && !thief.evidence.is_empty());
        thief.evidence[0].best.x = WEIGHTY;
        let mut forgotten = 0;
        for n in 0..5000 {
            forgotten += judge.judge(&mut state, &mut stranger(n).made(n)).forgotten;
        }
        let kept: BTreeSet<&str> = state.workloads().into_iter().map(|(name, _)| name).collect();
        assert!(kept.contains("api") && kept.contains("thief") && kept.contains("s4999") && !kept.contains("s0"));
        assert!((320..=704).contains(&kept.len()), "{}", kept.len());
        assert_eq!(kept.len() + forgotten as usize, 5002);
    }

    /// What is forgotten does not depend on whether the state was written and read in between.
    #[test]
    fn a_resumed_run_forgets_the_same() {
        let judge = judge(64);
        let (mut whole, mut parts) = (judge.fresh_state(), judge.fresh_state());
        for n in 0..400 {
            judge.judge(&mut whole, &mut stranger(n).made(n));
            judge.judge(&mut parts, &mut stranger(n).made(n));
            if n % 50 == 0 {
                let text = parts.to_json("").unwrap();
                parts = crate::JudgeState::from_json(text.as_bytes(), "s").unwrap().0;
            }
        }
        assert_eq!(whole.to_json("").unwrap(), parts.to_json("").unwrap());
    }

    #[test]
    fn who_is_listed_later_is_no_stranger_any_more() {
        let judge = judge(64);
        let mut state = judge.fresh_state();
        judge.judge(&mut state, &mut stranger(1).made(0));
        let strangers = |state: &crate::JudgeState| state.shards().iter().map(|s| s.strangers).sum::<usize>();
        assert_eq!(strangers(&state), 1);
        judge.judge(&mut state, &mut stranger(1).mapping(Mapping::NoOwner).made(1));
        assert_eq!(strangers(&state), 0);
    }
}
