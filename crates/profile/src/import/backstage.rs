//! Backstage `catalog-info.yaml`. Reads, of components and resources: kind, name, description, tags, `spec.type`, `spec.lifecycle`,
//! `spec.owner`, `spec.system`, and annotations that name an identity; of groups: name and contact.

use super::labels::Labels;
use super::{Input, each, json, yaml};
use crate::draft::Draft;
use crate::error::Error;
use crate::inventory::{Owner, Status, WorkloadKind, forms};
use crate::toml_file::FileError;
use rustc_hash::FxHashMap;
use serde_json::Value;

pub fn read(inputs: &[Input<'_>]) -> Result<Vec<Draft>, Error> {
    let entities = each(inputs, |input| {
        let documents = yaml::read(input)?;
        let entities: Vec<Value> = documents.into_iter().filter(|entity| json::text(entity, "kind").is_some()).collect();
        if entities.is_empty() {
            return Err(FileError::new(input.name, 0, "no catalogue entity: nothing has a `kind`"));
        }
        Ok(entities.into_iter().map(|entity| (input.name.to_string(), entity)).collect())
    })?;
    let mut contacts: FxHashMap<String, String> = FxHashMap::default();
    for (_, entity) in entities.iter().filter(|(_, entity)| matches!(json::text(entity, "kind"), Some("Group" | "User"))) {
        let name = entity.pointer("/metadata/name").and_then(Value::as_str).unwrap_or_default();
        let slack = entity.pointer("/metadata/annotations/slack.com~1channel").and_then(Value::as_str);
        if let Some(contact) = slack.or_else(|| entity.pointer("/spec/profile/email").and_then(Value::as_str)) {
            contacts.entry(name.to_ascii_lowercase()).or_insert_with(|| contact.to_string());
        }
    }
    Ok(entities.iter().filter_map(|(file, entity)| draft(file, entity, &contacts)).collect())
}

fn draft(file: &str, entity: &Value, contacts: &FxHashMap<String, String>) -> Option<Draft> {
    let kind = json::text(entity, "kind").filter(|kind| matches!(*kind, "Component" | "Resource"))?;
    let (metadata, spec) = (entity.get("metadata")?, entity.get("spec").unwrap_or(&Value::Null));
    let kind_of = json::text(spec, "type").unwrap_or_default();
    // A library or a page of documentation does not act.
    if matches!(kind_of, "library" | "documentation") {
        return None;
    }
    let name = json::text(metadata, "name")?;
    let mut draft = Draft::new(name, format!("{file}, {kind} {name}"));
    let workload = &mut draft.workload;
    workload.purpose = json::text(metadata, "description").map(str::to_string);
    workload.owner = json::text(spec, "owner").map(|owner| {
        let team = entity_name(owner).to_string();
        Owner { contact: contacts.get(&team.to_ascii_lowercase()).cloned(), team, expires: None }
    });
    workload.peer_group = json::text(spec, "system").map(|system| entity_name(system).to_string());
    workload.kind = match kind_of {
        "service" | "website" => Some(WorkloadKind::Service),
        "job" | "batch" | "pipeline" | "cronjob" => Some(WorkloadKind::Batch),
        "agent" | "ai-agent" => Some(WorkloadKind::Agent),
        _ => None,
    };
    workload.agentic = workload.kind == Some(WorkloadKind::Agent);
    match json::text(spec, "lifecycle") {
        Some("production") => workload.env = Some("prod".into()),
        Some("deprecated") => workload.status = Status::Deprecated,
        Some(other) => draft.note(format!("lifecycle {other}")),
        None => {}
    }
    let mut labels = Labels::default();
    json::labels(metadata.get("annotations"), &mut labels);
    json::labels(metadata.get("labels"), &mut labels);
    labels.fill(&mut draft);
    for (key, value) in metadata.get("annotations").and_then(Value::as_object).into_iter().flatten() {
        if let Some(text) = value.as_str().filter(|text| names_identity(key, text)) {
            draft.principal(text);
        }
    }
    for key in ["github.com/project-slug", "backstage.io/kubernetes-id", "backstage.io/kubernetes-namespace"] {
        if let Some(value) = labels.exact(key) {
            draft.note(format!("{key} {value}"));
        }
    }
    if draft.workload.principals.is_empty() {
        draft.note("check: the catalogue names no identity; add its roles, service accounts or applications");
    }
    Some(draft)
}

/// The name in an entity reference `[kind:][namespace/]name`.
fn entity_name(reference: &str) -> &str {
    let rest = reference.split_once(':').map_or(reference, |(_, rest)| rest);
    rest.rsplit('/').next().unwrap_or(rest)
}

/// An annotation may be anything; what is known as an identity by its form is taken, a bare id only under a key that calls it one.
fn names_identity(key: &str, text: &str) -> bool {
    let forms = forms(text);
    let Some(canonical) = forms.get(1) else { return false };
    match canonical.split([':', '/']).next() {
        Some("person") => false,
        Some("entra") => {
            ["client-id", "app-id", "application-id", "object-id"].iter().any(|end| key.to_ascii_lowercase().ends_with(end))
        }
        _ => true,
    }
}
