//! The list of scenarios with what the judge made of each, for the library's own page.

use super::text::clean;
use crate::decode::Fact;
use crate::scenario::{Corpus, Mark, Scenario, ScenarioKind};
use crate::score::{Fate, Outcome};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// Where the generated part of a page begins and ends.
const BEGIN: &str = "<!-- begin: harness list -->";
const END: &str = "<!-- end: harness list -->";

/// The generated part of the page.
pub fn library(corpus: &Corpus, outcomes: &[Outcome]) -> String {
    let mut families: BTreeMap<(&str, &str), Vec<(&Scenario, &Outcome)>> = BTreeMap::new();
    for (scenario, outcome) in corpus.scenarios.iter().zip(outcomes) {
        families.entry((scenario.manifest.split.as_str(), scenario.family())).or_default().push((scenario, outcome));
    }
    let mut out = String::new();
    summary(corpus, outcomes, &mut out);
    for ((split, family), rows) in families {
        let _ = writeln!(out, "\n## {} ({split})\n", cell(family, 80));
        out.push_str("| scenario | kind | identity | boundary | sources | incident | shipped tuning |\n");
        out.push_str("|---|---|---|---|---|---|---|\n");
        for (scenario, outcome) in rows {
            row(scenario, outcome, &mut out);
        }
    }
    out
}

/// The page with its generated part replaced; a page without one gets it at its end.
pub fn library_page(page: &str, generated: &str) -> String {
    let part = format!("{BEGIN}\n{}\n{END}", generated.trim_end());
    match (page.find(BEGIN), page.find(END)) {
        (Some(from), Some(to)) if from < to => {
            let (before, after) = (page.get(..from).unwrap_or_default(), page.get(to + END.len()..).unwrap_or_default());
            format!("{before}{part}{after}")
        }
        _ if page.trim().is_empty() => format!("{part}\n"),
        _ => format!("{}\n\n{part}\n", page.trim_end()),
    }
}

fn summary(corpus: &Corpus, outcomes: &[Outcome], out: &mut String) {
    out.push_str(
        "| split | attack scenarios | instances | caught | quiet scenarios | with false cases | families | incidents |\n",
    );
    out.push_str("|---|--:|--:|--:|--:|--:|--:|--:|\n");
    let mut by_split: BTreeMap<&str, Vec<(&Scenario, &Outcome)>> = BTreeMap::new();
    for (scenario, outcome) in corpus.scenarios.iter().zip(outcomes) {
        by_split.entry(scenario.manifest.split.as_str()).or_default().push((scenario, outcome));
    }
    for (split, rows) in by_split {
        let attacks = || rows.iter().filter(|(s, _)| s.manifest.kind == ScenarioKind::Attack);
        let quiet = || rows.iter().filter(|(s, _)| s.manifest.kind != ScenarioKind::Attack);
        let instances = || rows.iter().flat_map(|(_, o)| &o.instances);
        let families: BTreeSet<&str> = rows.iter().map(|(s, _)| s.family()).collect();
        let incidents: BTreeSet<&str> =
            attacks().map(|(s, _)| s.manifest.incident.as_str()).filter(|text| !text.is_empty()).collect();
        let _ = writeln!(
            out,
            "| {split} | {} | {} | {} | {} | {} | {} | {} |",
            attacks().count(),
            instances().count(),
            instances().filter(|i| i.fate == Fate::Caught).count(),
            quiet().count(),
            quiet().filter(|(_, o)| !o.false_cases.is_empty()).count(),
            families.len(),
            incidents.len()
        );
    }
}

fn row(scenario: &Scenario, outcome: &Outcome, out: &mut String) {
    let manifest = &scenario.manifest;
    let name = manifest.id.split_once('/').map_or(manifest.id.as_str(), |(_, name)| name);
    let boundaries: BTreeSet<&str> =
        scenario.truth.instances.iter().flat_map(|i| &i.boundaries).map(|boundary| boundary.as_str()).collect();
    let facts = about(scenario);
    let kinds: BTreeSet<&str> = facts.iter().filter_map(|f| f.kind).map(|kind| kind.as_str()).collect();
    let sources: BTreeSet<&str> = facts.iter().map(|f| f.source.as_str()).collect();
    let title = if manifest.title.is_empty() { String::new() } else { format!("<br>{}", cell(&manifest.title, 160)) };
    let _ = writeln!(
        out,
        "| [{}]({}){title} | {} | {} | {} | {} | {} | {} |",
        cell(name, 80),
        link(&manifest.id),
        manifest.kind.as_str(),
        list(&kinds),
        list(&boundaries),
        list(&sources),
        incident(&manifest.incident),
        result(scenario, outcome)
    );
}

/// The events that a scenario is about: what is labelled, else what its actors do, else everything.
fn about(scenario: &Scenario) -> Vec<&Fact> {
    let attack = !scenario.truth.instances.is_empty();
    let told = |fact: &&Fact| match scenario.truth.mark(fact.line) {
        Some(Mark::Malicious(_) | Mark::Ambiguous) => true,
        Some(Mark::Benign) => !attack,
        None => false,
    };
    let labelled: Vec<&Fact> = scenario.events.facts.iter().filter(told).collect();
    if !labelled.is_empty() {
        return labelled;
    }
    let manifest = &scenario.manifest;
    let acting: BTreeSet<&str> =
        manifest.shift.iter().flat_map(|s| s.who()).chain(manifest.actor.iter().map(|a| a.name.as_str())).collect();
    let principals: BTreeSet<&str> = acting
        .iter()
        .filter_map(|name| scenario.inventory.find(name))
        .flat_map(|workload| &workload.principals)
        .map(|principal| principal.text.as_str())
        .collect();
    let lived: Vec<&Fact> = scenario
        .events
        .facts
        .iter()
        .filter(|f| f.identity.is_some_and(|name| principals.contains(scenario.names.text(name))))
        .collect();
    if lived.is_empty() { scenario.events.facts.iter().collect() } else { lived }
}

fn result(scenario: &Scenario, outcome: &Outcome) -> String {
    let (all, caught) = (outcome.instances.len(), outcome.instances.iter().filter(|i| i.fate == Fate::Caught).count());
    let mut parts = Vec::new();
    match (all, caught) {
        (0, _) => {}
        (1, 1) => parts.push("caught".to_string()),
        (1, _) => parts.extend(outcome.instances.iter().map(|i| i.fate.as_str().to_string())),
        _ => parts.push(format!("caught {caught} of {all}")),
    }
    match outcome.false_cases.len() {
        0 if all == 0 => parts.push("quiet".into()),
        0 => {}
        1 => parts.push("1 false case".into()),
        n => parts.push(format!("{n} false cases")),
    }
    if !outcome.ambiguous.is_empty() {
        parts.push(format!("{} ambiguous", outcome.ambiguous.len()));
    }
    if scenario.manifest.is_undetectable() {
        parts.push("undetectable by design".into());
    }
    parts.join(", ")
}

fn list(words: &BTreeSet<&str>) -> String {
    let words: Vec<String> = words.iter().map(|word| cell(word, 40)).collect();
    words.join(", ")
}

/// The host of an address, linked; nothing that is no plain address.
fn incident(url: &str) -> String {
    let plain = |c: char| c.is_ascii_graphic() && !matches!(c, '|' | '<' | '>' | '"' | '(' | ')' | '[' | ']' | '`' | '\\');
    match url.strip_prefix("https://") {
        Some(rest) if url.chars().all(plain) => {
            let host = rest.split('/').next().unwrap_or(rest);
            format!("[{}]({url})", cell(host.trim_start_matches("www."), 80))
        }
        _ => cell(url, 120),
    }
}

/// A relative link to a scenario's folder.
fn link(id: &str) -> String {
    id.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '/' | '-' | '_' | '.')).collect()
}

fn cell(text: &str, most: usize) -> String {
    super::md::cell(&clean(text, most))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replaces_only_its_own_part() {
        let page = "# Title\n\ntext\n\n<!-- begin: harness list -->\nold\n<!-- end: harness list -->\nafter\n";
        assert_eq!(
            library_page(page, "new\n"),
            "# Title\n\ntext\n\n<!-- begin: harness list -->\nnew\n<!-- end: harness list -->\nafter\n"
        );
        assert_eq!(library_page(&library_page(page, "x"), "new"), library_page(page, "new"));
        assert!(library_page("# Title\n", "x").starts_with("# Title\n\n<!-- begin"));
        assert!(library_page("", "x").starts_with("<!-- begin"));
    }

    #[test]
    fn links_only_plain_addresses() {
        assert_eq!(incident("https://www.example.com/a-b?c=1"), "[example.com](https://www.example.com/a-b?c=1)");
        assert_eq!(incident(""), "");
        assert!(!incident("https://example.com/a)|b").contains("]("));
        assert!(!incident("javascript:alert(1)").contains("]("));
    }

    #[test]
    fn lists_the_examples() {
        let corpus = crate::testing::corpus();
        let engine = crate::shipped::Shipped::new();
        let tuning = crate::engine::Tuning::new(crate::engine::Engine::default_tuning(&engine), "");
        let replays = crate::evaluate::replay(&engine, &corpus.scenarios, &[tuning], 1, &|| {}).unwrap();
        let outcomes: Vec<Outcome> = replays.into_iter().flatten().map(|(outcome, _)| outcome).collect();
        let text = library(&corpus, &outcomes);
        assert!(text.contains("## cred\\_reuse (dev)"), "{text}");
        assert!(text.contains("| [key\\_external](cred_reuse/key_external)"), "{text}");
        assert!(text.contains("| cloudtrail |") && text.contains("| caught |") && text.contains("| quiet |"), "{text}");
    }
}
