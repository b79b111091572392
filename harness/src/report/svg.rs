//! Plots as SVG, drawn by hand: a few lines and rectangles need no library, and nothing here can carry script.

use crate::stats::{Interval, PrPoint};
use maud::{Markup, html};

const W: f64 = 420.0;
const H: f64 = 300.0;
const LEFT: f64 = 44.0;
const BOTTOM: f64 = 36.0;
const TOP: f64 = 12.0;
const RIGHT: f64 = 12.0;

fn x(value: f64) -> f64 {
    round(LEFT + value.clamp(0.0, 1.0) * (W - LEFT - RIGHT))
}

fn y(value: f64) -> f64 {
    round(H - BOTTOM - value.clamp(0.0, 1.0) * (H - BOTTOM - TOP))
}

/// Two decimals are finer than any pixel.
fn round(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}

/// A tuning's curve.
pub(crate) struct Curve<'a> {
    pub name: &'a str,
    pub points: &'a [PrPoint],
    /// Recall and precision of the decisions that were made.
    pub cut: Option<(f64, f64)>,
}

const DASHES: [&str; 4] = ["", "6 3", "2 3", "8 3 2 3"];

/// Precision over recall, as steps; the decisions that were made are marked by circles. Lines differ in their dashes, not only in
/// colour.
pub(crate) fn pr_curve(curves: &[Curve<'_>]) -> Markup {
    html! {
        svg viewBox={"0 0 " (W) " " (H)} width=(W) height=(H) role="img" aria-label="precision over recall" {
            @for tick in 0..=5 {
                @let v = f64::from(tick) / 5.0;
                line class="grid" x1=(x(0.0)) x2=(x(1.0)) y1=(y(v)) y2=(y(v)) {}
                line class="grid" x1=(x(v)) x2=(x(v)) y1=(y(0.0)) y2=(y(1.0)) {}
                text class="tick" x=(x(0.0) - 6.0) y=(y(v) + 4.0) text-anchor="end" { (format!("{v:.1}")) }
                text class="tick" x=(x(v)) y=(y(0.0) + 15.0) text-anchor="middle" { (format!("{v:.1}")) }
            }
            text class="axis" x=(x(0.5)) y=(H - 4.0) text-anchor="middle" { "recall" }
            text class="axis" x="12" y=(y(0.5)) text-anchor="middle" transform={"rotate(-90 12 " (y(0.5)) ")"} { "precision" }
            @for (n, curve) in curves.iter().enumerate() {
                @let class = format!("curve c{}", n % 4);
                @let dash = DASHES.get(n % 4).copied().unwrap_or_default();
                path class=(class) d=(steps(curve.points)) stroke-dasharray=(dash) {}
                @if let Some((recall, precision)) = curve.cut {
                    circle class=(class) cx=(x(recall)) cy=(y(precision)) r="5" {
                        title { (curve.name) ": recall " (format!("{recall:.2}")) ", precision " (format!("{precision:.2}")) }
                    }
                }
            }
        }
    }
}

/// Between two points the precision is that of the right one: no interpolation.
fn steps(points: &[PrPoint]) -> String {
    let mut path = String::new();
    let mut at = 0.0;
    for point in points {
        let start = if path.is_empty() { "M" } else { "L" };
        path.push_str(&format!("{start}{} {}L{} {}", x(at), y(point.precision), x(point.recall), y(point.precision)));
        at = point.recall;
    }
    path
}

/// A bar of a share with its interval.
pub(crate) fn bar(value: Option<f64>, ci: Option<Interval>) -> Markup {
    const WIDE: f64 = 120.0;
    let at = |v: f64| round(1.0 + v.clamp(0.0, 1.0) * WIDE);
    html! {
        svg class="bar" viewBox="0 0 122 14" width="122" height="14" role="img" {
            rect class="track" x="1" y="3" width=(WIDE) height="8" {}
            @if let Some(value) = value {
                rect class="fill" x="1" y="3" width=(round(value.clamp(0.0, 1.0) * WIDE)) height="8" {}
            }
            @if let Some(ci) = ci {
                line class="whisker" x1=(at(ci.low)) x2=(at(ci.high)) y1="7" y2="7" {}
                line class="whisker" x1=(at(ci.low)) x2=(at(ci.low)) y1="4" y2="10" {}
                line class="whisker" x1=(at(ci.high)) x2=(at(ci.high)) y1="4" y2="10" {}
            }
        }
    }
}

/// What happened in a test window, along time.
#[derive(Default)]
pub(crate) struct Strip {
    /// How many events fall into each slot.
    pub events: Vec<u32>,
    /// Positions (0–1) of malicious events.
    pub malicious: Vec<f64>,
    /// Positions of escalations.
    pub told: Vec<f64>,
}

/// Grey: events; ticks below: malicious; triangles above: somebody is told.
pub(crate) fn strip(strip: &Strip) -> Markup {
    const WIDE: f64 = 520.0;
    let most = strip.events.iter().copied().max().unwrap_or(1).max(1);
    let slot = WIDE / strip.events.len().max(1) as f64;
    html! {
        svg class="strip" viewBox="0 0 520 34" width="520" height="34" role="img" aria-label="events along time" {
            @for (n, events) in strip.events.iter().enumerate().filter(|(_, e)| **e > 0) {
                @let h = round(2.0 + 14.0 * f64::from(*events) / f64::from(most));
                rect class="events" x=(round(n as f64 * slot)) y=(24.0 - h) width=(round(slot.max(1.0))) height=(h) {}
            }
            @for at in &strip.malicious {
                rect class="bad" x=(round(at * (WIDE - 2.0))) y="25" width="2" height="8" {}
            }
            @for at in &strip.told {
                @let cx = round(at * (WIDE - 2.0) + 1.0);
                path class="told" d={"M" (round(cx - 4.0)) " 0L" (round(cx + 4.0)) " 0L" (cx) " 7Z"} {}
            }
        }
    }
}
