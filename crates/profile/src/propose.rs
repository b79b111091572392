//! Drafts profiles from what was learned: what a workload does regularly becomes what is expected of it.
//!
//! A proposal is as good as the history it comes from. It never takes in what was seen once, never closes a list on a short history,
//! and leaves alone what the inventory declares already.

use crate::baseline::{Facet, collapse};
use crate::draft::{Draft, tidy};
use crate::globs::Globs;
use crate::inventory::{Expect, Inventory, Principal, Workload};
use crate::summary::{LearnedFacets, SeenValue};

/// How much must have been seen before it is proposed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Caution {
    /// Days on which a value must have been seen …
    pub days: u32,
    /// … or this share of the active days.
    pub share: f64,
    /// Active days without which no list is closed.
    pub mature_days: u32,
    /// Longest list; longer ones are made coarser.
    pub most_values: usize,
}

impl Default for Caution {
    fn default() -> Self {
        Caution { days: 5, share: 0.1, mature_days: 14, most_values: 40 }
    }
}

/// The coarsest level of [`collapse`] that is proposed: all of a service.
const COARSEST: u8 = 4;
/// Values named in one comment.
const NAMED: usize = 5;

/// Drafts a profile for each learned workload. With an inventory, its entries are the start: what they declare is kept as it is. What
/// was learned of an identity before the inventory gave it to a workload proposes nothing: one identity is not the workload.
pub fn propose(learned: &[LearnedFacets], inventory: Option<&Inventory>, caution: &Caution) -> Vec<Draft> {
    let (apart, own): (Vec<_>, Vec<_>) =
        learned.iter().map(|learned| (learned, inventory.and_then(|i| elsewhere(learned, i)))).partition(|(_, w)| w.is_some());
    let drafts = own.into_iter().map(|(learned, _)| draft(learned, inventory, caution));
    // Those come last: of two drafts of a workload the first one's lists are kept.
    tidy(drafts.chain(apart.into_iter().filter_map(|(learned, workload)| Some(as_declared(learned, workload?)))).collect())
}

/// The declared workload to which something belongs that was learned under another name.
fn elsewhere<'a>(learned: &LearnedFacets, inventory: &'a Inventory) -> Option<&'a Workload> {
    if inventory.find(&learned.workload).is_some() {
        return None;
    }
    let index = learned.values("identity").iter().find_map(|seen| inventory.resolve(&seen.value, None))?;
    Some(inventory.workload(index))
}

fn as_declared(learned: &LearnedFacets, workload: &Workload) -> Draft {
    let note =
        format!("check: the baseline knows `{}` apart from its workload: learn again with this inventory", learned.workload);
    Draft { workload: workload.clone(), notes: vec![note] }
}

/// [`propose`], written as an inventory. `source` names the baseline.
pub fn propose_toml(learned: &[LearnedFacets], inventory: Option<&Inventory>, caution: &Caution, source: &str) -> String {
    crate::write::drafts(
        &propose(learned, inventory, caution),
        &format!("Proposed by `vires inventory propose` from {source}."),
    )
}

fn draft(learned: &LearnedFacets, inventory: Option<&Inventory>, caution: &Caution) -> Draft {
    let note = format!("learned from {} active days", learned.active_days);
    let known = inventory.and_then(|inventory| inventory.find(&learned.workload));
    let mut draft = Draft::new(&*learned.workload, note);
    if let Some(known) = known {
        draft.workload = known.clone();
    } else {
        draft.workload.peer_group = learned.peer_group.clone();
        draft.workload.principals =
            learned.values("identity").iter().map(|seen| Principal { text: seen.value.clone(), line: 0 }).collect();
        draft.note("check: not in the inventory; give it an owner and a purpose");
    }
    let mature = learned.active_days >= caution.mature_days;
    if !mature {
        draft.note(format!("check: a history below {} days says little, so lists are left open", caution.mature_days));
    }
    let declared = draft.workload.expect.clone();
    let mut proposing = Proposing { learned, caution, mature, notes: Vec::new() };
    draft.workload.expect = proposing.expect(declared);
    if draft.workload.env.is_none() {
        let envs: Vec<&str> = learned.values("account").iter().filter_map(|seen| seen.value.strip_prefix("env:")).collect();
        if let [env] = envs.as_slice() {
            draft.workload.env = Some(env.to_string());
        }
    }
    proposing.notes.into_iter().for_each(|note| draft.note(note));
    if (1..=12).contains(&learned.hours.len()) && mature && draft.workload.expect.schedule.is_none() {
        let hours: Vec<String> = learned.hours.iter().map(|hour| format!("{hour:02}")).collect();
        draft.note(format!("active only in the hours {} UTC: consider a schedule", hours.join(", ")));
    }
    draft
}

struct Proposing<'a> {
    learned: &'a LearnedFacets,
    caution: &'a Caution,
    mature: bool,
    notes: Vec<String>,
}

impl Proposing<'_> {
    fn expect(&mut self, declared: Expect) -> Expect {
        let Expect { zones, regions, accounts, credentials, platforms, actions, resources, destinations, delegators, .. } =
            &declared;
        let regions = self.list("region", regions, None);
        let accounts = self.list("account", accounts, None);
        let credentials = self.list("credential", credentials, None);
        let platforms = self.list("platform", platforms, None);
        let destinations = self.list("destination", destinations, None);
        let delegators = self.list("delegator", delegators, None);
        let resources = self.list("resource", resources, Some(Facet::Resource));
        let zones = self.zones(zones);
        // Which actions are fine is said by tier; a closed list of them would have to be kept up with every release.
        if let Some(actions) = actions {
            self.drift("action", actions);
        }
        let volume = self.volume(&declared);
        Expect {
            zones,
            regions,
            accounts,
            credentials,
            platforms,
            resources,
            destinations,
            delegators,
            max_tier: declared.max_tier.or_else(|| self.max_tier()),
            max_data_class: declared.max_data_class.or_else(|| self.max_data_class()),
            allow_interactive: declared.allow_interactive.or((self.mature && !self.learned.interactive).then_some(false)),
            volume,
            ..declared
        }
    }

    fn is_regular(&self, days: u32) -> bool {
        days >= self.caution.days
            || f64::from(days) >= self.caution.share * f64::from(self.learned.active_days.max(1)) && days > 1
    }

    /// What was seen regularly, unless something is declared. `coarse` says how to shorten a long list.
    fn list(&mut self, facet: &'static str, declared: &Option<Globs>, coarse: Option<Facet>) -> Option<Globs> {
        if let Some(declared) = declared {
            self.drift(facet, declared);
            return Some(declared.clone());
        }
        let learned = self.learned;
        let seen: Vec<&SeenValue> = learned.values(facet).iter().filter(|seen| !seen.value.starts_with("env:")).collect();
        let (regular, rare): (Vec<&SeenValue>, Vec<&SeenValue>) = seen.into_iter().partition(|seen| self.is_regular(seen.days));
        if !self.mature || regular.is_empty() {
            return None;
        }
        let mut values: Vec<String> = regular.iter().map(|seen| seen.value.clone()).collect();
        for level in 1..=COARSEST {
            let Some(facet) = coarse.filter(|_| values.len() > self.caution.most_values) else { break };
            values = values.iter().map(|value| collapse(facet, value, level).into_owned()).collect();
            values.sort();
            values.dedup();
        }
        if values.len() > self.caution.most_values || values.iter().any(|value| value == "*") {
            self.notes.push(format!("{facet}: {} values are too many to list; left open", values.len()));
            return None;
        }
        let globs = Globs::new(values.iter().map(|value| pattern(value)));
        self.left_out(facet, rare.into_iter().filter(|seen| !globs.matches(&seen.value)).collect());
        Some(globs)
    }

    /// A network without a name cannot be expected by name: as long as there is one, the list stays open.
    fn zones(&mut self, declared: &Option<Globs>) -> Option<Globs> {
        let unnamed: Vec<&SeenValue> =
            self.learned.values("zone").iter().filter(|seen| is_network(&seen.value) && self.is_regular(seen.days)).collect();
        if !unnamed.is_empty() {
            let note = format!("check: acts from networks that no zone covers ({}); declare them as [[zone]]", named(&unnamed));
            self.notes.push(note);
            return declared.clone();
        }
        self.list("zone", declared, None)
    }

    /// Values seen regularly outside a declared list: either the list or the workload is wrong, and a person has to say which.
    fn drift(&mut self, facet: &'static str, declared: &Globs) {
        let learned = self.learned;
        let outside: Vec<&SeenValue> = learned
            .values(facet)
            .iter()
            .filter(|seen| !seen.value.starts_with("env:") && !is_network(&seen.value))
            .filter(|seen| !declared.matches(&seen.value) && self.is_regular(seen.days))
            .collect();
        if !outside.is_empty() {
            self.notes.push(format!("check: {facet} seen regularly but not declared: {}", named(&outside)));
        }
    }

    fn left_out(&mut self, facet: &str, rare: Vec<&SeenValue>) {
        if !rare.is_empty() {
            self.notes.push(format!("{facet}: seen too rarely to expect: {}", named(&rare)));
        }
    }

    fn max_tier(&mut self) -> Option<u8> {
        let [low, three, four] = self.learned.tier_days;
        let tier = match () {
            () if self.is_regular(four) => 4,
            () if self.is_regular(three) => 3,
            () if low > 0 => 2,
            () => return None,
        };
        if (tier < 4 && four > 0) || (tier < 3 && three > 0) {
            self.notes.push(format!("check: actions above tier {tier} were seen, but too rarely to expect"));
        }
        self.mature.then_some(tier)
    }

    fn max_data_class(&mut self) -> Option<u8> {
        let regular =
            (0u8..).zip(self.learned.class_days).filter(|(_, days)| self.is_regular(*days)).map(|(class, _)| class).max()?;
        let rare = (0u8..).zip(self.learned.class_days).any(|(class, days)| class > regular && days > 0);
        if rare {
            self.notes.push(format!("check: data above class {regular} was touched, but too rarely to expect"));
        }
        self.mature.then_some(regular)
    }

    /// Half the fewest and one and a half times the most: room for an ordinary day that was not seen.
    fn volume(&self, declared: &Expect) -> crate::inventory::ExpectedVolume {
        let mut volume = declared.volume.clone();
        if self.mature {
            let seen = self.learned.events_per_day.map(|(least, most)| (least / 2, room(most)));
            volume.events_per_day = volume.events_per_day.or(seen);
            let reads = self.learned.sensitive_reads_per_day.filter(|reads| *reads > 0).map(room);
            volume.sensitive_reads_per_day = volume.sensitive_reads_per_day.or(reads);
        }
        volume
    }
}

/// The pattern that a learned value stands for: a folder (`s3:bucket/in/`) means what is in it, and of a name too long to be kept whole
/// only the beginning is known.
fn pattern(value: &str) -> String {
    match value.split_once('…') {
        Some((beginning, _)) => format!("{beginning}*"),
        None if value.ends_with('/') => format!("{value}*"),
        None => value.to_string(),
    }
}

/// One and a half times as much, to two digits.
fn room(most: u64) -> u64 {
    let most = most.saturating_add(most / 2).max(1);
    let mut unit = 1u64;
    while most / unit >= 100 {
        unit = unit.saturating_mul(10);
    }
    most.div_ceil(unit).saturating_mul(unit)
}

/// The form under which a network that no zone covers is learned.
fn is_network(value: &str) -> bool {
    value.starts_with("net:") || value.starts_with("via:")
}

fn named(values: &[&SeenValue]) -> String {
    let mut out: Vec<String> = values.iter().take(NAMED).map(|seen| format!("{} ({} days)", seen.value, seen.days)).collect();
    if values.len() > NAMED {
        out.push(format!("{} more", values.len() - NAMED));
    }
    out.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(values: &[(&str, u32)]) -> Vec<SeenValue> {
        values.iter().map(|(value, days)| SeenValue { value: value.to_string(), days: *days }).collect()
    }

    fn learned() -> LearnedFacets {
        LearnedFacets {
            workload: "aws:role/123456789012/etl".into(),
            peer_group: None,
            active_days: 40,
            facets: vec![
                ("account", seen(&[("123456789012", 40), ("env:prod", 40)])),
                ("action", seen(&[("s3:GetObject", 40)])),
                ("identity", seen(&[("aws:role/123456789012/etl", 40)])),
                ("region", seen(&[("eu-west-1", 40), ("us-east-1", 1)])),
                ("resource", seen(&[("s3:raw/in", 30), ("s3:raw/once", 1)])),
                ("zone", seen(&[("dc", 40), ("net:203.0.113.0/24", 1)])),
            ],
            tier_days: [40, 6, 1],
            class_days: [0, 40, 9, 1],
            events_per_day: Some((100, 1234)),
            sensitive_reads_per_day: Some(20),
            interactive: false,
            hours: vec![2, 3],
        }
    }

    #[test]
    fn proposes_what_is_regular_and_says_what_is_not() {
        let text = propose_toml(&[learned()], None, &Caution::default(), "b.json");
        assert_eq!(
            text,
            r#"# Proposed by `vires inventory propose` from b.json.
# A draft: check owner, purpose and expectations before you rely on it.
schema = "vires-inventory/1"

# learned from 40 active days
# check: not in the inventory; give it an owner and a purpose
# region: seen too rarely to expect: us-east-1 (1 days)
# resource: seen too rarely to expect: s3:raw/once (1 days)
# zone: seen too rarely to expect: net:203.0.113.0/24 (1 days)
# check: actions above tier 3 were seen, but too rarely to expect
# check: data above class 2 was touched, but too rarely to expect
# active only in the hours 02, 03 UTC: consider a schedule
[[workload]]
id = "aws:role/123456789012/etl"
env = "prod"
principals = ["aws:role/123456789012/etl"]

[workload.expect]
zones = ["dc"]
regions = ["eu-west-1"]
accounts = ["123456789012"]
resources = ["s3:raw/in"]
max_tier = 3
max_data_class = 2
volume = { events_per_day = [50, 1900], sensitive_reads_per_day = 30 }
allow_interactive = false
"#
        );
        Inventory::from_toml(&text, "p").unwrap();
    }

    #[test]
    fn what_is_declared_stays_and_drift_is_told() {
        let text = "schema = \"vires-inventory/1\"\n[[workload]]\nid = \"aws:role/123456789012/etl\"\nowner = { team = \"t\" }\nprincipals = [\"arn:aws:iam::123456789012:role/etl\"]\n[workload.expect]\nregions = [\"us-*\"]\nmax_tier = 1\nallow_interactive = true\n";
        let inventory = Inventory::from_toml(text, "i").unwrap();
        let drafts = propose(&[learned()], Some(&inventory), &Caution::default());
        let (workload, notes) = (&drafts[0].workload, drafts[0].notes.join("\n"));
        assert_eq!(workload.expect.regions, Some(Globs::new(["us-*"])));
        assert_eq!((workload.expect.max_tier, workload.expect.allow_interactive), (Some(1), Some(true)));
        assert_eq!(workload.expect.accounts, Some(Globs::new(["123456789012"])));
        assert_eq!(workload.principals[0].text, "arn:aws:iam::123456789012:role/etl");
        assert!(notes.contains("check: region seen regularly but not declared: eu-west-1 (40 days)"), "{notes}");
        assert!(!notes.contains("not in the inventory"), "{notes}");
    }

    #[test]
    fn an_identity_that_was_learned_before_it_was_declared_is_proposed_to_nobody_else() {
        let text = "schema = \"vires-inventory/1\"\n[[workload]]\nid = \"etl\"\nprincipals = [\"arn:aws:iam::123456789012:role/etl\"]\n[workload.expect]\nmax_tier = 1\n";
        let inventory = Inventory::from_toml(text, "i").unwrap();
        let apart =
            "check: the baseline knows `aws:role/123456789012/etl` apart from its workload: learn again with this inventory";
        let drafts = propose(&[learned()], Some(&inventory), &Caution::default());
        assert_eq!((drafts.len(), &drafts[0].workload), (1, &inventory.workloads()[0]));
        assert_eq!(drafts[0].notes, [apart]);
        // What was learned of the workload itself is proposed beside it, in whichever order they come.
        let whole = LearnedFacets { workload: "etl".into(), ..learned() };
        for both in [[learned(), whole.clone()], [whole, learned()]] {
            let drafts = propose(&both, Some(&inventory), &Caution::default());
            assert_eq!(drafts.len(), 1);
            assert_eq!(drafts[0].workload.expect.accounts, Some(Globs::new(["123456789012"])));
            assert!(drafts[0].notes.iter().any(|note| note == apart), "{:?}", drafts[0].notes);
        }
    }

    #[test]
    fn a_short_history_closes_nothing() {
        let short = LearnedFacets { active_days: 6, ..learned() };
        let expect = &propose(&[short], None, &Caution::default())[0].workload.expect;
        assert_eq!(*expect, Expect::default());
    }

    #[test]
    fn networks_without_a_name_keep_zones_open() {
        let mut unnamed = learned();
        unnamed.facets[5].1[1].days = 12;
        let draft = &propose(&[unnamed], None, &Caution::default())[0];
        assert_eq!(draft.workload.expect.zones, None);
        assert!(draft.notes.iter().any(|note| note.contains("net:203.0.113.0/24 (12 days)")), "{:?}", draft.notes);
    }

    #[test]
    fn long_lists_become_coarse_or_stay_open() {
        let many = |form: fn(usize) -> String| (0..100).map(|i| SeenValue { value: form(i), days: 40 }).collect::<Vec<_>>();
        let mut deep = learned();
        deep.facets[4].1 = many(|i| format!("s3:lake/raw/part{i}/x"));
        assert_eq!(
            propose(&[deep], None, &Caution::default())[0].workload.expect.resources,
            Some(Globs::new(["s3:lake/raw/*"]))
        );
        let mut wide = learned();
        wide.facets[3].1 = many(|i| format!("region-{i}"));
        let draft = &propose(&[wide], None, &Caution::default())[0];
        assert_eq!(draft.workload.expect.regions, None);
        assert!(
            draft.notes.iter().any(|note| note == "region: 100 values are too many to list; left open"),
            "{:?}",
            draft.notes
        );
    }

    #[test]
    fn learned_values_become_patterns() {
        for (value, expected) in
            [("s3:raw/in/", "s3:raw/in/*"), ("secret:a/b", "secret:a/b"), ("s3:x…00ff", "s3:x*"), ("s3:a/*", "s3:a/*")]
        {
            assert_eq!(pattern(value), expected);
        }
    }

    #[test]
    fn room_is_round() {
        for (most, expected) in [(0, 1), (1, 1), (20, 30), (67, 100), (1234, 1900), (u64::MAX, u64::MAX)] {
            assert_eq!(room(most), expected, "{most}");
        }
    }
}
