use super::archetype::Days;
use super::draw::{Purpose, below, chance, generator, normal, poisson, unit, uuid, weighted};
use super::drift::{Drift, address, choose};
use super::lines::{Request, native_id, write};
use super::member::{Habit, Member, Population};
use super::shift::Lived;
use crate::scenario::Opens;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use std::io::{self, BufRead, Read};
use std::sync::Arc;
use vires_event::Millis;

const DAY: Millis = 86_400_000;

/// A span of days of a population, as log lines. Opens anew each time, with equal bytes each time.
#[derive(Debug, Clone)]
pub struct DayStreams {
    /// Who acts.
    pub population: Arc<Population>,
    /// Day on which anybody is first seen, since 1970: from here on habits drift.
    pub born: i64,
    /// First day that is written.
    pub from: i64,
    /// Day after the last.
    pub to: i64,
    /// Seed of what happens on these days.
    pub seed: u64,
    /// Seed of how habits drift.
    pub drift_seed: u64,
    /// Whether habits drift.
    pub drift: bool,
    /// Further lines, by time.
    pub injected: Arc<Vec<(Millis, String)>>,
}

impl Opens for DayStreams {
    fn open(&self) -> io::Result<Box<dyn BufRead + Send>> {
        Ok(Box::new(DayStream::new(self.clone())))
    }
}

/// Log lines, written a day at a time.
pub struct DayStream {
    streams: DayStreams,
    drifts: Vec<Drift>,
    day: i64,
    buffer: Vec<u8>,
    read: usize,
}

impl DayStream {
    /// At its first line.
    pub fn new(streams: DayStreams) -> DayStream {
        let mut stream = DayStream {
            drifts: vec![Drift::default(); streams.population.members.len()],
            day: streams.from,
            buffer: Vec::new(),
            read: 0,
            streams,
        };
        for day in stream.streams.born..stream.streams.from {
            stream.drift(day);
        }
        stream
    }

    fn drift(&mut self, day: i64) {
        if self.streams.drift {
            let (members, seed) = (&self.streams.population.members, self.streams.drift_seed);
            self.drifts.par_iter_mut().zip(members).for_each(|(drift, member)| drift.step(member, seed, day));
        }
    }

    /// Writes the next day into the buffer; false if there is none.
    fn next_day(&mut self) -> bool {
        self.buffer.clear();
        self.read = 0;
        if self.day >= self.streams.to {
            return false;
        }
        let day = self.day;
        self.drift(day);
        let seed = self.streams.seed;
        let members = self.streams.population.members.par_iter().zip(&self.drifts);
        let mut lines: Vec<(Millis, String)> =
            members.flat_map_iter(|(member, drift)| day_of_member(member, drift, seed, day)).collect();
        let injected = self.streams.injected.iter().filter(|(at, _)| at.div_euclid(DAY) == day);
        lines.extend(injected.cloned());
        // Stable, so equal times stay in the order of the members.
        lines.par_sort_by_key(|(at, _)| *at);
        self.buffer.reserve(lines.iter().map(|(_, line)| line.len() + 1).sum());
        for (_, line) in &lines {
            self.buffer.extend_from_slice(line.as_bytes());
            self.buffer.push(b'\n');
        }
        self.day += 1;
        true
    }
}

impl Read for DayStream {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let available = self.fill_buf()?;
        let n = available.len().min(out.len());
        if let (Some(to), Some(from)) = (out.get_mut(..n), available.get(..n)) {
            to.copy_from_slice(from);
        }
        self.consume(n);
        Ok(n)
    }
}

impl BufRead for DayStream {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        // A day on which nobody acts is empty, not the end.
        while self.read >= self.buffer.len() {
            if !self.next_day() {
                break;
            }
        }
        Ok(self.buffer.get(self.read..).unwrap_or_default())
    }

    fn consume(&mut self, n: usize) {
        self.read = (self.read + n).min(self.buffer.len());
    }
}

/// Days on which something is refused.
const REFUSED: f64 = 0.02;
/// Days that are busier than usual, and by how much.
const SPIKE: (f64, f64, f64) = (0.01, 2.0, 6.0);
/// What is left of a weekday's work at the weekend.
const WEEKEND: f64 = 0.05;

fn day_of_member(member: &Member, drift: &Drift, seed: u64, day: i64) -> Vec<(Millis, String)> {
    let mut rng = generator(seed, Purpose::Day, member.number, day as u64);
    let mut rate = usual(member, &mut rng) * member.busy;
    if is_weekend(day) && member.archetype.days == Days::Weekdays {
        rate *= WEEKEND;
    }
    if chance(&mut rng, SPIKE.0) {
        rate *= SPIKE.1 + (SPIKE.2 - SPIKE.1) * unit(&mut rng);
    }
    let count = poisson(&mut rng, rate.min(200_000.0));
    let mut refused = if chance(&mut rng, REFUSED) { 1 + below(&mut rng, 3) } else { 0 };
    let ua = drift.ua(member);
    let shifts: Vec<&Lived> = member.shifts.iter().filter(|s| s.touches(day)).collect();
    let mut lines = Vec::with_capacity(count as usize);
    for _ in 0..count {
        let at = moment_of(&member.hours, day, &mut rng);
        let Some(habit) = choose(member, drift, &mut rng, |_| true) else { continue };
        let n = 1 + below(&mut rng, habit.behaviour.vary as usize) as u32;
        let (id, other) = (uuid(&mut rng), uuid(&mut rng));
        let ip = address(&member.ips, &mut rng);
        let denied = refused > 0;
        refused = usize::saturating_sub(refused, 1);
        // What a shift covers is lived otherwise; the numbers of all else stay as they are.
        if shifts.iter().any(|s| s.covers(at)) {
            continue;
        }
        let mut line = String::with_capacity(1400);
        let id = native_id(member.archetype.source, &id);
        write(
            &Request { member, habit, n, at, ip, ua: &ua, region: &member.region, id: &id, other: &other, denied },
            &mut line,
        );
        lines.push((at, line));
    }
    for shift in shifts {
        lines.extend(shifted(member, shift, drift, seed, day).into_iter().map(|made| (made.at, made.line)));
    }
    lines
}

/// A line made under a shift.
pub(super) struct Made {
    pub at: Millis,
    pub id: String,
    pub line: String,
}

/// What a member does on a day under a shift.
pub(super) fn shifted(member: &Member, shift: &Lived, drift: &Drift, seed: u64, day: i64) -> Vec<Made> {
    let mut rng = generator(seed, Purpose::Shift, member.number, (day as u64) ^ ((shift.number as u64) << 40));
    let mut rate = usual(member, &mut rng) * member.busy * shift.rate;
    if is_weekend(day) && member.archetype.days == Days::Weekdays && shift.hours.is_none() {
        rate *= WEEKEND;
    }
    let count = poisson(&mut rng, rate.min(200_000.0));
    let ua = shift.ua.clone().unwrap_or_else(|| drift.ua(member));
    let hours = shift.hours.unwrap_or(member.hours);
    let ips = if shift.ips.is_empty() { &member.ips } else { &shift.ips };
    let region = shift.region.as_deref().unwrap_or(&member.region);
    let mut made = Vec::new();
    for _ in 0..count {
        let at = moment_of(&hours, day, &mut rng);
        let Some(habit) = choose(member, drift, &mut rng, |habit| shift.allows(&habit.behaviour.call)) else { continue };
        let n = 1 + below(&mut rng, habit.behaviour.vary as usize) as u32;
        let (id, other) = (uuid(&mut rng), uuid(&mut rng));
        let ip = address(ips, &mut rng);
        let denied = chance(&mut rng, shift.refused.unwrap_or(REFUSED / 4.0));
        if !shift.covers(at) {
            continue;
        }
        let renamed;
        let habit = if shift.suffix.is_empty() {
            habit
        } else {
            renamed = Habit { suffix: [habit.suffix.as_str(), &shift.suffix].concat(), ..habit.clone() };
            &renamed
        };
        let mut line = String::with_capacity(1400);
        let id = native_id(member.archetype.source, &id);
        write(&Request { member, habit, n, at, ip, ua: &ua, region, id: &id, other: &other, denied }, &mut line);
        made.push(Made { at, id, line });
    }
    made
}

/// Events of an ordinary day of its archetype.
fn usual(member: &Member, rng: &mut ChaCha8Rng) -> f64 {
    let a = &member.archetype;
    a.rate * (a.sigma * normal(rng) - 0.5 * a.sigma * a.sigma).exp()
}

fn is_weekend(day: i64) -> bool {
    // 1970-01-01 was a Thursday.
    matches!((day + 3).rem_euclid(7), 5 | 6)
}

fn moment_of(hours: &[f64; 24], day: i64, rng: &mut ChaCha8Rng) -> Millis {
    let hour = weighted(rng, hours.iter().copied());
    day * DAY + (hour as i64) * 3_600_000 + below(rng, 3_600_000) as i64
}
