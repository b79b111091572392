use crate::stage::{Report, Stage};
use std::sync::Arc;
use vires_catalog::Catalog;
use vires_event::{Actor, Millis, Outcome, Source};
use vires_source::open;
use vires_tag::{Classifier, Memo, Only, Tags};

/// What a person wants to see of one record. Empty text is unknown.
#[derive(Debug, Clone, Copy)]
#[allow(missing_docs)]
pub struct Row<'a> {
    pub time: Option<Millis>,
    pub source: Option<Source>,
    pub actor: Option<Actor>,
    pub id: &'a str,
    pub action: &'a str,
    pub target: &'a str,
    pub outcome: Option<Outcome>,
    pub severity: Option<u8>,
    /// Why there is not more, as in `nhi.error`.
    pub error: Option<&'static str>,
}

/// `vires tag --format table`: a stage that answers each record with a row that `render` makes.
pub struct Listing<F> {
    classifier: Classifier,
    only: Option<Only>,
    render: F,
}

/// Buffers of one worker.
#[derive(Debug, Default)]
pub struct ListingScratch {
    open: vires_source::Scratch,
    memo: Memo,
}

impl<F: Fn(&Row<'_>) -> String + Send + Sync> Listing<F> {
    /// A listing of the records that `only` selects.
    ///
    /// # Errors
    /// As [`Classifier::new`].
    pub fn new(catalog: &Arc<Catalog>, only: Option<Only>, render: F) -> Result<Self, aho_corasick::BuildError> {
        Ok(Listing { classifier: Classifier::new(catalog)?, only, render })
    }

    fn row(&self, tags: &Tags<'_>, time: Option<Millis>) -> String {
        (self.render)(&Row {
            time,
            source: tags.source,
            actor: tags.actor,
            id: tags.id.as_deref().unwrap_or(""),
            action: tags.action.as_deref().unwrap_or(""),
            target: tags.target.as_deref().unwrap_or(""),
            outcome: tags.outcome,
            severity: tags.severity(),
            error: tags.error.map(vires_tag::Problem::as_str),
        })
    }
}

impl<F: Fn(&Row<'_>) -> String + Send + Sync> Stage for Listing<F> {
    type Scratch = ListingScratch;

    fn record(&self, line: &[u8], scratch: &mut ListingScratch, out: &mut Vec<u8>) -> Report {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let opened = open(line, &mut scratch.open);
        let tags = self.classifier.classify(&opened, &mut scratch.memo);
        let filtered = self.only.is_some_and(|only| !only.keeps(&tags));
        if !filtered {
            let time = opened.activity.as_ref().and_then(vires_event::Activity::at);
            out.extend_from_slice(self.row(&tags, time).as_bytes());
        }
        Report { filtered, ..Report::of(&tags, &opened) }
    }

    fn fallback(&self, _line: &[u8], scratch: &mut ListingScratch, out: &mut Vec<u8>) {
        *scratch = ListingScratch::default();
        out.extend_from_slice(self.row(&Tags::failed(vires_tag::Problem::Internal), None).as_bytes());
    }

    fn too_long(&self) -> Option<&[u8]> {
        Some(b"(too long to be shown)")
    }
}
