//! From cases and facts to the files of a report.

use super::args::ReportFormat;
use super::choice::Chosen;
use super::knowledge::{self, Known};
use super::output::Workshop;
use super::sort::Sorter;
use super::{Seen, filed};
use anyhow::{Context, Result};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use vires_event::Millis;
use vires_judge::Judge;
use vires_pipeline::judging::Estate;
use vires_report::access::{self, Grants, Limits, Owners, Subject, Tally, exception_rows};
use vires_report::html::{Head, Page};
use vires_report::sheet::{
    DriftRow, EvidenceRow, ExceptionRow, FindingRow, IdentityRow, LeastPrivilegeRow, Row, SheetWriter, UnmappedRow,
};
use vires_report::{Desk, Filed, Finding, Workbook, ecs_document, ocsf_finding};

/// Everything that goes into a report.
pub struct Material<'a> {
    pub estate: &'a Estate,
    pub judge: &'a Judge,
    pub seen: &'a Seen,
    pub grants: &'a Grants,
    /// The date of the report.
    pub at: Option<Millis>,
    pub limits: Limits,
    pub chosen: &'a Chosen,
    pub attack_version: u8,
    pub remarks: &'a [String],
    pub formats: &'a [ReportFormat],
}

impl Material<'_> {
    fn head(&self) -> Head {
        let tuning = self.judge.tuning();
        Head {
            at: self.at,
            days: access::days_observed(self.judge.reference(), &self.seen.census, self.at),
            chosen: self.chosen.describe(self.at),
            tuning: (tuning.name.clone(), tuning.sha256()),
            attack: if self.attack_version == 19 { "19" } else { "18" },
            remarks: self.remarks.to_vec(),
        }
    }
}

/// What was written.
#[derive(Debug, Default)]
pub struct Written {
    /// Rows by table.
    rows: BTreeMap<&'static str, u64>,
    /// Findings by verdict.
    verdicts: BTreeMap<String, u64>,
    files: Vec<String>,
}

impl Written {
    /// A few lines for whoever asked for the report.
    pub fn summary(&self, out: &Path, remarks: &[String]) -> String {
        let rows = |table: &str| self.rows.get(table).copied().unwrap_or(0);
        let verdict = |name: &str| self.verdicts.get(name).copied().unwrap_or(0);
        let mut text = format!(
            "{} identities: {} page, {} escalate, {} cannot_judge, {} watch\n{} to settle in least_privilege, {} unmapped, {} profile_drift, {} exceptions\n",
            rows("identities"),
            verdict("page"),
            verdict("escalate"),
            verdict("cannot_judge"),
            verdict("watch"),
            rows("least_privilege"),
            rows("unmapped"),
            rows("profile_drift"),
            rows("exceptions"),
        );
        text += &format!("written to {}: {}\n", out.display(), self.files.join(", "));
        text += &remarks.iter().map(|remark| format!("note: {remark}\n")).collect::<String>();
        text
    }
}

/// Everything that takes rows.
struct Sheets {
    csv: BTreeMap<&'static str, SheetWriter<BufWriter<File>>>,
    book: Option<Workbook>,
    page: Option<Page>,
    rows: BTreeMap<&'static str, u64>,
}

impl Sheets {
    fn open(material: &Material<'_>, workshop: &Workshop) -> Result<Self> {
        let mut csv = BTreeMap::new();
        if material.formats.contains(&ReportFormat::Csv) {
            for sheet in TABLES {
                let file = workshop.file(&format!("{}.csv", sheet.name))?;
                csv.insert(sheet.name, SheetWriter::new(file, sheet).context("failed to write a table")?);
            }
        }
        let wants = |format| material.formats.contains(&format);
        let book = wants(ReportFormat::Xlsx).then(|| Workbook::new(TABLES, workshop.scratch())).transpose()?;
        let page = wants(ReportFormat::Html).then(|| Page::new(material.head()));
        Ok(Sheets { csv, book, page, rows: BTreeMap::new() })
    }

    fn put<R: Row>(&mut self, row: &R) -> Result<()> {
        *self.rows.entry(R::SHEET.name).or_default() += 1;
        if let Some(csv) = self.csv.get_mut(R::SHEET.name) {
            csv.row(row).with_context(|| format!("failed to write {}.csv", R::SHEET.name))?;
        }
        if let Some(book) = &mut self.book {
            book.row(row)?;
        }
        Ok(())
    }

    /// Shows something on the page, if there is one.
    fn show(&mut self, show: impl FnOnce(&mut Page)) {
        if let Some(page) = &mut self.page {
            show(page);
        }
    }

    fn finish(self, workshop: &Workshop) -> Result<BTreeMap<&'static str, u64>> {
        for (name, csv) in self.csv {
            csv.finish().with_context(|| format!("failed to write {name}.csv"))?;
        }
        if let Some(book) = self.book {
            book.save(&workshop.path("report.xlsx"), TABLES)?;
        }
        if let Some(page) = self.page {
            let mut file = workshop.file("report.html")?;
            page.write(&mut file).and_then(|()| file.flush()).context("failed to write report.html")?;
        }
        Ok(self.rows)
    }
}

/// The tables of a report, in the order of the workbook.
const TABLES: &[&vires_report::sheet::Sheet] = &[
    IdentityRow::SHEET,
    FindingRow::SHEET,
    UnmappedRow::SHEET,
    DriftRow::SHEET,
    ExceptionRow::SHEET,
    LeastPrivilegeRow::SHEET,
    EvidenceRow::SHEET,
];

/// Writes everything.
pub fn write(material: &Material<'_>, cases: Sorter, workshop: &Workshop, failures: &mut Vec<String>) -> Result<Written> {
    let mut written = Written::default();
    let findings = findings(material, cases, workshop, failures)?;
    let mut sheets = Sheets::open(material, workshop)?;
    let catalog = material.estate.classifier.catalog();
    let knowledge = Known::of(catalog);
    let estate = access::Estate {
        inventory: &material.estate.inventory,
        reference: material.judge.reference(),
        census: &material.seen.census,
        grants: material.grants,
        knowledge: &knowledge,
        tuning: material.judge.tuning(),
        at: material.at,
        days_observed: access::days_observed(material.judge.reference(), &material.seen.census, material.at),
        limits: material.limits,
    };
    let mut reviewing = Reviewing {
        estate,
        material,
        shared: estate.shared_credentials(),
        owners: Owners::of(estate.inventory, material.at),
        sheets: &mut sheets,
        unmapped: Sorter::new(workshop.scratch(), "unmapped"),
    };
    let mut subjects = estate.subjects().into_values().peekable();
    let mut current: Option<(Subject<'_>, Tally)> = None;
    for entry in findings.finish()? {
        let finding: Finding = serde_json::from_slice(&entry?.1).context("failed to read back a finding")?;
        let id = finding.row.identity_id.clone();
        if current.as_ref().is_none_or(|(subject, _)| subject.id != id) {
            if let Some((subject, tally)) = current.take() {
                reviewing.close(&subject, &tally)?;
            }
            while let Some(quiet) = subjects.next_if(|subject| subject.id < id) {
                reviewing.close(&quiet, &Tally::default())?;
            }
            let subject = subjects.next_if(|subject| subject.id == id);
            current = Some((subject.unwrap_or_else(|| estate.stranger(&finding)), Tally::default()));
        }
        if let Some((_, tally)) = &mut current {
            tally.add(&finding.row, finding.urgency);
        }
        *written.verdicts.entry(finding.row.verdict.clone()).or_default() += 1;
        reviewing.sheets.show(|page| page.finding(&finding));
        reviewing.sheets.put(&finding.row)?;
        for line in &finding.evidence {
            reviewing.sheets.put(line)?;
        }
    }
    if let Some((subject, tally)) = current.take() {
        reviewing.close(&subject, &tally)?;
    }
    for quiet in subjects {
        reviewing.close(&quiet, &Tally::default())?;
    }
    let Reviewing { unmapped, .. } = reviewing;
    for entry in unmapped.finish()? {
        let row: UnmappedRow = serde_json::from_slice(&entry?.1).context("failed to read back a row")?;
        sheets.show(|page| page.unmapped(&row));
        sheets.put(&row)?;
    }
    for row in exception_rows(&material.estate.exceptions, &material.seen.uses, material.at) {
        sheets.show(|page| page.exception(&row));
        sheets.put(&row)?;
    }
    written.rows = sheets.finish(workshop)?;
    let mut files: Vec<String> = Vec::new();
    for entry in std::fs::read_dir(workshop.path("")).context("failed to list the reports")? {
        files.push(entry.context("failed to list the reports")?.file_name().to_string_lossy().into_owned());
    }
    files.sort();
    written.files = files;
    Ok(written)
}

/// Puts the records of each case together and writes them down; what is asked for comes back by identity and time.
fn findings(material: &Material<'_>, cases: Sorter, workshop: &Workshop, failures: &mut Vec<String>) -> Result<Sorter> {
    let attack = knowledge::attack(material.estate.classifier.catalog(), material.attack_version);
    let desk = Desk { inventory: &material.estate.inventory, attack: &attack };
    let since = material.chosen.since(material.at);
    let mut findings = Sorter::new(workshop.scratch(), "findings");
    let stream = |format, name| material.formats.contains(&format).then(|| workshop.file(name)).transpose();
    let mut ocsf = stream(ReportFormat::Ocsf, "findings.ocsf.ndjson")?;
    let mut ecs = stream(ReportFormat::Ecs, "findings.ecs.ndjson")?;
    let mut take = |case: Filed| -> Result<()> {
        let finding = desk.finding(&case);
        let owner = match material.estate.inventory.find(&finding.workload) {
            Some(w) => {
                w.owner.as_ref().filter(|o| !material.at.is_some_and(|at| o.expired(at))).map_or("", |o| o.team.as_str())
            }
            None if finding.row.mapping == "ghost" || finding.row.mapping == "no_owner" => "",
            None => finding.row.owner.as_str(),
        };
        let late = since.is_none_or(|since| finding.row.time.0.is_some_and(|time| time >= since));
        if !late || !material.chosen.keeps(owner) {
            return Ok(());
        }
        if let (Some(out), Some(document)) = (&mut ocsf, ocsf_finding(&case.record, &attack)) {
            writeln!(out, "{document}").context("failed to write findings.ocsf.ndjson")?;
        }
        if let Some(out) = &mut ecs {
            writeln!(out, "{}", ecs_document(&finding)).context("failed to write findings.ecs.ndjson")?;
        }
        let mut key = finding.row.identity_id.as_bytes().to_vec();
        key.push(0);
        // Moments before 1970 come first, as numbers that count upwards.
        key.extend_from_slice(&(finding.row.time.0.unwrap_or(Millis::MIN) ^ Millis::MIN).to_be_bytes());
        key.extend_from_slice(finding.row.finding_id.as_bytes());
        findings.push(key, serde_json::to_vec(&finding)?)
    };
    let mut open: Option<(Vec<u8>, Filed)> = None;
    let mut unreadable = 0u64;
    for entry in cases.finish()? {
        let (key, value) = entry?;
        let Ok(next) = filed(&value) else {
            unreadable += 1;
            continue;
        };
        open = Some(match open.take() {
            Some((known, mut case)) if known == key => {
                case.absorb(next);
                (known, case)
            }
            other => {
                if let Some((_, case)) = other {
                    take(case)?;
                }
                (key, next)
            }
        });
    }
    if let Some((_, case)) = open {
        take(case)?;
    }
    for out in [&mut ocsf, &mut ecs].into_iter().flatten() {
        out.flush().context("failed to write the findings")?;
    }
    if unreadable > 0 {
        failures.push(format!("{unreadable} cases are damaged or of another version and were left out"));
    }
    Ok(findings)
}

/// Looks at identities one after the other.
struct Reviewing<'a, 's> {
    estate: access::Estate<'a>,
    material: &'a Material<'a>,
    shared: access::Shared,
    owners: Owners,
    sheets: &'s mut Sheets,
    unmapped: Sorter,
}

impl Reviewing<'_, '_> {
    /// Everything that is to be said of one identity, once all its findings are known.
    fn close(&mut self, subject: &Subject<'_>, tally: &Tally) -> Result<()> {
        if !self.material.chosen.keeps(subject.owner_name()) {
            return Ok(());
        }
        let issues = self.estate.issues(subject, &self.shared);
        let drift = self.estate.drift(subject);
        let reviewed = self.estate.identity(subject, tally, &issues, !drift.is_empty());
        self.sheets.show(|page| page.identity(&reviewed));
        self.sheets.put(&reviewed.row)?;
        for row in &drift {
            self.sheets.show(|page| page.drift(row));
            self.sheets.put(row)?;
        }
        for row in &issues {
            self.sheets.show(|page| page.issue(row));
            self.sheets.put(row)?;
        }
        if let Some(row) = self.estate.unmapped(subject, tally.urgency, &self.owners) {
            let mut key = (u64::MAX - (row.urgency * 1000.0) as u64).to_be_bytes().to_vec();
            key.extend_from_slice(&(u64::MAX - row.events.unwrap_or(0)).to_be_bytes());
            key.extend_from_slice(row.identity_id.as_bytes());
            self.unmapped.push(key, serde_json::to_vec(&row)?)?;
        }
        Ok(())
    }
}
