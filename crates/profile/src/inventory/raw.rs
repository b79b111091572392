//! The TOML file as it is written, before it is checked.

use super::workload::{Status, WorkloadKind};
use crate::zones::ZoneClass;
use serde::Deserialize;
use toml::Spanned;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct File {
    #[serde(rename = "schema")]
    pub _schema: String,
    #[serde(default)]
    pub zone: Vec<Zone>,
    #[serde(default)]
    pub data: Vec<Data>,
    #[serde(default)]
    pub workload: Vec<Workload>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Zone {
    pub name: Spanned<String>,
    pub class: ZoneClass,
    #[serde(default)]
    pub cidrs: Vec<Spanned<String>>,
    #[serde(default)]
    pub asns: Vec<Spanned<toml::Value>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Data {
    #[serde(rename = "match")]
    pub targets: Spanned<Vec<String>>,
    pub class: Spanned<i64>,
    #[serde(default)]
    pub labels: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Workload {
    pub id: Spanned<String>,
    pub owner: Option<Owner>,
    pub purpose: Option<String>,
    pub kind: Option<WorkloadKind>,
    pub peer_group: Option<String>,
    pub env: Option<String>,
    pub status: Option<Status>,
    #[serde(default)]
    pub privileged: bool,
    #[serde(default)]
    pub shared: bool,
    #[serde(default)]
    pub agentic: bool,
    #[serde(default)]
    pub principals: Vec<Spanned<String>>,
    #[serde(default)]
    pub expect: Expect,
    #[serde(default)]
    pub deny: Deny,
    #[serde(default)]
    pub mixture: Vec<Mixture>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Owner {
    pub team: Option<String>,
    pub contact: Option<String>,
    pub expires: Option<Spanned<toml::Value>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expect {
    pub zones: Option<Vec<String>>,
    pub regions: Option<Vec<String>>,
    pub accounts: Option<Vec<String>>,
    pub credentials: Option<Vec<String>>,
    pub platforms: Option<Vec<String>>,
    pub actions: Option<Vec<String>>,
    pub resources: Option<Vec<String>>,
    pub destinations: Option<Vec<String>>,
    pub delegators: Option<Vec<String>>,
    pub max_tier: Option<Spanned<i64>>,
    pub max_data_class: Option<Spanned<i64>>,
    pub schedule: Option<Spanned<String>>,
    #[serde(default)]
    pub volume: Volume,
    pub max_cred_age: Option<Spanned<String>>,
    pub allow_interactive: Option<bool>,
    pub allow_irreversible: Option<bool>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Volume {
    pub events_per_day: Option<Spanned<(u64, u64)>>,
    pub sensitive_reads_per_day: Option<u64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Deny {
    #[serde(default)]
    pub actions: Vec<String>,
    #[serde(default)]
    pub zones: Vec<String>,
    #[serde(default)]
    pub resources: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mixture {
    pub name: Spanned<String>,
    pub zones: Option<Vec<String>>,
    pub user_agents: Option<Vec<String>>,
    pub actions: Option<Vec<String>>,
}
