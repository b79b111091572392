//! A while at full speed: memory and latency stay where they are, counts are exact. Longer by hand: `VIRES_SOAK=600 cargo test --release --test soak`.
#![allow(clippy::unwrap_used)]

mod common;
#[path = "judge/estate.rs"]
#[allow(dead_code)]
mod estate;

use common::{arg, stats, vires};
use estate::{Estate, refs};
use std::io::{Read, Write};
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Judges for some seconds what a shipper would send, new ids each time, with snapshots, cases and counters.
#[test]
fn memory_stays_where_it_is_and_counts_are_exact() {
    let seconds = std::env::var("VIRES_SOAK").ok().and_then(|n| n.parse().ok()).unwrap_or(4u64);
    let estate = Estate::new();
    let (state, cases, counters) = (estate.path("state"), estate.path("cases"), estate.path("stats.json"));
    let flags = ["--state", arg(&state), "--cases", arg(&cases), "--stats-file", arg(&counters), "--snapshot-interval", "0.5"];
    let args = estate.args(&flags);
    let mut child = vires(&refs(&args)).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let (mut stdin, mut stdout) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
    let answered = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&answered);
    let reader = std::thread::spawn(move || {
        let mut buffer = vec![0; 1 << 16];
        while let Ok(n @ 1..) = stdout.read(&mut buffer) {
            counted.fetch_add(buffer[..n].iter().filter(|b| **b == b'\n').count() as u64, Ordering::SeqCst);
        }
    });
    let process = child.id();
    let resident = || -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
        let line = status.lines().find_map(|l| l.strip_prefix("VmRSS:")).unwrap();
        line.trim().trim_end_matches(" kB").parse().unwrap()
    };
    let (start, mut sent, mut round, mut settled) = (Instant::now(), 0u64, 0u64, 0u64);
    let lines = estate.today.lines().count() as u64;
    let mut waits: Vec<Duration> = Vec::new();
    while start.elapsed() < Duration::from_secs(seconds) {
        stdin.write_all(estate.today.replace("\"eventID\":\"", &format!("\"eventID\":\"{round}-")).as_bytes()).unwrap();
        sent += lines;
        round += 1;
        if round % 4 == 0 {
            // The pipes are empty, then one line alone: how long a shipper that asks waits for its answer.
            let answer = || answered.load(Ordering::SeqCst);
            common::until("all answers", || answer() == sent);
            let asked = Instant::now();
            stdin.write_all(b"{\"a\":1}\n").unwrap();
            sent += 1;
            while answer() < sent {
                std::thread::yield_now();
                assert!(asked.elapsed() < common::PATIENCE, "no answer");
            }
            waits.push(asked.elapsed());
        }
        // What fills up to its bounds has done so by now: ids that were seen lately are the largest part.
        if settled == 0 && start.elapsed() > Duration::from_secs(seconds) / 2 {
            settled = resident();
        }
    }
    common::until("the last answer", || answered.load(Ordering::SeqCst) == sent);
    let end = resident();
    drop(stdin);
    assert!(child.wait().unwrap().success());
    reader.join().unwrap();
    let counts = stats(&counters);
    assert_eq!((counts["lines_in"].as_u64(), counts["lines_out"].as_u64()), (Some(sent), Some(sent)));
    assert_eq!((counts["undelivered"].as_u64(), counts["internal"].as_u64()), (Some(0), Some(0)));
    let middle = |waits: &[Duration]| {
        let mut waits = waits.to_vec();
        waits.sort_unstable();
        waits[waits.len() / 2]
    };
    let (first, last) = waits.split_at(waits.len() / 2);
    let (first, last) = (middle(first), middle(last));
    println!("{sent} lines, an answer after {first:?} in the first half, {last:?} in the second, {settled} KiB, {end} KiB");
    // No claim about time: what grows with what is remembered grows without bound.
    assert!(
        last < first * 20 + Duration::from_millis(20),
        "an answer took {first:?} in the first half, {last:?} in the second"
    );
    assert!(end < settled + settled / 4 + 4096, "{end} KiB at the end, {settled} KiB half-way, after {sent} lines");
}
