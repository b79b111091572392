use crate::config::{Judge, Run, Size, Split, Tag};
use crate::survey::Order;
use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use std::path::PathBuf;
use vires_pipeline::YearRule;

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

    /// Say of each log line whether what a non-human identity does is worth escalating.
    ///
    /// Compares with what was declared (inventory), learned (baseline) and approved (exceptions). Reads and writes lines as
    /// `vires tag` does. An estate folder with `logs/`, and where present `history/` or `baseline.json`, `inventory.toml`,
    /// `exceptions.toml` and `tuning.toml`, stands for all inputs; of it the ranked cases are shown.
    Judge(Box<JudgeArgs>),

    /// Learn from logs what each workload usually does.
    Learn(LearnArgs),

    /// Join baselines that were learned from different logs into the one that all logs together would have given.
    Merge(MergeArgs),

    /// Print how a verdict came about, so that it can be computed again by hand, and what would have kept it quiet.
    Explain(ExplainArgs),

    /// Write what a review needs: tables, a workbook and a page on who may do what, did what, and what somebody has to decide.
    ///
    /// Takes the inputs of `vires judge` (an estate folder stands for all of them) or the cases that it has written.
    Report(Box<crate::report::ReportArgs>),

    /// Lay out a baseline or cases as a table that other engines read: NDJSON, or Parquet.
    Export(ExportArgs),

    /// Make a baseline or a file of cases again from the table that `vires export baseline` or `records` wrote, to the byte.
    Import(ImportArgs),

    /// Look into what judges remember, and hand workloads over from one to another.
    #[command(subcommand)]
    State(StateVerb),

    /// Check, draft, compare and import inventories.
    #[command(subcommand)]
    Inventory(InventoryVerb),

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
    /// Directories are read recursively by name, without hidden files and `*.md`. Files may be gzip or zstd, and whole CloudTrail documents are taken apart.
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
pub struct JudgeArgs {
    /// Files or directories to read, or one estate folder; `-` is standard input. Without any, standard input is read.
    #[arg(value_name = "FILE", conflicts_with = "listen")]
    pub files: Vec<PathBuf>,

    /// What is written [default: table for an estate folder, else ndjson].
    #[arg(long, value_enum)]
    pub format: Option<JudgeFormat>,

    /// In which order several files are judged [default: time for cases, files for lines].
    #[arg(long, value_enum)]
    pub order: Option<Order>,

    #[command(flatten)]
    pub config: ConfigFile,

    #[command(flatten, next_help_heading = "Judging")]
    pub judge: Judge,

    /// If the state file cannot be used, set it aside as FILE.bad and start afresh.
    #[arg(long, requires = "state")]
    pub state_reset: bool,

    #[command(flatten, next_help_heading = "Tagging")]
    pub tag: Tag,

    #[command(flatten, next_help_heading = "Running")]
    pub run: Run,
}

/// What `vires judge` writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum JudgeFormat {
    /// Every line with its `nhi` object.
    Ndjson,
    /// The cases, the gravest first: verdict, score, workload, owner, boundaries, since when, why.
    Table,
    /// The same as one JSON object per line, with all evidence.
    Cases,
}

#[derive(Debug, Args)]
pub struct LearnArgs {
    /// Files or directories to learn from, or an estate folder with `history/`; `-` is standard input.
    #[arg(value_name = "FILE")]
    pub files: Vec<PathBuf>,

    /// Where the baseline is written, in one step at the end [default: standard output].
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,

    /// The inventory by which identities are put together to workloads.
    #[arg(long, value_name = "FILE")]
    pub inventory: Option<PathBuf>,

    /// The year of times that say none (RFC 3164): four digits, or a moment near which they were written [default: such lines teach
    /// nothing].
    #[arg(long, value_name = "YEAR")]
    pub year: Option<YearRule>,

    #[command(flatten)]
    pub config: ConfigFile,

    /// Number of threads [default: one per core].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub threads: Option<u16>,

    /// Longest line that is looked at, in bytes, with k or m [default: 4m].
    #[arg(long, value_name = "BYTES")]
    pub max_line: Option<Size>,

    /// Take documents apart on standard input too, not only in files.
    #[arg(long, value_enum)]
    pub split: Option<Split>,

    /// Directory of catalogue files that are laid over the built-in ones.
    #[arg(long, value_name = "DIR")]
    pub catalog: Option<PathBuf>,

    /// Print a summary to standard error at the end.
    #[arg(long)]
    pub stats: bool,
}

#[derive(Debug, Args)]
pub struct MergeArgs {
    /// Baselines.
    #[arg(value_name = "BASELINE", required = true)]
    pub files: Vec<PathBuf>,

    /// Where the joined baseline is written [default: standard output].
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,

    /// Also join baselines that share logs: days stay exact, of counts the greater one is kept.
    #[arg(long)]
    pub allow_overlap: bool,
}

#[derive(Debug, Args)]
pub struct ExplainArgs {
    /// A case, the number of a line, an event id, a workload, an identity, or a criterion, whose page is printed.
    #[arg(value_name = "CASE|LINE")]
    pub what: String,

    /// The same inputs as for `vires judge`: files, directories or an estate folder.
    #[arg(value_name = "FILE")]
    pub files: Vec<PathBuf>,

    #[command(flatten)]
    pub config: ConfigFile,

    /// What was learned of each workload.
    #[arg(long, value_name = "FILE")]
    pub baseline: Option<PathBuf>,

    /// What is expected of each workload.
    #[arg(long, value_name = "FILE")]
    pub inventory: Option<PathBuf>,

    /// What was approved for a time.
    #[arg(long, value_name = "FILE")]
    pub exceptions: Option<PathBuf>,

    /// Weights and cuts that differ from the defaults.
    #[arg(long, value_name = "FILE")]
    pub tuning: Option<PathBuf>,

    /// The year of times that say none (RFC 3164): four digits, `clock`, or a moment near which they were written.
    #[arg(long, value_name = "YEAR")]
    pub year: Option<YearRule>,

    /// Directory of catalogue files that are laid over the built-in ones.
    #[arg(long, value_name = "DIR")]
    pub catalog: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct ExportArgs {
    /// The table.
    #[arg(value_enum)]
    pub table: ExportTable,

    /// A baseline, or files of cases that `vires judge --cases` has written.
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<PathBuf>,

    /// How rows are written.
    #[arg(long, value_enum, default_value_t = ExportFormat::Ndjson)]
    pub format: ExportFormat,

    /// Where the table is written, in one step [default: standard output].
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct ImportArgs {
    /// The table, NDJSON or Parquet, whoever wrote it last; a folder stands for the files in it, as Spark writes them.
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<PathBuf>,

    /// Where the file is written, in one step [default: standard output].
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// What can be laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ExportTable {
    /// Of a baseline: each workload, with how much it does and how far it reaches.
    Workloads,
    /// Of a baseline: each value that a workload was seen with, and on how many days.
    Habits,
    /// Of cases: each record.
    Cases,
    /// Of cases: each piece of evidence.
    Evidence,
    /// A baseline as it is, a row a line: `vires import` makes it again.
    Baseline,
    /// Records of cases as they are, a row a line: `vires import` makes them again.
    Records,
}

/// How exported rows are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ExportFormat {
    /// One JSON object per row.
    Ndjson,
    /// Columns, if the program was built with the feature `parquet`.
    Parquet,
}

#[derive(Debug, Subcommand)]
pub enum StateVerb {
    /// List the workloads of a state, one JSON object per line: workload, last_seen, evidence, case.
    List {
        /// A state that `vires judge --state` has kept.
        #[arg(value_name = "STATE")]
        file: PathBuf,
    },
    /// Copy some workloads of a state to a state of its own, for the judge that gets their events from now on.
    Take {
        /// The state of a judge with `--step decide`, which has stopped.
        #[arg(value_name = "STATE")]
        file: PathBuf,

        /// Names of workloads, one a line, or lines of `vires state list`; `-` is standard input.
        #[arg(long, value_name = "FILE")]
        workloads: PathBuf,

        /// Take all others instead: what the old judge keeps.
        #[arg(long)]
        except: bool,

        /// The state to write [default: standard output].
        #[arg(long, short, value_name = "FILE")]
        output: Option<PathBuf>,
    },
    /// Join states that share no workload to one.
    Merge {
        /// States of judges with `--step decide`, which have stopped.
        #[arg(value_name = "STATE", required = true)]
        files: Vec<PathBuf>,

        /// The state to write [default: standard output].
        #[arg(long, short, value_name = "FILE")]
        output: Option<PathBuf>,
    },
}

#[derive(Debug, Subcommand)]
pub enum InventoryVerb {
    /// Look for what is wrong or hardly meant; exit code 2 if a file could not be used.
    Lint {
        /// Inventories.
        #[arg(value_name = "INVENTORY", required_unless_present = "exceptions")]
        inventory: Vec<PathBuf>,

        /// Exceptions, whose identities are looked up in the first inventory.
        #[arg(long, value_name = "FILE")]
        exceptions: Vec<PathBuf>,

        /// The moment at which terms are looked at [default: now].
        #[arg(long, value_name = "TIME")]
        at: Option<String>,
    },
    /// Draft profiles from what was learned.
    Propose {
        /// The baseline.
        #[arg(value_name = "BASELINE")]
        baseline: PathBuf,

        /// What is declared already: it is kept as it is.
        #[arg(long, value_name = "FILE")]
        inventory: Option<PathBuf>,
    },
    /// Show what changes between two inventories, and what that would silence.
    Diff {
        /// The inventory in use.
        #[arg(value_name = "OLD")]
        old: PathBuf,

        /// The inventory to come.
        #[arg(value_name = "NEW")]
        new: PathBuf,

        /// What was learned: shows which of it would no longer stand out.
        #[arg(long, value_name = "FILE")]
        baseline: Option<PathBuf>,
    },
    /// Draft an inventory from what another system knows.
    Import {
        /// The system.
        #[arg(value_enum)]
        kind: ImportKind,

        /// Its exports.
        #[arg(value_name = "FILE", required = true)]
        files: Vec<PathBuf>,
    },
}

/// Systems from which an inventory can be drafted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ImportKind {
    /// AWS IAM: credential report (CSV) and tags of roles and users (JSON of the CLI).
    AwsIam,
    /// Kubernetes manifests, YAML or JSON.
    Kubernetes,
    /// Backstage `catalog-info.yaml`.
    Backstage,
    /// Terraform or OpenTofu state, chosen keys only.
    Terraform,
    /// SPIRE registration entries.
    Spire,
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
    /// Print the whole configuration as it is in force, with the judge's tuning, as a file that can be edited and used.
    Show(ConfigShow),
    /// Check the configuration and every file that it names, together; exit code 2 if something is wrong.
    Check(ConfigFile),
}

#[derive(Debug, Args)]
pub struct ConfigShow {
    /// Only the tuning, as a file of its own.
    #[arg(long)]
    pub tuning: bool,

    #[command(flatten)]
    pub config: ConfigFile,
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
