//! What is remembered of lines of text and of JSON records other than CloudTrail's: answers from memory against answers of one that
//! forgets every line, and whether what is said to decide nothing decides nothing.

#![allow(clippy::unwrap_used)]

mod common;

use common::{Kept, sample_texts, taggers};
use proptest::prelude::*;
use std::sync::LazyLock;
use vires_source::json::{Tape, slots};
use vires_source::repeats::{Use, repeats, use_of};
use vires_tag::{Only, Options, Raw, Reply, Scratch, Tagger};

static TAGGERS: LazyLock<Vec<Tagger>> = LazyLock::new(|| {
    taggers([
        Options::default(),
        Options { only: Some(Only::Sensitive), ..Options::default() },
        Options { raw: Raw::Passthrough, only: Some(Only::Machine), ..Options::default() },
        Options { reply: Reply::Rsyslog, field: "verb".into(), ..Options::default() },
    ])
});

thread_local! {
    static KEPT: Kept = Kept::default();
}

fn check(line: &[u8]) {
    common::check(&TAGGERS, &KEPT, 3, line);
}

/// The `nhi` object for a line.
fn said(line: &str) -> String {
    let (mut scratch, mut answer) = (Scratch::default(), Vec::new());
    TAGGERS[0].line(line.as_bytes(), &mut scratch, &mut answer);
    serde_json::from_slice::<serde_json::Value>(&answer).unwrap()["nhi"].to_string()
}

/// The variable places of a record of a source that repeats itself, and what each is good for.
fn places(line: &str) -> Option<Vec<(std::ops::Range<usize>, Use)>> {
    let mut scratch = vires_source::Scratch::default();
    let opened = vires_source::open(line.as_bytes(), &mut scratch);
    let source = opened.activity.filter(|a| opened.layers.is_empty() && repeats(a.source))?.source;
    let mut tape = Tape::default();
    let root = tape.parse(line).unwrap();
    let found = slots(root).map(|(value, slot)| {
        let mut names: Vec<&str> = root.names_at(value.span().start).collect();
        names.reverse();
        (slot.range(), use_of(source, &names))
    });
    Some(found.collect())
}

#[test]
fn what_passes_decides_nothing() {
    let mut tried = 0;
    for line in sample_texts() {
        let Some(places) = places(&line) else { continue };
        let before = said(&line);
        for (range, good_for) in places {
            let old = &line[range.clone()];
            let number = !line[..range.start].ends_with('"');
            let other = match good_for {
                Use::Passes if number => "7",
                Use::Passes => "other",
                Use::Address if old.bytes().all(|b| b.is_ascii_hexdigit() || matches!(b, b'.' | b':')) => "203.0.113.77",
                _ => continue,
            };
            let mut changed = line.clone();
            changed.replace_range(range, other);
            assert_eq!(said(&changed), before, "{changed}");
            tried += 1;
        }
    }
    assert!(tried > 100, "{tried}");
}

/// Texts of records are replaced by what matters somewhere.
#[test]
fn agrees_whichever_text_differs() {
    let others = [
        "x",
        "AKIARZPUZDIKABNMHEL6",
        "ghp_0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ",
        "AIza!ghp_!AKIA",
        "postgres://svc:Zk3vQx81mRt@db.example.com/x",
        "prod-payroll/secrets.env",
        "system:serviceaccount:a:b",
        "private",
        "",
        "192.0.2.1",
        "a\\\"b",
        "cluster-admin",
    ];
    let mut tried = 0;
    for (n, line) in sample_texts().into_iter().enumerate() {
        let Some(places) = places(&line) else { continue };
        check(line.as_bytes());
        for (range, _) in places.into_iter().skip(n % 3).step_by(3) {
            let mut changed = line.clone();
            let number = !line[..range.start].ends_with('"');
            changed.replace_range(range, if number { "17" } else { others[tried % others.len()] });
            check(changed.as_bytes());
            tried += 1;
        }
    }
    assert!(tried > 300, "{tried}");
}

#[test]
fn agrees_on_the_sample_logs() {
    for line in sample_texts().iter().filter(|line| !line.contains("eventSource")) {
        check(line.as_bytes());
        if !line.starts_with('{') {
            check(line.replace(['1', '3'], "2").as_bytes());
            check(format!(" <13>{line} \t").as_bytes());
        }
    }
}

/// What a command does decides, and is told by its arguments alone.
#[test]
fn the_command_decides() {
    let mut effects = Vec::new();
    for command in ["stop", "status", "stop", "status"] {
        let line = format!(
            "Nov 23 18:44:41 web1 sudo[7]: jane : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/usr/bin/systemctl {command} auditd"
        );
        check(line.as_bytes());
        let said: serde_json::Value = serde_json::from_str(&said(&line)).unwrap();
        effects.push(said["effect"].to_string());
    }
    assert_ne!(effects[0], effects[1]);
}

const TIMES: [&str; 7] = [
    "Nov 23 18:44:41 ",
    "<13>Nov  3 18:44:41 ",
    "2026-11-23T18:44:41.5Z ",
    "<165>1 2026-11-23T18:44:41Z ",
    "2026-11-23T18:44:41Z stdout F ",
    "\u{feff}Nov 23 18:44:41 ",
    "",
];

const PROGRAMS: [&str; 16] = [
    "kernel:",
    "app[7]:",
    "app[8]:",
    "sshd[7]:",
    "sudo:",
    "su[7]:",
    "CRON[7]:",
    "nginx:",
    "useradd[7]:",
    "/usr/sbin/passwd[7]:",
    "systemd[1]:",
    "login:",
    "app 7 - -",
    "sudo 7 ID [a b=\"c\"]",
    "-",
    "",
];

const MESSAGES: [&str; 29] = [
    "link up",
    "",
    "  ",
    "pam_unix(x:session): session opened for user root(uid=0) by jane(uid=7)",
    "\u{a0}pam_unix(x:session): session opened for user root(uid=0) by jane(uid=7)",
    "\tpam_unix(x:session): authentication failure; logname= uid=0 user=joe",
    "(root) CMD (/usr/bin/backup prod-payroll)",
    "node=db type=USER_CMD msg=audit(1795459481.123:456): pid=9 uid=0 auid=7 cmd=6964 res=success",
    r#"{"kind":"Event","apiVersion":"audit.k8s.io/v1","verb":"get","user":{"username":"jane"},"objectRef":{"resource":"secrets"}}"#,
    r#"@cee:{"kind":"Event","apiVersion":"audit.k8s.io/v1","verb":"get","user":{"username":"jane"}}"#,
    "new user: name=backdoor, UID=1002",
    "password changed for root",
    "Created symlink /etc/systemd/system/x.service",
    "Accepted publickey for deploy from 192.0.2.1 port 22 ssh2: RSA SHA256:abc",
    "Failed password for invalid user admin from 192.0.2.1 port 22 ssh2",
    "jane : TTY=pts/0 ; PWD=/home ; USER=root ; COMMAND=/usr/bin/cat /etc/shadow",
    "jane : TTY=pts/0 ; PWD=/home ; USER=root ; COMMAND=/usr/bin/cat /etc/motd",
    "jane : TTY=pts/0 ; PWD=/home ; USER=root ; COMMAND=/usr/bin/systemctl stop auditd",
    "jane : TTY=pts/0 ; PWD=/home ; USER=root ; COMMAND=/usr/bin/systemctl status auditd",
    "type=EXECVE msg=audit(1795459481.123:458): argc=3 a0=\"systemctl\" a1=\"stop\" a2=\"auditd\"",
    "type=EXECVE msg=audit(1795459481.123:458): argc=3 a0=\"systemctl\" a1=\"status\" a2=\"auditd\"",
    r#"192.0.2.9 - ci [23/Nov/2026:18:44:41 +0000] "PUT /a?sig=x HTTP/1.1" 201 12 "-" "curl/8.5.0""#,
    "token ghp_0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ AKIARZPUZDIKABNMHEL6",
    "near AKIA! ghp_ sk_live_1 http://",
    "a \"quoted\" \\ path\u{1b}[0m",
    "größe \u{202e}",
    "[1,2]",
    "12",
    "(to root) jane on pts/0",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1024))]
    #[test]
    fn agrees_on_lines_of_text(time in 0..TIMES.len(), host in 0..4usize, program in 0..PROGRAMS.len(), message in 0..MESSAGES.len(), end in 0..6usize) {
        let host = ["web1 ", "web2 ", "- ", ""][host];
        let end = ["", " ", "\r", "\t", "\u{a0}", "7"][end];
        check(format!("{}{host}{} {}{end}", TIMES[time], PROGRAMS[program], MESSAGES[message]).as_bytes());
    }
}
