//! Workloads that were gathered from elsewhere, for a person to check before they become an inventory.

use crate::inventory::{Principal, Workload, forms};
use rustc_hash::FxHashMap;

/// A workload as another system describes it.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    /// What is known of it.
    pub workload: Workload,
    /// Where that comes from and what to check: written as comments above the entry.
    pub notes: Vec<String>,
}

impl Draft {
    /// A draft that says where it comes from.
    pub fn new(id: impl Into<String>, source: impl Into<String>) -> Self {
        Draft { workload: Workload::new(id), notes: vec![source.into()] }
    }

    /// Adds a remark, once.
    pub fn note(&mut self, note: impl Into<String>) {
        let note = note.into();
        if !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }

    /// Adds an identity, unless it is listed already.
    pub fn principal(&mut self, text: &str) {
        let text = text.trim();
        if !text.is_empty() && !self.workload.principals.iter().any(|p| p.text.eq_ignore_ascii_case(text)) {
            self.workload.principals.push(Principal { text: text.into(), line: 0 });
        }
    }

    /// Takes over what `other` knows and this draft does not; says where the two differ.
    fn merge(&mut self, other: Draft) {
        let mut differing = Vec::new();
        let (own, their) = (&mut self.workload, other.workload);
        fn fill<T: PartialEq>(own: &mut Option<T>, their: Option<T>, what: &'static str, differing: &mut Vec<&'static str>) {
            match (own.as_ref(), their) {
                (None, their) => *own = their,
                (Some(own), Some(their)) if *own != their => differing.push(what),
                _ => {}
            }
        }
        fill(&mut own.owner, their.owner, "owner", &mut differing);
        fill(&mut own.purpose, their.purpose, "purpose", &mut differing);
        fill(&mut own.kind, their.kind, "kind", &mut differing);
        fill(&mut own.peer_group, their.peer_group, "peer_group", &mut differing);
        fill(&mut own.env, their.env, "env", &mut differing);
        fill(&mut own.expect.schedule, their.expect.schedule, "schedule", &mut differing);
        fill(&mut own.expect.max_cred_age, their.expect.max_cred_age, "max_cred_age", &mut differing);
        fill(&mut own.expect.allow_interactive, their.expect.allow_interactive, "allow_interactive", &mut differing);
        own.status = own.status.max(their.status);
        own.privileged |= their.privileged;
        own.shared |= their.shared;
        own.agentic |= their.agentic;
        for principal in their.principals {
            self.principal(&principal.text);
        }
        for note in other.notes {
            self.note(note);
        }
        for what in differing {
            self.note(format!("check: the sources differ on {what}; the first is kept"));
        }
    }
}

/// Brings drafts into an order that does not depend on the sources, one for each id, and leaves each identity with one of them: what
/// [`crate::write::drafts`] writes of the result loads. What has no name is no workload, and left out: see [`nameless`].
pub fn tidy(drafts: Vec<Draft>) -> Vec<Draft> {
    let mut by_id: FxHashMap<String, usize> = FxHashMap::default();
    let mut out: Vec<Draft> = Vec::new();
    for mut draft in drafts {
        draft.workload.id = draft.workload.id.trim().to_owned();
        if draft.workload.id.is_empty() {
            continue;
        }
        let key = draft.workload.id.to_ascii_lowercase();
        match by_id.get(&key).and_then(|at| out.get_mut(*at)) {
            Some(known) => known.merge(draft),
            None => {
                by_id.insert(key, out.len());
                out.push(draft);
            }
        }
    }
    out.sort_by(|a, b| a.workload.id.cmp(&b.workload.id));
    let mut claimed: FxHashMap<String, String> = FxHashMap::default();
    for draft in &mut out {
        let id = draft.workload.id.clone();
        for principal in std::mem::take(&mut draft.workload.principals) {
            let forms = forms(&principal.text);
            match forms.iter().find_map(|form| claimed.get(form).filter(|owner| **owner != id)).cloned() {
                Some(owner) => {
                    draft.note(format!("check: `{}` is listed under `{owner}` as well and left there", principal.text))
                }
                None => {
                    claimed.extend(forms.into_iter().map(|form| (form, id.clone())));
                    draft.workload.principals.push(principal);
                }
            }
        }
    }
    out
}

/// Where the drafts come from that [`tidy`] leaves out for want of a name.
pub fn nameless(drafts: &[Draft]) -> Vec<String> {
    let unnamed = drafts.iter().filter(|draft| draft.workload.id.trim().is_empty());
    unnamed.map(|draft| draft.notes.first().cloned().unwrap_or_default()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inventory::{Owner, Status};

    #[test]
    fn names_are_trimmed_and_what_has_none_is_left_out() {
        let drafts = vec![Draft::new(" b\t", "x, entry 1"), Draft::new("  ", "x, entry 2"), Draft::new("b", "x, entry 3")];
        assert_eq!(nameless(&drafts), ["x, entry 2"]);
        let tidied = tidy(drafts);
        assert_eq!(tidied.len(), 1);
        assert_eq!((tidied[0].workload.id.as_str(), tidied[0].notes.len()), ("b", 2));
    }

    #[test]
    fn drafts_of_one_workload_become_one() {
        let mut a = Draft::new("b", "from x");
        a.principal("aws:role/1/b");
        a.workload.purpose = Some("one".into());
        let mut b = Draft::new("B", "from y");
        b.principal("AWS:role/1/b");
        b.principal("k8s:-:n:b");
        b.workload.purpose = Some("two".into());
        b.workload.owner = Some(Owner { team: "t".into(), contact: None, expires: None });
        b.workload.status = Status::Deprecated;
        let mut c = Draft::new("c", "from x");
        c.principal("arn:aws:iam::1:role/p/b");
        c.principal("k8s:-:n:c");
        let tidied = tidy(vec![c, a, b]);
        assert_eq!(tidied.iter().map(|d| d.workload.id.as_str()).collect::<Vec<_>>(), ["b", "c"]);
        let (b, c) = (&tidied[0], &tidied[1]);
        assert_eq!(b.workload.principals.iter().map(|p| p.text.as_str()).collect::<Vec<_>>(), ["aws:role/1/b", "k8s:-:n:b"]);
        assert_eq!((b.workload.purpose.as_deref(), b.workload.status), (Some("one"), Status::Deprecated));
        assert!(b.workload.owner.is_some());
        assert_eq!(b.notes, ["from x", "from y", "check: the sources differ on purpose; the first is kept"]);
        assert_eq!(c.workload.principals.iter().map(|p| p.text.as_str()).collect::<Vec<_>>(), ["k8s:-:n:c"]);
        assert_eq!(c.notes[1], "check: `arn:aws:iam::1:role/p/b` is listed under `b` as well and left there");
    }
}
