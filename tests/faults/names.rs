use crate::common::{Running, arg, stats, until};
use crate::estate::{self, Estate, objects, refs};
use crate::limited;

/// A failed sign-in under a name that somebody made up.
fn guess(n: usize) -> String {
    let (h, m, s) = (n / 3600 % 12, n / 60 % 60, n % 60);
    format!(
        "2026-03-01T{h:02}:{m:02}:{s:02}+00:00 web1 sshd[{}]: Failed password for invalid user svc-{n:06}x from 203.0.113.7 port 51422 ssh2\n",
        1000 + n % 30_000
    )
}

/// Whoever can fail to sign in can invent names. They are judged one by one, and too many push each other out: not the workloads that
/// are known, and not the memory. By hand: `VIRES_NAMES=200000`, the limit stays.
#[test]
fn invented_names_fill_no_memory_and_cover_nothing() {
    let names = std::env::var("VIRES_NAMES").ok().and_then(|n| n.parse().ok()).unwrap_or(8000usize);
    let estate = Estate::new();
    let tuning = estate.write("few.toml", "schema = \"vires-tuning/1\"\n[unmapped]\nmost = 2000\n");
    let counters = estate.path("stats.json");
    let args = estate.args(&["--tuning", arg(&tuning), "--stats-file", arg(&counters), "--threads", "1"]);
    let mut running = Running::spawn(&mut limited("ulimit -v 400000", &refs(&args)));
    let resident = |running: &Running| -> usize {
        let status = std::fs::read_to_string(format!("/proc/{}/status", running.child.id())).unwrap();
        let line = status.lines().find_map(|l| l.strip_prefix("VmRSS:")).unwrap();
        line.trim().trim_end_matches(" kB").parse().unwrap()
    };
    let mut half = 0;
    // Some at a time: one alone would measure how long two processes take to wake each other.
    let numbers: Vec<usize> = (0..names).collect();
    for some in numbers.chunks(50) {
        running.send(some.iter().copied().map(guess).collect::<String>().as_bytes());
        some.iter().for_each(|_| drop(running.line()));
        if some.contains(&(names / 2)) {
            half = resident(&running);
        }
    }
    let end = resident(&running);
    assert!(end < half + half / 8 + 2048, "{half} KiB half-way, {end} KiB after {names} names");
    running.send(estate::attack().as_bytes());
    let answers: Vec<u8> = (0..estate::attack().lines().count()).flat_map(|_| (running.line() + "\n").into_bytes()).collect();
    let theft = objects(&answers);
    assert!(theft.iter().any(|o| matches!(o["verdict"].as_str(), Some("escalate" | "page"))), "{theft:?}");
    until("the counters", || stats(&counters)["lines_in"].as_u64() == Some((names + theft.len()) as u64));
    let counts = stats(&counters);
    let count = |key: &str| counts[key].as_u64().unwrap();
    assert!(count("forgotten") as usize >= names - 3000, "{counts}");
    assert_eq!(count("unmapped") as usize, names, "{counts}");
    running.finish().ok();
}

/// Where the names do not fit into the memory there is, the judge aborts, and its last state is whole: with more room, or a smaller
/// `unmapped.most`, the next one goes on with it.
#[test]
fn out_of_memory_the_last_state_stays() {
    let estate = Estate::new();
    let state = estate.path("state.json");
    let args = estate.args(&["--state", arg(&state), "--snapshot-interval", "0.02", "--threads", "1"]);
    let mut running = Running::spawn(&mut limited("ulimit -v 120000", &refs(&args)));
    let mut stdin = running.stdin.take().unwrap();
    let feeder = std::thread::spawn(move || {
        for block in 0..4000 {
            let names: String = (block * 50..block * 50 + 50).map(guess).collect();
            if std::io::Write::write_all(&mut stdin, names.as_bytes()).is_err() {
                return true;
            }
        }
        false
    });
    // The feeder ends when the judge does, however slow the machine is.
    assert!(feeder.join().unwrap(), "200,000 names fit into 120 MB: the limit is too wide to show anything");
    let done = running.finish();
    assert_eq!(done.code, None, "it was ended by a signal: {}", done.stderr);
    assert!(!done.stderr.contains("svc-"), "{}", done.stderr);
    let whole: serde_json::Value = serde_json::from_str(&estate::read(&state)).unwrap();
    assert!(whole["body"].is_object());
    let tuning = estate.write("few.toml", "schema = \"vires-tuning/1\"\n[unmapped]\nmost = 2000\n");
    let args = estate.args(&["--state", arg(&state), "--tuning", arg(&tuning)]);
    let done = crate::common::run(&refs(&args), estate::attack().as_bytes()).ok();
    assert!(objects(&done.stdout).iter().any(|o| matches!(o["verdict"].as_str(), Some("escalate" | "page"))));
}
