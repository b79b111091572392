use super::parse::squeeze;
use super::{Check, Condition, Test};
use crate::platform::Platform;
use crate::rows::{RoleRow, says_nothing};
use std::borrow::Cow;

/// Text beyond this is not searched: a member of a log record, not a file.
const MAX: usize = 256 << 10;

/// Answers for a dotted path with a scalar's text or an object's or array's raw JSON.
type Get<'g, 'a> = &'g mut dyn FnMut(&str) -> Option<Cow<'a, str>>;

impl Condition {
    /// True if the record that `get` answers for meets the condition. `get` is asked for one dotted path at a time and gives a
    /// scalar's text or an object's or array's raw JSON, `None` where there is nothing; `roles` are [`crate::Catalog::roles`].
    pub fn eval<'a>(&self, roles: &[RoleRow], get: Get<'_, 'a>) -> bool {
        self.any.iter().any(|all| all.iter().all(|test| test.holds(roles, get)))
    }

    /// The first set of roles it names that no row is in: such a condition can never hold.
    pub(crate) fn role_set_without_rows(&self, roles: &[RoleRow]) -> Option<String> {
        self.any.iter().flatten().find_map(|test| match test.check {
            Check::Role { platform, severity } if !roles.iter().any(|r| in_set(r, platform, severity)) => {
                Some(format!("roles.{}sev{severity}", platform.map(|p| format!("{p}.")).unwrap_or_default()))
            }
            _ => None,
        })
    }
}

impl Test {
    fn holds(&self, roles: &[RoleRow], get: Get<'_, '_>) -> bool {
        let text = first(&self.path, get);
        let Some(text) = text else { return self.check == Check::Empty };
        match &self.check {
            Check::Exists => true,
            Check::Empty => false,
            Check::Is(value) => text.eq_ignore_ascii_case(value),
            Check::IsNot(value) => !text.eq_ignore_ascii_case(value),
            Check::Holds(value) => squeeze(clipped(&text)).contains(value),
            Check::HoldsNot(value) => !squeeze(clipped(&text)).contains(value),
            Check::Starts(value) => text.get(..value.len()).is_some_and(|head| head.eq_ignore_ascii_case(value)),
            Check::In(values) => values.iter().any(|v| text.eq_ignore_ascii_case(v)),
            Check::Same(other) => first(other, get).is_some_and(|o| o.eq_ignore_ascii_case(&text)),
            Check::Differs(other) => first(other, get).is_some_and(|o| !o.eq_ignore_ascii_case(&text)),
            Check::SameAccount(other) => accounts(&text, other, get).is_some_and(|(a, b)| a == b),
            Check::OtherAccount(other) => accounts(&text, other, get).is_some_and(|(a, b)| a != b),
            Check::Role { platform, severity } => {
                roles.iter().filter(|r| in_set(r, *platform, *severity)).any(|r| names(clipped(&text), &r.value))
            }
        }
    }
}

fn in_set(role: &RoleRow, platform: Option<Platform>, severity: u8) -> bool {
    role.severity >= severity && platform.is_none_or(|p| p == role.platform)
}

/// What the first alternative says that says anything.
fn first<'a>(paths: &[String], get: Get<'_, 'a>) -> Option<Cow<'a, str>> {
    paths.iter().find_map(|p| get(p).filter(|text| !says_nothing(text)))
}

fn accounts(text: &str, other: &[String], get: Get<'_, '_>) -> Option<(String, String)> {
    let other = first(other, get)?;
    Some((account(text)?.to_owned(), account(&other)?.to_owned()))
}

/// The 12-digit account in an ARN, or the text itself if it is one.
fn account(text: &str) -> Option<&str> {
    text.split(':').find(|part| part.len() == 12 && part.bytes().all(|b| b.is_ascii_digit()))
}

/// True if `value` stands in `text` between characters that cannot continue a name, in any letter case.
fn names(text: &str, value: &str) -> bool {
    let (hay, needle) = (text.as_bytes(), value.as_bytes());
    if needle.is_empty() || hay.len() < needle.len() {
        return false;
    }
    let continues = |b: Option<&u8>| b.is_some_and(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.'));
    (0..=hay.len() - needle.len()).any(|at| {
        hay[at..at + needle.len()].eq_ignore_ascii_case(needle)
            && !continues(at.checked_sub(1).and_then(|i| hay.get(i)))
            && !continues(hay.get(at + needle.len()))
    })
}

fn clipped(text: &str) -> &str {
    let mut end = text.len().min(MAX);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Catalog;

    fn record(path: &str) -> Option<Cow<'static, str>> {
        Some(Cow::Borrowed(match path {
            "user.name" => "alice",
            "user.same" => "Alice",
            "user.other" => "bob",
            "flag" => "true",
            "nothing" => "{}",
            "policy" => r#"{"Statement":[{"Effect":"Allow", "Principal" : "*"}]}"#,
            "arn" => "arn:aws:iam::123456789012:role/deployer",
            "account" => "111122223333",
            "own" => "123456789012",
            "role" => "/providers/Microsoft.Authorization/roleDefinitions/8E3AF657-a8ff-443c-a75c-2fe8c4bcb635",
            "reader" => "/providers/Microsoft.Authorization/roleDefinitions/acdd72a7-3385-48ef-bd42-f606fba81ae7",
            "name" => "system:node",
            _ => return None,
        }))
    }

    #[test]
    fn every_test_form() {
        let catalog = Catalog::builtin().unwrap();
        for (text, want) in [
            ("flag = true", true),
            ("flag=TRUE", true),
            ("flag = false", false),
            ("missing = true", false),
            ("flag != false", true),
            ("missing != false", false),
            ("policy ~ \"Principal\":\"*\"", true),
            ("policy~\"principal\": \"*\"", true),
            ("policy ~ Deny", false),
            ("policy !~ Deny", true),
            ("policy !~ Allow", false),
            ("missing !~ Deny", false),
            ("name ^ system:", true),
            ("name ^ kube", false),
            ("user.name in (carol, ALICE)", true),
            ("user.name in (carol)", false),
            ("user.name exists", true),
            ("missing exists", false),
            ("nothing exists", false),
            ("missing empty", true),
            ("nothing empty", true),
            ("user.name empty", false),
            ("user.name = $user.same", true),
            ("user.name != $user.other", true),
            ("user.name != $user.same", false),
            ("user.name != $missing", false),
            ("missing|user.other = bob", true),
            ("account(arn) != account(account)", true),
            ("account(arn) != account(own)", false),
            ("account(arn) = account(own)", true),
            ("account(user.name) != account(own)", false),
            ("role in roles.sev5", true),
            ("role in roles.azure.sev5", true),
            ("role in roles.gcp.sev5", false),
            ("reader in roles.azure.sev5", false),
            ("reader in roles.azure.sev2", true),
            ("flag = true AND name ^ kube", false),
            ("flag = false OR name ^ system:", true),
            ("flag = false OR name ^ system: AND missing exists", false),
        ] {
            let condition = Condition::parse(text).unwrap();
            assert_eq!(condition.eval(catalog.roles(), &mut record), want, "{text}");
        }
    }
}
