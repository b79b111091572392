//! From lines to verdicts.
//!
//! [`observe()`] turns an opened line into an observation; there is no other way to one. [`Estate`] learns and judges lines in a plain
//! loop ([`Learner`], [`Replay`]): what is measured. The verbs do the same on many threads.

mod answer;
mod live;
mod observe;
mod replay;
mod stage;

pub use live::{CaseSink, Live};
pub use observe::observe;
pub use replay::{Estate, Judged, Learner, Replay, catalogue_hash};
pub use stage::{Answers, Judging, JudgingScratch};
