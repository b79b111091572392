//! `vires`: is this activity of a non-human identity worth escalating?

mod args;
mod catalog;
mod config;
mod config_verb;
mod explain;
mod export;
mod failure;
mod generate;
mod import;
mod inventory;
mod judge;
mod known;
mod learn;
mod print;
mod report;
mod save;
mod state;
mod survey;
mod tag;

use clap::Parser;
use failure::Failure;
use std::io::Write;
use std::process::ExitCode;

fn main() -> ExitCode {
    let cli = match args::Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are errors to clap, with exit code 0; a closed pipe is nobody's problem here.
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(Failure::CODE));
        }
    };
    let result = match cli.verb {
        args::Verb::Tag(args) => tag::run(&args),
        args::Verb::Judge(args) => judge::run(&args),
        args::Verb::Learn(args) => learn::run(&args),
        args::Verb::Merge(args) => learn::merge(&args),
        args::Verb::Explain(args) => explain::run(&args),
        args::Verb::Export(args) => export::run(&args),
        args::Verb::Import(args) => import::run(&args),
        args::Verb::Report(args) => report::run(&args),
        args::Verb::State(verb) => state::run(&verb),
        args::Verb::Inventory(verb) => inventory::run(&verb),
        args::Verb::Catalog(verb) => catalog::run(&verb),
        args::Verb::Config(verb) => config_verb::run(&verb),
        args::Verb::Generate(verb) => generate::run(&verb),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            let _ = std::io::stderr().write_all(failure.render().as_bytes());
            ExitCode::from(failure.code())
        }
    }
}
