use crate::args::StateVerb;
use crate::failure::Failure;
use crate::print::print;
use anyhow::{Context, Result, anyhow, ensure};
use serde::Deserialize;
use std::collections::BTreeSet;
use std::io::Read;
use std::path::{Path, PathBuf};
use vires_pipeline::judging::{Snapshot, StateFile, Step};
use vires_report::rfc3339;

/// `vires state`
pub fn run(verb: &StateVerb) -> Result<(), Failure> {
    let (text, output) = match verb {
        StateVerb::List { file } => (list(&StateFile::new(file.clone()).read()?), None),
        StateVerb::Take { file, workloads, except, output } => {
            let mut kept = shared(file)?;
            let wanted = names(workloads)?;
            let missing = wanted.iter().find(|name| kept.state.get(name).is_none());
            if let Some(name) = missing {
                return Err(anyhow!("{} does not know the workload `{}`", file.display(), name.escape_debug()).into());
            }
            kept.state.retain(|name| wanted.contains(name) != *except);
            (render(&kept)?, output.as_ref())
        }
        StateVerb::Merge { files, output } => (render(&merged(files)?)?, output.as_ref()),
    };
    match output.filter(|path| path.as_os_str() != "-") {
        Some(path) => Ok(StateFile::new(path.clone()).write(&text)?),
        None => Ok(print(&text)?),
    }
}

fn list(kept: &Snapshot) -> String {
    let line = |(name, one): (&str, &vires_judge::WorkloadState)| {
        let mut line = serde_json::json!({"workload": name, "evidence": one.has_evidence()});
        let more = [("last_seen", rfc3339(one.last_seen())), ("case", one.open_case())];
        for (key, value) in more.into_iter().filter_map(|(key, value)| Some((key, value?))) {
            line[key] = value.into();
        }
        format!("{line}\n")
    };
    kept.state.workloads().into_iter().map(line).collect()
}

fn merged(files: &[PathBuf]) -> Result<Snapshot> {
    let mut files = files.iter();
    let first = files.next().context("nothing to merge: name the states")?;
    let mut all = shared(first)?;
    for file in files {
        let next = shared(file)?;
        ensure!(
            next.inputs == all.inputs,
            "{} and {} were kept with different baselines: merge states of one baseline",
            first.display(),
            file.display()
        );
        all.lines = all.lines.saturating_add(next.lines);
        all.state.absorb(next.state).map_err(|name| {
            anyhow!(
                "{} holds the workload `{}`, which a state before it holds, too: a workload belongs to one judge; take it out of one of them with `vires state take --except`",
                file.display(),
                name.escape_debug()
            )
        })?;
    }
    Ok(all)
}

/// A state of one of several judges: one of a judge that does both steps also knows what concerns several workloads, which cannot be
/// shared out.
fn shared(file: &Path) -> Result<Snapshot> {
    let kept = StateFile::new(file.to_owned()).read()?;
    ensure!(
        kept.inputs.starts_with(&Step::Decide.inputs("")),
        "{} was not kept by `vires judge --step decide`: only what those judges remember can be handed over",
        file.display()
    );
    Ok(kept)
}

fn names(file: &Path) -> Result<BTreeSet<String>> {
    #[derive(Deserialize)]
    struct Listed {
        workload: String,
    }
    let mut text = String::new();
    let read = if file.as_os_str() == "-" {
        std::io::stdin().read_to_string(&mut text)
    } else {
        std::fs::File::open(file).and_then(|mut file| file.read_to_string(&mut text))
    };
    read.with_context(|| format!("failed to read the names of workloads from {}", file.display()))?;
    let name = |line: &str| serde_json::from_str(line).map_or_else(|_| line.to_owned(), |listed: Listed| listed.workload);
    Ok(text.lines().filter(|line| !line.is_empty()).map(name).collect())
}

fn render(kept: &Snapshot) -> Result<String> {
    kept.render().context("failed to write down the state")
}
