//! One event as the criteria see it: beside what its workload is known to do and meant to do.

use crate::evidence::{Factor, Finding, Workings};
use crate::memory::Memory;
use crate::surprisal::{Declared, Gauge, Standing, q3};
use crate::volume::Usual;
use crate::{Break, Code, Tuning};
use std::borrow::Cow;
use std::cell::Cell;
use std::ops::Deref;
use vires_event::{Boundary, Class, Effect, Kind, Link, Millis, Outcome, Text};
use vires_profile::Workload;
use vires_profile::baseline::{DayCount, Facet, credential_value, makes};
use vires_profile::globs::Globs;
use vires_profile::inventory::Mixture;
use vires_profile::observation::Observation;
use vires_profile::zones::ZoneClass;

/// Evidence lighter than this is none.
const LEAST: f64 = 0.02;
/// Longest value in a sentence, in characters.
const LONGEST: usize = 120;

pub(crate) struct View<'a> {
    pub o: &'a Observation<'a>,
    pub memory: Memory<'a>,
    pub profile: Option<&'a Workload>,
    pub tuning: &'a Tuning,
    /// Counts of the event's day so far, with this event.
    pub today: Counts,
    pub usual: &'a Usual,
    /// How the action stands.
    pub action: Gauge,
    /// How the origin stands; `None` if the record does not say where it came from.
    pub origin: Option<Gauge>,
}

/// The counts of a day, and whether anybody looked at them: what was said then may be otherwise when there are more.
pub(crate) struct Counts {
    counts: DayCount,
    looked: Cell<bool>,
}

impl Counts {
    fn new(counts: DayCount) -> Self {
        Counts { counts, looked: Cell::new(false) }
    }

    /// True if anybody looked at them since this was asked.
    pub fn take_looked(&self) -> bool {
        self.looked.take()
    }
}

impl Deref for Counts {
    type Target = DayCount;

    fn deref(&self) -> &DayCount {
        self.looked.set(true);
        &self.counts
    }
}

impl<'a> View<'a> {
    pub fn new(
        o: &'a Observation<'a>,
        memory: Memory<'a>,
        profile: Option<&'a Workload>,
        today: DayCount,
        usual: &'a Usual,
    ) -> Self {
        let tuning = memory.tuning;
        let expect = profile.map(|p| &p.expect);
        let gauge = |facet: Facet, value: &str, list: Option<&Globs>| {
            memory.gauge(facet, value, declared(list.map(|l| l.matches(value))), o.coadopted >> facet as u32 & 1 == 1)
        };
        // What is declared of one user of a shared identity is declared of the identity.
        let user = profile.and_then(|p| p.mixtures.iter().find(|user| misfits(o, user).is_empty()));
        let list = |users: Option<&'a Globs>, all: Option<&'a Globs>, value: &str| users.filter(|l| l.matches(value)).or(all);
        let actions = list(user.and_then(|u| u.actions.as_ref()), expect.and_then(|e| e.actions.as_ref()), &o.action);
        let action = gauge(Facet::action(o.tier), &o.action, actions);
        let origin = o.origin.as_deref().map(|origin| {
            let zones = list(user.and_then(|u| u.zones.as_ref()), expect.and_then(|e| e.zones.as_ref()), origin);
            let gauge = gauge(Facet::Zone, origin, zones);
            believed(&memory, gauge, zones)
        });
        View { o, profile, tuning, today: Counts::new(today), usual, action, origin, memory }
    }

    /// How a network stands.
    pub fn gauge_origin(&self, origin: &str, list: Option<&Globs>) -> Gauge {
        believed(&self.memory, self.gauge(Facet::Zone, origin, list), list)
    }

    /// A list of the profile, if it declares it.
    pub fn list(&self, of: impl FnOnce(&'a vires_profile::inventory::Expect) -> Option<&'a Globs>) -> Option<&'a Globs> {
        self.profile.and_then(|p| of(&p.expect))
    }

    /// Measures a value against history and a declared list.
    pub fn gauge(&self, facet: Facet, value: &str, list: Option<&Globs>) -> Gauge {
        let declared = declared(list.map(|l| l.matches(value)));
        self.gauge_declared(facet, value, declared)
    }

    /// The same where the declaration was compared already.
    pub fn gauge_declared(&self, facet: Facet, value: &str, declared: Declared) -> Gauge {
        self.memory.gauge(facet, value, declared, self.o.coadopted >> facet as u32 & 1 == 1)
    }

    /// The weight of what was done, by how it ended.
    pub fn outcome(&self) -> f64 {
        match self.o.outcome {
            Some(Outcome::Denied | Outcome::Error) => self.tuning.sensitivity.denied,
            _ => 1.0,
        }
    }

    /// The weight of who did it from where, by how it ended: a refused request proves its sender all the same, unless it was
    /// the proof that was refused.
    pub fn trust_outcome(&self) -> f64 {
        match self.o.outcome {
            Some(Outcome::Denied) if !self.o.proven() => self.tuning.sensitivity.denied,
            Some(Outcome::Denied) => self.tuning.sensitivity.denied_trust,
            _ => 1.0,
        }
    }

    /// The weight of data that was only looked at from outside.
    pub fn metadata(&self) -> f64 {
        if self.o.tier == 0 { self.tuning.sensitivity.metadata } else { 1.0 }
    }

    /// True if the request hands nothing out: it creates, changes or writes.
    pub fn writes(&self) -> bool {
        self.o.effect == Some(Effect::Write) || (self.o.effect.is_none() && self.o.tier == 2)
    }

    /// True for an administrative action that is about privilege. Exposing data is about the data.
    pub fn administers(&self) -> bool {
        self.o.tier >= 4 && !(self.o.effect == Some(Effect::Exposure) && self.o.data_class >= Some(2))
    }

    /// Impact of this event: how high it reaches in privilege or data.
    pub fn impact(&self) -> f64 {
        let data = self.o.data_class.map_or(0.0, |c| f64::from(c) / 3.0) * self.metadata();
        (f64::from(self.o.tier) / 4.0).max(data) * self.outcome()
    }

    /// True if the workload has had this kind of effect before.
    pub fn knows_effect(&self) -> bool {
        self.o.effect.is_none_or(|e| !self.memory.sighting(Facet::Effect, e.as_str()).seen.is_empty())
    }

    /// True if the workload has been known for long enough, and for nothing but looking around and signing in, and is where it always is.
    pub fn only_looks(&self) -> bool {
        let mut does = false;
        self.memory.for_each_layer(|learned| {
            let idle = [Effect::Discover, Effect::Assume];
            does |= learned.of(Facet::Effect).iter().any(|known| !idle.iter().any(|idle| idle.as_str() == &**known.name()));
        });
        let mature = self.memory.days >= u32::from(self.tuning.window.mature_days);
        mature && !does && self.is_habit(Effect::Discover) && !self.origin_is_new()
    }

    /// True if having this effect is a habit of the workload, whatever its profile says of it.
    pub fn does_habitually(&self) -> bool {
        self.o.effect.is_some_and(|effect| self.is_habit(effect))
    }

    /// The same of any effect.
    pub fn is_habit(&self, effect: Effect) -> bool {
        self.gauge_declared(Facet::Effect, effect.as_str(), Declared::Open).standing == Standing::Established
    }

    /// True if there are as many who could follow as make a move that of all: peers, or others where it always is.
    pub fn has_peers(&self) -> bool {
        let least = u32::from(self.tuning.coadopt.moved_peers);
        let peers = self.memory.reference.members(self.memory.group, self.memory.base());
        peers >= least
            || self
                .memory
                .usual(Facet::Zone, 1)
                .iter()
                .any(|home| self.memory.reference.estate(self.memory.base(), Facet::Zone, home).have >= least)
    }

    /// The share of the peers that do not do the same, but not less than `novelty.common`; all of it where hardly any do.
    pub fn rest_of_peers(&self, gauge: &Gauge) -> f64 {
        if gauge.peers.have < u32::from(self.tuning.coadopt.min_peers) || !self.tuning.coadopt.enabled {
            return 1.0;
        }
        let have = f64::from(gauge.peers.have) / f64::from(gauge.peers.of.max(1));
        q3(1.0 - have).max(self.tuning.novelty.common)
    }

    /// What is left of an action because peers take it up these days, or do it all along.
    pub fn with_peers(&self) -> f64 {
        let common = if self.action.is_new() { self.action.relation } else { 1.0 };
        self.together(&self.action).min(common)
    }

    /// True if what is acted on is named, and the workload knows all of it.
    pub fn on_old_things(&self) -> bool {
        let facet = Facet::resource(self.o.data_class);
        !self.o.datasets.is_empty() && self.o.datasets.iter().all(|d| !self.gauge_declared(facet, d, Declared::Open).is_new())
    }

    /// True if nothing but the origin is new, and there is no more of it than on other days: an action, a tool, a credential and data that the workload knows.
    pub fn old_work(&self) -> bool {
        let known = |facet, value: &str| !self.gauge_declared(facet, value, Declared::Open).is_new();
        !self.action.is_new()
            && self.usual.total.excess(f64::from(self.today.total), self.tuning.volume.over_max, &self.tuning.volume) == 0.0
            && self.usual.spread.excess(self.today.spread(), self.tuning.volume.over_max, &self.tuning.volume) == 0.0
            && self.o.ua.as_deref().is_none_or(|ua| known(Facet::UserAgent, ua) || self.tool_of_peers(ua))
            && credential_value(self.o).is_none_or(|c| known(Facet::Credential, &c))
            && self.o.data_class.is_none_or(|class| class < 2 || self.o.tier == 0 || known(Facet::DataClass, class_name(class)))
            && self.o.datasets.iter().all(|d| {
                let facet = if self.o.tier >= 4 { Facet::Admin } else { Facet::resource(self.o.data_class) };
                self.gauge_declared(facet, d, Declared::Open).standing != Standing::Unseen
            })
    }

    /// True if the workload would have been seen in its old places since then if it were still there: it is active enough at such
    /// hours, and what is asked about came from none of them. See [`Move::back`].
    ///
    /// [`Move::back`]: vires_profile::observation::Move::back
    pub fn left_for_good(&self, since: Millis) -> bool {
        left_for_good(&self.memory, self.usual, since, self.o.at)
    }

    /// True if the workload has hours and this is none of them: it was never active within an hour of it.
    pub fn out_of_hours(&self) -> bool {
        self.memory.hours() >> self.o.hour() & 1 == 0
    }

    /// True for a tool that several peers use, from a network that has a name: with the move came an upgrade.
    fn tool_of_peers(&self, ua: &str) -> bool {
        let gauge = self.gauge_declared(Facet::UserAgent, ua, Declared::Open);
        self.o.zone_class != ZoneClass::Unknown && gauge.peers.have >= u32::from(self.tuning.coadopt.min_peers)
    }

    /// What is left of a piece of evidence that several peers take up together these days.
    pub fn together(&self, gauge: &Gauge) -> f64 {
        if gauge.coadopted { self.tuning.coadopt.factor } else { 1.0 }
    }

    /// True if others came to the same new origin with their old work: then it is the network that changed. In one that nobody
    /// named only old work has company, and what can do no harm: who holds several stolen credentials can do something usual with
    /// each.
    pub fn in_company(&self) -> bool {
        self.tuning.coadopt.enabled
            && self.o.moved.is_some_and(|m| m.same_origin >= self.tuning.coadopt.moved_peers)
            && (self.o.zone_class != ZoneClass::Unknown || self.is_harmless() || self.old_work())
    }

    /// True for what neither changes anything that matters nor touches anything sensitive.
    fn is_harmless(&self) -> bool {
        self.o.tier == 0 || (self.o.tier <= 2 && self.o.data_class < Some(2))
    }

    /// The weight of credentials that are renewed: changing one's own, from where one always is, is what owners ask for.
    pub fn renewal(&self) -> f64 {
        if self.o.renews_itself && !self.origin_is_new() { self.tuning.sensitivity.own_credential } else { 1.0 }
    }

    /// The weight of changing, from where one always is, what is one's own: because it bears one's name (a release of its own service is
    /// what an identity is there for), or because one made it just now. Not what somebody does by hand, nor an agent's choice of tools.
    pub fn own_thing(&self) -> f64 {
        let own = if self.is_as_ever_on_something() && self.is_ones_own() { self.tuning.sensitivity.own_thing } else { 1.0 };
        own.min(self.just_made())
    }

    /// The same of what one made just now alone.
    pub fn just_made(&self) -> f64 {
        if self.is_as_ever_on_something() && self.is_just_made() { self.tuning.sensitivity.just_made } else { 1.0 }
    }

    /// The weight of one thing among several that were touched: what one made just now is one's own.
    pub fn own_target(&self, dataset: &str) -> f64 {
        let own = self.is_as_ever_on_something() && self.o.effect == Some(Effect::Grant) && self.o.destinations.is_empty();
        if own && self.memory.made_lately(dataset) { self.tuning.sensitivity.just_made } else { 1.0 }
    }

    /// The weight of secrets that are kept for whoever reads or renews them: in the own namespace, called after the account.
    pub fn own_secret(&self) -> f64 {
        let [.., name] = self.memory.names;
        let namespace = self.o.identity.rsplit(':').nth(1).unwrap_or("");
        let own = |dataset: &Text<'_>| {
            let thing =
                dataset.strip_prefix("k8s:").and_then(|d| d.strip_prefix(namespace)).and_then(|d| d.strip_prefix("/secrets/"));
            thing.and_then(|thing| thing.strip_prefix(name)).is_some_and(|rest| rest.is_empty() || rest.starts_with(['-', '.']))
        };
        let keeps = matches!(self.o.effect, Some(Effect::SecretRead | Effect::Write)) && namespace.len() > 1 && name.len() > 1;
        if keeps && self.is_as_ever_on_something() && self.o.datasets.iter().all(own) {
            self.tuning.sensitivity.own_credential
        } else {
            1.0
        }
    }

    /// True for a program that chooses nothing itself, from where it always is, on something that is named.
    fn is_as_ever_on_something(&self) -> bool {
        let agent = self.profile.is_some_and(|p| p.agentic) || self.o.kind == Kind::AiAgent;
        !agent && self.o.interactive != Some(true) && !self.origin_is_new() && !self.o.datasets.is_empty()
    }

    /// True for running or changing what bears the workload's name. Not for what hands out rights, data or identities.
    fn is_ones_own(&self) -> bool {
        let plain = matches!(self.o.effect, Some(Effect::Execute | Effect::Write)) && self.o.tier <= 3;
        plain && self.o.datasets.iter().all(|d| self.memory.bears_name(d))
    }

    /// True if hardly anybody loses or gets anything by it: all of what is opened within the house, changed or destroyed was made by
    /// whoever does it, today or yesterday. A key is no empty thing: whatever was encrypted with it since is lost with it.
    fn is_just_made(&self) -> bool {
        let made = |dataset: &Text<'_>| self.memory.made_lately(dataset);
        match self.o.effect {
            // What is opened comes first, then to whom.
            Some(Effect::Grant) => self.o.destinations.is_empty() && self.o.datasets.first().is_some_and(made),
            // To make it is the first step, not one of those after it.
            Some(Effect::Write) => !makes(self.o) && self.o.destinations.is_empty() && self.o.datasets.iter().all(made),
            Some(Effect::Destructive) => {
                let key = |d: &Text<'_>| d.starts_with("kms:") || d.contains("/cryptoKeys/");
                !self.o.datasets.iter().any(key) && self.o.datasets.iter().all(made)
            }
            // An account of a namespace can do nothing outside of it, until somebody lets it.
            Some(Effect::CredentialMint) => &*self.o.action == "k8s:create serviceaccounts" && self.o.datasets.iter().all(made),
            _ => false,
        }
    }

    /// True for a sign-in by which nobody becomes anybody else.
    pub fn signs_in(&self) -> bool {
        const WORDS: [&str; 5] = ["login", "logon", "signin", "sign-in activity", "getauthorizationtoken"];
        let verb = self.o.action.split_once(':').map_or("", |(_, verb)| verb);
        !self.origin_is_new()
            && (self.o.effect == Some(Effect::Assume) || self.o.class == Some(Class::SessionIssue))
            && !self.o.links.iter().any(|l| matches!(l, Link::Became { .. }))
            && WORDS.iter().any(|word| verb.eq_ignore_ascii_case(word))
    }

    /// True if the workload never came from where this event came from.
    pub fn origin_is_new(&self) -> bool {
        self.origin.as_ref().is_some_and(Gauge::is_new)
    }

    /// True if it came from a network nobody named and the workload never used.
    pub fn unknown_network(&self) -> bool {
        self.o.zone_class == ZoneClass::Unknown && self.origin_is_new()
    }

    /// True if a finding contradicts something the profile says, so that it needs no history.
    pub fn rests_on_declaration(&self, finding: &Finding) -> bool {
        match finding.workings.gauge.as_deref() {
            Some(gauge) => gauge.declared == Declared::Outside,
            // Without a measure of history it is a fact: of the profile's, unless none says anything.
            None => {
                self.profile.is_some_and(Workload::has_profile)
                    || matches!(finding.code, Code::T5 | Code::N1)
                    || (finding.code == Code::T3 && finding.value == crate::criteria::NOBODY)
            }
        }
    }

    /// True if signs of a person say nothing because a person it is.
    pub fn is_person(&self) -> bool {
        self.o.actor == vires_event::Actor::Human && self.profile.is_none()
    }

    /// True if what was done takes effect outside or cannot be undone.
    pub fn irreversible(&self) -> bool {
        matches!(self.o.effect, Some(Effect::Destructive | Effect::PublishExternal)) || self.o.class == Some(Class::Destructive)
    }

    /// What is expected of a facet, in words: the declaration, else the habit.
    pub fn expected(&self, facet: Facet, list: Option<&Globs>) -> String {
        if let Some(list) = list {
            let names: Vec<Cow<'_, str>> = list.iter().take(4).map(|g| clip(g.as_str())).collect();
            let more = if list.len() > names.len() { " …" } else { "" };
            return if names.is_empty() { "nothing (declared)".into() } else { format!("declared {}{more}", names.join(", ")) };
        }
        let usual = self.memory.usual(facet, 3);
        if usual.is_empty() {
            "nothing known yet".into()
        } else {
            format!("usually {}", usual.iter().map(|u| clip(u)).collect::<Vec<_>>().join(", "))
        }
    }

    /// What was observed, in words.
    pub fn observed(&self, value: &str, gauge: &Gauge) -> String {
        let mut text = clip(value).into_owned();
        match gauge.standing {
            Standing::Established => {
                text.push_str(&format!(", seen on {} of {} active days", gauge.days_seen, gauge.days_active))
            }
            Standing::Rare => {
                text.push_str(&format!(", seen on {} of {} active days only", gauge.days_seen, gauge.days_active))
            }
            Standing::Lapsed => text.push_str(&format!(", not seen for {} days", self.tuning.window.baseline_days)),
            Standing::Child => text.push_str(&format!(", new, but within what it uses ({} active days)", gauge.days_active)),
            Standing::Unseen => text.push_str(&format!(", never seen in {} active days", gauge.days_active)),
        }
        if gauge.is_new() && gauge.peers.of > 0 {
            text.push_str(&format!(", {} of {} peers", gauge.peers.have, gauge.peers.of));
        }
        if gauge.coadopted {
            text.push_str(", taken up by several peers these days");
        }
        if gauge.declared == Declared::Outside {
            text.push_str(", not declared");
        }
        text
    }
}

/// [`View::left_for_good`] of a workload that came to a new place `since` then, as it looks at the moment `until`.
pub(crate) fn left_for_good(memory: &Memory<'_>, usual: &Usual, since: Millis, until: Millis) -> bool {
    const HOUR: Millis = 3_600_000;
    const SURE: f64 = 3.0;
    let mut habitual = [false; 24];
    memory.for_each_layer(|learned| {
        learned.hours().of_day().into_iter().for_each(|h| {
            if let Some(slot) = habitual.get_mut(usize::from(h)) {
                *slot = true;
            }
        })
    });
    let hours = habitual.iter().filter(|h| **h).count();
    let passed = (until.saturating_sub(since) / HOUR).clamp(0, 48);
    let first = since.div_euclid(HOUR);
    let missed = (1..=passed)
        .filter(|n| usize::try_from((first + n).rem_euclid(24)).is_ok_and(|h| habitual.get(h) == Some(&true)))
        .count();
    hours > 0 && usual.total.median(&memory.tuning.volume) * missed as f64 / hours as f64 >= SURE
}

/// The aspects in which an event does not fit a declared user, of those that are declared of it. What a record does not say fits.
pub(crate) fn misfits(o: &Observation<'_>, user: &Mixture) -> Vec<&'static str> {
    let checks = [
        ("network", user.zones.as_ref(), o.origin.as_deref()),
        ("tool", user.user_agents.as_ref(), o.ua.as_deref()),
        ("action", user.actions.as_ref(), Some(&*o.action)),
    ];
    checks
        .into_iter()
        .filter(|(_, list, value)| list.zip(*value).is_some_and(|(l, v)| !l.matches(v)))
        .map(|(what, ..)| what)
        .collect()
}

/// A data class as the facet of data classes spells it.
pub(crate) fn class_name(class: u8) -> &'static str {
    ["0", "1", "2", "3"].get(usize::from(class)).copied().unwrap_or("3")
}

/// A list of networks that a workload known for long left for a new one on one day after the other is out of date: one more surprises by
/// what it shows of itself. Hosted runners and functions have another address each day, whatever their owner believes. Many networks of
/// one day refute nothing: a thief has many.
fn believed(memory: &Memory<'_>, mut gauge: Gauge, list: Option<&Globs>) -> Gauge {
    let (knobs, mature) = (&memory.tuning.declared, u32::from(memory.tuning.window.mature_days));
    let outside = gauge.declared == Declared::Outside && gauge.g > knobs.drift.max(gauge.v) && memory.days >= mature;
    let Some(list) = list.filter(|_| outside) else { return gauge };
    let mut days: Vec<u16> = Vec::new();
    memory.for_each_layer(|learned| {
        let others = learned.of(Facet::Zone).iter().filter(|known| !list.matches(known.name()));
        days.extend(others.map(|known| known.first()));
    });
    days.sort_unstable();
    days.dedup();
    if days.len() >= usize::from(knobs.refuted) {
        gauge.g = knobs.drift.max(gauge.v);
    }
    gauge
}

/// What a list says.
pub(crate) fn declared(inside: Option<bool>) -> Declared {
    match inside {
        None => Declared::Open,
        Some(true) => Declared::Inside,
        Some(false) => Declared::Outside,
    }
}

/// A value for a sentence: short, without control characters.
pub(crate) fn clip(value: &str) -> Cow<'_, str> {
    if value.len() <= LONGEST && !value.chars().any(char::is_control) {
        return Cow::Borrowed(value);
    }
    let mut text: String = value.chars().take(LONGEST).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if value.chars().nth(LONGEST).is_some() {
        text.push('…');
    }
    Cow::Owned(text)
}

/// Builds one finding.
pub(crate) struct Draft {
    finding: Finding,
}

impl Draft {
    pub fn new(code: Code, boundary: Option<Boundary>, breaks: Break, facet: &'static str, value: impl Into<String>) -> Draft {
        Draft {
            finding: Finding {
                code,
                facet,
                value: value.into(),
                boundary,
                breaks,
                workings: Workings::default(),
                expected: String::new(),
                observed: String::new(),
                impact: 0.0,
                unknown_network: false,
                elsewhere: false,
                grounded: false,
            },
        }
    }

    /// Multiplies by a factor. A factor of 1 is left out.
    pub fn times(mut self, what: impl Into<String>, value: f64) -> Draft {
        if value != 1.0 || self.finding.workings.factors.is_empty() {
            self.finding.workings.factors.push(Factor { what: what.into(), value });
        }
        self
    }

    /// It is about the unknown network that is its value, not about where the event came from.
    pub fn elsewhere(mut self) -> Draft {
        self.finding.elsewhere = true;
        self
    }

    /// The measure behind the first factor.
    pub fn gauge(mut self, gauge: Gauge) -> Draft {
        self.finding.workings.gauge = Some(Box::new(gauge));
        self
    }

    /// What was expected and what was seen.
    pub fn says(mut self, expected: impl Into<String>, observed: impl Into<String>) -> Draft {
        self.finding.expected = expected.into();
        self.finding.observed = observed.into();
        self
    }

    /// Adds it to what was found, if it weighs anything.
    pub fn put(self, found: &mut Vec<Finding>) {
        if self.finding.workings.x() >= LEAST {
            found.push(self.finding);
        }
    }
}
