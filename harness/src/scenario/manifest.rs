//! `scenario.toml`.

use super::{Actor, Background, History, Inject, Shift};
use serde::{Deserialize, Serialize};

/// Schema of the file.
pub const SCHEMA: &str = "vires-scenario/1";

macro_rules! words {
    ($(#[$meta:meta])* $name:ident { $($variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[allow(missing_docs)]
        pub enum $name { $(#[serde(rename = $word)] $variant),+ }

        impl $name {
            /// The word as it stands in files.
            pub const fn as_str(self) -> &'static str {
                match self { $($name::$variant => $word),+ }
            }
        }
    };
}

words! {
    /// What a scenario is about.
    ScenarioKind { Attack = "attack", Decoy = "decoy", Noise = "noise" }
}
words! {
    /// Which part of the corpus a scenario belongs to: tunings are found on `dev` and judged on `test`.
    Split { Dev = "dev", Test = "test" }
}
words! {
    /// Where the log lines come from.
    Provenance { Real = "real", Emulated = "emulated", Modelled = "modelled" }
}
words! {
    /// What the author expects of the judge.
    ExpectedVerdict { Escalate = "escalate", Quiet = "quiet" }
}

/// A scenario's own description. Nothing of it reaches the judge.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// [`SCHEMA`].
    pub schema: String,
    /// Unique name.
    pub id: String,
    /// Stories of one kind; the unit that is drawn when intervals are computed and held out when tunings are swept.
    pub family: String,
    /// Attack, decoy or noise.
    pub kind: ScenarioKind,
    /// Part of the corpus.
    #[serde(default = "dev")]
    pub split: Split,
    /// One line for people.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub title: String,
    /// Why it must or must not escalate.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub why: String,
    /// A public account of what is modelled.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub incident: String,
    /// OWASP NHI ids, `NHI2:2025`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub owasp: Vec<String>,
    /// ATT&CK techniques.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attack: Vec<String>,
    /// Where the log lines come from. Where nothing is said, nothing better is claimed than that somebody wrote them.
    #[serde(default = "modelled")]
    pub provenance: Provenance,
    /// What the author expects.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expect: Option<Expect>,
    /// What the baseline learns, generated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub history: Option<History>,
    /// What else goes on in the test window, generated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub background: Option<Background>,
    /// Identities that the story is about.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub actor: Vec<Actor>,
    /// What is put into the generated test window.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub inject: Vec<Inject>,
    /// Generated habits that are lived otherwise for a while.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub shift: Vec<Shift>,
}

fn modelled() -> Provenance {
    Provenance::Modelled
}

fn dev() -> Split {
    Split::Dev
}

impl Manifest {
    /// True if log files are to be generated.
    pub fn is_generated(&self) -> bool {
        self.history.is_some()
            || self.background.is_some()
            || !(self.actor.is_empty() && self.inject.is_empty() && self.shift.is_empty())
    }

    /// True if its author says that nothing in these logs can show it.
    pub fn is_undetectable(&self) -> bool {
        self.expect.as_ref().is_some_and(|expect| expect.undetectable)
    }

    /// The same without its generator sections: how it describes literal files.
    pub fn literal(&self) -> Manifest {
        Manifest { history: None, background: None, actor: Vec::new(), inject: Vec::new(), shift: Vec::new(), ..self.clone() }
    }
}

/// What the author expects of the judge. A failed expectation is shown, no more.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expect {
    /// Whether it should escalate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verdict: Option<ExpectedVerdict>,
    /// Boundaries that are crossed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub boundaries: Vec<vires_event::Boundary>,
    /// Time from the first malicious event within which it should escalate, e.g. `15m`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_delay: Option<String>,
    /// Event id of the moment after which it is too late.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub objective: Option<String>,
    /// True if nothing in these logs can show it: it stays in every count, and is marked.
    #[serde(default, skip_serializing_if = "is_false")]
    pub undetectable: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde wants it so")]
fn is_false(flag: &bool) -> bool {
    !flag
}
