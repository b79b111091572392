//! Lines of text, and records of other sources than CloudTrail, that repeat what another said: see [`vires_tag::Others`].
//!
//! Such lines agree in all that decides. What differs is when, under which number and from which address: that is read where the
//! decoder read it in the line that was learned from, and only if it would read it there again. Whatever is not clear at once goes the
//! long way.

use super::again::Seen;
use super::deed::{Deeds, MOST_BYTES, Repeated};
use super::estate::Estate;
use super::memory::Memory;
use super::observe::{seen_in, workload_of};
use super::packed::{Packed, Texts};
use super::taught::{Lesson, Place, Taught};
use crate::year::YearRule;
use rustc_hash::FxHashMap;
use std::cell::Cell;
use std::net::IpAddr;
use vires_event::{Activity, Millis, Target, Text, parse_time};
use vires_judge::Judge;
use vires_profile::WorkloadIndex;
use vires_profile::observation::{Habits, Observation, Unwatched, origin_of, zone_class_of};
use vires_profile::zones::ZoneClass;
use vires_source::json::{Slot, slots};
use vires_source::repeats::{Use, use_of};
use vires_source::{Opened, annotation, text};
use vires_tag::{Other, Places, Tags};

/// The memory of one thread.
#[derive(Debug, Default)]
pub(super) struct Others {
    kept: vires_tag::Others,
    /// What is said of the workload, by [`Other::number`]. There is none where lines must go the long way.
    of: FxHashMap<u64, Option<Box<Template>>>,
    /// Bytes of them.
    bytes: usize,
    /// Bytes of what they keep.
    deeds: Cell<usize>,
}

/// So much is kept; then all is forgotten and learned anew.
const MAX_BYTES: usize = 16 << 20;

/// A longer number of a request may have been cut.
const MAX_ID: usize = 128;

/// No address is longer.
const MAX_ADDRESS: usize = 64;

impl Others {
    /// Learns from a line that went the long way. Its activity must not have been taken. `field` is the member that is added.
    pub fn learn(&mut self, estate: &Estate, opened: &Opened<'_>, tags: &Tags<'_>, field: &str, memory: &mut Memory) {
        let Others { kept, of, bytes, deeds } = self;
        let number = kept.learn(opened, tags, field, &estate.classifier, &mut memory.memo);
        // A line with a time says more than those without.
        let known = |number: &u64| of.get(number).is_some_and(|known| known.as_ref().is_none_or(|known| !known.is_undated()));
        let Some(number) = number.filter(|number| !known(number)) else { return };
        if *bytes > MAX_BYTES {
            (*of, *bytes, *deeds) = Default::default();
        }
        if deeds.get() > MOST_BYTES {
            of.values_mut().flatten().filter_map(|known| known.said_mut()).for_each(|said| said.deeds = Deeds::default());
            deeds.set(0);
        }
        let template = Template::new(estate, opened, tags, memory).map(Box::new);
        *bytes += size_of::<Template>() + template.as_ref().map_or(0, |template| template.size());
        of.insert(number, template);
    }

    /// Calls `then` with what a line says, and with what lines like it say of their workload, if that is known and need not go the long
    /// way; and with what counts the bytes that are kept of it.
    pub fn meet<'l, R>(
        &mut self,
        line: &'l [u8],
        estate: &Estate,
        then: impl FnOnce(&Other<'_, 'l>, &Template, &Cell<usize>) -> Option<R>,
    ) -> Option<R> {
        let other = self.kept.find(line, &estate.classifier)?;
        let template = self.of.get(&other.number())?.as_deref()?;
        then(&other, template, &self.deeds)
    }
}

/// What lines say that agree in all that decides.
#[derive(Debug)]
pub(super) struct Template {
    time: Spot,
    /// Places in which something stood: a decoder that looks into several takes the first that says anything.
    speaks: Box<[u16]>,
    /// Addresses that must be as they were, because it is not known what becomes of others.
    fixed: Box<[(u16, Box<str>)]>,
    whose: Whose,
}

#[derive(Debug)]
enum Whose {
    /// Nobody acted.
    Nobody,
    /// Somebody, at a time that is not known. Nothing else was asked.
    Undated,
    /// A person, of whom nothing is judged.
    Person,
    Workload(Box<Said>),
}

/// Where something stands that differs from line to line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Spot {
    Nowhere,
    /// In the header of a line of text.
    Header,
    /// In a variable place of a record.
    Slot(usize),
}

/// What is said of the workload.
#[derive(Debug)]
pub(super) struct Said {
    texts: Texts,
    o: Packed,
    workload: Option<WorkloadIndex>,
    event_id: Option<usize>,
    /// When the credential was issued.
    issued: Option<Millis>,
    address: Option<Address>,
    asn: Option<String>,
    service: Option<String>,
    network: Option<String>,
    targets: Vec<Target<'static>>,
    class: Option<u8>,
    taught: Taught,
    deeds: Deeds,
}

/// The place that the address was read from, what stood there, and whether that was an address and nothing else.
#[derive(Debug)]
struct Address {
    slot: usize,
    text: Box<str>,
    plain: bool,
}

/// What a line says of whoever acted.
#[derive(Debug)]
pub(super) enum Told<T> {
    /// Nothing that is judged.
    Nothing,
    /// Somebody acted, at a time that is not known.
    Undated,
    Seen(T),
}

/// What stands in the places of a line.
struct Read<'k> {
    at: Millis,
    event_id: Option<&'k str>,
    age_s: Option<u64>,
    /// The address, if it is another than that of the template.
    ip: Option<&'k str>,
    origin: Option<Text<'k>>,
    zone_class: ZoneClass,
}

/// True for an address as decoders leave it: what they take off an address, a port, brackets, is not there.
fn is_plain(address: &str) -> bool {
    address.len() <= MAX_ADDRESS
        && match address.parse() {
            Ok(IpAddr::V4(_)) => true,
            // `::ffff:192.0.2.1` is written as what it maps.
            Ok(IpAddr::V6(_)) => !address.contains('.'),
            Err(_) => false,
        }
}

/// The variable places of a line that was learned from.
struct Learned<'o, 'a> {
    opened: &'o Opened<'a>,
    slots: Vec<Slot>,
}

impl Learned<'_, '_> {
    /// Where a text stands that the decoder gave as it found it. `None` if that is not known.
    fn spot(&self, text: Option<&Text<'_>>) -> Option<Spot> {
        let Some(text) = text else { return Some(Spot::Nowhere) };
        let Text::Borrowed(text) = text else { return None };
        let Some(record) = self.opened.record else {
            let header = text::parts(self.opened.text)?.time()?;
            return std::ptr::eq(header, *text).then_some(Spot::Header);
        };
        let start = (text.as_ptr() as usize).checked_sub(record.document().as_ptr() as usize)?;
        let range = start..start.checked_add(text.len())?;
        self.slots.iter().position(|slot| slot.range() == range).map(Spot::Slot)
    }
}

impl Template {
    /// `None` if lines like this one must go the long way.
    fn new(estate: &Estate, opened: &Opened<'_>, tags: &Tags<'_>, memory: &mut Memory) -> Option<Self> {
        let of = |whose| Template { time: Spot::Nowhere, speaks: Box::default(), fixed: Box::default(), whose };
        let Some(activity) = opened.activity.as_ref().filter(|activity| activity.identity.is_some()) else {
            return Some(of(Whose::Nobody));
        };
        let leaks = !tags.hides_nothing() || !tags.leaks.is_empty();
        if leaks || activity.detection.is_some() || annotation(opened).is_some() {
            return None;
        }
        let places = || opened.record.into_iter().flat_map(slots);
        let learned = Learned { opened, slots: places().map(|(_, slot)| slot).collect() };
        let (mut speaks, mut fixed) = (Vec::new(), Vec::new());
        for (number, (value, slot)) in (0u16..).zip(places()) {
            let mut names: Vec<&str> = value.names_at(value.span().start).collect();
            names.reverse();
            match use_of(activity.source, &names) {
                Use::Decides => {}
                Use::Passes | Use::Address if slot.range().is_empty() => return None,
                Use::Passes => speaks.push(number),
                Use::Address => fixed.push((number, value.document().get(slot.range())?.into())),
            }
        }
        let time = learned.spot(activity.time.as_ref())?;
        let mut dated = activity.clone();
        if dated.at().is_none() {
            estate.year.into_iter().for_each(|year| year.complete(&mut dated));
        }
        let whose = if dated.at().is_none() {
            Whose::Undated
        } else {
            let said = Said::new(estate, &learned, dated, tags, memory)?;
            // Of several addresses a decoder takes the first.
            if let Some(Spot::Slot(chosen)) = said.as_ref().and_then(Said::chosen)
                && fixed.iter().any(|(number, _)| usize::from(*number) == chosen)
            {
                speaks.extend(fixed.drain(..).map(|(number, _)| number));
            }
            // What makes a person of somebody looks at addresses only where they decide.
            if said.is_none() {
                fixed.clear();
            }
            said.map_or(Whose::Person, |said| Whose::Workload(Box::new(said)))
        };
        Some(Template { time, speaks: speaks.into(), fixed: fixed.into(), whose })
    }

    fn is_undated(&self) -> bool {
        matches!(self.whose, Whose::Undated)
    }

    fn said_mut(&mut self) -> Option<&mut Said> {
        match &mut self.whose {
            Whose::Workload(said) => Some(said),
            _ => None,
        }
    }

    fn size(&self) -> usize {
        let fixed: usize = self.fixed.iter().map(|(_, text)| text.len() + size_of::<(u16, Box<str>)>()).sum();
        let said = match &self.whose {
            Whose::Workload(said) => size_of::<Said>() + 2 * said.texts.len(),
            _ => 0,
        };
        2 * self.speaks.len() + fixed + said
    }

    /// The time of a line, if it is known. `None` if the line must go the long way.
    #[allow(clippy::option_option)]
    fn at(&self, places: Places<'_, '_>, year: Option<YearRule>) -> Option<Option<Millis>> {
        if let Places::Record { shaped, .. } = &places {
            let silent = self.speaks.iter().any(|slot| shaped.bytes(usize::from(*slot)).is_empty());
            if silent || self.fixed.iter().any(|(slot, text)| shaped.bytes(usize::from(*slot)) != text.as_bytes()) {
                return None;
            }
        }
        let text = match (self.time, places) {
            (Spot::Slot(slot), Places::Record { shaped, .. }) => Some(shaped.text(slot)),
            (Spot::Header, Places::Text { time, .. }) => time,
            (Spot::Nowhere, Places::Text { time: Some(_), .. }) => return None,
            (Spot::Nowhere, _) => None,
            _ => return None,
        };
        Some(text.and_then(|text| parse_time(text).or_else(|| year?.moment(text))))
    }

    /// What a line says. `None` if it must go the long way.
    fn read<'k>(
        &'k self,
        estate: &'k Estate,
        places: Places<'k, 'k>,
        habits: &mut Habits,
    ) -> Option<Told<(&'k Said, Read<'k>)>> {
        if matches!(self.whose, Whose::Nobody) {
            return Some(Told::Nothing);
        }
        let Some(at) = self.at(places, estate.year)? else { return Some(Told::Undated) };
        match &self.whose {
            Whose::Workload(said) => Some(Told::Seen((&**said, said.read(at, estate, places, habits)?))),
            Whose::Person | Whose::Nobody => Some(Told::Nothing),
            Whose::Undated => None,
        }
    }

    /// What a line says of its workload, with its texts in `texts`, and not taken apart if it repeats what another line said. `None` if
    /// the line must go the long way.
    pub fn judged<'k>(
        &'k self,
        estate: &'k Estate,
        places: Places<'k, 'k>,
        habits: &mut Habits,
        (judge, texts, kept): (&Judge, &mut Texts, &Cell<usize>),
    ) -> Option<Told<Seen>> {
        let (said, read) = match self.read(estate, places, habits)? {
            Told::Seen(seen) => seen,
            Told::Nothing => return Some(Told::Nothing),
            Told::Undated => return Some(Told::Undated),
        };
        let setting = (said.o.region(&said.texts), read.origin.as_deref(), read.zone_class);
        if let Some(deed) = said.deeds.find(setting, &said.targets, said.class) {
            // The deed may have been done from another address of the same place.
            let ip = read.ip.or_else(|| said.o.ip(&said.texts)).filter(|ip| deed.ip() != Some(ip));
            return Some(Told::Seen(Seen::Again(Box::new(Repeated {
                deed,
                at: read.at,
                event_id: read.event_id.map(|id| texts.put(id)),
                ip: ip.map(|ip| texts.put(ip)),
                age_s: read.age_s,
                bytes: said.o.bytes(),
                mapping: said.mapping(read.at, estate),
                line: 0,
                unwatched: Unwatched::default(),
            }))));
        }
        let o = said.observe(read, estate);
        Some(Told::Seen(match said.deeds.keep(&o, said.class, judge, kept) {
            Some(deed) => Seen::Again(Box::new(Repeated::first(deed, &o, texts))),
            None => Seen::whole(o, judge, texts),
        }))
    }

    /// What there is to be learned from a line. `None` if it must go the long way.
    pub fn lesson<'k>(&'k self, estate: &'k Estate, places: Places<'k, 'k>, habits: &mut Habits) -> Option<Told<Lesson<'k>>> {
        let (said, read) = match self.read(estate, places, habits)? {
            Told::Seen(seen) => seen,
            Told::Nothing => return Some(Told::Nothing),
            Told::Undated => return Some(Told::Undated),
        };
        let setting = (read.at, said.o.region(&said.texts), read.origin.as_deref());
        let known = said.taught.find(setting, &said.targets, said.class);
        Some(Told::Seen(known.count.unwrap_or_else(|| Lesson::Whole(said.observe(read, estate), Some(said.class)))))
    }

    /// Notes that a lesson was learned, by the workload that stands at `place`.
    pub fn note_taught(&self, o: &Observation<'_>, class: Option<u8>, place: Place) {
        if let Whose::Workload(said) = &self.whose {
            said.taught.note(o, class, place);
        }
    }
}

impl Said {
    /// `None` inside for a person; `None` if lines like this one must go the long way.
    #[allow(clippy::option_option)]
    fn new(
        estate: &Estate,
        learned: &Learned<'_, '_>,
        activity: Activity<'_>,
        tags: &Tags<'_>,
        memory: &mut Memory,
    ) -> Option<Option<Self>> {
        let origin = &activity.origin;
        // What stands in a text is the same in all of them, but for the time.
        let (event_id, address) = match learned.opened.record {
            Some(_) => (learned.spot(activity.event_id.as_ref())?, learned.spot(origin.ip.as_ref())?),
            None if activity.event_id.is_some() => return None,
            None => (Spot::Nowhere, Spot::Nowhere),
        };
        let is_long = activity.event_id.as_ref().is_some_and(|id| id.len() > MAX_ID);
        if is_long || !memory.repeats_are_clean(&estate.classifier, &activity) {
            return None;
        }
        let slot = |spot| if let Spot::Slot(slot) = spot { Some(slot) } else { None };
        let text = |text: &Option<Text<'_>>| text.as_deref().map(str::to_owned);
        let ip = origin.ip.as_deref().unwrap_or_default();
        let address = slot(address).map(|slot| Address { slot, text: ip.into(), plain: is_plain(ip) });
        let (asn, service, network) = (text(&origin.asn), text(&origin.service), text(&origin.network));
        let issued = activity.credential.as_ref().and_then(|c| c.issued.as_deref()).and_then(parse_time);
        let identity = activity.identity.as_ref()?;
        let workload = workload_of(&estate.inventory, identity, &activity.links, memory);
        let Some(o) = seen_in(estate, activity, learned.opened.record, tags, memory) else { return Some(None) };
        let targets = o.targets.iter().map(|target| Target { name: target.name.to_string().into() }).collect();
        let mut texts = Texts::default();
        let o = Packed::pack(o, &mut texts);
        texts.shrink();
        let (event_id, class, taught, deeds) = (slot(event_id), tags.data_class, Taught::default(), Deeds::default());
        Some(Some(Said { texts, o, workload, event_id, issued, address, asn, service, network, targets, class, taught, deeds }))
    }

    fn chosen(&self) -> Option<Spot> {
        self.address.as_ref().map(|address| Spot::Slot(address.slot))
    }

    fn mapping(&self, at: Millis, estate: &Estate) -> vires_profile::observation::Mapping {
        self.workload.map_or(self.o.mapping(), |workload| estate.inventory.workload(workload).mapping(at))
    }

    /// Reads the places of a line. `None` if it must go the long way.
    fn read<'k>(&'k self, at: Millis, estate: &'k Estate, places: Places<'k, 'k>, habits: &mut Habits) -> Option<Read<'k>> {
        let slot = |slot: usize| match &places {
            Places::Record { shaped, .. } => Some(shaped.text(slot)),
            Places::Text { .. } => None,
        };
        let event_id = match self.event_id {
            Some(place) => Some(slot(place).filter(|id| !id.is_empty() && id.len() <= MAX_ID)?),
            None => self.o.event_id(&self.texts),
        };
        let age_s = self.issued.and_then(|issued| u64::try_from((at - issued) / 1000).ok());
        let mut ip = None;
        if let Some(address) = &self.address {
            let now = slot(address.slot)?;
            ip = Some(now).filter(|now| **now != *address.text);
            if ip.is_some_and(|now| !address.plain || !is_plain(now)) {
                return None;
            }
        }
        let (origin, zone_class) = match ip {
            None => self.o.origin(&self.texts),
            Some(address) => {
                let (asn, service) = (self.asn.as_deref(), self.service.as_deref());
                let zone = estate.inventory.zones.lookup(Some(address), asn, service);
                let origin = origin_of(zone, Some(address), self.network.as_deref(), asn, habits);
                let class = zone_class_of(zone, origin.as_deref());
                (origin, class)
            }
        };
        Some(Read { at, event_id, age_s, ip, origin, zone_class })
    }

    fn observe<'k>(&'k self, read: Read<'k>, estate: &Estate) -> Observation<'k> {
        let mut o = self.o.unpack(&self.texts);
        o.at = read.at;
        o.mapping = self.mapping(read.at, estate);
        o.event_id = read.event_id.map(Text::Borrowed);
        if let Some(credential) = &mut o.credential {
            credential.age_s = read.age_s;
        }
        if let Some(address) = read.ip {
            o.ip = Some(Text::Borrowed(address));
            (o.origin, o.zone_class) = (read.origin, read.zone_class);
        }
        o
    }
}

#[cfg(test)]
mod tests;
