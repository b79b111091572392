//! The TOML file as it is written, and its checks.

use super::exception::{Exception, ExceptionFacet, ExceptionKind};
use crate::error::Error;
use crate::globs::Globs;
use crate::inventory::parse_net;
use crate::moment;
use crate::toml_file::{FileError, Source};
use rustc_hash::FxHashMap;
use serde::Deserialize;
use toml::Spanned;
use vires_event::Millis;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct File {
    #[serde(rename = "schema")]
    _schema: String,
    #[serde(default)]
    exception: Vec<Raw>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    id: Spanned<String>,
    #[serde(default)]
    identities: Vec<String>,
    facet: Option<ExceptionFacet>,
    values: Option<Vec<String>>,
    #[serde(default)]
    codes: Vec<String>,
    from: Option<Spanned<toml::Value>>,
    until: Option<Spanned<toml::Value>>,
    approver: Option<String>,
    ticket: Option<String>,
    kind: Option<ExceptionKind>,
}

/// Turns the file into exceptions, or names everything that is wrong with it.
pub fn check(file: File, source: &Source<'_>) -> Result<Vec<Exception>, Error> {
    let mut errors = Vec::new();
    let mut seen: FxHashMap<String, usize> = FxHashMap::default();
    let mut list = Vec::with_capacity(file.exception.len());
    for raw in file.exception {
        let line = source.line(raw.id.span().start);
        if let Some(first) = seen.insert(raw.id.get_ref().trim().to_string(), line) {
            let message =
                format!("exception `{}` is declared twice, first in line {first}; give each its own id", raw.id.get_ref());
            errors.push(source.error(raw.id.span(), message).coded("duplicate_exception"));
        }
        list.extend(one(raw, source, line, &mut errors));
    }
    if errors.is_empty() { Ok(list) } else { Err(Error::Invalid(errors)) }
}

fn one(raw: Raw, source: &Source<'_>, line: usize, errors: &mut Vec<FileError>) -> Option<Exception> {
    let before = errors.len();
    let id = raw.id.get_ref().trim().to_string();
    let at_id = raw.id.span();
    let mut fail = |span: std::ops::Range<usize>, code, message: String| errors.push(source.error(span, message).coded(code));
    if id.is_empty() {
        fail(at_id.clone(), "empty_name", "an exception needs an id".into());
    }
    let identities: Vec<String> = raw.identities.iter().map(|i| i.trim().to_string()).filter(|i| !i.is_empty()).collect();
    if identities.is_empty() {
        fail(
            at_id.clone(),
            "no_identities",
            format!("exception `{id}` is for nobody; list workloads or identities in `identities`"),
        );
    }
    let approver = raw.approver.map(|a| a.trim().to_string()).filter(|a| !a.is_empty());
    if approver.is_none() {
        fail(at_id.clone(), "no_approver", format!("exception `{id}` has no approver; name who approved it in `approver`"));
    }
    let mut date = |value: &Spanned<toml::Value>, read: fn(&toml::Value) -> Option<Millis>| {
        let moment = read(value.get_ref());
        if moment.is_none() {
            fail(value.span(), "bad_date", "not a date-time such as 2026-03-03T00:00:00Z".into());
        }
        moment
    };
    let from = raw.from.as_ref().and_then(|from| date(from, moment::start_of));
    let until = raw.until.as_ref().and_then(|until| date(until, moment::end_of));
    match (&raw.until, from, until) {
        (None, ..) => fail(at_id, "no_expiry", format!("exception `{id}` never expires; say until when it holds in `until`")),
        (Some(place), Some(from), Some(until)) if from >= until => {
            fail(place.span(), "empty_span", format!("exception `{id}` ends before it starts; exchange `from` and `until`"));
        }
        _ => {}
    }
    if errors.len() > before {
        return None;
    }
    let values = raw.values;
    Some(Exception {
        id,
        identities,
        facet: raw.facet,
        networks: values.iter().flatten().filter_map(|value| parse_net(value.strip_prefix("net:").unwrap_or(value))).collect(),
        values: values.map(Globs::new),
        codes: Globs::new(raw.codes),
        from,
        until: until?,
        approver: approver?,
        ticket: raw.ticket.map(|t| t.trim().to_string()).filter(|t| !t.is_empty()),
        kind: raw.kind.unwrap_or(ExceptionKind::Change),
        line,
    })
}
