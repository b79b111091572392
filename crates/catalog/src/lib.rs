//! Domain facts as data: which words in an audit log matter, and how much.
//!
//! The facts live in `data/*.tsv` (one file per sort of fact, described in `data/README.md`) and are embedded in the binary.
//! [`Catalog::builtin`] loads them; [`Catalog::with_overlay`] lays a user's files of the same names over them, so that a row can be
//! added, changed or disabled without touching Rust. A mistake in a file is reported with file, line and remedy
//! ([`CatalogError`]), several at a time.
//!
//! Loading is cheap, because no regular expression is compiled until it is first used. [`lint`](fn@lint) does the expensive
//! checks: it compiles every pattern and looks for rows that can never match.
//!
//! ```
//! use vires_catalog::Catalog;
//! use vires_event::{Class, Effect, Source};
//!
//! let catalog = Catalog::builtin()?;
//! let row = catalog.action(Source::Cloudtrail, "secretsmanager:GetSecretValue", None).expect("a sensitive action");
//! assert_eq!(row.class, Class::SecretRead);
//! assert_eq!(catalog.effect(Source::Cloudtrail, "s3:GetObject"), Effect::ReadData);
//! # Ok::<(), vires_catalog::CatalogError>(())
//! ```

mod builtin;
mod catalog;
mod checksum;
mod condition;
mod effects;
mod error;
mod key;
mod lint;
mod live;
mod load;
mod pattern;
mod platform;
mod rows;
mod table;
mod vault;
mod word;

pub use catalog::Catalog;
pub use condition::{Condition, ConditionError};
pub use error::{CatalogError, Problem};
pub use lint::lint;
pub use live::LiveRows;
pub use platform::Platform;
pub use rows::{
    ActionRow, AgentMatch, Checksum, Crosswalk, DataName, EffectRule, Expected, IdentityMarker, Logged, MarkerMode, Network,
    NetworkKind, Op, ResourceMarker, RoleRow, Scan, TokenKind, TokenPattern, UserAgent,
};
pub use table::At;
