//! What was learned and what was found, as tables that other engines read: one row per fact, flat columns, types that a query needs.
//!
//! [`habits`] and [`workloads`] lay out a baseline, [`cases`] and [`evidence`] the records of cases. [`Sheet::ndjson`] writes any of
//! them as lines; with the feature `parquet`, `Sheet::parquet` writes columns. [`baseline_file`] and [`case_file`] lay out a file as it
//! is, and [`Lines`] makes it again.

mod baseline;
mod found;
mod ndjson;
#[cfg(feature = "parquet")]
mod parquet;
#[cfg(test)]
mod tests;
mod whole;

pub use baseline::{habits, workloads};
pub use found::{cases, evidence};
#[cfg(feature = "parquet")]
pub use parquet::{Error as ParquetError, lines as parquet_lines};
pub use whole::{Lines, Lost, baseline_file, case_file};

use std::borrow::Cow;
use vires_event::Millis;

/// The type of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Text. Lists are joined with `;`.
    Text,
    /// A whole number.
    Whole,
    /// A number.
    Number,
    /// True or false.
    Flag,
    /// A moment: RFC 3339, or milliseconds of UTC.
    Moment,
    /// A day.
    Day,
}

/// A cell. What is not known is absent.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell<'a> {
    /// Not known.
    Absent,
    /// Of [`Kind::Text`].
    Text(Cow<'a, str>),
    /// Of [`Kind::Whole`].
    Whole(i64),
    /// Of [`Kind::Number`].
    Number(f64),
    /// Of [`Kind::Flag`].
    Flag(bool),
    /// Of [`Kind::Moment`].
    Moment(Millis),
    /// Of [`Kind::Day`]: days since 1970.
    Day(i32),
}

impl<'a> Cell<'a> {
    fn text(text: &'a str) -> Self {
        Cell::Text(Cow::Borrowed(text))
    }

    fn may(text: Option<&'a str>) -> Self {
        text.map_or(Cell::Absent, Cell::text)
    }

    fn list<'t>(texts: impl IntoIterator<Item = &'t str>) -> Self {
        Cell::Text(Cow::Owned(texts.into_iter().collect::<Vec<_>>().join(";")))
    }

    fn whole(number: impl TryInto<i64>) -> Self {
        Cell::Whole(number.try_into().unwrap_or(i64::MAX))
    }
}

/// A table: its columns and its rows, which are made when they are asked for.
pub struct Sheet<'a> {
    /// Its name.
    pub name: &'static str,
    /// Names and types of its columns.
    pub columns: &'static [(&'static str, Kind)],
    rows: Box<dyn Iterator<Item = Vec<Cell<'a>>> + 'a>,
}
