//! What one activity says of a workload.
