use crate::text::clean;
use tabled::builder::Builder;
use tabled::settings::object::{Columns, Rows};
use tabled::settings::{Padding, Style, Width, peaker::Priority};

/// A finished list with headings.
#[derive(Debug, Clone)]
pub struct Table {
    headings: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// An empty list under these headings.
    pub fn new<S: Into<String>>(headings: impl IntoIterator<Item = S>) -> Self {
        Table { headings: headings.into_iter().map(Into::into).collect(), rows: Vec::new() }
    }

    /// Adds a row. Cells are cleaned of what a terminal would act upon.
    pub fn push<S: AsRef<str>>(&mut self, cells: impl IntoIterator<Item = S>) {
        self.rows.push(cells.into_iter().map(|cell| clean(cell.as_ref())).collect());
    }

    /// The number of rows.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// True without any row.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The table as text with a line end; no line is wider than `width` columns, if that can be.
    pub fn render(&self, width: Option<usize>) -> String {
        let mut builder = Builder::default();
        builder.push_record(self.headings.iter().map(|h| h.to_uppercase()));
        for row in &self.rows {
            builder.push_record(row);
        }
        let mut table = builder.build();
        table.with(Style::empty());
        table.modify(Columns::new(..), Padding::new(0, 2, 0, 0));
        table.modify(Rows::new(..), tabled::settings::Alignment::left());
        if let Some(width) = width {
            table.with(Width::truncate(width).suffix("…").priority(Priority::max(true)));
        }
        let mut out: String = table.to_string().lines().map(|line| line.trim_end().to_owned() + "\n").collect();
        if self.headings.is_empty() {
            out.clear();
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aligns_and_cuts_the_widest_column() {
        let mut table = Table::new(["a", "b"]);
        table.push(["1", "some longer text"]);
        table.push(["\u{1b}[2J", "x"]);
        assert_eq!(table.render(None), "A     B\n1     some longer text\n [2J  x\n");
        let narrow = table.render(Some(16));
        assert!(narrow.lines().all(|l| l.chars().count() <= 16), "{narrow}");
        assert!(narrow.contains('…'), "{narrow}");
        for width in 0..30 {
            table.render(Some(width));
        }
        assert_eq!((table.len(), table.is_empty()), (2, false));
    }
}
