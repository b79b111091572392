use super::{Day, Name, bounded};
use crate::observation::{Observation, credential_hash};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use vires_event::Link;

/// Most issued credentials that are remembered; beyond it the oldest go.
const MAX_ISSUED: usize = 200_000;
/// Most aliases that are remembered.
const MAX_ALIASES: usize = 100_000;

/// A credential that one identity issued and another, or the same, uses.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Issue {
    /// The day it was issued.
    pub day: Day,
    /// Canonical id of the identity that issued it.
    pub by: Name,
    /// Canonical id of the identity it acts as, where the record said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<Name>,
    /// True for session keys, which are of use for a day or so.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub brief: bool,
}

/// Which records belong together: issued credentials and sessions with who is behind them, and names of one identity.
///
/// A session's key leads to the role and to whoever assumed it, a new access key to its user and its creator, a token issued to
/// a Kubernetes service account to the cloud role it then becomes, an object id to its application.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(try_from = "Stored", into = "Stored")]
pub struct Stitches {
    /// By [`credential_hash`].
    issued: BTreeMap<u64, Issue>,
    /// Name → a name that stands for it, always the smaller in alphabetical order.
    aliases: BTreeMap<Name, Name>,
}

/// The file form, the same for the same knowledge: session keys that have run out are left out, each name points at its root.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    issued: BTreeMap<String, Issue>,
    aliases: BTreeMap<Name, Name>,
}

/// Days after which a session key is worth nothing.
const BRIEF_DAYS: Day = 2;

impl From<Stitches> for Stored {
    fn from(s: Stitches) -> Stored {
        let last = s.issued.values().map(|i| i.day).max().unwrap_or(0);
        let live = s.issued.iter().filter(|(_, i)| !i.brief || i.day.saturating_add(BRIEF_DAYS) >= last);
        Stored {
            issued: live.map(|(hash, issue)| (format!("{hash:016x}"), issue.clone())).collect(),
            aliases: s.aliases.keys().map(|name| (name.clone(), s.root(name))).collect(),
        }
    }
}

impl TryFrom<Stored> for Stitches {
    type Error = String;
    fn try_from(stored: Stored) -> Result<Stitches, String> {
        let mut issued = BTreeMap::new();
        for (hash, issue) in stored.issued {
            let hash = u64::from_str_radix(&hash, 16).map_err(|_| format!("credential hash `{hash}` is not hexadecimal"))?;
            issued.insert(hash, issue);
        }
        // A name that points at a greater one, or at itself, would let the walk to its root go round in circles.
        if let Some((name, _)) = stored.aliases.iter().find(|(name, root)| root >= name) {
            return Err(format!("alias `{name}` does not point at a smaller name"));
        }
        Ok(Stitches { issued, aliases: stored.aliases })
    }
}

impl PartialEq for Stitches {
    fn eq(&self, other: &Self) -> bool {
        Stored::from(self.clone()) == Stored::from(other.clone())
    }
}

impl Stitches {
    /// Remembers the links of a record.
    pub fn note(&mut self, o: &Observation<'_>) {
        for link in &o.links {
            match link {
                Link::Issued { credential, owner } => {
                    let issue = Issue {
                        day: o.day(),
                        by: (&*bounded(&o.identity)).into(),
                        owner: owner.as_deref().map(|id| (&*bounded(id)).into()),
                        brief: credential.starts_with("ASIA"),
                    };
                    self.put(credential_hash(credential), issue);
                }
                Link::Alias { id } => self.alias(&bounded(&o.identity), &bounded(id)),
                Link::Became { .. } | Link::RunsAs { .. } | Link::Serves { .. } | Link::Called { .. } => {}
            }
        }
    }

    fn put(&mut self, credential: u64, issue: Issue) {
        // The first issue counts; between two of one day the order of records must not.
        let known = self.issued.entry(credential).or_insert_with(|| issue.clone());
        if issue < *known {
            *known = issue;
        }
        if self.issued.len() > MAX_ISSUED {
            let mut days: Vec<Day> = self.issued.values().map(|i| i.day).collect();
            days.sort_unstable();
            // Dropping a tenth at once keeps this rare.
            let oldest = days.get(MAX_ISSUED / 10).copied().unwrap_or(0);
            let (mut dropped, limit) = (0, MAX_ISSUED / 10);
            self.issued.retain(|_, i| {
                let drop = i.day <= oldest && dropped < limit;
                dropped += usize::from(drop);
                !drop
            });
        }
    }

    fn alias(&mut self, a: &str, b: &str) {
        let (a, b) = (self.root(a), self.root(b));
        if a != b && self.aliases.len() < MAX_ALIASES {
            let (low, high) = if a < b { (a, b) } else { (b, a) };
            self.aliases.insert(high, low);
        }
    }

    /// The one name that stands for all names of an identity. Entries form a forest whose roots are the smallest names.
    pub fn root(&self, id: &str) -> Name {
        let mut id = self.aliases.get(id).cloned().unwrap_or_else(|| id.into());
        while let Some(next) = self.aliases.get(&id) {
            id = next.clone();
        }
        id
    }

    /// True if the name has another that stands for it.
    pub fn is_alias(&self, id: &str) -> bool {
        self.aliases.contains_key(id)
    }

    /// All names an identity is also known by, given its root.
    pub fn names_of<'a>(&'a self, root: &'a str) -> impl Iterator<Item = &'a Name> {
        self.aliases.keys().filter(move |name| &*self.root(name) == root)
    }

    /// All identities that are known by several names, each with all of them.
    pub fn families(&self) -> impl Iterator<Item = Vec<Name>> {
        let mut families: BTreeMap<Name, Vec<Name>> = BTreeMap::new();
        for name in self.aliases.keys() {
            let root = self.root(name);
            families.entry(root.clone()).or_insert_with(|| vec![root]).push(name.clone());
        }
        families.into_values()
    }

    /// Who issued a credential, and for whom.
    pub fn issue(&self, credential: u64) -> Option<&Issue> {
        self.issued.get(&credential)
    }

    /// How many issued credentials are remembered.
    pub fn len(&self) -> usize {
        self.issued.len()
    }

    /// True if there is nothing to join.
    pub fn is_empty(&self) -> bool {
        self.issued.is_empty() && self.aliases.is_empty()
    }

    /// Adds what other records told.
    pub fn merge(&mut self, other: &Stitches) {
        for (credential, issue) in &other.issued {
            self.put(*credential, issue.clone());
        }
        for (a, b) in &other.aliases {
            self.alias(a, b);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn aliases(pairs: &[(&str, &str)]) -> Stitches {
        let mut s = Stitches::default();
        for (a, b) in pairs {
            s.alias(a, b);
        }
        s
    }

    #[test]
    fn the_order_of_aliases_leaves_no_trace() {
        let a = aliases(&[("d", "c"), ("b", "a"), ("c", "b")]);
        let b = aliases(&[("a", "b"), ("b", "c"), ("c", "d"), ("d", "a")]);
        assert_eq!(a, b);
        assert_eq!(serde_json::to_string(&a).unwrap(), serde_json::to_string(&b).unwrap());
        assert_eq!((&*a.root("d"), &*a.root("zzz")), ("a", "zzz"));
        assert_eq!(a.names_of("a").map(|n| &**n).collect::<Vec<_>>(), ["b", "c", "d"]);
        assert_eq!(a.families().map(|names| names.join(" ")).collect::<Vec<_>>(), ["a b c d"]);
    }

    #[test]
    fn the_first_issue_counts_and_spent_sessions_are_not_kept() {
        let issue = |day, by: &str, brief| Issue { day, by: by.into(), owner: None, brief };
        let mut s = Stitches::default();
        for (key, i) in [
            (1, issue(9, "x", false)),
            (1, issue(7, "y", false)),
            (1, issue(7, "z", false)),
            (2, issue(6, "s", true)),
            (3, issue(9, "t", true)),
        ] {
            s.put(key, i);
        }
        assert_eq!(&*s.issue(1).unwrap().by, "y");
        let read: Stitches = serde_json::from_str(&serde_json::to_string(&s).unwrap()).unwrap();
        assert_eq!((read.issue(1).is_some(), read.issue(2).is_some(), read.issue(3).is_some()), (true, false, true));
        assert_eq!(read, s);
    }

    #[test]
    fn a_circle_of_aliases_is_refused() {
        for text in [
            r#"{"issued":{},"aliases":{"a":"b","b":"a"}}"#,
            r#"{"issued":{},"aliases":{"a":"a"}}"#,
            r#"{"issued":{"x":{"day":1,"by":"b"}},"aliases":{}}"#,
        ] {
            assert!(serde_json::from_str::<Stitches>(text).is_err(), "{text}");
        }
    }
}
