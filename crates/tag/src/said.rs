//! What was said of a line once, kept to be said again of lines like it.

use crate::object::is_cut;
use crate::report::{Only, Report};
use crate::tags::Tags;
use vires_source::Opened;

/// Longer objects are rare, and not kept.
const MAX_OBJECT: usize = 2048;

/// A finished object and what is to be counted.
#[derive(Debug)]
pub(crate) struct Said {
    pub object: Box<[u8]>,
    report: Report,
    machine: bool,
}

impl Said {
    /// What is said of a line that went the long way. `None` if that is too much to keep.
    pub(crate) fn new(tags: &Tags<'_>, line: &Opened<'_>) -> Option<Self> {
        let mut object = Vec::new();
        tags.render(&mut object);
        let report = Report { truncated: is_cut(&object), ..Report::of(tags, line) };
        (object.len() <= MAX_OBJECT).then(|| Said { object: object.into(), report, machine: tags.by_machine() })
    }

    /// What is to be counted if only such lines are written.
    pub(crate) fn report(&self, only: Option<Only>) -> Report {
        let Report { tagged, sensitive, .. } = self.report;
        let filtered = only.is_some_and(|only| !only.keeps_one(tagged, sensitive, self.machine));
        Report { filtered, truncated: self.report.truncated && !filtered, ..self.report }
    }
}
