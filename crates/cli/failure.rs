use std::io::ErrorKind;

/// Why the program ends with something else than success.
#[derive(Debug)]
pub enum Failure {
    /// Could not run: wrong usage, wrong configuration.
    Error(anyhow::Error),
    /// Ran, but something could not be read or written; one line each.
    Incomplete(Vec<String>),
}

impl Failure {
    /// Could not run, or could not do all of it.
    pub const CODE: u8 = 2;

    /// The exit code: a reader that went away is no failure.
    pub fn code(&self) -> u8 {
        if self.is_broken_pipe() { 0 } else { Failure::CODE }
    }

    /// What to print on standard error.
    pub fn render(&self) -> String {
        match self {
            _ if self.is_broken_pipe() => String::new(),
            Failure::Error(error) => format!("vires: {error:#}\n"),
            Failure::Incomplete(lines) => lines.iter().map(|line| format!("vires: {line}\n")).collect(),
        }
    }

    fn is_broken_pipe(&self) -> bool {
        let Failure::Error(error) = self else { return false };
        error.downcast_ref::<std::io::Error>().is_some_and(|e| e.kind() == ErrorKind::BrokenPipe)
    }
}

impl<E: Into<anyhow::Error>> From<E> for Failure {
    fn from(error: E) -> Self {
        Failure::Error(error.into())
    }
}
