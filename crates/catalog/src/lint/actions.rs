//! Sensitive actions: keys that a decoder can produce, once each, and conditions that can hold.

use crate::catalog::Catalog;
use crate::error::Problem;
use crate::platform::Platform;
use crate::rows::ActionRow;
use rustc_hash::FxHashMap;

/// The operations of Vault's audit log.
const VAULT: &[&str] =
    &["create", "read", "update", "patch", "delete", "list", "revoke", "renew", "rollback", "help", "scan", "header"];
/// The request verbs of Kubernetes' audit log. `escalate`, `bind` and `impersonate` are permissions, not requests.
const KUBERNETES: &[&str] = &[
    "get",
    "list",
    "watch",
    "create",
    "update",
    "patch",
    "delete",
    "deletecollection",
    "connect",
    "head",
    "options",
    "post",
    "put",
];
/// The programs of the text sources.
const PROGRAMS: &[&str] = &["sshd", "sudo", "su", "cron", "crontab", "auditd", "syslog"];

pub(super) fn check(catalog: &Catalog, found: &mut Vec<Problem>) {
    let mut seen: FxHashMap<&str, &ActionRow> = FxHashMap::default();
    for row in catalog.actions() {
        if let Some(first) = seen.insert(&row.key, row) {
            found.push(row.at.problem(
                format!("`{}` is shadowed by {}:{}", row.id, first.at.file, first.at.line),
                "keep one of the two rows",
            ));
        }
        spelling(row, found);
        for technique in &row.attack {
            if !is_technique(technique) {
                found.push(
                    row.at.problem(format!("`{technique}` is no ATT&CK id"), "write T1078 or T1078.004, separated by `;`"),
                );
            }
        }
        if let Some(role) = row.raise_if.as_ref().and_then(|c| c.role_set_without_rows(catalog.roles())) {
            found.push(row.at.problem(
                format!("`{role}` in `raise_if` names no row of sensitive_roles.tsv"),
                "lower the severity or name another platform",
            ));
        }
    }
    for row in catalog.actions() {
        for alias in &row.aliases {
            if seen.get(alias.as_str()).is_some_and(|other| other.id != row.id) {
                found.push(row.at.problem(format!("the alias `{alias}` has a row of its own"), "remove the alias or that row"));
            }
        }
    }
}

fn spelling(row: &ActionRow, found: &mut Vec<Problem>) {
    let mut refuse = |message: String, remedy: &str| found.push(row.at.problem(message, remedy));
    let needs_service = matches!(row.platform, Platform::Aws | Platform::Linux);
    if needs_service == row.service.is_empty() {
        let remedy = if needs_service { "fill in `service`" } else { "empty `service`: the prefix comes from the platform" };
        refuse(format!("`{}` with service `{}` on {}", row.action, row.service, row.platform), remedy);
        return;
    }
    let word = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b));
    let fits = match row.platform {
        Platform::Aws => {
            let (service, name) = row.key.split_once(':').unwrap_or_default();
            row.service.ends_with(".amazonaws.com") && word(service) && word(name) && !name.contains('-')
        }
        Platform::Gcp => row.key.strip_prefix("gcp:").is_some_and(|k| k.split('.').all(word)),
        Platform::Azure => !row.action.contains(' ') && (!row.action.contains('/') || row.action.starts_with("Microsoft.")),
        Platform::Kubernetes => row.action.split_once(' ').is_some_and(|(verb, what)| {
            KUBERNETES.contains(&verb)
                && what.split('/').count() <= 2
                && what.split('/').all(word)
                && what == what.to_ascii_lowercase()
        }),
        Platform::Vault => row.action.split_once(' ').is_some_and(|(operation, path)| {
            VAULT.contains(&operation) && !path.starts_with('/') && !path.contains("**") && !path.is_empty()
        }),
        Platform::Linux => PROGRAMS.contains(&row.service.as_str()) && word(&row.action),
        Platform::Github | Platform::Okta => row.action.split('.').all(word) && row.action.contains('.'),
        Platform::Oauth | Platform::Web | Platform::Ocsf => false,
        _ => true,
    };
    if !fits {
        refuse(format!("no decoder spells an action `{}`", row.id), "see data/README.md for the spelling of each platform");
    }
}

pub(super) fn is_technique(text: &str) -> bool {
    let (technique, sub) = text.split_once('.').unwrap_or((text, "000"));
    let digits = |s: &str, n: usize| s.len() == n && s.bytes().all(|b| b.is_ascii_digit());
    technique.strip_prefix('T').is_some_and(|t| digits(t, 4)) && digits(sub, 3)
}
