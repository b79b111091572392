//! Observations that repeat others: what most lines say of their workload differs from what another said in the moment and in ids alone.

use super::observe::owned;
use super::packed::{Packed, Span, Texts};
use rustc_hash::FxHasher;
use std::cell::{Cell, RefCell};
use std::hash::{Hash, Hasher};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use vires_event::{Millis, Target};
use vires_judge::joins::Plain;
use vires_judge::{Calm, Judge, Repeat, shard_of};
use vires_profile::baseline::bounded;
use vires_profile::observation::{Mapping, Observation, Unwatched, stable_hash};
use vires_profile::zones::ZoneClass;

/// What lines say that agree in all that decides, where they come from and what they touch.
#[derive(Debug)]
pub(super) struct Deed {
    texts: Texts,
    o: Packed,
    /// The class of what was touched, as tags say it.
    class: Option<u8>,
    shard: usize,
    plain: Plain,
    /// What stands for there being nothing to say of it.
    calm: Mutex<Option<Calm>>,
}

/// An observation that repeats another.
#[derive(Debug)]
pub(super) struct Repeated {
    pub deed: Arc<Deed>,
    pub at: Millis,
    pub event_id: Option<Span>,
    /// The address, if it is another than that of the deed.
    pub ip: Option<Span>,
    pub age_s: Option<u64>,
    pub bytes: Option<u64>,
    pub mapping: Mapping,
    pub line: u64,
    pub unwatched: Unwatched,
}

/// So many are kept for lines that agree in all that decides.
const MOST: usize = 16;

/// So many bytes of all of them are kept, about.
pub(super) const MOST_BYTES: usize = 16 << 20;

/// What was said of lines that agree in all that decides.
#[derive(Debug, Default)]
pub(super) struct Deeds(RefCell<Lately>);

#[derive(Debug, Default)]
struct Lately {
    /// With what they are told apart by: few are looked at that are not the one.
    deeds: Vec<(u64, Arc<Deed>)>,
    /// The next one to be replaced.
    next: usize,
    /// What was met, by hash: most of what is met for the first time is not met again.
    met: [u32; MOST],
    last: usize,
}

/// Where a line comes from.
pub(super) type Setting<'s> = (Option<&'s str>, Option<&'s str>, ZoneClass);

/// Equal for lines that come from the same place and touch the same.
fn mark_of((region, origin, zone): Setting<'_>, targets: &[Target<'_>], class: Option<u8>) -> u64 {
    let mut mark = FxHasher::default();
    (region, origin, zone, class).hash(&mut mark);
    targets.iter().for_each(|target| target.name.hash(&mut mark));
    mark.finish()
}

impl Deeds {
    /// The one that a line repeats.
    pub fn find(&self, setting: Setting<'_>, targets: &[Target<'_>], class: Option<u8>) -> Option<Arc<Deed>> {
        let mark = mark_of(setting, targets, class);
        let lately = self.0.borrow();
        let (_, deed) = lately.deeds.iter().find(|(known, deed)| *known == mark && deed.is(setting, targets, class))?;
        Some(Arc::clone(deed))
    }

    /// Keeps what touches nothing, or was met for the second time. `bytes` sums up what is kept.
    pub fn keep(&self, o: &Observation<'_>, class: Option<u8>, judge: &Judge, bytes: &Cell<usize>) -> Option<Arc<Deed>> {
        let mut lately = self.0.borrow_mut();
        let Lately { deeds, next, met, last } = &mut *lately;
        let texts = [o.region.as_deref(), o.origin.as_deref()].into_iter().flatten();
        let texts = texts.chain(o.targets.iter().map(|target| &*target.name));
        let hash = (texts.fold(0, |hash: u64, text| hash.rotate_left(7) ^ stable_hash(text.as_bytes())) >> 32) as u32;
        if !o.targets.is_empty() && !met.contains(&hash) {
            *last = (*last + 1) % MOST;
            if let Some(slot) = met.get_mut(*last) {
                *slot = hash;
            }
            return None;
        }
        if bytes.get() > MOST_BYTES {
            return None;
        }
        let plain = judge.plain(o)?;
        let mark = mark_of((o.region.as_deref(), o.origin.as_deref(), o.zone_class), &o.targets, class);
        let shard = shard_of(&bounded(&o.workload));
        let mut texts = Texts::default();
        let o = Packed::pack(o.clone(), &mut texts);
        texts.shrink();
        let size = texts.len() + size_of::<Deed>();
        let new = Arc::new(Deed { texts, o, class, shard, plain, calm: Mutex::default() });
        let full = deeds.len() >= MOST;
        match deeds.get_mut(*next).filter(|_| full) {
            Some(old) => *old = (mark, Arc::clone(&new)),
            None => {
                bytes.set(bytes.get() + size);
                deeds.push((mark, Arc::clone(&new)));
            }
        }
        *next = (*next + 1) % MOST;
        Some(new)
    }
}

impl Deed {
    fn is(&self, (region, origin, zone): Setting<'_>, targets: &[Target<'_>], class: Option<u8>) -> bool {
        self.class == class && self.o.is(&self.texts, (region, origin, zone), targets)
    }

    /// The shard of its workload.
    pub fn shard(&self) -> usize {
        self.shard
    }

    /// What stands for there being nothing to say of it, if that is so.
    pub fn calm(&self) -> MutexGuard<'_, Option<Calm>> {
        self.calm.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The workload.
    pub fn workload(&self) -> &str {
        self.o.workload(&self.texts)
    }

    /// The address from which it was done first.
    pub fn ip(&self) -> Option<&str> {
        self.o.ip(&self.texts)
    }
}

impl Repeated {
    /// The observation of which a deed was made.
    pub fn first(deed: Arc<Deed>, o: &Observation<'_>, texts: &mut Texts) -> Self {
        Repeated {
            deed,
            at: o.at,
            event_id: o.event_id.as_ref().map(|id| texts.put(id)),
            ip: None,
            age_s: o.credential.as_ref().and_then(|credential| credential.age_s),
            bytes: o.bytes,
            mapping: o.mapping,
            line: 0,
            unwatched: Unwatched::default(),
        }
    }

    /// See [`vires_judge::joins::Joins::join_plain`].
    pub fn plain(&self) -> Plain {
        self.deed.plain.again(self.at)
    }

    /// The observation as a whole.
    pub fn unpack<'t>(&'t self, texts: &'t Texts) -> Observation<'t> {
        let mut o = self.deed.o.unpack(&self.deed.texts);
        o.at = self.at;
        o.event_id = self.event_id.as_ref().map(|id| texts.get(id));
        if let Some(ip) = &self.ip {
            o.ip = Some(texts.get(ip));
        }
        if let Some(credential) = &mut o.credential {
            credential.age_s = self.age_s;
        }
        o.bytes = self.bytes;
        o.mapping = self.mapping;
        o.event_ref.line = self.line;
        o.unwatched = self.unwatched;
        o
    }

    /// The observation as it is kept if it is more than a repetition.
    pub fn to_whole(&self, texts: &mut Texts) -> Packed {
        let o = owned(self.unpack(texts));
        Packed::pack(o, texts)
    }

    /// What it says by itself.
    pub fn repeat<'t>(&self, event_id: Option<&'t str>) -> Repeat<'t> {
        Repeat { at: self.at, event_id, age_s: self.age_s, mapping: self.mapping, unwatched: self.unwatched }
    }
}
