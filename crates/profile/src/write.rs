//! Writes inventories as TOML: the same workloads give the same bytes, and what is written loads.

use crate::draft::Draft;
use crate::duration::write_duration;
use crate::globs::{Glob, Globs};
use crate::inventory::{SCHEMA, Status, Workload};
use crate::moment;
use std::fmt::Write;

/// Longest comment, in characters: what other systems say may be long.
const COMMENT: usize = 200;

/// Writes drafts as an inventory. `heading` says in a line or more where they come from.
pub fn drafts(drafts: &[Draft], heading: &str) -> String {
    let mut out = String::new();
    heading.lines().for_each(|line| comment(&mut out, line));
    comment(&mut out, "A draft: check owner, purpose and expectations before you rely on it.");
    let _ = writeln!(out, "schema = \"{SCHEMA}\"");
    for draft in drafts {
        out.push('\n');
        draft.notes.iter().for_each(|note| comment(&mut out, note));
        out.push_str(&workload(&draft.workload));
    }
    out
}

/// Writes one workload as a `[[workload]]` entry. What is not known is left out.
pub fn workload(workload: &Workload) -> String {
    let Workload {
        id,
        owner,
        purpose,
        kind,
        peer_group,
        env,
        status,
        privileged,
        shared,
        agentic,
        principals,
        expect,
        deny,
        mixtures,
        ..
    } = workload;
    let mut out = String::from("[[workload]]\n");
    line(&mut out, "id", &quote(id));
    if let Some(owner) = owner {
        let mut parts = vec![format!("team = {}", quote(&owner.team))];
        parts.extend(owner.contact.as_ref().map(|contact| format!("contact = {}", quote(contact))));
        parts.extend(owner.expires.map(|end| format!("expires = {}", moment::write(end))));
        line(&mut out, "owner", &format!("{{ {} }}", parts.join(", ")));
    }
    for (key, value) in [("purpose", purpose), ("peer_group", peer_group), ("env", env)] {
        if let Some(value) = value {
            line(&mut out, key, &quote(value));
        }
    }
    if let Some(kind) = kind {
        line(&mut out, "kind", &quote(kind.as_str()));
    }
    if *status != Status::Active {
        line(&mut out, "status", &quote(status.as_str()));
    }
    for (key, value) in [("privileged", *privileged), ("shared", *shared), ("agentic", *agentic)] {
        if value {
            line(&mut out, key, "true");
        }
    }
    line(&mut out, "principals", &list(principals.iter().map(|p| p.text.as_str())));
    if expect.is_declared() {
        out.push_str("\n[workload.expect]\n");
        for (key, globs) in expect.lists() {
            if let Some(globs) = globs {
                line(&mut out, key, &list_of(globs));
            }
        }
        for (key, value) in [("max_tier", expect.max_tier), ("max_data_class", expect.max_data_class)] {
            if let Some(value) = value {
                line(&mut out, key, &value.to_string());
            }
        }
        if let Some(schedule) = &expect.schedule {
            line(&mut out, "schedule", &quote(schedule.as_str()));
        }
        let mut volume = Vec::new();
        volume.extend(expect.volume.events_per_day.map(|(least, most)| format!("events_per_day = [{least}, {most}]")));
        volume.extend(expect.volume.sensitive_reads_per_day.map(|most| format!("sensitive_reads_per_day = {most}")));
        if !volume.is_empty() {
            line(&mut out, "volume", &format!("{{ {} }}", volume.join(", ")));
        }
        if let Some(age) = expect.max_cred_age {
            line(&mut out, "max_cred_age", &quote(&write_duration(age)));
        }
        for (key, value) in [("allow_interactive", expect.allow_interactive), ("allow_irreversible", expect.allow_irreversible)]
        {
            if let Some(value) = value {
                line(&mut out, key, if value { "true" } else { "false" });
            }
        }
    }
    if !deny.is_empty() {
        out.push_str("\n[workload.deny]\n");
        for (key, globs) in [("actions", &deny.actions), ("zones", &deny.zones), ("resources", &deny.resources)] {
            if !globs.is_empty() {
                line(&mut out, key, &list_of(globs));
            }
        }
    }
    for mixture in mixtures {
        out.push_str("\n[[workload.mixture]]\n");
        line(&mut out, "name", &quote(&mixture.name));
        for (key, globs) in [("zones", &mixture.zones), ("user_agents", &mixture.user_agents), ("actions", &mixture.actions)] {
            if let Some(globs) = globs {
                line(&mut out, key, &list_of(globs));
            }
        }
    }
    out
}

fn line(out: &mut String, key: &str, value: &str) {
    let _ = writeln!(out, "{key} = {value}");
}

/// A comment on one line, whatever is in the text.
fn comment(out: &mut String, text: &str) {
    out.push_str("# ");
    out.extend(text.chars().take(COMMENT).map(|c| if c.is_control() { ' ' } else { c }));
    if text.chars().nth(COMMENT).is_some() {
        out.push('…');
    }
    out.push('\n');
}

fn list_of(globs: &Globs) -> String {
    list(globs.iter().map(Glob::as_str))
}

fn list<'a>(items: impl Iterator<Item = &'a str>) -> String {
    let items: Vec<String> = items.map(quote).collect();
    format!("[{}]", items.join(", "))
}

/// A basic TOML string.
pub(crate) fn quote(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            c if c.is_control() => {
                let _ = write!(out, "\\u{:04X}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inventory::{Deny, Expect, ExpectedVolume, Inventory, Mixture, Owner, Principal, WorkloadKind};
    use crate::schedule::Schedule;
    use proptest::prelude::*;

    fn read(text: &str) -> Workload {
        let inventory = Inventory::from_toml(text, "w").unwrap_or_else(|error| panic!("{error}\n{text}"));
        let mut workload = inventory.workloads()[0].clone();
        workload.line = 0;
        workload.principals.iter_mut().for_each(|p| p.line = 0);
        workload
    }

    fn globs() -> impl Strategy<Value = Option<Globs>> {
        prop::option::of(prop::collection::vec("[a-z:*\"\\\\ é]{0,6}", 0..3).prop_map(Globs::new))
    }

    fn some_text() -> impl Strategy<Value = Option<String>> {
        prop::option::of("[\\PC\u{1}\u{7f}]{0,12}").prop_map(|t| t.map(|t| t.trim().to_string()).filter(|t| !t.is_empty()))
    }

    prop_compose! {
        fn expectation()(
            lists in prop::collection::vec(globs(), 9),
            max_tier in prop::option::of(0u8..=4), max_data_class in prop::option::of(0u8..=3),
            schedule in prop::option::of(prop::sample::select(vec!["always", "cron: 0 2 * * * tz=UTC", "window: Mon 08:00-09:00"])),
            events_per_day in prop::option::of((0u64..10, 10u64..1_000_000)), reads in prop::option::of(0u64..9),
            age in prop::option::of(0i64..10_000_000), hand in prop::option::of(any::<bool>()), gone in prop::option::of(any::<bool>()),
        ) -> Expect {
            let mut lists = lists.into_iter();
            let mut next = || lists.next().flatten();
            Expect {
                zones: next(), regions: next(), accounts: next(), credentials: next(), platforms: next(), actions: next(),
                resources: next(), destinations: next(), delegators: next(), max_tier, max_data_class,
                schedule: schedule.map(|s| Schedule::parse(s).unwrap()),
                volume: ExpectedVolume { events_per_day, sensitive_reads_per_day: reads },
                max_cred_age: age.map(|seconds| seconds * 1000), allow_interactive: hand, allow_irreversible: gone,
            }
        }
    }

    proptest! {
        #[test]
        fn what_is_written_loads_and_is_the_same(
            id in "[a-zA-Z\"\\\\][a-z é]{0,5}[a-z]", texts in prop::collection::vec(some_text(), 5), expires in prop::option::of(0i64..4_000_000_000),
            kind in prop::option::of(prop::sample::select(WorkloadKind::ALL.to_vec())), status in prop::sample::select(Status::ALL.to_vec()),
            flags in any::<[bool; 3]>(), principals in prop::collection::vec("[a-z:/*]{1,8}", 0..3), expect in expectation(),
            deny in (globs(), globs(), globs()), mixed in prop::option::of((globs(), globs(), globs())), note in "\\PC{0,300}\u{1}\n",
        ) {
            let [team, contact, purpose, peer_group, env]: [Option<String>; 5] = texts.try_into().unwrap();
            let workload = Workload {
                owner: team.map(|team| Owner { team, contact, expires: expires.map(|s| s * 1000) }),
                purpose, peer_group, env, kind, status, privileged: flags[0], shared: flags[1], agentic: flags[2],
                principals: principals.into_iter().map(|text| Principal { text, line: 0 }).collect(), expect,
                deny: Deny { actions: deny.0.unwrap_or_default(), zones: deny.1.unwrap_or_default(), resources: deny.2.unwrap_or_default() },
                mixtures: mixed.into_iter().map(|(zones, user_agents, actions)| Mixture { name: "m".into(), zones, user_agents, actions }).collect(),
                ..Workload::new(id)
            };
            let draft = Draft { workload: workload.clone(), notes: vec![note] };
            prop_assert_eq!(read(&drafts(&[draft], "heading\r\nschema = 1")), workload);
        }
    }
}
