//! Background estates: identities with habits, rhythms, drift and imperfect inventories, as raw vendor log lines.
//!
//! An [`archetype`](Archetype) says what identities of a kind do; a [`Population`] is a number of members of several archetypes, each
//! with habits of its own; a [`DayStream`] writes what they do, a day at a time. Every number is drawn from a generator that depends
//! on the seed, the identity and the day alone, so that the lines do not depend on the number of threads, and a day can be written
//! without those before it being kept.

mod archetype;
mod draw;
mod drift;
mod harmless;
mod ids;
mod inject;
mod inventory;
mod lines;
mod member;
mod plan;
mod shift;
mod stranger;
mod stream;

pub use archetype::{Archetype, Archetypes, archetypes_sha256};
pub use inject::template_path;
pub use member::{Member, Population};
pub use plan::{Plan, Spec, plan};
pub use shift::Lived;
pub use stream::{DayStream, DayStreams};
