//! Machine, human or undecided: what the record's structure proves, weighed with the catalogue's identity markers.

use crate::memo::Memo;
use rustc_hash::FxHashMap;
use std::borrow::Cow;
use std::sync::Arc;
use vires_catalog::{Catalog, IdentityMarker};
use vires_event::{Activity, Actor, Kind, Source, Text};
use vires_source::json::{Type, Value};

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
    looks: Vec<Look>,
    /// Every top-level member that a path of theirs may begin with.
    members: Vec<Box<str>>,
    /// One bit for each length of a member's name, to pass over most members unread.
    lengths: u128,
    /// The pseudo-fields they look at.
    decoded: Vec<Field>,
}

impl Looks {
    /// Notes that a field is looked at, so that it becomes part of what a decision depends on.
    fn depend_on(&mut self, field: &Field) {
        let Field::Path(path) = field else {
            if !self.decoded.contains(field) {
                self.decoded.push(field.clone());
            }
            return;
        };
        // A key may hold dots, so each prefix of the path may be a member.
        let dots = path.match_indices(['.', '[']).map(|(at, _)| at).chain([path.len()]);
        for member in dots.map(|end| &path[..end]).filter(|m| !m.is_empty()) {
            self.lengths |= 1 << member.len().min(127);
            if !self.members.iter().any(|m| **m == *member) {
                self.members.push(member.into());
            }
        }
    }

    /// Writes everything that a decision depends on; `false` if that cannot be said by comparing names as they stand.
    fn key(&self, activity: &Activity<'_>, record: Option<Value<'_>>, key: &mut Vec<u8>) -> bool {
        key.clear();
        key.push(activity.source as u8);
        if let Some(identity) = &activity.identity {
            key.extend([identity.actor as u8, identity.kind as u8]);
        }
        for (name, value) in record.iter().flat_map(Value::fields) {
            if self.lengths >> name.len().min(127) & 1 == 1 && self.members.iter().any(|m| **m == *name) {
                key.push(0xff);
                key.extend_from_slice(name.as_bytes());
                key.push(0xff);
                key.extend_from_slice(value.raw().as_bytes());
            } else if name.contains('\\') {
                return false;
            }
        }
        for field in &self.decoded {
            key.push(0xff);
            if let Some(text) = field.fetch(activity, record) {
                key.push(0xfe);
                key.extend_from_slice(text.as_bytes());
            }
        }
        true
    }
}

#[derive(Debug)]
struct Look {
    field: Field,
    markers: Vec<u16>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Field {
    Name,
    Session,
    UserAgent,
    Ip,
    Id,
    Credential,
    Path(String),
}

impl Field {
    fn new(text: &str) -> Self {
        match text {
            "@name" => Field::Name,
            "@session" => Field::Session,
            "@user_agent" => Field::UserAgent,
            "@ip" => Field::Ip,
            "@id" => Field::Id,
            "@credential" => Field::Credential,
            path => Field::Path(path.to_owned()),
        }
    }

    fn fetch<'a>(&self, activity: &Activity<'a>, record: Option<Value<'a>>) -> Option<Text<'a>> {
        match self {
            Field::Name => activity.identity.as_ref().map(|i| i.name.clone()),
            Field::Session => activity.session.as_ref().map(|s| s.name.clone()),
            Field::UserAgent => activity.origin.user_agent.clone(),
            Field::Ip => activity.origin.ip.clone(),
            Field::Id => activity.identity.as_ref().map(|i| i.id.clone()),
            Field::Credential => activity.credential.as_ref().and_then(|c| c.id.clone()),
            Field::Path(path) => said(member(record?, path)?),
        }
    }
}

/// The member at a dotted path; `[]` or `[0]` is an array's first item. Keys may hold dots themselves
/// (`authentication.kubernetes.io/pod-name`): the longest key that exists is taken.
pub(crate) fn member<'a>(value: Value<'a>, path: &str) -> Option<Value<'a>> {
    step(value, path).or_else(|| {
        path.rmatch_indices('.').find_map(|(dot, _)| step(value, &path[..dot]).and_then(|next| member(next, &path[dot + 1..])))
    })
}

fn step<'a>(value: Value<'a>, segment: &str) -> Option<Value<'a>> {
    match segment.strip_suffix("[]").or_else(|| segment.strip_suffix("[0]")) {
        Some("") => value.items().next(),
        Some(name) => value.get(name)?.items().next(),
        None => value.get(segment),
    }
}

/// A scalar's text, the raw JSON of anything else; `None` for null.
pub(crate) fn said(value: Value<'_>) -> Option<Cow<'_, str>> {
    match value.kind() {
        Type::Null => None,
        Type::String => value.str(),
        _ => Some(Cow::Borrowed(value.raw())),
    }
}

/// What was decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Decision {
    pub actor: Actor,
    pub kind: Option<Kind>,
}

/// Votes for and against a machine.
#[derive(Debug, Default)]
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
        // A marker that only hints at the actor may still know the kind; of equals the first row counts.
        if let Some(kind) = marker.kind
            && marker.confidence >= DECIDES
            && self.kind.is_none_or(|(best, first, _)| marker.confidence > best || (marker.confidence == best && row < first))
        {
            self.kind = Some((marker.confidence, row, kind));
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
        for (n, marker) in catalog.identities().iter().enumerate() {
            let looks = by_source.entry(marker.source).or_default();
            marker.field.iter().chain(&marker.unless).for_each(|f| looks.depend_on(&Field::new(f)));
            let looks = &mut looks.looks;
            for field in marker.field.iter().map(|f| Field::new(f)) {
                match looks.iter_mut().find(|look| look.field == field) {
                    Some(look) => look.markers.push(n as u16),
                    None => looks.push(Look { field, markers: vec![n as u16] }),
                }
            }
        }
        let unless = catalog.identities().iter().map(|m| m.unless.iter().map(|f| Field::new(f)).collect()).collect();
        Identities { catalog: Arc::clone(catalog), by_source, unless }
    }

    /// [`Identities::decide`], remembered: a decision depends on little of a record, and that little repeats.
    pub(crate) fn decide_with<'a>(&self, activity: &Activity<'a>, record: Option<Value<'a>>, memo: &mut Memo) -> Decision {
        match self.by_source.get(&activity.source) {
            Some(looks) if looks.key(activity, record, &mut memo.key) => {
                memo.identities.get_or(&memo.key, || self.decide(activity, record))
            }
            _ => self.decide(activity, record),
        }
    }

    /// Decides who acted.
    pub(crate) fn decide<'a>(&self, activity: &Activity<'a>, record: Option<Value<'a>>) -> Decision {
        let mut votes = Votes::default();
        if let Some(identity) = &activity.identity {
            votes.structure(identity.actor);
        }
        for look in self.by_source.get(&activity.source).map_or(&[][..], |l| &l.looks) {
            let Some(text) = look.field.fetch(activity, record) else { continue };
            for n in look.markers.iter().copied().map(usize::from) {
                let marker = &self.catalog.identities()[n];
                if marker.accepts(&text) && !says_something(&self.unless[n], activity, record) {
                    votes.marker(n, marker);
                }
            }
        }
        votes.decide(activity.identity.as_ref().map(|i| i.kind))
    }
}

/// True if one of the fields says something.
fn says_something<'a>(fields: &[Field], activity: &Activity<'a>, record: Option<Value<'a>>) -> bool {
    fields.iter().any(|f| f.fetch(activity, record).is_some_and(|t| !matches!(&*t, "" | "null" | "{}" | "[]" | "[{}]")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use vires_source::json::Tape;

    #[test]
    fn finds_members_whose_keys_hold_dots() {
        let mut tape = Tape::default();
        let v =
            tape.parse(r#"{"user":{"extra":{"a.b.io/pod-name":["p"]},"groups":["g"]},"a.b":1,"a":{"b":2},"e":[]}"#).unwrap();
        for (path, want) in [
            ("user.extra.a.b.io/pod-name.[]", Some("\"p\"")),
            ("user.groups[].x", None),
            ("user.groups", Some("[\"g\"]")),
            ("a.b", Some("1")),
            ("e.[]", None),
            ("nothing", None),
        ] {
            assert_eq!(member(v, path).map(|v| v.raw()), want, "{path}");
        }
    }

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
