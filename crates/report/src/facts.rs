//! What the logs that were read say of one identity, in memory that does not grow with the number of records.

use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::{BTreeMap, BTreeSet};
use vires_event::{CredentialKind, Kind, Millis, Outcome, Source};
use vires_profile::observation::{Mapping, Observation, stable_hash};

/// Most different values of one aspect that are kept by name; beyond that they are only counted.
const MOST: usize = 2_048;
/// Most values that are counted.
const MOST_COUNTED: usize = 1 << 16;
/// Most days kept.
const MOST_DAYS: usize = 400;
/// Most credentials kept by name.
const MOST_CREDENTIALS: usize = 256;

/// Values of one aspect: named up to a limit, then counted up to another.
#[derive(Debug, Clone)]
pub struct Values<T> {
    named: BTreeMap<String, T>,
    others: FxHashSet<u64>,
}

impl<T> Default for Values<T> {
    fn default() -> Self {
        Values { named: BTreeMap::new(), others: FxHashSet::default() }
    }
}

impl<T: Default> Values<T> {
    fn entry(&mut self, value: &str) -> Option<&mut T> {
        if !self.named.contains_key(value) {
            if self.named.len() >= MOST {
                if self.others.len() < MOST_COUNTED {
                    self.others.insert(stable_hash(value.as_bytes()));
                }
                return None;
            }
            self.named.insert(vires_profile::baseline::bounded(value).into_owned(), T::default());
        }
        self.named.get_mut(value)
    }
}

impl<T> Values<T> {
    /// Those that are kept by name.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &T)> {
        self.named.iter().map(|(name, value)| (name.as_str(), value))
    }

    /// How many there are.
    pub fn count(&self) -> u64 {
        (self.named.len() + self.others.len()) as u64
    }
}

/// How an action was used.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Use {
    /// Records in which it was not refused.
    pub done: u64,
    /// Records in which it was refused or failed.
    pub refused: u64,
    /// The last of them.
    pub last: Millis,
    /// Its tier.
    pub tier: u8,
}

/// How a credential was used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credential {
    /// What sort.
    pub kind: CredentialKind,
    /// Its id, masked; unknown where the log has none that may be shown.
    pub masked: String,
    /// First and last use in the logs that were read.
    pub first: Millis,
    /// Last use.
    pub last: Millis,
    /// Records.
    pub events: u64,
    /// When it was issued, where a record tells.
    pub issued: Option<Millis>,
    /// Places it was used from.
    pub origins: BTreeSet<String>,
    /// Programs it was used with.
    pub agents: BTreeSet<String>,
}

impl Credential {
    /// True if it does not end by itself.
    pub fn lasting(&self) -> bool {
        lasting(self.kind)
    }
}

/// True for kinds of credentials that do not end by themselves.
pub fn lasting(kind: CredentialKind) -> bool {
    use CredentialKind::{
        AccessKey, ApiToken, Certificate, ClientSecret, DeployKey, Password, Pat, Sas, ServiceAccountKey, SshKey,
    };
    matches!(
        kind,
        AccessKey | ServiceAccountKey | ClientSecret | Certificate | Pat | ApiToken | DeployKey | SshKey | Password | Sas
    )
}

/// One identity.
#[derive(Debug, Clone)]
pub struct Facts {
    /// Key under which it is judged.
    pub workload: String,
    /// How far it leads to an owner, at its last record.
    pub mapping: Mapping,
    /// Sort of identity.
    pub kind: Kind,
    /// First record.
    pub first: Millis,
    /// Last record.
    pub last: Millis,
    /// Records.
    pub events: u64,
    /// Records of each day since 1970.
    pub days: BTreeMap<u16, u32>,
    /// Logs it was seen in.
    pub sources: BTreeSet<Source>,
    /// Accounts it acted in.
    pub accounts: Values<()>,
    /// What it did.
    pub actions: Values<Use>,
    /// Zones and networks it came from.
    pub origins: Values<()>,
    /// Records with a sensitive action.
    pub sensitive: u64,
    /// Records by data class.
    pub classes: [u64; 4],
    /// Highest tier of what it did.
    pub tier: u8,
    /// Records made with a person's tool, and the programs.
    pub interactive: u64,
    /// The last of them.
    pub interactive_last: Option<Millis>,
    /// Programs of a person that were used.
    pub interactive_agents: BTreeSet<String>,
    /// Credentials by the hash of their id.
    pub credentials: FxHashMap<u64, Credential>,
    /// Credentials beyond those.
    pub more_credentials: FxHashSet<u64>,
}

impl Facts {
    fn new(o: &Observation<'_>) -> Self {
        Facts {
            workload: vires_profile::baseline::bounded(&o.workload).into_owned(),
            mapping: o.mapping,
            kind: o.kind,
            first: o.at,
            last: o.at,
            events: 0,
            days: BTreeMap::new(),
            sources: BTreeSet::new(),
            accounts: Values::default(),
            actions: Values::default(),
            origins: Values::default(),
            sensitive: 0,
            classes: [0; 4],
            tier: 0,
            interactive: 0,
            interactive_last: None,
            interactive_agents: BTreeSet::new(),
            credentials: FxHashMap::default(),
            more_credentials: FxHashSet::default(),
        }
    }

    fn note(&mut self, o: &Observation<'_>, masked: Option<&str>) {
        if o.at >= self.last {
            self.mapping = o.mapping;
        }
        self.first = self.first.min(o.at);
        self.last = self.last.max(o.at);
        self.events += 1;
        if self.days.len() < MOST_DAYS || self.days.contains_key(&o.day()) {
            *self.days.entry(o.day()).or_default() += 1;
        }
        self.sources.insert(o.source);
        if let Some(account) = o.account.as_deref() {
            self.accounts.entry(account);
        }
        if let Some(origin) = o.origin.as_deref() {
            self.origins.entry(origin);
        }
        let refused = matches!(o.outcome, Some(Outcome::Denied | Outcome::Error));
        if let Some(used) = self.actions.entry(&o.action).filter(|_| !o.action.is_empty()) {
            *(if refused { &mut used.refused } else { &mut used.done }) += 1;
            used.last = used.last.max(o.at);
            used.tier = used.tier.max(o.tier);
        }
        self.sensitive += u64::from(o.class.is_some());
        // Listing what is there is not touching what is in it.
        if let Some(count) = o.data_class.filter(|_| o.tier > 0 && !refused).and_then(|c| self.classes.get_mut(usize::from(c)))
        {
            *count += 1;
        }
        self.tier = self.tier.max(if refused { 0 } else { o.tier });
        if o.interactive == Some(true) && o.proven() {
            self.interactive += 1;
            self.interactive_last = self.interactive_last.max(Some(o.at));
            if let Some(agent) = o.ua.as_deref().filter(|_| self.interactive_agents.len() < 8) {
                self.interactive_agents.insert(agent.to_owned());
            }
        }
        self.credential(o, masked);
    }

    fn credential(&mut self, o: &Observation<'_>, masked: Option<&str>) {
        let Some(proof) = o.credential.as_ref().filter(|_| o.proven()) else { return };
        let Some(hash) = proof.hash else { return };
        if !self.credentials.contains_key(&hash) && self.credentials.len() >= MOST_CREDENTIALS {
            if self.more_credentials.len() < MOST_COUNTED {
                self.more_credentials.insert(hash);
            }
            return;
        }
        let known = self.credentials.entry(hash).or_insert_with(|| Credential {
            kind: proof.kind,
            masked: masked.unwrap_or_default().to_owned(),
            first: o.at,
            last: o.at,
            events: 0,
            issued: None,
            origins: BTreeSet::new(),
            agents: BTreeSet::new(),
        });
        known.events += 1;
        known.first = known.first.min(o.at);
        known.last = known.last.max(o.at);
        let issued = proof.age_s.and_then(|age| o.at.checked_sub(i64::try_from(age).ok()?.checked_mul(1000)?));
        known.issued = [known.issued, issued].into_iter().flatten().min();
        for (set, value) in [(&mut known.origins, o.origin.as_deref()), (&mut known.agents, o.ua.as_deref())] {
            if let Some(value) = value.filter(|v| set.len() < 8 && !set.contains(*v)) {
                set.insert(value.to_owned());
            }
        }
    }

    /// Credentials in an order that does not depend on how they are kept: lasting ones first, then by first use.
    pub fn ranked_credentials(&self) -> Vec<(u64, &Credential)> {
        let mut all: Vec<(u64, &Credential)> = self.credentials.iter().map(|(hash, c)| (*hash, c)).collect();
        all.sort_by(|(a, x), (b, y)| (!x.lasting(), x.first, &x.masked, a).cmp(&(!y.lasting(), y.first, &y.masked, b)));
        all
    }

    /// Highest data class that it touched.
    pub fn highest_class(&self) -> Option<u8> {
        (0..4u8).rev().find(|class| self.classes.get(usize::from(*class)).is_some_and(|n| *n > 0))
    }
}

/// All identities that were seen.
#[derive(Debug, Default)]
pub struct Census {
    identities: BTreeMap<String, Facts>,
    /// Identities that were not kept because there were too many.
    pub left_out: u64,
    last: Option<Millis>,
}

impl Census {
    /// Names in logs are attacker-made: more identities than this are counted, not kept.
    const MOST: usize = 1_000_000;

    /// Counts one record; `masked` is its credential's id as it may be shown.
    pub fn note(&mut self, o: &Observation<'_>, masked: Option<&str>) {
        self.last = self.last.max(Some(o.at));
        let id = vires_profile::baseline::bounded(&o.identity);
        if let Some(facts) = self.identities.get_mut(&*id) {
            return facts.note(o, masked);
        }
        if self.identities.len() >= Self::MOST {
            self.left_out += 1;
            return;
        }
        self.identities.entry(id.into_owned()).or_insert_with(|| Facts::new(o)).note(o, masked);
    }

    /// All, by canonical id.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Facts)> {
        self.identities.iter().map(|(id, facts)| (id.as_str(), facts))
    }

    /// One of them.
    pub fn get(&self, identity: &str) -> Option<&Facts> {
        self.identities.get(identity)
    }

    /// The last moment in the logs.
    pub fn last(&self) -> Option<Millis> {
        self.last
    }
}
