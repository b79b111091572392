use super::estate::Estate;
use super::memory::{BETWEEN, Memory};
use super::redact::redact;
use std::borrow::Cow;
use vires_event::{Activity, Actor, Class, CredentialKind, Effect, Identity, Link, Target, Text};
use vires_profile::observation::{
    EventRef, Facts, Mapping, Observation, Proof, Setting, Stay, TargetSort, identity_template, target_sort, target_spellings,
};
use vires_profile::{Inventory, WorkloadIndex};
use vires_source::json::Value;
use vires_source::{Opened, annotation};
use vires_tag::{Classifier, Memo, Sensitive, Tags};

/// What one line says of one workload: the only place where decoder, catalogue and inventory meet.
///
/// The tags are those that `vires tag` writes. There is no observation of a line without identity or time, nor of a person whom the
/// inventory does not list: what people do is not judged.
pub fn observe<'a>(estate: &'a Estate, opened: &mut Opened<'a>, memory: &mut Memory) -> (Tags<'a>, Option<Observation<'a>>) {
    let tags = estate.classifier.classify(opened, &mut memory.memo);
    let observation = seen(estate, opened, &tags, memory);
    (tags, observation)
}

/// The second half, of a line that is classified already, by the classifier of the estate.
pub(super) fn seen<'a>(
    estate: &'a Estate,
    opened: &mut Opened<'a>,
    tags: &Tags<'a>,
    memory: &mut Memory,
) -> Option<Observation<'a>> {
    let dated = opened.activity.as_mut()?;
    dated.at().or_else(|| {
        estate.year?.complete(dated);
        dated.at()
    })?;
    let mark = annotation(opened);
    let mut activity = opened.activity.take()?;
    activity.detection = activity.detection.take().or(mark);
    seen_in(estate, activity, opened.record, tags, memory)
}

/// The same of a dated activity with its marks.
pub(super) fn seen_in<'a>(
    estate: &'a Estate,
    mut activity: Activity<'a>,
    record: Option<Value<'a>>,
    tags: &Tags<'a>,
    memory: &mut Memory,
) -> Option<Observation<'a>> {
    let (classifier, inventory) = (&estate.classifier, &estate.inventory);
    let at = activity.at()?;
    let identity = activity.identity.as_ref()?;
    let found = workload_of(inventory, identity, &activity.links, memory).map(|index| inventory.workload(index));
    if found.is_none() && is_person(classifier, tags.actor, &mut activity, record, &mut memory.memo) {
        return None;
    }
    let identity = activity.identity.as_mut()?;
    // A secret that stands as a name goes nowhere from here: not into a baseline, a reason or a case.
    if let Some(id) = &tags.id {
        identity.id.clone_from(id);
    }
    if let Some(action) = &tags.action {
        activity.action.clone_from(action);
    }
    redact(classifier, tags, &mut activity, memory);
    let id = activity.identity.as_ref()?.id.clone();
    let effect = tags.effect.map(|effect| effect_of(effect, tags.sensitive.as_ref()));
    let touched = Touched::of(inventory, &activity.targets, tags.data_class, effect);
    let facts = Facts {
        effect,
        tier: effect.map(Effect::tier),
        class: tags.sensitive.map(|s| s.class),
        severity: tags.sensitive.map(|s| s.severity),
        boundary: tags.sensitive.and_then(|s| s.boundary),
        actor: tags.actor,
        kind: tags.kind,
        data_class: touched.named,
        attack: tags.sensitive.map(|s| s.attack.iter().map(|a| Cow::Borrowed(a.as_str())).collect()).unwrap_or_default(),
        leaks: tags.leaks.iter().map(|(kind, _)| Cow::Borrowed(*kind)).collect(),
    };
    let origin = &activity.origin;
    let setting = Setting {
        workload: found.map_or_else(|| Text::Owned(identity_template(&id).into_owned()), |w| w.id.as_str().into()),
        mapping: found.map_or(Mapping::Ghost, |w| w.mapping(at)),
        peer_group: found.and_then(|w| w.peer_group.as_deref()).map(Into::into),
        shared: found.is_some_and(|w| w.shared),
        zone: inventory.zones.lookup(origin.ip.as_deref(), origin.asn.as_deref(), origin.service.as_deref()),
        data_class: touched.declared,
        labels: touched.labels,
        env: activity.place.account.as_deref().and_then(|a| inventory.environment(a)).map(|env| Text::Owned(env.to_owned())),
    };
    Observation::recalling(activity, facts, setting, &mut memory.habits)
}

/// What a request does: what its action is said to do, or, if that is more, what the catalogue says of a grave request like this one.
/// To set a bucket's versioning is a write; to suspend it takes away what would bring the objects back.
fn effect_of(of_action: Effect, sensitive: Option<&Sensitive<'_>>) -> Effect {
    const GRAVE: u8 = 4;
    let of_request = match sensitive.filter(|s| s.severity >= GRAVE).map(|s| s.class) {
        Some(Class::Destructive) => Effect::Destructive,
        Some(Class::DefenceTamper) => Effect::DefenseEvasion,
        Some(Class::TrustChange) => Effect::Exposure,
        Some(Class::PrivilegeEscalation) => Effect::Grant,
        Some(Class::CredentialCreate) => Effect::CredentialMint,
        Some(Class::SecretRead) => Effect::SecretRead,
        Some(Class::RemoteExec) => Effect::Execute,
        _ => of_action,
    };
    if of_request.tier() > of_action.tier() { of_request } else { of_action }
}

/// What is known of what a request touches.
pub(super) struct Touched<'i> {
    /// Its class, as declared.
    pub declared: Option<u8>,
    /// Its labels.
    pub labels: Vec<Text<'i>>,
    /// Its class, as the names tell.
    pub named: Option<u8>,
}

impl<'i> Touched<'i> {
    /// `data_class` is what tags say.
    pub fn of(inventory: &'i Inventory, targets: &[Target<'_>], data_class: Option<u8>, effect: Option<Effect>) -> Self {
        // A role called `payroll-reader` is no payroll: what a name tells of data counts where data can be.
        let sorts = || targets.iter().map(|t| (t, target_sort(&t.name)));
        let declared = sorts()
            .filter(|(_, sort)| *sort != TargetSort::Authority)
            .filter_map(|(t, _)| target_spellings(&t.name).find_map(|name| inventory.data.class_of(&name)))
            .max_by_key(|(class, _)| *class);
        let holds_data = targets.is_empty() || sorts().any(|(_, sort)| sort == TargetSort::Data);
        Touched {
            declared: declared.map(|(class, _)| class),
            labels: declared.map(|(_, labels)| labels.iter().map(|l| l.as_str().into()).collect()).unwrap_or_default(),
            named: data_class.filter(|_| holds_data || effect == Some(Effect::SecretRead)),
        }
    }
}

/// The workload that the inventory gives to an identity.
///
/// It may list it under another of its names: a service principal by object id, say, where records have the appId.
pub(super) fn workload_of(
    inventory: &Inventory,
    identity: &Identity<'_>,
    links: &[Link<'_>],
    memory: &mut Memory,
) -> Option<WorkloadIndex> {
    let Memory { workloads, key, .. } = memory;
    key.clear();
    key.push_str(&identity.id);
    if let Some(raw) = &identity.raw {
        key.push(BETWEEN);
        key.push_str(raw);
    }
    let resolve = || inventory.resolve(&identity.id, identity.raw.as_deref());
    let mut aliases = links.iter().filter_map(|link| match link {
        Link::Alias { id } | Link::Called { id } => Some(&**id),
        _ => None,
    });
    workloads.of(key, resolve, |index| *index).or_else(|| aliases.find_map(|id| inventory.resolve(id, None)))
}

/// True for people. A user's own SSH key is how people push; what software does with one is listed, or uses a token or a deploy key.
///
/// Who calls a session like a person, or claims to be a browser, is not one for that.
fn is_person<'a>(
    classifier: &Classifier,
    actor: Option<Actor>,
    activity: &mut Activity<'a>,
    record: Option<Value<'a>>,
    memo: &mut Memo,
) -> bool {
    let Some(identity) = &activity.identity else { return false };
    match actor {
        Some(Actor::Human) => {
            identity.id.starts_with("person:") || classifier.unchosen_actor(activity, record, memo) == Actor::Human
        }
        Some(Actor::Ambiguous) => {
            activity.credential.as_ref().is_some_and(|c| c.kind == CredentialKind::SshKey)
                && ["github:user:", "gitlab:user:"].iter().any(|user| identity.id.starts_with(user))
        }
        _ => false,
    }
}

/// True for a line that is somebody's, of which there is no observation because it does not say when.
pub(super) fn is_undated(opened: &Opened<'_>) -> bool {
    // What has a time has given its activity away.
    opened.activity.as_ref().is_some_and(|activity| activity.identity.is_some() && activity.at().is_none())
}

/// The same observation with text of its own, for those that outlive their line.
pub(super) fn owned(o: Observation<'_>) -> Observation<'static> {
    fn own(text: Text<'_>) -> Text<'static> {
        Cow::Owned(text.into_owned())
    }
    fn may(text: Option<Text<'_>>) -> Option<Text<'static>> {
        text.map(own)
    }
    fn all(texts: Vec<Text<'_>>) -> Vec<Text<'static>> {
        texts.into_iter().map(own).collect()
    }
    Observation {
        at: o.at,
        event_id: may(o.event_id),
        event_ref: EventRef { file: may(o.event_ref.file), line: o.event_ref.line },
        source: o.source,
        identity: own(o.identity),
        raw_identity: may(o.raw_identity),
        kind: o.kind,
        actor: o.actor,
        workload: own(o.workload),
        mapping: o.mapping,
        peer_group: may(o.peer_group),
        shared: o.shared,
        credential: o.credential.map(|c| Proof { kind: c.kind, hash: c.hash, issuer: may(c.issuer), age_s: c.age_s }),
        session: may(o.session),
        delegator: may(o.delegator),
        action: own(o.action),
        effect: o.effect,
        tier: o.tier,
        class: o.class,
        severity: o.severity,
        boundary: o.boundary,
        attack: all(o.attack),
        outcome: o.outcome,
        error_code: may(o.error_code),
        targets: o.targets.into_iter().map(|t| vires_event::Target { name: own(t.name) }).collect(),
        datasets: all(o.datasets),
        data_class: o.data_class,
        labels: all(o.labels),
        account: may(o.account),
        env: may(o.env),
        region: may(o.region),
        origin: may(o.origin),
        zone_class: o.zone_class,
        ip: may(o.ip),
        asn: may(o.asn),
        ua: may(o.ua),
        destinations: all(o.destinations),
        count: o.count,
        bytes: o.bytes,
        interactive: o.interactive,
        links: o.links.into_iter().map(vires_event::Link::into_owned).collect(),
        leaks: all(o.leaks),
        detection: o.detection.map(vires_event::Detection::into_owned),
        campaign: o.campaign,
        coadopted: o.coadopted,
        stayed_alone: o.stayed_alone.map(|s| Stay { origin: own(s.origin), class: s.class }),
        moved: o.moved,
        stream: o.stream,
        unwatched: o.unwatched,
        renews_itself: o.renews_itself,
        issued_by: may(o.issued_by),
    }
}

#[cfg(test)]
mod tests {
    use super::effect_of;
    use vires_event::{Class, Effect};
    use vires_tag::Sensitive;

    #[test]
    fn what_a_grave_request_does_is_more_than_its_verb() {
        let effect = |of_action, class, severity| {
            effect_of(of_action, Some(&Sensitive { class, severity, boundary: None, attack: &[] }))
        };
        assert_eq!(effect(Effect::Write, Class::Destructive, 4), Effect::Destructive);
        assert_eq!(effect(Effect::Write, Class::Destructive, 3), Effect::Write);
        assert_eq!(effect(Effect::Grant, Class::Destructive, 5), Effect::Grant);
        assert_eq!(effect(Effect::Execute, Class::TrustChange, 4), Effect::Exposure);
        assert_eq!(effect(Effect::Write, Class::ControlPlaneAdmin, 5), Effect::Write);
        assert_eq!(effect_of(Effect::Write, None), Effect::Write);
    }
}
