//! The tables of a review, and what each of their columns means. The field order of a row *is* the column order of its file, and
//! the comments on its fields are the field reference.

mod cell;
mod compare;
mod csv;
mod rows;

pub use cell::{Cell, LONGEST_CELL, Time, neutral};
pub use compare::{Compared, compared};
pub use csv::SheetWriter;
pub use rows::{
    ChangeRow, DriftRow, EvidenceRow, ExceptionRow, FindingRow, IdentityRow, LeastPrivilegeRow, SHEETS, UnmappedRow,
};

pub(crate) use cell::Field;

/// Version of the columns below: it changes with them, and columns are only ever appended before it.
pub const SCHEMA_VERSION: u64 = 1;

/// A column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Heading {
    /// Its heading.
    pub name: &'static str,
    /// What stands in it.
    pub about: &'static str,
    /// How it is written.
    pub kind: &'static str,
}

/// A table.
#[derive(Debug, PartialEq, Eq)]
pub struct Sheet {
    /// The name of its file without an ending, which is also the name of its sheet in the workbook.
    pub name: &'static str,
    /// What it is for.
    pub about: &'static str,
    /// Its columns; the last one is `schema_version`.
    pub headings: &'static [Heading],
}

/// A row of a table.
pub trait Row {
    /// Its table.
    const SHEET: &'static Sheet;

    /// Its cells, in the order of the headings.
    fn cells(&self) -> Vec<Cell<'_>>;
}

/// The column that ends every table.
pub(crate) const VERSION_HEADING: Heading =
    Heading { name: "schema_version", about: " Version of the columns; they are only ever appended.", kind: "number" };
