//! The first page: what somebody has to decide today.

use super::parts::{badge, beyond, chips, clock, sign_off, text};
use super::{MOST_DECISIONS, Page};
use crate::finding::Finding;
use maud::{Markup, html};

pub(super) fn section(page: &Page) -> Markup {
    let urgent: Vec<&Finding> =
        page.cards.best(MOST_DECISIONS + 1).into_iter().filter(|f| f.row.escalated()).take(MOST_DECISIONS).collect();
    let all = page.verdict("page") + page.verdict("escalate");
    let exceptions = page.exceptions.1.iter().filter(|e| !matches!(e.status.as_str(), "active" | ""));
    html! {
        section.first {
            h2 { "What needs a decision today" }
            @if urgent.is_empty() {
                p.calm { "No case was escalated." }
            }
            @for finding in &urgent { (decision(finding)) }
            (beyond(all, urgent.len(), "findings"))
            @if page.unmapped.0 > 0 {
                h3 { "Nobody can judge these" }
                table.stack {
                    thead { tr { th { "urgency" } th { "identity" } th { "missing" } th { "ask first" } th { "what to do" } } }
                    tbody {
                        @for row in page.unmapped.1.iter().take(MOST_DECISIONS) {
                            tr {
                                td.num data-label="urgency" { (row.urgency) }
                                td.id data-label="identity" { (text(&row.identity_id, 120)) }
                                td data-label="missing" { (row.missing.join(", ")) }
                                td data-label="ask first" { (text(&row.suggested_owner, 60)) }
                                td data-label="what to do" { (text(&row.recommendation, 160)) }
                            }
                        }
                    }
                }
                (beyond(page.unmapped.0, page.unmapped.1.len().min(MOST_DECISIONS), "unmapped"))
            }
            @let due: Vec<_> = exceptions.take(MOST_DECISIONS).collect();
            @if !due.is_empty() {
                h3 { "Exceptions to settle" }
                ul.plain {
                    @for row in due {
                        li {
                            b { (text(&row.exception_id, 60)) } " "
                            span class={ "chip status " (row.status) } { (row.status.replace('_', " ")) } " "
                            (text(&row.recommendation, 160)) " (approved by " (text(&row.approver, 60)) ")"
                        }
                    }
                }
            }
        }
    }
}

fn decision(finding: &Finding) -> Markup {
    let row = &finding.row;
    html! {
        article.decision {
            div.head {
                (badge(&row.verdict)) span.score { (format!("{:.0}", row.score)) }
                a.id href={ "#" (row.finding_id) } { (text(&row.identity_id, 120)) }
                span.when { (clock(row.time.0)) }
            }
            p.what {
                b { (text(&row.criterion.replace('_', " "), 40)) } ": " (text(&row.observed, 220)) ". Expected: " (text(&row.expected, 160)) "."
            }
            div.foot {
                span { "owner " b { @if row.owner.is_empty() { "nobody" } @else { (text(&row.owner, 60)) } }
                    @if !finding.contact.is_empty() { " (" (text(&finding.contact, 60)) ")" } }
                (chips(&row.boundaries))
                (sign_off())
            }
        }
    }
}
