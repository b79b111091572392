use crate::common::{Running, arg, run};
use crate::estate::{Estate, objects, read, refs};
use crate::limited;
use std::io::Write;

/// A disk that is full from some size of file on: writing fails as on a real one, not with a signal.
const FULL: &str = "trap '' XFSZ; ulimit -f 16";

fn feed(running: &mut Running, input: &str) {
    let mut stdin = running.stdin.take().unwrap();
    let input = input.to_owned();
    std::thread::spawn(move || {
        let _ = stdin.write_all(input.as_bytes());
    });
}

/// The verdicts go on, the last whole state stays, and the end says what could not be written.
#[test]
fn a_state_that_finds_no_room_is_said_and_the_old_one_stays() {
    let estate = Estate::new();
    let state = estate.path("state.json");
    let (log, args) = (estate.path("log"), estate.args(&["--state", arg(&state), "--snapshot-interval", "0.05"]));
    let args = [args, vec!["--log-file".to_owned(), arg(&log).to_owned()]].concat();
    let mut many = String::new();
    for copy in 0..40 {
        many += &estate
            .today
            .replace("/billing", &format!("/w{}q", "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOP".chars().nth(copy).unwrap()));
    }
    let mut running = Running::spawn(&mut limited(FULL, &refs(&args)));
    feed(&mut running, &many);
    let done = running.finish();
    assert_eq!(done.code, Some(2), "{}", done.stderr);
    assert!(done.stderr.contains("failed to write the state") && done.stderr.contains("state.json"), "{}", done.stderr);
    assert_eq!(objects(&done.stdout).len(), many.lines().count(), "every line has its answer");
    assert!(!estate.path(".state.json.tmp").exists(), "nothing half-written is left");
    // What is there is whole: with room, the judge goes on with it.
    run(&refs(&args), estate.today.as_bytes()).ok();
}

/// A record of a case that found room in part does not spoil the next one.
#[test]
fn a_case_that_finds_no_room_spoils_no_other() {
    let estate = Estate::new();
    let cases = estate.path("cases");
    std::fs::write(&cases, format!("{}\n", " ".repeat(16 * 512 - 301))).unwrap();
    let args = estate.args(&["--cases", arg(&cases)]);
    let mut running = Running::spawn(&mut limited(FULL, &refs(&args)));
    feed(&mut running, &estate.today);
    let done = running.finish();
    assert_eq!(done.code, Some(0), "{}", done.stderr);
    assert_eq!(objects(&done.stdout).len(), estate.today.lines().count());
    let torn = read(&cases);
    assert!(!torn.ends_with('\n') && torn.len() == 16 * 512, "a record was cut short: {}", torn.len());
    run(&refs(&args), estate.today.as_bytes()).ok();
    let whole = read(&cases);
    assert!(whole.starts_with(&torn) && whole.ends_with('\n'));
    let records: Vec<_> = whole.lines().skip(1).map(serde_json::from_str::<serde_json::Value>).collect();
    assert!(records.iter().filter(|r| r.is_err()).count() == 1 && records.iter().any(Result::is_ok), "{records:?}");
}

/// A disk that takes nothing at all: the judge says so before it reads, with the path.
#[test]
fn a_place_that_cannot_be_written_is_said_before_anything_is_read() {
    for (flag, path) in [
        ("--state", "/proc/vires.state"),
        ("--cases", "/proc/vires.cases"),
        ("--ocsf", "/proc/vires.ocsf"),
        ("--stats-file", "/proc/vires.json"),
        ("--log-file", "/proc/vires.log"),
    ] {
        let done = run(&["judge", flag, path], b"{}\n");
        assert_eq!((done.code, done.stdout.len()), (Some(2), 0), "{flag}: {}", done.stderr);
        assert!(done.stderr.contains(path), "{flag}: {}", done.stderr);
    }
}

/// Counters and log on a full disk cost nothing but themselves.
#[test]
fn counters_and_log_on_a_full_disk_stop_nothing() {
    let estate = Estate::new();
    let args = estate.args(&["--log-file", "/dev/full", "--cases", "/dev/full", "--ocsf", "/dev/full"]);
    let done = run(&refs(&args), estate.today.as_bytes()).ok();
    assert_eq!(objects(&done.stdout).len(), estate.today.lines().count());
}
