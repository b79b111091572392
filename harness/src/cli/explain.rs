use super::args::ExplainArgs;
use super::{Ended, files};
use crate::decode::{Decoder, format_time};
use crate::engine::{Engine, TracedEvent};
use crate::report::text::clean;
use crate::scenario::{Mark, Scenario, load_one};
use crate::score::outcome;
use anyhow::bail;
use rustc_hash::FxHashMap;
use std::io::Write;
use std::path::{Path, PathBuf};

pub(super) fn run(args: &ExplainArgs, engine: &dyn Engine, out: &mut Vec<u8>) -> anyhow::Result<Ended> {
    let (dir, event) = split(&args.what);
    let paths: Vec<PathBuf> = args.tuning.iter().cloned().collect();
    let Some(tuning) = files::tunings(&paths, engine)?.into_iter().next() else { bail!("no tuning") };
    if !dir.join("scenario.toml").is_file() {
        bail!(
            "{}: no scenario.toml there; name the folder of one scenario, or its path below scenarios/",
            clean(&dir.display().to_string(), 200)
        );
    }
    let scenario = load_one(&dir, &Decoder::new()?)?;
    let line = match event {
        Some(event) => Some(line_of(&scenario, event)?),
        None => None,
    };
    let prepared = engine.prepare(&scenario.estate)?;
    let trace = prepared.trace(&tuning, line)?;
    if let Some(line) = line {
        let said = trace.events.iter().find(|e| e.line == line);
        describe(&scenario, line, said, out)?;
        match &trace.workings {
            Some(workings) => writeln!(out, "\n{}", workings.trim_end())?,
            None => writeln!(out, "\nnothing stands against the identity at this event")?,
        }
        return Ok(Ended::Well);
    }
    story(&scenario, &trace.events, args.all, out)?;
    let result = outcome(&scenario, &scenario.truth, &prepared.replay(&tuning)?);
    writeln!(out)?;
    for i in &result.instances {
        let score = i.score.map_or_else(String::new, |s| format!(", highest score {s:.0}"));
        let when = i.minutes.map_or_else(String::new, |m| format!(" after {m:.0} min"));
        writeln!(out, "attack {}: {}{when}{score}", clean(&i.name, 60), i.fate.as_str())?;
    }
    for case in &result.false_cases {
        writeln!(out, "false case: {} {} at {:.0}", clean(&case.identity, 100), case.verdict.as_str(), case.score)?;
    }
    for text in crate::report::expect::failures(&scenario, &result) {
        writeln!(out, "not as expected: {text}")?;
    }
    Ok(Ended::Well)
}

/// `DIR` or `DIR:EVENT`; a folder whose name holds a colon is a folder. What is no folder is looked for below `scenarios/`.
fn split(what: &str) -> (PathBuf, Option<&str>) {
    let folder = |name: &str| [PathBuf::from(name), Path::new("scenarios").join(name)].into_iter().find(|dir| dir.is_dir());
    if let Some(dir) = folder(what) {
        return (dir, None);
    }
    what.match_indices(':')
        .find_map(|(at, _)| Some((folder(what.get(..at)?)?, what.get(at + 1..))))
        .unwrap_or_else(|| (PathBuf::from(what), None))
}

fn line_of(scenario: &Scenario, event: &str) -> anyhow::Result<u32> {
    if let Some(number) = event.strip_prefix("line:").and_then(|n| n.parse::<u32>().ok()) {
        if number >= 1 && number <= scenario.events.lines {
            return Ok(number);
        }
        bail!("{}: no line {number} in events.ndjson, it has {}", scenario.dir.display(), scenario.events.lines);
    }
    let wanted = std::iter::once(event.to_string()).collect();
    let mut names = crate::decode::Names::default();
    let window = Decoder::new()?.read(&scenario.estate.events, &scenario.inventory, &mut names, &wanted, None)?;
    match window.wanted.first() {
        Some((line, _)) => Ok(*line),
        None => bail!("{}: no event `{}` in events.ndjson", scenario.dir.display(), clean(event, 100)),
    }
}

fn label(scenario: &Scenario, line: u32) -> &'static str {
    match scenario.truth.mark(line) {
        Some(Mark::Malicious(_)) => "malicious",
        Some(Mark::Ambiguous) => "ambiguous",
        Some(Mark::Benign) => "benign",
        None => "",
    }
}

fn story(scenario: &Scenario, said: &[TracedEvent], all: bool, out: &mut Vec<u8>) -> anyhow::Result<()> {
    let m = &scenario.manifest;
    writeln!(out, "{}   {}", clean(&m.id, 80), clean(&m.title, 120))?;
    if !m.why.is_empty() {
        writeln!(out, "{}", clean(&m.why, 400))?;
    }
    writeln!(out)?;
    let by_line: FxHashMap<u32, &TracedEvent> = said.iter().map(|e| (e.line, e)).collect();
    let mut before = String::new();
    for fact in &scenario.events.facts {
        let said = by_line.get(&fact.line).copied();
        let label = label(scenario, fact.line);
        if !all && label.is_empty() && said.is_none_or(|s| s.reasons.is_empty() || s.score <= 0.0) {
            continue;
        }
        let name = |n: Option<crate::decode::Name>| n.map_or("-", |n| scenario.names.text(n));
        let standing = said.map_or_else(|| "-".into(), |s| format!("{} {:.0}", s.verdict.as_str(), s.score));
        let text = format!(
            "{:>6}  {}  {:<9}  {:<16}  {}  {}  {}  from {}",
            fact.line,
            fact.at.map_or_else(|| "-".into(), format_time),
            label,
            standing,
            name(fact.identity),
            scenario.names.text(fact.action),
            name(fact.target),
            name(fact.zone)
        );
        writeln!(out, "{}", clean(&text, 240))?;
        let reasons = said.map_or(&[][..], |s| &s.reasons);
        let joined = reasons.join("\n");
        // The same reasons are not said again at every event.
        if joined != before {
            for reason in reasons {
                writeln!(out, "          {}", clean(reason, 240))?;
            }
            before = joined;
        }
    }
    Ok(())
}

fn describe(scenario: &Scenario, line: u32, said: Option<&TracedEvent>, out: &mut Vec<u8>) -> anyhow::Result<()> {
    let label = label(scenario, line);
    let label = if label.is_empty() { "background" } else { label };
    let verdict = said.map_or_else(|| "nothing is said of it".into(), |s| format!("{} at {:.0}", s.verdict.as_str(), s.score));
    writeln!(out, "{} line {line}: {label}, {verdict}", clean(scenario.id(), 80))?;
    Ok(())
}
