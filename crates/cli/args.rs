use crate::config::{Run, Tag};
use clap::{Args, Parser, Subcommand};
use std::path::PathBuf;

/// Decides whether the activity of non-human identities in audit logs is worth escalating.
#[derive(Debug, Parser)]
#[command(name = "vires", version, max_term_width = 100)]
pub struct Cli {
    #[command(subcommand)]
    pub verb: Verb,
}

#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Say of each log line which non-human identity acted and which sensitive target it touched.
    ///
    /// Reads lines from standard input, files, directories or connections; writes each line with an `nhi` object added, in the
    /// same order, and changes nothing else in it.
    Tag(TagArgs),
}

#[derive(Debug, Args)]
pub struct TagArgs {
    /// Files or directories to read; `-` is standard input. Without any, standard input is read.
    ///
    /// Directories are read recursively by name. Files may be gzip or zstd, and whole CloudTrail documents are taken apart.
    #[arg(value_name = "FILE", conflicts_with = "listen")]
    pub files: Vec<PathBuf>,

    #[command(flatten)]
    pub config: ConfigFile,

    #[command(flatten, next_help_heading = "Tagging")]
    pub tag: Tag,

    #[command(flatten, next_help_heading = "Running")]
    pub run: Run,
}

#[derive(Debug, Args)]
pub struct ConfigFile {
    /// Configuration file; every key in it is also a flag, and the flag wins [default: /etc/vires/vires.toml if it exists].
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
}
