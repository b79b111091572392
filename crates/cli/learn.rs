use crate::args::{LearnArgs, MergeArgs};
use crate::config::{self, Judge};
use crate::failure::Failure;
use crate::known::{Folder, Known, read_baseline};
use crate::print::print;
use crate::save::save;
use crate::survey::undated;
use crate::tag::finish;
use anyhow::{Context, anyhow};
use std::io::Write;
use std::path::PathBuf;
use vires_pipeline::Source;
use vires_pipeline::judging::{catalogue_hash, learn};

/// `vires learn`
pub fn run(args: &LearnArgs) -> Result<(), Failure> {
    let (file, path) = config::load(args.config.config.as_deref())?;
    let given = config::Run {
        threads: args.threads,
        max_line: args.max_line,
        split: args.split,
        catalog: args.catalog.clone(),
        stats: args.stats.then_some(true),
        ..config::Run::default()
    };
    // Of the configuration only what concerns reading: a listener and an output belong to streams.
    let run = given.or(config::Run {
        threads: file.run.threads,
        max_line: file.run.max_line,
        catalog: file.run.catalog,
        ..config::Run::default()
    });
    let folder = Folder::of(&args.files);
    let files = match folder
        .as_ref()
        .map(|f| f.history().ok_or_else(|| anyhow!("{} has no history/ to learn from", f.logs().display())))
    {
        Some(history) => vec![history?],
        None => args.files.clone(),
    };
    let run = run.resolve(files)?;
    let judge = Judge { inventory: args.inventory.clone(), year: args.year, ..Judge::default() }.or(Judge {
        inventory: file.judge.inventory,
        year: file.judge.year,
        ..Judge::default()
    });
    let estate = Known::new(&judge, &run, path, folder.as_ref()).estate()?;
    let learned = learn(&run.options, &estate, &catalogue_hash(estate.classifier.catalog()))?;
    write(args.output.as_ref(), &learned.baseline.to_json().context("failed to write down the baseline")?)?;
    if run.stats {
        let text = format!("vires: {} workloads\n", learned.baseline.len());
        let _ = std::io::stderr().write_all(text.as_bytes());
    }
    debug_assert!(!matches!(run.options.source, Source::Listen(_)));
    if let Some(remark) = undated(learned.undated) {
        let _ = writeln!(std::io::stderr(), "vires: {remark}");
    }
    finish(&learned.summary, run.stats)
}

/// `vires merge`
pub fn merge(args: &MergeArgs) -> Result<(), Failure> {
    let mut merged = None;
    for path in &args.files {
        let next = read_baseline(path)?.0;
        merged = Some(match merged {
            None => next,
            Some(known) => {
                let joined = if args.allow_overlap {
                    vires_profile::baseline::Baseline::merge_presence(known, next)
                } else {
                    vires_profile::baseline::Baseline::merge(known, next)
                };
                joined.with_context(|| format!("failed to merge {}", path.display()))?
            }
        });
    }
    let merged = merged.ok_or_else(|| anyhow!("nothing to merge: name the baselines"))?;
    Ok(write(args.output.as_ref(), &merged.to_json().context("failed to write down the baseline")?)?)
}

fn write(output: Option<&PathBuf>, text: &str) -> anyhow::Result<()> {
    match output.filter(|path| path.as_os_str() != "-") {
        Some(path) => save(path, text),
        None => Ok(print(text)?),
    }
}
