//! From the file as written to checked workloads, with every error at its place.

use super::raw;
use super::workload::{Deny, Expect, ExpectedVolume, Mixture, Owner, Principal, Status, Workload};
use crate::data::DataRule;
use crate::duration::parse_duration;
use crate::finding::Finding;
use crate::globs::{Globs, fold};
use crate::moment;
use crate::schedule::Schedule;
use crate::toml_file::{FileError, Source};
use crate::zones::{PROVIDER_SERVICE, UNKNOWN, Zone, ZoneClass, parse_asn};
use ipnet::{IpNet, Ipv4Net};
use rustc_hash::FxHashMap;
use std::net::IpAddr;
use std::ops::Range;
use toml::Spanned;

/// The checked parts of an inventory.
#[derive(Debug, Default)]
pub struct Parts {
    pub zones: Vec<Zone>,
    pub data: Vec<DataRule>,
    pub workloads: Vec<Workload>,
    pub notes: Vec<Finding>,
}

struct Check<'a> {
    source: &'a Source<'a>,
    errors: &'a mut Vec<FileError>,
}

pub fn build(file: raw::File, source: &Source<'_>, errors: &mut Vec<FileError>) -> Parts {
    let mut check = Check { source, errors };
    let zones = check.zones(file.zone);
    let data = file.data.into_iter().map(|rule| check.data(rule)).collect();
    let mut seen: FxHashMap<String, usize> = FxHashMap::default();
    let mut workloads = Vec::with_capacity(file.workload.len());
    for workload in file.workload {
        let (span, id) = (workload.id.span(), workload.id.get_ref().trim().to_string());
        if let Some(line) = seen.insert(fold(&id).into_owned(), source.line(span.start)) {
            check.fail(
                span,
                "duplicate_workload",
                format!("workload `{id}` is declared twice, first in line {line}; merge the two"),
            );
        }
        workloads.push(check.workload(workload));
    }
    Parts { zones, data, workloads, notes: Vec::new() }
}

impl Check<'_> {
    fn fail(&mut self, span: Range<usize>, code: &'static str, message: impl Into<String>) {
        self.errors.push(self.source.error(span, message).coded(code));
    }

    fn zones(&mut self, raw: Vec<raw::Zone>) -> Vec<Zone> {
        let mut names: FxHashMap<String, usize> = FxHashMap::default();
        let mut nets: FxHashMap<IpNet, String> = FxHashMap::default();
        let mut numbers: FxHashMap<u32, String> = FxHashMap::default();
        let mut zones = Vec::with_capacity(raw.len());
        for zone in raw {
            let (span, name) = (zone.name.span(), zone.name.into_inner().trim().to_string());
            let line = self.source.line(span.start);
            if name.is_empty() {
                self.fail(span.clone(), "empty_name", "a zone needs a name");
            }
            if (name == UNKNOWN && zone.class != ZoneClass::Unknown)
                || (name == PROVIDER_SERVICE && zone.class != ZoneClass::ProviderService)
            {
                self.fail(
                    span.clone(),
                    "reserved_zone",
                    format!("the zone name `{name}` is built in and has its own class; choose another name"),
                );
            }
            if let Some(first) = names.insert(fold(&name).into_owned(), line) {
                self.fail(
                    span,
                    "duplicate_zone",
                    format!("zone `{name}` is declared twice, first in line {first}; put its networks into one"),
                );
            }
            let mut cidrs = Vec::new();
            for cidr in zone.cidrs {
                match parse_net(cidr.get_ref()) {
                    None => {
                        let message = format!(
                            "`{}` is not a network such as 192.0.2.0/24 or 2001:db8::/32",
                            cidr.get_ref().escape_debug()
                        );
                        self.fail(cidr.span(), "bad_cidr", message);
                    }
                    Some(net) => match nets.get(&net.trunc()) {
                        Some(other) if *other != name => {
                            let message = format!("the network `{net}` is in zone `{other}` already; leave it in one of them");
                            self.fail(cidr.span(), "duplicate_network", message);
                        }
                        _ => {
                            nets.insert(net.trunc(), name.clone());
                            cidrs.push(net);
                        }
                    },
                }
            }
            let mut asns = Vec::new();
            for asn in zone.asns {
                let number = match asn.get_ref() {
                    toml::Value::Integer(n) => u32::try_from(*n).ok(),
                    toml::Value::String(text) => parse_asn(text),
                    _ => None,
                };
                match number {
                    None => self.fail(asn.span(), "bad_asn", "an autonomous system is a number or a text such as \"AS64500\""),
                    Some(number) => match numbers.get(&number) {
                        Some(other) if *other != name => {
                            self.fail(
                                asn.span(),
                                "duplicate_network",
                                format!("AS{number} is in zone `{other}` already; leave it in one of them"),
                            );
                        }
                        _ => {
                            numbers.insert(number, name.clone());
                            asns.push(number);
                        }
                    },
                }
            }
            zones.push(Zone { name, class: zone.class, cidrs, asns, line });
        }
        zones
    }

    fn data(&mut self, raw: raw::Data) -> DataRule {
        let line = self.source.line(raw.targets.span().start);
        let class = self.level(&raw.class, "data class", 3);
        DataRule { targets: Globs::new(raw.targets.into_inner()), class, labels: raw.labels, line }
    }

    fn level(&mut self, value: &Spanned<i64>, what: &str, most: u8) -> u8 {
        match u8::try_from(*value.get_ref()) {
            Ok(level) if level <= most => level,
            _ => {
                self.fail(value.span(), "out_of_range", format!("{what} {} is not one of 0 to {most}", value.get_ref()));
                most
            }
        }
    }

    fn workload(&mut self, raw: raw::Workload) -> Workload {
        let span = raw.id.span();
        let id = raw.id.into_inner().trim().to_string();
        if id.is_empty() {
            self.fail(span.clone(), "empty_name", "a workload needs an id");
        }
        let mut principals = Vec::with_capacity(raw.principals.len());
        for principal in raw.principals {
            let text = principal.get_ref().trim();
            if text.is_empty() {
                self.fail(principal.span(), "empty_name", "a principal is empty; name an identity or remove it");
            } else {
                principals.push(Principal { text: text.into(), line: self.source.line(principal.span().start) });
            }
        }
        let mut mixtures: Vec<Mixture> = Vec::with_capacity(raw.mixture.len());
        for mixture in raw.mixture {
            let name = mixture.name.get_ref().trim().to_string();
            if mixtures.iter().any(|m| m.name == name) {
                self.fail(
                    mixture.name.span(),
                    "duplicate_mixture",
                    format!("mixture `{name}` of `{id}` is declared twice; merge the two"),
                );
            }
            let globs = |list: Option<Vec<String>>| list.map(Globs::new);
            mixtures.push(Mixture {
                name,
                zones: globs(mixture.zones),
                user_agents: globs(mixture.user_agents),
                actions: globs(mixture.actions),
            });
        }
        Workload {
            owner: raw.owner.and_then(|owner| self.owner(owner)),
            purpose: text(raw.purpose),
            kind: raw.kind,
            peer_group: text(raw.peer_group),
            env: text(raw.env),
            status: raw.status.unwrap_or(Status::Active),
            privileged: raw.privileged,
            shared: raw.shared,
            agentic: raw.agentic,
            principals,
            expect: self.expect(raw.expect),
            deny: Deny {
                actions: Globs::new(raw.deny.actions),
                zones: Globs::new(raw.deny.zones),
                resources: Globs::new(raw.deny.resources),
            },
            mixtures,
            unassigned: false,
            line: self.source.line(span.start),
            id,
        }
    }

    fn owner(&mut self, raw: raw::Owner) -> Option<Owner> {
        let expires = raw.expires.and_then(|value| {
            let end = moment::end_of(value.get_ref());
            if end.is_none() {
                self.fail(
                    value.span(),
                    "bad_date",
                    "`expires` is a date such as 2026-12-31 or a date-time such as 2026-12-31T12:00:00Z",
                );
            }
            end
        });
        let (team, contact) = (text(raw.team), text(raw.contact));
        Some(Owner { team: team.clone().or_else(|| contact.clone())?, contact, expires })
    }

    fn expect(&mut self, raw: raw::Expect) -> Expect {
        let globs = |list: Option<Vec<String>>| list.map(Globs::new);
        let schedule = raw.schedule.and_then(|schedule| match Schedule::parse(schedule.get_ref()) {
            Ok(parsed) => Some(parsed),
            Err(error) => {
                self.fail(schedule.span(), "bad_schedule", error.to_string());
                None
            }
        });
        let events_per_day = raw.volume.events_per_day.map(|range| {
            let (least, most) = *range.get_ref();
            if least > most {
                self.fail(
                    range.span(),
                    "out_of_range",
                    format!("events_per_day runs from {least} to {most}; give the smaller number first"),
                );
            }
            (least, most)
        });
        let max_cred_age = raw.max_cred_age.and_then(|age| {
            let parsed = parse_duration(age.get_ref());
            if parsed.is_none() {
                self.fail(age.span(), "bad_duration", "`max_cred_age` is a span such as 90m, 12h or 30d");
            }
            parsed
        });
        Expect {
            zones: globs(raw.zones),
            regions: globs(raw.regions),
            accounts: globs(raw.accounts),
            credentials: globs(raw.credentials),
            platforms: globs(raw.platforms),
            actions: globs(raw.actions),
            resources: globs(raw.resources),
            destinations: globs(raw.destinations),
            delegators: globs(raw.delegators),
            max_tier: raw.max_tier.map(|tier| self.level(&tier, "max_tier", 4)),
            max_data_class: raw.max_data_class.map(|class| self.level(&class, "max_data_class", 3)),
            schedule,
            volume: ExpectedVolume { events_per_day, sensitive_reads_per_day: raw.volume.sensitive_reads_per_day },
            max_cred_age,
            allow_interactive: raw.allow_interactive,
            allow_irreversible: raw.allow_irreversible,
        }
    }
}

/// A text that says something: blank counts as absent.
pub fn text(value: Option<String>) -> Option<String> {
    value.map(|v| v.trim().to_string()).filter(|v| !v.is_empty())
}

/// A network, or a single address. IPv4 networks mapped into IPv6 are IPv4 networks.
pub fn parse_net(text: &str) -> Option<IpNet> {
    let text = text.trim();
    let net = text.parse::<IpNet>().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from))?;
    match net {
        IpNet::V6(v6) if v6.prefix_len() >= 96 => match v6.network().to_ipv4_mapped() {
            Some(v4) => Ipv4Net::new(v4, v6.prefix_len() - 96).ok().map(IpNet::V4),
            None => Some(net),
        },
        _ => Some(net),
    }
}
