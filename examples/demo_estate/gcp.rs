//! Google Cloud audit log entries.

use crate::clock::micros;
use crate::journal::{Journal, Source};
use crate::json::{Object, quote};
use crate::rng::Rng;

/// A caller: a service account by its address, or a subject of workload identity federation.
#[derive(Clone, Copy)]
pub struct Caller {
    pub email: &'static str,
    pub subject: Option<&'static str>,
    pub project: &'static str,
    pub ip: &'static str,
    pub agent: &'static str,
}

/// What is called. `metadata` is what the service adds, as JSON.
pub struct Call<'a> {
    pub service: &'static str,
    pub method: &'static str,
    pub permission: &'static str,
    pub resource: &'a str,
    pub metadata: Option<String>,
    pub denied: bool,
}

pub fn record(j: &mut Journal, at: i64, caller: Caller, call: Call<'_>, rng: &mut Rng) {
    let read = call.permission.ends_with("get") || call.permission.ends_with("list") || call.permission.ends_with("getData");
    let subject = caller.subject.map_or_else(|| format!("serviceAccount:{}", caller.email), str::to_owned);
    let who = match caller.subject {
        Some(_) => Object::new().text("principalSubject", subject),
        None => Object::new().text("principalEmail", caller.email).text("principalSubject", subject),
    };
    let time = micros(at, rng);
    let request = Object::new()
        .text("callerIp", caller.ip)
        .text("callerSuppliedUserAgent", caller.agent)
        .raw("requestAttributes", Object::new().text("time", &time).raw("auth", "{}").end())
        .raw("destinationAttributes", "{}");
    let grant = Object::new()
        .text("resource", call.resource)
        .text("permission", call.permission)
        .raw("granted", !call.denied)
        .raw("resourceAttributes", "{}");
    let status = if call.denied { r#"{"code":7,"message":"PERMISSION_DENIED"}"# } else { "{}" };
    let mut payload = Object::new()
        .text("@type", "type.googleapis.com/google.cloud.audit.AuditLog")
        .raw("status", status)
        .raw("authenticationInfo", who.end())
        .raw("requestMetadata", request.end())
        .text("serviceName", format!("{}.googleapis.com", call.service))
        .text("methodName", call.method)
        .raw("authorizationInfo", format!("[{}]", grant.end()))
        .text("resourceName", call.resource);
    if let Some(metadata) = call.metadata {
        payload = payload.raw("metadata", metadata);
    }
    let kind = match call.service {
        "storage" => "gcs_bucket",
        "bigquery" => "bigquery_project",
        _ => "audited_resource",
    };
    let labels = Object::new().text("project_id", caller.project).text("location", "europe-west1").end();
    let log = if read || call.service == "storage" || call.service == "bigquery" { "data_access" } else { "activity" };
    let line = Object::new()
        .raw("protoPayload", payload.end())
        .text("insertId", rng.text(14, "abcdefghijklmnopqrstuvwxyz0123456789"))
        .raw("resource", Object::new().text("type", kind).raw("labels", labels).end())
        .text("timestamp", &time)
        .text("severity", if call.denied { "ERROR" } else { "INFO" })
        .text("logName", format!("projects/{}/logs/cloudaudit.googleapis.com%2F{log}", caller.project))
        .text("receiveTimestamp", micros(at + 700, rng));
    j.add(Source::GcpAudit, at, line.end());
}

/// A query of BigQuery that reads some tables and writes one.
pub fn query(j: &mut Journal, at: i64, caller: Caller, reads: &[&str], writes: &str, rng: &mut Rng) {
    let project = caller.project;
    let full = |table: &str| {
        let (dataset, table) = table.split_once('.').unwrap_or((table, ""));
        format!("projects/{project}/datasets/{dataset}/tables/{table}")
    };
    let tables = reads.iter().map(|t| quote(&full(t))).collect::<Vec<_>>().join(",");
    let config = Object::new().text("destinationTable", full(writes)).text("writeDisposition", "WRITE_TRUNCATE").end();
    let stats = Object::new().raw("queryStats", Object::new().raw("referencedTables", format!("[{tables}]")).end()).end();
    let job = Object::new()
        .raw("jobConfig", Object::new().text("type", "QUERY").raw("queryConfig", config).end())
        .raw("jobStats", stats);
    let metadata = Object::new()
        .text("@type", "type.googleapis.com/google.cloud.audit.BigQueryAuditMetadata")
        .raw("jobChange", Object::new().text("after", "DONE").raw("job", job.end()).end());
    let resource =
        format!("projects/{project}/jobs/job_{}", rng.text(12, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"));
    let call = Call {
        service: "bigquery",
        method: "google.cloud.bigquery.v2.JobService.InsertJob",
        permission: "bigquery.jobs.create",
        resource: &resource,
        metadata: Some(metadata.end()),
        denied: false,
    };
    record(j, at, caller, call, rng);
}

/// An object of Cloud Storage.
pub fn object(j: &mut Journal, at: i64, caller: Caller, verb: &'static str, bucket: &str, key: &str, rng: &mut Rng) {
    let (method, permission) = match verb {
        "create" => ("storage.objects.create", "storage.objects.create"),
        "list" => ("storage.objects.list", "storage.objects.list"),
        _ => ("storage.objects.get", "storage.objects.get"),
    };
    let resource = match verb {
        "list" => format!("projects/_/buckets/{bucket}"),
        _ => format!("projects/_/buckets/{bucket}/objects/{key}"),
    };
    let call = Call { service: "storage", method, permission, resource: &resource, metadata: None, denied: false };
    record(j, at, caller, call, rng);
}
