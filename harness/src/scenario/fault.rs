use std::path::Path;
use vires_profile::toml_file::FileError;
use vires_profile::{Finding, Severity};

/// Something in a scenario that keeps it from being used.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// A TOML file is wrong at a place.
    #[error(transparent)]
    Toml(#[from] FileError),
    /// An inventory or exceptions file is wrong.
    #[error(transparent)]
    Profile(#[from] vires_profile::Error),
    /// Anything else, with file, line and remedy.
    #[error("{0}")]
    Place(Finding),
    /// The filter leaves nothing.
    #[error("no scenario matches `{filter}`; the filter is matched against whole ids: {examples}")]
    NoMatch {
        /// The glob.
        filter: String,
        /// Some of the ids that are there.
        examples: String,
    },
    /// A file could not be read.
    #[error("failed to read {file}: {source}")]
    Read {
        /// The file.
        file: String,
        /// What the system said.
        source: std::io::Error,
    },
}

impl Fault {
    /// A fault at a line of a file; 0 for the whole file.
    pub fn at(path: &Path, line: usize, code: &'static str, message: impl Into<String>, remedy: &'static str) -> Self {
        Fault::Place(finding(path, line, Severity::Error, code, message, remedy))
    }

    /// A file that could not be read.
    pub fn read(path: &Path, source: std::io::Error) -> Self {
        Fault::Read { file: path.display().to_string(), source }
    }
}

/// A finding at a line of a file, its message cleaned of control characters: it may quote a log.
pub(crate) fn finding(
    path: &Path,
    line: usize,
    severity: Severity,
    code: &'static str,
    message: impl Into<String>,
    remedy: &'static str,
) -> Finding {
    let message = message.into().chars().take(600).map(|c| if c.is_control() { ' ' } else { c }).collect();
    Finding { file: path.display().to_string(), line, severity, code, message, remedy, excerpt: None }
}

/// Everything that was wrong, in the order in which it was found.
#[derive(Debug, thiserror::Error)]
#[error("{}", join(.0))]
pub struct Faults(pub Vec<Fault>);

/// Faults that are printed; more would only repeat themselves.
const MOST: usize = 40;

fn join(faults: &[Fault]) -> String {
    let mut lines: Vec<String> = faults.iter().take(MOST).map(Fault::to_string).collect();
    if faults.len() > MOST {
        lines.push(format!("… and {} more", faults.len() - MOST));
    }
    lines.join("\n")
}

impl From<Fault> for Faults {
    fn from(fault: Fault) -> Self {
        Faults(vec![fault])
    }
}
