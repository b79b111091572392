//! nginx access log in the `combined` format (also with a virtual host in front), with or without a syslog header.
//!
//! Apache writes the same format; a client that names no user is an address and a user agent, not an identity.

use crate::TextLine;
use crate::support::line::within;
use crate::support::names::identity;
use crate::support::network::{address, is_browser};
use vires_event::{Activity, Actor, Kind, Outcome, Source, Target, Text};

/// Programs that write access logs.
pub(crate) const PROGRAMS: &[&str] = &["nginx", "nginx-access", "httpd", "apache2"];

pub(crate) fn decode<'a>(line: &TextLine<'a>) -> Option<Activity<'a>> {
    if line.program.as_deref().is_some_and(|name| !PROGRAMS.contains(&name)) {
        return None;
    }
    let parts = Parts::of(line.message.trim())?;
    let cut = |part: &str| within(&line.message, part);
    let (method, path) = match parts.request.split_once(' ') {
        Some((method, rest)) if is_method(method) => (method, rest.rsplit_once(" HTTP/").map_or(rest, |(path, _)| path)),
        // A probe that speaks no HTTP leaves its bytes here.
        _ => ("-", parts.request),
    };
    let mut activity = Activity::new(Source::Nginx, Text::Owned(format!("nginx:{method}")));
    activity.time = parts.time().map(Text::Owned);
    activity.place.host.clone_from(&line.host);
    activity.origin.ip = address(cut(parts.client));
    activity.origin.user_agent = parts.user_agent.filter(|agent| !matches!(*agent, "-" | "")).map(cut);
    let name = path.split(['?', '#']).next().unwrap_or(path);
    activity.targets.push(Target { name: Text::Owned(format!("nginx:{name}")) });
    if name.len() < path.len() {
        activity.mentions.push(cut(path));
    }
    activity.outcome = Some(match parts.status {
        401 | 403 | 407 => Outcome::Denied,
        0..=399 => Outcome::Success,
        _ => Outcome::Error,
    });
    activity.error_code = (parts.status >= 400).then(|| Text::Owned(parts.status.to_string()));
    activity.volume.bytes_out = parts.bytes;
    if parts.user != "-" && !parts.user.is_empty() {
        activity.identity = Some(identity(Kind::ServiceAccount, Actor::Ambiguous, "nginx:user:", cut(parts.user)));
    }
    activity.interactive = activity.origin.user_agent.as_deref().is_some_and(is_browser).then_some(true);
    Some(activity)
}

struct Parts<'t> {
    client: &'t str,
    user: &'t str,
    local_time: &'t str,
    request: &'t str,
    status: u16,
    bytes: Option<u64>,
    user_agent: Option<&'t str>,
}

impl<'t> Parts<'t> {
    /// `CLIENT - USER [TIME] "REQUEST" STATUS BYTES "REFERRER" "AGENT"`
    fn of(message: &'t str) -> Option<Parts<'t>> {
        let (head, rest) = message.split_once(" [")?;
        let (local_time, rest) = rest.split_once("] \"")?;
        // Cheap proof that this is an access log before anything is believed: 23/Nov/2026:18:44:41 +0000
        let t = local_time.as_bytes();
        if t.len() < 20 || t.get(2) != Some(&b'/') || t.get(6) != Some(&b'/') || t.get(11) != Some(&b':') {
            return None;
        }
        let mut words = head.split(' ');
        let first = words.next()?;
        let mut client = first;
        let mut ident = words.next()?;
        if ident != "-" {
            // A virtual host stands in front.
            (client, ident) = (ident, words.next()?);
        }
        if ident != "-" {
            return None;
        }
        let user = head.get(head.find(" - ")? + 3..)?;
        let (request, rest) = quoted(rest)?;
        let mut words = rest.trim_start().splitn(3, ' ');
        let status = words.next()?.parse().ok()?;
        let bytes = words.next().and_then(|n| n.parse().ok());
        let tail = words.next().unwrap_or_default();
        let user_agent = tail.strip_prefix('"').and_then(quoted).and_then(|(_, rest)| {
            let rest = rest.trim_start().strip_prefix('"')?;
            quoted(rest).map(|(agent, _)| agent)
        });
        Some(Parts { client, user, local_time, request, status, bytes, user_agent })
    }

    /// `23/Nov/2026:18:44:41 +0000` as RFC 3339.
    fn time(&self) -> Option<String> {
        const MONTHS: &str = "JanFebMarAprMayJunJulAugSepOctNovDec";
        let t = self.local_time;
        let (day, month, year) = (t.get(..2)?, t.get(3..6)?, t.get(7..11)?);
        let month = MONTHS.find(month).filter(|at| at % 3 == 0)? / 3 + 1;
        let (clock, offset) = t.get(12..)?.split_once(' ')?;
        Some(format!("{year}-{month:02}-{day}T{clock}{offset}"))
    }
}

/// The text up to the closing quote, and what follows it. nginx writes a quote inside as `\x22`, Apache as `\"`.
fn quoted(text: &str) -> Option<(&str, &str)> {
    let bytes = text.as_bytes();
    let mut at = 0;
    loop {
        match bytes.get(at)? {
            b'\\' => at += 2,
            b'"' => return Some((text.get(..at)?, text.get(at + 1..)?)),
            _ => at += 1,
        }
    }
}

fn is_method(word: &str) -> bool {
    (3..=16).contains(&word.len()) && word.bytes().all(|b| b.is_ascii_uppercase() || matches!(b, b'-' | b'_'))
}

#[cfg(test)]
mod tests {
    use crate::support::testing::{Row, check, decoded};

    #[test]
    fn rows() {
        check(&[
            Row {
                record: r#"192.0.2.9 - ci-bot [23/Nov/2026:18:44:41 +0000] "PUT /artifacts/app.tgz?sig=x HTTP/1.1" 201 12 "-" "curl/8.5.0""#,
                source: "nginx",
                id: "nginx:user:ci-bot",
                kind: "service_account",
                actor: "ambiguous",
                action: "nginx:PUT",
                target: "nginx:/artifacts/app.tgz",
                outcome: "success",
            },
            Row {
                record: r#"Nov 23 18:44:41 web-1 nginx: 192.0.2.9 - - [23/Nov/2026:18:44:41 +0000] "GET / HTTP/1.1" 403 162 "-" "-""#,
                source: "nginx",
                id: "",
                kind: "",
                actor: "",
                action: "nginx:GET",
                target: "nginx:/",
                outcome: "denied",
            },
            Row {
                record: r#"www.example.com:443 192.0.2.9 - - [23/Nov/2026:18:44:41 +0000] "\x16\x03\x01" 400 157 "-" "-""#,
                source: "nginx",
                id: "",
                kind: "",
                actor: "",
                action: "nginx:-",
                target: r"nginx:\x16\x03\x01",
                outcome: "error",
            },
        ]);
    }

    #[test]
    fn time_volume_and_agent() {
        let line = r#"192.0.2.9 - - [23/Nov/2026:20:44:41 +0200] "GET /a HTTP/2.0" 200 4096 "https://example.com/\"x" "okhttp/4.12 \"q\"""#;
        decoded(line, |found| {
            assert_eq!(found.at(), vires_event::parse_time("2026-11-23T18:44:41Z"));
            assert_eq!(found.volume.bytes_out, Some(4096));
            assert_eq!(found.origin.user_agent.as_deref(), Some(r#"okhttp/4.12 \"q\""#));
        });
    }
}
