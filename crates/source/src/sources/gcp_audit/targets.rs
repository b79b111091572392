//! What a request touched, from its resource name.

use super::MAX_LIST;
use crate::json::{Type, Value};
use crate::support::cloud::bounded;
use crate::support::fields::{any_case, path_any_case, say};
use vires_event::{Activity, Target, Text};

const MAX_TARGETS: usize = 8;

pub(super) fn read<'a>(record: Value<'a>, payload: Value<'a>, service: &str, a: &mut Activity<'a>) {
    let name = say(payload, "resourceName").map(|n| bounded(n, 1024));
    // A service account is often named by its number: the label has its address.
    let email =
        say(record, "resource.labels.email_id").filter(|_| name.as_deref().is_some_and(|n| n.contains("/serviceAccounts/")));
    let numbered = email.is_some();
    if let Some(email) = email {
        push(a, ["iam:", &bounded(email, 256)].concat().into());
    } else if let Some(target) = name.as_deref().and_then(|name| target(name, service)) {
        push(a, target);
    }
    for resource in any_case(payload, "authorizationInfo").into_iter().flat_map(|l| l.items()).take(MAX_TARGETS) {
        if let Some(resource) = say(resource, "resource").map(|r| bounded(r, 1024)) {
            let known = numbered && resource.contains("/serviceAccounts/");
            if let Some(target) = target(&resource, service).filter(|_| !known) {
                push(a, target);
            }
            a.mentions.push(resource);
        }
    }
    tables(payload, a);
    a.mentions.extend(name);
    for body in ["request", "metadata"].iter().filter_map(|key| any_case(payload, key)) {
        for (key, leaf) in body.leaves() {
            if a.mentions.len() >= MAX_LIST {
                return;
            }
            if leaf.kind() == Type::String
                && key != "@type"
                && let Some(text) = leaf.text()
            {
                a.mentions.push(bounded(text, 512));
            }
        }
    }
}

fn push<'a>(a: &mut Activity<'a>, name: Text<'a>) {
    if a.targets.len() < MAX_TARGETS && a.targets.iter().all(|t| t.name != name) {
        a.targets.push(Target { name });
    }
}

/// The tables that a BigQuery job read and wrote.
fn tables<'a>(payload: Value<'a>, a: &mut Activity<'a>) {
    for job in jobs(payload) {
        let queried = ["jobStats.queryStats.referencedTables", "jobConfig.tableCopyConfig.sourceTables"];
        let one = [
            "jobConfig.extractConfig.sourceTable",
            "jobConfig.queryConfig.destinationTable",
            "jobConfig.tableCopyConfig.destinationTable",
            "jobConfig.loadConfig.destinationTable",
        ];
        let lists = queried.iter().filter_map(|path| path_any_case(job, path)).flat_map(|list| list.items());
        for table in lists.chain(one.iter().filter_map(|path| path_any_case(job, path))).take(MAX_TARGETS) {
            if let Some(target) = table.text().and_then(|t| target(&bounded(t, 1024), "bigquery")) {
                push(a, target);
            }
        }
        // The older form names tables by their parts.
        let read = path_any_case(job, "jobStatistics.referencedTables");
        let moved = ["extract.sourceTable", "query.destinationTable", "tableCopy.destinationTable", "load.destinationTable"];
        let parts = moved.iter().filter_map(|path| path_any_case(any_case(job, "jobConfiguration")?, path));
        for table in read.into_iter().flat_map(|r| r.items()).chain(parts).take(MAX_TARGETS) {
            if let [Some(project), Some(dataset), Some(table)] =
                ["projectId", "datasetId", "tableId"].map(|key| say(table, key))
            {
                push(
                    a,
                    ["bigquery:", &*bounded(project, 128), ".", &bounded(dataset, 512), ".", &bounded(table, 512)]
                        .concat()
                        .into(),
                );
            }
        }
    }
}

/// A BigQuery job as it was asked for or as it ended.
pub(super) fn jobs(payload: Value<'_>) -> impl Iterator<Item = Value<'_>> {
    const PATHS: [&str; 6] = [
        "metadata.jobChange.job",
        "metadata.jobInsertion.job",
        "serviceData.jobInsertRequest.resource",
        "serviceData.jobInsertResponse.resource",
        "serviceData.jobCompletedEvent.job",
        "request.job",
    ];
    PATHS.iter().filter_map(move |path| path_any_case(payload, path))
}

/// `projects/p/secrets/s/versions/1` is `gcp-secret:p/s`.
fn target<'a>(name: &str, service: &str) -> Option<Text<'a>> {
    // Some services write a full name: `//storage.googleapis.com/projects/…`.
    let (service, name) = match name.strip_prefix("//").and_then(|rest| rest.split_once('/')) {
        Some((host, rest)) => (host.split('.').next().unwrap_or(service), rest),
        None => (service, name),
    };
    let after = |collection: &str| {
        let mut parts = name.split('/').skip_while(|part| *part != collection);
        parts.nth(1).filter(|p| !p.is_empty())
    };
    let rest_after = |collection: &str| name.split_once(collection).map(|(_, rest)| rest).filter(|r| !r.is_empty());
    let project = || after("projects").unwrap_or("-");
    let text = if let Some(secret) = after("secrets") {
        ["gcp-secret:", project(), "/", secret].concat()
    } else if let (Some(bucket), "storage") = (after("buckets"), service) {
        match rest_after("/objects/") {
            Some(object) => ["storage:", bucket, "/", object].concat(),
            None => ["storage:", bucket].concat(),
        }
    } else if let Some(dataset) = after("datasets") {
        match after("tables") {
            Some(table) => ["bigquery:", project(), ".", dataset, ".", table].concat(),
            None => ["bigquery:", project(), ".", dataset].concat(),
        }
    } else if let Some(account) = after("serviceAccounts") {
        ["iam:", account].concat()
    } else if let Some(key) = after("cryptoKeys") {
        ["kms:", key].concat()
    } else {
        // The name of a job or an operation is new each time: it names nothing.
        let last = name.rsplit('/').find(|p| !p.is_empty())?;
        if after("jobs").is_some() || after("operations").is_some() || name.ends_with("/jobs") {
            return None;
        }
        [service, ":", last].concat()
    };
    Some(text.into())
}

#[cfg(test)]
mod tests {
    use super::target;

    #[test]
    fn resource_names() {
        for (service, name, spelled) in [
            ("secretmanager", "projects/pay-prod/secrets/db/versions/3", Some("gcp-secret:pay-prod/db")),
            ("storage", "projects/_/buckets/payroll/objects/2026/01.csv", Some("storage:payroll/2026/01.csv")),
            ("storage", "projects/_/buckets/payroll", Some("storage:payroll")),
            ("logging", "projects/p/locations/global/buckets/audit", Some("logging:audit")),
            ("bigquery", "projects/p/datasets/d/tables/t", Some("bigquery:p.d.t")),
            ("bigquery", "projects/p/datasets/d", Some("bigquery:p.d")),
            ("bigquery", "projects/p/jobs/job_1", None),
            ("iam", "projects/-/serviceAccounts/ci@p.iam.gserviceaccount.com", Some("iam:ci@p.iam.gserviceaccount.com")),
            ("cloudkms", "projects/p/locations/eu/keyRings/r/cryptoKeys/k/cryptoKeyVersions/1", Some("kms:k")),
            ("compute", "projects/p/zones/z/instances/vm-1", Some("compute:vm-1")),
            ("cloudresourcemanager", "organizations/123", Some("cloudresourcemanager:123")),
            ("x", "//storage.googleapis.com/projects/_/buckets/b", Some("storage:b")),
            ("x", "", None),
        ] {
            assert_eq!(target(name, service).as_deref(), spelled, "{name}");
        }
    }
}
