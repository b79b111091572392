//! Names without their ephemeral parts: `build-7f9c2b1d4e` and the next day's `build-0a1b2c3d4e` are the same thing to a
//! baseline.

use std::borrow::Cow;

/// Replaces what changes from run to run by `*`: UUIDs, hexadecimal runs of 8 or more, numbers of 4 or more digits, dates,
/// generated upper-case suffixes. Words stay, short numbers stay.
pub fn strip_ephemeral(text: &str) -> Cow<'_, str> {
    let b = text.as_bytes();
    let mut out: Option<String> = None;
    let mut kept = 0;
    let mut at = 0;
    while let Some(start) = next_word(b, at) {
        let end = word_end(b, start);
        match ephemeral_end(b, start, end) {
            Some(stop) => {
                let buffer = out.get_or_insert_with(|| String::with_capacity(text.len()));
                buffer.push_str(text.get(kept..start).unwrap_or_default());
                buffer.push('*');
                kept = stop;
                at = stop;
            }
            None => at = end,
        }
    }
    match out {
        None => Cow::Borrowed(text),
        Some(mut buffer) => {
            buffer.push_str(text.get(kept..).unwrap_or_default());
            Cow::Owned(buffer)
        }
    }
}

fn next_word(b: &[u8], from: usize) -> Option<usize> {
    (from..b.len()).find(|i| b.get(*i).is_some_and(u8::is_ascii_alphanumeric))
}

fn word_end(b: &[u8], from: usize) -> usize {
    (from..b.len()).find(|i| !b.get(*i).is_some_and(u8::is_ascii_alphanumeric)).unwrap_or(b.len())
}

/// Where the ephemeral part that starts at a word ends, if one does.
fn ephemeral_end(b: &[u8], start: usize, end: usize) -> Option<usize> {
    // A word next to non-ASCII text is part of a longer word.
    let foreign = |i: Option<&u8>| i.is_some_and(|c| !c.is_ascii());
    if foreign(b.get(end)) || (start > 0 && foreign(b.get(start - 1))) {
        return None;
    }
    let word = b.get(start..end)?;
    if let Some(stop) = uuid_end(b, start).or_else(|| date_end(b, start, end)) {
        return Some(stop);
    }
    let digits = word.iter().filter(|c| c.is_ascii_digit()).count();
    let stripped = (digits == word.len() && digits >= 4)
        || (word.len() >= 8 && digits > 0 && word.iter().all(u8::is_ascii_hexdigit))
        || (word.len() >= 12 && digits > 0 && word.iter().all(|c| c.is_ascii_digit() || c.is_ascii_uppercase()))
        || (word.len() >= 20 && digits >= 3);
    stripped.then_some(end)
}

fn uuid_end(b: &[u8], start: usize) -> Option<usize> {
    let text = b.get(start..start + 36)?;
    let shaped =
        text.iter().enumerate().all(|(i, c)| if matches!(i, 8 | 13 | 18 | 23) { *c == b'-' } else { c.is_ascii_hexdigit() });
    (shaped && !b.get(start + 36).is_some_and(u8::is_ascii_alphanumeric)).then_some(start + 36)
}

/// `2026-03-01`, `2026/03`, `2026_03_01`: a year and what follows it in two digits each, with the time where one follows.
fn date_end(b: &[u8], start: usize, end: usize) -> Option<usize> {
    let year = b.get(start..end)?;
    if year.len() != 4 || !year.iter().all(u8::is_ascii_digit) || !(year.starts_with(b"19") || year.starts_with(b"20")) {
        return None;
    }
    let mut stop = end;
    for _ in 0..5 {
        let (Some(sep), Some(a), Some(c)) = (b.get(stop), b.get(stop + 1), b.get(stop + 2)) else { break };
        let two = a.is_ascii_digit() && c.is_ascii_digit() && !b.get(stop + 3).is_some_and(u8::is_ascii_alphanumeric);
        if !matches!(sep, b'-' | b'/' | b'_' | b'.') || !two {
            break;
        }
        stop += 3;
    }
    Some(stop)
}

/// The key under which an identity is judged when no inventory names its workload: its canonical id with the ephemeral parts of
/// names that come and go (nodes, hosts, federated subjects, generated roles). Ids that *are* the identity (applications,
/// tokens, entities) stay whole.
pub fn identity_template(id: &str) -> Cow<'_, str> {
    let keep = if id.starts_with("aws:role/") || id.starts_with("aws:federated/") {
        // The account stays: two accounts' roles of one name are two identities.
        id.match_indices('/').nth(1).map(|(at, _)| at + 1)
    } else if id.starts_with("k8s:") || id.starts_with("host:") || id.starts_with("spiffe:") || id.contains(":ci_runner:") {
        id.find(':').map(|at| at + 1)
    } else {
        None
    };
    let Some((head, tail)) = keep.and_then(|at| id.split_at_checked(at)) else { return Cow::Borrowed(id) };
    match strip_ephemeral(tail) {
        Cow::Borrowed(_) => Cow::Borrowed(id),
        Cow::Owned(tail) => Cow::Owned(format!("{head}{tail}")),
    }
}

/// The dataset a target belongs to, which is what a baseline learns: object stores down to two folders below the bucket,
/// generated pod names as their template, all else as it is, without ephemeral parts.
///
/// Keys stay whole where the identifier is the thing (`kms:`); buckets too: their numbers do not come and go.
pub fn resource_template(target: &str) -> Cow<'_, str> {
    let Some((service, name)) = target.split_once(':') else { return strip_ephemeral(target) };
    match service {
        "kms" | "iam" => return Cow::Borrowed(target),
        "s3" | "gcs" | "blob" | "storage" => return object_prefix(target, service.len() + 1),
        _ => {}
    }
    // A query says which part of it is asked for (`?page=7`, a cursor), not what it is.
    let target = target.find('?').and_then(|at| target.get(..at)).unwrap_or(target);
    match service {
        "k8s" => pod_template(target, name),
        _ => strip_ephemeral(target),
    }
}

fn object_prefix(target: &str, from: usize) -> Cow<'_, str> {
    let Some(bucket) = target.get(from..).and_then(|n| n.find('/')).map(|at| from + at + 1) else {
        return Cow::Borrowed(target);
    };
    // The last segment is the object's own name, not a folder.
    let end = target.rfind('/').map_or(bucket, |at| at + 1).max(bucket);
    let folders = target.get(bucket..end).unwrap_or_default();
    let end = folders.match_indices('/').nth(1).map_or(end, |(at, _)| bucket + at + 1);
    let (head, tail) = (target.get(..bucket).unwrap_or(target), target.get(bucket..end).unwrap_or_default());
    match strip_ephemeral(tail) {
        Cow::Borrowed(_) => Cow::Borrowed(target.get(..end).unwrap_or(target)),
        Cow::Owned(tail) => Cow::Owned(format!("{head}{tail}")),
    }
}

/// Kubernetes' alphabet for generated suffixes: no vowels, no 0, 1, 3.
fn generated(word: &str, lengths: std::ops::RangeInclusive<usize>) -> bool {
    lengths.contains(&word.len()) && word.bytes().all(|c| b"bcdfghjklmnpqrstvwxz2456789".contains(&c))
}

fn pod_template<'a>(target: &'a str, name: &str) -> Cow<'a, str> {
    let mut parts = name.splitn(3, '/');
    let (Some(_), Some(resource), Some(object)) = (parts.next(), parts.next(), parts.next()) else {
        return strip_ephemeral(target);
    };
    if !matches!(resource, "pods" | "replicasets" | "jobs" | "events" | "endpointslices" | "controllerrevisions") {
        return strip_ephemeral(target);
    }
    let head_len = target.len() - object.len();
    let mut base = object;
    // `name-<replica set hash>-<pod suffix>`, `name-<suffix>`: a suffix that is a plain word (`-worker`) holds a vowel or is
    // longer.
    if let Some((head, suffix)) = base.rsplit_once('-').filter(|(_, s)| generated(s, 5..=5)) {
        base = head;
        if let Some((head, _)) = base.rsplit_once('-').filter(|(_, s)| generated(s, 8..=10)) {
            base = head;
        } else if !suffix.bytes().any(|c| c.is_ascii_digit()) && resource != "pods" {
            base = object;
        }
    } else if let Some((head, _)) = base.rsplit_once('-').filter(|(_, s)| generated(s, 8..=10)) {
        base = head;
    }
    if base.len() == object.len() {
        return strip_ephemeral(target);
    }
    let head = target.get(..head_len).unwrap_or_default();
    Cow::Owned(format!("{}-*", strip_ephemeral(&format!("{head}{base}"))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strips_what_changes_from_run_to_run() {
        for (text, expected) in [
            ("build-7f9c2b1d4e", "build-*"),
            ("runner-12345", "runner-*"),
            ("runner-123", "runner-123"),
            ("i-0abc1234def567890", "i-*"),
            ("x/550e8400-e29b-41d4-a716-446655440000/y", "x/*/y"),
            ("logs/2026/03/01/app", "logs/*/app"),
            ("backup-2026-03-01T0200", "backup-*-01T0200"),
            ("report_2026_03", "report_*"),
            ("stack-Role-1ABCDEFGHIJ2K", "stack-Role-*"),
            ("facade-decade", "facade-decade"),
            ("svc1001", "svc1001"),
            ("payments-api", "payments-api"),
            ("bücher2026x", "bücher2026x"),
            ("", ""),
        ] {
            assert_eq!(strip_ephemeral(text), expected, "{text}");
        }
    }

    #[test]
    fn identities_keep_what_makes_them_one() {
        for (id, expected) in [
            ("aws:role/123456789012/deploy-20260301", "aws:role/123456789012/deploy-*"),
            ("aws:role/123456789012/deployer", "aws:role/123456789012/deployer"),
            ("aws:user/123456789012/svc-2024", "aws:user/123456789012/svc-2024"),
            ("entra:app:550e8400-e29b-41d4-a716-446655440000", "entra:app:550e8400-e29b-41d4-a716-446655440000"),
            ("k8s:prod:node:ip-10-0-1-2023", "k8s:prod:node:ip-10-0-1-*"),
            ("k8s:prod:payments:api", "k8s:prod:payments:api"),
            ("host:web-0a1b2c3d:deploy", "host:web-*:deploy"),
            ("okta:token:00T1234567890abcdef", "okta:token:00T1234567890abcdef"),
        ] {
            assert_eq!(identity_template(id), expected, "{id}");
        }
    }

    #[test]
    fn resources_become_datasets() {
        for (target, expected) in [
            ("s3:data-2026/a/b/c/d.parquet", "s3:data-2026/a/b/"),
            ("s3:logs/2026/03/01/x.gz", "s3:logs/*/"),
            ("s3:bucket/file.csv", "s3:bucket/"),
            ("s3:bucket", "s3:bucket"),
            ("secret:prod/payments/db", "secret:prod/payments/db"),
            ("kms:1234abcd-12ab-34cd-56ef-1234567890ab", "kms:1234abcd-12ab-34cd-56ef-1234567890ab"),
            ("k8s:prod/pods/api-6d4cf56db6-x7k2p", "k8s:prod/pods/api-*"),
            ("k8s:prod/pods/agent-x7k2p", "k8s:prod/pods/agent-*"),
            ("k8s:prod/replicasets/api-6d4cf56db6", "k8s:prod/replicasets/api-*"),
            ("k8s:prod/secrets/db-worker", "k8s:prod/secrets/db-worker"),
            ("k8s:prod/jobs/cleanup-28012345", "k8s:prod/jobs/cleanup-*"),
            ("nocolon-123456", "nocolon-*"),
            ("mcp:postgres://warehouse.example.com/hr/salaries?page=7", "mcp:postgres://warehouse.example.com/hr/salaries"),
            ("graph:/users?$top=999&$skiptoken=RFN", "graph:/users"),
        ] {
            assert_eq!(resource_template(target), expected, "{target}");
        }
    }

    proptest::proptest! {
        #[test]
        fn never_panics_and_settles(text in "\\PC{0,60}") {
            let once = strip_ephemeral(&text).into_owned();
            proptest::prop_assert_eq!(strip_ephemeral(&once).into_owned(), once);
            let _ = (resource_template(&text), identity_template(&text), super::super::ua_family(&text));
        }
    }
}
