use crate::common::{arg, run};
use crate::estate::{Call, Estate, line, objects, read, refs};
use crate::{attack, escalated, judge};

fn theft(role: &str, day: i64, id: &str) -> String {
    let minute = (day * 24 + 13) * 60;
    line(&Call { role, name: "GetObject", key: "dump/payroll.sql.gz", ip: "203.0.113.7", minute, id })
}

/// Judged as it happens, poison is noticed with the first drop: it escalates, and what escalated is not learned for a fortnight.
#[test]
fn slow_poison_escalates_at_its_first_drop() {
    let estate = Estate::new();
    let state = estate.path("state.json");
    let args = estate.args(&["--state", arg(&state)]);
    let mut told = Vec::new();
    // Once every other day for two weeks, each time in a process of its own.
    for day in (28..42).step_by(2) {
        let done = run(&refs(&args), theft("billing", day, &format!("drop-{day}")).as_bytes()).ok();
        told.push(escalated(&objects(&done.stdout)[0]));
    }
    assert!(told.iter().all(|told| *told), "{told:?}");
}

/// New values day by day before the theft do not make the theft usual.
#[test]
fn months_of_novelty_do_not_widen_the_profile() {
    let estate = Estate::new();
    let mut history = read(&estate.path("history/before.ndjson"));
    for day in 0..28 {
        for n in 0..20 {
            let (key, ip, id) = (format!("tmp/{day}/{n}"), format!("192.0.2.{}", (day * 20 + n) % 250), format!("n-{day}-{n}"));
            let name = format!("GetThing{}", day * 20 + n);
            history +=
                &line(&Call { role: "billing", name: &name, key: &key, ip: &ip, minute: (day * 24 + 11) * 60 + n, id: &id });
        }
    }
    let history = estate.write("poisoned.ndjson", &history);
    let (inventory, learnt) = (estate.path("inventory.toml"), estate.path("learned.json"));
    run(&["learn", arg(&history), "--inventory", arg(&inventory), "-o", arg(&learnt)], b"").ok();
    let objects = judge(&estate, &attack());
    assert!(objects.iter().all(escalated), "{objects:?}");
}

/// A limit: what is learned from logs without having been judged is taken as usual. A few thefts among a month of history are not
/// enough to keep the next one quiet, a weekly one is; what goes beyond the declared profile then still shows as its drift.
#[test]
fn learning_trusts_the_history_it_is_given() {
    let estate = Estate::new();
    let clean = read(&estate.path("history/before.ndjson"));
    let after = |days: &[i64]| {
        let drops: String = days.iter().map(|d| theft("billing", *d, &format!("drop-{d}"))).collect();
        let history = estate.write("poisoned.ndjson", &(clean.clone() + &drops));
        let (inventory, learnt) = (estate.path("inventory.toml"), estate.path("learned.json"));
        run(&["learn", arg(&history), "--inventory", arg(&inventory), "-o", arg(&learnt)], b"").ok();
        judge(&estate, &attack()).pop().unwrap()
    };
    assert!(escalated(&after(&[3])) && escalated(&after(&[3, 17])));
    let poisoned = after(&[0, 7, 14, 21]);
    assert!(!escalated(&poisoned), "the limit of SECURITY.md is gone: {poisoned}");
    let folder = arg(estate.dir.path());
    std::fs::rename(estate.path("poisoned.ndjson"), estate.path("history/before.ndjson")).unwrap();
    std::fs::write(estate.path("logs/today.ndjson"), attack().join("\n") + "\n").unwrap();
    let out = estate.path("report");
    run(&["report", folder, "--out", arg(&out)], b"");
    let drift = read(&out.join("profile_drift.csv"));
    assert!(drift.contains("billing"), "{drift}");
}
