//! The typed rows, one file per sort.

mod action;
mod agent;
mod crosswalk;
mod data_name;
mod effect;
mod expected;
mod identity;
mod network;
mod resource;
mod role;
mod token;

pub use action::{ActionRow, Logged};
pub use agent::{AgentMatch, UserAgent};
pub use crosswalk::Crosswalk;
pub use data_name::DataName;
pub use effect::EffectRule;
pub use expected::Expected;
pub(crate) use identity::says_nothing;
pub use identity::{IdentityMarker, Op};
pub use network::{Network, NetworkKind};
pub use resource::{MarkerMode, ResourceMarker};
pub use role::RoleRow;
pub use token::{Checksum, Scan, TokenKind, TokenPattern};
