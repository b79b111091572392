use crate::classify::Classifier;
use crate::memo::Memo;
use crate::object::is_cut;
use crate::others::{Others, Places};
use crate::quick::{self, Quick};
use crate::report::{Only, Report};
use crate::splice::{BadField, Field, insert, mask, splice, wrap, wrap_text};
use crate::tags::{Problem, Tags};
use std::sync::Arc;
use vires_catalog::Catalog;
use vires_source::{Shape, open};

/// What becomes of a line that is not one JSON object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Raw {
    /// It is wrapped: `{"message":"…","nhi":{…}}`.
    #[default]
    Wrap,
    /// It stays as it came.
    Passthrough,
}

/// How a line is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Reply {
    /// With the line itself and the object spliced in.
    #[default]
    Event,
    /// With what rsyslog's mmexternal merges into the message: `{"$!":{"nhi":{…}}}`.
    Rsyslog,
}

/// How lines are answered.
#[derive(Debug, Clone)]
pub struct Options {
    /// Name of the member that holds the object.
    pub field: String,
    /// What becomes of text.
    pub raw: Raw,
    /// The form of an answer.
    pub reply: Reply,
    /// Leave out other lines. Not with [`Reply::Rsyslog`].
    pub only: Option<Only>,
    /// What is left out is counted as what is written: its [`Report`] says of it all that there is to say. Else it says no more than
    /// that, and is sooner done.
    pub counted: bool,
}

impl Default for Options {
    fn default() -> Self {
        Options { field: "nhi".to_owned(), raw: Raw::default(), reply: Reply::default(), only: None, counted: true }
    }
}

/// Why a tagger cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The catalogue is too much for the automata.
    #[error("failed to compile the catalogue: {0}")]
    Catalog(#[from] aho_corasick::BuildError),
    /// The name of the member cannot be used.
    #[error(transparent)]
    Field(#[from] BadField),
}

/// Buffers of one thread, reused from line to line.
#[derive(Debug, Default)]
pub struct Scratch {
    open: vires_source::Scratch,
    memo: Memo,
    object: Vec<u8>,
    masked: Vec<u8>,
    kept: quick::Kept,
    others: Others,
}

impl Scratch {
    /// Forgets which lines were met, so that the next one goes the long way. No answer depends on it.
    pub fn forget(&mut self) {
        self.kept = quick::Kept::default();
        self.others = Others::default();
    }
}

/// Answers lines: opens, classifies, renders and splices. Stateless between lines, so that threads can share it.
///
/// ```
/// use std::sync::Arc;
/// use vires_tag::{Options, Scratch, Tagger};
///
/// let catalog = Arc::new(vires_catalog::Catalog::builtin()?);
/// let tagger = Tagger::new(&catalog, Options::default())?;
/// let mut answer = Vec::new();
/// tagger.line(br#"{"a":1}"#, &mut Scratch::default(), &mut answer);
/// assert_eq!(answer, br#"{"a":1,"nhi":{"v":1,"tagged":false,"error":"unknown_source"}}"#);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Tagger {
    classifier: Classifier,
    quick: Quick,
    options: Options,
    field: Field,
}

impl Tagger {
    /// A tagger for a catalogue.
    ///
    /// # Errors
    /// When the catalogue's literals are too many or too large for the automata, or the object cannot be written where
    /// [`Options::field`] says.
    pub fn new(catalog: &Arc<Catalog>, options: Options) -> Result<Self, Error> {
        Field::check(&options.field)?;
        let field = Field::new(&options.field);
        let classifier = Classifier::new(catalog)?;
        Ok(Tagger { quick: Quick::for_tagger(&classifier, &options)?, classifier, options, field })
    }

    /// The classifier.
    pub fn classifier(&self) -> &Classifier {
        &self.classifier
    }

    /// What it was made for.
    pub fn options(&self) -> &Options {
        &self.options
    }

    /// Appends the answer to one line to `out`. The line comes without its LF; a CR at its end stays at the end of the answer.
    pub fn line(&self, line: &[u8], scratch: &mut Scratch, out: &mut Vec<u8>) -> Report {
        let (line, cr) = split_cr(line);
        let Scratch { open: buffers, memo, object, masked, kept, others } = scratch;
        if let Some(other) = others.text(line, &self.classifier)
            && let Places::Text { line: text, .. } = other.places
        {
            let report = other.report(self.options.only);
            if !report.filtered {
                match (self.options.reply, self.options.raw) {
                    (Reply::Rsyslog, _) => self.reply_to_rsyslog(other.object(), out),
                    (Reply::Event, Raw::Passthrough) => out.extend_from_slice(line),
                    (Reply::Event, Raw::Wrap) => wrap_text(text, &self.field, other.object(), out),
                }
                out.extend_from_slice(cr);
            }
            return report;
        }
        object.clear();
        if let Some(quick) = self.quick.answer(line, self.options.only, &self.classifier, kept, memo, object) {
            if !quick.report.filtered {
                self.answer_quickly(line, quick.brace, object, out);
                out.extend_from_slice(cr);
            }
            return quick.report;
        }
        if let Some(other) = others.record(line, &self.classifier)
            && let Places::Record { brace, .. } = other.places
        {
            let report = other.report(self.options.only);
            if !report.filtered {
                self.answer_quickly(line, brace, other.object(), out);
                out.extend_from_slice(cr);
            }
            return report;
        }
        let mut opened = open(line, buffers);
        let mut as_it_came = true;
        if mask(line, &opened.shape, &self.field, masked) {
            // What is about to be replaced says nothing of the line.
            drop(opened);
            opened = open(masked, buffers);
            as_it_came = false;
        }
        let tags = self.classifier.classify(&opened, memo);
        if as_it_came {
            self.quick.learn(&opened, &tags, &self.classifier, kept, memo);
            others.learn(&opened, &tags, &self.options.field, &self.classifier, memo);
        }
        let filtered = self.options.only.is_some_and(|only| !only.keeps(&tags));
        if !filtered {
            self.answer(line, &opened.shape, &tags, object, out);
            out.extend_from_slice(cr);
        }
        Report { filtered, truncated: !filtered && is_cut(object), ..Report::of(&tags, &opened) }
    }

    /// Appends the answer to a line whose classification failed within this program.
    pub fn fallback(&self, line: &[u8], out: &mut Vec<u8>) {
        let (line, cr) = split_cr(line);
        let mut tape = vires_source::json::Tape::default();
        let text = std::str::from_utf8(line).unwrap_or("");
        let shape = match tape.parse(text) {
            Ok(value) if value.is_object() => Shape::Object(value),
            _ => Shape::Text,
        };
        self.answer(line, &shape, &Tags::failed(Problem::Internal), &mut Vec::new(), out);
        out.extend_from_slice(cr);
    }

    /// `object` is to stand before the brace at `brace`, behind other members.
    fn answer_quickly(&self, line: &[u8], brace: usize, object: &[u8], out: &mut Vec<u8>) {
        match self.options.reply {
            Reply::Rsyslog => self.reply_to_rsyslog(object, out),
            Reply::Event => _ = insert(line, brace, &self.field, object, out),
        }
    }

    fn reply_to_rsyslog(&self, object: &[u8], out: &mut Vec<u8>) {
        out.extend_from_slice(b"{\"$!\":{");
        self.field.write_key(out);
        out.extend_from_slice(object);
        out.extend_from_slice(b"}}");
    }

    fn answer(&self, line: &[u8], shape: &Shape<'_>, tags: &Tags<'_>, object: &mut Vec<u8>, out: &mut Vec<u8>) {
        object.clear();
        tags.render(object);
        match (self.options.reply, shape, self.options.raw) {
            (Reply::Rsyslog, ..) => self.reply_to_rsyslog(object, out),
            (Reply::Event, Shape::Text, Raw::Passthrough) => out.extend_from_slice(line),
            (Reply::Event, Shape::Text, Raw::Wrap) => wrap(line, &self.field, object, out),
            (Reply::Event, shape, _) => splice(line, shape, &self.field, object, out),
        }
    }
}

fn split_cr(line: &[u8]) -> (&[u8], &[u8]) {
    let end = line.len() - usize::from(line.ends_with(b"\r"));
    line.split_at(end)
}
