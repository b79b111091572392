//! What was said of lines, by what decided it.
//!
//! Few identities and few actions write most lines, in many combinations: the texts of each are kept once, a combination is little more
//! than two numbers.

use crate::memo::Cache;
use crate::object::Object;
use crate::report::Report;
use crate::tags::Tags;
use rustc_hash::{FxHashMap, FxHashSet};
use std::borrow::Cow;
use std::sync::Arc;
use vires_event::{Effect, Text};

/// What is said of every line of a shape with certain texts in the places that decide.
#[derive(Debug)]
pub(super) struct Said {
    /// The object in three parts: who, what was done, and what follows what was touched.
    who: Arc<[u8]>,
    what: Arc<[u8]>,
    tail: Arc<[u8]>,
    /// So much of what follows stands before `tagged`.
    rest: usize,
    pub service: Arc<str>,
    pub operation: Arc<str>,
    /// The whole is of the highest class.
    pub secret: bool,
    /// The action is a sensitive one, so that its own severity counts and not that of names.
    pub sensitive: bool,
    /// The action's row has a condition that changes its severity, which is this if the object is to be what is kept.
    pub condition: Option<(u32, u8)>,
    pub machine: bool,
    pub report: Report,
}

/// All that is kept, bounded.
#[derive(Debug, Default)]
pub(super) struct AllSaid {
    /// Numbers of what decides outside the unit.
    rest: Cache<u32, 4096>,
    last: u32,
    of: FxHashMap<Place, Said>,
    /// Parts in which no credential begins where it does not belong: of units and of what is outside.
    clean: [FxHashSet<u32>; 2],
    texts: FxHashSet<Arc<[u8]>>,
    names: FxHashSet<Arc<str>>,
    /// Bytes of them.
    bytes: usize,
}

/// A combination: the number of what decides outside the unit, and that of the unit or zero.
pub(super) type Place = (u32, u32);

/// So many combinations and bytes are kept; then all are forgotten and learned anew.
const MAX_SAID: usize = 16 << 10;
const MAX_BYTES: usize = 2 << 20;

/// A longer object is not kept: there must be room for what is touched.
const MAX_OBJECT: usize = 2048;

impl AllSaid {
    /// What is said of lines with this key and unit.
    #[inline]
    pub(super) fn of(&self, key: &[u8], unit: Option<u32>) -> Option<&Said> {
        self.of.get(&(*self.rest.get(key)?, unit.unwrap_or_default()))
    }

    /// What is kept there.
    pub(super) fn at(&self, place: Place) -> Option<&Said> {
        self.of.get(&place)
    }

    /// Where it is kept what is said of them, if it is.
    pub(super) fn seat(&self, key: &[u8], unit: Option<u32>) -> Option<Place> {
        let place = (*self.rest.get(key)?, unit.unwrap_or_default());
        self.of.contains_key(&place).then_some(place)
    }

    /// True if no credential stands in a unit where it does not belong.
    #[inline]
    pub(super) fn is_clean(&self, unit: u32) -> bool {
        self.clean[0].contains(&unit)
    }

    /// Where to put what is said of them. `None` if it must not be kept: if `may_leak` is true of a line with a part that was not met
    /// before.
    pub(super) fn place(&mut self, key: &[u8], unit: Option<u32>, may_leak: impl FnOnce() -> bool) -> Option<Place> {
        if self.of.len() >= MAX_SAID || self.bytes > MAX_BYTES || self.clean.iter().any(|parts| parts.len() >= MAX_SAID) {
            // No number is given twice, so that none of before can be taken for one of after.
            *self = AllSaid { last: self.last, ..AllSaid::default() };
        }
        let rest = match self.rest.get(key) {
            Some(rest) => *rest,
            None => {
                self.last = self.last.checked_add(1)?;
                self.rest.put(key, self.last);
                self.last
            }
        };
        let place = (rest, unit.unwrap_or_default());
        let [units, rests] = &mut self.clean;
        if !(units.contains(&place.1) && rests.contains(&place.0)) {
            if may_leak() {
                return None;
            }
            units.insert(place.1);
            rests.insert(place.0);
        }
        Some(place)
    }

    /// Keeps what the tags say, unless the object is too long.
    pub(super) fn put(
        &mut self,
        place: Place,
        tags: &Tags<'_>,
        (service, operation): (&str, &str),
        condition: Option<(u32, u8)>,
    ) {
        let own = Tags { target: None, data_class: None, markers: Vec::new(), leaks: Vec::new(), ..tags.clone() };
        let mut bytes = Vec::new();
        let mut object = Object::open(&mut bytes);
        own.write_who(&mut object);
        let cut = object.pause();
        let first = bytes.len();
        let mut object = Object::resume(&mut bytes, 0, cut);
        own.write_what(&mut object);
        let cut = object.pause();
        let second = bytes.len();
        let mut object = Object::resume(&mut bytes, 0, cut);
        own.write_rest(&mut object);
        let cut = object.pause();
        let before_tagged = bytes.len() - second;
        let mut object = Object::resume(&mut bytes, 0, cut);
        own.write_end(&mut object);
        object.close();
        if cut || bytes.len() > MAX_OBJECT {
            return;
        }
        let (who, rest) = bytes.split_at(first);
        let (what, tail) = rest.split_at(second - first);
        let report =
            Report { source: tags.source, tagged: own.tagged(), sensitive: own.touches_sensitive(), ..Report::default() };
        let said = Said {
            who: self.text(who),
            what: self.text(what),
            tail: self.text(tail),
            rest: before_tagged,
            service: self.name(service),
            operation: self.name(operation),
            secret: tags.effect == Some(Effect::SecretRead),
            sensitive: tags.sensitive.is_some(),
            machine: own.by_machine(),
            condition,
            report,
        };
        self.of.insert(place, said);
    }

    fn text(&mut self, text: &[u8]) -> Arc<[u8]> {
        if let Some(known) = self.texts.get(text) {
            return Arc::clone(known);
        }
        let new: Arc<[u8]> = text.into();
        self.bytes += new.len();
        self.texts.insert(Arc::clone(&new));
        new
    }

    fn name(&mut self, name: &str) -> Arc<str> {
        if let Some(known) = self.names.get(name) {
            return Arc::clone(known);
        }
        let new: Arc<str> = name.into();
        self.bytes += new.len();
        self.names.insert(Arc::clone(&new));
        new
    }
}

impl Said {
    /// Writes the whole object to `object`, which must be empty; leaves it so, and returns `None`, if it would have to be cut.
    pub(super) fn write(
        &self,
        target: Option<&str>,
        data_class: Option<u8>,
        markers: Vec<(Cow<'_, str>, u8)>,
        object: &mut Vec<u8>,
    ) -> Option<()> {
        self.begin(target, data_class, markers, object)?;
        object.extend_from_slice(self.tail.get(self.rest..).unwrap_or_default());
        Some(())
    }

    /// The same as far as [`Tags::write`] writes it.
    pub(super) fn begin(
        &self,
        target: Option<&str>,
        data_class: Option<u8>,
        markers: Vec<(Cow<'_, str>, u8)>,
        object: &mut Vec<u8>,
    ) -> Option<()> {
        object.extend_from_slice(&self.who);
        object.extend_from_slice(&self.what);
        let touched = Tags { target: target.map(Text::Borrowed), data_class, markers, ..Tags::default() };
        let mut open = Object::resume(object, 0, false);
        touched.write_touched(&mut open);
        if open.pause() {
            object.clear();
            return None;
        }
        object.extend_from_slice(self.tail.get(..self.rest).unwrap_or_default());
        Some(())
    }
}
