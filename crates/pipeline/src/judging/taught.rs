//! What lines taught of their workload lately. What repeats it on the same day has nothing to teach but its hour and its count.

use std::cell::RefCell;
use vires_event::{Millis, Target};
use vires_profile::baseline::{Day, DayCount};
use vires_profile::observation::{Observation, day_of, hour_of_day, stable_hash};

/// Where a workload stands: its shard, and its number there.
pub(super) type Place = (usize, usize);

/// What there is to be learned from a line.
#[derive(Debug)]
pub(super) enum Lesson<'k> {
    /// It was learned, but for the hour and the count of the day.
    Count(Place, DayCount, u8),
    /// It was learned, but for what was touched; with the class of that as tags say it.
    Touched(Place, Observation<'k>, Option<u8>),
    /// All of it. With the class of what was touched, if it may be asked for again.
    Whole(Observation<'k>, Option<Option<u8>>),
}

/// What was learned.
#[derive(Debug)]
struct Learned {
    day: Day,
    region: Option<Box<str>>,
    origin: Option<Box<str>>,
    targets: Box<[Box<str>]>,
    /// The class of what was touched, as tags say it.
    class: Option<u8>,
    place: Place,
    /// Without its day.
    count: DayCount,
}

/// So many are kept for lines that agree in all but what is compared here.
const MOST: usize = 16;

/// What was learned from lines that agree in all but when, where and what was touched.
#[derive(Debug, Default)]
pub(super) struct Taught(RefCell<Lately>);

#[derive(Debug, Default)]
struct Lately {
    learned: Vec<Learned>,
    /// The next one to be replaced.
    next: usize,
    /// What was touched, by hash: mostly it is not touched again.
    touched: [u32; MOST],
    last: usize,
}

/// What is known of a line.
pub(super) struct Found<'k> {
    pub count: Option<Lesson<'k>>,
    /// The workload, if what was touched is all that is new.
    pub place: Option<Place>,
}

impl Learned {
    fn is_at(&self, day: Day, region: Option<&str>, origin: Option<&str>) -> bool {
        self.day == day && self.is_in(region, origin)
    }

    fn is_in(&self, region: Option<&str>, origin: Option<&str>) -> bool {
        self.region.as_deref() == region && self.origin.as_deref() == origin
    }

    fn touches(&self, targets: &[Target<'_>], class: Option<u8>) -> bool {
        self.class == class
            && self.targets.len() == targets.len()
            && self.targets.iter().zip(targets).all(|(known, target)| **known == *target.name)
    }
}

impl Taught {
    /// What is known of a line that came at this time, in this region and from there.
    pub fn find<'k>(
        &self,
        (at, region, origin): (Millis, Option<&str>, Option<&str>),
        targets: &[Target<'_>],
        class: Option<u8>,
    ) -> Found<'k> {
        let day = day_of(at);
        let lately = self.0.borrow();
        let mut place = None;
        for known in lately.learned.iter().filter(|known| known.is_at(day, region, origin)) {
            if known.touches(targets, class) {
                let count = DayCount { day, ..known.count };
                return Found { count: Some(Lesson::Count(known.place, count, hour_of_day(at))), place: None };
            }
            place = Some(known.place);
        }
        Found { count: None, place }
    }

    /// Notes what was learned.
    pub fn note(&self, o: &Observation<'_>, class: Option<u8>, place: Place) {
        let mut lately = self.0.borrow_mut();
        let Lately { learned, next, touched, last } = &mut *lately;
        let (day, region, origin) = (o.day(), o.region.as_deref(), o.origin.as_deref());
        let known = learned.iter_mut().find(|known| known.is_in(region, origin) && known.touches(&o.targets, class));
        if let Some(known) = known {
            (known.day, known.place, known.count) = (day, place, DayCount::of(o));
            return;
        }
        let hash = o.targets.iter().fold(0, |hash, target| hash ^ (stable_hash(target.name.as_bytes()) >> 32) as u32);
        let again = touched.contains(&hash);
        if !again {
            *last = (*last + 1) % MOST;
            if let Some(slot) = touched.get_mut(*last) {
                *slot = hash;
            }
            // One of them has to stand for when and where.
            if learned.iter().any(|known| known.is_at(day, region, origin)) {
                return;
            }
        }
        let new = Learned {
            day,
            region: region.map(Into::into),
            origin: origin.map(Into::into),
            targets: o.targets.iter().map(|target| (*target.name).into()).collect(),
            class,
            place,
            count: DayCount::of(o),
        };
        let full = learned.len() >= MOST;
        match learned.get_mut(*next).filter(|_| full) {
            Some(old) => *old = new,
            None => learned.push(new),
        }
        *next = (*next + 1) % MOST;
    }
}
