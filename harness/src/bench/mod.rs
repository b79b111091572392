//! Benchmarks: seeded corpora whose expected counts are known, so that nothing can be fast and wrong.

pub mod corpus;
