use crate::config::{Run, Tag};
use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
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
    Tag(Box<TagArgs>),

    /// Show, check and try the facts that tell which words in a log matter.
    #[command(subcommand)]
    Catalog(CatalogVerb),

    /// Show and check the configuration.
    #[command(subcommand)]
    Config(ConfigVerb),

    /// Write shell completions or the manual page.
    #[command(subcommand)]
    Generate(GenerateVerb),
}

#[derive(Debug, Args)]
pub struct TagArgs {
    /// Files or directories to read; `-` is standard input. Without any, standard input is read.
    ///
    /// Directories are read recursively by name. Files may be gzip or zstd, and whole CloudTrail documents are taken apart.
    #[arg(value_name = "FILE", conflicts_with = "listen")]
    pub files: Vec<PathBuf>,

    /// What is written: the lines themselves, or a table for people.
    #[arg(long, value_enum, default_value_t = TagFormat::Ndjson)]
    pub format: TagFormat,

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

/// What `vires tag` writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum TagFormat {
    /// Every line with its `nhi` object.
    Ndjson,
    /// One aligned row per record: time, source, actor, identity, action, target, outcome, severity.
    Table,
}

#[derive(Debug, Subcommand)]
pub enum CatalogVerb {
    /// List the facts of one sort, or how many of each sort look at each platform.
    List(CatalogList),
    /// Look for rows that cannot match or contradict each other; exit code 2 if there are any.
    Lint(Overlay),
    /// Read one event and say what matches in it, and why.
    Test(CatalogTest),
}

#[derive(Debug, Args)]
pub struct Overlay {
    /// Directory of catalogue files that are laid over the built-in ones.
    #[arg(long, value_name = "DIR")]
    pub catalog: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct CatalogList {
    /// The sort of facts. Without it: the number of rows in use, by platform.
    #[arg(value_enum)]
    pub kind: Option<FactKind>,

    /// Only rows of this platform.
    #[arg(long, value_name = "NAME")]
    pub platform: Option<String>,

    /// Only rows of at least this severity.
    #[arg(long, value_name = "1-5", value_parser = clap::value_parser!(u8).range(1..=5))]
    pub min_severity: Option<u8>,

    /// Only rows with this text in any cell, in any case.
    #[arg(long, value_name = "TEXT")]
    pub grep: Option<String>,

    /// How the rows are written.
    #[arg(long, value_enum, default_value_t = ListFormat::Table)]
    pub format: ListFormat,

    #[command(flatten)]
    pub overlay: Overlay,
}

/// The sorts of facts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum FactKind {
    /// Sensitive actions.
    Actions,
    /// Signs of what sort of identity acted.
    Identities,
    /// Names of things worth protecting.
    Resources,
    /// Shapes of credentials.
    Tokens,
    /// Pieces of user agents.
    UserAgents,
    /// Roles, policies and scopes that grant much.
    Roles,
    /// Known networks.
    Networks,
    /// Rules that tell what an action does.
    Effects,
    /// Names that tell the class of data.
    DataNames,
    /// ATT&CK techniques whose ids have changed.
    Techniques,
}

/// How a list is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ListFormat {
    /// Aligned, for people.
    Table,
    /// Tab-separated, with headings.
    Tsv,
    /// One JSON object per line.
    Json,
}

#[derive(Debug, Args)]
pub struct CatalogTest {
    /// The event: a file, `-` for standard input, or the JSON itself.
    #[arg(value_name = "EVENT", default_value = "-")]
    pub event: String,

    #[command(flatten)]
    pub overlay: Overlay,
}

#[derive(Debug, Subcommand)]
pub enum ConfigVerb {
    /// Print the whole configuration as it is in force, as a file that can be edited and used.
    Show(ConfigFile),
    /// Check the configuration, and the catalogue that it names; exit code 2 if something is wrong.
    Check(ConfigFile),
}

#[derive(Debug, Subcommand)]
pub enum GenerateVerb {
    /// Completions for a shell.
    Completions {
        /// The shell.
        shell: Shell,
    },
    /// The manual page, in roff.
    Man,
}
