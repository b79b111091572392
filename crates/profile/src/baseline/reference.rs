//! What a judge compares with: the baseline seen through today's inventory, and what peers do.

use super::collapse::{LAST_LEVEL, collapse};
use super::estate_words::EstateWords;
use super::facet::{FACETS, Facet, bounded, value_key};
use super::house::House;
use super::{Baseline, DayCount, Learned, Name, Presence, Stitches};
use crate::inventory::{Inventory, Workload};
use crate::observation::identity_template;
use rustc_hash::FxHashMap;

/// What is known of one workload.
#[derive(Debug)]
pub struct Known {
    /// What was learned of it.
    pub learned: Learned,
    /// Its peer group.
    pub group: u32,
}

/// Workloads that have something, of those that were asked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Share {
    /// How many have it.
    pub have: u32,
    /// Of how many.
    pub of: u32,
}

/// How often something new appears.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Novelty {
    /// Days with something new.
    pub days_new: u64,
    /// Days observed.
    pub days: u64,
}

#[derive(Debug, Default)]
struct Group {
    members: u32,
    settled: u64,
    new: [u64; FACETS],
    values: FxHashMap<u64, u32>,
}

/// The baseline, ready to be compared with. Immutable: all threads share it.
#[derive(Debug, Default)]
pub struct Reference {
    keys: FxHashMap<Name, u32>,
    /// Further names of those that no inventory lists: records may carry any of an identity's names.
    also: FxHashMap<Name, u32>,
    known: Vec<Known>,
    groups: FxHashMap<Name, u32>,
    stats: Vec<Group>,
    estate: Group,
    stitches: Stitches,
    days: Presence,
    warmup: u16,
    words: EstateWords,
    house: House,
}

impl Reference {
    /// Joins a baseline with today's inventory: identities that have been given a workload since are counted to it, names of
    /// one identity are put together, networks that a zone now covers count as that zone. Novelty counts after `warmup` days.
    pub fn new(baseline: Baseline, inventory: &Inventory, warmup: u16) -> Self {
        let mut reference = Reference { warmup, stitches: baseline.stitches().clone(), ..Reference::default() };
        let declared: FxHashMap<&str, &Workload> = inventory.workloads().iter().map(|w| (w.id.as_str(), w)).collect();
        let mut zones = ZoneNames { inventory, memo: FxHashMap::default() };
        for (key, learned) in baseline.into_sorted() {
            let moved = if declared.contains_key(&*key) { None } else { reference.place_of(&key, inventory) };
            let Some(moved) = moved else {
                reference.put(key, learned);
                continue;
            };
            let at = reference.put(moved.clone(), learned);
            if !declared.contains_key(&*moved) && !key.starts_with("credential:") {
                reference.also.insert(key, at);
            }
        }
        reference.known.shrink_to_fit();
        let mut groups: Vec<(u32, Option<Name>)> = vec![(0, None); reference.known.len()];
        for (key, at) in reference.sorted_keys() {
            let declared = declared.get(&*key).and_then(|w| w.peer_group.as_deref()).map(Name::from);
            if let Some(slot) = groups.get_mut(at as usize) {
                *slot = (at, declared);
            }
        }
        for (at, declared) in groups {
            if let Some(known) = reference.known.get_mut(at as usize) {
                zones.apply(&mut known.learned);
                known.learned.shrink();
                let name = declared.or_else(|| known.learned.group().cloned()).unwrap_or_else(|| Name::from("~"));
                known.group = group_number(&mut reference.groups, &mut reference.stats, name);
            }
        }
        reference.count();
        reference.house = House::of(reference.known.iter().map(|known| &known.learned));
        reference.words = EstateWords::of(reference.known.iter().map(|known| &known.learned));
        reference
    }

    fn place_of(&self, key: &str, inventory: &Inventory) -> Option<Name> {
        let issued = key.strip_prefix("credential:").and_then(|hash| u64::from_str_radix(hash, 16).ok());
        let id = match issued.and_then(|hash| self.stitches.issue(hash)) {
            Some(issue) => issue.owner.clone().unwrap_or_else(|| issue.by.clone()),
            None => self.stitches.root(key),
        };
        // An alias of the identity may be what the inventory lists.
        let found = inventory.resolve(&id, None).or_else(|| inventory.resolve(key, None));
        Some(match found {
            Some(index) => Name::from(inventory.workload(index).id.as_str()),
            None if &*id == key => return None,
            None => Name::from(&*identity_template(&id)),
        })
    }

    fn put(&mut self, key: Name, learned: Learned) -> u32 {
        let at = self.keys.get(&key).copied();
        if let Some(known) = at.and_then(|at| self.known.get_mut(at as usize)) {
            known.learned.merge(&learned, DayCount::plus);
        }
        at.unwrap_or_else(|| {
            let at = u32::try_from(self.known.len()).unwrap_or(u32::MAX);
            self.keys.insert(key, at);
            self.known.push(Known { learned, group: 0 });
            at
        })
    }

    /// All workloads by name, with the number under which each is kept.
    pub fn sorted_keys(&self) -> Vec<(Name, u32)> {
        let mut keys: Vec<(Name, u32)> = self.keys.iter().map(|(k, at)| (k.clone(), *at)).collect();
        keys.sort_unstable();
        keys
    }

    fn count(&mut self) {
        for known in &self.known {
            self.days = self.days.union(known.learned.active());
            let settled = u64::from(known.learned.settled_days(self.warmup));
            let new = known.learned.novelties(self.warmup);
            let stats = self.stats.get_mut(known.group as usize);
            for group in stats.into_iter().chain([&mut self.estate]) {
                group.members += 1;
                group.settled += settled;
                for (sum, new) in group.new.iter_mut().zip(new) {
                    *sum += u64::from(new);
                }
                for value in known.learned.values() {
                    let aspect = value.facet().counted();
                    let first =
                        aspect.iter().copied().find(|f| *f == value.facet() || known.learned.find(*f, value.name()).is_some());
                    if first == Some(value.facet()) {
                        *group.values.entry(shared_key(value.facet(), value.name())).or_insert(0) += 1;
                    }
                }
            }
        }
    }

    /// The number under which a workload is kept.
    pub fn slot(&self, workload: &str) -> Option<u32> {
        let name = bounded(workload);
        self.keys.get(&*name).or_else(|| self.also.get(&*name)).copied()
    }

    /// What is known of the workload with this number.
    pub fn at(&self, slot: u32) -> Option<&Known> {
        self.known.get(slot as usize)
    }

    /// The number of a peer group.
    pub fn group(&self, name: &str) -> Option<u32> {
        self.groups.get(name).copied()
    }

    /// True for a word with which the names of things all over the estate begin, as that of the company does.
    pub fn is_estate_word(&self, word: &str) -> bool {
        self.words.has(word)
    }

    /// True for the mail domain of those who are at work here.
    pub fn is_of_the_house(&self, domain: &str) -> bool {
        self.house.has(domain)
    }

    /// Who issued credentials during the time of the baseline.
    pub fn stitches(&self) -> &Stitches {
        &self.stitches
    }

    /// The days on which anybody was seen.
    pub fn days(&self) -> Presence {
        self.days
    }

    /// Days that do not count for novelty.
    pub fn warmup(&self) -> u16 {
        self.warmup
    }

    /// How many workloads are known.
    pub fn len(&self) -> usize {
        self.known.len()
    }

    /// True if nothing is known.
    pub fn is_empty(&self) -> bool {
        self.known.is_empty()
    }

    /// How many of a workload's peers have a value. The workload itself is not its own peer.
    pub fn peers(&self, group: Option<u32>, own: Option<&Learned>, facet: Facet, value: &str) -> Share {
        group.and_then(|g| self.stats.get(g as usize)).map_or(Share::default(), |g| g.share(own, facet, value))
    }

    /// How many peers a workload has, itself left out.
    pub fn members(&self, group: Option<u32>, own: Option<&Learned>) -> u32 {
        group.and_then(|g| self.stats.get(g as usize)).map_or(0, |g| g.others(own))
    }

    /// How many workloads of the whole estate have a value.
    pub fn estate(&self, own: Option<&Learned>, facet: Facet, value: &str) -> Share {
        self.estate.share(own, facet, value)
    }

    /// How often peers show a new value of a facet.
    pub fn peer_novelty(&self, group: Option<u32>, own: Option<&Learned>, facet: Facet) -> Novelty {
        let Some(group) = group.and_then(|g| self.stats.get(g as usize)) else { return Novelty::default() };
        let (new, days) = own.map_or((0, 0), |l| (l.novelty(facet, self.warmup), l.settled_days(self.warmup)));
        Novelty {
            days_new: group.new.get(facet as usize).copied().unwrap_or(0).saturating_sub(u64::from(new)),
            days: group.settled.saturating_sub(u64::from(days)),
        }
    }
}

impl Group {
    fn others(&self, own: Option<&Learned>) -> u32 {
        self.members.saturating_sub(u32::from(own.is_some()))
    }

    fn share(&self, own: Option<&Learned>, facet: Facet, value: &str) -> Share {
        let value = bounded(value);
        let mut have = self.values.get(&shared_key(facet, &value)).copied().unwrap_or(0);
        // Peers of high cardinality keep what values have in common.
        let mut last = value.to_string();
        for level in 1..=LAST_LEVEL {
            let coarse = collapse(facet, &value, level).into_owned();
            if coarse != last {
                have += self.values.get(&shared_key(facet, &coarse)).copied().unwrap_or(0);
                last = coarse;
            }
        }
        let mine = own.is_some_and(|l| facet.counted().iter().any(|f| l.find(*f, &value).is_some()));
        let of = self.others(own);
        Share { have: have.saturating_sub(u32::from(mine)).min(of), of }
    }
}

fn shared_key(facet: Facet, value: &str) -> u64 {
    value_key(facet.counted().first().copied().unwrap_or(facet), value)
}

fn group_number(groups: &mut FxHashMap<Name, u32>, stats: &mut Vec<Group>, name: Name) -> u32 {
    *groups.entry(name).or_insert_with(|| {
        stats.push(Group::default());
        u32::try_from(stats.len() - 1).unwrap_or(u32::MAX)
    })
}

/// From learned networks to the zones that cover them, or lie in them, today.
struct ZoneNames<'i> {
    inventory: &'i Inventory,
    memo: FxHashMap<Name, Vec<Name>>,
}

impl ZoneNames<'_> {
    fn apply(&mut self, learned: &mut Learned) {
        let mut found = Vec::new();
        for value in learned.of(Facet::Zone) {
            if let Some(net) = value.name().strip_prefix("net:").and_then(|n| n.parse::<ipnet::IpNet>().ok()) {
                let zones = self.memo.entry(value.name().clone()).or_insert_with(|| {
                    let inside = |z: &&crate::zones::Zone| z.cidrs.iter().any(|c| c.contains(&net) || net.contains(c));
                    self.inventory.zones.iter().filter(inside).map(|z| Name::from(z.name.as_str())).collect()
                });
                found.extend(zones.iter().map(|zone| (zone.clone(), value.first(), value.seen())));
            }
        }
        for (zone, first, seen) in found {
            learned.put(Facet::Zone, &zone, first, seen);
        }
    }
}
