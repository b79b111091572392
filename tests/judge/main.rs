//! `vires judge` from outside: verdicts on lines, the same for any way of reading them, state that survives anything.
#![allow(clippy::unwrap_used, clippy::print_stderr)]

#[path = "../common/mod.rs"]
mod common;
mod config;
mod detections;
mod estate;
mod order;
mod people;
mod settle;
mod state;
mod years;

use common::{Running, arg, run, stats};
use estate::{Estate, objects, read, refs};

fn judge(estate: &Estate, more: &[&str], input: &[u8]) -> Vec<u8> {
    run(&refs(&estate.args(more)), input).ok().stdout
}

#[test]
fn a_verdict_stands_on_each_line_and_nothing_else_changes() {
    let estate = Estate::new();
    let out = judge(&estate, &[], estate.today.as_bytes());
    let tagged = run(&["tag"], estate.today.as_bytes()).ok().stdout;
    let (ours, tags) = (objects(&out), objects(&tagged));
    assert_eq!(ours.len(), estate.today.lines().count());
    let mut seen = std::collections::BTreeMap::new();
    for ((ours, tags), line) in ours.iter().zip(&tags).zip(estate.today.lines()) {
        let (ours, tags) = (ours.as_object().unwrap(), tags.as_object().unwrap());
        for (key, value) in tags {
            assert_eq!(&ours[key], value, "{line}");
        }
        if line.contains("eventID") {
            let verdict = ours["verdict"].as_str().unwrap();
            *seen.entry((ours["workload"].as_str().unwrap().to_owned(), verdict.to_owned())).or_insert(0) += 1;
        } else {
            assert!(!ours.contains_key("verdict"), "{line}");
        }
    }
    assert!(seen[&("billing".to_owned(), "page".to_owned())] > 1, "{seen:?}");
    assert!(seen[&("billing".to_owned(), "suppress".to_owned())] > 1, "{seen:?}");
    assert!(seen.keys().all(|(who, verdict)| who != "orders" || verdict == "suppress"), "{seen:?}");

    let evil = ours.iter().zip(estate.today.lines()).find(|(_, line)| line.contains("evil-1")).unwrap().0;
    assert_eq!((evil["verdict"].as_str(), evil["owner"].as_str()), (Some("page"), Some("finance")));
    assert_eq!(evil["mapping"], "mapped");
    assert!(evil["score"].as_f64().unwrap() >= 85.0);
    assert_eq!(evil["boundaries"], serde_json::json!(["data", "trust"]));
    assert!(evil["signals"]["context"].as_f64().unwrap() > 0.5 && evil["signals"]["sensitivity"].as_f64().unwrap() == 1.0);
    assert!(evil["breaks"].as_array().unwrap().contains(&"access_pattern".into()));
    assert!(evil["case"].as_str().unwrap().starts_with("case-"));
    assert!(evil["reasons"][0].as_str().unwrap().contains("203.0.113.7"));
    assert!(!evil["standards"].as_array().unwrap().is_empty());

    // The line without the object is the line.
    for (answer, line) in std::str::from_utf8(&out).unwrap().split('\n').zip(estate.today.split('\n')) {
        if let Some((before, object)) = answer.split_once(",\"nhi\":{").filter(|_| line.contains("eventID")) {
            assert_eq!(before.to_owned() + "}", line);
            assert!(object.len() <= 4096);
        }
    }
}

#[test]
fn nobody_known_is_never_quiet() {
    let estate = Estate::new();
    for args in [&["judge"][..], &["judge", "--baseline", arg(&estate.path("learned.json"))]] {
        let out = run(args, estate.today.as_bytes()).ok().stdout;
        let verdicts: Vec<_> = objects(&out).iter().filter_map(|o| Some(o.get("verdict")?.as_str()?.to_owned())).collect();
        assert!(verdicts.len() > 50 && verdicts.iter().all(|v| v != "suppress"), "{verdicts:?}");
    }
    let judged = objects(&judge(&estate, &[], estate.today.as_bytes()));
    let ghosts: Vec<_> = judged.iter().filter(|o| o["workload"].as_str().is_some_and(|w| w.contains("search"))).collect();
    assert!(ghosts.len() > 10 && ghosts.iter().all(|o| o["mapping"] == "ghost" && o["verdict"] == "cannot_judge"));
}

#[test]
fn one_line_at_a_time_or_all_at_once_on_any_number_of_threads() {
    let estate = Estate::new();
    // Enough for several blocks.
    let mut input = String::new();
    for copy in 0..20 {
        input += &estate.today.replace("\"eventID\":\"", &format!("\"eventID\":\"{copy}-"));
    }
    let file = estate.write("many.ndjson", &input);
    let mut all = Vec::new();
    for threads in ["1", "2", "8"] {
        let cases = estate.path(&format!("cases-{threads}.ndjson"));
        let out = judge(&estate, &["--threads", threads, "--cases", arg(&cases), arg(&file)], b"");
        all.push((out, read(&cases)));
    }
    assert!(all.iter().all(|one| one == &all[0]));
    assert!(all[0].1.lines().count() >= 2, "{}", all[0].1);

    let args = estate.args(&[]);
    let mut running = Running::start(&refs(&args));
    let mut answers = String::new();
    for line in estate.today.split_inclusive('\n') {
        running.send(line.as_bytes());
        answers += &(running.line() + "\n");
    }
    running.finish().ok();
    assert!(answers.as_bytes() == judge(&estate, &[], estate.today.as_bytes()), "{answers}");
}

#[test]
fn repeated_and_late_events_change_nothing() {
    let estate = Estate::new();
    let highest = |out: &[u8]| {
        let mut cases: Vec<(String, String, u64)> = Vec::new();
        for object in objects(out).iter().filter(|o| o.get("case").is_some()) {
            let name = object["case"].as_str().unwrap().to_owned();
            let score = (object["score"].as_f64().unwrap() * 10.0) as u64;
            match cases.iter_mut().find(|(known, ..)| *known == name) {
                Some(known) => known.2 = known.2.max(score),
                None => cases.push((name, object["workload"].as_str().unwrap().to_owned(), score)),
            }
        }
        cases.sort();
        cases
    };
    let once = highest(&judge(&estate, &[], estate.today.as_bytes()));
    let twice: String = estate.today.lines().flat_map(|line| [line, "\n", line, "\n"]).collect();
    assert_eq!(highest(&judge(&estate, &[], twice.as_bytes())), once);
    // Within a few minutes, in another order.
    let mut lines: Vec<&str> = estate.today.lines().collect();
    for pair in lines.chunks_mut(2) {
        pair.reverse();
    }
    let late = highest(&judge(&estate, &[], (lines.join("\n") + "\n").as_bytes()));
    let names = |cases: &[(String, String, u64)]| cases.iter().map(|(_, who, score)| (who.clone(), *score)).collect::<Vec<_>>();
    assert_eq!(names(&late), names(&once));
}

#[test]
fn selections_are_counted_and_framings_kept() {
    let estate = Estate::new();
    let file = estate.path("stats.json");
    let out = judge(&estate, &["--only", "escalated", "--stats-file", arg(&file)], estate.today.as_bytes());
    let chosen = objects(&out);
    assert!(chosen.len() > 1 && chosen.iter().all(|o| ["escalate", "page"].contains(&o["verdict"].as_str().unwrap())));
    let stats = stats(&file);
    assert_eq!(stats["lines_out"], chosen.len());
    assert_eq!(stats["filtered"].as_u64().unwrap() as usize + chosen.len(), estate.today.lines().count());
    assert_eq!((stats["undelivered"].as_u64(), stats["bytes_out"].as_u64()), (Some(0), Some(out.len() as u64)));

    let plain = judge(&estate, &[], estate.today.as_bytes());
    let framed = |text: &str| text.lines().map(|l| format!("{}:{l},", l.len())).collect::<String>();
    let netstrings = judge(&estate, &["--codec", "netstring"], framed(&estate.today).as_bytes());
    assert_eq!(String::from_utf8(netstrings).unwrap(), framed(std::str::from_utf8(&plain).unwrap()));

    let replies = judge(&estate, &["--reply", "rsyslog"], estate.today.as_bytes());
    for (reply, object) in std::str::from_utf8(&replies).unwrap().lines().zip(objects(&plain)) {
        let reply: serde_json::Value = serde_json::from_str(reply).unwrap();
        assert_eq!(reply["$!"]["nhi"], object);
    }

    // Beyond the limit a line passes as it is, and the others are judged all the same.
    let long = format!("{{\"x\":\"{}\"}}", "y".repeat(9000));
    let mixed: String = estate.today.lines().flat_map(|l| [l, "\n", &long, "\n"]).collect();
    let out = judge(&estate, &["--max-line", "8k"], mixed.as_bytes());
    let lines: Vec<&str> = std::str::from_utf8(&out).unwrap().lines().collect();
    let plain: Vec<&str> = std::str::from_utf8(&plain).unwrap().lines().collect();
    assert!(lines.chunks(2).zip(plain).all(|(pair, plain)| pair == [plain, long.as_str()]));
}
