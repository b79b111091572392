use super::archetype::Archetypes;
use super::drift::Drift;
use super::inject::{MOST_REPEATS, Source, fill, moment, needs_row, template_path};
use super::member::{Member, Population};
use super::shift::Lived;
use super::stream::{DayStreams, Made, shifted};
use crate::scenario::{Fault, Faults, Inject, LabelRow, Labels, LogSource, Manifest, Shift};
use std::path::Path;
use std::sync::Arc;
use vires_event::{Millis, parse_time};
use vires_profile::duration::parse_duration;

const DAY: Millis = 86_400_000;
/// First day of a test window that names none: 2026-03-01.
const START: i64 = 20_513;

/// What the generator sections of a scenario come to.
pub struct Plan {
    /// The test window.
    pub events: LogSource,
    /// What came before it.
    pub history: LogSource,
    /// Labels of what was injected.
    pub labels: Labels,
    /// The inventory as TOML.
    pub inventory: String,
}

/// What is generated, apart from what is injected.
#[derive(Debug, Clone)]
pub struct Spec {
    /// Who acts.
    pub population: Arc<Population>,
    /// First day of the test window, since 1970.
    pub start: i64,
    /// Days before it.
    pub history_days: u32,
    /// Its own days.
    pub days: u32,
    /// Seed of the habits and of the history.
    pub history_seed: u64,
    /// Seed of the test window.
    pub seed: u64,
    /// Whether habits drift.
    pub drift: bool,
}

impl Spec {
    /// The days before the test window.
    pub fn history(&self) -> DayStreams {
        let from = self.start - i64::from(self.history_days);
        self.span(from, self.start, self.history_seed, Vec::new())
    }

    /// The test window, with further lines by time.
    pub fn events(&self, injected: Vec<(Millis, String)>) -> DayStreams {
        self.span(self.start, self.start + i64::from(self.days), self.seed, injected)
    }

    /// The same, with everybody so many times as busy.
    pub fn busier(mut self, rate: f64) -> Spec {
        for member in &mut Arc::make_mut(&mut self.population).members {
            member.busy *= rate;
        }
        self
    }

    fn span(&self, from: i64, to: i64, seed: u64, injected: Vec<(Millis, String)>) -> DayStreams {
        DayStreams {
            population: Arc::clone(&self.population),
            born: self.start - i64::from(self.history_days),
            from,
            to,
            seed,
            drift_seed: self.history_seed,
            drift: self.drift,
            injected: Arc::new(injected),
        }
    }

    /// The inventory as TOML, as imperfect as inventories are.
    pub fn inventory(&self, literal: Option<&str>) -> String {
        super::inventory::write(&self.population, literal, self.history_seed)
    }
}

/// Longest window and largest estate: more is a typing error.
const MOST_DAYS: u32 = 3650;
const MOST_MEMBERS: u64 = 1_000_000;

/// Works out what the generator sections of a manifest ask for.
pub fn plan(manifest: &Manifest, dir: &Path, literal_inventory: Option<&str>) -> Result<Plan, Faults> {
    let path = dir.join("scenario.toml");
    let fault = |code, message: String, remedy| Fault::at(&path, 0, code, message, remedy);
    for name in ["events.ndjson", "events.ndjson.gz", "history.ndjson", "history.ndjson.gz", "labels.csv"] {
        if dir.join(name).is_file() {
            let message = format!("{name} stands beside generator sections");
            let remedy =
                "leave either the files or `[history]`, `[background]` and `[[inject]]`; put further events into a template";
            return Err(fault("two_forms", message, remedy).into());
        }
    }
    let archetypes = Archetypes::builtin().map_err(Fault::from)?;
    let known = || archetypes.names().collect::<Vec<_>>().join(", ");
    let background = manifest.background.clone().unwrap_or(crate::scenario::Background {
        days: 14,
        seed: 0,
        rate: 1.0,
        drift: false,
        archetypes: Default::default(),
        start: None,
    });
    let history = manifest.history.as_ref();
    let (history_days, history_seed) = history.map_or((30, background.seed), |h| (h.days, h.seed));
    let members: u64 = background.archetypes.values().map(|n| u64::from(*n)).sum();
    if background.days == 0 || background.days > MOST_DAYS || history_days > MOST_DAYS || members > MOST_MEMBERS {
        let message = format!("{} days, {history_days} days of history, {members} identities", background.days);
        return Err(fault("size", message, "keep to 1 to 3650 days and at most a million identities").into());
    }
    if !(background.rate > 0.0 && background.rate <= 100.0) {
        return Err(fault("rate", format!("`rate = {}`", background.rate), "give a number above 0 and at most 100").into());
    }
    let mut population = Population::default();
    for (name, count) in &background.archetypes {
        let Some(archetype) = archetypes.get(name) else {
            return Err(fault("archetype", format!("no archetype `{name}`; there are {}", known()), "name one of them").into());
        };
        population.add(archetype, *count, history_seed);
    }
    for actor in &manifest.actor {
        let Some(archetype) = archetypes.get(&actor.archetype) else {
            let message = format!("no archetype `{}`; there are {}", actor.archetype, known());
            return Err(fault("archetype", message, "name one of them").into());
        };
        if population.find(&actor.name).is_some() {
            let message = format!("two identities are called `{}`", actor.name);
            return Err(fault("identity", message, "give each actor a name of its own").into());
        }
        if actor.name.is_empty() || actor.name.contains(['"', '\\']) || actor.name.chars().any(char::is_control) {
            return Err(fault("identity", format!("`name = {:?}`", actor.name), "name the actor in plain words").into());
        }
        if !(actor.busy > 0.0 && actor.busy <= 1000.0) {
            return Err(fault("rate", format!("`busy = {}`", actor.busy), "give a number above 0 and at most 1000").into());
        }
        population.add_actor(archetype, actor, history_seed);
    }
    let story = history.and_then(|h| h.generator.as_deref());
    let acting = manifest.inject.iter().flat_map(Inject::who).chain(manifest.shift.iter().flat_map(Shift::who));
    for name in acting {
        if population.find(name).is_some() {
            continue;
        }
        let Some(archetype) = story.and_then(|name| archetypes.get(name)) else {
            let message = match story {
                Some(name) => format!("no archetype `{name}`; there are {}", known()),
                None => format!("no identity `{name}`"),
            };
            let remedy =
                "name an `[[actor]]`, a member of a background archetype, or an archetype as `generator` in `[history]`";
            return Err(fault("identity", message, remedy).into());
        };
        population.add_named(archetype, name, history_seed);
    }
    if population.members.is_empty() {
        return Err(fault("nobody", "nobody acts".into(), "give `[background]` some archetypes").into());
    }
    let start = match &background.start {
        None => START,
        Some(text) => match parse_time(&format!("{text}T00:00:00Z")) {
            Some(at) => at.div_euclid(DAY),
            None => return Err(fault("start", format!("`start = \"{text}\"` is no date"), "write it like 2026-03-01").into()),
        },
    };
    shifts(manifest, &path, start, &mut population)?;
    let spec = Spec {
        population: Arc::new(population),
        start,
        history_days,
        days: background.days,
        history_seed,
        seed: background.seed,
        drift: background.drift,
    };
    let spec = spec.busier(background.rate);
    let (injected, mut labels) = injected(manifest, dir, &spec)?;
    label_shifts(manifest, &spec, &mut labels);
    Ok(Plan {
        events: LogSource::Stream(Arc::new(spec.events(injected))),
        history: LogSource::Stream(Arc::new(spec.history())),
        labels,
        inventory: spec.inventory(literal_inventory),
    })
}

fn injected(manifest: &Manifest, dir: &Path, spec: &Spec) -> Result<(Vec<(Millis, String)>, Labels), Faults> {
    let path = dir.join("scenario.toml");
    let (mut lines, mut labels, mut faults) = (Vec::new(), Labels::default(), Vec::new());
    for (number, inject) in manifest.inject.iter().enumerate() {
        let mut fault = |code, message: String, remedy| faults.push(Fault::at(&path, 0, code, message, remedy));
        let Some((day, time)) = moment(&inject.at).filter(|(day, _)| *day < i64::from(spec.days)) else {
            let message = format!("`at = \"{}\"` is no moment of the {} days", inject.at, spec.days);
            fault("inject_at", message, "write it like d12T03:10; the first day is d0");
            continue;
        };
        let Some(file) = template_path(dir, &inject.template) else {
            let message = format!("no template `{}`", inject.template);
            fault("template", message, "put NAME.ndjson into the scenario's folder or into datasets/templates/");
            continue;
        };
        let members: Vec<&Member> = inject.who().filter_map(|name| spec.population.find(name)).collect();
        if members.is_empty() {
            fault("identity", "nobody acts".into(), "name an `identity` or several `identities`");
            continue;
        }
        let every = inject.every.as_deref().map_or(Some(90_000), parse_duration);
        let Some(every) = every.filter(|every| (0..=366 * DAY).contains(every)) else {
            let message = format!("`every = \"{}\"` is no span", inject.every.as_deref().unwrap_or_default());
            fault("every", message, "write it like 90s or 15m");
            continue;
        };
        if !(1..=MOST_REPEATS).contains(&inject.repeat) {
            fault("repeat", format!("`repeat = {}`", inject.repeat), "give a number from 1 to 20000");
            continue;
        }
        let text = std::fs::read_to_string(&file).map_err(|e| Fault::read(&file, e))?;
        let start = (spec.start + day) * DAY + time;
        let source = Source { path: &file, text: &text, members: &members, start, every, seed: spec.seed };
        match fill(inject, number, &source) {
            Ok((more, rows)) => {
                lines.extend(more);
                labels.rows.extend(rows);
            }
            Err(more) => faults.extend(more),
        }
    }
    lines.sort_by_key(|(at, _)| *at);
    let end = (spec.start + i64::from(spec.days)) * DAY;
    if let Some((at, _)) = lines.iter().find(|(at, _)| *at >= end) {
        let message = format!("an injected event falls on {}, after the last day", crate::decode::format_time(*at));
        faults.push(Fault::at(&path, 0, "inject_at", message, "inject it earlier or give `[background]` more days"));
    }
    if faults.is_empty() { Ok((lines, labels)) } else { Err(Faults(faults)) }
}

/// Gives the members their shifts.
fn shifts(manifest: &Manifest, path: &Path, start: i64, population: &mut Population) -> Result<(), Faults> {
    let mut faults = Vec::new();
    for (number, shift) in manifest.shift.iter().enumerate() {
        let mut fault = |message: String, remedy| faults.push(Fault::at(path, 0, "shift", message, remedy));
        let lived = match Lived::new(shift, number, start) {
            Ok(lived) => lived,
            Err((message, remedy)) => {
                fault(format!("shift {}: {message}", number + 1), remedy);
                continue;
            }
        };
        let mut nobody = true;
        for at in shift.who().filter_map(|name| population.position(name)).collect::<Vec<_>>() {
            let Some(member) = population.members.get_mut(at) else { continue };
            nobody = false;
            if !lived.leaves_something(member) {
                let message = format!("shift {}: `only` leaves `{}` nothing to do", number + 1, member.name);
                fault(message, "name calls of its archetype, as they stand there");
            }
            if member.shifts.iter().any(|other| other.from < lived.until && lived.from < other.until) {
                let message = format!("shift {}: `{}` is shifted twice at the same time", number + 1, member.name);
                fault(message, "let one shift end before the next begins");
            }
            member.shifts.push(lived.clone());
        }
        if nobody {
            fault(format!("shift {} is nobody's", number + 1), "name an `identity` or several `identities`");
        }
    }
    if faults.is_empty() { Ok(()) } else { Err(Faults(faults)) }
}

/// Labels the lines made under shifts that say so.
fn label_shifts(manifest: &Manifest, spec: &Spec, labels: &mut Labels) {
    let streams = spec.events(Vec::new());
    for (number, shift) in manifest.shift.iter().enumerate() {
        if !needs_row(shift.label, &shift.instance, &shift.boundaries) {
            continue;
        }
        for member in shift.who().filter_map(|name| spec.population.find(name)) {
            let Some(lived) = member.shifts.iter().find(|lived| lived.number == number) else { continue };
            let mut made: Vec<Made> = Vec::new();
            let mut drift = Drift::default();
            for day in streams.born..=*lived.days().end() {
                if streams.drift {
                    drift.step(member, streams.drift_seed, day);
                }
                if lived.touches(day) && (streams.from..streams.to).contains(&day) {
                    made.extend(shifted(member, lived, &drift, streams.seed, day));
                }
            }
            labels.rows.extend(made.into_iter().map(|made| LabelRow {
                event_id: made.id,
                identity: member.identity(),
                instance: shift.instance.clone(),
                label: shift.label,
                boundaries: shift.boundaries.clone(),
                note: "shift".into(),
                line: 0,
            }));
        }
    }
}

#[cfg(test)]
#[path = "plan_tests.rs"]
mod tests;
