use crate::args::ConfigFile;
use clap::{Args, ValueEnum};
use std::path::PathBuf;
use vires_pipeline::YearRule;

#[derive(Debug, Args)]
pub struct ReportArgs {
    /// What to report on: an estate folder, logs as for `vires judge`, or files of cases that `vires judge --cases` has written.
    #[arg(value_name = "FILE")]
    pub files: Vec<PathBuf>,

    /// The folder for the reports; it is made if it does not exist, and files of an earlier report are replaced.
    #[arg(long, short, value_name = "DIR", required_unless_present = "diff")]
    pub out: Option<PathBuf>,

    /// What is written.
    #[arg(long, value_enum, value_delimiter = ',', default_values = ["csv", "xlsx", "html"])]
    pub format: Vec<ReportFormat>,

    /// Also write the findings as OCSF 1.6 Detection Findings (class 2004), one JSON object per line.
    #[arg(long)]
    pub ocsf: bool,

    /// Also write the findings as documents with ECS field names, one JSON object per line.
    #[arg(long)]
    pub ecs: bool,

    /// Compare two folders that this verb has written, and say what changed since the earlier one.
    #[arg(long, num_args = 2, value_names = ["OLD", "NEW"], conflicts_with = "files")]
    pub diff: Option<Vec<PathBuf>>,

    #[command(flatten, next_help_heading = "What is reported")]
    pub choice: Choice,

    #[command(flatten, next_help_heading = "Judging")]
    pub inputs: Inputs,

    #[command(flatten)]
    pub config: ConfigFile,
}

#[derive(Debug, Args)]
pub struct Choice {
    /// Only findings since then: a time (2026-03-01T00:00:00Z), a day (2026-03-01) or so many days before the date of the report (7d).
    #[arg(long, value_name = "TIME")]
    pub since: Option<String>,

    /// Only what this team owns; may be given several times.
    #[arg(long, value_name = "TEAM")]
    pub owner: Vec<String>,

    /// Only what nobody owns; with --owner: that as well.
    #[arg(long)]
    pub unowned: bool,

    /// The date of the report, from which days are counted [default: the last record].
    #[arg(long, value_name = "TIME")]
    pub at: Option<String>,

    /// The version of MITRE ATT&CK in which techniques are printed.
    #[arg(long, value_name = "VERSION", default_value_t = 18, value_parser = clap::value_parser!(u8).range(18..=19))]
    pub attack_version: u8,

    /// Days of silence after which an identity counts as dormant.
    #[arg(long, value_name = "N", default_value_t = 30)]
    pub dormant_days: u64,

    /// Days after which a credential that does not end by itself counts as long-lived.
    #[arg(long, value_name = "N", default_value_t = 90)]
    pub key_days: u64,
}

#[derive(Debug, Args)]
pub struct Inputs {
    /// What was learned of each workload.
    #[arg(long, value_name = "FILE")]
    pub baseline: Option<PathBuf>,

    /// What is expected of each workload, TOML or CSV.
    #[arg(long, value_name = "FILE")]
    pub inventory: Option<PathBuf>,

    /// What was approved for a time.
    #[arg(long, value_name = "FILE")]
    pub exceptions: Option<PathBuf>,

    /// Weights and cuts that differ from the defaults.
    #[arg(long, value_name = "FILE")]
    pub tuning: Option<PathBuf>,

    /// What the judge remembers of the time before these logs: the file that `vires judge --state` has kept with this baseline. It
    /// is read, not written.
    #[arg(long, value_name = "FILE")]
    pub state: Option<PathBuf>,

    /// The year of times that say none (RFC 3164), four digits.
    #[arg(long, value_name = "YEAR")]
    pub year: Option<YearRule>,

    /// What identities are allowed: CSV (identity,privilege,scope,source,granted_at) or Kubernetes RBAC manifests, YAML or JSON; may be
    /// given several times [default: grants.csv, rbac.yaml of the estate folder].
    #[arg(long, value_name = "FILE")]
    pub grants: Vec<PathBuf>,

    /// Directory of catalogue files that are laid over the built-in ones.
    #[arg(long, value_name = "DIR")]
    pub catalog: Option<PathBuf>,

    /// Number of threads [default: one per core].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub threads: Option<u16>,
}

/// A form of the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ReportFormat {
    /// One file for each table.
    Csv,
    /// All tables in one workbook.
    Xlsx,
    /// One page for people, to read and to print.
    Html,
    /// As --ocsf.
    Ocsf,
    /// As --ecs.
    Ecs,
}
