//! `vires report`

mod args;
pub mod casefile;
mod choice;
mod collect;
mod diff;
mod knowledge;
mod output;
mod review;
mod sort;

pub use args::ReportArgs;

use crate::config;
use crate::failure::Failure;
use crate::known::{Folder, Known, read_text};
use crate::print::print;
use crate::survey::{Order, undated};
use anyhow::{Context, Result, anyhow, ensure};
use args::ReportFormat;
use choice::Chosen;
use collect::Collector;
use output::Workshop;
use review::Material;
use sort::Sorter;
use std::path::{Path, PathBuf};
use vires_event::{Millis, parse_time};
use vires_judge::JudgeState;
use vires_pipeline::Runner;
use vires_pipeline::judging::{Judged, StateFile, Step, Survey, Surveyed};
use vires_profile::Exceptions;
use vires_profile::baseline::Reference;
use vires_profile::import::Input;
use vires_report::access::{Grants, Limits, Uses};
use vires_report::{Census, Filed};

/// `vires report`
pub fn run(args: &ReportArgs) -> Result<(), Failure> {
    if let Some([old, new]) = args.diff.as_deref() {
        return diff::run(old, new, args.out.as_deref());
    }
    let out = args.out.as_deref().ok_or_else(|| anyhow!("--out DIR says where the reports go"))?;
    let (file, path) = config::load(args.config.config.as_deref())?;
    let folder = Folder::of(&args.files);
    let files = folder.as_ref().map_or_else(|| args.files.clone(), |folder| vec![folder.logs()]);
    let given = &args.inputs;
    // Of the configuration only what concerns reading: a listener and an output belong to streams.
    let mut settings = config::Run { threads: given.threads, catalog: given.catalog.clone(), ..config::Run::default() }
        .or(config::Run {
            threads: file.run.threads,
            max_line: file.run.max_line,
            catalog: file.run.catalog,
            ..config::Run::default()
        })
        .resolve(files.clone())?;
    let judge = config::Judge {
        baseline: given.baseline.clone(),
        inventory: given.inventory.clone(),
        year: given.year,
        exceptions: given.exceptions.clone(),
        tuning: given.tuning.clone(),
        ..config::Judge::default()
    };
    // A state that the configuration names belongs to the judge that keeps it: only one that is asked for is gone on from.
    let judge = judge.or(file.judge);
    let judge_year = judge.year;
    let known = Known::new(&judge, &settings, path, folder.as_ref());
    // What is wrong with the small inputs should show before the large ones are read.
    let grants = grants(&given.grants, folder.as_ref())?;
    let at = args.choice.at.as_deref().map(choice::moment).transpose()?;
    let chosen = Chosen::new(&args.choice)?;
    let cases = casefile::are_cases(&files)?;
    let loaded = known.load()?;
    let mut remarks: Vec<String> = loaded.remarks.clone();
    remarks.extend(grants.remarks.iter().cloned());
    let estate = loaded.estate.clone();
    if cases && given.state.is_some() {
        return Err(anyhow!("cases say by themselves what was found: --state goes with logs").into());
    }
    let state = given.state.as_deref().map(|path| resumed(path, &loaded.inputs)).transpose()?;
    let workshop = Workshop::open(out)?;
    let mut sorter = Sorter::new(workshop.scratch(), "cases");
    let (seen, judge, mut failures) = if cases {
        let mut seen = Seen::default();
        let bad = casefile::read(&files, |workload, case, line| {
            seen.note(&estate.exceptions, line);
            let mut value = b"{\"record\":".to_vec();
            value.extend_from_slice(line);
            value.push(b'}');
            sorter.push(collect::key(workload, case), value)
        })?;
        (seen, loaded.judge, bad)
    } else {
        let mut collector = Collector::new(sorter);
        Order::Time.apply(&mut settings, judge_year);
        let visit = |judged: Judged<'_>| collector.note(&judged);
        let survey = match state {
            Some(state) => Survey::resuming(loaded.estate, loaded.judge, state, visit),
            None => Survey::new(loaded.estate, loaded.judge, visit),
        };
        let Surveyed { judge, summary, undated: left_out, settled } = survey.over(Runner::open(&settings.options)?)?;
        settled.into_iter().for_each(|settled| collector.settle(settled));
        remarks.extend(undated(left_out));
        let failures = summary.failures.iter().map(|failure| format!("failed to read {failure}")).collect();
        let (census, uses, cases) = collector.finish()?;
        sorter = cases;
        if census.left_out > 0 {
            remarks.push(format!(
                "{} records of further identities were left out: there are too many identities",
                census.left_out
            ));
        }
        let last = census.last();
        (Seen { census, uses, last }, judge, failures)
    };
    let at = at.or(seen.last).or_else(|| last_learned(judge.reference()));
    let mut formats = args.format.clone();
    formats.extend(args.ocsf.then_some(ReportFormat::Ocsf));
    formats.extend(args.ecs.then_some(ReportFormat::Ecs));
    let material = Material {
        estate: &estate,
        judge: &judge,
        seen: &seen,
        grants: &grants,
        at,
        limits: Limits { dormant_days: args.choice.dormant_days, key_days: args.choice.key_days },
        chosen: &chosen,
        attack_version: args.choice.attack_version,
        remarks: &remarks,
        formats: &formats,
    };
    let written = review::write(&material, sorter, &workshop, &mut failures)?;
    workshop.publish(out)?;
    print(&written.summary(out, &remarks))?;
    if failures.is_empty() { Ok(()) } else { Err(Failure::Incomplete(failures)) }
}

/// What a judge kept that compared with these inputs.
fn resumed(path: &Path, inputs: &str) -> Result<(JudgeState, u64)> {
    let kept = StateFile::new(path.to_owned()).read()?;
    ensure!(
        kept.inputs == Step::Both.inputs(inputs),
        "the state {} belongs to another baseline or another step: report with the baseline that it was kept with",
        path.display()
    );
    Ok((kept.state, kept.lines))
}

/// The last day of which anything was learned, but for single records whose clock ran ahead.
fn last_learned(reference: &Reference) -> Option<Millis> {
    let keys = reference.sorted_keys();
    let days = keys.iter().filter_map(|(_, slot)| reference.at(*slot)?.learned.active().steady_last());
    days.max().map(|day| Millis::from(day) * 86_400_000)
}

/// What was read.
#[derive(Default)]
struct Seen {
    census: Census,
    uses: Uses,
    /// The last moment of any record.
    last: Option<Millis>,
}

impl Seen {
    /// What a case says of time and exceptions.
    fn note(&mut self, exceptions: &Exceptions, line: &[u8]) {
        #[derive(serde::Deserialize)]
        struct Part {
            time: String,
            #[serde(default)]
            evidence: Vec<Excused>,
        }
        #[derive(serde::Deserialize)]
        struct Excused {
            #[serde(default)]
            excused_by: Option<String>,
            #[serde(default)]
            count: u64,
            #[serde(default)]
            last: Millis,
        }
        let Ok(part) = serde_json::from_slice::<Part>(line) else { return };
        self.last = self.last.max(parse_time(&part.time));
        if exceptions.is_empty() {
            return;
        }
        for excused in &part.evidence {
            if let Some(id) = excused.excused_by.as_deref().filter(|id| exceptions.iter().any(|e| e.id == **id)) {
                self.uses.add(id, excused.count, excused.last);
            }
        }
    }
}

/// Privileges from the files named, else from those of the folder.
fn grants(named: &[PathBuf], folder: Option<&Folder>) -> Result<Grants> {
    let paths: Vec<PathBuf> = match folder {
        Some(folder) if named.is_empty() => folder.all(&["grants.csv", "rbac.yaml"]),
        _ => named.to_vec(),
    };
    let texts = paths.iter().map(|path| Ok((path.display().to_string(), read_text(path)?))).collect::<Result<Vec<_>>>()?;
    let inputs: Vec<Input<'_>> = texts.iter().map(|(name, text)| Input { name, text }).collect();
    Grants::read(&inputs).context("failed to read what is granted")
}

/// Reads a case that was put aside.
fn filed(value: &[u8]) -> Result<Filed> {
    serde_json::from_slice(value).context("failed to read a case")
}
