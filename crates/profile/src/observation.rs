//! What one activity says of a workload: an audit record with everything the catalogue and the inventory know of it, and
//! nothing else. Learning and judging read observations only.
//!
//! [`Observation::new`] joins an [`Activity`] with the catalogue's [`Facts`] and the inventory's [`Setting`]. An observation is
//! built once per record; text stays borrowed from the line wherever it can.

mod agent;
mod hash;
mod kept;
mod network;
mod region;
mod target;
mod template;
mod unwatched;
mod upkeep;

pub use agent::ua_family;
pub use hash::{credential_hash, stable_hash};
pub use kept::{Habits, Kept};
pub use network::network_of;
pub use target::{TargetSort, lists_target, target_sort, target_spellings};
pub use template::{identity_template, resource_template, strip_ephemeral};
pub use unwatched::{MOST_GAPS, Unwatched};

use crate::zones::{UNKNOWN, ZoneClass, ZoneRef};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use vires_event::{
    Activity, Actor, Boundary, Class, CredentialKind, Detection, Effect, Kind, Link, Millis, Outcome, Source, Target, Text,
    Tier, parse_time,
};

/// How well an identity is tied to a workload, its owner and its profile. The first thing that is missing counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mapping {
    /// Workload, owner and profile are known.
    Mapped,
    /// Workload and owner are known, but nothing is declared that activity could be judged by.
    NoProfile,
    /// The workload is known; its owner is not, or the owner's term has run out.
    NoOwner,
    /// The inventory lists the identity without a workload.
    NoWorkload,
    /// The inventory does not know the identity.
    Ghost,
}

impl Mapping {
    /// The word as it stands in output.
    pub const fn as_str(self) -> &'static str {
        match self {
            Mapping::Mapped => "mapped",
            Mapping::NoProfile => "no_profile",
            Mapping::NoOwner => "no_owner",
            Mapping::NoWorkload => "no_workload",
            Mapping::Ghost => "ghost",
        }
    }
}

/// What the catalogue knows of a record.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Facts<'a> {
    /// What the request does; `None` if the catalogue does not know the action.
    pub effect: Option<Effect>,
    /// Height on the privilege scale; unknown actions count as ordinary writes (2).
    pub tier: Option<Tier>,
    /// Class of a sensitive action.
    pub class: Option<Class>,
    /// Severity of a sensitive action, 1–5.
    pub severity: Option<u8>,
    /// The boundary the action can cross.
    pub boundary: Option<Boundary>,
    /// Machine or human, after the catalogue's markers.
    pub actor: Option<Actor>,
    /// Sort of identity, after the catalogue's markers.
    pub kind: Option<Kind>,
    /// Data class of the targets by their names, 0–3.
    pub data_class: Option<u8>,
    /// ATT&CK techniques.
    pub attack: Vec<Text<'a>>,
    /// Kinds of secrets found in the record, never the secrets.
    pub leaks: Vec<Text<'a>>,
}

/// What the inventory says of a record.
#[derive(Debug, Clone, PartialEq)]
pub struct Setting<'a> {
    /// Key under which the identity is judged: its workload, else [`identity_template`] of its id.
    pub workload: Text<'a>,
    /// How far the identity leads to an owner.
    pub mapping: Mapping,
    /// Workloads it is compared with.
    pub peer_group: Option<Text<'a>>,
    /// True if several parties use the identity.
    pub shared: bool,
    /// The zone the request came from.
    pub zone: Option<ZoneRef<'a>>,
    /// Declared data class of the targets, 0–3.
    pub data_class: Option<u8>,
    /// Declared labels of the targets, e.g. `pii`.
    pub labels: Vec<Text<'a>>,
    /// Environment in which it took place, where known.
    pub env: Option<Text<'a>>,
}

/// Where a record stands: what a reader needs to find the line again.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EventRef<'a> {
    /// File or stream.
    pub file: Option<Text<'a>>,
    /// 1-based line.
    pub line: u64,
}

/// What the identity proved itself with. The credential's own id is kept as a hash only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof<'a> {
    /// What sort.
    pub kind: CredentialKind,
    /// [`credential_hash`] of its id.
    pub hash: Option<u64>,
    /// Who issued it.
    pub issuer: Option<Text<'a>>,
    /// Seconds between its issue and this request.
    pub age_s: Option<u64>,
}

/// How a workload came to an origin where it had never been: alone or in company, doing its old work there.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Move {
    /// When it was first seen there.
    pub since: Millis,
    /// Other workloads that do their old work from the same new origin these days.
    pub same_origin: u16,
    /// Peers that do their old work from new origins these days, wherever these are.
    pub peers: u16,
    /// True if there are enough such peers for it to be the group's move.
    pub enough_peers: bool,
    /// True if it is watched whether it is seen where it always is again: of one new origin at a time.
    pub watched: bool,
    /// True if it was seen where it always is since then, and nobody had followed it.
    pub back: bool,
}

/// An origin where a workload was, and stayed alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stay<'a> {
    /// The zone, or the network where no zone covers it: as [`Observation::origin`].
    pub origin: Text<'a>,
    /// How far that zone is trusted.
    pub class: ZoneClass,
}

/// One activity of one workload, ready to be learned from or judged.
#[derive(Debug, Clone, PartialEq)]
pub struct Observation<'a> {
    /// When, in milliseconds since 1970 UTC.
    pub at: Millis,
    /// The source's id of the record.
    pub event_id: Option<Text<'a>>,
    /// Where the record stands.
    pub event_ref: EventRef<'a>,
    /// The format it was written in.
    pub source: Source,
    /// Canonical id of the identity.
    pub identity: Text<'a>,
    /// The principal as the source writes it.
    pub raw_identity: Option<Text<'a>>,
    /// Sort of identity.
    pub kind: Kind,
    /// Machine, human or undecided.
    pub actor: Actor,
    /// Key under which it is judged.
    pub workload: Text<'a>,
    /// How far the identity leads to an owner.
    pub mapping: Mapping,
    /// Workloads it is compared with; `None` = those of the same kind on the same platform.
    pub peer_group: Option<Text<'a>>,
    /// True if several parties use the identity.
    pub shared: bool,
    /// What it proved itself with.
    pub credential: Option<Proof<'a>>,
    /// Session name: evidence only.
    pub session: Option<Text<'a>>,
    /// On whose behalf it acted.
    pub delegator: Option<Text<'a>>,
    /// What it did, `service:Verb`.
    pub action: Text<'a>,
    /// What that does; `None` if unknown.
    pub effect: Option<Effect>,
    /// Height on the privilege scale, 0–4.
    pub tier: Tier,
    /// Class of a sensitive action.
    pub class: Option<Class>,
    /// Severity of a sensitive action, 1–5.
    pub severity: Option<u8>,
    /// The boundary the action can cross.
    pub boundary: Option<Boundary>,
    /// ATT&CK techniques.
    pub attack: Vec<Text<'a>>,
    /// How it ended.
    pub outcome: Option<Outcome>,
    /// The source's error code.
    pub error_code: Option<Text<'a>>,
    /// What it was done to, most specific first. Change it with [`Observation::set_targets`] only.
    pub targets: Vec<Target<'a>>,
    /// The datasets of the first [`MAX_TARGETS`] targets: [`resource_template`] of each.
    pub datasets: Vec<Text<'a>>,
    /// Highest data class of the targets; `None` if unknown.
    pub data_class: Option<u8>,
    /// Labels of the targets.
    pub labels: Vec<Text<'a>>,
    /// Account, project, tenant of the resource.
    pub account: Option<Text<'a>>,
    /// Environment in which it took place.
    pub env: Option<Text<'a>>,
    /// Region.
    pub region: Option<Text<'a>>,
    /// Where it came from: the name of the zone, or, where no zone covers the address, the network (`net:203.0.113.0/24`).
    pub origin: Option<Text<'a>>,
    /// How far that zone is trusted.
    pub zone_class: ZoneClass,
    /// The address as written.
    pub ip: Option<Text<'a>>,
    /// Autonomous system.
    pub asn: Option<Text<'a>>,
    /// Family of the user agent, without versions.
    pub ua: Option<Text<'a>>,
    /// Outside parties that receive something.
    pub destinations: Vec<Text<'a>>,
    /// How many items the record stands for.
    pub count: u64,
    /// Bytes handed out.
    pub bytes: Option<u64>,
    /// True if a person's interactive tool was used.
    pub interactive: Option<bool>,
    /// Joins to other records.
    pub links: Vec<Link<'a>>,
    /// Kinds of secrets in the record.
    pub leaks: Vec<Text<'a>>,
    /// What another product found: in this event, or of this identity.
    pub detection: Option<Detection<'a>>,
    /// How many other workloads lately came from the same origin, which is new to this one. Set by the judge's joins.
    pub campaign: u16,
    /// Facets (bit = [`crate::baseline::Facet`]) whose value several peers took up in these days. Set by the judge's joins.
    pub coadopted: u32,
    /// An origin new to it in which it did its old work a while ago, and where nobody followed it. Set by the judge's joins.
    pub stayed_alone: Option<Stay<'a>>,
    /// How it came to an origin that is new to it. Set by the judge's joins.
    pub moved: Option<Move>,
    /// The time of the stream as a whole, where the record's own is more than a day from it. Set by the judge's joins.
    pub stream: Option<Millis>,
    /// When nobody was looking, so that nobody's silence says anything.
    pub unwatched: Unwatched,
    /// True if the request changes credentials of the identity itself: a renewal, as far as the target goes.
    pub renews_itself: bool,
    /// Canonical id of the identity that issued the credential in use. Set by the judge's joins.
    pub issued_by: Option<Text<'a>>,
}

/// Day since 1970 UTC. Years after 2149 fall on its last day.
pub fn day_of(at: Millis) -> u16 {
    u16::try_from(at.div_euclid(86_400_000)).unwrap_or(if at < 0 { 0 } else { u16::MAX })
}

/// Hour of the UTC day, 0–23.
pub fn hour_of_day(at: Millis) -> u8 {
    u8::try_from(at.div_euclid(3_600_000).rem_euclid(24)).unwrap_or(0)
}

impl<'a> Observation<'a> {
    /// Joins a record with what catalogue and inventory say of it. `None` if it has no identity or no readable time: nothing
    /// can be learned from such a record.
    pub fn new(activity: Activity<'a>, facts: Facts<'a>, setting: Setting<'a>) -> Option<Self> {
        Observation::recalling(activity, facts, setting, &mut Habits::default())
    }

    /// [`Observation::new`] with what is remembered of earlier records, which changes nothing but the time it takes.
    pub fn recalling(activity: Activity<'a>, facts: Facts<'a>, setting: Setting<'a>, habits: &mut Habits) -> Option<Self> {
        let at = activity.at()?;
        let identity = activity.identity?;
        let names = [Some(&*identity.name), Some(&*identity.id), identity.raw.as_deref()];
        let renews_itself = upkeep::renews_itself(&activity.action, facts.effect, names, &activity.targets);
        let credential = activity.credential.map(|c| Proof {
            kind: c.kind,
            hash: c.id.as_deref().map(|id| habits.credential(id)),
            issuer: c.issuer,
            age_s: c.issued.as_deref().and_then(parse_time).and_then(|t| u64::try_from((at - t) / 1000).ok()),
        });
        let from = &activity.origin;
        let origin = origin_of(setting.zone, from.ip.as_deref(), from.network.as_deref(), from.asn.as_deref(), habits);
        let zone_class = zone_class_of(setting.zone, origin.as_deref());
        let region = region::region_of(activity.source, &activity.action, activity.place.region);
        Some(Observation {
            at,
            event_id: activity.event_id,
            event_ref: EventRef::default(),
            source: activity.source,
            raw_identity: identity.raw,
            kind: facts.kind.unwrap_or(identity.kind),
            actor: facts.actor.unwrap_or(identity.actor),
            identity: identity.id,
            workload: setting.workload,
            mapping: setting.mapping,
            peer_group: setting.peer_group,
            shared: setting.shared,
            credential,
            session: activity.session.map(|s| s.name),
            delegator: activity.delegation.map(|d| d.by),
            action: activity.action,
            effect: facts.effect,
            tier: facts.tier.or(facts.effect.map(Effect::tier)).unwrap_or(2).min(4),
            class: facts.class,
            severity: facts.severity,
            boundary: facts.boundary,
            attack: facts.attack,
            outcome: activity.outcome,
            error_code: activity.error_code,
            datasets: datasets_of(&activity.targets),
            targets: activity.targets,
            data_class: data_class_of(setting.data_class, facts.data_class, facts.effect),
            labels: setting.labels,
            account: activity.place.account,
            env: setting.env,
            region,
            origin,
            zone_class,
            ip: activity.origin.ip,
            asn: activity.origin.asn,
            ua: activity.origin.user_agent.as_deref().and_then(|ua| habits.agent(ua)).map(Cow::Owned),
            destinations: activity.destinations,
            count: activity.volume.count.unwrap_or(1).max(1),
            bytes: activity.volume.bytes_out,
            interactive: activity.interactive,
            links: activity.links,
            leaks: facts.leaks,
            detection: activity.detection,
            campaign: 0,
            coadopted: 0,
            moved: None,
            stream: None,
            unwatched: Unwatched::default(),
            stayed_alone: None,
            renews_itself,
            issued_by: None,
        })
    }

    /// True if the request would change credentials of an identity that is called `name`, [`Observation::identity`] and
    /// [`Observation::raw_identity`]: see [`Observation::renews_itself`].
    pub fn renews(&self, name: &str) -> bool {
        let (id, raw) = (&*self.identity, self.raw_identity.as_deref());
        upkeep::renews_itself(&self.action, self.effect, [Some(name), Some(id), raw], &self.targets)
    }

    /// True if nothing of it is told of other records: of whom it became, what it starts acts as, whom it admits, and the names it goes
    /// by, nobody else hears.
    pub fn stands_alone(&self) -> bool {
        let apart = |link: &Link<'_>| !matches!(link, Link::Issued { .. } | Link::Alias { .. });
        self.links.iter().all(apart)
    }

    /// Replaces the targets.
    pub fn set_targets(&mut self, targets: Vec<Target<'a>>) {
        self.datasets = datasets_of(&targets);
        self.targets = targets;
    }

    /// Its day: see [`day_of`].
    pub fn day(&self) -> u16 {
        day_of(self.at)
    }

    /// Hour of the UTC day, 0–23.
    pub fn hour(&self) -> u8 {
        hour_of_day(self.at)
    }

    /// The cloud or product in which it took place.
    pub fn platform(&self) -> &'static str {
        platform_of(self.source)
    }

    /// True if the request was refused.
    pub fn denied(&self) -> bool {
        self.outcome == Some(Outcome::Denied)
    }

    /// True if the caller really held the credential: only a refused sign-in leaves that open.
    pub fn proven(&self) -> bool {
        !(self.outcome == Some(Outcome::Denied)
            && (self.effect == Some(Effect::Assume) || self.class == Some(Class::SessionIssue)))
    }

    /// True if the request handed out, copied or used up sensitive data (class 2 or 3).
    pub fn sensitive_read(&self) -> bool {
        self.data_class >= Some(2)
            && matches!(self.effect, Some(Effect::ReadData | Effect::SecretRead | Effect::CopyOut))
            && !matches!(self.outcome, Some(Outcome::Denied | Outcome::Error))
    }
}

/// Where a request came from, in the form of [`Observation::origin`]: the zone, or the network of what no zone covers.
pub fn origin_of<'z>(
    zone: Option<ZoneRef<'z>>,
    ip: Option<&str>,
    network: Option<&str>,
    asn: Option<&str>,
    habits: &mut Habits,
) -> Option<Text<'z>> {
    match zone? {
        zone if zone.name != UNKNOWN => Some(Cow::Borrowed(zone.name)),
        _ => habits.network(ip, network, asn),
    }
}

/// How far the zone is trusted in which a request with this [`origin_of`] came.
pub fn zone_class_of(zone: Option<ZoneRef<'_>>, origin: Option<&str>) -> ZoneClass {
    zone.map_or(ZoneClass::Unknown, |z| match z.class {
        // Nobody on the internet has such an address: it is a network of ours that nobody named.
        ZoneClass::Unknown if z.name == UNKNOWN && origin.is_some_and(network::is_private) => ZoneClass::Internal,
        class => class,
    })
}

/// The data class of what a request touches: as declared, else as the names tell.
pub fn data_class_of(declared: Option<u8>, named: Option<u8>, effect: Option<Effect>) -> Option<u8> {
    // Reading a secret is touching restricted data, whatever its name.
    declared.or(named).or((effect == Some(Effect::SecretRead)).then_some(3)).map(|c| c.min(3))
}

/// Most targets and destinations of one record that are looked at.
pub const MAX_TARGETS: usize = 8;

fn datasets_of<'a>(targets: &[Target<'a>]) -> Vec<Text<'a>> {
    let dataset = |t: &Target<'a>| match &t.name {
        Cow::Borrowed(name) => resource_template(name),
        Cow::Owned(name) => Cow::Owned(resource_template(name).into_owned()),
    };
    targets.iter().take(MAX_TARGETS).map(dataset).collect()
}

/// The cloud or product a log format speaks of.
pub fn platform_of(source: Source) -> &'static str {
    match source {
        Source::Cloudtrail | Source::Bedrock | Source::Guardduty => "aws",
        Source::GcpAudit => "gcp",
        Source::AzureActivity | Source::AzureResource => "azure",
        Source::EntraSignin | Source::EntraAudit | Source::GraphActivity | Source::M365 => "entra",
        Source::Kubernetes => "k8s",
        Source::Sshd | Source::Sudo | Source::Auditd | Source::Cron | Source::Syslog => "host",
        other => other.as_str(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use vires_event::{Identity, Origin, Place};

    fn setting(zone: Option<ZoneRef<'_>>) -> Setting<'_> {
        Setting {
            workload: "w".into(),
            mapping: Mapping::Mapped,
            peer_group: None,
            shared: false,
            zone,
            data_class: None,
            labels: vec![],
            env: None,
        }
    }

    fn activity() -> Activity<'static> {
        let mut a = Activity::new(Source::Cloudtrail, "secretsmanager:GetSecretValue");
        a.time = Some("2026-11-23T18:44:41Z".into());
        a.identity = Some(Identity {
            id: "aws:role/123456789012/api".into(),
            kind: Kind::Role,
            actor: Actor::Machine,
            name: "api".into(),
            raw: None,
        });
        a.origin = Origin { ip: Some("203.0.113.9".into()), user_agent: Some("Boto3/1.26".into()), ..Origin::default() };
        a.place = Place { account: Some("123456789012".into()), ..Place::default() };
        a
    }

    #[test]
    fn an_unzoned_address_stands_for_its_network() {
        let unknown = ZoneRef { name: UNKNOWN, class: ZoneClass::Unknown };
        let nat = ZoneRef { name: "nat", class: ZoneClass::Internal };
        let facts = || Facts { effect: Some(Effect::SecretRead), ..Facts::default() };
        let o = Observation::new(activity(), facts(), setting(Some(unknown))).unwrap();
        assert_eq!(
            (o.origin.as_deref(), o.ua.as_deref(), o.data_class, o.tier),
            (Some("net:203.0.113.0/24"), Some("boto3"), Some(3), 3)
        );
        let o = Observation::new(activity(), facts(), setting(Some(nat))).unwrap();
        assert_eq!((o.origin.as_deref(), o.zone_class), (Some("nat"), ZoneClass::Internal));
        let o = Observation::new(activity(), facts(), setting(None)).unwrap();
        assert_eq!(o.origin, None);
        assert_eq!((o.day(), o.hour(), o.platform()), (20780, 18, "aws"));
    }

    #[test]
    fn without_time_or_identity_there_is_nothing_to_learn() {
        let mut a = activity();
        a.time = None;
        assert_eq!(Observation::new(a, Facts::default(), setting(None)), None);
        let mut a = activity();
        a.identity = None;
        assert_eq!(Observation::new(a, Facts::default(), setting(None)), None);
    }

    #[test]
    fn only_a_refused_sign_in_leaves_the_holder_open() {
        let observe = |effect, outcome| {
            let mut a = activity();
            a.outcome = Some(outcome);
            Observation::new(a, Facts { effect: Some(effect), ..Facts::default() }, setting(None)).unwrap().proven()
        };
        assert!(observe(Effect::ReadData, Outcome::Denied));
        assert!(observe(Effect::Assume, Outcome::Success));
        assert!(!observe(Effect::Assume, Outcome::Denied));
    }
}
