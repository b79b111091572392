use super::archetype::{Archetype, Behaviour, LogFormat, hour_weights};
use super::draw::{Purpose, below, chance, generator, pick};
use std::sync::Arc;

/// Documentation accounts that members live in.
const ACCOUNTS: [&str; 3] = ["123456789012", "111122223333", "444455556666"];
const REGIONS: [&str; 3] = ["eu-west-1", "us-east-1", "eu-central-1"];

/// Something a member does.
#[derive(Debug, Clone, PartialEq)]
pub struct Habit {
    /// What.
    pub behaviour: Behaviour,
    /// Added to `{n}`: values it had not before.
    pub shift: u32,
    /// Put behind names: a resource it had not before.
    pub suffix: &'static str,
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
    pub account: &'static str,
    /// Region it acts in.
    pub region: &'static str,
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

    /// Adds the identity that a story is about.
    pub fn add_named(&mut self, archetype: &Arc<Archetype>, name: &str, seed: u64) {
        let stem = name.split('-').next().unwrap_or(name).to_string();
        let mut member = Member::new(archetype, self.members.len() as u64, name.to_string(), stem, seed);
        member.in_story = true;
        // Each member does what most of its kind do.
        member.habits = archetype.behaviours.iter().filter(|b| b.some >= 0.5).map(Habit::of).collect();
        self.members.push(member);
    }

    /// The member of this name.
    pub fn find(&self, name: &str) -> Option<&Member> {
        self.members.iter().find(|m| m.name == name)
    }
}

impl Habit {
    fn of(behaviour: &Behaviour) -> Habit {
        Habit { behaviour: behaviour.clone(), shift: 0, suffix: "" }
    }
}

impl Member {
    fn new(archetype: &Arc<Archetype>, number: u64, name: String, stem: String, seed: u64) -> Member {
        let mut rng = generator(seed, Purpose::Member, number, 0);
        let account = pick(&mut rng, &ACCOUNTS).copied().unwrap_or(ACCOUNTS[0]);
        let region = pick(&mut rng, &REGIONS).copied().unwrap_or(REGIONS[0]);
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
        }
    }

    /// Its canonical id.
    pub fn identity(&self) -> String {
        match self.archetype.source {
            LogFormat::Cloudtrail => format!("aws:role/{}/{}", self.account, self.name),
            LogFormat::Kubernetes => format!("k8s:-:{}:{}", self.stem, self.name),
            LogFormat::Github => format!("github:app:{}", self.name),
            LogFormat::Vault => format!("vault:entity:{}", self.entity()),
        }
    }

    /// The id of its Vault entity.
    pub(super) fn entity(&self) -> String {
        format!("0ab4c1de-{:04x}-4222-8333-{:012x}", self.number & 0xffff, self.number)
    }

    /// Its access key id. Keys of documentation end in EXAMPLE.
    pub(super) fn key(&self) -> String {
        // Base 32 with the letters that key ids use.
        const LETTERS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
        let mut n = self.number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let middle: String = (0..9)
            .map(|_| {
                n = n.rotate_left(5);
                char::from(LETTERS.get((n & 31) as usize).copied().unwrap_or(b'A'))
            })
            .collect();
        format!("ASIA{middle}EXAMPLE")
    }

    /// Fills in the placeholders of a parameter.
    pub(super) fn fill(&self, text: &str, habit: &Habit, n: u32) -> String {
        if !text.contains('{') {
            return format!("{text}{}", habit.suffix);
        }
        text.replace("{name}", &self.name)
            .replace("{stem}", &self.stem)
            .replace("{account}", self.account)
            .replace("{region}", self.region)
            .replace("{n}", &(n + habit.shift).to_string())
            + habit.suffix
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
