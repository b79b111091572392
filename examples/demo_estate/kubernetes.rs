//! Kubernetes audit events of the cluster prod-eu, as its shipper sends them (with the cluster's name beside the event).

use crate::clock::micros;
use crate::journal::{Journal, Source};
use crate::json::{Object, texts};
use crate::rng::Rng;

/// A service account in one of its pods.
pub struct Pod {
    pub namespace: &'static str,
    pub account: &'static str,
    pub name: String,
    pub ip: String,
    pub agent: &'static str,
}

/// What is asked of the API server. An empty name is a collection, an empty namespace the whole cluster.
pub struct Ask<'a> {
    pub verb: &'static str,
    pub group: &'static str,
    pub resource: &'static str,
    pub namespace: &'a str,
    pub name: &'a str,
}

impl<'a> Ask<'a> {
    pub fn new(verb: &'static str, resource: &'static str, namespace: &'a str, name: &'a str) -> Self {
        let (group, resource) = resource.rsplit_once('/').unwrap_or(("", resource));
        Ask { verb, group, resource, namespace, name }
    }

    fn uri(&self) -> String {
        let mut uri = match self.group {
            "" => "/api/v1".to_owned(),
            group => format!("/apis/{group}/v1"),
        };
        if !self.namespace.is_empty() {
            uri.push_str("/namespaces/");
            uri.push_str(self.namespace);
        }
        uri.push('/');
        uri.push_str(self.resource);
        if !self.name.is_empty() && self.verb != "create" {
            uri.push('/');
            uri.push_str(self.name);
        }
        uri
    }
}

pub fn record(j: &mut Journal, at: i64, pod: &Pod, ask: Ask<'_>, rng: &mut Rng) {
    let groups =
        texts(&["system:serviceaccounts", &format!("system:serviceaccounts:{}", pod.namespace), "system:authenticated"]);
    let extra = Object::new()
        .raw("authentication.kubernetes.io/credential-id", texts(&[&format!("JTI={}", stable(&pod.name))]))
        .raw("authentication.kubernetes.io/pod-name", texts(&[&pod.name]))
        .raw("authentication.kubernetes.io/node-name", texts(&["ip-10-20-3-17.eu-west-1.compute.internal"]));
    let user = Object::new()
        .text("username", format!("system:serviceaccount:{}:{}", pod.namespace, pod.account))
        .text("uid", stable(pod.account))
        .raw("groups", groups)
        .raw("extra", extra.end());
    let mut reference = Object::new().text("resource", ask.resource);
    for (key, value) in [("namespace", ask.namespace), ("name", ask.name), ("apiGroup", ask.group)] {
        if !value.is_empty() {
            reference = reference.text(key, value);
        }
    }
    let code = if ask.verb == "create" { 201 } else { 200 };
    let decision = Object::new().text("authorization.k8s.io/decision", "allow").text("authorization.k8s.io/reason", "");
    let line = Object::new()
        .text("kind", "Event")
        .text("apiVersion", "audit.k8s.io/v1")
        .text("level", "Metadata")
        .text("auditID", rng.uuid())
        .text("stage", "ResponseComplete")
        .text("requestURI", ask.uri())
        .text("verb", ask.verb)
        .raw("user", user.end())
        .raw("sourceIPs", texts(&[&pod.ip]))
        .text("userAgent", pod.agent)
        .raw("objectRef", reference.text("apiVersion", "v1").end())
        .raw("responseStatus", Object::new().raw("metadata", "{}").raw("code", code).end())
        .text("requestReceivedTimestamp", micros(at, rng))
        .text("stageTimestamp", micros(at + 8, rng))
        .raw("annotations", decision.end())
        .text("cluster_name", "prod-eu");
    j.add(Source::Kubernetes, at, line.end());
}

/// The id of something that keeps it as long as it keeps its name.
fn stable(name: &str) -> String {
    Rng::of(name).uuid()
}
