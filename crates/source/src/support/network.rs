//! Addresses, URLs and user agents as logs write them.

use std::net::{Ipv4Addr, Ipv6Addr};
use vires_event::Text;

/// An address without port and brackets: `192.0.2.1:443`, `[2001:db8::1]:443`, `::ffff:192.0.2.1`. Text that is no address
/// stays as it is; an empty one or a dash says nothing.
pub(crate) fn address(text: Text<'_>) -> Option<Text<'_>> {
    match text {
        Text::Borrowed(text) => bare(text).map(Text::Borrowed),
        Text::Owned(text) => bare(&text).map(|t| Text::Owned(t.to_owned())),
    }
}

fn bare(text: &str) -> Option<&str> {
    // Proxies append: the first is the client.
    let text = text.split(',').next().unwrap_or(text).trim();
    let text = match text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((inner, _)) => inner,
        None => match text.split_once(':') {
            Some((host, port)) if !port.contains(':') && host.contains('.') && port.bytes().all(|b| b.is_ascii_digit()) => host,
            _ => text,
        },
    };
    let mapped = text.get(..7).filter(|head| head.eq_ignore_ascii_case("::ffff:")).and_then(|_| text.get(7..));
    let text = mapped.filter(|rest| rest.contains('.')).unwrap_or(text);
    (!matches!(text, "" | "-" | "null" | "None" | "unknown")).then_some(text)
}

/// The host of a URL, or of a bare `host/path`; `None` where there is none.
pub(crate) fn url_host(url: &str) -> Option<&str> {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#', '\\']).next()?;
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let host = match host.strip_prefix('[').and_then(|h| h.split_once(']')) {
        Some((inner, _)) => inner,
        None => host.split(':').next().unwrap_or(host),
    };
    (host.contains('.') || host.contains(':')).then_some(host)
}

/// True if the user agent is one of a person's browser. Software may say so too: evidence of a tool, not of a person.
pub(crate) fn is_browser(user_agent: &str) -> bool {
    user_agent.starts_with("Mozilla/")
        && user_agent.len() >= 32
        && !["compatible;", "bot", "Bot", "Headless", "PowerShell"].iter().any(|mark| user_agent.contains(mark))
}

/// `AS<number>` from a number or from text that already says so.
pub(crate) fn asn(text: &str) -> Option<Text<'static>> {
    let digits = text.strip_prefix("AS").or_else(|| text.strip_prefix("as")).unwrap_or(text);
    let number: u32 = digits.parse().ok()?;
    (number != 0).then(|| Text::Owned(format!("AS{number}")))
}

/// True for a network, or an address, that nobody outside has.
pub(crate) fn is_private_network(cidr: &str) -> bool {
    let (address, bits) = cidr.split_once('/').unwrap_or((cidr, ""));
    let bits = bits.parse::<u8>().ok();
    if let Ok(address) = address.parse::<Ipv4Addr>() {
        let [a, b, ..] = address.octets();
        // As wide as the private range at most.
        return match (a, b) {
            (10, _) => bits.is_none_or(|bits| bits >= 8),
            (172, 16..=31) => bits.is_none_or(|bits| bits >= 12),
            (192, 168) => bits.is_none_or(|bits| bits >= 16),
            (100, 64..=127) => bits.is_none_or(|bits| bits >= 10),
            _ => false,
        };
    }
    address
        .parse::<Ipv6Addr>()
        .is_ok_and(|address| address.segments()[0] & 0xfe00 == 0xfc00 && bits.is_none_or(|bits| bits >= 7))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_without_port() {
        for (written, bare) in [
            ("192.0.2.1", Some("192.0.2.1")),
            ("192.0.2.1:443", Some("192.0.2.1")),
            ("[2001:db8::1]:443", Some("2001:db8::1")),
            ("2001:db8::1", Some("2001:db8::1")),
            ("::ffff:192.0.2.1", Some("192.0.2.1")),
            ("::FFFF:c000:201", Some("::FFFF:c000:201")),
            ("192.0.2.1, 198.51.100.2", Some("192.0.2.1")),
            ("AWS Internal", Some("AWS Internal")),
            ("é:1", Some("é:1")),
            ("-", None),
            ("", None),
        ] {
            assert_eq!(address(written.into()).as_deref(), bare, "{written}");
        }
    }

    #[test]
    fn private_networks() {
        for (cidr, expected) in [
            ("10.0.0.0/8", true),
            ("10.0.0.0/7", false),
            ("172.16.4.0/24", true),
            ("172.32.0.0/16", false),
            ("192.168.1.1", true),
            ("100.64.0.0/10", true),
            ("0.0.0.0/0", false),
            ("203.0.113.0/24", false),
            ("fd12:3456::/32", true),
            ("::/0", false),
            ("10.0.0.0/x", true),
            ("10.0.0", false),
            ("", false),
        ] {
            assert_eq!(is_private_network(cidr), expected, "{cidr}");
        }
    }

    #[test]
    fn hosts_of_urls() {
        for (url, host) in [
            ("https://hooks.example.com/a?b", Some("hooks.example.com")),
            ("https://user:pw@evil.example.net:8443/", Some("evil.example.net")),
            ("s3://bucket.example/path", Some("bucket.example")),
            ("https://[2001:db8::1]:1/", Some("2001:db8::1")),
            ("example.com", Some("example.com")),
            ("localhost", None),
            ("", None),
        ] {
            assert_eq!(url_host(url), host, "{url}");
        }
    }

    #[test]
    fn browsers_and_numbers() {
        assert!(is_browser("Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0"));
        assert!(!is_browser("Mozilla/5.0 (compatible; ExampleBot/1.0; +https://example.com)"));
        assert!(!is_browser("git/2.43.0"));
        assert_eq!(asn("64496").as_deref(), Some("AS64496"));
        assert_eq!(asn("AS64496").as_deref(), Some("AS64496"));
        assert_eq!(asn("0"), None);
    }
}
