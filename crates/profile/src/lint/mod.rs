//! What looks wrong in an inventory or an exceptions file: all of it, each with its place and a remedy.

mod exceptions;
mod networks;
mod principals;
mod workloads;

use crate::error::Error;
use crate::exceptions::Exceptions;
use crate::finding::{Finding, Severity};
use crate::inventory::Inventory;
use vires_event::{Millis, Tier};

/// Says the tier of an action, if it is known.
pub type TierOf<'a> = &'a dyn Fn(&str) -> Option<Tier>;

/// What lint needs to know that does not stand in the files.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// The moment at which owners and exceptions are looked at.
    pub now: Millis,
    /// Tier of an action, where the catalogue knows it.
    pub tier_of: Option<TierOf<'a>>,
    /// The evidence codes that exceptions may name; empty where they are not known.
    pub codes: &'a [&'a str],
}

impl Context<'_> {
    /// Looks at the files as of this moment, without a catalogue and without knowing the judge.
    pub fn at(now: Millis) -> Self {
        Context { now, tier_of: None, codes: &[] }
    }
}

/// Findings on an inventory that loads, by line.
pub fn inventory(inventory: &Inventory, context: &Context<'_>) -> Vec<Finding> {
    let mut report = Report::new(&inventory.file);
    report.findings.extend(inventory.notes().iter().cloned());
    networks::check(inventory, &mut report);
    principals::check(inventory, &mut report);
    for workload in inventory.workloads() {
        workloads::check(workload, inventory, context, &mut report);
    }
    report.sorted()
}

/// Findings on an inventory as text: what stops it from loading, else what [`inventory()`] finds.
pub fn inventory_text(text: &str, name: &str, context: &Context<'_>) -> Vec<Finding> {
    match Inventory::parse(text, name) {
        Ok(loaded) => inventory(&loaded, context),
        Err(error) => refused(&error),
    }
}

/// Findings on exceptions that load, by line. With an inventory, the identities they name are looked up.
pub fn exceptions(exceptions: &Exceptions, inventory: Option<&Inventory>, context: &Context<'_>) -> Vec<Finding> {
    let mut report = Report::new(&exceptions.file);
    exceptions::check(exceptions, inventory, context, &mut report);
    report.sorted()
}

/// Findings on exceptions as text: what stops them from loading, else what [`exceptions()`] finds.
pub fn exceptions_text(text: &str, name: &str, inventory: Option<&Inventory>, context: &Context<'_>) -> Vec<Finding> {
    match Exceptions::from_toml(text, name) {
        Ok(loaded) => exceptions(&loaded, inventory, context),
        Err(error) => refused(&error),
    }
}

/// The places that an error names, as findings.
pub fn refused(error: &Error) -> Vec<Finding> {
    let finding = |file: &str, line, code, message: &str, excerpt| Finding {
        file: file.into(),
        line,
        severity: Severity::Error,
        code,
        message: message.into(),
        remedy: "the file is not used until this is corrected",
        excerpt,
    };
    match error {
        Error::Read { path, .. } => vec![finding(&path.display().to_string(), 0, "unreadable", &error.to_string(), None)],
        Error::Invalid(places) => {
            places.iter().map(|place| finding(&place.file, place.line, place.code, &place.message, place.excerpt())).collect()
        }
    }
}

/// Collects findings on one file.
struct Report<'a> {
    file: &'a str,
    findings: Vec<Finding>,
}

impl<'a> Report<'a> {
    fn new(file: &'a str) -> Self {
        Report { file, findings: Vec::new() }
    }

    fn warn(&mut self, line: usize, code: &'static str, message: String, remedy: &'static str) {
        self.push(Severity::Warning, line, code, message, remedy);
    }

    fn note(&mut self, line: usize, code: &'static str, message: String, remedy: &'static str) {
        self.push(Severity::Note, line, code, message, remedy);
    }

    fn push(&mut self, severity: Severity, line: usize, code: &'static str, message: String, remedy: &'static str) {
        self.findings.push(Finding { file: self.file.into(), line, severity, code, message, remedy, excerpt: None });
    }

    fn sorted(mut self) -> Vec<Finding> {
        self.findings.sort();
        self.findings
    }
}

#[cfg(test)]
mod tests;
