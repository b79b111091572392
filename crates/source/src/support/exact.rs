//! The look-ups of [`super::fields`] for vendors whose keys always come as documented: no second search in other cases.

use crate::json::Value;
use vires_event::Text;

/// The text at the first of the dotted paths that says anything.
pub(crate) fn first<'a>(record: Value<'a>, paths: &[&str]) -> Option<Text<'a>> {
    paths.iter().find_map(|path| say(record, path))
}

/// Text fields that name things, for [`vires_event::Activity::mentions`]: the texts at the paths, in their order.
pub(crate) fn mentions<'a>(record: Value<'a>, paths: &[&str], out: &mut Vec<Text<'a>>) {
    out.extend(paths.iter().filter_map(|path| say(record, path)));
}

fn say<'a>(record: Value<'a>, path: &str) -> Option<Text<'a>> {
    // Most paths are one name: no need to split it.
    if path.contains('.') { record.path(path)?.text() } else { record.get(path)?.text() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::Tape;

    #[test]
    fn takes_names_as_they_are() {
        let mut tape = Tape::default();
        let record = tape.parse(r#"{"Actor":"no","a":{"b":[{"c":"deep"}]},"empty":"","name":"n"}"#).unwrap();
        assert_eq!(first(record, &["actor", "empty", "a.b.[].c"]).unwrap(), "deep");
        let mut out = Vec::new();
        mentions(record, &["name", "Name", "empty"], &mut out);
        assert_eq!(out, ["n"]);
    }
}
