use crate::globs::Globs;
use std::borrow::Cow;

/// What a target is to whoever touches it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TargetSort {
    /// It may hold data: its name tells of what class.
    Data,
    /// Something that runs. What it is called after (`payments`) says what it works for, not what it holds.
    Machinery,
    /// An identity, a role, a policy, a trust: who may do what. Whoever touches it stretches privilege, not data.
    Authority,
}

/// What the target of a name is. Services that are not known may hold data.
pub fn target_sort(target: &str) -> TargetSort {
    let Some((service, name)) = target.split_once(':') else { return TargetSort::Data };
    match service {
        "k8s" => kubernetes(name),
        "vault" => match name.split('/').next().unwrap_or_default() {
            "auth" | "sys" | "identity" => TargetSort::Authority,
            _ => TargetSort::Data,
        },
        "graph" => graph(name),
        _ if AUTHORITY_SERVICES.contains(&service) => TargetSort::Authority,
        _ if MACHINERY_SERVICES.contains(&service) => TargetSort::Machinery,
        "ec2" if !["snap-", "vol-", "ami-"].iter().any(|disk| name.starts_with(disk)) => TargetSort::Machinery,
        _ if STORES.contains(&service) => TargetSort::Data,
        _ => product(name),
    }
}

/// The spellings under which a list may name a target: as it is, a store by its other names, and a whole bucket as what lies in it.
pub fn target_spellings(target: &str) -> impl Iterator<Item = Cow<'_, str>> {
    let parts = target.split_once(':');
    let others: &'static [&'static str] = match parts.map(|(service, _)| service) {
        Some("storage" | "gcs" | "gs") => &["storage", "gcs", "gs"],
        Some("secretsmanager" | "secret") => &["secret", "secretsmanager"],
        _ => &[],
    };
    let alias = move |service: &'static str| parts.map(|(_, name)| Cow::Owned(format!("{service}:{name}")));
    let whole = parts.is_some_and(|(service, name)| BUCKETS.contains(&service) && !name.contains('/'));
    let inside = move |text: Cow<'_, str>| Cow::Owned(format!("{text}/"));
    std::iter::once(Cow::Borrowed(target))
        .chain(others.iter().filter(move |s| parts.is_some_and(|(service, _)| service != **s)).filter_map(move |s| alias(s)))
        .flat_map(move |text| [whole.then(|| inside(text.clone())), Some(text)])
        .flatten()
}

/// Services whose targets are buckets with objects in them.
const BUCKETS: &[&str] = &["s3", "gcs", "gs", "storage", "blob"];

/// True if a list of resources names a target, in any spelling.
pub fn lists_target(list: &Globs, target: &str) -> bool {
    target_spellings(target).any(|spelling| list.matches(&spelling))
}

/// Services whose objects are identities, roles, policies, organisations.
const AUTHORITY_SERVICES: &[&str] = &[
    "iam",
    "sts",
    "sso",
    "identitystore",
    "organizations",
    "rolesanywhere",
    "access-analyzer",
    "cloudresourcemanager",
    "subscription",
    "authorization",
    "entra",
    "useradd",
    "usermod",
    "groupadd",
    "passwd",
    "account",
];

/// Services whose objects run.
const MACHINERY_SERVICES: &[&str] = &[
    "lambda",
    "ecs",
    "eks",
    "batch",
    "autoscaling",
    "cloudformation",
    "codebuild",
    "codepipeline",
    "states",
    "events",
    "elasticloadbalancing",
    "compute",
    "container",
    "containerservice",
    "run",
    "cloudfunctions",
    "web",
    "network",
    "resourcegroup",
    "model",
    "bedrock",
    "sshd",
    "systemd",
    "sudo",
    "cron",
    "logging",
];

/// Stores whose first word is a name that somebody chose, not the sort of an object.
const STORES: &[&str] = &[
    "s3",
    "gcs",
    "gs",
    "storage",
    "blob",
    "secret",
    "ssm",
    "gcp-secret",
    "keyvault",
    "dynamodb",
    "bigquery",
    "file",
    "nginx",
    "http",
    "https",
    "mcp",
    "tool",
    "github",
    "bitbucket",
    "rds",
    "kms",
    "sharepoint",
    "onedrive",
    "exchange",
];

/// Kubernetes objects: `<namespace>/<resource>/<name>`. Few sorts hold data; what runs is called after what it works for.
fn kubernetes(name: &str) -> TargetSort {
    let resource = name.split('/').nth(1).unwrap_or_default();
    match resource {
        "secrets"
        | "configmaps"
        | "persistentvolumes"
        | "persistentvolumeclaims"
        | "volumesnapshots"
        | "volumesnapshotcontents" => TargetSort::Data,
        "serviceaccounts"
        | "roles"
        | "rolebindings"
        | "clusterroles"
        | "clusterrolebindings"
        | "certificatesigningrequests"
        | "mutatingwebhookconfigurations"
        | "validatingwebhookconfigurations"
        | "networkpolicies"
        | "tokenreviews"
        | "subjectaccessreviews"
        | "selfsubjectaccessreviews"
        | "users"
        | "groups" => TargetSort::Authority,
        _ => TargetSort::Machinery,
    }
}

/// Microsoft Graph paths. Mail and files lie under `users` too: only the object itself is an identity.
fn graph(name: &str) -> TargetSort {
    let mut parts = name.trim_start_matches('/').split(['/', '?']);
    match (parts.next().unwrap_or_default(), parts.nth(1)) {
        ("users" | "groups", None) => TargetSort::Authority,
        ("serviceprincipals" | "servicePrincipals" | "applications" | "oauth2PermissionGrants" | "roleManagement", _)
        | ("directoryRoles" | "policies" | "identity" | "identityGovernance" | "domains", _) => TargetSort::Authority,
        _ => TargetSort::Data,
    }
}

/// Objects of a product, as `<sort>/<name>`.
fn product(name: &str) -> TargetSort {
    let Some((sort, _)) = name.split_once('/') else { return TargetSort::Data };
    let is = |words: &[&str]| words.iter().any(|word| sort.eq_ignore_ascii_case(word));
    if is(&[
        "user",
        "users",
        "role",
        "roles",
        "group",
        "groups",
        "token",
        "tokens",
        "access_token",
        "api_token",
        "api_key",
        "admin_api_key",
        "service_key",
        "service_account",
        "key",
        "client",
        "app",
        "appinstance",
        "publicclientapp",
        "database_user",
        "network_policy",
        "invite",
        "scim",
        "connection",
        "tailnet",
        "access_list",
        "mcp_server",
        "policy",
    ]) {
        TargetSort::Authority
    } else {
        TargetSort::Data
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_name_stores_by_any_of_their_names() {
        let list = Globs::new(["gcs:exports/*", "s3:assets/img/*"]);
        for (target, expected) in [
            ("storage:exports/2026/a.csv", true),
            ("gcs:exports/a", true),
            ("storage:exports", true),
            ("storage:exports-old", false),
            ("s3:assets/img/1", true),
            ("s3:assets", false),
        ] {
            assert_eq!(lists_target(&list, target), expected, "{target}");
        }
    }

    #[test]
    fn names_tell_of_data_only_where_data_can_be() {
        use TargetSort::{Authority, Data, Machinery};
        for (target, expected) in [
            ("iam:payments-refunds", Authority),
            ("k8s:payments/serviceaccounts/refunds", Authority),
            ("k8s:payments/secrets/db", Data),
            ("k8s:payments/secrets", Data),
            ("k8s:payments/deployments/refunds", Machinery),
            ("lambda:payroll-export", Machinery),
            ("logging:to-siem", Machinery),
            ("cron:/usr/local/bin/backup.sh", Machinery),
            ("ec2:i-0abc1234def567890", Machinery),
            ("ec2:snap-0123456789abcdef0", Data),
            ("vault:sys/policies/acl/payments", Authority),
            ("vault:secret/data/prod/db", Data),
            ("graph:/users/jane.doe@example.com/messages", Data),
            ("graph:/users", Authority),
            ("graph:/servicePrincipals/6/addPassword", Authority),
            ("snowflake:user/REPORT_SVC", Authority),
            ("snowflake:SALES.PUBLIC.ORDERS", Data),
            ("okta:User/joe.roe@example.com", Authority),
            ("s3:users/joe", Data),
            ("github:example-org/payments", Data),
            ("mcp:postgres://warehouse.example.com/hr/salaries", Data),
            ("plain", Data),
            ("", Data),
        ] {
            assert_eq!(target_sort(target), expected, "{target}");
        }
    }
}
