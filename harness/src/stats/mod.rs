//! The statistics behind every rate that is printed: intervals, ranking quality, paired tests, resampling.
//!
//! What a number cannot be computed from is `None`, never 0 and never NaN.

mod bootstrap;
mod interval;
mod paired;
mod ranking;
mod rates;

pub use bootstrap::{Cluster, Draws, REPLICATES, quantile};
pub use interval::{Interval, clopper_pearson, upper_bound, wilson};
pub use paired::{holm, mcnemar_exact, needed_flips};
pub use ranking::{PrPoint, Ranked, average_precision, brier_of_prevalence, brier_score, pr_curve};
pub use rates::{Counts, median, ppv};
