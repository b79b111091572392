use super::archetype::LogFormat;
use super::draw::{Purpose, below, chance, generator};
use super::member::{Member, Population, zones};
use std::fmt::Write;

/// Identities that nobody ever listed.
const UNMAPPED: f64 = 0.10;
/// Workloads of which nothing is expected.
const NO_PROFILE: f64 = 0.20;
/// Facets that are not declared.
const NOT_ENUMERATED: f64 = 0.15;
/// Facets whose list misses a value that is used.
const MISSES_ONE: f64 = 0.12;

/// The inventory of a population, as imperfect as inventories are; complete for who the story is about. `literal` is what the
/// scenario declares itself: its workloads and zones are left out here.
pub(super) fn write(population: &Population, literal: Option<&str>, seed: u64) -> String {
    let declared = literal.and_then(|text| toml::from_str::<toml::Table>(text).ok()).unwrap_or_default();
    let named = |section: &str, key: &str, name: &str| {
        let list = declared.get(section).and_then(|v| v.as_array());
        list.is_some_and(|list| list.iter().any(|t| t.get(key).and_then(|v| v.as_str()) == Some(name)))
    };
    let mut out = match literal {
        Some(text) => text.trim_end().to_string() + "\n",
        None => "schema = \"vires-inventory/1\"\n".to_string(),
    };
    for (name, class, cidr) in zones() {
        if !named("zone", "name", &name) {
            let _ = write!(out, "\n[[zone]]\nname = \"{name}\"\nclass = \"{class}\"\ncidrs = [\"{cidr}\"]\n");
        }
    }
    for member in population.members.iter().filter(|m| !named("workload", "id", &m.name)) {
        workload(member, seed, &mut out);
    }
    out
}

fn workload(member: &Member, seed: u64, out: &mut String) {
    let mut rng = generator(seed, Purpose::Profile, member.number, 0);
    let a = &member.archetype;
    let (unmapped, no_profile) = (chance(&mut rng, UNMAPPED), chance(&mut rng, NO_PROFILE));
    if (unmapped && !member.in_story) || !member.listed {
        return;
    }
    let principals: Vec<String> = member.principals().iter().map(|id| format!("\"{id}\"")).collect();
    let _ = write!(
        out,
        "\n[[workload]]\nid = \"{name}\"\nowner = {{ team = \"{stem}\", contact = \"#{stem}\" }}\npurpose = \"{purpose}\"\nkind = \"{kind}\"\npeer_group = \"{group}\"\nenv = \"prod\"\nprivileged = {privileged}\nagentic = {agentic}\nprincipals = [{principals}]\n",
        name = member.name,
        stem = member.stem,
        purpose = a.about.replace(['"', '\\', '\n'], " "),
        kind = a.kind,
        group = a.name,
        privileged = a.privileged,
        agentic = a.agentic,
        principals = principals.join(", "),
    );
    if (no_profile && !member.in_story) || !member.profile {
        return;
    }
    let mut resources: Vec<String> =
        member.habits.iter().filter_map(|h| h.behaviour.resource.as_ref().map(|r| member.fill(r, h, 0))).collect();
    resources.sort_unstable();
    resources.dedup();
    out.push_str("\n[workload.expect]\n");
    let mut list = |key: &str, mut values: Vec<String>| {
        let (absent, short) = (chance(&mut rng, NOT_ENUMERATED), chance(&mut rng, MISSES_ONE));
        if !member.in_story {
            if absent || values.is_empty() {
                return;
            }
            if short && values.len() > 1 {
                values.remove(below(&mut rng, values.len()));
            }
        }
        let quoted: Vec<String> = values.iter().map(|v| format!("\"{v}\"")).collect();
        let _ = writeln!(out, "{key} = [{}]", quoted.join(", "));
    };
    list("zones", vec![member.zone.clone()]);
    if a.source == LogFormat::Cloudtrail {
        list("regions", vec![member.region.clone()]);
    }
    if matches!(a.source, LogFormat::Cloudtrail | LogFormat::Gcp | LogFormat::Azure) {
        list("accounts", vec![member.account.clone()]);
    }
    if !resources.is_empty() {
        list("resources", resources);
    }
    let _ = write!(out, "max_tier = {}\nmax_data_class = {}\n", a.max_tier, a.max_data_class);
    if a.max_tier >= 3 {
        out.push_str("allow_irreversible = true\n");
    }
}
