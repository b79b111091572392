use crate::load::{Reader, Record};
use crate::pattern::Pattern;
use crate::table::{At, Column, Row, col};

/// A name pattern that tells how sensitive a target's data is.
#[derive(Debug, Clone)]
pub struct DataName {
    /// Stable name of the rule.
    pub id: String,
    /// Matched anywhere in a target's name (`s3:bucket/key`), in any letter case.
    pub pattern: Pattern,
    /// 0 public · 1 internal · 2 confidential · 3 restricted.
    pub data_class: u8,
    /// A remark for readers of the catalogue.
    pub note: String,
    /// Where the row stands.
    pub at: At,
}

impl Record for DataName {
    const FILE: &'static str = "data_names.tsv";
    const COLUMNS: &'static [Column] = &[col("id"), col("data_class"), col("regex"), col("note")];

    fn id(row: &Row<'_, '_>) -> String {
        row.get("id").to_owned()
    }

    fn read(cells: &mut Reader<'_, '_, '_>) -> Option<Self> {
        let id = cells.required("id");
        let data_class = cells.number("data_class", 0, 3, None);
        let regex = cells.required("regex");
        Some(DataName {
            id: id?.to_owned(),
            pattern: Pattern::ignoring_case(regex?),
            data_class: data_class? as u8,
            note: cells.text("note").to_owned(),
            at: cells.row.at.clone(),
        })
    }

    fn check(&self) -> Result<(), (String, String)> {
        self.pattern.check()
    }
}
