//! What is known of one workload at one moment: the baseline, what was learned since, and the days that wait to be learned.

use crate::Tuning;
use crate::state::PendingDay;
use std::borrow::Cow;
use std::cell::Cell;
use std::collections::BTreeMap;
use vires_event::Millis;
use vires_profile::baseline::{Day, Facet, Hashed, Known, Learned, Presence, Reference};
use vires_profile::observation::{Observation, identity_template};
use vires_profile::{Inventory, Workload};

/// Everything known of a workload at the moment of an event.
///
/// What is visible depends on the time of the event alone, not on when it arrived: events that come late or in another order
/// are judged by the same knowledge.
pub(crate) struct Memory<'a> {
    base: Option<&'a Known>,
    overlay: Option<&'a Learned>,
    waiting: &'a [PendingDay],
    privileged: bool,
    at: Millis,
    pub day: Day,
    pub reference: &'a Reference,
    pub tuning: &'a Tuning,
    pub group: Option<u32>,
    /// Days on which it was active, before today.
    pub active: Presence,
    /// How many of them lie in the window.
    pub days: u32,
    first: Option<Day>,
    /// What the workload itself is called.
    pub names: [&'a str; 2],
    /// Which identities are which workload.
    pub inventory: Option<&'a Inventory>,
    /// True once it was asked what else the workload did today.
    looked_at_today: Cell<bool>,
}

/// Most values of a day that are looked through for new ones: more than anybody's usual ones, and few enough for each event.
const LOOKED_THROUGH: usize = 512;

/// What the one who acts is called: what bears these names is its own.
pub(crate) fn names_of<'o>(o: &'o Observation<'_>) -> [&'o str; 2] {
    [&o.workload, o.identity.rsplit(['/', ':']).next().unwrap_or_default()]
}

/// Under which name an identity is judged: the workload that the inventory says it is, else its own.
pub(crate) fn workload_of<'a>(inventory: Option<&'a Inventory>, id: &'a str) -> Cow<'a, str> {
    let declared = inventory.and_then(|inventory| inventory.resolve(id, None).map(|index| &*inventory.workload(index).id));
    declared.map_or_else(|| identity_template(id), Cow::Borrowed)
}

/// When and how often a value was seen.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Sighting {
    pub seen: Presence,
}

impl<'a> Memory<'a> {
    #[expect(clippy::too_many_arguments, reason = "one caller; a struct of the same fields would only be written twice")]
    pub fn new(
        reference: &'a Reference,
        tuning: &'a Tuning,
        base: Option<&'a Known>,
        group: Option<u32>,
        overlay: Option<&'a Learned>,
        waiting: &'a [PendingDay],
        privileged: bool,
        at: Millis,
        day: Day,
    ) -> Self {
        let mut memory = Memory {
            base,
            overlay,
            waiting,
            privileged,
            at,
            day,
            reference,
            tuning,
            group,
            active: Presence::default(),
            days: 0,
            first: None,
            names: [""; 2],
            inventory: None,
            looked_at_today: Cell::new(false),
        };
        let mut active = Presence::default();
        let mut first: Option<Day> = None;
        memory.for_each_layer(|learned| {
            active = active.union(learned.active());
            first = match (first, learned.first()) {
                (Some(a), Some(b)) => Some(a.min(b)),
                (a, b) => a.or(b),
            };
        });
        memory.active = active;
        memory.days = active.count_within(day, tuning.window.baseline_days);
        memory.first = first;
        memory
    }

    /// What was learned before the judge started.
    pub fn base(&self) -> Option<&'a Learned> {
        self.base.map(|known| &known.learned)
    }

    /// The parts of what is known, the oldest first.
    pub fn for_each_layer(&self, mut visit: impl FnMut(&'a Learned)) {
        if let Some(known) = self.base {
            visit(&known.learned);
        }
        if let Some(overlay) = self.overlay {
            visit(overlay);
        }
        for waiting in self.waiting {
            if waiting.is_visible((self.day, self.at), self.tuning, self.privileged) {
                visit(&waiting.learned);
            }
        }
    }

    /// How many parts there are.
    pub fn layers(&self) -> usize {
        let mut layers = 0;
        self.for_each_layer(|_| layers += 1);
        layers
    }

    /// True if any value of the facet was ever seen.
    pub fn knows_any(&self, facet: Facet) -> bool {
        let mut any = false;
        self.for_each_layer(|learned| any |= !learned.of(facet).is_empty());
        any
    }

    /// True if an identity is known to hand out rights or credentials, to expose things or to take guards away.
    pub fn administers(&self, id: &str) -> bool {
        let known = self.reference.slot(&workload_of(self.inventory, id)).and_then(|slot| self.reference.at(slot));
        known.is_some_and(|known| !known.learned.of(Facet::ActionT4).is_empty())
    }

    /// What the inventory says of an identity.
    pub fn declared(&self, id: &str) -> Option<&'a Workload> {
        self.inventory.and_then(|inventory| inventory.resolve(id, None).map(|index| inventory.workload(index)))
    }

    /// True if it became an identity of this account before.
    pub fn becomes_in(&self, account: &str) -> bool {
        let mut any = false;
        self.for_each_layer(|learned| {
            any |= learned.of(Facet::Role).iter().any(|role| crate::criteria::account_of(role.name()) == Some(account));
        });
        any
    }

    /// One bit for each hour of the day at which nothing is said of the hour: it was active within an hour of it, or is not known for
    /// long enough to have hours.
    pub fn hours(&self) -> u32 {
        if self.days < u32::from(self.tuning.window.mature_days) {
            return u32::MAX;
        }
        let mut hours = 0;
        self.for_each_layer(|learned| hours |= learned.hours().around(1));
        hours
    }

    /// On which days a value was seen; empty if never.
    pub fn sighting(&self, facet: Facet, value: &str) -> Sighting {
        self.sighting_of(facet, &Hashed::new(value))
    }

    /// True if it made the thing itself, or the namespace it lies in, today or yesterday, and nobody had touched it when the baseline was
    /// learned: hardly anything of anybody's is in it yet.
    pub fn made_lately(&self, dataset: &str) -> bool {
        let namespace = dataset.strip_prefix("k8s:").and_then(|name| name.split('/').next()).filter(|ns| ns.len() > 1);
        let made = |ns| ["-", ns].iter().any(|within| self.made(&format!("k8s:{within}/namespaces/{ns}")));
        self.made(dataset) || namespace.is_some_and(made)
    }

    fn made(&self, dataset: &str) -> bool {
        // What anybody has touched before was there before, in whichever region or account.
        let old = [Facet::Resource, Facet::Admin].into_iter().any(|facet| self.reference.estate(None, facet, dataset).have > 0);
        if old {
            return false;
        }
        self.looked_at_today.set(true);
        let dataset = Hashed::new(dataset);
        let lately = |seen: Presence| seen.contains(self.day) || self.day > 0 && seen.contains(self.day - 1);
        let mut made = false;
        let mut look = |learned: &Learned| {
            // Of who makes more than is kept only what they have in common is known: that one was made says nothing of the next.
            let known = learned.find_hashed(Facet::Made, &dataset).filter(|known| **known.name() == *dataset.text());
            made |= known.is_some_and(|known| lately(known.seen()));
        };
        self.base().into_iter().chain(self.overlay).for_each(&mut look);
        // What is not yet a habit has been done all the same.
        self.waiting.iter().for_each(|waiting| look(&waiting.learned));
        made
    }

    /// The same for a value that is looked up several times.
    pub fn sighting_of(&self, facet: Facet, value: &Hashed<'_>) -> Sighting {
        let mut seen = Presence::default();
        self.for_each_layer(|learned| {
            for stratum in facet.covering() {
                if let Some(value) = learned.find_hashed(*stratum, value) {
                    seen = seen.union(value.seen());
                }
            }
        });
        Sighting { seen }
    }

    /// True if the baseline alone makes the value a habit: the common case, decided with one lookup.
    pub fn plainly_established(&self, facet: Facet, value: &Hashed<'_>) -> bool {
        let Some(value) = self.base().and_then(|learned| learned.find_hashed(facet, value)) else { return false };
        self.tuning.window.half_life_days == 0
            && value.seen().count_within(self.day, self.tuning.window.baseline_days)
                >= u32::from(self.tuning.novelty.established_days)
    }

    /// Days in the window, weighted by age if the tuning says so.
    pub fn weigh(&self, seen: Presence) -> f64 {
        let window = &self.tuning.window;
        if window.half_life_days == 0 {
            return f64::from(seen.count_within(self.day, window.baseline_days));
        }
        let inside = seen.within(self.day, window.baseline_days);
        let half_life = f64::from(window.half_life_days);
        inside.days().map(|day| 0.5f64.powf(f64::from(self.day.saturating_sub(day)) / half_life)).sum()
    }

    /// On how many days something new appeared in a facet, of how many: both after the warm-up.
    pub fn novelty(&self, facet: Facet) -> (u32, u32) {
        let (Some(first), Some(last)) = (self.first, self.active.steady_last()) else { return (0, 0) };
        let start = first.saturating_add(self.tuning.window.warmup_days).max(last.saturating_sub(127));
        if start > last {
            return (0, 0);
        }
        let settled = self.active.within(last, last - start + 1).count();
        // A value counts on its first day in any layer: in later ones it is not new.
        let mut firsts: Vec<Day> = Vec::new();
        let mut earlier: Vec<&'a Learned> = Vec::new();
        self.for_each_layer(|learned| {
            for value in learned.of(facet) {
                if (start..=last).contains(&value.first()) && !earlier.iter().any(|l| l.find(facet, value.name()).is_some()) {
                    firsts.push(value.first());
                }
            }
            earlier.push(learned);
        });
        firsts.sort_unstable();
        firsts.dedup();
        (u32::try_from(firsts.len()).unwrap_or(u32::MAX), settled)
    }

    /// How many new things of a facet it has shown today, in as many places: what lies side by side is one. Counted up to `most`.
    pub fn new_today(&self, facet: Facet, most: usize) -> u32 {
        self.looked_at_today.set(true);
        let Some(today) = self.waiting.iter().find(|waiting| waiting.day == self.day) else { return 0 };
        let mut places: Vec<&str> = Vec::new();
        for value in today.learned.of(facet).iter().take(64) {
            let place = crate::kin::place_of(value.name());
            if places.len() < most && !places.contains(&place) && !self.has_met(facet, value.name()) {
                places.push(place);
            }
        }
        u32::try_from(places.len()).unwrap_or(u32::MAX)
    }

    /// How many things of a facet it has met today that it never had before, wherever they lie. Counted up to `most`.
    pub fn new_things_today(&self, facet: Facet, most: usize) -> usize {
        self.looked_at_today.set(true);
        let Some(today) = self.waiting.iter().find(|waiting| waiting.day == self.day) else { return 0 };
        let values = today.learned.of(facet).iter().take(LOOKED_THROUGH);
        values.filter(|value| self.sighting(facet, value.name()).seen.is_empty()).take(most).count()
    }

    /// True if what was said may be otherwise after other events of today.
    pub fn looked_at_today(&self) -> bool {
        self.looked_at_today.get()
    }

    /// True if it showed the value, or one near to it, before today.
    fn has_met(&self, facet: Facet, value: &str) -> bool {
        !self.sighting(facet, value).seen.is_empty() || self.has_kin(facet, value)
    }

    /// The values it shows most often, for sentences: at most `most`, the most frequent first.
    pub fn usual(&self, facet: Facet, most: usize) -> Vec<String> {
        let mut sums: BTreeMap<&str, u32> = BTreeMap::new();
        self.for_each_layer(|learned| {
            for stratum in facet.strata() {
                for value in learned.of(*stratum) {
                    let days = value.seen().count_within(self.day, self.tuning.window.baseline_days);
                    match sums.get_mut(&**value.name()) {
                        Some(sum) => *sum += days,
                        None => {
                            sums.insert(value.name(), days);
                        }
                    }
                }
            }
        });
        let mut all: Vec<(&str, u32)> = sums.into_iter().filter(|(_, days)| *days > 0).collect();
        all.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(b.0)));
        all.into_iter().take(most).map(|(name, _)| name.to_string()).collect()
    }

    /// True if something that lies where the value lies is known.
    pub fn knows_place(&self, facet: Facet, value: &str) -> bool {
        let place = crate::kin::place_of(value);
        let mut known = false;
        self.for_each_layer(|learned| {
            let lies_there = |name: &str| crate::kin::place_of(name) == place;
            known |= facet.strata().iter().any(|stratum| learned.of(*stratum).iter().any(|known| lies_there(known.name())));
        });
        known
    }

    /// True if a thing is called like the workload, and not only like everything of the company.
    pub fn bears_name(&self, dataset: &str) -> bool {
        crate::kin::bears_name(dataset, &self.names, |word| self.reference.is_estate_word(word))
    }

    /// True if the value lies inside what the workload already uses: see [`crate::kin`].
    pub fn has_kin(&self, facet: Facet, value: &str) -> bool {
        let Some(mut kin) = crate::kin::Kin::of(value, &self.names, |word| self.reference.is_estate_word(word)) else {
            return false;
        };
        self.for_each_layer(|learned| {
            for stratum in facet.strata() {
                for known in learned.of(*stratum) {
                    kin.compare(known.name());
                }
            }
        });
        kin.found()
    }
}
