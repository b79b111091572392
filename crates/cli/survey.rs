//! Judging for people: all lines are read, and what they amount to is shown.

use crate::config::RunSettings;
use crate::known::Loaded;
use anyhow::Result;
use clap::ValueEnum;
use std::collections::BTreeMap;
use vires_judge::{CaseUpdate, Disposition, Settled};
use vires_pipeline::judging::{Judged, Survey, Surveyed};
use vires_pipeline::{Runner, Source, YearRule};

/// In which order the lines of several files are judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Order {
    /// By what time the lines say, as if all had come in one stream.
    Time,
    /// One file after the other, by name.
    Files,
}

impl Order {
    /// Reads files in this order; streams and sockets have their own.
    pub fn apply(self, run: &mut RunSettings, year: Option<YearRule>) {
        if self == Order::Time
            && let Source::Files(files) = &mut run.options.source
        {
            run.options.source = Source::ByTime(std::mem::take(files), year);
        }
    }
}

/// Judges all lines; `visit` sees each one that says anything.
pub fn survey(run: &RunSettings, loaded: Loaded, visit: impl FnMut(Judged<'_>) + Send) -> Result<Surveyed> {
    let runner = Runner::open(&run.options)?;
    let stage = Survey::new(loaded.estate, loaded.judge, visit);
    Ok(stage.over(runner)?)
}

/// What to say of lines without a time; nothing if there are none.
pub fn undated(lines: u64) -> Option<String> {
    (lines > 0).then(|| {
        format!("{lines} lines were left out: they name an identity, but no year (RFC 3164) or no time; --year says the year")
    })
}

/// Each case at its gravest.
#[derive(Default)]
pub struct Gravest {
    cases: BTreeMap<String, CaseUpdate>,
}

impl Gravest {
    /// Looks at one line. Returns the case's record if this line made it graver.
    pub fn note(&mut self, judged: &Judged<'_>) -> Option<&CaseUpdate> {
        let verdict = &judged.outcome.verdict;
        let name = verdict.case_name()?;
        if !self.is_graver(&name, verdict.verdict, verdict.score) {
            return None;
        }
        let mut record = match &judged.outcome.update {
            Some(update) => (**update).clone(),
            None => judged.ask()?,
        };
        record.identity = judged.observation.identity.to_string();
        record.time = vires_judge::rfc3339(judged.observation.at);
        self.keep(name, record)
    }

    /// The same for what the end of the lines said.
    pub fn settle(&mut self, settled: &Settled) -> Option<&CaseUpdate> {
        let record = &settled.record;
        let graver = !record.case.is_empty() && self.is_graver(&record.case, record.verdict, record.score);
        graver.then(|| self.keep(record.case.clone(), record.clone())).flatten()
    }

    fn is_graver(&self, case: &str, verdict: Disposition, score: f64) -> bool {
        verdict >= Disposition::Watch
            && self.cases.get(case).is_none_or(|known| (known.verdict, known.score) < (verdict, score))
    }

    fn keep(&mut self, case: String, mut record: CaseUpdate) -> Option<&CaseUpdate> {
        let known = self.cases.get(&case);
        record.urgency = [record.urgency, known.and_then(|k| k.urgency)].into_iter().flatten().reduce(f64::max);
        self.cases.insert(case.clone(), record);
        self.cases.get(&case)
    }

    /// All of them.
    pub fn into_cases(self) -> Vec<CaseUpdate> {
        self.cases.into_values().collect()
    }
}
