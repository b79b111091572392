use crate::common::{arg, run};
use crate::estate::{Estate, objects, read, refs};

#[test]
fn an_estate_folder_gives_ranked_cases() {
    let estate = Estate::new();
    let folder = arg(estate.dir.path());
    let table = run(&["judge", folder], b"").ok();
    let lines = table.lines();
    assert!(lines[0].starts_with("VERDICT") && lines[0].contains("WHY"), "{}", lines[0]);
    assert!(lines[1].starts_with("page") && lines[1].contains("billing") && lines[1].contains("finance"), "{}", lines[1]);
    assert!(lines[1].contains("data trust") && lines[1].contains("203.0.113.7"), "{}", lines[1]);
    assert!(lines[2].starts_with("cannot_judge") && lines[2].contains("search"), "{}", lines[2]);
    assert!(lines.last().unwrap().contains("1 page, 0 escalate, 1 cannot_judge"), "{}", table.text());

    // The folder's lines are judged as with flags.
    let inside = run(&["judge", folder, "--format", "ndjson"], b"").ok();
    assert_eq!(inside.stdout, run(&refs(&estate.args(&[])), estate.today.as_bytes()).ok().stdout);
    let cases = run(&["judge", folder, "--format", "cases"], b"").ok();
    let first: serde_json::Value = serde_json::from_str(cases.lines()[0]).unwrap();
    assert_eq!((first["verdict"].as_str(), first["schema"].as_str()), (Some("page"), Some("vires-case/1")));
    let few = run(&["judge", folder, "--only", "escalated"], b"").ok();
    assert!(!few.text().contains("search") && few.text().contains("billing"));
    // A baseline file comes before the history.
    std::fs::copy(estate.path("learned.json"), estate.path("baseline.json")).unwrap();
    assert_eq!(run(&["judge", folder], b"").ok().stdout, table.stdout);
}

#[test]
fn a_verdict_is_explained_by_case_line_event_and_name() {
    let estate = Estate::new();
    let folder = arg(estate.dir.path());
    let judged = run(&["judge", folder, "--format", "ndjson"], b"").ok();
    let (at, object) = objects(&judged.stdout).into_iter().enumerate().find(|(_, o)| o["verdict"] == "page").unwrap();
    let case = object["case"].as_str().unwrap();
    for what in [case, "billing", "aws:role/123456789012/billing", "evil-1"] {
        let text = run(&["explain", what, folder], b"").ok();
        for part in [
            "purpose: write invoices",
            "declared zones: nat",
            "owner finance",
            "T1 origin",
            "x = ",
            "D = ",
            "it would have stayed quiet if",
        ] {
            assert!(text.text().contains(part), "{what}: no `{part}` in {}", text.text());
        }
    }
    let line = run(&["explain", &(at + 1).to_string(), folder], b"").ok();
    assert!(
        line.text().starts_with(&format!("line {}: aws:role/123456789012/billing did s3:GetObject", at + 1)),
        "{}",
        line.text()
    );
    let done = run(&["explain", "case-0000000000000000", folder], b"");
    assert!(done.code == Some(2) && done.stderr.contains("case-0000000000000000"), "{}", done.stderr);
    assert!(run(&["explain", "origin"], b"").ok().text().contains("# Escalates when"));
}

#[test]
fn inventories_are_checked_drafted_and_compared() {
    let estate = Estate::new();
    let (inventory, baseline) = (estate.path("inventory.toml"), estate.path("learned.json"));
    run(&["inventory", "lint", arg(&inventory), "--at", "2026-03-01T00:00:00Z"], b"").ok();
    let bad = estate.write("bad.toml", &read(&inventory).replace("id = \"billing\"", "id = \"orders\""));
    let done = run(&["inventory", "lint", arg(&bad)], b"");
    assert!(done.code == Some(2) && done.stderr.contains("bad.toml:22:"), "{}", done.stderr);

    let draft = run(&["inventory", "propose", arg(&baseline), "--inventory", arg(&inventory)], b"").ok();
    let drafted = estate.write("draft.toml", draft.text());
    assert!(draft.text().contains("search") && draft.text().contains("s3:orders-data"), "{}", draft.text());
    run(&["inventory", "lint", arg(&drafted), "--at", "2026-03-01T00:00:00Z"], b"");
    let wider = estate.write("wider.toml", &read(&inventory).replace("max_data_class = 2", "max_data_class = 3"));
    let diff = run(&["inventory", "diff", arg(&inventory), arg(&wider), "--baseline", arg(&baseline)], b"").ok();
    assert!(diff.text().contains("billing") && diff.text().contains("widened"), "{}", diff.text());
    let samples = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("datasets/inventory");
    for (kind, file) in [
        ("spire", "spire/entries.json"),
        ("terraform", "terraform/terraform.tfstate"),
        ("kubernetes", "kubernetes/manifests.yaml"),
    ] {
        let done = run(&["inventory", "import", kind, arg(&samples.join(file))], b"").ok();
        assert!(done.text().contains("schema = \"vires-inventory/1\"") && done.text().contains("[[workload]]"), "{kind}");
    }
}

#[test]
fn findings_are_written_as_ocsf() {
    let estate = Estate::new();
    let file = estate.path("findings.ndjson");
    run(&refs(&estate.args(&["--ocsf", arg(&file)])), estate.today.as_bytes()).ok();
    let findings: Vec<serde_json::Value> = read(&file).lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    for finding in &findings {
        assert_eq!((finding["class_uid"].as_u64(), finding["metadata"]["version"].as_str()), (Some(2004), Some("1.6.0")));
        assert_eq!(finding["type_uid"].as_u64().unwrap(), 200_400 + finding["activity_id"].as_u64().unwrap());
        assert!(finding["time"].is_i64() && finding["finding_info"]["uid"].is_string() && finding["severity_id"].is_i64());
        let alarming = ["escalate", "page"].contains(&finding["unmapped"]["vires"]["verdict"].as_str().unwrap());
        assert_eq!(finding["is_alert"], alarming);
    }
    assert!(findings.iter().any(|f| f["is_alert"] == true && f["severity_id"] == 5), "{findings:?}");
    assert!(findings.iter().any(|f| f["is_alert"] == false), "{findings:?}");
    assert!(findings.iter().all(|f| f["unmapped"]["vires"]["verdict"] != "watch"));
}
