use crate::args::{ImportKind, InventoryVerb};
use crate::failure::Failure;
use crate::known::{read_baseline, read_text};
use crate::print::print;
use crate::tag::catalog;
use anyhow::{Context, Result};
use std::path::PathBuf;
use vires_event::{Millis, Source, Tier, parse_time};
use vires_judge::Code;
use vires_profile::import::{Importer, Input};
use vires_profile::lint::{self, Context as Moment};
use vires_profile::summary::summary;
use vires_profile::{Finding, Inventory, Severity, diff, propose};

/// `vires inventory`
pub fn run(verb: &InventoryVerb) -> Result<(), Failure> {
    match verb {
        InventoryVerb::Lint { inventory, exceptions, at } => check(inventory, exceptions, at.as_deref()),
        InventoryVerb::Propose { baseline, inventory } => {
            let learned = summary(&read_baseline(baseline)?.0);
            let declared = inventory.as_deref().map(Inventory::load).transpose()?;
            let source = baseline.display().to_string();
            Ok(print(&propose::propose_toml(&learned, declared.as_ref(), &propose::Caution::default(), &source))?)
        }
        InventoryVerb::Diff { old, new, baseline } => {
            let (old, new) = (Inventory::load(old)?, Inventory::load(new)?);
            let learned = match baseline {
                Some(path) => summary(&read_baseline(path)?.0),
                None => Vec::new(),
            };
            let changes = diff::diff(&old, &new, &learned);
            Ok(print(&changes.iter().map(|change| format!("{change}\n")).collect::<String>())?)
        }
        InventoryVerb::Import { kind, files } => Ok(print(&import(*kind, files)?)?),
    }
}

fn import(kind: ImportKind, files: &[PathBuf]) -> Result<String> {
    let importer = match kind {
        ImportKind::AwsIam => Importer::AwsIam,
        ImportKind::Kubernetes => Importer::Kubernetes,
        ImportKind::Backstage => Importer::Backstage,
        ImportKind::Terraform => Importer::Terraform,
        ImportKind::Spire => Importer::Spire,
    };
    let read = |path: &PathBuf| Ok((path.display().to_string(), read_text(path)?));
    let texts: Vec<(String, String)> = files.iter().map(read).collect::<Result<_>>()?;
    let inputs: Vec<Input<'_>> = texts.iter().map(|(name, text)| Input { name, text }).collect();
    Ok(importer.toml(&inputs)?)
}

fn check(inventories: &[PathBuf], exceptions: &[PathBuf], at: Option<&str>) -> Result<(), Failure> {
    let now = moment(at)?;
    let catalog = catalog(None)?;
    let tier_of = |action: &str| -> Option<Tier> { Some(catalog.effect(source_of(action), action).tier()) };
    let codes: Vec<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
    let context = Moment { now, tier_of: Some(&tier_of), codes: &codes };
    let mut findings: Vec<Finding> = Vec::new();
    let mut loaded = None;
    for path in inventories {
        findings.extend(lint::inventory_text(&read_text(path)?, &path.display().to_string(), &context));
        loaded = loaded.or_else(|| Inventory::load(path).ok());
    }
    for path in exceptions {
        let (text, name) = (read_text(path)?, path.display().to_string());
        findings.extend(lint::exceptions_text(&text, &name, loaded.as_ref(), &context));
    }
    let (errors, others): (Vec<_>, Vec<_>) = findings.iter().partition(|finding| finding.severity == Severity::Error);
    print(&others.iter().map(|finding| format!("{finding}\n")).collect::<String>())?;
    if !errors.is_empty() {
        return Err(Failure::Incomplete(errors.iter().map(ToString::to_string).collect()));
    }
    if others.is_empty() {
        print("ok\n")?;
    }
    Ok(())
}

/// The moment at which terms are looked at: as given, else now.
/// A person asks whether terms have run out by then, or by now.
fn moment(at: Option<&str>) -> Result<Millis> {
    match at {
        Some(text) => parse_time(text).with_context(|| format!("--at takes a time such as 2026-03-01T00:00:00Z, not `{text}`")),
        None => Ok(vires_pipeline::now()),
    }
}

/// The log in which an action of this spelling stands.
fn source_of(action: &str) -> Source {
    match action.split(':').next().unwrap_or_default() {
        "gcp" => Source::GcpAudit,
        "azure" => Source::AzureActivity,
        "entra" => Source::EntraAudit,
        "k8s" => Source::Kubernetes,
        "github" => Source::Github,
        "okta" => Source::Okta,
        "vault" => Source::Vault,
        _ => Source::Cloudtrail,
    }
}
