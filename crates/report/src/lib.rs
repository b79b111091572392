//! Writes results down: for people, for spreadsheets, for other products.
//!
//! - [`Table`] for a finished list on a terminal, [`Columns`] for rows that come one by one.
//! - [`sheet`]: the tables of an access review as CSV; [`Workbook`] the same as one file.
//! - [`access`]: what identities may do, against what they did.
//! - [`Finding`]: a case as a reviewer reads it. [`ocsf_finding`] and [`ecs_document`] for other products.
//! - [`html`]: the report on one page. [`export`]: baselines and cases as tables for other engines.
//!
//! Text from logs is written by whoever acts in them: nothing here lets it move the cursor, colour the screen, break a row, start a
//! formula or a script. Knows no policy.

pub mod access;
mod cases;
mod columns;
pub mod docs;
mod ecs;
pub mod export;
mod facts;
mod finding;
pub mod html;
mod ocsf;
pub mod sheet;
pub mod standards;
mod table;
mod text;
mod width;
mod workbook;

pub use cases::{cases_summary, cases_table, ranked};
pub use columns::{Column, Columns};
pub use ecs::ecs_document;
pub use facts::{Census, Credential, Facts};
pub use finding::{Context, Desk, Filed, Finding};
pub use ocsf::ocsf_finding;
pub use table::Table;
pub use text::{clean, fit, rfc3339};
pub use width::terminal_width;
pub use workbook::{Workbook, WorkbookError};
