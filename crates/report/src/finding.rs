//! A case as a reviewer reads it.

use crate::sheet::{EvidenceRow, FindingRow, Time};
use crate::standards::{Attack, Tags};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use vires_event::parse_time;
use vires_judge::{CaseUpdate, Disposition, EvidenceLine};
use vires_profile::Inventory;
use vires_profile::observation::Observation;
use vires_profile::zones::UNKNOWN;

/// What a record says that its case does not.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Context {
    /// Canonical id of the identity.
    pub identity: String,
    /// Sort of identity.
    pub kind: String,
    /// The log.
    pub source: String,
    /// The address.
    pub ip: String,
    /// The zone, or a network that no zone covers.
    pub origin: String,
    /// Family of the user agent.
    pub user_agent: String,
}

impl Context {
    /// Of an observation.
    pub fn of(o: &Observation<'_>) -> Self {
        let text = |text: &Option<vires_event::Text<'_>>| text.as_deref().unwrap_or_default().to_owned();
        Context {
            identity: o.identity.to_string(),
            kind: o.kind.as_str().to_owned(),
            source: o.source.as_str().to_owned(),
            ip: text(&o.ip),
            origin: text(&o.origin),
            user_agent: text(&o.ua),
        }
    }
}

/// A case at its gravest, with what its records say.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Filed {
    /// The case.
    pub record: CaseUpdate,
    /// When it reached this verdict, if that was before the record was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    /// Its records, by event id.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub contexts: BTreeMap<String, Context>,
}

impl Filed {
    /// Takes in another record of the same case: the gravest one stays.
    pub fn absorb(&mut self, other: Filed) {
        let urgency = [self.record.urgency, other.record.urgency].into_iter().flatten().reduce(f64::max);
        let mut contexts = std::mem::take(&mut self.contexts);
        let rank = |f: &Filed| (f.record.verdict, f.record.score);
        if rank(&other) > rank(self) {
            let reached = (self.record.verdict == other.record.verdict).then(|| self.reached().to_owned());
            *self = Filed { since: reached.or(other.since), ..other };
        } else {
            contexts.extend(other.contexts.clone());
        }
        contexts.append(&mut self.contexts);
        self.contexts = contexts;
        self.record.urgency = urgency;
    }

    /// When it reached its verdict.
    pub fn reached(&self) -> &str {
        self.since.as_deref().unwrap_or(&self.record.time)
    }

    fn context(&self, line: &EvidenceLine) -> Option<&Context> {
        line.refs.iter().find_map(|r| self.contexts.get(&r.event))
    }

    /// The piece that weighs most, of those that nothing excused if there are any.
    pub fn weightiest(&self) -> Option<&EvidenceLine> {
        let lines = &self.record.evidence;
        lines.iter().find(|line| line.excused_by.is_none()).or(lines.first())
    }
}

/// A case, ready to be written down in any form.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Finding {
    /// The row.
    pub row: FindingRow,
    /// Its evidence.
    pub evidence: Vec<EvidenceRow>,
    /// The key under which it was judged.
    pub workload: String,
    /// What that is for.
    pub purpose: String,
    /// Where to reach the owner.
    pub contact: String,
    /// The rule that decided.
    pub rule: String,
    /// What is missing for a judgement.
    pub missing: Vec<String>,
    /// Rank among those that cannot be judged.
    pub urgency: Option<f64>,
    /// When the case was opened.
    pub opened: Time,
    /// All standards it answers to.
    pub tags: Tags,
}

/// What findings are completed from.
#[derive(Debug, Clone, Copy)]
pub struct Desk<'a> {
    /// What was declared.
    pub inventory: &'a Inventory,
    /// How techniques are printed.
    pub attack: &'a Attack,
}

/// Most references to records in a row.
const MOST_REFS: usize = 12;

impl Desk<'_> {
    /// Writes a case down.
    pub fn finding(&self, filed: &Filed) -> Finding {
        let r = &filed.record;
        let profile = self.inventory.find(&r.workload);
        let owner = profile.and_then(|w| w.owner.as_ref());
        let tags = Tags::of_case(r, profile.is_some_and(|w| w.agentic), self.attack);
        let main = filed.weightiest();
        let context = main.and_then(|line| filed.context(line)).cloned().unwrap_or_default();
        let identity = first_of([&context.identity, &r.identity, &r.workload]);
        let mut refs: Vec<String> = Vec::new();
        for event in main.into_iter().chain(&r.evidence).flat_map(|line| &line.refs) {
            if refs.len() < MOST_REFS && !refs.contains(&event.event) {
                refs.push(event.event.clone());
            }
        }
        let mut excused: Vec<String> = r.evidence.iter().filter_map(|line| line.excused_by.clone()).collect();
        excused.sort();
        excused.dedup();
        let row = FindingRow {
            finding_id: r.case.clone(),
            time: Time(parse_time(filed.reached())),
            verdict: r.verdict.as_str().into(),
            score: r.score,
            identity_id: identity.clone(),
            kind: context.kind.clone(),
            owner: r.owner.clone().unwrap_or_default(),
            mapping: r.mapping.as_str().into(),
            criterion: main.map(|line| line.criterion.clone()).unwrap_or_default(),
            boundaries: r.boundaries.iter().map(|b| b.as_str().into()).collect(),
            breaks: r.breaks.iter().map(|b| b.as_str().into()).collect(),
            signal_context: r.signals.context,
            signal_variance: r.signals.variance,
            signal_sensitivity: r.signals.sensitivity,
            action: main.map(|line| line.action.clone()).unwrap_or_default(),
            target: main.map(|line| line.target.clone()).unwrap_or_default(),
            data_class: r.evidence.iter().filter_map(|line| line.data_class).max().map(u64::from),
            environment: profile.and_then(|w| w.env.clone()).unwrap_or_default(),
            source: context.source.clone(),
            origin_ip: context.ip.clone(),
            origin_zone: zone(main, &context),
            user_agent: context.user_agent.clone(),
            expected: main.map(|line| line.expected.clone()).unwrap_or_default(),
            observed: main.map(|line| line.observed.clone()).unwrap_or_default(),
            reason: r.reasons.clone(),
            excused_by: excused,
            owasp_nhi: tags.owasp.clone(),
            nist_csf: tags.csf.clone(),
            attack: tags.attack.clone(),
            event_ref: refs,
            tuning_sha256: r.tuning_sha256.clone(),
        };
        Finding {
            evidence: r.evidence.iter().map(|line| self.evidence(filed, line, &identity)).collect(),
            workload: r.workload.clone(),
            purpose: profile.and_then(|w| w.purpose.clone()).unwrap_or_default(),
            contact: owner.and_then(|o| o.contact.clone()).unwrap_or_default(),
            rule: r.rule.clone(),
            missing: r.missing.clone(),
            urgency: r.urgency.filter(|_| r.verdict == Disposition::CannotJudge),
            opened: Time(r.opened.as_deref().and_then(parse_time)),
            tags,
            row,
        }
    }

    fn evidence(&self, filed: &Filed, line: &EvidenceLine, identity: &str) -> EvidenceRow {
        let context = filed.context(line).cloned().unwrap_or_default();
        EvidenceRow {
            finding_id: filed.record.case.clone(),
            time: Time(Some(line.first)),
            identity_id: if context.identity.is_empty() { identity.to_owned() } else { context.identity },
            code: line.code.as_str().into(),
            criterion: line.criterion.clone(),
            boundary: line.boundary.map_or("", |b| b.as_str()).into(),
            breaks: line.breaks.as_str().into(),
            weight: line.x,
            facet: line.facet.clone(),
            value: line.value.clone(),
            expected: line.expected.clone(),
            observed: line.observed.clone(),
            action: line.action.clone(),
            target: line.target.clone(),
            tier: u64::from(line.tier),
            data_class: line.data_class.map(u64::from),
            origin_ip: context.ip,
            events: line.count,
            last_seen: Time(Some(line.last)),
            excused_by: line.excused_by.clone().unwrap_or_default(),
            attack: {
                let mut ids: Vec<String> = line.attack.iter().flat_map(|id| self.attack.current(id)).collect();
                crate::standards::unique(&mut ids);
                ids
            },
            event_ref: line.refs.iter().map(|r| r.event.clone()).collect(),
        }
    }
}

fn first_of(texts: [&String; 3]) -> String {
    texts.into_iter().find(|text| !text.is_empty()).cloned().unwrap_or_default()
}

/// A zone has a name; a network that no zone covers has none.
fn zone(main: Option<&EvidenceLine>, context: &Context) -> String {
    let from_case = main.filter(|line| line.facet == "zone").map(|line| line.value.as_str());
    let name = if context.origin.is_empty() { from_case.unwrap_or_default() } else { &context.origin };
    // `net:…` and `asn:…` are how a place without a zone is remembered.
    let nameless = name.is_empty() || name.starts_with("net:") || name.starts_with("asn:");
    if nameless { UNKNOWN.into() } else { name.into() }
}

impl FindingRow {
    /// True if somebody has to look at it.
    pub fn escalated(&self) -> bool {
        matches!(self.verdict.as_str(), "escalate" | "page")
    }
}
