//! The files themselves.

macro_rules! data {
    ($name:literal) => {
        include_str!(concat!("../data/", $name))
    };
}

pub(crate) const ACTIONS: &str = data!("sensitive_actions.tsv");
pub(crate) const IDENTITIES: &str = data!("identity_markers.tsv");
pub(crate) const RESOURCES: &str = data!("resource_markers.tsv");
pub(crate) const TOKENS: &str = data!("token_patterns.tsv");
pub(crate) const USER_AGENTS: &str = data!("user_agents.tsv");
pub(crate) const ROLES: &str = data!("sensitive_roles.tsv");
pub(crate) const NETWORKS: &str = data!("networks.tsv");
pub(crate) const EFFECTS: &str = data!("effects.tsv");
pub(crate) const CROSSWALK: &str = data!("attack_v18_to_v19.tsv");
pub(crate) const DATA_NAMES: &str = data!("data_names.tsv");
