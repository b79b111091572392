use super::memory::Memory;
use vires_event::{Activity, Link, Text};
use vires_tag::{Classifier, Tags};

/// Takes secrets out of everything that a baseline, a reason, a case or the state could repeat of an activity.
///
/// The credential's own id stays: it leaves as a hash. So does that of an issued one.
pub(super) fn redact(classifier: &Classifier, tags: &Tags<'_>, activity: &mut Activity<'_>, memory: &mut Memory) {
    let clean = |text: &mut Text<'_>| {
        *text = tags.hide(classifier.redact(std::mem::take(text)));
    };
    let may = |text: &mut Option<Text<'_>>| text.iter_mut().for_each(clean);
    may(&mut activity.event_id);
    may(&mut activity.origin.ip);
    if let Some(session) = &mut activity.session {
        clean(&mut session.name);
    }
    activity.targets.iter_mut().for_each(|target| clean(&mut target.name));
    activity.destinations.iter_mut().for_each(clean);
    if let Some(detection) = &mut activity.detection {
        clean(&mut detection.title);
    }
    for link in &mut activity.links {
        match link {
            Link::Issued { owner, .. } => may(owner),
            Link::Became { id }
            | Link::RunsAs { id }
            | Link::Alias { id }
            | Link::Called { id }
            | Link::Serves { service: id } => clean(id),
        }
    }
    // The rest repeats from line to line, and with it that there is nothing to hide in it.
    if tags.hides_nothing() && memory.repeats_are_clean(classifier, activity) {
        return;
    }
    clean(&mut activity.action);
    may(&mut activity.error_code);
    if let Some(identity) = &mut activity.identity {
        clean(&mut identity.id);
        clean(&mut identity.name);
        may(&mut identity.raw);
    }
    if let Some(credential) = &mut activity.credential {
        may(&mut credential.issuer);
    }
    if let Some(delegation) = &mut activity.delegation {
        clean(&mut delegation.by);
    }
    let (origin, place) = (&mut activity.origin, &mut activity.place);
    for text in [&mut origin.service, &mut origin.asn, &mut origin.user_agent, &mut origin.network] {
        may(text);
    }
    for text in [&mut place.account, &mut place.region, &mut place.host] {
        may(text);
    }
}
