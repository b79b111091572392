use crate::common::{arg, run};
use crate::estate::{Estate, INVENTORY, read};

/// Each wrong file is refused before any line is read, with its name and, where there is one, the line.
#[test]
fn wrong_files_are_refused_where_they_are_wrong() {
    let estate = Estate::new();
    let exception = "schema = \"vires-exceptions/1\"\n[[exception]]\nid = \"CHG-1\"\nidentities = [\"orders\"]\nfrom = 2026-03-01T00:00:00Z\nuntil = 2026-03-03T00:00:00Z\napprover = \"j.doe\"\nticket = \"CHG-1\"\nkind = \"change\"\n";
    let without = |key: &str| exception.lines().filter(|l| !l.starts_with(key)).map(|l| format!("{l}\n")).collect::<String>();
    let baseline = read(&estate.path("learned.json"));
    for (flag, text, expected) in [
        ("--inventory", INVENTORY.replace("purpose", "porpoise"), "bad.toml:15:"),
        ("--inventory", INVENTORY.replace("id = \"billing\"", "id = \"orders\""), "bad.toml:22:"),
        (
            "--inventory",
            INVENTORY.replace("arn:aws:iam::123456789012:role/billing", "aws:role/123456789012/orders"),
            "bad.toml:26",
        ),
        ("--inventory", "[[workload]]\n".to_owned(), "schema"),
        ("--inventory", INVENTORY.replace("class = 3", "class = 9"), "bad.toml:"),
        ("--exceptions", without("until"), "bad.toml:3:6: exception `CHG-1` never expires"),
        ("--exceptions", without("approver"), "bad.toml:3:"),
        ("--exceptions", exception.replace("kind = \"change\"", "kind = \"whim\""), "bad.toml:9:"),
        (
            "--tuning",
            "schema = \"vires-tuning/1\"\n[window]\nscoer = \"1h\"\n".to_owned(),
            "bad.toml:3:1: unknown field `scoer`",
        ),
        ("--tuning", "schema = \"vires-tuning/1\"\n[weights]\nregion = 7.0\n".to_owned(), "bad.toml: [weights]"),
        ("--baseline", baseline.replacen("vires-baseline/1", "vires-baseline/7", 1), "schema is `vires-baseline/7`"),
        ("--baseline", baseline.replacen("\"ignored\":0", "\"ignored\":1", 1), "checksum"),
        ("--baseline", baseline[..200].to_owned(), "bad.toml:"),
        (
            "--config",
            "schema = \"vires-config/1\"\n[tuning.window]\nscoer = \"1h\"\n".to_owned(),
            "bad.toml:3:1: unknown field `scoer`",
        ),
        ("--config", "[judge]\nbaselines = \"x\"\n".to_owned(), "line 2"),
    ] {
        let bad = estate.write("bad.toml", &text);
        let done = run(&["judge", flag, arg(&bad)], estate.today.as_bytes());
        assert_eq!((done.code, done.stdout.len()), (Some(2), 0), "{flag} {expected}");
        assert!(done.stderr.contains(expected) && done.stderr.contains("bad.toml"), "{flag} {expected}: {}", done.stderr);
    }
    for flag in ["--inventory", "--exceptions", "--tuning", "--baseline", "--config"] {
        let done = run(&["judge", flag, "/nonexistent/x.toml"], b"");
        assert!(done.code == Some(2) && done.stderr.contains("/nonexistent/x.toml"), "{}", done.stderr);
    }
    for args in [
        &["judge", "--snapshot-interval", "0", "--state", "/nonexistent/s"][..],
        &["judge", "--state", "/nonexistent/s"],
        &["judge", "--cases", "/nonexistent/c"],
        &["judge", "--state-reset"],
        &["judge", "--only", "escalated", "--reply", "rsyslog"],
        &["judge", "--only", "escalated", "--codec", "len32"],
        &["judge", "--format", "table", "--state", "/nonexistent/x"],
        &["judge", "--format", "table", "--only", "machine"],
        &["tag", "--only", "escalated"],
    ] {
        let done = run(args, b"");
        assert_eq!((done.code, done.stdout.len()), (Some(2), 0), "{args:?} {}", done.stderr);
    }
}

#[test]
fn the_configuration_holds_everything_and_is_checked_together() {
    let estate = Estate::new();
    let shown = run(&["config", "show"], b"").ok();
    let file = estate.write("vires.toml", shown.text());
    run(&["config", "check", "--config", arg(&file)], b"").ok();
    assert_eq!(run(&["config", "show", "--config", arg(&file)], b"").ok().stdout, shown.stdout);
    // As it is, it is a tuning, too.
    let tuning = estate.write("tuning.toml", run(&["config", "show", "--tuning"], b"").ok().text());
    for file in [&file, &tuning] {
        run(&["judge", "--tuning", arg(file)], b"").ok();
    }
    let edited = shown.text().replace("# inventory =", &format!("inventory = \"{}\"", arg(&estate.path("inventory.toml"))));
    let edited = estate.write("vires.toml", &edited.replace("watch = 20.0", "watch = 0.1"));
    run(&["config", "check", "--config", arg(&edited)], b"").ok();
    assert!(run(&["config", "show", "--config", arg(&edited)], b"").ok().text().contains("watch = 0.1 "));
    let done = run(&["judge", "--config", arg(&edited)], estate.today.as_bytes()).ok();
    assert!(done.text().contains("\"owner\":\"finance\""));
    estate.write("inventory.toml", "schema = \"vires-inventory/1\"\nzones = 1\n");
    let done = run(&["config", "check", "--config", arg(&edited)], b"");
    assert!(done.code == Some(2) && done.stderr.contains("inventory.toml:2:1"), "{}", done.stderr);
}

/// Everything that is wrong is told at once, and what is right as well.
#[test]
fn a_check_names_every_file_that_is_wrong() {
    let estate = Estate::new();
    let (learned, inventory) = (estate.path("learned.json"), estate.path("inventory.toml"));
    let check = |judge: &str| {
        let file = estate.write("all.toml", &format!("schema = \"vires-config/1\"\n[judge]\n{judge}"));
        run(&["config", "check", "--config", arg(&file)], b"")
    };
    let state = estate.path("state.json");
    let good = format!("baseline = {learned:?}\ninventory = {inventory:?}\nstate = {state:?}\n");
    let done = check(&good).ok();
    for said in ["ok: catalogue", "ok: inventory ", "ok: tuning", "ok: baseline ", "state.json: will be made"] {
        assert!(done.text().contains(said), "no `{said}` in {}", done.text());
    }
    // A state of another baseline, and three files of which none can be read.
    run(&["judge", "--state", arg(&state)], b"").ok();
    let bad = |name: &str, text: &str| format!("{:?}", estate.write(name, text));
    let inventory = bad("bad-inventory.toml", "schema = \"vires-inventory/1\"\nzones = 1\n");
    let exceptions = bad("bad-exceptions.toml", "schema = \"vires-exceptions/1\"\n[[exception]]\nid = \"X\"\n");
    let tuning = bad("bad-tuning.toml", "schema = \"vires-tuning/1\"\nnonsense = 1\n");
    let done = check(&format!(
        "baseline = {learned:?}\nstate = {state:?}\ninventory = {inventory}\nexceptions = {exceptions}\ntuning = {tuning}\n"
    ));
    assert_eq!(done.code, Some(2));
    assert!(done.text().contains("ok: catalogue") && done.text().contains("ok: baseline "), "{}", done.text());
    for wrong in ["bad-inventory.toml", "bad-exceptions.toml", "bad-tuning.toml", "belongs to another baseline"] {
        assert!(done.stderr.contains(wrong), "no `{wrong}` in {}", done.stderr);
    }
}

#[test]
fn an_exception_quiets_what_was_approved() {
    let estate = Estate::new();
    let text = "schema = \"vires-exceptions/1\"\n[[exception]]\nid = \"PEN-7\"\nidentities = [\"billing\"]\nfacet = \"zone\"\nvalues = [\"203.0.113.0/24\", \"net:203.0.113.0/24\"]\nfrom = 2026-03-01T00:00:00Z\nuntil = 2026-03-02T00:00:00Z\napprover = \"j.doe\"\nticket = \"PEN-7\"\nkind = \"pentest\"\n";
    let file = estate.write("exceptions.toml", text);
    let args = estate.args(&["--exceptions", arg(&file)]);
    let with = run(&crate::estate::refs(&args), estate.today.as_bytes()).ok();
    let without = run(&crate::estate::refs(&estate.args(&[])), estate.today.as_bytes()).ok();
    let top = |out: &[u8]| {
        let scores = crate::estate::objects(out);
        scores.iter().filter_map(|o| o.get("score")?.as_f64()).fold(0.0, f64::max)
    };
    assert!(top(&with.stdout) < top(&without.stdout), "{} {}", top(&with.stdout), top(&without.stdout));
    assert!(with.text().contains("excused by PEN-7"));
}

/// What the page on the inventory shows can be used as it stands, and shows every key there is.
#[test]
fn the_page_on_the_inventory_shows_files_that_load() {
    let page = read(&std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/inventory.md"));
    let blocks: Vec<&str> = page.split("```toml\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect();
    let [inventory, exceptions] = &*blocks else { panic!("{} blocks", blocks.len()) };
    let dir = tempfile::tempdir().unwrap();
    let put = |name: &str, text: &str| {
        std::fs::write(dir.path().join(name), text).unwrap();
        dir.path().join(name)
    };
    let (one, two) = (put("inventory.toml", inventory), put("exceptions.toml", exceptions));
    let lint = ["inventory", "lint", arg(&one), "--exceptions", arg(&two), "--at", "2026-02-01T00:00:00Z"];
    let done = run(&lint, b"").ok();
    assert!(!done.text().contains("error"), "{}", done.text());
    run(&["judge", "--inventory", arg(&one), "--exceptions", arg(&two)], b"").ok();
    // A key that is not there is refused with all that are: none of them may be missing on the page.
    for (table, text) in [
        ("[[workload]]", format!("{inventory}\n[[workload]]\nnonsense = 1\n")),
        ("[workload.expect]", inventory.replace("max_tier = 3", "nonsense = 3")),
        ("[workload.deny]", inventory.replace("[workload.deny]", "[workload.deny]\nnonsense = 1")),
        ("[[workload.mixture]]", format!("{inventory}nonsense = 1\n")),
        ("[[zone]]", inventory.replace("[[zone]]", "[[zone]]\nnonsense = 1")),
        ("[[data]]", inventory.replace("[[data]]", "[[data]]\nnonsense = 1")),
    ] {
        let done = run(&["judge", "--inventory", arg(&put("bad.toml", &text))], b"");
        let (_, known) = done.stderr.split_once("expected").unwrap_or_else(|| panic!("{table}: {}", done.stderr));
        let keys: Vec<&str> = known.lines().next().unwrap().split('`').skip(1).step_by(2).collect();
        assert!(!keys.is_empty(), "{table}: {known}");
        for key in keys {
            assert!(
                page.contains(&format!("\n{key} = "))
                    || page.contains(&format!(".{key}]"))
                    || page.contains(&format!("[{key}]")),
                "{table}: the page lacks {key}"
            );
        }
    }
}
