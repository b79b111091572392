//! What joins workloads: credentials issued by one and used by another, a stranger's network seen with several identities, new
//! values that several peers take up together.
//!
//! Judging a workload must not depend on what other threads do at that moment. So everything that concerns more than one
//! workload is decided here, in one pass in the order of events, before the events go to their shards. The pass is cheap: it
//! looks only at values that the baseline does not know of the workload.

use crate::Tuning;
use crate::clock::Clock;
use crate::watch::Watch;
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::BTreeMap;
use vires_event::{Link, Millis};
use vires_profile::baseline::{Facet, Hashed, Learned, Reference, Stitches, bounded, default_group};
use vires_profile::observation::{Move, Observation, Stay, Unwatched, day_of, stable_hash};
use vires_profile::zones::ZoneClass;

/// Most networks and most values that are remembered; beyond it the oldest half goes.
const MOST: usize = 100_000;
/// Most workloads per network or value: so many are company enough in a group of any size.
const MOST_WORKLOADS: usize = 16;

/// State of the joins. Serialises to the same text for the same state.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Joins {
    #[serde(default)]
    clock: Clock,
    stitches: Stitches,
    /// Unknown networks, by hash: workloads (by hash) and when they were last seen there.
    #[serde(with = "sorted")]
    origins: FxHashMap<u64, Vec<(u64, Millis)>>,
    /// Workloads that do their old work from a new origin, by origin and by group: when each was first seen there.
    #[serde(with = "sorted", default)]
    moves: FxHashMap<u64, Vec<(u64, Millis)>>,
    /// New origins where workloads did their old work alone so far, by workload.
    #[serde(default)]
    alone: BTreeMap<u64, Alone>,
    /// New values by group, facet and value: workloads and the day they first showed it.
    #[serde(with = "sorted")]
    adopted: FxHashMap<u64, Vec<(u64, Millis)>>,
    /// Days on which anybody was seen.
    #[serde(default)]
    watch: Watch,
}

/// A workload in an origin that is new to it, doing its old work there.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(from = "Written")]
struct Alone {
    origin: String,
    class: ZoneClass,
    since: Millis,
    /// True once it was seen where it always is again, and nobody had followed: it is in two places.
    back: bool,
}

/// [`Alone`] in files: states of before there was a way back have three values in a row.
#[derive(Deserialize)]
#[serde(untagged)]
enum Written {
    Now { origin: String, class: ZoneClass, since: Millis, back: bool },
    Before(String, ZoneClass, Millis),
}

impl From<Written> for Alone {
    fn from(written: Written) -> Self {
        match written {
            Written::Now { origin, class, since, back } => Alone { origin, class, since, back },
            Written::Before(origin, class, since) => Alone { origin, class, since, back: false },
        }
    }
}

const DAY: Millis = 86_400_000;

/// Facets that peers may take up together. Receivers, data classes and persons are not among them: what several hand to the
/// same stranger is not thereby harmless.
const SHARED: [Facet; 7] =
    [Facet::Zone, Facet::Asn, Facet::UserAgent, Facet::Account, Facet::Region, Facet::Platform, Facet::Credential];

impl Joins {
    /// Starts with what the baseline knows of issued credentials, and of the days on which somebody was looking.
    pub fn new(reference: &Reference) -> Self {
        Joins { stitches: reference.stitches().clone(), watch: Watch::new(reference.days()), ..Joins::default() }
    }

    /// Notes an observation and writes into it what concerns other workloads. Must see all observations, in their order.
    pub fn join(&mut self, o: &mut Observation<'_>, reference: &Reference, tuning: &Tuning) {
        let (workload, claimed) = (stable_hash(o.workload.as_bytes()), o.at);
        o.stream = self.clock.see(workload, claimed);
        // What is remembered of others must not be over because somebody dates an event into the future.
        o.at = o.stream.map_or(claimed, |now| claimed.min(now));
        self.join_at(o, workload, claimed, reference, tuning);
        o.at = claimed;
    }

    /// The same for an observation of which [`plain`] says that nothing of it is new. `None`, and nothing noted, if others have a say in
    /// it all the same.
    pub fn join_plain(&mut self, plain: &Plain) -> Option<(Option<Millis>, Unwatched)> {
        let issued = plain.credential.is_some_and(|hash| self.stitches.issue(hash).is_some());
        if issued || self.alone.contains_key(&plain.workload) {
            return None;
        }
        let stream = self.clock.see(plain.workload, plain.at);
        self.watch.see(day_of(stream.map_or(plain.at, |now| plain.at.min(now))));
        Some((stream, self.watch.gaps()))
    }

    fn join_at(&mut self, o: &mut Observation<'_>, workload: u64, claimed: Millis, reference: &Reference, tuning: &Tuning) {
        self.watch.see(o.day());
        o.unwatched = self.watch.gaps();
        if !o.links.is_empty() {
            self.stitches.note(o);
        }
        if let Some(issue) = o.credential.as_ref().and_then(|c| c.hash).and_then(|hash| self.stitches.issue(hash))
            && *issue.by != *o.identity
        {
            o.issued_by = Some(Cow::Owned(issue.by.to_string()));
        }
        let slot = reference.slot(&o.workload);
        let known = slot.and_then(|slot| reference.at(slot));
        let own = known.map(|k| &k.learned);
        let group = |o: &Observation<'_>| {
            known.map(|k| k.group).or_else(|| match o.peer_group.as_deref() {
                Some(name) => reference.group(name),
                None => reference.group(&default_group(o)),
            })
        };
        let new_origin = o.origin.as_deref().is_some_and(|origin| !own.is_some_and(|l| l.hints_at(Facet::Zone, origin)));
        if tuning.coadopt.enabled {
            let by_group = group(o).map(group_key);
            self.note_return(o, workload, claimed, new_origin, by_group, tuning);
        }
        if new_origin && tuning.coadopt.enabled {
            let group = group(o);
            self.note_move(o, own, workload, group, reference, tuning);
        }
        let stranger = self.note_origin(o, own, workload, tuning);
        if tuning.coadopt.enabled && !stranger {
            let group = group(o);
            if let Some(group) = group {
                self.note_adoption(o, own, workload, group, reference, tuning);
            }
        }
    }

    /// Notes who is seen where it always is, after it was somewhere new. Networks that change take their workloads along; a copied
    /// credential is used in two places.
    fn note_return(
        &mut self,
        o: &mut Observation<'_>,
        workload: u64,
        claimed: Millis,
        new_origin: bool,
        by_group: Option<u64>,
        tuning: &Tuning,
    ) {
        let span = Millis::from(tuning.coadopt.window_days) * DAY;
        let Some(alone) = self.alone.get(&workload) else { return };
        let gone = claimed.saturating_sub(alone.since);
        if gone > span {
            self.alone.remove(&workload);
            return;
        }
        // In a network with a name there may be good reasons to wait for others; in one without there are few.
        let patience = if alone.class == ZoneClass::Unknown { tuning.coadopt.returns.0 } else { tuning.coadopt.patience.0 };
        if alone.back || new_origin || o.origin.is_none() || gone < patience || o.origin.as_deref() == Some(&*alone.origin) {
            return;
        }
        if self.followed(alone, workload, by_group, tuning) {
            self.alone.remove(&workload);
            return;
        }
        o.stayed_alone = Some(Stay { origin: Cow::Owned(alone.origin.clone()), class: alone.class });
        if let Some(alone) = self.alone.get_mut(&workload) {
            alone.back = true;
        }
    }

    fn followed(&self, alone: &Alone, workload: u64, by_group: Option<u64>, tuning: &Tuning) -> bool {
        let span = Millis::from(tuning.coadopt.window_days) * DAY;
        let enough = |key| self.company(key, workload, alone.since, span).0 >= tuning.coadopt.moved_peers;
        enough(stable_hash(alone.origin.as_bytes())) || by_group.is_some_and(enough)
    }

    /// The network nobody named in which a workload is alone at the end of all events, and since when: neither was it seen where it
    /// always is again, nor did others follow.
    pub(crate) fn waits(&self, workload: u64, group: Option<u32>, end: Millis, tuning: &Tuning) -> Option<(&str, Millis)> {
        let alone = self.alone.get(&workload).filter(|alone| !alone.back && alone.class == ZoneClass::Unknown)?;
        let span = Millis::from(tuning.coadopt.window_days) * DAY;
        let waits = end.saturating_sub(alone.since) <= span;
        (waits && !self.followed(alone, workload, group.map(group_key), tuning)).then_some((&*alone.origin, alone.since))
    }

    /// The latest moment that the events bear out; `None` before the first one.
    pub(crate) fn now(&self) -> Option<Millis> {
        self.clock.now()
    }

    /// Notes who does its old work from a new origin. One workload that does is a stranger with its credentials as likely as a
    /// move; several are a network that changed.
    fn note_move(
        &mut self,
        o: &mut Observation<'_>,
        own: Option<&Learned>,
        workload: u64,
        group: Option<u32>,
        reference: &Reference,
        tuning: &Tuning,
    ) {
        let Some(origin) = o.origin.as_deref() else { return };
        let span = Millis::from(tuning.coadopt.window_days) * DAY;
        let by_origin = stable_hash(origin.as_bytes());
        let by_group = group.map(group_key);
        let old_work = old_work(o, own);
        if old_work {
            for key in [Some(by_origin), by_group].into_iter().flatten() {
                note_first(self.moves.entry(key).or_default(), workload, o.at, span);
            }
            bound(&mut self.moves);
        }
        let (same_origin, since) = self.company(by_origin, workload, o.at, span);
        let peers = by_group.map_or(0, |key| self.company(key, workload, o.at, span).0);
        if old_work && o.zone_class != ZoneClass::ProviderService && since == Some(o.at) && self.alone.len() < MOST {
            let alone = || Alone { origin: bounded(origin).into_owned(), class: o.zone_class, since: o.at, back: false };
            let entry = self.alone.entry(workload).or_insert_with(alone);
            // Of the one before all is said.
            if entry.back && entry.origin != origin {
                *entry = alone();
            }
        }
        let alone = self.alone.get(&workload).filter(|alone| alone.origin == origin);
        let (watched, back) = (alone.is_some(), alone.is_some_and(|alone| alone.back));
        let members = f64::from(reference.members(group, own));
        let least = enough(tuning.coadopt.moved_peers, members, tuning);
        let enough_peers = f64::from(peers) >= least;
        o.moved = Some(Move { since: since.unwrap_or(o.at), same_origin, peers, enough_peers, watched, back });
    }

    /// How many others came by `key` at about the time when a workload did, and when that was; `at` if it did not come yet.
    fn company(&self, key: u64, workload: u64, at: Millis, span: Millis) -> (u16, Option<Millis>) {
        let seen = self.moves.get(&key).map(Vec::as_slice).unwrap_or_default();
        let since = seen.iter().find(|(w, _)| *w == workload).map(|(_, first)| *first);
        let came = since.unwrap_or(at);
        let others = seen.iter().filter(|(w, first)| *w != workload && came.abs_diff(*first) <= span.unsigned_abs()).count();
        (u16::try_from(others).unwrap_or(u16::MAX), since)
    }

    /// True if the observation comes from an unknown network that is new to the workload.
    fn note_origin(&mut self, o: &mut Observation<'_>, own: Option<&Learned>, workload: u64, tuning: &Tuning) -> bool {
        let Some(origin) = o.origin.as_deref() else { return false };
        if o.zone_class != ZoneClass::Unknown || own.is_some_and(|l| l.hints_at(Facet::Zone, origin)) {
            return false;
        }
        if o.proven() && !old_work(o, own) {
            let seen = self.origins.entry(stable_hash(origin.as_bytes())).or_default();
            let others = note(seen, workload, o.at, tuning.window.score.0);
            o.campaign = u16::try_from(others).unwrap_or(u16::MAX);
            bound(&mut self.origins);
        }
        true
    }

    fn note_adoption(
        &mut self,
        o: &mut Observation<'_>,
        own: Option<&Learned>,
        workload: u64,
        group: u32,
        reference: &Reference,
        tuning: &Tuning,
    ) {
        let members = f64::from(reference.members(Some(group), own));
        let least = enough(tuning.coadopt.min_peers, members, tuning);
        let span = Millis::from(tuning.coadopt.window_days) * DAY;
        let mut bits = 0u32;
        let at = o.at;
        let mut of_sort: Option<u64> = None;
        let mut consider = |facet: Facet, value: &str| {
            if value.is_empty() || own.is_some_and(|l| hinted(l, facet, value)) {
                return;
            }
            // Who is like whom is declared in part only: those of the same sort on the same platform count beside the group.
            let sort = *of_sort.get_or_insert_with(|| stable_hash(default_group(o).as_bytes()) | 1 << 63);
            for like in [u64::from(group) << 32, sort] {
                let key = stable_hash(value.as_bytes()) ^ like ^ facet.strata().first().map_or(0, |f| *f as u64);
                let others = note(self.adopted.entry(key).or_default(), workload, at, span);
                if others as f64 >= least {
                    bits |= 1 << facet as u32;
                }
            }
        };
        for_each_shared(o, &mut consider);
        o.coadopted = bits;
        bound(&mut self.adopted);
    }
}

/// Calls `consider` with each value that peers may take up together.
fn for_each_shared(o: &Observation<'_>, mut consider: impl FnMut(Facet, &str)) {
    let credential = vires_profile::baseline::credential_value(o);
    let (platform, tier) = (o.platform(), o.tier);
    for facet in SHARED {
        let value = match facet {
            Facet::Zone => o.origin.as_deref(),
            Facet::Asn => o.asn.as_deref(),
            Facet::UserAgent => o.ua.as_deref(),
            Facet::Account => o.account.as_deref(),
            Facet::Region => o.region.as_deref(),
            Facet::Platform => Some(platform),
            _ => credential.as_deref(),
        };
        if let Some(value) = value {
            consider(facet, value);
        }
    }
    // Administrative actions are nobody's fashion.
    if tier < 4 && !o.denied() {
        consider(Facet::action(tier), &o.action);
    }
    if tier < 4 {
        for dataset in &o.datasets {
            consider(Facet::resource(o.data_class), dataset);
        }
    }
    for link in &o.links {
        if let Link::Became { id } = link {
            consider(Facet::Role, id);
        }
    }
}

/// An observation of which nothing is new to its workload: see [`plain`].
#[derive(Debug, Clone, Copy)]
pub struct Plain {
    workload: u64,
    at: Millis,
    credential: Option<u64>,
}

impl Plain {
    /// The same of an observation at another moment that differs in nothing else that is looked at here.
    pub fn again(self, at: Millis) -> Plain {
        Plain { at, ..self }
    }
}

/// Looks at an observation before its turn. If all of it is known of its workload, little is left to do when the turn comes: see
/// [`Joins::join_plain`]. `None` if it has to be joined as a whole.
pub fn plain(o: &Observation<'_>, reference: &Reference) -> Option<Plain> {
    let own = reference.slot(&o.workload).and_then(|slot| reference.at(slot)).map(|known| &known.learned)?;
    let mut known = o.stands_alone() && o.origin.as_deref().is_none_or(|origin| own.hints_at(Facet::Zone, origin));
    if known {
        for_each_shared(o, |facet, value| known &= value.is_empty() || hinted(own, facet, value));
    }
    let credential = o.credential.as_ref().and_then(|c| c.hash);
    known.then(|| Plain { workload: stable_hash(o.workload.as_bytes()), at: o.at, credential })
}

/// True if an observation is what the workload always did: an action, a tool, a credential and data that its baseline knows.
fn old_work(o: &Observation<'_>, own: Option<&Learned>) -> bool {
    let Some(own) = own else { return false };
    let known = |facet: Facet, value: &str| hinted(own, facet, value);
    known(Facet::action(o.tier), &o.action)
        && o.ua.as_deref().is_none_or(|ua| known(Facet::UserAgent, ua))
        && vires_profile::baseline::credential_value(o).is_none_or(|c| known(Facet::Credential, &c))
        && (o.data_class < Some(2) || o.datasets.iter().all(|d| known(Facet::resource(o.data_class), d)))
}

/// True if a value is hinted at in any stratum that covers the facet.
fn hinted(own: &Learned, facet: Facet, value: &str) -> bool {
    let value = Hashed::new(value);
    own.hints_at_hashed(facet, &value) || facet.covering().iter().any(|f| *f != facet && own.hints_at_hashed(*f, &value))
}

/// How many of a group must take something up before it is company. One less than are remembered can be others.
fn enough(peers: u16, members: f64, tuning: &Tuning) -> f64 {
    let most = (MOST_WORKLOADS - 1) as f64;
    f64::from(peers).max((tuning.coadopt.min_share * members).min(most))
}

fn group_key(group: u32) -> u64 {
    u64::from(group).wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ 0x6772_6f75_7000
}

/// Notes when a workload was first seen; forgets those that came long before.
fn note_first(seen: &mut Vec<(u64, Millis)>, workload: u64, at: Millis, span: Millis) {
    if let Some((_, first)) = seen.iter_mut().find(|(w, _)| *w == workload) {
        *first = (*first).min(at);
        return;
    }
    if seen.len() >= MOST_WORKLOADS {
        seen.retain(|(_, first)| at.saturating_sub(*first) <= span);
    }
    if seen.len() < MOST_WORKLOADS {
        seen.push((workload, at));
    }
}

/// Notes a workload; returns how many others were there within `span`.
fn note(seen: &mut Vec<(u64, Millis)>, workload: u64, at: Millis, span: Millis) -> usize {
    // Neither what is long past nor what claims to be long after.
    let near = |last: Millis| at.abs_diff(last) <= span.unsigned_abs();
    if seen.len() >= MOST_WORKLOADS {
        seen.retain(|(_, last)| near(*last));
    }
    if let Some((_, last)) = seen.iter_mut().find(|(w, _)| *w == workload) {
        *last = if near(*last) { (*last).max(at) } else { at };
    } else if seen.len() < MOST_WORKLOADS {
        seen.push((workload, at));
    }
    seen.iter().filter(|(w, last)| *w != workload && near(*last)).count()
}

/// Keeps a table small: the half that was seen longest ago goes.
fn bound(table: &mut FxHashMap<u64, Vec<(u64, Millis)>>) {
    if table.len() <= MOST {
        return;
    }
    let mut times: Vec<(Millis, u64)> =
        table.iter().map(|(key, seen)| (seen.iter().map(|(_, at)| *at).max().unwrap_or(Millis::MIN), *key)).collect();
    times.sort_unstable();
    for (_, key) in times.into_iter().take(MOST / 2) {
        table.remove(&key);
    }
}

mod sorted {
    use super::{BTreeMap, FxHashMap, Millis};
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    type Table = FxHashMap<u64, Vec<(u64, Millis)>>;

    pub fn serialize<S: Serializer>(table: &Table, s: S) -> Result<S::Ok, S::Error> {
        table.iter().collect::<BTreeMap<_, _>>().serialize(s)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<Table, D::Error> {
        Ok(BTreeMap::deserialize(d)?.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::{Alone, ZoneClass};

    #[test]
    fn states_of_before_are_read() {
        let alone = Alone { origin: "net:203.0.113.0/24".into(), class: ZoneClass::Unknown, since: 5, back: false };
        let now = serde_json::to_string(&alone).unwrap();
        for text in [&*now, r#"["net:203.0.113.0/24","unknown",5]"#] {
            assert_eq!(serde_json::from_str::<Alone>(text).unwrap(), alone, "{text}");
        }
        assert!(serde_json::from_str::<Alone>("[5]").is_err());
    }
}
