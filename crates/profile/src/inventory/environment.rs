//! Which environment an account, project or cluster belongs to.

use super::Workload;
use rustc_hash::FxHashMap;
use std::borrow::Cow;

/// Environments of accounts: as the workloads that live there declare them, else as the name says it.
#[derive(Debug, Clone, Default)]
pub(super) struct Environments {
    /// `None` for an account whose workloads do not agree.
    declared: FxHashMap<Box<str>, Option<Box<str>>>,
}

impl Environments {
    pub fn of(workloads: &[Workload]) -> Self {
        let mut declared: FxHashMap<Box<str>, Option<Box<str>>> = FxHashMap::default();
        for workload in workloads {
            // Who is shared by several environments says nothing about any.
            let Some(env) = workload.env.as_deref().filter(|_| !workload.shared) else { continue };
            let env = environment_word(env);
            for account in workload.principals.iter().filter_map(|p| home(&p.text)) {
                declared
                    .entry(account.into())
                    .and_modify(|known| {
                        if known.as_deref() != Some(&*env) {
                            *known = None;
                        }
                    })
                    .or_insert_with(|| Some(env.as_ref().into()));
            }
        }
        Environments { declared }
    }

    /// The environment of an account, project or cluster.
    pub fn get<'a>(&'a self, account: &'a str) -> Option<&'a str> {
        match self.declared.get(account) {
            Some(declared) => declared.as_deref(),
            None => account.split(|c: char| !c.is_ascii_alphanumeric()).find_map(known_word),
        }
    }
}

/// The account or project in which a principal lives, by its canonical id or ARN.
fn home(principal: &str) -> Option<&str> {
    if principal.contains('*') {
        return None;
    }
    if let Some(rest) = principal.strip_prefix("arn:aws:iam::") {
        return rest.split(':').next();
    }
    if let Some(rest) = principal.strip_prefix("aws:") {
        return rest.split('/').nth(1);
    }
    let mail = principal.strip_prefix("gcp:sa:").unwrap_or(principal);
    mail.strip_suffix(".iam.gserviceaccount.com").and_then(|mail| mail.split_once('@')).map(|(_, project)| project)
}

/// One word for the spellings of one environment.
pub fn environment_word(env: &str) -> Cow<'_, str> {
    known_word(env).map_or_else(|| Cow::Owned(env.to_ascii_lowercase()), Cow::Borrowed)
}

fn known_word(word: &str) -> Option<&'static str> {
    const WORDS: [(&str, &[&str]); 5] = [
        ("prod", &["prod", "production", "prd", "live"]),
        ("staging", &["staging", "stage", "stg", "preprod", "uat"]),
        ("test", &["test", "testing", "qa"]),
        ("dev", &["dev", "development"]),
        ("sandbox", &["sandbox", "playground"]),
    ];
    WORDS.iter().find(|(_, spellings)| spellings.iter().any(|s| s.eq_ignore_ascii_case(word))).map(|(env, _)| *env)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inventory::Principal;

    #[test]
    fn accounts_have_the_environment_of_those_who_live_there() {
        let workload = |id: &str, env: &str, principal: &str| Workload {
            env: Some(env.into()),
            principals: vec![Principal { text: principal.into(), line: 1 }],
            ..Workload::new(id)
        };
        let envs = Environments::of(&[
            workload("a", "Production", "aws:role/123456789012/a"),
            workload("b", "prod", "arn:aws:iam::123456789012:role/b"),
            workload("c", "dev", "aws:role/111122223333/c"),
            workload("d", "test", "aws:role/111122223333/d"),
            workload("e", "dev", "gcp:sa:e@shop-prod.iam.gserviceaccount.com"),
            workload("f", "dev", "aws:role/*/f"),
        ]);
        for (account, expected) in [
            ("123456789012", Some("prod")),
            ("111122223333", None),
            ("shop-prod", Some("dev")),
            ("data-prod-eu", Some("prod")),
            ("reproduction", None),
            ("444455556666", None),
            ("*", None),
        ] {
            assert_eq!(envs.get(account), expected, "{account}");
        }
    }
}
