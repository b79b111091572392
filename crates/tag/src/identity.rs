//! Machine, human or undecided: what the record's structure proves, weighed with the catalogue's identity markers.

use crate::field::Field;
use crate::memo::{MAX_KEY, Memo};
use rustc_hash::FxHashMap;
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
    /// Markers that hold only if another part of the record says nothing.
    joint: Vec<u16>,
    /// Markers for which there was no room in `groups` or `joint`.
    rest: Vec<u16>,
    /// A bit for each length below 64 that the name of a group's member has.
    lengths: u64,
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
    fn add(&mut self, row: u16, marker: &IdentityMarker, unless: &[Field]) {
        if self.groups.len() + marker.field.len() > MAX_GROUPS || self.joint.len() >= u64::BITS as usize {
            self.rest.push(row);
            return;
        }
        let fields: Vec<Field> = marker.field.iter().map(|f| Field::new(f)).collect();
        let alone = unless.iter().all(|u| fields.iter().all(|f| f.part() == u.part()));
        let claim = if alone {
            Claim::Marker(row)
        } else {
            self.joint.push(row);
            Claim::Joint(self.joint.len() as u32 - 1, row)
        };
        for field in fields {
            let part = field.part();
            if let Field::Path(name) = &part {
                self.lengths |= 1u64.checked_shl(name.len() as u32).unwrap_or_default();
            }
            let group = match self.groups.iter().position(|g| g.part == part) {
                Some(at) => &mut self.groups[at],
                None => {
                    self.groups.push(Group { part, looks: Vec::new() });
                    let last = self.groups.len() - 1;
                    &mut self.groups[last]
                }
            };
            match group.looks.iter_mut().find(|look| look.field == field) {
                Some(look) => look.claims.push(claim),
                None => group.looks.push(Look { field, claims: vec![claim] }),
            }
        }
    }

    /// The members that the groups depend on, by group; `None` if their names cannot be compared as they stand (a name with an
    /// escape, or one that holds a dot and may stand for a path).
    fn members<'a>(&self, record: Option<Value<'a>>) -> Option<[Option<Value<'a>>; MAX_GROUPS]> {
        let mut members = [None; MAX_GROUPS];
        for (name, value) in record.iter().flat_map(Value::fields) {
            let like = name.len() >= 64 || self.lengths >> name.len() & 1 == 1;
            if let Some(at) = like.then(|| self.groups.iter().position(|g| g.part.is_member(name))).flatten() {
                members[at] = Some(value);
            } else if value.key_is_escaped() || name.bytes().fold(false, |dot, b| dot | (b == b'.')) {
                return None;
            }
        }
        Some(members)
    }
}

#[derive(Debug)]
struct Look {
    field: Field,
    claims: Vec<Claim>,
}

/// What follows if a marker accepts what a field says.
#[derive(Debug, Clone, Copy)]
enum Claim {
    /// The marker votes, unless the same part of the record says something against it.
    Marker(u16),
    /// The marker of that number among the joint ones may vote.
    Joint(u32, u16),
}

impl Claim {
    fn row(self) -> usize {
        match self {
            Claim::Marker(row) | Claim::Joint(_, row) => usize::from(row),
        }
    }
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
    /// Joint markers that vote unless another part of the record says something.
    joint: u64,
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
        self.joint |= other.joint;
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
        let fields = |m: &IdentityMarker| m.unless.iter().map(|f| Field::new(f)).collect::<Vec<_>>();
        let unless: Vec<Vec<Field>> = catalog.identities().iter().map(fields).collect();
        let mut by_source: FxHashMap<Source, Looks> = FxHashMap::default();
        for (row, (marker, unless)) in (0..).zip(catalog.identities().iter().zip(&unless)) {
            by_source.entry(marker.source).or_default().add(row, marker, unless);
        }
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
                match &members {
                    Some(members) => self.remembered(n, group, members[n], activity, record, memo, &mut votes),
                    None => votes.merge(&self.of_group(group, activity, record)),
                }
            }
            let joint = votes.joint;
            for row in (0..looks.joint.len()).filter(|n| joint >> n & 1 == 1).map(|n| usize::from(looks.joint[n])) {
                if !says_something(&self.unless[row], activity, record) {
                    votes.marker(row, &self.catalog.identities()[row]);
                }
            }
            for row in looks.rest.iter().copied().map(usize::from) {
                let marker = &self.catalog.identities()[row];
                let accepts = |f: &String| Field::new(f).fetch(activity, record).is_some_and(|text| marker.accepts(&text));
                if marker.field.iter().any(accepts) && !says_something(&self.unless[row], activity, record) {
                    votes.marker(row, marker);
                }
            }
        }
        votes.decide(activity.identity.as_ref().map(|i| i.kind))
    }

    /// Adds the votes of a group, remembered by the text they depend on: `member`, or what a pseudo-field says.
    #[allow(clippy::too_many_arguments)]
    fn remembered<'a>(
        &self,
        n: usize,
        group: &Group,
        member: Option<Value<'a>>,
        activity: &Activity<'a>,
        record: Option<Value<'a>>,
        memo: &mut Memo,
        votes: &mut Votes,
    ) {
        memo.key.clear();
        // A part's number and a text of eight bytes are two things.
        let numbered = member.and_then(|m| m.part());
        memo.key.extend([activity.source as u8, n as u8, u8::from(numbered.is_some())]);
        match (numbered, &group.part) {
            (Some(part), _) => memo.key.extend_from_slice(&part.to_le_bytes()),
            (None, Field::Path(_)) => match member {
                Some(member) if member.raw().len() > MAX_KEY => return votes.merge(&self.of_group(group, activity, record)),
                Some(member) => memo.key.extend_from_slice(member.raw().as_bytes()),
                None => return,
            },
            (None, pseudo) => match pseudo.fetch(activity, record) {
                Some(said) => memo.key.extend_from_slice(said.as_bytes()),
                None => return,
            },
        }
        votes.merge(&memo.votes.get_or(&memo.key, || self.of_group(group, activity, record)));
    }

    fn of_group<'a>(&self, group: &Group, activity: &Activity<'a>, record: Option<Value<'a>>) -> Votes {
        let mut votes = Votes::default();
        for look in &group.looks {
            let Some(text) = look.field.fetch(activity, record) else { continue };
            for claim in &look.claims {
                let marker = &self.catalog.identities()[claim.row()];
                if !marker.accepts(&text) {
                    continue;
                }
                match *claim {
                    Claim::Joint(n, _) => votes.joint |= 1 << n,
                    Claim::Marker(row) if says_something(&self.unless[usize::from(row)], activity, record) => {}
                    Claim::Marker(row) => votes.marker(usize::from(row), marker),
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
