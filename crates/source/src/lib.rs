//! One decoder per log source: the bytes of one line become an [`Activity`](vires_event::Activity).
//!
//! [`open`] looks at one line, finds the record in it (at top level or up to three envelopes deep, see [`envelope`]) and lets the
//! registry choose a decoder by content, so that a stream may mix sources. A decoder is a file with two functions, `detect` and
//! `decode`, over a JSON [`Value`](json::Value) or a [`TextLine`]. No policy lives here: which action is sensitive and which name
//! looks like a machine is the catalogue's business.

mod annotation;
pub mod envelope;
mod header;
mod hints;
pub mod json;
mod registry;
pub mod repeats;
mod support;
pub mod text;

mod sources;

pub use annotation::{MARKS, annotation};
/// What of a CloudTrail record decides what is said of it.
pub use sources::cloudtrail::repeats as cloudtrail;

pub use envelope::{Opened, Scratch, Shape, open};
pub use hints::{Hints, TextLine};
pub use registry::{JSON, JsonDecoder, TEXT, TextDecoder, decode_json, decode_text};
