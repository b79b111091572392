//! The many spellings of one identity. Inventories may list an identity as the provider's console shows it; records carry the
//! canonical id. Both are brought to the same forms before they are compared.

use crate::globs::fold;

/// The forms, in lower case, under which an identity is looked up: what was written and every canonical id it stands for.
/// A form may contain `*`, either because the text does or because the text leaves something open (a Kubernetes user name does not
/// say in which cluster).
pub fn forms(text: &str) -> Vec<String> {
    let text = text.trim();
    let folded = fold(text);
    let mut forms = vec![folded.to_string()];
    if let Some(canonical) = canonical(&folded) {
        forms.extend(canonical);
    }
    forms
}

/// The accounts of code hosts whose login a bare name may be, as an organisation's list of members shows it. None for what could be an
/// address, an ARN or the id of anything else: a login is whatever its owner likes.
pub(crate) fn logins(text: &str) -> Option<[String; 2]> {
    let folded = fold(text.trim());
    is_bare(&folded).then(|| ["github:user:", "gitlab:user:"].map(|prefix| format!("{prefix}{folded}")))
}

/// True for a name in lower case that is nothing but a name.
fn is_bare(text: &str) -> bool {
    let letter = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    // Okta's ids: of users, tokens and clients.
    let okta = text.len() == 20 && text.starts_with('0') && text.bytes().all(letter);
    text.len() <= 64
        && text.as_bytes().first().is_some_and(|b| letter(*b))
        && text.bytes().all(|b| letter(b) || b == b'-' || b == b'_')
        && text.bytes().any(|b| b.is_ascii_lowercase())
        && !is_guid(text)
        && !okta
}

/// True for a principal that is written as no log is known to name an identity: it begins with a word for a kind of identity that there
/// is none of, or is a part of another name.
pub(crate) fn is_unheard_of(text: &str) -> bool {
    let forms = forms(text);
    let [form] = forms.as_slice() else { return false };
    let form = form.as_str();
    if form.contains('*') || form.is_empty() {
        return false;
    }
    match form.split_once(':') {
        // Policies, groups and instances have ARNs as well, and do nothing.
        Some(("arn", _)) => !form.contains("federated-user/") && !form.contains(":role/") && !form.contains(":user/"),
        Some((prefix, _)) => {
            let platforms = ["aws", "gcp", "entra", "azure", "k8s", "spiffe", "host", "person"];
            // Kubernetes lets whoever configures it put any word before a user's name; these are its own and EKS's.
            let users = ["system", "eks", "principal", "principalset", "serviceaccount", "user", "oidc"];
            !platforms.contains(&prefix) && !users.contains(&prefix) && prefix.parse::<vires_event::Source>().is_err()
        }
        None => form.contains('/') && !form.contains('@'),
    }
}

/// Canonical ids of a raw principal in lower case; `None` if it is none of the known raw forms (or already canonical).
fn canonical(text: &str) -> Option<Vec<String>> {
    if let Some(rest) = text.strip_prefix("arn:aws") {
        return aws(rest).map(|id| vec![id]);
    }
    if let Some(rest) = text.strip_prefix("system:serviceaccount:") {
        let (namespace, account) = rest.split_once(':')?;
        return Some(vec![format!("k8s:*:{namespace}:{account}")]);
    }
    if let Some(node) = text.strip_prefix("system:node:") {
        return Some(vec![format!("k8s:*:node:{node}")]);
    }
    if let Some(path) = text.strip_prefix("spiffe://") {
        return Some(spiffe(text, path));
    }
    if text.starts_with("/subscriptions/") {
        return Some(vec![format!("azure:mi:{text}")]);
    }
    if is_guid(text) {
        // Application and service principal ids look alike; none can be mistaken for another identity.
        let spelled = ["entra:app:", "entra:sp:", "databricks:sp:", "vault:entity:"];
        return Some(spelled.iter().map(|prefix| format!("{prefix}{text}")).collect());
    }
    if let Some(rest) = text.strip_prefix("principal://iam.googleapis.com/") {
        return workload_identity(rest).map(|id| vec![id]);
    }
    if let Some(name) = text.strip_suffix("[bot]").filter(|name| !name.contains(':')) {
        return Some(vec![format!("github:app:{name}")]);
    }
    if text.ends_with(".amazonaws.com") && !text.contains(':') {
        return Some(vec![format!("aws:service:{text}")]);
    }
    email(text)
}

/// `arn:aws:iam::123456789012:role/path/name` and its relatives; `rest` follows `arn:aws`.
fn aws(rest: &str) -> Option<String> {
    let mut parts = rest.splitn(5, ':');
    let partition = parts.next()?;
    if !partition.bytes().all(|b| b == b'-' || b.is_ascii_lowercase()) {
        return None;
    }
    let (service, region, account, resource) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    if !region.is_empty() {
        return None;
    }
    let (kind, name) = resource.split_once('/').unwrap_or((resource, ""));
    match (service, kind) {
        ("iam", "role" | "user") => {
            let (path, last) = name.rsplit_once('/').map_or(("", name), |(path, last)| (path, last));
            // `role/svc/*` is about a path, and an id has none: only the raw form can be compared.
            if last.is_empty() || ((last.contains('*') || path.contains('*')) && !path.is_empty()) {
                return None;
            }
            Some(format!("aws:{kind}/{account}/{last}"))
        }
        ("iam", "root") => Some(format!("aws:root/{account}")),
        ("sts", "assumed-role") => {
            let role = name.split('/').next().filter(|role| !role.is_empty())?;
            Some(format!("aws:role/{account}/{role}"))
        }
        _ => None,
    }
}

/// An id is written with or without its scheme; a path `/ns/N/sa/A` names a Kubernetes service account of that trust domain.
fn spiffe(text: &str, path: &str) -> Vec<String> {
    let mut forms = vec![format!("spiffe:{path}"), format!("spiffe:{text}")];
    let mut parts = path.split('/');
    if let (Some(domain), Some("ns"), Some(namespace), Some("sa"), Some(account), None) =
        (parts.next(), parts.next(), parts.next(), parts.next(), parts.next(), parts.next())
    {
        forms.push(format!("k8s:{domain}:{namespace}:{account}"));
    }
    forms
}

/// `projects/N/locations/global/workloadIdentityPools/P/subject/S`, in lower case.
fn workload_identity(rest: &str) -> Option<String> {
    let rest = rest.strip_prefix("projects/")?;
    let (project, rest) = rest.split_once("/locations/global/workloadidentitypools/")?;
    let (pool, subject) = rest.split_once("/subject/")?;
    Some(format!("gcp:wif:{project}:{pool}:{subject}"))
}

fn email(text: &str) -> Option<Vec<String>> {
    let text = text.strip_prefix("serviceaccount:").unwrap_or(text);
    let text = text.rsplit_once("/serviceaccounts/").map_or(text, |(_, email)| email);
    if let Some((project, inside)) = text.split_once(".svc.id.goog[") {
        let (namespace, account) = inside.strip_suffix(']')?.split_once('/')?;
        return Some(vec![format!("k8s:{project}:{namespace}:{account}")]);
    }
    let (local, domain) = text.rsplit_once('@')?;
    if local.is_empty() || domain.is_empty() || text.contains([':', '/', ' ']) {
        return None;
    }
    if domain.ends_with("gserviceaccount.com") {
        return Some(vec![format!("gcp:sa:{text}")]);
    }
    Some(vec![format!("person:{text}")])
}

fn is_guid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(i, b)| if matches!(i, 8 | 13 | 18 | 23) { b == b'-' } else { b.is_ascii_hexdigit() })
}

#[cfg(test)]
mod tests {
    use super::{forms, is_unheard_of, logins};

    #[test]
    fn a_bare_name_may_be_a_login() {
        assert_eq!(logins(" Release-Bot "), Some(["github:user:release-bot".into(), "gitlab:user:release-bot".into()]));
        for other in [
            "",
            "-x",
            "12345",
            "release-*",
            "release bot",
            "svc@example.com",
            "a.example.com",
            "aws:user/1/x",
            "domain/x",
            "00000003-0000-0000-c000-000000000000",
            "00T1a2b3c4D5e6F7g8h9",
            "0oa1b2c3d4e5f6g7h8i9",
            "renovate[bot]",
        ] {
            assert_eq!(logins(other), None, "{other}");
        }
    }

    #[test]
    fn knows_what_no_log_says() {
        for text in [
            "gihub:user:release-bot",
            "role/deployer",
            "123456789012/deployer",
            "arn:aws:iam::123456789012:policy/x",
            "arn:aws:s3:::bucket",
        ] {
            assert!(is_unheard_of(text), "{text}");
        }
        for text in [
            "release-bot",
            "aws:role/123456789012/x",
            "arn:aws:iam::123456789012:role/x",
            "arn:aws:iam::1:role/a/*",
            "eks:node-manager",
            "arn:aws:sts::123456789012:federated-user/x",
            "svc@example.com",
            "00000003-0000-0000-c000-000000000000",
            "Support Agent",
            "github:user:release-bot",
            "snowflake:EX1:SVC_LOADER",
            "otel_genai:agent:x",
            "mongodb_atlas:user:x",
            "*",
            "role/*",
            "system:kube-scheduler",
            "person:jane@example.com",
            "host:web1:deploy",
            "spiffe://example.org/x",
            "00T1a2b3c4D5e6F7g8h9",
        ] {
            assert!(!is_unheard_of(text), "{text}");
        }
    }

    #[test]
    fn knows_the_spellings() {
        for (text, expected) in [
            ("aws:role/123456789012/Deployer", &["aws:role/123456789012/deployer"][..]),
            (
                "arn:aws:iam::123456789012:role/svc/payments-api",
                &["arn:aws:iam::123456789012:role/svc/payments-api", "aws:role/123456789012/payments-api"],
            ),
            (
                "arn:aws-us-gov:iam::123456789012:user/ci",
                &["arn:aws-us-gov:iam::123456789012:user/ci", "aws:user/123456789012/ci"],
            ),
            ("arn:aws:iam::*:role/deploy-*", &["arn:aws:iam::*:role/deploy-*", "aws:role/*/deploy-*"]),
            ("arn:aws:iam::123456789012:role/svc/*", &["arn:aws:iam::123456789012:role/svc/*"]),
            ("arn:aws:iam::123456789012:role/*/x", &["arn:aws:iam::123456789012:role/*/x"]),
            ("arn:aws:iam::123456789012:root", &["arn:aws:iam::123456789012:root", "aws:root/123456789012"]),
            (
                "arn:aws:sts::123456789012:assumed-role/api/i-0abc",
                &["arn:aws:sts::123456789012:assumed-role/api/i-0abc", "aws:role/123456789012/api"],
            ),
            ("arn:aws:s3:::bucket/key", &["arn:aws:s3:::bucket/key"]),
            ("arn:aws:iam::1:role/", &["arn:aws:iam::1:role/"]),
            ("arn:aws", &["arn:aws"]),
            ("system:serviceaccount:payments:api", &["system:serviceaccount:payments:api", "k8s:*:payments:api"]),
            ("system:node:worker-1", &["system:node:worker-1", "k8s:*:node:worker-1"]),
            ("sa@p.iam.gserviceaccount.com", &["sa@p.iam.gserviceaccount.com", "gcp:sa:sa@p.iam.gserviceaccount.com"]),
            (
                "projects/p/serviceAccounts/sa@p.iam.gserviceaccount.com",
                &["projects/p/serviceaccounts/sa@p.iam.gserviceaccount.com", "gcp:sa:sa@p.iam.gserviceaccount.com"],
            ),
            ("serviceAccount:p.svc.id.goog[ns/sa]", &["serviceaccount:p.svc.id.goog[ns/sa]", "k8s:p:ns:sa"]),
            ("J.Doe@Example.com", &["j.doe@example.com", "person:j.doe@example.com"]),
            ("gcp:sa:sa@p.iam.gserviceaccount.com", &["gcp:sa:sa@p.iam.gserviceaccount.com"]),
            (
                "00000003-0000-0000-C000-000000000000",
                &[
                    "00000003-0000-0000-c000-000000000000",
                    "entra:app:00000003-0000-0000-c000-000000000000",
                    "entra:sp:00000003-0000-0000-c000-000000000000",
                    "databricks:sp:00000003-0000-0000-c000-000000000000",
                    "vault:entity:00000003-0000-0000-c000-000000000000",
                ],
            ),
            ("/subscriptions/S/x", &["/subscriptions/s/x", "azure:mi:/subscriptions/s/x"]),
            (
                "spiffe://example.org/ns/pay/sa/api",
                &[
                    "spiffe://example.org/ns/pay/sa/api",
                    "spiffe:example.org/ns/pay/sa/api",
                    "spiffe:spiffe://example.org/ns/pay/sa/api",
                    "k8s:example.org:pay:api",
                ],
            ),
            (
                "principal://iam.googleapis.com/projects/7/locations/global/workloadIdentityPools/gh/subject/repo:o/r",
                &[
                    "principal://iam.googleapis.com/projects/7/locations/global/workloadidentitypools/gh/subject/repo:o/r",
                    "gcp:wif:7:gh:repo:o/r",
                ],
            ),
            ("renovate[bot]", &["renovate[bot]", "github:app:renovate"]),
            ("config.amazonaws.com", &["config.amazonaws.com", "aws:service:config.amazonaws.com"]),
            ("*", &["*"]),
            ("", &[""]),
        ] {
            assert_eq!(forms(text), expected, "{text}");
        }
    }
}
