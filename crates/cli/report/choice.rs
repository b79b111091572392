//! Of all there is to report, what somebody asked for.

use super::args::Choice;
use anyhow::{Context, Result, bail};
use vires_event::{Millis, parse_time};

const DAY: Millis = 86_400_000;

/// What is reported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chosen {
    since: Since,
    /// Teams, in lower case.
    owners: Vec<String>,
    unowned: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Since {
    Always,
    Moment(Millis),
    DaysBefore(i64),
}

impl Chosen {
    pub fn new(choice: &Choice) -> Result<Self> {
        let since = match choice.since.as_deref() {
            None => Since::Always,
            Some(text) => match text.strip_suffix('d').map(str::parse::<u32>) {
                Some(Ok(days)) => Since::DaysBefore(i64::from(days)),
                Some(Err(_)) => bail!("--since takes a time, a day or a number of days such as 7d, not `{text}`"),
                None => Since::Moment(moment(text).context("--since takes a time, a day or a number of days such as 7d")?),
            },
        };
        let owners = choice.owner.iter().map(|owner| owner.trim().to_lowercase()).collect();
        Ok(Chosen { since, owners, unowned: choice.unowned })
    }

    /// From when on findings are reported.
    pub fn since(&self, at: Option<Millis>) -> Option<Millis> {
        match self.since {
            Since::Always => None,
            Since::Moment(moment) => Some(moment),
            Since::DaysBefore(days) => at.map(|at| at.saturating_sub(days.saturating_mul(DAY))),
        }
    }

    /// True if something of this owner is reported; nobody's has an empty one.
    pub fn keeps(&self, owner: &str) -> bool {
        if self.owners.is_empty() && !self.unowned {
            return true;
        }
        if owner.is_empty() { self.unowned } else { self.owners.contains(&owner.trim().to_lowercase()) }
    }

    /// In words, if anything is left out.
    pub fn describe(&self, at: Option<Millis>) -> Option<String> {
        let mut parts = Vec::new();
        if let Some(since) = self.since(at) {
            parts.push(format!("findings since {}", vires_judge::rfc3339(since)));
        }
        if !self.owners.is_empty() {
            parts.push(format!("owned by {}", self.owners.join(", ")));
        }
        if self.unowned {
            parts.push("without owner".to_owned());
        }
        (!parts.is_empty()).then(|| parts.join("; "))
    }
}

/// A time or a day.
pub fn moment(text: &str) -> Result<Millis> {
    let whole = if text.len() == 10 { format!("{text}T00:00:00Z") } else { text.to_owned() };
    parse_time(&whole)
        .with_context(|| format!("`{text}` is not a time such as 2026-03-01T00:00:00Z or a day such as 2026-03-01"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(since: Option<&str>, owner: &[&str], unowned: bool) -> Result<Chosen> {
        Chosen::new(&Choice {
            since: since.map(str::to_owned),
            owner: owner.iter().map(|o| (*o).to_owned()).collect(),
            unowned,
            at: None,
            attack_version: 18,
            dormant_days: 30,
            key_days: 90,
        })
    }

    #[test]
    fn owners_and_times_are_chosen() {
        for (owners, unowned, owner, kept) in [
            (&[][..], false, "payments", true),
            (&[][..], false, "", true),
            (&["Payments"][..], false, "payments", true),
            (&["payments"][..], false, "data", false),
            (&["payments"][..], false, "", false),
            (&["payments"][..], true, "", true),
            (&[][..], true, "payments", false),
            (&[][..], true, "", true),
        ] {
            assert_eq!(chosen(None, owners, unowned).unwrap().keeps(owner), kept, "{owners:?} {unowned} {owner}");
        }
        let at = parse_time("2026-03-10T12:00:00Z");
        for (text, since) in [
            ("2026-03-01", "2026-03-01T00:00:00Z"),
            ("2026-03-01T10:00:00Z", "2026-03-01T10:00:00Z"),
            ("7d", "2026-03-03T12:00:00Z"),
        ] {
            assert_eq!(chosen(Some(text), &[], false).unwrap().since(at), parse_time(since), "{text}");
        }
        for text in ["soon", "-1d", "d", "99999999999999d", "2026-13-01"] {
            assert!(chosen(Some(text), &[], false).is_err(), "{text}");
        }
    }
}
