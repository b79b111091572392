//! Raw vendor log lines.

mod agent;
mod azure;
mod cloudtrail;
mod entra;
mod gcp;
mod github;
mod graph;
mod kubernetes;
mod m365;
mod okta;
mod salesforce;
mod snowflake;
mod spelling;
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
    /// Region it acts in.
    pub region: &'a str,
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
        LogFormat::Gcp => gcp::write(request, out),
        LogFormat::Azure => azure::write(request, out),
        LogFormat::Entra => entra::write(request, out),
        LogFormat::Graph => graph::write(request, out),
        LogFormat::M365 => m365::write(request, out),
        LogFormat::Okta => okta::write(request, out),
        LogFormat::Salesforce => salesforce::write(request, out),
        LogFormat::Snowflake => snowflake::write(request, out),
        LogFormat::Agent => agent::write(request, out),
    }
}

pub(super) use cloudtrail::user_identity;
pub(super) use spelling::{Spelling, native_id};

impl Request<'_> {
    fn param(&self, name: &str) -> Option<String> {
        let text = self.habit.behaviour.params.get(name)?;
        Some(self.member.fill(text, self.habit, self.n))
    }

    /// A parameter that is a word of the source's and no name: never with a suffix.
    fn word(&self, name: &str) -> Option<&str> {
        self.habit.behaviour.params.get(name).map(String::as_str)
    }

    /// A number of the request's own, below `n`.
    fn number(&self, n: u64) -> u64 {
        let hash =
            self.id.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, b| (hash ^ u64::from(b)).wrapping_mul(0x100_0000_01b3));
        (hash >> 7) % n.max(1)
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
    let mut rest = text;
    while let Some(at) = rest.find(|c: char| matches!(c, '"' | '\\') || c.is_control()) {
        let (plain, from) = rest.split_at(at);
        out.push_str(plain);
        let mut chars = from.chars();
        match chars.next() {
            Some('"') => out.push_str("\\\""),
            Some('\\') => out.push_str("\\\\"),
            Some(c) => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            None => {}
        }
        rest = chars.as_str();
    }
    out.push_str(rest);
    out.push('"');
}

/// A JSON string, quotes included.
fn json(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    quoted(text, &mut out);
    out
}

/// A JSON string, or `null`.
fn json_or_null(text: Option<&str>) -> String {
    text.map_or_else(|| "null".into(), json)
}
