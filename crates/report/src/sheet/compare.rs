//! What is compared between two reviews, and whether a change is for the better.

use super::ChangeRow;

/// A table whose rows are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Compared {
    /// Its name.
    pub name: &'static str,
    /// Columns that say which row it is; the first one is the identity.
    keys: &'static [&'static str],
    /// Columns that say what it is about, for people.
    subject: &'static [&'static str],
    /// Columns whose change matters.
    values: &'static [&'static str],
    /// What it means when such a row is new.
    new: &'static str,
}

/// The tables, in the order in which changes are listed.
pub fn compared() -> &'static [Compared] {
    &[
        Compared {
            name: "identities",
            keys: &["identity_id"],
            subject: &["workload"],
            values: &[
                "owner",
                "mapping",
                "kind",
                "privileged",
                "shared",
                "privileges_expected",
                "escalations",
                "profile_drift",
            ],
            new: "neutral",
        },
        Compared {
            name: "findings",
            keys: &["identity_id", "finding_id"],
            subject: &["finding_id", "criterion"],
            values: &["verdict"],
            new: "worse",
        },
        Compared { name: "unmapped", keys: &["identity_id"], subject: &["missing"], values: &["mapping"], new: "worse" },
        Compared {
            name: "least_privilege",
            keys: &["identity_id", "issue", "subject", "scope"],
            subject: &["issue", "subject"],
            values: &[],
            new: "worse",
        },
        Compared {
            name: "profile_drift",
            keys: &["identity_id", "facet", "observed"],
            subject: &["facet", "observed"],
            values: &[],
            new: "worse",
        },
        Compared {
            name: "exceptions",
            keys: &["exception_id"],
            subject: &["identities"],
            values: &["status", "until", "approver"],
            new: "neutral",
        },
    ]
}

impl Compared {
    /// The columns of a row as [`Compared::changes`] takes it.
    pub fn columns(&self) -> impl Iterator<Item = &'static str> {
        self.keys.iter().chain(self.subject).chain(self.values).copied()
    }

    /// Which row it is: rows of equal keys are compared.
    pub fn key(&self, cells: &[String]) -> String {
        cells.get(..self.keys.len()).unwrap_or_default().join("\0")
    }

    /// What changed between two rows of one key, of which one may be missing.
    pub fn changes(&self, before: Option<&[String]>, after: Option<&[String]>) -> Vec<ChangeRow> {
        let Some(present) = after.or(before) else { return Vec::new() };
        let identity = present.first().cloned().unwrap_or_default();
        let named = present.iter().skip(self.keys.len()).take(self.subject.len());
        let subject: Vec<&str> = named.map(String::as_str).filter(|text| !text.is_empty()).collect();
        let change = |what: &str, subject: String, before: &str, after: &str, direction: &str| ChangeRow {
            table: self.name.into(),
            change: what.into(),
            identity_id: identity.clone(),
            subject,
            before: before.into(),
            after: after.into(),
            direction: direction.into(),
        };
        let value =
            |cells: &[String], n: usize| cells.get(self.keys.len() + self.subject.len() + n).cloned().unwrap_or_default();
        match (before, after) {
            (Some(before), Some(after)) => {
                let changed = (0..).zip(self.values).map(|(n, name)| (name, value(before, n), value(after, n)));
                changed
                    // What one of the reviews did not know has not changed; an owner that is not known is none.
                    .filter(|(name, before, after)| {
                        before != after && (**name == "owner" || !(before.is_empty() || after.is_empty()))
                    })
                    .map(|(name, before, after)| {
                        change("changed", (*name).to_owned(), &before, &after, direction(name, &before, &after))
                    })
                    .collect()
            }
            (None, Some(after)) => vec![change("new", subject.join(": "), "", &value(after, 0), self.new)],
            (Some(before), None) => {
                let better = if self.new == "worse" { "better" } else { "neutral" };
                vec![change("gone", subject.join(": "), &value(before, 0), "", better)]
            }
            (None, None) => Vec::new(),
        }
    }
}

/// Whether a changed value is for the better.
fn direction(column: &str, before: &str, after: &str) -> &'static str {
    let order: &[&str] = match column {
        "verdict" => &["watch", "cannot_judge", "escalate", "page"],
        "mapping" => &["mapped", "no_profile", "no_owner", "no_workload", "ghost"],
        "profile_drift" | "shared" => &["false", "true"],
        "owner" => {
            return match (before.is_empty(), after.is_empty()) {
                (true, false) => "better",
                (false, true) => "worse",
                _ => "neutral",
            };
        }
        "escalations" => {
            let number = |text: &str| text.parse::<u64>().unwrap_or(0);
            return match number(after).cmp(&number(before)) {
                std::cmp::Ordering::Less => "better",
                std::cmp::Ordering::Greater => "worse",
                std::cmp::Ordering::Equal => "neutral",
            };
        }
        _ => return "neutral",
    };
    let place = |word: &str| order.iter().position(|known| *known == word);
    match (place(before), place(after)) {
        (Some(before), Some(after)) if after > before => "worse",
        (Some(before), Some(after)) if after < before => "better",
        _ => "neutral",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sheet::SHEETS;

    #[test]
    fn columns_exist() {
        for table in compared() {
            let sheet = SHEETS.iter().find(|sheet| sheet.name == table.name).unwrap();
            for column in table.columns() {
                assert!(sheet.headings.iter().any(|heading| heading.name == column), "{} {column}", table.name);
            }
        }
    }

    #[test]
    fn changes_have_a_direction() {
        let find = |name: &str| compared().iter().find(|t| t.name == name).unwrap();
        let cells = |texts: &[&str]| texts.iter().map(|t| (*t).to_owned()).collect::<Vec<_>>();
        let findings = find("findings");
        let old = cells(&["id", "case-1", "case-1", "origin", "escalate"]);
        let new = cells(&["id", "case-1", "case-1", "origin", "page"]);
        let told = |before: Option<&[String]>, after: Option<&[String]>| {
            let rows = findings.changes(before, after);
            rows.iter()
                .map(|r| format!("{} {} {}>{} {}", r.change, r.subject, r.before, r.after, r.direction))
                .collect::<Vec<_>>()
        };
        assert_eq!(told(Some(&old), Some(&new)), ["changed verdict escalate>page worse"]);
        assert_eq!(told(None, Some(&new)), ["new case-1: origin >page worse"]);
        assert_eq!(told(Some(&old), None), ["gone case-1: origin escalate> better"]);
        assert!(told(Some(&old), Some(&old)).is_empty() && told(None, None).is_empty());
        for (column, before, after, expected) in [
            ("owner", "", "payments", "better"),
            ("owner", "payments", "", "worse"),
            ("owner", "payments", "data", "neutral"),
            ("mapping", "ghost", "no_owner", "better"),
            ("mapping", "mapped", "no_owner", "worse"),
            ("escalations", "9", "10", "worse"),
            ("profile_drift", "true", "false", "better"),
            ("kind", "role", "token", "neutral"),
        ] {
            assert_eq!(direction(column, before, after), expected, "{column} {before} {after}");
        }
    }
}
