//! All identities, by how well they are covered, then by their highest score.

use super::parts::{beyond, day, text};
use super::{MOST_IDENTITIES, Page, timeline};
use crate::access::Reviewed;
use maud::{Markup, html};

/// In the order in which somebody should care.
const MAPPINGS: [(&str, &str); 5] = [
    ("ghost", "in no inventory"),
    ("no_workload", "without workload"),
    ("no_owner", "without owner"),
    ("no_profile", "without profile"),
    ("mapped", "mapped"),
];

pub(super) fn section(page: &Page) -> Markup {
    let count = |mapping: &str| page.identities.get(mapping).map_or(0, |(n, _)| *n);
    let all: u64 = MAPPINGS.iter().map(|(mapping, _)| count(mapping)).sum();
    html! {
        @if all > 0 {
            section {
                h2 { "Identities" }
                (bar(&MAPPINGS.map(|(mapping, _)| (mapping, count(mapping))), all))
                ul.legend {
                    @for (mapping, label) in MAPPINGS { li { span class={ "dot " (mapping) } {} " " (label) " " b { (count(mapping)) } } }
                }
                @for (mapping, label) in MAPPINGS {
                    @if let Some((n, best)) = page.identities.get(mapping) {
                        h3 { (label) " (" (n) ")" }
                        (table(&best.best(MOST_IDENTITIES), page))
                        (beyond(*n, best.best(MOST_IDENTITIES).len(), "identities"))
                    }
                }
            }
        }
    }
}

fn bar(parts: &[(&str, u64)], all: u64) -> Markup {
    let share = |n: u64| n as f64 * 100.0 / all as f64;
    html! {
        svg.coverage viewBox="0 0 100 6" preserveAspectRatio="none" role="img" aria-label="identities by coverage" {
            @for (at, (mapping, n)) in parts.iter().enumerate() {
                @let before: u64 = parts.iter().take(at).map(|(_, n)| n).sum();
                rect class=(mapping) x=(format!("{:.2}", share(before))) width=(format!("{:.2}", share(*n))) height="6" {}
            }
        }
    }
}

fn table(identities: &[&Reviewed], page: &Page) -> Markup {
    html! {
        table.stack.identities {
            thead { tr { th.num { "score" } th { "identity" } th { "owner" } th { "activity" } th { "last seen" } th { "first thing to do" } th.tick { "✓" } } }
            tbody {
                @for identity in identities {
                    @let row = &identity.row;
                    tr class=[(row.escalations > 0).then_some("hot")] {
                        td.num data-label="score" { @if let Some(score) = row.highest_score { (format!("{score:.0}")) } }
                        td.id data-label="identity" {
                            (text(&row.identity_id, 140))
                            @if !row.workload.is_empty() { div.small { (text(&row.workload, 80)) @if row.privileged == Some(true) { " · privileged" } } }
                        }
                        td data-label="owner" { (text(&row.owner, 60)) }
                        td data-label="activity" { (timeline::activity(&identity.days, page.head.at)) }
                        td.date data-label="last seen" { (day(row.last_seen.0)) }
                        td data-label="first thing to do" { (text(&row.recommendation, 200)) }
                        td.tick data-label="reviewed" { input type="checkbox" aria-label="reviewed"; }
                    }
                }
            }
        }
    }
}
