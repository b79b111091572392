use crate::load::{Reader, Record};
use crate::pattern::Pattern;
use crate::table::{At, Column, Row, alias, col};
use crate::word::words;
use std::borrow::Cow;
use vires_event::{Actor, Kind, Source};

words! {
    /// How a marker's value is compared with what the field says. Letter case counts, except in `regex` with `(?i)`.
    Op, "op" {
        /// Equal.
        Eq = "eq",
        /// There, and not equal.
        Ne = "ne",
        /// Equal to one of the values (`a|b|c`).
        In = "in",
        /// Starts with it.
        Prefix = "prefix",
        /// Starts with one of the values.
        PrefixAny = "prefix_any",
        /// Ends with it.
        Suffix = "suffix",
        /// Holds it. Of an object or array the raw JSON is searched.
        Contains = "contains",
        /// Holds one of the values.
        ContainsAny = "contains_any",
        /// Matches the regular expression somewhere.
        Regex = "regex",
        /// There, and not null; an empty string or object will do.
        Present = "present",
        /// There, and neither null nor an empty string, object or list.
        Nonempty = "nonempty",
        /// A number, and less.
        Lt = "lt",
    }
}

/// A sign of what sort of identity acted.
#[derive(Debug, Clone)]
pub struct IdentityMarker {
    /// Stable name.
    pub id: String,
    /// The source whose records it looks at.
    pub source: Source,
    /// Where it looks, the alternatives in order: dotted paths into the record (`[]` = first item) or pseudo-fields of the decoded
    /// activity: `@name`, `@session`, `@user_agent`, `@ip`, `@id`, `@credential`.
    pub field: Vec<String>,
    /// How it compares.
    pub op: Op,
    /// The values compared with: several for `in`, `prefix_any` and `contains_any`, none for `present` and `nonempty`.
    pub values: Vec<String>,
    /// The expression of `op = regex`.
    pub pattern: Option<Pattern>,
    /// Fields that must say nothing, or the marker does not hold.
    pub unless: Vec<String>,
    /// The kind of identity it speaks for, if any.
    pub kind: Option<Kind>,
    /// Whom it speaks for.
    pub actor: Actor,
    /// 1 (a hint) to 5 (structural).
    pub confidence: u8,
    /// A remark for readers of the catalogue.
    pub note: String,
    /// Where the row stands.
    pub at: At,
}

impl IdentityMarker {
    /// True if the marker holds. `get` answers for a field with a scalar's text or an object's or array's raw JSON, and with
    /// `None` where there is none; it is asked for one field at a time.
    pub fn holds<'a>(&self, get: &mut dyn FnMut(&str) -> Option<Cow<'a, str>>) -> bool {
        self.field.iter().any(|f| get(f).is_some_and(|text| self.accepts(&text)))
            && !self.unless.iter().any(|f| get(f).is_some_and(|text| !says_nothing(&text)))
    }

    /// True if a field that says `text` satisfies the comparison. [`IdentityMarker::unless`] is not looked at.
    pub fn accepts(&self, text: &str) -> bool {
        let first = self.values.first().map(String::as_str).unwrap_or_default();
        match self.op {
            Op::Present => text != "null",
            Op::Nonempty => !says_nothing(text),
            Op::Eq => text == first,
            Op::Ne => text != first && !says_nothing(text),
            Op::In => self.values.iter().any(|v| v == text),
            Op::Prefix | Op::PrefixAny => self.values.iter().any(|v| text.starts_with(v.as_str())),
            Op::Suffix => text.ends_with(first),
            Op::Contains | Op::ContainsAny => self.values.iter().any(|v| text.contains(v.as_str())),
            Op::Regex => self.pattern.as_ref().is_some_and(|p| p.regex().is_match(text)),
            Op::Lt => matches!((text.parse::<f64>(), first.parse::<f64>()), (Ok(n), Ok(limit)) if n < limit),
        }
    }
}

/// True for what a log writes where it has nothing to say.
pub(crate) fn says_nothing(text: &str) -> bool {
    matches!(text, "" | "null" | "{}" | "[]" | "[{}]")
}

/// The pseudo-fields.
pub(crate) const PSEUDO: &[&str] = &["@name", "@session", "@user_agent", "@ip", "@id", "@credential"];

impl Record for IdentityMarker {
    const FILE: &'static str = "identity_markers.tsv";
    const COLUMNS: &'static [Column] = &[
        alias("id", &["marker_id"]),
        col("source"),
        alias("field", &["json_path"]),
        col("op"),
        col("value"),
        col("unless"),
        col("kind"),
        col("actor"),
        col("confidence"),
        col("note"),
    ];

    fn id(row: &Row<'_, '_>) -> String {
        row.get("id").to_owned()
    }

    fn read(cells: &mut Reader<'_, '_, '_>) -> Option<Self> {
        let id = cells.required("id");
        let source = cells.word("source");
        let field = cells.required("field").map(|_| cells.list("field", '|'));
        let op = cells.word("op");
        let kind = cells.word_or_none("kind");
        let actor = cells.word("actor");
        let confidence = cells.number("confidence", 1, 5, None);
        let unless = cells.list("unless", '|');
        let (op, field) = (op?, field?);
        if let Some(wrong) = field.iter().chain(&unless).find(|f| !is_field(f)) {
            cells.refuse(
                format!("`{wrong}` is no field"),
                format!("write a dotted path such as userIdentity.type, or one of {}", PSEUDO.join(", ")),
            );
            return None;
        }
        let value = cells.text("value");
        let values: Vec<String> = match op {
            Op::Present | Op::Nonempty => Vec::new(),
            Op::In | Op::PrefixAny | Op::ContainsAny => cells.list("value", '|'),
            _ => vec![value.to_owned()],
        };
        if values.iter().any(String::is_empty) || (values.is_empty() && !matches!(op, Op::Present | Op::Nonempty)) {
            cells.refuse(format!("`{op}` without a value"), "fill in `value`, or use present or nonempty".to_owned());
            return None;
        }
        if op == Op::Lt && value.parse::<f64>().is_err() {
            cells.refuse(format!("`lt` with `{value}`"), "write a number".to_owned());
            return None;
        }
        Some(IdentityMarker {
            id: id?.to_owned(),
            source: source?,
            field,
            op,
            values,
            pattern: (op == Op::Regex).then(|| Pattern::new(value)),
            unless,
            kind: kind?,
            actor: actor?,
            confidence: confidence? as u8,
            note: cells.text("note").to_owned(),
            at: cells.row.at.clone(),
        })
    }

    fn check(&self) -> Result<(), (String, String)> {
        self.pattern.as_ref().map_or(Ok(()), Pattern::check)
    }
}

/// True for a pseudo-field or something that can be a path. Keys may hold almost anything, so only prose is refused.
fn is_field(text: &str) -> bool {
    if text.starts_with('@') {
        return PSEUDO.contains(&text);
    }
    !text.is_empty() && !text.contains([' ', '(', ')', '"', '*']) && !text.starts_with('.') && !text.ends_with('.')
}
