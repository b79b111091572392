//! From lines to cases with their records, and to what each identity did.

use super::sort::Sorter;
use anyhow::Result;
use rustc_hash::FxHashMap;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use vires_judge::{CaseUpdate, Detail, Disposition, Settled, rfc3339};
use vires_pipeline::judging::Judged;
use vires_report::access::Uses;
use vires_report::{Census, Context, Filed};

/// Records of one workload that are remembered before those that no evidence refers to are forgotten.
const MOST_CONTEXTS: usize = 256;

/// Everything that comes out of judging for a report.
pub struct Collector {
    /// What each identity did.
    pub census: Census,
    /// What each exception excused.
    pub uses: Uses,
    workloads: FxHashMap<Arc<str>, Watched>,
    cases: Sorter,
    /// The first thing that went wrong.
    failure: Option<anyhow::Error>,
}

/// One workload with evidence.
#[derive(Default)]
struct Watched {
    /// What stood against it when it was last looked at: a new one means new evidence.
    seen: Option<Arc<Detail>>,
    contexts: BTreeMap<String, Context>,
    open: Option<Filed>,
}

impl Watched {
    /// Closes the open case if it is another one.
    fn close_before(&mut self, case: &str, cases: &mut Sorter) -> Result<()> {
        match self.open.take_if(|open| open.record.case != case) {
            Some(closed) => put(cases, &complete(closed, &self.contexts)),
            None => Ok(()),
        }
    }

    fn gets_graver(&self, verdict: Disposition, score: f64) -> bool {
        self.open.as_ref().is_none_or(|open| (open.record.verdict, open.record.score) < (verdict, score))
    }

    fn file(&mut self, record: CaseUpdate) {
        let filed = Filed { record, since: None, contexts: BTreeMap::new() };
        match &mut self.open {
            Some(open) => open.absorb(filed),
            open => *open = Some(filed),
        }
    }
}

impl Collector {
    /// Puts cases into `cases` as soon as they are closed.
    pub fn new(cases: Sorter) -> Self {
        Collector { census: Census::default(), uses: Uses::default(), workloads: FxHashMap::default(), cases, failure: None }
    }

    /// Looks at one line.
    pub fn note(&mut self, judged: &Judged<'_>) {
        let (o, verdict) = (judged.observation, &judged.outcome.verdict);
        // A finding of another product is nothing that the identity did.
        if !o.detection.as_ref().is_some_and(|found| found.alone) {
            self.census.note(o, judged.credential());
        }
        for id in &judged.outcome.excused_by {
            self.uses.add(id, 1, o.at);
        }
        let Some(detail) = verdict.detail.as_ref() else { return };
        let watched = self.workloads.entry(verdict.workload.clone()).or_default();
        if !detail.criteria.is_empty() && !watched.seen.as_ref().is_some_and(|seen| Arc::ptr_eq(seen, detail)) {
            watched.seen = Some(Arc::clone(detail));
            let event = match o.event_id.as_deref().filter(|id| !id.is_empty()) {
                Some(id) => vires_profile::baseline::bounded(id).into_owned(),
                None => format!("line:{}", o.event_ref.line),
            };
            watched.contexts.insert(event, Context::of(o));
            if watched.contexts.len() > MOST_CONTEXTS {
                let mut wanted = judged.ask().map(|record| refs(&record)).unwrap_or_default();
                wanted.extend(watched.open.iter().flat_map(|filed| refs(&filed.record)));
                watched.contexts.retain(|event, _| wanted.contains(event));
            }
        }
        let Some(case) = verdict.case_name().filter(|_| verdict.verdict >= Disposition::Watch) else { return };
        if let Err(error) = watched.close_before(&case, &mut self.cases) {
            self.failure.get_or_insert(error);
        }
        if !watched.gets_graver(verdict.verdict, verdict.score) {
            return;
        }
        let record = match &judged.outcome.update {
            Some(update) => Some((**update).clone()),
            None => judged.ask(),
        };
        let Some(mut record) = record else { return };
        record.identity = o.identity.to_string();
        record.time = rfc3339(o.at);
        watched.file(record);
    }

    /// What the end of the lines said of a workload.
    pub fn settle(&mut self, settled: Settled) {
        let record = settled.record;
        let Some(watched) = self.workloads.get_mut(&*record.workload) else { return };
        if record.case.is_empty() || record.verdict < Disposition::Watch {
            return;
        }
        if let Err(error) = watched.close_before(&record.case, &mut self.cases) {
            self.failure.get_or_insert(error);
        }
        if watched.gets_graver(record.verdict, record.score) {
            watched.file(record);
        }
    }

    /// Closes all cases.
    pub fn finish(mut self) -> Result<(Census, Uses, Sorter)> {
        let mut open: Vec<(Arc<str>, Watched)> = self.workloads.drain().collect();
        open.sort_unstable_by(|a, b| a.0.cmp(&b.0));
        for (_, watched) in open {
            if let Some(filed) = watched.open {
                put(&mut self.cases, &complete(filed, &watched.contexts))?;
            }
        }
        match self.failure {
            Some(error) => Err(error),
            None => Ok((self.census, self.uses, self.cases)),
        }
    }
}

fn refs(record: &vires_judge::CaseUpdate) -> BTreeSet<String> {
    record.evidence.iter().flat_map(|line| &line.refs).map(|r| r.event.clone()).collect()
}

fn complete(mut filed: Filed, contexts: &BTreeMap<String, Context>) -> Filed {
    let wanted = refs(&filed.record);
    filed.contexts =
        contexts.iter().filter(|(event, _)| wanted.contains(*event)).map(|(e, c)| (e.clone(), c.clone())).collect();
    filed
}

fn put(cases: &mut Sorter, filed: &Filed) -> Result<()> {
    cases.push(key(&filed.record.workload, &filed.record.case), serde_json::to_vec(filed)?)
}

/// Records of one case come together, in the order in which they were written.
pub fn key(workload: &str, case: &str) -> Vec<u8> {
    let mut key = workload.as_bytes().to_vec();
    key.push(0);
    key.extend_from_slice(case.as_bytes());
    key
}
