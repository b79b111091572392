use crate::text::fit;

/// One column of [`Columns`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    /// The heading.
    pub name: &'static str,
    /// The least width, in terminal columns.
    pub width: usize,
    /// Its part of the room that is left, against the other columns; 0 keeps the width.
    pub grow: usize,
}

/// Rows under fixed columns: each can be written the moment it is known, on any thread, and all are aligned.
#[derive(Debug, Clone)]
pub struct Columns {
    columns: Vec<Column>,
}

const GAP: &str = "  ";

impl Columns {
    /// Shares `width` out among the columns.
    pub fn new(mut columns: Vec<Column>, width: usize) -> Self {
        let gaps = GAP.len() * columns.len().saturating_sub(1);
        let fixed: usize = columns.iter().map(|c| c.width).sum::<usize>() + gaps;
        let shares: usize = columns.iter().map(|c| c.grow).sum();
        let room = width.saturating_sub(fixed);
        for column in &mut columns {
            column.width += (room * column.grow).checked_div(shares).unwrap_or(0);
        }
        Columns { columns }
    }

    /// The headings, without a line end.
    pub fn header(&self) -> String {
        let names: Vec<String> = self.columns.iter().map(|c| c.name.to_uppercase()).collect();
        self.row(names.iter().map(String::as_str))
    }

    /// One row, without a line end. An empty cell is shown as `-`; missing cells too.
    pub fn row<'a>(&self, cells: impl IntoIterator<Item = &'a str>) -> String {
        let mut out = String::with_capacity(200);
        let mut cells = cells.into_iter();
        for (i, column) in self.columns.iter().enumerate() {
            if i > 0 {
                out.push_str(GAP);
            }
            let cell = cells.next().filter(|c| !c.is_empty()).unwrap_or("-");
            fit(cell, column.width, &mut out);
        }
        out.truncate(out.trim_end().len());
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_aligned_and_fill_the_width() {
        let columns = vec![
            Column { name: "a", width: 3, grow: 0 },
            Column { name: "b", width: 4, grow: 1 },
            Column { name: "c", width: 4, grow: 3 },
        ];
        let table = Columns::new(columns.clone(), 23);
        assert_eq!(table.header(), "A    B       C");
        assert_eq!(table.row(["123", "123456", "1234567890"]).len(), 23);
        assert_eq!(table.row(["1", "1234567", "12345678901"]), "1    12345…  123456789…");
        assert_eq!(table.row(["", "x"]), "-    x       -");
        // A terminal that is too narrow gets the least widths, not a panic.
        assert_eq!(Columns::new(columns, 1).row(["1", "2", "3"]), "1    2     3");
    }
}
