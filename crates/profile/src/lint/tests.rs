use super::*;
use vires_event::parse_time;

fn codes(findings: &[Finding]) -> Vec<(usize, &str)> {
    findings.iter().map(|f| (f.line, f.code)).collect()
}

fn now() -> Millis {
    parse_time("2026-06-01T00:00:00Z").unwrap()
}

fn lint(body: &str) -> Vec<Finding> {
    inventory_text(&format!("schema = \"vires-inventory/1\"\n{body}"), "i.toml", &Context::at(now()))
}

/// A workload with nothing to complain about; `{}` takes more keys.
fn workload(more: &str) -> String {
    format!(
        "[[zone]]\nname = \"dc\"\nclass = \"internal\"\ncidrs = [\"192.0.2.0/24\"]\n[[workload]]\nid = \"w\"\nowner = {{ team = \"t\" }}\npurpose = \"p\"\nprincipals = [\"aws:role/123456789012/w\"]\n{more}"
    )
}

#[test]
fn a_good_inventory_has_no_findings() {
    assert_eq!(
        lint(&workload("[workload.expect]\nzones = [\"dc\", \"provider-service\"]\nmax_tier = 2\ndestinations = []\n")),
        []
    );
}

#[test]
fn each_check_finds_its_case() {
    for (body, line, code) in [
        (workload("[workload.expect]\nzones = [\"cd\"]\n"), 7, "unknown_zone"),
        (workload("[workload.expect]\nzones = [\"x*\"]\n"), 7, "unknown_zone"),
        (workload("[workload.deny]\nzones = [\"cd\"]\n"), 7, "unknown_zone"),
        (workload("shared = true\n[[workload.mixture]]\nname = \"m\"\nzones = [\"cd\"]\n"), 7, "unknown_zone"),
        (workload("[workload.expect]\nzones = []\n"), 7, "nothing_allowed"),
        (workload("[workload.expect]\nactions = []\n"), 7, "nothing_allowed"),
        (
            workload("[workload.expect]\nactions = [\"iam:GetRole\"]\n[workload.deny]\nactions = [\"iam:*\"]\n"),
            7,
            "expected_and_denied",
        ),
        (workload("[workload.expect]\nzones = [\"dc\"]\n[workload.deny]\nzones = [\"dc\"]\n"), 7, "expected_and_denied"),
        (
            workload("[workload.expect]\nresources = [\"s3:a/*\"]\n[workload.deny]\nresources = [\"s3:*\"]\n"),
            7,
            "expected_and_denied",
        ),
        (workload("[workload.expect]\nresources = [\"bucket\"]\n"), 7, "no_service"),
        (workload("[workload.deny]\nactions = [\"iam\"]\n"), 7, "no_service"),
        (workload("status = \"decommissioned\"\n[workload.expect]\nmax_tier = 1\n"), 7, "decommissioned_profile"),
        (workload("[workload.expect]\nmax_tier = 2\nallow_irreversible = true\n"), 7, "irreversible_above_tier"),
        (workload("kind = \"agent\"\n[workload.expect]\nmax_tier = 2\n"), 7, "kind_and_flag"),
        (workload("kind = \"shared\"\n[workload.expect]\nmax_tier = 2\n"), 7, "kind_and_flag"),
        (workload("[[workload.mixture]]\nname = \"m\"\n"), 7, "kind_and_flag"),
        (
            workload(
                "[workload.expect]\nresources = [\"s3:pay/x\"]\nmax_data_class = 1\n[[data]]\nmatch = [\"s3:pay/*\"]\nclass = 2\n",
            ),
            7,
            "resource_above_class",
        ),
        (workload(""), 7, "no_profile"),
        (workload("[workload.expect]\nmax_tier = 1\n").replace("purpose = \"p\"\n", ""), 7, "no_purpose"),
        (workload("[workload.expect]\nmax_tier = 1\n").replace("owner = { team = \"t\" }\n", ""), 7, "no_owner"),
        (workload("[workload.expect]\nmax_tier = 1\n").replace("\"t\" }", "\"t\", expires = 2026-05-31 }"), 7, "expired_owner"),
        (workload("[workload.expect]\nmax_tier = 1\n").replace("\"t\" }", "\"t\", expires = 2026-06-15 }"), 7, "ending_owner"),
        (workload("[workload.expect]\nmax_tier = 1\n").replace("[\"aws:role/123456789012/w\"]", "[]"), 7, "no_principals"),
        (workload("[workload.expect]\nmax_tier = 1\n").replace("role/123456789012/w", "*"), 10, "broad_principal"),
        (workload("[workload.expect]\nmax_tier = 1\n").replace("aws:role/123456789012/w", "*"), 10, "broad_principal"),
        (workload("[workload.expect]\nmax_tier = 1\n").replace("123456789012/w", "123456789012/*"), 10, "broad_principal"),
        (
            workload("[workload.expect]\nmax_tier = 1\n").replace("aws:role/123456789012/w", "gihub:user:w"),
            10,
            "unknown_principal",
        ),
        (workload("[workload.expect]\nmax_tier = 1\n").replace("aws:role/123456789012/w", "role/w"), 10, "unknown_principal"),
        (
            workload("[workload.expect]\nmax_tier = 1\n").replace("aws:role/123456789012/w", "w")
                + "[[workload]]\nid = \"x\"\nowner = { team = \"t\" }\npurpose = \"p\"\nprincipals = [\"github:user:w\"]\n[workload.expect]\nmax_tier = 1\n",
            10,
            "shared_login",
        ),
        (workload("[workload.expect]\nmax_tier = 1\n").replace("192.0.2.0/24", "192.0.2.9/24"), 3, "host_bits"),
        (workload("[workload.expect]\nmax_tier = 1\n").replace("192.0.2.0/24", "0.0.0.0/0"), 3, "wide_network"),
        (workload("[workload.expect]\nmax_tier = 1\n").replace("\"192.0.2.0/24\"", ""), 3, "empty_zone"),
        ("[[data]]\nmatch = []\nclass = 1\n".into(), 3, "unused_data"),
        ("[[data]]\nmatch = [\"s3:*\"]\nclass = 2\n[[data]]\nmatch = [\"s3:public*\"]\nclass = 0\n".into(), 6, "unused_data"),
        ("[[data]]\nmatch = [\"bucket\"]\nclass = 2\n".into(), 3, "no_service"),
        ("[[workload]]\nid = \"\"\n".into(), 3, "empty_name"),
        ("[[workload]]\nid = \"x\"\nsise = 1\n".into(), 4, "syntax"),
    ] {
        let findings = lint(&body);
        assert_eq!(codes(&findings), [(line, code)], "{body}\n{findings:?}");
        assert!(findings[0].to_string().starts_with(&format!("i.toml:{line}: ")), "{}", findings[0]);
    }
}

#[test]
fn what_stops_a_file_is_shown_with_a_caret() {
    let shown = lint("[[workload]]\nid = \"x\"\nsise = 1\n")[0].to_string();
    assert!(shown.ends_with("corrected\n  |\n4 | sise = 1\n  | ^^^^"), "{shown}");
}

#[test]
fn the_higher_class_of_two_data_entries_is_no_finding() {
    assert_eq!(lint("[[data]]\nmatch = [\"s3:*\"]\nclass = 1\n[[data]]\nmatch = [\"s3:pay*\"]\nclass = 3\n"), []);
}

#[test]
fn equally_specific_patterns_that_overlap_are_ambiguous() {
    let body = |a: &str, b: &str| {
        let one = |id: &str, p: &str| {
            format!(
                "[[workload]]\nid = \"{id}\"\nowner = {{ team = \"t\" }}\npurpose = \"p\"\nprincipals = [\"{p}\"]\nexpect = {{ max_tier = 1 }}\n"
            )
        };
        one("a", a) + &one("b", b)
    };
    for (a, b, ambiguous) in [
        ("aws:role/1/ab-*", "aws:role/1/*-ab", true),
        ("aws:role/1/ab-*", "aws:role/1/abc-*", false),
        ("aws:role/1/ab-*", "aws:role/1/cd-*", false),
        ("aws:role/1/*-ab", "aws:role/1/*-cd", false),
        ("aws:role/1/*-ab", "aws:role/1/ab-x", false),
        ("arn:aws:iam::1:role/ab-*", "arn:aws:iam::1:role/*-ab", true),
    ] {
        let findings = lint(&body(a, b));
        let expected: &[(usize, &str)] = if ambiguous { &[(12, "ambiguous_principal")] } else { &[] };
        assert_eq!(codes(&findings), expected, "{a} {b} {findings:?}");
    }
}

#[test]
fn the_catalogue_tells_the_tier() {
    let text = format!(
        "schema = \"vires-inventory/1\"\n{}",
        workload("[workload.expect]\nmax_tier = 2\nactions = [\"iam:CreateUser\", \"iam:*\", \"s3:GetObject\"]\n")
    );
    let tier_of = |action: &str| Some(if action.starts_with("iam:") { 4 } else { 1 });
    let findings = inventory_text(&text, "i", &Context { tier_of: Some(&tier_of), ..Context::at(now()) });
    assert_eq!(codes(&findings), [(7, "action_above_tier")], "{findings:?}");
}

#[test]
fn csv_is_linted_too() {
    let findings = inventory_text("identity,workload,zones\naws:role/1/x,,dc\n", "i.csv", &Context::at(now()));
    assert_eq!(codes(&findings), [(2, "no_owner"), (2, "no_workload"), (2, "unknown_zone"), (2, "no_purpose")], "{findings:?}");
}

#[test]
fn exceptions_are_short_narrow_and_for_somebody_known() {
    let known = "schema = \"vires-inventory/1\"\n[[workload]]\nid = \"w\"\npeer_group = \"g\"\nprincipals = [\"aws:role/1/w\"]\n[[workload]]\nid = \"admin\"\npeer_group = \"ops\"\nprivileged = true\nprincipals = [\"arn:aws:iam::1:role/p/admin\"]\n";
    let inventory = Inventory::from_toml(known, "i").unwrap();
    let context = Context { codes: &["T1", "T6"], ..Context::at(now()) };
    let base = "identities = [\"w\"]\nfacet = \"region\"\nvalues = [\"r\"]\nfrom = 2026-05-20\nuntil = 2026-07-01\napprover = \"a\"\nticket = \"T\"\n";
    for (replace, with, expected) in [
        ("", "", &[][..]),
        ("2026-07-01", "2026-05-30", &["expired_exception"]),
        ("2026-07-01", "2026-06-03", &["expiring_exception"]),
        ("2026-07-01", "2026-09-01", &["long_exception"]),
        ("from = 2026-05-20\n", "", &["no_start"]),
        ("\"w\"", "\"admin\"", &["long_privileged_exception"]),
        ("\"w\"", "\"aws:role/1/a*\"", &["long_privileged_exception"]),
        ("\"w\"", "\"group:ops\"", &["long_privileged_exception"]),
        ("\"w\"", "\"nobody\"", &["unknown_identity"]),
        ("\"w\"", "\"group:nobody\"", &["unknown_identity"]),
        ("\"w\"", "\"group:g\", \"aws:role/1/w\", \"arn:aws:iam::1:role/x/w\", \"w*\"", &["over_broad_exception"]),
        ("facet = \"region\"\n", "", &["values_without_facet"]),
        ("[\"r\"]", "[]", &["empty_values"]),
        ("ticket = \"T\"\n", "", &["no_ticket"]),
        ("facet = \"region\"\nvalues = [\"r\"]\n", "", &["over_broad_exception"]),
        ("facet", "codes = [\"T6\", \"t*\"]\nfacet", &[]),
        ("facet", "codes = [\"T6\", \"T66\", \"region\"]\nfacet", &["unknown_code", "unknown_code"]),
        ("until = 2026-07-01\n", "", &["no_expiry"]),
        ("approver = \"a\"\n", "", &["no_approver"]),
    ] {
        let text = format!("schema = \"vires-exceptions/1\"\n[[exception]]\nid = \"E\"\n{}", base.replacen(replace, with, 1));
        let findings = exceptions_text(&text, "e.toml", Some(&inventory), &context);
        assert_eq!(findings.iter().map(|f| f.code).collect::<Vec<_>>(), expected, "{text}\n{findings:?}");
        assert!(findings.iter().all(|f| f.line == 3), "{findings:?}");
    }
}
