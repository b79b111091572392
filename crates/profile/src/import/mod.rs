//! Drafts an inventory from what other systems know of identities: cloud exports, manifests, catalogues, state files.
//!
//! An importer reads only the keys that it names in its documentation. What it drafts is a start: owners and purposes come from tags
//! that somebody once wrote, so each entry says where it comes from and what to check.

mod aws_iam;
mod backstage;
mod json;
mod kubernetes;
mod labels;
mod spire;
mod terraform;
mod yaml;

use crate::draft::{Draft, nameless, tidy};
use crate::error::{Error, MOST_ERRORS};
use crate::toml_file::{FileError, without_bom};
use crate::words::file_words;
use serde::{Deserialize, Serialize};

file_words! {
    /// A system from which an inventory can be drafted.
    Importer {
        /// AWS IAM: credential report (CSV) and tags of roles and users (JSON of the CLI).
        AwsIam = "aws-iam",
        /// Kubernetes manifests or `kubectl get -o yaml|json`: service accounts and the workloads that use them.
        Kubernetes = "kubernetes",
        /// Backstage `catalog-info.yaml`: components, resources and the groups that own them.
        Backstage = "backstage",
        /// Terraform or OpenTofu state (JSON, version 4): identities of the known resource types, chosen keys only.
        Terraform = "terraform",
        /// SPIRE registration entries: `spire-server entry show -output json`.
        Spire = "spire",
    }
}

/// Entries without a name of which it is said where they stand.
const MOST_NAMED: usize = 20;

/// One file to import from.
#[derive(Debug, Clone, Copy)]
pub struct Input<'a> {
    /// Its name, for errors and comments.
    pub name: &'a str,
    /// What it contains.
    pub text: &'a str,
}

impl Importer {
    /// Drafts workloads from the files, one for each id, sorted by id. The order of the files matters only where they contradict each
    /// other: the first is kept, and the draft says so.
    pub fn drafts(self, inputs: &[Input<'_>]) -> Result<Vec<Draft>, Error> {
        self.read(inputs).map(tidy)
    }

    fn read(self, inputs: &[Input<'_>]) -> Result<Vec<Draft>, Error> {
        let read = match self {
            Importer::AwsIam => aws_iam::read,
            Importer::Kubernetes => kubernetes::read,
            Importer::Backstage => backstage::read,
            Importer::Terraform => terraform::read,
            Importer::Spire => spire::read,
        };
        let inputs: Vec<Input<'_>> = inputs.iter().map(|input| Input { text: without_bom(input.text), ..*input }).collect();
        read(&inputs)
    }

    /// [`Importer::drafts`], written as an inventory. Entries without a name are left out, and named at its head.
    pub fn toml(self, inputs: &[Input<'_>]) -> Result<String, Error> {
        let names: Vec<&str> = inputs.iter().map(|input| input.name).collect();
        let drafts = self.read(inputs)?;
        let mut heading = format!("Imported by `vires inventory import {}` from {}.", self.as_str(), names.join(", "));
        let unnamed = nameless(&drafts);
        if !unnamed.is_empty() {
            heading += &format!("\nLeft out, {} without a name:", unnamed.len());
            unnamed.iter().take(MOST_NAMED).for_each(|from| heading += &format!("\n- {from}"));
        }
        Ok(crate::write::drafts(&tidy(drafts), &heading))
    }
}

/// The documents of a YAML or JSON file, with limits on size and depth: for readers of other manifests than those above.
pub fn documents(input: &Input<'_>) -> Result<Vec<serde_json::Value>, Error> {
    yaml::read(input).map_err(|error| Error::Invalid(vec![error]))
}

/// Reads each file on its own: an error in one does not hide those of the others.
fn each<T>(inputs: &[Input<'_>], mut read: impl FnMut(&Input<'_>) -> Result<Vec<T>, FileError>) -> Result<Vec<T>, Error> {
    let mut out = Vec::new();
    let mut errors = Vec::new();
    for input in inputs {
        match read(input) {
            Ok(items) => out.extend(items),
            Err(error) if errors.len() <= MOST_ERRORS => errors.push(error),
            Err(_) => {}
        }
    }
    if errors.is_empty() { Ok(out) } else { Err(Error::Invalid(errors)) }
}

#[cfg(test)]
mod tests;
