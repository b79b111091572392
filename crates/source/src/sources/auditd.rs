//! Linux audit records (`type=USER_CMD msg=audit(…): key=value …`), from audit.log or through syslog (audisp, `node=` in front).
//!
//! One system call is several records of one serial number; each is read by itself.

use crate::TextLine;
use crate::support::command::plain;
use crate::support::line::within;
use crate::support::names::on_host;
use crate::support::network::address;
use vires_event::{Activity, Actor, Identity, Kind, Outcome, Session, Source, Target, Text};

pub(crate) fn decode<'a>(line: &TextLine<'a>) -> Option<Activity<'a>> {
    let whole = if line.message.contains("msg=audit(") { &line.message } else { &line.line };
    let (head, rest) = whole.split_once("msg=audit(")?;
    let kind = head.split_ascii_whitespace().find_map(|word| word.strip_prefix("type="))?;
    let (stamp, body) = rest.split_once("):")?;
    let mut activity = Activity::new(Source::Auditd, Text::Owned(format!("auditd:{kind}")));
    activity.time = stamp.split(':').next().map(|time| within(whole, time));
    activity.event_id = Some(within(whole, stamp));
    let node = head.split_ascii_whitespace().find_map(|word| word.strip_prefix("node="));
    activity.place.host = node.map(|node| within(whole, node)).or_else(|| line.host.clone());
    let fields = Fields { text: body };
    let get = |key: &str| fields.get(key);
    activity.identity = who(&fields, activity.place.host.as_deref());
    activity.session = get("ses")
        .filter(|ses| !matches!(*ses, "4294967295" | "unset"))
        .map(|ses| Session { name: within(whole, ses), mfa: None });
    activity.interactive = match get("terminal").or_else(|| get("tty")) {
        Some(tty) if tty.starts_with("pts") || tty.starts_with("tty") || tty.starts_with("/dev/") => Some(true),
        Some("(none)" | "none" | "cron") => Some(false),
        _ => None,
    };
    activity.origin.ip = get("addr").filter(|a| !matches!(*a, "?" | "UNKNOWN")).and_then(|a| address(within(whole, a)));
    activity.outcome = match get("res").or_else(|| get("success")) {
        Some("success" | "yes" | "1") => Some(Outcome::Success),
        Some("failed" | "no" | "0") => Some(failure(&fields, kind)),
        _ => None,
    };
    targets(whole, &fields, kind, &mut activity);
    Some(activity)
}

/// A refused login or command was denied; a system call says by its error number.
fn failure(fields: &Fields<'_>, kind: &str) -> Outcome {
    match (kind, fields.get("exit")) {
        ("SYSCALL", Some("-13" | "-1" | "EACCES" | "EPERM")) => Outcome::Denied,
        ("SYSCALL", _) => Outcome::Error,
        _ => Outcome::Denied,
    }
}

/// The login user (`auid`) stays through su and sudo. Unset, nobody logged in: a daemon acted.
fn who<'a>(fields: &Fields<'_>, host: Option<&str>) -> Option<Identity<'a>> {
    let owned = |name: &str| Text::Owned(name.to_owned());
    let auid = fields.get("auid");
    let unset = matches!(auid, Some("4294967295" | "-1" | "unset"));
    // Enriched records repeat ids as names, in capitals.
    if let Some(name) = fields.get("AUID").filter(|name| !matches!(*name, "unset" | "unknown") && !unset) {
        return Some(on_host(host, Kind::Human, Actor::Ambiguous, owned(name)));
    }
    if let Some(account) = fields.get("acct").and_then(decoded)
        && (unset || auid.is_none())
    {
        // During a login the account is all there is.
        return Some(on_host(host, Kind::Human, Actor::Ambiguous, Text::Owned(account)));
    }
    match auid {
        Some(auid) if !unset => Some(on_host(host, Kind::Human, Actor::Ambiguous, owned(auid))),
        _ => {
            let user = fields.get("UID").or_else(|| fields.get("uid"))?;
            Some(if unset {
                on_host(host, Kind::ServiceAccount, Actor::Machine, owned(user))
            } else {
                on_host(host, Kind::Human, Actor::Ambiguous, owned(user))
            })
        }
    }
}

fn targets<'a>(whole: &Text<'a>, fields: &Fields<'_>, kind: &str, activity: &mut Activity<'a>) {
    if kind == "EXECVE" {
        let arguments: Vec<String> =
            (0..32).map_while(|n| fields.get(&format!("a{n}"))).map(|a| decoded(a).unwrap_or_else(|| a.to_owned())).collect();
        if let Some(program) = arguments.first() {
            activity.targets.push(Target { name: Text::Owned(format!("exec:{program}")) });
            let command = arguments.join(" ");
            let all = fields.get("argc").and_then(|n| n.parse().ok()) == Some(arguments.len());
            activity.detail = plain(&command, !all).map(Text::Owned);
            activity.mentions.push(Text::Owned(command));
        }
        return;
    }
    // The account that was made, changed or asked for, where someone else acted.
    if let Some(account) = fields.get("acct").and_then(decoded)
        && activity.identity.as_ref().is_none_or(|who| who.name != account)
    {
        activity.targets.push(Target { name: Text::Owned(format!("account:{account}")) });
    }
    if let Some(command) = fields.get("cmd").and_then(decoded) {
        let program = command.split(' ').next().unwrap_or(&command).to_owned();
        activity.targets.push(Target { name: Text::Owned(format!("exec:{program}")) });
        activity.detail = plain(&command, false).map(Text::Owned);
        activity.mentions.push(Text::Owned(command));
    }
    if let Some(path) = fields.get("name").and_then(decoded).filter(|path| path != "(null)") {
        activity.targets.push(Target { name: Text::Owned(format!("file:{path}")) });
    }
    if let Some(exe) = fields.get("exe") {
        activity.targets.push(Target { name: Text::Owned(format!("exec:{}", decoded(exe).unwrap_or_else(|| exe.to_owned()))) });
    }
    if let Some(unit) = fields.get("unit") {
        activity.targets.push(Target { name: Text::Owned(format!("unit:{unit}")) });
    }
    if let Some(title) = fields.get("proctitle").and_then(decoded) {
        activity.mentions.push(Text::Owned(title.replace('\0', " ")));
    }
    activity.mentions.extend(["key", "op", "grp"].iter().filter_map(|key| fields.get(key)).map(|value| within(whole, value)));
}

/// `key=value` pairs; quotes and the inner `msg='…'` are taken off.
struct Fields<'t> {
    text: &'t str,
}

impl<'t> Fields<'t> {
    fn get(&self, key: &str) -> Option<&'t str> {
        let mut rest = self.text;
        loop {
            let at = rest.find(key)?;
            let starts = at == 0 || matches!(rest.as_bytes().get(at - 1), Some(b' ' | b'\'' | 0x1d | b','));
            let after = rest.get(at + key.len()..)?;
            match after.strip_prefix('=') {
                Some(value) if starts => return Some(value_of(value)),
                _ => rest = after,
            }
        }
    }
}

fn value_of(text: &str) -> &str {
    match text.strip_prefix('"') {
        Some(quoted) => quoted.split('"').next().unwrap_or(quoted),
        None => text.split([' ', '\'', '\u{1d}']).next().unwrap_or(text),
    }
}

/// The kernel writes text with blanks or quotes as hexadecimal. Plain text stays; `?` says nothing.
fn decoded(value: &str) -> Option<String> {
    if matches!(value, "?" | "(unknown)" | "") {
        return None;
    }
    let hex = value.len() >= 4
        && value.len().is_multiple_of(2)
        && value.bytes().all(|b| b.is_ascii_digit() || (b'A'..=b'F').contains(&b));
    if !hex {
        return Some(value.to_owned());
    }
    let bytes: Vec<u8> =
        (0..value.len()).step_by(2).map_while(|at| u8::from_str_radix(value.get(at..at + 2)?, 16).ok()).collect();
    match String::from_utf8(bytes) {
        // All digits may be a number after all: only what reads as text is taken for text.
        Ok(text) if text.chars().all(|c| !c.is_control() || c == '\0') => Some(text),
        _ => Some(value.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use crate::support::testing::{Row, check, decoded};

    #[test]
    fn rows() {
        check(&[
            Row {
                record: r#"type=USER_CMD msg=audit(1795459481.123:456): pid=99 uid=1001 auid=1001 ses=3 msg='cwd="/srv" cmd=73797374656D63746C20737461747573 terminal=pts/0 res=success'"#,
                source: "auditd",
                id: "host:-:1001",
                kind: "human",
                actor: "ambiguous",
                action: "auditd:USER_CMD",
                target: "exec:systemctl",
                outcome: "success",
            },
            Row {
                record: r#"Nov 23 18:44:41 web-1 audisp-syslog: type=EXECVE msg=audit(1795459481.123:457): argc=3 a0="curl" a1="-o" a2=2F746D702F612062"#,
                source: "auditd",
                id: "",
                kind: "",
                actor: "",
                action: "auditd:EXECVE",
                target: "exec:curl",
                outcome: "",
            },
            Row {
                record: r#"node=db-1 type=SYSCALL msg=audit(1795459481.123:458): arch=c000003e syscall=59 success=no exit=-13 ppid=1 pid=2 auid=4294967295 uid=33 gid=33 tty=(none) ses=4294967295 comm="sh" exe="/usr/bin/dash" key="exec""#,
                source: "auditd",
                id: "host:db-1:33",
                kind: "service_account",
                actor: "machine",
                action: "auditd:SYSCALL",
                target: "exec:/usr/bin/dash",
                outcome: "denied",
            },
            Row {
                record: r#"type=USER_LOGIN msg=audit(1795459481.123:459): pid=9 uid=0 auid=4294967295 ses=4294967295 msg='op=login acct="root" exe="/usr/sbin/sshd" hostname=? addr=192.0.2.9 terminal=ssh res=failed'"#,
                source: "auditd",
                id: "host:-:root",
                kind: "human",
                actor: "ambiguous",
                action: "auditd:USER_LOGIN",
                target: "exec:/usr/sbin/sshd",
                outcome: "denied",
            },
            Row {
                record: r#"type=ADD_USER msg=audit(1795459481.123:461): pid=9 uid=0 auid=1000 ses=5 msg='op=add-user acct="backdoor" exe="/usr/sbin/useradd" hostname=? addr=? terminal=pts/0 res=success'"#,
                source: "auditd",
                id: "host:-:1000",
                kind: "human",
                actor: "ambiguous",
                action: "auditd:ADD_USER",
                target: "account:backdoor",
                outcome: "success",
            },
            Row {
                record: "type=CONFIG_CHANGE msg=audit(1795459481.123:460): auid=1001 ses=3 op=remove_rule key=\"exec\" list=4 res=1\u{1d}AUID=\"jane\"",
                source: "auditd",
                id: "host:-:jane",
                kind: "human",
                actor: "ambiguous",
                action: "auditd:CONFIG_CHANGE",
                target: "",
                outcome: "success",
            },
        ]);
    }

    #[test]
    fn hexadecimal_text_and_ids() {
        let line = r#"type=EXECVE msg=audit(1795459481.123:457): argc=3 a0="curl" a1="-o" a2=2F746D702F612062"#;
        decoded(line, |found| {
            assert_eq!(found.mentions, ["curl -o /tmp/a b"]);
            assert_eq!(found.detail.as_deref(), Some("curl -o /tmp/a b"));
            assert_eq!(found.event_id.as_deref(), Some("1795459481.123:457"));
            assert_eq!(found.at(), Some(1_795_459_481_123));
        });
        // A long argument stands in pieces of its own: the rest of the command is not known.
        let long = r#"type=EXECVE msg=audit(1795459481.123:458): argc=3 a0="sh" a1="-c" a2_len=9000 a2[0]="x""#;
        decoded(long, |found| assert_eq!(found.detail.as_deref(), Some("sh -c ;")));
    }
}
