use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use std::time::{SystemTime, UNIX_EPOCH};
use vires_event::{Activity, Year, parse_yearless};

/// Which year times are in that say none (RFC 3164).
///
/// Without such a rule, and without an envelope that says more, their lines are not judged: a guess would make the same input give
/// different verdicts on different days.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum YearRule {
    /// This one: for files.
    Is(u16),
    /// The one that brings a time nearest to the clock of this machine: for streams.
    Clock,
}

impl YearRule {
    /// Completes the time of a record that says no year.
    #[expect(clippy::disallowed_methods, reason = "asked for with `clock`, and by nothing else")]
    pub(crate) fn complete(self, activity: &mut Activity<'_>) {
        let Some(text) = activity.time.as_deref() else { return };
        let year = match self {
            YearRule::Is(year) => Year::Is(year.into()),
            YearRule::Clock => {
                let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
                Year::Near(i64::try_from(now.as_millis()).unwrap_or(i64::MAX))
            }
        };
        if let Some(at) = parse_yearless(text, year) {
            activity.time = Some(at.to_string().into());
        }
    }
}

impl FromStr for YearRule {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.parse() {
            _ if text == "clock" => Ok(YearRule::Clock),
            Ok(year @ 1974..=9999) => Ok(YearRule::Is(year)),
            _ => Err(format!("`{text}` is no year: write one with four digits, or `clock` for streams")),
        }
    }
}

impl TryFrom<String> for YearRule {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<YearRule> for String {
    fn from(rule: YearRule) -> String {
        rule.to_string()
    }
}

impl fmt::Display for YearRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            YearRule::Is(year) => write!(f, "{year}"),
            YearRule::Clock => f.write_str("clock"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::YearRule;
    use vires_event::{Activity, Source};

    #[test]
    fn completes_what_says_no_year_and_nothing_else() {
        let at = |text: &str, rule: YearRule| {
            let mut activity = Activity::new(Source::Sshd, "sshd:login");
            activity.time = Some(text.to_owned().into());
            rule.complete(&mut activity);
            activity.at()
        };
        assert_eq!(at("Nov 23 18:44:41", YearRule::Is(2026)), Some(1_795_459_481_000));
        assert!(at("Nov 23 18:44:41", YearRule::Clock) > Some(1_700_000_000_000));
        assert_eq!(at("noon", YearRule::Is(2026)), None);
        for text in ["2026", "clock"] {
            assert_eq!(text.parse::<YearRule>().unwrap().to_string(), text);
        }
        for text in ["", "26", "now", "-2026"] {
            assert!(text.parse::<YearRule>().is_err(), "{text}");
        }
    }
}
