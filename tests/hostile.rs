//! Input that means harm: it may cost its own answer, never memory without bound, a crash or somebody else's line.
#![allow(clippy::unwrap_used)]

mod common;

use common::{PATIENCE, arg, run, vires};
use std::io::{Read, Write};
use std::process::Stdio;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

/// What `vires tag` may hold in memory, whatever the input.
// The promise is the shipped program's, which takes 25 MiB for the longest of these lines; unoptimised, it takes 31 to 33.
const MEMORY_KB: usize = if cfg!(debug_assertions) { 36 << 10 } else { 32 << 10 };

/// What came out, and the most memory that was in use.
struct Measured {
    bytes: usize,
    lines: usize,
    kb: usize,
    tail: Vec<u8>,
}

/// Feeds a process and reads its peak of memory when all `lines` are answered, before it ends.
fn measured(args: &[&str], lines: usize, feed: impl FnOnce(&mut dyn Write)) -> Measured {
    let mut child = vires(args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let mut stdout = child.stdout.take().unwrap();
    let seen = Arc::new((AtomicUsize::new(0), AtomicUsize::new(0), Mutex::new(Vec::new())));
    let shared = Arc::clone(&seen);
    let reader = std::thread::spawn(move || {
        let mut buffer = vec![0; 1 << 16];
        while let Ok(n @ 1..) = stdout.read(&mut buffer) {
            *shared.2.lock().unwrap() = buffer[n.saturating_sub(200)..n].to_vec();
            shared.0.fetch_add(n, Ordering::SeqCst);
            shared.1.fetch_add(buffer[..n].iter().filter(|b| **b == b'\n').count(), Ordering::SeqCst);
        }
    });
    feed(&mut stdin);
    common::until("the last answer", || seen.1.load(Ordering::SeqCst) >= lines);
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
    let peak = status.lines().find_map(|l| l.strip_prefix("VmHWM:")).unwrap();
    let kb = peak.trim().trim_end_matches(" kB").parse().unwrap();
    drop(stdin);
    reader.join().unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), output.stderr.len()), (Some(0), 0), "{}", String::from_utf8_lossy(&output.stderr));
    let tail = seen.2.lock().unwrap().clone();
    Measured { bytes: seen.0.load(Ordering::SeqCst), lines: seen.1.load(Ordering::SeqCst), kb, tail }
}

fn repeat(out: &mut dyn Write, piece: &[u8], times: usize) {
    for _ in 0..times {
        out.write_all(piece).unwrap();
    }
}

#[test]
fn a_line_of_a_hundred_megabytes_streams_through() {
    let piece = vec![b'x'; 1 << 20];
    for threads in ["1", "4"] {
        let got = measured(&["tag", "--threads", threads], 3, |out| {
            out.write_all(b"{\"a\":1}\n").unwrap();
            repeat(out, &piece, 100);
            out.write_all(b"\n{\"a\":2}\n").unwrap();
        });
        assert_eq!(got.lines, 3);
        assert_eq!(
            got.bytes - (100 << 20) - 1,
            2 * (r#"{"a":1,"nhi":{"v":1,"tagged":false,"error":"unknown_source"}}"#.len() + 1)
        );
        assert!(got.tail.ends_with(b"\"error\":\"unknown_source\"}}\n"));
        assert!(got.kb <= MEMORY_KB, "{} KiB", got.kb);
    }
}

#[test]
fn lines_just_below_the_limit_do_not_add_up() {
    let line = format!("{{\"a\":\"{}\"}}\n", "x".repeat((4 << 20) - 100));
    let got = measured(&["tag", "--threads", "4"], 30, |out| repeat(out, line.as_bytes(), 30));
    assert_eq!(got.lines, 30);
    assert!(got.kb <= MEMORY_KB, "{} KiB", got.kb);
}

#[test]
fn ordinary_lines_without_end_take_no_more_memory() {
    let lines: String = (0..2000).map(common::event).collect();
    let got = measured(&["tag", "--threads", "4"], 600_000, |out| repeat(out, lines.as_bytes(), 300));
    assert_eq!(got.lines, 600_000);
    assert!(got.kb <= MEMORY_KB, "{} KiB", got.kb);
}

#[test]
fn depth_is_no_weapon() {
    for depth in [200, 10_000, 1_000_000] {
        for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
            let inner = if open == "[" { "" } else { "1" };
            let deep = format!("{{\"x\":{}{inner}{}}}", open.repeat(depth), close.repeat(depth));
            for line in [deep.clone(), open.repeat(depth), format!("{}\"", deep.replace('"', "\\\""))] {
                let done = run(&["tag", "--max-line", "64m"], format!("{line}\n{{\"z\":1}}\n").as_bytes()).ok();
                assert_eq!(done.lines().len(), 2, "depth {depth}");
                assert!(done.lines()[1].starts_with("{\"z\":1,"));
            }
        }
    }
}

#[test]
fn garbage_is_answered_line_by_line() {
    // A fixed pseudo-random stream with every byte value in it.
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut bytes: Vec<u8> = std::iter::repeat_with(|| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 32) as u8
    })
    .take(3 << 20)
    .collect();
    bytes.extend_from_slice(b"\0\0\0\n{\"a\":\"\\u00\n{\"a\":1\n{\"a\":1}}\n\xef\xbb\xbf{}\n");
    let lines = bytes.iter().filter(|b| **b == b'\n').count();
    for args in [&["tag"][..], &["tag", "--reply", "rsyslog"], &["tag", "--raw", "passthrough", "--threads", "3"]] {
        let done = run(args, &bytes).ok();
        assert_eq!(done.stdout.iter().filter(|b| **b == b'\n').count(), lines, "{args:?}");
    }
    assert_eq!(run(&["tag", "--raw", "passthrough", "--max-line", "1"], &bytes).ok().stdout, bytes);
}

#[test]
fn records_of_truncated_documents_are_lines_all_the_same() {
    for input in
        ["{\"Records\":[{\"a\":1},{\"b\":\"x", "{\"Records\":[", "{\"Records\":[}}}]]]", "{\"Records\":[{\"a\":[}]", "[[[["]
    {
        run(&["tag", "--split", "records"], input.as_bytes()).ok();
    }
}

/// Nested gzip members of zeros: 1 MiB of file, 1 GiB and more of lines.
#[test]
fn a_gzip_bomb_is_cut() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("bomb.gz");
    let mut encoder = flate2::write::GzEncoder::new(std::fs::File::create(&path).unwrap(), flate2::Compression::best());
    let lines = [[b'0'; 1023].as_slice(), b"\n"].concat().repeat(1024);
    for _ in 0..1200 {
        encoder.write_all(&lines).unwrap();
    }
    encoder.finish().unwrap();
    let mut child = vires(&["tag", "--raw", "passthrough", "--max-line", "1000", arg(&path)])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdout = child.stdout.take().unwrap();
    let mut bytes = 0u64;
    let mut buffer = vec![0; 1 << 20];
    let start = std::time::Instant::now();
    while let Ok(n @ 1..) = stdout.read(&mut buffer) {
        bytes += n as u64;
        assert!(start.elapsed() < 20 * PATIENCE);
    }
    let output = child.wait_with_output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr.contains("bomb.gz") && stderr.contains("cut there"), "{stderr}");
    assert!((1 << 30..(1 << 30) + (1 << 20)).contains(&bytes), "{bytes}");
}
