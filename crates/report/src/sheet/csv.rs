use super::{Row, SCHEMA_VERSION, Sheet};
use std::io::{self, Write};

/// Writes a table as CSV (RFC 4180, LF line ends, UTF-8), row by row.
pub struct SheetWriter<W: Write> {
    csv: ::csv::Writer<W>,
    rows: u64,
}

impl<W: Write> std::fmt::Debug for SheetWriter<W> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SheetWriter").field("rows", &self.rows).finish_non_exhaustive()
    }
}

impl<W: Write> SheetWriter<W> {
    /// Writes the headings.
    pub fn new(out: W, sheet: &Sheet) -> io::Result<Self> {
        let mut csv = ::csv::WriterBuilder::new().terminator(::csv::Terminator::Any(b'\n')).from_writer(out);
        csv.write_record(sheet.headings.iter().map(|h| h.name)).map_err(io::Error::from)?;
        Ok(SheetWriter { csv, rows: 0 })
    }

    /// Writes a row.
    pub fn row<R: Row>(&mut self, row: &R) -> io::Result<()> {
        for cell in row.cells() {
            self.csv.write_field(cell.text().as_bytes()).map_err(io::Error::from)?;
        }
        self.csv.write_field(SCHEMA_VERSION.to_string()).map_err(io::Error::from)?;
        self.csv.write_record(None::<&[u8]>).map_err(io::Error::from)?;
        self.rows += 1;
        Ok(())
    }

    /// How many rows were written.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Writes what is still held back.
    pub fn finish(mut self) -> io::Result<W> {
        self.csv.flush()?;
        self.csv.into_inner().map_err(|error| io::Error::other(error.error().to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sheet::{DriftRow, Time};

    #[test]
    fn quotes_what_must_be_quoted_and_leaves_the_unknown_empty() {
        let mut out = SheetWriter::new(Vec::new(), DriftRow::SHEET).unwrap();
        out.row(&DriftRow {
            identity_id: "aws:role/123456789012/a,b".into(),
            facet: "=zone".into(),
            observed: "say \"hi\"".into(),
            since: Time(Some(0)),
            active_days: Some(3),
            ..DriftRow::default()
        })
        .unwrap();
        assert_eq!(out.rows(), 1);
        let text = String::from_utf8(out.finish().unwrap()).unwrap();
        assert_eq!(
            text,
            "identity_id,owner,facet,declared,observed,since,active_days,recommendation,schema_version\n\
             \"aws:role/123456789012/a,b\",,'=zone,,\"say \"\"hi\"\"\",1970-01-01T00:00:00Z,3,,1\n"
        );
    }
}
