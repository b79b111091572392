//! One workload: its owner, and whether its expectations agree with one another.

use super::{Context, Report, networks::no_service};
use crate::globs::{Glob, Globs};
use crate::inventory::{Inventory, Status, Workload, WorkloadKind};
use crate::moment;
use vires_event::Millis;

/// Days before its end from which on an ownership counts as ending.
const ENDING: Millis = 30 * 86_400_000;

pub fn check(workload: &Workload, inventory: &Inventory, context: &Context<'_>, report: &mut Report<'_>) {
    ownership(workload, context.now, report);
    contradictions(workload, report);
    reach(workload, inventory, context, report);
    zones(workload, inventory, report);
    let Workload { line, expect, deny, mixtures, .. } = workload;
    let mixed = mixtures.iter().filter_map(|mixture| mixture.actions.as_ref());
    for list in expect.actions.iter().chain(mixed).chain([&deny.actions]) {
        list.iter().for_each(|glob| no_service("action", glob, *line, report));
    }
    for list in expect.resources.iter().chain([&deny.resources]) {
        list.iter().for_each(|glob| no_service("resource", glob, *line, report));
    }
}

fn ownership(workload: &Workload, now: Millis, report: &mut Report<'_>) {
    let (id, line) = (&workload.id, workload.line);
    if workload.unassigned {
        report.warn(line, "no_workload", format!("identity `{id}` belongs to no workload"), "name the workload that uses it");
    }
    match &workload.owner {
        None => report.warn(line, "no_owner", format!("nobody owns workload `{id}`"), "name a team that answers for it"),
        Some(owner) => match owner.expires {
            Some(end) if now >= end => {
                let message = format!("the ownership of `{id}` by `{}` ended {}", owner.team, moment::write(end));
                report.warn(line, "expired_owner", message, "confirm the owner and set a new date, or name another");
            }
            Some(end) if end - now <= ENDING => {
                let message = format!("the ownership of `{id}` by `{}` ends {}", owner.team, moment::write(end));
                report.note(line, "ending_owner", message, "confirm the owner and set a new date");
            }
            _ => {}
        },
    }
    if workload.purpose.is_none() {
        report.note(line, "no_purpose", format!("workload `{id}` has no purpose"), "say in a sentence what it is for");
    }
    if !workload.has_profile() && workload.status == Status::Active {
        let message = format!("nothing is expected of workload `{id}`: only what was learned can be compared");
        report.note(
            line,
            "no_profile",
            message,
            "declare at least max_tier, max_data_class and zones (`vires inventory propose` drafts them)",
        );
    }
}

fn contradictions(workload: &Workload, report: &mut Report<'_>) {
    let Workload { id, line, expect, deny, .. } = workload;
    let both = [
        ("actions", expect.actions.as_ref(), &deny.actions),
        ("zones", expect.zones.as_ref(), &deny.zones),
        ("resources", expect.resources.as_ref(), &deny.resources),
    ];
    for (facet, expected, denied) in both {
        for glob in expected.into_iter().flat_map(Globs::iter) {
            if let Some(deny) = denied.iter().find(|deny| deny.covers(glob)) {
                let message =
                    format!("`{id}` expects {facet} `{}` and denies `{}`; what is denied counts", glob.as_str(), deny.as_str());
                report.warn(*line, "expected_and_denied", message, "remove one of the two");
            }
        }
    }
    // Without a network, a place or a credential nothing can act; an empty list of destinations or delegators is common.
    for (facet, list) in expect.lists() {
        let needed = !matches!(facet, "destinations" | "delegators" | "resources");
        if needed && list.is_some_and(Globs::is_empty) {
            let message = format!("`{id}` allows no {facet} at all, so whatever it does is unexpected");
            report.warn(
                *line,
                "nothing_allowed",
                message,
                "list what is expected, or remove the line to leave it to what is learned",
            );
        }
    }
    if workload.status == Status::Decommissioned && workload.has_profile() {
        let message = format!("`{id}` is decommissioned and still has expectations");
        report.warn(*line, "decommissioned_profile", message, "remove [workload.expect], or set the status to active");
    }
    if expect.allow_irreversible == Some(true) && expect.max_tier.is_some_and(|tier| tier < 3) {
        let message = format!("`{id}` may do what cannot be undone, but its max_tier is below 3, where deletions are");
        report.warn(*line, "irreversible_above_tier", message, "raise max_tier to 3 or set allow_irreversible = false");
    }
    for (kind, flag, name) in
        [(WorkloadKind::Agent, workload.agentic, "agentic"), (WorkloadKind::Shared, workload.shared, "shared")]
    {
        if workload.kind == Some(kind) && !flag {
            let message = format!("`{id}` is of kind `{}` but not `{name}`", kind.as_str());
            report.warn(*line, "kind_and_flag", message, "set the flag as well: it decides how the workload is judged");
        }
    }
    if !workload.mixtures.is_empty() && !workload.shared {
        let message = format!("`{id}` lists who shares it but is not `shared`");
        report.warn(*line, "kind_and_flag", message, "set shared = true, or remove the mixtures");
    }
}

/// Actions above the highest tier and targets above the highest data class.
fn reach(workload: &Workload, inventory: &Inventory, context: &Context<'_>, report: &mut Report<'_>) {
    let Workload { id, line, expect, .. } = workload;
    if let (Some(most), Some(tier_of), Some(actions)) = (expect.max_tier, context.tier_of, &expect.actions) {
        for action in actions.iter().filter(|glob| glob.is_literal()) {
            if let Some(tier) = tier_of(action.as_str()).filter(|tier| *tier > most) {
                let message = format!("`{id}` expects `{}` of tier {tier}, but its max_tier is {most}", action.as_str());
                report.warn(*line, "action_above_tier", message, "raise max_tier or remove the action");
            }
        }
    }
    if let (Some(most), Some(resources)) = (expect.max_data_class, &expect.resources) {
        for resource in resources.iter() {
            if let Some(class) = inventory.data.class_covering(resource).filter(|class| *class > most) {
                let message =
                    format!("`{id}` expects `{}` of data class {class}, but its max_data_class is {most}", resource.as_str());
                report.warn(*line, "resource_above_class", message, "raise max_data_class or remove the resource");
            }
        }
    }
}

fn zones(workload: &Workload, inventory: &Inventory, report: &mut Report<'_>) {
    let Workload { id, line, expect, deny, mixtures, .. } = workload;
    let mixed = mixtures.iter().filter_map(|mixture| mixture.zones.as_ref());
    let mut told: Vec<&Glob> = Vec::new();
    for glob in expect.zones.iter().chain(mixed).chain([&deny.zones]).flat_map(Globs::iter) {
        if !inventory.zones.has(glob) && !told.contains(&glob) {
            told.push(glob);
            let message = format!("`{id}` names the zone `{}`, which is not declared", glob.as_str());
            report.warn(*line, "unknown_zone", message, "declare it as [[zone]], or correct the name");
        }
    }
}
