use super::collapse::{LAST_LEVEL, MAX_VALUES, collapse};
use super::facet::{FACETS, Hashed, MAX_VALUE, bounded, for_each_facet, for_each_touched, value_key};
use super::presence::LONE_DAYS;
use super::{Daily, Day, DayCount, Facet, Hours, Name, Presence};
use crate::observation::Observation;
use rustc_hash::FxHashSet;
use std::borrow::Cow;
use std::cmp::Ordering;
use std::ops::RangeInclusive;

/// One learned value and the days on which it was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Value {
    key: u64,
    name: Name,
    bits: [u64; 2],
    last: Day,
    lone: [Day; LONE_DAYS],
    first: Day,
}

impl Value {
    fn new(key: u64, name: Name, first: Day, seen: Presence) -> Self {
        let (last, bits, lone) = seen.parts();
        Value { key, name, bits, last, lone, first }
    }

    /// The value.
    #[inline]
    pub fn name(&self) -> &Name {
        &self.name
    }

    /// Sort key, see [`value_key`].
    #[inline]
    pub fn key(&self) -> u64 {
        self.key
    }

    /// The facet it belongs to.
    pub fn facet(&self) -> Facet {
        Facet::ALL.get((self.key >> 56) as usize).copied().unwrap_or(Facet::Action)
    }

    /// The first day it was ever seen.
    pub fn first(&self) -> Day {
        self.first
    }

    /// The days of the last 128 on which it was seen.
    #[inline]
    pub fn seen(&self) -> Presence {
        Presence::from_parts(self.last, self.bits, self.lone)
    }

    fn join(&mut self, first: Day, seen: Presence) {
        (self.last, self.bits, self.lone) = self.seen().union(seen).parts();
        self.first = self.first.min(first);
    }
}

/// What was learned of one workload: for each facet the values seen and their days, counts by day, hours of the week.
///
/// It is a function of the set of observations: the order in which they came leaves no trace, so baselines learned from shards
/// merge into exactly the baseline that one pass over everything would have learned.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Learned {
    /// Workloads it is compared with. Where records disagree, the last in alphabetical order.
    pub(super) group: Option<Name>,
    pub(super) first: Option<Day>,
    pub(super) active: Presence,
    /// Ascending by key, then name.
    pub(super) values: Vec<Value>,
    pub(super) levels: [u8; FACETS],
    pub(super) daily: Daily,
    pub(super) hours: Hours,
}

impl Learned {
    /// Adds what an observation teaches. `intern` turns a new value of a facet (or a group, without facet) into its shared
    /// form. True if that was more than the count of its day: if not, the same once more teaches nothing but its count either.
    pub fn learn(&mut self, o: &Observation<'_>, mut intern: impl FnMut(Option<Facet>, &str) -> Name) -> bool {
        let day = o.day();
        let mut new = self.first.is_none_or(|first| day < first);
        if new {
            self.first = Some(day);
        }
        if !self.active.contains(day) {
            self.active.add(day);
            new = true;
        }
        new |= self.note_group(o, &mut intern);
        new |= self.hours.add(day, o.hour());
        self.daily.add(DayCount::of(o));
        for_each_facet(o, |facet, value| new |= self.see(facet, value, day, &mut intern));
        new
    }

    /// Adds what an observation teaches that differs from one that was learned before, of the same day, in nothing but the hour and what
    /// was touched.
    pub(super) fn learn_touched(&mut self, o: &Observation<'_>, mut intern: impl FnMut(Option<Facet>, &str) -> Name) {
        let day = o.day();
        self.count(DayCount::of(o), o.hour());
        for_each_touched(o, &mut |facet, value: &str| {
            self.see(facet, value, day, &mut intern);
        });
        #[cfg(debug_assertions)]
        {
            let mut whole = self.clone();
            whole.learn(o, intern);
            whole.daily = self.daily.clone();
            assert_eq!(*self, whole, "what differs in what was touched teaches nothing else: {o:?}");
        }
    }

    /// Adds to the count of a day, and to its hours: all that an observation teaches that differs in nothing else from one that was
    /// learned before, of the same day.
    pub fn count(&mut self, count: DayCount, hour: u8) {
        self.hours.add(count.day, hour);
        self.daily.add(count);
    }

    /// True if the group is another now.
    fn note_group(&mut self, o: &Observation<'_>, intern: &mut impl FnMut(Option<Facet>, &str) -> Name) -> bool {
        let derived;
        let group = match o.peer_group.as_deref() {
            Some(group) => group,
            // Mostly it is the group that is known already, or a declared one: then no text is composed.
            None if self.group.as_deref().is_some_and(|known| !known.starts_with('~') || is_default_group(known, o)) => {
                return false;
            }
            None => {
                derived = default_group(o);
                &derived
            }
        };
        let beats = self.group.as_deref().is_none_or(|known| beats(group, known));
        if beats {
            self.group = Some(intern(None, group));
        }
        beats
    }

    /// True if it was not seen on that day before.
    fn see(&mut self, facet: Facet, value: &str, day: Day, intern: &mut impl FnMut(Option<Facet>, &str) -> Name) -> bool {
        let value = self.form(facet, value);
        let key = value_key(facet, &value);
        // Seen today already: the common case. The text behind the key is not fetched for that; should two keys ever collide,
        // the second value stays unknown, which is the safe side.
        if self.by_key(key, value.len()).is_some_and(|known| known.first <= day && known.seen().contains(day)) {
            return false;
        }
        match self.position(key, &value) {
            Ok(at) => {
                let known = self.values.get_mut(at).filter(|known| day < known.first || !known.seen().contains(day));
                let Some(known) = known else { return false };
                known.join(day, Presence::on(day));
            }
            Err(at) => {
                // Most identities show few values: growing by a quarter wastes less than growing by as much again.
                if self.values.len() == self.values.capacity() {
                    self.values.reserve_exact((self.values.len() / 4).max(4));
                }
                self.values.insert(at, Value::new(key, intern(Some(facet), &value), day, Presence::on(day)));
                self.bound(facet);
            }
        }
        true
    }

    /// The form in which a value of this facet is kept here.
    fn form<'v>(&self, facet: Facet, value: &'v str) -> Cow<'v, str> {
        let level = self.level(facet);
        if level == 0 && value.len() <= MAX_VALUE {
            return Cow::Borrowed(value);
        }
        match bounded(value) {
            Cow::Borrowed(value) => collapse(facet, value, level),
            Cow::Owned(value) => Cow::Owned(collapse(facet, &value, level).into_owned()),
        }
    }

    fn by_key(&self, key: u64, len: usize) -> Option<&Value> {
        let at = self.values.partition_point(|v| v.key < key);
        self.values.get(at).filter(|v| v.key == key && v.name.len() == len)
    }

    /// True if the value is known, by its hash alone: cheaper than [`Learned::find`], for hints that an attacker gains nothing
    /// by forging.
    pub fn hints_at(&self, facet: Facet, value: &str) -> bool {
        self.hints_at_hashed(facet, &Hashed::new(value))
    }

    /// [`Learned::hints_at`] for a value that is looked up several times.
    pub fn hints_at_hashed(&self, facet: Facet, value: &Hashed<'_>) -> bool {
        if self.level(facet) == 0 {
            return self.by_key(value.key(facet), value.text().len()).is_some();
        }
        let value = self.form(facet, value.text());
        self.by_key(value_key(facet, &value), value.len()).is_some()
    }

    fn position(&self, key: u64, value: &str) -> Result<usize, usize> {
        // Texts are compared only where keys are equal, which is once.
        let mut at = self.values.partition_point(|v| v.key < key);
        while let Some(known) = self.values.get(at).filter(|v| v.key == key) {
            match (*known.name).cmp(value) {
                Ordering::Less => at += 1,
                Ordering::Equal => return Ok(at),
                Ordering::Greater => break,
            }
        }
        Err(at)
    }

    /// Collapses a facet until it has at most [`MAX_VALUES`] values.
    fn bound(&mut self, facet: Facet) {
        while self.of(facet).len() > MAX_VALUES && self.level(facet) < LAST_LEVEL {
            self.set_level(facet, self.level(facet) + 1);
        }
    }

    fn set_level(&mut self, facet: Facet, level: u8) {
        if let Some(known) = self.levels.get_mut(facet as usize) {
            *known = level;
        }
        let range = self.range(facet);
        let mut coarse: Vec<Value> = self
            .values
            .drain(range.clone())
            .map(|v| match collapse(facet, &v.name, level) {
                // Compared as texts: the `*` of the last level is as long as any value of one character.
                Cow::Borrowed(same) if *same == *v.name => v,
                name => Value { key: value_key(facet, &name), name: Name::from(&*name), ..v },
            })
            .collect();
        coarse.sort_by(|a, b| a.key.cmp(&b.key).then_with(|| a.name.cmp(&b.name)));
        coarse.dedup_by(|b, a| {
            let same = a.key == b.key && a.name == b.name;
            if same {
                a.join(b.first, b.seen());
            }
            same
        });
        self.values.splice(range.start..range.start, coarse);
    }

    fn range(&self, facet: Facet) -> std::ops::Range<usize> {
        let start = self.values.partition_point(|v| v.key >> 56 < facet as u64);
        let end = self.values.partition_point(|v| v.key >> 56 <= facet as u64);
        start..end
    }

    /// The values of a facet, in the order of their keys.
    pub fn of(&self, facet: Facet) -> &[Value] {
        self.values.get(self.range(facet)).unwrap_or_default()
    }

    /// The learned value that stands for this one.
    pub fn find(&self, facet: Facet, value: &str) -> Option<&Value> {
        self.find_hashed(facet, &Hashed::new(value))
    }

    /// [`Learned::find`] for a value that is looked up several times.
    pub fn find_hashed(&self, facet: Facet, value: &Hashed<'_>) -> Option<&Value> {
        let at = if self.level(facet) == 0 {
            self.position(value.key(facet), value.text())
        } else {
            let value = self.form(facet, value.text());
            self.position(value_key(facet, &value), &value)
        };
        self.values.get(at.ok()?)
    }

    /// How coarsely values of a facet are kept: 0 = as they are. Above 0 the facet is of high cardinality.
    #[inline]
    pub fn level(&self, facet: Facet) -> u8 {
        self.levels.get(facet as usize).copied().unwrap_or(0)
    }

    /// Adds what was learned of the same workload elsewhere. `join` says how counts of one day add up: [`DayCount::plus`] for
    /// other records, [`DayCount::max`] where they may be the same.
    pub fn merge(&mut self, other: &Learned, join: fn(DayCount, DayCount) -> DayCount) {
        if let Some(group) = &other.group
            && self.group.as_deref().is_none_or(|known| beats(group, known))
        {
            self.group = Some(group.clone());
        }
        self.first = match (self.first, other.first) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
        self.active = self.active.union(other.active);
        self.daily.merge(&other.daily, join);
        self.hours.merge(&other.hours);
        for facet in Facet::ALL {
            self.merge_facet(*facet, other);
        }
    }

    fn merge_facet(&mut self, facet: Facet, other: &Learned) {
        let level = self.level(facet).max(other.level(facet));
        if self.level(facet) < level {
            self.set_level(facet, level);
        }
        for value in other.of(facet) {
            self.put(facet, &value.name, value.first, value.seen());
        }
    }

    /// Adds days on which a value was seen.
    pub(super) fn put(&mut self, facet: Facet, value: &Name, first: Day, seen: Presence) {
        let name = match self.form(facet, value) {
            Cow::Borrowed(same) if *same == **value => value.clone(),
            coarse => Name::from(&*coarse),
        };
        let key = value_key(facet, &name);
        match self.position(key, &name) {
            Ok(at) => {
                if let Some(known) = self.values.get_mut(at) {
                    known.join(first, seen);
                }
            }
            Err(at) => {
                self.values.insert(at, Value::new(key, name, first, seen));
                self.bound(facet);
            }
        }
    }

    /// Workloads it is compared with.
    pub fn group(&self) -> Option<&Name> {
        self.group.as_ref()
    }

    /// The first day anything was seen.
    #[inline]
    pub fn first(&self) -> Option<Day> {
        self.first
    }

    /// The days of the last 128 on which anything was seen.
    #[inline]
    pub fn active(&self) -> Presence {
        self.active
    }

    /// Counts by day.
    #[inline]
    pub fn daily(&self) -> &Daily {
        &self.daily
    }

    /// Hours of the week.
    pub fn hours(&self) -> &Hours {
        &self.hours
    }

    /// All values, by facet and key.
    pub fn values(&self) -> &[Value] {
        &self.values
    }

    /// On how many days after the first `warmup` a never seen value of this facet appeared, of the days that [`Presence`]
    /// remembers.
    pub fn novelty(&self, facet: Facet, warmup: u16) -> u32 {
        let Some(days) = self.settled(warmup) else { return 0 };
        let mut firsts: Vec<Day> = self.of(facet).iter().map(|v| v.first).filter(|d| days.contains(d)).collect();
        firsts.sort_unstable();
        firsts.dedup();
        u32::try_from(firsts.len()).unwrap_or(u32::MAX)
    }

    /// [`Learned::novelty`] of all facets, in one pass.
    pub(super) fn novelties(&self, warmup: u16) -> [u32; FACETS] {
        let mut new = [0; FACETS];
        let Some(days) = self.settled(warmup) else { return new };
        let mut firsts: Vec<(usize, Day)> =
            self.values.iter().filter(|v| days.contains(&v.first)).map(|v| (v.facet() as usize, v.first)).collect();
        firsts.sort_unstable();
        firsts.dedup();
        for (facet, _) in firsts {
            if let Some(count) = new.get_mut(facet) {
                *count += 1;
            }
        }
        new
    }

    /// How many remembered active days came after the first `warmup` days.
    pub fn settled_days(&self, warmup: u16) -> u32 {
        let Some(days) = self.settled(warmup) else { return 0 };
        self.active.within(*days.end(), (days.end() - days.start()).saturating_add(1)).count()
    }

    /// The days on which novelty counts: after the warm-up, and within what is remembered. What a clock that runs ahead brought is
    /// not yet a habit.
    fn settled(&self, warmup: u16) -> Option<RangeInclusive<Day>> {
        let (first, last) = (self.first?, self.active.steady_last()?);
        let start = first.saturating_add(warmup).max(last.saturating_sub(127));
        (start <= last).then_some(start..=last)
    }

    /// Replaces names by their shared form.
    pub fn intern(&mut self, names: &mut Names) {
        for value in &mut self.values {
            value.name = names.share(&value.name);
        }
        if let Some(group) = &mut self.group {
            *group = names.share(group);
        }
    }

    /// Gives back room for what may be learned: nothing will.
    pub(super) fn shrink(&mut self) {
        self.values.shrink_to_fit();
        self.daily.shrink();
    }

    pub(super) fn push_raw(&mut self, facet: Facet, name: Name, first: Day, seen: Presence) {
        self.values.push(Value::new(value_key(facet, &name), name, first, seen));
    }

    pub(super) fn sort_raw(&mut self) {
        self.values.sort_by(|a, b| a.key.cmp(&b.key).then_with(|| a.name.cmp(&b.name)));
    }
}

/// A declared group beats a derived one (`~…`); of two alike the later in the alphabet wins, so that order does not matter.
fn beats(group: &str, known: &str) -> bool {
    (!group.starts_with('~'), group) > (!known.starts_with('~'), known)
}

/// The peers of a workload whose inventory names none: those of the same kind on the same platform.
pub fn default_group(o: &Observation<'_>) -> String {
    format!("~{}@{}", o.kind.as_str(), o.platform())
}

/// True if `group` is [`default_group`] of the observation.
fn is_default_group(group: &str, o: &Observation<'_>) -> bool {
    let rest = group.strip_prefix('~').and_then(|rest| rest.strip_prefix(o.kind.as_str()));
    rest.and_then(|rest| rest.strip_prefix('@')) == Some(o.platform())
}

/// Values that many workloads share, held once.
#[derive(Debug, Clone, Default)]
pub struct Names(FxHashSet<Name>);

impl Names {
    /// The shared form of a text.
    pub fn share(&mut self, text: &str) -> Name {
        if let Some(known) = self.0.get(text) {
            return known.clone();
        }
        let name = Name::from(text);
        self.0.insert(name.clone());
        name
    }
}
