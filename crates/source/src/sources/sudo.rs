//! sudo and su messages: who ran what as whom.

use crate::TextLine;
use crate::support::command::plain;
use crate::support::line::{between, within, word_after};
use crate::support::names::{on_host, on_host_id};
use vires_event::{Activity, Actor, Kind, Link, Outcome, Session, Source, Target, Text};

/// Programs that run something as somebody else.
pub(crate) const PROGRAMS: &[&str] = &["sudo", "su", "doas"];

pub(crate) fn decode<'a>(line: &TextLine<'a>) -> Option<Activity<'a>> {
    let message = line.message.trim();
    match line.program.as_deref() {
        Some(program) if PROGRAMS.contains(&program) => {}
        None if message.contains(" ; USER=") && message.contains(" ; COMMAND=") => {}
        _ => return None,
    }
    let mut activity = Activity::new(Source::Sudo, "sudo:message");
    activity.time.clone_from(&line.time);
    activity.place.host.clone_from(&line.host);
    if message.starts_with("pam_unix(") {
        session(line, message, &mut activity);
    } else if line.program.as_deref() == Some("su") {
        switch_user(line, message, &mut activity);
    } else if let Some((user, rest)) = message.split_once(" : ") {
        command(line, user.trim(), rest, &mut activity);
    }
    Some(activity)
}

/// `jane : [why it was refused ; ]TTY=pts/0 ; PWD=/home ; USER=root ; COMMAND=/usr/bin/id`
fn command<'a>(line: &TextLine<'a>, user: &str, rest: &str, activity: &mut Activity<'a>) {
    let cut = |part: &str| within(&line.message, part);
    activity.action = "sudo:exec".into();
    activity.also.push("sudo:COMMAND".into());
    let user = user.rsplit(": ").next().unwrap_or(user);
    activity.identity = Some(on_host(line.host.as_deref(), Kind::Human, Actor::Ambiguous, cut(user)));
    // The command is the last field and may hold anything, separators too.
    let (fields, run) = match rest.split_once("COMMAND=") {
        Some((fields, run)) => (fields, Some(run)),
        None => (rest, None),
    };
    let tty = between(fields, "TTY=", " ;").map(str::trim);
    activity.interactive = match tty {
        Some("unknown" | "none" | "") | None => Some(false),
        Some(_) => Some(true),
    };
    activity.session = tty.filter(|tty| *tty != "unknown").map(|tty| Session { name: cut(tty), mfa: None });
    if let Some(run) = run {
        let program = run.split(' ').next().unwrap_or(run);
        activity.targets.push(Target { name: Text::Owned(format!("sudo:{program}")) });
        activity.mentions.push(cut(run));
        activity.detail = plain(run, false).map(Text::Owned);
    }
    let refusals = [
        "NOT in sudoers",
        "NOT authorized",
        "command not allowed",
        "incorrect password",
        "no tty present",
        "a password is required",
    ];
    let refusal = refusals.iter().find(|text| fields.contains(**text));
    activity.outcome = Some(if refusal.is_some() { Outcome::Denied } else { Outcome::Success });
    activity.error_code = refusal.map(|text| Text::Borrowed(*text));
    if let Some(as_user) = between(fields, "USER=", " ;").filter(|_| refusal.is_none()) {
        activity.links.push(Link::Became { id: on_host_id(line.host.as_deref(), as_user.trim()) });
    }
}

/// `pam_unix(sudo:session): session opened for user root(uid=0) by jane(uid=1000)`
fn session<'a>(line: &TextLine<'a>, message: &str, activity: &mut Activity<'a>) {
    let opened = message.contains("session opened");
    let closed = message.contains("session closed");
    activity.action = match (opened, closed) {
        (true, _) => "sudo:session_open",
        (_, true) => "sudo:session_close",
        _ => "sudo:auth",
    }
    .into();
    if opened && line.program.as_deref() == Some("su") {
        activity.also.push("su:session".into());
    }
    activity.outcome = Some(if opened || closed { Outcome::Success } else { Outcome::Denied });
    let name = |text: &str| text.split('(').next().unwrap_or_default().to_owned();
    let by = word_after(message, " by ").or_else(|| word_after(message, "ruser=")).or_else(|| word_after(message, "logname="));
    if let Some(by) = by.map(name).filter(|by| !by.is_empty()) {
        activity.identity = Some(on_host(line.host.as_deref(), Kind::Human, Actor::Ambiguous, Text::Owned(by)));
    }
    if let Some(to) = word_after(message, "for user ").map(name).filter(|to| !to.is_empty()) {
        activity.targets.push(Target { name: Text::Owned(format!("sudo:user/{to}")) });
        if opened {
            activity.links.push(Link::Became { id: on_host_id(line.host.as_deref(), &to) });
        }
    }
}

/// `(to root) jane on pts/0`, `FAILED SU (to root) jane on pts/0`
fn switch_user<'a>(line: &TextLine<'a>, message: &str, activity: &mut Activity<'a>) {
    let Some((head, rest)) = message.split_once("(to ") else { return };
    let Some((to, rest)) = rest.split_once(')') else { return };
    let failed = head.contains("FAILED");
    activity.action = "sudo:su".into();
    activity.also.push("su:session".into());
    activity.outcome = Some(if failed { Outcome::Denied } else { Outcome::Success });
    let mut words = rest.split_ascii_whitespace();
    activity.identity =
        words.next().map(|user| on_host(line.host.as_deref(), Kind::Human, Actor::Ambiguous, within(&line.message, user)));
    let tty = words.nth(1).filter(|tty| *tty != "none");
    activity.interactive = Some(tty.is_some());
    activity.session = tty.map(|tty| Session { name: within(&line.message, tty), mfa: None });
    activity.targets.push(Target { name: Text::Owned(format!("sudo:user/{to}")) });
    if !failed {
        activity.links.push(Link::Became { id: on_host_id(line.host.as_deref(), to) });
    }
}

#[cfg(test)]
mod tests {
    use crate::support::testing::{Row, check, decoded};
    use vires_event::Link;

    const fn row(
        record: &'static str,
        id: &'static str,
        action: &'static str,
        target: &'static str,
        outcome: &'static str,
    ) -> Row {
        Row { record, source: "sudo", id, kind: "human", actor: "ambiguous", action, target, outcome }
    }

    #[test]
    fn rows() {
        check(&[
            row(
                "Nov 23 18:44:41 web-1 sudo[99]:   deploy : TTY=unknown ; PWD=/srv ; USER=root ; COMMAND=/usr/bin/systemctl restart app ; true",
                "host:web-1:deploy",
                "sudo:exec",
                "sudo:/usr/bin/systemctl",
                "success",
            ),
            row(
                "Nov 23 18:44:41 web-1 sudo:     jane : user NOT in sudoers ; TTY=pts/0 ; PWD=/home/jane ; USER=root ; COMMAND=/bin/sh",
                "host:web-1:jane",
                "sudo:exec",
                "sudo:/bin/sh",
                "denied",
            ),
            row(
                "Nov 23 18:44:41 web-1 sudo: pam_unix(sudo:session): session opened for user root(uid=0) by jane(uid=1000)",
                "host:web-1:jane",
                "sudo:session_open",
                "sudo:user/root",
                "success",
            ),
            row(
                "Nov 23 18:44:41 web-1 su[7]: FAILED SU (to root) jane on pts/1",
                "host:web-1:jane",
                "sudo:su",
                "sudo:user/root",
                "denied",
            ),
        ]);
    }

    #[test]
    fn who_it_became_and_where_from() {
        decoded("Nov 23 18:44:41 web-1 sudo: jane : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/bin/sh", |found| {
            assert_eq!(found.interactive, Some(true));
            assert_eq!(found.session.as_ref().unwrap().name, "pts/0");
            assert_eq!(found.links, [Link::Became { id: "host:web-1:root".into() }]);
            assert_eq!(found.mentions, ["/bin/sh"]);
            assert_eq!(found.detail.as_deref(), Some("sh"));
        });
        decoded("jane : PWD=/ ; USER=root ; COMMAND=/bin/sh", |found| {
            assert_eq!(found.interactive, Some(false));
            assert_eq!(found.identity.as_ref().unwrap().id, "host:-:jane");
        });
    }
}
