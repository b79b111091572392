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

/// Something that judges estates.
pub trait Engine: Sync {
    /// The tuning it has when none is given, as a file's text.
    fn default_tuning(&self) -> String;

    /// Whether a tuning can be used.
    fn check(&self, tuning: &Tuning) -> Result<(), EngineError>;

    /// Reads an estate and learns its history: what does not depend on the tuning.
    fn prepare<'a>(&'a self, estate: &'a Estate) -> Result<Box<dyn Prepared + 'a>, EngineError>;
}

/// An estate whose history is learned.
pub trait Prepared: Sync {
    /// Judges the test window.
    fn replay(&self, tuning: &Tuning) -> Result<Replay, EngineError>;
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
    fn verdicts_rise() {
        assert!(Verdict::Suppress < Verdict::Watch && Verdict::CannotJudge < Verdict::Escalate);
        assert!(Verdict::Page.escalates() && !Verdict::CannotJudge.escalates());
    }
}
