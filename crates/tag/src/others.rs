//! Lines of text, and JSON records of other sources than CloudTrail, that say what another said: [`crate::Quick`] is for that one.
//!
//! What is said of such a line is known as a whole; only times, numbers of the request and addresses differ, see
//! [`vires_source::repeats`] and [`vires_source::text`].

use crate::classify::Classifier;
use crate::memo::Memo;
use crate::report::{Only, Report};
use crate::said::Said;
use crate::tags::{Problem, Tags};
use crate::{again, plain};
use vires_source::Opened;
use vires_source::json::Shaped;

/// The memory of one thread.
#[derive(Debug, Default)]
pub struct Others {
    plain: plain::Kept,
    again: again::Kept,
    /// The number that was given last.
    last: u64,
}

/// A line that says what another said.
#[derive(Debug)]
pub struct Other<'k, 'l> {
    pub(crate) said: &'k Said,
    /// What stands in the places that do not decide.
    pub places: Places<'k, 'l>,
}

/// What stands in the places of a line that do not decide.
#[derive(Debug, Clone, Copy)]
pub enum Places<'k, 'l> {
    /// Of a line of text.
    Text {
        /// The line.
        line: &'l str,
        /// The time in its header.
        time: Option<&'l str>,
    },
    /// Of a record.
    Record {
        /// The variable places of the line, which is the record.
        shaped: Shaped<'k, 'l>,
        /// Where the brace stands that closes it.
        brace: usize,
    },
}

impl Others {
    /// What is said of a line of text, if lines like it were met.
    pub(crate) fn text<'l>(&mut self, line: &'l [u8], classifier: &Classifier) -> Option<Other<'_, 'l>> {
        self.plain.find(line, classifier.leaks())
    }

    /// What is said of a record, if lines like it were met.
    pub(crate) fn record<'l>(&mut self, line: &'l [u8], classifier: &Classifier) -> Option<Other<'_, 'l>> {
        self.again.find(line, classifier.leaks())
    }

    /// What is said of a line, if lines like it were met.
    pub fn find<'l>(&mut self, line: &'l [u8], classifier: &Classifier) -> Option<Other<'_, 'l>> {
        // What begins like an object is no line of text.
        if line.first() == Some(&b'{') { self.record(line, classifier) } else { self.text(line, classifier) }
    }

    /// Learns from a line that went the long way. `field` is the member that is added. Gives the [`Other::number`] of lines like it, if
    /// they will be met.
    pub fn learn(
        &mut self,
        line: &Opened<'_>,
        tags: &Tags<'_>,
        field: &str,
        classifier: &Classifier,
        memo: &mut Memo,
    ) -> Option<u64> {
        let Others { plain, again, last } = self;
        let text = plain.learn(line, tags, classifier.leaks(), last);
        text.or_else(|| again.learn(line, tags, field, (classifier, memo), last))
    }
}

impl<'k> Other<'k, '_> {
    /// Stands for all that decides: lines with equal numbers differ in nothing that [`crate::Tags`] say, and in their activities in time,
    /// number and address alone.
    pub fn number(&self) -> u64 {
        self.said.number
    }

    /// What is to be counted if only such lines are written.
    pub fn report(&self, only: Option<Only>) -> Report {
        self.said.report(only)
    }

    /// The finished object.
    pub(crate) fn object(&self) -> &'k [u8] {
        &self.said.object
    }

    /// The object as far as [`crate::Tags::write`] writes it, and whether it was cut.
    pub fn head(&self) -> (&'k [u8], bool) {
        self.said.head()
    }

    /// Why there is not more.
    pub fn error(&self) -> Option<Problem> {
        self.said.error()
    }
}
