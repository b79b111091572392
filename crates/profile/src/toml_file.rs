//! Reading a TOML file that a person wrote: errors name file, line and column and show the place with a caret.

use serde::de::DeserializeOwned;
use std::ops::Range;

/// What is wrong with a file, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.render())]
pub struct FileError {
    /// The file as the caller named it.
    pub file: String,
    /// Line, from 1; 0 if the error concerns the whole file.
    pub line: usize,
    /// Column in characters, from 1; 0 if the error concerns the whole file or line.
    pub column: usize,
    /// Stable name of the check that failed, e.g. `duplicate_workload`; `syntax` where the file could not be read at all.
    pub code: &'static str,
    /// What is wrong and what to do.
    pub message: String,
    /// The line and the caret under it.
    excerpt: Option<(String, usize, usize)>,
}

/// Longest piece of a line that an error shows, in characters.
const EXCERPT: usize = 120;
/// Code of errors that come from the file's form, not from what it says.
const SYNTAX: &str = "syntax";
/// Longest message, in characters.
const MESSAGE: usize = 1000;

impl FileError {
    /// An error that concerns a whole file, or (with `line` > 0) a whole line of it.
    pub fn new(file: &str, line: usize, message: impl Into<String>) -> Self {
        FileError { file: file.into(), line, column: 0, code: SYNTAX, message: clean(&message.into()), excerpt: None }
    }

    /// The same error under the name of another check.
    pub(crate) fn coded(mut self, code: &'static str) -> Self {
        self.code = code;
        self
    }

    fn render(&self) -> String {
        let mut out = self.file.clone();
        for number in [self.line, self.column] {
            if number > 0 {
                out.push_str(&format!(":{number}"));
            }
        }
        out.push_str(": ");
        out.push_str(&self.message);
        if let Some(excerpt) = self.excerpt() {
            out.push('\n');
            out.push_str(&excerpt);
        }
        out
    }

    /// The line with its number and a caret under the place, as three lines of text.
    pub(crate) fn excerpt(&self) -> Option<String> {
        let (text, offset, width) = self.excerpt.as_ref()?;
        let number = self.line.to_string();
        let gutter = " ".repeat(number.len());
        Some(format!("{gutter} |\n{number} | {text}\n{gutter} | {}{}", " ".repeat(*offset), "^".repeat(*width)))
    }
}

/// Editors on Windows start a file with a byte order mark.
pub(crate) fn without_bom(text: &str) -> &str {
    text.strip_prefix('\u{feff}').unwrap_or(text)
}

/// Messages quote the file: a terminal must not obey it, nor drown in it.
fn clean(message: &str) -> String {
    let mut out: String = message.chars().take(MESSAGE).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if message.chars().nth(MESSAGE).is_some() {
        out.push('…');
    }
    out
}

/// A text with its name, which can say in which line a byte stands.
pub(crate) struct Source<'t> {
    pub name: &'t str,
    pub text: &'t str,
    starts: Vec<usize>,
}

impl<'t> Source<'t> {
    pub fn new(name: &'t str, text: &'t str) -> Self {
        let starts = std::iter::once(0).chain(memchr::memchr_iter(b'\n', text.as_bytes()).map(|i| i + 1)).collect();
        Source { name, text, starts }
    }

    /// The line, from 1, of a byte.
    pub fn line(&self, at: usize) -> usize {
        self.starts.partition_point(|start| *start <= at).max(1)
    }

    /// An error at a place in the text.
    pub fn error(&self, span: Range<usize>, message: impl Into<String>) -> FileError {
        let line = self.line(span.start);
        let start = self.starts.get(line - 1).copied().unwrap_or(0);
        let text = self.text.get(start..).unwrap_or_default().lines().next().unwrap_or_default();
        let before = text.get(..span.start.saturating_sub(start)).unwrap_or(text).chars().count();
        let marked = self.text.get(span).unwrap_or_default().lines().next().unwrap_or_default().chars().count().max(1);
        // Long lines are shown from shortly before the place; a tab or a control character takes the width of one blank.
        let skipped = before.saturating_sub(EXCERPT / 2);
        let shown: String = text.chars().skip(skipped).take(EXCERPT).map(|c| if c.is_control() { ' ' } else { c }).collect();
        let shown = shown.trim_end().to_string();
        let offset = before - skipped;
        let width = marked.min(EXCERPT.saturating_sub(offset)).max(1);
        FileError {
            file: self.name.into(),
            line,
            column: before + 1,
            code: SYNTAX,
            message: clean(&message.into()),
            excerpt: Some((shown, offset, width)),
        }
    }
}

/// Reads a TOML file whose top-level key `schema` must be `schema`, e.g. `"vires-inventory/1"`. Unknown keys are an error if `T`
/// denies them; `T` must have a field `schema`.
///
/// A wrong schema is reported before anything else: under another schema other keys may be right.
pub fn read_toml<T: DeserializeOwned>(text: &str, name: &str, schema: &str) -> Result<T, FileError> {
    let none = || format!("no schema: start the file with `schema = \"{schema}\"`");
    match head(without_bom(text)) {
        Ok(Head { schema: None }) => Err(FileError::new(name, 0, none())),
        _ => read_toml_over(text, name, schema),
    }
}

/// The same of a file that is laid over defaults, and so may leave out its schema as any other key. A wrong one is an error all the same.
pub fn read_toml_over<T: DeserializeOwned>(text: &str, name: &str, schema: &str) -> Result<T, FileError> {
    let text = without_bom(text);
    let source = Source::new(name, text);
    let parsed = toml::from_str::<T>(text);
    // The second pass is paid only for a file that is refused anyway, or to look at the one key that serde cannot check.
    match (head(text), parsed) {
        (Ok(Head { schema: Some(found) }), _) if found.get_ref() != schema => {
            Err(source.error(found.span(), format!("schema is `{}`, expected `{schema}`", found.get_ref().escape_debug())))
        }
        (_, Ok(value)) => Ok(value),
        (_, Err(error)) => {
            let message = error.message().trim_end().replace('\n', "; ");
            Err(match error.span() {
                Some(span) => source.error(span, message),
                None => FileError::new(name, 0, message),
            })
        }
    }
}

#[derive(serde::Deserialize)]
struct Head {
    schema: Option<toml::Spanned<String>>,
}

fn head(text: &str) -> Result<Head, toml::de::Error> {
    // `schema` stands before the first table, so the rest need not be parsed again.
    let end = if text.starts_with('[') { 0 } else { text.find("\n[").map_or(text.len(), |i| i + 1) };
    toml::from_str(text.get(..end).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    #[allow(dead_code)]
    struct File {
        schema: String,
        #[serde(default)]
        size: u8,
        #[serde(default)]
        item: Vec<Item>,
    }

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    #[allow(dead_code)]
    struct Item {
        name: String,
    }

    #[test]
    fn names_file_line_and_place() {
        for (text, expected) in [
            (
                "schema = \"t/1\"\nsise = 3\n",
                "f.toml:2:1: unknown field `sise`, expected one of `schema`, `size`, `item`\n  |\n2 | sise = 3\n  | ^^^^",
            ),
            (
                "schema = \"t/1\"\n\n[[item]]\nname = \"a\"\n  nome = \"b\"\n",
                "f.toml:5:3: unknown field `nome`, expected `name`\n  |\n5 |   nome = \"b\"\n  |   ^^^^",
            ),
            (
                "schema = \"t/2\"\nother = 3\n",
                "f.toml:1:10: schema is `t/2`, expected `t/1`\n  |\n1 | schema = \"t/2\"\n  |          ^^^^^",
            ),
            ("size = 3\n", "f.toml: no schema: start the file with `schema = \"t/1\"`"),
            ("[[item]]\nname = \"a\"\n", "f.toml: no schema: start the file with `schema = \"t/1\"`"),
            ("", "f.toml: no schema: start the file with `schema = \"t/1\"`"),
            (
                "schema = \"t/1\"\nsize = 300\n",
                "f.toml:2:8: invalid value: integer `300`, expected u8\n  |\n2 | size = 300\n  |        ^^^",
            ),
        ] {
            assert_eq!(read_toml::<File>(text, "f.toml", "t/1").unwrap_err().to_string(), expected, "{text}");
        }
        let good = read_toml::<File>("\u{feff}schema = \"t/1\"\n[[item]]\nname = \"[x]\"\n", "f", "t/1").unwrap();
        assert_eq!(good.item[0].name, "[x]");
    }

    #[test]
    fn a_syntax_error_is_shown_where_it_is() {
        let error = read_toml::<File>("schema = \"t/1\"\nsize = = 3\n", "f.toml", "t/1").unwrap_err();
        assert_eq!((error.line, error.column), (2, 8), "{error}");
    }

    #[test]
    fn depth_is_bounded() {
        for open in ["[", "{a="] {
            let text = format!("schema = \"t/1\"\nsize = {}", open.repeat(200_000));
            assert!(read_toml::<File>(&text, "f", "t/1").is_err());
        }
        assert!(read_toml::<File>(&format!("schema = \"t/1\"\n{}a = 1", "a.".repeat(200_000)), "f", "t/1").is_err());
    }

    #[test]
    fn a_hostile_line_is_cut_and_cleaned() {
        let text = format!("schema = \"t/1\"\n\"{}\u{7f}\" = 1\n", "é".repeat(5000));
        let error = read_toml::<File>(&text, "f", "t/1").unwrap_err().to_string();
        assert!(error.lines().all(|l| l.chars().count() < 1100 && !l.contains('\u{7f}')), "{error}");
        assert!(error.lines().last().unwrap().chars().count() < 140);
    }
}
