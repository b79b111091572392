//! SPIRE. Reads, of each registration entry: `spiffe_id`, `selectors`, `x509_svid_ttl`, `jwt_svid_ttl`, `hint`, `admin`, `downstream`,
//! `federates_with`.

use super::{Input, each, json};
use crate::draft::Draft;
use crate::error::Error;
use crate::toml_file::FileError;
use serde_json::Value;

pub fn read(inputs: &[Input<'_>]) -> Result<Vec<Draft>, Error> {
    each(inputs, |input| {
        let root: Value = json::read(input)?;
        let Some(entries) = root.get("entries").and_then(Value::as_array).or(root.as_array()) else {
            return Err(FileError::new(
                input.name,
                0,
                "no `entries`: expected the output of `spire-server entry show -output json`",
            ));
        };
        Ok(entries.iter().filter_map(|entry| draft(input.name, entry)).collect())
    })
}

fn draft(file: &str, entry: &Value) -> Option<Draft> {
    let (domain, path) = spiffe_id(entry.get("spiffe_id")?)?;
    let selectors: Vec<(&str, &str)> = json::items(entry, "selectors").iter().filter_map(selector).collect();
    let k8s = |key: &str| selectors.iter().find_map(|(kind, value)| (*kind == "k8s").then(|| value.strip_prefix(key))?);
    let id = match path.split('/').collect::<Vec<_>>().as_slice() {
        ["ns", namespace, "sa", account] => format!("{namespace}/{account}"),
        _ => path.clone(),
    };
    let mut draft = Draft::new(id, format!("{file}, entry {}", json::text(entry, "id").unwrap_or("without id")));
    draft.principal(&format!("spiffe://{domain}/{path}"));
    if let (Some(namespace), Some(account)) = (k8s("ns:"), k8s("sa:")) {
        draft.principal(&format!("system:serviceaccount:{namespace}:{account}"));
    }
    let ttl = |key: &str| entry.get(key).and_then(Value::as_i64).filter(|seconds| (1..=100_000_000).contains(seconds));
    draft.workload.expect.max_cred_age = ttl("x509_svid_ttl").max(ttl("jwt_svid_ttl")).map(|seconds| seconds * 1000);
    // It may register identities, or sign them: whoever holds it holds the domain.
    if ["admin", "downstream"].iter().any(|key| entry.get(key) == Some(&Value::Bool(true))) {
        draft.workload.privileged = true;
        draft.note("may manage registration entries or sign identities: privileged");
    }
    if let Some(hint) = json::text(entry, "hint") {
        draft.note(format!("hint {hint}"));
    }
    let shown: Vec<String> = selectors.iter().take(8).map(|(kind, value)| format!("{kind}:{value}")).collect();
    if !shown.is_empty() {
        draft.note(format!("selectors {}", shown.join(", ")));
    }
    let federated: Vec<&str> = json::items(entry, "federates_with").iter().filter_map(Value::as_str).take(8).collect();
    if !federated.is_empty() {
        draft.note(format!("trusted by {}", federated.join(", ")));
    }
    Some(draft)
}

/// `{"trust_domain": …, "path": "/…"}`, or the URI as text.
fn spiffe_id(value: &Value) -> Option<(String, String)> {
    let (domain, path) = match value {
        Value::String(uri) => uri.strip_prefix("spiffe://")?.split_once('/')?,
        value => (json::text(value, "trust_domain")?, json::text(value, "path")?.trim_start_matches('/')),
    };
    (!path.is_empty()).then(|| (domain.to_string(), path.to_string()))
}

/// `{"type": "k8s", "value": "ns:x"}`, or `k8s:ns:x` as text.
fn selector(value: &Value) -> Option<(&str, &str)> {
    match value {
        Value::String(text) => text.split_once(':'),
        value => Some((json::text(value, "type")?, json::text(value, "value")?)),
    }
}
