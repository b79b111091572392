//! From what the judge said and what is true to numbers.
//!
//! [`outcome`] decides for each scenario what was caught, missed, queued or falsely raised; [`measure`] sums that up.

mod cost;
mod exposure;
mod measure;
mod outcome;

pub use cost::{Cost, Preset};
pub use exposure::{Exposure, exposure};
pub use measure::{Extras, Measures, Slice, Tally, measure, units};
pub use outcome::{FalseCase, Fate, InstanceOutcome, Outcome, caught_and_missed, outcome};
