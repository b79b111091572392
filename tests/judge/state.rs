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

/// Exceptions, tuning and catalogue are read again, too, each by itself, and the counters say when the baseline is of another catalogue.
#[test]
fn a_reload_takes_every_file_that_was_named() {
    let estate = Estate::new();
    let (counters, catalog) = (estate.path("stats.json"), estate.path("catalog"));
    std::fs::create_dir(&catalog).unwrap();
    // Of an unknown network only an exception speaks that names it.
    let one = |id: &str, facet: &str| {
        format!(
            "[[exception]]\nid = \"{id}\"\nidentities = [\"billing\"]\n{facet}from = 2026-03-01T00:00:00Z\nuntil = 2026-03-03T00:00:00Z\napprover = \"j.doe\"\nticket = \"{id}\"\nkind = \"pentest\"\n"
        )
    };
    let network = "facet = \"zone\"\nvalues = [\"203.0.113.0/24\"]\n";
    let excuse = format!("schema = \"vires-exceptions/1\"\n{}{}", one("PEN-7", network), one("PEN-8", ""));
    let exceptions = estate.write("exceptions.toml", &excuse);
    let tuning = estate.write("tuning.toml", "schema = \"vires-tuning/1\"\n");
    let flags = ["--exceptions", arg(&exceptions), "--tuning", arg(&tuning), "--catalog", arg(&catalog)];
    let args = estate.args(&[&flags[..], &["--stats-file", arg(&counters)]].concat());
    let mut running = Running::start(&refs(&args));
    let (mut told, mut reloads) = (0, 0);
    let theft = crate::estate::attack().lines().next().unwrap().to_owned();
    let mut ask = |running: &mut Running| {
        told += 1;
        running.send((theft.replace("evil-0", &format!("evil-{told}")) + "\n").as_bytes());
        objects(running.line().as_bytes())[0].clone()
    };
    let mut reload = |running: &Running| {
        reloads += 1;
        running.signal("HUP");
        until("the reload", || crate::common::stats(&counters)["reloads"] == reloads);
    };
    let escalated = |object: &serde_json::Value| matches!(object["verdict"].as_str(), Some("escalate" | "page"));
    assert!(!escalated(&ask(&mut running)), "it is excused");
    estate.write("exceptions.toml", "schema = \"vires-exceptions/1\"\n");
    reload(&running);
    assert!(escalated(&ask(&mut running)), "it is no longer");
    estate.write("tuning.toml", "schema = \"vires-tuning/1\"\n[boundaries]\nprivilege = false\ndata = false\ntrust = false\n");
    reload(&running);
    assert!(!escalated(&ask(&mut running)), "no boundary counts");
    assert_eq!(crate::common::stats(&counters)["stale_catalogue"], 0);
    std::fs::write(
        catalog.join("sensitive_actions.tsv"),
        "platform\tservice\taction\tclass\tboundary\tseverity\naws\ts3.amazonaws.com\tGetObject\tdestructive\tdata\t5\n",
    )
    .unwrap();
    reload(&running);
    assert_eq!(ask(&mut running)["class"], "destructive");
    until("the gauge", || crate::common::stats(&counters)["stale_catalogue"] == 1);
    running.finish().ok();
}

/// When the state last held everything stands beside the counters: it goes on while nothing comes, and stands still while nothing can
/// be written.
#[test]
fn the_counters_tell_how_old_the_state_is() {
    let estate = Estate::new();
    let (state, counters) = (estate.path("kept/state.json"), estate.path("stats.json"));
    std::fs::create_dir(estate.path("kept")).unwrap();
    let flags = ["--state", arg(&state), "--stats-file", arg(&counters), "--snapshot-interval", "0.05"];
    let args = estate.args(&flags);
    let mut running = Running::start(&refs(&args));
    let saved = || crate::common::stats(&counters)["state_saved"].as_u64().unwrap_or(0);
    until("the first snapshot", || saved() > 0);
    let first = saved();
    until("a later one, of nothing new", || saved() > first);
    std::fs::remove_dir_all(estate.path("kept")).unwrap();
    running.send(estate.today.split_inclusive('\n').next().unwrap().as_bytes());
    running.line();
    std::thread::sleep(Duration::from_millis(2500));
    let stopped = saved();
    std::thread::sleep(Duration::from_millis(2500));
    assert_eq!(saved(), stopped, "nothing was written since");
    std::fs::create_dir(estate.path("kept")).unwrap();
    until("room again", || saved() > stopped);
    running.finish().ok();
    let without = estate.path("without.prom");
    run(&refs(&estate.args(&["--stats-file", arg(&without)])), b"").ok();
    let text = read(&without);
    assert!(!text.contains("state_saved") && text.contains("\nvires_stale_catalogue 0\n"), "{text}");
}
