//! What an attacker could do otherwise, and what logs suffer on their way: the same scenario, changed, to see what a judge hangs on.

use crate::reference::generator;
use crate::scenario::{Fault, Labels, Lines, LogSource, Mark, Parts, Scenario};
use rand_chacha::rand_core::Rng;
use rustc_hash::FxHashMap;
use serde_json::Value;
use std::io;
use std::sync::Arc;
use vires_event::{Millis, parse_time};

/// A way of changing a scenario.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, clap::ValueEnum)]
pub enum Mutation {
    /// The attacker sends the user agent that the identity always has
    UserAgent,
    /// The attacker acts from an address that the identity always has
    OwnZone,
    /// The attacker does one thing every six hours
    SlowDrip,
    /// The attacker acts at the hour at which the identity is busiest
    BusyHour,
    /// Every event loses its user agent and its region
    FieldLoss,
    /// Events come up to five minutes out of order
    Reorder,
    /// One event in five is delivered twice
    Duplicate,
    /// One event in five carries a time up to four minutes off
    ClockSkew,
}

impl Mutation {
    /// All, in the order in which they are reported.
    pub const ALL: [Mutation; 8] = [
        Mutation::UserAgent,
        Mutation::OwnZone,
        Mutation::SlowDrip,
        Mutation::BusyHour,
        Mutation::FieldLoss,
        Mutation::Reorder,
        Mutation::Duplicate,
        Mutation::ClockSkew,
    ];

    /// Its name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Mutation::UserAgent => "user-agent",
            Mutation::OwnZone => "own-zone",
            Mutation::SlowDrip => "slow-drip",
            Mutation::BusyHour => "busy-hour",
            Mutation::FieldLoss => "field-loss",
            Mutation::Reorder => "reorder",
            Mutation::Duplicate => "duplicate",
            Mutation::ClockSkew => "clock-skew",
        }
    }
}

const HOUR: Millis = 3_600_000;
const AGENTS: [&str; 10] = [
    "/userAgent",
    "/user_agent",
    "/client/userAgent/rawUserAgent",
    "/request/headers/user-agent/0",
    "/protoPayload/requestMetadata/callerSuppliedUserAgent",
    "/properties/userAgent",
    "/USER_AGENT",
    "/REPORTED_CLIENT_TYPE",
    "/UserAgent",
    "/ClientInfoString",
];
const ADDRESSES: [&str; 12] = [
    "/sourceIPAddress",
    "/sourceIPs/0",
    "/actor_ip",
    "/client/ipAddress",
    "/request/remote_address",
    "/protoPayload/requestMetadata/callerIp",
    "/callerIpAddress",
    "/ipAddress",
    "/properties/ipAddress",
    "/CLIENT_IP",
    "/ClientIP",
    "/ClientIPAddress",
];
const REGIONS: [&str; 4] = ["/awsRegion", "/resource/labels/location", "/location", "/properties/location"];
const TIMES: [&str; 20] = [
    "/eventTime",
    "/requestReceivedTimestamp",
    "/stageTimestamp",
    "/@timestamp",
    "/created_at",
    "/published",
    "/time",
    "/timestamp",
    "/createdDateTime",
    "/properties/createdDateTime",
    "/properties/activityDateTime",
    "/properties/timeGenerated",
    "/protoPayload/requestMetadata/requestAttributes/time",
    "/receiveTimestamp",
    "/CreationTime",
    "/TIMESTAMP_DERIVED",
    "/START_TIME",
    "/EVENT_TIMESTAMP",
    "/startTimeUnixNano",
    "/endTimeUnixNano",
];

/// One line on its way through a mutation.
struct Line {
    /// Its number before.
    number: u32,
    text: String,
    at: Option<Millis>,
    malicious: bool,
}

/// The scenario, changed. Of lines that are not JSON objects only order and number change.
///
/// # Errors
/// If its logs cannot be read.
pub fn mutate(scenario: &Scenario, mutation: Mutation, seed: u64) -> Result<Parts, Fault> {
    let failed = |e: io::Error| Fault::read(&scenario.dir, e);
    let mut lines = read(scenario).map_err(failed)?;
    let habits = Habits::of(scenario).map_err(failed)?;
    let mut rng = generator(seed, &["mutate", mutation.as_str(), scenario.id()]);
    let mut below = |n: u64| ((u128::from(rng.next_u64()) * u128::from(n)) >> 64) as u64;
    match mutation {
        Mutation::UserAgent | Mutation::OwnZone => {
            for line in lines.iter_mut().filter(|l| l.malicious) {
                let Some((agent, address)) = habits.of_line(scenario, line.number) else { continue };
                let (paths, value) =
                    if mutation == Mutation::UserAgent { (&AGENTS[..], agent) } else { (&ADDRESSES[..], address) };
                edit(line, |v| paths.iter().for_each(|path| set(v, path, value.clone().into())));
            }
        }
        Mutation::SlowDrip => {
            let mut drips: FxHashMap<usize, (Millis, i64)> = FxHashMap::default();
            for line in lines.iter_mut().filter(|l| l.malicious) {
                let (Some(Mark::Malicious(i)), Some(at)) = (scenario.truth.mark(line.number), line.at) else { continue };
                let drip = drips.entry(i).or_insert((at, 0));
                let when = drip.0 + drip.1 * 6 * HOUR;
                drip.1 += 1;
                move_to(line, when.max(at));
            }
        }
        Mutation::BusyHour => {
            for line in lines.iter_mut().filter(|l| l.malicious) {
                let (Some(at), Some(hour)) = (line.at, habits.hour(scenario, line.number)) else { continue };
                let day = at.div_euclid(24 * HOUR);
                move_to(line, day * 24 * HOUR + hour * HOUR + at.rem_euclid(HOUR));
            }
        }
        Mutation::FieldLoss => {
            for line in &mut lines {
                edit(line, |v| AGENTS.iter().chain(&REGIONS).for_each(|path| remove(v, path)));
            }
        }
        Mutation::Duplicate => {
            let copies: Vec<usize> = (0..lines.len()).filter(|_| below(5) == 0).collect();
            for at in copies.into_iter().rev() {
                if let Some(line) = lines.get(at) {
                    let copy = Line { text: line.text.clone(), ..*line };
                    lines.insert(at + 1, copy);
                }
            }
        }
        Mutation::ClockSkew => {
            for line in &mut lines {
                if below(5) == 0
                    && let Some(at) = line.at
                {
                    let skew = below(8 * 60_000) as i64 - 4 * 60_000;
                    shift(line, at + skew);
                }
            }
        }
        Mutation::Reorder => {}
    }
    // What is delivered late still says its own time; everything else is delivered in the order of time.
    match mutation {
        Mutation::Reorder => {
            let mut keyed: Vec<(Millis, Line)> = Vec::with_capacity(lines.len());
            let mut last = 0;
            for line in lines {
                last = line.at.unwrap_or(last);
                keyed.push((last + below(5 * 60_000 - 1000) as i64, line));
            }
            keyed.sort_by_key(|(at, _)| *at);
            lines = keyed.into_iter().map(|(_, line)| line).collect();
        }
        Mutation::SlowDrip | Mutation::BusyHour => lines.sort_by_key(|line| line.at),
        _ => {}
    }
    Ok(parts(scenario, mutation, &lines))
}

fn parts(scenario: &Scenario, mutation: Mutation, lines: &[Line]) -> Parts {
    let mut bytes = Vec::new();
    let mut numbers: FxHashMap<u32, u32> = FxHashMap::default();
    for (line, number) in lines.iter().zip(1..) {
        bytes.extend_from_slice(line.text.as_bytes());
        bytes.push(b'\n');
        numbers.entry(line.number).or_insert(number);
    }
    let mut labels: Labels = scenario.labels.clone();
    // Lines that have no id of their own are named by their number, and that may have changed; a copy is the same event.
    for row in &mut labels.rows {
        let number = row.event_id.strip_prefix("line:").and_then(|n| n.parse::<u32>().ok());
        if let Some(new) = number.and_then(|n| numbers.get(&n)) {
            row.event_id = format!("line:{new}");
        }
    }
    let mut manifest = scenario.manifest.clone();
    manifest.id = format!("{}~{}", manifest.id, mutation.as_str());
    let mut estate = scenario.estate.clone();
    estate.events = LogSource::Memory(Arc::new(bytes));
    Parts { manifest, dir: scenario.dir.clone(), estate, labels, digest: format!("{}~{}", scenario.digest, mutation.as_str()) }
}

fn read(scenario: &Scenario) -> io::Result<Vec<Line>> {
    let mut reader = Lines::new(&scenario.estate.events)?;
    let mut lines = Vec::new();
    let at: FxHashMap<u32, Millis> = scenario.events.facts.iter().filter_map(|f| Some((f.line, f.at?))).collect();
    while let Some((number, line)) = reader.next_line()? {
        lines.push(Line {
            number,
            text: String::from_utf8_lossy(line).into_owned(),
            at: at.get(&number).copied(),
            malicious: matches!(scenario.truth.mark(number), Some(Mark::Malicious(_))),
        });
    }
    Ok(lines)
}

fn edit(line: &mut Line, change: impl FnOnce(&mut Value)) {
    let Ok(mut value) = serde_json::from_str::<Value>(&line.text) else { return };
    if value.is_object() {
        change(&mut value);
        line.text = value.to_string();
    }
}

fn set(value: &mut Value, path: &str, new: Value) {
    if let Some(slot) = value.pointer_mut(path).filter(|slot| !slot.is_null()) {
        *slot = new;
    }
}

fn remove(value: &mut Value, path: &str) {
    let Some((parent, key)) = path.rsplit_once('/') else { return };
    if let Some(Value::Object(object)) = value.pointer_mut(parent) {
        object.remove(key);
    }
}

/// Another time, for the record and for the order of delivery.
fn move_to(line: &mut Line, at: Millis) {
    shift(line, at);
    line.at = Some(at);
}

/// Another time for the record, in the form in which it was written.
fn shift(line: &mut Line, at: Millis) {
    edit(line, |value| {
        for path in TIMES {
            let Some(slot) = value.pointer_mut(path) else { continue };
            match slot {
                Value::String(text) if parse_time(text).is_some() && text.contains('-') => {
                    let text = if text.contains('.') {
                        let whole = crate::decode::format_time(at - at.rem_euclid(1000));
                        format!("{}.{:03}Z", whole.trim_end_matches('Z'), at.rem_euclid(1000))
                    } else {
                        crate::decode::format_time(at - at.rem_euclid(1000))
                    };
                    *slot = text.into();
                }
                // Nanoseconds stand in text.
                Value::String(text) if text.len() == 19 && text.bytes().all(|b| b.is_ascii_digit()) => {
                    *slot = format!("{at}000000").into();
                }
                Value::Number(number) if number.as_i64().is_some_and(|n| n > 100_000_000_000) => *slot = at.into(),
                Value::Number(number) if number.as_i64().is_some_and(|n| n > 100_000_000) => *slot = (at / 1000).into(),
                _ => {}
            }
        }
    });
}

/// What identities usually look like: the raw user agent and address that each had most often, and its busiest hour.
struct Habits {
    raw: FxHashMap<String, (String, String)>,
    hours: FxHashMap<String, i64>,
}

impl Habits {
    fn of(scenario: &Scenario) -> io::Result<Habits> {
        let mut counts: FxHashMap<(String, usize, String), u32> = FxHashMap::default();
        let mut hours: FxHashMap<String, [u32; 24]> = FxHashMap::default();
        let quiet = (Some(&scenario.estate.events), &scenario.events, true);
        for (source, window, test) in [(scenario.estate.history.as_ref(), &scenario.history, false), quiet] {
            let Some(source) = source else { continue };
            let mut reader = Lines::new(source)?;
            let mut facts = window.facts.iter().peekable();
            while let Some((number, line)) = reader.next_line()? {
                let Some(fact) = facts.next_if(|f| f.line == number) else { continue };
                let Some(identity) = fact.identity.filter(|_| !test || scenario.truth.mark(number).is_none()) else { continue };
                let identity = scenario.names.text(identity).to_string();
                if let Some(at) = fact.at
                    && let Some(slot) =
                        hours.entry(identity.clone()).or_default().get_mut(at.div_euclid(HOUR).rem_euclid(24) as usize)
                {
                    *slot += 1;
                }
                let Ok(value) = serde_json::from_slice::<Value>(line) else { continue };
                for (kind, paths) in [&AGENTS[..], &ADDRESSES[..]].into_iter().enumerate() {
                    let found = paths.iter().filter_map(|p| value.pointer(p)?.as_str()).next();
                    if let Some(found) = found {
                        *counts.entry((identity.clone(), kind, found.to_string())).or_default() += 1;
                    }
                }
            }
        }
        let mut sorted: Vec<((String, usize, String), u32)> = counts.into_iter().collect();
        // The most frequent first; of equals the first in the alphabet.
        sorted.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        let mut raw: FxHashMap<String, (String, String)> = FxHashMap::default();
        for ((identity, kind, text), _) in sorted {
            let entry = raw.entry(identity).or_default();
            let slot = if kind == 0 { &mut entry.0 } else { &mut entry.1 };
            if slot.is_empty() {
                *slot = text;
            }
        }
        let hours = hours.into_iter().map(|(identity, hours)| {
            let busiest = (0..24).max_by_key(|h| (hours.get(*h).copied().unwrap_or(0), 24 - h)).unwrap_or(0);
            (identity, busiest as i64)
        });
        Ok(Habits { raw, hours: hours.collect() })
    }

    fn identity(scenario: &Scenario, line: u32) -> Option<&str> {
        let at = scenario.events.facts.binary_search_by_key(&line, |f| f.line).ok()?;
        Some(scenario.names.text(scenario.events.facts.get(at)?.identity?))
    }

    fn of_line(&self, scenario: &Scenario, line: u32) -> Option<(String, String)> {
        self.raw
            .get(Self::identity(scenario, line)?)
            .filter(|(agent, address)| !agent.is_empty() && !address.is_empty())
            .cloned()
    }

    fn hour(&self, scenario: &Scenario, line: u32) -> Option<i64> {
        self.hours.get(Self::identity(scenario, line)?).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::assemble;
    use crate::testing::{corpus, decoder, write_scenario};

    fn mutated(mutation: Mutation) -> (Scenario, Scenario) {
        let attack = corpus().scenarios.remove(0);
        let parts = mutate(&attack, mutation, 1).unwrap();
        let changed = assemble(parts, decoder()).unwrap();
        (attack, changed)
    }

    fn bad(s: &Scenario) -> Vec<&crate::decode::Fact> {
        s.events.facts.iter().filter(|f| matches!(s.truth.mark(f.line), Some(Mark::Malicious(_)))).collect()
    }

    #[test]
    fn the_attacker_hides() {
        let (before, after) = mutated(Mutation::UserAgent);
        assert_eq!(before.names.text(bad(&before)[0].ua.unwrap()), "aws-cli");
        assert!(
            bad(&after).iter().all(|f| after.names.text(f.ua.unwrap()).contains("oto")),
            "{:?}",
            after.names.text(bad(&after)[0].ua.unwrap())
        );
        assert!(bad(&after).iter().all(|f| f.foreign));
        let (_, after) = mutated(Mutation::OwnZone);
        assert!(bad(&after).iter().all(|f| !f.foreign && after.names.text(f.zone.unwrap()) == "nat-prod"));
        assert_eq!(after.truth.instances[0].lines.len(), 3);
        assert_eq!(after.id(), "cred_reuse/key_external~user-agent".replace("user-agent", "own-zone"));
    }

    #[test]
    fn the_attacker_takes_time() {
        let (_, after) = mutated(Mutation::SlowDrip);
        let i = &after.truth.instances[0];
        assert_eq!(i.last.unwrap() - i.first.unwrap(), 12 * HOUR);
        let (_, after) = mutated(Mutation::BusyHour);
        let hours: Vec<i64> = bad(&after).iter().map(|f| f.at.unwrap().div_euclid(HOUR).rem_euclid(24)).collect();
        assert_eq!(hours, [1, 1, 1], "of four equally busy hours the first");
        let times: Vec<_> = after.events.facts.iter().map(|f| f.at).collect();
        assert!(times.windows(2).all(|w| w[0] <= w[1]));
    }

    #[test]
    fn logs_suffer() {
        let (_, after) = mutated(Mutation::FieldLoss);
        assert!(after.events.facts.iter().all(|f| f.ua.is_none() && f.region.is_none()));
        let (before, after) = mutated(Mutation::Duplicate);
        let more = after.events.facts.len() - before.events.facts.len();
        assert!(more > 0 && more < before.events.facts.len());
        let (before, after) = mutated(Mutation::ClockSkew);
        let moved = before.events.facts.iter().zip(&after.events.facts).filter(|(a, b)| a.at != b.at).count();
        assert!(moved > 0 && moved < 12, "{moved}");
        let (before, after) = mutated(Mutation::Reorder);
        assert_eq!(before.events.facts.len(), after.events.facts.len());
        assert_eq!(bad(&after).len(), 3);
    }

    #[test]
    fn labels_by_line_follow_their_lines() {
        let dir = tempfile::tempdir().unwrap();
        let events: Vec<String> =
            (0..40).map(|n| format!("e{n} 2026-03-01T10:{n:02}:00Z web s3:GetObject 198.51.100.1")).collect();
        let events: Vec<&str> = events.iter().map(String::as_str).collect();
        write_scenario(dir.path(), "s", "f", "attack", &events, "line:30,,,malicious,data,\n");
        let scenario = crate::scenario::load_one(&dir.path().join("s"), decoder()).unwrap();
        for mutation in [Mutation::Reorder, Mutation::Duplicate] {
            let after = assemble(mutate(&scenario, mutation, 3).unwrap(), decoder()).unwrap();
            assert_eq!(after.truth.instances[0].first, scenario.truth.instances[0].first, "{mutation:?}");
            assert_ne!(after.labels.rows[0].event_id, "line:30", "{mutation:?}");
        }
    }

    #[test]
    fn the_same_seed_gives_the_same_lines() {
        let attack = corpus().scenarios.remove(0);
        for mutation in Mutation::ALL {
            let bytes = || match mutate(&attack, mutation, 5).unwrap().estate.events {
                LogSource::Memory(bytes) => bytes,
                _ => unreachable!(),
            };
            assert_eq!(bytes(), bytes(), "{mutation:?}");
        }
    }
}
