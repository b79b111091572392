//! The fields that identity markers and conditions of the catalogue look at.

use std::borrow::Cow;
use vires_event::{Activity, Text};
use vires_source::json::{Type, Value};

/// What a record says in the field of an identity marker: a decoded one (`@name`, `@session`, `@user_agent`, `@ip`, `@id`,
/// `@credential`) or the member of the record at a dotted path. `None` if it says nothing there.
pub fn field<'a>(name: &str, activity: &Activity<'a>, record: Option<Value<'a>>) -> Option<Text<'a>> {
    Field::new(name).fetch(activity, record)
}

/// Where a text stands that a row of the catalogue looks at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Field {
    Name,
    Session,
    UserAgent,
    Ip,
    Id,
    Credential,
    Path(String),
}

impl Field {
    /// What the field's text depends on: the top-level member that its path begins with, or itself.
    pub(crate) fn part(&self) -> Field {
        match self {
            Field::Path(path) => Field::Path(path.split(['.', '[']).next().unwrap_or_default().to_owned()),
            decoded => decoded.clone(),
        }
    }

    pub(crate) fn is_member(&self, name: &str) -> bool {
        matches!(self, Field::Path(path) if path.len() == name.len() && path == name)
    }

    pub(crate) fn new(text: &str) -> Self {
        match text {
            "@name" => Field::Name,
            "@session" => Field::Session,
            "@user_agent" => Field::UserAgent,
            "@ip" => Field::Ip,
            "@id" => Field::Id,
            "@credential" => Field::Credential,
            path => Field::Path(path.to_owned()),
        }
    }

    pub(crate) fn fetch<'a>(&self, activity: &Activity<'a>, record: Option<Value<'a>>) -> Option<Text<'a>> {
        match self {
            Field::Name => activity.identity.as_ref().map(|i| i.name.clone()),
            Field::Session => activity.session.as_ref().map(|s| s.name.clone()),
            Field::UserAgent => activity.origin.user_agent.clone(),
            Field::Ip => activity.origin.ip.clone(),
            Field::Id => activity.identity.as_ref().map(|i| i.id.clone()),
            Field::Credential => activity.credential.as_ref().and_then(|c| c.id.clone()),
            Field::Path(path) => said(member(record?, path)?),
        }
    }
}

/// The member at a dotted path; `[]` or `[0]` is an array's first item. Keys may hold dots themselves
/// (`authentication.kubernetes.io/pod-name`): the shortest that leads to something is taken.
pub(crate) fn member<'a>(value: Value<'a>, path: &str) -> Option<Value<'a>> {
    let deeper = || {
        path.match_indices('.').find_map(|(dot, _)| step(value, &path[..dot]).and_then(|next| member(next, &path[dot + 1..])))
    };
    deeper().or_else(|| step(value, path))
}

fn step<'a>(value: Value<'a>, segment: &str) -> Option<Value<'a>> {
    match segment.strip_suffix("[]").or_else(|| segment.strip_suffix("[0]")) {
        Some("") => value.items().next(),
        Some(name) => value.get(name)?.items().next(),
        None => value.get(segment),
    }
}

/// A scalar's text, the raw JSON of anything else; `None` for null.
pub(crate) fn said(value: Value<'_>) -> Option<Cow<'_, str>> {
    match value.kind() {
        Type::Null => None,
        Type::String => value.str(),
        _ => Some(Cow::Borrowed(value.raw())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use vires_source::json::Tape;

    #[test]
    fn finds_members_whose_keys_hold_dots() {
        let mut tape = Tape::default();
        let v =
            tape.parse(r#"{"user":{"extra":{"a.b.io/pod-name":["p"]},"groups":["g"]},"a.b":1,"a":{"b":2},"e":[]}"#).unwrap();
        for (path, want) in [
            ("user.extra.a.b.io/pod-name.[]", Some("\"p\"")),
            ("user.groups[].x", None),
            ("user.groups", Some("[\"g\"]")),
            ("a.b", Some("2")),
            ("e.[]", None),
            ("nothing", None),
        ] {
            assert_eq!(member(v, path).map(|v| v.raw()), want, "{path}");
        }
    }
}
