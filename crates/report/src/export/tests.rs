use super::*;
use vires_judge::CaseUpdate;
use vires_profile::baseline::Baseline;

fn case(name: &str, line: &str) -> CaseUpdate {
    let text = format!(
        r#"{{"schema":"vires-case/1","case":"{name}","time":"2026-03-01T00:00:01Z","update":"opened","verdict":"page","score":91.5,"rule":"r","workload":"w","identity":"i","mapping":"mapped","boundaries":["data","trust"],"boundary_scores":{{"privilege":0.0,"data":0.9,"trust":0.8}},"breaks":[],"signals":{{"context":1.0,"variance":0.5,"sensitivity":1.0}},"variance":0.0,"trust_scale":1.0,"kappa":1.0,"reasons":["first","second"],"evidence":[{line}],"standards":[],"tuning_sha256":"0"}}"#
    );
    serde_json::from_str(&text).unwrap()
}

const LINE: &str = r#"{"code":"T1","criterion":"origin","boundary":"trust","break":"access_pattern","facet":"zone","value":"net:203.0.113.0/24","x":0.9,"expected":"e","observed":"o \"q\"","action":"s3:GetObject","tier":1,"impact":0.2,"first":1772323200000,"last":1772323201000,"count":3,"refs":[],"unknown_network":true,"grounded":true,"workings":{"factors":[]}}"#;

fn ndjson(sheet: Sheet<'_>) -> Vec<serde_json::Value> {
    let columns = sheet.columns;
    let mut out = Vec::new();
    sheet.ndjson(&mut out).unwrap();
    let rows: Vec<serde_json::Value> =
        std::str::from_utf8(&out).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    for row in &rows {
        assert!(columns.iter().all(|(name, _)| row.get(name).is_some()) && row.as_object().unwrap().len() == columns.len());
    }
    rows
}

#[test]
fn a_case_is_a_row_and_so_is_each_piece_of_evidence() {
    let records = [case("case-1", LINE), case("case-2", "")];
    let rows = ndjson(cases(&records));
    assert_eq!(rows.len(), 2);
    assert_eq!((&rows[1]["record"], &rows[1]["case_id"]), (&2.into(), &"case-2".into()));
    assert_eq!((&rows[0]["boundaries"], &rows[0]["reason"]), (&"data;trust".into(), &"first".into()));
    assert_eq!((&rows[0]["told_at"], &rows[0]["owner"]), (&"2026-03-01T00:00:01Z".into(), &serde_json::Value::Null));
    let rows = ndjson(evidence(&records));
    assert_eq!(rows.len(), 1);
    assert_eq!((&rows[0]["observed"], &rows[0]["events"]), (&"o \"q\"".into(), &3.into()));
    assert_eq!((&rows[0]["first_seen"], &rows[0]["unknown_network"]), (&"2026-03-01T00:00:00Z".into(), &true.into()));
}

#[test]
fn nothing_learned_is_no_row() {
    let baseline = Baseline::new("test");
    assert!(ndjson(habits(&baseline)).is_empty() && ndjson(workloads(&baseline)).is_empty());
}

#[cfg(feature = "parquet")]
#[test]
fn parquet_holds_the_same_rows() {
    use ::parquet::file::reader::{FileReader, SerializedFileReader};
    let records = [case("case-1", LINE), case("case-2", "")];
    let write = || {
        let mut out = Vec::new();
        evidence(&records).parquet(&mut out).unwrap();
        out
    };
    let out = write();
    assert!(out == write(), "the same rows give the same bytes");
    let mut kept = tempfile::tempfile().unwrap();
    std::io::Write::write_all(&mut kept, &out).unwrap();
    let file = SerializedFileReader::new(kept).unwrap();
    let rows: Vec<Vec<(String, String)>> = file
        .get_row_iter(None)
        .unwrap()
        .map(|row| row.unwrap().get_column_iter().map(|(name, field)| (name.clone(), field.to_string())).collect())
        .collect();
    assert_eq!(rows.len(), 1);
    let cell = |name: &str| rows[0].iter().find(|(column, _)| column == name).unwrap().1.as_str();
    assert_eq!((cell("value"), cell("x"), cell("target")), ("\"net:203.0.113.0/24\"", "0.9", "null"));
    assert_eq!((cell("unknown_network"), cell("events")), ("true", "3"));
}

const BASELINE: &str = "{\"schema\":\"vires-baseline/1\",\"checksum\":\"sha256:0\",\n\"body\":{\"catalogue\":\"c\",\n\"workloads\":{\n\"a\\\"b\":{\"first\":1},\n\"inputs\":{}\n}}}\n";

#[test]
fn a_file_as_it_is_names_its_workloads() {
    let rows = ndjson(baseline_file(BASELINE));
    let named: Vec<&serde_json::Value> = rows.iter().map(|row| &row["workload"]).collect();
    let nobody = serde_json::Value::Null;
    assert_eq!(named, [&nobody, &nobody, &nobody, &"a\"b".into(), &"inputs".into(), &nobody]);
    let rows = ndjson(case_file("{\"schema\":\"vires-case/1\",\"case\":\"case-1\",\"workload\":\"w\"}\n"));
    assert_eq!((&rows[0]["case_id"], &rows[0]["workload"]), (&"case-1".into(), &"w".into()));
}

#[cfg(feature = "parquet")]
#[test]
fn parquet_comes_back_to_the_byte() {
    let mut kept = tempfile::tempfile().unwrap();
    baseline_file(BASELINE).parquet(&mut kept).unwrap();
    let mut all = Lines::default();
    parquet_lines(kept, &mut all).unwrap();
    assert_eq!(all.join().unwrap(), BASELINE);
    // Another table, and none at all.
    let mut other = tempfile::tempfile().unwrap();
    cases(&[case("case-1", "")]).parquet(&mut other).unwrap();
    assert!(matches!(parquet_lines(other, &mut Lines::default()), Err(ParquetError::Lost(Lost::Column { row: 1 }))));
    let mut torn = tempfile::tempfile().unwrap();
    std::io::Write::write_all(&mut torn, b"PAR1 and then nothing").unwrap();
    assert!(matches!(parquet_lines(torn, &mut Lines::default()), Err(ParquetError::Format(_))));
}
