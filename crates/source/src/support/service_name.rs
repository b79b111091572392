//! Names of accounts that say what they are for: software's, though the record calls their holder a user like any other.

use vires_event::{Actor, Identity, Kind};

/// Words that no person is called by.
const PLAIN: [&str; 24] = [
    "airbyte",
    "airflow",
    "argocd",
    "automation",
    "buildkite",
    "cicd",
    "circleci",
    "connector",
    "dataloader",
    "dbt",
    "elt",
    "etl",
    "fivetran",
    "integration",
    "integrations",
    "pipeline",
    "pipelines",
    "rpa",
    "serviceaccount",
    "srv",
    "svc",
    "svcacct",
    "sync",
    "terraform",
];

/// Words that are also somebody's surname, or what people are in.
const SHARED: [&str; 15] = [
    "api",
    "batch",
    "bot",
    "ci",
    "cron",
    "daemon",
    "deploy",
    "deployer",
    "jenkins",
    "loader",
    "robot",
    "runner",
    "scheduler",
    "service",
    "worker",
];

/// Words that mean nothing beside a person's name, and an account beside one of those above.
const BESIDE: [&str; 5] = ["account", "actions", "prod", "principal", "user"];

/// True if the name of an account, a login or an e-mail address, says that software holds it. Words are whole, in any letter case and
/// with or without a number: `SVC_LOADER`, `etl-2@example.com`.
pub(crate) fn says_service(name: &str) -> bool {
    let local = name.split_once('@').map_or(name, |(local, _)| local);
    // What follows a plus sign sorts somebody's mail.
    let local = local.split_once('+').map_or(local, |(before, _)| before);
    let words = || local.split(|c: char| !c.is_alphanumeric()).map(|w| w.trim_end_matches(|c: char| c.is_ascii_digit()));
    let is_one_of = |list: &[&str], word: &str| list.iter().any(|w| word.eq_ignore_ascii_case(w));
    let actions = |(a, b): (&str, &str)| a.eq_ignore_ascii_case("github") && b.eq_ignore_ascii_case("actions");
    if words().any(|word| is_one_of(&PLAIN, word)) || words().zip(words().skip(1)).any(actions) {
        return true;
    }
    let mut shared = words().filter(|word| is_one_of(&SHARED, word));
    let Some(first) = shared.next() else { return false };
    // `jane.service` and `Jan Bot` are people's, `data-loader` and `release_bot` are not; nor is `service.account`.
    let like_a_persons = local.contains(['.', ' ']);
    if like_a_persons {
        return shared.next().is_some() || words().any(|word| is_one_of(&BESIDE, word));
    }
    // Those that people put behind their own name as well.
    !matches!(&*first.to_ascii_lowercase(), "ci" | "jenkins") || words().next() == Some(first)
}

/// The identity of a user account, as far as the record can tell: where only the account's form speaks for a person and its name for
/// software, nothing speaks for a person.
pub(crate) fn by_name(mut who: Identity<'_>) -> Identity<'_> {
    if who.kind == Kind::Human && says_service(&who.name) {
        who.kind = Kind::ServiceAccount;
        if who.actor == Actor::Human {
            who.actor = Actor::Ambiguous;
        }
    }
    who
}

#[cfg(test)]
mod tests {
    use super::says_service;

    #[test]
    fn names_of_software() {
        for name in [
            "SVC_LOADER",
            "svc-export@example.com",
            "ETL",
            "dbt_prod",
            "FIVETRAN_USER",
            "etl-2@example.com",
            "svc01",
            "integration.user@example.com",
            "Integration User",
            "terraform@example.com",
            "airflow.prod@example.com",
            "release-bot",
            "data_loader@example.com",
            "payroll-sync@example.com",
            "service.account@example.com",
            "billing-api@example.com",
            "github-actions",
            "GitHub Actions",
            "ci.user@example.com",
            "jenkins@example.com",
            "jenkins-deploy",
            "api",
            "bot@example.com",
            "nightly_batch",
            "cron.service@example.com",
            "automation@example.com",
        ] {
            assert!(says_service(name), "{name}");
        }
    }

    #[test]
    fn names_of_people() {
        for name in [
            "jane.service@example.com",
            "Jan Bot",
            "jan.bot@example.com",
            "leroy.jenkins",
            "leroy-jenkins@example.com",
            "Leroy Jenkins",
            "jane.doe+svc@example.com",
            "jane+my-bot@example.com",
            "jane@etl.example.com",
            "jane@svc-corp.com",
            "jane",
            "JSMITH",
            "robotham@example.com",
            "botha@example.com",
            "a.batcheler@example.com",
            "syncere@example.com",
            "ci.wang@example.com",
            "jane-github",
            "github_handle",
            "loaderman",
            "apia@example.com",
            "",
            "@example.com",
            "12345",
            "00u1a2b3svc4",
            "deploy.smith@example.com",
            "é.bot@example.com",
        ] {
            assert!(!says_service(name), "{name}");
        }
    }
}
