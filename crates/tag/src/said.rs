//! What was said of a line once, kept to be said again of lines like it.

use crate::object::{Object, is_cut};
use crate::report::{Only, Report};
use crate::tags::{Problem, Tags};
use vires_source::Opened;

/// Longer objects are rare, and not kept.
const MAX_OBJECT: usize = 2048;

/// A finished object and what is to be counted.
#[derive(Debug)]
pub(crate) struct Said {
    pub object: Box<[u8]>,
    /// Stands for all that decides. No number is given twice.
    pub number: u64,
    report: Report,
    machine: bool,
    /// So much of the object is what [`Tags::write`] writes, and whether that was cut.
    head: (usize, bool),
    error: Option<Problem>,
}

impl Said {
    /// What is said of a line that went the long way. `None` if that is too much to keep. `last` is the number that was given last.
    pub(crate) fn new(tags: &Tags<'_>, line: &Opened<'_>, last: &mut u64) -> Option<Self> {
        let mut bytes = Vec::new();
        let mut object = Object::open(&mut bytes);
        tags.write(&mut object);
        let cut = object.pause();
        let head = (bytes.len(), cut);
        let mut object = Object::resume(&mut bytes, 0, cut);
        tags.write_end(&mut object);
        object.close();
        let report = Report { truncated: is_cut(&bytes), ..Report::of(tags, line) };
        (bytes.len() <= MAX_OBJECT).then(|| {
            *last += 1;
            let (machine, error) = (tags.by_machine(), tags.error);
            Said { object: bytes.into(), number: *last, report, machine, head, error }
        })
    }

    /// What [`Tags::write`] wrote, and whether it was cut.
    pub(crate) fn head(&self) -> (&[u8], bool) {
        (self.object.get(..self.head.0).unwrap_or_default(), self.head.1)
    }

    /// Why there is not more.
    pub(crate) fn error(&self) -> Option<Problem> {
        self.error
    }

    /// What is to be counted if only such lines are written.
    pub(crate) fn report(&self, only: Option<Only>) -> Report {
        let Report { tagged, sensitive, .. } = self.report;
        let filtered = only.is_some_and(|only| !only.keeps_one(tagged, sensitive, self.machine));
        Report { filtered, truncated: self.report.truncated && !filtered, ..self.report }
    }
}
