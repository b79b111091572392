use super::grants::{Grant, any_cluster};
use super::{DAY, Estate, midnight};
use crate::facts::Facts;
use crate::finding::Finding;
use rustc_hash::FxHashSet;
use std::collections::BTreeMap;
use vires_event::{Kind, Millis};
use vires_profile::baseline::{Facet, Learned};
use vires_profile::globs::{Glob, fold};
use vires_profile::inventory::{Owner, Workload, forms};
use vires_profile::observation::Mapping;

/// What a baseline knows of one identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Habit {
    /// The first day it was ever seen.
    pub first: Millis,
    /// The last day.
    pub last: Millis,
    /// Days of the last 128 on which it was seen.
    pub days: vires_profile::baseline::Presence,
}

/// One identity under review.
#[derive(Debug, Clone)]
pub struct Subject<'a> {
    /// Canonical id.
    pub id: String,
    /// What the logs say.
    pub facts: Option<&'a Facts>,
    /// What the baseline says.
    pub habit: Option<Habit>,
    /// What its workload was seen to do.
    pub learned: Option<&'a Learned>,
    /// What was declared.
    pub workload: Option<&'a Workload>,
    /// What was granted.
    pub grants: &'a [Grant],
    /// True for one identity of each workload: the one that stands for it where a row concerns all of them.
    pub speaks: bool,
    /// Identities of its workload.
    pub siblings: usize,
    /// What a case says of it, where nothing else is known.
    told: Option<Told>,
    at: Option<Millis>,
}

/// What a case knows of an identity.
#[derive(Debug, Clone)]
struct Told {
    mapping: Mapping,
    owner: String,
    workload: String,
}

impl<'a> Subject<'a> {
    fn new(id: &str, estate: &Estate<'a>) -> Self {
        Subject {
            id: id.to_owned(),
            facts: None,
            habit: None,
            learned: None,
            workload: None,
            grants: estate.grants.of(id),
            speaks: false,
            siblings: 0,
            told: None,
            at: estate.at,
        }
    }

    /// Who answers for it at the date of the report.
    pub fn owner(&self) -> Option<&'a Owner> {
        let owner = self.workload?.owner.as_ref()?;
        (!self.at.is_some_and(|at| owner.expired(at))).then_some(owner)
    }

    /// The team, or nothing.
    pub fn owner_name(&self) -> &str {
        match (&self.told, self.owner()) {
            (_, Some(owner)) => owner.team.as_str(),
            // Cases of those that have no owner go to the default one: that is no owner.
            (Some(told), None) if self.workload.is_none() && told.mapping <= Mapping::NoProfile => &told.owner,
            _ => "",
        }
    }

    /// Where the owner is known from, or nothing.
    pub fn owner_source(&self) -> &'static str {
        match (self.owner(), self.owner_name()) {
            (_, "") => "",
            (Some(_), _) => "inventory",
            (None, _) => "case",
        }
    }

    /// The workload, or nothing.
    pub fn workload_name(&self) -> &str {
        match (self.workload, &self.told) {
            (Some(workload), _) if !workload.unassigned => &workload.id,
            (None, Some(told)) if told.mapping <= Mapping::NoOwner => &told.workload,
            _ => "",
        }
    }

    /// True if a case is all that is known of it.
    pub fn only_told(&self) -> bool {
        self.told.is_some() && self.workload.is_none()
    }

    /// True if the profile says that an AI agent drives it.
    pub fn agentic(&self) -> bool {
        self.workload.is_some_and(|w| w.agentic) || self.facts.is_some_and(|f| f.kind == Kind::AiAgent)
    }

    /// How far it leads to an owner at the date of the report.
    pub fn mapping(&self) -> Mapping {
        match (self.workload, self.at, self.facts) {
            (Some(workload), Some(at), _) => workload.mapping(at),
            (Some(_), None, Some(facts)) => facts.mapping,
            (Some(workload), None, None) => workload.mapping(Millis::MIN),
            (None, ..) => self.told.as_ref().map_or(Mapping::Ghost, |told| told.mapping),
        }
    }

    /// First time seen; of the baseline the day.
    pub fn first(&self) -> Option<Millis> {
        [self.facts.map(|f| f.first), self.habit.map(|h| h.first)].into_iter().flatten().min()
    }

    /// Last time seen; of the baseline the day.
    pub fn last(&self) -> Option<Millis> {
        [self.facts.map(|f| f.last), self.habit.map(|h| h.last)].into_iter().flatten().max()
    }

    /// Days on which it was active, in logs and baseline.
    pub fn active_days(&self) -> u64 {
        let learned = self.habit.map_or(0, |h| u64::from(h.days.count()));
        let seen = self.facts.into_iter().flat_map(|f| f.days.keys());
        learned + seen.filter(|day| !self.habit.is_some_and(|h| h.days.contains(**day))).count() as u64
    }
}

impl<'a> Estate<'a> {
    /// All identities that were seen, learned, declared by name or granted something; by canonical id.
    pub fn subjects(&self) -> BTreeMap<String, Subject<'a>> {
        let mut subjects: BTreeMap<String, Subject<'a>> = BTreeMap::new();
        let learned_of = |workload: &str| {
            let slot = self.reference.slot(workload)?;
            self.reference.at(slot).map(|known| &known.learned)
        };
        for (id, facts) in self.census.iter() {
            let mut subject = Subject::new(id, self);
            subject.facts = Some(facts);
            subject.workload = self.inventory.find(&facts.workload);
            subject.learned = learned_of(&facts.workload);
            subjects.insert(id.to_owned(), subject);
        }
        for (name, slot) in self.reference.sorted_keys() {
            let Some(known) = self.reference.at(slot) else { continue };
            for value in known.learned.of(Facet::Identity) {
                // A value with a star stands for several names that were too many to keep.
                if value.name().contains('*') {
                    continue;
                }
                let subject = subjects.entry(value.name().to_string()).or_insert_with(|| Subject::new(value.name(), self));
                let last = value.seen().last().unwrap_or(value.first());
                subject.habit = Some(Habit { first: midnight(value.first()), last: midnight(last), days: value.seen() });
                subject.learned = subject.learned.or(Some(&known.learned));
                subject.workload = subject.workload.or_else(|| self.inventory.find(&name));
            }
        }
        self.declared(&mut subjects);
        self.granted(&mut subjects);
        let mut first: BTreeMap<&str, (String, usize)> = BTreeMap::new();
        for subject in subjects.values() {
            if let Some(workload) = subject.workload {
                first.entry(workload.id.as_str()).or_insert_with(|| (subject.id.clone(), 0)).1 += 1;
            }
        }
        for subject in subjects.values_mut() {
            let speaker = subject.workload.and_then(|w| first.get(w.id.as_str()));
            subject.speaks = speaker.is_some_and(|(id, _)| *id == subject.id);
            subject.siblings = speaker.map_or(0, |(_, n)| *n);
        }
        subjects
    }

    /// An identity that is known from a case alone.
    pub fn stranger(&self, finding: &Finding) -> Subject<'a> {
        let mut subject = Subject::new(&finding.row.identity_id, self);
        subject.workload = self.inventory.find(&finding.workload);
        let words = [Mapping::Mapped, Mapping::NoProfile, Mapping::NoOwner, Mapping::NoWorkload];
        let mapping = words.into_iter().find(|mapping| mapping.as_str() == finding.row.mapping).unwrap_or(Mapping::Ghost);
        subject.told = Some(Told { mapping, owner: finding.row.owner.clone(), workload: finding.workload.clone() });
        subject
    }

    /// Identities that the inventory lists by name and that never acted.
    fn declared(&self, subjects: &mut BTreeMap<String, Subject<'a>>) {
        let mut seen: FxHashSet<String> = FxHashSet::default();
        for id in subjects.keys() {
            let id = fold(id);
            seen.extend(any_cluster(&id));
            seen.insert(id.into_owned());
        }
        for workload in self.inventory.workloads() {
            for principal in workload.principals.iter().filter(|p| Glob::new(&p.text).is_literal()) {
                let forms = forms(&principal.text);
                if forms.iter().any(|form| seen.contains(form)) {
                    continue;
                }
                let id = canonical(&principal.text, &forms);
                let subject = subjects.entry(id.clone()).or_insert_with(|| Subject::new(&id, self));
                subject.workload = Some(workload);
                subject.learned = self.reference.slot(&workload.id).and_then(|slot| Some(&self.reference.at(slot)?.learned));
                seen.extend(forms);
            }
        }
    }

    /// Identities that may do something and are known from nowhere else.
    fn granted(&self, subjects: &mut BTreeMap<String, Subject<'a>>) {
        let mut seen: FxHashSet<String> = FxHashSet::default();
        for id in subjects.keys() {
            let id = fold(id);
            seen.extend(any_cluster(&id));
            seen.insert(id.into_owned());
        }
        for (form, grants) in self.grants.identities() {
            let Some(first) = grants.first().filter(|_| !seen.contains(form)) else { continue };
            let id = canonical(&first.identity, &forms(&first.identity));
            let mut subject = Subject::new(&id, self);
            subject.grants = grants;
            subject.workload = self.inventory.resolve(&id, Some(&first.identity)).map(|index| self.inventory.workload(index));
            subjects.entry(id).or_insert(subject);
        }
    }
}

/// The canonical id of a principal as the inventory writes it, in its own case.
fn canonical(text: &str, forms: &[String]) -> String {
    let text = text.trim();
    let Some(form) = forms.get(1) else { return text.to_owned() };
    let form = form.replace("k8s:*:", "k8s:-:");
    let (head, name) = match form.rsplit_once(['/', ':']) {
        Some((head, name)) if !name.is_empty() => (form.get(..head.len() + 1).unwrap_or_default(), name),
        _ => return form.clone(),
    };
    let folded = text.to_ascii_lowercase();
    let written = folded.rfind(name).and_then(|at| text.get(at..at + name.len()));
    format!("{head}{}", written.unwrap_or(name))
}

/// How long a span is, in whole days.
pub(super) fn whole_days(span: Millis) -> u64 {
    u64::try_from(span / DAY).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn raw_principals_become_canonical_ids_in_their_own_case() {
        for (text, id) in [
            ("arn:aws:iam::123456789012:role/svc/MyRole", "aws:role/123456789012/MyRole"),
            ("system:serviceaccount:payments:api", "k8s:-:payments:api"),
            ("aws:user/123456789012/Bob", "aws:user/123456789012/Bob"),
            ("loader@example-prod.iam.gserviceaccount.com", "gcp:sa:loader@example-prod.iam.gserviceaccount.com"),
        ] {
            assert_eq!(canonical(text, &forms(text)), id);
        }
    }
}
