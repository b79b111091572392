//! The CSV form: one row per identity; rows of the same workload are one workload.

use super::build::{Parts, parse_net};
use super::workload::{Owner, Principal, Status, Workload, WorkloadKind};
use crate::finding::{Finding, Severity};
use crate::globs::{Globs, fold};
use crate::moment;
use crate::toml_file::{FileError, Source};
use crate::zones::{Zone, ZoneClass};
use ::csv::{Position, ReaderBuilder, StringRecord, Trim};
use rustc_hash::FxHashMap;

/// The columns, in the order of the contract. Any order is read, and only `identity` must be there.
pub const COLUMNS: [&str; 20] = [
    "identity",
    "owner",
    "team",
    "workload",
    "purpose",
    "kind",
    "peer_group",
    "env",
    "status",
    "privileged",
    "shared",
    "agentic",
    "max_tier",
    "max_data_class",
    "zones",
    "regions",
    "accounts",
    "resources",
    "destinations",
    "expires",
];

/// Cell of a list that allows nothing; an empty cell declares nothing.
const NOTHING: &str = "-";

/// Reads the text, pushing an error for each cell that is wrong.
pub fn read(text: &str, name: &str, errors: &mut Vec<FileError>) -> Parts {
    let mut reader = ReaderBuilder::new().flexible(true).trim(Trim::All).from_reader(text.as_bytes());
    let mut reading = Reading { name, errors, parts: Parts::default(), by_id: FxHashMap::default(), lists: Vec::new() };
    let columns = match reader.headers() {
        Ok(header) => reading.columns(header),
        Err(error) => {
            reading.fail(1, "syntax", error.to_string());
            None
        }
    };
    let Some(columns) = columns else { return reading.parts };
    let source = Source::new(name, text);
    for record in reader.records() {
        match record {
            Ok(record) => {
                let line = line_of(&source, record.position());
                if record.iter().all(str::is_empty) {
                    continue;
                }
                if record.len() != columns.len() {
                    reading.fail(
                        line,
                        "syntax",
                        format!("{} cells, the header has {}; quote cells that hold a comma", record.len(), columns.len()),
                    );
                    continue;
                }
                reading.row(Row { columns: &columns, record: &record, line });
            }
            Err(error) => {
                let line = line_of(&source, error.position());
                reading.fail(line, "syntax", error.to_string());
            }
        }
    }
    reading.finish()
}

/// The line in which a record starts. The reader's position is where it began to look: line ends may still lie before the record.
pub(crate) fn line_of(source: &Source<'_>, position: Option<&Position>) -> usize {
    let Some(start) = position.and_then(|p| usize::try_from(p.byte()).ok()) else { return 0 };
    let rest = source.text.get(start..).unwrap_or_default();
    source.line(start + rest.len() - rest.trim_start_matches(['\r', '\n']).len())
}

struct Reading<'a> {
    name: &'a str,
    errors: &'a mut Vec<FileError>,
    parts: Parts,
    by_id: FxHashMap<String, usize>,
    /// The lists of each workload, joined over its rows.
    lists: Vec<[Option<Vec<String>>; 5]>,
}

struct Row<'a> {
    columns: &'a [Option<usize>],
    record: &'a StringRecord,
    line: usize,
}

impl<'a> Row<'a> {
    /// The cell of a column; `None` if it is empty or the file lacks the column.
    fn cell(&self, column: &str) -> Option<&'a str> {
        let wanted = COLUMNS.iter().position(|c| *c == column)?;
        let at = self.columns.iter().position(|c| *c == Some(wanted))?;
        self.record.get(at).filter(|cell| !cell.is_empty())
    }

    fn text(&self, column: &str) -> Option<String> {
        self.cell(column).map(str::to_string)
    }
}

impl Reading<'_> {
    fn fail(&mut self, line: usize, code: &'static str, message: impl Into<String>) {
        self.errors.push(FileError::new(self.name, line, message).coded(code));
    }

    fn columns(&mut self, header: &StringRecord) -> Option<Vec<Option<usize>>> {
        let before = self.errors.len();
        let mut columns = Vec::new();
        for cell in header {
            let known = COLUMNS.iter().position(|c| c.eq_ignore_ascii_case(cell));
            if known.is_none() {
                self.fail(1, "syntax", format!("unknown column `{}`, expected {}", cell.escape_debug(), COLUMNS.join(", ")));
            } else if columns.contains(&known) {
                self.fail(1, "syntax", format!("the column `{cell}` stands twice in the header"));
            }
            columns.push(known);
        }
        if !columns.contains(&Some(0)) && self.errors.len() == before {
            self.fail(1, "syntax", "no column `identity`: the first line must name the columns");
        }
        (self.errors.len() == before).then_some(columns)
    }

    fn row(&mut self, row: Row<'_>) {
        let Some(identity) = row.cell("identity") else {
            self.fail(row.line, "empty_name", "the cell `identity` is empty; every row names one identity");
            return;
        };
        let assigned = row.cell("workload");
        let id = assigned.unwrap_or(identity);
        let fresh = self.workload(&row, id, assigned.is_none());
        let key = fold(id).into_owned();
        match self.by_id.get(&key).copied() {
            None => {
                self.by_id.insert(key, self.parts.workloads.len());
                self.parts.workloads.push(fresh);
                self.lists.push(Default::default());
            }
            Some(at) => self.merge(at, fresh, row.line),
        }
        let at = self.by_id.get(fold(id).as_ref()).copied().unwrap_or(0);
        self.lists(at, &row);
        let line = row.line;
        if let Some(workload) = self.parts.workloads.get_mut(at) {
            if workload.principals.iter().any(|p| p.text.eq_ignore_ascii_case(identity)) {
                self.parts.notes.push(Finding {
                    file: self.name.into(),
                    line,
                    severity: Severity::Warning,
                    code: "duplicate_principal",
                    message: format!("`{identity}` stands twice under workload `{}`", workload.id),
                    remedy: "remove one of the rows",
                    excerpt: None,
                });
            } else {
                workload.principals.push(Principal { text: identity.into(), line });
            }
        }
    }

    fn workload(&mut self, row: &Row<'_>, id: &str, unassigned: bool) -> Workload {
        let (owner, team) = (row.text("owner"), row.text("team"));
        let expires = row.cell("expires").and_then(|cell| {
            let end = moment::end_of_text(cell);
            if end.is_none() {
                self.fail(row.line, "bad_date", format!("expires `{}` is not a date such as 2026-12-31", cell.escape_debug()));
            }
            end
        });
        let owner = match (team, owner) {
            (Some(team), contact) => Some(Owner { team, contact, expires }),
            (None, Some(owner)) => Some(Owner { team: owner, contact: None, expires }),
            (None, None) => None,
        };
        let mut workload = Workload {
            owner,
            purpose: row.text("purpose"),
            kind: self.word(row, "kind", WorkloadKind::from_word, || WorkloadKind::ALL.iter().map(|k| k.as_str()).collect()),
            peer_group: row.text("peer_group"),
            env: row.text("env"),
            status: self
                .word(row, "status", Status::from_word, || Status::ALL.iter().map(|s| s.as_str()).collect())
                .unwrap_or(Status::Active),
            privileged: self.flag(row, "privileged"),
            shared: self.flag(row, "shared"),
            agentic: self.flag(row, "agentic"),
            unassigned,
            line: row.line,
            ..Workload::new(id)
        };
        workload.expect.max_tier = self.level(row, "max_tier", 4);
        workload.expect.max_data_class = self.level(row, "max_data_class", 3);
        workload
    }

    fn word<T>(
        &mut self,
        row: &Row<'_>,
        column: &str,
        read: impl Fn(&str) -> Option<T>,
        all: impl Fn() -> Vec<&'static str>,
    ) -> Option<T> {
        let cell = row.cell(column)?;
        let word = read(&cell.to_ascii_lowercase());
        if word.is_none() {
            self.fail(
                row.line,
                "unknown_word",
                format!("{column} `{}` is not one of {}", cell.escape_debug(), all().join(", ")),
            );
        }
        word
    }

    fn flag(&mut self, row: &Row<'_>, column: &str) -> bool {
        match row.cell(column).map(str::to_ascii_lowercase).as_deref() {
            None | Some("false" | "no" | "0") => false,
            Some("true" | "yes" | "1") => true,
            Some(other) => {
                self.fail(row.line, "unknown_word", format!("{column} `{}` is not true or false", other.escape_debug()));
                false
            }
        }
    }

    fn level(&mut self, row: &Row<'_>, column: &str, most: u8) -> Option<u8> {
        let cell = row.cell(column)?;
        let level = cell.parse::<u8>().ok().filter(|level| *level <= most);
        if level.is_none() {
            self.fail(row.line, "out_of_range", format!("{column} `{}` is not one of 0 to {most}", cell.escape_debug()));
        }
        level
    }

    /// A further row of a workload may add, not contradict.
    fn merge(&mut self, at: usize, row: Workload, line: usize) {
        let Some(known) = self.parts.workloads.get_mut(at) else { return };
        let (id, first) = (known.id.clone(), known.line);
        let mut differing = Vec::new();
        fn add<T: PartialEq>(known: &mut Option<T>, row: Option<T>, column: &'static str, differing: &mut Vec<&'static str>) {
            match (known.as_ref(), row) {
                (None, row) => *known = row,
                (Some(known), Some(row)) if *known != row => differing.push(column),
                _ => {}
            }
        }
        add(&mut known.owner, row.owner, "owner, team or expires", &mut differing);
        add(&mut known.purpose, row.purpose, "purpose", &mut differing);
        add(&mut known.kind, row.kind, "kind", &mut differing);
        add(&mut known.peer_group, row.peer_group, "peer_group", &mut differing);
        add(&mut known.env, row.env, "env", &mut differing);
        add(&mut known.expect.max_tier, row.expect.max_tier, "max_tier", &mut differing);
        add(&mut known.expect.max_data_class, row.expect.max_data_class, "max_data_class", &mut differing);
        if known.status != row.status {
            differing.push("status");
        }
        // One privileged identity makes the workload privileged: the lower tolerance is the safe one.
        known.privileged |= row.privileged;
        known.shared |= row.shared;
        known.agentic |= row.agentic;
        for column in differing {
            self.fail(
                line,
                "contradiction",
                format!("{column} of workload `{id}` differs from line {first}; make the rows agree"),
            );
        }
    }

    fn lists(&mut self, at: usize, row: &Row<'_>) {
        let Some(lists) = self.lists.get_mut(at) else { return };
        for (list, column) in lists.iter_mut().zip(["zones", "regions", "accounts", "resources", "destinations"]) {
            let Some(cell) = row.cell(column) else { continue };
            let list = list.get_or_insert_default();
            for item in cell.split(';').map(str::trim).filter(|item| !item.is_empty() && *item != NOTHING) {
                if !list.iter().any(|known| known == item) {
                    list.push(item.to_string());
                }
            }
        }
    }

    /// A CSV has no zone table, so a zone may be given as the network itself: it is then an internal zone of that name.
    fn finish(mut self) -> Parts {
        let mut declared: FxHashMap<String, ()> = FxHashMap::default();
        for (workload, lists) in self.parts.workloads.iter_mut().zip(self.lists) {
            let [zones, regions, accounts, resources, destinations] = lists;
            for zone in zones.iter().flatten() {
                if let Some(net) = parse_net(zone)
                    && declared.insert(zone.clone(), ()).is_none()
                {
                    self.parts.zones.push(Zone {
                        name: zone.clone(),
                        class: ZoneClass::Internal,
                        cidrs: vec![net],
                        asns: Vec::new(),
                        line: workload.line,
                    });
                }
            }
            workload.expect.zones = zones.map(Globs::new);
            workload.expect.regions = regions.map(Globs::new);
            workload.expect.accounts = accounts.map(Globs::new);
            workload.expect.resources = resources.map(Globs::new);
            workload.expect.destinations = destinations.map(Globs::new);
        }
        self.parts
    }
}
