use super::*;
use crate::engine::{Engine, Tuning};
use crate::scenario::{Filter, find, load_all};
use crate::score::{exposure, measure};
use crate::testing::{TestEngine, decoder, write_scenario};

/// Replays one scenario of the given events and labels under rules.
fn run(events: &[&str], labels: &str, rules: &str) -> (Scenario, Outcome) {
    let dir = tempfile::tempdir().unwrap();
    write_scenario(dir.path(), "s", "f", "attack", events, labels);
    let corpus = load_all(&find(&[dir.path().to_path_buf()]).unwrap(), &Filter::default(), decoder()).unwrap();
    let scenario = corpus.scenarios.into_iter().next().unwrap();
    let replay = TestEngine.prepare(&scenario.estate).unwrap().replay(&Tuning::new(rules, "t.toml")).unwrap();
    let outcome = outcome(&scenario, &scenario.truth, &replay);
    (scenario, outcome)
}

const EVENTS: [&str; 5] = [
    "e1 2026-03-01T10:00:00Z web s3:GetObject 198.51.100.1",
    "e2 2026-03-01T10:10:00Z web iam:CreateUser 198.51.100.1",
    "e3 2026-03-01T10:20:00Z web iam:CreateAccessKey 198.51.100.1",
    "e4 2026-03-01T11:00:00Z job s3:PutObject 198.51.100.2",
    "e5 2026-03-09T11:00:00Z job s3:PutObject 198.51.100.2",
];
const LABELS: &str = "e2,,i,malicious,privilege,\ne3,,i,malicious,trust,\n";

#[test]
fn an_attack_is_caught_by_an_escalation_that_rests_on_it() {
    let (_, o) = run(&EVENTS, LABELS, "[verdict]\nCreateAccessKey = [\"escalate\", 60.0, [\"privilege\", \"data\"]]\n");
    let i = &o.instances[0];
    assert_eq!((i.fate, i.score, i.minutes, i.events), (Fate::Caught, Some(60.0), Some(10.0), Some(2)));
    assert_eq!(i.labelled, [Boundary::Privilege, Boundary::Trust]);
    assert_eq!(i.boundaries, [Boundary::Privilege, Boundary::Data]);
    assert_eq!(i.identity, "aws:role/123456789012/web");
    assert_eq!((o.verdict, o.false_cases.len(), o.first_escalation.is_some()), (Verdict::Escalate, 0, true));
    assert_eq!(o.reasons, ["saw CreateAccessKey"]);
}

#[test]
fn nobody_is_told_before_the_line_that_came_first() {
    let events =
        ["e3 2026-03-01T10:04:00Z web iam:CreateUser 198.51.100.1", "e2 2026-03-01T10:00:00Z web iam:CreateUser 198.51.100.1"];
    let rules = "[verdict]\nCreateUser = [\"escalate\", 60.0, []]\n";
    let (_, o) = run(&events, LABELS, rules);
    assert_eq!((o.instances[0].minutes, o.instances[0].at), (Some(4.0), o.first_escalation));
    let (_, o) = run(&events, "", rules);
    assert_eq!(Some(o.false_cases[0].at), o.first_escalation);
}

#[test]
fn who_did_what_nobody_told_of_is_known_from_its_first_event() {
    let (_, o) = run(&EVENTS, LABELS, "");
    assert_eq!((o.instances[0].fate, o.instances[0].identity.as_str()), (Fate::Missed, "aws:role/123456789012/web"));
    let (_, o) = run(&EVENTS, "e2,person:x,i,malicious,,\n", "");
    assert_eq!(o.instances[0].identity, "person:x");
}

#[test]
fn watching_is_not_catching_and_queueing_is_neither() {
    let (_, o) = run(&EVENTS, LABELS, "[verdict]\nCreateUser = [\"watch\", 40.0, []]\n");
    assert_eq!((o.instances[0].fate, o.instances[0].score), (Fate::Missed, Some(40.0)));
    let (_, o) = run(&EVENTS, LABELS, "[verdict]\nCreateUser = [\"cannot_judge\", 45.0, []]\n");
    assert_eq!((o.instances[0].fate, o.instances[0].verdict), (Fate::Queued, Verdict::CannotJudge));
    let (_, o) = run(&EVENTS, LABELS, "[verdict]\nGetObject = [\"page\", 99.0, []]\n");
    assert_eq!((o.instances[0].fate, o.instances[0].score, o.false_cases.len()), (Fate::Missed, None, 1));
    assert_eq!(o.ranked, [Ranked { score: None, positive: true }, Ranked { score: Some(99.0), positive: false }]);
}

#[test]
fn an_escalation_a_day_after_the_attack_is_too_late() {
    let events = [EVENTS[0], EVENTS[1], "e9 2026-03-02T10:30:00Z web s3:HeadObject 198.51.100.1"];
    let rules = "[verdict]\nCreateUser = [\"watch\", 30.0, []]\nHeadObject = [\"escalate\", 60.0, []]\n";
    let (_, late) = run(&events, "e2,,,malicious,,\n", rules);
    assert_eq!((late.instances[0].fate, late.false_cases.len()), (Fate::Missed, 0));
    assert_eq!(late.instances[0].name, "s");
    let events = [EVENTS[0], EVENTS[1], "e9 2026-03-02T10:00:00Z web s3:HeadObject 198.51.100.1"];
    assert_eq!(run(&events, "e2,,,malicious,,\n", rules).1.instances[0].fate, Fate::Caught);
}

#[test]
fn false_cases_of_one_identity_within_a_week_are_one() {
    let rules = "[verdict]\nPutObject = [\"escalate\", 55.0, [\"data\"]]\n";
    let events =
        ["a 2026-03-01T00:00:00Z job s3:PutObject 198.51.100.2", "b 2026-03-05T00:00:00Z job s3:PutObject 198.51.100.2"];
    let (_, o) = run(&events, "", rules);
    assert_eq!((o.false_cases.len(), o.false_cases[0].days.len()), (1, 2));
    // The test engine keeps one case by identity; two cases eight days apart are two.
    let update = |day: i64| Update {
        at: day * 86_400_000,
        verdict: Verdict::Escalate,
        score: 60.0,
        boundaries: vec![],
        lines: vec![1],
        codes: vec![],
        reasons: vec![],
    };
    let case = |day: i64| Case { id: day.to_string(), identity: "x".into(), workload: "x".into(), updates: vec![update(day)] };
    let (scenario, _) = run(&events, "", rules);
    for (days, want) in [(vec![1, 9], 2), (vec![1, 7], 1), (vec![7, 1, 6], 1), (vec![1, 8, 15], 3), (vec![1, 5, 9], 2)] {
        let replay = Replay { cases: days.iter().map(|d| case(*d)).collect() };
        assert_eq!(outcome(&scenario, &scenario.truth, &replay).false_cases.len(), want, "{days:?}");
    }
}

#[test]
fn ambiguous_events_count_on_neither_side() {
    let (scenario, o) = run(&EVENTS, "e1,,,ambiguous,,\n", "[verdict]\nGetObject = [\"escalate\", 60.0, []]\n");
    assert_eq!((o.false_cases.len(), o.ambiguous.len(), o.instances.len()), (0, 1, 0));
    assert_eq!(exposure(&scenario).quiet_events, 4);
}

#[test]
fn exposure_counts_identity_days() {
    let (scenario, _) = run(&EVENTS, LABELS, "");
    let e = exposure(&scenario);
    assert_eq!((e.quiet_events, e.quiet_identities, e.quiet_identity_days, e.identity_days), (3, 2, 2, 3));
}

#[test]
fn measures_equal_hand_computed_values() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    write_scenario(root, "a", "fa", "attack", &EVENTS, LABELS);
    write_scenario(
        root,
        "b",
        "fb",
        "attack",
        &["x1 2026-03-01T10:00:00Z api iam:DeleteUser 198.51.100.1"],
        "x1,,,malicious,data,\n",
    );
    write_scenario(
        root,
        "c",
        "fb",
        "attack",
        &["y1 2026-03-01T10:00:00Z db rds:CopyDBSnapshot 198.51.100.1"],
        "y1,,,malicious,data;privilege,\n",
    );
    write_scenario(root, "d", "fc", "noise", &["z1 2026-03-01T10:00:00Z etl s3:DeleteBucket 198.51.100.1", "not json", ""], "");
    let corpus = load_all(&find(&[root.to_path_buf()]).unwrap(), &Filter::default(), decoder()).unwrap();
    let tuning = Tuning::new(
        "[verdict]\nCreateUser = [\"escalate\", 60.0, [\"privilege\"]]\nDeleteUser = [\"cannot_judge\", 45.0, []]\nDeleteBucket = [\"page\", 90.0, [\"data\"]]\nCopyDBSnapshot = [\"escalate\", 80.0, [\"data\"]]\n",
        "t.toml",
    );
    let exposures: Vec<_> = corpus.scenarios.iter().map(exposure).collect();
    let outcomes: Vec<Outcome> = corpus
        .scenarios
        .iter()
        .map(|s| outcome(s, &s.truth, &TestEngine.prepare(&s.estate).unwrap().replay(&tuning).unwrap()))
        .collect();
    let (m, x) = measure(("t", "0"), &corpus, &exposures, &outcomes, 1);
    assert_eq!((m.instances.malicious, m.instances.caught, m.instances.missed, m.instances.queued), (3, 2, 0, 1));
    assert_eq!((m.false_cases, m.quiet_events, m.quiet_identity_days, m.false_identity_days), (1, 4, 3, 1));
    let near = |got: Option<f64>, want: f64| assert!((got.unwrap() - want).abs() < 1e-12, "{got:?} {want}");
    near(m.precision, 2.0 / 3.0);
    near(m.recall, 2.0 / 3.0);
    near(m.f1, 2.0 / 3.0);
    near(m.f2, 2.0 / 3.0);
    // tp 2, fp 1, fn 1, tn 3
    near(m.mcc, (2.0 * 3.0 - 1.0) / (3.0_f64 * 3.0 * 4.0 * 4.0).sqrt());
    near(m.false_per_10k, 2500.0);
    // Ranked 90 false, 80 true, 60 true, 45 true: 1/3 * 1/2 + 1/3 * 2/3 + 1/3 * 3/4
    near(m.average_precision, (0.5 + 2.0 / 3.0 + 0.75) / 3.0);
    near(m.median_minutes_to_escalate, 0.0);
    // privilege, trust | privilege: 1 right, 1 missing; data, privilege | data: 1 right, 1 missing
    near(m.boundary_f1, 2.0 * 2.0 / (2.0 * 2.0 + 2.0));
    near(x.recall_or_queued, 1.0);
    near(x.prevalence, 0.75);
    assert_eq!(m.by_family["fb"].instances.malicious, 2);
    assert_eq!((m.by_family["fc"].precision, m.by_family["fc"].recall, m.by_family["fc"].recall_ci), (Some(0.0), None, None));
    assert_eq!((m.by_boundary["data"].instances.malicious, m.by_boundary["data"].false_cases), (2, 1));
    assert_eq!(m.by_boundary["trust"].instances.caught, 1);
    assert_eq!(corpus.scenarios[3].events.unreadable, 1);
    let ci = m.recall_ci.unwrap();
    assert!(ci.low < 2.0 / 3.0 && ci.high >= 2.0 / 3.0);
}
