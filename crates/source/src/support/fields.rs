//! Members under the names that vendors and shippers give them.

use crate::json::Value;
use vires_event::{Outcome, Text};

/// The member of that name; where there is none, the one that a shipper wrote in another case.
pub(crate) fn any_case<'a>(record: Value<'a>, key: &str) -> Option<Value<'a>> {
    record.get(key).or_else(|| record.get_ci(key))
}

/// [`any_case`] for every step of a dotted path; `[]` steps into an array's first item, as in [`Value::path`].
pub(crate) fn path_any_case<'a>(record: Value<'a>, path: &str) -> Option<Value<'a>> {
    path.split('.').try_fold(record, |value, step| match step {
        "[]" | "[0]" => value.items().next(),
        key => any_case(value, key),
    })
}

/// The text at a dotted path, each step in any case.
pub(crate) fn say<'a>(record: Value<'a>, path: &str) -> Option<Text<'a>> {
    path_any_case(record, path)?.text()
}

/// The text at the first of the dotted paths that says anything.
pub(crate) fn first<'a>(record: Value<'a>, paths: &[&str]) -> Option<Text<'a>> {
    paths.iter().find_map(|path| say(record, path))
}

/// Text fields that name things, for [`vires_event::Activity::mentions`]: the texts at the paths, in their order.
pub(crate) fn mentions<'a>(record: Value<'a>, paths: &[&str], out: &mut Vec<Text<'a>>) {
    out.extend(paths.iter().filter_map(|path| say(record, path)));
}

/// The longest list of mentions that a record may bring: more would only repeat themselves.
const MAX_MENTIONS: usize = 48;

/// Every string below `value`, up to a bound: for the parts of a record that are free in form (request parameters, details).
pub(crate) fn strings<'a>(value: Option<Value<'a>>, out: &mut Vec<Text<'a>>) {
    let Some(value) = value else { return };
    let room = MAX_MENTIONS.saturating_sub(out.len());
    out.extend(value.leaves().filter_map(|(_, leaf)| leaf.str()).filter(|s| !s.is_empty()).take(room));
}

/// `<prefix><name>`.
pub(crate) fn join<'a>(prefix: &str, name: &str) -> Text<'a> {
    let mut out = String::with_capacity(prefix.len() + name.len());
    out.push_str(prefix);
    out.push_str(name);
    Text::Owned(out)
}

/// The outcome that a vendor's word stands for.
pub(crate) fn outcome_word(word: &str) -> Option<Outcome> {
    let word = word.to_ascii_lowercase();
    match word.as_str() {
        "success" | "succeeded" | "successful" | "ok" | "allow" | "allowed" | "granted" | "yes" | "true" | "approved" => {
            Some(Outcome::Success)
        }
        "denied" | "deny" | "access_denied" | "forbidden" | "unauthorized" | "failure" | "no" | "rejected" | "blocked" => {
            Some(Outcome::Denied)
        }
        "fail" | "failed" | "error" | "errored" | "false" => Some(Outcome::Error),
        _ => None,
    }
}

/// The outcome of an HTTP status.
pub(crate) fn outcome_status(status: u64) -> Option<Outcome> {
    match status {
        100..400 => Some(Outcome::Success),
        401 | 403 | 407 => Some(Outcome::Denied),
        400..600 => Some(Outcome::Error),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::Tape;

    #[test]
    fn prefers_the_proper_case() {
        let mut tape = Tape::default();
        let record =
            tape.parse(r#"{"eventtype":"low","eventType":"proper","CLIENT":{"ipaddress":"192.0.2.1"},"empty":"","list":[{"Name":"first"},{}]}"#).unwrap();
        assert_eq!(say(record, "eventType").unwrap(), "proper");
        assert_eq!(say(record, "client.ipAddress").unwrap(), "192.0.2.1");
        assert_eq!(first(record, &["missing", "empty", "eventType"]).unwrap(), "proper");
        assert!(say(record, "client.ipAddress.x").is_none());
        assert_eq!(say(record, "list.[].name").unwrap(), "first");
    }

    #[test]
    fn words_and_numbers_of_outcomes() {
        assert_eq!(outcome_word("SUCCESS"), Some(Outcome::Success));
        assert_eq!(outcome_word("Denied"), Some(Outcome::Denied));
        assert_eq!(outcome_word("FAILED"), Some(Outcome::Error));
        assert_eq!(outcome_word("pending"), None);
        assert_eq!(
            [200, 403, 404, 0].map(outcome_status),
            [Some(Outcome::Success), Some(Outcome::Denied), Some(Outcome::Error), None]
        );
    }

    #[test]
    fn bounds_what_is_mentioned() {
        let mut tape = Tape::default();
        let many = format!("[{}\"x\"]", "\"a\",".repeat(10_000));
        let mut out = Vec::new();
        strings(tape.parse(&many).ok(), &mut out);
        assert_eq!(out.len(), MAX_MENTIONS);
    }
}
