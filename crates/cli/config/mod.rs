//! Flags and the configuration file are the same structs, so that neither can know a setting that the other lacks.

mod file;
mod run;
mod size;
mod tag;

pub use file::{File, SCHEMA, load};
pub use run::{Run, RunSettings};
pub use tag::{Reply, Tag, TagSettings};
