//! Terraform and OpenTofu state (version 4). A state holds secrets in clear text, so only the keys listed here are ever taken out of
//! the text, of the listed resource types alone; outputs are not read at all.
//!
//! Types: `aws_iam_role`, `aws_iam_user`, `google_service_account`, `azuread_service_principal`, `azuread_application`,
//! `azurerm_user_assigned_identity`, `kubernetes_service_account`. Keys: `arn`, `email`, `client_id`, `application_id`, `object_id`,
//! `id` (of managed identities), `name`, `display_name`, `description`, `tags`, `tags_all`, `labels`, `max_session_duration`, and
//! name, namespace, labels and annotations of a service account's `metadata`.

use super::labels::Labels;
use super::{Input, each, json};
use crate::draft::Draft;
use crate::error::Error;
use crate::toml_file::FileError;
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::Value;

const TYPES: [&str; 8] = [
    "aws_iam_role",
    "aws_iam_user",
    "google_service_account",
    "azuread_service_principal",
    "azuread_application",
    "azurerm_user_assigned_identity",
    "kubernetes_service_account",
    "kubernetes_service_account_v1",
];
const KEYS: [&str; 14] = [
    "arn",
    "email",
    "client_id",
    "application_id",
    "object_id",
    "id",
    "name",
    "display_name",
    "description",
    "tags",
    "tags_all",
    "labels",
    "max_session_duration",
    "metadata",
];

#[derive(Deserialize)]
struct State {
    version: Option<u64>,
    #[serde(default)]
    resources: Vec<Resource>,
}

#[derive(Deserialize)]
struct Resource {
    #[serde(default)]
    mode: String,
    #[serde(rename = "type", default)]
    kind: String,
    #[serde(default)]
    name: String,
    module: Option<String>,
    #[serde(default)]
    instances: Vec<Instance>,
}

#[derive(Deserialize)]
struct Instance {
    #[serde(default)]
    attributes: Chosen,
}

/// The attributes of an instance that are in [`KEYS`]; the values of all others are skipped without being kept.
#[derive(Default)]
struct Chosen(serde_json::Map<String, Value>);

impl<'de> Deserialize<'de> for Chosen {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Pick;
        impl<'de> Visitor<'de> for Pick {
            type Value = Chosen;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("the attributes of a resource")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Chosen, A::Error> {
                let mut chosen = serde_json::Map::new();
                while let Some(key) = map.next_key::<String>()? {
                    if KEYS.contains(&key.as_str()) {
                        chosen.insert(key, map.next_value()?);
                    } else {
                        map.next_value::<IgnoredAny>()?;
                    }
                }
                Ok(Chosen(chosen))
            }

            fn visit_unit<E>(self) -> Result<Chosen, E> {
                Ok(Chosen::default())
            }
        }
        deserializer.deserialize_any(Pick)
    }
}

pub fn read(inputs: &[Input<'_>]) -> Result<Vec<Draft>, Error> {
    each(inputs, |input| {
        let state: State = json::read(input)?;
        if state.version != Some(4) {
            let message = "not a state of version 4: save it with `terraform state pull`";
            return Err(FileError::new(input.name, 0, message));
        }
        let managed = state.resources.iter().filter(|r| r.mode == "managed" && TYPES.contains(&r.kind.as_str()));
        Ok(managed
            .flat_map(|resource| resource.instances.iter().filter_map(|i| draft(input.name, resource, &i.attributes.0)))
            .collect())
    })
}

fn draft(file: &str, resource: &Resource, attributes: &serde_json::Map<String, Value>) -> Option<Draft> {
    let text = |key: &str| attributes.get(key).and_then(Value::as_str).map(str::trim).filter(|text| !text.is_empty());
    let metadata = attributes.get("metadata").and_then(|list| list.get(0));
    let namespace = metadata.map(|m| json::text(m, "namespace").unwrap_or("default"));
    let account = metadata.and_then(|m| json::text(m, "name"));
    let (name, principals): (&str, Vec<String>) = match resource.kind.as_str() {
        "aws_iam_role" | "aws_iam_user" => (text("name")?, vec![text("arn")?.into()]),
        "google_service_account" => {
            let email = text("email")?;
            (email.split('@').next().unwrap_or(email), vec![email.into()])
        }
        "azuread_service_principal" | "azuread_application" => {
            // The object of an application registration never signs in: only its client id and its service principal do.
            let client = text("client_id").or_else(|| text("application_id")).map(|id| format!("entra:app:{id}"));
            let object =
                text("object_id").filter(|_| resource.kind == "azuread_service_principal").map(|id| format!("entra:sp:{id}"));
            (text("display_name").unwrap_or(&resource.name), client.into_iter().chain(object).collect())
        }
        "azurerm_user_assigned_identity" => {
            let client = text("client_id").map(|id| format!("entra:app:{id}"));
            (text("name")?, text("id").map(str::to_string).into_iter().chain(client).collect())
        }
        _ => (account?, vec![format!("system:serviceaccount:{}:{}", namespace?, account?)]),
    };
    if principals.is_empty() {
        return None;
    }
    let mut labels = Labels::default();
    for key in ["tags", "tags_all", "labels"] {
        json::labels(attributes.get(key), &mut labels);
    }
    for key in ["annotations", "labels"] {
        json::labels(metadata.and_then(|m| m.get(key)), &mut labels);
    }
    let module = resource.module.as_deref().map_or(String::new(), |module| format!("{module}."));
    let mut draft =
        Draft::new(labels.workload().unwrap_or(name), format!("{file}, {module}{}.{}", resource.kind, resource.name));
    principals.iter().for_each(|principal| draft.principal(principal));
    draft.workload.purpose = text("description").map(str::to_string);
    labels.fill(&mut draft);
    let seconds = attributes.get("max_session_duration").and_then(Value::as_i64);
    draft.workload.expect.max_cred_age = seconds.filter(|s| (1..=1_000_000).contains(s)).map(|s| s * 1000);
    Some(draft)
}
