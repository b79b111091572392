use super::size::Size;
use anyhow::{Context, Result, bail, ensure};
use clap::{Args, ValueEnum};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use vires_pipeline::{Address, Codec as Framing, Framing as Frames, Log, Options, Source, StatsFile, Target};

/// How records are told apart on a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Codec {
    /// One record per line.
    Lines,
    /// `<decimal length>:<record>,`
    Netstring,
    /// Four bytes of length, big-endian, then the record.
    Len32,
}

/// How each record is confirmed on standard output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ack {
    /// As rsyslog's omprog expects with `confirmMessages="on"`.
    Omprog,
}

/// What is taken apart before it is read line by line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Split {
    /// `{"Records":[…]}` and top-level arrays: one compact line per record.
    Records,
}

/// How the program runs.
#[derive(Debug, Clone, Default, PartialEq, Args, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Run {
    /// Number of threads that work on lines [default: one per core].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub threads: Option<u16>,

    /// Longest line that is looked at, in bytes, with k or m; a longer one passes unchanged [default: 4m].
    #[arg(long, value_name = "BYTES")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_line: Option<Size>,

    /// Take documents apart on standard input and connections too, not only in files.
    #[arg(long, value_enum)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub split: Option<Split>,

    /// How records are told apart, on input and output [default: lines].
    #[arg(long, value_enum)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub codec: Option<Codec>,

    /// Read from connections to this address: unix:PATH or tcp:HOST:PORT.
    #[arg(long, value_name = "ADDRESS")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub listen: Option<Address>,

    /// Write to a connection to this address, made again whenever it breaks: unix:PATH or tcp:HOST:PORT.
    #[arg(long, value_name = "ADDRESS", conflicts_with = "output")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connect: Option<Address>,

    /// Allow addresses of other machines. The connection is neither encrypted nor authenticated.
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true", value_name = "BOOL")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allow_remote: Option<bool>,

    /// Append to a file, opened anew on SIGHUP, instead of writing to standard output.
    #[arg(long, short, value_name = "FILE")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output: Option<PathBuf>,

    /// Confirm each record on standard output once it is written; needs --connect or --output.
    #[arg(long, value_enum)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ack: Option<Ack>,

    /// Longest time from SIGTERM to the end, for what is still on its way [default: 5].
    #[arg(long, value_name = "SECONDS")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub drain_timeout: Option<f64>,

    /// Directory of catalogue files that are laid over the built-in ones; read again on SIGHUP.
    #[arg(long, value_name = "DIR")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub catalog: Option<PathBuf>,

    /// Print a summary to standard error at the end.
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true", value_name = "BOOL")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stats: Option<bool>,

    /// Keep the counters in this file: JSON, or the Prometheus text format if its name ends in .prom.
    #[arg(long, value_name = "FILE")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stats_file: Option<PathBuf>,

    /// Append what goes wrong while streaming to this file. Standard error stays silent: shippers read it as data.
    #[arg(long, value_name = "FILE")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log_file: Option<PathBuf>,
}

/// [`Run`] with every default filled in and checked.
#[derive(Debug)]
pub struct RunSettings {
    pub catalog: Option<PathBuf>,
    pub stats: bool,
    pub options: Options,
}

impl Run {
    /// These settings where given, else those of `file`.
    pub fn or(self, file: Self) -> Self {
        Run {
            threads: self.threads.or(file.threads),
            max_line: self.max_line.or(file.max_line),
            split: self.split.or(file.split),
            codec: self.codec.or(file.codec),
            listen: self.listen.or(file.listen),
            connect: self.connect.or(file.connect),
            allow_remote: self.allow_remote.or(file.allow_remote),
            output: self.output.or(file.output),
            ack: self.ack.or(file.ack),
            drain_timeout: self.drain_timeout.or(file.drain_timeout),
            catalog: self.catalog.or(file.catalog),
            stats: self.stats.or(file.stats),
            stats_file: self.stats_file.or(file.stats_file),
            log_file: self.log_file.or(file.log_file),
        }
    }

    /// Fills in the defaults. `files` are the inputs named on the command line.
    pub fn resolve(self, files: Vec<PathBuf>) -> Result<RunSettings> {
        let seconds = self.drain_timeout.unwrap_or(5.0);
        ensure!((0.0..=86_400.0).contains(&seconds), "--drain-timeout takes seconds from 0 to 86400");
        let threads = match self.threads {
            Some(0) => bail!("threads must be at least 1"),
            Some(n) => usize::from(n),
            None => std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
        };
        let allow_remote = self.allow_remote.unwrap_or(false);
        for (flag, address) in [("--listen", &self.listen), ("--connect", &self.connect)] {
            if let Some(address) = address {
                ensure!(
                    allow_remote || address.is_local(),
                    "{flag} {address} is not on this machine: add --allow-remote if an unencrypted, unauthenticated connection is safe there"
                );
            }
        }
        let source = match self.listen {
            // Files on the command line are asked for more directly than a listener in the configuration file.
            Some(address) if files.is_empty() => Source::Listen(address),
            _ if files.is_empty() => Source::Stdin,
            _ => Source::Files(files),
        };
        let target = match (self.connect, self.output) {
            (Some(_), Some(_)) => bail!("connect and output exclude each other"),
            (Some(address), None) => Target::Connect(address),
            (None, Some(path)) => Target::File(path),
            (None, None) => Target::Stdout,
        };
        if self.ack.is_some() && target == Target::Stdout {
            bail!("--ack confirms on standard output, so the events must go elsewhere: add --connect or --output");
        }
        let codec = match self.codec.unwrap_or(Codec::Lines) {
            Codec::Lines => Framing::Lines,
            Codec::Netstring => Framing::Netstring,
            Codec::Len32 => Framing::Len32,
        };
        if codec != Framing::Lines && (self.split.is_some() || self.ack.is_some()) {
            bail!("--split and --ack work on lines only: drop --codec");
        }
        let log = Log::open(self.log_file.as_deref())
            .with_context(|| format!("failed to open the log file {}", self.log_file.unwrap_or_default().display()))?;
        Ok(RunSettings {
            catalog: self.catalog,
            stats: self.stats.unwrap_or(false),
            options: Options {
                source,
                target,
                framing: Frames { codec, max_line: self.max_line.map_or(4 << 20, |size| size.0), split: self.split.is_some() },
                threads,
                omprog: self.ack.is_some(),
                drain: Duration::from_secs_f64(seconds),
                stats_file: self.stats_file.map(StatsFile::new),
                log: Arc::new(log),
            },
        })
    }
}
