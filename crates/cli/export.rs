use crate::args::{ExportArgs, ExportFormat, ExportTable};
use crate::failure::Failure;
use crate::known::{read_baseline, read_text};
use crate::report::casefile;
use crate::save::save_bytes;
use anyhow::{Context, Result, anyhow, ensure};
use std::io::Write;
use std::path::PathBuf;
use vires_judge::CaseUpdate;
use vires_report::export::{self, Sheet};

/// `vires export`
pub fn run(args: &ExportArgs) -> Result<(), Failure> {
    let mut bad = Vec::new();
    let table = match args.table {
        ExportTable::Workloads | ExportTable::Habits => {
            let [file] = &*args.files else {
                return Err(anyhow!("one baseline at a time: join them with `vires merge`").into());
            };
            let baseline = read_baseline(file)?.0;
            let sheet =
                if args.table == ExportTable::Habits { export::habits(&baseline) } else { export::workloads(&baseline) };
            write(sheet, args.format)?
        }
        ExportTable::Baseline => {
            let [file] = &*args.files else {
                return Err(anyhow!("one baseline at a time: join them with `vires merge`").into());
            };
            // What cannot be used is refused here, not where it comes back.
            read_baseline(file)?;
            write(export::baseline_file(&read_text(file)?), args.format)?
        }
        ExportTable::Records => {
            let mut text = String::new();
            bad = records(&args.files, &mut text)?;
            write(export::case_file(&text), args.format)?
        }
        ExportTable::Cases | ExportTable::Evidence => {
            let (cases, unread) = cases(&args.files)?;
            bad = unread;
            let sheet = if args.table == ExportTable::Cases { export::cases(&cases) } else { export::evidence(&cases) };
            write(sheet, args.format)?
        }
    };
    match args.output.as_ref().filter(|path| path.as_os_str() != "-") {
        Some(path) => save_bytes(path, &table)?,
        None => std::io::stdout().lock().write_all(&table)?,
    }
    if bad.is_empty() { Ok(()) } else { Err(Failure::Incomplete(bad)) }
}

/// The lines of these files that are records of cases; what is none is told, in words.
fn records(files: &[PathBuf], text: &mut String) -> Result<Vec<String>> {
    are_files(files)?;
    casefile::read(files, |_, _, line| {
        text.push_str(std::str::from_utf8(line)?);
        text.push('\n');
        Ok(())
    })
}

fn are_files(files: &[PathBuf]) -> Result<()> {
    for file in files {
        let found = std::fs::metadata(file).with_context(|| format!("failed to read {}", file.display()))?;
        ensure!(found.is_file(), "{} is no file of cases: write one with `vires judge --cases`", file.display());
    }
    Ok(())
}

fn cases(files: &[PathBuf]) -> Result<(Vec<CaseUpdate>, Vec<String>)> {
    are_files(files)?;
    let mut cases = Vec::new();
    let bad = casefile::read(files, |_, _, line| {
        cases.push(serde_json::from_slice(line)?);
        Ok(())
    })?;
    Ok((cases, bad))
}

fn write(sheet: Sheet<'_>, format: ExportFormat) -> Result<Vec<u8>> {
    let mut out = Vec::new();
    match format {
        ExportFormat::Ndjson => sheet.ndjson(&mut out)?,
        #[cfg(feature = "parquet")]
        ExportFormat::Parquet => sheet.parquet(&mut out)?,
        #[cfg(not(feature = "parquet"))]
        ExportFormat::Parquet => {
            return Err(anyhow!(
                "this program was built without Parquet: build it with `--features parquet`, or write NDJSON and have DuckDB convert it: COPY (FROM 'table.ndjson') TO 'table.parquet'"
            ));
        }
    }
    Ok(out)
}
