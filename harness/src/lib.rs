//! Measures how well `vires` decides: labelled scenarios are replayed through the shipped pipeline and its verdicts compared with
//! what is known to be true.
//!
//! [`scenario`] loads what was labelled; an [`engine::Engine`] replays it without ever seeing a label; [`score`] compares; [`compare`]
//! sets tunings against each other; [`reference`](mod@reference) keeps the result honest; [`report`] writes it down.

mod bench;
pub mod cli;
pub mod compare;
pub mod decode;
pub mod engine;
pub mod evaluate;
pub mod generate;
pub mod import;
pub mod mutate;
pub mod reference;
pub mod report;

pub mod scenario;
pub mod score;
pub mod shipped;
pub mod stats;
#[cfg(test)]
mod testing;
