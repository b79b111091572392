//! What of a line of text decides what is said of it: most lines of a host differ in time, process id and what their program
//! reports, and say no more than which program spoke.
//!
//! This knows where the decoders of text look, and nothing else: what is said here must hold for [`crate::open`].

use crate::header::{self, Header};
use crate::sources::{cron, nginx, sshd, sudo, syslog};
use memchr::memmem::Finder;
use std::sync::LazyLock;

/// Where in a line what was said of it before can be looked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told<'a> {
    /// No decoder knows the line.
    Unknown,
    /// The program alone decides, if [`decides_alone`] says so of it; otherwise it is as if the message did.
    ByProgram(&'a str),
    /// The host, the program and the message decide.
    ByMessage,
}

/// A line of text, taken apart as far as it decides.
#[derive(Debug, Clone, Copy)]
pub struct TextParts<'a> {
    header: Header<'a>,
    /// What decides.
    pub told: Told<'a>,
}

/// Takes a line (without its line end) apart. `None` if more of it decides, or if it may be no line of text.
pub fn parts(line: &str) -> Option<TextParts<'_>> {
    let line = trimmed(line);
    // What is trimmed and what begins JSON is seen at the first byte, also behind a header.
    let begins_text = |text: &str| text.bytes().find(|b| *b != b' ').is_none_or(|b| b.is_ascii_graphic() && b != b'{');
    if !begins_text(line) {
        return None;
    }
    let header = header::read(line);
    let message = header.message.trim_start_matches(' ');
    if !begins_text(message) || message.starts_with("@cee:") {
        return None;
    }
    let told = match header.program {
        None if may_be_bare(line, message) => return None,
        None => Told::Unknown,
        Some(_) if is_audit(line) => return None,
        Some(_) if message.starts_with("pam_unix(") => Told::ByMessage,
        Some(program) => Told::ByProgram(program),
    };
    Some(TextParts { header, told })
}

fn trimmed(line: &str) -> &str {
    let start = line.bytes().position(|b| !matches!(b, b' ' | b'\t')).unwrap_or(line.len());
    let end = line.bytes().rposition(|b| !matches!(b, b' ' | b'\t' | b'\n' | b'\r')).map_or(start, |last| last + 1);
    line.get(start..end).unwrap_or_default()
}

/// True if some decoder may know a line that names no program: each looks for one of these.
fn may_be_bare(line: &str, message: &str) -> bool {
    // An access log quotes, cron and audit bracket, sudo separates by semicolons; sshd begins with its verdict.
    memchr::memchr3(b'"', b'(', b';', line.as_bytes()).is_some()
        || message.starts_with("Accepted ")
        || message.starts_with("Failed ")
}

fn is_audit(line: &str) -> bool {
    static AUDIT: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("msg=audit("));
    AUDIT.find(line.as_bytes()).is_some()
}

/// True if of a program's lines nothing more is said than that it spoke, unless they are [`Told::ByMessage`].
pub fn decides_alone(program: &str) -> bool {
    let read = [sshd::PROGRAMS, sudo::PROGRAMS, cron::PROGRAMS, nginx::PROGRAMS].into_iter().flatten();
    !read.chain(syslog::PROGRAMS).any(|name| *name == program || *name == syslog::name(program))
}

impl<'a> TextParts<'a> {
    /// The time in its header: what the decoders of a line without an envelope have of when it was written.
    pub fn time(&self) -> Option<&'a str> {
        self.header.time
    }

    /// Appends what decides if the message does, to an empty `key`. `None` if more than that decides, or if it is longer than `max`.
    pub fn key(&self, max: usize, key: &mut Vec<u8>) -> Option<()> {
        let program = self.header.program?;
        // Its sessions are told by the process id.
        if sshd::PROGRAMS.contains(&program) {
            return None;
        }
        // No text holds such bytes.
        match self.header.host {
            Some(host) => key.extend_from_slice(host.as_bytes()),
            None => key.push(0xfe),
        }
        key.push(0xff);
        key.extend_from_slice(program.as_bytes());
        key.push(0xff);
        key.extend_from_slice(self.header.message.as_bytes());
        (key.len() <= max).then_some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_what_decides() {
        let told = |line: &'static str| parts(line).map(|parts| parts.told);
        for (line, want) in [
            ("Nov 23 18:44:41 web1 kernel: [1.2] up", Some(Told::ByProgram("kernel"))),
            ("<165>1 2026-11-23T18:44:41Z web1 app 99 - - ready", Some(Told::ByProgram("app"))),
            ("Nov 23 18:44:41 web1 login: pam_unix(login:session): session opened", Some(Told::ByMessage)),
            ("just text", Some(Told::Unknown)),
            ("", Some(Told::Unknown)),
            // Each of these may be known by what it says, or be JSON.
            ("Accepted publickey for deploy from 192.0.2.1 port 22 ssh2", None),
            ("(root) CMD (x)", None),
            ("jane : TTY=pts/0 ; USER=root ; COMMAND=/bin/x", None),
            ("Nov 23 18:44:41 web1 audisp: type=X msg=audit(1.2:3): a=b", None),
            ("Nov 23 18:44:41 web1 app: {\"a\":1}", None),
            ("Nov 23 18:44:41 web1 app: @cee: {\"a\":1}", None),
            (" {\"a\":1}", None),
            ("\u{feff}{\"a\":1}", None),
        ] {
            assert_eq!(told(line), want, "{line}");
        }
        assert!(decides_alone("kernel") && !decides_alone("sudo") && !decides_alone("/usr/sbin/passwd"));
    }

    #[test]
    fn neither_time_nor_process_belongs_to_the_key() {
        let key = |line: &str| {
            let mut key = Vec::new();
            parts(line).and_then(|parts| parts.key(100, &mut key)).map(|()| key)
        };
        let one = key("Nov 23 18:44:41 web1 sudo[7]: x : COMMAND=y");
        assert!(one.is_some());
        assert_eq!(one, key("<13>Nov 24 01:02:03 web1 sudo[8]: x : COMMAND=y "));
        assert_ne!(one, key("Nov 23 18:44:41 web2 sudo[7]: x : COMMAND=y"));
        assert_eq!(key("Nov 23 18:44:41 web1 sshd[7]: x"), None);
        assert_eq!(key(&format!("Nov 23 18:44:41 web1 sudo[7]: {}", "x".repeat(101))), None);
    }
}
