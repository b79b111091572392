use crate::globs::Globs;
use crate::observation::Mapping;
use crate::schedule::Schedule;
use crate::words::file_words;
use serde::{Deserialize, Serialize};
use vires_event::Millis;

file_words! {
    /// What sort of workload it is.
    #[allow(missing_docs)]
    WorkloadKind {
        Service = "service", Batch = "batch", Ci = "ci", Iac = "iac", Integration = "integration", Agent = "agent",
        Shared = "shared", Breakglass = "breakglass", Legacy = "legacy",
    }
}

file_words! {
    /// Whether the workload should still act.
    #[allow(missing_docs)]
    Status { Active = "active", Deprecated = "deprecated", Decommissioned = "decommissioned" }
}

/// Who answers for a workload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    /// The team; where the inventory has only a contact, that.
    pub team: String,
    /// Where to reach it.
    pub contact: Option<String>,
    /// Until when the ownership holds (a date holds until its end, UTC).
    pub expires: Option<Millis>,
}

impl Owner {
    /// True if the ownership has run out at this moment.
    pub fn expired(&self, at: Millis) -> bool {
        self.expires.is_some_and(|expires| at >= expires)
    }
}

/// An identity of a workload, as the inventory writes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    /// Canonical id, raw form or `*` glob.
    pub text: String,
    /// The line that declares it.
    pub line: usize,
}

/// One workload: what it is, who owns it, which identities it acts with and what is expected of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Workload {
    /// Unique name.
    pub id: String,
    /// Who answers for it. `None` = nobody is known.
    pub owner: Option<Owner>,
    /// What it is for.
    pub purpose: Option<String>,
    /// What sort it is.
    pub kind: Option<WorkloadKind>,
    /// Workloads that are expected to behave alike.
    pub peer_group: Option<String>,
    /// Environment, e.g. `prod`.
    pub env: Option<String>,
    /// Whether it should still act.
    pub status: Status,
    /// Judged with lower tolerance.
    pub privileged: bool,
    /// Several users share its identities.
    pub shared: bool,
    /// An AI agent drives it.
    pub agentic: bool,
    /// Its identities.
    pub principals: Vec<Principal>,
    /// What is expected of it.
    pub expect: Expect,
    /// What it must never do.
    pub deny: Deny,
    /// Who uses it and how, for shared identities.
    pub mixtures: Vec<Mixture>,
    /// True if the inventory names the identity but no workload (an empty `workload` cell in a CSV): `id` is then the identity.
    pub unassigned: bool,
    /// The line that declares it.
    pub line: usize,
}

impl Workload {
    /// A workload of which nothing is known but its name.
    pub fn new(id: impl Into<String>) -> Self {
        Workload {
            id: id.into(),
            owner: None,
            purpose: None,
            kind: None,
            peer_group: None,
            env: None,
            status: Status::Active,
            privileged: false,
            shared: false,
            agentic: false,
            principals: Vec::new(),
            expect: Expect::default(),
            deny: Deny::default(),
            mixtures: Vec::new(),
            unassigned: false,
            line: 0,
        }
    }

    /// How well it is mapped at this moment; the first thing that is missing counts. An owner whose term has expired is none.
    pub fn mapping(&self, at: Millis) -> Mapping {
        match () {
            () if self.unassigned => Mapping::NoWorkload,
            () if self.owner.as_ref().is_none_or(|owner| owner.expired(at)) => Mapping::NoOwner,
            () if !self.has_profile() => Mapping::NoProfile,
            () => Mapping::Mapped,
        }
    }

    /// What is missing for a judgement at this moment, of `workload`, `owner`, `purpose` and `profile`, in that order.
    pub fn missing(&self, at: Millis) -> Vec<&'static str> {
        [
            ("workload", self.unassigned),
            ("owner", self.owner.as_ref().is_none_or(|owner| owner.expired(at))),
            ("purpose", self.purpose.is_none()),
            ("profile", !self.has_profile()),
        ]
        .into_iter()
        .filter_map(|(what, missing)| missing.then_some(what))
        .collect()
    }

    /// True if anything is declared that activity can be judged by.
    pub fn has_profile(&self) -> bool {
        self.expect.is_declared() || !self.deny.is_empty() || !self.mixtures.is_empty()
    }
}

/// What is expected of a workload. `None` = not declared: what was learned decides. `Some` = closed: only what is listed is expected,
/// and an empty list allows nothing.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Expect {
    /// Zone names.
    pub zones: Option<Globs>,
    /// Regions.
    pub regions: Option<Globs>,
    /// Accounts, projects, subscriptions, tenants.
    pub accounts: Option<Globs>,
    /// Credential kinds.
    pub credentials: Option<Globs>,
    /// Platforms: `aws`, `gcp`, `k8s` …
    pub platforms: Option<Globs>,
    /// Actions.
    pub actions: Option<Globs>,
    /// Targets, `<service>:<name>`.
    pub resources: Option<Globs>,
    /// Outside parties that may receive something.
    pub destinations: Option<Globs>,
    /// On whose behalf it may act.
    pub delegators: Option<Globs>,
    /// Highest tier, 0–4.
    pub max_tier: Option<u8>,
    /// Highest data class, 0–3.
    pub max_data_class: Option<u8>,
    /// When it acts.
    pub schedule: Option<Schedule>,
    /// How much it does.
    pub volume: ExpectedVolume,
    /// Greatest age of a credential it acts with.
    pub max_cred_age: Option<Millis>,
    /// Whether a person may use it by hand.
    pub allow_interactive: Option<bool>,
    /// Whether it may do what cannot be undone.
    pub allow_irreversible: Option<bool>,
}

/// How much a workload does.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ExpectedVolume {
    /// Least and most events on an active day.
    pub events_per_day: Option<(u64, u64)>,
    /// Most reads of confidential or restricted data a day.
    pub sensitive_reads_per_day: Option<u64>,
}

impl Expect {
    /// The closed lists with their names in the file, in the order of the contract.
    pub fn lists(&self) -> [(&'static str, Option<&Globs>); 9] {
        [
            ("zones", self.zones.as_ref()),
            ("regions", self.regions.as_ref()),
            ("accounts", self.accounts.as_ref()),
            ("credentials", self.credentials.as_ref()),
            ("platforms", self.platforms.as_ref()),
            ("actions", self.actions.as_ref()),
            ("resources", self.resources.as_ref()),
            ("destinations", self.destinations.as_ref()),
            ("delegators", self.delegators.as_ref()),
        ]
    }

    /// True if anything is declared.
    pub fn is_declared(&self) -> bool {
        *self != Expect::default()
    }
}

/// What a workload must never do: hard evidence.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Deny {
    /// Actions.
    pub actions: Globs,
    /// Zone names.
    pub zones: Globs,
    /// Targets.
    pub resources: Globs,
}

impl Deny {
    /// True if nothing is denied.
    pub fn is_empty(&self) -> bool {
        self.actions.is_empty() && self.zones.is_empty() && self.resources.is_empty()
    }
}

/// One user of a shared identity. An absent list leaves that aspect open.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Mixture {
    /// Who it is.
    pub name: String,
    /// Zone names.
    pub zones: Option<Globs>,
    /// User agents.
    pub user_agents: Option<Globs>,
    /// Actions.
    pub actions: Option<Globs>,
}
