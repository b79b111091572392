use super::{Request, Spelling, quoted};
use std::fmt::Write;

pub(super) fn write(r: &Request<'_>, out: &mut String) {
    let (verb, resource) = r.habit.behaviour.call.split_once(' ').unwrap_or(("get", &r.habit.behaviour.call));
    let (resource, subresource) = resource.split_once('/').map_or((resource, None), |(r, s)| (r, Some(s)));
    let namespace = r.param("namespace");
    let name = r.param("name");
    let mut uri = String::from("/api/v1");
    for part in [
        namespace.as_ref().map(|n| format!("/namespaces/{n}")),
        Some(format!("/{resource}")),
        name.as_ref().map(|n| format!("/{n}")),
    ] {
        uri.push_str(&part.unwrap_or_default());
    }
    let stem = &r.member.stem;
    let who = &r.member.name;
    let _ = write!(
        out,
        r#"{{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"Metadata","auditID":"{id}","stage":"ResponseComplete","requestURI":"{uri}","verb":"{verb}","user":{{"username":"system:serviceaccount:{stem}:{who}","uid":"{other}","groups":["system:serviceaccounts","system:serviceaccounts:{stem}","system:authenticated"],"extra":{{"authentication.kubernetes.io/pod-name":["{who}-7d9f8b6c5d-x2x9z"],"authentication.kubernetes.io/node-name":["node-{node}"]}}}},"sourceIPs":["{ip}"],"userAgent":"#,
        id = r.id,
        other = r.other,
        node = r.member.number % 9,
        ip = r.ip,
    );
    quoted(r.ua, out);
    let _ = write!(out, r#","objectRef":{{"resource":"{resource}""#);
    for (key, value) in [("namespace", &namespace), ("name", &name)] {
        if let Some(value) = value {
            let _ = write!(out, r#","{key}":"{value}""#);
        }
    }
    if let Some(subresource) = subresource {
        let _ = write!(out, r#","subresource":"{subresource}""#);
    }
    let (code, decision) = match (r.denied, verb) {
        (true, _) => (403, "forbid"),
        (false, "create") => (201, "allow"),
        _ => (200, "allow"),
    };
    let at = Spelling::Micros.time(r.at);
    let _ = write!(
        out,
        r#","apiVersion":"v1"}},"responseStatus":{{"metadata":{{}},"code":{code}}},"requestReceivedTimestamp":"{at}","stageTimestamp":"{at}","annotations":{{"authorization.k8s.io/decision":"{decision}","authorization.k8s.io/reason":""}}}}"#
    );
}
