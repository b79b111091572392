//! Files: compressed ones, folders, whole CloudTrail documents, and what cannot be read.
#![allow(clippy::unwrap_used)]

mod common;

use common::{arg, event, numbers, run};
use std::io::Write;
use std::path::Path;

fn gzip(parts: &[&[u8]]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for part in parts {
        let mut encoder = flate2::write::GzEncoder::new(&mut bytes, flate2::Compression::fast());
        encoder.write_all(part).unwrap();
        encoder.finish().unwrap();
    }
    bytes
}

fn write(dir: &Path, name: &str, content: &[u8]) -> String {
    let path = dir.join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(&path, content).unwrap();
    arg(&path).to_owned()
}

#[test]
fn files_are_read_in_order_whatever_their_packing() {
    let dir = tempfile::tempdir().unwrap();
    let events: Vec<String> = (0..8).map(event).collect();
    // A member boundary may fall inside a line.
    let (head, tail) = events[1].split_at(4);
    let gz = write(dir.path(), "a.ndjson.gz", &gzip(&[events[0].as_bytes(), head.as_bytes(), tail.as_bytes()]));
    let plain = write(dir.path(), "b.ndjson", events[2].trim_end().as_bytes());
    let zst = write(dir.path(), "c.zst", &zstd::encode_all(events[3].as_bytes(), 3).unwrap());
    write(dir.path(), "d/2", events[5].as_bytes());
    write(dir.path(), "d/1/x", events[4].as_bytes());
    let folder = arg(&dir.path().join("d")).to_owned();
    let done = run(&["tag", &gz, &plain, &zst, &folder, "-"], (events[6].clone() + &events[7]).as_bytes()).ok();
    assert_eq!(numbers(&done.stdout), (0..8).collect::<Vec<_>>());
}

#[test]
fn a_cloudtrail_document_becomes_one_line_per_record() {
    let dir = tempfile::tempdir().unwrap();
    let records: Vec<serde_json::Value> = (0..500).map(|n| serde_json::json!({"n": n, "s": " {\"[\\"})).collect();
    let document = serde_json::json!({ "Records": records });
    let pretty = serde_json::to_string_pretty(&document).unwrap() + "\n";
    let compact = document.to_string();
    for (name, content) in
        [("a.json", pretty.as_bytes()), ("b.json", compact.as_bytes()), ("c.json.gz", &gzip(&[compact.as_bytes()]))]
    {
        let file = write(dir.path(), name, content);
        let done = run(&["tag", &file], b"").ok();
        assert_eq!(numbers(&done.stdout), (0..500).collect::<Vec<_>>(), "{name}");
        assert!(done.text().starts_with("{\"n\":0,\"s\":\" {\\\"[\\\\\",\"nhi\":{"), "{}", done.lines()[0]);
    }
    for input in [&pretty, &compact] {
        let done = run(&["tag", "--split", "records"], input.as_bytes()).ok();
        assert_eq!(numbers(&done.stdout).len(), 500);
    }
    // Without being asked, standard input is lines: one in, one out.
    assert_eq!(run(&["tag"], compact.as_bytes()).ok().lines().len(), 1);
    assert_eq!(run(&["tag"], pretty.as_bytes()).ok().lines().len(), pretty.lines().count());
}

#[test]
fn what_cannot_be_read_is_named_and_the_rest_is_done() {
    let dir = tempfile::tempdir().unwrap();
    let good = write(dir.path(), "good", event(1).as_bytes());
    let whole = gzip(&[&event(2).repeat(2000).into_bytes()]);
    let torn = write(dir.path(), "torn.gz", &whole[..whole.len() - 20]);
    let missing = arg(&dir.path().join("missing")).to_owned();
    let done = run(&["tag", &missing, &torn, &good], b"");
    assert_eq!(done.code, Some(2));
    let lines: Vec<_> = done.stderr.lines().collect();
    assert_eq!(lines.len(), 2, "{}", done.stderr);
    assert!(lines[0].contains(&missing) && lines[1].contains(&torn), "{}", done.stderr);
    assert!(done.lines().last().unwrap().contains("\"n\":1"));
    assert!(done.lines().len() > 1000, "what stands before the tear is read");
}

#[test]
fn standard_input_that_cannot_be_read_is_said() {
    let mut command = common::vires(&["tag"]);
    let done = common::Running::spawn(command.stdin(std::fs::File::open("/").unwrap())).finish();
    assert_eq!(done.code, Some(2));
    assert!(done.stderr.contains("standard input"), "{}", done.stderr);
}
