//! How sources spell times and their own event ids.

use super::{millis, seconds};
use crate::generate::archetype::LogFormat;
use crate::generate::ids::base36;
use vires_event::Millis;

/// How a log line spells its times and its id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::generate) enum Spelling {
    /// `2026-03-01T10:00:00Z`, UUID.
    Seconds,
    /// `2026-03-01T10:00:00.123Z`, UUID.
    Millis,
    /// `2026-03-01T10:00:00.123456Z`, UUID.
    Micros,
    /// `2026-03-01T10:00:00.1234567Z`, UUID.
    Ticks,
    /// `2026-03-01T10:00:00.123456Z`, `insertId`.
    Google,
    /// `2026-03-01T10:00:00`, UUID.
    Bare,
    /// `2026-03-01 10:00:00.123`, UUID.
    Spaced,
    /// OpenTelemetry: 16 hexadecimal digits for the id.
    Span,
}

impl Spelling {
    /// That of generated lines of a source.
    pub(in crate::generate) fn of(source: LogFormat) -> Spelling {
        match source {
            LogFormat::Cloudtrail => Spelling::Seconds,
            LogFormat::Kubernetes => Spelling::Micros,
            LogFormat::Gcp => Spelling::Google,
            LogFormat::Azure | LogFormat::Entra | LogFormat::Graph => Spelling::Ticks,
            LogFormat::M365 => Spelling::Bare,
            LogFormat::Snowflake => Spelling::Spaced,
            LogFormat::Agent => Spelling::Span,
            LogFormat::Github | LogFormat::Vault | LogFormat::Okta | LogFormat::Salesforce => Spelling::Millis,
        }
    }

    /// That of a template's line, by what only its source has.
    pub(in crate::generate) fn of_line(line: &str) -> Spelling {
        const SIGNS: [(&str, Spelling); 8] = [
            ("\"eventVersion\"", Spelling::Seconds),
            ("\"insertId\"", Spelling::Google),
            ("audit.k8s.io", Spelling::Micros),
            ("\"RecordType\"", Spelling::Bare),
            ("\"QUERY_TEXT\"", Spelling::Spaced),
            ("\"REPORTED_CLIENT_TYPE\"", Spelling::Spaced),
            ("\"spanId\"", Spelling::Span),
            ("\"resourceId\"", Spelling::Ticks),
        ];
        SIGNS.iter().find(|(sign, _)| line.contains(sign)).map_or(Spelling::Millis, |(_, spelling)| *spelling)
    }

    /// A moment. Digits below milliseconds are drawn from the moment itself.
    pub(in crate::generate) fn time(self, at: Millis) -> String {
        let more = at.rem_euclid(86_399_981).wrapping_mul(7919).rem_euclid(10_000);
        let with = |digits: String| millis(at).trim_end_matches('Z').to_string() + &digits + "Z";
        match self {
            Spelling::Seconds => seconds(at),
            Spelling::Millis | Spelling::Span => millis(at),
            Spelling::Micros | Spelling::Google => with(format!("{:03}", more % 1000)),
            Spelling::Ticks => with(format!("{more:04}")),
            Spelling::Bare => seconds(at).trim_end_matches('Z').to_string(),
            Spelling::Spaced => millis(at).trim_end_matches('Z').replace('T', " "),
        }
    }

    /// An event id in the source's form, made of a UUID.
    pub(in crate::generate) fn id(self, uuid: &str) -> String {
        let hex = |digits: usize| uuid.chars().filter(|c| *c != '-').take(digits).collect::<String>();
        match self {
            Spelling::Google => base36(u64::from_str_radix(&hex(16), 16).unwrap_or_default(), 12),
            Spelling::Span => hex(16),
            _ => uuid.to_string(),
        }
    }
}

/// An event id in the form of a source, made of a UUID.
pub(in crate::generate) fn native_id(source: LogFormat, uuid: &str) -> String {
    Spelling::of(source).id(uuid)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spells_as_the_source_does() {
        let at = 1_772_334_600_123;
        let of = |line| Spelling::of_line(line).time(at);
        assert_eq!(of(r#"{"eventVersion":"1.11"}"#), "2026-03-01T03:10:00Z");
        assert_eq!(of(r#"{"uuid":"x"}"#), "2026-03-01T03:10:00.123Z");
        assert_eq!(of(r#"{"RecordType":50}"#), "2026-03-01T03:10:00");
        assert_eq!(of(r#"{"QUERY_TEXT":""}"#), "2026-03-01 03:10:00.123");
        assert_eq!(of(r#"{"insertId":""}"#).len(), "2026-03-01T03:10:00.123456Z".len());
        assert_eq!(of(r#"{"resourceId":""}"#).len(), "2026-03-01T03:10:00.1234567Z".len());
        let uuid = "0a1b2c3d-1111-4222-8333-444444444444";
        assert_eq!(Spelling::Span.id(uuid), "0a1b2c3d11114222");
        assert_eq!(Spelling::Google.id(uuid).len(), 12);
        assert_eq!(Spelling::Seconds.id(uuid), uuid);
    }
}
