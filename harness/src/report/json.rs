//! The run as JSON, schema `vires-run/1`: numbers unrounded, what is undefined null.

use crate::compare::Comparison;
use crate::decode::format_time;
use crate::engine::Verdict;
use crate::evaluate::Evaluation;
use crate::scenario::{Provenance, ScenarioKind};
use crate::score::{Fate, Measures};
use serde::{Deserialize, Serialize};

/// Schema of the file.
pub const SCHEMA: &str = "vires-run/1";

/// Name and version of this program.
pub const TOOL: &str = concat!("harness ", env!("CARGO_PKG_VERSION"));

/// A whole run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunFile {
    /// [`SCHEMA`].
    pub schema: String,
    /// [`TOOL`].
    pub tool: String,
    /// Seed of everything drawn by chance.
    pub seed: u64,
    /// SHA-256 of all scenario files.
    pub corpus_sha256: String,
    /// How many scenarios have log lines of each origin.
    pub provenance: ProvenanceCounts,
    /// Lines that nobody can read, in all logs.
    pub unreadable_lines: u64,
    /// Measures by tuning.
    pub tunings: Vec<Measures>,
    /// Each later tuning against the first.
    pub comparisons: Vec<Comparison>,
    /// What came of each scenario under each tuning.
    pub scenarios: Vec<ScenarioRow>,
    /// Measures of the reference detectors.
    pub references: Vec<Measures>,
}

/// Scenarios by origin of their log lines.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProvenanceCounts {
    /// Recorded in the wild.
    pub real: u64,
    /// Recorded while somebody staged it.
    pub emulated: u64,
    /// Written after public accounts.
    pub modelled: u64,
}

/// One scenario under one tuning.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ScenarioRow {
    /// Scenario id.
    pub id: String,
    /// Its family.
    pub family: String,
    /// Its kind.
    pub kind: ScenarioKind,
    /// Name of the tuning.
    pub tuning: String,
    /// Highest verdict that any case reached.
    pub verdict: Verdict,
    /// Attack instances caught.
    pub caught: u64,
    /// Missed.
    pub missed: u64,
    /// Queued.
    pub queued: u64,
    /// Cases raised for nothing.
    pub false_cases: u64,
    /// When somebody was first told, RFC 3339.
    pub first_escalation: Option<String>,
    /// What the highest case said.
    pub reasons: Vec<String>,
}

impl RunFile {
    /// The file of an evaluation.
    pub fn new(evaluation: &Evaluation) -> RunFile {
        let scenarios = &evaluation.corpus.scenarios;
        let of = |p: Provenance| scenarios.iter().filter(|s| s.manifest.provenance == p).count() as u64;
        let rows = evaluation.runs.iter().flat_map(|run| {
            scenarios.iter().zip(&run.outcomes).map(|(scenario, outcome)| {
                let fates = |fate: Fate| outcome.instances.iter().filter(|i| i.fate == fate).count() as u64;
                ScenarioRow {
                    id: scenario.id().to_string(),
                    family: scenario.family().to_string(),
                    kind: scenario.manifest.kind,
                    tuning: run.measures.name.clone(),
                    verdict: outcome.verdict,
                    caught: fates(Fate::Caught),
                    missed: fates(Fate::Missed),
                    queued: fates(Fate::Queued),
                    false_cases: outcome.false_cases.len() as u64,
                    first_escalation: outcome.first_escalation.map(format_time),
                    reasons: outcome.reasons.clone(),
                }
            })
        });
        RunFile {
            schema: SCHEMA.to_string(),
            tool: TOOL.to_string(),
            seed: evaluation.seed,
            corpus_sha256: evaluation.corpus.sha256.clone(),
            provenance: ProvenanceCounts {
                real: of(Provenance::Real),
                emulated: of(Provenance::Emulated),
                modelled: of(Provenance::Modelled),
            },
            unreadable_lines: scenarios.iter().map(|s| s.events.unreadable + s.history.unreadable).sum(),
            tunings: evaluation.runs.iter().map(|run| run.measures.clone()).collect(),
            comparisons: evaluation.comparisons.clone(),
            scenarios: rows.collect(),
            references: evaluation.references.iter().map(|r| r.measures.clone()).collect(),
        }
    }

    /// The text, one line end at its end.
    pub fn to_text(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string_pretty(self).map(|text| text + "\n")
    }
}
