use vires_event::Activity;
use vires_profile::WorkloadIndex;
use vires_profile::observation::{Habits, Kept};
use vires_tag::{Classifier, Memo};

/// What one thread remembers from line to line, to be thrown away with the estate it was remembered of. Bounded, and forgetting
/// changes no answer.
#[derive(Debug, Default)]
pub struct Memory {
    pub(super) memo: Memo,
    pub(super) habits: Habits,
    /// The workload of an identity, by its id and raw form.
    pub(super) workloads: Kept<Option<WorkloadIndex>>,
    /// Of texts that repeat, whether none of them has the shape of a credential somewhere.
    clean: Kept<bool>,
    pub(super) key: String,
}

/// Stands between texts of a key.
pub(super) const BETWEEN: char = '\u{1}';

impl Memory {
    /// True if the texts of a record that mostly repeat those of others hold no credential.
    pub(super) fn repeats_are_clean(&mut self, classifier: &Classifier, activity: &Activity<'_>) -> bool {
        let Memory { clean, key, .. } = self;
        key.clear();
        for text in repeats(activity) {
            key.push_str(text);
            key.push(BETWEEN);
        }
        clean.of(key, || repeats(activity).all(|text| classifier.is_clean(text)), |clean| *clean)
    }
}

/// The texts that mostly repeat: all that [`super::redact`] looks at but names of sessions, events, addresses and what was touched.
fn repeats<'t>(activity: &'t Activity<'_>) -> impl Iterator<Item = &'t str> {
    let identity = activity.identity.iter().flat_map(|i| [Some(&i.id), Some(&i.name), i.raw.as_ref()]);
    let (origin, place) = (&activity.origin, &activity.place);
    let others = [
        Some(&activity.action),
        activity.error_code.as_ref(),
        activity.credential.as_ref().and_then(|c| c.issuer.as_ref()),
        activity.delegation.as_ref().map(|d| &d.by),
        origin.service.as_ref(),
        origin.asn.as_ref(),
        origin.user_agent.as_ref(),
        origin.network.as_ref(),
        place.account.as_ref(),
        place.region.as_ref(),
        place.host.as_ref(),
    ];
    identity.chain(others).flatten().map(|text| &**text)
}
