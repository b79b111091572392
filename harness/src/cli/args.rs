use crate::report::Format;
use clap::{Args, Parser, Subcommand};
use std::path::PathBuf;

/// Measures how well vires decides.
#[derive(Debug, Parser)]
#[command(name = "harness", version, about)]
pub struct Cli {
    /// Worker threads; the result does not depend on it [default: one per core]
    #[arg(long, global = true)]
    pub threads: Option<usize>,
    /// What to do.
    #[command(subcommand)]
    pub verb: Verb,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Replay scenarios under one or more tunings and report what was caught, missed and falsely raised
    Run(RunArgs),
    /// Compare two runs that were written with --out run.json
    Compare(CompareArgs),
    /// Switch off each criterion in turn and report what it bought
    Ablate(AblateArgs),
    /// Try many tunings on the dev split
    Sweep(SweepArgs),
    /// Show what was said of each event of a scenario, and the arithmetic of one
    Explain(ExplainArgs),
    /// Check scenario folders
    Lint(LintArgs),
    /// Write the table of the scenario library, with what the shipped judge makes of each scenario
    List(ListArgs),
    /// Write generated scenarios in their literal form
    Expand(ExpandArgs),
    /// Write a quiet estate: identities with habits, rhythms and drift
    Generate(GenerateArgs),
    /// Replay scenarios as a cleverer attacker or a worse log would have them
    Mutate(MutateArgs),
    /// Turn your checkout of a public collection, or your own CloudTrail, into scenarios
    Import(ImportArgs),
    /// Race the shipped program against programs that do less, over generated logs whose counts are checked first
    Bench(crate::bench::BenchArgs),
    /// Write a generated log whose counts are known, to measure speed against
    Corpus(crate::bench::CorpusArgs),
}

/// Which scenarios.
#[derive(Debug, Args)]
pub struct CorpusSelection {
    /// Scenario folders, or folders of them
    #[arg(required = true, value_name = "DIR")]
    pub dirs: Vec<PathBuf>,
    /// Only scenarios whose id matches
    #[arg(long, value_name = "GLOB")]
    pub filter: Option<String>,
}

#[derive(Debug, Args)]
pub struct RunArgs {
    #[command(flatten)]
    pub corpus: CorpusSelection,
    /// Tuning file; the first is the baseline of the comparison, the gates judge the last [default: the shipped one]
    #[arg(long, value_name = "FILE")]
    pub tuning: Vec<PathBuf>,
    /// Form of what is printed
    #[arg(long, value_enum, default_value = "table")]
    pub format: Format,
    /// Also write a file; its ending tells the form, a name such as cases.csv the table
    #[arg(long, value_name = "FILE")]
    pub out: Vec<PathBuf>,
    /// Exit 1 if recall is lower
    #[arg(long, value_name = "R", value_parser = share)]
    pub min_recall: Option<f64>,
    /// Exit 1 if precision is lower
    #[arg(long, value_name = "P", value_parser = share)]
    pub min_precision: Option<f64>,
    /// Exit 1 if there are more false cases per 10,000 quiet events
    #[arg(long, value_name = "N", value_parser = not_negative)]
    pub max_false_per_10k: Option<f64>,
    /// Exit 1 if a tuning is worse than the first
    #[arg(long)]
    pub fail_on_regression: bool,
    /// Seed of everything drawn by chance
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
}

#[derive(Debug, Args)]
pub struct CompareArgs {
    /// The earlier run
    pub a: PathBuf,
    /// The later run
    pub b: PathBuf,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
    /// Exit 1 if the later run is worse
    #[arg(long)]
    pub fail_on_regression: bool,
}

#[derive(Debug, Args)]
pub struct AblateArgs {
    #[command(flatten)]
    pub corpus: CorpusSelection,
    /// Tuning to take apart [default: the shipped one]
    #[arg(long, value_name = "FILE")]
    pub tuning: Option<PathBuf>,
    /// Also write ablation.csv or criteria.csv
    #[arg(long, value_name = "FILE")]
    pub out: Vec<PathBuf>,
    /// Seed of everything drawn by chance
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
}

#[derive(Debug, Args)]
pub struct SweepArgs {
    #[command(flatten)]
    pub corpus: CorpusSelection,
    /// Tuning to start from [default: the shipped one]
    #[arg(long, value_name = "FILE")]
    pub tuning: Option<PathBuf>,
    /// Key and the values to try, e.g. disposition.escalate=40,50,60 or novelty.alpha_days=2..10/5 (five values)
    #[arg(long = "set", value_name = "KEY=VALUES", required = true)]
    pub sets: Vec<String>,
    /// Try at most this many combinations, drawn by chance
    #[arg(long, value_name = "N", default_value_t = 512)]
    pub limit: usize,
    /// Use the test split too; the report says so
    #[arg(long)]
    pub i_peeked: bool,
    /// Also write sweep.csv, or the best tuning as .toml
    #[arg(long, value_name = "FILE")]
    pub out: Vec<PathBuf>,
    /// Seed of everything drawn by chance
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
}

#[derive(Debug, Args)]
pub struct ExplainArgs {
    /// Scenario folder; with `:EVENT` (event id or line:<n>) the arithmetic of that event
    #[arg(value_name = "SCENARIO[:EVENT]")]
    pub what: String,
    /// Tuning [default: the shipped one]
    #[arg(long, value_name = "FILE")]
    pub tuning: Option<PathBuf>,
    /// Every event, not only those of which something is said
    #[arg(long)]
    pub all: bool,
}

#[derive(Debug, Args)]
pub struct LintArgs {
    #[command(flatten)]
    pub corpus: CorpusSelection,
    /// Exit 1 on warnings too
    #[arg(long)]
    pub strict: bool,
    /// Also replay them and name the criteria without an attack that they catch or a quiet scenario that comes near them
    #[arg(long)]
    pub criteria: bool,
    /// Also name every value in the raw records that gives its label away
    #[arg(long)]
    pub leakage: bool,
}

#[derive(Debug, Args)]
pub struct ListArgs {
    #[command(flatten)]
    pub corpus: CorpusSelection,
    /// Tuning [default: the shipped one]
    #[arg(long, value_name = "FILE")]
    pub tuning: Option<PathBuf>,
    /// Page whose generated part is replaced [default: print it]
    #[arg(long, value_name = "FILE", conflicts_with = "check")]
    pub out: Option<PathBuf>,
    /// Exit 1 if the generated part of this page is stale
    #[arg(long, value_name = "FILE")]
    pub check: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct ExpandArgs {
    #[command(flatten)]
    pub corpus: CorpusSelection,
    /// Folder to write to; each scenario under its id
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// Gzip the logs
    #[arg(long)]
    pub gzip: bool,
}

#[derive(Debug, Args)]
pub struct GenerateArgs {
    /// Scenario folder to write
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// How many identities, in a mix of all archetypes
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub identities: u32,
    /// Instead of the mix: so many of an archetype
    #[arg(long, value_name = "NAME=COUNT")]
    pub archetype: Vec<String>,
    /// Days of the test window
    #[arg(long, value_name = "N", default_value_t = 40, value_parser = clap::value_parser!(u32).range(1..=3650))]
    pub days: u32,
    /// Days before it
    #[arg(long, value_name = "N", default_value_t = 30, value_parser = clap::value_parser!(u32).range(0..=3650))]
    pub history: u32,
    /// Id of the scenario; what stands before its slash is the family
    #[arg(long, default_value = "noise/estate")]
    pub id: String,
    /// How busy everybody is, compared with the archetypes; small numbers make large estates cheap
    #[arg(long, value_name = "FACTOR", default_value_t = 1.0, value_parser = factor)]
    pub rate: f64,
    /// Habits do not change
    #[arg(long)]
    pub no_drift: bool,
    /// Gzip the logs
    #[arg(long)]
    pub gzip: bool,
    /// Equal seeds give equal bytes
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
}

#[derive(Debug, Args)]
pub struct MutateArgs {
    #[command(flatten)]
    pub corpus: CorpusSelection,
    /// Which change [default: all]
    #[arg(long, value_enum, value_name = "NAME")]
    pub mutation: Vec<crate::mutate::Mutation>,
    /// Tuning [default: the shipped one]
    #[arg(long, value_name = "FILE")]
    pub tuning: Option<PathBuf>,
    /// Also write the changed scenarios
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Seed of everything drawn by chance
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
}

#[derive(Debug, Args)]
pub struct ImportArgs {
    /// Which collection
    #[arg(value_enum)]
    pub collection: crate::import::Collection,
    /// Where it is checked out
    #[arg(value_name = "DIR")]
    pub dir: PathBuf,
    /// Folder to write scenarios to
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// For your own logs: the last N days are the test window
    #[arg(long, value_name = "N", default_value_t = 7)]
    pub test_days: u32,
}

fn share(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(value) if (0.0..=1.0).contains(&value) => Ok(value),
        _ => Err("not a share between 0 and 1".into()),
    }
}

fn factor(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(value) if value > 0.0 && value <= 100.0 => Ok(value),
        _ => Err("not a number above 0 and up to 100".into()),
    }
}

fn not_negative(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(value) if value >= 0.0 && value.is_finite() => Ok(value),
        _ => Err("not a number from 0 on".into()),
    }
}
