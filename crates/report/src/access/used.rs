//! What an identity did, and whether that used a privilege.

use super::Subject;
use std::collections::BTreeMap;
use std::sync::LazyLock;
use vires_event::Millis;
use vires_profile::baseline::Facet;
use vires_profile::globs::{Glob, fold};

/// IAM actions by the names under which they are logged.
static EVENTS: LazyLock<BTreeMap<String, Vec<&'static str>>> = LazyLock::new(|| {
    let row = |line: &'static str| {
        let (action, events) = line.split_once('\t')?;
        Some((fold(action).into_owned(), events.split(' ').filter(|e| !e.is_empty()).collect()))
    };
    include_str!("../../data/iam_events.tsv").lines().skip(2).filter_map(row).collect()
});

/// Actions that were done at least once.
#[derive(Debug, Default)]
pub(super) struct Used {
    /// By name: records in the logs (0 = known from the baseline alone), and the last of them.
    actions: BTreeMap<String, (u64, Option<Millis>)>,
}

impl Used {
    /// Of an identity; what the baseline knows counts for its whole workload.
    pub fn of(subject: &Subject<'_>) -> Self {
        let mut used = Used::default();
        for (action, how) in subject.facts.into_iter().flat_map(|f| f.actions.iter()).filter(|(_, how)| how.done > 0) {
            used.actions.insert(action.to_owned(), (how.done, Some(how.last)));
        }
        for facet in Facet::Action.strata() {
            for value in subject.learned.into_iter().flat_map(|l| l.of(*facet)) {
                used.actions.entry(value.name().to_string()).or_insert((0, value.seen().last().map(super::midnight)));
            }
        }
        used
    }

    /// Those of them that a privilege allows, with how often and when last.
    pub fn by(&self, privilege: &Privilege) -> (Vec<&str>, u64, Option<Millis>) {
        let mut found = (Vec::new(), 0, None);
        for (action, (done, last)) in &self.actions {
            if privilege.allows(action) {
                found.0.push(action.as_str());
                found.1 += done;
                found.2 = found.2.max(*last);
            }
        }
        found
    }
}

/// A privilege as it can be compared with what was done.
#[derive(Debug)]
pub(super) struct Privilege {
    patterns: Vec<Glob>,
    /// Never written to a log under any name.
    pub silent: bool,
    /// The name of a role: what it allows is not in the file.
    pub role: bool,
}

impl Privilege {
    /// Reads the privilege of an identity.
    pub fn new(identity: &str, text: &str) -> Self {
        let text = text.trim();
        let spelled = |prefix: &str| if text.starts_with(prefix) { text.to_owned() } else { format!("{prefix}{text}") };
        let (pattern, role) = match identity.split(':').next().unwrap_or_default() {
            "aws" => (text.to_owned(), text.starts_with("arn:") || !(text.contains(':') || text == "*")),
            "gcp" => (spelled("gcp:"), text.starts_with("roles/") || text.contains("/roles/")),
            "k8s" => (spelled("k8s:"), !(text.contains(' ') && text.starts_with("k8s:"))),
            "azure" => (spelled("azure:"), !text.contains('/')),
            _ => (text.to_owned(), false),
        };
        let mut patterns = vec![Glob::new(&pattern)];
        let events = EVENTS.get(&*fold(&pattern));
        for event in events.into_iter().flatten() {
            patterns.push(Glob::new(event));
        }
        if events.is_none()
            && let Some((service, action)) = pattern.split_once(':')
        {
            // A renamed service keeps its actions.
            for event in EVENTS.get(&format!("{}:*", fold(service))).into_iter().flatten() {
                patterns.push(Glob::new(&event.replace('*', action)));
            }
        }
        Privilege { patterns, silent: events.is_some_and(Vec::is_empty), role }
    }

    /// True if it allows this action.
    pub fn allows(&self, action: &str) -> bool {
        self.patterns.iter().any(|pattern| pattern.matches(action))
    }

    /// True if it stands for all actions of a service, or of all services.
    pub fn sweeping(&self) -> bool {
        self.patterns.first().is_some_and(|pattern| {
            let fixed = pattern.as_str().trim_start_matches("k8s:").trim_start_matches("gcp:").trim_start_matches("azure:");
            let (service, action) = fixed.split_once([':', ' ', '.', '/']).unwrap_or((fixed, "*"));
            pattern.is_any() || service == "*" || action.trim_matches(['*', '.', '/', ' ']).is_empty() && fixed.contains('*')
        })
    }

    /// True if it stands for more than one action.
    pub fn wild(&self) -> bool {
        self.patterns.first().is_some_and(|pattern| !pattern.is_literal())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn privileges_are_compared_by_the_names_in_the_log() {
        for (identity, privilege, action, allows) in [
            ("aws:role/1/a", "s3:ListBucket", "s3:ListObjectsV2", true),
            ("aws:role/1/a", "s3:GetObject", "s3:GetObject", true),
            ("aws:role/1/a", "S3:get*", "s3:GetObject", true),
            ("aws:role/1/a", "cloudwatch:PutMetricData", "monitoring:PutMetricData", true),
            ("aws:role/1/a", "cloudwatch:*", "monitoring:PutMetricData", true),
            ("aws:role/1/a", "*", "iam:CreateUser", true),
            ("aws:role/1/a", "s3:GetObject", "s3:PutObject", false),
            ("gcp:sa:x", "storage.objects.get", "gcp:storage.objects.get", true),
            ("gcp:sa:x", "gcp:storage.*", "gcp:storage.objects.get", true),
            ("k8s:c:n:s", "k8s:get secrets", "k8s:get secrets", true),
            ("k8s:c:n:s", "k8s:* *", "k8s:delete pods", true),
            ("k8s:c:n:s", "k8s:get pods", "k8s:get pods/log", false),
        ] {
            assert_eq!(Privilege::new(identity, privilege).allows(action), allows, "{privilege} {action}");
        }
    }

    #[test]
    fn wide_ones_are_told_from_narrow_ones() {
        for (identity, privilege, sweeping, wild, role) in [
            ("aws:role/1/a", "*", true, true, false),
            ("aws:role/1/a", "s3:*", true, true, false),
            ("aws:role/1/a", "s3:Get*", false, true, false),
            ("aws:role/1/a", "s3:GetObject", false, false, false),
            ("aws:role/1/a", "arn:aws:iam::aws:policy/AdministratorAccess", false, false, true),
            ("k8s:c:n:s", "k8s:* *", true, true, false),
            ("k8s:c:n:s", "k8s:get *", true, true, false),
            ("k8s:c:n:s", "k8s:* pods", true, true, false),
            ("k8s:c:n:s", "ClusterRole edit", false, false, true),
            ("gcp:sa:x", "roles/owner", false, false, true),
            ("gcp:sa:x", "storage.*", true, true, false),
            ("azure:mi:x", "microsoft.storage/*", false, true, false),
        ] {
            let p = Privilege::new(identity, privilege);
            assert_eq!((p.sweeping(), p.wild(), p.role), (sweeping, wild, role), "{privilege}");
        }
        assert!(Privilege::new("aws:role/1/a", "iam:PassRole").silent);
    }
}
