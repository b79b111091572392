//! Exceptions: how long, how wide, for whom.

use super::{Context, Report};
use crate::exceptions::{EXPIRING_DAYS, Exception, Exceptions};
use crate::globs::{Glob, fold};
use crate::inventory::{Inventory, Workload, forms};
use crate::moment;
use rustc_hash::FxHashSet;

/// Longest exceptions, in days.
const MOST_DAYS: i64 = 90;
const MOST_DAYS_PRIVILEGED: i64 = 7;

pub fn check(exceptions: &Exceptions, inventory: Option<&Inventory>, context: &Context<'_>, report: &mut Report<'_>) {
    let known = inventory.map(Known::new);
    for exception in exceptions.iter() {
        span(exception, known.as_ref(), context, report);
        breadth(exception, report);
        codes(exception, context, report);
        if let Some(known) = &known {
            for identity in exception.identities.iter().filter(|identity| !known.has(identity)) {
                let message = format!("exception `{}` is for `{identity}`, which the inventory does not know", exception.id);
                report.warn(
                    exception.line,
                    "unknown_identity",
                    message,
                    "correct the name, or add the workload to the inventory",
                );
            }
        }
    }
}

fn span(exception: &Exception, known: Option<&Known<'_>>, context: &Context<'_>, report: &mut Report<'_>) {
    let (id, line) = (&exception.id, exception.line);
    if context.now >= exception.until {
        let message = format!("exception `{id}` expired {}", moment::write(exception.until));
        report.warn(line, "expired_exception", message, "remove it, or have it approved again");
    } else if exception.until - context.now <= EXPIRING_DAYS * 86_400_000 && exception.active(context.now) {
        let message = format!("exception `{id}` expires {}", moment::write(exception.until));
        report.note(line, "expiring_exception", message, "have it approved again if it is still needed");
    }
    let Some(days) = exception.days() else {
        let message = format!("exception `{id}` has no start: it also excuses the past");
        report.warn(line, "no_start", message, "say in `from` since when it holds");
        return;
    };
    let privileged = known.is_some_and(|known| known.has_privileged(exception));
    if privileged && days > MOST_DAYS_PRIVILEGED {
        let message =
            format!("exception `{id}` holds {days} days for a privileged workload; at most {MOST_DAYS_PRIVILEGED} are allowed");
        report.warn(line, "long_privileged_exception", message, "shorten it and have it approved again when it ends");
    } else if days > MOST_DAYS {
        let message = format!("exception `{id}` holds {days} days; at most {MOST_DAYS} are allowed");
        report.warn(line, "long_exception", message, "shorten it, or put what is permanent into the inventory");
    }
}

fn breadth(exception: &Exception, report: &mut Report<'_>) {
    let (id, line) = (&exception.id, exception.line);
    if exception.over_broad() {
        let message = format!("exception `{id}` excuses far more than one deviation");
        report.warn(line, "over_broad_exception", message, "name the identities, the facet and its values");
    }
    if exception.values.is_some() && exception.facet.is_none() {
        let message = format!("exception `{id}` has values but no facet: they are compared with every aspect");
        report.warn(line, "values_without_facet", message, "name the facet that the values belong to");
    }
    if exception.values.as_ref().is_some_and(|values| values.is_empty()) {
        report.warn(
            line,
            "empty_values",
            format!("exception `{id}` excuses nothing: `values` is empty"),
            "list values, or remove the line to mean all",
        );
    }
    if exception.ticket.is_none() {
        report.note(line, "no_ticket", format!("exception `{id}` has no ticket"), "name where it was approved");
    }
}

/// A code that no evidence has excuses nothing, which nobody would notice.
fn codes(exception: &Exception, context: &Context<'_>, report: &mut Report<'_>) {
    if context.codes.is_empty() {
        return;
    }
    for code in exception.codes.iter().filter(|code| !context.codes.iter().any(|known| code.matches(known))) {
        let message = format!("exception `{}` names the evidence code `{}`, which does not exist", exception.id, code.as_str());
        report.warn(exception.line, "unknown_code", message, "write a code as `vires explain` prints it, such as T6");
    }
}

/// The identities of an inventory, gathered once for all exceptions.
struct Known<'a> {
    inventory: &'a Inventory,
    ids: FxHashSet<String>,
    groups: Vec<&'a str>,
    principals: Vec<Glob>,
    privileged: Vec<&'a Workload>,
}

impl<'a> Known<'a> {
    fn new(inventory: &'a Inventory) -> Self {
        let workloads = inventory.workloads();
        let mut groups: Vec<&str> = workloads.iter().filter_map(|w| w.peer_group.as_deref()).collect();
        groups.sort_unstable();
        groups.dedup();
        Known {
            inventory,
            ids: workloads.iter().map(|w| fold(&w.id).into_owned()).collect(),
            groups,
            principals: workloads
                .iter()
                .flat_map(|w| &w.principals)
                .flat_map(|p| forms(&p.text))
                .map(|form| Glob::new(&form))
                .collect(),
            privileged: workloads.iter().filter(|w| w.privileged).collect(),
        }
    }

    fn has(&self, identity: &str) -> bool {
        let glob = Glob::new(identity);
        if let Some(group) = identity.strip_prefix("group:").map(Glob::new) {
            return self.groups.iter().any(|known| group.matches(known));
        }
        if glob.is_literal() {
            return self.ids.contains(fold(identity).as_ref()) || self.inventory.resolve(identity, None).is_some();
        }
        self.inventory.workloads().iter().any(|w| glob.matches(&w.id)) || self.principals.iter().any(|p| glob.overlaps(p))
    }

    fn has_privileged(&self, exception: &Exception) -> bool {
        self.privileged.iter().any(|workload| is_for(exception, workload))
    }
}

fn is_for(exception: &Exception, workload: &Workload) -> bool {
    exception.identities.iter().any(|identity| match identity.strip_prefix("group:") {
        Some(group) => workload.peer_group.as_deref().is_some_and(|own| Glob::new(group).matches(own)),
        None => forms(identity).iter().any(|form| {
            let glob = Glob::new(form);
            glob.matches(&workload.id)
                || workload.principals.iter().flat_map(|p| forms(&p.text)).any(|own| glob.overlaps(&Glob::new(&own)))
        }),
    })
}
