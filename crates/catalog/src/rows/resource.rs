use crate::load::{Reader, Record};
use crate::table::{At, Column, Row, alias, col};
use crate::word::words;

words! {
    /// How a resource marker is compared, in any letter case and only inside resource fields.
    MarkerMode, "mode" {
        /// Between characters that are neither letters nor digits: `prod` in `db-prod-1`, not in `product`.
        Token = "token",
        /// Bounded like a token, where the marker itself brings the separators: `/secret` in `a/secret/b`, not in `a/secretary`.
        Path = "path",
        /// At the end of a name or before its version or query: `.env` in `app/.env`, not in `.environment`.
        Suffix = "suffix",
        /// Anywhere.
        Substr = "substr",
    }
}

/// A name of something worth protecting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResourceMarker {
    /// The text, as it is reported.
    pub marker: String,
    /// What sort of target: `secret_store`, `personal_data`, `control_plane` ….
    pub category: String,
    /// 1–5.
    pub severity: u8,
    /// Class of the data behind such a name: 0 public · 1 internal · 2 confidential · 3 restricted.
    pub data_class: u8,
    /// How the marker is compared.
    pub mode: MarkerMode,
    /// A remark for readers of the catalogue.
    pub note: String,
    /// Where the row stands.
    pub at: At,
}

impl Record for ResourceMarker {
    const FILE: &'static str = "resource_markers.tsv";
    const COLUMNS: &'static [Column] = &[
        col("marker"),
        col("category"),
        col("severity"),
        col("data_class"),
        alias("mode", &["recommended_mode"]),
        alias("fp_risk", &["fp_risk_plain_substring"]),
        col("note"),
    ];
    const IGNORED: &'static [&'static str] = &[
        "hits_substr_line",
        "hits_token_line",
        "hits_substr_resfields",
        "hits_token_resfields",
        "invictus2900(sl/tl/sr/tr)",
        "panther3003(sl/tl/sr/tr)",
    ];

    fn id(row: &Row<'_, '_>) -> String {
        row.get("marker").to_owned()
    }

    fn read(cells: &mut Reader<'_, '_, '_>) -> Option<Self> {
        let marker = cells.required("marker");
        let category = cells.required("category");
        let severity = cells.severity();
        let data_class = cells.number("data_class", 0, 3, Some(1));
        let mode = cells.word_or("mode", MarkerMode::Token);
        Some(ResourceMarker {
            marker: marker?.to_owned(),
            category: category?.to_owned(),
            severity: severity?,
            data_class: data_class? as u8,
            mode: mode?,
            note: cells.text("note").to_owned(),
            at: cells.row.at.clone(),
        })
    }
}
