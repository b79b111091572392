//! Cloud Audit Logs. `call` is the permission; parameters `service`, `method`, `resource`, `type` of the monitored resource.

use super::{Request, Spelling, json};
use std::fmt::Write;

pub(super) fn write(r: &Request<'_>, out: &mut String) {
    let permission = &r.habit.behaviour.call;
    let service = r.word("service").unwrap_or("storage.googleapis.com");
    let method = r.word("method").unwrap_or(permission);
    let resource = r.param("resource").unwrap_or_else(|| format!("projects/{}", r.member.account));
    let (email, project) = (r.member.email(), &r.member.account);
    let reads = ["get", "list", "access", "getData", "query"].iter().any(|verb| permission.ends_with(verb));
    // What is written to configuration is always logged; what is read, and data, only where somebody asked for it.
    let data =
        reads || ["storage.objects.", "bigquery.tables.", "pubsub.topics.publish"].iter().any(|p| permission.starts_with(p));
    let (log, severity) = match (data, r.denied) {
        (_, true) => (if data { "data_access" } else { "activity" }, "ERROR"),
        (true, _) => ("data_access", "INFO"),
        (false, _) => ("activity", "NOTICE"),
    };
    let status = if r.denied {
        format!(
            r#"{{"code":7,"message":{}}}"#,
            json(&format!("Permission '{permission}' denied on resource (or it may not exist)."))
        )
    } else {
        "{}".into()
    };
    let at = Spelling::Google.time(r.at);
    let labels = match r.word("type") {
        Some("gcs_bucket") => {
            let bucket = resource.split('/').nth(3).unwrap_or_default();
            format!(r#""bucket_name":{},"location":"{}","#, json(bucket), r.region)
        }
        _ => String::new(),
    };
    let _ = write!(
        out,
        r#"{{"protoPayload":{{"@type":"type.googleapis.com/google.cloud.audit.AuditLog","status":{status},"authenticationInfo":{{"principalEmail":"{email}","principalSubject":"serviceAccount:{email}"}},"requestMetadata":{{"callerIp":"{ip}","callerSuppliedUserAgent":{ua},"requestAttributes":{{"time":"{at}","auth":{{}}}},"destinationAttributes":{{}}}},"serviceName":"{service}","methodName":"{method}","authorizationInfo":[{{"resource":{resource},"permission":"{permission}","granted":{granted},"resourceAttributes":{{}}}}],"resourceName":{resource}}},"insertId":"{id}","resource":{{"type":"{kind}","labels":{{{labels}"project_id":"{project}"}}}},"timestamp":"{at}","severity":"{severity}","logName":"projects/{project}/logs/cloudaudit.googleapis.com%2F{log}","receiveTimestamp":"{later}"}}"#,
        ip = r.ip,
        ua = json(r.ua),
        resource = json(&resource),
        granted = !r.denied,
        id = r.id,
        kind = r.word("type").unwrap_or("audited_resource"),
        later = Spelling::Google.time(r.at + 200 + r.number(900) as i64),
    );
}
