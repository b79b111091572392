use super::*;
use crate::engine::Verdict;
use crate::scenario::{Filter, find, load_all};
use crate::testing::{corpus, decoder, write_scenario};

fn reference(name: &str) -> Reference {
    *REFERENCES.iter().find(|r| r.name == name).unwrap()
}

/// Lines that an escalated case rests on when it is first told, by identity.
fn told(name: &str, events: &[String], history: &[String]) -> Vec<(String, Vec<u32>)> {
    let dir = tempfile::tempdir().unwrap();
    let events: Vec<&str> = events.iter().map(String::as_str).collect();
    write_scenario(dir.path(), "s", "f", "noise", &events, "");
    let lines: String = history.iter().map(|e| crate::testing::event(e) + "\n").collect();
    std::fs::write(dir.path().join("s/history.ndjson"), lines).unwrap();
    let corpus = load_all(&find(&[dir.path().to_path_buf()]).unwrap(), &Filter::default(), decoder()).unwrap();
    let replay = (reference(name).detect)(&corpus.scenarios[0], 1);
    replay
        .cases
        .iter()
        .filter_map(|c| Some((c.identity.rsplit('/').next()?.to_string(), c.first_escalation()?.lines.clone())))
        .collect()
}

fn habit(day: u32) -> Vec<String> {
    (8..12).map(|h| format!("h{day}{h} 2026-03-{day:02}T{h:02}:00:00Z web s3:GetObject 198.51.100.1")).collect()
}

#[test]
fn first_use_of_an_action_or_a_network_is_told_once() {
    let history: Vec<String> = (1..5).flat_map(habit).collect();
    let mut events = habit(6);
    assert_eq!(told("first_seen", &events, &history), []);
    events.push("n1 2026-03-06T13:00:00Z web s3:GetObject 203.0.113.9".into());
    events.push("n2 2026-03-06T13:05:00Z web s3:GetObject 203.0.113.9".into());
    assert_eq!(told("first_seen", &events, &history), [("web".to_string(), vec![5])]);
    events.push("n3 2026-03-07T13:00:00Z web s3:GetObject 203.0.113.9".into());
    assert_eq!(told("first_seen", &events, &history).len(), 1, "known by then");
}

#[test]
fn first_use_is_weighed_by_what_is_touched() {
    let history: Vec<String> = (1..5).flat_map(habit).collect();
    let with = |event: &str| {
        let mut events = habit(6);
        events.push(event.into());
        told("first_seen_sens", &events, &history)
    };
    assert_eq!(with("n 2026-03-06T13:00:00Z web s3:ListObjects 198.51.100.1"), [], "a new call that only looks around");
    assert_eq!(with("n 2026-03-06T13:00:00Z web secretsmanager:GetSecretValue 198.51.100.1").len(), 1);
    assert_eq!(with("n 2026-03-06T13:00:00Z web s3:GetObject 203.0.113.9").len(), 1);
}

#[test]
fn the_list_looks_at_the_action_alone() {
    let events = [
        "a 2026-03-06T13:00:00Z iac iam:CreateAccessKey 198.51.100.1".to_string(),
        "b 2026-03-06T13:01:00Z iac s3:GetObject 198.51.100.1".into(),
    ];
    assert_eq!(told("action list", &events, &events), [("iac".to_string(), vec![1])], "however often it was done before");
}

#[test]
fn thresholds_count_and_look_at_the_clock() {
    let history: Vec<String> = (1..5).flat_map(habit).collect();
    assert_eq!(told("thresholds", &habit(6), &history), []);
    let burst: Vec<String> = (0..9).map(|m| format!("b{m} 2026-03-06T13:{m:02}:00Z web s3:GetObject 198.51.100.1")).collect();
    assert_eq!(told("thresholds", &burst, &history).len(), 1, "never more than one an hour before");
    let night = ["x 2026-03-06T02:00:00Z web secretsmanager:GetSecretValue 198.51.100.1".to_string()];
    assert_eq!(told("thresholds", &night, &history).len(), 1);
    let repeated: Vec<String> = burst.iter().map(|_| burst[0].clone()).collect();
    assert_eq!(told("thresholds", &repeated, &history), [], "one event, delivered nine times");
}

#[test]
fn chance_depends_on_the_seed_alone() {
    let corpus = corpus();
    let score = |seed| -> Vec<f64> {
        corpus.scenarios.iter().flat_map(|s| (reference("random").detect)(s, seed).cases).map(|c| c.score()).collect()
    };
    assert_eq!(score(1), score(1));
    assert_ne!(score(1), score(2));
    let many: f64 = (0..2000).map(|n| super::random::chance(1, &[&n.to_string()])).sum();
    assert!((many / 2000.0 - 0.5).abs() < 0.03);
}

#[test]
fn the_form_of_records_says_something_only_if_it_differs() {
    let dir = tempfile::tempdir().unwrap();
    let ok: Vec<String> = habit(6);
    let mut events: Vec<&str> = ok.iter().map(String::as_str).collect();
    let odd = r#"{"eventVersion":"1.09","userIdentity":{"type":"IAMUser","arn":"arn:aws:iam::123456789012:user/odd","accountId":"123456789012","userName":"odd"},"eventTime":"2026-03-06T09:00:00Z","eventSource":"s3.amazonaws.com","eventName":"GetObject","eventID":"ODD-1"}"#;
    events.push(odd);
    write_scenario(dir.path(), "s", "f", "noise", &events, "");
    let scenario = crate::scenario::load_one(&dir.path().join("s"), decoder()).unwrap();
    let cases = metadata_only(&scenario, 1).cases;
    let score = |name: &str| cases.iter().find(|c| c.identity.ends_with(name)).unwrap().score();
    assert!(score("odd") > score("web"));
    assert!(cases.iter().all(|c| c.verdict() <= Verdict::Page));
}
