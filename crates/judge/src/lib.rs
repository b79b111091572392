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
//! ```
//! use std::sync::Arc;
//! use vires_judge::{Disposition, Judge, Tuning};
//! use vires_profile::baseline::Baseline;
//! use vires_profile::observation::{Facts, Mapping, Observation, Setting};
//! use vires_profile::{Exceptions, Inventory};
//! # use vires_event::{Activity, Actor, Effect, Identity, Kind, Source};
//!
//! let inventory = r#"
//! schema = "vires-inventory/1"
//! [[workload]]
//! id = "reports"
//! owner = { team = "bi" }
//! purpose = "read and render"
//! principals = ["aws:role/123456789012/reports"]
//! [workload.expect]
//! max_tier = 1
//! "#;
//! let inventory = Arc::new(Inventory::from_toml(inventory, "inventory.toml").expect("valid"));
//! let judge = Judge::new(Tuning::default(), inventory, Arc::new(Exceptions::default()), Baseline::new("catalogue"));
//! let mut state = judge.fresh_state();
//!
//! let mut activity = Activity::new(Source::Cloudtrail, "iam:CreateUser");
//! activity.time = Some("2026-03-01T10:00:00Z".into());
//! activity.identity = Some(Identity {
//!     id: "aws:role/123456789012/reports".into(),
//!     kind: Kind::Role,
//!     actor: Actor::Machine,
//!     name: "reports".into(),
//!     raw: None,
//! });
//! let facts = Facts { effect: Some(Effect::CredentialMint), ..Facts::default() };
//! let setting = Setting {
//!     workload: "reports".into(),
//!     mapping: Mapping::Mapped,
//!     peer_group: None,
//!     shared: false,
//!     zone: None,
//!     data_class: None,
//!     labels: vec![],
//!     env: None,
//! };
//! let mut observation = Observation::new(activity, facts, setting).expect("it names an identity and a time");
//! let outcome = judge.judge(&mut state, &mut observation);
//! assert_eq!(outcome.verdict.verdict, Disposition::Escalate);
//! ```
//!
//! [`Observation`]: vires_profile::observation::Observation

mod case;
mod clock;
mod code;
pub mod criteria;
mod decide;
mod evidence;
mod explain;
pub mod joins;
mod judge;
mod kin;
mod memory;
mod room;
mod score;
mod series;
mod state;
mod surprisal;
mod time;
pub mod tuning;
mod verdict;
mod view;
mod volume;
mod watch;

#[cfg(test)]
mod bench;
#[cfg(test)]
mod future;
#[cfg(test)]
mod late;
#[cfg(test)]
mod laws;
#[cfg(test)]
mod repeats;
#[cfg(test)]
mod stories;

pub use case::{Why, case_name};
pub use code::{Break, Code, Disposition};
pub use criteria::{Criterion, REGISTRY, criterion};
pub use decide::{Decision, Rule, decide};
pub use evidence::{Evidence, EvidenceRef, Factor, Workings};
pub use explain::{Explanation, Remedy, explain};
pub use judge::{Calm, Judge, Repeat, Settled};
pub use score::{BREAK, Piece, Score, score};
pub use state::{JudgeState, SHARDS, Shard, WorkloadState, shard_of};
pub use surprisal::{Declared, Gauge, Share2, Standing};
pub use time::rfc3339;
pub use tuning::Tuning;
pub use verdict::{BoundaryScores, CaseUpdate, Detail, EvidenceLine, Outcome, Signals, Verdict};
