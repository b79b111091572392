//! Measures how well `vires` decides: labelled scenarios are replayed through the shipped pipeline and its verdicts compared with
//! what is known to be true.
//!


pub mod stats;
