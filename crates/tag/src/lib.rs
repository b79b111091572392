//! The classifier: says of one log line which non-human identity acted and which sensitive target it touched, and splices what it
//! says into the line's own bytes.
//!
//! A [`Tagger`] is built once from a catalogue and answers lines from any number of threads, each with its own [`Scratch`]. What it
//! says is a [`Tags`]; [`object`] writes it bounded and escaped, [`splice`](mod@splice) puts it into the line. It keeps no history:
//! judging against what an identity usually does is the business of `vires-judge`.

mod again;
mod classify;
mod field;
mod hide;
mod identity;
mod leak;
mod literals;
mod memo;
pub mod object;
mod others;
mod plain;
mod quick;
pub mod reference;
mod report;
mod resource;
mod said;
mod sieve;
pub mod splice;
mod tagger;
mod tags;

pub use classify::Classifier;
pub use field::field;
pub use memo::Memo;
pub use others::{Other, Others, Places};
pub use quick::{Kept, Met, Quick};
pub use report::{Only, Report};
pub use tagger::{Error, Options, Raw, Reply, Scratch, Tagger};
pub use tags::{Problem, Sensitive, Tags};
