//! `scenario.toml`.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

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
    /// Where the log lines come from.
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
    /// What is put into the generated test window.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub inject: Vec<Inject>,
}

fn dev() -> Split {
    Split::Dev
}

impl Manifest {
    /// True if log files are to be generated.
    pub fn is_generated(&self) -> bool {
        self.history.is_some() || self.background.is_some() || !self.inject.is_empty()
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
}

/// `[history]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct History {
    /// Days before the test window.
    pub days: u32,
    /// Archetype of the identities that the story is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub generator: Option<String>,
    /// Seed of their habits.
    #[serde(default)]
    pub seed: u64,
}

/// `[background]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Background {
    /// Days of the test window.
    pub days: u32,
    /// Seed of everything that happens in it.
    #[serde(default)]
    pub seed: u64,
    /// How busy everybody is, compared with the archetypes; small numbers make large estates cheap.
    #[serde(default = "as_is", skip_serializing_if = "is_one")]
    pub rate: f64,
    /// Whether habits change slowly.
    #[serde(default)]
    pub drift: bool,
    /// How many identities of each archetype.
    #[serde(default)]
    pub archetypes: BTreeMap<String, u32>,
    /// First day of the test window, `2026-03-01`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<String>,
}

fn as_is() -> f64 {
    1.0
}

#[expect(clippy::trivially_copy_pass_by_ref, clippy::float_cmp, reason = "serde wants it so; 1.0 is the default as written")]
fn is_one(rate: &f64) -> bool {
    *rate == 1.0
}

/// `[[inject]]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Inject {
    /// Moment of the test window: `d12T03:10` is 03:10 UTC on its day 12 (the first is 0).
    pub at: String,
    /// Workload or archetype member whose identity acts; its habits fill the placeholders.
    pub identity: String,
    /// A file of raw vendor events with placeholders, without its ending.
    pub template: String,
    /// Values of further placeholders.
    #[serde(default)]
    pub vars: BTreeMap<String, String>,
    /// What the lines are.
    #[serde(default = "malicious")]
    pub label: super::Label,
    /// Attack instance they belong to; empty = one per scenario.
    #[serde(default)]
    pub instance: String,
    /// Boundaries they cross.
    #[serde(default)]
    pub boundaries: Vec<vires_event::Boundary>,
}

fn malicious() -> super::Label {
    super::Label::Malicious
}
