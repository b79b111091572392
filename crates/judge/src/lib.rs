//! Escalation criteria: when activity of an identity goes beyond what that identity is for.
//!
//! [`Judge`] holds what was declared (inventory), learned (baseline), excepted and tuned. Each [`Observation`] passes two
//! steps: the [joins](Judge::join), in the order of events, and [observe](Judge::observe) on the shard of its workload. What
//! comes out is a [`Verdict`] of the event's case and, where the case has something to say, a [`CaseUpdate`] with all the
//! arithmetic.
//!
//! Nothing here does I/O, reads a clock or spawns a thread. The same observations in the same order give the same verdicts, in
//! one run or in many, on one thread or on many.
//!
//! [`Observation`]: vires_profile::observation::Observation

mod case;
mod code;
pub mod criteria;
mod decide;
mod evidence;
mod explain;
pub mod joins;
mod judge;
mod kin;
mod memory;
mod score;
mod state;
mod surprisal;
mod time;
pub mod tuning;
mod verdict;
mod view;
mod volume;

#[cfg(test)]
mod bench;
#[cfg(test)]
mod laws;
#[cfg(test)]
mod stories;

pub use case::{Why, case_name};
pub use code::{Break, Code, Disposition};
pub use criteria::{Criterion, REGISTRY, criterion};
pub use decide::{Decision, Rule, decide};
pub use evidence::{Evidence, EvidenceRef, Factor, Workings};
pub use explain::{Explanation, Remedy, explain};
pub use judge::Judge;
pub use score::{BREAK, Piece, Score, score};
pub use state::{JudgeState, SHARDS, Shard, WorkloadState, shard_of};
pub use surprisal::{Declared, Gauge, Share2, Standing};
pub use time::rfc3339;
pub use tuning::Tuning;
pub use verdict::{BoundaryScores, CaseUpdate, Detail, EvidenceLine, Outcome, Signals, Verdict};
