//! A file as it is, a row a line, so that it can be kept as a table and comes back to the byte. The numbers tell the order: engines
//! keep none.

use super::{Cell, Kind, Sheet};
use serde::Deserialize;
use std::borrow::Cow;

/// The column with the number of the line, from 1.
const NUMBER: &str = "line_number";
/// The column with the line.
const CONTENT: &str = "content";

/// A baseline: its file holds one workload a line, which stands beside it; what else it holds has none.
pub fn baseline_file(text: &str) -> Sheet<'_> {
    let mut among = false;
    let rows = text.lines().zip(1i64..).map(move |(line, number)| {
        let name = among.then(|| first_text(line)).flatten();
        among = line == "\"workloads\":{" || name.is_some();
        vec![Cell::Whole(number), name.map_or(Cell::Absent, |name| Cell::Text(name.into())), Cell::text(line)]
    });
    Sheet {
        name: "baseline",
        columns: &[(NUMBER, Kind::Whole), ("workload", Kind::Text), (CONTENT, Kind::Text)],
        rows: Box::new(rows),
    }
}

/// The JSON text that a line begins with.
fn first_text(line: &str) -> Option<String> {
    serde_json::Deserializer::from_str(line).into_iter::<String>().next()?.ok()
}

/// Records of cases.
pub fn case_file(text: &str) -> Sheet<'_> {
    #[derive(Deserialize)]
    struct Head<'a> {
        #[serde(borrow)]
        case: Cow<'a, str>,
        #[serde(borrow)]
        workload: Cow<'a, str>,
    }
    let rows = text.lines().zip(1i64..).map(|(line, number)| {
        let head = serde_json::from_str::<Head<'_>>(line).ok();
        let (case, workload) = head.map_or((Cell::Absent, Cell::Absent), |h| (Cell::Text(h.case), Cell::Text(h.workload)));
        vec![Cell::Whole(number), case, workload, Cell::text(line)]
    });
    Sheet {
        name: "records",
        columns: &[(NUMBER, Kind::Whole), ("case_id", Kind::Text), ("workload", Kind::Text), (CONTENT, Kind::Text)],
        rows: Box::new(rows),
    }
}

/// Why rows do not make the file that they were.
#[derive(Debug, thiserror::Error)]
pub enum Lost {
    /// A row is none of such a table.
    #[error(
        "row {row} has no `{NUMBER}` and `{CONTENT}`: only what `vires export baseline` and `vires export records` wrote comes back"
    )]
    Column {
        /// The row, from 1.
        row: usize,
    },
    /// A line is not there.
    #[error("line {0} is missing: the table holds only a part of what was exported")]
    Missing(i64),
    /// A line is there more than once.
    #[error("line {0} is there twice: these are rows of more than one export; take them apart first")]
    Twice(i64),
}

/// The rows of such a table, in any order.
#[derive(Debug, Default)]
pub struct Lines(Vec<(i64, String)>);

impl Lines {
    /// Takes in one row.
    pub(super) fn push(&mut self, number: Option<i64>, content: Option<String>) -> Result<(), Lost> {
        let row = self.0.len() + 1;
        self.0.push(number.zip(content).ok_or(Lost::Column { row })?);
        Ok(())
    }

    /// Takes in one row that is written as JSON.
    pub fn push_json(&mut self, line: &[u8]) -> Result<(), Lost> {
        #[derive(Deserialize)]
        struct Row {
            line_number: i64,
            content: String,
        }
        let row = serde_json::from_slice::<Row>(line).ok();
        let (number, content) = row.map(|row| (row.line_number, row.content)).unzip();
        self.push(number, content)
    }

    /// The file that they were.
    pub fn join(mut self) -> Result<String, Lost> {
        self.0.sort_unstable();
        let mut text = String::with_capacity(self.0.iter().map(|(_, line)| line.len() + 1).sum());
        for ((number, line), wanted) in self.0.iter().zip(1i64..) {
            match number.cmp(&wanted) {
                std::cmp::Ordering::Less => return Err(Lost::Twice(*number)),
                std::cmp::Ordering::Greater => return Err(Lost::Missing(wanted)),
                std::cmp::Ordering::Equal => {}
            }
            text.push_str(line);
            text.push('\n');
        }
        Ok(text)
    }
}
