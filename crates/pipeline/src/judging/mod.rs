//! From lines to verdicts.
//!
//! [`observe()`] turns an opened line into an observation; there is no other way to one. [`Estate`] learns and judges lines in a plain
//! loop ([`Learner`], [`Replay`]): what is measured. The verbs do the same on many threads.

mod again;
mod answer;
mod deed;
mod estate;
mod learning;
mod live;
mod memory;
mod observe;
mod others;
mod packed;
mod redact;
mod replay;
mod stage;
mod state_file;
mod step;
mod survey;
mod taught;

pub use estate::Estate;
pub use learning::{LearnError, Learned, learn};
pub use live::{CaseSink, Live};
pub use memory::Memory;
pub use observe::observe;
pub use replay::{Judged, Learner, Replay, catalogue_hash};
pub use stage::{Answers, Judging, JudgingScratch};
pub use state_file::{Snapshot, StateError, StateFile, StateKeeper};
pub use step::Step;
pub use survey::{Survey, SurveyScratch, Surveyed};
