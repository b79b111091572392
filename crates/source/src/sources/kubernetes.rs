//! Kubernetes audit events: as the API server writes them, with EKS's additions, in the log entries of GKE (`gke`) and of AKS (`aks`).
//!
//! The action is `k8s:<verb> <resource>[/<subresource>]`; requests outside the resource paths are `k8s:<verb> <path>`. The identity
//! is the user who authenticated; an impersonated user is a link.

mod aks;
mod gke;

use crate::Hints;
use crate::json::Value;
use crate::support::aws;
use crate::support::cloud::bounded;
use crate::support::fields::{any_case, first, say};
use crate::support::k8s::{service_account_id, target, user};
use crate::support::network::{address, url_host};
use vires_event::{Activity, Credential, CredentialKind, Link, Origin, Outcome, Place, Session, Source, Target, Text};

const MAX_NAME: usize = 512;
const MAX_MENTIONS: usize = 32;

/// True for an audit event, raw or in the log entry of a managed cluster.
pub(crate) fn detect(record: Value<'_>) -> bool {
    let (mut event, mut shape) = (false, 0);
    for (key, value) in record.fields() {
        match key {
            "apiVersion" | "apiversion" if value.str().is_some_and(|v| v.starts_with("audit.k8s.io/")) => return true,
            "kind" => event = value.str().is_some_and(|k| k == "Event"),
            "verb" | "auditID" | "auditid" | "objectRef" | "objectref" | "requestURI" | "requesturi" | "responseStatus"
            | "responsestatus" | "impersonatedUser" => shape += 1,
            "user" if value.is_object() => shape += 1,
            "protoPayload" | "protopayload" => return gke::detect(record, value),
            "category" if value.str().is_some_and(|c| c.starts_with("kube-audit")) => return aks::detect(record),
            _ => {}
        }
    }
    (event && shape >= 1) || shape >= 3
}

/// Decodes one record. `None` if it says neither who nor what.
pub(crate) fn decode<'a>(record: Value<'a>, hints: &Hints<'a>) -> Option<Activity<'a>> {
    if let Some(payload) = any_case(record, "protoPayload") {
        return gke::decode(record, payload, hints);
    }
    if record.get("category").is_some() && record.get("verb").is_none() {
        return aks::decode(record, hints);
    }
    event(record, hints)
}

/// Decodes an audit event.
fn event<'a>(record: Value<'a>, hints: &Hints<'a>) -> Option<Activity<'a>> {
    let verb = say(record, "verb").map(|v| bounded(v, 64));
    let reference = any_case(record, "objectRef");
    let resource = reference.and_then(|r| say(r, "resource")).map(|r| bounded(r, 128));
    let subresource = reference.and_then(|r| say(r, "subresource")).map(|s| bounded(s, 128));
    let uri = say(record, "requestURI").map(|u| bounded(u, 2048));
    let who = any_case(record, "user");
    let name = who.and_then(|w| say(w, "username")).map(|n| bounded(n, MAX_NAME));
    if verb.is_none() && resource.is_none() && name.is_none() {
        return None;
    }

    let what = match (&resource, &uri) {
        (Some(resource), _) => match &subresource {
            Some(sub) => [resource, "/", sub].concat(),
            None => resource.to_string(),
        },
        (None, Some(uri)) => uri.split('?').next().unwrap_or("").to_owned(),
        (None, None) => String::new(),
    };
    let mut a =
        Activity::new(Source::Kubernetes, ["k8s:", verb.as_deref().unwrap_or(""), " ", &what].concat().trim_end().to_owned());
    a.time = first(record, &["requestReceivedTimestamp", "stageTimestamp", "timestamp"]).or_else(|| hints.time.clone());
    a.event_id = say(record, "auditID").map(|id| bounded(id, 128));
    let cluster = hints.cluster.clone().or_else(|| cluster_of(record));
    a.place = Place { host: cluster.clone(), ..Place::default() };
    a.origin = Origin {
        ip: any_case(record, "sourceIPs").and_then(|ips| ips.items().next()).and_then(|ip| address(ip.text()?)),
        user_agent: say(record, "userAgent").map(|agent| bounded(agent, 1024)),
        ..Origin::default()
    };
    a.outcome = outcome(record, &mut a.error_code);
    if resource.as_deref() == Some("pods") && matches!(subresource.as_deref(), Some("exec" | "attach")) {
        // A terminal is a person's; a command alone may be anybody's.
        a.interactive = uri.as_deref().is_some_and(|u| u.contains("tty=true")).then_some(true);
    }

    let reserved = name.as_deref().is_some_and(|n| n.starts_with("system:") || n.starts_with("eks:"));
    a.identity = name.map(|name| user(cluster.as_deref(), name));
    if let Some(extra) = who.and_then(|w| any_case(w, "extra")) {
        authentication(extra, reserved, &mut a);
    }
    if let Some(other) = say(record, "impersonatedUser.username") {
        a.links.push(Link::Became { id: user(cluster.as_deref(), bounded(other, MAX_NAME)).id });
    }

    let namespace = reference.and_then(|r| say(r, "namespace")).map(|n| bounded(n, 128));
    let object = first(record, &["objectRef.name", "responseObject.metadata.name", "requestObject.metadata.name"]);
    let object = object.or_else(|| say(record, "requestObject.metadata.generateName")).map(|n| bounded(n, MAX_NAME));
    if let Some(resource) = &resource {
        a.targets.push(Target { name: target(namespace.as_deref(), resource, object.as_deref()) });
    }
    if let Some(issued) = issued_credential(record) {
        let owner = (resource.as_deref() == Some("serviceaccounts"))
            .then(|| Some(service_account_id(cluster.as_deref(), namespace.as_deref()?, object.as_deref()?)))
            .flatten();
        a.links.push(Link::Issued { credential: issued, owner });
    }
    if let Some(body) = any_case(record, "requestObject") {
        body_of(body, &mut a);
        if matches!(verb.as_deref(), Some("create" | "update" | "patch")) && subresource.is_none() && takes_the_node(body) {
            a.detail = Some("host-access".into());
        }
    }
    a.mentions.extend(uri);
    Some(a)
}

/// A cluster name that a shipper put beside the event.
fn cluster_of<'a>(record: Value<'a>) -> Option<Text<'a>> {
    first(record, &["cluster_name", "clusterName", "kubernetes.cluster_name", "orchestrator.cluster.name", "cluster"])
}

fn outcome<'a>(record: Value<'a>, error_code: &mut Option<Text<'a>>) -> Option<Outcome> {
    let status = any_case(record, "responseStatus");
    let forbidden = || {
        let annotations = any_case(record, "annotations")?;
        annotations.get_text("authorization.k8s.io/decision").filter(|d| d == "forbid")
    };
    let code = status.and_then(|s| say(s, "code")?.parse::<u16>().ok());
    let (code, outcome) = match code {
        Some(code @ (401 | 403)) => (Some(code), Outcome::Denied),
        Some(code) if code >= 400 => (Some(code), Outcome::Error),
        Some(code) if code >= 100 => (None, Outcome::Success),
        _ if forbidden().is_some() => return Some(Outcome::Denied),
        _ if say(record, "stage").is_some_and(|s| s == "Panic") => return Some(Outcome::Error),
        _ => return None,
    };
    if let Some(code) = code {
        *error_code = status.and_then(|s| say(s, "reason")).or_else(|| Some(code.to_string().into())).map(|c| bounded(c, 64));
    }
    Some(outcome)
}

/// What the authenticator adds. Shippers rewrite `/` and `.` in these keys, so only their ends are compared.
///
/// `reserved`: the user name is one of the cluster's own, whatever else the authenticator knows about it.
fn authentication<'a>(extra: Value<'a>, reserved: bool, a: &mut Activity<'a>) {
    let one = |value: Value<'a>| value.items().next().unwrap_or(value).text().map(|t| bounded(t, 1024));
    let (mut pod, mut token, mut arn, mut canonical, mut key, mut session) = (None, None, None, None, None, None);
    for (name, value) in extra.fields() {
        match name {
            "arn" => arn = one(value),
            "canonicalArn" | "canonicalarn" => canonical = one(value),
            "accessKeyId" | "accesskeyid" => key = one(value),
            "sessionName" | "sessionname" => session = one(value),
            name if name.ends_with("issued-credential-id") => {}
            name if name.ends_with("credential-id") => token = one(value),
            name if name.ends_with("pod-name") => pod = one(value),
            _ => {}
        }
    }
    if !reserved && let Some(arn) = arn.or(canonical) {
        // The access entry names an IAM principal: the same workload as in CloudTrail.
        if let Some(principal) = aws::principal(&arn) {
            let mapped = a.identity.take().map(|i| i.id);
            a.links.extend(mapped.filter(|id| id.starts_with("k8s:")).map(|id| Link::Alias { id }));
            a.place.account = aws::Arn::parse(&arn).map(|a| a.account.to_owned().into());
            a.identity = Some(principal.identity);
            session = session.or(principal.session);
        }
    }
    let (kind, id) = match (token, key) {
        (Some(id), _) if id.starts_with("X509SHA256=") => (CredentialKind::Certificate, id),
        (Some(id), _) if pod.is_some() => (CredentialKind::PodToken, id),
        (Some(id), _) => (CredentialKind::ServiceToken, id),
        (None, Some(key)) if key.starts_with("AKIA") => (CredentialKind::AccessKey, key),
        (None, Some(key)) => (CredentialKind::SessionKey, key),
        (None, None) => {
            a.session = pod.or(session).map(|name| Session { name, mfa: None });
            return;
        }
    };
    a.credential = Some(Credential { kind, id: Some(id), issuer: None, issued: None });
    a.session = pod.or(session).map(|name| Session { name, mfa: None });
}

/// The id of the token that this request issued, as the token's later requests carry it.
fn issued_credential<'a>(record: Value<'a>) -> Option<Text<'a>> {
    let annotations = any_case(record, "annotations")?;
    let (_, value) = annotations.fields().find(|(key, _)| key.ends_with("issued-credential-id"))?;
    value.text().map(|t| bounded(t, 256))
}

/// What a request body names: the role that is bound and to whom, images, host paths, receivers of webhooks.
/// True if what is started can reach out of its container: whoever may start it has the node, and all that runs there.
fn takes_the_node(body: Value<'_>) -> bool {
    // A pod, what makes pods, and what makes what makes pods.
    let pods = ["spec", "spec.template.spec", "spec.jobTemplate.spec.template.spec"];
    pods.into_iter().filter_map(|path| body.path(path)).any(|pod| {
        let is = |value: Option<Value<'_>>| value.and_then(|v| v.bool()) == Some(true);
        let privileged = ["containers", "initContainers"]
            .into_iter()
            .filter_map(|list| pod.get(list))
            .flat_map(|list| list.items().take(MAX_MENTIONS))
            .any(|container| is(container.path("securityContext.privileged")));
        // Collectors mount the folders of logs; these give everything.
        let mounts = pod.get("volumes").into_iter().flat_map(|list| list.items().take(MAX_MENTIONS));
        let everything = mounts.filter_map(|volume| volume.path("hostPath.path")?.text()).any(|path| {
            let path = path.trim_end_matches('/');
            path.is_empty()
                || ["/etc", "/root", "/proc", "/home", "/var/lib/kubelet"].contains(&path)
                || [".sock", "/etc/kubernetes", "/etc/shadow", "/root/.ssh"].iter().any(|end| path.ends_with(end))
        });
        privileged || is(pod.get("hostPID")) || is(pod.get("hostIPC")) || everything
    })
}

fn body_of<'a>(body: Value<'a>, a: &mut Activity<'a>) {
    if let Some(role) = any_case(body, "roleRef").and_then(|r| say(r, "name")) {
        let role = bounded(role, MAX_NAME);
        let kind = say(body, "roleRef.kind").map_or("roles", |k| if k == "ClusterRole" { "clusterroles" } else { "roles" });
        let namespace = if kind == "roles" { say(body, "metadata.namespace") } else { None };
        a.targets.push(Target { name: target(namespace.as_deref(), kind, Some(&role)) });
        a.mentions.push(role);
    }
    for (key, leaf) in body.leaves() {
        if a.mentions.len() >= MAX_MENTIONS {
            return;
        }
        if matches!(key, "image" | "path" | "serviceAccountName" | "secretName" | "name" | "url")
            && let Some(text) = leaf.text()
        {
            let text = bounded(text, MAX_NAME);
            // Only webhooks and API services send requests to a URL of their own.
            if key == "url"
                && let Some(host) = url_host(&text)
            {
                a.destinations.push(host.to_owned().into());
            }
            a.mentions.push(text);
        }
    }
}

#[cfg(test)]
mod tests;
