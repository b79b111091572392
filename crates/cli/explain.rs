use crate::args::ExplainArgs;
use crate::config;
use crate::failure::Failure;
use crate::known::{Folder, Known};
use crate::print::print;
use crate::survey::{Gravest, Order, survey};
use anyhow::anyhow;
use vires_judge::{CaseUpdate, Explanation, Tuning, criterion, explain};
use vires_pipeline::judging::Judged;
use vires_profile::{Inventory, Workload};
use vires_report::clean;

/// What is to be explained.
enum Subject {
    /// The verdict of a line, counted from 1 over all files.
    Line(u64),
    /// A case, or all that carry this name: a case's id, an event's id, a workload, an identity.
    Name(String),
}

/// `vires explain`
pub fn run(args: &ExplainArgs) -> Result<(), Failure> {
    if let Some(criterion) = criterion(&args.what) {
        return Ok(print(&format!("{}\n", criterion.doc()))?);
    }
    let (file, path) = config::load(args.config.config.as_deref())?;
    let folder = Folder::of(&args.files);
    let files = folder.as_ref().map_or_else(|| args.files.clone(), |folder| vec![folder.logs()]);
    let given = config::Run { catalog: args.catalog.clone(), ..config::Run::default() };
    let mut run = given
        .or(config::Run {
            threads: file.run.threads,
            max_line: file.run.max_line,
            catalog: file.run.catalog,
            ..config::Run::default()
        })
        .resolve(files)?;
    let judge = config::Judge {
        baseline: args.baseline.clone(),
        inventory: args.inventory.clone(),
        year: args.year,
        exceptions: args.exceptions.clone(),
        tuning: args.tuning.clone(),
        ..config::Judge::default()
    };
    let judge = judge.or(file.judge);
    let known = Known::new(&judge, &run, path, folder.as_ref());
    let subject = match args.what.trim_start_matches("line:").parse() {
        Ok(line) => Subject::Line(line),
        Err(_) => Subject::Name(args.what.clone()),
    };
    // As the table of cases judges, except for lines, which are counted over the files.
    if let Subject::Name(_) = &subject {
        Order::Time.apply(&mut run, judge.year);
    }
    let loaded = known.load()?;
    let (tuning, inventory) = (loaded.judge.tuning().clone(), loaded.estate.inventory.clone());
    let mut found: Vec<(String, CaseUpdate)> = Vec::new();
    let mut gravest = Gravest::default();
    let mut keep = |head: String, record: CaseUpdate| {
        let known = found.iter().position(|(_, r)| !r.case.is_empty() && r.case == record.case);
        match known {
            Some(at) => found.splice(at..=at, [(head, record)]).for_each(drop),
            None if found.len() < MOST => found.push((head, record)),
            None => {}
        }
    };
    let surveyed = survey(&run, loaded, |judged| match &subject {
        Subject::Line(line) if judged.observation.event_ref.line == *line => {
            if let Some(record) = judged.ask() {
                keep(head(&judged), record);
            }
        }
        Subject::Line(_) => {}
        Subject::Name(name) if judged.observation.event_id.as_deref() == Some(name) => {
            if let Some(record) = judged.ask() {
                keep(head(&judged), record);
            }
        }
        Subject::Name(name) => {
            let line = head(&judged);
            if let Some(record) = gravest.note(&judged)
                && [&record.case, &record.workload, &record.identity].contains(&name)
            {
                keep(line, record.clone());
            }
        }
    })?;
    if let Subject::Name(name) = &subject {
        for settled in &surveyed.settled {
            if let Some(record) = gravest.settle(settled)
                && [&record.case, &record.workload, &record.identity].contains(&name)
            {
                keep(format!("the end of the input: {} is waited for no longer", clean(&record.identity)), record.clone());
            }
        }
    }
    let summary = surveyed.summary;
    if found.is_empty() {
        return Err(anyhow!(
            "nothing judged in {} lines is called `{}`: name a case, a line number, an event id, a workload, an identity or a criterion",
            summary.counts.lines_in,
            clean(&args.what)
        )
        .into());
    }
    let texts: Vec<String> = found.iter().map(|(head, record)| text(head, record, &tuning, &inventory)).collect();
    print(&texts.join("\n"))?;
    crate::tag::finish(&summary, false)
}

/// Most records that one answer holds.
const MOST: usize = 20;

fn head(judged: &Judged<'_>) -> String {
    let o = judged.observation;
    let target = o.targets.first().map_or(String::new(), |t| format!(" on {}", t.name));
    let from = o.origin.as_deref().map_or(String::new(), |origin| format!(" from {origin}"));
    clean(&format!("line {}: {} did {}{target}{from}", o.event_ref.line, o.identity, o.action))
}

fn text(head: &str, record: &CaseUpdate, tuning: &Tuning, inventory: &Inventory) -> String {
    let explanation: Explanation = explain(record, tuning);
    let declared = inventory.find(&record.workload).map_or_else(|| "not in the inventory\n".to_owned(), declared);
    let body: String = explanation.to_string().lines().map(|line| clean(line) + "\n").collect();
    format!("{head}\n{declared}{body}")
}

/// What the inventory says of a workload, in a few lines.
fn declared(workload: &Workload) -> String {
    let mut out = String::new();
    if let Some(purpose) = workload.purpose.as_deref() {
        out += &format!("purpose: {}\n", clean(purpose));
    }
    let lists = workload.expect.lists();
    for (key, list) in lists.iter().filter_map(|(key, list)| Some((key, (*list)?))) {
        let globs: Vec<&str> = list.iter().map(|glob| glob.as_str()).collect();
        let globs = if globs.is_empty() { "nothing".to_owned() } else { globs.join(", ") };
        out += &format!("declared {key}: {}\n", clean(&globs));
    }
    out
}
