//! A validating JSON index: one pass over a line writes the span of every key and value to a flat list, nothing is copied.
//!
//! Decoders ask the index for the few fields they need ([`Value::get`], [`Value::path`], [`Value::fields`]). A number is never
//! read as a float, no key order is lost, and depth costs heap, not stack, so that a hostile line can neither crash nor slow us.
//! The grammar is RFC 8259 exactly (what `serde_json` accepts), differential tests hold the two together.

mod index;
mod look;
mod parts;
mod plain;
mod shapes;
mod unescape;
mod units;
mod value;

pub use index::{Invalid, Tape};
pub use parts::Parts;
pub use plain::is_like_a_number;
pub use shapes::{Shaped, Shapes, Slot, slots, unit};
pub use unescape::unescape_into;
pub use value::{Fields, Items, Leaves, Names, Type, Value};
