//! The plain evaluator: says the same as the fast path, by trying every row of the catalogue on every text, one after the other.
//!
//! It exists to be compared with: no prefilter, no automaton, no memo, nothing shared with the fast path but the decoders, the
//! rows' own comparisons and the rendering. Slow on purpose; keep it obvious.

use crate::classify::{bare, hide_folded, with_body};
use crate::field::{member, said};
use crate::hide::Secrets;
use crate::identity::Votes;
use crate::leak::shape::loosened;
use crate::leak::value_around;
use crate::resource::fits;
use crate::tags::{Problem, REPORTED, Sensitive, TELLING, Tags};
use regex::Regex;
use std::borrow::Cow;
use std::cell::RefCell;
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::ops::Range;
use vires_catalog::{Catalog, Scan, TokenKind, TokenPattern};
use vires_event::{Activity, Effect, Identity, Source, mask};
use vires_source::json::Value;
use vires_source::{Opened, Shape};

/// Classifies one opened line.
pub fn classify<'a>(catalog: &'a Catalog, opened: &Opened<'a>) -> Tags<'a> {
    let mut tags = match &opened.activity {
        Some(activity) => of_activity(catalog, activity, opened.record),
        None => Tags::failed(match opened.shape {
            Shape::Object(object) if was_wrapped(object) => Problem::NotJson,
            Shape::Text => Problem::NotJson,
            _ => Problem::UnknownSource,
        }),
    };
    if !opened.valid_utf8 && tags.error != Some(Problem::NotJson) {
        tags.error = Some(Problem::InvalidUtf8);
    }
    (tags.leaks, tags.secrets) = leaks(catalog, opened, tags.source);
    tags.hide_secrets();
    tags
}

fn was_wrapped(object: Value<'_>) -> bool {
    let members: Vec<_> = object.fields().map(|(_, v)| v).collect();
    matches!(members[..], [m, t] if m.key_is("message") && m.str().is_some() && t.get_text("error").as_deref() == Some("not_json"))
}

fn of_activity<'a>(catalog: &'a Catalog, activity: &Activity<'a>, record: Option<Value<'a>>) -> Tags<'a> {
    let mut votes = Votes::default();
    if let Some(identity) = &activity.identity {
        votes.structure(identity.actor);
    }
    let mut get = |field: &str| match field {
        "@name" => activity.identity.as_ref().map(|i| i.name.clone()),
        "@session" => activity.session.as_ref().map(|s| s.name.clone()),
        "@user_agent" => activity.origin.user_agent.clone(),
        "@ip" => activity.origin.ip.clone(),
        "@id" => activity.identity.as_ref().map(|i| i.id.clone()),
        "@credential" => activity.credential.as_ref().and_then(|c| c.id.clone()),
        path => said(member(record?, path)?),
    };
    for (row, marker) in catalog.identities().iter().enumerate() {
        if marker.source == activity.source && marker.holds(&mut get) {
            votes.marker(row, marker);
        }
    }
    let decision = votes.decide(activity.identity.as_ref().map(|i| i.kind));
    let vault_path = match activity.source {
        Source::Vault => activity.targets.first().and_then(|t| t.name.strip_prefix("vault:")),
        _ => None,
    };
    let row = std::iter::once(&activity.action)
        .chain(&activity.also)
        .find_map(|action| catalog.action(activity.source, action, vault_path));
    let effect = catalog.effect_at(activity.source, &activity.action, vault_path.or(activity.detail.as_deref()));
    let has_action = !activity.action.is_empty();
    let names: Vec<&str> = activity.targets.iter().map(|t| bare(&t.name)).collect();
    let by_name = activity.targets.first().and_then(|t| catalog.data_class_of_name(bare(&t.name)));
    let by_marker = names.iter().flat_map(|n| named(catalog, n)).map(|(_, _, class)| class).max();
    Tags {
        source: Some(activity.source),
        actor: activity.identity.as_ref().map(|_| decision.actor),
        kind: activity.identity.as_ref().and(decision.kind),
        id: activity.identity.as_ref().map(|i| redact_id(catalog, i)),
        credential: activity.credential.as_ref().and_then(|c| c.id.as_deref()).map(mask),
        action: has_action.then(|| redact(catalog, &activity.action)),
        effect: has_action.then_some(effect),
        sensitive: row.map(|row| Sensitive {
            class: row.class,
            severity: {
                let most = catalog.most_severity(activity.source, &activity.action, activity.detail.as_deref());
                let severity = catalog.severity(row, &mut |path| record.and_then(|r| member(r, path)).and_then(said));
                most.map_or(severity, |most| severity.min(most))
            },
            boundary: row.boundary,
            attack: &row.attack,
        }),
        target: activity.targets.first().map(|t| redact(catalog, &t.name)),
        data_class: if has_action && effect == Effect::SecretRead { Some(3) } else { by_marker.max(by_name) },
        markers: markers(catalog, activity, &names),
        leaks: Vec::new(),
        outcome: activity.outcome,
        error: None,
        secrets: Secrets::default(),
    }
}

/// Name, severity and data class of every resource marker in a text.
fn named<'c>(catalog: &'c Catalog, text: &str) -> Vec<(&'c str, u8, u8)> {
    let text = if text.starts_with("arn:") { text.splitn(6, ':').nth(5).unwrap_or(text) } else { text };
    let lower = text.to_ascii_lowercase();
    let mut found = Vec::new();
    for row in catalog.resources() {
        let marker = row.marker.to_ascii_lowercase();
        let stands = |start: &usize| {
            lower.as_bytes()[*start..].starts_with(marker.as_bytes())
                && fits(row.mode, text.as_bytes(), *start, start + marker.len())
        };
        if (0..lower.len()).any(|start| stands(&start)) {
            found.push((row.marker.as_str(), row.severity, row.data_class));
        }
    }
    found
}

fn markers<'a>(catalog: &'a Catalog, activity: &Activity<'a>, names: &[&str]) -> Vec<(Cow<'a, str>, u8)> {
    // Of two rows with one name the first seen counts, as in the fast path.
    let mut found: BTreeMap<&str, u8> = BTreeMap::new();
    for text in names.iter().copied().chain(activity.mentions.iter().map(|m| &**m)) {
        for (name, severity, _) in named(catalog, text) {
            found.entry(name).or_insert(severity);
        }
        if let Some(role) = catalog.roles().iter().find(|r| r.value.eq_ignore_ascii_case(text)) {
            let name = if role.name.is_empty() { role.value.rsplit('/').next().unwrap_or(&role.value) } else { &role.name };
            found.entry(name).or_insert(role.severity);
        }
    }
    if let Some(agent) = &activity.origin.user_agent {
        for row in catalog.user_agents().iter().filter(|r| r.severity >= TELLING && r.matches(agent)) {
            found.entry(&row.substring).or_insert(row.severity);
        }
    }
    let mut found: Vec<_> =
        found.into_iter().filter(|(_, s)| *s >= REPORTED).map(|(name, s)| (Cow::Borrowed(name), s)).collect();
    found.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    found
}

fn scanned(catalog: &Catalog) -> impl Iterator<Item = &TokenPattern> {
    catalog.tokens().iter().filter(|t| t.scan != Scan::Off && matches!(t.kind, TokenKind::Secret | TokenKind::KeyId))
}

/// The expression of a pattern; compiling it anew for every text would take minutes.
fn shape(pattern: &TokenPattern) -> Regex {
    thread_local! {
        static COMPILED: RefCell<BTreeMap<String, Regex>> = const { RefCell::new(BTreeMap::new()) };
    }
    let text = format!("{:?} {}", pattern.checksum, pattern.pattern.as_str());
    let compile = || loosened(pattern).unwrap_or_else(|| pattern.regex().clone());
    COMPILED.with_borrow_mut(|known| known.entry(text).or_insert_with(compile).clone())
}

/// Every place in a text that has the shape of a credential.
fn shapes<'c>(catalog: &'c Catalog, text: &str) -> Vec<(&'c TokenPattern, Range<usize>)> {
    let mut found = Vec::new();
    for pattern in scanned(catalog).filter(|p| p.literals.iter().any(|l| text.contains(l.as_str()))) {
        if pattern.scan == Scan::FieldOnly {
            let literals = pattern.literals.iter().flat_map(|l| text.match_indices(l.as_str()));
            let mut values: Vec<Range<usize>> = literals.map(|(at, _)| value_around(text, at)).collect();
            values.sort_by_key(|v| (v.start, v.end));
            values.dedup();
            for value in values {
                let captures = shape(pattern).captures_at(&text[..value.end], value.start);
                let credential = captures.and_then(|c| c.get(1).or(c.get(0)));
                found.extend(credential.filter(|c| c.start() == value.start).map(|c| (pattern, c.range())));
            }
        } else {
            let (regex, mut at) = (shape(pattern), 0);
            while let Some(captures) = text.get(at..).and_then(|_| regex.captures_at(text, at)) {
                let Some(credential) = captures.get(1).or(captures.get(0)) else { break };
                found.push((pattern, credential.range()));
                let next = credential.end().max(captures.get(0).map_or(at, |whole| whole.start()) + 1);
                at = (next..=text.len()).find(|&n| text.is_char_boundary(n)).unwrap_or(text.len() + 1);
            }
        }
    }
    found
}

fn redact<'a>(catalog: &Catalog, name: &str) -> Cow<'a, str> {
    let found = shapes(catalog, name).into_iter().map(|(p, span)| (p, with_body(name, span)));
    let mut spans: Vec<_> = found.map(|(p, span)| (span.start, Reverse(span.end), &p.id)).collect();
    spans.sort_by_key(|(start, end, _)| (*start, *end));
    let (mut out, mut done) = (String::new(), 0);
    for (start, end, kind) in spans {
        if start >= done {
            out += &name[done..start];
            out += &format!("[redacted:{kind}]");
            done = end.0;
        }
    }
    Cow::Owned(out + &name[done..])
}

fn redact_id<'a>(catalog: &Catalog, identity: &Identity<'_>) -> Cow<'a, str> {
    let mut id = redact(catalog, &identity.id);
    for said in [Some(&identity.name), identity.raw.as_ref()].into_iter().flatten() {
        for (pattern, span) in shapes(catalog, said) {
            hide_folded(&mut id, &said[with_body(said, span)], &pattern.id);
        }
    }
    id
}

fn leaks<'a>(catalog: &'a Catalog, opened: &Opened<'a>, source: Option<Source>) -> (Vec<(&'a str, u8)>, Secrets<'a>) {
    let mut secrets = Secrets::default();
    let mut found: BTreeMap<&str, u8> = BTreeMap::new();
    let mut look = |text: &str, skip: &Range<usize>, place: &dyn Fn(usize) -> Vec<&'a str>| {
        for (pattern, span) in shapes(catalog, text) {
            let expected = source.is_some_and(|s| pattern.is_expected(s, place(span.start)));
            if !skip.contains(&span.start) && !expected {
                secrets.note(&text[span.start..], span.len(), &pattern.id);
            }
            if !skip.contains(&span.start) && pattern.verify(&text[span]) && !expected {
                found.insert(&pattern.id, pattern.severity);
            }
        }
    };
    let line = match opened.shape {
        Shape::Object(value) | Shape::NativeLog(value) => Some(value.root()),
        Shape::Text => None,
    };
    // Every text from the line to the record, each without the part that is the next.
    let mut texts: Vec<_> = opened.layers.iter().map(|l| (l.text, l.root, l.inner.clone())).collect();
    match opened.record.map(|r| r.root()) {
        _ if texts.is_empty() => texts.push((opened.text, line, 0..0)),
        Some(record) => texts.push((record.document(), Some(record), 0..0)),
        None => {}
    }
    for (text, root, inner) in texts {
        let Some(root) = root else {
            look(&text[..if inner.is_empty() { text.len() } else { inner.start }], &(0..0), &|_| Vec::new());
            continue;
        };
        look(text, &inner, &|at| root.names_at(at).collect());
        for string in root.escaped_strings().filter(|s| s.span() != inner) {
            let place: Vec<&str> = root.names_at(string.span().start).collect();
            look(&string.str().unwrap_or_default(), &(0..0), &|_| place.clone());
        }
        root.escaped_keys().for_each(|key| look(&key, &(0..0), &|_| Vec::new()));
    }
    let mut found: Vec<_> = found.into_iter().collect();
    found.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(b.0)));
    (found, secrets)
}
