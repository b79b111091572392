//! Tab-separated files: a header row, no quoting, cells borrowed from the text. Blank lines and lines that start with `#` are
//! skipped. An overlay is merged cell by cell before any row is interpreted.

use crate::error::Problem;
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// Where a row stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct At {
    /// The file, as the user named it; a bare file name for a built-in one.
    pub file: Arc<str>,
    /// The line, 1-based.
    pub line: u32,
}

impl At {
    pub(crate) fn problem(&self, message: impl Into<String>, remedy: impl Into<String>) -> Problem {
        Problem { file: self.file.to_string(), line: self.line, message: message.into(), remedy: remedy.into() }
    }
}

/// One column of a file.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Column {
    pub name: &'static str,
    /// Other headers that mean the same column.
    pub aliases: &'static [&'static str],
}

pub(crate) const fn col(name: &'static str) -> Column {
    Column { name, aliases: &[] }
}

pub(crate) const fn alias(name: &'static str, aliases: &'static [&'static str]) -> Column {
    Column { name, aliases }
}

/// A file read into cells, in the order of the declared columns.
pub(crate) struct Table<'a> {
    columns: &'static [Column],
    cells: Vec<&'a str>,
    rows: Vec<Meta>,
    /// Bit i is set when the file has column i.
    has: u32,
}

struct Meta {
    at: At,
    disabled: bool,
}

/// One row.
pub(crate) struct Row<'t, 'a> {
    columns: &'static [Column],
    cells: &'t [&'a str],
    pub at: &'t At,
}

impl<'a> Row<'_, 'a> {
    /// The trimmed cell of a declared column; empty when the file does not have it.
    pub fn get(&self, column: &str) -> &'a str {
        let index = self.columns.iter().position(|c| c.name == column);
        index.and_then(|i| self.cells.get(i)).copied().unwrap_or_default()
    }
}

impl<'a> Table<'a> {
    /// Reads a file. `ignored` names headers that are known and carry nothing we use; `disabled` only stands in overlays.
    pub fn read(
        file: &Arc<str>,
        text: &'a str,
        columns: &'static [Column],
        ignored: &[&str],
        overlay: bool,
        problems: &mut Vec<Problem>,
    ) -> Table<'a> {
        let mut table = Table { columns, cells: Vec::new(), rows: Vec::new(), has: 0 };
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut lines = (1u32..).zip(text.split('\n')).map(|(n, l)| (n, l.strip_suffix('\r').unwrap_or(l)));
        let mut lines = lines.by_ref().filter(|(_, l)| !l.trim().is_empty() && !l.starts_with('#'));
        let Some((line, header)) = lines.next() else {
            problems.push(whole(file, "the file is empty", format!("start it with the header row: {}", names(columns))));
            return table;
        };
        let at = At { file: Arc::clone(file), line };
        let Some(places) = header_row(&at, header, columns, ignored, overlay, &mut table.has, problems) else { return table };
        table.rows.reserve(text.len() / 96);
        table.cells.reserve(text.len() / 96 * columns.len());
        for (line, text) in lines {
            let start = table.cells.len();
            table.cells.resize(start + columns.len(), "");
            let mut meta = Meta { at: At { file: Arc::clone(file), line }, disabled: false };
            let mut count = 0;
            for (i, cell) in text.split('\t').enumerate() {
                count = i + 1;
                let cell = cell.trim();
                match places.get(i) {
                    Some(Place::Cell(column)) => table.cells[start + column] = cell,
                    Some(Place::Disabled) => match cell {
                        "" | "false" => {}
                        "true" => meta.disabled = true,
                        other => problems.push(
                            meta.at.problem(format!("`disabled` is `{other}`"), "write true or false, or leave it empty"),
                        ),
                    },
                    Some(Place::Ignored) => {}
                    None if cell.is_empty() => {}
                    None => {
                        problems.push(meta.at.problem(
                            format!("{count} cells under {} headers", places.len()),
                            "separate cells by exactly one tab",
                        ));
                        break;
                    }
                }
            }
            if count < places.len() && !text.contains('\t') && places.len() > 1 {
                problems.push(meta.at.problem("only one cell", "separate cells by tabs, not by spaces or commas"));
                table.cells.truncate(start);
                continue;
            }
            table.rows.push(meta);
        }
        table
    }

    /// The rows in file order.
    pub fn rows(&self) -> impl Iterator<Item = Row<'_, 'a>> {
        let width = self.columns.len().max(1);
        self.rows.iter().zip(self.cells.chunks_exact(width)).map(|(meta, cells)| Row {
            columns: self.columns,
            cells,
            at: &meta.at,
        })
    }

    /// Lays `over` on this table: a row whose id (see `id`) exists here changes it, cell by cell of the columns `over` has;
    /// another one is added, in front of all others if `first`; a disabled one is removed. Ids compare in lower case.
    pub fn merge(&mut self, over: Table<'a>, id: fn(&Row<'_, 'a>) -> String, first: bool, problems: &mut Vec<Problem>) {
        let width = self.columns.len();
        let places: FxHashMap<String, usize> = self.rows().enumerate().map(|(i, row)| (id(&row).to_lowercase(), i)).collect();
        let mut seen: FxHashMap<String, u32> = FxHashMap::default();
        let mut added = Table { columns: self.columns, cells: Vec::new(), rows: Vec::new(), has: 0 };
        for (row, meta) in over.rows().zip(&over.rows) {
            let key = id(&row).to_lowercase();
            if let Some(line) = seen.insert(key.clone(), meta.at.line) {
                problems
                    .push(meta.at.problem(format!("`{}` stands on line {line} too", clip(&key)), "keep one of the two rows"));
                continue;
            }
            match places.get(&key) {
                Some(&i) if meta.disabled => self.rows[i].disabled = true,
                Some(&i) => {
                    for (c, cell) in row.cells.iter().enumerate() {
                        if over.has & (1 << c) != 0 {
                            self.cells[i * width + c] = cell;
                        }
                    }
                    self.rows[i].at = meta.at.clone();
                }
                None if meta.disabled => problems.push(meta.at.problem(
                    format!("there is no row `{}` to disable", clip(&key)),
                    "check the spelling with `vires catalog list`",
                )),
                None => {
                    added.cells.extend_from_slice(row.cells);
                    added.rows.push(Meta { at: meta.at.clone(), disabled: false });
                }
            }
        }
        let (mut cells, mut rows) = (Vec::with_capacity(self.cells.len() + added.cells.len()), Vec::new());
        let old = std::mem::replace(self, Table { columns: self.columns, cells: Vec::new(), rows: Vec::new(), has: self.has });
        for table in if first { [added, old] } else { [old, added] } {
            for (meta, row) in table.rows.into_iter().zip(table.cells.chunks_exact(width)) {
                if !meta.disabled {
                    cells.extend_from_slice(row);
                    rows.push(meta);
                }
            }
        }
        (self.cells, self.rows) = (cells, rows);
    }
}

enum Place {
    Cell(usize),
    Disabled,
    Ignored,
}

fn header_row(
    at: &At,
    header: &str,
    columns: &[Column],
    ignored: &[&str],
    overlay: bool,
    has: &mut u32,
    problems: &mut Vec<Problem>,
) -> Option<Vec<Place>> {
    let before = problems.len();
    let mut places = Vec::new();
    for name in header.split('\t').map(str::trim) {
        let index = columns.iter().position(|c| c.name == name || c.aliases.contains(&name));
        match index {
            Some(i) if *has & (1 << i) != 0 => {
                problems.push(at.problem(format!("column `{name}` stands twice"), "remove one of the two"));
            }
            Some(i) => {
                *has |= 1 << i;
                places.push(Place::Cell(i));
            }
            None if overlay && name == "disabled" => places.push(Place::Disabled),
            None if ignored.contains(&name) => places.push(Place::Ignored),
            None => {
                let also = if overlay { ", disabled" } else { "" };
                problems.push(at.problem(
                    format!("unknown column `{}`", clip(name)),
                    format!("the columns of this file are {}{also}", names(columns)),
                ));
            }
        }
    }
    (problems.len() == before).then_some(places)
}

fn names(columns: &[Column]) -> String {
    columns.iter().map(|c| c.name).collect::<Vec<_>>().join(", ")
}

fn whole(file: &str, message: impl Into<String>, remedy: impl Into<String>) -> Problem {
    Problem { file: file.to_owned(), line: 0, message: message.into(), remedy: remedy.into() }
}

/// The beginning of a cell, for an error text.
pub(crate) fn clip(cell: &str) -> String {
    if cell.chars().count() <= 80 { cell.to_owned() } else { cell.chars().take(79).chain(['…']).collect() }
}
