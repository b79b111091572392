//! Which entry of which standard something in a report answers to. The facts are two data files; this reads them.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::LazyLock;
use vires_judge::CaseUpdate;

/// An entry of a standard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standard {
    /// `owasp`, `csf`, `sp800-53`, `ai-rmf`, `asi`.
    pub scheme: &'static str,
    /// Its edition.
    pub version: &'static str,
    /// As it is printed.
    pub id: &'static str,
    /// Its title.
    pub name: &'static str,
}

/// A row of the crosswalk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Link {
    /// `criterion:…`, `verdict:…`, `issue:…`.
    pub subject: &'static str,
    /// Scheme of the standard.
    pub scheme: &'static str,
    /// Id within it.
    pub id: &'static str,
    /// True if it holds for AI agents alone.
    pub agents_only: bool,
}

static STANDARDS: LazyLock<Vec<Standard>> = LazyLock::new(|| {
    let row = |line: &'static str| {
        let mut cells = line.split('\t');
        Some(Standard { scheme: cells.next()?, version: cells.next()?, id: cells.next()?, name: cells.next()? })
    };
    include_str!("../data/standards.tsv").lines().skip(1).filter_map(row).collect()
});

static CROSSWALK: LazyLock<Vec<Link>> = LazyLock::new(|| {
    let row = |line: &'static str| {
        let mut cells = line.split('\t');
        let subject = cells.next()?;
        let (scheme, id) = cells.next()?.split_once(':')?;
        Some(Link { subject, scheme, id, agents_only: cells.next() == Some("agent") })
    };
    include_str!("../data/crosswalk.tsv").lines().skip(2).filter_map(row).collect()
});

/// All entries that are ever printed, by scheme.
pub fn standards() -> &'static [Standard] {
    &STANDARDS
}

/// What leads to them.
pub fn crosswalk() -> &'static [Link] {
    &CROSSWALK
}

/// The ids of one finding or issue, by standard; each list is sorted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tags {
    /// OWASP NHI Top 10.
    pub owasp: Vec<String>,
    /// NIST CSF.
    pub csf: Vec<String>,
    /// NIST SP 800-53.
    pub sp800_53: Vec<String>,
    /// NIST AI RMF.
    pub ai_rmf: Vec<String>,
    /// OWASP Top 10 for Agentic Applications.
    pub asi: Vec<String>,
    /// MITRE ATT&CK techniques.
    pub attack: Vec<String>,
}

impl Tags {
    /// What a subject of the crosswalk answers to.
    pub fn of(subject: &str, agentic: bool) -> Tags {
        let mut tags = Tags::default();
        tags.add(subject, agentic);
        tags.sort();
        tags
    }

    /// What a case answers to.
    pub fn of_case(record: &CaseUpdate, agentic: bool, attack: &Attack) -> Tags {
        let mut tags = Tags::default();
        tags.add(&format!("verdict:{}", record.verdict.as_str()), agentic);
        for line in &record.evidence {
            tags.add(&format!("criterion:{}", line.criterion), agentic);
            tags.attack.extend(line.attack.iter().flat_map(|id| attack.current(id)));
        }
        tags.sort();
        tags
    }

    fn add(&mut self, subject: &str, agentic: bool) {
        for link in CROSSWALK.iter().filter(|l| l.subject == subject && (agentic || !l.agents_only)) {
            let list = match link.scheme {
                "owasp" => &mut self.owasp,
                "csf" => &mut self.csf,
                "sp800-53" => &mut self.sp800_53,
                "ai-rmf" => &mut self.ai_rmf,
                _ => &mut self.asi,
            };
            list.push(link.id.to_owned());
        }
    }

    fn sort(&mut self) {
        for list in [&mut self.owasp, &mut self.csf, &mut self.sp800_53, &mut self.ai_rmf, &mut self.asi, &mut self.attack] {
            unique(list);
        }
    }
}

/// The version of MITRE ATT&CK in which techniques are printed. Cases hold ids of version 18.
#[derive(Debug, Clone, Default)]
pub struct Attack {
    moved: BTreeMap<String, Vec<String>>,
    v19: bool,
}

impl Attack {
    /// Version 18: ids as they are.
    pub fn v18() -> Self {
        Attack::default()
    }

    /// Version 19, given the ids that changed.
    pub fn v19<S: Into<String>>(moved: impl IntoIterator<Item = (S, Vec<String>)>) -> Self {
        Attack { moved: moved.into_iter().map(|(from, to)| (from.into(), to)).collect(), v19: true }
    }

    /// `18` or `19`.
    pub fn version(&self) -> &'static str {
        if self.v19 { "19" } else { "18" }
    }

    /// A technique of version 18 in this version; several where it was split.
    pub fn current(&self, id: &str) -> Vec<String> {
        self.moved.get(id).cloned().unwrap_or_else(|| vec![id.to_owned()])
    }
}

/// Each id once, in order: NHI10 comes after NHI9.
pub(crate) fn unique(ids: &mut Vec<String>) {
    fn number(id: &str) -> u32 {
        id.strip_prefix("NHI").and_then(|rest| rest.split(':').next()?.parse().ok()).unwrap_or(0)
    }
    ids.sort_by(|a, b| (number(a), a).cmp(&(number(b), b)));
    ids.dedup();
}

#[cfg(test)]
mod tests {
    use super::*;
    use vires_judge::REGISTRY;

    #[test]
    fn every_link_leads_to_a_known_entry() {
        assert_eq!(STANDARDS.len(), include_str!("../data/standards.tsv").lines().count() - 1);
        assert_eq!(CROSSWALK.len(), include_str!("../data/crosswalk.tsv").lines().count() - 2);
        for link in CROSSWALK.iter() {
            assert!(STANDARDS.iter().any(|s| (s.scheme, s.id) == (link.scheme, link.id)), "{link:?}");
        }
        for standard in STANDARDS.iter() {
            let used = CROSSWALK.iter().any(|l| (l.scheme, l.id) == (standard.scheme, standard.id));
            // An event says nothing of how a deployment is configured.
            assert!(used || standard.id == "NHI6:2025", "{standard:?} is never printed");
        }
    }

    #[test]
    fn criteria_have_the_tags_of_the_judge() {
        for criterion in REGISTRY {
            let subject = format!("criterion:{}", criterion.name);
            let mut ours: Vec<String> = CROSSWALK
                .iter()
                .filter(|l| l.subject == subject && !l.agents_only)
                .map(|l| format!("{}:{}", l.scheme, l.id))
                .collect();
            let mut judges: Vec<String> = criterion.standards.iter().map(|s| (*s).to_owned()).collect();
            ours.sort();
            judges.sort();
            assert_eq!(ours, judges, "{}", criterion.name);
        }
    }

    #[test]
    fn ids_are_written_as_their_publishers_do() {
        for s in STANDARDS.iter() {
            let good = match s.scheme {
                "owasp" => {
                    s.id.strip_prefix("NHI")
                        .and_then(|r| r.strip_suffix(":2025"))
                        .is_some_and(|n| n.parse::<u8>().is_ok_and(|n| (1..=10).contains(&n)) && !n.starts_with('0'))
                }
                "csf" => s.id != "DE.CM-07" && s.id.len() == 8,
                "asi" => s.id.starts_with("ASI"),
                _ => true,
            };
            assert!(good, "{s:?}");
        }
        assert!(Tags::of("criterion:delegation", false).asi.is_empty(), "agents alone");
        assert_eq!(Tags::of("criterion:delegation", true).asi, ["ASI03"]);
        assert!(Tags::of("verdict:page", false).ai_rmf.is_empty());
    }

    #[test]
    fn techniques_follow_the_version() {
        let v19 = Attack::v19([("T1562.008", vec!["T1685.002".to_owned()])]);
        assert_eq!((v19.current("T1562.008"), v19.current("T1078.004")), (vec!["T1685.002".into()], vec!["T1078.004".into()]));
        assert_eq!((Attack::v18().current("T1562.008"), Attack::v18().version()), (vec!["T1562.008".into()], "18"));
    }
}
