use std::collections::BTreeMap;
use std::path::Path;

/// A table as it was written.
#[derive(Debug)]
pub struct Table {
    pub rows: Vec<BTreeMap<String, String>>,
    pub bytes: Vec<u8>,
}

impl Table {
    pub fn read(dir: &Path, name: &str) -> Table {
        let bytes = std::fs::read(dir.join(format!("{name}.csv"))).unwrap();
        let mut reader = csv::Reader::from_reader(bytes.as_slice());
        let headings = reader.headers().unwrap().clone();
        let rows = reader.records().map(|record| {
            let record = record.unwrap();
            headings.iter().map(str::to_owned).zip(record.iter().map(str::to_owned)).collect()
        });
        Table { rows: rows.collect(), bytes: bytes.clone() }
    }

    pub fn find(&self, column: &str, value: &str) -> &BTreeMap<String, String> {
        self.rows.iter().find(|row| row[column] == value).unwrap_or_else(|| panic!("no {column} {value} in {self:#?}"))
    }
}
