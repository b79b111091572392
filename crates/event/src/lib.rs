//! The vocabulary of `vires`: one audit record as an [`Activity`]: *who* ([`Identity`], [`Credential`], [`Session`]) did *what*
//! ([`Activity::action`]) *to what* ([`Target`]) *from where* ([`Origin`]), with which [`Outcome`].
//!
//! Nothing here does I/O or holds policy. Text is borrowed from the line it came from wherever it can be. A field that the record
//! does not say is `None` (or an empty list), never an empty string or a zero.

mod activity;
mod mask;
mod owned;
mod time;
mod words;

pub use activity::{Activity, Credential, Delegation, Detection, Identity, Link, Origin, Place, Session, Target, Text, Volume};
pub use mask::mask;
pub use time::{Millis, Year, parse_time, parse_yearless};
pub use words::{Actor, Boundary, Class, CredentialKind, Effect, Kind, Outcome, Source, Tier, UnknownWord};
