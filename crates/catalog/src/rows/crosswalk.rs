use crate::load::{Reader, Record};
use crate::table::{At, Column, Row, alias, col};

/// An ATT&CK id that changed from v18 to v19.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Crosswalk {
    /// The v18 id: a technique (`T1562.008`) or a tactic (`TA0005`).
    pub v18: String,
    /// The v19 ids. More than one where an entry was split.
    pub v19: Vec<String>,
    /// What the new entry means.
    pub meaning: String,
    /// Where the row stands.
    pub at: At,
}

impl Record for Crosswalk {
    const FILE: &'static str = "attack_v18_to_v19.tsv";
    const COLUMNS: &'static [Column] =
        &[alias("v18", &["v18_id"]), alias("v19", &["v19_id"]), col("meaning"), col("verified_by")];

    fn id(row: &Row<'_, '_>) -> String {
        row.get("v18").to_owned()
    }

    fn read(cells: &mut Reader<'_, '_, '_>) -> Option<Self> {
        let v18 = cells.required("v18");
        let v19 = cells.required("v19").map(|_| cells.list("v19", ';'));
        Some(Crosswalk { v18: v18?.to_owned(), v19: v19?, meaning: cells.text("meaning").to_owned(), at: cells.row.at.clone() })
    }
}
