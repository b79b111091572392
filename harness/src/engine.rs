//! The narrow door to what is measured: an engine replays an estate under a tuning and says which cases it opened.

use crate::scenario::Estate;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::path::Path;
use vires_event::{Boundary, Millis};

/// What is done about a case, in rising order.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Expected.
    #[default]
    Suppress,
    /// Kept an eye on; not a detection.
    Watch,
    /// Nobody can say, because owner, workload or profile is missing.
    CannotJudge,
    /// Somebody has to look.
    Escalate,
    /// At once.
    Page,
}

impl Verdict {
    /// The word as it stands in output.
    pub const fn as_str(self) -> &'static str {
        match self {
            Verdict::Suppress => "suppress",
            Verdict::Watch => "watch",
            Verdict::CannotJudge => "cannot_judge",
            Verdict::Escalate => "escalate",
            Verdict::Page => "page",
        }
    }

    /// True if somebody is told.
    pub fn escalates(self) -> bool {
        self >= Verdict::Escalate
    }
}

/// A tuning file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tuning {
    /// Its `name` key, else the stem of its file name.
    pub name: String,
    /// Where it was read from; empty for the defaults.
    pub file: String,
    /// What it says.
    pub text: String,
    /// SHA-256 of that.
    pub sha256: String,
}

impl Tuning {
    /// The same tuning with some keys changed, under another name. `changes` is laid over it, table by table.
    pub fn with(&self, name: &str, changes: &toml::Table) -> Result<Tuning, EngineError> {
        let mut table: toml::Table = toml::from_str(&self.text)
            .map_err(|error| EngineError::Tuning(format!("{}: {}", self.file, error.to_string().trim_end())))?;
        lay_over(&mut table, changes);
        table.insert("name".into(), toml::Value::String(name.into()));
        let text = toml::to_string(&table).map_err(|error| EngineError::Tuning(format!("{}: {error}", self.file)))?;
        Ok(Tuning::new(text, &self.file))
    }

    /// A tuning of this text. `file` is used in errors and, without its ending, as the name where the text gives none.
    pub fn new(text: impl Into<String>, file: &str) -> Tuning {
        #[derive(Deserialize)]
        struct Head {
            name: Option<String>,
        }
        let text = text.into();
        let named = toml::from_str::<Head>(&text).ok().and_then(|head| head.name).filter(|name| !name.trim().is_empty());
        let stem = || Path::new(file).file_stem().map_or_else(|| "default".into(), |s| s.to_string_lossy().into_owned());
        Tuning {
            name: named.unwrap_or_else(stem),
            file: file.to_string(),
            sha256: crate::scenario::hex(&Sha256::digest(text.as_bytes())),
            text,
        }
    }
}

fn lay_over(table: &mut toml::Table, changes: &toml::Table) {
    for (key, value) in changes {
        match (table.get_mut(key), value) {
            (Some(toml::Value::Table(inner)), toml::Value::Table(changes)) => lay_over(inner, changes),
            _ => {
                table.insert(key.clone(), value.clone());
            }
        }
    }
}

/// Why an engine could not replay.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The tuning is wrong; the text names file, line and place.
    #[error("{0}")]
    Tuning(String),
    /// Inputs could not be used.
    #[error("{0}")]
    Input(String),
}

/// A state that a case went through.
#[derive(Debug, Clone, PartialEq)]
pub struct Update {
    /// Time of the event that brought it about.
    pub at: Millis,
    /// Verdict from here on.
    pub verdict: Verdict,
    /// Score from here on, 0–100.
    pub score: f64,
    /// Boundaries crossed so far.
    pub boundaries: Vec<Boundary>,
    /// Lines of the test window that the case rests on from here on, ascending.
    pub lines: Vec<u32>,
    /// Codes of the criteria that found something.
    pub codes: Vec<String>,
    /// Short sentences: expected, observed.
    pub reasons: Vec<String>,
}

/// A case, with its states in the order of time. Never empty.
#[derive(Debug, Clone, PartialEq)]
pub struct Case {
    /// Its name within the replay.
    pub id: String,
    /// Canonical id of the identity that acted most lately.
    pub identity: String,
    /// Key under which it was judged.
    pub workload: String,
    /// Its states.
    pub updates: Vec<Update>,
}

impl Case {
    /// Highest score it reached.
    pub fn score(&self) -> f64 {
        self.updates.iter().map(|u| u.score).fold(0.0, f64::max)
    }

    /// Highest verdict it reached.
    pub fn verdict(&self) -> Verdict {
        self.updates.iter().map(|u| u.verdict).max().unwrap_or_default()
    }

    /// Its first state in which somebody is told.
    pub fn first_escalation(&self) -> Option<&Update> {
        self.updates.iter().find(|u| u.verdict.escalates())
    }

    /// The state with the highest verdict, the first of several.
    pub fn worst(&self) -> Option<&Update> {
        let worst = self.verdict();
        self.updates.iter().find(|u| u.verdict == worst)
    }
}

/// What came of one replay.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Replay {
    /// Every case of at least `watch`, in the order in which they were opened.
    pub cases: Vec<Case>,
}

/// Something that can be switched off.
#[derive(Debug, Clone, PartialEq)]
pub struct Ablation {
    /// Code of a criterion, or the name of a group of knobs.
    pub name: String,
    /// What it is, in a few words.
    pub what: String,
    /// The tuning keys that switch it off.
    pub changes: toml::Table,
}

/// Something that judges estates.
pub trait Engine: Sync {
    /// The tuning it has when none is given, as a file's text.
    fn default_tuning(&self) -> String;

    /// Whether a tuning can be used.
    fn check(&self, tuning: &Tuning) -> Result<(), EngineError>;

    /// A hash of the facts that it judges by, apart from the tuning.
    fn catalogue(&self) -> Result<String, EngineError>;

    /// What can be switched off to see what it buys.
    fn ablations(&self) -> Vec<Ablation>;

    /// The keys that leave it nothing but habits: no declared profiles, no context of changes.
    fn habits_alone(&self) -> toml::Table;

    /// Whether what is declared in an estate can be used; cheap beside [`Engine::prepare`].
    fn accepts(&self, estate: &Estate) -> Result<(), EngineError>;

    /// Reads an estate and learns its history: what does not depend on the tuning.
    fn prepare<'a>(&'a self, estate: &'a Estate) -> Result<Box<dyn Prepared + 'a>, EngineError>;
}

/// An estate whose history is learned.
pub trait Prepared: Sync {
    /// Judges the test window.
    fn replay(&self, tuning: &Tuning) -> Result<Replay, EngineError>;

    /// What is said of each event; with the arithmetic of one line, if one is given.
    fn trace(&self, tuning: &Tuning, line: Option<u32>) -> Result<Trace, EngineError>;
}

/// A replay, event by event.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Trace {
    /// Each event of which something was said.
    pub events: Vec<TracedEvent>,
    /// The arithmetic of the line that was asked for, as text.
    pub workings: Option<String>,
}

/// What is said of one event: the standing of its case at that moment.
#[derive(Debug, Clone, PartialEq)]
pub struct TracedEvent {
    /// Line of the test window.
    pub line: u32,
    /// The verdict.
    pub verdict: Verdict,
    /// The score.
    pub score: f64,
    /// What stands against the identity.
    pub reasons: Vec<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tuning_is_named_by_its_key_else_by_its_file() {
        assert_eq!(Tuning::new("name = \"strict\"", "x/a.toml").name, "strict");
        assert_eq!(Tuning::new("[window]\nscore = \"1h\"", "x/a.toml").name, "a");
        assert_eq!(Tuning::new("name = [", "x/a.toml").name, "a");
        assert_eq!(Tuning::new("", "").name, "default");
        // sha256sum of nothing
        assert!(Tuning::new("", "").sha256.starts_with("e3b0c44298fc1c14"));
    }

    #[test]
    fn changes_are_laid_over_a_tuning() {
        let base = Tuning::new("schema = \"x\"\n[a]\nb = 1\nc = 2\n", "t.toml");
        let changed = base.with("n", &toml::from_str("[a]\nb = 3\n[d]\ne = 4\n").unwrap()).unwrap();
        let table: toml::Table = toml::from_str(&changed.text).unwrap();
        assert_eq!(
            (changed.name.as_str(), &table["a"]["b"], &table["a"]["c"]),
            ("n", &toml::Value::Integer(3), &toml::Value::Integer(2))
        );
        assert_eq!(table["d"]["e"], toml::Value::Integer(4));
        assert!(Tuning::new("a = [", "t.toml").with("n", &toml::Table::new()).unwrap_err().to_string().starts_with("t.toml: "));
    }

    #[test]
    fn verdicts_rise() {
        assert!(Verdict::Suppress < Verdict::Watch && Verdict::CannotJudge < Verdict::Escalate);
        assert!(Verdict::Page.escalates() && !Verdict::CannotJudge.escalates());
    }
}
