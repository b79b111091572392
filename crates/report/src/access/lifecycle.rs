//! Identities that sleep, and those that belong to nobody.

use super::subjects::whole_days;
use super::{Estate, Subject, count, row};
use crate::sheet::{LeastPrivilegeRow, Time};
use vires_event::Kind;
use vires_profile::inventory::{Status, WorkloadKind};
use vires_profile::observation::Mapping;

impl Estate<'_> {
    pub(super) fn lifecycle(&self, subject: &Subject<'_>, rows: &mut Vec<LeastPrivilegeRow>) {
        self.dormant(subject, rows);
        self.orphaned(subject, rows);
    }

    fn dormant(&self, subject: &Subject<'_>, rows: &mut Vec<LeastPrivilegeRow>) {
        // What is kept for an emergency sleeps until then.
        if subject.workload.is_some_and(|w| w.kind == Some(WorkloadKind::Breakglass)) {
            return;
        }
        let limit = self.limits.dormant_days;
        let mut row = row("dormant", subject);
        let granted = match subject.grants.len() as u64 {
            0 => String::new(),
            n => format!("; it holds {}", count(n, "privilege")),
        };
        match subject.last() {
            Some(last) => {
                let Some(silent) = self.days_since(last).filter(|days| *days >= limit) else { return };
                row.evidence_count = silent;
                row.evidence = format!(
                    "{} without activity, after {}{granted}",
                    count(silent, "day"),
                    count(subject.active_days(), "active day")
                );
                row.source = "logs".into();
                row.since = Time(subject.first());
                row.last_used = Time(Some(last));
            }
            None => {
                // In a few days of logs, never is not long.
                let observed = self.days_observed;
                if observed < limit {
                    return;
                }
                row.evidence_count = observed;
                row.evidence = format!("never seen in {} of records{granted}", count(observed, "day"));
                row.source = if subject.workload.is_some() { "inventory".into() } else { "grants".into() };
                row.since = Time(subject.grants.iter().filter_map(|g| g.granted).min());
            }
        }
        row.subject = subject.id.clone();
        row.recommendation = "disable it; remove it if nobody asks for it within a month".into();
        rows.push(row);
    }

    fn orphaned(&self, subject: &Subject<'_>, rows: &mut Vec<LeastPrivilegeRow>) {
        // Services of the provider itself have no owner here.
        if subject.workload.is_none() && subject.facts.is_some_and(|f| f.kind == Kind::CloudService) {
            return;
        }
        // Without an inventory nobody stands in one: then the case knows better.
        if subject.only_told() && !matches!(subject.mapping(), Mapping::NoOwner | Mapping::NoWorkload | Mapping::Ghost) {
            return;
        }
        let expired =
            subject.workload.and_then(|w| w.owner.as_ref()).filter(|owner| self.at.is_some_and(|at| owner.expired(at)));
        let gone = subject.workload.is_some_and(|w| w.status == Status::Decommissioned);
        let (subject_text, why, recommendation) = match (subject.workload, expired) {
            (Some(w), _) if gone && subject.facts.is_some() => (
                w.id.clone(),
                "declared as decommissioned, and active".to_owned(),
                "find out who uses it; then revoke its credentials".to_owned(),
            ),
            (Some(_), Some(owner)) => (
                format!("owner {}", owner.team),
                match (owner.expires, self.at) {
                    (Some(expires), Some(at)) => {
                        format!("the owner's term ran out {} ago", count(whole_days(at - expires), "day"))
                    }
                    _ => "the owner's term has run out".to_owned(),
                },
                format!("ask {} to confirm the ownership, or name another owner", owner.team),
            ),
            (Some(w), None) if w.owner.is_none() => (
                w.id.clone(),
                "the inventory names no owner".to_owned(),
                "name an owner in the inventory; disable it if nobody claims it".to_owned(),
            ),
            (None, _) => (
                subject.id.clone(),
                "stands in no inventory".to_owned(),
                "find its owner and add it to the inventory, or disable it".to_owned(),
            ),
            _ => return,
        };
        let mut row = row("orphaned", subject);
        let records = subject.facts.map_or(0, |f| f.events);
        row.subject = subject_text;
        row.source = match (subject.workload, subject.last()) {
            (Some(_), _) => "inventory".into(),
            (None, Some(_)) => "logs".into(),
            (None, None) => "grants".into(),
        };
        row.since = Time(expired.and_then(|o| o.expires).or(subject.first()));
        row.last_used = Time(subject.last());
        row.evidence_count = match (records, subject.active_days()) {
            (0, 0) => self.days_observed,
            (0, days) => days,
            (n, _) => n,
        };
        row.evidence = match (records, subject.active_days()) {
            (0, 0) => format!("{why}; never seen in {} of records", count(self.days_observed, "day")),
            (0, days) => format!("{why}; active on {}", count(days, "day")),
            (n, _) => format!("{why}; {} in the logs", count(n, "record")),
        };
        row.recommendation = recommendation;
        rows.push(row);
    }
}
