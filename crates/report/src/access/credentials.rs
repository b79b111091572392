//! Credentials that several use, that people use, or that live too long.

use super::{Estate, Subject, count, row};
use crate::facts::{Census, Credential};
use crate::sheet::{LeastPrivilegeRow, Time};
use rustc_hash::FxHashMap;
use vires_event::CredentialKind;
use vires_profile::inventory::WorkloadKind;

/// Credentials by hash that more than one workload used, with the identities that did.
#[derive(Debug, Default)]
pub struct Shared(FxHashMap<u64, Vec<String>>);

/// Identities named in one row.
const MOST_NAMED: usize = 4;

impl Shared {
    /// Of all identities.
    pub fn of(census: &Census) -> Self {
        let mut users: FxHashMap<u64, Vec<(String, String)>> = FxHashMap::default();
        for (id, facts) in census.iter() {
            for (hash, _) in facts.ranked_credentials() {
                let known = users.entry(hash).or_default();
                if known.len() < 64 {
                    known.push((id.to_owned(), facts.workload.clone()));
                }
            }
        }
        users.retain(|_, known| known.iter().any(|(_, workload)| Some(workload) != known.first().map(|(_, w)| w)));
        Shared(users.into_iter().map(|(hash, known)| (hash, known.into_iter().map(|(id, _)| id).collect())).collect())
    }
}

fn name(credential: &Credential) -> String {
    match credential.masked.as_str() {
        "" => credential.kind.as_str().into(),
        masked => format!("{} {masked}", credential.kind.as_str()),
    }
}

impl Estate<'_> {
    pub(super) fn credentials(&self, subject: &Subject<'_>, shared: &Shared, rows: &mut Vec<LeastPrivilegeRow>) {
        self.human_use(subject, rows);
        self.shared_identity(subject, rows);
        let Some(facts) = subject.facts else { return };
        for (hash, credential) in facts.ranked_credentials() {
            let mut fill = |issue: &str, n: u64, evidence: String, recommendation: &str| {
                let mut row = row(issue, subject);
                row.subject = name(credential);
                row.source = "logs".into();
                row.since = Time(Some(credential.issued.unwrap_or(credential.first)));
                row.last_used = Time(Some(credential.last));
                row.evidence_count = n;
                row.evidence = evidence;
                row.recommendation = recommendation.into();
                rows.push(row);
            };
            if let Some(users) = shared.0.get(&hash) {
                let others: Vec<&str> =
                    users.iter().map(String::as_str).filter(|id| *id != subject.id).take(MOST_NAMED).collect();
                fill(
                    "shared_credential",
                    users.len() as u64,
                    format!("also used as {}", others.join(", ")),
                    "give each workload a credential of its own",
                );
            } else if credential.lasting() && credential.origins.len() > 1 && credential.agents.len() > 1 {
                fill(
                    "shared_credential",
                    credential.origins.len() as u64,
                    format!(
                        "used from {} with {}",
                        count(credential.origins.len() as u64, "place"),
                        count(credential.agents.len() as u64, "program")
                    ),
                    "find out who holds it; give each user a credential of its own",
                );
            }
            self.long_lived(credential, &mut fill);
        }
    }

    fn long_lived(&self, credential: &Credential, fill: &mut dyn FnMut(&str, u64, String, &str)) {
        // Certificates end; whether soon enough is not in the log.
        if !credential.lasting() || credential.kind == CredentialKind::Certificate {
            return;
        }
        let recommendation = match credential.kind {
            CredentialKind::AccessKey => {
                "replace it by a role with short sessions (OIDC, instance profile, Roles Anywhere); rotate it until then"
            }
            CredentialKind::ServiceAccountKey => "replace it by workload identity federation; rotate it until then",
            CredentialKind::ClientSecret => "replace it by a federated credential or a certificate; rotate it until then",
            CredentialKind::Pat | CredentialKind::DeployKey => {
                "replace it by an app installation or OIDC token; set an expiry until then"
            }
            _ => "replace it by one that expires; rotate it until then",
        };
        match credential.issued.and_then(|at| self.days_since(at)) {
            Some(age) if age < self.limits.key_days => {}
            Some(age) => fill("long_lived_key", age, format!("issued {} ago", count(age, "day")), recommendation),
            None => {
                let seen = self.days_since(credential.first).map_or(1, |days| days + 1);
                fill(
                    "long_lived_key",
                    credential.events,
                    format!(
                        "does not end by itself; its age is not in the log, where it is known for {} ({})",
                        count(seen, "day"),
                        count(credential.events, "record")
                    ),
                    recommendation,
                );
            }
        }
    }

    fn human_use(&self, subject: &Subject<'_>, rows: &mut Vec<LeastPrivilegeRow>) {
        let allowed = subject
            .workload
            .is_some_and(|w| w.expect.allow_interactive == Some(true) || w.kind == Some(WorkloadKind::Breakglass));
        let Some(facts) = subject.facts.filter(|f| f.interactive > 0 && !allowed) else { return };
        let mut row = row("human_use", subject);
        row.subject = facts.interactive_agents.iter().next().map_or_else(|| "a person's tool".into(), Clone::clone);
        row.source = "logs".into();
        row.last_used = Time(facts.interactive_last);
        row.evidence_count = facts.interactive;
        row.evidence = format!("{} made with a person's tool", count(facts.interactive, "record"));
        row.recommendation =
            "give the person an account of their own; forbid interactive use, or declare allow_interactive with a reason"
                .into();
        rows.push(row);
    }

    fn shared_identity(&self, subject: &Subject<'_>, rows: &mut Vec<LeastPrivilegeRow>) {
        let declared = subject.workload.is_some_and(|w| w.shared || w.kind == Some(WorkloadKind::Shared));
        let default = subject.id.starts_with("k8s:") && subject.id.ends_with(":default") && !subject.id.contains(":user:");
        if !declared && !default {
            return;
        }
        let records = subject.facts.map_or(0, |f| f.events);
        let mut row = row("shared_credential", subject);
        row.subject = subject.id.clone();
        row.source = if declared { "inventory".into() } else { "logs".into() };
        row.since = Time(subject.first());
        row.last_used = Time(subject.last());
        row.evidence_count = if records > 0 { records } else { subject.active_days() };
        row.evidence = match (declared, subject.facts) {
            (true, Some(facts)) => {
                format!("declared as shared; {} from {}", count(records, "record"), count(facts.origins.count(), "place"))
            }
            (true, None) => "declared as shared".into(),
            (false, _) => "the namespace's default service account: whatever names none uses it".into(),
        };
        row.recommendation = "give each user an identity of its own".into();
        rows.push(row);
    }
}
