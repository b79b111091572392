//! What identities of a kind do: `datasets/archetypes/*.toml`.

use serde::Deserialize;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::sync::Arc;
use vires_profile::toml_file::{FileError, read_toml};

/// Schema of the file.
const SCHEMA: &str = "vires-archetype/1";

macro_rules! builtin {
    ($($name:literal),+ $(,)?) => {
        /// The archetypes that come with the program, by file name.
        const BUILTIN: &[(&str, &str)] = &[
            $((concat!($name, ".toml"), include_str!(concat!("../../../datasets/archetypes/", $name, ".toml")))),+
        ];
    };
}

builtin!(
    "agent-tools",
    "agent",
    "azure-automation",
    "backup",
    "ci",
    "code-agent",
    "entra-app",
    "etl",
    "gcp-deployer",
    "gcp-service",
    "github-bot",
    "graph-app",
    "iac",
    "integration",
    "k8s-controller",
    "key-user",
    "m365-app",
    "okta-integration",
    "okta-token",
    "salesforce-app",
    "snowflake-loader",
    "vault-client",
    "web-service",
);

/// The form of its log lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum LogFormat {
    Cloudtrail,
    Kubernetes,
    Github,
    Vault,
    Gcp,
    Azure,
    Entra,
    Graph,
    M365,
    Okta,
    Salesforce,
    Snowflake,
    Agent,
}

/// What it signs in as, where its source knows several sorts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Principal {
    /// As most do: an assumed role, an OAuth client.
    #[default]
    Usual,
    /// An IAM user with a long-lived key.
    User,
    /// An API token that belongs to a person.
    Token,
}

/// On which days it acts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Days {
    /// All.
    #[default]
    All,
    /// Mostly Monday to Friday.
    Weekdays,
}

/// What identities of a kind do.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Archetype {
    /// Schema of the file.
    pub schema: String,
    /// Its name; also the peer group of its members.
    pub name: String,
    /// What it stands for.
    pub about: String,
    /// The form of its log lines.
    pub source: LogFormat,
    /// What it signs in as.
    #[serde(default)]
    pub principal: Principal,
    /// Kind of workload in the inventory.
    pub kind: String,
    /// Mean of events on an active day.
    pub rate: f64,
    /// Deviation of the logarithm of the daily rate.
    #[serde(default = "sigma")]
    pub sigma: f64,
    /// On which days it acts.
    #[serde(default)]
    pub days: Days,
    /// At which hours: `flat`, `office`, or `at:H` for a job that starts at H o'clock UTC.
    pub hours: String,
    /// Sort of network it acts from: `nat`, `pods`, `runners` or `vendor`.
    pub zone: String,
    /// Chance a day that its habits change for good.
    #[serde(default)]
    pub drift: f64,
    /// Driven by an AI agent.
    #[serde(default)]
    pub agentic: bool,
    /// Judged with lower tolerance.
    #[serde(default)]
    pub privileged: bool,
    /// Highest privilege tier of its habits.
    pub max_tier: u8,
    /// Highest data class of its habits.
    pub max_data_class: u8,
    /// User agents; each member has one.
    pub user_agents: Vec<String>,
    /// First parts of its members' names.
    pub stems: Vec<String>,
    /// What it does.
    #[serde(rename = "behaviour")]
    pub behaviours: Vec<Behaviour>,
}

/// One thing that identities of a kind do.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Behaviour {
    /// The call, in the source's own words: `service:Operation`, `verb resource`, an action, an operation.
    pub call: String,
    /// How often, compared with the others.
    pub weight: f64,
    /// Share of the members that do it.
    #[serde(default = "one")]
    pub some: f64,
    /// Request parameters; `{name}`, `{stem}`, `{account}`, `{region}` and `{n}` are filled in.
    #[serde(default)]
    pub params: BTreeMap<String, String>,
    /// How many values `{n}` takes.
    #[serde(default = "few")]
    pub vary: u32,
    /// What an inventory would say of the resource, as a glob.
    #[serde(default)]
    pub resource: Option<String>,
}

impl Behaviour {
    fn can_be_drawn(&self) -> bool {
        self.weight > 0.0 && self.weight.is_finite() && (0.0..=1.0).contains(&self.some) && self.vary > 0
    }
}

fn sigma() -> f64 {
    0.35
}

fn one() -> f64 {
    1.0
}

fn few() -> u32 {
    1
}

/// All archetypes, by name.
#[derive(Debug, Clone)]
pub struct Archetypes(BTreeMap<String, Arc<Archetype>>);

impl Archetypes {
    /// Those that come with the program.
    pub fn builtin() -> Result<Archetypes, FileError> {
        let mut all = BTreeMap::new();
        for (file, text) in BUILTIN {
            let archetype = parse(text, file)?;
            all.insert(archetype.name.clone(), Arc::new(archetype));
        }
        Ok(Archetypes(all))
    }

    /// The archetype of this name.
    pub fn get(&self, name: &str) -> Option<&Arc<Archetype>> {
        self.0.get(name)
    }

    /// All names.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}

fn parse(text: &str, file: &str) -> Result<Archetype, FileError> {
    let archetype: Archetype = read_toml(text, file, SCHEMA)?;
    let wrong = |message: &str| Err(FileError::new(file, 0, message.to_string()));
    if archetype.behaviours.is_empty() || archetype.user_agents.is_empty() || archetype.stems.is_empty() {
        return wrong("`behaviour`, `user_agents` and `stems` must not be empty");
    }
    if !(archetype.rate > 0.0 && archetype.rate <= 100_000.0 && archetype.sigma >= 0.0 && archetype.sigma <= 2.0) {
        return wrong("`rate` must be above 0 and at most 100000, `sigma` from 0 to 2");
    }
    if hour_weights(&archetype.hours).is_none() {
        return wrong("`hours` must be `flat`, `office` or `at:H` with H from 0 to 23");
    }
    if !matches!(archetype.zone.as_str(), "nat" | "pods" | "runners" | "vendor") {
        return wrong("`zone` must be nat, pods, runners or vendor");
    }
    if archetype.behaviours.iter().any(|b| !b.can_be_drawn()) {
        return wrong("each behaviour needs a `weight` above 0, a `some` from 0 to 1 and a `vary` of at least 1");
    }
    Ok(archetype)
}

/// How likely each hour of the day is.
pub(super) fn hour_weights(hours: &str) -> Option<[f64; 24]> {
    match hours {
        "flat" => Some([1.0; 24]),
        "office" => Some(std::array::from_fn(|h| match h {
            8..=17 => 10.0,
            6 | 7 | 18 | 19 => 2.0,
            _ => 0.1,
        })),
        _ => {
            let start: usize = hours.strip_prefix("at:")?.parse().ok().filter(|h| *h < 24)?;
            Some(std::array::from_fn(|h| match (h + 24 - start) % 24 {
                0 => 10.0,
                1 => 2.0,
                _ => 0.0,
            }))
        }
    }
}

/// SHA-256 of the archetypes that come with the program: part of what a generated scenario is made of.
pub fn archetypes_sha256() -> String {
    let mut hasher = Sha256::new();
    for (file, text) in BUILTIN {
        hasher.update(file.as_bytes());
        hasher.update([0]);
        hasher.update(text.as_bytes());
    }
    crate::scenario::hex(&hasher.finalize())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_of_the_folder_is_built_in() {
        let dir = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../datasets/archetypes");
        let mut files: Vec<String> = std::fs::read_dir(dir)
            .unwrap()
            .map(|e| e.unwrap().file_name().into_string().unwrap())
            .filter(|name| name.ends_with(".toml"))
            .collect();
        files.sort();
        assert_eq!(files, BUILTIN.iter().map(|(file, _)| *file).collect::<Vec<_>>());
        for (file, text) in BUILTIN {
            assert_eq!(format!("{}.toml", parse(text, file).unwrap().name), *file);
        }
    }

    #[test]
    fn refuses_what_cannot_be_drawn() {
        let good = BUILTIN[0].1;
        for (from, to, want) in [
            ("hours = ", "hours = \"never\" # ", "`hours` must be"),
            ("zone = ", "zone = \"moon\" # ", "`zone` must be"),
            ("rate = ", "rate = 0.0 # ", "`rate` must be"),
            ("source = ", "sauce = ", "unknown field `sauce`"),
        ] {
            let text = good.replacen(from, to, 1);
            let error = parse(&text, "x.toml").unwrap_err().to_string();
            assert!(error.starts_with("x.toml") && error.contains(want), "{error}");
        }
    }

    #[test]
    fn hours_have_weights() {
        assert_eq!(hour_weights("flat").unwrap()[3], 1.0);
        let night = hour_weights("at:23").unwrap();
        assert_eq!((night[23], night[0], night[12]), (10.0, 2.0, 0.0));
        assert!(hour_weights("at:24").is_none() && hour_weights("x").is_none());
    }
}
