//! Tables of decoder tests: one record, and what it must say.

use crate::json::Tape;
use crate::{Hints, TextLine, decode_json, decode_text, header};
use vires_event::Activity;

/// One record and what must come out of it. An empty text stands for "unknown".
pub(crate) struct Row {
    pub record: &'static str,
    pub source: &'static str,
    pub id: &'static str,
    pub kind: &'static str,
    pub actor: &'static str,
    pub action: &'static str,
    pub target: &'static str,
    pub outcome: &'static str,
}

/// Decodes each record through the registry, so that a table also proves that no other decoder takes the record first.
pub(crate) fn check(rows: &[Row]) {
    for row in rows {
        decoded(row.record, |found| {
            let identity = found.identity.as_ref();
            assert_eq!(
                [
                    found.source.as_str(),
                    identity.map_or("", |i| &*i.id),
                    identity.map_or("", |i| i.kind.as_str()),
                    identity.map_or("", |i| i.actor.as_str()),
                    &*found.action,
                    found.targets.first().map_or("", |t| &*t.name),
                    found.outcome.map_or("", |o| o.as_str()),
                ],
                [row.source, row.id, row.kind, row.actor, row.action, row.target, row.outcome],
                "{}",
                row.record
            );
        });
    }
}

/// Decodes one record and hands it to `look`.
pub(crate) fn decoded(record: &str, look: impl FnOnce(&Activity<'_>)) {
    let mut tape = Tape::default();
    match tape.parse(record) {
        Ok(value) => look(&decode_json(value, &Hints::default()).unwrap_or_else(|| panic!("no decoder knows {record}"))),
        Err(_) => {
            let line: TextLine<'_> = header::split(record);
            look(&decode_text(&line).unwrap_or_else(|| panic!("no decoder knows {record}")));
        }
    }
}
