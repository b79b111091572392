use super::{Cell, Sheet};
use crate::text::rfc3339;
use jiff::ToSpan;
use jiff::civil::Date;
use std::io::{self, Write};

impl Sheet<'_> {
    /// Writes one JSON object per row, members in the order of the columns. What is not known is null: engines take the columns of a
    /// table from its rows, and one that nobody names would be none.
    pub fn ndjson(self, out: &mut impl Write) -> io::Result<()> {
        for row in self.rows {
            let mut line = String::from("{");
            for ((name, _), cell) in self.columns.iter().zip(&row) {
                line.push_str(if line.len() > 1 { ",\"" } else { "\"" });
                line.push_str(&format!("{name}\":{}", value(cell).unwrap_or(serde_json::Value::Null)));
            }
            line.push_str("}\n");
            out.write_all(line.as_bytes())?;
        }
        out.flush()
    }
}

fn value(cell: &Cell<'_>) -> Option<serde_json::Value> {
    Some(match cell {
        Cell::Absent => return None,
        Cell::Text(text) => text.as_ref().into(),
        Cell::Whole(number) => (*number).into(),
        Cell::Number(number) => (*number).into(),
        Cell::Flag(flag) => (*flag).into(),
        Cell::Moment(at) => rfc3339(*at)?.into(),
        Cell::Day(day) => Date::constant(1970, 1, 1).checked_add(day.days()).ok()?.to_string().into(),
    })
}
