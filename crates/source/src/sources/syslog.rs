//! Any other line with a syslog header: all that is known is which program spoke, where.

use crate::TextLine;
use crate::support::line::{between, within, word_after};
use crate::support::names::on_host;
use vires_event::{Activity, Actor, Kind, Outcome, Source, Target, Text};

/// Programs whose messages are read, see [`account_change`].
pub(crate) const PROGRAMS: &[&str] = &["useradd", "adduser", "groupadd", "passwd", "chpasswd", "usermod", "systemd"];

/// Some tags are paths; the program is their last part.
pub(crate) fn name(program: &str) -> &str {
    program.rsplit('/').next().filter(|name| !name.is_empty()).unwrap_or(program)
}

pub(crate) fn decode<'a>(line: &TextLine<'a>) -> Option<Activity<'a>> {
    let name = name(line.program.as_deref()?);
    let mut activity = Activity::new(Source::Syslog, Text::Owned(format!("syslog:{name}")));
    activity.time.clone_from(&line.time);
    activity.place.host.clone_from(&line.host);
    let message = line.message.trim();
    account_change(name, message, &mut activity);
    if message.starts_with("pam_unix(") {
        let by = word_after(message, " by ").map(|by| by.split('(').next().unwrap_or(by)).filter(|by| !by.is_empty());
        activity.identity =
            by.map(|by| on_host(line.host.as_deref(), Kind::Human, Actor::Ambiguous, within(&line.message, by)));
        activity.outcome = Some(if message.contains("failure") { Outcome::Denied } else { Outcome::Success });
    }
    Some(activity)
}

/// What the account tools of shadow-utils say, under the names by which the catalogue knows it.
fn account_change(program: &str, message: &str, activity: &mut Activity<'_>) {
    let (also, subject) = match program {
        "useradd" | "adduser" if message.starts_with("new user") => ("useradd:new user", between(message, "name=", ",")),
        "groupadd" if message.contains("new group") => ("groupadd:new group", between(message, "name=", ",")),
        "passwd" | "chpasswd" if message.contains("password changed") => {
            ("passwd:password changed", word_after(message, " for "))
        }
        "usermod" if message.starts_with("add ") => ("usermod:add to group", between(message, "group '", "'")),
        "systemd" if message.contains("Created symlink") => ("systemd:Created symlink", word_after(message, "symlink ")),
        _ => return,
    };
    activity.also.push(also.into());
    activity.outcome = Some(Outcome::Success);
    if let Some(subject) = subject {
        activity.targets.push(Target { name: Text::Owned(format!("{program}:{subject}")) });
    }
}

#[cfg(test)]
mod tests {
    use crate::support::testing::{Row, check};
    use crate::{TextLine, decode_text};

    #[test]
    fn rows() {
        check(&[
            Row {
                record: "Nov 23 18:44:41 web-1 useradd[77]: new user: name=backdoor, UID=1002, GID=1002, home=/home/b, shell=/bin/sh",
                source: "syslog",
                id: "",
                kind: "",
                actor: "",
                action: "syslog:useradd",
                target: "useradd:backdoor",
                outcome: "success",
            },
            Row {
                record: "<30>1 2026-11-23T18:44:41Z web-1 kubelet 811 - - node ready",
                source: "syslog",
                id: "",
                kind: "",
                actor: "",
                action: "syslog:kubelet",
                target: "",
                outcome: "",
            },
        ]);
    }

    #[test]
    fn text_without_a_header_is_nobody_s() {
        let line = TextLine { line: "just text".into(), message: "just text".into(), ..TextLine::default() };
        assert_eq!(decode_text(&line), None);
    }
}
