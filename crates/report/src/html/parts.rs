//! Small pieces of the page.

use crate::text::clean;
use maud::{Markup, html};
use vires_event::Millis;

/// Text from a log or a file: cut, without characters that act, and with a direction of its own.
pub(super) fn text(value: &str, most: usize) -> Markup {
    // A million characters are not looked at for the sake of the first hundred.
    let mut shown: String = value.chars().take(most + 1).collect();
    if shown.chars().count() > most {
        shown = value.chars().take(most).collect();
        shown.push('…');
    }
    html! { @if !shown.is_empty() { bdi { (clean(&shown)) } } }
}

/// A moment, to the minute.
pub(super) fn clock(at: Option<Millis>) -> String {
    at.map_or(String::new(), |at| vires_judge::rfc3339(at).get(..16).unwrap_or_default().replace('T', " "))
}

/// A day.
pub(super) fn day(at: Option<Millis>) -> String {
    at.map_or(String::new(), |at| vires_judge::rfc3339(at).get(..10).unwrap_or_default().to_owned())
}

/// A verdict as a coloured word.
pub(super) fn badge(verdict: &str) -> Markup {
    html! { span class={ "badge " (verdict) } { (verdict.replace('_', " ")) } }
}

/// Short words one after the other.
pub(super) fn chips(words: &[String]) -> Markup {
    html! { @for word in words.iter().take(12) { span.chip { (text(word, 40)) } } }
}

/// A bar from 0 to 1.
pub(super) fn gauge(label: &str, value: f64) -> Markup {
    let width = (value.clamp(0.0, 1.0) * 100.0).round();
    html! {
        div.gauge {
            span { (label) }
            svg viewBox="0 0 100 8" preserveAspectRatio="none" role="img" aria-label={ (label) " " (value) } {
                rect.track width="100" height="8" {}
                rect.fill width=(width) height="8" {}
            }
            span.num { (format!("{value:.2}")) }
        }
    }
}

/// Where a reviewer signs.
pub(super) fn sign_off() -> Markup {
    html! {
        div.sign {
            @for choice in ["expected", "contain", "investigate"] {
                label { input type="checkbox"; " " (choice) }
            }
            span.line { "by" } span.line { "date" }
        }
    }
}

/// How many there are beyond those that are shown.
pub(super) fn beyond(count: u64, shown: usize, table: &str) -> Markup {
    let more = count.saturating_sub(shown as u64);
    html! { @if more > 0 { p.more { "and " (more) " more: see " code { (table) ".csv" } } } }
}
