use crate::common::{Running, arg, run, until};
use crate::estate::{Estate, INVENTORY, objects, read, refs};
use std::time::Duration;

#[test]
fn a_resumed_run_equals_an_uninterrupted_one() {
    let estate = Estate::new();
    let lines: Vec<&str> = estate.today.split_inclusive('\n').collect();
    let one = |name: &str, input: &str| {
        let (state, cases) = (estate.path(&format!("{name}.state")), estate.path(&format!("{name}.cases")));
        let args = estate.args(&["--state", arg(&state), "--cases", arg(&cases)]);
        (run(&refs(&args), input.as_bytes()).ok().stdout, state, cases)
    };
    let (whole, state, cases) = one("whole", &estate.today);
    for cut in [1, 7, 35, 40, lines.len() - 1] {
        let name = format!("cut-{cut}");
        let (mut parts, ..) = one(&name, &lines[..cut].concat());
        let (rest, resumed, told) = one(&name, &lines[cut..].concat());
        parts.extend(rest);
        assert!(parts == whole, "cut at line {cut}");
        assert_eq!(read(&resumed), read(&state), "cut at line {cut}");
        assert_eq!(read(&told), read(&cases), "cut at line {cut}");
    }
    use std::os::unix::fs::PermissionsExt;
    assert_eq!(std::fs::metadata(&state).unwrap().permissions().mode() & 0o777, 0o600);
    let left: Vec<_> = std::fs::read_dir(estate.dir.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert!(left.iter().all(|name| !name.to_string_lossy().ends_with(".tmp")), "{left:?}");
}

/// Two judges would overwrite each other's snapshots: the second is refused, and the first goes on. A lock ends with its process,
/// however that ends.
#[test]
fn a_state_belongs_to_one_judge_at_a_time() {
    let estate = Estate::new();
    let state = estate.path("state.json");
    let args = estate.args(&["--state", arg(&state)]);
    let mut first = Running::start(&refs(&args));
    first.send(estate.today.split_inclusive('\n').next().unwrap().as_bytes());
    first.line();
    let second = run(&refs(&args), estate.today.as_bytes());
    assert_eq!((second.code, second.stdout.len()), (Some(2), 0), "{}", second.stderr);
    assert!(second.stderr.contains("state.json") && second.stderr.contains("in use by another process"), "{}", second.stderr);
    // The one with a state of its own is let in.
    run(&refs(&estate.args(&["--state", arg(&estate.path("other.json"))])), b"").ok();
    // A successor that comes while the first still writes waits for it.
    let waiting = Running::start(&refs(&args));
    first.finish().ok();
    waiting.finish().ok();
    let killed = Running::start(&refs(&args));
    until("the state", || state.exists());
    killed.signal("KILL");
    assert_eq!(killed.finish().code, None);
    run(&refs(&args), estate.today.as_bytes()).ok();
}

#[test]
fn a_state_that_cannot_be_trusted_is_not_touched() {
    let estate = Estate::new();
    let state = estate.path("state.json");
    let args = estate.args(&["--state", arg(&state)]);
    run(&refs(&args), estate.today.as_bytes()).ok();
    let good = read(&state);
    let other = estate.write("other.state", &good.replacen("vires-state/1", "vires-state/9", 1));
    let torn = [&good[..good.len() / 2], "", "{}", &good.replacen("\"watermark\":1", "\"watermark\":2", 1), &read(&other)];
    for bad in torn {
        std::fs::write(&state, bad).unwrap();
        let done = run(&refs(&args), estate.today.as_bytes());
        assert_eq!((done.code, done.stdout.len()), (Some(2), 0), "{bad:.60}");
        assert!(done.stderr.contains("state.json") && done.stderr.contains("--state-reset"), "{}", done.stderr);
        assert_eq!(read(&state), bad);
    }
    // Kept with another baseline.
    std::fs::write(&state, &good).unwrap();
    let without = ["judge", "--state", arg(&state)];
    let done = run(&without, b"");
    assert!(done.code == Some(2) && done.stderr.contains("another baseline"), "{}", done.stderr);
    // A good state is not set aside, a bad one is.
    let mut reset = args.clone();
    reset.push("--state-reset".to_owned());
    run(&refs(&reset), b"").ok();
    assert!(!estate.path("state.json.bad").exists());
    std::fs::write(&state, &good[..50]).unwrap();
    run(&refs(&reset), b"").ok();
    assert_eq!(read(&estate.path("state.json.bad")), good[..50]);
    run(&refs(&args), b"").ok();
}

#[test]
fn a_kill_at_any_moment_leaves_a_whole_state() {
    let estate = Estate::new();
    let state = estate.path("state.json");
    let args = estate.args(&["--state", arg(&state), "--snapshot-interval", "0.01"]);
    for round in 0..20u64 {
        let mut running = Running::start(&refs(&args));
        let mut input = Vec::new();
        for copy in 0..8 {
            let mark = format!("\"eventID\":\"{round}-{copy}-");
            input.extend(estate.today.replace("\"eventID\":\"", &mark).into_bytes());
        }
        let mut stdin = running.stdin.take().unwrap();
        let feeder = std::thread::spawn(move || {
            use std::io::Write;
            let _ = stdin.write_all(&input);
            std::thread::sleep(Duration::from_millis(200));
        });
        // A different moment each time, before, between and after snapshots.
        std::thread::sleep(Duration::from_millis(3 + round * 11 % 130));
        if round == 9 {
            // However slow the machine is, half of the rounds find a state.
            until("a state", || state.exists());
        }
        running.child.kill().unwrap();
        running.child.wait().unwrap();
        feeder.join().unwrap();
        if state.exists() {
            let check = run(&refs(&args), b"");
            assert_eq!((check.code, check.stderr.as_str()), (Some(0), ""), "round {round}");
        }
    }
    assert!(state.exists());
}

#[test]
fn snapshots_are_taken_while_the_stream_is_idle() {
    let estate = Estate::new();
    let state = estate.path("state.json");
    let args = estate.args(&["--state", arg(&state), "--snapshot-interval", "0.05"]);
    let mut running = Running::start(&refs(&args));
    let first = estate.today.lines().next().unwrap();
    running.send(format!("{first}\n").as_bytes());
    running.line();
    until("a snapshot with the line in it", || read(&state).contains("\"1 baseline:"));
    running.signal("KILL");
    running.child.wait().unwrap();
    // What was answered before the snapshot is a repetition to the successor.
    let rest = run(&refs(&args), estate.today.as_bytes()).ok();
    assert_eq!(objects(&rest.stdout).len(), estate.today.lines().count());
}

#[test]
fn a_reload_changes_the_rules_and_keeps_the_memory() {
    let estate = Estate::new();
    let counters = estate.path("stats.json");
    let args = estate.args(&["--stats-file", arg(&counters)]);
    let mut running = Running::start(&refs(&args));
    let verdict = |running: &mut Running, line: &str| {
        running.send(format!("{line}\n").as_bytes());
        objects(running.line().as_bytes())[0].clone()
    };
    let evil: Vec<String> = crate::estate::attack().lines().map(str::to_owned).collect();
    let calm = estate.today.lines().rfind(|l| l.contains("/orders\"")).unwrap();
    let case = verdict(&mut running, &evil[1])["case"].clone();
    assert!(case.is_string());
    let reloaded = |name: &str, n: u64| until("the reload", || crate::common::stats(&counters)[name] == n);

    estate.write("inventory.toml", "schema = \"vires-inventory/1\"\n[[workload]]\nid = 3\n");
    running.signal("HUP");
    reloaded("reload_failures", 1);
    assert_eq!(verdict(&mut running, calm)["verdict"], "suppress");

    let stricter = INVENTORY.replacen("zones = [\"nat\"]", "zones = [\"nat\"]\n[workload.deny]\nactions = [\"s3:*\"]", 1);
    estate.write("inventory.toml", &stricter);
    running.signal("HUP");
    reloaded("reloads", 1);
    let next = verdict(&mut running, &calm.replace("\"eventID\":\"", "\"eventID\":\"again-"));
    assert!(next["reasons"][0].as_str().unwrap().contains("N1 forbidden"), "{next}");
    assert_eq!(verdict(&mut running, &evil[0])["case"], case, "what was remembered is still there");
    running.finish().ok();
}
