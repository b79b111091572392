use crate::load::{Reader, Record};
use crate::platform::Platform;
use crate::table::{At, Column, Row, alias, col};

/// A policy, role, group or scope that grants much.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleRow {
    /// Whose it is.
    pub platform: Platform,
    /// What the value is: `policyArn`, `role`, `roleDefinitionId`, `scope` ….
    pub kind: String,
    /// The id or name as it stands in requests.
    pub value: String,
    /// A readable name, where the value is an id.
    pub name: String,
    /// What it grants: `full_admin`, `secret_read` ….
    pub grant: String,
    /// 1–5.
    pub severity: u8,
    /// Where the row stands.
    pub at: At,
}

impl Record for RoleRow {
    const FILE: &'static str = "sensitive_roles.tsv";
    const COLUMNS: &'static [Column] = &[
        col("platform"),
        col("kind"),
        col("value"),
        col("name"),
        alias("grant", &["grant_class"]),
        col("severity"),
        col("verified_by"),
    ];

    fn id(row: &Row<'_, '_>) -> String {
        format!("{}:{}:{}", row.get("platform"), row.get("kind"), row.get("value"))
    }

    fn read(cells: &mut Reader<'_, '_, '_>) -> Option<Self> {
        let platform = cells.word("platform");
        let kind = cells.required("kind");
        let value = cells.required("value");
        let grant = cells.required("grant");
        let severity = cells.severity();
        Some(RoleRow {
            platform: platform?,
            kind: kind?.to_owned(),
            value: value?.to_owned(),
            name: cells.text("name").to_owned(),
            grant: grant?.to_owned(),
            severity: severity?,
            at: cells.row.at.clone(),
        })
    }
}
