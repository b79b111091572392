//! `labels.csv`: what is known to be true of the events of the test window.

use super::Fault;
use serde::{Deserialize, Serialize};
use std::path::Path;
use vires_event::Boundary;

/// What an event is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Label {
    /// Part of an attack: worth escalating.
    Malicious,
    /// Looks like one, and is not.
    Benign,
    /// Reasonable people differ: counted on neither side.
    Ambiguous,
}

impl Label {
    /// The word as it stands in files.
    pub const fn as_str(self) -> &'static str {
        match self {
            Label::Malicious => "malicious",
            Label::Benign => "benign",
            Label::Ambiguous => "ambiguous",
        }
    }
}

/// One row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LabelRow {
    /// The source's own id of the event, or `line:<n>`.
    pub event_id: String,
    /// Informs the reader.
    pub identity: String,
    /// Attack instance; empty = one per scenario.
    pub instance: String,
    /// What it is.
    pub label: Label,
    /// Boundaries it crosses.
    pub boundaries: Vec<Boundary>,
    /// Informs the reader.
    pub note: String,
    /// Line of the row in the file.
    pub line: usize,
}

/// The whole file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Labels {
    /// Rows in file order.
    pub rows: Vec<LabelRow>,
}

/// Columns in the order in which they are written.
pub(crate) const COLUMNS: [&str; 6] = ["event_id", "identity", "instance", "label", "boundary", "note"];

impl Labels {
    /// Reads a file's text. Every row that is wrong is reported.
    ///
    /// # Errors
    /// With file, line and remedy of every fault.
    pub fn parse(text: &str, path: &Path) -> Result<Labels, Vec<Fault>> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut reader = csv::ReaderBuilder::new().flexible(true).trim(csv::Trim::All).from_reader(text.as_bytes());
        let header = match reader.headers() {
            Ok(header) => header.clone(),
            Err(error) => return Err(vec![broken(path, 1, &error)]),
        };
        let at = |name: &str| header.iter().position(|h| h == name);
        let (Some(id_at), Some(label_at)) = (at("event_id"), at("label")) else {
            let remedy = "start the file with `event_id,identity,instance,label,boundary,note`";
            return Err(vec![Fault::at(path, 1, "labels_header", "no column `event_id` or `label`", remedy)]);
        };
        let mut faults = Vec::new();
        for name in header.iter().filter(|name| !COLUMNS.contains(name)) {
            let message = format!("unknown column `{name}`");
            faults.push(Fault::at(
                path,
                1,
                "labels_header",
                message,
                "use event_id, identity, instance, label, boundary, note",
            ));
        }
        let optional = ["identity", "instance", "boundary", "note"].map(at);
        let mut labels = Labels::default();
        for record in reader.records() {
            let record = match record {
                Ok(record) => record,
                Err(error) => {
                    faults.push(broken(path, error.position().map_or(0, |p| p.line() as usize), &error));
                    continue;
                }
            };
            let line = record.position().map_or(0, |p| p.line() as usize);
            if record.iter().all(str::is_empty) {
                continue;
            }
            let get = |column: Option<usize>| column.and_then(|c| record.get(c)).unwrap_or_default().to_string();
            let mut fault = |code, message, remedy| faults.push(Fault::at(path, line, code, message, remedy));
            if record.len() > header.len() {
                let message = format!("{} cells under {} columns", record.len(), header.len());
                fault("labels_cells", message, "put cells that hold a comma into double quotes");
                continue;
            }
            let event_id = get(Some(id_at));
            if event_id.is_empty() {
                fault("label_event", "no event_id".into(), "name the source's own id of the event, or `line:<n>`");
                continue;
            }
            let label = match get(Some(label_at)).as_str() {
                "malicious" => Label::Malicious,
                "benign" => Label::Benign,
                "ambiguous" => Label::Ambiguous,
                other => {
                    fault("label_word", format!("label `{other}`"), "use malicious, benign or ambiguous");
                    continue;
                }
            };
            let [identity, instance, boundary, note] = optional.map(get);
            let mut boundaries = Vec::new();
            for word in boundary.split(';').map(str::trim).filter(|word| !word.is_empty()) {
                match word.parse::<Boundary>() {
                    Ok(boundary) => boundaries.push(boundary),
                    Err(error) => fault("label_boundary", error.to_string(), "use privilege, data or trust, joined with `;`"),
                }
            }
            boundaries.sort_unstable();
            boundaries.dedup();
            labels.rows.push(LabelRow { event_id, identity, instance, label, boundaries, note, line });
        }
        if faults.is_empty() { Ok(labels) } else { Err(faults) }
    }

    /// The file's text.
    pub fn to_csv(&self) -> String {
        let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::Any(b'\n')).from_writer(Vec::new());
        // Writing to memory cannot fail.
        let _ = writer.write_record(COLUMNS);
        for row in &self.rows {
            let boundaries: Vec<&str> = row.boundaries.iter().map(|b| b.as_str()).collect();
            let boundaries = boundaries.join(";");
            let cells = [&row.event_id, &row.identity, &row.instance, row.label.as_str(), &boundaries, &row.note];
            let _ = writer.write_record(cells);
        }
        String::from_utf8(writer.into_inner().unwrap_or_default()).unwrap_or_default()
    }
}

fn broken(path: &Path, line: usize, error: &csv::Error) -> Fault {
    Fault::at(path, line, "labels_syntax", error.to_string(), "write the file as comma-separated UTF-8 text")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Labels, Vec<String>> {
        Labels::parse(text, Path::new("labels.csv")).map_err(|f| f.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn reads_rows_and_writes_them_again() {
        let text = "event_id,identity,instance,label,boundary,note\ne1,aws:role/1/r,i1,malicious,data;privilege,\"a, b\"\nline:2,,,benign,,\n";
        let labels = parse(text).unwrap();
        assert_eq!(labels.rows[0].boundaries, [Boundary::Privilege, Boundary::Data]);
        assert_eq!((labels.rows[1].line, labels.rows[1].label), (3, Label::Benign));
        let again = Labels::parse(&labels.to_csv(), Path::new("l")).unwrap();
        assert_eq!(again.rows[0].note, "a, b");
        assert_eq!(again.rows.len(), 2);
        assert_eq!(parse("\u{feff}label,event_id\nmalicious,x\n").unwrap().rows[0].event_id, "x");
        assert_eq!(parse("event_id,label\n").unwrap().rows, []);
    }

    #[test]
    fn names_file_line_and_remedy() {
        for (text, want) in [
            ("", "labels.csv:1: error[labels_header]: no column `event_id` or `label`"),
            ("event_id,label\ne1,evil\n", "labels.csv:2: error[label_word]: label `evil`; use malicious"),
            ("event_id,label\n\ne1,benign\n,benign\n", "labels.csv:4: error[label_event]: no event_id"),
            (
                "event_id,label,boundary\ne1,malicious,trust;spice\n",
                "labels.csv:2: error[label_boundary]: unknown boundary `spice`",
            ),
            ("event_id,label,who\ne1,benign,x\n", "labels.csv:1: error[labels_header]: unknown column `who`"),
            ("event_id,label\ne1,benign,a,b\n", "labels.csv:2: error[labels_cells]: 4 cells under 2 columns"),
        ] {
            let faults = parse(text).unwrap_err();
            assert!(faults[0].starts_with(want), "{faults:?}");
        }
    }
}
