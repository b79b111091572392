//! Benchmarks: seeded corpora whose expected counts are known, so that nothing can be fast and wrong.

pub mod corpus;
mod others;
mod race;
mod speed;
mod turns;

pub(crate) use speed::{BenchArgs, run as bench};

use crate::cli::Ended;
use anyhow::Context;
use corpus::{Content, Envelope, Spec};
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::PathBuf;

/// What to generate.
#[derive(Debug, clap::Args)]
pub struct CorpusArgs {
    /// File to write
    #[arg(long)]
    pub out: PathBuf,
    /// Size in bytes
    #[arg(long, default_value_t = 100_000_000)]
    pub bytes: u64,
    /// How many of 100 lines must be tagged
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(0..=100))]
    pub percent: u32,
    /// What stands around each event
    #[arg(long, value_enum, default_value = "bare")]
    pub envelope: Envelope,
    /// What events there are
    #[arg(long, value_enum, default_value = "cloudtrail")]
    pub content: Content,
    /// Equal seeds give equal bytes
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
}

pub(crate) fn run(args: &CorpusArgs, out: &mut Vec<u8>) -> anyhow::Result<Ended> {
    let file = File::create(&args.out).with_context(|| format!("failed to create {}", args.out.display()))?;
    let mut writer = BufWriter::with_capacity(1 << 20, file);
    let spec =
        Spec { seed: args.seed, bytes: args.bytes, percent: args.percent, envelope: args.envelope, content: args.content };
    let written = corpus::write(spec, &mut writer)?;
    writer.flush()?;
    writeln!(out, "lines {} sensitive {} bytes {}", written.lines, written.sensitive, written.bytes)?;
    Ok(Ended::Well)
}
