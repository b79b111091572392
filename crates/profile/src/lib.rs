//! Each identity's remit: what its owners declared, and what was learned of it.
//!
//! - [`Inventory`]: workloads with owner, purpose, identities and expectations; from an identity to its workload in a few lookups.
//! - [`zones::Zones`]: from which named network a request came. [`data::DataClasses`]: how sensitive a target is.
//! - [`Exceptions`]: what was approved for a time.
//! - [`baseline`]: what each workload was seen to do, mergeable.
//!
//! Nothing here decides: it says what is expected. Nothing reads a clock: the moment is passed in.

pub mod baseline;
pub mod data;
pub mod diff;
pub mod draft;
pub mod duration;
mod error;
pub mod exceptions;
mod finding;
pub mod globs;
pub mod import;
pub mod inventory;
pub mod lint;
mod moment;
pub mod observation;
pub mod propose;
pub mod schedule;
pub mod summary;
pub mod toml_file;
mod words;
pub mod write;
pub mod zones;

pub use error::Error;
pub use exceptions::Exceptions;
pub use finding::{Finding, Severity};
pub use inventory::{Inventory, Workload, WorkloadIndex};
