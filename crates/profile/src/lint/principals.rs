//! Which identities belong to which workload.

use super::Report;
use crate::globs::Glob;
use crate::inventory::{Inventory, Principal, WorkloadIndex, forms, is_unheard_of, logins};

/// One pattern of each sort of identity that takes in all of them.
const WHOLE_PLATFORMS: [&str; 17] = [
    "aws:role/*",
    "aws:user/*",
    "aws:federated/*",
    "gcp:sa:*",
    "gcp:wif:*",
    "entra:app:*",
    "entra:sp:*",
    "azure:mi:*",
    "k8s:*",
    "github:app:*",
    "github:user:*",
    "okta:token:*",
    "vault:entity:*",
    "snowflake:*",
    "spiffe:*",
    "host:*",
    "person:*",
];
/// Pairs of patterns compared before lint gives up looking for ambiguity.
const MOST_PAIRS: usize = 1_000_000;

pub fn check(inventory: &Inventory, report: &mut Report<'_>) {
    let whole: Vec<Glob> = WHOLE_PLATFORMS.iter().map(|pattern| Glob::new(pattern)).collect();
    let mut patterns = Vec::new();
    for (number, workload) in inventory.workloads().iter().enumerate() {
        if workload.principals.is_empty() {
            let message = format!("workload `{}` has no principals: no identity leads to it", workload.id);
            report.warn(workload.line, "no_principals", message, "list its roles, service accounts or applications");
        }
        for principal in &workload.principals {
            unmatched(inventory, WorkloadIndex(number as u32), principal, report);
        }
        for principal in workload.principals.iter().filter(|p| p.text.contains('*')) {
            let glob = Glob::new(&principal.text);
            if whole.iter().any(|whole| glob.covers(whole)) {
                let message =
                    format!("`{}` takes every such identity there is into workload `{}`", principal.text, workload.id);
                report.warn(
                    principal.line,
                    "broad_principal",
                    message,
                    "name the identities, or a prefix that only they share",
                );
            } else if is_whole_account(&principal.text) {
                let message = format!("`{}` takes a whole account into workload `{}`", principal.text, workload.id);
                report.note(
                    principal.line,
                    "broad_principal",
                    message,
                    "name the identities, or a prefix that only they share",
                );
            }
            for form in forms(&principal.text) {
                if form.contains('*') {
                    let glob = Glob::new(&form);
                    patterns.push((glob.specificity(), number, principal.line, glob));
                }
            }
        }
    }
    ambiguous(patterns, inventory, report);
}

/// A principal that no record can lead to, or not to this workload.
fn unmatched(inventory: &Inventory, workload: WorkloadIndex, principal: &Principal, report: &mut Report<'_>) {
    if is_unheard_of(&principal.text) {
        let message = format!("no log is known to name an identity `{}`: nothing leads to it", principal.text);
        report.warn(
            principal.line,
            "unknown_principal",
            message,
            "write it as `nhi.id` shows it, for example `github:user:<login>`, `aws:role/<account>/<name>` or an e-mail address",
        );
    }
    for account in logins(&principal.text).into_iter().flatten() {
        if inventory.resolve(&account, None) != Some(workload) {
            let message = format!("`{}` does not stand for `{account}`: another workload lists that name, too", principal.text);
            report.note(
                principal.line,
                "shared_login",
                message,
                "write the account as `github:user:<login>` where it is meant",
            );
            break;
        }
    }
}

fn is_whole_account(text: &str) -> bool {
    let rest = text.strip_prefix("aws:role/").or_else(|| text.strip_prefix("aws:user/"));
    rest.and_then(|rest| rest.strip_suffix("/*")).is_some_and(|account| account.bytes().all(|b| b.is_ascii_digit()))
}

/// The most specific pattern wins, so only patterns with equally many fixed characters can leave an identity to file order.
fn ambiguous(mut patterns: Vec<(usize, usize, usize, Glob)>, inventory: &Inventory, report: &mut Report<'_>) {
    patterns.sort_by_key(|(specificity, number, line, _)| (*specificity, *number, *line));
    let mut pairs = 0;
    let mut told: Vec<(usize, usize)> = Vec::new();
    for (i, (specificity, number, _, glob)) in patterns.iter().enumerate() {
        let rivals = patterns.get(i + 1..).unwrap_or_default().iter().take_while(|(s, ..)| s == specificity);
        for (_, other, line, rival) in rivals {
            pairs += 1;
            if pairs > MOST_PAIRS {
                let message =
                    format!("more than {MOST_PAIRS} pairs of `*` principals are equally specific; not all were compared");
                report.note(0, "ambiguous_principal", message, "list identities literally");
                return;
            }
            let compatible = {
                let (a, b) = (glob.literal_prefix(), rival.literal_prefix());
                a.starts_with(b) || b.starts_with(a)
            };
            if number == other || !compatible || told.contains(&(*number, *other)) || !glob.overlaps(rival) {
                continue;
            }
            told.push((*number, *other));
            let name = |n: usize| inventory.workloads().get(n).map_or("", |w| w.id.as_str());
            let message = format!(
                "`{}` of `{}` and `{}` of `{}` can match the same identity and are equally specific; the first in the file gets it",
                rival.as_str(),
                name(*other),
                glob.as_str(),
                name(*number)
            );
            report.warn(*line, "ambiguous_principal", message, "make one pattern longer, or list the identities");
        }
    }
}
