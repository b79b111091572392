//! What shippers rely on: the contract rule by rule, the configurations of `integrations/`, and the real programs where they can be
//! had. `integrations/README.md` says how to run parts of it against another program.
#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::print_stderr)]

mod configs;
mod conformance;
mod figures;
mod process;
mod real;
#[path = "../common/signals.rs"]
mod signals;
