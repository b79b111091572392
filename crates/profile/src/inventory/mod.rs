//! What the owners declared: workloads with their identities, networks, data classes.

mod build;
mod csv;
mod environment;
pub(crate) use csv::line_of;
mod principal;
mod raw;
mod resolve;
mod workload;

pub(crate) use build::parse_net;
pub use environment::environment_word;
pub use principal::forms;
pub(crate) use principal::{is_unheard_of, logins};
pub use resolve::WorkloadIndex;
pub use workload::{Deny, Expect, ExpectedVolume, Mixture, Owner, Principal, Status, Workload, WorkloadKind};

use crate::data::DataClasses;
use crate::error::{Error, MOST_ERRORS, read_text};
use crate::finding::Finding;
use crate::toml_file::{FileError, Source, read_toml, without_bom};
use crate::zones::Zones;
use environment::Environments;
use resolve::Resolver;
use rustc_hash::FxHashMap;
use std::collections::BTreeSet;
use std::path::Path;

/// Schema of the TOML form.
pub const SCHEMA: &str = "vires-inventory/1";
/// A larger inventory is refused: 100,000 workloads with a full profile take about 100 MiB.
const LARGEST: u64 = 1 << 30;

/// A checked inventory. See contract section 3 for the file formats.
///
/// ```
/// let text = r#"
/// schema = "vires-inventory/1"
/// [[workload]]
/// id = "payments-api"
/// principals = ["arn:aws:iam::123456789012:role/svc/payments-api"]
/// "#;
/// let inventory = vires_profile::Inventory::from_toml(text, "inventory.toml").expect("valid");
/// let found = inventory.resolve("aws:role/123456789012/payments-api", None).expect("listed");
/// assert_eq!(inventory.workload(found).id, "payments-api");
/// ```
#[derive(Debug, Clone, Default)]
pub struct Inventory {
    /// The file as the caller named it.
    pub file: String,
    /// Named networks.
    pub zones: Zones,
    /// Data classes of targets.
    pub data: DataClasses,
    workloads: Vec<Workload>,
    ids: FxHashMap<Box<str>, WorkloadIndex>,
    resolver: Resolver,
    environments: Environments,
    notes: Vec<Finding>,
}

impl Inventory {
    /// Reads a file: CSV if its name ends in `.csv`, else TOML.
    pub fn load(path: &Path) -> Result<Self, Error> {
        Self::parse(&read_text(path, LARGEST)?, &path.display().to_string())
    }

    /// Reads a text: CSV if `name` ends in `.csv`, else TOML. `name` is used in errors.
    pub fn parse(text: &str, name: &str) -> Result<Self, Error> {
        let is_csv = name.get(name.len().saturating_sub(4)..).is_some_and(|end| end.eq_ignore_ascii_case(".csv"));
        if is_csv { Self::from_csv(text, name) } else { Self::from_toml(text, name) }
    }

    /// Reads the TOML form. `name` is used in errors.
    pub fn from_toml(text: &str, name: &str) -> Result<Self, Error> {
        let file: raw::File = read_toml(text, name, SCHEMA)?;
        let source = Source::new(name, without_bom(text));
        let mut errors = Vec::new();
        let parts = build::build(file, &source, &mut errors);
        Self::finish(name, parts, errors)
    }

    /// Reads the CSV form. `name` is used in errors.
    pub fn from_csv(text: &str, name: &str) -> Result<Self, Error> {
        let mut errors = Vec::new();
        let parts = csv::read(without_bom(text), name, &mut errors);
        Self::finish(name, parts, errors)
    }

    fn finish(name: &str, parts: build::Parts, mut errors: Vec<FileError>) -> Result<Self, Error> {
        let (resolver, clashes) = Resolver::new(&parts.workloads);
        let id_of = |index: WorkloadIndex| parts.workloads.get(index.0 as usize).map_or("", |w| w.id.as_str());
        for clash in clashes.iter().take(MOST_ERRORS + 1) {
            let message = format!(
                "the identity `{}` of workload `{}` belongs to workload `{}` already; leave it with one of them",
                clash.form,
                id_of(clash.second),
                id_of(clash.first)
            );
            errors.push(FileError::new(name, clash.line, message).coded("duplicate_principal"));
        }
        if !errors.is_empty() {
            errors.sort_by_key(|error| (error.line, error.column));
            return Err(Error::Invalid(errors));
        }
        Ok(Inventory {
            file: name.into(),
            zones: Zones::new(parts.zones),
            data: DataClasses::new(parts.data),
            ids: (0u32..).zip(&parts.workloads).map(|(n, w)| (w.id.as_str().into(), WorkloadIndex(n))).collect(),
            environments: Environments::of(&parts.workloads),
            workloads: parts.workloads,
            resolver,
            notes: parts.notes,
        })
    }

    /// The workload that an identity belongs to: by canonical id or, where the record has it, the raw principal. A literal principal
    /// counts before any `*` glob; of several globs the most specific, of equal ones the first in the file.
    ///
    /// Costs a few hash lookups, however many workloads there are.
    pub fn resolve(&self, id: &str, raw: Option<&str>) -> Option<WorkloadIndex> {
        self.resolver.resolve(id, raw)
    }

    /// The same, where one listed name of an identity leads from all its other names, too. A managed identity is listed by its resource
    /// and signs in by its application's id: only the logs say that they are one.
    #[must_use]
    pub fn joined<N: AsRef<str>>(&self, families: impl Iterator<Item = Vec<N>>) -> Self {
        let mut joined = self.clone();
        for names in families {
            let names: Vec<&str> = names.iter().map(AsRef::as_ref).collect();
            let found: BTreeSet<WorkloadIndex> = names.iter().filter_map(|name| self.resolve(name, None)).collect();
            // What is listed as two is not one, whatever a log says.
            let (Some(index), 1) = (found.first(), found.len()) else { continue };
            for name in names.iter().filter(|name| self.resolve(name, None).is_none()) {
                joined.resolver.also(name, *index);
            }
        }
        joined
    }

    /// A workload that [`Inventory::resolve`] found.
    ///
    /// # Panics
    /// If `index` comes from another, larger inventory.
    #[expect(
        clippy::indexing_slicing,
        reason = "an index is only handed out for a workload that exists; a foreign one is a bug"
    )]
    pub fn workload(&self, index: WorkloadIndex) -> &Workload {
        &self.workloads[index.0 as usize]
    }

    /// The environment of an account, project or cluster: that of the workloads that live there, if they agree; where none is
    /// declared, the one its name contains.
    pub fn environment<'a>(&'a self, account: &'a str) -> Option<&'a str> {
        self.environments.get(account)
    }

    /// All workloads in file order; the position is the [`WorkloadIndex`].
    pub fn workloads(&self) -> &[Workload] {
        &self.workloads
    }

    /// The workload with this name.
    pub fn find(&self, id: &str) -> Option<&Workload> {
        self.find_id(id).map(|index| self.workload(index))
    }

    /// The place of the workload with this name.
    pub fn find_id(&self, id: &str) -> Option<WorkloadIndex> {
        self.ids.get(id).copied()
    }

    /// What was noticed while reading that does not stop the inventory from being used. `lint` looks further.
    pub fn notes(&self) -> &[Finding] {
        &self.notes
    }
}

#[cfg(test)]
mod tests;
