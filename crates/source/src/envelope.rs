//! Finds the record inside a line: the event itself, or what a shipper wrapped around it, up to three levels deep.
//!
//! Looked into, in this order: the line as a record; a JSON object (or a string that holds one) in `message`, `log`, `msg`,
//! `MESSAGE`, `event.original`, `event` (of a Sigma match), `detail` (EventBridge), `rawmsg` and `$!` (rsyslog); a text in one of
//! these; a text line with a syslog or CRI header and its payload. The outer record wins over an inner one: text that an attacker
//! gets logged inside a record can then not stand in for the record.

use crate::json::{Parts, Tape, Type, Value, unescape_into};
use crate::{Hints, TextLine, decode_json, decode_text, header};
use std::borrow::Cow;
use std::ops::Range;
use vires_event::{Activity, Source, Text, Year, parse_time, parse_yearless};

/// How many envelopes are opened around a record.
pub const MAX_DEPTH: usize = 3;

/// A buffer of text that once grew beyond this gives its memory back before the next line.
const KEEP_BYTES: usize = 1 << 20;

/// Buffers that are reused from line to line.
#[derive(Debug, Default)]
pub struct Scratch {
    outer: Tape,
    parts: Parts,
    repaired: String,
    lossy: String,
    // One level is used up by each attempt, so a line may hold twice as many candidates as levels; and one is our own wrapper.
    levels: [Level; 2 * MAX_DEPTH + 1],
}

#[derive(Debug, Default)]
struct Level {
    tape: Tape,
    text: String,
}

/// What a line is, seen from outside.
#[derive(Debug, Clone, Copy)]
pub enum Shape<'a> {
    /// One JSON object: tags can be spliced into it.
    Object(Value<'a>),
    /// Vector's `native_json`: an object whose only member is the object `log`; tags belong inside that.
    NativeLog(Value<'a>),
    /// Anything else.
    Text,
}

/// A line, opened.
#[derive(Debug)]
pub struct Opened<'a> {
    /// The line as text. In an object, each byte that is not UTF-8 was read as `?`, so that offsets stay those of the line.
    pub text: &'a str,
    /// What the line is.
    pub shape: Shape<'a>,
    /// The texts around what was found, the innermost first: a part of each was read as a text of its own, the last is the line's.
    /// Empty if it was found in the line itself.
    pub layers: Vec<Layer<'a>>,
    /// The record that was found in it, if a decoder knew it.
    pub activity: Option<Activity<'a>>,
    /// The JSON object that the activity was decoded from, not its envelope. `None` for text.
    pub record: Option<Value<'a>>,
    /// False if the bytes were not UTF-8.
    pub valid_utf8: bool,
}

/// A text that a part of was taken out and read as a text of its own.
#[derive(Debug, Clone)]
pub struct Layer<'a> {
    /// The whole text.
    pub text: &'a str,
    /// Its outermost value, if it is JSON.
    pub root: Option<Value<'a>>,
    /// Where in it the part stands that is read as another JSON text: a string with its quotes, or what follows the header of a
    /// line. Empty if the part is a line of text, which this layer shows as well as any.
    pub inner: Range<usize>,
}

/// Opens one line (without its line end).
pub fn open<'a>(line: &'a [u8], scratch: &'a mut Scratch) -> Opened<'a> {
    let Scratch { outer, parts, repaired, lossy, levels } = scratch;
    [&mut *repaired, &mut *lossy].into_iter().chain(levels.iter_mut().map(|level| &mut level.text)).for_each(empty);
    let (text, valid_utf8): (&'a str, bool) = match simdutf8::basic::from_utf8(line) {
        Ok(text) => (text, true),
        Err(_) => {
            repair(line, repaired);
            (repaired.as_str(), false)
        }
    };
    let hints = Hints::default();
    let levels = &mut levels[..];
    match outer.parse_with(text, parts) {
        Ok(value) if value.is_object() => {
            let (shape, record) = match native_log(value) {
                Some(log) => (Shape::NativeLog(log), log),
                None => (Shape::Object(value), value),
            };
            // A line that an earlier pass wrapped is read as it was then: the wrapper is no level, and the bytes it mended count.
            let (wraps_text, tags) = text_wrapper(value);
            let depth = MAX_DEPTH + usize::from(wraps_text);
            let mended = tags.and_then(|tags| tags.get_text("error")).is_some_and(|e| e == "invalid_utf8");
            let Found { activity, record, layers } = in_object(record, &hints, depth, levels, parts).0;
            Opened { text, shape, layers, activity, record, valid_utf8: valid_utf8 && !mended }
        }
        _ => {
            // What is read is what the answer will say, so that whoever reads the answer finds the same.
            let text = if valid_utf8 { text } else { mend(line, lossy) };
            let Found { activity, record, mut layers } = match text.trim_start().starts_with('{') {
                // Broken JSON: no need to find that out twice.
                true => Found::default(),
                false => in_payload(text, None, &hints, MAX_DEPTH, levels, parts).0,
            };
            // JSON behind a byte order mark is a text of its own, as it is where an earlier pass wrapped the line.
            let json = trim(text);
            if activity.is_some() && json.starts_with('{') {
                let start = json.as_ptr() as usize - text.as_ptr() as usize;
                layers.push(Layer { text, root: None, inner: start..start + json.len() });
            }
            Opened { text, shape: Shape::Text, layers, activity, record, valid_utf8 }
        }
    }
}

fn empty(buffer: &mut String) {
    buffer.clear();
    if buffer.capacity() > KEEP_BYTES {
        *buffer = String::new();
    }
}

/// True for a message and nothing else but the tags of an earlier pass, which come with it: what a pass makes of a line of text.
/// A shipper's own object of this shape cannot be told from it.
fn text_wrapper(object: Value<'_>) -> (bool, Option<Value<'_>>) {
    let mut members = object.fields().map(|(_, value)| value);
    if !members.next().is_some_and(|message| message.key_is("message") && message.kind() == Type::String) {
        return (false, None);
    }
    let Some(tags) = members.next() else { return (true, None) };
    let ours = members.next().is_none()
        && tags.get("v").is_some_and(|v| v.kind() == Type::Number)
        && tags.get("tagged").is_some_and(|t| t.kind() == Type::Bool);
    (ours, ours.then_some(tags))
}

/// `text` without blanks around it and without the byte order mark that some editors and exports begin a file with.
fn trim(text: &str) -> &str {
    text.strip_prefix(MARK).unwrap_or(text).trim_matches([' ', '\t', '\n', '\r'])
}

const MARK: char = '\u{feff}';

/// Appends `line` with U+FFFD for what is not UTF-8, as the answer to a line of text says it.
fn mend<'a>(line: &[u8], out: &'a mut String) -> &'a str {
    for chunk in line.utf8_chunks() {
        out.push_str(chunk.valid());
        if !chunk.invalid().is_empty() {
            out.push(char::REPLACEMENT_CHARACTER);
        }
    }
    out
}

/// Appends `line` with every byte that is not part of a UTF-8 character replaced by `?`, so that the length stays.
fn repair(line: &[u8], out: &mut String) {
    for chunk in line.utf8_chunks() {
        out.push_str(chunk.valid());
        out.extend(chunk.invalid().iter().map(|_| '?'));
    }
}

fn native_log(value: Value<'_>) -> Option<Value<'_>> {
    let mut fields = value.fields();
    let (_, only) = fields.next()?;
    (fields.next().is_none() && only.key_is("log") && only.is_object()).then_some(only)
}

/// What a search found.
#[derive(Default)]
struct Found<'a> {
    activity: Option<Activity<'a>>,
    record: Option<Value<'a>>,
    layers: Vec<Layer<'a>>,
}

impl<'a> Found<'a> {
    fn here(activity: Option<Activity<'a>>, record: Option<Value<'a>>) -> Self {
        Found { activity, record, layers: Vec::new() }
    }
}

/// What was found, and the levels that are left unused.
type Search<'a> = (Found<'a>, &'a mut [Level]);

fn in_object<'a>(object: Value<'a>, hints: &Hints<'a>, depth: usize, levels: &'a mut [Level], parts: &mut Parts) -> Search<'a> {
    if let Some(activity) = decode_json(object, hints) {
        return (Found::here(Some(activity), Some(object)), levels);
    }
    if depth == 0 {
        return (Found::default(), levels);
    }
    let (hints, wrapped) = envelope(object, hints);
    let mut levels = levels;
    let mut header_alone: Option<Found<'a>> = None;
    for inner in wrapped.into_iter().flatten() {
        let mut found;
        (found, levels) = in_member(inner, object, &hints, depth, levels, parts);
        if let Some(activity) = &found.activity {
            let says_little = activity.source == Source::Syslog;
            // A member that is an object itself is read where it stands.
            if inner.kind() == Type::String {
                let json = found.record.is_some() || !found.layers.is_empty();
                let inner = if json { inner.span() } else { 0..0 };
                found.layers.push(Layer { text: object.document(), root: Some(object.root()), inner });
            }
            if !says_little {
                return (found, levels);
            }
            // A text with nothing known but its header: another member may hold the record (rsyslog's `$!` beside `rawmsg`).
            header_alone = header_alone.or(Some(found));
        }
    }
    (header_alone.unwrap_or_default(), levels)
}

fn in_member<'a>(
    inner: Value<'a>,
    outer: Value<'a>,
    hints: &Hints<'a>,
    depth: usize,
    levels: &'a mut [Level],
    parts: &mut Parts,
) -> Search<'a> {
    match inner.kind() {
        Type::Object => in_object(inner, hints, depth - 1, levels, parts),
        Type::String => match inner.str() {
            Some(Cow::Borrowed(text)) => in_payload(text, Some(outer), hints, depth - 1, levels, parts),
            _ => {
                let Some((level, rest)) = levels.split_first_mut() else { return (Found::default(), &mut []) };
                let Level { tape, text } = level;
                let raw = inner.raw();
                unescape_into(&raw[1..raw.len() - 1], text);
                let text: &'a str = text;
                in_unescaped(text, tape, Some(outer), hints, depth - 1, rest, parts)
            }
        },
        _ => (Found::default(), levels),
    }
}

fn in_payload<'a>(
    text: &'a str,
    outer: Option<Value<'a>>,
    hints: &Hints<'a>,
    depth: usize,
    levels: &'a mut [Level],
    parts: &mut Parts,
) -> Search<'a> {
    let Some((level, rest)) = levels.split_first_mut() else { return (Found::default(), &mut []) };
    in_unescaped(text, &mut level.tape, outer, hints, depth, rest, parts)
}

fn in_unescaped<'a>(
    text: &'a str,
    tape: &'a mut Tape,
    outer: Option<Value<'a>>,
    hints: &Hints<'a>,
    depth: usize,
    levels: &'a mut [Level],
    parts: &mut Parts,
) -> Search<'a> {
    let trimmed = trim(text);
    if trimmed.starts_with('{') {
        return match tape.parse_with(trimmed, parts) {
            Ok(value) => in_object(value, hints, depth, levels, parts),
            Err(_) => (Found::default(), levels),
        };
    }
    let mut line = header::split(trimmed);
    if let Some(outer) = outer {
        complete(&mut line, outer);
    }
    in_text(line, hints, depth, levels, parts)
}

fn in_text<'a>(
    mut line: TextLine<'a>,
    hints: &Hints<'a>,
    depth: usize,
    levels: &'a mut [Level],
    parts: &mut Parts,
) -> Search<'a> {
    if let Cow::Borrowed(message) = line.message {
        let payload = message.trim_start_matches(' ');
        let payload = payload.strip_prefix("@cee:").unwrap_or(payload).trim_start_matches(' ');
        if payload.starts_with('{') && depth > 0 {
            let hints = Hints { host: line.host.clone().or_else(|| hints.host.clone()), ..hints.clone() };
            let (mut found, rest) = in_payload(payload, None, &hints, depth - 1, levels, parts);
            if found.activity.is_some() {
                if let Cow::Borrowed(text) = line.line {
                    // The payload is the end of the line.
                    found.layers.push(Layer { text, root: None, inner: text.len() - payload.len()..text.len() });
                }
                return (found, rest);
            }
            return (Found::here(decode_text(&line), None), rest);
        }
    }
    if line.host.is_none() {
        line.host.clone_from(&hints.host);
    }
    line.time = match (line.time.take(), &hints.time) {
        (None, outer) => outer.clone(),
        (Some(own), Some(outer)) => Some(with_year(own, outer)),
        (own, None) => own,
    };
    (Found::here(decode_text(&line), None), levels)
}

/// A time without a year, completed by the one that the envelope says.
fn with_year<'a>(own: Text<'a>, outer: &str) -> Text<'a> {
    if parse_time(&own).is_some() {
        return own;
    }
    let full = parse_time(outer).and_then(|outer| parse_yearless(&own, Year::Near(outer)));
    full.map_or(own, |millis| millis.to_string().into())
}

/// Members of an envelope that hold a record or say where and when it was logged: whoever writes one of them changes what is read.
pub const MEMBERS: [&str; 27] = [
    "message",
    "log",
    "MESSAGE",
    "rawmsg",
    "msg",
    "$!",
    "event.original",
    "event",
    "detail",
    "host",
    "hostname",
    "_HOSTNAME",
    "cluster",
    "cluster_name",
    "kubernetes",
    "timestamp",
    "@timestamp",
    "timereported",
    "time",
    "programname",
    "SYSLOG_IDENTIFIER",
    "appname",
    "ident",
    "program",
    "procid",
    "_PID",
    "pid",
];

/// Members of an envelope whose texts and numbers no decoder recognises a record by: they differ from line to line.
pub const PASSING: [&str; 6] = ["timestamp", "@timestamp", "host", "hostname", "file", "offset"];

/// What an envelope says beside its payload, and the members that may hold the payload, the likeliest first.
fn envelope<'a>(object: Value<'a>, outer: &Hints<'a>) -> (Hints<'a>, [Option<Value<'a>>; 8]) {
    let mut hints = outer.clone();
    let mut wrapped = [None; 8];
    let (mut rule, mut event) = (false, None);
    for (key, value) in object.fields() {
        match key {
            "message" => wrapped[0] = Some(value),
            "log" => wrapped[1] = Some(value),
            "MESSAGE" => wrapped[2] = Some(value),
            "rawmsg" => wrapped[3] = Some(value),
            "msg" => wrapped[4] = Some(value),
            "$!" => wrapped[5] = Some(value),
            "event.original" => wrapped[6] = Some(value),
            "event" => (event, wrapped[6]) = (Some(value), value.get("original").or(wrapped[6])),
            "rule_title" | "rule_id" => rule = true,
            "detail" => wrapped[7] = Some(value),
            "host" | "hostname" | "_HOSTNAME" => {
                hints.host = value.text().or_else(|| value.get_text("name")).or(hints.host);
            }
            "cluster" | "cluster_name" => hints.cluster = value.text().or(hints.cluster),
            "kubernetes" => hints.cluster = value.get_text("cluster_name").or(hints.cluster),
            "timestamp" | "@timestamp" | "timereported" | "time" => hints.time = value.text().or(hints.time),
            _ => {}
        }
    }
    // A Sigma match carries the event as an object; elsewhere an object of this name is no event.
    if rule {
        wrapped[6] = wrapped[6].or(event);
    }
    (hints, wrapped)
}

/// Gives a text line what the envelope knows and the text itself does not say.
fn complete<'a>(line: &mut TextLine<'a>, outer: Value<'a>) {
    let first = |keys: &[&str]| -> Option<Text<'a>> { keys.iter().find_map(|key| outer.get_text(key)) };
    if line.program.is_none() {
        line.program = first(&["programname", "SYSLOG_IDENTIFIER", "appname", "ident", "program"]);
    }
    if line.pid.is_none() {
        line.pid = first(&["procid", "_PID", "pid"]);
    }
    if line.host.is_none() {
        line.host = first(&["hostname", "host", "_HOSTNAME"]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What was found: the record's own text, or the message of a text line.
    fn record_of(line: &str) -> Option<String> {
        let mut scratch = Scratch::default();
        open(line.as_bytes(), &mut scratch).record.map(|r| r.raw().to_owned())
    }

    const EVENT: &str = r#"{"eventVersion":"1.08","userIdentity":{"type":"AWSService","invokedBy":"ec2.amazonaws.com"},"eventTime":"2026-11-23T18:44:41Z","eventSource":"sts.amazonaws.com","eventName":"AssumeRole","awsRegion":"us-east-1"}"#;

    fn quoted(text: &str) -> String {
        serde_json::to_string(text).unwrap()
    }

    #[test]
    fn a_record_without_a_time_happened_when_its_envelope_says() {
        let at = |line: &str| {
            let mut scratch = Scratch::default();
            open(line.as_bytes(), &mut scratch).activity.as_ref().and_then(|a| a.at())
        };
        let record = |time: &str| {
            quoted(&format!(
                r#"{{{time}"EVENT_TYPE":"API","ORGANIZATION_ID":"00D1","USER_NAME":"bot@example.com","USER_TYPE":"A"}}"#
            ))
        };
        let wrapped = |record: String| at(&format!(r#"{{"message":{record},"timestamp":"2026-11-23T18:44:41Z"}}"#));
        assert_eq!(wrapped(record("")), Some(1_795_459_481_000));
        // What the record says itself counts, in each of the forms that vendors write.
        for time in [r#""TIMESTAMP_DERIVED":"2026-11-24T18:44:41Z","#, r#""TIMESTAMP":"20261124184441.000","#] {
            assert_eq!(wrapped(record(time)), Some(1_795_545_881_000), "{time}");
        }
    }

    #[test]
    fn opens_every_envelope_of_the_contract() {
        let slashed = quoted(EVENT).replace('/', "\\/").replace('u', "\\u0075");
        for line in [
            EVENT.to_owned(),
            format!(r#"{{"file":"a","host":"h","message":{},"source_type":"file"}}"#, quoted(EVENT)),
            format!(r#"{{"message":{slashed}}}"#),
            format!(r#"{{"message":{EVENT}}}"#),
            format!(r#"{{"log":{},"stream":"stdout"}}"#, quoted(&format!("{EVENT}\n"))),
            format!(r#"{{"msg":{}}}"#, quoted(EVENT)),
            format!(r#"{{"MESSAGE":{},"_HOSTNAME":"h"}}"#, quoted(EVENT)),
            format!(r#"{{"event.original":{}}}"#, quoted(EVENT)),
            format!(r#"{{"event":{{"original":{}}}}}"#, quoted(EVENT)),
            format!(r#"{{"msg":"x","rawmsg":{},"$!":{{}}}}"#, quoted(&format!("<13>Nov 23 18:44:41 h app: {EVENT}"))),
            format!(r#"{{"msg":"x","$!":{EVENT}}}"#),
            format!(r#"{{"msg":"x","rawmsg":"<13>Nov 23 18:44:41 h app: x","programname":"app","$!":{EVENT}}}"#),
            format!(r#"{{"log":{EVENT}}}"#),
            format!("2026-11-23T18:44:41.1Z stdout F {EVENT}"),
            format!("<165>1 2026-11-23T18:44:41Z h app - - - {EVENT}"),
            format!("Nov 23 18:44:41 h app[1]: @cee: {EVENT}"),
            format!("<13>Nov 23 18:44:41 h {EVENT}"),
            format!("2026-11-23T18:44:41Z {EVENT}"),
            format!(r#"{{"version":"0","detail-type":"AWS API Call via CloudTrail","detail":{EVENT}}}"#),
            format!(
                r#"{{"message":{}}}"#,
                quoted(&format!(r#"{{"log":{}}}"#, quoted(&format!("Nov 23 18:44:41 h a: {EVENT}"))))
            ),
        ] {
            assert_eq!(record_of(&line).as_deref(), Some(EVENT), "{line}");
        }
    }

    #[test]
    fn no_member_that_is_looked_into_is_forgotten() {
        let text = format!("Nov 23 18:44:41 h app: {EVENT}");
        for member in MEMBERS {
            let line = |value: &str| format!(r#"{{"{member}":{value},"x":1}}"#);
            let mut tape = Tape::default();
            let read = |value: &str| record_of(&line(value)).is_some();
            let holds = read(&quoted(&text)) || read(EVENT) || read(&format!(r#"{{"original":{EVENT}}}"#));
            let object = line(r#""said""#);
            let object = tape.parse(&object).unwrap();
            let hints = envelope(object, &Hints::default()).0;
            let mut completed = TextLine::default();
            complete(&mut completed, object);
            let kubernetes = member == "kubernetes";
            assert!(holds || kubernetes || hints != Hints::default() || completed != TextLine::default(), "{member}");
        }
    }

    #[test]
    fn a_text_that_is_only_a_header_stands_if_nothing_else_is_known() {
        let line = r#"{"rawmsg":"<13>Nov 23 18:44:41 h first: x","msg":"y","programname":"second","$!":{"a":1}}"#;
        let mut scratch = Scratch::default();
        assert_eq!(open(line.as_bytes(), &mut scratch).activity.unwrap().action, "syslog:first");
    }

    #[test]
    fn names_every_text_around_a_record() {
        let middle = format!(r#"{{"b":1,"log":{}}}"#, quoted(&format!("Nov 23 18:44:41 h a: {EVENT}")));
        let line = format!(r#"{{"a":1,"message":{}}}"#, quoted(&middle));
        let mut scratch = Scratch::default();
        let opened = open(line.as_bytes(), &mut scratch);
        let without: Vec<String> =
            opened.layers.iter().map(|l| [&l.text[..l.inner.start], &l.text[l.inner.end..]].concat()).collect();
        assert_eq!(without, ["Nov 23 18:44:41 h a: ", r#"{"b":1,"log":}"#, r#"{"a":1,"message":}"#]);
        let marked = format!("\u{feff}{EVENT}");
        let opened = open(marked.as_bytes(), &mut scratch);
        assert_eq!((opened.layers.len(), opened.layers[0].inner.clone()), (1, MARK.len_utf8()..marked.len()));
    }

    #[test]
    fn an_envelope_says_the_year_that_a_line_leaves_out() {
        let sshd = "Dec 31 23:59:58 web1 sshd[12]: Accepted publickey for deploy from 192.0.2.1 port 22 ssh2: RSA SHA256:abc";
        let at = |line: &str| {
            let mut scratch = Scratch::default();
            open(line.as_bytes(), &mut scratch).activity.unwrap().at()
        };
        assert_eq!(at(sshd), None);
        let wrapped = |time: &str| format!(r#"{{"timestamp":"{time}","message":{}}}"#, quoted(sshd));
        assert_eq!(at(&wrapped("2027-01-01T00:00:03Z")), parse_time("2026-12-31T23:59:58Z"));
        assert_eq!(at(&wrapped("yesterday")), None);
        let dated = sshd.replace("Dec 31 23:59:58", "2025-06-01T10:00:00Z");
        assert_eq!(at(&wrapped("2027-01-01T00:00:03Z").replace(sshd, &dated)), parse_time("2025-06-01T10:00:00Z"));
    }

    #[test]
    fn stops_at_three_levels() {
        let mut line = EVENT.to_owned();
        for level in 0..=MAX_DEPTH {
            assert!(record_of(&line).is_some(), "{level} envelopes");
            line = format!(r#"{{"log":{}}}"#, quoted(&line));
        }
        assert_eq!(record_of(&line), None);
    }

    /// What an earlier pass makes of a line of text is read as the line was.
    #[test]
    fn reads_wrapped_text_as_the_text() {
        let sshd = "Nov 23 18:44:41 web1 sshd[12]: Accepted publickey for deploy from 192.0.2.1 port 22 ssh2";
        let inner = format!("Nov 23 18:44:41 h a: {EVENT}");
        for line in [
            sshd.as_bytes().to_vec(),
            format!(" \t{sshd} ").into_bytes(),
            format!("\u{feff}{sshd}").into_bytes(),
            format!("\u{feff}{EVENT}").into_bytes(),
            [b"\xff", sshd.as_bytes()].concat(),
            [sshd.as_bytes(), b"\xf0\x9f"].concat(),
            format!("{{{sshd}").into_bytes(),
            EVENT.replace("}}", "}").into_bytes(),
            format!(r#"<13>Nov 23 18:44:41 h a: {{"log":{}}}"#, quoted(&inner)).into_bytes(),
            format!(r#"<13>Nov 23 18:44:41 h a: {{"message":{}}}"#, quoted(&inner)).into_bytes(),
        ] {
            let said = |line: &[u8]| {
                let mut scratch = Scratch::default();
                let opened = open(line, &mut scratch);
                format!("{:?} {:?} {}", opened.activity, opened.record, opened.valid_utf8)
            };
            let text = String::from_utf8_lossy(&line);
            let error = if std::str::from_utf8(&line).is_ok() { "" } else { r#","error":"invalid_utf8""# };
            let wrapped = format!(r#"{{"message":{},"nhi":{{"v":1,"tagged":false{error}}}}}"#, quoted(&text));
            assert_eq!(said(wrapped.as_bytes()), said(&line), "{text}");
        }
        let mut scratch = Scratch::default();
        assert!(open(format!(" {sshd}").as_bytes(), &mut scratch).activity.is_some());
        assert_eq!(record_of(&format!("\u{feff}{EVENT}")).as_deref(), Some(EVENT));
    }

    #[test]
    fn a_record_is_not_hidden_by_what_it_quotes() {
        let outer = EVENT.replace("AssumeRole", "CreateUser");
        let line = format!(r#"{},"message":{}}}"#, &outer[..outer.len() - 1], quoted(EVENT));
        assert_eq!(record_of(&line), Some(line));
    }

    #[test]
    fn bad_bytes_keep_their_place() {
        let mut scratch = Scratch::default();
        let opened = open(b"{\"a\":\"\xff\xfe\xc3\",\"nhi\":1}", &mut scratch);
        assert!(!opened.valid_utf8);
        let Shape::Object(object) = opened.shape else { panic!("an object") };
        assert_eq!(object.get("nhi").unwrap().span(), 17..18);
    }

    #[test]
    fn tells_native_json_from_an_object_with_a_log() {
        let mut scratch = Scratch::default();
        assert!(matches!(open(br#"{"log":{}}"#, &mut scratch).shape, Shape::NativeLog(_)));
        assert!(matches!(open(br#"{"log":{},"a":1}"#, &mut scratch).shape, Shape::Object(_)));
        assert!(matches!(open(br#"{"log":"x"}"#, &mut scratch).shape, Shape::Object(_)));
        assert!(matches!(open(b"[]", &mut scratch).shape, Shape::Text));
        assert!(matches!(open(b"", &mut scratch).shape, Shape::Text));
    }
}
