//! The access review: what identities may do and what belongs to them, against what they did.
//!
//! [`Estate`] joins logs, baseline, inventory and grants; [`Estate::subjects`] are the identities of all four. Each look at a subject
//! ([`Estate::issues`], [`Estate::drift`], [`Estate::unmapped`], [`Estate::identity`]) says what a reviewer should do about it.

mod credentials;
mod drift;
mod exceptions;
mod grants;
mod identity;
mod lifecycle;
mod names;
mod privileges;
mod rbac;
mod subjects;
mod unmapped;
mod used;

pub use credentials::Shared;
pub use exceptions::{Uses, exception_rows};
pub use grants::{COLUMNS as GRANT_COLUMNS, Grant, Grants, GrantsError};
pub use identity::{Reviewed, Tally};
pub use subjects::{Habit, Subject};
pub use unmapped::Owners;

use crate::facts::Census;
use crate::sheet::LeastPrivilegeRow;
use crate::standards::Tags;
use vires_event::Millis;
use vires_judge::Tuning;
use vires_profile::Inventory;
use vires_profile::baseline::{Day, Reference};

/// Length of a day.
pub(crate) const DAY: Millis = 86_400_000;

/// What the catalogue knows of actions and roles.
pub trait Knowledge {
    /// False if an action is written to the log only where somebody switched that on, or never.
    fn logged(&self, action: &str) -> Option<bool>;
    /// What a role, policy or scope of this name grants, if it is known to grant much.
    fn broad(&self, role: &str) -> Option<String>;
    /// The gravest sensitive actions that a pattern allows, at most `most`.
    fn sensitive(&self, pattern: &str, most: usize) -> Vec<String>;
}

/// From when on something is worth saying.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Days of silence after which an identity counts as dormant.
    pub dormant_days: u64,
    /// Days after which a lasting credential counts as long-lived.
    pub key_days: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { dormant_days: 30, key_days: 90 }
    }
}

/// Everything a review looks at.
#[derive(Clone, Copy)]
pub struct Estate<'a> {
    /// What was declared.
    pub inventory: &'a Inventory,
    /// What was learned.
    pub reference: &'a Reference,
    /// What was seen in the logs.
    pub census: &'a Census,
    /// What was granted.
    pub grants: &'a Grants,
    /// What the catalogue knows.
    pub knowledge: &'a dyn Knowledge,
    /// By which it was judged.
    pub tuning: &'a Tuning,
    /// The date of the report: the last record, unless somebody asked for another.
    pub at: Option<Millis>,
    /// Days of records that the review rests on: see [`days_observed`].
    pub days_observed: u64,
    /// From when on something is worth saying.
    pub limits: Limits,
}

impl std::fmt::Debug for Estate<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Estate").field("at", &self.at).field("limits", &self.limits).finish_non_exhaustive()
    }
}

impl Estate<'_> {
    /// Everything that goes beyond what was used, or belongs to nobody, of one subject.
    pub fn issues(&self, subject: &Subject<'_>, shared: &Shared) -> Vec<LeastPrivilegeRow> {
        let mut rows = Vec::new();
        self.privileges(subject, &mut rows);
        self.profile(subject, &mut rows);
        self.lifecycle(subject, &mut rows);
        self.credentials(subject, shared, &mut rows);
        rows.sort_by(|a, b| (&a.issue, &a.subject, &a.scope).cmp(&(&b.issue, &b.subject, &b.scope)));
        rows
    }

    /// Credentials that more than one identity used.
    pub fn shared_credentials(&self) -> Shared {
        Shared::of(self.census)
    }

    /// Whole days from a moment to the date of the report.
    pub fn days_since(&self, at: Millis) -> Option<u64> {
        u64::try_from((self.at? - at) / DAY).ok()
    }
}

/// Days of records that a review rests on: baseline and logs.
pub fn days_observed(reference: &Reference, census: &Census, at: Option<Millis>) -> u64 {
    let learned = reference.sorted_keys().iter().filter_map(|(_, slot)| reference.at(*slot)?.learned.first()).min();
    let seen = census.iter().map(|(_, facts)| facts.first).min();
    let first = [learned.map(midnight), seen].into_iter().flatten().min();
    first.zip(at).and_then(|(first, at)| u64::try_from((at - first) / DAY).ok()).map_or(0, |days| days + 1)
}

/// The beginning of a day.
pub(crate) fn midnight(day: Day) -> Millis {
    Millis::from(day) * DAY
}

/// A row of an issue with its standards, the rest to be filled in.
fn row(issue: &str, subject: &Subject<'_>) -> LeastPrivilegeRow {
    let tags = Tags::of(&format!("issue:{issue}"), subject.agentic());
    LeastPrivilegeRow {
        identity_id: subject.id.clone(),
        issue: issue.into(),
        owner: subject.owner_name().to_owned(),
        workload: subject.workload_name().to_owned(),
        owasp_nhi: tags.owasp,
        nist_csf: tags.csf,
        nist_800_53: tags.sp800_53,
        ..LeastPrivilegeRow::default()
    }
}

/// `1 record`, `2 records`.
pub(crate) fn count(n: u64, what: &str) -> String {
    format!("{n} {what}{}", if n == 1 { "" } else { "s" })
}
