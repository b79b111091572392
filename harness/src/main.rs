//! `harness`: measures how well and how fast `vires` decides.

mod bench;

use anyhow::Context;
use bench::corpus::{self, Envelope};
use clap::{Parser, Subcommand};
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Parser)]
#[command(version, about)]
struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Write a generated log whose counts are known
    Corpus {
        /// File to write
        #[arg(long)]
        out: PathBuf,
        /// Size in bytes
        #[arg(long, default_value_t = 100_000_000)]
        bytes: u64,
        /// How many of 100 lines must be tagged
        #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(0..=100))]
        percent: u32,
        /// What stands around each event
        #[arg(long, value_enum, default_value = "bare")]
        envelope: Envelope,
        /// Equal seeds give equal bytes
        #[arg(long, default_value_t = 1)]
        seed: u64,
    },
}

fn main() -> ExitCode {
    match run(Args::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "harness: {error:#}");
            ExitCode::from(2)
        }
    }
}

fn run(args: Args) -> anyhow::Result<()> {
    match args.verb {
        Verb::Corpus { out, bytes, percent, envelope, seed } => {
            let file = File::create(&out).with_context(|| format!("failed to create {}", out.display()))?;
            let mut writer = BufWriter::with_capacity(1 << 20, file);
            let written = corpus::write(corpus::Spec { seed, bytes, percent, envelope }, &mut writer)?;
            writer.flush()?;
            let mut stdout = std::io::stdout();
            writeln!(stdout, "lines {} sensitive {} bytes {}", written.lines, written.sensitive, written.bytes)?;
        }
    }
    Ok(())
}
