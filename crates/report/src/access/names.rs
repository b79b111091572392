//! What a canonical id says by itself.

/// The cloud or product an identity belongs to.
pub(super) fn provider(id: &str) -> &str {
    match id.split(':').next().unwrap_or_default() {
        "" => "",
        "person" => "",
        "credential" => "",
        provider => provider,
    }
}

/// Account, project, tenant or cluster of the identity itself, where its id holds one.
pub(super) fn account(id: &str) -> Option<&str> {
    let (provider, rest) = id.split_once(':')?;
    let found = match provider {
        "aws" => {
            let (_, rest) = rest.split_once('/')?;
            rest.split('/').next()
        }
        "gcp" => {
            let (kind, rest) = rest.split_once(':')?;
            match kind {
                "sa" => rest.split_once('@')?.1.strip_suffix(".iam.gserviceaccount.com"),
                "wif" => rest.split(':').next(),
                _ => None,
            }
        }
        "k8s" => rest.rsplitn(3, ':').nth(2),
        "azure" => rest.split("/subscriptions/").nth(1)?.split('/').next(),
        "snowflake" => rest.split(':').next(),
        "host" => rest.split(':').next(),
        _ => None,
    };
    found.filter(|account| !account.is_empty() && *account != "-")
}

/// The namespace of a Kubernetes service account.
pub(super) fn namespace(id: &str) -> Option<&str> {
    let mut parts = id.strip_prefix("k8s:")?.rsplitn(3, ':');
    let (_, namespace) = (parts.next()?, parts.next()?);
    Some(namespace).filter(|n| !matches!(*n, "node" | "user"))
}

/// The first word of a name: teams name their workloads alike.
pub(super) fn first_word(id: &str) -> Option<&str> {
    let name = id.rsplit(['/', ':']).next()?;
    let name = name.split('@').next()?;
    let word = name.split(['-', '_', '.']).next()?;
    (word.len() >= 4 && word.len() < name.len()).then_some(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_taken_apart() {
        for (id, who, whose) in [
            ("aws:role/123456789012/api", "aws", Some("123456789012")),
            ("aws:root/123456789012", "aws", Some("123456789012")),
            ("aws:service:ec2.amazonaws.com", "aws", None),
            ("gcp:sa:loader@example-prod.iam.gserviceaccount.com", "gcp", Some("example-prod")),
            ("gcp:sa:123-compute@developer.gserviceaccount.com", "gcp", None),
            ("gcp:wif:42:pool:subject", "gcp", Some("42")),
            ("k8s:prod-eu:payments:api", "k8s", Some("prod-eu")),
            ("k8s:-:payments:api", "k8s", None),
            ("github:app:renovate", "github", None),
            ("azure:mi:/subscriptions/abc/resourcegroups/x", "azure", Some("abc")),
            ("snowflake:acc:loader", "snowflake", Some("acc")),
            ("person:jane@example.com", "", None),
            ("", "", None),
        ] {
            assert_eq!((provider(id), account(id)), (who, whose), "{id}");
        }
        assert_eq!(namespace("k8s:prod:ci:pruner"), Some("ci"));
        assert_eq!(namespace("k8s:prod:node:n1"), None);
        assert_eq!(first_word("aws:role/123456789012/payments-api"), Some("payments"));
        assert_eq!(first_word("github:app:ci-mirror"), None);
    }
}
