//! Everything in a report may have been written by an attacker.

use crate::common::{arg, run};
use crate::estate::Estate;
use crate::tables::Table;

/// A case with this text wherever a log's text may stand.
pub fn case(text: &str) -> String {
    let text = serde_json::to_string(text).unwrap();
    format!(
        "{{\"schema\":\"vires-case/1\",\"case\":\"case-1\",\"time\":\"2026-03-01T10:00:00Z\",\"update\":\"opened\",\"verdict\":\"escalate\",\
         \"score\":70.0,\"rule\":\"r\",\"workload\":{text},\"identity\":{text},\"owner\":{text},\"mapping\":\"mapped\",\"boundaries\":[\"data\"],\
         \"boundary_scores\":{{\"privilege\":0.0,\"data\":0.8,\"trust\":0.0}},\"breaks\":[\"purpose\"],\
         \"signals\":{{\"context\":0.7,\"variance\":0.9,\"sensitivity\":1.0}},\"variance\":0.0,\"trust_scale\":1.0,\"kappa\":1.0,\
         \"reasons\":[{text}],\"evidence\":[{{\"code\":\"D2\",\"criterion\":\"new_dataset\",\"boundary\":\"data\",\"break\":\"purpose\",\
         \"facet\":\"resource\",\"value\":{text},\"x\":0.9,\"expected\":{text},\"observed\":{text},\"action\":{text},\"target\":{text},\
         \"tier\":1,\"data_class\":3,\"impact\":1.0,\"first\":1772359200000,\"last\":1772359200000,\"count\":1,\
         \"refs\":[{{\"at\":1772359200000,\"event\":{text}}}],\"grounded\":true,\"attack\":[],\"workings\":{{\"factors\":[]}}}}],\
         \"standards\":[],\"opened\":\"2026-03-01T10:00:00Z\",\"tuning_sha256\":\"00\"}}\n"
    )
}

#[test]
fn no_cell_acts() {
    let estate = Estate::new();
    for text in [
        "=HYPERLINK(\"http://203.0.113.9\")",
        "+cmd|' /C calc'!A0",
        "-2+3",
        "@SUM(1)",
        "\t=1",
        "\r=1",
        "a;=1+1",
        "<script>alert(1)</script><img src=x onerror=y>",
        "\u{1b}]0;title\u{7}\u{1b}[2J",
        "invoice\u{202e}fdp.exe",
        "line\nbreak\r\n\"quoted\",comma",
        "\u{0}",
        &"A".repeat(1 << 20),
        "",
    ] {
        let cases = estate.write("cases.ndjson", &case(text));
        let out = estate.path("hostile");
        let done = run(&["report", arg(&cases), "--out", arg(&out), "--ocsf", "--ecs"], b"").ok();
        assert!(!done.text().contains(['\u{1b}', '\u{202e}']));
        for name in ["identities", "findings", "evidence", "unmapped", "least_privilege"] {
            let table = Table::read(&out, name);
            for (column, cell) in table.rows.iter().flatten() {
                for part in cell.split(';') {
                    assert!(!part.starts_with(['=', '+', '-', '@', '\t', '\r']), "{name}.{column}: {cell:?}");
                }
                assert!(!cell.chars().any(|c| c.is_control() || c == '\u{202e}'), "{name}.{column}: {cell:?}");
                assert!(cell.chars().count() < 5_000, "{name}.{column} is {} characters long", cell.len());
            }
            assert!(!table.bytes.contains(&b'\r') && !table.bytes.contains(&0x1b));
        }
        let html = std::fs::read_to_string(out.join("report.html")).unwrap();
        assert!(!html.contains("<script") && !html.contains("<img") && html.len() < 200_000);
    }
}

#[test]
fn torn_and_foreign_lines_are_named_and_the_rest_is_reported() {
    let estate = Estate::new();
    let good = case("api");
    let torn = &good[..good.len() / 2];
    let strange = good.replace("\"score\":70.0", "\"score\":\"high\"").replace("case-1", "case-2");
    let cases = estate.write("cases.ndjson", &format!("{good}garbage\n{strange}{torn}"));
    let out = estate.path("torn");
    let done = run(&["report", arg(&cases), "--out", arg(&out), "--format", "csv"], b"");
    assert_eq!(done.code, Some(2));
    for expected in ["cases.ndjson:2: not a case", "cases.ndjson:4: not a case", "1 cases are damaged or of another version"] {
        assert!(done.stderr.contains(expected), "{}", done.stderr);
    }
    assert_eq!(Table::read(&out, "findings").rows.len(), 1);
}

#[test]
fn a_secret_in_the_logs_is_in_no_report() {
    let estate = Estate::new();
    let key = "AKIAIOSFODNN7EXAMPLE";
    let spilled = estate.today.replace("ASIAIOSFODNN7EXAMPLE", key);
    estate.write("logs/today.ndjson", &spilled);
    let out = estate.path("reports");
    run(&["report", arg(estate.dir.path()), "--out", arg(&out), "--ocsf", "--ecs", "--format", "csv,html"], b"").ok();
    for entry in std::fs::read_dir(&out).unwrap() {
        let path = entry.unwrap().path();
        let text = String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned();
        assert!(!text.contains(key), "{}", path.display());
    }
    assert!(Table::read(&out, "identities").rows.iter().any(|r| r["credential_ids"] == "AKIA…MPLE"));
}
