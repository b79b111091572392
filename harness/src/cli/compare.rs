use super::Ended;
use super::args::CompareArgs;
use crate::compare::{Comparison, compare_files};
use crate::report::table::wrapped;
use crate::report::text::{chance, clean, delta};
use crate::report::{RunFile, SCHEMA};
use anyhow::{Context, bail};
use std::io::Write;
use std::path::Path;

pub(super) fn run(args: &CompareArgs, out: &mut Vec<u8>) -> anyhow::Result<Ended> {
    let (a, b) = (read(&args.a)?, read(&args.b)?);
    let comparison = compare_files(&a, &b).map_err(anyhow::Error::msg)?;
    if args.json {
        writeln!(out, "{}", serde_json::to_string_pretty(&comparison)?)?;
    } else {
        out.write_all(screen(&comparison).as_bytes())?;
    }
    let worse = args.fail_on_regression && comparison.verdict.starts_with("worse");
    Ok(if worse { Ended::GateNotMet } else { Ended::Well })
}

fn read(path: &Path) -> anyhow::Result<RunFile> {
    let text = std::fs::read_to_string(path).with_context(|| format!("failed to read {}", path.display()))?;
    let remedy = || format!("{}: not a run; write one with `harness run --out run.json`", path.display());
    let file: RunFile = serde_json::from_str(&text).with_context(remedy)?;
    if file.schema != SCHEMA {
        bail!("{}: schema is `{}`, expected `{SCHEMA}`", path.display(), clean(&file.schema, 60));
    }
    Ok(file)
}

fn screen(c: &Comparison) -> String {
    let mut text = format!("{} against {}\n\n", clean(&c.b, 40), clean(&c.a, 40));
    text.push_str(&format!("  recall     {:>6}   {}\n", delta(c.delta_recall), chance(c.mcnemar_p)));
    text.push_str(&format!("  precision  {:>6}   {}\n", delta(c.delta_precision), chance(c.mcnemar_p_quiet)));
    text.push_str(&format!("  {}\n\ndecisions that changed ({})\n", wrapped(&c.verdict, 2), c.flips.len()));
    for f in &c.flips {
        let line = format!("  {:<7} -> {:<7} {}  \"{}\"", f.from, f.to, f.scenario, f.reason);
        text.push_str(clean(&line, 100).trim_end());
        text.push('\n');
    }
    if !c.flips.is_empty() {
        text.push_str("\nfiles hold counts by scenario; which attack or identity it was, and intervals of the differences:\n");
        text.push_str("`harness run` with both tunings at once\n");
    }
    text
}
