use super::args::SweepArgs;
use super::progress::Progress;
use super::{Ended, files};
use crate::engine::{Engine, Tuning};
use crate::evaluate::{PEEKED, replay};
use crate::reference::generator;
use crate::report::csv::{header, number, text, write};
use crate::report::table::aligned;
use crate::report::text::{clean, rate, small};
use crate::scenario::{Scenario, Split};
use crate::score::{Cost, Exposure, Outcome, Preset, caught_and_missed, exposure};
use crate::stats::Counts;
use anyhow::{Context, bail};
use rand_chacha::rand_core::Rng;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::{Path, PathBuf};
use toml::{Table, Value};

/// One combination of values, and what became of the corpus under it.
struct Point {
    values: Vec<String>,
    tuning: Tuning,
    outcomes: Vec<Outcome>,
    counts: Counts,
    cost: [Option<f64>; 3],
    /// True if no other point catches as much with fewer false cases, or more with as few.
    front: bool,
}

pub(super) fn run(args: &SweepArgs, engine: &dyn Engine, out: &mut Vec<u8>) -> anyhow::Result<Ended> {
    for path in &args.out {
        let ending = path.extension().map(|e| e.to_string_lossy().to_ascii_lowercase());
        if !matches!(ending.as_deref(), Some("csv" | "toml")) {
            bail!("{}: `harness sweep` writes a .csv of all points or a .toml of the best one", path.display());
        }
    }
    files::writable(&args.out)?;
    let axes: Vec<Axis> = args.sets.iter().map(|set| axis(set)).collect::<anyhow::Result<_>>()?;
    let paths: Vec<PathBuf> = args.tuning.iter().cloned().collect();
    let bases = files::tunings(&paths, engine)?;
    let Some(base) = bases.first() else { bail!("no tuning") };
    let (combinations, total) = combine(&axes, args.limit, args.seed);
    // The file gives any subset of the keys: of which type each is, the defaults say.
    let defaults: Table = toml::from_str(&engine.default_tuning()).context("the default tuning")?;
    let tunings: Vec<Tuning> =
        combinations.iter().map(|c| laid_over(base, &defaults, &axes, c)).collect::<anyhow::Result<_>>()?;
    for tuning in &tunings {
        engine.check(tuning)?;
    }
    let progress = Progress::new();
    let mut selected = files::selected(&args.corpus)?;
    let all = selected.manifests.len();
    if !args.i_peeked {
        selected.manifests.retain(|(_, manifest)| manifest.split == Split::Dev);
    }
    let locked = all - selected.manifests.len();
    if locked == all {
        bail!("all {all} scenarios are of the test split, which stays locked; use --i-peeked to read it anyway");
    }
    let corpus = files::load(selected, 1, &progress)?;
    let exposures: Vec<Exposure> = corpus.scenarios.iter().map(exposure).collect();
    let replays = replay(engine, &corpus.scenarios, &tunings, args.seed, &|| progress.step())?;
    progress.finish();
    let days: u64 = exposures.iter().map(|e| e.identity_days).sum();
    let mut points: Vec<Point> = tunings
        .into_iter()
        .zip(combinations)
        .zip(replays)
        .map(|((tuning, values), results)| {
            let outcomes: Vec<Outcome> = results.into_iter().map(|(outcome, _)| outcome).collect();
            let counts = caught_and_missed(outcomes.iter());
            let cost = Preset::ALL.map(|preset| cost(outcomes.iter()).per_thousand(days, preset));
            Point { values, tuning, outcomes, counts, cost, front: false }
        })
        .collect();
    mark_front(&mut points);
    out.write_all(screen(args, &axes, &points, &corpus.scenarios, &exposures, (locked, total)).as_bytes())?;
    for path in &args.out {
        let text = match is_toml(path) {
            true => {
                let mark = if args.i_peeked { format!("{PEEKED}\n") } else { String::new() };
                points.get(best(&points, 0)).map(|p| mark + &p.tuning.text).unwrap_or_default()
            }
            false => write(&rows(&axes, &points, &corpus.sha256, args)),
        };
        files::write(path, &text)?;
    }
    Ok(Ended::Well)
}

fn is_toml(path: &Path) -> bool {
    path.extension().is_some_and(|e| e.eq_ignore_ascii_case("toml"))
}

/// A key and the values it is given.
struct Axis {
    key: Vec<String>,
    values: Vec<Value>,
}

impl Axis {
    fn name(&self) -> String {
        self.key.join(".")
    }
}

fn axis(set: &str) -> anyhow::Result<Axis> {
    let wrong = || format!("--set {set}: write KEY=V1,V2 or KEY=FROM..TO/STEPS");
    let (key, values) = set.split_once('=').with_context(wrong)?;
    let key: Vec<String> = key.trim().split('.').map(str::to_string).collect();
    if key.iter().any(String::is_empty) {
        bail!(wrong());
    }
    let values = match values.split_once("..") {
        Some((from, rest)) => {
            let (to, steps) = rest.split_once('/').with_context(wrong)?;
            let number = |text: &str| text.trim().parse::<f64>().ok().filter(|n| n.is_finite()).with_context(wrong);
            let (from, to) = (number(from)?, number(to)?);
            let steps: u32 = steps.trim().parse().ok().filter(|n| (2..=1000).contains(n)).with_context(wrong)?;
            // Nine digits: 0.30000000000000004 is nobody's tuning.
            let at = |n: u32| from + (to - from) * f64::from(n) / f64::from(steps - 1);
            (0..steps).map(|n| Value::Float((at(n) * 1e9).round() / 1e9)).collect()
        }
        None => values.split(',').map(|v| value(v.trim())).collect(),
    };
    Ok(Axis { key, values })
}

/// A TOML value, else a text.
fn value(text: &str) -> Value {
    toml::from_str::<Table>(&format!("v = {text}"))
        .ok()
        .and_then(|mut t| t.remove("v"))
        .unwrap_or_else(|| Value::String(text.into()))
}

fn show(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// All combinations, or as many as `limit` drawn by chance; and how many there are.
fn combine(axes: &[Axis], limit: usize, seed: u64) -> (Vec<Vec<String>>, usize) {
    let total = axes.iter().fold(1_usize, |n, axis| n.saturating_mul(axis.values.len()));
    let nth = |mut n: usize| -> Vec<String> {
        axes.iter()
            .map(|axis| {
                let at = n % axis.values.len();
                n /= axis.values.len();
                axis.values.get(at).map(show).unwrap_or_default()
            })
            .collect()
    };
    if total <= limit {
        return ((0..total).map(nth).collect(), total);
    }
    let mut rng = generator(seed, &["sweep"]);
    let mut drawn = BTreeSet::new();
    while drawn.len() < limit {
        drawn.insert(((u128::from(rng.next_u64()) * total as u128) >> 64) as usize);
    }
    (drawn.into_iter().map(nth).collect(), total)
}

fn laid_over(base: &Tuning, defaults: &Table, axes: &[Axis], values: &[String]) -> anyhow::Result<Tuning> {
    let mut changes = Table::new();
    for (axis, text) in axes.iter().zip(values) {
        let mut found = axis.values.iter().find(|v| show(v) == *text).cloned().unwrap_or_else(|| Value::String(text.clone()));
        // `2..10/5` gives floats; a key whose default is a whole number wants one.
        let default = at(defaults, &axis.key);
        if let (Some(Value::Integer(_)), Value::Float(f)) = (default, &found) {
            found = Value::Integer(f.round() as i64);
        }
        put(&mut changes, &axis.key, found);
    }
    let names: Vec<String> = axes.iter().zip(values).map(|(axis, v)| format!("{}={v}", axis.name())).collect();
    Ok(base.with(&names.join(" "), &changes)?)
}

fn at<'t>(table: &'t Table, key: &[String]) -> Option<&'t Value> {
    let (first, rest) = key.split_first()?;
    let value = table.get(first)?;
    if rest.is_empty() { Some(value) } else { at(value.as_table()?, rest) }
}

fn put(table: &mut Table, key: &[String], value: Value) {
    let Some((first, rest)) = key.split_first() else { return };
    if rest.is_empty() {
        table.insert(first.clone(), value);
    } else if let Value::Table(inner) = table.entry(first.clone()).or_insert_with(|| Value::Table(Table::new())) {
        put(inner, rest, value);
    }
}

fn cost<'o>(outcomes: impl Iterator<Item = &'o Outcome>) -> Cost {
    let mut cost = Cost::default();
    outcomes.for_each(|o| cost.add(o));
    cost
}

fn mark_front(points: &mut [Point]) {
    let all: Vec<(u64, u64)> = points.iter().map(|p| (p.counts.tp, p.counts.fp)).collect();
    for (at, point) in points.iter_mut().enumerate() {
        let (tp, fp) = (point.counts.tp, point.counts.fp);
        // Of equal points the first stands for all.
        point.front = !all
            .iter()
            .enumerate()
            .any(|(other, (t, f))| (*t >= tp && *f <= fp && (*t > tp || *f < fp)) || (other < at && (*t, *f) == (tp, fp)));
    }
}

/// The cheapest point of a preset, the first of several.
fn best(points: &[Point], preset: usize) -> usize {
    let cost = |p: &Point| p.cost.get(preset).copied().flatten().unwrap_or(f64::INFINITY);
    (0..points.len())
        .min_by(|a, b| match (points.get(*a), points.get(*b)) {
            (Some(a), Some(b)) => cost(a).total_cmp(&cost(b)),
            _ => std::cmp::Ordering::Equal,
        })
        .unwrap_or(0)
}

/// Each family judged by the point that is best for all others: what a tuning found this way is worth on stories it never saw.
fn left_out(points: &[Point], scenarios: &[Scenario], exposures: &[Exposure]) -> Option<(Counts, usize)> {
    let families: BTreeSet<&str> = scenarios.iter().map(Scenario::family).collect();
    if families.len() < 2 {
        return None;
    }
    let mut sum = Counts::default();
    let mut chosen: BTreeMap<usize, u64> = BTreeMap::new();
    for family in families {
        let mine: Vec<bool> = scenarios.iter().map(|s| s.family() == family).collect();
        let part = |p: &Point, inside: bool| -> Vec<Outcome> {
            p.outcomes.iter().zip(&mine).filter(|(_, m)| **m == inside).map(|(o, _)| o.clone()).collect()
        };
        let days: u64 = exposures.iter().zip(&mine).filter(|(_, m)| !**m).map(|(e, _)| e.identity_days).sum();
        let costs =
            points.iter().map(|p| cost(part(p, false).iter()).per_thousand(days, Preset::Standard).unwrap_or(f64::INFINITY));
        let Some((at, _)) = costs.enumerate().min_by(|a, b| a.1.total_cmp(&b.1)) else { continue };
        *chosen.entry(at).or_default() += 1;
        if let Some(point) = points.get(at) {
            let held = part(point, true);
            let c = caught_and_missed(held.iter());
            sum = Counts { tp: sum.tp + c.tp, fp: sum.fp + c.fp, missed: sum.missed + c.missed, tn: 0 };
        }
    }
    Some((sum, chosen.len()))
}

const MOST: usize = 15;

fn screen(
    args: &SweepArgs,
    axes: &[Axis],
    points: &[Point],
    scenarios: &[Scenario],
    exposures: &[Exposure],
    (locked, total): (usize, usize),
) -> String {
    let mut out = format!("{} of {total} combinations on {} scenarios", points.len(), scenarios.len());
    if args.i_peeked {
        out.push_str("; the test split was read (--i-peeked), so nothing is left to judge the result by");
    } else if locked > 0 {
        out.push_str(&format!("; {locked} of the test split stay locked"));
    }
    out.push_str("\n\nbest trade-offs (no other catches as much with fewer false cases)\n");
    let mut names: Vec<String> = axes.iter().map(|a| clean(&a.name(), 28)).collect();
    names.extend(["caught", "false", "recall", "precision", "F2", "cost", "low_fp", "low_fn"].map(String::from));
    let mut rows = vec![names];
    let mut front: Vec<&Point> = points.iter().filter(|p| p.front).collect();
    front.sort_by_key(|p| (std::cmp::Reverse(p.counts.tp), p.counts.fp));
    rows.extend(front.iter().take(MOST).map(|p| line(p)));
    out.push_str(&aligned(rows, &[]));
    if front.len() > MOST {
        out.push_str(&format!("… and {} more\n", front.len() - MOST));
    }
    out.push_str("\ncheapest by preset\n");
    for (n, preset) in Preset::ALL.iter().enumerate() {
        if let Some(point) = points.get(best(points, n)) {
            let cost = point.cost.get(n).copied().flatten();
            out.push_str(&clean(&format!("  {:<9} {}   cost {}", preset.as_str(), point.tuning.name, small(cost)), 100));
            out.push('\n');
        }
    }
    match left_out(points, scenarios, exposures) {
        Some((c, distinct)) => out.push_str(&format!(
            "\nleave one family out: recall {}, precision {}, F2 {} on families that the choice never saw ({} choices)\n",
            rate(c.recall()),
            rate(c.precision()),
            rate(c.f(2.0)),
            distinct
        )),
        None => out.push_str("\nleave one family out: needs two families\n"),
    }
    out
}

fn line(p: &Point) -> Vec<String> {
    let mut row: Vec<String> = p.values.iter().map(|v| clean(v, 20)).collect();
    let c = p.counts;
    row.extend([c.tp.to_string(), c.fp.to_string(), rate(c.recall()), rate(c.precision()), rate(c.f(2.0))]);
    row.extend(p.cost.iter().map(|cost| small(*cost)));
    row
}

fn rows(axes: &[Axis], points: &[Point], corpus: &str, args: &SweepArgs) -> Vec<Vec<String>> {
    let mut rows = header(&[]);
    if let Some(first) = rows.first_mut() {
        first.extend(axes.iter().map(|a| text(&a.name())));
        first.extend(
            [
                "caught",
                "missed",
                "false_cases",
                "recall",
                "precision",
                "f2",
                "cost_standard",
                "cost_low_fp",
                "cost_low_fn",
                "pareto",
                "peeked",
                "corpus_sha256",
                "seed",
            ]
            .map(String::from),
        );
    }
    for p in points {
        let mut row: Vec<String> = p.values.iter().map(|v| text(v)).collect();
        let c = p.counts;
        row.extend([c.tp.to_string(), c.missed.to_string(), c.fp.to_string()]);
        row.extend([number(c.recall()), number(c.precision()), number(c.f(2.0))]);
        row.extend(p.cost.iter().map(|cost| number(*cost)));
        row.extend([p.front.to_string(), args.i_peeked.to_string(), corpus.to_string(), args.seed.to_string()]);
        rows.push(row);
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_lists_and_ranges() {
        let a = axis("disposition.escalate=40, 50.5,strict").unwrap();
        assert_eq!(a.name(), "disposition.escalate");
        assert_eq!(a.values, [Value::Integer(40), Value::Float(50.5), Value::String("strict".into())]);
        let r = axis("a.b=0.1..0.5/5").unwrap();
        assert_eq!(r.values.iter().map(show).collect::<Vec<_>>(), ["0.1", "0.2", "0.3", "0.4", "0.5"]);
        for bad in ["a", "a=1..2", "a=1..x/3", "=1", "a.=1", "a=1..2/1"] {
            assert!(axis(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn whole_numbers_stay_whole() {
        let defaults: Table = toml::from_str("[d]\nn = 3\n").unwrap();
        let axes = [axis("d.n=2..4/3").unwrap()];
        // Whether or not the given file names the key.
        for text in ["[d]\nn = 3\n", "", "[d]\nm = 0.5\n"] {
            let tuning = laid_over(&Tuning::new(text, "t.toml"), &defaults, &axes, &["2.0".into()]).unwrap();
            let table: Table = toml::from_str(&tuning.text).unwrap();
            assert_eq!(at(&table, &["d".into(), "n".into()]), Some(&Value::Integer(2)), "{}", tuning.text);
        }
    }

    #[test]
    fn draws_combinations_when_there_are_too_many() {
        let axes = [axis("a=0..1/100").unwrap(), axis("b=0..1/100").unwrap()];
        let (some, total) = combine(&axes, 20, 1);
        assert_eq!((some.len(), total), (20, 10_000));
        assert_eq!(combine(&axes, 20, 1).0, some);
        assert_eq!(combine(&axes[..1], 500, 1).0.len(), 100);
    }
}
