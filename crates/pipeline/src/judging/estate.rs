use crate::year::YearRule;
use std::sync::Arc;
use vires_profile::{Exceptions, Inventory};
use vires_tag::Classifier;

/// What is known of an estate before any of its lines is read.
#[derive(Debug, Clone)]
pub struct Estate {
    /// The catalogue, compiled.
    pub classifier: Arc<Classifier>,
    /// What was declared.
    pub inventory: Arc<Inventory>,
    /// What was approved for a time.
    pub exceptions: Arc<Exceptions>,
    /// The year of times that say none.
    pub year: Option<YearRule>,
}
