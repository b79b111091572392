use crate::args::{JudgeArgs, JudgeFormat};
use crate::config::{self, Reply, RunSettings, TagSettings};
use crate::failure::Failure;
use crate::known::{Folder, Known, Loaded};
use crate::print::print;
use crate::survey::{Gravest, Order, survey, undated};
use crate::tag::finish;
use anyhow::{Context, Result, anyhow, bail, ensure};
use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use vires_judge::Disposition;
use vires_pipeline::judging::{Answers, CaseSink, Judging, Live, StateFile, StateKeeper, Step};
use vires_pipeline::{Codec, Log, Runner, Target};
use vires_report::standards::Attack;
use vires_report::{cases_summary, cases_table, ocsf_finding, terminal_width};

/// `vires judge`
pub fn run(args: &JudgeArgs) -> Result<(), Failure> {
    let (file, path) = config::load(args.config.config.as_deref())?;
    let folder = Folder::of(&args.files);
    let files = folder.as_ref().map_or_else(|| args.files.clone(), |folder| vec![folder.logs()]);
    let mut run = args.run.clone().or(file.run).resolve(files)?;
    let tag = args.tag.clone().or(file.tag).resolve()?;
    let judge = args.judge.clone().or(file.judge);
    if tag.only.is_some() && run.options.framing.codec != Codec::Lines {
        return Err(anyhow!(
            "--only leaves records unanswered, but a shipper that uses --codec waits for each: drop one of them"
        )
        .into());
    }
    let known = Known::new(&judge, &run, path, folder.as_ref());
    let usual = if folder.is_some() && judge.step.is_none() { JudgeFormat::Table } else { JudgeFormat::Ndjson };
    let format = args.format.unwrap_or(usual);
    check_step(&judge, format, &tag)?;
    // Lines come back in the order in which they were given; cases do not.
    args.order.unwrap_or(if format == JudgeFormat::Ndjson { Order::Files } else { Order::Time }).apply(&mut run, judge.year);
    match format {
        JudgeFormat::Ndjson => stream(args, &judge, &run, &tag, &known),
        _ => cases(format, &judge, &run, &tag, &known),
    }
}

/// Every line with its verdict.
fn stream(args: &JudgeArgs, judge: &config::Judge, run: &RunSettings, tag: &TagSettings, known: &Known) -> Result<(), Failure> {
    let period = judge.snapshot_interval.unwrap_or(60.0);
    if !(0.01..=86_400.0).contains(&period) {
        return Err(anyhow!("--snapshot-interval takes seconds from 0.01 to 86400").into());
    }
    let runner = Runner::open(&run.options)?;
    let loaded = known.load()?;
    let gauges = run.options.stats_file.as_ref().map(|file| Arc::clone(file.gauges())).unwrap_or_default();
    // A reload may bring another catalogue, so both say it.
    let odd = |loaded: &Loaded| {
        loaded.remarks.iter().for_each(|remark| run.options.log.say(remark));
        loaded.stale.iter().for_each(|stale| gauges.catalogue_is_stale(*stale));
    };
    odd(&loaded);
    let step = match judge.step {
        None => Step::Both,
        Some(config::Step::Join) => Step::Join,
        Some(config::Step::Decide) => Step::Decide,
    };
    let inputs = step.inputs(&loaded.inputs);
    let file = judge.state.clone().map(StateFile::take).transpose()?;
    let kept = file.as_ref().map(|file| file.load(&inputs, args.state_reset)).transpose()?.flatten();
    let (state, lines) = kept.unwrap_or_else(|| (step.fresh_state(&loaded.judge), 0));
    let live = Live::new(state, lines, inputs, sink(judge, &run.options.log)?);
    let live = Arc::new(if file.is_none() { live.for_good() } else { live });
    let log = &run.options.log;
    let keeper = file
        .map(|file| {
            StateKeeper::start(file, Arc::clone(&live), Duration::from_secs_f64(period), Arc::clone(log), Arc::clone(&gauges))
        })
        .transpose()?;
    let answers = Answers {
        tag: tag.options(),
        least: (tag.only == Some(config::Only::Escalated)).then_some(Disposition::Escalate),
        codec: run.options.framing.codec,
        step,
    };
    let stage = Judging::new(loaded.estate, loaded.judge, answers.clone(), Arc::clone(&live));
    log.take_panics();
    let reload = |old: &Judging| -> Result<Judging, String> {
        let fresh = known.load().map_err(|error| format!("{error:#}"))?;
        if fresh.inputs != loaded.inputs {
            return Err("another baseline takes a restart: what was learned since belongs to the old one".to_owned());
        }
        odd(&fresh);
        Ok(Judging::new(fresh.estate, fresh.judge, answers.clone(), Arc::clone(old.live())))
    };
    let summary = runner.run(stage, &reload)?;
    let saved = keeper.map(StateKeeper::finish).transpose();
    if let (Ok(_), Some(file)) = (&saved, &run.options.stats_file) {
        // Of the last snapshot. What cannot be written here could not be before, which is in the log.
        let _ = file.write(&summary.counts);
    }
    undated(live.undated()).iter().for_each(|remark| log.say(remark));
    if live.forgotten() > 0 {
        log.say(&format!(
            "{} identities that nobody knows were forgotten for want of room: list them, or raise unmapped.most",
            live.forgotten()
        ));
    }
    finish(&summary, run.stats)?;
    saved?;
    match live.unjoined() {
        0 => Ok(()),
        lines => Err(Failure::Incomplete(vec![format!(
            "{lines} lines were not judged (`not_joined`): they do not come from `vires judge --step join` with this baseline and inventory; start all steps with the same files"
        )])),
    }
}

/// Refuses what would leave the second step without something that it needs.
fn check_step(judge: &config::Judge, format: JudgeFormat, tag: &TagSettings) -> Result<()> {
    let Some(step) = judge.step else { return Ok(()) };
    ensure!(format == JudgeFormat::Ndjson, "--step writes lines: it goes without --format");
    ensure!(tag.reply == Reply::Event, "--step writes whole lines: drop --reply");
    if step == config::Step::Join {
        ensure!(tag.raw == config::Raw::Wrap, "--step join needs an object on each line: drop --raw passthrough");
        ensure!(tag.only.is_none(), "the judges need every line, so --step join leaves none out: give them --only");
        ensure!(
            judge.cases.is_none() && judge.ocsf.is_none(),
            "--step join makes no cases: give --cases and --ocsf to the judges"
        );
    }
    Ok(())
}

/// Where the records of cases go: as they are to one file, as findings to another.
fn sink(judge: &config::Judge, log: &Arc<Log>) -> Result<CaseSink> {
    let mut cases = judge.cases.as_deref().map(append).transpose()?;
    let mut findings = judge.ocsf.as_deref().map(append).transpose()?;
    let log = Arc::clone(log);
    Ok(Box::new(move |case| {
        let record = || serde_json::to_vec(case).ok();
        let finding = || ocsf_finding(case, &Attack::v18()).map(|finding| finding.to_string().into_bytes());
        // A full disk must not stop the verdicts; the next record may find room again.
        for result in [cases.as_mut().map(|file| put(file, record())), findings.as_mut().map(|file| put(file, finding()))] {
            if let Some(Err(error)) = result {
                log.say(&format!("a case could not be written: {error}"));
            }
        }
    }))
}

/// A file of records, one a line.
struct Records {
    file: File,
    /// It ends in the middle of a record: that one is lost, the next one must not be glued to it.
    torn: bool,
}

fn append(path: &Path) -> Result<Records> {
    let opened = OpenOptions::new().append(true).create(true).open(path);
    let file = opened.with_context(|| format!("failed to open the file of cases {}", path.display()))?;
    Ok(Records { file, torn: is_torn(path) })
}

/// True if the last byte is no line end: a predecessor was killed, or found no room.
fn is_torn(path: &Path) -> bool {
    last_byte(path).is_some_and(|last| last != b'\n')
}

fn last_byte(path: &Path) -> Option<u8> {
    if !std::fs::metadata(path).is_ok_and(|m| m.is_file() && m.len() > 0) {
        return None;
    }
    let (mut file, mut last) = (File::open(path).ok()?, [0]);
    file.seek(SeekFrom::End(-1)).ok()?;
    file.read_exact(&mut last).ok()?;
    Some(last[0])
}

fn put(records: &mut Records, record: Option<Vec<u8>>) -> std::io::Result<()> {
    let Some(mut line) = record else { return Ok(()) };
    if records.torn {
        line.insert(0, b'\n');
    }
    line.push(b'\n');
    let written = records.file.write_all(&line);
    records.torn = written.is_err();
    written
}

/// What the lines amount to, for people.
fn cases(
    format: JudgeFormat,
    judge: &config::Judge,
    run: &RunSettings,
    tag: &TagSettings,
    known: &Known,
) -> Result<(), Failure> {
    check(judge, run, tag)?;
    let loaded = known.load()?;
    let remarks = loaded.remarks.clone();
    let mut sink = sink(judge, &run.options.log)?;
    let mut gravest = Gravest::default();
    let surveyed = survey(run, loaded, |judged| {
        if let Some(update) = &judged.outcome.update {
            sink(update);
        }
        gravest.note(&judged);
    })?;
    for settled in &surveyed.settled {
        if settled.speaks {
            sink(&settled.record);
        }
        gravest.settle(settled);
    }
    let mut found = gravest.into_cases();
    if tag.only == Some(config::Only::Escalated) {
        found.retain(|case| case.verdict >= Disposition::Escalate);
    }
    let mut text = String::new();
    if format == JudgeFormat::Cases {
        for case in vires_report::ranked(&found) {
            text += &serde_json::to_string(case).context("failed to write down a case")?;
            text.push('\n');
        }
    } else {
        text += &cases_table(&found).render(terminal_width());
        text += &format!("\n{}\n", cases_summary(&found, surveyed.summary.counts.lines_in));
        text += &remarks.iter().chain(&undated(surveyed.undated)).map(|remark| format!("note: {remark}\n")).collect::<String>();
    }
    print(&text)?;
    finish(&surveyed.summary, run.stats)
}

fn check(judge: &config::Judge, run: &RunSettings, tag: &TagSettings) -> Result<()> {
    let options = &run.options;
    if tag.reply != Reply::Event || options.framing.codec != Codec::Lines || options.target != Target::Stdout || options.omprog
    {
        bail!("--format table and cases go to standard output, without --reply, --codec or --ack");
    }
    ensure!(judge.state.is_none(), "--state goes with a stream: add --format ndjson");
    let selects = matches!(tag.only, None | Some(config::Only::Escalated));
    ensure!(selects, "of --only, --format table and cases know escalated alone");
    Ok(())
}
