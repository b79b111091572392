use crate::clock::now;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use vires_event::{Activity, Millis, Year, parse_time, parse_yearless};
use vires_judge::rfc3339;
use vires_source::{Scratch, open};

/// The year of a log in which no line says one, not even beside others: that of a leap day, so that every date exists.
const NO_YEAR: i64 = 2024;

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
    /// The one that brings a time nearest to this moment: for logs of which something else is dated.
    Near(Millis),
}

impl YearRule {
    /// Completes the time of a record that says no year.
    pub(crate) fn complete(self, activity: &mut Activity<'_>) {
        if let Some(at) = activity.time.as_deref().and_then(|text| self.of(text)) {
            activity.time = Some(at.to_string().into());
        }
    }

    /// The moment that a time without a year stands for, once it is completed.
    pub(crate) fn moment(self, text: &str) -> Option<Millis> {
        // Of a number this large everybody reads the same.
        const PLAIN: std::ops::Range<Millis> = 100_000_000_000..100_000_000_000_000;
        let at = self.of(text)?;
        if PLAIN.contains(&at) { Some(at) } else { parse_time(&at.to_string()) }
    }

    fn of(self, text: &str) -> Option<Millis> {
        let year = match self {
            YearRule::Is(year) => Year::Is(year.into()),
            YearRule::Near(moment) => Year::Near(moment),
            YearRule::Clock => Year::Near(now()),
        };
        parse_yearless(text, year)
    }
}

/// Finds out near which moment a log was written, from its lines, so that its times without a year get one.
///
/// Any line that says its time in full settles it. Where none does, all of them are counted from one and the same year: their order and their
/// hours are right, only the calendar is not.
#[derive(Debug, Default)]
pub struct YearFinder {
    scratch: Scratch,
    found: Option<Millis>,
    guess: Option<Millis>,
}

impl YearFinder {
    /// Looks at a line. True once the matter is settled.
    pub fn see(&mut self, line: &[u8]) -> bool {
        if let Some(activity) = open(line.trim_ascii_end(), &mut self.scratch).activity {
            self.found = self.found.or_else(|| activity.at());
            let yearless = || parse_yearless(activity.time.as_deref()?, Year::Is(NO_YEAR));
            self.guess = self.guess.or_else(yearless);
        }
        self.found.is_some()
    }

    /// The rule for the lines that were seen, and those about them. `None` if none had any time.
    pub fn rule(&self) -> Option<YearRule> {
        self.found.or(self.guess).map(YearRule::Near)
    }
}

impl FromStr for YearRule {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.parse() {
            _ if text == "clock" => Ok(YearRule::Clock),
            Ok(year @ 1974..=9999) => Ok(YearRule::Is(year)),
            _ => match parse_time(text).filter(|_| text.contains('-')) {
                Some(moment) => Ok(YearRule::Near(moment)),
                None => Err(format!(
                    "`{text}` is no year: write one with four digits, `clock` for streams, or a moment near which the lines were \
                     written, as 2026-11-23T18:44:41Z"
                )),
            },
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
            YearRule::Near(moment) => f.write_str(&rfc3339(*moment)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{YearFinder, YearRule};
    use vires_event::{Activity, Source};

    #[test]
    fn one_dated_line_dates_its_neighbours() {
        let rule = |lines: &[&str]| {
            let mut finder = YearFinder::default();
            let settled = lines.iter().any(|line| finder.see(line.as_bytes()));
            (settled, finder.rule())
        };
        let bare = "Nov 23 18:44:41 web-1 sshd[212]: Accepted publickey for deploy from 198.51.100.7 port 4022 ssh2";
        let full = format!("2026-11-23T18:44:43Z web-1 {}", bare.split_at(22).1);
        assert_eq!(rule(&[bare, &full]), (true, Some(YearRule::Near(1_795_459_483_000))));
        assert_eq!(rule(&[bare]), (false, Some(YearRule::Near(1_732_387_481_000))), "2024");
        assert_eq!(rule(&["", "{}", "hello"]), (false, None));
    }

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
        let near = "2027-01-01T00:00:01Z".parse().unwrap();
        assert_eq!(at("Nov 23 18:44:41", near), Some(1_795_459_481_000));
        for text in ["2026", "clock", "2027-01-01T00:00:01Z"] {
            assert_eq!(text.parse::<YearRule>().unwrap().to_string(), text);
        }
        for text in ["", "26", "now", "-2026"] {
            assert!(text.parse::<YearRule>().is_err(), "{text}");
        }
    }
}
