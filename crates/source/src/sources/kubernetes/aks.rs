//! AKS: the audit event is JSON in a string, in the resource log of the cluster.

use crate::Hints;
use crate::json::{Tape, Value};
use crate::support::cloud::lower;
use crate::support::fields::{any_case, say};
use vires_event::Activity;

fn inner<'a>(record: Value<'a>) -> Option<Value<'a>> {
    any_case(record, "properties")?.get("log")
}

pub(super) fn detect(record: Value<'_>) -> bool {
    inner(record).is_some()
}

pub(super) fn decode<'a>(record: Value<'a>, hints: &Hints<'a>) -> Option<Activity<'a>> {
    let resource = say(record, "resourceId");
    let cluster = resource.as_ref().and_then(|id| id.rsplit('/').next()).map(|name| lower(name.to_owned().into()));
    let cluster = hints.cluster.clone().or(cluster.map(|c| c.into_owned().into()));
    let hints = Hints { cluster, ..hints.clone() };
    let log = inner(record)?;
    let mut a = if log.is_object() {
        super::event(log, &hints)?
    } else {
        let text = log.str()?;
        let mut tape = Tape::default();
        let value = tape.parse(&text).ok()?;
        // The text lives no longer than this function.
        super::event(value, &owned(&hints)).map(Activity::into_owned)?
    };
    a.time = a.time.or_else(|| say(record, "time"));
    let subscription =
        resource.as_ref().and_then(|id| id.trim_start_matches('/').split('/').nth(1)).map(str::to_ascii_lowercase);
    a.place.account = a.place.account.or(subscription.map(Into::into));
    Some(a)
}

fn owned(hints: &Hints<'_>) -> Hints<'static> {
    let own = |text: &Option<vires_event::Text<'_>>| text.as_ref().map(|t| t.to_string().into());
    Hints { host: own(&hints.host), time: own(&hints.time), cluster: own(&hints.cluster) }
}
