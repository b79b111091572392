use crate::tags::{Problem, Tags};
use vires_event::Source;
use vires_source::Opened;

/// Which lines are written at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Only {
    /// Those made by a machine or touching something sensitive.
    Tagged,
    /// Those touching something sensitive.
    Sensitive,
    /// Those made by a machine.
    Machine,
}

impl Only {
    /// True if a line with these tags is written.
    pub fn keeps(self, tags: &Tags<'_>) -> bool {
        self.keeps_one(tags.tagged(), tags.touches_sensitive(), tags.by_machine())
    }

    /// The same for a line of which this is known.
    pub fn keeps_one(self, tagged: bool, sensitive: bool, machine: bool) -> bool {
        match self {
            Only::Tagged => tagged,
            Only::Sensitive => sensitive,
            Only::Machine => machine,
        }
    }
}

/// What was seen in a line, for counting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Report {
    /// The log format.
    pub source: Option<Source>,
    /// `nhi.tagged`.
    pub tagged: bool,
    /// Something of severity 3 or more was touched.
    pub sensitive: bool,
    /// Neither JSON nor text of a known format.
    pub not_json: bool,
    /// Bytes that are not UTF-8.
    pub invalid_utf8: bool,
    /// A JSON object that no decoder knows.
    pub unknown_source: bool,
    /// Nothing was written, because the user asked for a selection.
    pub filtered: bool,
    /// The object had to be cut.
    pub truncated: bool,
    /// Somebody's, and without a time: not judged.
    pub undated: bool,
    /// Judged.
    pub judged: bool,
    /// Judged, and its identity leads to no owner and profile.
    pub unmapped: bool,
}

impl Report {
    /// What was seen in a line that is written.
    pub fn of(tags: &Tags<'_>, opened: &Opened<'_>) -> Self {
        // Of a line that is not UTF-8 the tags say only that; without a source nobody knew it either.
        let unknown = tags.source.is_none() && tags.error == Some(Problem::InvalidUtf8);
        Report {
            source: tags.source,
            tagged: tags.tagged(),
            sensitive: tags.touches_sensitive(),
            not_json: tags.error == Some(Problem::NotJson),
            invalid_utf8: !opened.valid_utf8,
            unknown_source: unknown || tags.error == Some(Problem::UnknownSource),
            ..Report::default()
        }
    }
}
