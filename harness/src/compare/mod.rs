//! Two tunings on the same scenarios: what changed, and whether it could be chance.

mod files;
mod flips;
mod paired;
mod verdict;

pub use files::compare_files;
pub use flips::{Flip, flips};
pub use paired::{Comparison, Deltas, compare_all};
pub use verdict::Evidence;
