//! Secrets in log lines come into no output: neither tags nor verdicts, cases, findings, reports, states, baselines, counters nor logs.
#![allow(clippy::unwrap_used)]

mod common;

use common::{arg, run};
use serde_json::Value;
use std::path::{Path, PathBuf};

/// Credentials as they leak, with a part of each that no output may hold. Put together here so that scanners of this repository
/// do not take them for real.
fn canaries() -> Vec<(String, &'static str)> {
    vec![
        (["ghp", "_0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"].concat(), "456789abcdefghij"),
        (["xoxb", "-123456789012-210987654321-CanaryCanaryBird24"].concat(), "canarycanarybird"),
        (["glpat", "-Zx9Kw3Vq7Rt5Yb2Nm8Lp"].concat(), "kw3vq7rt5yb2nm8l"),
        (["sk-proj", "-abcdefghij0123456789T3BlbkFJabcdefghij0123456789"].concat(), "j0123456789t3blbkfj"),
        (
            ["-----BEGIN RSA ", "PRIVATE KEY-----MIIEpAIBAAKCAQEAcanary-----END RSA PRIVATE KEY-----"].concat(),
            "miiepaibaakcaqea",
        ),
    ]
}

fn files(folder: &Path, out: &mut Vec<PathBuf>) {
    let mut entries: Vec<_> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        match path.is_dir() {
            true => files(&path, out),
            false => out.push(path),
        }
    }
}

/// Puts `canary` in the place of the string number `at`, counted from 0; says whether there was one.
fn plant(value: &mut Value, at: &mut usize, canary: &str) -> bool {
    match value {
        Value::String(text) if *at == 0 => {
            // A name that goes on behind a secret is the harder case.
            *text =
                if text.contains('/') { format!("{}/{canary}", text.split('/').next().unwrap()) } else { canary.to_owned() };
            true
        }
        Value::String(_) => {
            *at -= 1;
            false
        }
        Value::Array(items) => items.iter_mut().any(|item| plant(item, at, canary)),
        Value::Object(members) => members.iter_mut().any(|(_, member)| plant(member, at, canary)),
        _ => false,
    }
}

/// The sample lines of every source, with each of their strings in turn replaced by a secret.
fn poisoned() -> Vec<String> {
    let mut paths = Vec::new();
    files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("datasets/logs"), &mut paths);
    let (canaries, mut lines) = (canaries(), Vec::new());
    for path in paths.iter().filter(|p| p.extension().is_some_and(|e| e == "ndjson" || e == "log")) {
        let text = std::fs::read_to_string(path).unwrap();
        // A few of each file, spread over it.
        let step = (text.lines().count() / 4).max(1);
        for line in text.lines().step_by(step).take(4) {
            let Ok(event) = serde_json::from_str::<Value>(line) else {
                let words: Vec<&str> = line.split(' ').collect();
                for n in 0..words.len() {
                    let mut words = words.clone();
                    words[n] = &canaries[lines.len() % canaries.len()].0;
                    lines.push(words.join(" "));
                }
                continue;
            };
            for n in 0.. {
                let mut changed = event.clone();
                if !plant(&mut changed, &mut { n }, &canaries[lines.len() % canaries.len()].0) {
                    break;
                }
                lines.push(changed.to_string());
            }
        }
    }
    lines
}

/// A theft with secrets wherever somebody who acts may choose a name.
fn named() -> Vec<String> {
    let mut lines = Vec::new();
    for (n, (canary, _)) in canaries().iter().enumerate() {
        for place in 0..5 {
            let at = |number: usize, usual: &str| if number == place { canary.clone() } else { usual.to_owned() };
            let (role, session, bucket, key) = (at(0, "app"), at(1, "run"), at(2, "data"), at(3, "dump/payroll.sql"));
            lines.push(
                serde_json::json!({
                    "eventVersion": "1.11", "eventTime": format!("2026-03-01T08:{n:02}:{place:02}Z"), "eventSource": "s3.amazonaws.com", "eventName": "GetObject",
                    "userIdentity": {"type": "AssumedRole", "principalId": format!("AROAEXAMPLE:{session}"), "accountId": "123456789012",
                        "arn": format!("arn:aws:sts::123456789012:assumed-role/{role}/{session}"), "accessKeyId": "ASIAIOSFODNN7EXAMPLE",
                        "sessionContext": {"sessionIssuer": {"type": "Role", "arn": format!("arn:aws:iam::123456789012:role/{role}"), "userName": role}}},
                    "requestParameters": {"bucketName": bucket, "key": key, "note": canary}, "responseElements": {"token": canary},
                    "errorMessage": at(4, ""), "sourceIPAddress": "203.0.113.7", "awsRegion": "eu-west-1", "recipientAccountId": "123456789012",
                    "eventType": "AwsApiCall", "eventID": format!("e-{n}-{place}"),
                })
                .to_string(),
            );
        }
    }
    lines
}

fn betrays(text: &str) -> Option<String> {
    let lower = text.to_lowercase();
    let at = canaries().iter().find_map(|(_, part)| lower.find(part))?;
    let (mut from, mut to) = (at.saturating_sub(200), (at + 60).min(lower.len()));
    while !lower.is_char_boundary(from) {
        from -= 1;
    }
    while !lower.is_char_boundary(to) {
        to += 1;
    }
    Some(lower[from..to].to_owned())
}

fn is_clean(what: &str, text: &str) {
    if let Some(place) = betrays(text) {
        panic!("{what} betrays a secret: …{place}…");
    }
}

/// The objects that were added: the lines themselves stay as they came.
fn objects(stdout: &str) -> String {
    let object =
        |line: &str| serde_json::from_str::<Value>(line).unwrap_or_else(|e| panic!("{e}: {line}"))["nhi"].to_string() + "\n";
    stdout.lines().map(object).collect()
}

fn as_input(lines: &[String]) -> String {
    assert!(lines.iter().all(|line| betrays(line).is_some()), "every line holds a secret");
    lines.join("\n") + "\n"
}

#[test]
fn no_tag_betrays_a_secret() {
    let lines = poisoned();
    assert!(lines.len() > 1500, "{} lines", lines.len());
    let input = as_input(&lines);
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name);
    let (counters, log) = (path("tag.prom"), path("tag.log"));
    let args = ["tag", "--stats-file", arg(&counters), "--log-file", arg(&log)];
    is_clean("tag", &objects(run(&args, input.as_bytes()).ok().text()));
    is_clean("tag --reply rsyslog", run(&["tag", "--reply", "rsyslog"], input.as_bytes()).ok().text());
    is_clean("tag --format table", run(&["tag", "--format", "table"], input.as_bytes()).text());
    for path in [&counters, &log] {
        is_clean(arg(path), &std::fs::read_to_string(path).unwrap());
    }
}

#[test]
fn no_verdict_case_report_or_file_betrays_a_secret() {
    let lines = [named(), poisoned()].concat();
    let input = as_input(&lines);
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name);
    for folder in ["estate", "estate/logs", "estate/history", "out"] {
        std::fs::create_dir(path(folder)).unwrap();
    }
    std::fs::write(path("estate/logs/a.ndjson"), &input).unwrap();
    // Little is known, so that much stands out.
    std::fs::write(
        path("estate/history/a.ndjson"),
        as_input(&[&named()[..2], &poisoned()[..]].concat()).replace("2026-03-01", "2026-02-01"),
    )
    .unwrap();

    let baseline = path("out/baseline.json");
    let learned = run(&["learn", arg(&path("estate/history")), "-o", arg(&baseline)], b"");
    assert_eq!(learned.code, Some(0), "{}", learned.stderr);
    is_clean("learn", &learned.stderr);
    let flags = [
        ("--cases", "out/cases"),
        ("--ocsf", "out/ocsf"),
        ("--state", "out/state"),
        ("--stats-file", "out/stats.json"),
        ("--log-file", "out/log"),
    ];
    for known in [&["--baseline", arg(&baseline)][..], &[]] {
        let _ = std::fs::remove_file(path("out/state"));
        let mut args: Vec<String> = [&["judge"][..], known].concat().iter().map(|a| (*a).to_owned()).collect();
        args.extend(flags.iter().flat_map(|(flag, name)| [(*flag).to_owned(), arg(&path(name)).to_owned()]));
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        let judged = run(&args, input.as_bytes()).ok();
        is_clean("judge", &objects(judged.text()));
    }
    assert!(std::fs::metadata(path("out/cases")).unwrap().len() > 1000, "there are cases");

    let (estate, report) = (arg(&path("estate")).to_owned(), path("out/report"));
    for args in [
        &["judge", &estate][..],
        &["judge", &estate, "--format", "cases"],
        &["inventory", "propose", arg(&baseline)],
        &["report", &estate, "--out", arg(&report)],
    ] {
        let done = run(args, b"");
        is_clean(&args.join(" "), &(done.text().to_owned() + &done.stderr));
    }
    let cases = run(&["judge", &estate, "--format", "cases"], b"");
    assert_eq!(cases.code, Some(0), "{}", cases.stderr);
    let case: Value = serde_json::from_str(cases.lines()[0]).unwrap();
    let told = run(&["explain", case["case"].as_str().unwrap(), &estate], b"");
    assert!(told.text().contains("x = "), "{told:?}");
    is_clean("explain", &(told.text().to_owned() + &told.stderr));
    let name = case["workload"].as_str().unwrap();
    is_clean("explain of a workload", run(&["explain", name, &estate], b"").text());

    // What is made of files that the program wrote.
    let (told, mine, none) = (path("out/cases"), path("out/proposed.toml"), path("out/none.toml"));
    std::fs::write(&mine, run(&["inventory", "propose", arg(&baseline)], b"").ok().text()).unwrap();
    std::fs::write(&none, "schema = \"vires-inventory/1\"\n").unwrap();
    for args in [
        &["export", "habits", arg(&baseline)][..],
        &["export", "workloads", arg(&baseline)],
        &["export", "cases", arg(&told)],
        &["export", "evidence", arg(&told)],
        &["inventory", "diff", arg(&none), arg(&mine), "--baseline", arg(&baseline)],
        &["inventory", "lint", arg(&mine)],
        &["report", arg(&told), "--out", arg(&path("out/told"))],
        &["report", "--diff", arg(&path("out/told")), arg(&report)],
    ] {
        let done = run(args, b"");
        assert!(done.text().len() + done.stderr.len() > 0, "{args:?}");
        is_clean(&args.join(" "), &(done.text().to_owned() + &done.stderr));
    }
    for (n, line) in lines.iter().enumerate().filter(|(n, _)| n % 131 == 0) {
        let done = run(&["catalog", "test"], line.as_bytes()).ok();
        assert!(done.text().contains("nhi"), "{n}: {done:?}");
        is_clean("catalog test", done.text());
    }
    // In two steps, with what one hands to the other and what is handed over between judges.
    let known = ["--baseline", arg(&baseline)];
    let joined = run(&[&["judge", "--step", "join"], &known[..]].concat(), input.as_bytes()).ok();
    is_clean("judge --step join", &objects(joined.text()));
    let shard = path("out/shard");
    let decide = [&["judge", "--step", "decide", "--state", arg(&shard)], &known[..]].concat();
    is_clean("judge --step decide", &objects(run(&decide, &joined.stdout).ok().text()));
    is_clean("state list", run(&["state", "list", arg(&shard)], b"").ok().text());

    let mut written = Vec::new();
    files(&path("out"), &mut written);
    assert!(written.len() > 10, "{written:?}");
    let mut looked_into = 0;
    for path in written {
        let bytes = std::fs::read(&path).unwrap();
        is_clean(&path.display().to_string(), &String::from_utf8_lossy(&bytes));
        for (name, text) in unpacked(&bytes) {
            looked_into += usize::from(text.len() > 1000);
            is_clean(&format!("{} in {}", name, path.display()), &text);
        }
    }
    assert!(looked_into >= 4, "the workbook was looked into: {looked_into}");
}

/// The files of a workbook, which is a ZIP archive, with their names; nothing of other files.
fn unpacked(bytes: &[u8]) -> Vec<(String, String)> {
    let number = |at: usize, size: usize| bytes[at..at + size].iter().rev().fold(0usize, |sum, b| sum << 8 | usize::from(*b));
    let Some(end) = bytes.windows(4).rposition(|w| w == b"PK\x05\x06").filter(|_| bytes.starts_with(b"PK")) else {
        return Vec::new();
    };
    let (mut at, mut found) = (number(end + 16, 4), Vec::new());
    while bytes[at..].starts_with(b"PK\x01\x02") {
        let (method, size, name) = (number(at + 10, 2), number(at + 20, 4), number(at + 28, 2));
        let local = number(at + 42, 4);
        let start = local + 30 + number(local + 26, 2) + number(local + 28, 2);
        let packed = &bytes[start..start + size];
        let mut text = Vec::new();
        match method {
            8 => std::io::Read::read_to_end(&mut flate2::read::DeflateDecoder::new(packed), &mut text).unwrap(),
            _ => std::io::Read::read_to_end(&mut &packed[..], &mut text).unwrap(),
        };
        let told = String::from_utf8_lossy(&bytes[at + 46..at + 46 + name]).into_owned();
        found.push((told, String::from_utf8_lossy(&text).into_owned()));
        at += 46 + name + number(at + 30, 2) + number(at + 32, 2);
    }
    found
}

/// Errors about files that the program itself wrote name the place, not what stands there.
#[test]
fn no_error_betrays_a_secret() {
    let dir = tempfile::tempdir().unwrap();
    for (secret, _) in canaries() {
        for (verb, flag, text) in [
            ("judge", "--baseline", format!("{{\"schema\":\"vires-baseline/1\",\"token\":\"{secret}\"}}")),
            ("judge", "--state", format!("{{\"schema\":\"vires-state/1\",\"token\":\"{secret}\"}}")),
        ] {
            let file = dir.path().join("file");
            std::fs::write(&file, text).unwrap();
            let done = run(&[verb, flag, arg(&file)], b"");
            assert_eq!(done.code, Some(2), "{flag}");
            is_clean(flag, &done.stderr);
        }
    }
}

/// What holds the estate's secrets, or lets anybody write into the stream, is closed to others.
#[test]
fn files_and_sockets_are_closed_to_others() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    let mode = |name: &str| std::fs::metadata(dir.path().join(name)).unwrap().permissions().mode() & 0o777;
    let state = dir.path().join("state");
    run(&["judge", "--state", arg(&state)], b"").ok();
    assert_eq!(mode("state"), 0o600);
    // A state that somebody opened up is closed again with the next snapshot.
    std::fs::set_permissions(&state, std::fs::Permissions::from_mode(0o666)).unwrap();
    run(&["judge", "--state", arg(&state)], common::event(1).as_bytes()).ok();
    assert_eq!(mode("state"), 0o600);

    let socket = dir.path().join("socket");
    let address = format!("unix:{}", socket.display());
    let running = common::Running::spawn(common::vires(&["tag", "--listen", &address]).stdin(std::process::Stdio::null()));
    common::until("the socket", || socket.exists());
    assert_eq!(mode("socket"), 0o660);
    running.signal("TERM");
    running.finish().ok();
}

/// Unless asked to, no verb opens a connection. What it has of sockets are pairs that wake its own threads.
#[test]
fn no_network_unless_asked() {
    for verb in ["tag", "judge"] {
        let mut running = common::Running::start(&[verb]);
        running.send(common::event(1).as_bytes());
        running.line();
        let process = PathBuf::from(format!("/proc/{}", running.child.id()));
        let links = std::fs::read_dir(process.join("fd")).unwrap().filter_map(|e| std::fs::read_link(e.unwrap().path()).ok());
        let links: Vec<String> = links.map(|l| l.to_string_lossy().into_owned()).collect();
        let sockets: Vec<&str> = links.iter().filter_map(|l| l.strip_prefix("socket:[")?.strip_suffix(']')).collect();
        assert!(links.len() >= 3, "{links:?}");
        for table in ["tcp", "tcp6", "udp", "udp6", "raw", "raw6", "packet"] {
            let Ok(table) = std::fs::read_to_string(process.join("net").join(table)) else { continue };
            let mut words = table.split_whitespace();
            assert!(!words.any(|word| sockets.contains(&word)), "{table}");
        }
        // A socket in the file system would have a name.
        let named = std::fs::read_to_string(process.join("net/unix")).unwrap();
        let named = named.lines().map(|l| l.split_whitespace().collect::<Vec<_>>()).filter(|l| l.len() > 7);
        assert!(!named.map(|l| l[6].to_owned()).any(|inode| sockets.contains(&inode.as_str())));
        running.finish().ok();
    }
}
