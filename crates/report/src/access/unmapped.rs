//! Identities that nobody can judge: what is missing, how urgent it is, and whom to ask first.

use super::{Estate, Subject, count, names};
use crate::sheet::{Time, UnmappedRow};
use std::collections::BTreeMap;
use vires_event::{Kind, Millis};
use vires_profile::Inventory;
use vires_profile::observation::Mapping;

/// Who owns what lies nearby.
#[derive(Debug, Default)]
pub struct Owners {
    /// Owners by what identities have in common; the number says of how many workloads.
    by_trait: BTreeMap<(&'static str, String), BTreeMap<String, usize>>,
}

impl Owners {
    /// The owners whose term has not run out.
    pub fn of(inventory: &Inventory, at: Option<Millis>) -> Self {
        let mut owners = Owners::default();
        for workload in inventory.workloads() {
            let Some(owner) = workload.owner.as_ref().filter(|o| !at.is_some_and(|at| o.expired(at))) else { continue };
            let mut traits: Vec<(&'static str, String)> = Vec::new();
            for principal in &workload.principals {
                let forms = vires_profile::inventory::forms(&principal.text);
                traits.extend(forms.iter().flat_map(|form| traits_of(form)));
            }
            traits.extend(names::first_word(&workload.id).map(|word| (NAME, word.to_ascii_lowercase())));
            traits.sort();
            traits.dedup();
            for key in traits {
                *owners.by_trait.entry(key).or_default().entry(owner.team.clone()).or_default() += 1;
            }
        }
        owners
    }

    /// The team that owns all that has something in common with this identity, and what that is.
    fn nearest(&self, id: &str) -> Option<(&str, String)> {
        traits_of(&id.to_ascii_lowercase()).into_iter().find_map(|(sort, value)| {
            let teams = self.by_trait.get(&(sort, value.clone()))?;
            let (team, n) = teams.iter().next().filter(|_| teams.len() == 1)?;
            // Whose account it is says little if only one workload lies there.
            (sort != ACCOUNT || *n > 1).then(|| {
                (team.as_str(), format!("{} owned by {team} with the same {sort} ({value})", count(*n as u64, "workload")))
            })
        })
    }
}

const NAMESPACE: &str = "namespace";
const NAME: &str = "first word of the name";
const ACCOUNT: &str = "account";

fn traits_of(id: &str) -> Vec<(&'static str, String)> {
    [(NAMESPACE, names::namespace(id)), (NAME, names::first_word(id)), (ACCOUNT, names::account(id))]
        .into_iter()
        .filter_map(|(sort, value)| Some((sort, value?.to_ascii_lowercase())))
        .collect()
}

/// Actions named in one row.
const MOST_NAMED: usize = 3;

impl Estate<'_> {
    /// The row of an identity that cannot be judged; `urgency` is what its cases say.
    pub fn unmapped(&self, subject: &Subject<'_>, urgency: Option<f64>, owners: &Owners) -> Option<UnmappedRow> {
        let mapping = subject.mapping();
        let active = subject.facts.is_some() || subject.habit.is_some() || urgency.is_some();
        if mapping == Mapping::Mapped || !active {
            return None;
        }
        let facts = subject.facts;
        let impact = facts.map_or(0.0, |f| {
            let data = f.highest_class().map_or(0.0, |class| f64::from(class) / 3.0);
            (f64::from(f.tier) / 4.0).max(data)
        });
        let ghost = if mapping == Mapping::Ghost { 0.5 } else { 0.0 };
        let missing = match (subject.workload, self.at) {
            (Some(workload), Some(at)) => workload.missing(at),
            (Some(workload), None) => workload.missing(Millis::MIN),
            (None, _) => match mapping {
                Mapping::NoProfile => vec!["profile"],
                Mapping::NoOwner => vec!["owner"],
                Mapping::NoWorkload => vec!["workload"],
                _ => vec!["workload", "owner", "purpose", "profile"],
            },
        };
        let expired = subject.workload.and_then(|w| w.owner.as_ref());
        let (suggested, mut evidence) = match (expired, owners.nearest(&subject.id)) {
            (Some(owner), _) => (owner.team.clone(), "the owner named in the inventory".to_owned()),
            (None, Some((team, why))) => (team.to_owned(), why),
            (None, None) => (String::new(), String::new()),
        };
        if let Some(stands_out) = stands_out(subject) {
            evidence = if evidence.is_empty() { stands_out } else { format!("{evidence}. {stands_out}") };
        }
        Some(UnmappedRow {
            identity_id: subject.id.clone(),
            mapping: mapping.as_str().into(),
            missing: missing.iter().map(|m| (*m).to_owned()).collect(),
            urgency: urgency.unwrap_or(0.0).max((100.0 * impact.max(ghost)).round()),
            events: facts.map(|f| f.events),
            highest_tier: facts.map(|f| u64::from(f.tier)),
            highest_data_class: facts.and_then(|f| f.highest_class()).map(u64::from),
            first_seen: Time(subject.first()),
            last_seen: Time(subject.last()),
            days_in_queue: subject.first().and_then(|at| self.days_since(at)),
            recommendation: self.what_to_do(subject, mapping, &suggested),
            suggested_owner: suggested,
            evidence,
        })
    }

    fn what_to_do(&self, subject: &Subject<'_>, mapping: Mapping, suggested: &str) -> String {
        let ask = if suggested.is_empty() { String::new() } else { format!("ask {suggested}; ") };
        match mapping {
            Mapping::Ghost if subject.facts.is_some_and(|f| f.kind == Kind::CloudService) => {
                "a service of the provider: add it to the inventory with the workload it serves".into()
            }
            Mapping::Ghost => format!("{ask}add it to the inventory, or disable it"),
            Mapping::NoWorkload => format!("{ask}say which workload it acts for"),
            Mapping::NoOwner => format!("{ask}name an owner in the inventory"),
            Mapping::NoProfile => {
                "declare what is expected of it: `vires inventory propose` drafts it from what was learned".into()
            }
            Mapping::Mapped => String::new(),
        }
    }
}

/// The gravest of what it did.
fn stands_out(subject: &Subject<'_>) -> Option<String> {
    let facts = subject.facts.filter(|f| f.tier >= 3)?;
    let mut grave: Vec<(&str, u8)> =
        facts.actions.iter().filter(|(_, u)| u.done > 0 && u.tier >= 3).map(|(a, u)| (a, u.tier)).collect();
    grave.sort_by(|a, b| (b.1, a.0).cmp(&(a.1, b.0)));
    let named: Vec<&str> = grave.iter().take(MOST_NAMED).map(|(action, _)| *action).collect();
    (!named.is_empty()).then(|| format!("It did {}", named.join(", ")))
}
