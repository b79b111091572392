//! Zones and data classes.

use super::Report;
use crate::globs::{Glob, GlobIndex};
use crate::inventory::Inventory;
use crate::zones::{PROVIDER_SERVICE, UNKNOWN, ZoneClass};
use ipnet::IpNet;

pub fn check(inventory: &Inventory, report: &mut Report<'_>) {
    zones(inventory, report);
    data(inventory, report);
}

fn zones(inventory: &Inventory, report: &mut Report<'_>) {
    for zone in inventory.zones.iter() {
        if zone.cidrs.is_empty() && zone.asns.is_empty() && zone.name != UNKNOWN && zone.name != PROVIDER_SERVICE {
            let message = format!("zone `{}` has no networks: nothing comes from there", zone.name);
            report.warn(zone.line, "empty_zone", message, "add cidrs or asns, or remove the zone");
        }
        for net in &zone.cidrs {
            if net.trunc() != *net {
                let message =
                    format!("`{net}` in zone `{}` names a host inside its network; it is read as {}", zone.name, net.trunc());
                report.warn(
                    zone.line,
                    "host_bits",
                    message,
                    "write the network's first address, or a single address without a length",
                );
            }
            let whole = net.prefix_len() < if matches!(net, IpNet::V4(_)) { 8 } else { 16 };
            if whole && zone.class != ZoneClass::Unknown {
                let message =
                    format!("`{net}` makes a large part of the Internet {} (zone `{}`)", zone.class.as_str(), zone.name);
                report.warn(zone.line, "wide_network", message, "list your own networks one by one");
            }
        }
    }
}

/// A data entry decides nothing where another entry with the same or a higher class covers it.
fn data(inventory: &Inventory, report: &mut Report<'_>) {
    let mut index: GlobIndex<(usize, u8)> = GlobIndex::default();
    for (number, rule) in inventory.data.iter().enumerate() {
        for glob in rule.targets.iter() {
            index.insert(Glob::clone(glob), (number, rule.class));
        }
    }
    for (number, rule) in inventory.data.iter().enumerate() {
        if rule.targets.is_empty() {
            report.warn(
                rule.line,
                "unused_data",
                "the entry matches nothing: `match` is empty".into(),
                "list targets such as \"s3:bucket/*\"",
            );
        }
        for glob in rule.targets.iter() {
            no_service("data", glob, rule.line, report);
            let mut by = None;
            index.for_each_covering(glob, |_, wide, (other, class)| {
                if (class > rule.class || (class == rule.class && other < number)) && by.is_none() {
                    by = Some((wide, class));
                }
            });
            if let Some((wide, class)) = by {
                let message = format!(
                    "`{glob}` never decides: `{wide}` gives class {class} to all of it",
                    glob = glob.as_str(),
                    wide = wide.as_str()
                );
                report.warn(
                    rule.line,
                    "unused_data",
                    message,
                    "the highest class counts; narrow the wider entry or remove this one",
                );
            }
        }
    }
}

/// Actions and targets are `<service>:<name>`: a pattern without a service matches nothing.
pub fn no_service(what: &str, glob: &Glob, line: usize, report: &mut Report<'_>) {
    let text = glob.as_str();
    if !text.contains(':') && !text.starts_with('*') {
        let message = format!("`{text}` ({what}) has no service and matches nothing");
        report.warn(line, "no_service", message, "write <service>:<name>, e.g. s3:bucket/* or iam:*");
    }
}
