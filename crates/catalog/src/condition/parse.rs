use super::{Check, Condition, Test};
use crate::platform::Platform;
use crate::table::clip;
use crate::word::Word;

/// Why a `raise_if` could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}; {remedy}")]
pub struct ConditionError {
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub remedy: &'static str,
}

const FORMS: &str = "write `path = value`, `path ~ text`, `path ^ prefix`, `path in (a,b)`, `path in roles.sev5`, `path exists` or \
                     `path empty`, joined by AND or OR";

fn wrong(message: String) -> ConditionError {
    ConditionError { message, remedy: FORMS }
}

impl Condition {
    /// Reads a condition; see the module's grammar.
    pub fn parse(text: &str) -> Result<Condition, ConditionError> {
        let any = text
            .split(" OR ")
            .map(|all| all.split(" AND ").map(test).collect::<Result<Vec<_>, _>>())
            .collect::<Result<Vec<_>, _>>()?;
        Ok(Condition { any })
    }
}

fn test(text: &str) -> Result<Test, ConditionError> {
    let text = text.trim();
    if let Some(rest) = text.strip_prefix("account(") {
        return accounts(text, rest);
    }
    for (word, check) in [(" exists", Check::Exists), (" empty", Check::Empty)] {
        if let Some(path) = text.strip_suffix(word) {
            return Ok(Test { path: read_path(path)?, check });
        }
    }
    let at = text.find(['=', '!', '~', '^']).unwrap_or(text.len());
    if let Some(at) = text.find(" in ").filter(|i| *i < at) {
        let (path, set) = text.split_at(at);
        return Ok(Test { path: read_path(path)?, check: read_set(set.trim_start_matches(" in ").trim())? });
    }
    let (path, rest) = text.split_at(at);
    let operator = ["!=", "!~", "=", "~", "^"].into_iter().find(|op| rest.starts_with(op));
    let Some(operator) = operator else { return Err(wrong(format!("no test in `{}`", clip(text)))) };
    let value = rest[operator.len()..].trim();
    if value.is_empty() {
        return Err(wrong(format!("no value behind `{operator}` in `{}`", clip(text))));
    }
    let other = value.strip_prefix('$').map(read_path).transpose()?;
    let check = match (operator, other) {
        ("=", None) => Check::Is(value.to_owned()),
        ("!=", None) => Check::IsNot(value.to_owned()),
        ("=", Some(other)) => Check::Same(other),
        ("!=", Some(other)) => Check::Differs(other),
        (_, Some(_)) => return Err(wrong(format!("`$` goes with = and != only, in `{}`", clip(text)))),
        ("~", None) => Check::Holds(squeeze(value)),
        ("!~", None) => Check::HoldsNot(squeeze(value)),
        (_, None) => Check::Starts(value.to_owned()),
    };
    Ok(Test { path: read_path(path)?, check })
}

/// `account(path) != account(path)`, behind the first `account(`.
fn accounts(text: &str, rest: &str) -> Result<Test, ConditionError> {
    let parts = rest.split_once(')').and_then(|(left, rest)| {
        let rest = rest.trim_start();
        let (differ, rest) = match rest.strip_prefix("!=") {
            Some(rest) => (true, rest),
            None => (false, rest.strip_prefix('=')?),
        };
        let right = rest.trim().strip_prefix("account(")?.strip_suffix(')')?;
        Some((left, differ, right))
    });
    let Some((left, differ, right)) = parts else {
        return Err(wrong(format!("`{}` is no comparison of accounts", clip(text))));
    };
    let right = read_path(right)?;
    let check = if differ { Check::OtherAccount(right) } else { Check::SameAccount(right) };
    Ok(Test { path: read_path(left)?, check })
}

fn read_set(set: &str) -> Result<Check, ConditionError> {
    if let Some(roles) = set.strip_prefix("roles.") {
        let (platform, level) = match roles.split_once('.') {
            Some((platform, level)) => (Some(platform), level),
            None => (None, roles),
        };
        let platform = match platform {
            Some(name) => Some(Platform::read(name).ok_or_else(|| wrong(format!("unknown platform `{}`", clip(name))))?),
            None => None,
        };
        let severity = level.strip_prefix("sev").and_then(|n| n.parse().ok()).filter(|n| (1..=5).contains(n));
        let Some(severity) = severity else { return Err(wrong(format!("`{}` is no set of roles", clip(set)))) };
        return Ok(Check::Role { platform, severity });
    }
    let values = set.strip_prefix('(').and_then(|s| s.strip_suffix(')'));
    let Some(values) = values else { return Err(wrong(format!("`{}` is no list", clip(set)))) };
    let values: Vec<String> = values.split(',').map(str::trim).filter(|v| !v.is_empty()).map(str::to_owned).collect();
    if values.is_empty() { Err(wrong("the list is empty".to_owned())) } else { Ok(Check::In(values)) }
}

fn read_path(text: &str) -> Result<Vec<String>, ConditionError> {
    let text = text.trim();
    let path: Vec<String> = text.split('|').map(|p| p.trim().to_owned()).collect();
    let bad = |p: &String| p.is_empty() || p.contains([' ', '(', ')', '"', '$']) || p.starts_with('.') || p.ends_with('.');
    if path.iter().any(bad) { Err(wrong(format!("`{}` is no path", clip(text)))) } else { Ok(path) }
}

/// Lower case without white space, so that `"a": 1` and `"a":1` compare equal.
pub(super) fn squeeze(text: &str) -> String {
    text.chars().filter(|c| !c.is_ascii_whitespace()).map(|c| c.to_ascii_lowercase()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_what_is_wrong() {
        for (text, want) in [
            ("", "no test in ``"),
            ("a.b", "no test in `a.b`"),
            ("a.b =", "no value behind `=` in `a.b =`"),
            ("= x", "`` is no path"),
            ("a in b", "`b` is no list"),
            ("a in ()", "the list is empty"),
            ("a in roles.sev9", "`roles.sev9` is no set of roles"),
            ("a in roles.moon.sev5", "unknown platform `moon`"),
            ("a ~ $b", "`$` goes with = and != only, in `a ~ $b`"),
            ("account(a) > account(b)", "`account(a) > account(b)` is no comparison of accounts"),
            ("a = 1 AND ", "no test in ``"),
            ("a. exists", "`a.` is no path"),
        ] {
            assert_eq!(Condition::parse(text).unwrap_err().message, want, "{text}");
        }
    }
}
