//! What changes between two inventories, and what that would silence: learned activity that stood out against the old one and does
//! not against the new.

use crate::globs::{Glob, Globs};
use crate::inventory::{Inventory, Workload};
use crate::summary::{LearnedFacets, SeenValue};
use crate::words::file_words;
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

file_words! {
    /// Which way a change goes.
    Direction {
        /// Less stands out than before.
        Widened = "widened",
        /// More stands out than before.
        Narrowed = "narrowed",
        /// A workload is new.
        Added = "added",
        /// A workload is gone: its identities belong to nobody.
        Removed = "removed",
        /// Neither wider nor narrower, or both.
        Changed = "changed",
    }
}

/// One change of one workload.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    /// Workload id; empty for the tables of zones and data classes.
    pub workload: String,
    /// Key that changed, as in the file: `expect.regions`, `deny.actions`, `owner`, `principals` …
    pub key: String,
    /// Which way.
    pub direction: Direction,
    /// What was and what is.
    pub detail: String,
    /// Learned values that stood out before and would not any more, with the days on which they were seen.
    pub silenced: Vec<(String, u32)>,
}

impl std::fmt::Display for Change {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let place = if self.workload.is_empty() { self.key.clone() } else { format!("{}: {}", self.workload, self.key) };
        write!(f, "{place} {}: {}", self.direction.as_str(), self.detail)?;
        if !self.silenced.is_empty() {
            let values: Vec<String> = self.silenced.iter().map(|(value, days)| format!("{value} ({days} days)")).collect();
            write!(f, "; would silence {}", values.join(", "))?;
        }
        Ok(())
    }
}

/// What changes from `old` to `new`, by workload in the order of the new inventory, then what is gone. `learned` may be empty.
pub fn diff(old: &Inventory, new: &Inventory, learned: &[LearnedFacets]) -> Vec<Change> {
    let mut by_id: FxHashMap<&str, &Workload> = old.workloads().iter().map(|w| (w.id.as_str(), w)).collect();
    let facts = Facts::new(new, learned);
    let mut changes = tables(old, new);
    for workload in new.workloads() {
        match by_id.remove(workload.id.as_str()) {
            Some(before) => compare(before, workload, &facts, &mut changes),
            None => {
                let identities = workload.principals.iter().map(|p| p.text.as_str()).collect::<Vec<_>>().join(", ");
                let detail = format!("identities {identities}");
                changes.push(change(workload, "workload", Direction::Added, detail));
            }
        }
    }
    for workload in old.workloads().iter().filter(|w| by_id.contains_key(w.id.as_str())) {
        let detail = "its identities belong to nobody unless another workload takes them".to_string();
        changes.push(change(workload, "workload", Direction::Removed, detail));
    }
    changes
}

/// What was learned, found by workload.
struct Facts<'a>(FxHashMap<&'a str, Vec<&'a LearnedFacets>>);

impl<'a> Facts<'a> {
    /// A baseline knows an identity that belonged to no workload under its own name.
    fn new(inventory: &'a Inventory, learned: &'a [LearnedFacets]) -> Self {
        let mut facts: FxHashMap<&str, Vec<&LearnedFacets>> = FxHashMap::default();
        for one in learned {
            let key = match inventory.find_id(&one.workload).or_else(|| inventory.resolve(&one.workload, None)) {
                Some(index) => inventory.workload(index).id.as_str(),
                None => continue,
            };
            facts.entry(key).or_default().push(one);
        }
        Facts(facts)
    }

    fn values(&self, workload: &str, facet: &str) -> impl Iterator<Item = &'a SeenValue> {
        self.0.get(workload).into_iter().flatten().flat_map(|learned| learned.values(facet)).collect::<Vec<_>>().into_iter()
    }
}

fn change(workload: &Workload, key: &str, direction: Direction, detail: String) -> Change {
    Change { workload: workload.id.clone(), key: key.into(), direction, detail, silenced: Vec::new() }
}

fn compare(old: &Workload, new: &Workload, facts: &Facts<'_>, changes: &mut Vec<Change>) {
    let facets = ["zone", "region", "account", "credential", "platform", "action", "resource", "destination", "delegator"];
    for (((key, before), (_, after)), facet) in old.expect.lists().into_iter().zip(new.expect.lists()).zip(facets) {
        if before == after {
            continue;
        }
        let mut change = change(new, &format!("expect.{key}"), list_direction(before, after), list_detail(before, after));
        change.silenced = silenced(
            facts.values(&new.id, facet),
            |v| before.is_none_or(|l| l.matches(v)),
            |v| after.is_none_or(|l| l.matches(v)),
        );
        changes.push(change);
    }
    let denied = [
        ("deny.actions", "action", &old.deny.actions, &new.deny.actions),
        ("deny.zones", "zone", &old.deny.zones, &new.deny.zones),
        ("deny.resources", "resource", &old.deny.resources, &new.deny.resources),
    ];
    for (key, facet, before, after) in denied {
        if before != after {
            let direction = list_direction(Some(after), Some(before));
            let mut change = change(new, key, direction, list_detail(Some(before), Some(after)));
            change.silenced = silenced(facts.values(&new.id, facet), |v| !before.matches(v), |v| !after.matches(v));
            changes.push(change);
        }
    }
    let levels = [
        ("expect.max_tier", old.expect.max_tier, new.expect.max_tier),
        ("expect.max_data_class", old.expect.max_data_class, new.expect.max_data_class),
    ];
    for (key, before, after) in levels {
        // An open end is wider than any number.
        let order = before.map_or(u8::MAX, |v| v).cmp(&after.map_or(u8::MAX, |v| v));
        push_ordered(new, key, order, shown(before), shown(after), changes);
    }
    let flags = [
        ("expect.allow_interactive", old.expect.allow_interactive, new.expect.allow_interactive),
        ("expect.allow_irreversible", old.expect.allow_irreversible, new.expect.allow_irreversible),
    ];
    for (key, before, after) in flags {
        let rank = |flag: Option<bool>| flag.map_or(1, |allowed| if allowed { 2 } else { 0 });
        push_ordered(new, key, rank(before).cmp(&rank(after)), shown(before), shown(after), changes);
    }
    let (before, after) = (old.expect.max_cred_age, new.expect.max_cred_age);
    let age = |age: Option<i64>| age.map_or("open".into(), crate::duration::write_duration);
    push_ordered(
        new,
        "expect.max_cred_age",
        before.unwrap_or(i64::MAX).cmp(&after.unwrap_or(i64::MAX)),
        age(before),
        age(after),
        changes,
    );
    volume(old, new, changes);
    // Privileged workloads are judged with lower tolerance.
    push_ordered(
        new,
        "privileged",
        new.privileged.cmp(&old.privileged),
        old.privileged.to_string(),
        new.privileged.to_string(),
        changes,
    );
    plain(old, new, changes);
}

/// The rest: neither wider nor narrower.
fn plain(old: &Workload, new: &Workload, changes: &mut Vec<Change>) {
    let text = |text: &Option<String>| text.clone().unwrap_or_else(|| "nothing".into());
    let schedule = |w: &Workload| w.expect.schedule.as_ref().map_or("open".into(), |s| s.as_str().to_string());
    let owner = |w: &Workload| w.owner.as_ref().map_or("nobody".into(), |o| o.team.clone());
    let names = |w: &Workload| w.principals.iter().map(|p| p.text.as_str()).collect::<Vec<_>>().join(", ");
    let mixtures = |w: &Workload| w.mixtures.iter().map(|m| m.name.as_str()).collect::<Vec<_>>().join(", ");
    let expiry = |w: &Workload| w.owner.as_ref().and_then(|o| o.expires).map_or("no end".into(), crate::moment::write);
    let pairs = [
        ("owner", owner(old), owner(new), owner(old) != owner(new)),
        ("owner.expires", expiry(old), expiry(new), expiry(old) != expiry(new)),
        ("purpose", text(&old.purpose), text(&new.purpose), old.purpose != new.purpose),
        ("peer_group", text(&old.peer_group), text(&new.peer_group), old.peer_group != new.peer_group),
        ("env", text(&old.env), text(&new.env), old.env != new.env),
        ("status", old.status.as_str().into(), new.status.as_str().into(), old.status != new.status),
        ("shared", old.shared.to_string(), new.shared.to_string(), old.shared != new.shared),
        ("agentic", old.agentic.to_string(), new.agentic.to_string(), old.agentic != new.agentic),
        ("principals", names(old), names(new), names(old) != names(new)),
        ("mixture", mixtures(old), mixtures(new), old.mixtures != new.mixtures),
        ("expect.schedule", schedule(old), schedule(new), schedule(old) != schedule(new)),
    ];
    for (key, before, after, differs) in pairs {
        if differs {
            changes.push(change(new, key, Direction::Changed, format!("{before} -> {after}")));
        }
    }
}

fn volume(old: &Workload, new: &Workload, changes: &mut Vec<Change>) {
    let (before, after) = (&old.expect.volume, &new.expect.volume);
    let most = |range: Option<(u64, u64)>| range.map_or(u64::MAX, |(_, most)| most);
    let range = |range: Option<(u64, u64)>| range.map_or("open".into(), |(least, most)| format!("{least} to {most}"));
    let key = "expect.volume.events_per_day";
    match most(before.events_per_day).cmp(&most(after.events_per_day)) {
        std::cmp::Ordering::Equal if before.events_per_day != after.events_per_day => {
            let detail = format!("{} -> {}", range(before.events_per_day), range(after.events_per_day));
            changes.push(change(new, key, Direction::Changed, detail));
        }
        order => push_ordered(new, key, order, range(before.events_per_day), range(after.events_per_day), changes),
    }
    let (before, after) = (before.sensitive_reads_per_day, after.sensitive_reads_per_day);
    let order = before.unwrap_or(u64::MAX).cmp(&after.unwrap_or(u64::MAX));
    push_ordered(new, "expect.volume.sensitive_reads_per_day", order, shown(before), shown(after), changes);
}

/// Zones and data classes are shared by all workloads.
fn tables(old: &Inventory, new: &Inventory) -> Vec<Change> {
    let zones = |inventory: &Inventory| -> Vec<String> {
        let mut out: Vec<String> = Vec::new();
        for zone in inventory.zones.iter() {
            out.extend(zone.cidrs.iter().map(|net| format!("{} = {} ({})", net.trunc(), zone.name, zone.class.as_str())));
            out.extend(zone.asns.iter().map(|asn| format!("AS{asn} = {} ({})", zone.name, zone.class.as_str())));
        }
        out
    };
    let data = |inventory: &Inventory| -> Vec<String> {
        let rules = inventory
            .data
            .iter()
            .flat_map(|rule| rule.targets.iter().map(|glob| format!("{} = {}", glob.as_str(), rule.class)));
        rules.collect()
    };
    let mut changes = Vec::new();
    for (key, before, after) in [("zone", zones(old), zones(new)), ("data", data(old), data(new))] {
        let gone: Vec<&String> = before.iter().filter(|item| !after.contains(item)).collect();
        let come: Vec<&String> = after.iter().filter(|item| !before.contains(item)).collect();
        if gone.is_empty() && come.is_empty() {
            continue;
        }
        // A network that gets a trusted name stops being a stranger's; a target that loses its class stops being sensitive.
        let direction = match key {
            "zone" if gone.is_empty() && come.iter().all(|item| !item.ends_with("(unknown)")) => Direction::Widened,
            "zone" if come.is_empty() => Direction::Narrowed,
            "data" if gone.is_empty() => Direction::Narrowed,
            "data" if come.is_empty() => Direction::Widened,
            _ => Direction::Changed,
        };
        let list = |items: &[&String], sign| items.iter().map(|item| format!("{sign}{item}")).collect::<Vec<_>>();
        let detail = [list(&gone, '-'), list(&come, '+')].concat().join(", ");
        changes.push(Change { workload: String::new(), key: key.into(), direction, detail, silenced: Vec::new() });
    }
    changes
}

fn push_ordered(
    new: &Workload,
    key: &str,
    order: std::cmp::Ordering,
    before: String,
    after: String,
    changes: &mut Vec<Change>,
) {
    let direction = match order {
        std::cmp::Ordering::Less => Direction::Widened,
        std::cmp::Ordering::Greater => Direction::Narrowed,
        std::cmp::Ordering::Equal => return,
    };
    changes.push(change(new, key, direction, format!("{before} -> {after}")));
}

fn shown<T: std::fmt::Display>(value: Option<T>) -> String {
    value.map_or_else(|| "open".into(), |value| value.to_string())
}

/// An open list is wider than any closed one.
fn list_direction(before: Option<&Globs>, after: Option<&Globs>) -> Direction {
    let covers = |wide: Option<&Globs>, narrow: Option<&Globs>| match (wide, narrow) {
        (None, _) => true,
        (Some(_), None) => false,
        (Some(wide), Some(narrow)) => narrow.iter().all(|glob| wide.iter().any(|wide| wide.covers(glob))),
    };
    match (covers(after, before), covers(before, after)) {
        (true, false) => Direction::Widened,
        (false, true) => Direction::Narrowed,
        _ => Direction::Changed,
    }
}

fn list_detail(before: Option<&Globs>, after: Option<&Globs>) -> String {
    match (before, after) {
        (None, Some(after)) => format!("open -> closed to [{after}]"),
        (Some(before), None) => format!("closed to [{before}] -> open"),
        (Some(before), Some(after)) => {
            let only = |a: &Globs, b: &Globs, sign: char| -> Vec<String> {
                a.iter()
                    .filter(|glob| !b.iter().any(|other| other == *glob))
                    .map(|glob: &Glob| format!("{sign}{}", glob.as_str()))
                    .collect()
            };
            let changed = [only(before, after, '-'), only(after, before, '+')].concat();
            if changed.is_empty() { "in another order".into() } else { changed.join(", ") }
        }
        (None, None) => String::new(),
    }
}

/// Values that were outside and are inside, those seen most often first.
fn silenced<'a>(
    values: impl Iterator<Item = &'a SeenValue>,
    was: impl Fn(&str) -> bool,
    is: impl Fn(&str) -> bool,
) -> Vec<(String, u32)> {
    let mut out: Vec<(String, u32)> =
        values.filter(|seen| !was(&seen.value) && is(&seen.value)).map(|seen| (seen.value.clone(), seen.days)).collect();
    out.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    out.dedup();
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inventory(body: &str) -> Inventory {
        Inventory::from_toml(&format!("schema = \"vires-inventory/1\"\n{body}"), "i").unwrap()
    }

    fn workload(body: &str) -> Inventory {
        inventory(&format!("[[workload]]\nid = \"w\"\nprincipals = [\"aws:role/1/w\"]\n{body}"))
    }

    fn learned(key: &str) -> LearnedFacets {
        let seen = |values: &[(&str, u32)]| {
            values.iter().map(|(v, d)| SeenValue { value: v.to_string(), days: *d }).collect::<Vec<_>>()
        };
        LearnedFacets {
            workload: key.into(),
            active_days: 30,
            facets: vec![
                ("action", seen(&[("iam:GetUser", 2), ("s3:GetObject", 30)])),
                ("region", seen(&[("ap-1", 3), ("eu-1", 30), ("us-1", 9)])),
            ],
            ..LearnedFacets::default()
        }
    }

    #[test]
    fn each_change_has_its_direction() {
        let expect = |body: &str| format!("[workload.expect]\n{body}\n");
        for (before, after, expected) in [
            (
                expect("regions = [\"eu-1\"]"),
                expect("regions = [\"eu-1\", \"us-*\"]"),
                "w: expect.regions widened: +us-*; would silence us-1 (9 days)",
            ),
            (
                expect("regions = [\"eu-1\"]"),
                String::new(),
                "w: expect.regions widened: closed to [eu-1] -> open; would silence us-1 (9 days), ap-1 (3 days)",
            ),
            (String::new(), expect("regions = [\"eu-1\"]"), "w: expect.regions narrowed: open -> closed to [eu-1]"),
            (expect("regions = [\"*\"]"), expect("regions = [\"eu-1\"]"), "w: expect.regions narrowed: -*, +eu-1"),
            (
                expect("regions = [\"eu-1\"]"),
                expect("regions = [\"us-1\"]"),
                "w: expect.regions changed: -eu-1, +us-1; would silence us-1 (9 days)",
            ),
            (expect("max_tier = 2"), expect("max_tier = 3"), "w: expect.max_tier widened: 2 -> 3"),
            (expect("max_tier = 2"), String::new(), "w: expect.max_tier widened: 2 -> open"),
            (expect("max_data_class = 2"), expect("max_data_class = 1"), "w: expect.max_data_class narrowed: 2 -> 1"),
            (
                expect("allow_interactive = false"),
                expect("allow_interactive = true"),
                "w: expect.allow_interactive widened: false -> true",
            ),
            (expect("max_cred_age = \"1h\""), expect("max_cred_age = \"12h\""), "w: expect.max_cred_age widened: 1h -> 12h"),
            (
                expect("volume = { events_per_day = [1, 5] }"),
                expect("volume = { events_per_day = [1, 9] }"),
                "w: expect.volume.events_per_day widened: 1 to 5 -> 1 to 9",
            ),
            (
                expect("volume = { events_per_day = [1, 5] }"),
                expect("volume = { events_per_day = [2, 5] }"),
                "w: expect.volume.events_per_day changed: 1 to 5 -> 2 to 5",
            ),
            (expect("schedule = \"always\""), String::new(), "w: expect.schedule changed: always -> open"),
            (
                "[workload.deny]\nactions = [\"iam:*\"]\n".into(),
                String::new(),
                "w: deny.actions widened: -iam:*; would silence iam:GetUser (2 days)",
            ),
            (String::new(), "[workload.deny]\nactions = [\"iam:*\"]\n".into(), "w: deny.actions narrowed: +iam:*"),
            ("privileged = true\n".into(), String::new(), "w: privileged widened: true -> false"),
            ("owner = { team = \"a\" }\n".into(), String::new(), "w: owner changed: a -> nobody"),
            (
                "owner = { team = \"a\" }\n".into(),
                "owner = { team = \"a\", expires = 2026-12-30 }\n".into(),
                "w: owner.expires changed: no end -> 2026-12-31T00:00:00Z",
            ),
            (String::new(), "env = \"prod\"\n".into(), "w: env changed: nothing -> prod"),
        ] {
            let changes = diff(&workload(&before), &workload(&after), &[learned("w")]);
            assert_eq!(changes.iter().map(Change::to_string).collect::<Vec<_>>(), [expected], "{before} -> {after}");
            assert_eq!(diff(&workload(&after), &workload(&after), &[learned("w")]), [], "{after}");
        }
    }

    #[test]
    fn workloads_come_and_go() {
        let one = workload("");
        let two = inventory("[[workload]]\nid = \"v\"\nprincipals = [\"aws:role/1/v\"]\n");
        let changes = diff(&one, &two, &[]);
        let told: Vec<_> = changes.iter().map(|c| (c.workload.as_str(), c.direction)).collect();
        assert_eq!(told, [("v", Direction::Added), ("w", Direction::Removed)]);
    }

    #[test]
    fn what_was_learned_under_the_identity_counts_for_its_workload() {
        let (before, after) =
            (workload("[workload.expect]\nregions = [\"eu-1\"]\n"), workload("[workload.expect]\nregions = [\"*\"]\n"));
        let changes = diff(&before, &after, &[learned("aws:role/1/w"), learned("aws:role/1/other")]);
        assert_eq!(changes[0].silenced, [("us-1".to_string(), 9), ("ap-1".to_string(), 3)]);
    }

    #[test]
    fn zones_and_data_classes_count_for_all() {
        let zone = |class: &str| format!("[[zone]]\nname = \"z\"\nclass = \"{class}\"\ncidrs = [\"192.0.2.0/24\"]\n");
        let data = "[[data]]\nmatch = [\"s3:pay*\"]\nclass = 3\n";
        for (before, after, expected) in [
            (String::new(), zone("internal"), "zone widened: +192.0.2.0/24 = z (internal)"),
            (zone("internal"), String::new(), "zone narrowed: -192.0.2.0/24 = z (internal)"),
            (zone("unknown"), zone("partner"), "zone changed: -192.0.2.0/24 = z (unknown), +192.0.2.0/24 = z (partner)"),
            (data.to_string(), String::new(), "data widened: -s3:pay* = 3"),
            (String::new(), data.to_string(), "data narrowed: +s3:pay* = 3"),
        ] {
            let changes = diff(&inventory(&before), &inventory(&after), &[]);
            assert_eq!(changes.iter().map(Change::to_string).collect::<Vec<_>>(), [expected]);
        }
    }
}
