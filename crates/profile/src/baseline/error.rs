/// Why a baseline, or another sealed file, cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BaselineError {
    /// Not JSON, or not of this shape.
    #[error("{name}:{line}:{column}: {message}; restore it from a copy, or make it anew")]
    Syntax {
        /// The file.
        name: String,
        /// 1-based line.
        line: usize,
        /// 1-based column.
        column: usize,
        /// What is wrong there.
        message: String,
    },
    /// Another kind of file, or a version this program does not read.
    #[error("{name}: schema is `{found}`, expected `{expected}`; make it anew with this version")]
    Schema {
        /// The file.
        name: String,
        /// What it says.
        found: String,
        /// What was asked for.
        expected: String,
    },
    /// The content does not have the checksum it names: torn or edited by hand.
    #[error("{name}: checksum does not match: the file is torn or was edited; restore it from a copy, or make it anew")]
    Checksum {
        /// The file.
        name: String,
    },
    /// A value that no run of this program would have written.
    #[error("{name}: workload `{workload}`: {message}")]
    Invalid {
        /// The file.
        name: String,
        /// Where.
        workload: String,
        /// What is wrong.
        message: String,
    },
    /// Learned with different catalogues: their tiers and classes cannot be compared.
    #[error("learned with catalogue {theirs}, not {ours}; learn both with the same catalogue")]
    Catalogue {
        /// Hash of the one.
        ours: String,
        /// Hash of the other.
        theirs: String,
    },
    /// Both were learned from the same input.
    #[error("overlapping inputs: both were learned from the file with SHA-256 {sha256}; merge baselines of different files")]
    Overlap {
        /// The input.
        sha256: String,
    },
}
