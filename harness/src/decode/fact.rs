use super::Name;
use vires_event::{Effect, Kind, Millis, Outcome, Source};

/// What one event says.
#[derive(Debug, Clone, PartialEq)]
pub struct Fact {
    /// Line in its file, from 1.
    pub line: u32,
    /// When.
    pub at: Option<Millis>,
    /// Log format.
    pub source: Source,
    /// Canonical id of who acted.
    pub identity: Option<Name>,
    /// Sort of identity.
    pub kind: Option<Kind>,
    /// True if a person acted.
    pub human: bool,
    /// What was done.
    pub action: Name,
    /// What that does.
    pub effect: Option<Effect>,
    /// Privilege tier, 0–4.
    pub tier: u8,
    /// Severity of a sensitive action, 1–5.
    pub severity: Option<u8>,
    /// Class of the data touched, 0–3.
    pub data_class: Option<u8>,
    /// What was touched, most specific first.
    pub target: Option<Name>,
    /// Zone, or the network where no zone covers the address.
    pub zone: Option<Name>,
    /// True if no zone covers the address.
    pub foreign: bool,
    /// Autonomous system.
    pub asn: Option<Name>,
    /// Family of the user agent.
    pub ua: Option<Name>,
    /// Region.
    pub region: Option<Name>,
    /// Account.
    pub account: Option<Name>,
    /// How it ended.
    pub outcome: Option<Outcome>,
    /// Hash of the source's own event id, to tell duplicates.
    pub event: Option<u64>,
    /// Hash of the names of the record's members and of the form of its id: what it looks like apart from what it says.
    pub shape: u64,
}

impl Fact {
    /// True if the request was refused.
    pub fn denied(&self) -> bool {
        self.outcome == Some(Outcome::Denied)
    }

    /// How much is at stake, 0–1.
    pub fn impact(&self) -> f64 {
        (f64::from(self.tier) / 4.0).max(f64::from(self.data_class.unwrap_or(0)) / 3.0).min(1.0)
    }
}

/// Days since 1970 UTC.
pub fn day_of(at: Millis) -> i64 {
    at.div_euclid(86_400_000)
}

/// RFC 3339 in UTC, without fraction where there is none.
pub fn format_time(at: Millis) -> String {
    match jiff::Timestamp::from_millisecond(at) {
        Ok(t) => t.to_string(),
        Err(_) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_times() {
        assert_eq!(format_time(1_772_334_600_000), "2026-03-01T03:10:00Z");
        assert_eq!(format_time(i64::MAX), "");
        assert_eq!((day_of(-1), day_of(86_400_000)), (-1, 1));
    }
}
