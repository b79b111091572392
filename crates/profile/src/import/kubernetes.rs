//! Kubernetes. Reads, of service accounts and of workloads (Deployment, StatefulSet, DaemonSet, ReplicaSet, Job, CronJob, Pod): kind,
//! name, namespace, labels and annotations, the service account's name, and a CronJob's schedule. Secrets, environment and everything
//! else are passed over.

use super::labels::Labels;
use super::{Input, each, json, yaml};
use crate::draft::Draft;
use crate::error::Error;
use crate::inventory::{Workload, WorkloadKind};
use crate::schedule::Schedule;
use crate::toml_file::FileError;
use serde_json::Value;

/// Annotations that tie a service account to an identity of a cloud.
const CLOUD: [&str; 3] = ["eks.amazonaws.com/role-arn", "iam.gke.io/gcp-service-account", "azure.workload.identity/client-id"];

pub fn read(inputs: &[Input<'_>]) -> Result<Vec<Draft>, Error> {
    let objects = each(inputs, objects)?;
    let mut drafts: Vec<Draft> = Vec::new();
    // Service accounts first: what their owners wrote counts before what stands on a workload.
    for (file, object) in objects.iter().filter(|(_, object)| kind(object) == "ServiceAccount") {
        drafts.push(service_account(file, object));
    }
    for (file, object) in &objects {
        let Some(spec) = pod_spec(object) else { continue };
        let account =
            json::text(spec, "serviceAccountName").or_else(|| json::text(spec, "serviceAccount")).unwrap_or("default");
        workload(file, object, account, &mut drafts);
    }
    Ok(drafts)
}

/// The objects of a file, lists taken apart.
fn objects(input: &Input<'_>) -> Result<Vec<(String, Value)>, FileError> {
    let mut out = Vec::new();
    for document in yaml::read(input)? {
        match document {
            Value::Object(mut list) if list.contains_key("items") => {
                if let Some(Value::Array(items)) = list.remove("items") {
                    out.extend(items.into_iter().map(|item| (input.name.to_string(), item)));
                }
            }
            object => out.push((input.name.to_string(), object)),
        }
    }
    if out.iter().all(|(_, object)| kind(object).is_empty()) {
        return Err(FileError::new(input.name, 0, "no Kubernetes object: nothing has a `kind`"));
    }
    Ok(out)
}

fn kind(object: &Value) -> &str {
    json::text(object, "kind").unwrap_or_default()
}

fn pod_spec(object: &Value) -> Option<&Value> {
    let path = match kind(object) {
        "Pod" => "/spec",
        "CronJob" => "/spec/jobTemplate/spec/template/spec",
        "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet" | "Job" => "/spec/template/spec",
        _ => return None,
    };
    object.pointer(path)
}

/// Namespace and name of an object; `${…}` and `{{…}}` of templates are kept as they are.
fn place(object: &Value) -> (&str, &str) {
    let metadata = object.get("metadata").unwrap_or(&Value::Null);
    (json::text(metadata, "namespace").unwrap_or("default"), json::text(metadata, "name").unwrap_or("unnamed"))
}

fn labels(object: &Value) -> Labels {
    let mut labels = Labels::default();
    for key in ["/metadata/annotations", "/metadata/labels"] {
        json::labels(object.pointer(key), &mut labels);
    }
    labels
}

fn account_draft(namespace: &str, account: &str, note: String) -> Draft {
    let mut draft = Draft::new(format!("{namespace}/{account}"), note);
    draft.principal(&format!("system:serviceaccount:{namespace}:{account}"));
    draft
}

fn service_account(file: &str, object: &Value) -> Draft {
    let (namespace, name) = place(object);
    let labels = labels(object);
    let mut draft = account_draft(namespace, name, format!("{file}, ServiceAccount {namespace}/{name}"));
    describe(&labels, &mut draft);
    for key in CLOUD {
        if let Some(identity) = labels.exact(key) {
            draft.principal(identity);
            draft.note(format!("acts in the cloud as {identity}"));
        }
    }
    draft
}

fn workload(file: &str, object: &Value, account: &str, drafts: &mut Vec<Draft>) {
    let (namespace, name) = place(object);
    let id = format!("{namespace}/{account}");
    let note = format!("{file}, {} {namespace}/{name}", kind(object));
    let used_before = drafts.iter().position(|draft| draft.workload.id == id);
    let at = used_before.unwrap_or_else(|| {
        drafts.push(account_draft(namespace, account, note.clone()));
        drafts.len() - 1
    });
    let Some(draft) = drafts.get_mut(at) else { return };
    draft.note(note);
    if account == "default" {
        draft.workload.shared = true;
        draft.note("check: the default service account is shared by whatever names none; give each workload its own");
    }
    let labels = labels(object);
    describe(&labels, draft);
    let kind = match kind(object) {
        "CronJob" | "Job" => WorkloadKind::Batch,
        _ => WorkloadKind::Service,
    };
    let schedule = schedule(object, draft);
    let Workload { kind: known, expect, .. } = &mut draft.workload;
    match known {
        None => {
            *known = Some(kind);
            expect.schedule = schedule;
        }
        // Two workloads with one account: neither's kind or schedule speaks for both.
        Some(_) => {
            if *known != Some(kind) {
                *known = Some(WorkloadKind::Service);
            }
            if expect.schedule != schedule {
                expect.schedule = None;
            }
            draft.note("check: several workloads use this service account; give each its own");
        }
    }
}

fn describe(labels: &Labels, draft: &mut Draft) {
    labels.fill(draft);
    let joins = [
        ("app.kubernetes.io/name", "application"),
        ("app.kubernetes.io/managed-by", "managed by"),
        ("backstage.io/kubernetes-id", "Backstage id"),
    ];
    for (key, what) in joins {
        if let Some(value) = labels.exact(key) {
            draft.note(format!("{what} {value}"));
        }
    }
}

/// A CronJob says when it runs; the time zone of the controller, where it names none, is taken for UTC.
fn schedule(object: &Value, draft: &mut Draft) -> Option<Schedule> {
    let fields = json::text(object.get("spec")?, "schedule").filter(|_| kind(object) == "CronJob")?;
    let fields = match fields {
        "@hourly" => "0 * * * *",
        "@daily" | "@midnight" => "0 0 * * *",
        "@weekly" => "0 0 * * 0",
        "@monthly" => "0 0 1 * *",
        "@yearly" | "@annually" => "0 0 1 1 *",
        other => other,
    };
    let zone = object.pointer("/spec/timeZone").and_then(Value::as_str).unwrap_or("UTC");
    match Schedule::parse(&format!("cron: {fields} tz={zone} jitter=1h")) {
        Ok(schedule) => Some(schedule),
        Err(error) => {
            draft.note(format!("check: schedule `{fields}` was not understood: {error}"));
            None
        }
    }
}
