//! What a report is made from: cases that were packed away, what a judge remembers, and what is neither.

use crate::common::{arg, run};
use crate::estate::{Estate, refs};
use crate::tables::Table;
use std::io::Write;
use std::path::Path;

/// Records of cases of this estate.
fn cases(estate: &Estate) -> Vec<u8> {
    let cases = estate.path("cases.ndjson");
    run(&refs(&estate.args(&["--cases", arg(&cases)])), estate.today.as_bytes()).ok();
    std::fs::read(cases).unwrap()
}

fn gzip(parts: &[&[u8]]) -> Vec<u8> {
    let mut out = Vec::new();
    for part in parts {
        let mut encoder = flate2::write::GzEncoder::new(&mut out, flate2::Compression::fast());
        encoder.write_all(part).unwrap();
        encoder.finish().unwrap();
    }
    out
}

fn findings(estate: &Estate, of: &Path, name: &str) -> Vec<u8> {
    let out = estate.path(name);
    run(&["report", arg(of), "--out", arg(&out), "--format", "csv"], b"").ok();
    Table::read(&out, "findings").bytes
}

#[test]
fn cases_that_were_packed_away_are_read_as_they_are() {
    let estate = Estate::new();
    let plain = cases(&estate);
    let expected = findings(&estate, &estate.path("cases.ndjson"), "plain");
    assert!(String::from_utf8_lossy(&expected).lines().count() > 2);
    // As log rotation leaves them: more than one member, and a name that tells nothing.
    let (head, tail) = plain.split_at(plain.iter().position(|b| *b == b'\n').unwrap() + 1);
    for (name, packed) in [("cases.ndjson.gz", gzip(&[head, tail])), ("cases.1", zstd::encode_all(&*plain, 1).unwrap())] {
        let path = estate.path(name);
        std::fs::write(&path, packed).unwrap();
        assert!(findings(&estate, &path, &format!("of-{name}")) == expected, "{name}");
        let told = run(&["export", "cases", arg(&path)], b"").ok();
        assert_eq!(told.lines().len(), plain.split(|b| *b == b'\n').count() - 1, "{name}");
    }
}

#[test]
fn a_torn_archive_is_named_and_what_came_before_is_reported() {
    let estate = Estate::new();
    let plain = cases(&estate);
    let first = plain.iter().position(|b| *b == b'\n').unwrap() + 1;
    let second = gzip(&[&plain[first..]]);
    let torn = [gzip(&[&plain[..first]]), second[..second.len() / 2].to_vec()].concat();
    let path = estate.path("cases.gz");
    std::fs::write(&path, torn).unwrap();
    let out = estate.path("torn");
    let done = run(&["report", arg(&path), "--out", arg(&out), "--format", "csv"], b"");
    assert_eq!(done.code, Some(2));
    assert!(done.stderr.contains("cases.gz: cut after line "), "{}", done.stderr);
    assert!(!Table::read(&out, "findings").rows.is_empty());
}

#[test]
fn a_judge_that_remembers_is_reported_on_as_it_stands() {
    let estate = Estate::new();
    let after = estate.today.split_inclusive('\n').scan(0, |at, line| {
        *at += line.len();
        Some((*at, line.contains("evil-1")))
    });
    let cut = after.filter(|(_, evil)| *evil).map(|(at, _)| at).last().unwrap();
    let (before, rest) = estate.today.split_at(cut);
    let state = estate.path("state.json");
    run(&refs(&estate.args(&["--state", arg(&state)])), before.as_bytes()).ok();
    let kept = std::fs::read(&state).unwrap();
    let rest = estate.write("rest.ndjson", rest);
    let known = ["--baseline", arg(&estate.path("learned.json")), "--inventory", arg(&estate.path("inventory.toml"))]
        .map(str::to_owned);
    let verdicts = |more: &[&str]| -> Vec<String> {
        let out = estate.path("standing");
        let known: Vec<&str> = known.iter().map(String::as_str).collect();
        run(&[&["report", arg(&rest), "--out", arg(&out), "--format", "csv"], &*known, more].concat(), b"").ok();
        Table::read(&out, "findings").rows.iter().map(|r| format!("{} {}", r["identity_id"], r["verdict"])).collect()
    };
    let grave = |found: Vec<String>| found.iter().any(|f| f.ends_with("/billing page") || f.ends_with("/billing escalate"));
    // What happened before these logs is known to the one that remembers, and to it alone.
    assert!(grave(verdicts(&["--state", arg(&state)])));
    assert!(!grave(verdicts(&[])));
    assert!(std::fs::read(&state).unwrap() == kept, "a report does not touch the state");
    for (args, why) in [
        (vec!["report", arg(&state)], "is a state, which says what is remembered and not what was found"),
        (vec!["report", arg(&estate.path("learned.json"))], "is a baseline: give it as --baseline"),
        (vec!["report", arg(&rest), "--state", "/nowhere"], "failed to read the state /nowhere"),
        (vec!["report", arg(&rest), "--state", arg(&state)], "another baseline"),
    ] {
        let out = estate.path("refused");
        let done = run(&[&*args, &["--out", arg(&out)]].concat(), b"");
        assert!(done.code == Some(2) && done.stderr.contains(why), "{args:?}: {}", done.stderr);
        assert!(!out.exists(), "{args:?}");
    }
}

#[test]
fn what_is_exported_whole_comes_back_to_the_byte() {
    let estate = Estate::new();
    cases(&estate);
    for (table, name) in [("baseline", "learned.json"), ("records", "cases.ndjson")] {
        let (original, rows, back) = (estate.path(name), estate.path("rows"), estate.path("back"));
        run(&["export", table, arg(&original), "-o", arg(&rows)], b"").ok();
        let text = std::fs::read_to_string(&rows).unwrap();
        let mut lines: Vec<&str> = text.lines().collect();
        // Engines keep no order, and write a folder of parts.
        lines.reverse();
        std::fs::create_dir_all(estate.path("parts")).unwrap();
        let (one, two) = lines.split_at(lines.len() / 2);
        for (part, of) in [("part-0.json", one), ("part-1.json", two), ("_SUCCESS", &two[..0])] {
            estate.write(&format!("parts/{part}"), &of.join("\n"));
        }
        run(&["import", arg(&estate.path("parts")), "-o", arg(&back)], b"").ok();
        assert!(std::fs::read(&back).unwrap() == std::fs::read(&original).unwrap(), "{table}");
        for (rows, why) in [
            (lines[1..].to_vec(), String::new()),
            (lines[..lines.len() - 1].to_vec(), "line 1 is missing".to_owned()),
            ([&lines[..], &lines[..1]].concat(), format!("line {} is there twice", lines.len())),
            (vec!["{\"a\":1}"], "has no `line_number` and `content`".to_owned()),
            (vec!["{\"line_number\":1,\"content\":\"text\"}"], "what the table holds:1:".to_owned()),
        ] {
            let part = estate.write("some", &rows.join("\n"));
            let done = run(&["import", arg(&part)], b"");
            // The last record of a case is no part of the others: nobody can tell that it was there.
            let whole = table == "records" && why.is_empty();
            assert_eq!((done.code, done.stdout.is_empty()), if whole { (Some(0), false) } else { (Some(2), true) }, "{why}");
            assert!(done.stderr.contains(&why), "{table} {why}: {}", done.stderr);
        }
    }
    // A row that was edited on the way does not pass for what was learned.
    run(&["export", "baseline", arg(&estate.path("learned.json")), "-o", arg(&estate.path("rows"))], b"").ok();
    let edited = std::fs::read_to_string(estate.path("rows")).unwrap().replace("s3:GetObject", "s3:GetObjekt");
    let done = run(&["import", arg(&estate.write("edited", &edited))], b"");
    assert!(done.code == Some(2) && done.stderr.contains("checksum does not match"), "{}", done.stderr);
}
