//! The command line: one file per verb.
//!
//! Exit codes: 0 ran, and every gate was met · 1 ran, a gate was not met · 2 could not run, or a scenario could not.

mod ablate;
mod args;
mod compare;
mod expand;
mod explain;
mod files;
mod lint;
mod list;
mod progress;
mod run;
mod sweep;

pub use args::{Cli, Verb};

use crate::engine::Engine;
use std::io::Write;
use std::process::ExitCode;

/// Ran, but something that was demanded is not so.
pub const GATE_NOT_MET: u8 = 1;
/// Could not run.
pub const COULD_NOT_RUN: u8 = 2;

/// What a verb came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// All is well.
    Well,
    /// A gate was not met.
    GateNotMet,
    /// Part of what was asked for could not run; what could is written.
    InPart,
}

/// Runs a verb. Data goes to `out`, talk to `talk`.
pub fn run(cli: Cli, engine: &dyn Engine, out: &mut dyn Write, talk: &mut dyn Write) -> ExitCode {
    let threads = cli.threads.unwrap_or(0);
    let pool = match rayon::ThreadPoolBuilder::new().num_threads(threads).build() {
        Ok(pool) => pool,
        Err(error) => {
            let _ = writeln!(talk, "harness: failed to start {threads} threads: {error}");
            return ExitCode::from(COULD_NOT_RUN);
        }
    };
    // A verb writes while it runs in the pool, so both streams are handed in and out.
    let (result, said, told) = pool.install(|| {
        let (mut said, mut told) = (Vec::new(), Vec::new());
        let result = verb(cli.verb, engine, &mut said, &mut told);
        (result, said, told)
    });
    let _ = talk.write_all(&told);
    let written = out.write_all(&said).and_then(|()| out.flush());
    match (result, written) {
        (Err(error), _) => {
            let _ = writeln!(talk, "harness: {error:#}");
            ExitCode::from(COULD_NOT_RUN)
        }
        // Who closes the pipe has seen enough.
        (Ok(_), Err(error)) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            let _ = writeln!(talk, "harness: failed to write: {error}");
            ExitCode::from(COULD_NOT_RUN)
        }
        (Ok(Ended::GateNotMet), _) => ExitCode::from(GATE_NOT_MET),
        (Ok(Ended::InPart), _) => ExitCode::from(COULD_NOT_RUN),
        (Ok(Ended::Well), _) => ExitCode::SUCCESS,
    }
}

fn verb(verb: Verb, engine: &dyn Engine, out: &mut Vec<u8>, talk: &mut Vec<u8>) -> anyhow::Result<Ended> {
    match verb {
        Verb::Run(args) => run::run(&args, engine, out, talk),
        Verb::Compare(args) => compare::run(&args, out),
        Verb::Ablate(args) => ablate::run(&args, engine, out),
        Verb::Sweep(args) => sweep::run(&args, engine, out),
        Verb::Explain(args) => explain::run(&args, engine, out),
        Verb::Lint(args) => lint::run(&args, engine, out),
        Verb::List(args) => list::run(&args, engine, out),
        Verb::Expand(args) => expand::expand(&args, out),
        Verb::Generate(args) => expand::generate(&args, out),
        Verb::Mutate(args) => expand::mutate(&args, engine, out),
        Verb::Import(args) => expand::import(&args, out),
        Verb::Bench(args) => crate::bench::bench(&args, out, talk),
        Verb::Corpus(args) => crate::bench::run(&args, out),
    }
}

#[cfg(test)]
mod tests;
