use super::archetype::{Archetype, Behaviour, LogFormat, hour_weights};
use super::draw::{Purpose, below, chance, generator, pick};
use super::shift::Lived;
use crate::scenario::Actor;
use std::sync::Arc;

/// Something a member does.
#[derive(Debug, Clone, PartialEq)]
pub struct Habit {
    /// What.
    pub behaviour: Behaviour,
    /// Added to `{n}`: values it had not before.
    pub shift: u32,
    /// Put behind names: a resource it had not before.
    pub suffix: String,
}

/// One identity of a generated estate.
#[derive(Debug, Clone)]
pub struct Member {
    /// What it is like.
    pub archetype: Arc<Archetype>,
    /// Its number in the estate.
    pub number: u64,
    /// Its name.
    pub name: String,
    /// First part of the name.
    pub stem: String,
    /// Account it lives in.
    pub account: String,
    /// Region it acts in.
    pub region: String,
    /// Zone it acts from.
    pub zone: String,
    /// Its addresses.
    pub ips: Vec<String>,
    /// Its user agent.
    pub ua: String,
    /// What it does.
    pub habits: Vec<Habit>,
    /// How busy it is compared with its archetype.
    pub busy: f64,
    /// How likely it acts at each hour.
    pub hours: [f64; 24],
    /// True if the story is about it: its profile is complete.
    pub in_story: bool,
    /// Whether the inventory lists it, if the story is about it.
    pub listed: bool,
    /// Whether the inventory says what is expected of it, if the story is about it.
    pub profile: bool,
    /// When it lives otherwise.
    pub shifts: Vec<Lived>,
}

/// Members of several archetypes.
#[derive(Debug, Clone, Default)]
pub struct Population {
    /// All, by number.
    pub members: Vec<Member>,
}

impl Population {
    /// Adds `count` members of an archetype.
    pub fn add(&mut self, archetype: &Arc<Archetype>, count: u32, seed: u64) {
        for n in 0..count {
            let stem = archetype.stems.get(n as usize % archetype.stems.len()).map_or("x", String::as_str);
            let name = format!("{stem}-{}-{}", archetype.name, n + 1);
            self.members.push(Member::new(archetype, self.members.len() as u64, name, stem.to_string(), seed));
        }
    }

    /// Adds an identity that a story is about.
    pub fn add_named(&mut self, archetype: &Arc<Archetype>, name: &str, seed: u64) {
        let stem = name.split('-').next().unwrap_or(name).to_string();
        let mut member = Member::new(archetype, self.members.len() as u64, name.to_string(), stem, seed);
        member.in_story = true;
        // Each member does what most of its kind do.
        member.habits = archetype.behaviours.iter().filter(|b| b.some >= 0.5).map(Habit::of).collect();
        self.members.push(member);
    }

    /// Adds an actor.
    pub fn add_actor(&mut self, archetype: &Arc<Archetype>, actor: &Actor, seed: u64) {
        self.add_named(archetype, &actor.name, seed);
        let Some(member) = self.members.last_mut() else { return };
        (member.busy, member.listed, member.profile) = (actor.busy, actor.listed, actor.profile);
        if let Some(account) = &actor.account {
            member.account.clone_from(account);
        }
        if let Some(region) = &actor.region {
            member.region.clone_from(region);
        }
    }

    /// The place of the member of this name.
    pub(super) fn position(&self, name: &str) -> Option<usize> {
        self.members.iter().position(|m| m.name == name)
    }

    /// The member of this name.
    pub fn find(&self, name: &str) -> Option<&Member> {
        self.members.iter().find(|m| m.name == name)
    }
}

impl Habit {
    fn of(behaviour: &Behaviour) -> Habit {
        Habit { behaviour: behaviour.clone(), shift: 0, suffix: String::new() }
    }
}

impl Member {
    fn new(archetype: &Arc<Archetype>, number: u64, name: String, stem: String, seed: u64) -> Member {
        let mut rng = generator(seed, Purpose::Member, number, 0);
        let (accounts, regions) = places(archetype.source);
        let mut one = |list: &[&str]| pick(&mut rng, list).copied().unwrap_or_default().to_string();
        let (account, region) = (one(accounts), one(regions));
        let (zone, ips) = network(&archetype.zone, number, &mut rng);
        let ua = pick(&mut rng, &archetype.user_agents).cloned().unwrap_or_default();
        let mut habits: Vec<Habit> = archetype.behaviours.iter().filter(|b| chance(&mut rng, b.some)).map(Habit::of).collect();
        if habits.is_empty() {
            habits.extend(archetype.behaviours.first().map(Habit::of));
        }
        let busy = (0.5 * super::draw::normal(&mut rng)).exp().clamp(0.2, 5.0);
        let hours = hour_weights(&archetype.hours).unwrap_or([1.0; 24]);
        Member {
            archetype: Arc::clone(archetype),
            number,
            name,
            stem,
            account,
            region,
            zone,
            ips,
            ua,
            habits,
            busy,
            hours,
            in_story: false,
            listed: true,
            profile: true,
            shifts: Vec::new(),
        }
    }

    /// Fills in the placeholders of a parameter.
    pub(super) fn fill(&self, text: &str, habit: &Habit, n: u32) -> String {
        if !text.contains('{') {
            return suffixed(text.to_string(), &habit.suffix);
        }
        let number = (n + habit.shift).to_string();
        let known = [
            ("{name}", &self.name),
            ("{stem}", &self.stem),
            ("{account}", &self.account),
            ("{region}", &self.region),
            ("{n}", &number),
        ];
        let mut filled = String::with_capacity(text.len() + 32);
        let mut rest = text;
        while let Some(at) = rest.find('{') {
            let (before, from) = rest.split_at(at);
            filled.push_str(before);
            let (length, value) = known
                .iter()
                .find(|(placeholder, _)| from.starts_with(placeholder))
                .map_or((1, "{"), |(placeholder, value)| (placeholder.len(), value.as_str()));
            filled.push_str(value);
            rest = from.get(length..).unwrap_or_default();
        }
        filled.push_str(rest);
        suffixed(filled, &habit.suffix)
    }
}

/// Puts a suffix behind a name: before the domain of an address and the query of a path, nowhere in JSON.
fn suffixed(mut text: String, suffix: &str) -> String {
    if suffix.is_empty() || text.ends_with('}') {
        return text;
    }
    let at = text.find('?').or_else(|| text.find('@').filter(|at| !text.get(..*at).unwrap_or_default().contains(' ')));
    text.insert_str(at.unwrap_or(text.len()), suffix);
    text
}

/// Accounts and regions that members live in; documentation values.
fn places(source: LogFormat) -> (&'static [&'static str], &'static [&'static str]) {
    match source {
        LogFormat::Gcp => (&["shop-prod", "data-prod", "platform-prod"], &["europe-west1", "us-central1", "europe-west3"]),
        LogFormat::Azure => (
            &["00000000-0000-0000-0000-0000000000b1", "00000000-0000-0000-0000-0000000000b2"],
            &["westeurope", "northeurope", "eastus"],
        ),
        LogFormat::Entra | LogFormat::Graph | LogFormat::M365 => {
            (&["00000000-0000-0000-0000-0000000000aa"], &["westeurope", "northeurope"])
        }
        _ => (&["123456789012", "111122223333", "444455556666"], &["eu-west-1", "us-east-1", "eu-central-1"]),
    }
}

/// The zones that inventories of generated estates name: name, class, network.
pub(super) fn zones() -> Vec<(String, &'static str, String)> {
    let nat = (0..16).map(|n| (format!("nat-{n}"), "internal", format!("198.51.100.{}/28", 16 * n)));
    let rest = [
        ("pods".to_string(), "internal", "10.20.0.0/16".to_string()),
        ("runners".to_string(), "internal", "192.0.2.0/26".to_string()),
        ("vendor".to_string(), "partner", "192.0.2.64/26".to_string()),
    ];
    nat.chain(rest).collect()
}

fn network(zone: &str, number: u64, rng: &mut rand_chacha::ChaCha8Rng) -> (String, Vec<String>) {
    let count = 1 + below(rng, 3);
    let mut some = |from: usize, size: usize, prefix: &str| -> Vec<String> {
        let mut hosts: Vec<usize> = (0..count).map(|_| from + 1 + below(rng, size - 2)).collect();
        hosts.sort_unstable();
        hosts.dedup();
        hosts.into_iter().map(|h| format!("{prefix}.{h}")).collect()
    };
    match zone {
        "pods" => ("pods".into(), some(0, 255, &format!("10.20.{}", number % 200))),
        "runners" => ("runners".into(), some(0, 64, "192.0.2")),
        "vendor" => ("vendor".into(), some(64, 64, "192.0.2")),
        _ => {
            let n = (number % 16) as usize;
            (format!("nat-{n}"), some(16 * n, 16, "198.51.100"))
        }
    }
}
