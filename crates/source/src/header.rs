//! Headers of text lines: syslog (RFC 3164, RFC 5424, and the ISO form that rsyslog and systemd write) and the Kubernetes CRI prefix.

use crate::TextLine;
use std::borrow::Cow;

/// A line of text with its header taken apart.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Header<'a> {
    pub host: Option<&'a str>,
    pub program: Option<&'a str>,
    pub pid: Option<&'a str>,
    pub time: Option<&'a str>,
    /// What follows the header; the whole line if there is none.
    pub message: &'a str,
}

/// Takes the header off one line of text. Without a header the whole line is the message.
pub(crate) fn split(line: &str) -> TextLine<'_> {
    let Header { host, program, pid, time, message } = read(line);
    let text = |part: Option<_>| part.map(Cow::Borrowed);
    TextLine {
        line: Cow::Borrowed(line),
        host: text(host),
        program: text(program),
        pid: text(pid),
        time: text(time),
        message: Cow::Borrowed(message),
    }
}

/// The same, as parts of the line.
pub(crate) fn read(line: &str) -> Header<'_> {
    let body = cri_payload(line).unwrap_or(line);
    let after_pri = strip_priority(body);
    let rest = after_pri.unwrap_or(body);
    after_pri.and_then(rfc5424).or_else(|| traditional(rest)).unwrap_or(Header { message: rest, ..Header::default() })
}

/// The payload of a CRI log line: `2026-11-23T18:44:41.123456789Z stdout F payload`.
fn cri_payload(line: &str) -> Option<&str> {
    let (_, rest) = iso_time(line)?;
    let rest = rest.strip_prefix("stdout ").or_else(|| rest.strip_prefix("stderr "))?;
    rest.strip_prefix("F ").or_else(|| rest.strip_prefix("P "))
}

/// What follows `<pri>`; `None` without one.
fn strip_priority(line: &str) -> Option<&str> {
    let (digits, rest) = line.strip_prefix('<')?.split_once('>')?;
    (!digits.is_empty() && digits.len() <= 3 && digits.bytes().all(|b| b.is_ascii_digit())).then_some(rest)
}

/// `1 TIME HOST APP PROCID MSGID SD MSG`, where `-` stands for nothing.
fn rfc5424(line: &str) -> Option<Header<'_>> {
    let mut parts = line.strip_prefix("1 ")?.splitn(6, ' ');
    let (time, host, app, pid, _msgid) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    if time != "-" && !is_iso_time(time) {
        return None;
    }
    let message = after_structured_data(parts.next().unwrap_or("-"))?;
    let value = |text| if text == "-" { None } else { Some(text) };
    Some(Header {
        host: value(host),
        program: value(app),
        pid: value(pid),
        time: value(time),
        message: message.strip_prefix('\u{feff}').unwrap_or(message),
    })
}

/// Skips `-` or `[id key="value"…]…`, in which `\"`, `\\` and `\]` are escaped.
fn after_structured_data(text: &str) -> Option<&str> {
    if let Some(rest) = text.strip_prefix('-') {
        return Some(rest.strip_prefix(' ').unwrap_or(rest));
    }
    let bytes = text.as_bytes();
    let mut at = 0;
    while bytes.get(at) == Some(&b'[') {
        let mut quoted = false;
        loop {
            match bytes.get(at)? {
                b'\\' if quoted => at += 1,
                b'"' => quoted = !quoted,
                b']' if !quoted => break,
                _ => {}
            }
            at += 1;
        }
        at += 1;
    }
    let rest = text.get(at..)?;
    if at == 0 { None } else { Some(rest.strip_prefix(' ').unwrap_or(rest)) }
}

/// `Nov 23 18:44:41 host program[pid]: message`, or the same with an ISO time.
fn traditional(line: &str) -> Option<Header<'_>> {
    let (time, rest) = leading_time(line)?;
    let rest = rest.trim_start_matches(' ');
    // Not every sender writes a tag, or even a host: a record that begins here is the message.
    let (host, rest) = if rest.starts_with('{') { ("", rest) } else { word(rest)? };
    // A host never ends in a colon: that is a tag, and the host is missing.
    let (host, rest) = if host.ends_with(':') { (None, rest_from(line, host)?) } else { (Some(host), rest) };
    let (program, pid, message) = match rest.trim_start_matches(' ') {
        record if record.starts_with('{') => (None, None, record),
        _ => {
            let (program, pid, message) = tag(rest)?;
            (Some(program), pid, message)
        }
    };
    Some(Header { host: host.filter(|host| !host.is_empty()), program, pid, time: Some(time), message })
}

/// What stands before the first blank, and what behind it. Words of headers are short: no search is worth its beginning.
fn word(text: &str) -> Option<(&str, &str)> {
    let end = text.bytes().position(|b| b == b' ')?;
    Some((&text[..end], &text[end + 1..]))
}

/// The part of `line` that starts at `part`, which must be a slice of it.
fn rest_from<'a>(line: &'a str, part: &str) -> Option<&'a str> {
    line.get(part.as_ptr() as usize - line.as_ptr() as usize..)
}

fn leading_time(line: &str) -> Option<(&str, &str)> {
    if let Some(found) = iso_time(line) {
        return Some(found);
    }
    // `Mmm dd hh:mm:ss`, the day padded with a blank.
    let b = line.as_bytes().first_chunk::<16>()?;
    let month = matches!(
        &b[..3],
        b"Jan" | b"Feb" | b"Mar" | b"Apr" | b"May" | b"Jun" | b"Jul" | b"Aug" | b"Sep" | b"Oct" | b"Nov" | b"Dec"
    );
    let shape = b[3] == b' ' && b[6] == b' ' && b[9] == b':' && b[12] == b':' && b[14].is_ascii_digit() && b[15] == b' ';
    // The blank ends a character, and so the time does not end within one.
    (month && shape).then(|| line.split_at(15)).map(|(time, rest)| (time, &rest[1..]))
}

/// The ISO time that a line begins with, and what follows the blank behind it.
fn iso_time(line: &str) -> Option<(&str, &str)> {
    // Nearly no other line has these two where a date has them.
    if line.as_bytes().get(4) != Some(&b'-') || line.as_bytes().get(10) != Some(&b'T') {
        return None;
    }
    word(line).filter(|(time, _)| is_iso_time(time))
}

/// `program[pid]: message` or `program: message`.
fn tag(text: &str) -> Option<(&str, Option<&str>, &str)> {
    let end = text.bytes().take(64).position(|b| matches!(b, b':' | b'[' | b' '))?;
    let (program, rest) = text.split_at(end);
    if program.is_empty() {
        return None;
    }
    let (pid, rest) = match rest.strip_prefix('[') {
        Some(inner) => {
            let (pid, rest) = inner.split_once(']')?;
            (Some(pid), rest)
        }
        None => (None, rest),
    };
    let message = rest.strip_prefix(':')?;
    Some((program, pid, message.strip_prefix(' ').unwrap_or(message)))
}

fn is_iso_time(text: &str) -> bool {
    let b = text.as_bytes();
    b.len() >= 19
        && b.len() <= 40
        && b[4] == b'-'
        && b[7] == b'-'
        && b[10] == b'T'
        && b[0].is_ascii_digit()
        && b[18].is_ascii_digit()
}

#[cfg(test)]
mod tests {
    use super::split;
    use proptest::prelude::*;

    #[test]
    fn reads_the_headers_that_shippers_write() {
        for (line, host, program, pid, message) in [
            ("Nov 23 18:44:41 web1 sshd[12]: Accepted x", "web1", "sshd", "12", "Accepted x"),
            ("<34>Nov  3 18:44:41 web1 sudo:   a : b", "web1", "sudo", "", "  a : b"),
            ("2026-11-23T18:44:41.1+01:00 web1 CRON[7]: (root) CMD (x)", "web1", "CRON", "7", "(root) CMD (x)"),
            ("<165>1 2026-11-23T18:44:41Z web1 app 99 ID [a b=\"\\]c\"][d] {\"x\":1}", "web1", "app", "99", "{\"x\":1}"),
            ("<165>1 2026-11-23T18:44:41Z web1 app - - - hi", "web1", "app", "", "hi"),
            ("<165>1 - - - - - -", "", "", "", ""),
            ("<13>Nov 23 18:44:41 tag: no host", "", "tag", "", "no host"),
            ("2026-11-23T18:44:41.123456789Z stdout F {\"a\":1}", "", "", "", "{\"a\":1}"),
            ("<13>Nov 23 18:44:41 web1 {\"a\":1}", "web1", "", "", "{\"a\":1}"),
            ("Nov 23 18:44:41 {\"a\":1}", "", "", "", "{\"a\":1}"),
            ("plain text: with colon", "", "", "", "plain text: with colon"),
            ("<999999>x", "", "", "", "<999999>x"),
            ("Nov 23 18:44:41", "", "", "", "Nov 23 18:44:41"),
        ] {
            let t = split(line);
            let said = |o: &Option<_>| o.as_deref().unwrap_or("").to_owned();
            assert_eq!(
                (said(&t.host), said(&t.program), said(&t.pid), &*t.message),
                (host.into(), program.into(), pid.into(), message),
                "{line}"
            );
            assert_eq!(t.line, line);
        }
    }

    proptest! {
        #[test]
        fn never_panics(line in "(<[0-9]{0,4}>)?(1 )?(Nov 23 18:44:41|2026-11-23T18:44:41Z)?[ \\[\\]:\\\\\"a-zé-]{0,40}") {
            split(&line);
        }
    }
}
