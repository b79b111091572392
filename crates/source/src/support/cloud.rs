//! Cutting pieces out of text that may be borrowed from the line or owned, without copying what can stay borrowed.

use std::borrow::Cow;
use std::net::IpAddr;
use vires_event::Text;

/// The part of `text` that `cut` chooses; borrowed from the line if `text` is.
pub(crate) fn part<'a>(text: &Text<'a>, cut: impl for<'t> FnOnce(&'t str) -> Option<&'t str>) -> Option<Text<'a>> {
    match text {
        Cow::Borrowed(s) => cut(s).filter(|p| !p.is_empty()).map(Cow::Borrowed),
        Cow::Owned(s) => cut(s).filter(|p| !p.is_empty()).map(|p| Cow::Owned(p.to_owned())),
    }
}

/// At most `max` bytes of `text`, cut at a character boundary.
pub(crate) fn bounded<'a>(text: Text<'a>, max: usize) -> Text<'a> {
    if text.len() <= max {
        return text;
    }
    let mut end = max;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    match text {
        Cow::Borrowed(s) => Cow::Borrowed(&s[..end]),
        Cow::Owned(mut s) => {
            s.truncate(end);
            Cow::Owned(s)
        }
    }
}

/// `text` in ASCII lower case; borrowed if it already is.
pub(crate) fn lower<'a>(text: Text<'a>) -> Text<'a> {
    if text.bytes().any(|b| b.is_ascii_uppercase()) { Cow::Owned(text.to_ascii_lowercase()) } else { text }
}

/// An IP address out of `192.0.2.1`, `192.0.2.1:443`, `[2001:db8::1]:443` or `2001:db8::1`: the address alone, or `None`.
pub(crate) fn ip<'a>(text: &Text<'a>) -> Option<Text<'a>> {
    part(text, |t| {
        let t = t.trim();
        if t.parse::<IpAddr>().is_ok() {
            return Some(t);
        }
        let host = match t.strip_prefix('[') {
            Some(rest) => rest.split_once(']').map(|(host, _)| host),
            None => t.rsplit_once(':').map(|(host, _)| host),
        }?;
        host.parse::<IpAddr>().is_ok().then_some(host)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_lose_their_port() {
        for (text, address) in [
            ("192.0.2.1", Some("192.0.2.1")),
            ("192.0.2.1:49152", Some("192.0.2.1")),
            ("2001:db8::1", Some("2001:db8::1")),
            ("[2001:db8::1]:443", Some("2001:db8::1")),
            (" 192.0.2.1 ", Some("192.0.2.1")),
            ("gce-internal-ip", None),
            ("AWS Internal", None),
            ("example.com:443", None),
            ("[", None),
        ] {
            assert_eq!(ip(&text.into()).as_deref(), address, "{text}");
        }
    }

    #[test]
    fn bounds_at_characters() {
        assert_eq!(bounded("aé".into(), 2), "a");
        assert_eq!(bounded("aé".into(), 3), "aé");
        assert_eq!(bounded(String::from("aéb").into(), 3), "aé");
    }
}
