use clap::{Args, ValueEnum};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use vires_pipeline::YearRule;

/// One of the judge's two steps, where several processes share the work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// See all events in their order; write what concerns several workloads, and in `nhi.workload` the key to share them out by.
    Join,
    /// See all events of some workloads, as the first step has written them, and decide.
    Decide,
}

/// What the judge compares with, and what it keeps.
#[derive(Debug, Clone, Default, PartialEq, Args, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Judge {
    /// What was learned of each workload: the file that `vires learn` writes.
    #[arg(long, value_name = "FILE")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub baseline: Option<PathBuf>,

    /// What is expected of each workload, TOML or CSV; read again on SIGHUP.
    #[arg(long, value_name = "FILE")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inventory: Option<PathBuf>,

    /// What was approved for a time; read again on SIGHUP.
    #[arg(long, value_name = "FILE")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exceptions: Option<PathBuf>,

    /// Weights and cuts that differ from the defaults; read again on SIGHUP.
    #[arg(long, value_name = "FILE")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tuning: Option<PathBuf>,

    /// Keep what is remembered of each workload in this file, so that a restarted run goes on where it was.
    #[arg(long, value_name = "FILE")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<PathBuf>,

    /// Time between two writes of the state file, if there is news; it is also written at the end [default: 60].
    #[arg(long, value_name = "SECONDS")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub snapshot_interval: Option<f64>,

    /// Append one JSON line to this file each time a case has something to say.
    #[arg(long, value_name = "FILE")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cases: Option<PathBuf>,

    /// The same as OCSF Detection Findings (class 2004, 1.6): escalated cases are alerts, those that cannot be judged are none.
    #[arg(long, value_name = "FILE")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ocsf: Option<PathBuf>,

    /// The year of times that say none (RFC 3164): four digits, or `clock` for the one that brings them nearest to now
    /// [default: such lines are not judged, unless an envelope says the year].
    #[arg(long, value_name = "YEAR")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub year: Option<YearRule>,

    /// Do one of the judge's two steps only, so that several processes share the work [default: both steps].
    #[arg(long, value_enum)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub step: Option<Step>,
}

impl Judge {
    /// These settings where given, else those of `file`.
    pub fn or(self, file: Self) -> Self {
        Judge {
            baseline: self.baseline.or(file.baseline),
            inventory: self.inventory.or(file.inventory),
            exceptions: self.exceptions.or(file.exceptions),
            tuning: self.tuning.or(file.tuning),
            state: self.state.or(file.state),
            snapshot_interval: self.snapshot_interval.or(file.snapshot_interval),
            cases: self.cases.or(file.cases),
            ocsf: self.ocsf.or(file.ocsf),
            year: self.year.or(file.year),
            step: self.step.or(file.step),
        }
    }
}
