//! Named networks: from which zone a request came.
//!
//! What no zone covers is `unknown`, private addresses (RFC 1918, ULA) included: whose network 10.0.0.0/8 is, only the inventory can
//! say. The baseline learns `unknown` like any other zone name, so an estate without zones is not drowned in it.

mod address;
mod table;

pub use address::parse_ip;

use crate::globs::Glob;
use ipnet::IpNet;
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};
use std::net::IpAddr;
use table::PrefixTable;
use vires_event::Origin;

/// How far a network is trusted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ZoneClass {
    /// Our own network.
    Internal,
    /// A named outside party.
    Partner,
    /// A cloud provider's own services.
    ProviderService,
    /// Anybody. The only class whose evidence is not discounted.
    #[default]
    Unknown,
}

impl ZoneClass {
    /// The class of a word as it stands in files.
    pub fn from_word(word: &str) -> Option<ZoneClass> {
        [ZoneClass::Internal, ZoneClass::Partner, ZoneClass::ProviderService, ZoneClass::Unknown]
            .into_iter()
            .find(|class| class.as_str() == word)
    }

    /// The word as it stands in files.
    pub const fn as_str(self) -> &'static str {
        match self {
            ZoneClass::Internal => "internal",
            ZoneClass::Partner => "partner",
            ZoneClass::ProviderService => "provider_service",
            ZoneClass::Unknown => "unknown",
        }
    }
}

/// One named network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Zone {
    /// Its name, unique in the inventory.
    pub name: String,
    /// How far it is trusted.
    pub class: ZoneClass,
    /// Its networks.
    pub cidrs: Vec<IpNet>,
    /// Its autonomous systems: they decide where no network does.
    pub asns: Vec<u32>,
    /// The line of the inventory that declares it.
    pub line: usize,
}

/// The zone a request came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ZoneRef<'a> {
    /// Zone name, [`UNKNOWN`] or [`PROVIDER_SERVICE`].
    pub name: &'a str,
    /// How far it is trusted.
    pub class: ZoneClass,
}

/// Name of the zone of everything that no zone covers.
pub const UNKNOWN: &str = "unknown";
/// Name of the zone of callers that are services of the cloud provider, where no zone covers their address.
pub const PROVIDER_SERVICE: &str = "provider-service";

const UNKNOWN_ZONE: ZoneRef<'static> = ZoneRef { name: UNKNOWN, class: ZoneClass::Unknown };
const PROVIDER_ZONE: ZoneRef<'static> = ZoneRef { name: PROVIDER_SERVICE, class: ZoneClass::ProviderService };

/// All zones of an inventory.
#[derive(Debug, Clone, Default)]
pub struct Zones {
    zones: Vec<Zone>,
    by_address: PrefixTable,
    by_asn: FxHashMap<u32, u32>,
}

impl Zones {
    /// Builds the lookup tables. Of two zones with the same network or number the first counts.
    pub fn new(zones: Vec<Zone>) -> Self {
        let mut prefixes = Vec::new();
        let mut by_asn = FxHashMap::default();
        for (number, zone) in (0u32..).zip(&zones) {
            prefixes.extend(zone.cidrs.iter().map(|cidr| (*cidr, number)));
            for asn in &zone.asns {
                by_asn.entry(*asn).or_insert(number);
            }
        }
        Zones { by_address: PrefixTable::new(&prefixes), by_asn, zones }
    }

    /// The zone of a request: the longest prefix that covers the address, else the autonomous system, else a provider service, else
    /// `unknown`. `None` if the record says nothing of where it came from.
    ///
    /// `ip` is what the log has for an address: `203.0.113.7`, with or without port, or a word such as `AWS Internal`.
    /// An address decides before `service` does: a request made over a real network came from that network.
    pub fn lookup(&self, ip: Option<&str>, asn: Option<&str>, service: Option<&str>) -> Option<ZoneRef<'_>> {
        let ip = ip.map(str::trim).filter(|ip| !ip.is_empty());
        let service = service.map(str::trim).filter(|service| !service.is_empty());
        let address = ip.and_then(parse_ip);
        if let Some(zone) = address.and_then(|address| self.of_address(address)) {
            return Some(zone);
        }
        let asn = asn.and_then(parse_asn);
        if let Some(zone) = asn.and_then(|asn| self.by_asn.get(&asn)).and_then(|number| self.zone(*number)) {
            return Some(zone);
        }
        match (ip, address) {
            (Some(_), Some(_)) => Some(UNKNOWN_ZONE),
            (Some(word), None) if is_provider_caller(word) => Some(PROVIDER_ZONE),
            (None, _) if service.is_some() => Some(PROVIDER_ZONE),
            (Some(_), None) => Some(UNKNOWN_ZONE),
            (None, _) => asn.map(|_| UNKNOWN_ZONE),
        }
    }

    /// [`Zones::lookup`] for the origin of an activity.
    pub fn of(&self, origin: &Origin<'_>) -> Option<ZoneRef<'_>> {
        self.lookup(origin.ip.as_deref(), origin.asn.as_deref(), origin.service.as_deref())
    }

    /// The declared zone that covers an address, if one does.
    pub fn of_address(&self, address: IpAddr) -> Option<ZoneRef<'_>> {
        self.by_address.get(address).and_then(|number| self.zone(number))
    }

    /// The class of a zone by its name, for the built-in names too.
    pub fn class_of(&self, name: &str) -> Option<ZoneClass> {
        match self.zones.iter().find(|zone| zone.name == name) {
            Some(zone) => Some(zone.class),
            None if name == UNKNOWN => Some(ZoneClass::Unknown),
            None if name == PROVIDER_SERVICE => Some(ZoneClass::ProviderService),
            None => None,
        }
    }

    /// True if a zone, declared or built in, has a name that the pattern matches.
    pub(crate) fn has(&self, name: &Glob) -> bool {
        name.matches(UNKNOWN) || name.matches(PROVIDER_SERVICE) || self.zones.iter().any(|zone| name.matches(&zone.name))
    }

    /// The declared zones in file order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Zone> {
        self.zones.iter()
    }

    fn zone(&self, number: u32) -> Option<ZoneRef<'_>> {
        self.zones.get(number as usize).map(|zone| ZoneRef { name: &zone.name, class: zone.class })
    }
}

/// Reads `AS64500` or `64500`.
pub fn parse_asn(text: &str) -> Option<u32> {
    let text = text.trim();
    let digits = match text.get(..2) {
        Some(head) if head.eq_ignore_ascii_case("as") => text.get(2..)?,
        _ => text,
    };
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) { None } else { digits.parse().ok() }
}

/// What logs write in place of an address when a service of the provider called.
fn is_provider_caller(word: &str) -> bool {
    let word = word.to_ascii_lowercase();
    matches!(word.as_str(), "aws internal" | "private" | "gce-internal-ip" | "amazonaws.com")
        || word.ends_with(".amazonaws.com")
        || word.ends_with(".amazonaws.com.cn")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn zone(name: &str, class: ZoneClass, cidrs: &[&str], asns: &[u32]) -> Zone {
        Zone { name: name.into(), class, cidrs: cidrs.iter().map(|c| c.parse().unwrap()).collect(), asns: asns.into(), line: 1 }
    }

    fn zones() -> Zones {
        Zones::new(vec![
            zone("corp", ZoneClass::Internal, &["10.0.0.0/8", "2001:db8::/32"], &[]),
            zone("nat-prod", ZoneClass::Internal, &["198.51.100.0/28", "10.1.0.0/16"], &[]),
            zone("bank", ZoneClass::Partner, &["2001:db8:5::/48", "192.0.2.7/32"], &[64500]),
            zone("lounge", ZoneClass::Unknown, &["203.0.113.128/25"], &[]),
        ])
    }

    #[test]
    fn finds_the_zone() {
        let zones = zones();
        for (ip, asn, service, expected) in [
            (Some("198.51.100.3"), None, None, Some("nat-prod")),
            (Some("198.51.100.16"), None, None, Some("unknown")),
            (Some("10.1.2.3"), None, None, Some("nat-prod")),
            (Some("10.2.2.3"), None, None, Some("corp")),
            (Some("192.168.1.1"), None, None, Some("unknown")),
            (Some("2001:db8:5::1"), None, None, Some("bank")),
            (Some("2001:DB8:6::1"), None, None, Some("corp")),
            (Some("::ffff:10.1.0.1"), None, None, Some("nat-prod")),
            (Some("[2001:db8:5::1]:443"), None, None, Some("bank")),
            (Some("198.51.100.3:51234"), None, None, Some("nat-prod")),
            (Some("203.0.113.200"), None, None, Some("lounge")),
            (Some("203.0.113.9"), Some("AS64500"), None, Some("bank")),
            (Some("203.0.113.9"), Some("64501"), None, Some("unknown")),
            (None, Some("as64500"), None, Some("bank")),
            (None, Some("AS1"), None, Some("unknown")),
            (Some("AWS Internal"), None, None, Some("provider-service")),
            (Some("cloudformation.amazonaws.com"), None, None, Some("provider-service")),
            (Some("gce-internal-ip"), None, None, Some("provider-service")),
            (None, None, Some("config.amazonaws.com"), Some("provider-service")),
            (Some("203.0.113.9"), None, Some("config.amazonaws.com"), Some("unknown")),
            (Some("amazonaws.com.example.net"), None, None, Some("unknown")),
            (Some("999.1.1.1"), None, None, Some("unknown")),
            (Some(" "), None, Some(""), None),
            (None, None, None, None),
            (None, Some("x"), None, None),
        ] {
            assert_eq!(zones.lookup(ip, asn, service).map(|z| z.name), expected, "{ip:?} {asn:?} {service:?}");
        }
        assert_eq!(zones.lookup(Some("203.0.113.200"), None, None).unwrap().class, ZoneClass::Unknown);
        assert_eq!(zones.class_of("bank"), Some(ZoneClass::Partner));
        assert_eq!(zones.class_of("provider-service"), Some(ZoneClass::ProviderService));
        assert_eq!(zones.class_of("nowhere"), None);
    }

    #[test]
    fn no_zones_know_nothing() {
        assert_eq!(Zones::default().lookup(Some("10.0.0.1"), None, None).unwrap().name, UNKNOWN);
    }

    fn net() -> impl Strategy<Value = IpNet> {
        // Few distinct bits, so that nested and equal networks are common.
        let bits = prop::sample::select(vec![0u8, 1, 2, 7, 8, 9, 30, 31, 32]);
        prop_oneof![
            (0u32..8, bits.clone()).prop_map(|(a, n)| IpNet::V4(ipnet::Ipv4Net::new((a << 29 | a).into(), n).unwrap().trunc())),
            (0u128..8, bits).prop_map(|(a, n)| IpNet::V6(ipnet::Ipv6Net::new((a << 125 | a).into(), n * 4).unwrap().trunc())),
        ]
    }

    fn address() -> impl Strategy<Value = IpAddr> {
        prop_oneof![
            (0u32..8, 0u32..8).prop_map(|(a, b)| IpAddr::V4((a << 29 | b).into())),
            (0u128..8, 0u128..8).prop_map(|(a, b)| IpAddr::V6((a << 125 | b).into())),
            any::<u32>().prop_map(|a| IpAddr::V4(a.into())),
        ]
    }

    proptest! {
        #[test]
        fn agrees_with_a_linear_scan(nets in prop::collection::vec(net(), 0..12), address in address()) {
            let zones = Zones::new(nets.iter().enumerate().map(|(i, n)| Zone {
                name: i.to_string(), class: ZoneClass::Internal, cidrs: vec![*n], asns: vec![], line: 0,
            }).collect());
            let mut expected: Option<(u8, usize)> = None;
            for (i, net) in nets.iter().enumerate() {
                if net.contains(&address) && expected.is_none_or(|(length, _)| net.prefix_len() > length) {
                    expected = Some((net.prefix_len(), i));
                }
            }
            let expected = expected.map_or(UNKNOWN.to_string(), |(_, i)| i.to_string());
            let found = zones.lookup(Some(&address.to_string()), None, None).unwrap();
            // An IPv4 address never matches an IPv6 network, mapped addresses aside (they are IPv4 addresses to us).
            prop_assume!(!matches!(address, IpAddr::V6(a) if a.to_ipv4_mapped().is_some()));
            prop_assert_eq!(found.name, expected);
        }
    }
}
