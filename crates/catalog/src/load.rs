//! From a merged table to typed rows: cells are read through [`Reader`], which collects what is wrong instead of stopping at it.

use crate::error::{CatalogError, Problem};
use crate::table::{Column, Row, Table, clip};
use crate::word::Word;
use std::path::Path;
use std::sync::Arc;

/// One sort of row: its file, its columns and how a row is read.
pub(crate) trait Record: Sized {
    /// File name, in `data/` and in an overlay directory.
    const FILE: &'static str;
    const COLUMNS: &'static [Column];
    /// Headers that are accepted and not used.
    const IGNORED: &'static [&'static str] = &[];
    /// True if the order of rows counts, so that an overlay's new rows stand in front of the built-in ones.
    const ORDERED: bool = false;
    /// What identifies a row for an overlay: compared in lower case.
    fn id(row: &Row<'_, '_>) -> String;
    fn read(cells: &mut Reader<'_, '_, '_>) -> Option<Self>;
    /// Expensive checks (does the pattern compile?) that only rows of an overlay get at load time.
    fn check(&self) -> Result<(), (String, String)> {
        Ok(())
    }
}

/// An overlay directory's files, read whole.
pub(crate) struct Overlay {
    files: Vec<(String, Arc<str>, String)>,
}

/// No catalogue file is near this; more is a mistake.
const MAX_FILE: u64 = 16 << 20;

impl Overlay {
    /// Reads every `.tsv` in a directory. Other files are left alone (READMEs, editor backups).
    pub fn read(dir: &Path, known: &[&str], problems: &mut Vec<Problem>) -> Result<Overlay, CatalogError> {
        let unreadable = |path: &Path, error| CatalogError::Unreadable { path: path.to_owned(), error };
        let mut paths = Vec::new();
        for entry in std::fs::read_dir(dir).map_err(|e| unreadable(dir, e))? {
            let path = entry.map_err(|e| unreadable(dir, e))?.path();
            if path.extension().is_some_and(|e| e == "tsv") {
                paths.push(path);
            }
        }
        paths.sort();
        let mut files = Vec::new();
        for path in paths {
            let shown: Arc<str> = path.to_string_lossy().into();
            let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
            let mut refuse = |message: String, remedy: String| {
                problems.push(Problem { file: shown.to_string(), line: 0, message, remedy });
            };
            if !known.contains(&name.as_str()) {
                refuse("not a catalogue file".to_owned(), format!("the files are {}", known.join(", ")));
                continue;
            }
            let metadata = std::fs::metadata(&path).map_err(|e| unreadable(&path, e))?;
            if !metadata.is_file() {
                // A pipe would be waited for, a device read for ever.
                refuse("not a regular file".to_owned(), "put the file itself there, or a link to it".to_owned());
                continue;
            }
            let size = metadata.len();
            if size > MAX_FILE {
                refuse(format!("{size} bytes"), format!("a catalogue file may have up to {MAX_FILE}"));
                continue;
            }
            let bytes = std::fs::read(&path).map_err(|e| unreadable(&path, e))?;
            match String::from_utf8(bytes) {
                Ok(text) => files.push((name, shown, text)),
                Err(e) => {
                    let before = e.as_bytes().get(..e.utf8_error().valid_up_to()).unwrap_or_default();
                    let line = 1 + before.iter().filter(|b| **b == b'\n').count();
                    problems.push(Problem {
                        file: shown.to_string(),
                        line: u32::try_from(line).unwrap_or(u32::MAX),
                        message: "not UTF-8".to_owned(),
                        remedy: "save the file as UTF-8".to_owned(),
                    });
                }
            }
        }
        Ok(Overlay { files })
    }

    fn get(&self, name: &str) -> Option<(&Arc<str>, &str)> {
        self.files.iter().find(|(n, _, _)| n == name).map(|(_, shown, text)| (shown, text.as_str()))
    }
}

/// Loads one file, with what the overlay says about it.
pub(crate) fn load<R: Record>(builtin: &'static str, overlay: Option<&Overlay>, problems: &mut Vec<Problem>) -> Vec<R> {
    let file: Arc<str> = R::FILE.into();
    let mut table = Table::read(&file, builtin, R::COLUMNS, R::IGNORED, false, problems);
    if let Some((shown, text)) = overlay.and_then(|o| o.get(R::FILE)) {
        let over = Table::read(shown, text, R::COLUMNS, R::IGNORED, true, problems);
        table.merge(over, R::id, R::ORDERED, problems);
    }
    let mut rows = Vec::with_capacity(table.rows().size_hint().0);
    for row in table.rows() {
        let before = problems.len();
        let from_overlay = !Arc::ptr_eq(&row.at.file, &file);
        let at = row.at;
        let read = R::read(&mut Reader { row: &row, problems });
        let Some(read) = read else { continue };
        if from_overlay
            && problems.len() == before
            && let Err((message, remedy)) = read.check()
        {
            problems.push(at.problem(message, remedy));
        }
        rows.push(read);
    }
    rows
}

/// Reads the cells of one row.
pub(crate) struct Reader<'r, 't, 'a> {
    pub row: &'r Row<'t, 'a>,
    problems: &'r mut Vec<Problem>,
}

impl<'a> Reader<'_, '_, 'a> {
    /// A cell that may be empty.
    pub fn text(&self, column: &str) -> &'a str {
        self.row.get(column)
    }

    /// A cell that may not be empty.
    pub fn required(&mut self, column: &str) -> Option<&'a str> {
        let cell = self.row.get(column);
        if cell.is_empty() {
            self.refuse(format!("`{column}` is empty"), "fill it in".to_owned());
            return None;
        }
        Some(cell)
    }

    /// A word of a closed vocabulary.
    pub fn word<W: Word>(&mut self, column: &str) -> Option<W> {
        let cell = self.required(column)?;
        self.read_word(cell)
    }

    /// A word, or nothing where the cell is empty, `-` or `none`. The outer `None` is a cell that is neither.
    #[allow(clippy::option_option)]
    pub fn word_or_none<W: Word>(&mut self, column: &str) -> Option<Option<W>> {
        match self.row.get(column) {
            "" | "-" | "none" => Some(None),
            cell => self.read_word(cell).map(Some),
        }
    }

    /// A word, or `default` where the cell is empty.
    pub fn word_or<W: Word>(&mut self, column: &str, default: W) -> Option<W> {
        match self.row.get(column) {
            "" => Some(default),
            cell => self.read_word(cell),
        }
    }

    fn read_word<W: Word>(&mut self, cell: &str) -> Option<W> {
        let word = W::read(cell);
        if word.is_none() {
            self.refuse(format!("unknown {} `{}`", W::VOCABULARY, clip(cell)), format!("use one of: {}", W::all().join(", ")));
        }
        word
    }

    /// A whole number in a range; `default` where the cell is empty.
    pub fn number(&mut self, column: &str, from: u32, to: u32, default: Option<u32>) -> Option<u32> {
        let cell = match (self.row.get(column), default) {
            ("", Some(default)) => return Some(default),
            ("", None) => return self.required(column).map(|_| 0),
            (cell, _) => cell,
        };
        match cell.parse() {
            Ok(n) if (from..=to).contains(&n) => Some(n),
            _ => {
                self.refuse(format!("`{column}` is `{}`", clip(cell)), format!("write a whole number from {from} to {to}"));
                None
            }
        }
    }

    /// A number with a fraction, not negative; 0 where the cell is empty.
    pub fn fraction(&mut self, column: &str, to: f32) -> Option<f32> {
        let cell = self.row.get(column);
        if cell.is_empty() {
            return Some(0.0);
        }
        match cell.parse::<f32>() {
            Ok(n) if (0.0..=to).contains(&n) => Some(n),
            _ => {
                self.refuse(format!("`{column}` is `{}`", clip(cell)), format!("write a number from 0 to {to}"));
                None
            }
        }
    }

    /// Severity 1–5. Facts that nobody has confirmed (`verified_by` says `memory`) count for at most 3.
    pub fn severity(&mut self) -> Option<u8> {
        let severity = self.number("severity", 1, 5, None)? as u8;
        Some(if from_memory(self.text("verified_by")) { severity.min(UNCONFIRMED) } else { severity })
    }

    /// The items of a cell, split at `separator`, without empty ones.
    pub fn list(&self, column: &str, separator: char) -> Vec<String> {
        self.row.get(column).split(separator).map(str::trim).filter(|s| !s.is_empty() && *s != "-").map(str::to_owned).collect()
    }

    /// Records what is wrong with this row.
    pub fn refuse(&mut self, message: String, remedy: String) {
        self.problems.push(self.row.at.problem(message, remedy));
    }
}

/// The highest severity of a row that nobody has confirmed.
pub(crate) const UNCONFIRMED: u8 = 3;

/// True if a fact rests on memory alone.
pub(crate) fn from_memory(verified_by: &str) -> bool {
    verified_by.contains("memory")
}
