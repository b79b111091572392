//! Outside parties that a request lets in or sends something to.

use crate::json::Value;
use crate::support::fields::{any_case, path_any_case, say};
use crate::support::network::url_host;
use vires_event::{Activity, Text};

const MAX_DESTINATIONS: usize = 16;

pub(super) fn read<'a>(payload: Value<'a>, method: &str, a: &mut Activity<'a>) {
    for delta in [
        path_any_case(payload, "serviceData.policyDelta.bindingDeltas"),
        path_any_case(payload, "metadata.policyDelta.bindingDeltas"),
    ]
    .into_iter()
    .flatten()
    .flat_map(|deltas| deltas.items())
    .take(MAX_DESTINATIONS)
    {
        if say(delta, "action").is_none_or(|action| action == "ADD")
            && let Some(member) = say(delta, "member")
        {
            grant(&member, a);
        }
    }
    for job in super::targets::jobs(payload) {
        for path in ["jobConfig.extractConfig.destinationUris", "jobConfiguration.extract.destinationUris"] {
            for uri in
                path_any_case(job, path).into_iter().flat_map(|l| l.items()).take(MAX_DESTINATIONS).filter_map(|v| v.text())
            {
                receiver(&uri, a);
            }
        }
    }
    let Some(request) = any_case(payload, "request") else { return };
    let lower = method.to_ascii_lowercase();
    // A policy that is set says all members; only where the delta is missing are they all we have.
    if lower.ends_with("setiampolicy") && path_any_case(payload, "serviceData.policyDelta").is_none() {
        let bindings = path_any_case(request, "policy.bindings");
        for binding in bindings.into_iter().flat_map(|b| b.items()).take(MAX_DESTINATIONS) {
            for member in binding.get("members").into_iter().flat_map(|m| m.items()).take(MAX_DESTINATIONS) {
                if let Some(member) = member.text() {
                    grant(&member, a);
                }
            }
        }
    }
    let moves = ["sink", "export", "extract", "transfer", "copy"].iter().any(|word| lower.contains(word));
    for (key, leaf) in request.leaves() {
        if a.destinations.len() >= MAX_DESTINATIONS {
            return;
        }
        let Some(text) = leaf.text().filter(|t| t.len() <= 1024) else { continue };
        match key {
            "destination" if moves => receiver(&text, a),
            "pushEndpoint" => {
                if let Some(host) = url_host(&text) {
                    push(host.to_owned().into(), a);
                }
            }
            _ if moves && text.starts_with("gs://") => receiver(&text, a),
            _ => {}
        }
    }
}

fn push<'a>(name: Text<'a>, a: &mut Activity<'a>) {
    if a.destinations.len() < MAX_DESTINATIONS && !a.destinations.contains(&name) {
        a.destinations.push(name);
    }
}

/// `user:a@example.net` lets in `example.net`, unless the caller is of that domain too.
fn grant(member: &str, a: &mut Activity<'_>) {
    if matches!(member, "allUsers" | "allAuthenticatedUsers") {
        return push("public".into(), a);
    }
    if member.starts_with("deleted:") || member.starts_with("project") {
        return;
    }
    if let Some(pool) = pool_of(member) {
        return push(pool.into(), a);
    }
    let Some((_, name)) = member.split_once(':') else { return };
    let domain = name.rsplit_once('@').map_or(name, |(_, domain)| domain).to_ascii_lowercase();
    let own_project = a.place.account.as_deref().is_some_and(|p| domain.strip_suffix(".iam.gserviceaccount.com") == Some(p));
    let own_domain =
        a.identity.as_ref().is_some_and(|i| i.name.rsplit_once('@').is_some_and(|(_, d)| d.eq_ignore_ascii_case(&domain)));
    if !own_project && !own_domain && domain.len() <= 256 {
        push(domain.into(), a);
    }
}

/// `principal://iam.googleapis.com/projects/7/locations/global/workloadIdentityPools/ci/subject/…` is whoever pool `ci` vouches for:
/// `pool:7/ci`.
fn pool_of(member: &str) -> Option<String> {
    let (_, path) = member.split_once("://").filter(|(sort, _)| sort.starts_with("principal"))?;
    let after = |word: &str| path.split('/').skip_while(|part| !part.eq_ignore_ascii_case(word)).nth(1);
    let pool = after("workloadIdentityPools").or_else(|| after("workforcePools"))?;
    let pool = format!("pool:{}/{pool}", after("projects").unwrap_or("-"));
    (pool.len() <= 256).then_some(pool)
}

/// A log sink's or an export's end: `storage.googleapis.com/<bucket>` and `gs://<bucket>/…` are `storage:<bucket>`.
fn receiver(text: &str, a: &mut Activity<'_>) {
    let bucket = text.strip_prefix("gs://").or_else(|| text.strip_prefix("storage.googleapis.com/"));
    let name = match bucket {
        Some(bucket) => ["storage:", bucket.split('/').next().unwrap_or(bucket)].concat(),
        None => text.to_owned(),
    };
    push(name.into(), a);
}
