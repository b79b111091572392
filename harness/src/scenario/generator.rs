//! The sections of `scenario.toml` that let log files be generated.

use super::Label;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use vires_event::Boundary;

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

/// `[[actor]]`: an identity that the story is about.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Actor {
    /// Its name.
    pub name: String,
    /// What it is like; it does what most of its kind do.
    pub archetype: String,
    /// Account, project or subscription it lives in; drawn if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// Region it acts in; drawn if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// Whether the generated inventory lists it.
    #[serde(default = "yes", skip_serializing_if = "is_true")]
    pub listed: bool,
    /// Whether the generated inventory says what is expected of it.
    #[serde(default = "yes", skip_serializing_if = "is_true")]
    pub profile: bool,
    /// How busy it is compared with its archetype.
    #[serde(default = "as_is", skip_serializing_if = "is_one")]
    pub busy: f64,
}

fn yes() -> bool {
    true
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde wants it so")]
fn is_true(flag: &bool) -> bool {
    *flag
}

/// `[[inject]]`: raw vendor events from a template.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Inject {
    /// Moment of the test window: `d12T03:10` is 03:10 UTC on its day 12 (the first is 0).
    pub at: String,
    /// Actor or archetype member that acts; its habits fill the placeholders.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub identity: String,
    /// The same once for each of these.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub identities: Vec<String>,
    /// A file of raw vendor events with placeholders, without its ending.
    pub template: String,
    /// How often the whole template happens.
    #[serde(default = "once", skip_serializing_if = "is_once")]
    pub repeat: u32,
    /// Distance of the repetitions, and of the identities; `90s` if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub every: Option<String>,
    /// Values of further placeholders.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub vars: BTreeMap<String, String>,
    /// What the lines are.
    #[serde(default = "malicious")]
    pub label: Label,
    /// Attack instance they belong to; empty = one per scenario.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub instance: String,
    /// Boundaries they cross.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub boundaries: Vec<Boundary>,
}

impl Inject {
    /// Who acts, one after the other.
    pub fn who(&self) -> impl Iterator<Item = &str> {
        both(&self.identity, &self.identities)
    }
}

fn both<'a>(one: &'a str, more: &'a [String]) -> impl Iterator<Item = &'a str> {
    Some(one).filter(|name| !name.is_empty()).into_iter().chain(more.iter().map(String::as_str))
}

fn once() -> u32 {
    1
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde wants it so")]
fn is_once(n: &u32) -> bool {
    *n == 1
}

fn malicious() -> Label {
    Label::Malicious
}

/// `[[shift]]`: somebody's own generated habits, lived otherwise for a while.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shift {
    /// Actor or archetype member.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub identity: String,
    /// Each of these.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub identities: Vec<String>,
    /// Moment of the test window from which on.
    pub from: String,
    /// Moment until which.
    pub until: String,
    /// How busy, compared with usual.
    #[serde(default = "as_is", skip_serializing_if = "is_one")]
    pub rate: f64,
    /// Address it acts from instead of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ip: Option<String>,
    /// Addresses it acts from instead of its own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ips: Vec<String>,
    /// Region it acts in instead of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// User agent instead of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ua: Option<String>,
    /// Hours at which it acts, as in archetypes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hours: Option<String>,
    /// Share of the requests that are refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<f64>,
    /// Only these calls out of its habits; globs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub only: Vec<String>,
    /// Put behind the names of what it touches.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub suffix: String,
    /// What the lines are; benign ones without boundaries and instance get no rows in the labels.
    #[serde(default = "benign")]
    pub label: Label,
    /// Attack instance they belong to; empty = one per scenario.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub instance: String,
    /// Boundaries they cross.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub boundaries: Vec<Boundary>,
}

impl Shift {
    /// Whose habits.
    pub fn who(&self) -> impl Iterator<Item = &str> {
        both(&self.identity, &self.identities)
    }
}

fn benign() -> Label {
    Label::Benign
}
