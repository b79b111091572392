//! Puts the finished object into the original bytes of a line; everything else of the line stays as it came.

use crate::object::quote;
use vires_source::Shape;
use vires_source::envelope::MEMBERS;
use vires_source::json::Value;

/// The key under which the object is written, ready to be copied.
#[derive(Debug, Clone)]
pub struct Field {
    name: String,
    /// `"nhi":`
    json: Vec<u8>,
}

/// Why a member cannot have a name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs)]
pub enum BadField {
    #[error(
        "the member that is added cannot be called `{name}`: give it a name of 1 to {MAX_NAME} bytes without control characters, e.g. `nhi`"
    )]
    Form { name: String },
    #[error(
        "the member that is added cannot be called `{name}`: shippers wrap events in a member of that name, which would be overwritten; choose another, e.g. `nhi`"
    )]
    Taken { name: String },
}

/// The longest name of a member, in bytes.
const MAX_NAME: usize = 64;

impl Field {
    /// Refuses names that would overwrite what is read, or that no reader would expect.
    pub fn check(name: &str) -> Result<(), BadField> {
        if name.is_empty() || name.len() > MAX_NAME || name.chars().any(char::is_control) {
            return Err(BadField::Form { name: name.chars().filter(|c| !c.is_control()).take(MAX_NAME).collect() });
        }
        if MEMBERS.contains(&name) {
            return Err(BadField::Taken { name: name.to_owned() });
        }
        Ok(())
    }

    /// A field of that name.
    pub fn new(name: &str) -> Self {
        let mut json = Vec::new();
        quote(name, usize::MAX, &mut json);
        json.push(b':');
        Field { name: name.to_owned(), json }
    }

    /// Appends the name as a JSON key with its colon.
    pub fn write_key(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.json);
    }

    /// The name.
    pub fn name(&self) -> &str {
        &self.name
    }
}

/// Appends `line` with `object` spliced in to `out`.
///
/// For [`Shape::Text`] use [`wrap`].
pub fn splice(line: &[u8], shape: &Shape<'_>, field: &Field, object: &[u8], out: &mut Vec<u8>) {
    let target = match shape {
        Shape::Object(value) => value,
        Shape::NativeLog(value) => value,
        Shape::Text => return,
    };
    out.reserve(line.len() + object.len() + field.json.len() + 1);
    let mut done = 0;
    // Every member of that name is replaced, so that no reader sees a forged one, whichever of duplicates it takes.
    for old in members_named(*target, &field.name) {
        let span = old.span();
        out.extend_from_slice(&line[done..span.start]);
        out.extend_from_slice(object);
        done = span.end;
    }
    if done == 0 {
        let brace = target.span().end - 1;
        out.extend_from_slice(&line[..brace]);
        if target.fields().next().is_some() {
            out.push(b',');
        }
        out.extend_from_slice(&field.json);
        out.extend_from_slice(object);
        done = brace;
    }
    out.extend_from_slice(&line[done..]);
}

/// Appends `line` with `object` spliced in before the brace at `brace`, which closes an object that has members, none of that name.
/// Says where in `out` the object stands.
pub fn insert(line: &[u8], brace: usize, field: &Field, object: &[u8], out: &mut Vec<u8>) -> usize {
    out.reserve(line.len() + object.len() + field.json.len() + 1);
    let (before, after) = line.split_at(brace.min(line.len()));
    out.extend_from_slice(before);
    out.push(b',');
    out.extend_from_slice(&field.json);
    let at = out.len();
    out.extend_from_slice(object);
    out.extend_from_slice(after);
    at
}

fn members_named<'a>(object: Value<'a>, name: &str) -> impl Iterator<Item = Value<'a>> {
    object.fields().map(|(_, value)| value).filter(move |value| value.key_is(name))
}

/// Copies `line` to `out` with digits in place of the members that [`splice`] replaces, all at the same offsets. False, and nothing
/// copied, if there are none. Of the tags of a wrapped line of text what says how that line was read is kept.
pub fn mask(line: &[u8], shape: &Shape<'_>, field: &Field, out: &mut Vec<u8>) -> bool {
    let (Shape::Object(target) | Shape::NativeLog(target)) = *shape else { return false };
    let mut old = members_named(target, &field.name).peekable();
    if old.peek().is_none() {
        return false;
    }
    out.clear();
    out.extend_from_slice(line);
    let mut hide = |value: Value<'_>| {
        if let Some(bytes) = out.get_mut(value.span()) {
            bytes.fill(b'1');
        }
    };
    for member in old {
        if wraps_text(target) && member.is_object() {
            member.fields().filter(|(name, value)| !tells_reading(name, value.raw())).for_each(|(_, value)| hide(value));
        } else {
            hide(member);
        }
    }
    true
}

/// True for a member of the tags that the next pass reads, if it cannot hold anything else.
fn tells_reading(name: &str, value: &str) -> bool {
    match name {
        "v" => value.bytes().all(|b| b.is_ascii_digit()),
        "tagged" => matches!(value, "true" | "false"),
        "error" => matches!(value, "\"not_json\"" | "\"invalid_utf8\""),
        _ => false,
    }
}

fn wraps_text(object: Value<'_>) -> bool {
    let mut members = object.fields().map(|(_, value)| value);
    members.next().is_some_and(|message| message.key_is("message")) && members.next().is_some() && members.next().is_none()
}

/// Appends `{"message":"<line>","nhi":<object>}` to `out`. A CR at the end of the line is the caller's to keep outside.
///
/// Bytes that are not UTF-8 become U+FFFD: JSON has no way to say them.
pub fn wrap(line: &[u8], field: &Field, object: &[u8], out: &mut Vec<u8>) {
    match simdutf8::basic::from_utf8(line) {
        Ok(text) => wrap_text(text, field, object, out),
        Err(_) => wrap_text(&String::from_utf8_lossy(line), field, object, out),
    }
}

/// The same for a line that is known to be text.
pub(crate) fn wrap_text(line: &str, field: &Field, object: &[u8], out: &mut Vec<u8>) {
    out.reserve(line.len() + object.len() + field.json.len() + 16);
    out.extend_from_slice(b"{\"message\":");
    quote(line, usize::MAX, out);
    out.push(b',');
    out.extend_from_slice(&field.json);
    out.extend_from_slice(object);
    out.push(b'}');
}

#[cfg(test)]
mod tests {
    use super::*;
    use vires_source::{Scratch, open};

    fn spliced(line: &[u8]) -> Vec<u8> {
        let mut scratch = Scratch::default();
        let opened = open(line, &mut scratch);
        let mut out = Vec::new();
        match opened.shape {
            Shape::Text => wrap(line, &Field::new("nhi"), b"{\"v\":1}", &mut out),
            shape => splice(line, &shape, &Field::new("nhi"), b"{\"v\":1}", &mut out),
        }
        out
    }

    #[test]
    fn writes_over_nothing_that_is_read() {
        let taken = |name: &str| BadField::Taken { name: name.into() };
        for name in ["message", "log", "event", "$!", "@timestamp"] {
            assert_eq!(Field::check(name), Err(taken(name)));
        }
        for name in ["", "a\u{1b}b", &"x".repeat(65)] {
            assert!(matches!(Field::check(name), Err(BadField::Form { .. })), "{name:?}");
        }
        for name in ["nhi", "Message", "vires.nhi", "Ä"] {
            assert_eq!(Field::check(name), Ok(()));
        }
        assert!(taken("log").to_string().contains("choose another"));
    }

    #[test]
    fn changes_nothing_but_the_member() {
        for (line, want) in [
            (r#"{}"#, r#"{"nhi":{"v":1}}"#),
            (r#"{ }"#, r#"{ "nhi":{"v":1}}"#),
            (
                r#" {"a":1e400, "b":12345678901234567890,"a":2 } "#,
                r#" {"a":1e400, "b":12345678901234567890,"a":2 ,"nhi":{"v":1}} "#,
            ),
            (r#"{"nhi":{"v":0},"z":"\/"}"#, r#"{"nhi":{"v":1},"z":"\/"}"#),
            (r#"{"nhi":1,"a":{"nhi":2},"nhi" : 3}"#, r#"{"nhi":{"v":1},"a":{"nhi":2},"nhi" : {"v":1}}"#),
            (r#"{"\u006ehi":null}"#, r#"{"\u006ehi":{"v":1}}"#),
            (r#"{"log":{"a":1}}"#, r#"{"log":{"a":1,"nhi":{"v":1}}}"#),
            (r#"{"log":{}}"#, r#"{"log":{"nhi":{"v":1}}}"#),
            (r#"{"log":{"nhi":7}}"#, r#"{"log":{"nhi":{"v":1}}}"#),
            (r#"{"log":{"a":1},"b":2}"#, r#"{"log":{"a":1},"b":2,"nhi":{"v":1}}"#),
            ("text \"x\"\t", r#"{"message":"text \"x\"\t","nhi":{"v":1}}"#),
            ("[1]", r#"{"message":"[1]","nhi":{"v":1}}"#),
            ("", r#"{"message":"","nhi":{"v":1}}"#),
        ] {
            let once = spliced(line.as_bytes());
            assert_eq!(String::from_utf8_lossy(&once), want, "{line}");
            assert_eq!(spliced(&once), once, "a second pass changes nothing: {line}");
        }
        assert_eq!(spliced(b"{\"a\":\"\xff\"}"), b"{\"a\":\"\xff\",\"nhi\":{\"v\":1}}");
        assert_eq!(spliced(b"\xff"), "{\"message\":\"\u{fffd}\",\"nhi\":{\"v\":1}}".as_bytes());
    }
}
