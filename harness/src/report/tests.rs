use super::*;
use crate::engine::Tuning;
use crate::evaluate::{Evaluation, evaluate};
use crate::scenario::{Filter, find, load_all};
use crate::testing::{TestEngine, corpus, decoder, write_scenario};
use serde_json::Value;

const GOOD: &str = "[verdict]\n\"203.0.113.\" = [\"escalate\", 70.0, [\"trust\", \"data\"]]\n";
const NOISY: &str = "[verdict]\nPutObject = [\"escalate\", 55.0, [\"data\"]]\n";

fn evaluation(tunings: &[(&str, &str)]) -> Evaluation {
    let tunings: Vec<Tuning> = tunings.iter().map(|(name, text)| Tuning::new(*text, &format!("{name}.toml"))).collect();
    evaluate(&TestEngine, corpus(), &tunings, 1, &|| {}).unwrap()
}

fn empty() -> Evaluation {
    let dir = tempfile::tempdir().unwrap();
    write_scenario(dir.path(), "n", "f", "noise", &["free text"], "");
    let corpus = load_all(&find(&[dir.path().to_path_buf()]).unwrap(), &Filter::default(), decoder()).unwrap();
    evaluate(&TestEngine, corpus, &[Tuning::new("", "a.toml"), Tuning::new("", "b.toml")], 1, &|| {}).unwrap()
}

#[test]
fn the_json_has_exactly_the_contract_keys() {
    let e = evaluation(&[("good", GOOD), ("noisy", NOISY)]);
    let v: Value = serde_json::from_str(&RunFile::new(&e).to_text().unwrap()).unwrap();
    let keys = |v: &Value| v.as_object().unwrap().keys().cloned().collect::<Vec<_>>().join(" ");
    let sorted = |text: &str| {
        let mut words: Vec<&str> = text.split(' ').collect();
        words.sort_unstable();
        words.join(" ")
    };
    assert_eq!(
        keys(&v),
        sorted("schema tool seed corpus_sha256 provenance unreadable_lines tunings comparisons scenarios references")
    );
    let t = &v["tunings"][0];
    let measures = sorted(
        "name sha256 instances false_cases quiet_events quiet_identity_days false_identity_days fpr_upper precision precision_ci recall \
         recall_ci f1 f2 average_precision mcc false_per_10k median_minutes_to_escalate boundary_f1 by_family by_boundary ppv",
    );
    assert_eq!(keys(t), measures);
    assert_eq!(keys(&v["references"][0]), measures);
    assert_eq!(keys(&t["instances"]), "caught malicious missed queued");
    assert_eq!(keys(&t["ppv"]), "1e-3 1e-4 1e-5");
    let slice = sorted("instances false_cases precision precision_ci recall recall_ci");
    assert_eq!(keys(&t["by_family"]["cred_reuse"]), slice);
    assert_eq!(keys(&t["by_boundary"]["trust"]), slice);
    assert_eq!(keys(&v["comparisons"][0]), sorted("a b delta_recall delta_precision mcnemar_p mcnemar_p_quiet verdict flips"));
    assert_eq!(keys(&v["comparisons"][0]["flips"][0]), sorted("scenario instance from to reason"));
    assert_eq!(
        keys(&v["scenarios"][0]),
        sorted("id family kind tuning verdict caught missed queued false_cases first_escalation reasons")
    );
    assert_eq!(v["schema"], "vires-run/1");
    assert_eq!(v["references"].as_array().unwrap().len(), 6);
    // The last one is the judge itself without what it knows besides history.
    assert_eq!((&v["references"][5]["name"], &v["references"][5]["instances"]["caught"]), (&"baseline_only".into(), &0.into()));
    assert_eq!(v["scenarios"].as_array().unwrap().len(), 4);
    assert!(t["precision_ci"].is_array());
    // Both scenarios are quiet but for three events.
    assert_eq!(t["quiet_events"], 16 + 16);
    assert_eq!(v["scenarios"][0]["first_escalation"], "2026-03-21T09:00:00Z");
    assert_eq!((&t["recall"], &t["precision"]), (&Value::from(1.0), &Value::from(1.0)));
    let b = &v["tunings"][1];
    assert_eq!((&b["recall"], &b["false_cases"]), (&Value::from(0.0), &Value::from(2)));
    assert!(v["comparisons"][0]["verdict"].as_str().unwrap().starts_with("no detectable difference"));
}

#[test]
fn what_is_undefined_is_null_and_a_dash_everywhere() {
    let e = empty();
    let file = RunFile::new(&e);
    let v: Value = serde_json::from_str(&file.to_text().unwrap()).unwrap();
    let t = &v["tunings"][0];
    for key in [
        "fpr_upper",
        "precision",
        "precision_ci",
        "recall",
        "recall_ci",
        "f1",
        "f2",
        "average_precision",
        "mcc",
        "false_per_10k",
        "median_minutes_to_escalate",
        "boundary_f1",
    ] {
        assert_eq!(t[key], Value::Null, "{key}");
    }
    assert_eq!((&v["unreadable_lines"], &t["ppv"]["1e-3"]), (&Value::from(1), &Value::Null));
    assert_eq!(v["comparisons"][0]["mcnemar_p"], Value::Null);
    for form in [Format::Table, Format::Md, Format::Html, Format::Csv, Format::Junit] {
        let text = render(&e, Form::Whole(form)).unwrap();
        assert!(!text.contains("NaN") && !text.contains("inf"), "{form:?}");
    }
    assert!(table(&e).lines().any(|l| l.trim_start().starts_with("precision  -  ->  -")), "{}", table(&e));
}

#[test]
fn a_written_run_reads_back() {
    let file = RunFile::new(&evaluation(&[("good", GOOD), ("noisy", NOISY)]));
    let again: RunFile = serde_json::from_str(&file.to_text().unwrap()).unwrap();
    assert_eq!(again.tunings, file.tunings);
    assert_eq!(again.scenarios, file.scenarios);
}

#[test]
fn the_screen_keeps_to_its_width() {
    for e in [evaluation(&[("good", GOOD)]), evaluation(&[("good", GOOD), ("noisy", NOISY), ("c", "")]), empty()] {
        let text = table(&e);
        println!("{text}");
        for line in text.lines() {
            assert!(line.chars().count() <= super::table::WIDTH, "{} columns: {line}", line.chars().count());
        }
        assert!(text.contains("reference detectors") && text.contains("self-checks"));
    }
}

#[test]
fn every_table_has_as_many_cells_as_columns() {
    let e = evaluation(&[("good", GOOD), ("noisy", NOISY)]);
    for name in [
        "metrics",
        "cases",
        "instances",
        "scenarios",
        "categories",
        "compare",
        "flips",
        "baserate",
        "calibration",
        "criteria",
        "references",
        "curve",
        "details",
    ] {
        let text = csv(&e, Table::of_name(name).unwrap());
        let mut reader = ::csv::Reader::from_reader(text.as_bytes());
        let rows: Vec<_> = reader.records().collect::<Result<_, _>>().unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(!rows.is_empty(), "{name}");
        assert!(text.ends_with('\n') && !text.contains('\r'), "{name}");
    }
    let cases = csv(&e, Table::Cases);
    assert!(cases.starts_with("tuning,scenario,instance,identity,label,verdict,score,time\n"), "{cases}");
    assert!(cases.contains("good,cred_reuse/key_external,leaked-key,aws:user/123456789012/report-loader,malicious,escalate,70,2026-03-21T09:00:00Z\n"));
    assert!(cases.contains("noisy,rotation/key_rotation,,aws:user/123456789012/report-loader,benign,escalate,55,"));
    let details = csv(&e, Table::Details);
    // `noisy` raises two cases, both for nothing.
    let days: f64 = details.lines().find_map(|l| l.strip_prefix("noisy,identity_days,,")).unwrap().parse().unwrap();
    assert!(details.contains(&format!("noisy,false_per_1000_identity_days,,{}\n", 2000.0 / days)), "{details}");
    for wanted in [
        "good,cost_per_1000_identity_days,low_fn,",
        "good,before_objective,share,",
        "noisy,shuffled_labels,chance,",
        "baseline_only,recall_or_queued,,0\n",
        ",form_of_records,average_precision,",
        ",provenance_share,modelled,1\n",
    ] {
        assert!(details.contains(wanted), "{wanted}: {details}");
    }
    assert!(csv(&e, Table::Metrics).starts_with("tuning,family,malicious,caught,missed,queued,false_cases,"));
}

#[test]
fn what_cannot_be_judged_has_a_table_of_its_own() {
    let e = evaluation(&[("good", GOOD), ("unsure", "[verdict]\n\"203.0.113.\" = [\"cannot_judge\", 30.0, []]\n")]);
    let text = csv(&e, Table::Unmapped);
    assert!(text.starts_with("tuning,scenario,family,instance,identity,label,score,reason\n"), "{text}");
    let rows: Vec<&str> = text.lines().skip(1).collect();
    assert_eq!(
        rows,
        [
            "unsure,cred_reuse/key_external,cred_reuse,leaked-key,aws:user/123456789012/report-loader,malicious,30,saw 203.0.113."
        ]
    );
}

#[test]
fn expectations_say_what_no_other_list_says_and_many_are_counted() {
    let dir = tempfile::tempdir().unwrap();
    let screen = |scenarios: u32| {
        for n in 0..scenarios {
            let event = format!("e{n} 2026-03-01T10:00:00Z web iam:CreateUser 203.0.113.9");
            let id = format!("s{n:02}");
            write_scenario(dir.path(), &id, "f", "attack", &[&event], &format!("e{n},,,malicious,trust,\n"));
            let path = dir.path().join(&id).join("scenario.toml");
            let text =
                std::fs::read_to_string(&path).unwrap() + "[expect]\nverdict = \"escalate\"\nboundaries = [\"privilege\"]\n";
            std::fs::write(&path, text).unwrap();
        }
        let run = |text: &str| {
            let corpus = load_all(&find(&[dir.path().to_path_buf()]).unwrap(), &Filter::default(), decoder()).unwrap();
            table(&evaluate(&TestEngine, corpus, &[Tuning::new(text, "t.toml")], 1, &|| {}).unwrap())
        };
        (run(GOOD), run(""))
    };
    let (caught, missed) = screen(2);
    assert!(caught.contains("as the authors expected (2)\n  s00: boundary privilege not named\n"), "{caught}");
    assert!(missed.contains("not caught (2)") && !missed.contains("authors expected"), "{missed}");
    let (caught, _) = screen(13);
    assert!(caught.contains("(13; --out scenarios.csv names them)\n    13  boundary privilege not named\n"), "{caught}");
}

#[test]
fn one_is_said_as_one() {
    let of = |caught, false_cases| crate::score::Measures {
        name: "b".into(),
        instances: crate::score::Tally { malicious: 9, caught, missed: 9 - caught, queued: 0 },
        false_cases,
        ..Default::default()
    };
    let said = |a, b| super::table::sentence(&a, &b);
    assert_eq!(
        said(of(5, 3), of(6, 2)),
        "b catches 1 more escalation of the 9 that matter (6, was 5)\nand raises 1 false case less (2, was 3)."
    );
    assert_eq!(
        said(of(5, 3), of(3, 5)),
        "b catches 2 fewer escalations of the 9 that matter (3, was 5)\nand raises 2 more false cases (5, was 3)."
    );
}

#[test]
fn the_page_carries_no_script_and_loads_nothing() {
    let e = evaluation(&[("good", GOOD), ("<script>alert(1)</script>", NOISY)]);
    let page = html(&e);
    let low = page.to_lowercase();
    for bad in ["<script", "http://", "https://", "src=", "@import", "url(", "javascript:"] {
        assert!(!low.contains(bad), "{bad}");
    }
    assert!(low.contains("&lt;script&gt;") || low.contains("script"), "the name is shown, escaped");
    for wanted in ["<svg", "class=\"strip\"", "class=\"bar\"", "class=\"curve c1\"", "@media print", "leaked-key"] {
        assert!(page.contains(wanted), "{wanted}");
    }
}

#[test]
fn junit_fails_what_was_missed_and_what_was_falsely_raised() {
    let xml = junit(&evaluation(&[("noisy", NOISY)])).unwrap();
    assert!(xml.contains("tests=\"3\"") || xml.contains("tests=\"2\""), "{xml}");
    assert!(xml.contains("cred_reuse/key_external: leaked-key") && xml.contains("missed"), "{xml}");
    assert!(xml.contains("rotation/key_rotation: stays quiet"), "{xml}");
    let xml = junit(&evaluation(&[("good", GOOD)])).unwrap();
    assert!(xml.contains("failures=\"0\""), "{xml}");
}
