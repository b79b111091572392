use crate::args::TagArgs;
use crate::config::{self, TagSettings};
use crate::failure::Failure;
use anyhow::{Context, Result, anyhow};
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use vires_catalog::Catalog;
use vires_pipeline::{Codec, Summary, Tagging};
use vires_tag::Tagger;

/// `vires tag`
pub fn run(args: &TagArgs) -> Result<(), Failure> {
    let (file, _) = config::load(args.config.config.as_deref())?;
    let run = args.run.clone().or(file.run).resolve(args.files.clone())?;
    let tag = args.tag.clone().or(file.tag).resolve()?;
    if tag.only.is_some() && run.options.framing.codec != Codec::Lines {
        return Err(anyhow!(
            "--only leaves records unanswered, but a shipper that uses --codec waits for each: drop one of them"
        )
        .into());
    }
    let catalog = run.catalog.as_deref();
    let stage = stage(catalog, &tag)?;
    run.options.log.take_panics();
    let summary = vires_pipeline::run(stage, &|_| reload(catalog, &tag), &run.options)?;
    finish(&summary, run.stats)
}

/// The classifier over the built-in catalogue, with a directory of further rows laid over it.
pub fn tagger(overlay: Option<&Path>, settings: &TagSettings) -> Result<Tagger> {
    let catalog = Arc::new(catalog(overlay)?);
    Tagger::new(&catalog, settings.options()).context("failed to build the classifier")
}

/// The built-in catalogue, with a directory of further rows laid over it.
pub fn catalog(overlay: Option<&Path>) -> Result<Catalog> {
    Ok(match overlay {
        Some(dir) => Catalog::with_overlay(dir)?,
        None => Catalog::builtin()?,
    })
}

fn stage(overlay: Option<&Path>, settings: &TagSettings) -> Result<Tagging> {
    Ok(Tagging::new(tagger(overlay, settings)?, settings.options().reply))
}

fn reload(overlay: Option<&Path>, settings: &TagSettings) -> Result<Tagging, String> {
    stage(overlay, settings).map_err(|error| format!("{error:#}"))
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
