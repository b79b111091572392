use crate::hide::Secrets;
use crate::object::Object;
use std::borrow::Cow;
use vires_event::{Actor, Boundary, Class, Effect, Kind, Outcome, Source, Text};

/// Why a line could not be classified.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Problem {
    /// Neither a JSON object nor text of a known format.
    NotJson,
    /// A JSON object that no decoder knows.
    UnknownSource,
    /// The line holds bytes that are not UTF-8.
    InvalidUtf8,
    /// A fault of ours while this line was classified.
    Internal,
    /// The judge decides in two steps, and the first one did not see this line or compares with something else.
    NotJoined,
}

impl Problem {
    /// The word in `nhi.error`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Problem::NotJson => "not_json",
            Problem::UnknownSource => "unknown_source",
            Problem::InvalidUtf8 => "invalid_utf8",
            Problem::Internal => "internal",
            Problem::NotJoined => "not_joined",
        }
    }
}

/// What the catalogue says of an action.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sensitive<'a> {
    /// Class of the action.
    pub class: Class,
    /// 1–5, raised where the row's condition holds.
    pub severity: u8,
    /// The boundary it can cross.
    pub boundary: Option<Boundary>,
    /// ATT&CK techniques.
    pub attack: &'a [String],
}

/// Everything `vires tag` says about one line. `None` and empty lists mean "the line does not say".
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Tags<'a> {
    /// The log format.
    pub source: Option<Source>,
    /// Machine, human or undecided.
    pub actor: Option<Actor>,
    /// What sort of identity.
    pub kind: Option<Kind>,
    /// Canonical identity, secrets in it redacted.
    pub id: Option<Text<'a>>,
    /// The credential, masked.
    pub credential: Option<String>,
    /// The action in the contract's spelling.
    pub action: Option<Text<'a>>,
    /// What the action does.
    pub effect: Option<Effect>,
    /// What the catalogue says of the action.
    pub sensitive: Option<Sensitive<'a>>,
    /// What was touched, secrets in it redacted.
    pub target: Option<Text<'a>>,
    /// Class of the data touched, 0–3.
    pub data_class: Option<u8>,
    /// Names and severities of the catalogue markers found in resource fields, sorted.
    pub markers: Vec<(Cow<'a, str>, u8)>,
    /// Kinds of leaked credentials with their severities, sorted.
    pub leaks: Vec<(&'a str, u8)>,
    /// How the request ended.
    pub outcome: Option<Outcome>,
    /// Why there is not more.
    pub error: Option<Problem>,
    /// What looks like a credential anywhere in the line, except where one belongs.
    pub(crate) secrets: Secrets<'a>,
}

/// From this severity on a match makes a line worth a look by itself; weaker ones are reported, no more.
pub(crate) const TELLING: u8 = 3;

/// Weaker resource markers are so common that they say nothing (`db`, `user`): they are not reported.
pub(crate) const REPORTED: u8 = 2;

impl Tags<'_> {
    /// Takes out of a text that was made of the line what is left of its credentials there: [`crate::Classifier::redact`] finds
    /// those that still have their shape.
    pub fn hide<'t>(&self, text: Text<'t>) -> Text<'t> {
        self.secrets.hide(text)
    }

    /// True if [`Tags::hide`] leaves every text as it is.
    pub fn hides_nothing(&self) -> bool {
        self.secrets.is_empty()
    }

    /// Takes the line's credentials out of its own tags.
    pub(crate) fn hide_secrets(&mut self) {
        for text in [&mut self.id, &mut self.action, &mut self.target].into_iter().flatten() {
            *text = self.secrets.hide(std::mem::take(text));
        }
    }

    /// A line that could not be classified.
    pub fn failed(problem: Problem) -> Self {
        Tags { error: Some(problem), ..Tags::default() }
    }

    /// True if a machine acted.
    pub fn by_machine(&self) -> bool {
        self.actor == Some(Actor::Machine)
    }

    /// True if what was touched is worth a look: an action, a name or a leaked credential of severity 3 or more.
    pub fn touches_sensitive(&self) -> bool {
        let found = self.markers.iter().map(|(_, s)| s).chain(self.leaks.iter().map(|(_, s)| s));
        self.sensitive.is_some_and(|s| s.severity >= TELLING) || found.copied().any(|s| s >= TELLING)
    }

    /// `nhi.tagged`: a machine acted, or anything of the catalogue matched.
    pub fn tagged(&self) -> bool {
        self.by_machine() || self.sensitive.is_some() || !self.markers.is_empty() || !self.leaks.is_empty()
    }

    /// 1–5: the action's severity, else the highest of what was found.
    pub fn severity(&self) -> Option<u8> {
        self.sensitive.map(|s| s.severity).or_else(|| {
            let found = self.markers.iter().map(|(_, s)| s).chain(self.leaks.iter().map(|(_, s)| s));
            found.copied().max()
        })
    }

    /// Writes the members of the `nhi` object in the order of the contract, up to `attack`.
    pub fn write(&self, object: &mut Object<'_>) {
        self.write_head(object);
        self.write_touched(object);
        self.write_rest(object);
    }

    /// Up to `boundary`.
    pub(crate) fn write_head(&self, object: &mut Object<'_>) {
        self.write_who(object);
        self.write_what(object);
    }

    /// Up to `credential`.
    pub(crate) fn write_who(&self, object: &mut Object<'_>) {
        object.number("v", 1);
        let mut word = |key, word: Option<&'static str>| {
            if let Some(word) = word {
                object.word(key, word);
            }
        };
        word("source", self.source.map(Source::as_str));
        word("actor", self.actor.map(Actor::as_str));
        word("kind", self.kind.map(Kind::as_str));
        if let Some(id) = &self.id {
            object.text("id", id, 512);
        }
        if let Some(credential) = &self.credential {
            object.text("credential", credential, 64);
        }
    }

    /// From `action` to `boundary`.
    pub(crate) fn write_what(&self, object: &mut Object<'_>) {
        if let Some(action) = &self.action {
            object.text("action", action, 192);
        }
        if let Some(effect) = self.effect {
            object.word("effect", effect.as_str());
            object.number("tier", u64::from(effect.tier()));
        }
        if let Some(sensitive) = &self.sensitive {
            object.word("class", sensitive.class.as_str());
        }
        if let Some(severity) = self.severity() {
            object.number("severity", u64::from(severity));
        }
        if let Some(boundary) = self.sensitive.and_then(|s| s.boundary) {
            object.word("boundary", boundary.as_str());
        }
    }

    /// From `target` to `leaks`.
    pub(crate) fn write_touched(&self, object: &mut Object<'_>) {
        if let Some(target) = &self.target {
            object.text("target", target, 512);
        }
        if let Some(class) = self.data_class {
            object.number("data_class", u64::from(class));
        }
        object.list("markers", self.markers.iter().map(|(name, _)| &**name), 12, 48);
        object.list("leaks", self.leaks.iter().map(|(kind, _)| *kind), 12, 48);
    }

    /// From `outcome` to `attack`.
    pub(crate) fn write_rest(&self, object: &mut Object<'_>) {
        if let Some(outcome) = self.outcome {
            object.word("outcome", outcome.as_str());
        }
        if let Some(sensitive) = &self.sensitive {
            object.list("attack", sensitive.attack.iter().map(String::as_str), 4, 24);
        }
    }

    /// Writes what follows whatever else the object holds: `tagged` and `error`.
    pub fn write_end(&self, object: &mut Object<'_>) {
        object.bool("tagged", self.tagged());
        if let Some(error) = self.error {
            object.word("error", error.as_str());
        }
    }

    /// Writes the whole object.
    pub fn render(&self, out: &mut Vec<u8>) {
        let mut object = Object::open(out);
        self.write(&mut object);
        self.write_end(&mut object);
        object.close();
    }
}
