//! A user's files over the built-in ones, and what they are told when a file is wrong.

#![expect(clippy::unwrap_used, reason = "a helper of a test may fail like the test")]

use std::path::{Path, PathBuf};
use vires_catalog::{Catalog, CatalogError, lint};
use vires_event::{Boundary, Class, Effect, Source};

/// A fresh directory with these files.
fn dir(name: &str, files: &[(&str, &str)]) -> PathBuf {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&dir);
    std::fs::create_dir_all(&dir).unwrap();
    for (file, text) in files {
        std::fs::write(dir.join(file), text).unwrap();
    }
    dir
}

fn load(name: &str, files: &[(&str, &str)]) -> Result<Catalog, CatalogError> {
    Catalog::with_overlay(&dir(name, files))
}

/// The error text with the directory cut out, as a user would read it who gave a relative path.
fn refusal(name: &str, files: &[(&str, &str)]) -> String {
    let dir = dir(name, files);
    let text = Catalog::with_overlay(&dir).unwrap_err().to_string();
    text.replace(&format!("{}/", dir.display()), "")
}

#[test]
fn adds_changes_and_disables_rows() {
    let c = load(
        "add_change_disable",
        &[
            (
                "sensitive_actions.tsv",
                "platform\tservice\taction\tclass\tboundary\tseverity\tdisabled\n\
                 aws\tpayments.amazonaws.com\tRefundAll\tdata_exfil\tdata\t5\t\n\
                 aws\tsecretsmanager.amazonaws.com\tGetSecretValue\tsecret_read\tprivilege\t2\t\n\
                 aws\ts3.amazonaws.com\tListBuckets\t\t\t\ttrue\n",
            ),
            ("resource_markers.tsv", "marker\tcategory\tseverity\tdata_class\tmode\ncrown-jewels\tclassified\t5\t3\ttoken\n"),
            ("effects.tsv", "id\tplatform\teffect\tregex\nours\taws\tdestructive\t^payments:Refund\n"),
            ("README.md", "not a catalogue file, and none of our business"),
        ],
    )
    .unwrap();
    let builtin = Catalog::builtin().unwrap();
    let added = c.action(Source::Cloudtrail, "payments:RefundAll", None).unwrap();
    assert_eq!((added.severity, added.class, added.at.line), (5, Class::DataExfil, 2));
    let changed = c.action(Source::Cloudtrail, "secretsmanager:GetSecretValue", None).unwrap();
    let before = builtin.action(Source::Cloudtrail, "secretsmanager:GetSecretValue", None).unwrap();
    assert_eq!((changed.severity, changed.boundary), (2, Some(Boundary::Privilege)));
    // Columns that the overlay does not have keep the built-in text.
    assert_eq!((&changed.attack, changed.incidents), (&before.attack, before.incidents));
    assert!(c.action(Source::Cloudtrail, "s3:ListBuckets", None).is_none());
    assert!(builtin.action(Source::Cloudtrail, "s3:ListBuckets", None).is_some());
    assert_eq!(c.actions().len(), builtin.actions().len());
    assert!(c.resources().iter().any(|r| r.marker == "crown-jewels"));
    assert_eq!(c.effect(Source::Cloudtrail, "payments:RefundAll"), Effect::Destructive);
    assert_eq!(c.effect(Source::Cloudtrail, "s3:GetObject"), Effect::ReadData);
    assert!(lint(&c).is_empty());
}

#[test]
fn an_empty_directory_changes_nothing() {
    let c = load("empty", &[]).unwrap();
    assert_eq!(c.actions(), Catalog::builtin().unwrap().actions());
}

/// Windows line ends, a byte order mark, comments, blank lines, missing cells at the end.
#[test]
fn reads_what_editors_write() {
    let text = "\u{feff}# ours\r\n\r\nmarker\tcategory\tseverity\tdata_class\tmode\tnote\r\n# the first\r\nledger-2\tfinancial\t4\t3\r\n\r\n";
    let c = load("editors", &[("resource_markers.tsv", text)]).unwrap();
    let row = c.resources().iter().find(|r| r.marker == "ledger-2").unwrap();
    assert_eq!((row.severity, row.data_class, row.at.line), (4, 3, 5));
}

/// The published column names of the fact files are understood too.
#[test]
fn accepts_the_facts_own_headers() {
    let text = "platform\tmatch_field\tservice\taction\tclass\tboundary\tseverity\tmitre_v18\tlogged\traise_if\twild_incidents\tpublic_sources\tverified_by\n\
                okta\teventType\t\tcustom.thing.happened\ttrust_change\tnone\t5\tT1078\tdefault\t\t0\t\tmemory\n";
    let c = load("headers", &[("sensitive_actions.tsv", text)]).unwrap();
    let row = c.action(Source::Okta, "okta:custom.thing.happened", None).unwrap();
    assert_eq!((row.severity, row.boundary, row.attack.as_slice()), (3, None, ["T1078".to_owned()].as_slice()));
}

#[test]
fn says_where_and_what_and_how() {
    assert_eq!(
        refusal(
            "bad_rows",
            &[(
                "sensitive_actions.tsv",
                "platform\tservice\taction\tclass\tboundary\tseverity\traise_if\tdisabled\n\
                 aws\tx.amazonaws.com\tDoIt\tsecret_red\tdata\t9\ta >\t\n\
                 moon\t\tDoIt\tsecret_read\tnone\t3\t\t\n\
                 aws\ts3.amazonaws.com\tNoSuchThing\t\t\t\t\ttrue\n\
                 aws\tx.amazonaws.com\tTwice\tdestructive\t\t3\t\tmaybe\n\
                 aws\tx.amazonaws.com\tTwice\tdestructive\t\t3\t\t\n",
            )]
        ),
        "failed to load the catalogue:\n\
         \x20 sensitive_actions.tsv:5: `disabled` is `maybe`; write true or false, or leave it empty\n\
         \x20 sensitive_actions.tsv:4: there is no row `s3:nosuchthing` to disable; check the spelling with `vires catalog list`\n\
         \x20 sensitive_actions.tsv:6: `x:twice` stands on line 5 too; keep one of the two rows\n\
         \x20 sensitive_actions.tsv:2: unknown class `secret_red`; use one of: defence_tamper, privilege_escalation, trust_change, \
         destructive, credential_create, data_exfil, control_plane_admin, discovery, remote_exec, session_issue, secret_read, compute_abuse\n\
         \x20 sensitive_actions.tsv:2: `severity` is `9`; write a whole number from 1 to 5\n\
         \x20 sensitive_actions.tsv:2: `raise_if`: no test in `a >`; write `path = value`, `path ~ text`, `path ^ prefix`, \
         `path in (a,b)`, `path in roles.sev5`, `path exists` or `path empty`, joined by AND or OR\n\
         \x20 sensitive_actions.tsv:3: unknown platform `moon`; use one of: aws, gcp, azure, entra, msgraph, kubernetes, github, okta, \
         vault, snowflake, databricks, slack, google_workspace, gitlab, m365, anthropic, openai, otel_genai, ocsf, auth0, salesforce, \
         atlassian, bitbucket, cloudflare, mongodb_atlas, notion, snyk, tailscale, tines, wiz, zendesk, teleport, jenkins, linux, web, oauth"
    );
    assert_eq!(
        refusal("bad_file", &[("sensitive_action.tsv", "platform\n")]),
        "failed to load the catalogue:\n  sensitive_action.tsv: not a catalogue file; the files are sensitive_actions.tsv, \
         identity_markers.tsv, resource_markers.tsv, token_patterns.tsv, user_agents.tsv, sensitive_roles.tsv, networks.tsv, \
         effects.tsv, attack_v18_to_v19.tsv, data_names.tsv"
    );
    assert_eq!(
        refusal("bad_column", &[("networks.tsv", "kind\tvalue\tclass\tcolour\ncidr\t10.0.0.0/8\tprivate\tred\n")]),
        "failed to load the catalogue:\n  networks.tsv:1: unknown column `colour`; the columns of this file are kind, value, class, \
         name, verified_by, disabled"
    );
    assert_eq!(
        refusal("no_tabs", &[("networks.tsv", "kind\tvalue\tclass\ncidr 10.0.0.0/8 private\n")]),
        "failed to load the catalogue:\n  networks.tsv:2: only one cell; separate cells by tabs, not by spaces or commas"
    );
    assert_eq!(
        refusal("too_many", &[("networks.tsv", "kind\tvalue\tclass\ncidr\t10.0.0.0/8\tprivate\tx\ty\n")]),
        "failed to load the catalogue:\n  networks.tsv:2: 4 cells under 3 headers; separate cells by exactly one tab"
    );
    assert_eq!(
        refusal("no_header", &[("networks.tsv", "\n\n")]),
        "failed to load the catalogue:\n  networks.tsv: the file is empty; start it with the header row: kind, value, class, name, verified_by"
    );
    assert_eq!(
        refusal("bad_cidr", &[("networks.tsv", "kind\tvalue\tclass\ncidr\t10.0.0.0/33\tprivate\n")]),
        "failed to load the catalogue:\n  networks.tsv:2: `10.0.0.0/33` is no cidr; write AS16509 or 10.0.0.0/8, one per row"
    );
    assert_eq!(
        refusal("bad_regex", &[("effects.tsv", "id\tplatform\teffect\tregex\nours\taws\twrite\t^s3:(Put\n")]),
        "failed to load the catalogue:\n  effects.tsv:2: the regex does not compile: unclosed group; write it in the syntax of the Rust \
         regex crate (no look-around, no back-references)"
    );
    assert_eq!(
        refusal(
            "bad_marker",
            &[(
                "identity_markers.tsv",
                "id\tsource\tfield\top\tvalue\tactor\tconfidence\n\
                 a\tcloudtrail\tsession name\teq\tx\tmachine\t3\n\
                 b\tcloudtrail\t@sesion\teq\tx\tmachine\t3\n\
                 c\tcloudtrail\t@session\tin\t\tmachine\t3\n"
            )]
        ),
        "failed to load the catalogue:\n\
         \x20 identity_markers.tsv:2: `session name` is no field; write a dotted path such as userIdentity.type, or one of @name, \
         @session, @user_agent, @ip, @id, @credential\n\
         \x20 identity_markers.tsv:3: `@sesion` is no field; write a dotted path such as userIdentity.type, or one of @name, \
         @session, @user_agent, @ip, @id, @credential\n\
         \x20 identity_markers.tsv:4: `in` without a value; fill in `value`, or use present or nonempty"
    );
    assert_eq!(
        refusal(
            "bad_token",
            &[(
                "token_patterns.tsv",
                "id\tkind\tliterals\tregex\tseverity\texpected_in\n\
                 a\tsecret\tab\t(ab[0-9]+)\t5\t\n\
                 b\tsecret\tabcd\t(abcd[0-9]+)\t5\tnowhere:x\n"
            )]
        ),
        "failed to load the catalogue:\n\
         \x20 token_patterns.tsv:2: the literal `ab` is too short to scan for; give a literal of at least 3 bytes, or set `scan` to field_only\n\
         \x20 token_patterns.tsv:3: `expected_in` has `nowhere:x`; write <source>:<member>, e.g. cloudtrail:accessKeyId; `*` stands for any"
    );
}

#[test]
fn says_that_a_file_cannot_be_read() {
    let missing = Path::new(env!("CARGO_TARGET_TMPDIR")).join("there_is_no_such_directory");
    let text = Catalog::with_overlay(&missing).unwrap_err().to_string();
    assert!(text.starts_with(&format!("failed to read {}: ", missing.display())), "{text}");
    assert!(text.ends_with("; give --catalog a readable directory of .tsv files"), "{text}");

    let dir = dir("not_utf8", &[]);
    std::fs::write(dir.join("networks.tsv"), b"kind\tvalue\tclass\ncidr\t\xff\tprivate\n").unwrap();
    let error = Catalog::with_overlay(&dir).unwrap_err();
    assert_eq!((error.problems()[0].line, error.problems()[0].message.as_str()), (2, "not UTF-8"));

    // What is no regular file (a pipe, a device, here a directory) is not even opened.
    let dir = self::dir("not_a_file", &[]);
    std::fs::create_dir(dir.join("networks.tsv")).unwrap();
    let error = Catalog::with_overlay(&dir).unwrap_err();
    assert_eq!(error.problems()[0].message, "not a regular file");
    // The system's reason stands in the text once, not again in the chain.
    assert!(std::error::Error::source(&Catalog::with_overlay(&missing).unwrap_err()).is_none());
}

#[test]
fn many_mistakes_are_counted_not_printed() {
    let mut text = "kind\tvalue\tclass\n".to_owned();
    for i in 0..50 {
        text.push_str(&format!("cidr\tnet-{i}\tprivate\n"));
    }
    let error = load("many", &[("networks.tsv", &text)]).unwrap_err();
    assert_eq!(error.problems().len(), 50);
    let shown = error.to_string();
    assert_eq!(shown.lines().count(), 22);
    assert!(shown.ends_with("  and 30 more"));
}

#[test]
fn lint_finds_rows_that_cannot_match() {
    let c = load(
        "lint",
        &[
            (
                "sensitive_actions.tsv",
                "platform\tservice\taction\taliases\tclass\tseverity\tattack\traise_if\n\
                 kubernetes\t\tescalate roles\t\tprivilege_escalation\t5\t\t\n\
                 aws\ts3.amazonaws.com\tGetObject\tPutObject\tdata_exfil\t3\tT10\tx in roles.web.sev5\n",
            ),
            (
                "effects.tsv",
                "id\tplatform\teffect\tregex\n\
                 all\tgitlab\twrite\t^\n\
                 late\tgitlab\tgrant\t^gitlab:x\n\
                 foreign\tgitlab\tgrant\t^github:x\n",
            ),
            (
                "identity_markers.tsv",
                "id\tsource\tfield\top\tvalue\tactor\tconfidence\nidle\tokta\tactor.type\teq\tX\tambiguous\t3\n",
            ),
            (
                "token_patterns.tsv",
                "id\tkind\tliterals\tregex\tseverity\tscan\n\
                 drifted\tsecret\tabcd-\t(abce-[0-9]{20})\t5\talways\n\
                 groupless\tsecret\tabcd-\tabcd-[0-9]{20}\t5\talways\n\
                 common\tsecret\tabc\t(abc[0-9]{20})\t5\talways\n",
            ),
            ("attack_v18_to_v19.tsv", "v18\tv19\tmeaning\nT1\tT1\tx\n"),
        ],
    )
    .unwrap();
    let found: Vec<String> = lint(&c).iter().map(|f| format!("{}: {}", f.line, f.message)).collect();
    for want in [
        "2: no decoder spells an action `k8s:escalate roles`",
        "3: the alias `s3:putobject` has a row of its own",
        "3: `T10` is no ATT&CK id",
        "3: `roles.web.sev5` in `raise_if` names no row of sensitive_roles.tsv",
        "3: `late` is out of reach behind `all`",
        "4: `foreign` matches texts that do not start with `gitlab:`",
        "2: `idle` speaks for nobody",
        "2: `drifted` matches text without any of its literals",
        "2: the regex of `drifted` never matches the literal `abcd-`",
        "3: `groupless` has no group",
        "4: the literal `abc` is too common to scan for",
        "2: `T1` is no ATT&CK id",
        "2: `T1` did not change",
    ] {
        assert!(found.iter().any(|f| f == want), "{want}\n{found:#?}");
    }
}
