use super::*;
use crate::testing::{TestEngine, fixtures, write_scenario};
use clap::Parser;
use serde_json::Value;
use std::path::Path;

const GOOD: &str = "[verdict]\n\"203.0.113.\" = [\"escalate\", 70.0, [\"trust\", \"data\"]]\n";
const NOISY: &str = "[verdict]\nPutObject = [\"escalate\", 55.0, [\"data\"]]\n";

/// Exit code is compared by its debug form: the type tells nothing else.
fn harness(args: &[&str]) -> (String, String, String) {
    let cli = Cli::try_parse_from(std::iter::once("harness").chain(args.iter().copied())).unwrap();
    let (mut out, mut talk) = (Vec::new(), Vec::new());
    let code = run(cli, &TestEngine, &mut out, &mut talk);
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (format!("{code:?}"), text(out), text(talk))
}

fn code(n: u8) -> String {
    format!("{:?}", ExitCode::from(n))
}

fn tunings(dir: &Path) -> (String, String) {
    let path = |name: &str, text: &str| {
        let path = dir.join(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    (path("good.toml", GOOD), path("noisy.toml", NOISY))
}

fn corpus() -> String {
    fixtures().display().to_string()
}

#[test]
fn runs_and_prints_the_form_that_is_asked_for() {
    let (ended, out, talk) = harness(&["run", &corpus()]);
    assert_eq!(ended, code(0), "{talk}");
    assert!(out.starts_with("harness 0.1.0   2 scenarios"), "{out}");
    assert!(talk.starts_with("Summary ["), "{talk}");
    let (_, out, _) = harness(&["run", &corpus(), "--format", "json", "--seed", "7"]);
    let v: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((&v["seed"], &v["tunings"][0]["name"]), (&Value::from(7), &Value::from("default")));
    let (_, out, _) = harness(&["run", &corpus(), "--format", "csv", "--filter", "rotation/*"]);
    assert!(out.starts_with("tuning,family,") && !out.contains("cred_reuse"), "{out}");
}

#[test]
fn one_broken_scenario_costs_no_other() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().display().to_string();
    for scenario in ["cred_reuse/key_external", "rotation/key_rotation"] {
        let (from, to) = (fixtures().join(scenario), dir.path().join(scenario));
        std::fs::create_dir_all(&to).unwrap();
        for file in std::fs::read_dir(&from).unwrap().map(|entry| entry.unwrap().path()) {
            std::fs::copy(&file, to.join(file.file_name().unwrap())).unwrap();
        }
    }
    let (_, whole, _) = harness(&["run", &root, "--filter", "rotation/*", "--format", "json"]);
    let broken = dir.path().join("cred_reuse/key_external");
    std::fs::write(broken.join("inventory.toml"), "schema = \"vires-inventory/1\" # contradiction\n").unwrap();
    let (ended, out, talk) = harness(&["run", &root, "--format", "json"]);
    assert_eq!(ended, code(2), "{talk}");
    assert!(
        talk.contains("key_external: inventory.toml:1: contradiction") && talk.contains("left out 1 of 2 scenarios"),
        "{talk}"
    );
    assert_eq!(out, whole, "as if it were not there");
    let (ended, out, talk) = harness(&["run", &root, "--filter", "cred*"]);
    assert!(ended == code(2) && out.is_empty() && talk.contains("no scenario can be replayed"), "{out}{talk}");
}

#[test]
fn writes_each_file_in_its_own_form() {
    let dir = tempfile::tempdir().unwrap();
    let (good, noisy) = tunings(dir.path());
    let mut args = vec!["run".to_string(), corpus(), "--tuning".into(), good, "--tuning".into(), noisy];
    for name in ["run.json", "report.html", "report.md", "junit.xml", "cases.csv", "metrics.csv", "compare.csv", "criteria.csv"]
    {
        args.extend(["--out".into(), dir.path().join(name).display().to_string()]);
    }
    let (ended, _, talk) = harness(&args.iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!(ended, code(0), "{talk}");
    let read = |name: &str| std::fs::read_to_string(dir.path().join(name)).unwrap();
    assert!(read("run.json").starts_with("{\n  \"schema\": \"vires-run/1\""));
    assert!(read("report.html").starts_with("<!DOCTYPE html>"));
    assert!(read("report.md").starts_with("# Evaluation"));
    assert!(read("junit.xml").starts_with("<?xml"));
    assert!(read("cases.csv").starts_with("tuning,scenario,instance,identity,label,verdict,score,time\n"));
    assert!(read("compare.csv").starts_with("a,b,delta_recall"));
    assert!(read("criteria.csv").contains("good,T1,all,1,1,0,0,1,"));
    assert!(!dir.path().join("run.json.part").exists());
}

#[test]
fn gates_judge_the_last_tuning() {
    let dir = tempfile::tempdir().unwrap();
    let (good, noisy) = tunings(dir.path());
    let corpus = corpus();
    for (args, want) in [
        (vec!["--tuning", &good, "--min-recall", "1.0", "--min-precision", "1.0", "--max-false-per-10k", "0"], 0),
        (vec!["--tuning", &good, "--tuning", &noisy, "--min-recall", "0.5"], 1),
        (vec!["--tuning", &noisy, "--tuning", &good, "--min-recall", "0.5"], 0),
        (vec!["--tuning", &noisy, "--min-precision", "0.5"], 1),
        (vec!["--tuning", &noisy, "--max-false-per-10k", "10"], 1),
        // Two decisions cannot be a difference.
        (vec!["--tuning", &good, "--tuning", &noisy, "--fail-on-regression"], 0),
        // Nothing should escalate, so recall cannot be computed: no gate is met by that.
        (vec!["--tuning", &good, "--filter", "rotation*", "--min-recall", "0"], 1),
    ] {
        let all: Vec<&str> = ["run", corpus.as_str()].into_iter().chain(args.iter().copied()).collect();
        let (ended, _, talk) = harness(&all);
        assert_eq!(ended, code(want), "{args:?}: {talk}");
        assert_eq!(talk.contains("gate:"), want == 1, "{talk}");
    }
}

#[test]
fn what_cannot_run_says_where_and_why() {
    let dir = tempfile::tempdir().unwrap();
    let (good, _) = tunings(dir.path());
    let twin = dir.path().join("twin.toml");
    std::fs::write(&twin, format!("name = \"good\"\n{GOOD}")).unwrap();
    let unknown = dir.path().join("unknown.toml");
    std::fs::write(&unknown, "[verdikt]\n").unwrap();
    let (twin, unknown) = (twin.display().to_string(), unknown.display().to_string());
    let corpus = corpus();
    let none = dir.path().join("none").display().to_string();
    let folder = dir.path().join("folder.json");
    std::fs::create_dir(&folder).unwrap();
    let folder = folder.display().to_string();
    for (args, want) in [
        (vec!["run", &none], "none: error[no_folder]: no such folder"),
        (vec!["run", &corpus, "--tuning", &none], "failed to read"),
        (vec!["run", &corpus, "--tuning", &good, "--tuning", &twin], "both named `good`"),
        (vec!["run", &corpus, "--tuning", &unknown], "unknown.toml: TOML parse error at line 1"),
        (vec!["run", &corpus, "--filter", "nothing"], "no scenario matches `nothing`"),
        (vec!["run", &corpus, "--filter", "["], "--filter ["),
        (vec!["run", &corpus, "--out", "report.pdf"], "cannot tell the format"),
        (vec!["run", &corpus, "--out", "/nonexistent/dir/run.json"], "failed to write"),
        // Before anything is read: the corpus is missing, too.
        (vec!["run", &none, "--out", "/nonexistent/dir/run.json"], "there is no folder /nonexistent/dir; make it first"),
        (vec!["run", &none, "--out", &folder], "it is a folder; name a file"),
        (vec!["ablate", &none, "--out", "/nonexistent/ablation.csv"], "there is no folder /nonexistent"),
        (vec!["sweep", &none, "--set", "a=1", "--out", "/nonexistent/best.toml"], "there is no folder /nonexistent"),
        (vec!["list", &none, "--out", "/nonexistent/README.md"], "there is no folder /nonexistent"),
        (vec!["compare", &good, &good], "not a run"),
        (vec!["explain", &none], "no scenario.toml there; name the folder"),
    ] {
        let (ended, out, talk) = harness(&args);
        assert_eq!(ended, code(2), "{args:?}: {talk}");
        assert!(talk.contains(want), "{want}: {talk}");
        assert!(out.is_empty() || args.contains(&"--out"), "{out}");
    }
    assert!(Cli::try_parse_from(["harness", "run", "x", "--min-recall", "1.5"]).is_err());
}

#[test]
fn equal_bytes_for_any_number_of_threads() {
    let dir = tempfile::tempdir().unwrap();
    let (good, noisy) = tunings(dir.path());
    let corpus = corpus();
    let run = |threads| {
        let args = ["--threads", threads, "run", &corpus, "--tuning", &good, "--tuning", &noisy, "--format", "html"];
        harness(&args).1
    };
    assert_eq!(run("1"), run("3"));
}

#[test]
fn compares_files_of_two_runs() {
    let dir = tempfile::tempdir().unwrap();
    let (good, noisy) = tunings(dir.path());
    let corpus = corpus();
    let file = |name: &str| dir.path().join(name).display().to_string();
    for (tuning, name) in [(&good, "a.json"), (&noisy, "b.json")] {
        harness(&["run", &corpus, "--tuning", tuning, "--out", &file(name)]);
    }
    let (ended, out, talk) = harness(&["compare", &file("a.json"), &file("b.json")]);
    assert_eq!(ended, code(0), "{talk}");
    assert!(out.contains("noisy against good") && out.contains("no detectable difference"), "{out}");
    assert!(out.contains("caught  -> missed") && out.contains("with both tunings at once"), "{out}");
    let (_, json, _) = harness(&["compare", &file("a.json"), &file("b.json"), "--json"]);
    assert_eq!(serde_json::from_str::<Value>(&json).unwrap()["flips"].as_array().unwrap().len(), 3);
    harness(&["run", &corpus, "--filter", "rot*", "--out", &file("c.json")]);
    let (ended, _, talk) = harness(&["compare", &file("a.json"), &file("c.json")]);
    assert_eq!(ended, code(2));
    assert!(talk.contains("over different scenarios"), "{talk}");
}

/// Nine attacks of nine families, all caught by `GOOD`, none by `NOISY`.
fn nine(root: &Path) {
    for n in 0..9 {
        let bad = format!("e{n} 2026-03-01T10:00:00Z web{n} iam:CreateUser 203.0.113.9");
        let ok = format!("o{n} 2026-03-01T11:00:00Z job{n} s3:GetObject 198.51.100.1");
        write_scenario(root, &format!("s{n}"), &format!("f{n}"), "attack", &[&bad, &ok], &format!("e{n},,,malicious,trust,\n"));
    }
}

#[test]
fn a_regression_that_is_no_chance_breaks_the_gate() {
    let dir = tempfile::tempdir().unwrap();
    let (good, noisy) = tunings(dir.path());
    let root = dir.path().join("corpus");
    nine(&root);
    let root = root.display().to_string();
    let (ended, out, talk) = harness(&["run", &root, "--tuning", &good, "--tuning", &noisy, "--fail-on-regression"]);
    assert_eq!(ended, code(1), "{out}");
    assert!(talk.contains("gate: `noisy` is worse"), "{talk}");
    assert!(out.contains("worse: catches 9 fewer of the attacks"), "{out}");
    let (ended, out, _) =
        harness(&["run", &root, "--tuning", &noisy, "--tuning", &good, "--fail-on-regression", "--format", "json"]);
    assert_eq!(ended, code(0));
    let v: Value = serde_json::from_str(&out).unwrap();
    assert!(v["comparisons"][0]["verdict"].as_str().unwrap().starts_with("better"));
    // 2 * 0.5^9
    assert_eq!(v["comparisons"][0]["mcnemar_p"], 0.00390625);
}

#[test]
fn ablation_says_what_each_criterion_buys() {
    let dir = tempfile::tempdir().unwrap();
    let (good, _) = tunings(dir.path());
    let root = dir.path().join("corpus");
    nine(&root);
    let csv = dir.path().join("ablation.csv").display().to_string();
    let criteria = dir.path().join("criteria.csv").display().to_string();
    let (ended, out, talk) =
        harness(&["ablate", &root.display().to_string(), "--tuning", &good, "--out", &csv, "--out", &criteria]);
    assert_eq!(ended, code(0), "{talk}");
    assert!(out.contains("buys nothing on these scenarios: idle"), "{out}");
    assert!(out.lines().any(|l| l.starts_with("T1") && l.contains("-1.00")), "{out}");
    assert!(std::fs::read_to_string(csv).unwrap().contains("T1,test,0,9,0,0,,0,-1,-1,-1,9,"));
    assert!(std::fs::read_to_string(criteria).unwrap().contains("good,T1,all,9,9,0,0,1,"));
}

#[test]
fn a_sweep_reads_the_dev_split_only() {
    let dir = tempfile::tempdir().unwrap();
    let (good, _) = tunings(dir.path());
    let root = dir.path().join("corpus");
    nine(&root);
    let test = root.join("s0/scenario.toml");
    std::fs::write(&test, std::fs::read_to_string(&test).unwrap().replace("\"dev\"", "\"test\"")).unwrap();
    let root = root.display().to_string();
    let set = "criteria_off=[],[\"T1\"]";
    let best = dir.path().join("best.toml").display().to_string();
    let (ended, out, talk) = harness(&["sweep", &root, "--tuning", &good, "--set", set, "--out", &best]);
    assert_eq!(ended, code(0), "{talk}");
    assert!(out.contains("2 of 2 combinations on 8 scenarios; 1 of the test split stay locked"), "{out}");
    assert!(out.contains("leave one family out: recall 1.00"), "{out}");
    assert!(std::fs::read_to_string(&best).unwrap().contains("criteria_off = []"));
    let clean = std::fs::read_to_string(&best).unwrap();
    let (_, out, _) = harness(&["sweep", &root, "--tuning", &good, "--set", set, "--i-peeked", "--out", &best]);
    assert!(!clean.contains("peeked") && std::fs::read_to_string(&best).unwrap().starts_with("# found with knowledge"));
    let (_, screen, _) = harness(&["run", &root, "--tuning", &best]);
    assert!(screen.contains("found with knowledge of the test split"), "{screen}");
    assert!(out.contains("on 9 scenarios; the test split was read (--i-peeked)"), "{out}");
    let (ended, _, talk) = harness(&["sweep", &root, "--filter", "s0", "--set", set]);
    assert_eq!(ended, code(2));
    assert!(talk.contains("--i-peeked"), "{talk}");
    let (ended, _, _) = harness(&["sweep", &root, "--tuning", &good, "--set", "unknown.key=1"]);
    assert_eq!(ended, code(2));
}

#[test]
fn explains_a_scenario_and_an_event() {
    let attack = fixtures().join("cred_reuse/key_external").display().to_string();
    let (ended, out, talk) = harness(&["explain", &attack]);
    assert_eq!(ended, code(0), "{talk}");
    assert!(out.contains("secretsmanager:GetSecretValue") && out.contains("malicious"), "{out}");
    assert!(out.contains("attack leaked-key: caught after 0 min, highest score 70"), "{out}");
    for event in ["bad00003-1111-4222-8333-444455556666", "line:5"] {
        let (ended, out, talk) = harness(&["explain", &format!("{attack}:{event}")]);
        assert_eq!(ended, code(0), "{talk}");
        assert!(out.contains("arithmetic of line 5") || out.contains("arithmetic of line 7"), "{out}");
    }
    let (ended, _, talk) = harness(&["explain", &format!("{attack}:ghost")]);
    assert_eq!(ended, code(2));
    assert!(talk.contains("no event `ghost`"), "{talk}");
}

#[test]
fn lint_counts_and_fails_on_errors() {
    let (ended, out, _) = harness(&["lint", &corpus()]);
    assert_eq!(ended, code(0), "{out}");
    assert!(out.contains("2 scenarios: 0 errors"), "{out}");
    let (_, out, _) = harness(&["lint", &corpus(), "--criteria"]);
    // It catches the one attack; nothing quiet comes near it.
    assert!(
        out.contains("criterion T1 (test): nothing quiet that comes near it\n") && !out.contains("T1 (test): no attack"),
        "{out}"
    );
    let dir = tempfile::tempdir().unwrap();
    write_scenario(dir.path(), "s", "f", "attack", &["e1 2026-03-01T10:00:00Z web s3:GetObject 198.51.100.1"], "");
    let (ended, out, _) = harness(&["lint", &dir.path().display().to_string()]);
    assert_eq!(ended, code(1));
    assert!(out.contains("error[no_attack]"), "{out}");
}

#[test]
fn generates_an_estate_that_runs() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("estate").display().to_string();
    let args = ["generate", "--out", &out, "--identities", "12", "--days", "3", "--history", "4", "--gzip"];
    let (ended, text, talk) = harness(&args);
    assert_eq!(ended, code(0), "{talk}");
    assert!(text.starts_with("12 identities, 3 days after 4 days of history (36 identity-days)"), "{text}");
    let (ended, text, talk) = harness(&["lint", &out]);
    assert_eq!(ended, code(0), "{text}{talk}");
    let (_, text, _) = harness(&["run", &out, "--format", "json"]);
    let v: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(v["unreadable_lines"], 0);
    assert!(v["tunings"][0]["quiet_identity_days"].as_u64().unwrap() > 15);
    let (ended, _, talk) = harness(&["generate", "--out", &out, "--archetype", "nobody=3"]);
    assert_eq!(ended, code(2));
    assert!(talk.contains("no archetype `nobody`; there are agent"), "{talk}");
}

#[test]
fn expands_and_refuses_to_write_over_itself() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("out").display().to_string();
    let (ended, text, talk) = harness(&["expand", &corpus(), "--out", &out, "--filter", "rotation*"]);
    assert_eq!(ended, code(0), "{talk}");
    assert!(text.starts_with("1 scenario written to"), "{text}");
    let copy = dir.path().join("out/rotation/key_rotation/events.ndjson");
    assert_eq!(std::fs::read(copy).unwrap(), std::fs::read(fixtures().join("rotation/key_rotation/events.ndjson")).unwrap());
    let (ended, _, talk) = harness(&["expand", &out, "--out", &out]);
    assert_eq!(ended, code(2));
    assert!(talk.contains("over itself"), "{talk}");
    // Once more in another form: what is there is one scenario, not two logs of one name.
    for (more, there, gone) in
        [(&["--gzip"][..], "events.ndjson.gz", "events.ndjson"), (&[], "events.ndjson", "events.ndjson.gz")]
    {
        let corpus = corpus();
        let args = [&["expand", &corpus, "--out", &out, "--filter", "rotation*"][..], more].concat();
        assert_eq!(harness(&args).0, code(0));
        let folder = dir.path().join("out/rotation/key_rotation");
        assert!(folder.join(there).is_file() && !folder.join(gone).exists(), "{more:?}");
        assert_eq!(harness(&["lint", &out]).0, code(0));
    }
    write_scenario(&dir.path().join("strange"), "s", "f", "noise", &["free text"], "");
    let manifest = dir.path().join("strange/s/scenario.toml");
    std::fs::write(&manifest, std::fs::read_to_string(&manifest).unwrap().replace("id = \"s\"", "id = \"../s\"")).unwrap();
    let strange = dir.path().join("strange").display().to_string();
    let (ended, _, talk) = harness(&["expand", &strange, "--out", &out]);
    assert_eq!(ended, code(2));
    assert!(talk.contains("leads out of the folder") && !dir.path().join("s").exists(), "{talk}");
}

#[test]
fn mutations_show_what_a_judge_hangs_on() {
    let dir = tempfile::tempdir().unwrap();
    let (good, _) = tunings(dir.path());
    let out = dir.path().join("out").display().to_string();
    let args = ["mutate", &corpus(), "--tuning", &good, "--mutation", "own-zone", "--mutation", "reorder", "--out", &out];
    let (ended, text, talk) = harness(&args);
    assert_eq!(ended, code(0), "{talk}");
    // The rule looks for the stranger's address.
    assert!(text.lines().any(|l| l.split_whitespace().eq(["own-zone", "0", "1", "0", "0", "0.00"])), "{text}");
    assert!(text.lines().any(|l| l.split_whitespace().eq(["reorder", "1", "0", "0", "0", "1.00"])), "{text}");
    assert!(dir.path().join("out/cred_reuse/key_external~own-zone/scenario.toml").is_file());
}
