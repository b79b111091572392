use crate::args::{TagArgs, TagFormat};
use crate::config::{self, Only, Reply, RunSettings, TagSettings};
use crate::failure::Failure;
use crate::print::print;
use anyhow::{Context, Result, anyhow};
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use vires_catalog::Catalog;
use vires_pipeline::{Codec, Listing, Row, Runner, Summary, Tagging, Target};
use vires_report::{Column, Columns, rfc3339, terminal_width};
use vires_tag::Tagger;

/// The width of a table that goes anywhere else than to a terminal.
const WITHOUT_TERMINAL: usize = 200;

/// `vires tag`
pub fn run(args: &TagArgs) -> Result<(), Failure> {
    let (file, _) = config::load(args.config.config.as_deref())?;
    let run = args.run.clone().or(file.run).resolve(args.files.clone())?;
    let tag = args.tag.clone().or(file.tag).resolve()?;
    if tag.only == Some(Only::Escalated) {
        return Err(anyhow!("--only escalated needs a verdict: use `vires judge`").into());
    }
    if tag.only.is_some() && run.options.framing.codec != Codec::Lines {
        return Err(anyhow!(
            "--only leaves records unanswered, but a shipper that uses --codec waits for each: drop one of them"
        )
        .into());
    }
    if args.format == TagFormat::Table {
        return table(run, &tag);
    }
    let catalog = run.catalog.as_deref();
    let runner = Runner::open(&run.options)?;
    // What is left out need not be looked at closely unless somebody reads the counts.
    let options = vires_tag::Options { counted: run.stats || run.options.stats_file.is_some(), ..tag.options() };
    let stage = stage(catalog, &options)?;
    run.options.log.take_panics();
    let summary = runner.run(stage, &|_| reload(catalog, &options))?;
    finish(&summary, run.stats)
}

/// `--format table`
fn table(run: RunSettings, tag: &TagSettings) -> Result<(), Failure> {
    let options = &run.options;
    if tag.reply != Reply::Event || options.framing.codec != Codec::Lines || options.target != Target::Stdout || options.omprog
    {
        return Err(
            anyhow!("--format table is for people: it goes to standard output, without --reply, --codec or --ack").into()
        );
    }
    let column = |name, width, grow| Column { name, width, grow };
    let columns = Columns::new(
        vec![
            column("time", 20, 0),
            column("source", 12, 0),
            column("actor", 9, 0),
            column("identity", 16, 4),
            column("action", 16, 3),
            column("target", 12, 4),
            column("outcome", 7, 0),
            column("sev", 3, 0),
        ],
        terminal_width().unwrap_or(WITHOUT_TERMINAL),
    );
    let render = |row: &Row<'_>| {
        let time = row.time.and_then(rfc3339).unwrap_or_default();
        let severity = row.severity.map(|s| s.to_string()).unwrap_or_default();
        columns.row([
            time.as_str(),
            row.source.map_or("", |s| s.as_str()),
            row.actor.map_or("", |a| a.as_str()),
            row.id,
            row.error.unwrap_or(row.action),
            row.target,
            row.outcome.map_or("", |o| o.as_str()),
            severity.as_str(),
        ])
    };
    let overlay = run.catalog.as_deref();
    let listing = || -> Result<_> {
        let catalog = Arc::new(catalog(overlay)?);
        Listing::new(&catalog, tag.options().only, render).context("failed to build the classifier")
    };
    let runner = Runner::open(options)?;
    let stage = listing()?;
    print(&(columns.header() + "\n"))?;
    options.log.take_panics();
    let summary = runner.run(stage, &|_| listing().map_err(|error| format!("{error:#}")))?;
    finish(&summary, run.stats)
}

/// The classifier over the built-in catalogue, with a directory of further rows laid over it.
pub fn tagger(overlay: Option<&Path>, options: vires_tag::Options) -> Result<Tagger> {
    let catalog = Arc::new(catalog(overlay)?);
    Tagger::new(&catalog, options).context("failed to build the classifier")
}

/// The built-in catalogue, with a directory of further rows laid over it.
pub fn catalog(overlay: Option<&Path>) -> Result<Catalog> {
    Ok(match overlay {
        Some(dir) => Catalog::with_overlay(dir)?,
        None => Catalog::builtin()?,
    })
}

fn stage(overlay: Option<&Path>, options: &vires_tag::Options) -> Result<Tagging> {
    Ok(Tagging::new(tagger(overlay, options.clone())?, options.reply))
}

fn reload(overlay: Option<&Path>, options: &vires_tag::Options) -> Result<Tagging, String> {
    stage(overlay, options).map_err(|error| format!("{error:#}"))
}

/// Prints what there is to say after a run.
pub fn finish(summary: &Summary, stats: bool) -> Result<(), Failure> {
    if stats {
        // Whoever closed standard error does not want the summary.
        let _ = std::io::stderr().write_all(format!("vires: {}", summary.counts).as_bytes());
    }
    let mut failures: Vec<String> = summary.failures.iter().map(|failure| format!("failed to read {failure}")).collect();
    failures.extend(summary.output.as_ref().map(|error| format!("failed to write the output: {error}")));
    if failures.is_empty() { Ok(()) } else { Err(Failure::Incomplete(failures)) }
}
