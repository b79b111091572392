//! Kubernetes RBAC: roles, cluster roles and what binds them to service accounts and users.

use super::grants::Grant;
use serde_json::Value;
use std::collections::BTreeMap;
use vires_event::parse_time;

/// Privileges of one role: a verb on a resource, `verb resource`.
type Rules = Vec<String>;

/// Most privileges of one role.
const MOST: usize = 4_096;

/// Reads manifests; also says what could not be followed.
pub(super) fn grants(documents: Vec<Value>) -> (Vec<Grant>, Vec<String>) {
    let mut objects = Vec::new();
    for document in documents {
        match document {
            Value::Object(mut list) if list.contains_key("items") => {
                if let Some(Value::Array(items)) = list.remove("items") {
                    objects.extend(items);
                }
            }
            other => objects.push(other),
        }
    }
    let mut roles: BTreeMap<(String, String), Rules> = BTreeMap::new();
    for object in &objects {
        let namespace = match text(object, "/kind") {
            "Role" => namespace(object),
            "ClusterRole" => "",
            _ => continue,
        };
        roles.insert((namespace.to_owned(), name(object).to_owned()), rules(object));
    }
    let (mut found, mut remarks) = (Vec::new(), Vec::new());
    for object in &objects {
        let scope = match text(object, "/kind") {
            "RoleBinding" => namespace(object),
            "ClusterRoleBinding" => "",
            _ => continue,
        };
        let (kind, role) = (text(object, "/roleRef/kind"), text(object, "/roleRef/name"));
        let key = (if kind == "Role" { scope.to_owned() } else { String::new() }, role.to_owned());
        let named = vec![format!("{kind} {role}")];
        let rules = match roles.get(&key) {
            Some(rules) => rules,
            // What every cluster has.
            None if role == "cluster-admin" => &vec!["* *".to_owned()],
            None => {
                remarks.push(format!(
                    "{kind} {} is bound by {} but stands in none of the manifests: what it allows is not compared",
                    crate::text::clean(role),
                    crate::text::clean(name(object))
                ));
                &named
            }
        };
        let unknown = std::ptr::eq(rules, &named);
        let subjects = object.get("subjects").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        for subject in subjects {
            let Some(identity) = identity(subject, scope) else { continue };
            for rule in rules {
                found.push(Grant {
                    identity: identity.clone(),
                    privilege: if unknown { rule.clone() } else { format!("k8s:{rule}") },
                    scope: if scope.is_empty() { "cluster".into() } else { format!("namespace {scope}") },
                    source: format!("{kind} {role}"),
                    granted: parse_time(text(object, "/metadata/creationTimestamp")),
                });
            }
        }
    }
    remarks.sort();
    remarks.dedup();
    (found, remarks)
}

fn identity(subject: &Value, binding_namespace: &str) -> Option<String> {
    let name = text(subject, "/name");
    let namespace = subject.get("namespace").and_then(Value::as_str).unwrap_or(binding_namespace);
    match text(subject, "/kind") {
        _ if name.is_empty() => None,
        "ServiceAccount" => Some(format!("system:serviceaccount:{namespace}:{name}")),
        "User" if name.starts_with("system:") => Some(name.to_owned()),
        "User" => Some(format!("k8s:-:user:{name}")),
        // Whoever belongs to a group is not in the manifest.
        _ => None,
    }
}

fn rules(role: &Value) -> Rules {
    let mut out = Vec::new();
    let list = |rule: &Value, key: &str| -> Vec<String> {
        let items = rule.get(key).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        items.iter().filter_map(Value::as_str).map(str::to_owned).collect()
    };
    for rule in role.get("rules").and_then(Value::as_array).into_iter().flatten() {
        let mut resources = list(rule, "resources");
        resources.extend(list(rule, "nonResourceURLs"));
        for verb in list(rule, "verbs") {
            for resource in &resources {
                if out.len() < MOST {
                    out.push(format!("{verb} {resource}"));
                }
            }
        }
    }
    out.sort();
    out.dedup();
    out
}

fn text<'v>(object: &'v Value, pointer: &str) -> &'v str {
    object.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

fn name(object: &Value) -> &str {
    text(object, "/metadata/name")
}

fn namespace(object: &Value) -> &str {
    object.pointer("/metadata/namespace").and_then(Value::as_str).unwrap_or("default")
}

#[cfg(test)]
mod tests {
    use crate::access::Grants;
    use vires_profile::import::Input;

    const MANIFEST: &str = "
kind: Role
metadata: {name: pods, namespace: ci}
rules:
- {apiGroups: [''], resources: [pods, pods/log], verbs: [get, list]}
---
kind: RoleBinding
metadata: {name: b, namespace: ci}
roleRef: {kind: Role, name: pods}
subjects:
- {kind: ServiceAccount, name: pruner}
- {kind: Group, name: everyone}
---
kind: List
items:
- kind: ClusterRoleBinding
  metadata: {name: all}
  roleRef: {kind: ClusterRole, name: cluster-admin}
  subjects: [{kind: ServiceAccount, name: argo, namespace: argocd}]
- kind: ClusterRoleBinding
  metadata: {name: some}
  roleRef: {kind: ClusterRole, name: edit}
  subjects: [{kind: User, name: jane}]
";

    #[test]
    fn follows_bindings_to_rules() {
        let grants = Grants::read(&[Input { name: "rbac.yaml", text: MANIFEST }]).unwrap();
        let of = |id: &str| grants.of(id).iter().map(|g| format!("{} @ {}", g.privilege, g.scope)).collect::<Vec<_>>();
        assert_eq!(
            of("k8s:prod:ci:pruner"),
            [
                "k8s:get pods @ namespace ci",
                "k8s:get pods/log @ namespace ci",
                "k8s:list pods @ namespace ci",
                "k8s:list pods/log @ namespace ci"
            ]
        );
        assert_eq!(of("k8s:prod:argocd:argo"), ["k8s:* * @ cluster"]);
        assert_eq!(of("k8s:-:user:jane"), ["ClusterRole edit @ cluster"]);
        assert_eq!(grants.remarks.len(), 1, "{:?}", grants.remarks);
    }

    #[test]
    fn odd_manifests_grant_nothing() {
        for text in ["", "kind: Role", "kind: RoleBinding\nsubjects: 3", "- 1\n- 2", "kind: Role\nrules: [1, {verbs: x}]"] {
            assert!(Grants::read(&[Input { name: "x.yaml", text }]).unwrap().is_empty(), "{text}");
        }
    }
}
