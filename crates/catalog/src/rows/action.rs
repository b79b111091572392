use crate::condition::Condition;
use crate::key;
use crate::load::{Reader, Record, UNCONFIRMED, from_memory};
use crate::platform::Platform;
use crate::table::{At, Column, Row, alias, col};
use crate::word::{Word, words};
use vires_event::{Boundary, Class};

words! {
    /// Whether a platform writes an action to its audit log without being told to.
    Logged, "logged" {
        /// Always written.
        Default = "default",
        /// Written once somebody has switched the log on (data events).
        Optional = "optional",
        /// Depends on the audit policy.
        Policy = "policy",
    }
}

/// An action that matters.
#[derive(Debug, Clone, PartialEq)]
pub struct ActionRow {
    /// The action in the contract's spelling and the vendor's case: `secretsmanager:GetSecretValue`, `vault:read secret/data/*`.
    pub id: String,
    /// Whose action it is.
    pub platform: Platform,
    /// The service as the source names it (`secretsmanager.amazonaws.com`), empty where the platform has only one.
    pub service: String,
    /// The action as the source names it.
    pub action: String,
    /// The id in lower case, normalised: what look-ups compare.
    pub key: String,
    /// Further keys under which the same request is logged.
    pub aliases: Vec<String>,
    /// What sort of danger.
    pub class: Class,
    /// The boundary it can cross.
    pub boundary: Option<Boundary>,
    /// 1–5, before [`ActionRow::raise_if`].
    pub severity: u8,
    /// ATT&CK technique ids, v18. See [`crate::Catalog::technique_v19`].
    pub attack: Vec<String>,
    /// Whether it is logged without configuration.
    pub logged: Logged,
    /// What raises the severity by one. See [`crate::Catalog::severity`].
    pub raise_if: Option<Condition>,
    /// Number of public incidents in which it was seen.
    pub incidents: u32,
    /// Who confirmed the fact; `memory` = nobody yet, and the severity is capped at 3.
    pub verified_by: String,
    /// Where the row stands.
    pub at: At,
}

impl ActionRow {
    /// The severity when [`ActionRow::raise_if`] holds: one higher, at most 5, at most 3 for an unconfirmed row.
    pub fn raised(&self) -> u8 {
        let cap = if from_memory(&self.verified_by) { UNCONFIRMED } else { 5 };
        (self.severity + 1).min(cap).max(self.severity)
    }
}

impl Record for ActionRow {
    const FILE: &'static str = "sensitive_actions.tsv";
    const COLUMNS: &'static [Column] = &[
        col("platform"),
        col("service"),
        col("action"),
        col("aliases"),
        col("class"),
        col("boundary"),
        col("severity"),
        alias("attack", &["mitre_v18"]),
        col("logged"),
        col("raise_if"),
        alias("incidents", &["wild_incidents"]),
        col("verified_by"),
    ];
    const IGNORED: &'static [&'static str] = &["match_field", "public_sources", "note"];

    fn id(row: &Row<'_, '_>) -> String {
        match Platform::read(row.get("platform")) {
            Some(platform) => key::fold(&key::canonical(platform, row.get("service"), row.get("action"))),
            None => format!("{}:{}:{}", row.get("platform"), row.get("service"), row.get("action")),
        }
    }

    fn read(cells: &mut Reader<'_, '_, '_>) -> Option<Self> {
        let platform: Option<Platform> = cells.word("platform");
        let action = cells.required("action");
        let class = cells.word("class");
        let boundary = cells.word_or_none("boundary");
        let severity = cells.severity();
        let logged = cells.word_or("logged", Logged::Default);
        let incidents = cells.number("incidents", 0, u32::MAX, Some(0));
        let raise_if = match cells.text("raise_if") {
            "" => Some(None),
            text => match Condition::parse(text) {
                Ok(condition) => Some(Some(condition)),
                Err(e) => {
                    cells.refuse(format!("`raise_if`: {}", e.message), e.remedy.to_owned());
                    None
                }
            },
        };
        let (platform, action) = (platform?, action?);
        let service = cells.text("service");
        let id = key::canonical(platform, service, action);
        let key = key::fold(&id);
        let aliases = cells.list("aliases", ';').iter().map(|a| key::fold(&key::canonical(platform, service, a))).collect();
        Some(ActionRow {
            id,
            platform,
            service: service.to_owned(),
            action: action.to_owned(),
            key,
            aliases,
            class: class?,
            boundary: boundary?,
            severity: severity?,
            attack: cells.list("attack", ';'),
            logged: logged?,
            raise_if: raise_if?,
            incidents: incidents?,
            verified_by: cells.text("verified_by").to_owned(),
            at: cells.row.at.clone(),
        })
    }
}
