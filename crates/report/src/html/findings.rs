//! A card for each of the gravest findings.

use super::parts::{badge, beyond, chips, clock, gauge, sign_off, text};
use super::{MOST_CARDS, Page, timeline};
use crate::finding::Finding;
use crate::sheet::EvidenceRow;
use maud::{Markup, html};

/// Most pieces of evidence of a card.
const MOST_LINES: usize = 10;

pub(super) fn section(page: &Page) -> Markup {
    let cards = page.cards.best(MOST_CARDS);
    let all = page.verdict("page") + page.verdict("escalate") + page.verdict("watch");
    html! {
        @if !cards.is_empty() {
            section {
                h2 { "Findings" }
                @for finding in &cards { (card(finding)) }
                (beyond(all, cards.len(), "findings"))
            }
        }
    }
}

fn card(finding: &Finding) -> Markup {
    let row = &finding.row;
    let lines: Vec<&EvidenceRow> = finding.evidence.iter().take(MOST_LINES).collect();
    html! {
        article.card class=(row.verdict) id=(row.finding_id) {
            div.head {
                (badge(&row.verdict)) span.score { (format!("{:.0}", row.score)) }
                span.id { (text(&row.identity_id, 160)) }
                span.when { (clock(row.time.0)) }
            }
            p.sub {
                "workload " b { (text(&finding.workload, 100)) }
                @if !finding.purpose.is_empty() { ": " (text(&finding.purpose, 200)) }
                " · owner " b { @if row.owner.is_empty() { "nobody" } @else { (text(&row.owner, 60)) } }
                @if !finding.contact.is_empty() { " (" (text(&finding.contact, 60)) ")" }
                @if !row.environment.is_empty() { " · " (text(&row.environment, 30)) }
                " · " (row.mapping.replace('_', " "))
            }
            div.signals {
                (gauge("context", row.signal_context)) (gauge("variance", row.signal_variance)) (gauge("sensitivity", row.signal_sensitivity))
            }
            @if !lines.is_empty() {
                table.stack.compare {
                    thead { tr { th { "" } th { "expected" } th { "seen" } th.num { "weight" } th.num { "records" } } }
                    tbody {
                        @for (n, line) in lines.iter().enumerate() {
                            tr class=[(!line.excused_by.is_empty()).then_some("excused")] {
                                td.key data-label="criterion" {
                                    span class={ "dot " (if line.boundary.is_empty() { "variance" } else { line.boundary.as_str() }) } { (n + 1) }
                                    " " (text(&line.criterion.replace('_', " "), 40))
                                }
                                td data-label="expected" { (text(&line.expected, 240)) }
                                td data-label="seen" {
                                    (text(&line.observed, 240))
                                    @if !line.excused_by.is_empty() { " " span.chip { "excused by " (text(&line.excused_by, 40)) } }
                                }
                                td.num data-label="weight" { (line.weight) }
                                td.num data-label="records" { (line.events) }
                            }
                        }
                    }
                }
                @if finding.evidence.len() > lines.len() {
                    p.more { "and " (finding.evidence.len() - lines.len()) " more: see " code { "evidence.csv" } }
                }
                (timeline::evidence(&lines))
            }
            p.sub {
                @if !row.action.is_empty() { "weightiest: " code { (text(&row.action, 100)) } }
                @if !row.target.is_empty() { " on " code { (text(&row.target, 120)) } }
                @if !row.origin_ip.is_empty() { " from " (text(&row.origin_ip, 60)) " (" (text(&row.origin_zone, 60)) ")" }
                @if !row.user_agent.is_empty() { " with " (text(&row.user_agent, 80)) }
            }
            p.tags {
                (chips(&row.boundaries)) (chips(&row.owasp_nhi)) (chips(&row.nist_csf)) (chips(&finding.tags.sp800_53))
                (chips(&finding.tags.ai_rmf)) (chips(&finding.tags.asi)) (chips(&row.attack))
            }
            p.small {
                "case " code { (text(&row.finding_id, 60)) } " · " (text(&finding.rule, 160))
                @if let Some(event) = row.event_ref.first() { " · record " code { (text(event, 80)) } }
            }
            (sign_off())
        }
    }
}
