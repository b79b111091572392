//! Kubernetes user names: who they name, wherever they stand (audit events of any distribution, GCP records of GKE).

use super::names::{account, is_google_service_account};
use vires_event::{Actor, Identity, Kind, Text};

/// The cluster, or `-` where the record does not say it.
fn known(cluster: Option<&str>) -> &str {
    cluster.filter(|c| !c.is_empty()).unwrap_or("-")
}

/// `k8s:<cluster>:<namespace>:<service account>`.
pub(crate) fn service_account_id<'a>(cluster: Option<&str>, namespace: &str, name: &str) -> Text<'a> {
    ["k8s:", known(cluster), ":", namespace, ":", name].concat().into()
}

/// A service account.
pub(crate) fn service_account<'a>(cluster: Option<&str>, namespace: &str, name: &str, raw: Text<'a>) -> Identity<'a> {
    Identity {
        id: service_account_id(cluster, namespace, name),
        kind: Kind::ServiceAccount,
        actor: Actor::Machine,
        name: name.to_owned().into(),
        raw: Some(raw),
    }
}

/// Whom a user name of the API server names.
///
/// `system:serviceaccount:<namespace>:<name>` and `system:node:<name>` are machines, so are the control plane's own users; a Google
/// service account keeps its own id; an e-mail address is a person as far as the name goes; what is left is undecided.
pub(crate) fn user<'a>(cluster: Option<&str>, name: Text<'a>) -> Identity<'a> {
    if let Some((namespace, account)) = name.strip_prefix("system:serviceaccount:").and_then(|rest| rest.split_once(':')) {
        let (namespace, account) = (namespace.to_owned(), account.to_owned());
        return service_account(cluster, &namespace, &account, name);
    }
    if let Some(node) = name.strip_prefix("system:node:") {
        let id = ["k8s:", known(cluster), ":node:", node].concat().into();
        let node = node.to_owned().into();
        return Identity { id, kind: Kind::Workload, actor: Actor::Machine, name: node, raw: Some(name) };
    }
    if name.contains('@') {
        if is_google_service_account(&name) {
            return account(name, Actor::Machine);
        }
        if !name.contains(':') {
            return account(name, Actor::Ambiguous);
        }
    }
    let (kind, actor) = match () {
        () if is_control_plane(&name) => (Kind::CloudService, Actor::Machine),
        () if name.starts_with("system:bootstrap:") => (Kind::Token, Actor::Machine),
        () if name.starts_with("system:") => (Kind::Token, Actor::Ambiguous),
        () => (Kind::Human, Actor::Ambiguous),
    };
    Identity { id: ["k8s:", known(cluster), ":user:", &name].concat().into(), kind, actor, name, raw: None }
}

fn is_control_plane(name: &str) -> bool {
    const PREFIXES: [&str; 13] = [
        "system:kube-",
        "system:apiserver",
        "system:cloud-controller-manager",
        "system:controller:",
        "system:addon-manager",
        "system:aggregator",
        "system:konnectivity-server",
        "system:node-problem-detector",
        "system:gke-",
        "system:gcp-",
        "system:volume-scheduler",
        "system:openshift-",
        "eks:",
    ];
    PREFIXES.iter().any(|p| name.starts_with(p)) || matches!(name, "aksService" | "acsService" | "nodeclient")
}

/// `k8s:<namespace>/<resource>/<name>`, with `-` for what stands in no namespace, and without what is unknown.
pub(crate) fn target<'a>(namespace: Option<&str>, resource: &str, name: Option<&str>) -> Text<'a> {
    let namespace = namespace.filter(|n| !n.is_empty()).unwrap_or("-");
    match name.filter(|n| !n.is_empty()) {
        Some(name) => ["k8s:", namespace, "/", resource, "/", name].concat().into(),
        None => ["k8s:", namespace, "/", resource].concat().into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn user_names() {
        for (name, id, kind, actor) in [
            ("system:serviceaccount:pay:api", "k8s:prod:pay:api", "service_account", "machine"),
            ("system:node:ip-192-0-2-1", "k8s:prod:node:ip-192-0-2-1", "workload", "machine"),
            ("system:kube-controller-manager", "k8s:prod:user:system:kube-controller-manager", "cloud_service", "machine"),
            ("eks:addon-manager", "k8s:prod:user:eks:addon-manager", "cloud_service", "machine"),
            ("system:bootstrap:abcdef", "k8s:prod:user:system:bootstrap:abcdef", "token", "machine"),
            ("system:anonymous", "k8s:prod:user:system:anonymous", "token", "ambiguous"),
            ("ci@proj.iam.gserviceaccount.com", "gcp:sa:ci@proj.iam.gserviceaccount.com", "service_account", "machine"),
            ("Jane@example.com", "person:jane@example.com", "human", "ambiguous"),
            ("kubernetes-admin", "k8s:prod:user:kubernetes-admin", "human", "ambiguous"),
        ] {
            let found = user(Some("prod"), name.into());
            assert_eq!((&*found.id, found.kind.as_str(), found.actor.as_str()), (id, kind, actor), "{name}");
        }
        assert_eq!(user(None, "system:serviceaccount:pay:api".into()).id, "k8s:-:pay:api");
    }
}
