//! The spelling under which an action is looked up: the contract's, in lower case, with what differs between log formats folded.

use crate::platform::Platform;
use std::borrow::Cow;

/// Longest action that is looked up; no catalogue key comes near.
const MAX: usize = 512;
/// Up to here a key is folded on the stack.
const STACK: usize = 128;

/// The contract's spelling of an action, in the vendor's case.
pub(crate) fn canonical(platform: Platform, service: &str, action: &str) -> String {
    match platform {
        Platform::Aws => format!("{}:{}", service.split('.').next().unwrap_or_default(), without_date(action)),
        Platform::Gcp => format!("gcp:{}", gcp(action)),
        Platform::Linux | Platform::Web | Platform::Ocsf => format!("{service}:{action}"),
        other => format!("{}:{action}", other.prefix().unwrap_or(other.as_str())),
    }
}

/// An event name without the API version at its end: `CreateFunction20150331v2`, `UpdateDistribution2020_05_31`.
fn without_date(action: &str) -> &str {
    let digits = |s: &str, n: usize| s.len() == n && s.bytes().all(|b| b.is_ascii_digit());
    if let Some((head, tail)) = action.len().checked_sub(10).and_then(|at| action.split_at_checked(at)) {
        let mut parts = tail.split('_');
        if let (Some(y), Some(m), Some(d), None) = (parts.next(), parts.next(), parts.next(), parts.next())
            && (digits(y, 4) && digits(m, 2) && digits(d, 2))
        {
            return head.strip_suffix('_').unwrap_or(head);
        }
    }
    let base = match action.rfind('v') {
        Some(at) if at + 1 < action.len() && action[at + 1..].bytes().all(|b| b.is_ascii_digit()) => &action[..at],
        _ => action,
    };
    match base.len().checked_sub(8).and_then(|at| base.split_at_checked(at)) {
        Some((head, tail)) if digits(tail, 8) && tail.starts_with("20") => head,
        _ => action,
    }
}

/// A permission in its short form: `iam.googleapis.com/workloadIdentityPools.create` → `iam.workloadIdentityPools.create`.
fn gcp(permission: &str) -> Cow<'_, str> {
    match permission.split_once(".googleapis.com/") {
        Some((service, rest)) => format!("{service}.{rest}").into(),
        None => permission.into(),
    }
}

/// The look-up key of a canonical spelling.
pub(crate) fn fold(canonical: &str) -> String {
    with_key(canonical, |key| key.to_owned()).unwrap_or_else(|| canonical.to_lowercase())
}

/// Calls `found` with the key of an action. Allocates only for what is long or oddly spelled. `None` for what cannot be a key.
pub(crate) fn with_key<T>(action: &str, found: impl FnOnce(&str) -> T) -> Option<T> {
    if action.is_empty() || action.len() > MAX {
        return None;
    }
    if let Some(rest) = action.strip_prefix("gcp:") {
        if let Some(key) = gke(rest) {
            return Some(found(&key));
        }
        if rest.contains(".googleapis.com/") {
            return Some(found(&format!("gcp:{}", gcp(rest)).to_ascii_lowercase()));
        }
    }
    let mut text = action;
    if action.starts_with("entra:") || action.starts_with("m365:") {
        text = action.trim_end_matches([' ', '.']);
        if !text.is_ascii() {
            return Some(found(&text.replace(['–', '—', '\u{a0}'], "-").to_lowercase()));
        }
    }
    if !text.bytes().any(|b| b.is_ascii_uppercase()) {
        return Some(found(text));
    }
    let mut stack = [0u8; STACK];
    let Some(buffer) = stack.get_mut(..text.len()) else { return Some(found(&text.to_ascii_lowercase())) };
    buffer.copy_from_slice(text.as_bytes());
    buffer.make_ascii_lowercase();
    std::str::from_utf8(buffer).ok().map(found)
}

/// The Kubernetes key of a GKE permission: `io.k8s.core.v1.pods.exec.create` → `k8s:create pods/exec`.
fn gke(permission: &str) -> Option<String> {
    let rest = permission.strip_prefix("io.k8s.")?;
    let mut parts: Vec<&str> = rest.split('.').collect();
    let version = parts.iter().position(|p| {
        let tail = p.strip_prefix('v').unwrap_or_default();
        tail.starts_with(|c: char| c.is_ascii_digit()) && tail.bytes().all(|b| b.is_ascii_alphanumeric())
    })?;
    let names = parts.split_off(version + 1);
    let key = match names.as_slice() {
        [resource, verb] => format!("k8s:{verb} {resource}"),
        [resource, sub, verb] => format!("k8s:{verb} {resource}/{sub}"),
        _ => return None,
    };
    Some(key.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings() {
        for (platform, service, action, want) in [
            (Platform::Aws, "secretsmanager.amazonaws.com", "GetSecretValue", "secretsmanager:GetSecretValue"),
            (Platform::Aws, "lambda.amazonaws.com", "CreateFunction20150331", "lambda:CreateFunction"),
            (Platform::Aws, "lambda.amazonaws.com", "GetFunction20150331v2", "lambda:GetFunction"),
            (Platform::Aws, "cloudfront.amazonaws.com", "UpdateDistribution2020_05_31", "cloudfront:UpdateDistribution"),
            (Platform::Aws, "s3.amazonaws.com", "ListObjectsV2", "s3:ListObjectsV2"),
            (Platform::Gcp, "", "iam.serviceAccountKeys.create", "gcp:iam.serviceAccountKeys.create"),
            (Platform::Gcp, "", "iam.googleapis.com/workloadIdentityPools.create", "gcp:iam.workloadIdentityPools.create"),
            (Platform::Kubernetes, "", "create pods/exec", "k8s:create pods/exec"),
            (Platform::Linux, "sshd", "login", "sshd:login"),
            (Platform::Vault, "", "read secret/data/*", "vault:read secret/data/*"),
        ] {
            assert_eq!(canonical(platform, service, action), want);
        }
    }

    #[test]
    fn keys() {
        for (action, want) in [
            ("s3:GetObject", "s3:getobject"),
            ("entra:Add service principal credentials.", "entra:add service principal credentials"),
            (
                "m365:Update application – Certificates and secrets management ",
                "m365:update application - certificates and secrets management",
            ),
            ("gcp:io.k8s.core.v1.pods.exec.create", "k8s:create pods/exec"),
            ("gcp:io.k8s.authorization.rbac.v1.clusterrolebindings.create", "k8s:create clusterrolebindings"),
            ("gcp:io.k8s.odd", "gcp:io.k8s.odd"),
            ("gcp:iam.googleapis.com/roles.Create", "gcp:iam.roles.create"),
            ("okta:already.lower", "okta:already.lower"),
        ] {
            assert_eq!(with_key(action, str::to_owned).as_deref(), Some(want));
        }
        let long = format!("x:{}", "A".repeat(300));
        assert_eq!(with_key(&long, str::to_owned), Some(long.to_ascii_lowercase()));
        assert_eq!(with_key(&"x".repeat(MAX + 1), str::to_owned), None);
        assert_eq!(with_key("", str::to_owned), None);
    }
}
