//! What was learned of each workload.
