//! Privileges that were never used, and those that allow far more than was used.

use super::used::{Privilege, Used};
use super::{Estate, Subject, count, row};
use crate::sheet::{LeastPrivilegeRow, Time};
use vires_profile::baseline::Facet;
use vires_profile::globs::Glob;
use vires_profile::summary::LearnedFacets;

/// Sensitive actions named in one row.
const MOST_NAMED: usize = 3;
/// Used actions named in one row.
const MOST_USED: usize = 8;

impl Estate<'_> {
    /// What was granted, against what was done.
    pub(super) fn privileges(&self, subject: &Subject<'_>, rows: &mut Vec<LeastPrivilegeRow>) {
        // Whoever never acted has one problem, not one for each privilege: see `lifecycle`.
        if subject.grants.is_empty() || (subject.facts.is_none() && subject.habit.is_none()) {
            return;
        }
        let used = Used::of(subject);
        for grant in subject.grants {
            let privilege = Privilege::new(&subject.id, &grant.privilege);
            let (by, done, last) = used.by(&privilege);
            let mut fill = |issue: &str, evidence: String, recommendation: String| {
                let mut row = row(issue, subject);
                row.subject = grant.privilege.clone();
                row.scope = grant.scope.clone();
                row.source = if grant.source.is_empty() { "grants".into() } else { grant.source.clone() };
                row.since = Time(grant.granted);
                row.last_used = Time(last);
                // Of a role whose content the file does not tell, all that was done is the evidence.
                let all = issue == "unused_privilege" || privilege.role || privilege.silent;
                row.evidence_count = if all { self.records(subject) } else { done };
                row.evidence = evidence;
                row.recommendation = recommendation;
                rows.push(row);
            };
            let known = self.knowledge.broad(&grant.privilege);
            if privilege.role || privilege.silent {
                if let Some(what) = known {
                    fill(
                        "over_broad",
                        format!("a role known to grant much: {what}; {}", count(self.records(subject), "record")),
                        format!("replace {} by a role that allows what it uses", grant.privilege),
                    );
                }
                continue;
            }
            if by.is_empty() {
                let hint = match self.knowledge.logged(&grant.privilege) {
                    Some(false) => "; such records are written only where data events are switched on: check that first",
                    _ => "",
                };
                fill(
                    "unused_privilege",
                    format!("not used in {} over {}{hint}", count(self.records(subject), "record"), self.span(subject)),
                    format!("take {} away from {}", grant.privilege, subject.id),
                );
                continue;
            }
            let grave: Vec<String> = match privilege.wild() {
                true => {
                    let all = self.knowledge.sensitive(&grant.privilege, MOST_NAMED + by.len());
                    all.into_iter().filter(|action| !by.iter().any(|done| done.eq_ignore_ascii_case(action))).collect()
                }
                false => Vec::new(),
            };
            if privilege.sweeping() || !grave.is_empty() {
                let named = grave.iter().take(MOST_NAMED).cloned().collect::<Vec<_>>().join(", ");
                let also = if grave.is_empty() { String::new() } else { format!("; it also allows {named}, never used") };
                let listed = by.iter().take(MOST_USED).copied().collect::<Vec<_>>().join(", ");
                let more = if by.len() > MOST_USED { format!(" and {} more", by.len() - MOST_USED) } else { String::new() };
                fill(
                    "over_broad",
                    format!("{} used in {}{also}", count(by.len() as u64, "action"), count(done, "record")),
                    format!("replace {} by {listed}{more}", grant.privilege),
                );
            }
        }
    }

    /// What the profile allows, against what was done. One row for a workload, not for each of its identities.
    pub(super) fn profile(&self, subject: &Subject<'_>, rows: &mut Vec<LeastPrivilegeRow>) {
        let (Some(workload), Some(learned), true) = (subject.workload, subject.learned, subject.speaks) else { return };
        let settled = u64::from(learned.active().count());
        // A profile of a workload that only began is not too broad yet.
        if settled < u64::from(self.tuning.window.mature_days) {
            return;
        }
        let summary = LearnedFacets::of(&workload.id, learned);
        let mut fill = |issue: &str, entry: String, evidence: String, recommendation: String| {
            let mut row = row(issue, subject);
            row.subject = entry;
            row.scope = if subject.siblings > 1 {
                count(subject.siblings as u64, "identity").replace("ys", "ies")
            } else {
                String::new()
            };
            row.source = "inventory".into();
            row.since = Time(learned.first().map(super::midnight));
            row.evidence_count = settled;
            row.evidence = evidence;
            row.recommendation = recommendation;
            rows.push(row);
        };
        let days = count(settled, "active day");
        let highest = |days: &[u32]| days.iter().rposition(|d| *d > 0);
        let tier = match highest(&summary.tier_days) {
            Some(0) | None => 2,
            Some(other) => other + 2,
        };
        let tier = tier.max(subject.facts.map_or(0, |f| usize::from(f.tier)));
        if let Some(max) = workload.expect.max_tier.map(usize::from).filter(|max| *max > tier) {
            let evidence = format!("nothing above tier {tier} in {days}");
            fill("over_broad", format!("max_tier = {max}"), evidence, format!("declare max_tier = {tier}"));
        }
        // Data whose class nobody knows says nothing.
        let seen = highest(&summary.class_days).max(subject.facts.and_then(|f| f.highest_class()).map(usize::from));
        if let (Some(max), Some(seen)) = (workload.expect.max_data_class.map(usize::from), seen)
            && max > seen
        {
            let evidence = format!("no data above class {seen} in {days}");
            fill("over_broad", format!("max_data_class = {max}"), evidence, format!("declare max_data_class = {seen}"));
        }
        if workload.expect.allow_interactive == Some(true)
            && !summary.interactive
            && subject.facts.is_none_or(|f| f.interactive == 0)
        {
            let evidence = format!("no person's tool in {days}");
            fill("over_broad", "allow_interactive = true".into(), evidence, "declare allow_interactive = false".into());
        }
        let used = Used::of(subject);
        for glob in workload.expect.actions.iter().flat_map(|globs| globs.iter()) {
            if used.by(&Privilege::new(&subject.id, glob.as_str())).0.is_empty() {
                let evidence = format!("no such action in {days}");
                fill(
                    "unused_privilege",
                    format!("actions: {}", glob.as_str()),
                    evidence,
                    format!("strike {} from actions", glob.as_str()),
                );
            }
        }
        let touched: Vec<Glob> = Facet::Resource
            .strata()
            .iter()
            .flat_map(|facet| learned.of(*facet))
            .map(|value| Glob::new(&dataset_pattern(value.name())))
            .collect();
        for glob in workload.expect.resources.iter().flat_map(|globs| globs.iter()) {
            if !touched.iter().any(|t| t.overlaps(glob)) {
                let evidence = format!("no such target in {days}");
                fill(
                    "unused_privilege",
                    format!("resources: {}", glob.as_str()),
                    evidence,
                    format!("strike {} from resources", glob.as_str()),
                );
            }
        }
    }

    fn records(&self, subject: &Subject<'_>) -> u64 {
        let learned = subject.learned.map_or(0, |l| l.daily().iter().map(|day| u64::from(day.total)).sum());
        learned + subject.facts.map_or(0, |f| f.events)
    }

    fn span(&self, subject: &Subject<'_>) -> String {
        count(subject.active_days().max(1), "active day")
    }
}

/// A dataset as a pattern: a place stands for what lies in it.
pub(super) fn dataset_pattern(name: &str) -> String {
    if name.ends_with(['/', ':']) { format!("{name}*") } else { name.to_owned() }
}
