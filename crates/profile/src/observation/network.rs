use crate::zones::parse_ip;
use std::net::IpAddr;

/// The network that stands for an address no zone covers: the private endpoint it came through, else its /24 (IPv4), /48 (IPv6)
/// or, for private addresses, /16 (pods and instances come and go within it), else its autonomous system.
///
/// An identity whose owner declared no zones has habits all the same. If every uncovered address were one value, the first
/// request from a stranger's network would look like all the others.
pub fn network_of(ip: Option<&str>, endpoint: Option<&str>, asn: Option<&str>) -> Option<String> {
    if let Some(endpoint) = endpoint.filter(|e| !e.is_empty()) {
        return Some(format!("via:{endpoint}"));
    }
    let Some(ip) = ip.map(str::trim).filter(|ip| !ip.is_empty()) else {
        return asn.filter(|a| !a.is_empty()).map(|a| format!("net:{a}"));
    };
    Some(match parse_ip(ip) {
        Some(IpAddr::V4(v4)) => {
            let [a, b, c, _] = v4.octets();
            if v4.is_loopback() {
                "net:loopback".to_string()
            } else if v4.is_private() || v4.is_link_local() || (a == 100 && (64..128).contains(&b)) {
                format!("net:{a}.{b}.0.0/16")
            } else {
                format!("net:{a}.{b}.{c}.0/24")
            }
        }
        Some(IpAddr::V6(v6)) if v6.is_loopback() => "net:loopback".to_string(),
        Some(IpAddr::V6(v6)) => {
            let [a, b, c, ..] = v6.segments();
            format!("net:{a:x}:{b:x}:{c:x}::/48")
        }
        // A word in place of an address, bounded: it comes from the log.
        None => format!("net:{}", ip.chars().take(60).collect::<String>().to_ascii_lowercase()),
    })
}

/// True for what [`network_of`] calls a private network: pods, instances and offices, as their own platform sees them. An endpoint is
/// none, because anybody can have one.
pub(super) fn is_private(network: &str) -> bool {
    let Some(IpAddr::V4(v4)) = network.strip_prefix("net:").and_then(|n| n.strip_suffix("/16")).and_then(parse_ip) else {
        return false;
    };
    let [a, b, ..] = v4.octets();
    v4.is_private() || v4.is_link_local() || (a == 100 && (64..128).contains(&b))
}

#[cfg(test)]
mod tests {
    use super::{is_private, network_of};

    #[test]
    fn private_networks_are_nobody_elses() {
        for (ip, endpoint, expected) in [
            ("10.1.2.3", None, true),
            ("172.20.1.1", None, true),
            ("192.168.4.4", None, true),
            ("100.64.3.4", None, true),
            ("10.1.2.3", Some("vpce-1a2b"), false),
            ("203.0.113.9", None, false),
            ("172.32.0.1", None, false),
            ("2001:db8:5::1", None, false),
            ("10.0 or so", None, false),
        ] {
            assert_eq!(network_of(Some(ip), endpoint, None).is_some_and(|n| is_private(&n)), expected, "{ip} {endpoint:?}");
        }
    }

    #[test]
    fn names_the_network() {
        for (ip, endpoint, asn, expected) in [
            (Some("203.0.113.9"), None, Some("AS64500"), Some("net:203.0.113.0/24")),
            (Some("203.0.113.9:443"), None, None, Some("net:203.0.113.0/24")),
            (Some("10.1.2.3"), None, None, Some("net:10.1.0.0/16")),
            (Some("10.1.2.3"), Some("vpce-1a2b"), None, Some("via:vpce-1a2b")),
            (Some("100.64.3.4"), None, None, Some("net:100.64.0.0/16")),
            (Some("2001:db8:5::1"), None, None, Some("net:2001:db8:5::/48")),
            (Some("::1"), None, None, Some("net:loopback")),
            (Some("127.0.0.1"), None, None, Some("net:loopback")),
            (Some("Some Word"), None, None, Some("net:some word")),
            (None, None, Some("AS64500"), Some("net:AS64500")),
            (Some(" "), Some(""), Some(""), None),
            (None, None, None, None),
        ] {
            assert_eq!(network_of(ip, endpoint, asn).as_deref(), expected, "{ip:?} {endpoint:?} {asn:?}");
        }
    }
}
