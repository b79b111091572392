use crate::load::{Reader, Record};
use crate::table::{At, Column, Row, alias, col};
use crate::word::words;
use vires_event::Actor;

words! {
    /// How a user-agent marker is compared. Letter case counts.
    AgentMatch, "match" {
        /// The user agent starts with it.
        Prefix = "prefix",
        /// It stands anywhere.
        Contains = "contains",
        /// It stands between characters that are neither letters nor digits.
        Token = "token",
    }
}

/// A piece of a user agent that says which client was used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserAgent {
    /// The text to look for.
    pub substring: String,
    /// How.
    pub mode: AgentMatch,
    /// What sort of client, e.g. `offensive_tool`, `iac`, `sdk`.
    pub kind: String,
    /// Who tends to use it.
    pub actor: Actor,
    /// 0 (says nothing) to 5 (alarming by itself).
    pub severity: u8,
    /// A remark for readers of the catalogue.
    pub note: String,
    /// Where the row stands.
    pub at: At,
}

impl UserAgent {
    /// True if this user agent carries the marker.
    pub fn matches(&self, user_agent: &str) -> bool {
        match self.mode {
            AgentMatch::Prefix => user_agent.starts_with(&self.substring),
            AgentMatch::Contains => user_agent.contains(&self.substring),
            AgentMatch::Token => user_agent.match_indices(&self.substring).any(|(start, hit)| {
                let before = user_agent.get(..start).and_then(|s| s.chars().next_back());
                let after = user_agent.get(start + hit.len()..).and_then(|s| s.chars().next());
                ![before, after].iter().flatten().any(|c| c.is_alphanumeric())
            }),
        }
    }
}

impl Record for UserAgent {
    const FILE: &'static str = "user_agents.tsv";
    const COLUMNS: &'static [Column] = &[
        col("substring"),
        col("match"),
        col("kind"),
        col("actor"),
        col("severity"),
        col("note"),
        alias("verified_by", &["evidence"]),
    ];

    fn id(row: &Row<'_, '_>) -> String {
        row.get("substring").to_owned()
    }

    fn read(cells: &mut Reader<'_, '_, '_>) -> Option<Self> {
        let substring = cells.required("substring");
        let mode = cells.word_or("match", AgentMatch::Contains);
        let kind = cells.required("kind");
        let actor = cells.word("actor");
        let severity = match cells.text("severity") {
            "0" => Some(0),
            _ => cells.severity(),
        };
        Some(UserAgent {
            substring: substring?.to_owned(),
            mode: mode?,
            kind: kind?.to_owned(),
            actor: actor?,
            severity: severity?,
            note: cells.text("note").to_owned(),
            at: cells.row.at.clone(),
        })
    }
}
