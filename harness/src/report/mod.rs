//! Writes an evaluation down, in every form that is asked for.

mod json;

pub use json::{ProvenanceCounts, RunFile, SCHEMA, ScenarioRow, TOOL};
