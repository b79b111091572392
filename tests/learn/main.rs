//! `vires learn` and `vires merge`: the same knowledge, however it was come by.
#![allow(clippy::unwrap_used)]

#[path = "../common/mod.rs"]
mod common;

use common::{arg, run};
use std::path::{Path, PathBuf};

fn record(n: usize) -> String {
    let (role, day, hour) = (["a", "b", "c"][n % 3], 1 + n / 3 % 25, n % 24);
    format!(
        "{{\"eventVersion\":\"1.11\",\"userIdentity\":{{\"type\":\"AssumedRole\",\"arn\":\"arn:aws:sts::123456789012:assumed-role/{role}/s{n}\",\"accountId\":\"123456789012\",\"accessKeyId\":\"ASIAIOSFODNN7EXAMPLE\"}},\"eventTime\":\"2026-02-{day:02}T{hour:02}:00:00Z\",\"eventSource\":\"s3.amazonaws.com\",\"eventName\":\"{}\",\"awsRegion\":\"eu-west-1\",\"sourceIPAddress\":\"198.51.100.{}\",\"userAgent\":\"Boto3/1.34.0\",\"requestParameters\":{{\"bucketName\":\"b{}\",\"key\":\"k\"}},\"eventID\":\"e{n}\"}}\n",
        ["GetObject", "PutObject"][n % 2],
        n % 200,
        n % 11,
    )
}

fn parts(dir: &Path) -> Vec<PathBuf> {
    [0..700, 700..701, 701..2500, 2500..2500]
        .into_iter()
        .enumerate()
        .map(|(n, range)| {
            let path = dir.join(format!("{n}.ndjson"));
            std::fs::write(&path, range.map(record).collect::<String>()).unwrap();
            path
        })
        .collect()
}

fn learned(args: &[&str], input: &[u8]) -> String {
    let mut all = vec!["learn"];
    all.extend(args);
    run(&all, input).ok().text().to_owned()
}

#[test]
fn threads_files_and_merging_make_no_difference() {
    let dir = tempfile::tempdir().unwrap();
    let parts = parts(dir.path());
    let names: Vec<&str> = parts.iter().map(|p| arg(p)).collect();
    let whole = learned(&names, b"");
    for threads in ["1", "8"] {
        let mut args = names.clone();
        args.extend(["--threads", threads]);
        assert_eq!(learned(&args, b""), whole);
    }
    assert_eq!(learned(&[arg(dir.path())], b""), whole, "a directory is its files");

    let mut singles = Vec::new();
    for (n, part) in names.iter().enumerate() {
        let out = dir.path().join(format!("{n}.json"));
        run(&["learn", part, "-o", arg(&out)], b"").ok();
        singles.push(out);
    }
    let merge = |order: &[usize]| {
        let mut args = vec!["merge"];
        args.extend(order.iter().map(|n| arg(&singles[*n])));
        run(&args, b"").ok().text().to_owned()
    };
    for order in [[0, 1, 2, 3], [3, 2, 0, 1], [2, 0, 3, 1]] {
        assert_eq!(merge(&order), whole);
    }
    let joined = dir.path().join("joined.json");
    run(&["merge", arg(&singles[0]), arg(&singles[1]), "-o", arg(&joined)], b"").ok();
    let again = run(&["merge", arg(&joined), arg(&singles[1])], b"");
    assert!(again.code == Some(2) && again.stderr.contains("overlap") && again.stdout.is_empty(), "{}", again.stderr);
    run(&["merge", "--allow-overlap", arg(&joined), arg(&singles[1])], b"").ok();
}

#[test]
fn a_stream_is_known_by_its_bytes() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.ndjson");
    let text: String = (0..900).map(record).collect();
    std::fs::write(&path, &text).unwrap();
    let from_file = learned(&[arg(&path)], b"");
    assert_eq!(learned(&[], text.as_bytes()), from_file);
    assert_eq!(learned(&["-"], text.as_bytes()), from_file);
    let (file, stream) = (dir.path().join("file.json"), dir.path().join("stream.json"));
    std::fs::write(&file, &from_file).unwrap();
    run(&["learn", "-o", arg(&stream)], text.as_bytes()).ok();
    let done = run(&["merge", arg(&file), arg(&stream)], b"");
    assert!(done.code == Some(2) && done.stderr.contains("overlap"), "{}", done.stderr);
}

#[test]
fn what_cannot_be_learned_from_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let (a, b, out) = (dir.path().join("a"), dir.path().join("b"), dir.path().join("out.json"));
    std::fs::write(&a, record(1)).unwrap();
    std::fs::write(&b, record(1)).unwrap();
    let done = run(&["learn", arg(&a), arg(&b), "-o", arg(&out)], b"");
    assert!(done.code == Some(2) && done.stderr.contains("same content") && !out.exists(), "{}", done.stderr);
    let done = run(&["learn", arg(&a), "/nonexistent/log", "-o", arg(&out)], b"");
    assert!(done.code == Some(2) && done.stderr.contains("/nonexistent/log"), "{}", done.stderr);
    assert!(out.exists(), "the others are learned from");
    assert_eq!(run(&["learn", "-o", "/nonexistent/out"], b"").code, Some(2));
    let done = run(&["learn", "--inventory", arg(&a)], b"");
    assert!(done.code == Some(2) && done.stderr.contains(arg(&a)), "{}", done.stderr);
    for args in [&["merge"][..], &["merge", arg(&a)], &["merge", arg(&out), "/nonexistent/b"]] {
        assert_eq!(run(args, b"").code, Some(2), "{args:?}");
    }
    // Nothing to learn is a baseline, too.
    assert!(learned(&[], b"\xff\n[1]\ntext\n").contains("\"workloads\":{\n}"));
}
