use crate::globs::Globs;
use crate::words::file_words;
use crate::zones::{UNKNOWN, parse_ip};
use ipnet::IpNet;
use serde::{Deserialize, Serialize};
use vires_event::Millis;

file_words! {
    /// The aspect of behaviour that an exception speaks of.
    #[allow(missing_docs)]
    ExceptionFacet {
        Action = "action", Resource = "resource", Zone = "zone", Region = "region", Account = "account", Credential = "credential",
        Destination = "destination", Delegator = "delegator", UserAgent = "user_agent", Time = "time", Volume = "volume",
    }
}

file_words! {
    /// Why an exception was approved.
    #[allow(missing_docs)]
    ExceptionKind {
        Change = "change", Pentest = "pentest", Breakglass = "breakglass", Accepted = "accepted", Incident = "incident",
    }
}

file_words! {
    /// What is to be said of an exception at some moment.
    #[allow(missing_docs)]
    ExceptionStatus {
        Active = "active", Expiring = "expiring", Expired = "expired", Unused = "unused", OverBroad = "over_broad",
    }
}

/// Days before its end from which on an exception counts as expiring.
pub const EXPIRING_DAYS: i64 = 7;
const DAY: Millis = 86_400_000;

/// One approved deviation.
#[derive(Debug, Clone, PartialEq)]
pub struct Exception {
    /// Unique name.
    pub id: String,
    /// Workload ids, identities and `group:<peer group>`, as written.
    pub identities: Vec<String>,
    /// The aspect; `None` = all.
    pub facet: Option<ExceptionFacet>,
    /// Values of the aspect; `None` = all.
    pub values: Option<Globs>,
    /// Those of `values` that are networks.
    pub networks: Vec<IpNet>,
    /// Evidence codes; empty = all.
    pub codes: Globs,
    /// From when; `None` = always was.
    pub from: Option<Millis>,
    /// Until when (a date holds until its end, UTC).
    pub until: Millis,
    /// Who approved it.
    pub approver: String,
    /// Where it was approved.
    pub ticket: Option<String>,
    /// Why.
    pub kind: ExceptionKind,
    /// The line that declares it.
    pub line: usize,
}

impl Exception {
    /// True if it holds at this moment.
    pub fn active(&self, at: Millis) -> bool {
        self.from.is_none_or(|from| from <= at) && at < self.until
    }

    /// True if it speaks of this code, facet and value. `ip` lets a network among the values match a zone's address.
    pub fn speaks_of(&self, code: &str, facet: &str, value: &str, ip: Option<&str>) -> bool {
        if !self.codes.is_empty() && !self.codes.matches(code) {
            return false;
        }
        if self.facet.is_some_and(|own| own.as_str() != facet) {
            return false;
        }
        let Some(values) = &self.values else { return true };
        values.matches(value) || (facet == ExceptionFacet::Zone.as_str() && self.holds_address(ip))
    }

    /// True if it may discount evidence that came from an unknown network: it is a penetration test or a break-glass, and names that
    /// very network, by a CIDR that covers the address or by the name of a declared zone. A wildcard names nothing, nor does the word
    /// `unknown`, nor a network so wide that it is no particular one.
    pub fn covers_unknown_network(&self, ip: Option<&str>, zone: Option<&str>) -> bool {
        if !matches!(self.kind, ExceptionKind::Pentest | ExceptionKind::Breakglass) || self.facet != Some(ExceptionFacet::Zone)
        {
            return false;
        }
        let named = |zone: &str| {
            zone != UNKNOWN && self.values.iter().flat_map(Globs::iter).any(|glob| glob.is_literal() && glob.matches(zone))
        };
        zone.is_some_and(named) || self.holds_address(ip)
    }

    fn holds_address(&self, ip: Option<&str>) -> bool {
        let address = ip.and_then(parse_ip);
        address.is_some_and(|address| self.networks.iter().any(|net| !is_wide(net) && net.contains(&address)))
    }

    /// True if it excuses more than anybody can have meant: all identities, everything that one does outside a penetration test,
    /// break-glass or incident, or half the Internet.
    pub fn over_broad(&self) -> bool {
        let everyone = self.identities.iter().any(|pattern| {
            let fixed = pattern.strip_prefix("group:").unwrap_or(pattern);
            fixed.contains('*') && fixed.chars().filter(|c| *c != '*').count() < 4
        });
        let any_value = self.values.as_ref().is_none_or(|values| values.iter().any(|glob| glob.is_any()));
        let everything = self.facet.is_none() && any_value && self.codes.is_empty();
        let planned = matches!(self.kind, ExceptionKind::Change | ExceptionKind::Accepted);
        let anywhere = self.facet == Some(ExceptionFacet::Zone) && (any_value || self.networks.iter().any(is_wide));
        everyone || (everything && planned) || anywhere
    }

    /// What is to be said of it at this moment, given how often it excused something.
    pub fn status(&self, at: Millis, uses: u64) -> ExceptionStatus {
        match () {
            () if at >= self.until => ExceptionStatus::Expired,
            () if self.over_broad() => ExceptionStatus::OverBroad,
            () if uses == 0 && self.active(at) => ExceptionStatus::Unused,
            () if self.until - at <= EXPIRING_DAYS * DAY => ExceptionStatus::Expiring,
            () => ExceptionStatus::Active,
        }
    }

    /// How long it holds, in whole days rounded up; `None` if it has no start.
    pub fn days(&self) -> Option<i64> {
        self.from.map(|from| (self.until - from + DAY - 1) / DAY)
    }
}

/// Larger than any single organisation's network.
fn is_wide(net: &IpNet) -> bool {
    net.prefix_len() < if matches!(net, IpNet::V4(_)) { 8 } else { 16 }
}
