//! Machine, human or undecided: what the record's structure proves, weighed with the catalogue's identity markers.

use crate::field::Field;
use crate::memo::{MAX_KEY, Memo};
use rustc_hash::FxHashMap;
use std::borrow::Cow;
use std::sync::Arc;
use vires_catalog::{Catalog, IdentityMarker};
use vires_event::{Activity, Actor, Kind, Source};
use vires_source::json::Value;

/// From this confidence on a marker decides; below it is a hint that inventory and history may use.
const DECIDES: u8 = 3;

/// The confidence of a decoder that proves an actor by structure.
const STRUCTURE: u8 = 5;

/// The identity markers of a catalogue, by source and by the field they look at, so that each field is fetched once.
#[derive(Debug)]
pub(crate) struct Identities {
    catalog: Arc<Catalog>,
    by_source: FxHashMap<Source, Looks>,
    /// Fields that must say nothing, by marker.
    unless: Vec<Vec<Field>>,
}

/// What the markers of one source look at.
#[derive(Debug, Default)]
struct Looks {
    /// Looks by what they depend on: one top-level member of the record, or one pseudo-field.
    groups: Vec<Group>,
    /// Markers that depend on more than one, because another field must say nothing.
    joint: Vec<u16>,
}

/// Looks whose answers depend on one part of the record alone, and can be remembered by it.
#[derive(Debug)]
struct Group {
    part: Field,
    looks: Vec<Look>,
}

/// More groups than any source has.
const MAX_GROUPS: usize = 24;

impl Looks {
    fn add(&mut self, row: u16, marker: &IdentityMarker) {
        if !marker.unless.is_empty() || self.groups.len() + marker.field.len() > MAX_GROUPS {
            self.joint.push(row);
            return;
        }
        for field in marker.field.iter().map(|f| Field::new(f)) {
            let part = field.part();
            let group = match self.groups.iter().position(|g| g.part == part) {
                Some(at) => &mut self.groups[at],
                None => {
                    self.groups.push(Group { part, looks: Vec::new() });
                    let last = self.groups.len() - 1;
                    &mut self.groups[last]
                }
            };
            match group.looks.iter_mut().find(|look| look.field == field) {
                Some(look) => look.markers.push(row),
                None => group.looks.push(Look { field, markers: vec![row] }),
            }
        }
    }

    /// The members that the groups depend on, by group; `None` if their names cannot be compared as they stand (a name with an
    /// escape, or one that holds a dot and may stand for a path).
    fn members<'a>(&self, record: Option<Value<'a>>) -> Option<[Option<Value<'a>>; MAX_GROUPS]> {
        let mut members = [None; MAX_GROUPS];
        for (name, value) in record.iter().flat_map(Value::fields) {
            if let Some(at) = self.groups.iter().position(|g| g.part.is_member(name)) {
                members[at] = Some(value);
            } else if name.contains(['\\', '.']) {
                return None;
            }
        }
        Some(members)
    }
}

#[derive(Debug)]
struct Look {
    field: Field,
    markers: Vec<u16>,
}

/// What was decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Decision {
    pub actor: Actor,
    pub kind: Option<Kind>,
}

/// Votes for and against a machine. Merging them is taking the stronger of each, in any order.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Votes {
    machine: u8,
    human: u8,
    /// Confidence, row and kind.
    kind: Option<(u8, usize, Kind)>,
}

impl Votes {
    pub(crate) fn structure(&mut self, actor: Actor) {
        self.vote(actor, STRUCTURE);
    }

    pub(crate) fn marker(&mut self, row: usize, marker: &IdentityMarker) {
        self.vote(marker.actor, marker.confidence);
        // A marker that only hints at the actor may still know the kind.
        if let Some(kind) = marker.kind
            && marker.confidence >= DECIDES
        {
            self.prefer((marker.confidence, row, kind));
        }
    }

    fn merge(&mut self, other: &Votes) {
        self.machine = self.machine.max(other.machine);
        self.human = self.human.max(other.human);
        if let Some(kind) = other.kind {
            self.prefer(kind);
        }
    }

    /// Of two kinds the more confident counts; of equals the one whose row comes first.
    fn prefer(&mut self, kind: (u8, usize, Kind)) {
        if self.kind.is_none_or(|(confidence, row, _)| kind.0 > confidence || (kind.0 == confidence && kind.1 < row)) {
            self.kind = Some(kind);
        }
    }

    fn vote(&mut self, actor: Actor, confidence: u8) {
        match actor {
            Actor::Machine => self.machine = self.machine.max(confidence),
            Actor::Human => self.human = self.human.max(confidence),
            Actor::Ambiguous => {}
        }
    }

    /// The stronger side wins if it is strong enough; a draw stays undecided.
    pub(crate) fn decide(&self, structural: Option<Kind>) -> Decision {
        let actor = match self.machine.cmp(&self.human) {
            std::cmp::Ordering::Greater if self.machine >= DECIDES => Actor::Machine,
            std::cmp::Ordering::Less if self.human >= DECIDES => Actor::Human,
            _ => Actor::Ambiguous,
        };
        let kind = match (actor, self.kind.map(|(_, _, kind)| kind).or(structural)) {
            (Actor::Human, _) => Some(Kind::Human),
            // The structure took it for a person and the markers know better, but not what it is.
            (Actor::Machine, Some(Kind::Human)) => None,
            (_, kind) => kind,
        };
        Decision { actor, kind }
    }
}

impl Identities {
    pub(crate) fn new(catalog: &Arc<Catalog>) -> Self {
        let mut by_source: FxHashMap<Source, Looks> = FxHashMap::default();
        for (row, marker) in (0..).zip(catalog.identities()) {
            by_source.entry(marker.source).or_default().add(row, marker);
        }
        let unless = catalog.identities().iter().map(|m| m.unless.iter().map(|f| Field::new(f)).collect()).collect();
        Identities { catalog: Arc::clone(catalog), by_source, unless }
    }

    /// Decides who acted. Votes are remembered by the part of the record they depend on: few parts write most lines.
    pub(crate) fn decide<'a>(&self, activity: &Activity<'a>, record: Option<Value<'a>>, memo: &mut Memo) -> Decision {
        let mut votes = Votes::default();
        if let Some(identity) = &activity.identity {
            votes.structure(identity.actor);
        }
        if let Some(looks) = self.by_source.get(&activity.source) {
            let members = looks.members(record);
            for (n, group) in looks.groups.iter().enumerate() {
                let Some(members) = &members else {
                    votes.merge(&self.of_group(group, activity, record));
                    continue;
                };
                memo.key.clear();
                memo.key.extend([activity.source as u8, n as u8]);
                let said = match &group.part {
                    Field::Path(_) => members[n].map(|member| Cow::Borrowed(member.raw())),
                    part => part.fetch(activity, record),
                };
                let Some(said) = said else { continue };
                if said.len() > MAX_KEY {
                    votes.merge(&self.of_group(group, activity, record));
                    continue;
                }
                memo.key.extend_from_slice(said.as_bytes());
                votes.merge(&memo.votes.get_or(&memo.key, || self.of_group(group, activity, record)));
            }
            for row in looks.joint.iter().copied().map(usize::from) {
                let marker = &self.catalog.identities()[row];
                let accepts = |f: &String| Field::new(f).fetch(activity, record).is_some_and(|text| marker.accepts(&text));
                if marker.field.iter().any(accepts) && !says_something(&self.unless[row], activity, record) {
                    votes.marker(row, marker);
                }
            }
        }
        votes.decide(activity.identity.as_ref().map(|i| i.kind))
    }

    fn of_group<'a>(&self, group: &Group, activity: &Activity<'a>, record: Option<Value<'a>>) -> Votes {
        let mut votes = Votes::default();
        for look in &group.looks {
            let Some(text) = look.field.fetch(activity, record) else { continue };
            for row in look.markers.iter().copied().map(usize::from) {
                let marker = &self.catalog.identities()[row];
                if marker.accepts(&text) {
                    votes.marker(row, marker);
                }
            }
        }
        votes
    }
}

/// True if one of the fields says something.
fn says_something<'a>(fields: &[Field], activity: &Activity<'a>, record: Option<Value<'a>>) -> bool {
    fields.iter().any(|f| f.fetch(activity, record).is_some_and(|t| !matches!(&*t, "" | "null" | "{}" | "[]" | "[{}]")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stronger_side_wins_and_a_draw_stays_open() {
        let mut votes = Votes::default();
        assert_eq!(votes.decide(Some(Kind::Role)), Decision { actor: Actor::Ambiguous, kind: Some(Kind::Role) });
        votes.vote(Actor::Machine, 2);
        assert_eq!(votes.decide(None).actor, Actor::Ambiguous);
        votes.vote(Actor::Human, 3);
        assert_eq!(votes.decide(Some(Kind::Role)), Decision { actor: Actor::Human, kind: Some(Kind::Human) });
        votes.vote(Actor::Machine, 3);
        assert_eq!(votes.decide(None).actor, Actor::Ambiguous);
        votes.structure(Actor::Machine);
        assert_eq!(votes.decide(Some(Kind::Human)), Decision { actor: Actor::Machine, kind: None });
    }
}
