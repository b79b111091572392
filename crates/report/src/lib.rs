//! Writes results down for people: [`Table`] for a finished list, [`Columns`] for rows that come one by one.
//!
//! Text from logs is written by whoever acts in them: nothing here lets it move the cursor, colour the screen or break a row.
//! Knows no policy.

mod cases;
mod columns;
mod ocsf;
mod table;
mod text;
mod width;

pub use cases::{cases_summary, cases_table, ranked};
pub use columns::{Column, Columns};
pub use ocsf::ocsf_finding;
pub use table::Table;
pub use text::{clean, fit, rfc3339};
pub use width::terminal_width;
