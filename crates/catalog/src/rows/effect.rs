use crate::load::{Reader, Record};
use crate::pattern::Pattern;
use crate::platform::Platform;
use crate::table::{At, Column, Row, col};
use vires_event::Effect;

/// A rule that tells what an action does. The rules of a platform are tried in file order and the first match wins; an
/// overlay's new rules come before the built-in ones.
#[derive(Debug, Clone)]
pub struct EffectRule {
    /// Stable name of the rule, unique.
    pub id: String,
    /// Whose actions it looks at; `None` (`*` in the file) = everybody's that no rule of their own platform matched.
    pub platform: Option<Platform>,
    /// What a matching action does.
    pub effect: Effect,
    /// Matched against the action's contract spelling, in any letter case; where more decides than the action, followed by a blank
    /// and that: Vault's path, a command line, what was done with a report.
    pub pattern: Pattern,
    /// Where the row stands.
    pub at: At,
}

impl Record for EffectRule {
    const FILE: &'static str = "effects.tsv";
    const COLUMNS: &'static [Column] = &[col("id"), col("platform"), col("effect"), col("regex"), col("note")];

    const ORDERED: bool = true;

    fn id(row: &Row<'_, '_>) -> String {
        row.get("id").to_owned()
    }

    fn read(cells: &mut Reader<'_, '_, '_>) -> Option<Self> {
        let id = cells.required("id");
        let platform = match cells.text("platform") {
            "*" => Some(None),
            _ => cells.word("platform").map(Some),
        };
        let effect = cells.word("effect");
        let regex = cells.required("regex");
        Some(EffectRule {
            id: id?.to_owned(),
            platform: platform?,
            effect: effect?,
            pattern: Pattern::ignoring_case(regex?),
            at: cells.row.at.clone(),
        })
    }

    fn check(&self) -> Result<(), (String, String)> {
        self.pattern.check()
    }
}
