use super::archetype::{Behaviour, LogFormat};
use super::draw::{Purpose, chance, generator, pick, unit, weighted};
use super::harmless::harmless_calls;
use super::member::{Habit, Member};
use rand_chacha::ChaCha8Rng;
use std::collections::BTreeMap;

/// How a member has changed since it was first seen.
#[derive(Debug, Clone, Default)]
pub(super) struct Drift {
    /// What it does besides its habits; until that day, if it ends.
    pub extra: Vec<(Habit, Option<i64>)>,
    /// How often its user agent was updated.
    pub upgrades: u32,
}

/// How likely each sort of change is: a child of a resource it uses, a new resource, a new harmless call, an upgrade, something for
/// a few days.
const SORTS: [f64; 5] = [0.40, 0.15, 0.20, 0.15, 0.10];
/// Chance a day that a group rolls something out.
const ROLLOUT: f64 = 0.03;
/// Share of the group that it reaches.
const REACH: f64 = 0.6;

impl Drift {
    /// Lives through a day. Depends on the seed, the member and the day alone.
    pub(super) fn step(&mut self, member: &Member, seed: u64, day: i64) {
        self.extra.retain(|(_, until)| until.is_none_or(|until| until > day));
        self.rollout(member, seed, day);
        let mut rng = generator(seed, Purpose::Drift, member.number, day as u64);
        if !chance(&mut rng, member.archetype.drift) {
            return;
        }
        let habit = member.habits.get(weighted(&mut rng, member.habits.iter().map(|h| h.behaviour.weight)));
        let Some(habit) = habit else { return };
        match weighted(&mut rng, SORTS.into_iter()) {
            0 => {
                let shift = habit.behaviour.vary + self.extra.len() as u32;
                self.extra.push((Habit { shift, ..less(habit) }, None));
            }
            1 => self.extra.push((Habit { suffix: "-next".into(), ..less(habit) }, None)),
            2 => self.extra.extend(harmless(member.archetype.source, unit(&mut rng)).map(|h| (h, None))),
            3 => self.upgrades += 1,
            _ => {
                let until = day + 1 + (4.0 * unit(&mut rng)) as i64;
                self.extra.extend(harmless(member.archetype.source, unit(&mut rng)).map(|h| (h, Some(until))));
            }
        }
    }

    /// A group takes up the same call at once.
    fn rollout(&mut self, member: &Member, seed: u64, day: i64) {
        let group = member.archetype.name.bytes().fold(0_u64, |n, b| n.wrapping_mul(31).wrapping_add(u64::from(b)));
        let mut rng = generator(seed, Purpose::Rollout, group, day as u64);
        if !chance(&mut rng, ROLLOUT) {
            return;
        }
        let habit = harmless(member.archetype.source, unit(&mut rng));
        let mut mine = generator(seed, Purpose::Rollout, group ^ member.number.rotate_left(17), day as u64);
        if chance(&mut mine, REACH) {
            self.extra.extend(habit.map(|h| (h, None)));
        }
    }

    /// Its user agent by now.
    pub(super) fn ua(&self, member: &Member) -> String {
        if self.upgrades == 0 {
            return member.ua.clone();
        }
        // The first number after a slash or dot grows.
        let mut out = String::with_capacity(member.ua.len() + 2);
        let mut rest = member.ua.as_str();
        if let Some(at) = rest.find(|c: char| c.is_ascii_digit()) {
            let digits = rest.get(at..).unwrap_or_default();
            let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
            let number: u32 = digits.get(..end).and_then(|d| d.parse().ok()).unwrap_or(1);
            out.push_str(rest.get(..at).unwrap_or_default());
            out.push_str(&(number + self.upgrades).to_string());
            rest = digits.get(end..).unwrap_or_default();
        }
        out.push_str(rest);
        out
    }
}

/// The same habit, done less often.
fn less(habit: &Habit) -> Habit {
    let mut habit = habit.clone();
    habit.behaviour.weight *= 0.2;
    habit
}

/// A call that only looks around.
fn harmless(source: LogFormat, u: f64) -> Option<Habit> {
    let calls = harmless_calls(source);
    let (call, params) = calls.get((u * calls.len() as f64) as usize)?;
    let params: BTreeMap<String, String> = params.iter().map(|(k, v)| (k.to_string(), v.to_string())).collect();
    let behaviour = Behaviour { call: call.to_string(), weight: 1.0, some: 1.0, params, vary: 1, resource: None };
    Some(Habit { behaviour, shift: 0, suffix: String::new() })
}

/// One of what a member does by now, out of what is allowed.
pub(super) fn choose<'a>(
    member: &'a Member,
    drift: &'a Drift,
    rng: &mut ChaCha8Rng,
    allowed: impl Fn(&Habit) -> bool + Copy,
) -> Option<&'a Habit> {
    let habits = member.habits.iter().chain(drift.extra.iter().map(|(h, _)| h)).filter(move |h| allowed(h));
    let at = weighted(rng, habits.clone().map(|h| h.behaviour.weight));
    habits.clone().nth(at)
}

/// One of the addresses.
pub(super) fn address<'a>(ips: &'a [String], rng: &mut ChaCha8Rng) -> &'a str {
    pick(rng, ips).map_or("198.51.100.1", String::as_str)
}
