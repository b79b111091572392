use crate::common::{Running, arg, run};
use crate::estate::{Call, INVENTORY, line, read, refs};
use std::path::PathBuf;

/// Six workloads that live alike; the last thing one of them does is its old work, from a network that nobody named.
struct Left {
    dir: tempfile::TempDir,
    today: String,
}

const ROLES: [&str; 6] = ["orders", "billing", "search", "ledger", "mail", "stock"];

fn call(role: &str, ip: &str, minute: i64) -> String {
    line(&Call { role, name: "GetObject", key: "in/a.csv", ip, minute, id: &format!("{role}-{minute}") })
}

fn at(day: i64, hours: &[i64], roles: &[&str]) -> String {
    let minutes = hours.iter().map(|hour| (day * 24 + hour) * 60);
    minutes.flat_map(|minute| roles.iter().map(move |role| call(role, "198.51.100.4", minute + role.len() as i64))).collect()
}

impl Left {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let history: String = (0..28).map(|day| at(day, &[6, 9, 12, 15, 18], &ROLES)).collect();
        let stolen = call("billing", "203.0.113.7", (28 * 24 + 13) * 60);
        let others = at(28, &[15], &["orders", "search", "ledger", "mail"]);
        let left = Left { today: at(28, &[6, 9, 12], &ROLES) + &stolen + &others, dir };
        for (name, text) in [("inventory.toml", INVENTORY), ("history.ndjson", &history), ("today.ndjson", &left.today)] {
            std::fs::write(left.path(name), text).unwrap();
        }
        let (history, inventory, learnt) =
            (left.path("history.ndjson"), left.path("inventory.toml"), left.path("learned.json"));
        run(&["learn", arg(&history), "--inventory", arg(&inventory), "-o", arg(&learnt)], b"").ok();
        left
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn args(&self, more: &[&str]) -> Vec<String> {
        let (learnt, inventory) = (self.path("learned.json"), self.path("inventory.toml"));
        let args = ["judge", "--baseline", arg(&learnt), "--inventory", arg(&inventory)];
        args.iter().chain(more).map(|a| (*a).to_owned()).collect()
    }

    /// Judges today from a pipe: what stands on the lines, and the file of cases.
    fn piped(&self, name: &str, more: &[&str]) -> (Vec<u8>, String) {
        let cases = self.path(name);
        let mut args = self.args(&["--cases", arg(&cases)]);
        args.extend(more.iter().map(|a| (*a).to_owned()));
        (run(&refs(&args), self.today.as_bytes()).ok().stdout, read(&cases))
    }
}

const SETTLED: &str = "nobody else moved there";

/// Records of the workload that was left in another network.
fn billing(cases: &str) -> Vec<serde_json::Value> {
    let records = cases.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    records.filter(|record| record["workload"] == "billing").collect()
}

#[test]
fn who_stays_alone_until_the_end_counts_in_full() {
    let left = Left::new();
    let (lines, cases) = left.piped("one.cases", &["--threads", "1"]);
    let told = billing(&cases);
    let last = told.last().unwrap();
    assert!(last.to_string().contains(SETTLED), "{last}");
    assert_eq!(
        (last["time"].as_str(), last["identity"].as_str()),
        (Some("2026-03-01T15:06:00Z"), Some("aws:role/123456789012/billing"))
    );
    // What stood on the lines stands.
    let lines = String::from_utf8(lines).unwrap();
    assert!(lines.contains("203.0.113.7") && !lines.contains(SETTLED));
    let (again, same) = left.piped("four.cases", &["--threads", "4"]);
    assert!(again == lines.as_bytes() && same == cases);
    // Files say the same as a pipe.
    let found = run(&refs(&left.args(&["--format", "cases", arg(&left.path("today.ndjson"))])), b"").ok().stdout;
    let found = billing(std::str::from_utf8(&found).unwrap());
    assert_eq!((found.len(), &found[0]), (1, last));
}

/// Another run goes on with a state, and may go on after SIGTERM.
#[test]
fn nothing_is_settled_before_the_end() {
    let left = Left::new();
    let (lines, cases) = left.piped("kept.cases", &["--state", arg(&left.path("state.json"))]);
    assert!(!cases.contains(SETTLED), "{cases}");
    assert!(lines == left.piped("end.cases", &[]).0);
    let stopped = left.path("stopped.cases");
    let mut running = Running::start(&refs(&left.args(&["--cases", arg(&stopped)])));
    running.send(left.today.as_bytes());
    for _ in left.today.lines() {
        running.line();
    }
    running.signal("TERM");
    let done = running.finish_by_itself();
    assert_eq!(done.code, Some(0), "{}", done.stderr);
    assert!(!read(&stopped).contains(SETTLED));
}
