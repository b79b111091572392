//! The row that a reviewer signs.

use super::used::{Privilege, Used};
use super::{Estate, Subject, names};
use crate::sheet::{FindingRow, IdentityRow, LeastPrivilegeRow, Time};
use crate::standards::unique;
use std::collections::BTreeMap;
use vires_profile::observation::Mapping;

/// Credentials named in one row.
const MOST_CREDENTIALS: usize = 12;

/// What the findings of one identity add up to.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Tally {
    escalations: u64,
    privilege: u64,
    data: u64,
    trust: u64,
    watches: u64,
    cannot_judge: u64,
    highest: Option<f64>,
    owasp: Vec<String>,
    csf: Vec<String>,
    /// The gravest: verdict, score, id.
    gravest: Option<(bool, f64, String, String)>,
    kind: String,
    first: Time,
    last: Time,
    /// Urgency of its cases that cannot be judged.
    pub urgency: Option<f64>,
}

impl Tally {
    /// Adds a finding.
    pub fn add(&mut self, finding: &FindingRow, urgency: Option<f64>) {
        let crossed = |boundary: &str| u64::from(finding.boundaries.iter().any(|b| b == boundary));
        match finding.verdict.as_str() {
            "page" | "escalate" => {
                self.escalations += 1;
                self.privilege += crossed("privilege");
                self.data += crossed("data");
                self.trust += crossed("trust");
            }
            "cannot_judge" => self.cannot_judge += 1,
            _ => self.watches += 1,
        }
        self.highest = Some(self.highest.unwrap_or(0.0).max(finding.score));
        self.owasp.extend(finding.owasp_nhi.iter().cloned());
        self.csf.extend(finding.nist_csf.iter().cloned());
        // Few words, many findings: what is known already is not kept twice.
        unique(&mut self.owasp);
        unique(&mut self.csf);
        let rank = (finding.escalated(), finding.score);
        if self.gravest.as_ref().is_none_or(|(escalated, score, ..)| rank > (*escalated, *score)) {
            self.gravest = Some((rank.0, rank.1, finding.finding_id.clone(), finding.criterion.clone()));
        }
        self.urgency = [self.urgency, urgency].into_iter().flatten().reduce(f64::max);
        if !finding.kind.is_empty() {
            self.kind.clone_from(&finding.kind);
        }
        self.first = Time([self.first.0, finding.time.0].into_iter().flatten().min());
        self.last = self.last.max(finding.time);
    }
}

/// Everything a reviewer is told of one identity.
#[derive(Debug, Clone, PartialEq)]
pub struct Reviewed {
    /// The row.
    pub row: IdentityRow,
    /// Records of each day since 1970, for a picture.
    pub days: Vec<(u16, u32)>,
}

impl Estate<'_> {
    /// The row of one identity.
    pub fn identity(&self, subject: &Subject<'_>, tally: &Tally, issues: &[LeastPrivilegeRow], drift: bool) -> Reviewed {
        let facts = subject.facts;
        let workload = subject.workload;
        let (expected, unused) = self.expected(subject);
        let mut owasp = tally.owasp.clone();
        let mut csf = tally.csf.clone();
        for issue in issues {
            owasp.extend(issue.owasp_nhi.iter().cloned());
            csf.extend(issue.nist_csf.iter().cloned());
        }
        unique(&mut owasp);
        unique(&mut csf);
        let owner = subject.owner_name();
        let credentials = facts.map(|f| f.ranked_credentials()).unwrap_or_default();
        let mut masked: Vec<String> = Vec::new();
        for (_, credential) in credentials.iter().filter(|(_, c)| !c.masked.is_empty()) {
            if !masked.contains(&credential.masked) {
                masked.push(credential.masked.clone());
            }
        }
        let hidden =
            masked.len().saturating_sub(MOST_CREDENTIALS) as u64 + facts.map_or(0, |f| f.more_credentials.len() as u64);
        masked.truncate(MOST_CREDENTIALS);
        if hidden > 0 {
            masked.push(format!("(+{hidden} more)"));
        }
        let oldest = credentials.iter().filter(|(_, c)| c.lasting()).map(|(_, c)| c.issued.unwrap_or(c.first)).min();
        let first = Time(subject.first().or(tally.first.0));
        let last = Time(subject.last().or(tally.last.0));
        let row = IdentityRow {
            identity_id: subject.id.clone(),
            provider: names::provider(&subject.id).to_owned(),
            account: account(subject),
            kind: facts.map_or_else(|| tally.kind.clone(), |f| f.kind.as_str().to_owned()),
            owner: owner.to_owned(),
            owner_source: subject.owner_source().to_owned(),
            workload: subject.workload_name().to_owned(),
            purpose: workload.and_then(|w| w.purpose.clone()).unwrap_or_default(),
            environment: workload.and_then(|w| w.env.clone()).unwrap_or_default(),
            privileged: workload.map(|w| w.privileged),
            shared: workload.map(|w| w.shared),
            mapping: subject.mapping().as_str().to_owned(),
            first_seen: first,
            last_seen: last,
            days_dormant: last.0.and_then(|at| self.days_since(at)),
            events: facts.map(|f| f.events),
            active_days: Some(subject.active_days()).filter(|days| *days > 0),
            sources: facts.map(|f| f.sources.iter().map(|s| s.as_str().to_owned()).collect()).unwrap_or_default(),
            actions_distinct: facts.map(|f| f.actions.count()),
            sensitive_actions: facts.map(|f| f.sensitive),
            data_classes_expected: workload
                .and_then(|w| w.expect.max_data_class)
                .map(|max| (0..=max).map(|class| class.to_string()).collect())
                .unwrap_or_default(),
            data_classes_seen: facts
                .map(|f| (0..4).zip(f.classes).filter(|(_, n)| *n > 0).map(|(class, _)| class.to_string()).collect())
                .unwrap_or_default(),
            privileges_expected: expected,
            privileges_unused: unused,
            zones_distinct: facts.map(|f| f.origins.count()),
            credential_ids: masked,
            oldest_credential_days: oldest.and_then(|at| self.days_since(at)),
            escalations: tally.escalations,
            escalations_privilege: tally.privilege,
            escalations_data: tally.data,
            escalations_trust: tally.trust,
            watches: tally.watches,
            cannot_judge: tally.cannot_judge,
            highest_score: tally.highest,
            profile_drift: workload.map(|_| drift),
            owasp_nhi: owasp,
            nist_csf: csf,
            recommendation: recommendation(subject, tally, issues, drift),
            reviewer: String::new(),
            decision: String::new(),
            decision_date: String::new(),
        };
        Reviewed { row, days: days(subject) }
    }

    /// Privileges that were granted or declared, and those of them that were never used.
    fn expected(&self, subject: &Subject<'_>) -> (Vec<String>, Vec<String>) {
        let declared = subject.workload.iter().flat_map(|w| w.expect.actions.iter()).flat_map(|globs| globs.iter());
        let mut expected: Vec<String> = declared.map(|glob| glob.as_str().to_owned()).collect();
        expected.extend(subject.grants.iter().map(|grant| grant.privilege.clone()));
        expected.sort();
        expected.dedup();
        let used = Used::of(subject);
        let unused = expected.iter().filter(|text| {
            let privilege = Privilege::new(&subject.id, text);
            !privilege.role && !privilege.silent && used.by(&privilege).0.is_empty()
        });
        let unused = unused.cloned().collect();
        if let Some(tier) = subject.workload.and_then(|w| w.expect.max_tier) {
            expected.push(format!("tier 0 to {tier}"));
        }
        (expected, unused)
    }
}

/// Records of each day; the baseline counts them by workload, so it is asked only where that has no other identity.
fn days(subject: &Subject<'_>) -> Vec<(u16, u32)> {
    let mut days: BTreeMap<u16, u32> = BTreeMap::new();
    if let Some(learned) = subject.learned.filter(|_| subject.siblings <= 1) {
        days.extend(learned.daily().iter().map(|day| (day.day, day.total)));
    } else if let Some(habit) = &subject.habit {
        // That it was there is all that is known.
        days.extend(habit.days.days().map(|day| (day, 1)));
    }
    for (day, n) in subject.facts.into_iter().flat_map(|f| &f.days) {
        *days.entry(*day).or_default() += n;
    }
    days.into_iter().collect()
}

/// The identity's own account, else the only one it acted in.
fn account(subject: &Subject<'_>) -> String {
    if let Some(account) = names::account(&subject.id) {
        return account.to_owned();
    }
    let mut seen = subject.facts.into_iter().flat_map(|f| f.accounts.iter());
    match (seen.next(), seen.next()) {
        (Some((only, ())), None) => only.to_owned(),
        _ => String::new(),
    }
}

/// The first thing to do, the gravest first.
fn recommendation(subject: &Subject<'_>, tally: &Tally, issues: &[LeastPrivilegeRow], drift: bool) -> String {
    if let Some((true, score, id, criterion)) = &tally.gravest {
        let whose = subject.owner_name();
        let whom = if whose.is_empty() { String::new() } else { format!(" with {whose}") };
        return format!("decide on {id} today{whom}: {} (score {score})", criterion.replace('_', " "));
    }
    for issue in ["orphaned", "human_use", "shared_credential", "dormant", "over_broad", "unused_privilege", "long_lived_key"] {
        let mut found = issues.iter().filter(|row| row.issue == issue);
        if let Some(first) = found.next() {
            let more = found.count();
            let more = if more > 0 { format!(" (and {more} more of this sort: see least_privilege)") } else { String::new() };
            return format!("{}{more}", first.recommendation);
        }
    }
    match subject.mapping() {
        Mapping::NoProfile => "declare what is expected of it".into(),
        _ if drift => "bring the profile up to date: see profile_drift".into(),
        _ => "keep: nothing to change".into(),
    }
}
