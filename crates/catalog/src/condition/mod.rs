//! The little language of `raise_if`: what in a record makes an action worse than its class.
//!
//! ```text
//! condition  = all { " OR " all }
//! all        = test { " AND " test }
//! test       = path " exists" | path " empty"
//!            | path op value                      op is = != ~ !~ ^
//!            | path " in (" value { "," value } ")"
//!            | path " in roles." [ platform "." ] "sev" digit
//!            | "account(" path ") = account(" path ")"      or !=
//! path       = dotted path into the record; alternatives separated by |
//! value      = text up to the next " AND " or " OR "; `$path` means what the record says there (with = and != only)
//! ```
//!
//! `=` and `!=` compare texts in any letter case and hold only where the member exists; `~` and `!~` look for the value in the
//! member's text or raw JSON, in any letter case and whatever the spacing; `^` is a prefix. `in roles.sev5` holds if the member
//! names a role of that severity or higher in `sensitive_roles.tsv`.

mod eval;
mod parse;

pub use parse::ConditionError;

use crate::platform::Platform;

/// What raises an action's severity by one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    /// Alternatives of conjunctions.
    any: Vec<Vec<Test>>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Test {
    path: Vec<String>,
    check: Check,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Check {
    Exists,
    Empty,
    Is(String),
    IsNot(String),
    /// Without white space, in lower case.
    Holds(String),
    HoldsNot(String),
    Starts(String),
    In(Vec<String>),
    Same(Vec<String>),
    Differs(Vec<String>),
    SameAccount(Vec<String>),
    OtherAccount(Vec<String>),
    Role {
        platform: Option<Platform>,
        severity: u8,
    },
}
