//! OpenSSH server messages, from syslog (`sshd`, and since 9.8 `sshd-session`) or bare.

use crate::TextLine;
use crate::support::line::{between, within, word_after};
use crate::support::network::address;
use vires_event::{Activity, Actor, Credential, CredentialKind, Identity, Kind, Outcome, Session, Source, Target, Text};

/// Programs that speak as sshd does.
pub(crate) const PROGRAMS: &[&str] = &["sshd", "sshd-session", "sshd-auth"];

pub(crate) fn decode<'a>(line: &TextLine<'a>) -> Option<Activity<'a>> {
    let message = line.message.trim();
    match line.program.as_deref() {
        Some(program) if PROGRAMS.contains(&program) => {}
        // Without a header only the sentence that nothing else writes.
        None if (message.starts_with("Accepted ") || message.starts_with("Failed ")) && message.contains(" ssh2") => {}
        _ => return None,
    }
    let mut activity = Activity::new(Source::Sshd, "sshd:message");
    activity.time.clone_from(&line.time);
    activity.place.host.clone_from(&line.host);
    activity.targets.extend(line.host.as_deref().map(|host| Target { name: Text::Owned(format!("sshd:{host}")) }));
    read(line, message, &mut activity);
    Some(activity)
}

fn read<'a>(line: &TextLine<'a>, message: &str, activity: &mut Activity<'a>) {
    let cut = |part: &str| within(&line.message, part);
    // A name that was tried is the attacker's text and may hold " from "; the address that sshd wrote comes after it.
    let from = if message.starts_with("Accepted ") {
        word_after(message, " from ")
    } else {
        message.rsplit_once(" from ").and_then(|(_, rest)| rest.split(' ').next())
    };
    let from = from.or_else(|| word_after(message, " user ").and_then(|_| before_port(message)));
    if let Some(ip) = from {
        activity.origin.ip = address(cut(ip));
    }
    if let Some(rest) = message.strip_prefix("Accepted ") {
        activity.action = "sshd:login".into();
        activity.outcome = Some(Outcome::Success);
        let method = rest.split(' ').next().unwrap_or_default();
        activity.also.push(Text::Owned(format!("sshd:Accepted {method}")));
        activity.identity = word_after(message, " for ").map(|user| on_host(line, user));
        activity.credential = credential(line, method, message);
    } else if message.starts_with("Failed ")
        || message.starts_with("Invalid user ")
        || message.starts_with("Connection closed by ")
        || message.starts_with("Disconnecting authenticating user ")
        || message.starts_with("User ")
        || message.starts_with("Postponed ")
        || message.starts_with("maximum authentication attempts")
    {
        activity.action = "sshd:login".into();
        activity.outcome = Some(Outcome::Denied);
        let user = word_after(message, "invalid user ")
            .or_else(|| word_after(message, "Invalid user "))
            .or_else(|| word_after(message, "authenticating user "))
            .or_else(|| message.strip_prefix("User ").and_then(|rest| rest.split(' ').next()))
            .or_else(|| word_after(message, " for "));
        // "Invalid user  from 192.0.2.1": a blank name was tried.
        activity.identity = user.filter(|user| *user != "from").map(|user| on_host(line, user));
        if let Some(method) = message.strip_prefix("Failed ").and_then(|rest| rest.split(' ').next()) {
            activity.credential = credential(line, method, message);
        }
        if message.starts_with("Postponed ") {
            activity.outcome = None;
        }
    } else if message.starts_with("pam_unix(sshd:") {
        let opened = message.contains("session opened");
        let closed = message.contains("session closed");
        activity.action = if opened {
            "sshd:session_open"
        } else if closed {
            "sshd:session_close"
        } else {
            "sshd:login"
        }
        .into();
        activity.outcome = Some(if opened || closed { Outcome::Success } else { Outcome::Denied });
        let user = word_after(message, "for user ").or_else(|| word_after(message, " user="));
        activity.identity = user.map(|user| on_host(line, user.split('(').next().unwrap_or(user)));
        activity.origin.ip = word_after(message, "rhost=").map(&cut).and_then(address);
    } else if message.starts_with("Disconnected from") || message.starts_with("Received disconnect") {
        activity.action = "sshd:logout".into();
        activity.identity = word_after(message, "from user ").map(|user| on_host(line, user));
        activity.outcome = Some(Outcome::Success);
        if activity.identity.is_some() {
            activity.origin.ip = before_port(message).map(&cut).and_then(address);
        }
    } else if message.starts_with("subsystem request for ") {
        activity.action = "sshd:subsystem".into();
        activity.identity = word_after(message, "by user ").map(|user| on_host(line, user));
        activity.outcome = Some(Outcome::Success);
    }
    let opened_session = &*activity.action == "sshd:login" || &*activity.action == "sshd:session_open";
    if opened_session && let Some(pid) = &line.pid {
        activity.session = Some(Session { name: pid.clone(), mfa: None });
    }
}

/// The address of `… user root 192.0.2.1 port 22`.
fn before_port(message: &str) -> Option<&str> {
    message.split_once(" port ")?.0.rsplit(' ').next()
}

fn credential<'a>(line: &TextLine<'a>, method: &str, message: &str) -> Option<Credential<'a>> {
    let cut = |part: &str| within(&line.message, part);
    match method {
        "publickey" => {
            let id = message.split_ascii_whitespace().find(|w| w.starts_with("SHA256:") || w.starts_with("MD5:")).map(cut);
            // A certificate names its CA; a plain key has no issuer.
            let ca =
                between(message, " CA ", "\n").and_then(|ca| ca.split_ascii_whitespace().find(|w| w.starts_with("SHA256:")));
            let kind = if message.contains("-CERT ") { CredentialKind::Certificate } else { CredentialKind::SshKey };
            Some(Credential { kind, id, issuer: ca.map(cut), issued: None })
        }
        "password" | "keyboard-interactive/pam" => {
            Some(Credential { kind: CredentialKind::Password, id: None, issuer: None, issued: None })
        }
        "hostbased" | "gssapi-with-mic" => {
            Some(Credential { kind: CredentialKind::Other, id: None, issuer: None, issued: None })
        }
        _ => None,
    }
}

/// `host:<host>:<user>`. A login does not tell a person from a job.
fn on_host<'a>(line: &TextLine<'a>, user: &str) -> Identity<'a> {
    crate::support::names::on_host(line.host.as_deref(), Kind::Human, Actor::Ambiguous, within(&line.message, user))
}

#[cfg(test)]
mod tests {
    use crate::support::testing::{Row, check, decoded};

    const fn row(record: &'static str, id: &'static str, action: &'static str, outcome: &'static str) -> Row {
        let (kind, actor) = if id.is_empty() { ("", "") } else { ("human", "ambiguous") };
        Row { record, source: "sshd", id, kind, actor, action, target: "sshd:web-1", outcome }
    }

    #[test]
    fn rows() {
        check(&[
            row(
                "Nov 23 18:44:41 web-1 sshd[811]: Accepted publickey for deploy from 192.0.2.7 port 50122 ssh2: ED25519 SHA256:abc",
                "host:web-1:deploy",
                "sshd:login",
                "success",
            ),
            row(
                "Nov 23 18:44:41 web-1 sshd-session[811]: Failed password for invalid user admin from 192.0.2.7 port 50122 ssh2",
                "host:web-1:admin",
                "sshd:login",
                "denied",
            ),
            row(
                "Nov 23 18:44:41 web-1 sshd[811]: Invalid user oracle from 192.0.2.7 port 5",
                "host:web-1:oracle",
                "sshd:login",
                "denied",
            ),
            row(
                "Nov 23 18:44:41 web-1 sshd[811]: pam_unix(sshd:session): session opened for user deploy(uid=1001) by (uid=0)",
                "host:web-1:deploy",
                "sshd:session_open",
                "success",
            ),
            row(
                "Nov 23 18:44:41 web-1 sshd[811]: Connection closed by authenticating user root 192.0.2.7 port 50122 [preauth]",
                "host:web-1:root",
                "sshd:login",
                "denied",
            ),
            row(
                "Nov 23 18:44:41 web-1 sshd[811]: Disconnected from user deploy 192.0.2.7 port 50122",
                "host:web-1:deploy",
                "sshd:logout",
                "success",
            ),
            row("Nov 23 18:44:41 web-1 sshd[811]: Server listening on 0.0.0.0 port 22.", "", "sshd:message", ""),
        ]);
    }

    #[test]
    fn keys_certificates_and_addresses() {
        decoded(
            "Nov 23 18:44:41 web-1 sshd[811]: Accepted publickey for deploy from 192.0.2.7 port 1 ssh2: ED25519-CERT SHA256:abc ID ci (serial 5) CA ED25519 SHA256:ca",
            |found| {
                let credential = found.credential.as_ref().unwrap();
                assert_eq!(credential.kind.as_str(), "certificate");
                assert_eq!(credential.id.as_deref(), Some("SHA256:abc"));
                assert_eq!(credential.issuer.as_deref(), Some("SHA256:ca"));
                assert_eq!(found.origin.ip.as_deref(), Some("192.0.2.7"));
                assert_eq!(found.also, ["sshd:Accepted publickey"]);
            },
        );
        decoded(
            "Nov 23 18:44:41 web-1 sshd[811]: Connection closed by authenticating user root 2001:db8::7 port 1 [preauth]",
            |found| {
                assert_eq!(found.origin.ip.as_deref(), Some("2001:db8::7"));
            },
        );
        let forged = "Nov 23 18:44:41 web-1 sshd[811]: Invalid user a from 198.51.100.1 port 1 from 192.0.2.7 port 5";
        decoded(forged, |found| {
            assert_eq!(found.origin.ip.as_deref(), Some("192.0.2.7"));
        });
    }
}
