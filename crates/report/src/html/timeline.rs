//! Pictures of time.

use super::parts::clock;
use crate::sheet::EvidenceRow;
use maud::{Markup, html};
use vires_event::Millis;

const WIDTH: f64 = 640.0;
const ROW: f64 = 16.0;

/// When each piece of evidence was seen, from first to last record; the rows have the numbers of the list beside it.
pub(super) fn evidence(rows: &[&EvidenceRow]) -> Markup {
    let times = rows.iter().flat_map(|row| [row.time.0, row.last_seen.0]).flatten();
    let (Some(first), Some(last)) = (times.clone().min(), times.max()) else { return html! {} };
    let span = (last - first).max(1) as f64;
    let x = |at: Millis| 24.0 + (at - first) as f64 / span * (WIDTH - 36.0);
    let height = ROW * rows.len() as f64 + 22.0;
    let number = |value: f64| format!("{value:.1}");
    // Within an hour the minute does not tell two moments apart.
    let label = |at: Millis| match last - first < 3_600_000 {
        true => vires_judge::rfc3339(at).get(..19).unwrap_or_default().replace('T', " "),
        false => clock(Some(at)),
    };
    html! {
        svg.timeline viewBox={ "0 0 " (WIDTH) " " (height) } role="img" aria-label={ "evidence from " (clock(Some(first))) " to " (clock(Some(last))) } {
            @for (n, row) in rows.iter().enumerate() {
                @let y = ROW * n as f64 + 9.0;
                text x="2" y=(number(y + 4.0)) { (n + 1) }
                line.rule x1="20" x2=(number(WIDTH - 8.0)) y1=(number(y)) y2=(number(y)) {}
                @if let (Some(from), Some(to)) = (row.time.0, row.last_seen.0) {
                    @let class = if row.boundary.is_empty() { "variance" } else { row.boundary.as_str() };
                    line class={ "span " (class) } x1=(number(x(from))) x2=(number(x(to))) y1=(number(y)) y2=(number(y)) {}
                    circle class=(class) cx=(number(x(from))) cy=(number(y)) r="5" {}
                    circle class=(class) cx=(number(x(to))) cy=(number(y)) r="5" {}
                }
            }
            text x="20" y=(number(height - 4.0)) { (label(first)) }
            @if last > first {
                text.end x=(number(WIDTH - 8.0)) y=(number(height - 4.0)) { (label(last)) }
            }
        }
    }
}

/// Days shown in a row of bars.
const DAYS: u16 = 45;

/// Records a day, of the last days before the date of the report, on a scale that shows few beside many.
pub(super) fn activity(days: &[(u16, u32)], until: Option<Millis>) -> Markup {
    let last = until.and_then(|at| u16::try_from(at.div_euclid(crate::access::DAY)).ok()).or(days.last().map(|d| d.0));
    let Some(last) = last else { return html! {} };
    let from = last.saturating_sub(DAYS - 1);
    let shown: Vec<(u16, f64)> = days
        .iter()
        .filter(|(day, n)| (from..=last).contains(day) && *n > 0)
        .map(|(day, n)| (*day, f64::from(*n).ln_1p()))
        .collect();
    let most = shown.iter().map(|(_, n)| *n).fold(0.0, f64::max).max(1.0);
    html! {
        svg.spark viewBox={ "0 0 " (u32::from(DAYS) * 4) " 20" } preserveAspectRatio="none" role="img" aria-label={ "active on " (shown.len()) " of the last " (DAYS) " days" } {
            @for (day, n) in &shown {
                @let height = (n / most * 18.0).max(2.0);
                rect x=(u32::from(day - from) * 4) y=(format!("{:.1}", 20.0 - height)) width="3" height=(format!("{height:.1}")) {}
            }
        }
    }
}
