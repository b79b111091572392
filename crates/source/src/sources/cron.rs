//! cron daemons (Vixie, cronie, anacron) and the `crontab` command.

use crate::TextLine;
use crate::support::line::{within, word_after};
use crate::support::names::on_host;
use vires_event::{Activity, Actor, Kind, Outcome, Source, Target, Text};

/// Programs that start jobs, or say when.
pub(crate) const PROGRAMS: &[&str] =
    &["CRON", "cron", "crond", "CROND", "anacron", "crontab", "/usr/sbin/cron", "/USR/SBIN/CRON"];

pub(crate) fn decode<'a>(line: &TextLine<'a>) -> Option<Activity<'a>> {
    let message = line.message.trim();
    let program = line.program.as_deref();
    let from_cron = program.is_some_and(|name| PROGRAMS.contains(&name));
    let bare = program.is_none() && message.starts_with('(') && message.contains(") CMD (");
    if !from_cron && !bare {
        return None;
    }
    let mut activity = Activity::new(Source::Cron, "cron:message");
    activity.time.clone_from(&line.time);
    activity.place.host.clone_from(&line.host);
    if message.starts_with("pam_unix(") {
        let opened = message.contains("session opened");
        activity.action = if opened { "cron:session_open" } else { "cron:session_close" }.into();
        let user = word_after(message, "for user ").map(|user| user.split('(').next().unwrap_or(user));
        activity.identity = user.map(|user| daemon_user(line, user));
    } else if let Some((user, rest)) = message.strip_prefix('(').and_then(|rest| rest.split_once(") ")) {
        entry(line, user, rest, &mut activity);
    } else if let Some(job) = message.strip_prefix("Job `").and_then(|rest| rest.split_once('\'')) {
        activity.action = if job.1.contains("started") { "cron:exec" } else { "cron:message" }.into();
        activity.targets.push(Target { name: Text::Owned(format!("cron:{}", job.0)) });
        activity.identity = Some(daemon_user(line, "root"));
    }
    if activity.identity.as_ref().is_some_and(|who| who.actor == Actor::Machine) {
        activity.interactive = Some(false);
    }
    if &*activity.action != "cron:message" {
        activity.outcome =
            Some(if message.contains("FAILED") || message.contains("denied") { Outcome::Denied } else { Outcome::Success });
    }
    Some(activity)
}

/// `(root) CMD (command)`, `(jane) REPLACE (jane)`, `(*system*) RELOAD (/etc/crontab)`
fn entry<'a>(line: &TextLine<'a>, user: &str, rest: &str, activity: &mut Activity<'a>) {
    let (verb, argument) = match rest.split_once(" (") {
        Some((verb, argument)) => (verb, argument.strip_suffix(')').unwrap_or(argument)),
        None => (rest, ""),
    };
    activity.action = match verb {
        "CMD" => Text::Borrowed("cron:exec"),
        "CMDEND" => Text::Borrowed("cron:exec_end"),
        "REPLACE" | "BEGIN EDIT" | "END EDIT" | "LIST" | "DELETE" | "RELOAD" | "ORPHAN" | "AUTH" => {
            Text::Owned(format!("cron:{}", verb.to_ascii_lowercase().replace(' ', "_")))
        }
        _ => Text::Borrowed("cron:message"),
    };
    let by_command = matches!(verb, "REPLACE" | "BEGIN EDIT" | "END EDIT" | "LIST" | "DELETE");
    if by_command {
        activity.also.push(Text::Owned(format!("crontab:{verb}")));
    }
    if !user.starts_with('*') {
        activity.identity = Some(if by_command {
            on_host(line.host.as_deref(), Kind::Human, Actor::Ambiguous, within(&line.message, user))
        } else {
            daemon_user(line, user)
        });
    }
    if argument.is_empty() {
        return;
    }
    let argument = argument.trim();
    let program = argument.split(' ').next().unwrap_or(argument);
    activity.targets.push(Target { name: Text::Owned(format!("cron:{program}")) });
    activity.mentions.push(within(&line.message, argument));
}

/// What cron starts, nobody sits in front of.
fn daemon_user<'a>(line: &TextLine<'a>, user: &str) -> vires_event::Identity<'a> {
    on_host(line.host.as_deref(), Kind::ServiceAccount, Actor::Machine, within(&line.message, user))
}

#[cfg(test)]
mod tests {
    use crate::support::testing::{Row, check};

    #[test]
    fn rows() {
        check(&[
            Row {
                record: "Nov 23 18:17:01 web-1 CRON[4242]: (root) CMD (/usr/local/bin/backup.sh --full (weekly))",
                source: "cron",
                id: "host:web-1:root",
                kind: "service_account",
                actor: "machine",
                action: "cron:exec",
                target: "cron:/usr/local/bin/backup.sh",
                outcome: "success",
            },
            Row {
                record: "Nov 23 18:17:01 web-1 crontab[4242]: (jane) REPLACE (jane)",
                source: "cron",
                id: "host:web-1:jane",
                kind: "human",
                actor: "ambiguous",
                action: "cron:replace",
                target: "cron:jane",
                outcome: "success",
            },
            Row {
                record: "Nov 23 18:17:01 web-1 CRON[1]: pam_unix(cron:session): session opened for user root(uid=0) by (uid=0)",
                source: "cron",
                id: "host:web-1:root",
                kind: "service_account",
                actor: "machine",
                action: "cron:session_open",
                target: "",
                outcome: "success",
            },
            Row {
                record: "Nov 23 18:17:01 web-1 cron[1]: (*system*) RELOAD (/etc/crontab)",
                source: "cron",
                id: "",
                kind: "",
                actor: "",
                action: "cron:reload",
                target: "cron:/etc/crontab",
                outcome: "success",
            },
        ]);
    }
}
