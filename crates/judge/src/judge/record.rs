//! What is said of a workload: verdicts and case records.

use super::{Judge, MISSING, Subject, hour_of};
use crate::Disposition;
use crate::case::{Why, case_name};
use crate::decide::Decision;
use crate::evidence::Evidence;
use crate::score::{Piece, Score};
use crate::state::{JudgeState, WorkloadState};
use crate::time::rfc3339;
use crate::verdict::{BoundaryScores, CaseUpdate, Detail, EvidenceLine, Verdict, detail, signals};
use std::sync::Arc;
use vires_event::Millis;
use vires_profile::baseline::bounded;
use vires_profile::observation::{Mapping, Observation};

impl Judge {
    /// The evidence of the window that ends with an hour.
    pub(super) fn lines(&self, state: &WorkloadState, hour: u32) -> Vec<EvidenceLine> {
        let window = self.tuning.window.score.in_hours();
        state
            .evidence
            .iter()
            .filter_map(|e| e.weight(hour, window).map(|x| EvidenceLine::of(e, f64::from(x) / 1000.0)))
            .collect()
    }

    /// The same as it is counted.
    pub(super) fn pieces(&self, state: &WorkloadState, hour: u32) -> Vec<Piece> {
        let window = self.tuning.window.score.in_hours();
        let weighs = |e: &Evidence| e.weight(hour, window).map(|x| e.piece(f64::from(x) / 1000.0));
        state.evidence.iter().filter_map(weighs).collect()
    }

    pub(super) fn verdict(
        &self,
        state: &mut WorkloadState,
        subject: &Subject<'_>,
        score: &Score,
        decision: &Decision,
        at: Millis,
    ) -> Verdict {
        let escalated = decision.disposition >= Disposition::Escalate;
        Verdict {
            verdict: decision.disposition,
            score: score.d,
            mapping: subject.mapping,
            workload: state.cache.name.clone().unwrap_or_else(|| Arc::from("")),
            owner: subject.owner.clone().or_else(|| escalated.then(|| self.default_owner.clone())),
            case: state.case.as_ref().map(|c| c.id),
            detail: self.detail(state, subject, score, at),
        }
    }

    fn detail(&self, state: &mut WorkloadState, subject: &Subject<'_>, score: &Score, at: Millis) -> Option<Arc<Detail>> {
        let missing = subject.missing(at);
        if score.counted.is_empty() && missing.is_empty() {
            return None;
        }
        let bits = missing_bits(&missing);
        let Some(mut cached) = state.cache.score.take() else { return self.blank(score, bits, &missing) };
        if cached.detail.as_ref().is_none_or(|(of, _)| *of != bits) {
            let lines = self.lines(state, cached.hour);
            cached.detail = Some((bits, Arc::new(detail(score, &lines, &missing, &self.tuning))));
        }
        let found = cached.detail.as_ref().map(|(_, found)| found.clone());
        state.cache.score = Some(cached);
        found
    }

    /// The detail of a workload against which nothing stands.
    fn blank(&self, score: &Score, bits: usize, missing: &[&str]) -> Option<Arc<Detail>> {
        let known = self.blank.get(bits)?;
        Some(known.get_or_init(|| Arc::new(detail(score, &[], missing, &self.tuning))).clone())
    }

    pub(super) fn update(
        &self,
        state: &mut WorkloadState,
        subject: &Subject<'_>,
        score: &Score,
        decision: &Decision,
        o: &Observation<'_>,
        why: Why,
    ) -> CaseUpdate {
        let hour = state.cache.score.as_ref().map_or(hour_of(state.watermark), |c| c.hour);
        let mut record = self.record(state, subject, score, decision, hour, why);
        record.time = rfc3339(o.at);
        record.identity = bounded(&o.identity).into_owned();
        let data = o.data_class.map_or(0.0, |c| f64::from(c) / 3.0);
        record.urgency = urgency(subject.mapping, score.impact.max(f64::from(o.tier) / 4.0).max(data));
        record
    }

    /// The case record of a workload as it stands.
    pub(super) fn record(
        &self,
        state: &mut WorkloadState,
        subject: &Subject<'_>,
        score: &Score,
        decision: &Decision,
        hour: u32,
        why: Why,
    ) -> CaseUpdate {
        let at = state.watermark;
        let mut evidence = self.lines(state, hour);
        let found = detail(score, &evidence, &subject.missing(at), &self.tuning);
        evidence
            .sort_by(|a, b| b.x.total_cmp(&a.x).then_with(|| (a.code, &a.facet, &a.value).cmp(&(b.code, &b.facet, &b.value))));
        let verdict = self.verdict(state, subject, score, decision, at);
        let [privilege, data, trust] = score.boundaries;
        CaseUpdate {
            schema: "vires-case/1".into(),
            case: state.case.as_ref().map_or(String::new(), |c| case_name(c.id)),
            time: rfc3339(at),
            update: why,
            verdict: decision.disposition,
            score: score.d,
            rule: decision.rule.to_string(),
            workload: verdict.workload.to_string(),
            identity: String::new(),
            owner: verdict.owner.map(|o| o.to_string()),
            mapping: subject.mapping,
            privileged: subject.privileged,
            missing: subject.missing(at).into_iter().map(String::from).collect(),
            urgency: None,
            boundaries: found.boundaries,
            boundary_scores: BoundaryScores { privilege, data, trust },
            breaks: found.breaks,
            signals: signals(score),
            variance: score.variance,
            trust_scale: score.trust_scale,
            kappa: score.kappa,
            reasons: found.reasons,
            evidence,
            standards: found.standards,
            opened: state.case.as_ref().map(|c| rfc3339(c.opened)),
            reopens: state.case.as_ref().and_then(|c| c.previous).map(case_name),
            tuning_sha256: self.tuning_sha256.clone(),
        }
    }

    /// What stands against a workload after its last event, whether or not it has to speak. `None` if nothing was seen of it.
    pub fn ask(&self, state: &JudgeState, workload: &str, mapping: Mapping) -> Option<CaseUpdate> {
        let mut state = state.get(workload)?.clone();
        let subject = self.subject(workload, mapping);
        let at = state.cache.ahead.unwrap_or(state.watermark);
        let (score, decision) = self.stand(&mut state, &subject, at);
        Some(self.record(&mut state, &subject, &score, &decision, hour_of(at), Why::Asked))
    }
}

/// How urgent it is that somebody says whose an identity is, 0 to 100, by the gravest that it does; `None` if that is known.
pub(super) fn urgency(mapping: Mapping, impact: f64) -> Option<f64> {
    let ghost = if mapping == Mapping::Ghost { 0.5 } else { 0.0 };
    (mapping != Mapping::Mapped).then(|| (100.0 * impact.max(ghost)).round())
}

/// Which of [`MISSING`] are missing, a bit each.
fn missing_bits(missing: &[&str]) -> usize {
    missing.iter().filter_map(|word| MISSING.iter().position(|known| known == word)).fold(0, |bits, n| bits | 1 << n)
}
