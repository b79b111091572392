//! `--diff`: what changed between two reviews.

use super::output::Workshop;
use super::sort::Sorter;
use crate::failure::Failure;
use crate::print::print;
use anyhow::{Context, Result, bail};
use std::collections::BTreeMap;
use std::path::Path;
use vires_report::sheet::{ChangeRow, Compared, Row, SheetWriter, compared};
use vires_report::{Table, terminal_width};

/// Changes shown on the terminal; the table holds all.
const MOST_SHOWN: usize = 60;

/// Compares two folders that `vires report` wrote.
pub fn run(old: &Path, new: &Path, out: Option<&Path>) -> Result<(), Failure> {
    for dir in [old, new] {
        if !dir.join("identities.csv").is_file() {
            return Err(anyhow::anyhow!(
                "{} holds no identities.csv: name two folders that `vires report --out` has written",
                dir.display()
            )
            .into());
        }
    }
    // Without a place for the table, one is still needed for what does not fit into memory.
    let place = out.map_or_else(|| std::env::temp_dir().join(format!("vires-diff.{}", std::process::id())), Path::to_owned);
    let workshop = Workshop::open(&place)?;
    let compared = compare(old, new, &workshop);
    let text = match (compared, out) {
        (Ok(text), Some(out)) => {
            workshop.publish(out)?;
            text + &format!("written to {}\n", out.join("changes.csv").display())
        }
        (text, _) => {
            drop(workshop);
            let _ = std::fs::remove_dir(&place);
            text?
        }
    };
    Ok(print(&text)?)
}

fn compare(old: &Path, new: &Path, workshop: &Workshop) -> Result<String> {
    let mut csv = SheetWriter::new(workshop.file("changes.csv")?, ChangeRow::SHEET).context("failed to write changes.csv")?;
    let mut counts: BTreeMap<(&'static str, String), u64> = BTreeMap::new();
    let mut shown = Table::new(["table", "change", "identity", "what", "before", "after", ""]);
    for sheet in compared() {
        let mut sorter = Sorter::new(workshop.scratch(), "diff");
        read(old, sheet, 0, &mut sorter)?;
        read(new, sheet, 1, &mut sorter)?;
        let mut take = |rows: &mut [Option<Vec<String>>; 2]| -> Result<()> {
            let [before, after] = rows;
            for row in sheet.changes(before.take().as_deref(), after.take().as_deref()) {
                *counts.entry((sheet.name, row.change.clone())).or_default() += 1;
                csv.row(&row).context("failed to write changes.csv")?;
                if shown.len() < MOST_SHOWN {
                    shown.push([
                        &row.table,
                        &row.change,
                        &row.identity_id,
                        &row.subject,
                        &row.before,
                        &row.after,
                        &row.direction,
                    ]);
                }
            }
            Ok(())
        };
        let (mut current, mut rows): (Option<Vec<u8>>, [Option<Vec<String>>; 2]) = (None, [None, None]);
        for entry in sorter.finish()? {
            let (key, value) = entry?;
            if current.as_ref().is_some_and(|known| *known != key) {
                take(&mut rows)?;
            }
            current = Some(key);
            let (side, row): (usize, Vec<String>) = serde_json::from_slice(&value).context("failed to read back a row")?;
            if let Some(slot) = rows.get_mut(side) {
                *slot = Some(row);
            }
        }
        take(&mut rows)?;
    }
    let all = csv.rows();
    csv.finish().context("failed to write changes.csv")?;
    if all == 0 {
        return Ok("nothing changed\n".to_owned());
    }
    let mut text = shown.render(terminal_width());
    if all > shown.len() as u64 {
        text += &format!("… and {} more\n", all - shown.len() as u64);
    }
    let sums: Vec<String> = counts.iter().map(|((table, change), n)| format!("{table}: {n} {change}")).collect();
    text += &format!("\n{}\n", sums.join("; "));
    Ok(text)
}

/// Reads one table of one folder; a folder may lack it.
fn read(dir: &Path, sheet: &Compared, side: usize, sorter: &mut Sorter) -> Result<()> {
    let path = dir.join(format!("{}.csv", sheet.name));
    if !path.is_file() {
        return Ok(());
    }
    let name = path.display();
    let mut reader = csv::ReaderBuilder::new().from_path(&path).with_context(|| format!("failed to read {name}"))?;
    let headings: Vec<String> =
        reader.headers().with_context(|| format!("failed to read {name}"))?.iter().map(str::to_owned).collect();
    let columns: Vec<usize> = sheet
        .columns()
        .map(|column| {
            headings
                .iter()
                .position(|heading| heading == column)
                .with_context(|| format!("{name} has no column `{column}`: was it written by `vires report`?"))
        })
        .collect::<Result<_>>()?;
    for record in reader.records() {
        let record = record.with_context(|| format!("failed to read {name}"))?;
        let cells: Vec<String> = columns.iter().map(|at| record.get(*at).unwrap_or_default().to_owned()).collect();
        if cells.iter().map(String::len).sum::<usize>() > 1 << 24 {
            bail!("{name}: a row of more than 16 MiB was not written by `vires report`");
        }
        sorter.push(sheet.key(&cells).into_bytes(), serde_json::to_vec(&(side, cells))?)?;
    }
    Ok(())
}
