use crate::toml_file::FileError;
use std::path::PathBuf;

/// Why an inventory, an exceptions file or an import could not be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file could not be read.
    #[error("failed to read {}: {error}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said. Not a `source`: the message has it, and whoever prints the chain would say it twice.
        error: std::io::Error,
    },
    /// The file was read and is wrong. Never empty; every place is named, up to a limit.
    #[error("{}", join(.0))]
    Invalid(Vec<FileError>),
}

/// Errors reported of one file: the rest would only repeat itself.
pub(crate) const MOST_ERRORS: usize = 20;

impl Error {
    /// The places in the file, if it was read.
    pub fn places(&self) -> &[FileError] {
        match self {
            Error::Read { .. } => &[],
            Error::Invalid(errors) => errors,
        }
    }
}

impl From<FileError> for Error {
    fn from(error: FileError) -> Self {
        Error::Invalid(vec![error])
    }
}

fn join(errors: &[FileError]) -> String {
    let mut out: Vec<String> = errors.iter().take(MOST_ERRORS).map(FileError::to_string).collect();
    if errors.len() > MOST_ERRORS {
        out.push(format!("… and {} more", errors.len() - MOST_ERRORS));
    }
    out.join("\n")
}

/// Reads a text file; `limit` is the most bytes that it may have.
pub(crate) fn read_text(path: &std::path::Path, limit: u64) -> Result<String, Error> {
    use std::io::Read;
    let failed = |error| Error::Read { path: path.into(), error };
    let file = std::fs::File::open(path).map_err(failed)?;
    let mut bytes = Vec::new();
    file.take(limit + 1).read_to_end(&mut bytes).map_err(failed)?;
    let name = path.display().to_string();
    if bytes.len() as u64 > limit {
        return Err(FileError::new(&name, 0, format!("larger than {} MiB", limit >> 20)).into());
    }
    String::from_utf8(bytes).map_err(|error| {
        let good = error.as_bytes().get(..error.utf8_error().valid_up_to()).unwrap_or_default();
        let line = good.iter().filter(|b| **b == b'\n').count() + 1;
        FileError::new(&name, line, "not valid UTF-8; save the file as UTF-8").into()
    })
}

#[cfg(test)]
mod tests {
    use super::{Error, read_text};

    #[test]
    fn a_missing_file_is_told_once() {
        let error = read_text(std::path::Path::new("/nonexistent/i.toml"), 1).unwrap_err();
        assert!(matches!(&error, Error::Read { error, .. } if error.kind() == std::io::ErrorKind::NotFound));
        assert!(error.to_string().starts_with("failed to read /nonexistent/i.toml: "), "{error}");
        assert!(std::error::Error::source(&error).is_none(), "else the chain says it again");
    }
}
