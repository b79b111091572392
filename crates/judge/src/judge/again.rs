//! Events that repeat one of which there was nothing to say.
//!
//! Most of what a workload does it did minutes ago, from the same place and to the same things. Criteria are not asked again of such an
//! event, nor is it learned again, if nothing has changed by which they would answer otherwise. It counts as any other of its day.

#[cfg(debug_assertions)]
use super::Noted;
use super::{Judge, MOST_DAYS, deed_key, event_key};
use crate::clock::watermark;
use crate::state::{Shard, WorkloadState};
use crate::verdict::Outcome;
use vires_event::Millis;
use vires_profile::Workload;
use vires_profile::baseline::{DayCount, bounded};
use vires_profile::observation::{Mapping, Observation, Unwatched, day_of, hour_of_day};

/// Stands for there being nothing to say of an event, and of what repeats it, as long as it holds.
#[derive(Debug, Clone)]
pub struct Calm {
    /// Who said so.
    judge: u64,
    /// What was known then.
    known: u64,
    learned_before: bool,
    visible: usize,
    /// One bit for each hour of its day.
    hours: u32,
    mapping: Mapping,
    stranger: bool,
    unwatched: Unwatched,
    deed: u64,
    count: DayCount,
}

/// What an event says by itself that repeats another.
#[derive(Debug, Clone, Copy)]
pub struct Repeat<'a> {
    /// When.
    pub at: Millis,
    /// The source's id of the record.
    pub event_id: Option<&'a str>,
    /// Seconds since the credential in use was issued.
    pub age_s: Option<u64>,
    /// How far the identity leads to an owner.
    pub mapping: Mapping,
    /// When nobody was looking.
    pub unwatched: Unwatched,
}

impl Judge {
    /// What stands for there being nothing to say of an event like this one, of which nothing was found now.
    pub(super) fn calm(
        &self,
        state: &mut WorkloadState,
        learned_before: bool,
        visible: usize,
        hours: u32,
        o: &Observation<'_>,
    ) -> Option<Calm> {
        // What others have a say in is asked each time.
        let alone = o.stands_alone()
            && o.detection.is_none()
            && o.stream.is_none()
            && o.moved.is_none()
            && o.stayed_alone.is_none()
            && o.issued_by.is_none()
            && (o.campaign, o.coadopted) == (0, 0);
        alone.then(|| Calm {
            judge: self.generation,
            known: state.cache.known.number(),
            learned_before,
            visible,
            hours,
            mapping: o.mapping,
            stranger: state.stranger,
            unwatched: o.unwatched,
            deed: deed_key(o),
            count: DayCount::of(o),
        })
    }

    /// The second step for an event that differs from the one that `calm` was given for in nothing but what `repeat` says, and in the
    /// address, where that says no more than before: [`Judge::observe`] in short. `None`, and nothing done, if there may be something to
    /// say of it. `whole` gives it as a whole.
    pub fn observe_again<'o>(
        &self,
        shard: &mut Shard,
        calm: &Calm,
        workload: &str,
        repeat: &Repeat<'_>,
        whole: impl Fn() -> Observation<'o>,
    ) -> Option<Outcome> {
        let workload = bounded(workload);
        let state = shard.workloads.get_mut(&*workload)?;
        let subject = self.subject(&workload, repeat.mapping);
        let latest = watermark(state.watermark, repeat.at, None);
        if !self.holds(calm, state, subject.profile, latest, repeat, subject.privileged) {
            return None;
        }
        if let Some(id) = repeat.event_id.filter(|id| !id.is_empty())
            && state.recent.repeats(event_key(id, repeat.at, calm.deed), latest, self.tuning.window.late.0)
        {
            return Some(self.repeated(state, &subject, repeat.at));
        }
        self.pass_on(state, latest, repeat.at, subject.privileged);
        let was_quiet = state.evidence.is_empty();
        state.day_mut(calm.count.day).learned.count(calm.count, hour_of_day(repeat.at));
        #[cfg(debug_assertions)]
        self.check(state, &workload, &whole());
        let (verdict, told) = self.conclude(state, &subject, &workload, repeat.at, was_quiet, false);
        let update =
            told.map(|(why, score, decision)| Box::new(self.update(state, &subject, &score, &decision, &whole(), why)));
        self.leave(state, repeat.at);
        Some(Outcome { verdict, update, duplicate: false, excused_by: Vec::new(), forgotten: 0 })
    }

    /// True if nothing has changed by which there would be something to say.
    fn holds(
        &self,
        calm: &Calm,
        state: &WorkloadState,
        profile: Option<&Workload>,
        latest: Millis,
        repeat: &Repeat<'_>,
        privileged: bool,
    ) -> bool {
        let Repeat { at, age_s, mapping, unwatched, .. } = *repeat;
        let day = day_of(at);
        let same = calm.judge == self.generation
            && state.cache.of == self.generation
            && state.cache.known.is(calm.known)
            && (calm.count.day, calm.hours >> hour_of_day(at) & 1) == (day, 1)
            && (calm.mapping, calm.stranger, calm.unwatched) == (mapping, state.stranger, unwatched);
        if !same || state.days.len() > MOST_DAYS {
            return false;
        }
        let Some(today) = state.days.last().filter(|last| last.day == day) else { return false };
        if latest != state.watermark && state.is_due(latest, &self.tuning, privileged) {
            return false;
        }
        let waiting = state.days.iter().filter(|d| d.is_visible((day, at), &self.tuning, privileged)).count();
        let visible = usize::from(calm.learned_before) + usize::from(state.overlay.is_some()) + waiting;
        let Some(usual) = state.cache.usual.as_deref().filter(|usual| (usual.0, usual.1) == (day, visible)) else {
            return false;
        };
        let counts = today.learned.daily().on(day).copied().unwrap_or_default().plus(calm.count);
        visible == calm.visible
            && usual.2.allows(&counts, profile, &self.tuning.volume)
            && profile.is_none_or(|profile| {
                let in_time = profile.expect.schedule.as_ref().is_none_or(|schedule| schedule.contains(at));
                let most = profile.expect.max_cred_age.and_then(|ms| u64::try_from(ms / 1000).ok());
                in_time && most.zip(age_s).is_none_or(|(most, age)| age <= most)
            })
    }

    /// What was left out would have come to nothing.
    #[cfg(debug_assertions)]
    fn check(&self, state: &mut WorkloadState, workload: &str, o: &Observation<'_>) {
        let known = self.reference.slot(workload).and_then(|slot| self.reference.at(slot));
        let day = state.day_mut(o.day());
        let today = day.learned.daily().on(o.day()).copied().unwrap_or_default();
        let mut learned = day.learned.clone();
        assert!(!learned.learn(o, |_, text| text.into()), "what repeats another event teaches nothing: {o:?}");
        let profile = self.profile(workload).map(|p| p.1);
        let looked = self.look(state, known, profile, Noted { today, nothing_else: true }, o, false);
        assert!(looked.findings.is_empty(), "nothing is found in what repeats another event: {o:?}: {:?}", looked.findings);
    }
}
