//! Habits outside the declaration.

use super::privileges::dataset_pattern;
use super::{Estate, Subject, midnight};
use crate::sheet::{DriftRow, Time};
use vires_judge::Tuning;
use vires_profile::baseline::{Facet, Learned, Value};
use vires_profile::globs::{Glob, Globs};

/// Rows of one aspect of one workload: a profile that is that far behind is to be written anew.
const MOST: usize = 20;

/// Takes a row: aspect, what is declared, what is done, the value it is about, what to do.
type Push<'p> = dyn FnMut(&str, Vec<String>, String, &Value, String) + 'p;

impl Estate<'_> {
    /// What its workload does as a habit although the profile does not list it.
    pub fn drift(&self, subject: &Subject<'_>) -> Vec<DriftRow> {
        let (Some(workload), Some(learned), true) = (subject.workload, subject.learned, subject.speaks) else {
            return Vec::new();
        };
        let mut rows = Vec::new();
        let expect = &workload.expect;
        let needed = needed(learned, self.tuning);
        let mut push = |facet: &str, declared: Vec<String>, observed: String, value: &Value, recommendation: String| {
            rows.push(DriftRow {
                identity_id: subject.id.clone(),
                owner: subject.owner_name().to_owned(),
                facet: facet.to_owned(),
                declared,
                observed,
                since: Time(Some(midnight(value.first()))),
                active_days: Some(u64::from(value.seen().count())),
                recommendation,
            });
        };
        for (facet, list) in [
            (Facet::Action, &expect.actions),
            (Facet::Resource, &expect.resources),
            (Facet::Zone, &expect.zones),
            (Facet::Region, &expect.regions),
            (Facet::Account, &expect.accounts),
            (Facet::Credential, &expect.credentials),
            (Facet::Platform, &expect.platforms),
            (Facet::Destination, &expect.destinations),
            (Facet::Delegator, &expect.delegators),
        ] {
            let Some(list) = list else { continue };
            let outside = facet.strata().iter().flat_map(|f| learned.of(*f)).filter(|value| {
                // A name that was a secret is no name that could be declared.
                value.seen().count() >= needed && !value.name().contains("[redacted:") && !inside(facet, value.name(), list)
            });
            let mut found: Vec<&Value> = outside.collect();
            found.sort_by(|a, b| (b.seen().count(), a.name()).cmp(&(a.seen().count(), b.name())));
            found.dedup_by(|a, b| a.name() == b.name());
            for value in found.into_iter().take(MOST) {
                let declared = list.iter().map(|glob| glob.as_str().to_owned()).collect();
                let recommendation = format!("add {} to {}s if it is meant, else stop it", value.name(), facet.word());
                push(facet.word(), declared, value.name().to_string(), value, recommendation);
            }
        }
        self.heights(subject, learned, needed, &mut push);
        rows.sort_by(|a, b| (a.since, &a.facet, &a.observed).cmp(&(b.since, &b.facet, &b.observed)));
        rows
    }

    fn heights(&self, subject: &Subject<'_>, learned: &Learned, needed: u32, push: &mut Push<'_>) {
        let Some(expect) = subject.workload.map(|w| &w.expect) else { return };
        let habit = |facet: Facet| {
            let habits = learned.of(facet).iter().filter(|v| v.seen().count() >= needed);
            habits.max_by(|a, b| (a.seen().count(), b.name()).cmp(&(b.seen().count(), a.name())))
        };
        if let Some(max) = expect.max_tier {
            let found = [(4u8, Facet::ActionT4), (3, Facet::ActionT3)].into_iter().filter(|(tier, _)| *tier > max);
            if let Some((tier, value)) = found.filter_map(|(tier, facet)| Some((tier, habit(facet)?))).next() {
                let recommendation = format!("declare max_tier = {tier} if it is meant, else take the privilege away");
                push("max_tier", vec![max.to_string()], format!("tier {tier}: {}", value.name()), value, recommendation);
            }
        }
        if let Some(max) = expect.max_data_class {
            let class = |v: &Value| v.name().parse::<u8>().unwrap_or(0);
            let above = learned.of(Facet::DataClass).iter().filter(|v| v.seen().count() >= needed && class(v) > max);
            if let Some(value) = above.max_by_key(|v| class(v)) {
                let recommendation =
                    format!("declare max_data_class = {} if it is meant, else take the access away", value.name());
                push("max_data_class", vec![max.to_string()], format!("class {}", value.name()), value, recommendation);
            }
        }
    }
}

/// A habit takes at least this many days, however few there were.
const FEWEST: u32 = 3;

/// Days from which on the judge takes something for a habit.
fn needed(learned: &Learned, tuning: &Tuning) -> u32 {
    let share = f64::from(learned.active().count()) * tuning.novelty.established_share;
    u32::from(tuning.novelty.established_days).min(share.ceil() as u32).max(FEWEST)
}

/// True if the list may be meant to hold the value.
fn inside(facet: Facet, value: &str, list: &Globs) -> bool {
    match facet {
        // Environments are learned beside accounts, and not listed.
        Facet::Account if value.starts_with("env:") => true,
        Facet::Resource => {
            let touched = Glob::new(&dataset_pattern(value));
            list.iter().any(|glob| glob.overlaps(&touched))
        }
        // Credentials that end by themselves go by many names: only lasting ones are told apart with certainty.
        Facet::Credential => {
            let kind = value.split('@').next().unwrap_or(value);
            let brief = kind.parse::<vires_event::CredentialKind>().is_ok_and(|kind| !crate::facts::lasting(kind));
            brief
                || list.matches(value)
                || list.matches(kind)
                || value.split_once('@').is_some_and(|(_, issuer)| list.matches(issuer))
        }
        _ => list.matches(value) || (value.contains('*') && list.iter().any(|glob| glob.overlaps(&Glob::new(value)))),
    }
}
