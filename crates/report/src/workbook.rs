//! The tables as one file for spreadsheet programs. Rows go to temporary files one by one, so memory does not grow with their number.

use crate::sheet::{Cell, Row, SCHEMA_VERSION, Sheet, neutral};
use rust_xlsxwriter::{ExcelDateTime, Format, FormatAlign, Worksheet, XlsxError};
use std::collections::BTreeMap;
use std::path::Path;

/// Rows of one sheet, the heading not counted: one less than spreadsheet programs take.
const MOST_ROWS: u32 = 1_048_575;
/// Longest text of a cell in this format, in characters.
const LONGEST: usize = 32_767;

/// Why a workbook could not be written.
#[derive(Debug, thiserror::Error)]
#[error("failed to write the workbook: {0}")]
pub struct WorkbookError(#[from] XlsxError);

/// A workbook with one sheet for each table: frozen headings, filters, numbers and dates as such.
pub struct Workbook {
    book: rust_xlsxwriter::Workbook,
    /// Of each table its sheet in use, the rows in it, and how many sheets it has.
    open: BTreeMap<&'static str, (usize, u32, u32)>,
    sheets: usize,
    most: u32,
    heading: Format,
    guarded: Format,
    time: Format,
}

impl std::fmt::Debug for Workbook {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Workbook").field("open", &self.open).finish_non_exhaustive()
    }
}

impl Workbook {
    /// With an empty sheet for each of these tables. Rows wait for the end in `scratch`.
    pub fn new(sheets: &[&'static Sheet], scratch: &Path) -> Result<Self, WorkbookError> {
        Self::with_rows(sheets, scratch, MOST_ROWS)
    }

    fn with_rows(sheets: &[&'static Sheet], scratch: &Path, most: u32) -> Result<Self, WorkbookError> {
        let mut book = rust_xlsxwriter::Workbook::new();
        book.set_tempdir(scratch)?;
        // The date of its making would make two equal reports differ.
        let made = ExcelDateTime::from_ymd(2000, 1, 1)?;
        book.set_properties(
            &rust_xlsxwriter::DocProperties::new().set_title("Review of non-human identities").set_creation_datetime(&made),
        );
        let mut workbook = Workbook {
            book,
            open: BTreeMap::new(),
            sheets: 0,
            most,
            heading: Format::new().set_bold().set_background_color("E6EBF0").set_align(FormatAlign::Top),
            guarded: Format::new().set_quote_prefix(),
            time: Format::new().set_num_format("yyyy-mm-dd hh:mm:ss"),
        };
        for sheet in sheets {
            workbook.add(sheet, 1)?;
        }
        Ok(workbook)
    }

    fn add(&mut self, sheet: &'static Sheet, part: u32) -> Result<usize, WorkbookError> {
        let name = if part == 1 { sheet.name.to_owned() } else { format!("{} ({part})", sheet.name) };
        let page = self.book.add_worksheet_with_constant_memory()?;
        page.set_name(&name)?;
        page.set_freeze_panes(1, 1)?;
        for (column, heading) in (0u16..).zip(sheet.headings) {
            page.set_column_width(column, width(heading.name, heading.kind))?;
            page.write_string_with_format(0, column, heading.name, &self.heading)?;
        }
        let at = self.sheets;
        self.sheets += 1;
        self.open.insert(sheet.name, (at, 0, part));
        Ok(at)
    }

    /// Adds a row to its table; a table that is too long for one sheet goes on in another.
    pub fn row<R: Row>(&mut self, row: &R) -> Result<(), WorkbookError> {
        let Some((mut at, mut rows, part)) = self.open.get(R::SHEET.name).copied() else { return Ok(()) };
        if rows >= self.most {
            self.filter(R::SHEET, at, rows)?;
            at = self.add(R::SHEET, part + 1)?;
            rows = 0;
        }
        rows += 1;
        let part = self.open.get(R::SHEET.name).map_or(1, |open| open.2);
        self.open.insert(R::SHEET.name, (at, rows, part));
        let Workbook { book, guarded, time, .. } = self;
        let page = book.worksheet_from_index(at)?;
        let cells = row.cells();
        let version = u16::try_from(cells.len()).unwrap_or(u16::MAX);
        for (column, cell) in (0u16..).zip(&cells) {
            write(page, rows, column, cell, guarded, time)?;
        }
        page.write_number(rows, version, SCHEMA_VERSION as f64)?;
        Ok(())
    }

    fn filter(&mut self, sheet: &Sheet, at: usize, rows: u32) -> Result<(), WorkbookError> {
        let last = u16::try_from(sheet.headings.len().saturating_sub(1)).unwrap_or(u16::MAX);
        self.book.worksheet_from_index(at)?.autofilter(0, 0, rows, last)?;
        Ok(())
    }

    /// Writes the file.
    pub fn save(mut self, path: &Path, sheets: &[&'static Sheet]) -> Result<(), WorkbookError> {
        for sheet in sheets {
            if let Some((at, rows, _)) = self.open.get(sheet.name).copied() {
                self.filter(sheet, at, rows)?;
            }
        }
        Ok(self.book.save(path)?)
    }
}

fn width(name: &str, kind: &str) -> f64 {
    match (name, kind) {
        ("identity_id" | "identities", _) => 44.0,
        ("expected" | "observed" | "reason" | "recommendation" | "evidence", _) => 60.0,
        ("schema_version", _) => 8.0,
        (_, "time") => 19.0,
        (_, "number" | "true/false") => 11.0,
        _ => 18.0,
    }
}

fn write(
    page: &mut Worksheet,
    row: u32,
    column: u16,
    cell: &Cell<'_>,
    guarded: &Format,
    time: &Format,
) -> Result<(), XlsxError> {
    match cell {
        Cell::Empty => {}
        Cell::Flag(flag) => drop(page.write_boolean(row, column, *flag)?),
        Cell::Count(count) => drop(page.write_number(row, column, *count as f64)?),
        Cell::Number(number) => drop(page.write_number(row, column, *number)?),
        Cell::Time(at) => {
            // Days since the end of 1899; earlier moments have no such number.
            let days = *at as f64 / 86_400_000.0 + 25_569.0;
            match days > 0.0 {
                true => drop(page.write_number_with_format(row, column, days, time)?),
                false => drop(page.write_string(row, column, vires_judge::rfc3339(*at))?),
            }
        }
        Cell::Text(_) | Cell::List(_) => {
            let text = cell.text();
            // A string is a string here; the prefix keeps it one when somebody edits the cell.
            let (text, format) = match text.strip_prefix('\'') {
                Some(bare) if neutral(bare) != bare => (bare.to_owned(), Some(guarded)),
                _ => (text.into_owned(), None),
            };
            let text: String = if text.len() > LONGEST { text.chars().take(LONGEST).collect() } else { text };
            match format {
                Some(format) => drop(page.write_string_with_format(row, column, text, format)?),
                None => drop(page.write_string(row, column, text)?),
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sheet::{DriftRow, Time};

    fn sheet(bytes: &[u8], name: &str) -> String {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x.xlsx");
        std::fs::write(&path, bytes).unwrap();
        let out = std::process::Command::new("unzip").arg("-p").arg(&path).arg(name).output();
        String::from_utf8(out.map(|o| o.stdout).unwrap_or_default()).unwrap()
    }

    fn made(most: u32, rows: u64) -> Vec<u8> {
        let dir = tempfile::tempdir().unwrap();
        let sheets = &[DriftRow::SHEET];
        let mut book = Workbook::with_rows(sheets, dir.path(), most).unwrap();
        for n in 0..rows {
            book.row(&DriftRow {
                identity_id: "=HYPERLINK(\"x\")".into(),
                observed: "<b>\u{1b}[1m".into(),
                since: Time(Some(86_400_000)),
                active_days: Some(n),
                ..DriftRow::default()
            })
            .unwrap();
        }
        let path = dir.path().join("report.xlsx");
        book.save(&path, sheets).unwrap();
        std::fs::read(path).unwrap()
    }

    #[test]
    fn two_equal_reports_are_equal() {
        assert_eq!(made(MOST_ROWS, 3), made(MOST_ROWS, 3));
    }

    #[test]
    fn formulas_stay_text_and_long_tables_go_on() {
        let bytes = made(2, 5);
        if std::process::Command::new("unzip").arg("-v").output().is_err() {
            eprintln!("SKIPPED: unzip is not installed, so the content of the workbook is not looked at");
            return;
        }
        let first = sheet(&bytes, "xl/worksheets/sheet1.xml");
        assert!(!first.contains("<f>") && first.contains("=HYPERLINK"), "{first}");
        assert!(first.contains("state=\"frozen\"") && first.contains("<autoFilter ref=\"A1:I3\""), "{first}");
        assert!(sheet(&bytes, "xl/worksheets/sheet3.xml").contains("=HYPERLINK"), "the fifth row is on the third sheet");
        assert!(sheet(&bytes, "xl/workbook.xml").contains("profile_drift (3)"));
    }
}
