//! Raw vendor log lines.

mod cloudtrail;
mod github;
mod kubernetes;
mod vault;

use super::archetype::LogFormat;
use super::member::{Habit, Member};
use std::fmt::Write;
use vires_event::Millis;

/// One request, before it is written down.
pub(super) struct Request<'a> {
    pub member: &'a Member,
    pub habit: &'a Habit,
    /// Value of `{n}`.
    pub n: u32,
    pub at: Millis,
    pub ip: &'a str,
    pub ua: &'a str,
    /// The event's own id.
    pub id: &'a str,
    /// Another id.
    pub other: &'a str,
    pub denied: bool,
}

/// Writes the request in the form of its source, without line end.
pub(super) fn write(request: &Request<'_>, out: &mut String) {
    match request.member.archetype.source {
        LogFormat::Cloudtrail => cloudtrail::write(request, out),
        LogFormat::Kubernetes => kubernetes::write(request, out),
        LogFormat::Github => github::write(request, out),
        LogFormat::Vault => vault::write(request, out),
    }
}

pub(super) use cloudtrail::user_identity;

impl Request<'_> {
    fn param(&self, name: &str) -> Option<String> {
        let text = self.habit.behaviour.params.get(name)?;
        Some(self.member.fill(text, self.habit, self.n))
    }
}

/// RFC 3339 with milliseconds.
fn millis(at: Millis) -> String {
    let text = crate::decode::format_time(at - at.rem_euclid(1000));
    format!("{}.{:03}Z", text.trim_end_matches('Z'), at.rem_euclid(1000))
}

/// RFC 3339, whole seconds.
pub(super) fn seconds(at: Millis) -> String {
    crate::decode::format_time(at - at.rem_euclid(1000))
}

/// A JSON string, quotes included.
pub(super) fn quoted(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            c if c.is_control() => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
}
