//! Approved deviations: who may do what else, until when, and who said so. An exception discounts evidence, it never hides it.

mod exception;
mod file;

pub use exception::{EXPIRING_DAYS, Exception, ExceptionFacet, ExceptionKind, ExceptionStatus};

use crate::error::{Error, read_text};
use crate::globs::{Glob, GlobIndex};
use crate::inventory::forms;
use crate::toml_file::{Source, read_toml, without_bom};
use std::path::Path;
use vires_event::Millis;

/// Schema of the file.
pub const SCHEMA: &str = "vires-exceptions/1";
const LARGEST: u64 = 64 << 20;

/// A piece of evidence that an exception might excuse.
#[derive(Debug, Clone, Copy)]
pub struct Claim<'a> {
    /// Workload id.
    pub workload: &'a str,
    /// Canonical id of the identity that acted.
    pub identity: &'a str,
    /// Peer group of the workload.
    pub peer_group: Option<&'a str>,
    /// Evidence code.
    pub code: &'a str,
    /// Word of the facet, as in [`ExceptionFacet`]; other words are only excused by exceptions for all facets.
    pub facet: &'a str,
    /// Value of the facet.
    pub value: &'a str,
    /// Address the activity came from.
    pub ip: Option<&'a str>,
    /// Zone it came from.
    pub zone: Option<&'a str>,
    /// True if that zone's class is `unknown`.
    pub unknown_network: bool,
    /// When it happened.
    pub at: Millis,
}

/// All exceptions of a file.
#[derive(Debug, Clone, Default)]
pub struct Exceptions {
    /// The file as the caller named it.
    pub file: String,
    list: Vec<Exception>,
    index: GlobIndex<u32>,
}

impl Exceptions {
    /// Reads a TOML file.
    pub fn load(path: &Path) -> Result<Self, Error> {
        Self::from_toml(&read_text(path, LARGEST)?, &path.display().to_string())
    }

    /// Reads a TOML text. `name` is used in errors.
    pub fn from_toml(text: &str, name: &str) -> Result<Self, Error> {
        let file: file::File = read_toml(text, name, SCHEMA)?;
        let list = file::check(file, &Source::new(name, without_bom(text)))?;
        let mut index = GlobIndex::default();
        for (number, exception) in (0u32..).zip(&list) {
            for form in exception.identities.iter().flat_map(|identity| forms(identity)) {
                index.insert(Glob::new(&form), number);
            }
        }
        Ok(Exceptions { file: name.into(), list, index })
    }

    /// The first exception, in file order, that excuses the claim.
    ///
    /// Evidence from an unknown network is excused only by a penetration test or break-glass, and only if one of the exceptions for
    /// this identity names that network (see [`Exception::covers_unknown_network`]): who may act from where has to be said, so that
    /// a stolen credential cannot hide behind a planned change.
    pub fn matches(&self, claim: &Claim<'_>) -> Option<&Exception> {
        let candidates = self.candidates(claim);
        let speaks = |exception: &&Exception| exception.speaks_of(claim.code, claim.facet, claim.value, claim.ip);
        if !claim.unknown_network {
            return candidates.into_iter().find(speaks);
        }
        if !candidates.iter().any(|exception| exception.covers_unknown_network(claim.ip, claim.zone)) {
            return None;
        }
        let about_origin = claim.facet == ExceptionFacet::Zone.as_str();
        candidates.into_iter().filter(speaks).find(|exception| {
            matches!(exception.kind, ExceptionKind::Pentest | ExceptionKind::Breakglass)
                && (!about_origin || exception.covers_unknown_network(claim.ip, claim.zone))
        })
    }

    /// The exceptions in file order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Exception> {
        self.list.iter()
    }

    /// True if there is none.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// The exceptions that hold for the claim's identity at its moment, in file order.
    fn candidates(&self, claim: &Claim<'_>) -> Vec<&Exception> {
        if self.list.is_empty() {
            return Vec::new();
        }
        let mut numbers: Vec<u32> = Vec::new();
        let mut collect = |text: &str| self.index.for_each(text, |_, _, number| numbers.push(number));
        collect(claim.workload);
        collect(claim.identity);
        if let Some(group) = claim.peer_group {
            collect(&format!("group:{group}"));
        }
        numbers.sort_unstable();
        numbers.dedup();
        numbers.iter().filter_map(|n| self.list.get(*n as usize)).filter(|exception| exception.active(claim.at)).collect()
    }
}

#[cfg(test)]
mod tests;
