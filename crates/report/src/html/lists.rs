//! Permissions, profiles and exceptions that somebody should tidy up.

use super::parts::{beyond, chips, day, text};
use super::{MOST_ROWS, Page};
use maud::{Markup, html};

/// Issues with what they are called on the page.
const ISSUES: [(&str, &str); 7] = [
    ("orphaned", "Orphaned: nobody answers for them"),
    ("dormant", "Dormant"),
    ("human_use", "Used by people"),
    ("shared_credential", "Shared"),
    ("over_broad", "Too broad"),
    ("unused_privilege", "Unused privileges"),
    ("long_lived_key", "Long-lived credentials"),
];

pub(super) fn section(page: &Page) -> Markup {
    html! {
        @if !page.issues.is_empty() {
            section {
                h2 { "Least privilege" }
                @for (issue, label) in ISSUES {
                    @if let Some((n, best)) = page.issues.get(issue) {
                        h3 { (label) " (" (n) ")" }
                        table.stack {
                            thead { tr { th { "identity" } th { "what" } th { "evidence" } th.num { "count" } th { "what to do" } } }
                            tbody {
                                @for row in best.best(MOST_ROWS / 2) {
                                    tr {
                                        td.id data-label="identity" { (text(&row.identity_id, 120)) }
                                        td data-label="what" { (text(&row.subject, 100)) @if !row.scope.is_empty() { " " span.small { (text(&row.scope, 60)) } } }
                                        td data-label="evidence" { (text(&row.evidence, 200)) }
                                        td.num data-label="count" { (row.evidence_count) }
                                        td data-label="what to do" { (text(&row.recommendation, 200)) }
                                    }
                                }
                            }
                        }
                        (beyond(*n, best.best(MOST_ROWS / 2).len(), "least_privilege"))
                    }
                }
            }
        }
        @if page.drift.0 > 0 {
            section {
                h2 { "Habits outside the profile" }
                table.stack {
                    thead { tr { th { "identity" } th { "aspect" } th { "declared" } th { "done" } th { "since" } th.num { "days" } } }
                    tbody {
                        @for row in &page.drift.1 {
                            tr {
                                td.id data-label="identity" { (text(&row.identity_id, 120)) }
                                td data-label="aspect" { (row.facet.replace('_', " ")) }
                                td data-label="declared" { (chips(&row.declared)) }
                                td data-label="done" { (text(&row.observed, 160)) }
                                td.date data-label="since" { (day(row.since.0)) }
                                td.num data-label="days" { @if let Some(days) = row.active_days { (days) } }
                            }
                        }
                    }
                }
                (beyond(page.drift.0, page.drift.1.len(), "profile_drift"))
            }
        }
        @if page.exceptions.0 > 0 {
            section {
                h2 { "Exceptions" }
                table.stack {
                    thead { tr { th { "exception" } th { "for" } th { "what" } th { "until" } th.num { "uses" } th { "status" } } }
                    tbody {
                        @for row in &page.exceptions.1 {
                            tr {
                                td data-label="exception" { (text(&row.exception_id, 60)) div.small { (text(&row.approver, 60)) } }
                                td data-label="for" { (text(&row.identities.join(", "), 120)) }
                                td data-label="what" { @if row.facet.is_empty() { "everything" } @else { (text(&format!("{} {}", row.facet, row.values.join(", ")), 120)) } }
                                td.date data-label="until" { (day(row.until.0)) }
                                td.num data-label="uses" { (row.uses) }
                                td data-label="status" { span class={ "chip status " (row.status) } { (row.status.replace('_', " ")) } }
                            }
                        }
                    }
                }
                (beyond(page.exceptions.0, page.exceptions.1.len(), "exceptions"))
            }
        }
    }
}
