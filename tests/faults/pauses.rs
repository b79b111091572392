use crate::common::{Running, arg, run};
use crate::estate::{Estate, objects, read, refs};
use std::io::Write;
use std::time::{Duration, Instant};

/// Stopped and continued in the middle of a stream, it goes on as if nothing had happened: no line lost, none twice.
#[test]
fn stopped_and_continued_it_loses_nothing() {
    let estate = Estate::new();
    let args = estate.args(&[]);
    let plain = run(&refs(&args), estate.today.as_bytes()).ok().stdout;
    let mut running = Running::start(&refs(&args));
    let mut stdin = running.stdin.take().unwrap();
    let input = estate.today.clone();
    let feeder = std::thread::spawn(move || {
        for piece in input.as_bytes().chunks(777) {
            stdin.write_all(piece).unwrap();
            std::thread::sleep(Duration::from_millis(3));
        }
    });
    for _ in 0..5 {
        std::thread::sleep(Duration::from_millis(20));
        running.signal("STOP");
        std::thread::sleep(Duration::from_millis(50));
        running.signal("CONT");
    }
    feeder.join().unwrap();
    assert!(running.finish().ok().stdout == plain);
}

/// A reader that takes its time holds the judge back and loses nothing; the state is taken meanwhile.
#[test]
fn a_slow_reader_gets_everything() {
    let estate = Estate::new();
    let state = estate.path("state");
    let args = estate.args(&["--state", arg(&state), "--snapshot-interval", "0.05"]);
    let plain = run(&refs(&estate.args(&[])), estate.today.repeat(20).as_bytes()).ok();
    let mut child = crate::common::vires(&refs(&args))
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let (mut stdin, input) = (child.stdin.take().unwrap(), estate.today.repeat(20));
    let feeder = std::thread::spawn(move || stdin.write_all(input.as_bytes()).unwrap());
    let (mut stdout, mut got, mut buffer) = (child.stdout.take().unwrap(), Vec::new(), vec![0; 20_000]);
    while let Ok(n @ 1..) = std::io::Read::read(&mut stdout, &mut buffer) {
        got.extend_from_slice(&buffer[..n]);
        std::thread::sleep(Duration::from_millis(5));
    }
    feeder.join().unwrap();
    assert!(child.wait().unwrap().success());
    assert!(got == plain.stdout, "all of it, in order");
}

/// A reader that goes away ends the judge quietly, and what was judged until then is remembered.
#[test]
fn a_reader_that_leaves_costs_no_memory_of_the_judge() {
    let estate = Estate::new();
    let state = estate.path("state");
    let args = estate.args(&["--state", arg(&state)]);
    let mut child = crate::common::vires(&refs(&args))
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(estate.today.as_bytes()).unwrap();
    let mut first = vec![0; 10];
    std::io::Read::read_exact(child.stdout.as_mut().unwrap(), &mut first).unwrap();
    drop(child.stdout.take());
    let start = Instant::now();
    while child.try_wait().unwrap().is_none() {
        let _ = stdin.write_all(b"{\"a\":1}\n");
        std::thread::sleep(Duration::from_millis(10));
        assert!(start.elapsed() < crate::common::PATIENCE);
    }
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), String::from_utf8_lossy(&output.stderr).as_ref()), (Some(0), ""));
    assert!(read(&state).contains("aws:role/123456789012/") || read(&state).contains("billing"), "the state was saved");
}

/// No answer depends on the clock of the machine: another zone and another moment give the same bytes.
#[test]
fn the_clock_of_the_machine_changes_no_answer() {
    let estate = Estate::new();
    let args = estate.args(&[]);
    let mut out = Vec::new();
    for zone in ["UTC", "Pacific/Kiritimati", "America/Anchorage"] {
        let mut command = crate::common::vires(&refs(&args));
        let mut running = Running::spawn(command.env("TZ", zone).stdin(std::process::Stdio::piped()));
        running.send(estate.today.as_bytes());
        out.push(running.finish().ok().stdout);
    }
    assert!(objects(&out[0]).len() > 10 && out.iter().all(|one| *one == out[0]));
}

/// The wall clock jumps by a year, back and forth, in the middle of a stream: the same answers, the same state, snapshots go on, and
/// the drain ends as ever. Only what people read, log and gauge, shows the clock.
#[test]
fn a_wall_clock_that_jumps_changes_nothing_but_the_log() {
    const YEAR: i64 = 31_536_000;
    let estate = Estate::new();
    let shim = estate.path("clock.so");
    let source = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/faults/clock.c");
    let built = std::process::Command::new("cc").args(["-shared", "-fPIC", "-O1", "-o", arg(&shim), arg(&source)]).status();
    if !built.is_ok_and(|status| status.success()) {
        eprintln!("SKIPPED: no C compiler, so no clock was made to jump");
        return;
    }
    let (offset, state, counters) = (estate.write("offset", "0"), estate.path("state"), estate.path("stats.json"));
    let log = estate.path("log");
    let input = estate.today.repeat(3);
    let plain = {
        let state = estate.path("plain.state");
        let done = run(&refs(&estate.args(&["--state", arg(&state), "--year", "clock"])), input.as_bytes()).ok();
        (done.stdout, read(&state))
    };
    let flags =
        ["--state", arg(&state), "--snapshot-interval", "0.05", "--stats-file", arg(&counters), "--log-file", arg(&log)];
    let args = estate.args(&[&flags[..], &["--year", "clock"]].concat());
    let mut command = crate::common::vires(&refs(&args));
    command.env("LD_PRELOAD", &shim).env("VIRES_CLOCK", &offset).stdin(std::process::Stdio::piped());
    let mut running = Running::spawn(&mut command);
    let saved = || crate::common::stats(&counters)["state_saved"].as_i64().unwrap_or(0);
    let lines: Vec<&str> = input.split_inclusive('\n').collect();
    let mut got = String::new();
    for (part, jump) in lines.chunks(lines.len() / 4 + 1).zip([0, YEAR, -YEAR, YEAR]) {
        let before = saved();
        std::fs::write(&offset, jump.to_string()).unwrap();
        crate::common::until("a snapshot by the new clock", || jump == 0 || (saved() - before).abs() > YEAR / 2);
        running.send(part.concat().as_bytes());
        part.iter().for_each(|_| got += &(running.line() + "\n"));
    }
    running.signal("HUP");
    crate::common::until("the reload", || crate::common::stats(&counters)["reloads"] == 1);
    let asked = Instant::now();
    running.signal("TERM");
    let done = running.finish_by_itself().ok();
    assert!(asked.elapsed() < Duration::from_secs(5), "the drain does not wait for the year to pass");
    assert!(got.as_bytes() == plain.0 && done.stdout.is_empty());
    assert!(read(&state) == plain.1, "the state knows no clock");
    let years: std::collections::BTreeSet<String> = read(&log).lines().map(|l| l[..4].to_owned()).collect();
    assert!(!years.is_empty(), "the log has times");
}
