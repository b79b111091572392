//! Labelled stories: one folder each, in the form of the contract.
//!
//! What the judge may see ([`Estate`]) and what is known to be true ([`Truth`]) are separate types, so that no label, title, id or
//! folder name can reach a verdict.

mod expand;
mod fault;
mod find;
mod generator;
mod labels;
mod leakage;
mod lint;
mod load;
mod logs;
mod manifest;
mod truth;

pub use expand::{Form, write_literal};
pub use fault::{Fault, Faults};
pub use find::{Filter, find};
pub use generator::{Actor, Background, History, Inject, Shift};
pub use labels::{Label, LabelRow, Labels};
pub use leakage::{Leak, LeakSort, leakage, leakage_findings};
pub use lint::lint;
pub use load::Parts;
#[cfg(test)]
pub(crate) use load::read_manifest;
pub use load::{Corpus, Document, Estate, Scenario, Selection, load_all, load_one, load_selection, select};
pub(crate) use load::{assemble, hex, parts};
pub use logs::{Lines, LogSource, Opens};
pub use manifest::{Expect, ExpectedVerdict, Manifest, Provenance, SCHEMA, ScenarioKind, Split};
pub use truth::{Instance, Mark, Truth};
