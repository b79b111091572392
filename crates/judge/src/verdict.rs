//! What the judge says: of every event a [`Verdict`], of every case that has to speak a [`CaseUpdate`].

use crate::case::{Why, case_name};
use crate::evidence::{Evidence, EvidenceRef, Workings};
use crate::score::{Piece, Score};
use crate::surprisal::{Declared, q3};
use crate::{Break, Code, Disposition, Tuning};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use vires_event::{Boundary, Millis};
use vires_profile::observation::Mapping;

/// Where the three signals stand, 0 to 1.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signals {
    /// Identity context: how far outside what it is meant to be.
    pub context: f64,
    /// Behavioural variance: how far outside what it usually does.
    pub variance: f64,
    /// Business sensitivity: what was at stake.
    pub sensitivity: f64,
}

/// What stands against a workload at a moment, in the words of the `nhi` object.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Detail {
    /// Crossed boundaries.
    pub boundaries: Vec<Boundary>,
    /// The three signals.
    pub signals: Signals,
    /// What is broken.
    pub breaks: Vec<Break>,
    /// Short sentences, the weightiest first.
    pub reasons: Vec<String>,
    /// `owasp:…`, `csf:…`, `attack:…`.
    pub standards: Vec<String>,
    /// Names of the criteria with evidence, the weightiest first.
    pub criteria: Vec<&'static str>,
    /// Exceptions that excused something.
    pub excused_by: Vec<String>,
}

/// The verdict of an event: that of its case at that moment.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    /// What is done.
    pub verdict: Disposition,
    /// How far outside the intended authority, 0 to 100.
    pub score: f64,
    /// How far the identity leads to an owner.
    pub mapping: Mapping,
    /// Key under which it was judged.
    pub workload: Arc<str>,
    /// Who answers for it; for escalations of unmapped identities the default owner.
    pub owner: Option<Arc<str>>,
    /// The case, if one is open.
    pub case: Option<u64>,
    /// What stands against it; `None` if nothing does.
    pub detail: Option<Arc<Detail>>,
}

impl Verdict {
    /// The case as it stands in output.
    pub fn case_name(&self) -> Option<String> {
        self.case.map(case_name)
    }
}

/// What came of one event.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// The verdict.
    pub verdict: Verdict,
    /// The case, if it has something to say.
    pub update: Option<Box<CaseUpdate>>,
    /// True if the event had been seen before: it changed nothing.
    pub duplicate: bool,
    /// Ids of the exceptions that excused evidence of this event.
    pub excused_by: Vec<String>,
    /// Strangers that were forgotten to make room for this one: see `unmapped.most` of the tuning.
    pub forgotten: u32,
}

/// One piece of evidence in a case record.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EvidenceLine {
    /// Its code.
    pub code: Code,
    /// Its criterion.
    pub criterion: String,
    /// The boundary it crosses; absent = variance.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub boundary: Option<Boundary>,
    /// What it breaks.
    #[serde(rename = "break")]
    pub breaks: Break,
    /// The aspect.
    pub facet: String,
    /// The value.
    pub value: String,
    /// Its weight.
    pub x: f64,
    /// What was expected.
    pub expected: String,
    /// What was observed.
    pub observed: String,
    /// The action of its weightiest event.
    pub action: String,
    /// The target of its weightiest event.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub target: String,
    /// Highest tier of its events.
    pub tier: u8,
    /// Highest data class of its events.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data_class: Option<u8>,
    /// Greatest impact of its events.
    pub impact: f64,
    /// First event.
    pub first: Millis,
    /// Last event.
    pub last: Millis,
    /// How many events.
    pub count: u64,
    /// Where to find them: the two earliest and the latest.
    pub refs: Vec<EvidenceRef>,
    /// True if it came from an unknown network that is new to the workload.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unknown_network: bool,
    /// True if it deviates from something of the workload's own: a declaration, or any history.
    pub grounded: bool,
    /// The exception that excused it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub excused_by: Option<String>,
    /// ATT&CK techniques.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attack: Vec<String>,
    /// How its weight came about.
    pub workings: Workings,
}

impl EvidenceLine {
    pub(crate) fn of(evidence: &Evidence, x: f64) -> EvidenceLine {
        let criterion = crate::criteria::REGISTRY.iter().find(|c| c.code == evidence.code).map_or("", |c| c.name);
        EvidenceLine {
            code: evidence.code,
            criterion: criterion.into(),
            boundary: evidence.boundary,
            breaks: evidence.breaks,
            facet: evidence.facet.clone(),
            value: evidence.value.clone(),
            x,
            expected: evidence.best.expected.clone(),
            observed: evidence.best.observed.clone(),
            action: evidence.best.action.clone(),
            target: evidence.best.target.clone(),
            tier: evidence.tier,
            data_class: evidence.data_class,
            impact: f64::from(evidence.impact) / 1000.0,
            first: evidence.first,
            last: evidence.last,
            count: evidence.count,
            refs: evidence.refs.clone(),
            unknown_network: evidence.unknown_network,
            grounded: evidence.grounded,
            excused_by: evidence.best.excused_by.clone(),
            attack: evidence.attack.clone(),
            workings: evidence.best.workings.clone(),
        }
    }

    /// As it is counted: `Evidence::piece`.
    pub fn piece(&self) -> Piece {
        let gauge = self.workings.gauge.as_deref();
        Piece {
            code: self.code,
            boundary: self.boundary,
            breaks: self.breaks,
            x: self.x,
            impact: self.impact,
            v: gauge.map(|g| g.v),
            declared: gauge.is_none_or(|g| g.declared == Declared::Outside),
            tier: self.tier,
            unknown_network: self.unknown_network,
            grounded: self.grounded,
            place: self.place(),
        }
    }

    /// See [`Piece::place`].
    pub(crate) fn place(&self) -> u64 {
        crate::evidence::place_of(self.code, &self.value)
    }

    /// One sentence.
    pub fn reason(&self) -> String {
        let excuse = self.excused_by.as_ref().map_or(String::new(), |id| format!(" (excused by {id})"));
        format!("{} {}: expected {}; observed {}{excuse}", self.code.as_str(), self.criterion, self.expected, self.observed)
    }
}

/// Where each boundary stands.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BoundaryScores {
    /// Privilege.
    pub privilege: f64,
    /// Data.
    pub data: f64,
    /// Trust.
    pub trust: f64,
}

/// A case, each time it has something to say. One line of the case file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaseUpdate {
    /// `vires-case/1`.
    pub schema: String,
    /// The case.
    pub case: String,
    /// When, RFC 3339.
    pub time: String,
    /// Why it speaks.
    pub update: Why,
    /// What is done.
    pub verdict: Disposition,
    /// How far outside the intended authority, 0 to 100.
    pub score: f64,
    /// The rule that decided.
    pub rule: String,
    /// Key under which it was judged.
    pub workload: String,
    /// The identity of the last event.
    pub identity: String,
    /// Who answers for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// How far the identity leads to an owner.
    pub mapping: Mapping,
    /// True if the profile says that it is privileged.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub privileged: bool,
    /// What is missing for a judgement.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<String>,
    /// Rank in the queue of those who cannot be judged, 0 to 100.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub urgency: Option<f64>,
    /// Crossed boundaries.
    pub boundaries: Vec<Boundary>,
    /// Where each boundary stands.
    pub boundary_scores: BoundaryScores,
    /// What is broken.
    pub breaks: Vec<Break>,
    /// The three signals.
    pub signals: Signals,
    /// Unusual time and volume.
    pub variance: f64,
    /// What trust weighs, given what was done.
    pub trust_scale: f64,
    /// Tolerance.
    pub kappa: f64,
    /// Short sentences, the weightiest first.
    pub reasons: Vec<String>,
    /// What was counted, the weightiest first.
    pub evidence: Vec<EvidenceLine>,
    /// `owasp:…`, `csf:…`, `attack:…`.
    pub standards: Vec<String>,
    /// When the case was opened, RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opened: Option<String>,
    /// The case before this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reopens: Option<String>,
    /// SHA-256 of the tuning.
    pub tuning_sha256: String,
}

/// Most reasons of a verdict.
const MOST_REASONS: usize = 6;
/// Most standards of a verdict.
const MOST_STANDARDS: usize = 12;

/// Signals of a score.
pub(crate) fn signals(score: &Score) -> Signals {
    Signals {
        context: score.context,
        variance: q3(1.0 - (1.0 - score.habit) * (1.0 - score.variance)),
        sensitivity: score.impact,
    }
}

/// How much a piece of evidence tells a reader who sees only this one: its weight, by how concrete its kind is. That something went to
/// a stranger, or came from one, says more than that a limit was passed on the way.
fn telling(line: &EvidenceLine) -> f64 {
    let concrete = match line.code {
        Code::N1 | Code::D4 => 1.0,
        Code::T5 if line.value == "decommissioned" => 1.0,
        Code::T1 | Code::C1 if line.unknown_network => 0.97,
        Code::P2 if line.tier >= 4 => 0.97,
        Code::P7 | Code::T4 => 0.95,
        Code::D1 | Code::D2 | Code::P3 => 0.9,
        Code::P2 if line.tier == 3 => 0.9,
        Code::T1 | Code::C1 | Code::T2 | Code::T5 | Code::P4 | Code::T9 => 0.85,
        Code::P1 | Code::T3 | Code::T8 => 0.75,
        Code::P5 | Code::P6 | Code::D3 | Code::D5 => 0.65,
        Code::P2 | Code::T6 => 0.6,
        Code::T7 | Code::V1 | Code::V2 | Code::V3 | Code::V4 => 0.4,
    };
    if line.excused_by.is_some() { 0.0 } else { line.x * concrete }
}

/// The detail of a score. `missing` explains what cannot be judged.
pub(crate) fn detail(score: &Score, lines: &[EvidenceLine], missing: &[&str], tuning: &Tuning) -> Detail {
    let pieces: Vec<Piece> = lines.iter().map(EvidenceLine::piece).collect();
    let mut ranked: Vec<(f64, &EvidenceLine)> = lines.iter().map(|l| (telling(l), l)).collect();
    ranked.sort_by(|(a, l), (b, m)| b.total_cmp(a).then_with(|| (l.code, l.first, &l.value).cmp(&(m.code, m.first, &m.value))));
    let mut detail = Detail {
        boundaries: score.crossed(tuning),
        signals: signals(score),
        breaks: score.breaks(&pieces),
        ..Detail::default()
    };
    for (_, line) in ranked {
        let Some(criterion) = crate::criteria::REGISTRY.iter().find(|c| c.code == line.code) else { continue };
        // A door each is too much to read; the score counts them as one.
        let repeated = line.code == Code::P5 && detail.criteria.contains(&criterion.name);
        if detail.reasons.len() < MOST_REASONS && !repeated {
            detail.reasons.push(line.reason());
        }
        if !detail.criteria.contains(&criterion.name) {
            detail.criteria.push(criterion.name);
        }
        if let Some(id) = line.excused_by.as_ref().filter(|id| !detail.excused_by.contains(id)) {
            detail.excused_by.push(id.clone());
        }
        let techniques = line.attack.iter().map(|a| format!("attack:{a}"));
        for standard in criterion.standards.iter().map(|s| (*s).to_string()).chain(techniques) {
            if detail.standards.len() < MOST_STANDARDS && !detail.standards.contains(&standard) {
                detail.standards.push(standard);
            }
        }
    }
    if !missing.is_empty() && detail.reasons.len() < MOST_REASONS {
        let what: Vec<String> = missing.iter().map(|m| format!("missing:{m}")).collect();
        detail.reasons.push(what.join(" "));
    }
    detail.standards.sort_unstable();
    detail
}
