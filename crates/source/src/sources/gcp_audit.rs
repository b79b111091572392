//! Google Cloud audit logs (Admin Activity, Data Access, System Event, Policy Denied) as `LogEntry` with a `protoPayload`.
//!
//! The action is `gcp:<permission>`, the first one checked; without any, `gcp:` and the last two segments of the method without its
//! version. Further permissions and both spellings of the method stand in `also`. The identity is the one whose authority was used;
//! who called through a chain of impersonations is its delegation. Destinations are the domains and projects of members that are
//! granted something, buckets (`storage:<bucket>`) and hosts, and `public`.

mod destinations;
mod guards;
mod identity;
mod targets;

use crate::Hints;
use crate::json::Value;
use crate::support::cloud::{bounded, part};
use crate::support::fields::{any_case, first, say};
use crate::support::network::is_browser;
use std::borrow::Cow;
use std::net::IpAddr;
use vires_event::{Activity, Link, Origin, Outcome, Source, Text};

/// The most permissions and mentions that are kept.
const MAX_LIST: usize = 32;

/// True for a log entry with an audit payload.
pub(crate) fn detect(record: Value<'_>) -> bool {
    for (key, value) in record.fields() {
        if matches!(key, "protoPayload" | "protopayload" | "proto_payload") && value.is_object() {
            return value.fields().any(|(key, _)| {
                const MEMBERS: [&str; 4] = ["authenticationInfo", "authorizationInfo", "methodName", "serviceName"];
                MEMBERS.iter().any(|m| key.eq_ignore_ascii_case(m))
            });
        }
    }
    false
}

/// Decodes one record. `None` if it says neither who nor what.
pub(crate) fn decode<'a>(record: Value<'a>, hints: &Hints<'a>) -> Option<Activity<'a>> {
    let payload = any_case(record, "protoPayload").or_else(|| record.get("proto_payload"))?;
    let method = first(payload, &["methodName", "metadata.methodName"]).map(|m| bounded(m, 256));
    let service = first(payload, &["serviceName", "metadata.serviceName"]).map(|s| bounded(s, 128));
    let permissions: Vec<_> = permissions(payload).collect();

    let mut a = Activity::new(Source::GcpAudit, "");
    let mut spellings = permissions.iter().map(|p| permission(p)).chain(method.iter().flat_map(|m| {
        let short = short_method(m);
        let full = (short != **m).then(|| ["gcp:", m].concat());
        [Some(["gcp:", &short].concat()), full].into_iter().flatten()
    }));
    a.action = spellings.next().unwrap_or_default().into();
    for name in spellings.take(MAX_LIST) {
        if name != a.action && a.also.iter().all(|known| *known != name) {
            a.also.push(name.into());
        }
    }

    envelope(record, payload, hints, &mut a);
    identity::read(record, payload, &mut a);
    if a.identity.is_none() && a.action.is_empty() {
        return None;
    }
    let label = service.as_deref().map_or("gcp", |s| s.split('.').next().unwrap_or(s));
    targets::read(record, payload, label, &mut a);
    destinations::read(payload, method.as_deref().unwrap_or(""), &mut a);
    if guards::opens_nothing(payload, method.as_deref().unwrap_or("")) {
        a.detail = Some(guards::OPENS_NOTHING.into());
    }
    if a.outcome == Some(Outcome::Success) {
        links(record, payload, method.as_deref().unwrap_or(""), &mut a.links);
    }
    Some(a)
}

fn permissions<'a>(payload: Value<'a>) -> impl Iterator<Item = Text<'a>> {
    let list = any_case(payload, "authorizationInfo");
    list.into_iter().flat_map(|l| l.items()).take(MAX_LIST).filter_map(|i| Some(bounded(say(i, "permission")?, 256)))
}

/// Role definitions write `iam.googleapis.com/x.y`, logs mostly `iam.x.y`: the short form is ours.
fn permission(name: &str) -> String {
    match name.split_once(".googleapis.com/") {
        Some((service, rest)) => ["gcp:", service, ".", rest].concat(),
        None => ["gcp:", name].concat(),
    }
}

/// The last two segments of a method, a version not counted: `google.iam.admin.v1.CreateRole` is `admin.CreateRole`.
fn short_method(method: &str) -> Cow<'_, str> {
    let version = |s: &str| {
        matches!(s, "alpha" | "beta") || s.strip_prefix('v').is_some_and(|v| v.starts_with(|c: char| c.is_ascii_digit()))
    };
    let Some((head, last)) = method.rsplit_once('.') else { return method.into() };
    let (rest, before) = head.rsplit_once('.').unwrap_or(("", head));
    if !version(before) {
        return method[rest.len()..].trim_start_matches('.').into();
    }
    match rest.rsplit('.').next() {
        Some(before) if !before.is_empty() => [before, ".", last].concat().into(),
        _ => last.into(),
    }
}

/// What every log entry says around its payload: when, where, from where and how it ended.
pub(super) fn envelope<'a>(record: Value<'a>, payload: Value<'a>, hints: &Hints<'a>, a: &mut Activity<'a>) {
    a.time =
        first(record, &["timestamp", "receiveTimestamp"]).or_else(|| say(payload, "timestamp")).or_else(|| hints.time.clone());
    a.event_id = say(record, "insertId").map(|id| bounded(id, 128));
    let project = say(record, "resource.labels.project_id").or_else(|| {
        let name = say(payload, "resourceName").or_else(|| say(record, "logName"))?;
        part(&name, |n| n.split_once("projects/").map(|(_, rest)| rest.split('/').next().unwrap_or(rest)))
    });
    a.place.account = project.filter(|p| !matches!(&**p, "_" | "-")).map(|p| bounded(p, 128));
    let labels = &["resource.labels.location", "resource.labels.zone", "resource.labels.region"];
    let location = first(record, labels).or_else(|| payload.path_text("resourceLocation.currentLocations.[0]"));
    a.place.region = location.and_then(|l| part(&l, |name| Some(region(name))));

    let request = any_case(payload, "requestMetadata").or_else(|| any_case(payload, "metadata")?.get("requestMetadata"));
    a.origin = request.map(origin).unwrap_or_default();
    a.interactive = a.origin.user_agent.as_deref().and_then(interactive);

    let status = any_case(payload, "status").or_else(|| any_case(record, "status"));
    let code = status.and_then(|s| any_case(s, "code")).and_then(|c| c.u64()).filter(|c| *c != 0);
    let refused = any_case(payload, "authorizationInfo")
        .into_iter()
        .flat_map(|l| l.items())
        .take(MAX_LIST)
        .any(|i| i.get("granted").and_then(|g| g.bool()) == Some(false));
    a.outcome = Some(match code {
        Some(7 | 16) => Outcome::Denied,
        None if refused => Outcome::Denied,
        Some(_) => Outcome::Error,
        None => Outcome::Success,
    });
    a.error_code = code.map(|code| CODES.get(code as usize).map_or_else(|| code.to_string().into(), |&name| name.into()));
}

/// The region of a location: `europe-west1-b` is a zone of `europe-west1`.
fn region(location: &str) -> &str {
    match location.rsplit_once('-') {
        Some((region, zone)) if zone.len() == 1 && region.ends_with(|c: char| c.is_ascii_digit()) => region,
        _ => location,
    }
}

/// `google.rpc.Code`.
const CODES: [&str; 17] = [
    "OK",
    "CANCELLED",
    "UNKNOWN",
    "INVALID_ARGUMENT",
    "DEADLINE_EXCEEDED",
    "NOT_FOUND",
    "ALREADY_EXISTS",
    "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED",
    "FAILED_PRECONDITION",
    "ABORTED",
    "OUT_OF_RANGE",
    "UNIMPLEMENTED",
    "INTERNAL",
    "UNAVAILABLE",
    "DATA_LOSS",
    "UNAUTHENTICATED",
];

fn origin<'a>(request: Value<'a>) -> Origin<'a> {
    let mut origin = Origin {
        network: say(request, "callerNetwork").map(|n| bounded(n, 256)),
        user_agent: say(request, "callerSuppliedUserAgent").map(|agent| bounded(agent, 1024)),
        ..Origin::default()
    };
    if let Some(from) = say(request, "callerIp").map(|ip| bounded(ip, 64)) {
        if from.parse::<IpAddr>().is_ok() {
            origin.ip = Some(from);
        } else {
            // `private`, `gce-internal-ip`: inside, address unknown.
            origin.network = origin.network.or(Some(from));
        }
    }
    origin
}

fn interactive(user_agent: &str) -> Option<bool> {
    if user_agent.contains("from-script/True") || user_agent.contains("interactive/False") {
        return Some(false);
    }
    (user_agent.contains("interactive/True") || is_browser(user_agent)).then_some(true)
}

/// Impersonation, keys, and the service accounts that what is started acts as.
fn links<'a>(record: Value<'a>, payload: Value<'a>, method: &str, links: &mut Vec<Link<'a>>) {
    let email = |name: &Text<'a>| {
        let (_, rest) = name.split_once("serviceAccounts/")?;
        let email = rest.split('/').next().unwrap_or(rest);
        email.contains('@').then(|| identity::service_account_id(email))
    };
    let names = || {
        let label = || Some(identity::service_account_id(&say(record, "resource.labels.email_id")?));
        let name = first(payload, &["request.name", "resourceName", "response.name"]);
        name.as_ref().and_then(email).or_else(label)
    };
    match method.rsplit('.').next().unwrap_or(method) {
        "GenerateAccessToken" | "GenerateIdToken" | "SignJwt" | "SignBlob" => {
            links.extend(names().map(|id| Link::Became { id: id.into() }));
        }
        "CreateServiceAccountKey" | "UploadServiceAccountKey" => {
            let name = say(payload, "response.name").map(|n| bounded(n, 512));
            let key = name.as_ref().and_then(|n| part(n, |n| n.rsplit_once("/keys/").map(|(_, key)| key)));
            let owner = name.as_ref().and_then(email).or_else(names).map(Into::into);
            links.extend(key.map(|credential| Link::Issued { credential, owner }));
        }
        _ => runs_as(payload, email, links),
    }
}

/// What is started acts as the accounts that the caller had to be allowed to act as. The entry of that permission names the account or
/// what is started; the request names the account in any case, where it is logged.
fn runs_as<'a>(payload: Value<'a>, email: impl Fn(&Text<'a>) -> Option<String>, links: &mut Vec<Link<'a>>) {
    let asked = || any_case(payload, "authorizationInfo").into_iter().flat_map(|list| list.items()).take(MAX_LIST);
    let mut allowed = asked().filter(|i| say(*i, "permission").as_deref() == Some("iam.serviceAccounts.actAs")).peekable();
    if allowed.peek().is_none() {
        return;
    }
    let named = allowed.filter_map(|i| email(&bounded(say(i, "resource")?, 512)));
    let request = any_case(payload, "request").into_iter().flat_map(|request| request.leaves());
    let said =
        request.filter(|(key, _)| matches!(*key, "email" | "serviceAccount" | "serviceAccountEmail" | "serviceAccountName"));
    let said = said.filter_map(|(_, leaf)| {
        let text = bounded(leaf.text()?, 256);
        text.ends_with(".gserviceaccount.com").then(|| identity::service_account_id(&text))
    });
    for id in named.chain(said).take(8) {
        let link = Link::RunsAs { id: id.into() };
        if !links.contains(&link) {
            links.push(link);
        }
    }
}

#[cfg(test)]
mod tests;
