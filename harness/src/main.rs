//! `harness`: measures how well and how fast `vires` decides.

use clap::Parser;
use std::process::ExitCode;
use vires_harness::cli::{Cli, run};
use vires_harness::shipped::Shipped;

fn main() -> ExitCode {
    run(Cli::parse(), &Shipped::new(), &mut std::io::stdout(), &mut std::io::stderr())
}
