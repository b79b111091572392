//! Writes an evaluation down, in every form that is asked for.

pub(crate) mod csv;
mod details;
pub(crate) mod expect;
mod html;
mod json;
mod junit;
mod library;
mod md;
mod out;
mod svg;
pub(crate) mod table;
pub(crate) mod text;

pub use self::csv::{Table, csv};
pub use html::html;
pub use json::{ProvenanceCounts, RunFile, SCHEMA, ScenarioRow, TOOL};
pub use junit::junit;
pub use library::{library, library_page};
pub use md::markdown;
pub use out::{Form, Format, form_of, render};
pub use table::table;

#[cfg(test)]
mod tests;
