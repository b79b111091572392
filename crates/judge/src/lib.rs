//! Escalation criteria.
