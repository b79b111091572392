//! `vires report` from outside: the files a reviewer gets, whatever the inputs hold.
#![allow(clippy::unwrap_used, clippy::print_stderr)]

#[path = "../common/mod.rs"]
mod common;
#[path = "../judge/estate.rs"]
#[allow(dead_code)]
mod estate;
mod hostile;
mod inputs;
mod tables;

use common::{arg, run};
use estate::Estate;
use std::collections::BTreeMap;
use std::path::Path;
use tables::Table;

const CONTRACT: [&str; 5] = ["identities", "findings", "unmapped", "profile_drift", "exceptions"];

#[test]
fn a_folder_gives_everything_in_one_command() {
    let estate = Estate::new();
    let out = estate.path("reports");
    let done = run(&["report", arg(estate.dir.path()), "--out", arg(&out), "--ocsf", "--ecs"], b"").ok();
    // How grave the case is, is the judge's business.
    let grave = ["3 identities: 1 page, 0 escalate, 1 cannot_judge", "3 identities: 0 page, 1 escalate, 1 cannot_judge"];
    assert!(grave.iter().any(|text| done.text().starts_with(text)), "{}", done.text());
    for name in CONTRACT.iter().chain(&["least_privilege", "evidence"]) {
        assert!(out.join(format!("{name}.csv")).is_file(), "{name}");
    }
    assert_eq!(
        std::fs::read_dir(&out).unwrap().filter(|e| e.as_ref().unwrap().file_name().to_string_lossy().starts_with('.')).count(),
        0
    );
    let (identities, findings, evidence) =
        (Table::read(&out, "identities"), Table::read(&out, "findings"), Table::read(&out, "evidence"));
    // Two tables that speak of the same must agree.
    for identity in &identities.rows {
        let own: Vec<_> = findings.rows.iter().filter(|f| f["identity_id"] == identity["identity_id"]).collect();
        let count = |verdicts: &[&str]| own.iter().filter(|f| verdicts.contains(&f["verdict"].as_str())).count().to_string();
        assert_eq!(identity["escalations"], count(&["page", "escalate"]), "{identity:?}");
        assert_eq!((&identity["watches"], &identity["cannot_judge"]), (&count(&["watch"]), &count(&["cannot_judge"])));
        assert!(identity["reviewer"].is_empty() && identity["decision"].is_empty() && identity["decision_date"].is_empty());
    }
    let billing = identities.find("identity_id", "aws:role/123456789012/billing");
    for (column, value) in [
        ("provider", "aws"),
        ("account", "123456789012"),
        ("kind", "role"),
        ("owner", "finance"),
        ("owner_source", "inventory"),
        ("workload", "billing"),
        ("purpose", "write invoices"),
        ("mapping", "mapped"),
        ("first_seen", "2026-02-01T00:00:00Z"),
        ("days_dormant", "0"),
        ("events", "22"),
        ("active_days", "30"),
        ("data_classes_expected", "0;1;2"),
        ("zones_distinct", "2"),
        ("escalations", "1"),
        ("privileged", "false"),
        ("schema_version", "1"),
    ] {
        assert_eq!(billing[column], value, "{column}");
    }
    let page = findings.find("identity_id", "aws:role/123456789012/billing");
    assert_eq!((page["origin_ip"].as_str(), page["origin_zone"].as_str()), ("203.0.113.7", "unknown"));
    assert_eq!((page["source"].as_str(), page["kind"].as_str(), page["data_class"].as_str()), ("cloudtrail", "role", "3"));
    assert!(page["event_ref"].contains("evil-"), "{page:?}");
    assert!(page["nist_csf"].contains("DE.AE-08"), "{page:?}");
    assert!(evidence.rows.iter().filter(|e| e["finding_id"] == page["finding_id"]).count() > 1);
    let unmapped = Table::read(&out, "unmapped");
    assert_eq!(unmapped.find("identity_id", "aws:role/123456789012/search")["missing"], "workload;owner;purpose;profile");
    for (name, needle) in [("findings.ocsf.ndjson", "\"class_uid\":2004"), ("findings.ecs.ndjson", "\"event.kind\":\"alert\"")]
    {
        assert!(std::fs::read_to_string(out.join(name)).unwrap().contains(needle), "{name}");
    }
    let html = std::fs::read_to_string(out.join("report.html")).unwrap();
    assert!(html.contains("What needs a decision today") && html.contains("aws:role/123456789012/billing"));
}

#[test]
fn the_same_bytes_on_any_number_of_threads() {
    let estate = Estate::new();
    let files = |threads: &str| {
        let out = estate.path(&format!("reports-{threads}"));
        run(&["report", arg(estate.dir.path()), "--out", arg(&out), "--threads", threads, "--ocsf", "--ecs"], b"").ok();
        let mut files = BTreeMap::new();
        for entry in std::fs::read_dir(out).unwrap() {
            let path = entry.unwrap().path();
            files.insert(path.file_name().unwrap().to_owned(), std::fs::read(path).unwrap());
        }
        files
    };
    let one = files("1");
    assert_eq!(one.len(), 11);
    assert!(one == files("3"));
}

#[test]
fn cases_that_were_written_earlier_give_the_same_findings() {
    let estate = Estate::new();
    let (cases, direct, later) = (estate.path("cases.ndjson"), estate.path("direct"), estate.path("later"));
    run(&estate::refs(&estate.args(&["--cases", arg(&cases)])), estate.today.as_bytes()).ok();
    run(&["report", arg(estate.dir.path()), "--out", arg(&direct), "--format", "csv"], b"").ok();
    let inventory = estate.path("inventory.toml");
    run(&["report", arg(&cases), "--inventory", arg(&inventory), "--out", arg(&later), "--format", "csv"], b"").ok();
    let (direct, later) = (Table::read(&direct, "findings"), Table::read(&later, "findings"));
    assert_eq!(direct.rows.len(), later.rows.len());
    for finding in &later.rows {
        let same = direct.find("finding_id", &finding["finding_id"]);
        for column in ["verdict", "identity_id", "owner", "mapping"] {
            assert_eq!(finding[column], same[column], "{column}");
        }
    }
    // Without any inventory too.
    run(&["report", arg(&cases), "--out", arg(&estate.path("bare")), "--format", "csv"], b"").ok();
    assert_eq!(Table::read(&estate.path("bare"), "findings").rows.len(), direct.rows.len());
}

#[test]
fn what_was_granted_is_compared_with_what_was_done() {
    let estate = Estate::new();
    let grants = "identity,privilege,scope,source,granted_at\n\
        arn:aws:iam::123456789012:role/billing,s3:GetObject,arn:aws:s3:::billing-data/*,policy/billing,2026-01-01\n\
        arn:aws:iam::123456789012:role/billing,s3:*,*,policy/wide,2026-01-01\n\
        arn:aws:iam::123456789012:role/billing,iam:CreateUser,*,policy/old,2025-01-01\n\
        arn:aws:iam::123456789012:role/billing,AdministratorAccess,*,policy/AdministratorAccess,2025-01-01\n\
        arn:aws:iam::123456789012:role/Forgotten,s3:GetObject,*,policy/old,2025-01-01\n";
    estate.write("grants.csv", grants);
    let out = estate.path("reports");
    run(&["report", arg(estate.dir.path()), "--out", arg(&out), "--format", "csv", "--dormant-days", "14"], b"").ok();
    let rows = Table::read(&out, "least_privilege");
    let of = |issue: &str| -> Vec<(&str, &str)> {
        rows.rows.iter().filter(|r| r["issue"] == issue).map(|r| (r["identity_id"].as_str(), r["subject"].as_str())).collect()
    };
    let billing = "aws:role/123456789012/billing";
    assert_eq!(of("unused_privilege"), [(billing, "iam:CreateUser")]);
    assert_eq!(of("over_broad"), [(billing, "AdministratorAccess"), (billing, "s3:*")]);
    assert_eq!(of("dormant"), [("aws:role/123456789012/Forgotten", "aws:role/123456789012/Forgotten")]);
    assert!(of("orphaned").contains(&("aws:role/123456789012/search", "aws:role/123456789012/search")));
    for row in &rows.rows {
        assert!(!row["recommendation"].is_empty() && row["evidence_count"].parse::<u64>().unwrap() > 0, "{row:?}");
    }
    let identities = Table::read(&out, "identities");
    assert_eq!(identities.find("identity_id", billing)["privileges_unused"], "iam:CreateUser");
}

#[test]
fn owners_and_times_are_chosen() {
    let estate = Estate::new();
    let folder = arg(estate.dir.path()).to_owned();
    let names = |more: &[&str]| -> (Vec<String>, usize) {
        let out = estate.path("chosen");
        let mut args = vec!["report", &folder, "--out", arg(&out), "--format", "csv"];
        args.extend(more);
        run(&args, b"").ok();
        let identities = Table::read(&out, "identities").rows.into_iter().map(|r| r["workload"].clone()).collect();
        (identities, Table::read(&out, "findings").rows.len())
    };
    let (all, found) = names(&[]);
    assert_eq!((all, found), (vec!["billing".into(), "orders".into(), String::new()], 2));
    assert_eq!(names(&["--owner", "Finance"]), (vec!["billing".to_owned()], 1));
    assert_eq!(names(&["--unowned"]), (vec![String::new()], 1));
    assert_eq!(names(&["--owner", "finance", "--unowned"]), (vec!["billing".into(), String::new()], 2));
    assert_eq!(names(&["--since", "2026-03-03"]).1, 0);
    assert_eq!(names(&["--since", "7d"]).1, 2);
}

#[test]
fn a_later_review_says_what_changed() {
    let estate = Estate::new();
    let (old, new, out) = (estate.path("old"), estate.path("new"), estate.path("changes"));
    run(&["report", arg(estate.dir.path()), "--out", arg(&old), "--format", "csv"], b"").ok();
    estate.write("inventory.toml", &estate::INVENTORY.replace("team = \"finance\"", "team = \"ledger\""));
    let quiet: String = estate.today.lines().filter(|l| !l.contains("evil-")).map(|l| format!("{l}\n")).collect();
    estate.write("logs/today.ndjson", &quiet);
    run(&["report", arg(estate.dir.path()), "--out", arg(&new), "--format", "csv"], b"").ok();
    let done = run(&["report", "--diff", arg(&old), arg(&new), "--out", arg(&out)], b"").ok();
    let rows = Table::read(&out, "changes");
    let finding = rows.find("table", "findings");
    assert_eq!((finding["change"].as_str(), finding["direction"].as_str()), ("gone", "better"));
    assert!(["page", "escalate"].contains(&finding["before"].as_str()), "{finding:?}");
    let owner = rows.find("subject", "owner");
    assert_eq!((owner["before"].as_str(), owner["after"].as_str()), ("finance", "ledger"));
    assert!(done.text().contains("findings: 1 gone"), "{}", done.text());
    assert_eq!(run(&["report", "--diff", arg(&new), arg(&new)], b"").ok().text(), "nothing changed\n");
    let wrong = run(&["report", "--diff", arg(&old), arg(estate.dir.path())], b"");
    assert!(wrong.code == Some(2) && wrong.stderr.contains("holds no identities.csv"), "{}", wrong.stderr);
}

#[test]
fn techniques_are_printed_in_the_version_asked_for() {
    let estate = Estate::new();
    let case = hostile::case("x").replace("\"attack\":[]", "\"attack\":[\"T1562.008\"]");
    let cases = estate.write("cases.ndjson", &case);
    for (version, id) in [("18", "T1562.008"), ("19", "T1685.002")] {
        let out = estate.path(version);
        run(&["report", arg(&cases), "--out", arg(&out), "--format", "csv", "--attack-version", version], b"").ok();
        assert_eq!(Table::read(&out, "findings").rows[0]["attack"], id);
    }
}

#[test]
fn an_estate_without_anything_declared_is_reported_too() {
    let estate = Estate::new();
    let out = estate.path("reports");
    run(&["report", arg(&estate.path("logs/today.ndjson")), "--out", arg(&out)], b"").ok();
    let identities = Table::read(&out, "identities");
    assert_eq!(identities.rows.len(), 3);
    assert!(identities.rows.iter().all(|r| r["mapping"] == "ghost" && r["owner"].is_empty() && r["privileged"].is_empty()));
    assert_eq!(Table::read(&out, "unmapped").rows.len(), 3);
    // Nothing at all is a report as well.
    run(&["report", "-", "--out", arg(&estate.path("none"))], b"").ok();
    assert!(Table::read(&estate.path("none"), "identities").rows.is_empty());
}

#[test]
fn what_cannot_be_used_is_said_before_anything_is_written() {
    let estate = Estate::new();
    let out = estate.path("reports");
    let folder = arg(estate.dir.path()).to_owned();
    let twice =
        format!("{}\n[[workload]]\nid = \"other\"\nprincipals = [\"aws:role/123456789012/billing\"]\n", estate::INVENTORY);
    let clash = estate.write("clash.toml", &twice);
    let grants = estate.write("bad.csv", "identity,privilege\nx\n");
    let cases = estate.write("cases.ndjson", &hostile::case("x"));
    for (args, expected) in [
        (vec!["report", &folder, "--out", arg(&out), "--inventory", arg(&clash)], "belongs to workload `billing` already"),
        (vec!["report", &folder, "--out", arg(&out), "--grants", arg(&grants)], "bad.csv:2: 1 cells under 2 headings"),
        (vec!["report", &folder, "--out", arg(&out), "--since", "soon"], "--since takes a time"),
        (vec!["report", &folder, "--out", arg(&out), "--at", "soon"], "is not a time"),
        (vec!["report", &folder], "--out <DIR>"),
        (vec!["report", arg(&cases), arg(&clash), "--out", arg(&out)], "report on them one at a time"),
    ] {
        let done = run(&args, b"");
        assert!(done.code == Some(2) && done.stderr.contains(expected), "{args:?}: {}", done.stderr);
        assert!(!Path::new(&out).exists(), "{args:?}");
    }
}
