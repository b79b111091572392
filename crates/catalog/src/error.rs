use std::path::PathBuf;

/// How many problems one error prints; the rest are counted.
const SHOWN: usize = 20;

/// Something wrong with one row of a catalogue file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The file, as the user named it; a bare file name for a built-in one.
    pub file: String,
    /// The line, 1-based; 0 when the file as a whole is meant.
    pub line: u32,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub remedy: String,
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.file)?;
        if self.line > 0 {
            write!(f, ":{}", self.line)?;
        }
        write!(f, ": {}", self.message)?;
        if self.remedy.is_empty() { Ok(()) } else { write!(f, "; {}", self.remedy) }
    }
}

/// Why a catalogue could not be loaded.
#[derive(Debug, thiserror::Error)]
pub enum CatalogError {
    /// The overlay directory or a file in it could not be read.
    #[error("failed to read {}: {error}; give --catalog a readable directory of .tsv files", path.display())]
    Unreadable {
        /// The path that failed.
        path: PathBuf,
        /// The operating system's reason.
        error: std::io::Error,
    },
    /// Rows that cannot be used. Every problem found is listed, in file order.
    #[error("failed to load the catalogue:\n{}", render(.0))]
    Rows(Vec<Problem>),
}

impl CatalogError {
    /// The rows at fault; empty when the files could not even be read.
    pub fn problems(&self) -> &[Problem] {
        match self {
            CatalogError::Rows(problems) => problems,
            CatalogError::Unreadable { .. } => &[],
        }
    }
}

fn render(problems: &[Problem]) -> String {
    let mut out: Vec<String> = problems.iter().take(SHOWN).map(|p| format!("  {p}")).collect();
    if problems.len() > SHOWN {
        out.push(format!("  and {} more", problems.len() - SHOWN));
    }
    out.join("\n")
}
