//! GKE: the audit event in the form of a Google Cloud log entry. The method is `io.k8s.<group>.<version>.<resource>[.<sub>].<verb>`.

use crate::Hints;
use crate::json::Value;
use crate::sources::gcp_audit;
use crate::support::cloud::bounded;
use crate::support::fields::{any_case, first, say};
use crate::support::k8s::{target, user};
use vires_event::{Activity, Actor, Source, Target, Text};

pub(super) fn detect(record: Value<'_>, payload: Value<'_>) -> bool {
    say(payload, "serviceName").is_some_and(|s| s == "k8s.io")
        || say(payload, "methodName").is_some_and(|m| m.starts_with("io.k8s."))
        || say(record, "resource.type").is_some_and(|t| t == "k8s_cluster") && any_case(payload, "methodName").is_some()
}

pub(super) fn decode<'a>(record: Value<'a>, payload: Value<'a>, hints: &Hints<'a>) -> Option<Activity<'a>> {
    let method = say(payload, "methodName").map(|m| bounded(m, 256));
    let path = say(payload, "resourceName").map(|p| bounded(p, 1024));
    let path = path.or_else(|| payload.path_text("authorizationInfo.[].resource").map(|p| bounded(p, 1024)));
    let who = any_case(payload, "authenticationInfo");
    let name =
        who.and_then(|w| first(w, &["principalEmail", "principalSubject", "authoritySelector"])).map(|n| bounded(n, 512));
    if method.is_none() && name.is_none() {
        return None;
    }
    let cluster = hints.cluster.clone().or_else(|| say(record, "resource.labels.cluster_name"));
    let mut a = Activity::new(Source::Kubernetes, action(method.as_deref().unwrap_or("")));
    gcp_audit::envelope(record, payload, hints, &mut a);
    a.place.host = cluster.clone();
    a.identity = name.map(|name| {
        let mut identity = user(cluster.as_deref(), name);
        // The cluster signs people in with their Google accounts.
        if identity.id.starts_with("person:") {
            identity.actor = Actor::Human;
        }
        identity
    });
    if let Some(path) = &path {
        a.targets.extend(object(path).map(|name| Target { name }));
        a.mentions.push(path.clone());
    }
    if let Some(body) = any_case(payload, "request") {
        super::body_of(body, &mut a);
    }
    Some(a)
}

/// `io.k8s.core.v1.pods.exec.create` is `k8s:create pods/exec`.
fn action(method: &str) -> String {
    let rest = method.strip_prefix("io.k8s.").unwrap_or(method);
    let mut parts = rest.split('.').skip_while(|part| !is_version(part)).skip(1).collect::<Vec<_>>();
    let Some(verb) = parts.pop() else {
        // Health checks and discovery have no resource.
        return ["k8s:get /", rest].concat();
    };
    ["k8s:", verb, " ", &parts.join("/")].concat().trim_end().to_owned()
}

fn is_version(part: &str) -> bool {
    part.strip_prefix('v').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
}

/// `core/v1/namespaces/<namespace>/pods/<name>/exec` is `k8s:<namespace>/pods/<name>`.
fn object<'a>(path: &str) -> Option<Text<'a>> {
    let mut parts = path.split('/').skip_while(|part| !is_version(part)).skip(1).peekable();
    let mut namespace = None;
    if parts.peek() == Some(&"namespaces") {
        let mut rest = parts.clone();
        rest.next();
        let named = rest.next();
        // A namespace itself is a resource of the cluster.
        if rest.peek().is_some() {
            namespace = named;
            parts = rest;
        }
    }
    let resource = parts.next()?;
    Some(target(namespace, resource, parts.next()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn methods_and_paths() {
        for (method, spelled) in [
            ("io.k8s.core.v1.pods.exec.create", "k8s:create pods/exec"),
            ("io.k8s.core.v1.secrets.list", "k8s:list secrets"),
            ("io.k8s.authorization.rbac.v1.clusterrolebindings.create", "k8s:create clusterrolebindings"),
            (
                "io.k8s.certificates.v1beta1.certificatesigningrequests.approval.update",
                "k8s:update certificatesigningrequests/approval",
            ),
            ("io.k8s.readyz", "k8s:get /readyz"),
        ] {
            assert_eq!(action(method), spelled);
        }
        for (path, name) in [
            ("core/v1/namespaces/pay/pods/api-0/exec", Some("k8s:pay/pods/api-0")),
            ("core/v1/namespaces/pay/secrets", Some("k8s:pay/secrets")),
            ("core/v1/namespaces/pay", Some("k8s:-/namespaces/pay")),
            ("rbac.authorization.k8s.io/v1/clusterroles/admin", Some("k8s:-/clusterroles/admin")),
            ("readyz", None),
        ] {
            assert_eq!(object(path).as_deref(), name, "{path}");
        }
    }
}
