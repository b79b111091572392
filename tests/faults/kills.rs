use crate::common::{Running, arg, run, until};
use crate::estate::{Estate, read, refs};
use serde_json::Value;
use std::io::Write;
use std::path::Path;
use std::time::Duration;

/// How many times the judge is killed. By hand: `VIRES_KILLS=1000 cargo test --release --test faults kills`.
fn rounds() -> usize {
    std::env::var("VIRES_KILLS").ok().and_then(|n| n.parse().ok()).unwrap_or(30)
}

/// How many lines the state knows. The file must be whole whenever it is looked at.
fn lines_of(state: &Path) -> usize {
    let Ok(text) = std::fs::read_to_string(state) else { return 0 };
    let file: Value = serde_json::from_str(&text).unwrap_or_else(|e| panic!("a torn state: {e}"));
    let inputs = file["body"]["inputs"].as_str().unwrap();
    inputs.split(' ').next().unwrap().parse().unwrap()
}

fn cases(path: &Path) -> Vec<String> {
    // A record that a kill cut short is followed by a line end of its own: it spoils no other.
    read(path).lines().filter(|l| serde_json::from_str::<Value>(l).is_ok()).map(str::to_owned).collect()
}

/// Killed again and again, and fed from where its state stands, the judge comes to the very state and cases of a run that nobody
/// disturbed. A case may be told twice if the kill fell between telling and remembering; none is lost.
#[test]
fn killed_at_any_moment_it_goes_on_where_its_state_stands() {
    let estate = Estate::new();
    let rounds = rounds();
    // Some of the quiet day for each round, the attack in the middle, ids that do not repeat.
    let quiet: Vec<&str> = estate.today.split_inclusive('\n').collect();
    let mut input = String::new();
    for copy in 0..=rounds / 3 {
        for line in &quiet {
            input += &line.replace("\"eventID\":\"", &format!("\"eventID\":\"{copy}-"));
        }
    }
    let lines: Vec<&str> = input.split_inclusive('\n').collect();
    let run_whole = |name: &str, text: &str| {
        let (state, told) = (estate.path(&format!("{name}.state")), estate.path(&format!("{name}.cases")));
        let args = estate.args(&["--state", arg(&state), "--cases", arg(&told), "--snapshot-interval", "0.01"]);
        (run(&refs(&args), text.as_bytes()).ok(), state, told)
    };
    let (_, expected_state, expected_cases) = run_whole("whole", &input);

    let (state, told) = (estate.path("killed.state"), estate.path("killed.cases"));
    let args = estate.args(&["--state", arg(&state), "--cases", arg(&told), "--snapshot-interval", "0.01"]);
    let mut seed = 0x9e37_79b9_7f4a_7c15u64;
    for round in 0..rounds {
        let from = lines_of(&state);
        if from == lines.len() {
            break;
        }
        let mut running = Running::start(&refs(&args));
        // Not all at once, so that a kill falls between snapshots and not only behind the last one.
        let part = lines[from..].iter().take(4 + lines.len() / rounds).copied().collect::<String>();
        let mut stdin = running.stdin.take().unwrap();
        let feeder = std::thread::spawn(move || {
            for piece in part.as_bytes().chunks(1000) {
                let _ = stdin.write_all(piece);
                std::thread::sleep(Duration::from_millis(1));
            }
            stdin
        });
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let moment = Duration::from_millis(seed >> 33 & 0x7f);
        // At some moment after the start, after the first answer, or right behind a snapshot; however slow the machine is.
        match round % 3 {
            0 => {}
            1 => drop(running.line()),
            _ => until("a snapshot", || lines_of(&state) > from),
        }
        std::thread::sleep(if round % 3 == 2 { moment / 16 } else { moment });
        running.child.kill().unwrap();
        running.child.wait().unwrap();
        drop(feeder.join());
        assert!(lines_of(&state) >= from, "round {round}: the state goes back");
    }
    // The rest, undisturbed.
    let from = lines_of(&state);
    assert!(from > 0, "some snapshots were taken");
    run_whole("killed", &lines[from..].concat());
    assert!(read(&state) == read(&expected_state), "the state is that of an undisturbed run");
    let (expected, seen) = (cases(&expected_cases), cases(&told));
    let lost: Vec<_> = expected.iter().filter(|case| !seen.contains(case)).collect();
    assert!(lost.is_empty(), "lost: {lost:#?}");
    let odd: Vec<_> = seen.iter().filter(|case| !expected.contains(case)).collect();
    assert!(odd.is_empty(), "told, but not by an undisturbed run: {odd:#?}");
    let left: Vec<_> = std::fs::read_dir(estate.dir.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert!(left.iter().all(|name| !name.to_string_lossy().ends_with(".tmp")), "{left:?}");
}
