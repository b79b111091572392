//! Markers, roles, networks and the crosswalk: no duplicates, no row that another one makes pointless.

use super::actions::is_technique;
use crate::catalog::Catalog;
use crate::error::Problem;
use crate::rows::{MarkerMode, says_nothing};
use crate::table::At;
use rustc_hash::FxHashMap;
use vires_event::Actor;

pub(super) fn check(catalog: &Catalog, found: &mut Vec<Problem>) {
    unique(catalog.identities().iter().map(|r| (r.id.clone(), &r.at)), found);
    unique(catalog.resources().iter().map(|r| (r.marker.to_lowercase(), &r.at)), found);
    unique(catalog.tokens().iter().map(|r| (r.id.clone(), &r.at)), found);
    unique(catalog.user_agents().iter().map(|r| (r.substring.clone(), &r.at)), found);
    unique(catalog.roles().iter().map(|r| (format!("{}:{}:{}", r.platform, r.kind, r.value), &r.at)), found);
    unique(catalog.networks().iter().map(|r| (format!("{}:{}", r.kind, r.value), &r.at)), found);
    unique(catalog.effects().iter().map(|r| (r.id.clone(), &r.at)), found);
    unique(catalog.crosswalk().iter().map(|r| (r.v18.clone(), &r.at)), found);
    unique(catalog.data_names().iter().map(|r| (r.id.clone(), &r.at)), found);
    identities(catalog, found);
    resources(catalog, found);
    user_agents(catalog, found);
    crosswalk(catalog, found);
}

fn unique<'a>(keys: impl Iterator<Item = (String, &'a At)>, found: &mut Vec<Problem>) {
    let mut seen: FxHashMap<String, &At> = FxHashMap::default();
    for (key, at) in keys {
        if let Some(first) = seen.get(&key) {
            found.push(at.problem(format!("`{key}` stands on line {} too", first.line), "keep one of the two rows"));
        } else {
            seen.insert(key, at);
        }
    }
}

fn identities(catalog: &Catalog, found: &mut Vec<Problem>) {
    let mut seen: FxHashMap<String, &At> = FxHashMap::default();
    for marker in catalog.identities() {
        if marker.actor == Actor::Ambiguous && marker.kind.is_none() {
            found.push(marker.at.problem(
                format!("`{}` speaks for nobody", marker.id),
                "name a kind, or an actor other than ambiguous, or remove the row",
            ));
        }
        if marker.values.iter().any(|v| says_nothing(v)) {
            found.push(marker.at.problem(format!("`{}` compares with an empty value", marker.id), "use `unless` or present"));
        }
        let test = format!("{} {:?} {} {:?} {:?}", marker.source, marker.field, marker.op, marker.values, marker.unless);
        if let Some(first) = seen.insert(test, &marker.at) {
            found.push(
                marker.at.problem(format!("`{}` tests what line {} tests", marker.id, first.line), "remove one of the two"),
            );
        }
    }
}

/// A marker that holds another one of the same category is pointless where the other would be found as well and weighs no less.
fn resources(catalog: &Catalog, found: &mut Vec<Problem>) {
    for row in catalog.resources() {
        let marker = row.marker.to_lowercase();
        if marker.len() < 2 {
            found.push(row.at.problem(format!("`{marker}` is too short to mean anything"), "lengthen it"));
        }
        for other in catalog.resources() {
            let shorter = other.marker.to_lowercase();
            if shorter.len() < marker.len()
                && other.mode == MarkerMode::Substr
                && row.category == other.category
                && marker.contains(&shorter)
                && (other.severity, other.data_class) >= (row.severity, row.data_class)
            {
                found.push(row.at.problem(
                    format!("`{}` is never needed: `{}` matches the same names", row.marker, other.marker),
                    "remove it, or make it weigh more",
                ));
            }
        }
    }
}

fn user_agents(catalog: &Catalog, found: &mut Vec<Problem>) {
    for row in catalog.user_agents() {
        if row.substring.len() < 3 {
            found.push(row.at.problem(format!("`{}` is too short to mean anything", row.substring), "lengthen it"));
        }
        let shadow = catalog.user_agents().iter().find(|o| {
            o.at.line < row.at.line
                && o.substring != row.substring
                && o.matches(&row.substring)
                && o.kind == row.kind
                && o.severity >= row.severity
        });
        if let Some(shadow) = shadow {
            found.push(row.at.problem(
                format!("`{}` is never needed: `{}` matches the same clients", row.substring, shadow.substring),
                "remove it, or make it weigh more",
            ));
        }
    }
}

fn crosswalk(catalog: &Catalog, found: &mut Vec<Problem>) {
    for row in catalog.crosswalk() {
        for id in std::iter::once(&row.v18).chain(&row.v19) {
            if !is_technique(id) {
                found.push(row.at.problem(format!("`{id}` is no ATT&CK id"), "write T1562 or T1562.008"));
            }
        }
        if row.v19.contains(&row.v18) {
            found.push(row.at.problem(format!("`{}` did not change", row.v18), "remove the row"));
        }
        if catalog.crosswalk().iter().any(|other| row.v19.contains(&other.v18)) {
            found.push(row.at.problem(format!("`{}` leads to an id that has moved again", row.v18), "name the last id"));
        }
    }
}
