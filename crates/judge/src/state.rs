//! What the judge remembers of each workload between events, and how it is kept across restarts.

use crate::case::CaseState;
use crate::decide::Decision;
use crate::evidence::Evidence;
use crate::joins::Joins;
use crate::score::Score;
use crate::verdict::Detail;
use crate::volume::Usual;
use crate::{Disposition, Tuning};
use rustc_hash::{FxHashMap, FxHashSet};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use vires_event::Millis;
use vires_profile::baseline::{BaselineError, Day, DayCount, Learned, bounded, seal, unseal};
use vires_profile::observation::{Mapping, stable_hash};

const SCHEMA: &str = "vires-state/1";
const DAY: Millis = 86_400_000;

/// Number of shards. Fixed, so that it is no part of any result.
pub const SHARDS: usize = 64;

/// A day that has not been learned yet.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PendingDay {
    pub day: Day,
    /// The gravest that was decided on that day, by score alone.
    pub level: Disposition,
    pub learned: Learned,
}

impl PendingDay {
    /// From when on it counts as known.
    pub fn visible_from(&self, tuning: &Tuning, privileged: bool) -> Millis {
        let days = match self.level {
            Disposition::Suppress => 0,
            Disposition::Watch | Disposition::CannotJudge if !privileged => tuning.learn.watch_delay_days,
            _ => tuning.learn.quarantine_days,
        };
        (Millis::from(self.day) + 1 + Millis::from(days)) * DAY + tuning.learn.settle.0
    }

    /// True if it is to be learned when that is the latest time.
    fn is_due(&self, watermark: Millis, tuning: &Tuning, privileged: bool) -> bool {
        self.visible_from(tuning, privileged) + tuning.window.late.0 <= watermark
    }

    /// True if it counts as known for an event of a day at a moment.
    pub fn is_visible(&self, (day, at): (Day, Millis), tuning: &Tuning, privileged: bool) -> bool {
        self.day < day && self.visible_from(tuning, privileged) <= at
    }
}

/// Which events were seen lately: two spans of time, the current and the one before it in which there were any.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Recent {
    span: i64,
    now: FxHashSet<u64>,
    before: FxHashSet<u64>,
}

/// Most events that are remembered per span: a workload with more sends its duplicates too fast to be worth the memory.
const MAX_RECENT: usize = 16_384;

impl Recent {
    /// True if this event was seen before; remembers it if not. `watermark` is the latest time of any event.
    pub fn repeats(&mut self, id: u64, watermark: Millis, late: Millis) -> bool {
        let span = watermark.div_euclid(late.max(1));
        if span != self.span {
            self.before = std::mem::take(&mut self.now);
            self.span = span;
        }
        if self.now.contains(&id) || self.before.contains(&id) {
            return true;
        }
        if self.now.len() >= MAX_RECENT {
            self.before = std::mem::take(&mut self.now);
        }
        self.now.insert(id);
        false
    }
}

impl Serialize for Recent {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        let sorted = |set: &FxHashSet<u64>| {
            let mut all: Vec<u64> = set.iter().copied().collect();
            all.sort_unstable();
            all
        };
        (self.span, sorted(&self.now), sorted(&self.before)).serialize(s)
    }
}

impl<'de> Deserialize<'de> for Recent {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let (span, now, before) = <(i64, Vec<u64>, Vec<u64>)>::deserialize(d)?;
        Ok(Recent { span, now: now.into_iter().collect(), before: before.into_iter().collect() })
    }
}

/// What the judge remembers of one workload.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WorkloadState {
    /// True if neither the inventory nor the baseline knows it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) stranger: bool,
    /// Latest time of any event, as far as the stream bears it out: see [`crate::clock`].
    pub(crate) watermark: Millis,
    pub(crate) recent: Recent,
    /// Learned since the baseline.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) overlay: Option<Box<Learned>>,
    /// Ascending by day.
    pub(crate) days: Vec<PendingDay>,
    /// Ascending by code, facet, value.
    pub(crate) evidence: Vec<Evidence>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) case: Option<Box<CaseState>>,
    /// The last closed case and when it was closed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) closed: Option<(u64, Millis)>,
    #[serde(skip)]
    pub(crate) cache: Cache,
}

/// A score and what was made of it.
#[derive(Debug, Clone)]
pub(crate) struct Cached {
    pub hour: u32,
    pub mapping: Mapping,
    pub score: Score,
    pub decision: Decision,
    /// What is said of it, and of what is missing.
    pub detail: Option<(usize, Arc<Detail>)>,
}

/// What can be computed anew at any time: not part of the state.
#[derive(Debug, Clone, Default)]
pub(crate) struct Cache {
    /// Counts of other days, for a day and for how many waiting days were visible.
    pub usual: Option<Box<(Day, usize, Usual)>>,
    /// The score at an hour.
    pub score: Option<Box<Cached>>,
    /// True if any of the above may be there.
    pub warm: bool,
    /// The judge that made them: another has another tuning or inventory.
    pub of: u64,
    /// The hour before which evidence was forgotten.
    pub forgot: u32,
    /// The time of the last event, if it lies beyond the watermark.
    pub ahead: Option<Millis>,
    /// Who came to a new network last, as itself and as far as it is known, and counts half while others may follow.
    pub waits: Option<(Box<str>, Mapping)>,
    /// The name, shared with every verdict.
    pub name: Option<Arc<str>>,
    /// Another one whenever what is known of the workload changes in a way that an event may be judged by.
    pub known: Version,
}

/// Stands for what is known of a workload. No number is given twice, not even to a copy.
#[derive(Debug, Default)]
pub(crate) struct Version(u64);

static VERSIONS: AtomicU64 = AtomicU64::new(1);

impl Version {
    /// The number, never 0.
    pub fn number(&mut self) -> u64 {
        if self.0 == 0 {
            self.0 = VERSIONS.fetch_add(1, Ordering::Relaxed);
        }
        self.0
    }

    /// True if this is its number.
    pub fn is(&self, number: u64) -> bool {
        self.0 == number
    }

    /// It is another now.
    pub fn change(&mut self) {
        self.0 = 0;
    }
}

impl Clone for Version {
    fn clone(&self) -> Self {
        Version::default()
    }
}

impl Cache {
    /// Drops what can be computed anew at the next event.
    pub(crate) fn cool(&mut self) {
        (self.usual, self.score, self.warm) = (None, None, false);
    }
}

impl PartialEq for Cache {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl WorkloadState {
    /// Latest time of any of its events.
    pub fn last_seen(&self) -> Millis {
        self.watermark
    }

    /// True if evidence stands against it.
    pub fn has_evidence(&self) -> bool {
        !self.evidence.is_empty()
    }

    /// Its open case, as it stands in output.
    pub fn open_case(&self) -> Option<String> {
        self.case.as_ref().map(|case| crate::case::case_name(case.id))
    }

    /// The day's record, made if it is not there.
    pub(crate) fn day_mut(&mut self, day: Day) -> &mut PendingDay {
        let at = match self.days.binary_search_by_key(&day, |d| d.day) {
            Ok(at) => at,
            Err(at) => {
                self.cache.known.change();
                self.days.reserve_exact(1);
                self.days.insert(at, PendingDay { day, level: Disposition::Suppress, learned: Learned::default() });
                at
            }
        };
        // The index was found or made just now.
        #[expect(clippy::indexing_slicing, reason = "found or inserted above")]
        &mut self.days[at]
    }

    /// Learns the days whose time has come.
    pub(crate) fn settle(&mut self, tuning: &Tuning, privileged: bool) {
        if !self.is_due(self.watermark, tuning, privileged) {
            return;
        }
        self.cache.known.change();
        for day in std::mem::take(&mut self.days) {
            if day.is_due(self.watermark, tuning, privileged) {
                self.overlay.get_or_insert_default().merge(&day.learned, DayCount::plus);
            } else {
                self.days.push(day);
            }
        }
        self.cache.usual = None;
    }

    /// True if the time of a day has come when it is `watermark`.
    pub(crate) fn is_due(&self, watermark: Millis, tuning: &Tuning, privileged: bool) -> bool {
        self.days.iter().any(|day| day.is_due(watermark, tuning, privileged))
    }

    /// Forgets days beyond `most`, the latest first: only events from the future leave so many that never fall due.
    pub(crate) fn forget_days(&mut self, most: usize) {
        if self.days.len() > most {
            self.days.truncate(most);
            self.cache.usual = None;
            self.cache.known.change();
        }
    }
}

/// The workloads of one shard.
#[derive(Debug, Clone, Default)]
pub struct Shard {
    pub(crate) workloads: FxHashMap<Arc<str>, WorkloadState>,
    /// How many of them are strangers.
    pub(crate) strangers: usize,
    /// Who has something in its cache, the earliest first.
    pub(crate) warm: VecDeque<Arc<str>>,
}

impl PartialEq for Shard {
    fn eq(&self, other: &Self) -> bool {
        self.workloads == other.workloads
    }
}

impl Shard {
    /// What is remembered of a workload.
    pub fn get(&self, workload: &str) -> Option<&WorkloadState> {
        self.workloads.get(workload)
    }

    pub(crate) fn entry(&mut self, workload: &str) -> &mut WorkloadState {
        if !self.workloads.contains_key(workload) {
            self.make_room();
            let name: Arc<str> = workload.into();
            let mut state = WorkloadState { watermark: Millis::MIN, ..WorkloadState::default() };
            state.cache.name = Some(name.clone());
            self.workloads.insert(name, state);
        }
        #[expect(clippy::expect_used, reason = "inserted above if it was not there; an entry would allocate on every call")]
        self.workloads.get_mut(workload).expect("inserted above")
    }

    /// How many workloads.
    pub fn len(&self) -> usize {
        self.workloads.len()
    }

    /// True if there is none.
    pub fn is_empty(&self) -> bool {
        self.workloads.is_empty()
    }
}

/// Everything the judge remembers. Shards are independent: each may be judged on another thread, in the order of its own
/// events.
#[derive(Debug, Clone, PartialEq)]
pub struct JudgeState {
    shards: Vec<Shard>,
    /// What joins workloads; updated in the order of all events.
    pub joins: Joins,
}

impl Default for JudgeState {
    fn default() -> Self {
        JudgeState { shards: vec![Shard::default(); SHARDS], joins: Joins::default() }
    }
}

/// The shard a workload belongs to, by its name as it is kept ([`vires_profile::baseline::bounded`]).
pub fn shard_of(workload: &str) -> usize {
    (stable_hash(workload.as_bytes()) >> 32) as usize % SHARDS
}

impl JudgeState {
    /// The shards, by number.
    pub fn shards_mut(&mut self) -> &mut [Shard] {
        &mut self.shards
    }

    /// The shards, by number.
    pub fn shards(&self) -> &[Shard] {
        &self.shards
    }

    /// What is remembered of a workload.
    pub fn get(&self, workload: &str) -> Option<&WorkloadState> {
        let workload = bounded(workload);
        self.shards.get(shard_of(&workload))?.get(&workload)
    }

    /// What is remembered of each workload, by name.
    pub fn workloads(&self) -> Vec<(&str, &WorkloadState)> {
        let mut all: Vec<_> = self.shards.iter().flat_map(|s| s.workloads.iter()).map(|(name, one)| (&**name, one)).collect();
        all.sort_unstable_by_key(|(name, _)| *name);
        all
    }

    /// Forgets the workloads whose names `keep` refuses.
    pub fn retain(&mut self, mut keep: impl FnMut(&str) -> bool) {
        for shard in &mut self.shards {
            shard.workloads.retain(|name, _| keep(name));
            shard.recount();
        }
    }

    /// Adds the workloads of another state. Gives the name of one that both know, and then changes nothing: what is right of two
    /// memories of one workload cannot be told.
    pub fn absorb(&mut self, other: JudgeState) -> Result<(), String> {
        let both = other.workloads().into_iter().find(|(name, _)| self.get(name).is_some());
        if let Some((name, _)) = both {
            return Err(name.to_owned());
        }
        for (shard, more) in self.shards.iter_mut().zip(other.shards) {
            shard.workloads.extend(more.workloads);
            shard.recount();
        }
        Ok(())
    }

    /// The state as a file: the same state gives the same bytes. `inputs` is a text that must be the same when it is resumed,
    /// e.g. the hash of the baseline.
    pub fn to_json(&self, inputs: &str) -> Result<String, serde_json::Error> {
        seal(SCHEMA, |body| {
            body.extend_from_slice(b"{\"inputs\":");
            serde_json::to_writer(&mut *body, inputs)?;
            body.extend_from_slice(b",\n\"joins\":");
            serde_json::to_writer(&mut *body, &self.joins)?;
            body.extend_from_slice(b",\n\"workloads\":{");
            for (i, (name, state)) in self.workloads().into_iter().enumerate() {
                body.extend_from_slice(if i == 0 { b"\n" } else { b",\n" });
                serde_json::to_writer(&mut *body, name)?;
                body.push(b':');
                serde_json::to_writer(&mut *body, state)?;
            }
            body.extend_from_slice(b"\n}}");
            Ok(())
        })
    }

    /// Reads a state. `name` is the file's name, for errors; returns the `inputs` it was kept with.
    pub fn from_json(text: &[u8], name: &str) -> Result<(Self, String), BaselineError> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Body {
            inputs: String,
            joins: Joins,
            workloads: std::collections::BTreeMap<String, WorkloadState>,
        }
        let body: Body = serde_json::from_str(unseal(SCHEMA, text, name)?).map_err(|e| BaselineError::Syntax {
            name: name.into(),
            line: e.line(),
            column: e.column(),
            message: e.to_string(),
        })?;
        let mut state = JudgeState { joins: body.joins, ..JudgeState::default() };
        for (workload, mut one) in body.workloads {
            let key: Arc<str> = workload.into();
            one.cache.name = Some(key.clone());
            if let Some(shard) = state.shards.get_mut(shard_of(&key)) {
                shard.strangers += usize::from(one.stranger);
                shard.workloads.insert(key, one);
            }
        }
        Ok((state, body.inputs))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::room::MOST_WORKLOADS;

    #[test]
    fn a_full_shard_forgets_the_silent_first() {
        let mut shard = Shard::default();
        for i in 0..=MOST_WORKLOADS {
            shard.entry(&format!("w{i}")).watermark = i as Millis;
        }
        assert_eq!(shard.len(), MOST_WORKLOADS - MOST_WORKLOADS / 4 + 1);
        assert!(shard.get("w0").is_none() && shard.get(&format!("w{MOST_WORKLOADS}")).is_some());
    }

    #[test]
    fn repeats_are_known_for_two_spans() {
        let mut recent = Recent::default();
        assert!(!recent.repeats(1, 0, 10));
        assert!(recent.repeats(1, 9, 10));
        assert!(recent.repeats(1, 19, 10));
        assert!(!recent.repeats(1, 35, 10));
        let read: Recent = serde_json::from_str(&serde_json::to_string(&recent).unwrap()).unwrap();
        assert_eq!(read, recent);
    }
}
