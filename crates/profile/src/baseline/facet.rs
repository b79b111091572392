//! The aspects of behaviour of which a baseline keeps values, and how an observation is taken apart into them.

use crate::observation::{MAX_TARGETS, Observation, stable_hash};
use std::borrow::Cow;
use std::sync::Arc;
use vires_event::{Effect, Link, Outcome};

macro_rules! facets {
    ($($(#[$meta:meta])* $variant:ident = $name:literal, $word:literal;)+) => {
        /// One aspect of behaviour. Actions and resources are kept in strata, because how often a workload does something new
        /// there differs by what is at stake: an agent that tries a new read every day must not thereby excuse its first admin
        /// call.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        pub enum Facet { $($(#[$meta])* $variant),+ }

        impl Facet {
            /// All facets, in the order of files.
            pub const ALL: &'static [Facet] = &[$(Facet::$variant),+];

            /// Name in files, unique.
            pub const fn name(self) -> &'static str {
                match self { $(Facet::$variant => $name),+ }
            }

            /// The word for people, exceptions and output: strata share one.
            pub const fn word(self) -> &'static str {
                match self { $(Facet::$variant => $word),+ }
            }
        }
    };
}

facets! {
    /// Actions of tiers 0 to 2 that were not refused.
    Action = "action", "action";
    /// Actions of tier 3.
    ActionT3 = "action_t3", "action";
    /// Actions of tier 4.
    ActionT4 = "action_t4", "action";
    /// Datasets of class 0 and 1, or of unknown class.
    Resource = "resource", "resource";
    /// Datasets of class 2.
    ResourceC2 = "resource_c2", "resource";
    /// Datasets of class 3.
    ResourceC3 = "resource_c3", "resource";
    /// Zones, and networks that no zone covers.
    Zone = "zone", "zone";
    /// Autonomous systems.
    Asn = "asn", "asn";
    /// User agent families.
    UserAgent = "user_agent", "user_agent";
    /// Kinds of credentials and who issued them (`access_key`, `oidc@issuer`): key ids are not learned, keys rotate.
    Credential = "credential", "credential";
    /// Accounts, projects, tenants, and environments as `env:prod`.
    Account = "account", "account";
    /// Regions.
    Region = "region", "region";
    /// On whose behalf it acted.
    Delegator = "delegator", "delegator";
    /// Outside parties that received something.
    Destination = "destination", "destination";
    /// Clouds and products.
    Platform = "platform", "platform";
    /// Actions that were refused.
    Denied = "denied", "action";
    /// Zone and user agent together.
    Pair = "zone_user_agent", "zone_user_agent";
    /// `yes` on days when a person's interactive tool was used.
    Interactive = "interactive", "interactive";
    /// Data classes read, written or destroyed.
    DataClass = "data_class", "data_class";
    /// Identities it became.
    Role = "role", "role";
    /// Its own identities.
    Identity = "identity", "identity";
    /// What its actions of tier 4 were done to: administering something is not touching what it holds.
    Admin = "admin_target", "resource";
    /// Kinds of effect it has: how high it reaches says not what it does there.
    Effect = "effect", "effect";
    /// Things it made that its records name, but for what runs, identities, credentials and copies.
    Made = "made", "resource";
}

/// How many facets there are.
pub const FACETS: usize = Facet::ALL.len();

impl Facet {
    /// The facet of this name in files.
    pub fn from_name(name: &str) -> Option<Facet> {
        Facet::ALL.iter().copied().find(|f| f.name() == name)
    }

    /// The stratum of actions for a tier.
    pub const fn action(tier: u8) -> Facet {
        match tier {
            0..=2 => Facet::Action,
            3 => Facet::ActionT3,
            _ => Facet::ActionT4,
        }
    }

    /// The stratum of resources for a data class.
    pub const fn resource(class: Option<u8>) -> Facet {
        match class {
            Some(2) => Facet::ResourceC2,
            Some(3..) => Facet::ResourceC3,
            _ => Facet::Resource,
        }
    }

    /// True for facets whose values are targets.
    pub const fn is_target(self) -> bool {
        matches!(self, Facet::Resource | Facet::ResourceC2 | Facet::ResourceC3 | Facet::Admin)
    }

    /// True for targets that hold data of class 2 or 3.
    pub const fn is_restricted(self) -> bool {
        matches!(self, Facet::ResourceC2 | Facet::ResourceC3)
    }

    /// True for the facets of actions.
    pub const fn is_action(self) -> bool {
        matches!(self, Facet::Action | Facet::ActionT3 | Facet::ActionT4)
    }

    /// All strata of the aspect this facet belongs to: a value may have changed its class since it was learned.
    pub const fn strata(self) -> &'static [Facet] {
        match self {
            Facet::Action | Facet::ActionT3 | Facet::ActionT4 => &[Facet::Action, Facet::ActionT3, Facet::ActionT4],
            Facet::Resource | Facet::ResourceC2 | Facet::ResourceC3 => &[Facet::Resource, Facet::ResourceC2, Facet::ResourceC3],
            Facet::Zone => &[Facet::Zone],
            Facet::Asn => &[Facet::Asn],
            Facet::UserAgent => &[Facet::UserAgent],
            Facet::Credential => &[Facet::Credential],
            Facet::Account => &[Facet::Account],
            Facet::Region => &[Facet::Region],
            Facet::Delegator => &[Facet::Delegator],
            Facet::Destination => &[Facet::Destination],
            Facet::Platform => &[Facet::Platform],
            Facet::Denied => &[Facet::Denied],
            Facet::Pair => &[Facet::Pair],
            Facet::Interactive => &[Facet::Interactive],
            Facet::DataClass => &[Facet::DataClass],
            Facet::Role => &[Facet::Role],
            Facet::Identity => &[Facet::Identity],
            Facet::Admin => &[Facet::Admin],
            Facet::Effect => &[Facet::Effect],
            Facet::Made => &[Facet::Made],
        }
    }

    /// The strata in which a value has to have been seen to be known in this one. Where one verb serves for everything, as in Vault,
    /// its everyday use says nothing of its administrative one.
    pub const fn covering(self) -> &'static [Facet] {
        match self {
            Facet::ActionT4 => &[Facet::ActionT4],
            other => other.strata(),
        }
    }

    /// The strata whose values are counted as one among peers.
    pub const fn counted(self) -> &'static [Facet] {
        match self {
            Facet::Action | Facet::ActionT3 => &[Facet::Action, Facet::ActionT3],
            Facet::ActionT4 => &[Facet::ActionT4],
            other => other.strata(),
        }
    }
}

/// Longest value that is kept whole, in bytes. Of longer ones the beginning and a hash remain, so that they stay distinct.
pub(super) const MAX_VALUE: usize = 200;

/// A value in the bounded form in which it is learned and looked up.
pub fn bounded(value: &str) -> Cow<'_, str> {
    if value.len() <= MAX_VALUE {
        return Cow::Borrowed(value);
    }
    let cut = (0..=MAX_VALUE - 24).rev().find(|i| value.is_char_boundary(*i)).unwrap_or(0);
    Cow::Owned(format!("{}…{:016x}", value.get(..cut).unwrap_or_default(), stable_hash(value.as_bytes())))
}

/// The sort key of a value: its facet, then a hash. Two values with one key are told apart by their text.
pub fn value_key(facet: Facet, value: &str) -> u64 {
    (facet as u64) << 56 | stable_hash(value.as_bytes()) >> 8
}

/// A value in its bounded form with its hash, for whoever looks it up in several places.
#[derive(Debug, Clone)]
pub struct Hashed<'v> {
    text: Cow<'v, str>,
    hash: u64,
}

impl<'v> Hashed<'v> {
    /// Bounds and hashes a value.
    #[inline]
    pub fn new(value: &'v str) -> Self {
        let text = bounded(value);
        Hashed { hash: stable_hash(text.as_bytes()) >> 8, text }
    }

    /// Its bounded form.
    #[inline]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Its [`value_key`] in a facet.
    pub(super) fn key(&self, facet: Facet) -> u64 {
        (facet as u64) << 56 | self.hash
    }
}

/// A value shared between all that hold it.
pub type Name = Arc<str>;

/// Calls `then` with two texts and what stands between them as one text, without allocating where it is short.
fn joined<R>(a: &str, between: &str, b: &str, then: impl FnOnce(&str) -> R) -> R {
    let mut buffer = [0u8; 192];
    let mut end = 0;
    for part in [a, between, b] {
        match buffer.get_mut(end..end + part.len()) {
            Some(room) => room.copy_from_slice(part.as_bytes()),
            None => return then(&format!("{a}{between}{b}")),
        }
        end += part.len();
    }
    then(buffer.get(..end).and_then(|text| std::str::from_utf8(text).ok()).unwrap_or_default())
}

/// The credential facet's value: the kind, with the issuer where there is one.
pub fn credential_value<'o>(o: &'o Observation<'_>) -> Option<Cow<'o, str>> {
    let proof = o.credential.as_ref()?;
    Some(match proof.issuer.as_deref().filter(|i| !i.is_empty()) {
        Some(issuer) => Cow::Owned(format!("{}@{issuer}", proof.kind.as_str())),
        None => Cow::Borrowed(proof.kind.as_str()),
    })
}

/// Calls `found` with each (facet, value) that this observation teaches.
///
/// A refused request teaches what was tried (`denied`), not what the identity does: else a day of probing would make the later
/// success look familiar. Where nobody proved to hold the credential (a refused sign-in), nothing is learned of origins either.
pub fn for_each_facet(o: &Observation<'_>, mut found: impl FnMut(Facet, &str)) {
    if o.proven() {
        let mut text = |facet, value: Option<&str>| {
            if let Some(value) = value.filter(|v| !v.is_empty()) {
                found(facet, value);
            }
        };
        text(Facet::Identity, Some(&o.identity));
        text(Facet::Zone, o.origin.as_deref());
        text(Facet::Asn, o.asn.as_deref());
        text(Facet::UserAgent, o.ua.as_deref());
        text(Facet::Credential, credential_value(o).as_deref());
        text(Facet::Delegator, o.delegator.as_deref());
        text(Facet::Platform, Some(o.platform()));
        text(Facet::Interactive, (o.interactive == Some(true)).then_some("yes"));
        if let (Some(origin), Some(ua)) = (o.origin.as_deref(), o.ua.as_deref()) {
            joined(origin, "|", ua, |pair| text(Facet::Pair, Some(pair)));
        }
    }
    if o.action.is_empty() {
        return;
    }
    if o.denied() {
        found(Facet::Denied, &o.action);
        return;
    }
    found(Facet::action(o.tier), &o.action);
    if let Some(effect) = o.effect {
        found(Facet::Effect, effect.as_str());
    }
    if let Some(account) = o.account.as_deref().filter(|v| !v.is_empty()) {
        found(Facet::Account, account);
    }
    if let Some(env) = o.env.as_deref().filter(|v| !v.is_empty()) {
        joined("env:", "", env, |env| found(Facet::Account, env));
    }
    if let Some(region) = o.region.as_deref().filter(|v| !v.is_empty()) {
        found(Facet::Region, region);
    }
    touched(o, &mut found);
    for destination in o.destinations.iter().take(MAX_TARGETS) {
        found(Facet::Destination, destination);
    }
    for link in o.links.iter().take(MAX_TARGETS) {
        // Whoever decides what runs as somebody needs not become it.
        if let Link::Became { id } | Link::RunsAs { id } = link {
            found(Facet::Role, id);
        }
    }
}

/// Those of [`for_each_facet`] that say what was touched, and of what class it is.
pub(super) fn for_each_touched(o: &Observation<'_>, found: &mut impl FnMut(Facet, &str)) {
    if !o.action.is_empty() && !o.denied() {
        touched(o, found);
    }
}

fn touched(o: &Observation<'_>, found: &mut impl FnMut(Facet, &str)) {
    if let Some(made) = made(o) {
        found(Facet::Made, made);
    }
    for dataset in &o.datasets {
        found(if o.tier >= 4 { Facet::Admin } else { Facet::resource(o.data_class) }, dataset);
    }
    if let Some(class) = o.data_class.filter(|_| o.tier > 0) {
        found(Facet::DataClass, ["0", "1", "2", "3"].get(usize::from(class)).unwrap_or(&"3"));
    }
}

/// What an observation says was made: a thing that holds nothing yet. A copy holds what it was made of, what runs does
/// something, and whoever makes an identity or a credential has made a way in.
fn made<'o>(o: &'o Observation<'_>) -> Option<&'o str> {
    let plain = matches!(o.effect, Some(Effect::Write) | None) && o.tier > 0;
    if !plain || o.outcome == Some(Outcome::Error) || !creates(&o.action, o.region.as_deref()) {
        return None;
    }
    // Where only its folder is known, or what lies in it, there is more than what was made.
    let (target, dataset) = (o.targets.first()?, o.datasets.first()?);
    (target.name == *dataset && !dataset.starts_with("iam:")).then_some(&**dataset)
}

/// True for making something that holds nothing yet, which the record names.
pub fn makes(o: &Observation<'_>) -> bool {
    made(o).is_some()
}

/// True for calls whose first target is the new thing, and not one that it is made of, lies in or belongs to. A bucket of the first region
/// of Amazon may have been there before: making it again is answered like making it.
fn creates(action: &str, region: Option<&str>) -> bool {
    const CREATES: [&str; 19] = [
        "dynamodb:CreateTable",
        "kms:CreateKey",
        "secretsmanager:CreateSecret",
        "ecr:CreateRepository",
        "rds:CreateDBInstance",
        "rds:CreateDBCluster",
        "k8s:create namespaces",
        "gcp:storage.buckets.create",
        "gcp:pubsub.topics.create",
        "gcp:bigquery.datasets.create",
        "gcp:secretmanager.secrets.create",
        "gcp:cloudkms.cryptoKeys.create",
        "gcp:artifactregistry.repositories.create",
        "gcp:cloudsql.instances.create",
        "gcp:resourcemanager.projects.create",
        "github:repo.create",
        "snowflake:CREATE_SCHEMA",
        "snowflake:CREATE_TABLE",
        "entra:Add group",
    ];
    let bucket = action == "s3:CreateBucket" && region.is_some_and(|region| region != "us-east-1");
    bucket || CREATES.contains(&action)
}

/// Zone and user agent as one value.
pub fn pair_value(o: &Observation<'_>) -> Option<String> {
    Some(format!("{}|{}", o.origin.as_deref()?, o.ua.as_deref()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_found_again() {
        for (i, facet) in Facet::ALL.iter().enumerate() {
            assert_eq!(*facet as usize, i);
            assert_eq!(Facet::from_name(facet.name()), Some(*facet));
            for strata in [facet.strata(), facet.covering(), facet.counted()] {
                assert!(strata.contains(facet));
            }
        }
        assert_eq!(Facet::from_name("nonsense"), None);
        const { assert!(FACETS <= 32, "facets are kept as bits of a u32") };
    }

    #[test]
    fn making_is_told_by_the_call() {
        let creates = |action| creates(action, Some("eu-west-1"));
        assert!(creates("s3:CreateBucket") && creates("k8s:create namespaces") && creates("github:repo.create"));
        assert!(!super::creates("s3:CreateBucket", Some("us-east-1")) && !super::creates("s3:CreateBucket", None));
        // What is done to a thing that was there, or a copy of it, made nothing of it.
        for action in [
            "ec2:CreateTags",
            "rds:CreateDBInstanceReadReplica",
            "backup:CreateBackupSelection",
            "lambda:CreateAlias",
            "gcp:cloudsql.databases.create",
            "gcp:dns.changes.create",
            "snowflake:CREATE_TABLE_AS_SELECT",
            "sqs:CreateQueue",
        ] {
            assert!(!creates(action), "{action}");
        }
    }

    #[test]
    fn long_values_stay_distinct_and_short() {
        let (a, b) = ("é".repeat(5000) + "a", "é".repeat(5000) + "b");
        assert_ne!(bounded(&a), bounded(&b));
        assert!(bounded(&a).len() <= MAX_VALUE);
        assert_eq!(bounded("short"), "short");
    }
}
