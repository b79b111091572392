//! Flags and the configuration file are the same structs, so that neither can know a setting that the other lacks.

mod file;
mod judge;
mod run;
mod size;
mod tag;
pub mod tuning;

pub use file::{File, SCHEMA, is_config, load};
pub use judge::{Judge, Step};
pub use run::{Run, RunSettings, Split};
pub use size::Size;
pub use tag::{Only, Raw, Reply, Tag, TagSettings};
