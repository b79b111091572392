use super::{Cell, Field, Heading, Row, Sheet, Time, VERSION_HEADING};
use serde::{Deserialize, Serialize};

macro_rules! rows {
    ($($(#[doc = $about:literal])+ $name:ident = $file:literal { $($(#[doc = $doc:literal])+ $field:ident: $ty:ty,)+ })+) => {
        $(
            $(#[doc = $about])+
            #[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
            #[serde(deny_unknown_fields)]
            pub struct $name { $($(#[doc = $doc])+ pub $field: $ty,)+ }

            impl Row for $name {
                const SHEET: &'static Sheet = &Sheet {
                    name: $file,
                    about: concat!($($about),+),
                    headings: &[
                        $(Heading { name: stringify!($field), about: concat!($($doc),+), kind: <$ty as Field>::KIND },)+
                        VERSION_HEADING,
                    ],
                };

                fn cells(&self) -> Vec<Cell<'_>> {
                    vec![$(self.$field.cell()),+]
                }
            }
        )+

        /// All tables, in the order in which they stand in a workbook.
        pub const SHEETS: &[&Sheet] = &[$($name::SHEET),+];
    };
}

rows! {
    /// One row for each identity: what a reviewer signs.
    IdentityRow = "identities" {
        /// Canonical id.
        identity_id: String,
        /// The cloud or product that it belongs to.
        provider: String,
        /// Account, project, tenant or cluster of the identity itself.
        account: String,
        /// Sort of identity: `role`, `service_account`, `access_key` …
        kind: String,
        /// The team that answers for it. An owner whose term has run out is none.
        owner: String,
        /// Where the owner is known from: `inventory`, or `case` where there is no inventory.
        owner_source: String,
        /// The workload it acts for.
        workload: String,
        /// What it is for, as declared.
        purpose: String,
        /// Environment, as declared.
        environment: String,
        /// Declared as privileged: judged with lower tolerance.
        privileged: Option<bool>,
        /// Declared as used by several parties.
        shared: Option<bool>,
        /// How far it leads to an owner: `mapped`, `no_profile`, `no_owner`, `no_workload`, `ghost`.
        mapping: String,
        /// When it was first seen, in the logs or in the baseline (there: the day).
        first_seen: Time,
        /// When it was last seen, in the logs or in the baseline (there: the day).
        last_seen: Time,
        /// Whole days from then to the date of the report.
        days_dormant: Option<u64>,
        /// Records in the logs that were read.
        events: Option<u64>,
        /// Days on which it was active, in logs and baseline.
        active_days: Option<u64>,
        /// Log sources it was seen in.
        sources: Vec<String>,
        /// Different actions in the logs that were read.
        actions_distinct: Option<u64>,
        /// Records whose action the catalogue lists as sensitive.
        sensitive_actions: Option<u64>,
        /// Data classes up to the declared `max_data_class`: 0 public, 1 internal, 2 confidential, 3 restricted.
        data_classes_expected: Vec<String>,
        /// Data classes that it touched.
        data_classes_seen: Vec<String>,
        /// Privileges that were granted (grants file, RBAC) or declared (`actions`, `max_tier`).
        privileges_expected: Vec<String>,
        /// Those of them that were never used.
        privileges_unused: Vec<String>,
        /// Different zones and networks it came from.
        zones_distinct: Option<u64>,
        /// Credentials it proved itself with, masked; lasting ones first.
        credential_ids: Vec<String>,
        /// Age of the oldest lasting credential: since its issue where the log tells it, else since it was first seen.
        oldest_credential_days: Option<u64>,
        /// Cases that were escalated or paged.
        escalations: u64,
        /// Those of them that crossed the privilege boundary.
        escalations_privilege: u64,
        /// Those of them that crossed the data boundary.
        escalations_data: u64,
        /// Those of them that crossed the trust boundary.
        escalations_trust: u64,
        /// Cases to keep an eye on.
        watches: u64,
        /// Cases that nobody can judge because owner, workload or profile is missing.
        cannot_judge: u64,
        /// Highest score of its cases, 0 to 100.
        highest_score: Option<f64>,
        /// True if habits lie outside what is declared: see `profile_drift`.
        profile_drift: Option<bool>,
        /// OWASP NHI Top 10 (2025) entries that its findings and permissions touch.
        owasp_nhi: Vec<String>,
        /// NIST CSF 2.0 subcategories that they answer to.
        nist_csf: Vec<String>,
        /// What to do first.
        recommendation: String,
        /// For the reviewer: who reviewed it.
        reviewer: String,
        /// For the reviewer: keep, change or remove.
        decision: String,
        /// For the reviewer: when.
        decision_date: String,
    }

    /// One row for each case that somebody should know of, at its gravest. A case is all that stands against one workload until it
    /// falls silent; every single piece of evidence stands in `evidence`.
    FindingRow = "findings" {
        /// The case.
        finding_id: String,
        /// When the case reached this verdict.
        time: Time,
        /// `page`, `escalate`, `cannot_judge` or `watch`.
        verdict: String,
        /// How far outside the intended authority, 0 to 100.
        score: f64,
        /// Canonical id of the identity that did the weightiest.
        identity_id: String,
        /// Sort of identity.
        kind: String,
        /// Who answers for it; for an escalated identity without owner the default owner.
        owner: String,
        /// How far it leads to an owner.
        mapping: String,
        /// The criterion of the weightiest evidence; `vires explain <criterion>` prints its page.
        criterion: String,
        /// Boundaries that were crossed: `privilege`, `data`, `trust`.
        boundaries: Vec<String>,
        /// What is broken: `purpose`, `ownership`, `access_pattern`.
        breaks: Vec<String>,
        /// Identity context: how far outside what it is meant to be, 0 to 1.
        signal_context: f64,
        /// Behavioural variance: how far outside what it usually does, 0 to 1.
        signal_variance: f64,
        /// Business sensitivity: what was at stake, 0 to 1.
        signal_sensitivity: f64,
        /// Action of the weightiest evidence.
        action: String,
        /// Its target.
        target: String,
        /// Highest data class touched, 0 to 3.
        data_class: Option<u64>,
        /// Environment, as declared.
        environment: String,
        /// The log it was found in.
        source: String,
        /// The address it came from.
        origin_ip: String,
        /// The zone of that address, or `unknown`.
        origin_zone: String,
        /// Family of the user agent.
        user_agent: String,
        /// What was expected.
        expected: String,
        /// What was observed.
        observed: String,
        /// All reasons, the weightiest first.
        reason: Vec<String>,
        /// Exceptions that excused part of it.
        excused_by: Vec<String>,
        /// OWASP NHI Top 10 (2025).
        owasp_nhi: Vec<String>,
        /// NIST CSF 2.0.
        nist_csf: Vec<String>,
        /// MITRE ATT&CK techniques, in the version asked for.
        attack: Vec<String>,
        /// Where to find the records: the source's event ids.
        event_ref: Vec<String>,
        /// SHA-256 of the tuning it was judged with.
        tuning_sha256: String,
    }

    /// Identities that nobody can judge, ranked by urgency: what they can do weighs more than how much they do.
    UnmappedRow = "unmapped" {
        /// Canonical id.
        identity_id: String,
        /// The first thing that is missing: `no_profile`, `no_owner`, `no_workload`, `ghost`.
        mapping: String,
        /// All that is missing: `workload`, `owner`, `purpose`, `profile`.
        missing: Vec<String>,
        /// Rank, 0 to 100: the highest impact seen; at least 50 for an identity that no inventory lists.
        urgency: f64,
        /// Records in the logs that were read.
        events: Option<u64>,
        /// Highest tier of what it did, 0 to 4.
        highest_tier: Option<u64>,
        /// Highest data class it touched, 0 to 3.
        highest_data_class: Option<u64>,
        /// When it was first seen.
        first_seen: Time,
        /// When it was last seen.
        last_seen: Time,
        /// Whole days since it was first seen.
        days_in_queue: Option<u64>,
        /// A team to ask first. A guess: see `evidence`.
        suggested_owner: String,
        /// What the guess rests on, and what stands out.
        evidence: String,
        /// What to do.
        recommendation: String,
    }

    /// Habits that lie outside what is declared: either the profile is behind, or the habit is wrong.
    DriftRow = "profile_drift" {
        /// Canonical id.
        identity_id: String,
        /// The team that answers for it.
        owner: String,
        /// The aspect.
        facet: String,
        /// What is declared.
        declared: Vec<String>,
        /// What is done.
        observed: String,
        /// Since when.
        since: Time,
        /// On how many days.
        active_days: Option<u64>,
        /// What to do.
        recommendation: String,
    }

    /// Approved deviations, and whether they are still needed.
    ExceptionRow = "exceptions" {
        /// Its name.
        exception_id: String,
        /// For whom.
        identities: Vec<String>,
        /// The aspect; empty = all.
        facet: String,
        /// Values of the aspect; empty = all.
        values: Vec<String>,
        /// From when; empty = always was.
        from: Time,
        /// Until when.
        until: Time,
        /// Who approved it.
        approver: String,
        /// Where it was approved.
        ticket: String,
        /// `change`, `pentest`, `breakglass`, `accepted`, `incident`.
        kind: String,
        /// `active`, `expiring`, `expired`, `unused`, `over_broad`.
        status: String,
        /// Records in which it excused something.
        uses: u64,
        /// The last of them.
        last_used: Time,
        /// What to do.
        recommendation: String,
    }

    /// Permissions and credentials that go beyond what was used: each row is one thing to take away or to settle.
    LeastPrivilegeRow = "least_privilege" {
        /// Canonical id.
        identity_id: String,
        /// `unused_privilege`, `over_broad`, `dormant`, `orphaned`, `shared_credential`, `human_use`, `long_lived_key`.
        issue: String,
        /// The privilege, credential or profile entry.
        subject: String,
        /// What it extends to.
        scope: String,
        /// The team that answers for the identity.
        owner: String,
        /// The workload it acts for.
        workload: String,
        /// Where the subject is known from: the grants file's `source`, `rbac`, `inventory`, `logs`.
        source: String,
        /// When it was granted or first seen.
        since: Time,
        /// When it was last used.
        last_used: Time,
        /// Records or days that the row rests on: see `evidence`.
        evidence_count: u64,
        /// What was counted.
        evidence: String,
        /// OWASP NHI Top 10 (2025).
        owasp_nhi: Vec<String>,
        /// NIST CSF 2.0.
        nist_csf: Vec<String>,
        /// NIST SP 800-53 Rev. 5.
        nist_800_53: Vec<String>,
        /// What to do.
        recommendation: String,
    }

    /// The evidence behind each finding, piece by piece; in the order of the findings, the weightiest first.
    EvidenceRow = "evidence" {
        /// The case.
        finding_id: String,
        /// When the first of its records was written.
        time: Time,
        /// Canonical id of the identity that acted.
        identity_id: String,
        /// Evidence code: what exceptions and tunings name.
        code: String,
        /// Its criterion.
        criterion: String,
        /// The boundary that it crosses; empty = unusual time or volume.
        boundary: String,
        /// What it breaks.
        breaks: String,
        /// Its weight, 0 to 1.
        weight: f64,
        /// The aspect.
        facet: String,
        /// The value.
        value: String,
        /// What was expected.
        expected: String,
        /// What was observed.
        observed: String,
        /// The action.
        action: String,
        /// Its target.
        target: String,
        /// Highest tier, 0 to 4.
        tier: u64,
        /// Highest data class, 0 to 3.
        data_class: Option<u64>,
        /// The address it came from.
        origin_ip: String,
        /// How many records.
        events: u64,
        /// The last of them.
        last_seen: Time,
        /// The exception that excused it.
        excused_by: String,
        /// MITRE ATT&CK techniques.
        attack: Vec<String>,
        /// The two earliest and the latest record, by the source's event ids.
        event_ref: Vec<String>,
    }

    /// What is different from the review before.
    ChangeRow = "changes" {
        /// The table it was found in.
        table: String,
        /// `new`, `gone` or `changed`.
        change: String,
        /// Canonical id, or the exception.
        identity_id: String,
        /// What: the finding, the privilege, the column.
        subject: String,
        /// As it was.
        before: String,
        /// As it is.
        after: String,
        /// Whether it got `better`, `worse` or neither (`neutral`).
        direction: String,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The columns as the contract gives them.
    const CONTRACT: &[(&str, &str)] = &[
        (
            "identities",
            "identity_id, provider, account, kind, owner, owner_source, workload, purpose, environment, privileged, shared, mapping, first_seen, last_seen, days_dormant, events, active_days, sources, actions_distinct, sensitive_actions, data_classes_expected, data_classes_seen, privileges_expected, privileges_unused, zones_distinct, credential_ids, oldest_credential_days, escalations, escalations_privilege, escalations_data, escalations_trust, watches, cannot_judge, highest_score, profile_drift, owasp_nhi, nist_csf, recommendation, reviewer, decision, decision_date, schema_version",
        ),
        (
            "findings",
            "finding_id, time, verdict, score, identity_id, kind, owner, mapping, criterion, boundaries, breaks, signal_context, signal_variance, signal_sensitivity, action, target, data_class, environment, source, origin_ip, origin_zone, user_agent, expected, observed, reason, excused_by, owasp_nhi, nist_csf, attack, event_ref, tuning_sha256, schema_version",
        ),
        (
            "unmapped",
            "identity_id, mapping, missing, urgency, events, highest_tier, highest_data_class, first_seen, last_seen, days_in_queue, suggested_owner, evidence, recommendation, schema_version",
        ),
        ("profile_drift", "identity_id, owner, facet, declared, observed, since, active_days, recommendation, schema_version"),
        (
            "exceptions",
            "exception_id, identities, facet, values, from, until, approver, ticket, kind, status, uses, last_used, recommendation, schema_version",
        ),
    ];

    #[test]
    fn headings_are_those_of_the_contract() {
        for (name, columns) in CONTRACT {
            let sheet = SHEETS.iter().find(|s| s.name == *name).unwrap();
            let headings: Vec<&str> = sheet.headings.iter().map(|h| h.name).collect();
            assert_eq!(headings.join(", "), *columns, "{name}");
        }
        for sheet in SHEETS {
            assert_eq!(sheet.headings.last().map(|h| h.name), Some("schema_version"));
            assert!(sheet.headings.iter().all(|h| h.about.trim().ends_with('.') || h.about.contains('…')), "{}", sheet.name);
        }
    }
}
