//! What was learned of each workload: on which days it did, touched and came from what.
//!
//! [`Baseline`] is learned from observations ([`Baseline::learn`]), kept in a file ([`Baseline::to_json`],
//! [`Baseline::from_json`]) and merged with baselines of other shards ([`Baseline::merge`]). It holds facts only; [`Reference`]
//! joins them with today's inventory into what a judge compares with.
//!
//! A baseline is a function of the *set* of observations it was learned from. That is what makes merging exact, in any order
//! and grouping, for shards by time as well as by identity.

mod collapse;
mod daily;
mod error;
mod estate_words;
mod facet;
mod file;
mod hours;
mod house;
mod learned;
mod presence;
mod reference;
mod stitch;

pub use collapse::{MAX_VALUES, collapse};
pub use daily::{DAYS_KEPT, Daily, DayCount};
pub use error::BaselineError;
pub use facet::{FACETS, Facet, Hashed, Name, bounded, credential_value, for_each_facet, makes, pair_value, value_key};
pub use file::{seal, unseal};
pub use hours::Hours;
pub use learned::{Learned, Names, Value, default_group};
pub use presence::{Day, Presence};
pub use reference::{Known, Novelty, Reference, Share};
pub use stitch::{Issue, Stitches};

use crate::observation::Observation;
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;

/// Most workloads of one baseline. Names in logs are attacker-made: what comes later than this is counted and ignored.
pub const MAX_WORKLOADS: usize = 2_000_000;

/// One input a baseline was learned from.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Input {
    /// Its size.
    pub bytes: u64,
    /// First and last day of its records; `None` if it had none.
    pub days: Option<(Day, Day)>,
}

/// Everything that was learned.
#[derive(Debug, Clone, Default)]
pub struct Baseline {
    catalogue: String,
    inputs: BTreeMap<String, Input>,
    keys: FxHashMap<Name, u32>,
    workloads: Vec<(Name, Learned)>,
    names: Names,
    stitches: Stitches,
    /// Workloads left out because of [`MAX_WORKLOADS`].
    ignored: u64,
}

/// Equal if they know the same, whatever the order in which it was learned.
impl PartialEq for Baseline {
    fn eq(&self, other: &Self) -> bool {
        self.catalogue == other.catalogue
            && self.inputs == other.inputs
            && self.stitches == other.stitches
            && self.ignored == other.ignored
            && self.sorted().eq(other.sorted())
    }
}

impl Baseline {
    /// Knows nothing yet. `catalogue` is the hash of the action catalogue whose tiers and classes will be learned.
    pub fn new(catalogue: impl Into<String>) -> Self {
        Baseline { catalogue: catalogue.into(), ..Baseline::default() }
    }

    /// Records that everything learned from here on came from this input too. `sha256` is the hash of its bytes in hexadecimal.
    pub fn add_input(&mut self, sha256: impl Into<String>, input: Input) {
        self.inputs.insert(sha256.into(), input);
    }

    /// The inputs by their SHA-256.
    pub fn inputs(&self) -> &BTreeMap<String, Input> {
        &self.inputs
    }

    /// Hash of the catalogue it was learned with.
    pub fn catalogue(&self) -> &str {
        &self.catalogue
    }

    /// Learns from one observation. Gives the number of its workload here; `None` if there was no room for it.
    pub fn learn(&mut self, o: &Observation<'_>) -> Option<usize> {
        self.stitches.note(o);
        let Some(at) = self.slot(&o.workload) else {
            self.ignored = self.ignored.saturating_add(1);
            return None;
        };
        let names = &mut self.names;
        if let Some((_, learned)) = self.workloads.get_mut(at) {
            learned.learn(o, |_, text| names.share(text));
        }
        Some(at)
    }

    /// Learns from an observation that [stands alone](Observation::stands_alone) and differs from one that was learned before, of the
    /// same day and of the workload with this number, in nothing but the hour and what was touched.
    pub fn learn_touched(&mut self, at: usize, o: &Observation<'_>) {
        let names = &mut self.names;
        if let Some((_, learned)) = self.workloads.get_mut(at) {
            learned.learn_touched(o, |_, text| names.share(text));
        }
    }

    /// Counts an observation that [stands alone](Observation::stands_alone) and differs in nothing but the hour from one that was learned
    /// before, of the same day and of the workload with this number.
    pub fn count(&mut self, at: usize, count: DayCount, hour: u8) {
        if let Some((_, learned)) = self.workloads.get_mut(at) {
            learned.count(count, hour);
        }
    }

    fn slot(&mut self, workload: &str) -> Option<usize> {
        let workload = &*bounded(workload);
        if let Some(at) = self.keys.get(workload) {
            return Some(*at as usize);
        }
        let at = self.workloads.len();
        if at >= MAX_WORKLOADS {
            return None;
        }
        let name = self.names.share(workload);
        self.keys.insert(name.clone(), u32::try_from(at).ok()?);
        self.workloads.push((name, Learned::default()));
        Some(at)
    }

    /// Joins two baselines of different inputs into the one that all inputs together would have given.
    ///
    /// Fails if they were learned with different catalogues, or share an input: its events would be counted twice.
    pub fn merge(mut self, other: Baseline) -> Result<Baseline, BaselineError> {
        if self.catalogue != other.catalogue {
            return Err(BaselineError::Catalogue { ours: self.catalogue, theirs: other.catalogue });
        }
        if let Some(sha256) = other.inputs.keys().find(|sha| self.inputs.contains_key(*sha)) {
            return Err(BaselineError::Overlap { sha256: sha256.clone() });
        }
        self.join(other, DayCount::plus);
        Ok(self)
    }

    /// Joins baselines that may share inputs: days are exact all the same, of counts the greater one is kept.
    pub fn merge_presence(mut self, other: Baseline) -> Result<Baseline, BaselineError> {
        if self.catalogue != other.catalogue {
            return Err(BaselineError::Catalogue { ours: self.catalogue, theirs: other.catalogue });
        }
        self.join(other, DayCount::max);
        Ok(self)
    }

    /// Joins what several workers learned from different records of the same inputs.
    pub fn absorb(&mut self, other: Baseline) {
        self.join(other, DayCount::plus);
    }

    fn join(&mut self, other: Baseline, counts: fn(DayCount, DayCount) -> DayCount) {
        self.inputs.extend(other.inputs);
        self.stitches.merge(&other.stitches);
        self.ignored = self.ignored.saturating_add(other.ignored);
        for (name, learned) in other.workloads {
            self.put(&name, learned, counts);
        }
    }

    fn put(&mut self, name: &str, mut learned: Learned, counts: fn(DayCount, DayCount) -> DayCount) {
        learned.intern(&mut self.names);
        let Some(at) = self.slot(name) else {
            self.ignored = self.ignored.saturating_add(1);
            return;
        };
        if let Some((_, known)) = self.workloads.get_mut(at) {
            if known.first.is_none() {
                *known = learned;
            } else {
                known.merge(&learned, counts);
            }
        }
    }

    /// What was learned of a workload.
    pub fn get(&self, workload: &str) -> Option<&Learned> {
        self.keys.get(workload).and_then(|at| self.workloads.get(*at as usize)).map(|(_, learned)| learned)
    }

    /// All workloads by name.
    pub fn sorted(&self) -> impl Iterator<Item = (&Name, &Learned)> {
        let mut all: Vec<(&Name, &Learned)> = self.workloads.iter().map(|(n, l)| (n, l)).collect();
        all.sort_unstable_by_key(|(name, _)| *name);
        all.into_iter()
    }

    /// All workloads by name, handed over.
    pub fn into_sorted(mut self) -> impl Iterator<Item = (Name, Learned)> {
        self.workloads.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
        self.workloads.into_iter()
    }

    /// How many workloads.
    pub fn len(&self) -> usize {
        self.workloads.len()
    }

    /// True if nothing was learned.
    pub fn is_empty(&self) -> bool {
        self.workloads.is_empty()
    }

    /// Which credentials were issued by whom, and which names mean the same identity.
    pub fn stitches(&self) -> &Stitches {
        &self.stitches
    }
}

#[cfg(test)]
mod tests;
