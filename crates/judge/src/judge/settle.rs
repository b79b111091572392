//! The end of a stream: what was waited for will not come any more.
//!
//! A workload that does its old work from a new network counts half while others may follow, and in full once it is seen elsewhere
//! again. Where a stream is over, neither will be seen.

use super::record::urgency;
use super::{Judge, bits, hour_of, weighty};
use crate::Code;
use crate::case::{Step, Why, step};
use crate::criteria::FOR_NOW;
use crate::evidence::milli;
use crate::memory::Memory;
use crate::state::{JudgeState, WorkloadState, shard_of};
use crate::verdict::CaseUpdate;
use crate::view::left_for_good;
use crate::volume::Usual;
use std::sync::Arc;
use vires_event::Millis;
use vires_profile::observation::{Mapping, day_of, stable_hash};

/// What the end of a stream said of a workload.
#[derive(Debug, Clone, PartialEq)]
pub struct Settled {
    /// The stream's last moment.
    pub at: Millis,
    /// True if the case has to speak; `update` of the record says why.
    pub speaks: bool,
    /// What stands against the workload now. Its case is empty if none is open.
    pub record: CaseUpdate,
}

impl Judge {
    /// Settles what is still waited for, in the order of the workloads' names. Only for a stream that nobody will go on with: a network
    /// that a workload came to alone counts in full from here on.
    ///
    /// Nothing else is judged anew. What a state file brought is not settled: it was made by a stream that goes on.
    pub fn settle(&self, state: &mut JudgeState) -> Vec<Settled> {
        let Some(end) = state.joins.now().filter(|_| self.tuning.coadopt.enabled) else { return Vec::new() };
        let waits = |(name, one): (&str, &WorkloadState)| one.cache.waits.is_some().then(|| Arc::from(name));
        let names: Vec<Arc<str>> = state.workloads().into_iter().filter_map(waits).collect();
        names.iter().filter_map(|name| self.settle_one(state, name, end)).collect()
    }

    fn settle_one(&self, state: &mut JudgeState, name: &str, end: Millis) -> Option<Settled> {
        let known = self.reference.slot(name).and_then(|slot| self.reference.at(slot));
        let group = known.map(|k| k.group);
        let (origin, since) = state.joins.waits(stable_hash(name.as_bytes()), group, end, &self.tuning)?;
        let origin = origin.to_owned();
        let one = state.shards_mut().get_mut(shard_of(name))?.workloads.get_mut(name)?;
        let (identity, mapping) = one.cache.waits.take()?;
        let subject = self.subject(name, mapping);
        let at = end.max(one.watermark);
        one.watermark = at;
        self.forget(one);
        let moved = {
            let memory = Memory::new(
                &self.reference,
                &self.tuning,
                known,
                group,
                one.overlay.as_deref(),
                &one.days,
                subject.privileged,
                at,
                day_of(at),
            );
            left_for_good(&memory, &Usual::of(&memory), since, at)
        };
        if moved || !self.stays_alone(one, &origin, since, hour_of(at)) {
            return None;
        }
        let (score, decision) = self.stand(one, &subject, at);
        let step_of = Step {
            workload: name,
            now: at,
            decision: &decision,
            boundaries: bits(&score.crossed(&self.tuning)),
            new_evidence: false,
            codes: weighty(one, hour_of(at), self.tuning.window.score.in_hours()),
            has_evidence: !score.counted.is_empty(),
            was_quiet: false,
            mapped: mapping == Mapping::Mapped,
        };
        let why = step(&mut one.case, &mut one.closed, &step_of, &self.tuning);
        let mut record = self.record(one, &subject, &score, &decision, hour_of(at), why.unwrap_or(Why::Asked));
        record.urgency = urgency(mapping, score.impact);
        record.identity = identity.into();
        Some(Settled { at, speaks: why.is_some(), record })
    }

    /// Counts in full what counted half for now. False if there is none, or more was seen of it when patience was over.
    fn stays_alone(&self, state: &mut WorkloadState, origin: &str, since: Millis, hour: u32) -> bool {
        let found = state.evidence.binary_search_by(|e| e.key().cmp(&(Code::T1, "zone", origin)));
        let Some(evidence) = found.ok().and_then(|at| state.evidence.get_mut(at)) else { return false };
        let factors = &mut evidence.best.workings.factors;
        let Some(for_now) = factors.iter().position(|f| f.what == FOR_NOW) else { return false };
        if evidence.last.saturating_sub(since) >= self.tuning.coadopt.patience.0 {
            return false;
        }
        factors.remove(for_now);
        evidence.best.x = milli(evidence.best.workings.x());
        evidence.best.observed.push_str("; nobody else moved there");
        let x = evidence.best.x;
        evidence.note_hour(hour, x);
        state.cache.score = None;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::Settled;
    use crate::bench::{Act, Bench, act};
    use crate::{Code, JudgeState};

    fn strange() -> Act {
        act().at_address("203.0.113.9")
    }

    /// Others, later, each bearing out the time of the one before: the stream goes on.
    fn later(hour: i64) -> Act {
        let peer = hour % 2;
        act().by(&format!("peer{peer}")).target(&format!("s3:peer{peer}/x/y"), 1).at_hour(hour)
    }

    fn settled(bench: &Bench, acts: &[Act]) -> Vec<Settled> {
        let (judge, mut state, _) = bench.run(acts);
        judge.settle(&mut state)
    }

    #[test]
    fn who_is_not_seen_again_counts_in_full_at_the_end() {
        let bench = Bench::mature();
        let full = bench.x("T1", strange().agent("curl")).unwrap();
        let all = settled(&bench, &[strange(), later(12), later(13)]);
        let [one] = &all[..] else { panic!("{all:?}") };
        let t1 = one.record.evidence.iter().find(|e| e.code == Code::T1).unwrap();
        assert_eq!((t1.x, t1.count), (full, 1));
        assert!(t1.observed.starts_with("from 203.0.113.9") && t1.observed.ends_with("; nobody else moved there"), "{t1:?}");
        assert_eq!((one.at, &*one.record.workload), (later(12).made(1000).at, "api"));
        assert_eq!(one.record.identity, "aws:role/123456789012/api");
        let (judge, before, outcomes) = bench.run(&[strange()]);
        let half = judge.ask(&before, "api", vires_profile::observation::Mapping::Mapped).unwrap();
        assert!(one.record.score > half.score && one.speaks, "{} {}", one.record.score, half.score);
        assert_eq!(outcomes.len(), 1);
        // It is said once.
        let (judge, mut state, _) = bench.run(&[strange(), later(12), later(13)]);
        assert_eq!((judge.settle(&mut state).len(), judge.settle(&mut state).len()), (1, 0));
    }

    #[test]
    fn who_was_followed_or_went_back_or_moved_is_not_settled() {
        let bench = Bench::mature();
        let none = |bench: &Bench, acts: &[Act]| assert_eq!(settled(bench, acts), []);
        let others = (1..4).map(|i| strange().by(&format!("peer{i}")).target(&format!("s3:peer{i}/x/y"), 1).at_hour(11));
        let followed: Vec<Act> = std::iter::once(strange()).chain(others).chain([later(12), later(13)]).collect();
        assert!(settled(&bench, &followed).iter().all(|s| *s.record.workload != *"api"));
        // That counts already.
        none(&bench, &[strange(), act().at_hour(12), later(13)]);
        // It was seen there when patience was over, which is said by then.
        none(&bench, &[strange(), strange().at_hour(15), later(16), later(17)]);
        let declared = bench.clone().declare("[workload.expect]\nzones = [\"net:203.0.113.0/24\"]\n");
        let quiet = settled(&declared, &[strange(), later(12), later(13)]);
        assert!(quiet.iter().all(|s| !s.speaks && s.record.case.is_empty()), "{quiet:?}");
        // Active around the clock, and silent where it always is: it moved.
        let busy = (0..24).fold(Bench::mature(), |bench, hour| bench.also_daily_times(act().at_hour(hour), 2));
        none(&busy, &[strange().at_hour(11), strange().at_hour(12), later(17), later(18)]);
    }

    #[test]
    fn a_state_that_was_kept_goes_on() {
        let (judge, state, _) = Bench::mature().run(&[strange(), later(12), later(13)]);
        let (mut kept, _) = JudgeState::from_json(state.to_json("").unwrap().as_bytes(), "state").unwrap();
        assert_eq!(judge.settle(&mut kept), []);
    }
}
