//! Labelled stories: one folder each, in the form of the contract.
//!
//! What the judge may see ([`Estate`]) and what is known to be true ([`Truth`]) are separate types, so that no label, title, id or
//! folder name can reach a verdict.

mod fault;
mod find;
mod labels;
mod lint;
mod load;
mod logs;
mod manifest;
mod truth;

pub use fault::{Fault, Faults};
pub use find::{Filter, find};
pub use labels::{Label, LabelRow, Labels};
pub use lint::lint;
pub(crate) use load::hex;
pub use load::{Corpus, Document, Estate, Scenario, load_all, load_one};
pub use logs::{Lines, LogSource, Opens};
pub use manifest::{Background, Expect, ExpectedVerdict, History, Inject, Manifest, Provenance, SCHEMA, ScenarioKind, Split};
pub use truth::{Instance, Mark, Truth};
