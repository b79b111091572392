use super::Ended;
use super::args::LintArgs;
use super::files;
use crate::scenario::lint;
use std::io::Write;
use vires_profile::Severity;

pub(super) fn run(args: &LintArgs, out: &mut Vec<u8>) -> anyhow::Result<Ended> {
    let corpus = files::load(&args.corpus)?;
    let found = lint(&corpus)?;
    for finding in &found {
        writeln!(out, "{finding}")?;
    }
    let of = |severity: Severity| found.iter().filter(|f| f.severity == severity).count();
    let (errors, warnings) = (of(Severity::Error), of(Severity::Warning));
    writeln!(out, "{} scenarios: {errors} errors, {warnings} warnings, {} notes", corpus.scenarios.len(), of(Severity::Note))?;
    Ok(if errors > 0 || (args.strict && warnings > 0) { Ended::GateNotMet } else { Ended::Well })
}
