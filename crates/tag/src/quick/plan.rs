//! What follows from the shape of a CloudTrail line: which of its variable places decide what is said, and which are only looked
//! through.

use super::envelope::Envelope;
use crate::classify::{Classifier, bare};
use crate::leak::Leaks;
use crate::resource::{Resources, Texts};
use vires_catalog::{Catalog, IdentityMarker, Op};
use vires_event::Source;
use vires_event::{Target, Text};
use vires_source::cloudtrail::{Use, bucket_target, first_target, has_buckets, named, naming, use_of};
use vires_source::json::{Shaped, Slot, Type, Value, is_like_a_number, slots, unit};

/// What the identity markers of a catalogue look at.
#[derive(Debug)]
pub(super) struct Reads {
    /// No marker tells one address from another.
    addresses_are_alike: bool,
    /// Paths of members that a marker looks at.
    paths: Vec<String>,
    /// No credential begins with what a number is made of alone.
    numbers_are_clean: bool,
}

/// The member that holds the caller's address.
const ADDRESS: &str = "sourceIPAddress";

impl Reads {
    /// `None` if a credential may stand half in a variable place and half outside.
    pub(super) fn new(catalog: &Catalog, leaks: &Leaks) -> Option<Self> {
        if leaks.any_crosses() {
            return None;
        }
        let numbers_are_clean = !leaks.any_is_like_a_number();
        let mut reads = Reads { addresses_are_alike: true, paths: Vec::new(), numbers_are_clean };
        for marker in catalog.identities().iter().filter(|marker| marker.source == Source::Cloudtrail) {
            for path in &marker.field {
                match first(path) {
                    ADDRESS | "@ip" => reads.addresses_are_alike &= refuses_addresses(marker),
                    _ => reads.paths.push(path.clone()),
                }
            }
            for path in &marker.unless {
                match first(path) {
                    ADDRESS | "@ip" => reads.addresses_are_alike = false,
                    _ => reads.paths.push(path.clone()),
                }
            }
        }
        Some(reads)
    }

    /// True if a marker looks at the member under these names, at one around it or, maybe, below it.
    fn looks_at(&self, names: &[&str]) -> bool {
        let whole = names.join(".");
        self.paths.iter().any(|path| {
            first(path) == names[0]
                && (names.len() == 1
                    || path.contains('[')
                    || whole.strip_prefix(path.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('.')))
        })
    }
}

pub(crate) fn first(path: &str) -> &str {
    path.split(['.', '[']).next().unwrap_or(path)
}

/// True if the marker accepts no text that is made of an address's characters alone.
pub(crate) fn refuses_addresses(marker: &IdentityMarker) -> bool {
    use Op::{Contains, ContainsAny, Eq, In, Prefix, PrefixAny, Suffix};
    matches!(marker.op, Contains | ContainsAny | Eq | In | Prefix | PrefixAny | Suffix)
        && !marker.values.is_empty()
        && marker.values.iter().all(|value| !value.is_empty() && !is_like_an_address(value.as_bytes()))
}

pub(crate) fn is_like_an_address(text: &[u8]) -> bool {
    !text.is_empty() && text.iter().all(|b| b.is_ascii_hexdigit() || matches!(b, b'.' | b':'))
}

/// The variable places of a shape, sorted by what they are good for.
#[derive(Debug)]
pub(super) struct Plan {
    /// Places that decide, outside the unit (see [`Shaped::unit`]) and in it.
    decide: Box<[u16]>,
    decide_in_unit: Box<[u16]>,
    /// The caller's address, if only that it is one decides.
    address: Option<u16>,
    /// Places that may hold anything, credentials too: those that name what was touched, others, those that held a number, and those
    /// in the unit.
    names: Box<[u16]>,
    loose: Box<[u16]>,
    numbers: Box<[u16]>,
    loose_in_unit: Box<[u16]>,
    /// What was touched is named by these places alone.
    named: bool,
    /// The same, and there are no two members of the record that decide what was done.
    pub says_all: bool,
    targets: Targets,
    pub event_source: usize,
    pub event_name: usize,
    /// The nodes that say what was touched.
    pub parameters: Option<usize>,
    pub resources: Option<usize>,
}

/// Where the first target stands.
#[derive(Debug, Default)]
struct Targets {
    /// Members that may name it, and their places; `None` if others may, too.
    members: Option<Box<[Member]>>,
    /// The same for services that have sets.
    in_sets: bool,
    bucket: Place,
    object: Place,
}

/// The name of a member and its place.
type Member = (Box<str>, u16);

/// Where a value stands.
#[derive(Debug, Default, Clone, Copy)]
enum Place {
    #[default]
    None,
    At(u16),
    /// In no variable place.
    Elsewhere,
}

/// What a line names, as far as that is clear without taking it apart.
pub(super) enum Clear {
    /// Nothing that is marked; and the first target.
    Target(Option<Text<'static>>),
    /// It is not clear.
    No,
}

/// See [`Plan::varies`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Varies {
    Nothing,
    /// Texts that decide what is said, by which it is kept.
    WhatDecides,
    More,
}

/// What decides is not kept if it is longer.
pub(super) const MAX_KEY: usize = 768;

/// The name of a longer object is cut before it becomes part of a target.
const MAX_OBJECT: usize = 256;

/// Of more members that name something not all become targets.
const MAX_TARGETS: usize = 8;

/// So deep names are not told.
const MAX_DEPTH: usize = 32;

impl Plan {
    /// The plan for the shape of a record; `None` if lines of that shape must go the long way. `field` is the member that is added.
    pub(super) fn new(root: Value<'_>, field: &str, reads: &Reads, leaks: &Leaks) -> Option<Self> {
        let named = named(root)?;
        if root.fields().any(|(_, member)| member.key_is(field)) {
            return None;
        }
        let (source, name) = (root.get("eventSource")?.number(), root.get("eventName")?.number());
        let places: Vec<(Value<'_>, Slot)> = slots(root).collect();
        let unit = unit(root, 0..places.len()).unwrap_or(0..0);
        let place = |value: &Value<'_>| places.iter().position(|(other, _)| other.number() == value.number()).map(|n| n as u16);
        let (mut decide, mut loose, mut names, mut numbers) =
            ([Vec::new(), Vec::new()], [Vec::new(), Vec::new()], Vec::new(), Vec::new());
        let mut address = None;
        for (number, (value, slot)) in (0u16..).zip(&places) {
            let mut path: Vec<&str> = root.names_at(value.span().start).take(MAX_DEPTH + 1).collect();
            if path.len() > MAX_DEPTH || path.is_empty() {
                return None;
            }
            path.reverse();
            let inside = usize::from(unit.contains(&usize::from(number)));
            let held = root.document().as_bytes().get(slot.range()).unwrap_or_default();
            match use_of(&path) {
                Use::Names if reads.looks_at(&path[..1]) => return None,
                Use::Passes if reads.looks_at(&path) => decide[inside].push(number),
                Use::Names => names.push(number),
                Use::Passes if inside == 0 && reads.numbers_are_clean && is_like_a_number(held) => numbers.push(number),
                Use::Passes => loose[inside].push(number),
                Use::Address if reads.addresses_are_alike && address.is_none() => address = Some(number),
                Use::Address | Use::Decides => decide[inside].push(number),
            }
        }
        let texts = [named.parameters, named.resources].into_iter().flatten().flat_map(|value| value.leaves());
        let texts = texts.filter(|(_, leaf)| matches!(leaf.kind(), Type::String | Type::Number)).count();
        let naming = naming(named.parameters);
        let whole = |value: Option<Value<'_>>| match value {
            None => Place::None,
            Some(value) if value.kind() == Type::String => place(&value).map_or(Place::Elsewhere, Place::At),
            Some(_) => Place::Elsewhere,
        };
        let members = naming.members.iter().map(|(key, value)| Some(((*key).into(), place(value)?)));
        let targets = Targets {
            members: members.collect::<Option<_>>().filter(|_| !naming.lists),
            in_sets: naming.sets,
            bucket: whole(naming.bucket),
            object: whole(naming.object),
        };
        let [decide, decide_in_unit] = decide.map(Vec::into_boxed_slice);
        let [loose, loose_in_unit] = loose.map(Vec::into_boxed_slice);
        let once = |name: &str| root.fields().filter(|(_, member)| member.key_is(name)).count() == 1;
        let named_here = texts == names.len();
        let plan = Plan {
            named: named_here,
            says_all: named_here && once("eventSource") && once("eventName"),
            names: names.into(),
            numbers: numbers.into(),
            decide,
            decide_in_unit,
            loose,
            loose_in_unit,
            address,
            targets,
            event_source: places.iter().position(|(value, _)| value.number() == source)?,
            event_name: places.iter().position(|(value, _)| value.number() == name)?,
            parameters: named.parameters.map(|value| value.number()),
            resources: named.resources.map(|value| value.number()),
        };
        holds_no_beginning(root, leaks).then_some(plan)
    }

    /// The same plan for lines that hold the record, which has so many places, at the place `holder` of an envelope.
    pub(super) fn wrapped(mut self, holder: usize, places: usize, envelope: &Envelope) -> Self {
        let holder = holder as u16;
        let shift = |list: &mut [u16]| list.iter_mut().for_each(|n| *n += holder);
        let lists = [
            &mut self.decide,
            &mut self.decide_in_unit,
            &mut self.names,
            &mut self.loose,
            &mut self.numbers,
            &mut self.loose_in_unit,
        ];
        lists.into_iter().for_each(|list| shift(list));
        self.address.iter_mut().for_each(|n| *n += holder);
        for (_, n) in self.targets.members.iter_mut().flatten() {
            *n += holder;
        }
        for place in [&mut self.targets.bucket, &mut self.targets.object] {
            if let Place::At(n) = place {
                *n += holder;
            }
        }
        (self.event_source, self.event_name) = (self.event_source + usize::from(holder), self.event_name + usize::from(holder));
        let outer =
            |list: &[u16]| list.iter().map(|n| if *n > holder { n + places as u16 - 1 } else { *n }).collect::<Vec<_>>();
        self.decide = [&*self.decide, &outer(&envelope.decide)].concat().into();
        self.loose = [&*self.loose, &outer(&envelope.loose)].concat().into();
        self
    }

    /// What decides outside the unit, or everywhere if the unit is not known.
    pub(super) fn key<'k>(&self, shaped: &Shaped<'_, '_>, key: &'k mut Vec<u8>) -> Option<&'k [u8]> {
        key.clear();
        key.extend_from_slice(&shaped.id.0.to_le_bytes());
        key.extend_from_slice(&shaped.id.1.to_le_bytes());
        key.push(u8::from(shaped.unit.is_some()));
        let in_unit = if shaped.unit.is_some() { &[] } else { &*self.decide_in_unit };
        for slot in self.decide.iter().chain(in_unit) {
            key.extend_from_slice(shaped.bytes(usize::from(*slot)));
            // Places hold ASCII.
            key.push(0xff);
        }
        if let Some(address) = self.address {
            let address = shaped.bytes(usize::from(address));
            key.extend_from_slice(if is_like_an_address(address) { b"\xfe" } else { address });
        }
        (key.len() <= MAX_KEY).then_some(key)
    }

    /// True if a credential may stand in what may hold anything. Leaves the names that were looked through in `texts`, each with a line
    /// end, and returns their length.
    #[inline]
    pub(super) fn may_leak(&self, shaped: &Shaped<'_, '_>, leaks: &Leaks, texts: &mut Vec<u8>) -> (bool, usize) {
        let names = self.free_texts(shaped, texts);
        // What is in a unit was looked at when it was met.
        if shaped.unit.is_none() {
            self.loose_in_unit.iter().for_each(|slot| add(shaped, *slot, texts));
        }
        (leaks.any_literal(texts) && self.may_leak_in_place(shaped, leaks), names)
    }

    /// All texts outside the unit in which anything may stand that is looked for; returns the length of the names among them, which
    /// come first.
    #[inline]
    pub(super) fn all_texts(&self, shaped: &Shaped<'_, '_>, texts: &mut Vec<u8>) -> usize {
        let names = self.free_texts(shaped, texts);
        self.decide.iter().for_each(|slot| add(shaped, *slot, texts));
        names
    }

    /// The same of the places that may hold anything.
    #[inline]
    fn free_texts(&self, shaped: &Shaped<'_, '_>, texts: &mut Vec<u8>) -> usize {
        texts.clear();
        // One after the other, so that they are searched in one go.
        self.names.iter().for_each(|slot| add(shaped, *slot, texts));
        let names = texts.len();
        self.loose.iter().for_each(|slot| add(shaped, *slot, texts));
        for slot in self.numbers.iter().chain(&self.address) {
            if !is_like_a_number(shaped.bytes(usize::from(*slot))) {
                add(shaped, *slot, texts);
            }
        }
        names
    }

    /// True if no name, and no part of one, is that of a sensitive role. `names` are the names as [`Plan::all_texts`] left them.
    pub(super) fn names_no_role(
        &self,
        shaped: &Shaped<'_, '_>,
        event_source: &[u8],
        resources: &Resources,
        (names, buffer): (&[u8], &mut Vec<u8>),
        buffers: &mut Texts,
    ) -> bool {
        let bytes = |slot: &u16| shaped.bytes(usize::from(*slot));
        let service = event_source.split(|b| *b == b'.').next().unwrap_or_default();
        let has_buckets = || std::str::from_utf8(service).is_ok_and(has_buckets);
        // The spelling of a function has parts.
        if service == b"lambda" && memchr::memchr(b':', names).is_some() {
            return false;
        }
        if self.names.iter().any(|slot| resources.must_be_taken_apart(bytes(slot), buffers))
            || resources.any_role_behind_slash(names, buffers)
        {
            return false;
        }
        // A bucket and an object make one name.
        match (self.targets.bucket, self.targets.object) {
            (Place::Elsewhere, _) | (_, Place::Elsewhere) => !has_buckets(),
            (Place::At(bucket), Place::At(object)) if has_buckets() => {
                buffer.clear();
                for part in [bytes(&bucket), b"/", bytes(&object)] {
                    buffer.extend_from_slice(part);
                }
                !resources.is_role(buffer, buffers)
            }
            _ => true,
        }
    }

    /// The same place by place, which tells what only begins like a credential.
    #[inline(never)]
    fn may_leak_in_place(&self, shaped: &Shaped<'_, '_>, leaks: &Leaks) -> bool {
        let in_unit = if shaped.unit.is_some() { &[] } else { &*self.loose_in_unit };
        let places = self.names.iter().chain(&self.loose).chain(&self.numbers).chain(&self.address).chain(in_unit);
        places.into_iter().any(|slot| leaks.any_begins_at(shaped, *slot))
    }

    /// What differs in a value of a record from line to line of its shape.
    pub(super) fn varies(&self, root: Value<'_>, value: Value<'_>) -> Varies {
        let span = value.span();
        let mut places = (0u16..).zip(slots(root)).filter(|(_, (_, slot))| span.contains(&slot.range().start)).peekable();
        if places.peek().is_none() {
            return Varies::Nothing;
        }
        let decides = |number: u16| self.decide.contains(&number) || self.decide_in_unit.contains(&number);
        if places.all(|(number, _)| decides(number)) { Varies::WhatDecides } else { Varies::More }
    }

    /// True if a credential may stand in a place that may hold anything in the unit, whatever stands around that.
    pub(super) fn may_leak_in_unit(&self, shaped: &Shaped<'_, '_>, leaks: &Leaks) -> bool {
        self.loose_in_unit.iter().any(|slot| leaks.any_begins_within(shaped.bytes(usize::from(*slot))))
    }

    /// What a line names; `texts` are its names as [`Plan::may_leak`] left them, and are spoilt.
    pub(super) fn names(
        &self,
        shaped: &Shaped<'_, '_>,
        (service, operation): (&str, &str),
        classifier: &Classifier,
        (texts, names): (&mut Vec<u8>, usize),
        buffers: &mut Texts,
    ) -> Clear {
        if !self.named {
            return Clear::No;
        }
        texts.truncate(names);
        let resources = classifier.resources();
        let bytes = |slot: &u16| shaped.bytes(usize::from(*slot));
        if self.names.iter().any(|slot| resources.must_be_taken_apart(bytes(slot), buffers))
            || resources.any_role_behind_slash(texts, buffers)
        {
            return Clear::No;
        }
        let text = |slot: &u16| shaped.text(usize::from(*slot));
        let target = if has_buckets(service) {
            let object = match self.targets.object {
                Place::None => None,
                Place::At(slot) => Some(text(&slot)).filter(|object| (1..=MAX_OBJECT).contains(&object.len())),
                Place::Elsewhere => return Clear::No,
            };
            match self.targets.bucket {
                Place::None => None,
                // An empty text is none.
                Place::At(bucket) if bytes(&bucket).is_empty() => return Clear::No,
                Place::At(bucket) => {
                    let bucket = text(&bucket);
                    // The two make one name, which may be marked where neither is.
                    let target = bucket_target(bucket, object);
                    if object.is_none() && !matches!(self.targets.object, Place::None)
                        || resources.is_role(bare(&target).as_bytes(), buffers)
                    {
                        return Clear::No;
                    }
                    texts.extend_from_slice(bare(&target).as_bytes());
                    Some(target)
                }
                Place::Elsewhere => return Clear::No,
            }
        } else {
            let Some(members) = self.targets.members.as_ref().filter(|_| !(self.targets.in_sets && service == "ec2")) else {
                return Clear::No;
            };
            // The spelling of a function has parts.
            if service == "lambda" && members.iter().any(|(key, slot)| &**key == "functionName" && text(slot).contains(':')) {
                return Clear::No;
            }
            let told = members.iter().filter(|(_, slot)| !text(slot).is_empty());
            let mut named = told.filter_map(|(key, slot)| first_target(key, text(slot), service, operation));
            named.next().map(|name| Text::Owned(name.into_owned()))
        };
        if resources.any(texts) { Clear::No } else { Clear::Target(target) }
    }

    /// All targets of a line of which [`Plan::names`] says that this is the first. `None` if that is not clear.
    pub(super) fn targets(
        &self,
        shaped: &Shaped<'_, '_>,
        (service, operation): (&str, &str),
        first: Option<Text<'static>>,
    ) -> Option<Vec<Target<'static>>> {
        if self.resources.is_some() {
            return None;
        }
        if first.is_none() || has_buckets(service) {
            return Some(first.into_iter().map(|name| Target { name }).collect());
        }
        let members = self.targets.members.as_ref().filter(|members| members.len() <= MAX_TARGETS)?;
        let mut all: Vec<Target<'static>> = Vec::new();
        for (key, slot) in members {
            let text = shaped.text(usize::from(*slot));
            // A longer name is cut.
            if text.len() > MAX_OBJECT {
                return None;
            }
            // An empty text is none.
            let told = Some(text).filter(|text| !text.is_empty());
            let Some(name) = told.and_then(|text| first_target(key, text, service, operation)) else { continue };
            if all.iter().all(|target| target.name != name) {
                all.push(Target { name: Text::Owned(name.into_owned()) });
            }
        }
        Some(all)
    }

    /// True if one of the places that decide holds what a credential begins with, where it does not belong.
    pub(super) fn may_leak_where_it_decides(&self, root: Value<'_>, leaks: &Leaks) -> bool {
        let decides = |at: usize| {
            let place = slots(root).position(|(_, slot)| slot.range().contains(&at)).map(|n| n as u16);
            place.is_some_and(|n| self.decide.contains(&n) || self.decide_in_unit.contains(&n))
        };
        let mut leak = false;
        leaks.begins(root.document(), |pattern, at| {
            leak |= decides(at) && !pattern.is_expected(Source::Cloudtrail, root.names_at(at));
        });
        leak
    }
}

/// Appends the text of a place and a line end.
#[inline]
fn add(shaped: &Shaped<'_, '_>, slot: u16, texts: &mut Vec<u8>) {
    let bytes = shaped.bytes(usize::from(slot));
    match shaped.long_bytes::<SHORT>(usize::from(slot)) {
        // As many bytes as most places have at most, and what was too much is taken back: one step instead of a loop.
        Some(chunk) if bytes.len() < SHORT => {
            let end = texts.len() + bytes.len();
            texts.extend_from_slice(chunk);
            if let Some(behind) = texts.get_mut(end) {
                *behind = b'\n';
            }
            texts.truncate(end + 1);
        }
        _ => {
            texts.extend_from_slice(bytes);
            texts.push(b'\n');
        }
    }
}

/// A text that is shorter than this is copied in one step.
const SHORT: usize = 32;

/// True if what all lines of a shape share holds nothing that a credential begins with: else each line must be looked at.
pub(crate) fn holds_no_beginning(root: Value<'_>, leaks: &Leaks) -> bool {
    let mut clean = true;
    leaks.begins(root.document(), |_, at| clean &= slots(root).any(|(_, slot)| slot.range().contains(&at)));
    clean
}
