use crate::decode::Decoder;
use crate::scenario::{Form, Lines, LogSource, Scenario, ScenarioKind, load_one, parts, read_manifest, write_literal};
use crate::testing::decoder;
use std::collections::BTreeMap;
use std::path::Path;

const MANIFEST: &str = r#"
schema = "vires-scenario/1"
id = "gen/one"
family = "gen"
kind = "attack"
split = "dev"
provenance = "modelled"
title = "A key is used from outside, in the middle of an estate"
why = "for tests"

[history]
days = 8
generator = "web-service"
seed = 11

[background]
days = 5
seed = 42
drift = true
archetypes = { web-service = 2, etl = 1, ci = 1, agent = 1, k8s-controller = 1, vault-client = 1, github-bot = 1, iac = 1, backup = 1, integration = 1, key-user = 1, gcp-service = 1, gcp-deployer = 1, azure-automation = 1, entra-app = 1, graph-app = 1, m365-app = 1, okta-integration = 1, okta-token = 1, salesforce-app = 1, snowflake-loader = 1, agent-tools = 1, code-agent = 1 }

[[inject]]
at = "d3T03:10:00"
identity = "payments-api"
template = "aws/key-external-recon"
boundaries = ["trust"]

[[inject]]
at = "d2T10:00"
identity = "payments-api"
template = "own"
label = "ambiguous"
vars = { who = "auditor" }
"#;

const OWN: &str = r#"{"eventVersion":"1.11","userIdentity":{{user_identity}},"eventTime":"{{t+5s}}","eventSource":"sts.amazonaws.com","eventName":"GetCallerIdentity","awsRegion":"{{region}}","sourceIPAddress":"{{ip}}","userAgent":"{{who}}","eventID":"{{id}}","recipientAccountId":"{{account}}"}"#;

fn folder(manifest: &str) -> tempfile::TempDir {
    // Within the workspace, so that datasets/templates is found.
    let dir = tempfile::tempdir_in(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests")).unwrap();
    std::fs::write(dir.path().join("scenario.toml"), manifest).unwrap();
    std::fs::write(dir.path().join("own.ndjson"), OWN).unwrap();
    dir
}

fn load(manifest: &str) -> Result<Scenario, String> {
    let dir = folder(manifest);
    load_one(dir.path(), decoder()).map_err(|e| e.to_string())
}

fn bytes(source: &LogSource) -> Vec<u8> {
    let mut out = Vec::new();
    std::io::Read::read_to_end(&mut source.open().unwrap(), &mut out).unwrap();
    out
}

#[test]
fn every_generated_line_is_read_and_says_who_acted() {
    let s = load(MANIFEST).unwrap();
    assert_eq!((s.events.unreadable, s.history.unreadable), (0, 0));
    assert!(s.history.facts.len() > 1000, "{}", s.history.facts.len());
    for fact in s.events.facts.iter().chain(&s.history.facts) {
        let identity = s.names.text(fact.identity.expect("an identity"));
        assert!(fact.at.is_some() && !fact.human, "{identity} {}", s.names.text(fact.action));
        assert!(!fact.foreign || s.truth.mark(fact.line).is_some(), "{identity} acts from nowhere");
    }
    let mut sources: Vec<&str> = s.history.facts.iter().map(|f| f.source.as_str()).collect();
    sources.sort_unstable();
    sources.dedup();
    let all = [
        "azure_activity",
        "cloudtrail",
        "entra_audit",
        "entra_signin",
        "gcp_audit",
        "github",
        "graph_activity",
        "kubernetes",
        "m365",
        "okta",
        "otel_genai",
        "salesforce",
        "snowflake",
        "vault",
    ];
    assert_eq!(sources, all);
    let last = s.history.facts.iter().filter_map(|f| f.at).max().unwrap();
    let first = s.events.facts.iter().filter_map(|f| f.at).min().unwrap();
    assert!(last < first);
    assert!(s.events.facts.windows(2).all(|w| w[0].at.unwrap() / 1000 <= w[1].at.unwrap() / 1000), "in the order of time");
    // Every identity that acts is the one that the inventory would name it by.
    let mut known = 0;
    for member in s.inventory.workloads() {
        known += usize::from(s.names.find(&member.principals[0].text).is_some());
    }
    assert_eq!(known, s.inventory.workloads().len());
}

#[test]
fn injected_events_are_labelled() {
    let s = load(MANIFEST).unwrap();
    assert_eq!(s.truth.instances.len(), 1);
    let i = &s.truth.instances[0];
    assert_eq!((i.name.as_str(), i.lines.len(), i.identity.starts_with("aws:role/")), ("gen/one", 4, true));
    assert_eq!(i.last.unwrap() - i.first.unwrap(), 95_000);
    assert_eq!(crate::decode::format_time(i.first.unwrap()), "2026-03-04T03:10:00Z");
    assert_eq!(s.truth.marks.len(), 5);
    let fact = s.events.facts.iter().find(|f| f.line == i.lines[0]).unwrap();
    assert_eq!(s.names.text(fact.identity.unwrap()), i.identity);
    let found = crate::scenario::lint(&crate::scenario::Corpus { scenarios: vec![s], sha256: String::new() }).unwrap();
    assert!(found.iter().all(|f| f.severity == vires_profile::Severity::Note), "{found:?}");
}

#[test]
fn expands_to_the_same_bytes_for_any_number_of_threads_and_loads_again() {
    let dir = folder(MANIFEST);
    let parts_of = || parts(dir.path(), read_manifest(dir.path()).unwrap()).unwrap();
    let run = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| (bytes(&parts_of().estate.events), bytes(parts_of().estate.history.as_ref().unwrap())))
    };
    assert_eq!(run(1), run(4));
    let out = tempfile::tempdir().unwrap();
    for (name, form) in [("a", Form::Plain), ("b", Form::Plain), ("c", Form::Gzip), ("d", Form::Gzip)] {
        write_literal(&parts_of(), &out.path().join(name), form).unwrap();
    }
    let files = |name: &str| -> BTreeMap<String, Vec<u8>> {
        std::fs::read_dir(out.path().join(name))
            .unwrap()
            .map(|e| e.unwrap())
            .map(|e| (e.file_name().into_string().unwrap(), std::fs::read(e.path()).unwrap()))
            .collect()
    };
    assert_eq!(
        files("a").keys().map(String::as_str).collect::<Vec<_>>(),
        ["events.ndjson", "history.ndjson", "inventory.toml", "labels.csv", "scenario.toml"]
    );
    assert_eq!(files("a"), files("b"));
    assert_eq!(files("c"), files("d"));
    let generated = load(MANIFEST).unwrap();
    for name in ["a", "c"] {
        let literal = load_one(&out.path().join(name), &Decoder::new().unwrap()).unwrap();
        assert_eq!(literal.events.facts.len(), generated.events.facts.len());
        assert_eq!(literal.truth, generated.truth);
        assert!(!literal.manifest.is_generated() && literal.manifest.kind == ScenarioKind::Attack);
    }
}

#[test]
fn another_seed_gives_other_events_and_the_same_habits() {
    let a = load(MANIFEST).unwrap();
    let b = load(&MANIFEST.replace("seed = 42", "seed = 43")).unwrap();
    assert_eq!(bytes(a.estate.history.as_ref().unwrap()), bytes(b.estate.history.as_ref().unwrap()));
    assert_ne!(bytes(&a.estate.events), bytes(&b.estate.events));
    assert_ne!(a.digest, b.digest);
    assert_eq!(a.estate.inventory.unwrap().text, b.estate.inventory.unwrap().text);
}

#[test]
fn habits_drift_only_where_asked() {
    let values = |drift: bool| {
        let text = MANIFEST.replace("drift = true", &format!("drift = {drift}")).replace("days = 8", "days = 30");
        let s = load(&text).unwrap();
        let mut actions: Vec<_> = s.history.facts.iter().map(|f| (f.identity, f.action, f.target, f.ua)).collect();
        actions.sort_unstable();
        actions.dedup();
        actions.len()
    };
    let (still, drifting) = (values(false), values(true));
    assert!(drifting > still + 3, "{still} {drifting}");
}

#[test]
fn inventories_are_imperfect_and_complete_for_the_story() {
    let text = MANIFEST.replace("web-service = 2", "web-service = 400");
    let dir = folder(&text);
    let parts = parts(dir.path(), read_manifest(dir.path()).unwrap()).unwrap();
    let inventory = vires_profile::Inventory::parse(&parts.estate.inventory.unwrap().text, "i.toml").unwrap();
    let web: Vec<_> = inventory.workloads().iter().filter(|w| w.peer_group.as_deref() == Some("web-service")).collect();
    // 400 and the one of the story; a tenth is unlisted, a fifth of the rest has no profile.
    assert!((340..390).contains(&web.len()), "{}", web.len());
    let without = web.iter().filter(|w| !w.has_profile()).count();
    assert!((45..110).contains(&without), "{without}");
    let story = inventory.find("payments-api").unwrap();
    assert!(story.has_profile() && story.expect.zones.is_some() && story.expect.resources.is_some());
}

#[test]
fn a_literal_inventory_is_kept_and_completed() {
    let dir = folder(MANIFEST);
    let text = "schema = \"vires-inventory/1\"\n[[zone]]\nname = \"pods\"\nclass = \"internal\"\ncidrs = [\"10.20.0.0/16\"]\n[[workload]]\nid = \"payments-api\"\nowner = { team = \"mine\" }\nprincipals = [\"aws:role/*/payments-api\"]\n";
    std::fs::write(dir.path().join("inventory.toml"), text).unwrap();
    let s = load_one(dir.path(), decoder()).map_err(|e| e.to_string()).unwrap();
    assert_eq!(s.inventory.find("payments-api").unwrap().owner.as_ref().unwrap().team, "mine");
    assert!(s.inventory.workloads().len() > 10);
}

#[test]
fn the_generated_template_is_a_scenario() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scenarios/_template/generated.toml");
    let s = load(&std::fs::read_to_string(path).unwrap()).unwrap();
    assert_eq!((s.truth.instances.len(), s.events.unreadable), (1, 0));
    assert!(s.inventory.find("payments-api").unwrap().has_profile());
}

#[test]
fn actors_live_and_act_as_they_are_told() {
    let text = MANIFEST
        .replace("[[inject]]\nat = \"d3", "[[actor]]\nname = \"mail-sync\"\narchetype = \"graph-app\"\nprofile = false\n\n[[actor]]\nname = \"old-key\"\narchetype = \"key-user\"\naccount = \"555555555555\"\nregion = \"eu-north-1\"\nlisted = false\n\n[[inject]]\nat = \"d3");
    let text = text
        + "\n[[inject]]\nat = \"d1T10:00\"\nidentities = [\"mail-sync\", \"old-key\"]\ntemplate = \"many\"\nrepeat = 3\nevery = \"20s\"\nlabel = \"benign\"\ninstance = \"x\"\n";
    let dir = folder(&text);
    std::fs::write(
        dir.path().join("many.ndjson"),
        r#"{"eventVersion":"1.11","userIdentity":{"type":"IAMUser","userName":"{{canonical}} {{sp}} {{app}}"},"eventTime":"{{t}}","eventSource":"s3.amazonaws.com","eventName":"Get{{n}}","sourceIPAddress":"{{foreign_ip}}","userAgent":"{{foreign_ua}}","eventID":"{{id}}"}"#,
    )
    .unwrap();
    let s = load_one(dir.path(), decoder()).map_err(|e| e.to_string()).unwrap();
    let text = String::from_utf8(bytes(&s.estate.events)).unwrap();
    let many: Vec<serde_json::Value> = text
        .lines()
        .filter(|l| l.contains("\"eventName\":\"Get"))
        .filter_map(|l| serde_json::from_str(l).ok())
        .filter(|v: &serde_json::Value| v["userIdentity"]["userName"].as_str().is_some_and(|n| n.contains(' ')))
        .collect();
    assert_eq!(many.len(), 6);
    let of = |key: &str| many.iter().map(|v| v[key].as_str().unwrap_or_default()).collect::<std::collections::BTreeSet<_>>();
    assert_eq!(of("eventName").into_iter().collect::<Vec<_>>(), ["Get1", "Get2", "Get3"]);
    assert_eq!((of("sourceIPAddress").len(), of("eventID").len()), (1, 6), "one stranger, six events");
    assert!(text.contains("arn:aws:iam::555555555555:user/old-key") && text.contains("\"awsRegion\":\"eu-north-1\""));
    assert!(s.inventory.find("old-key").is_none());
    assert!(!s.inventory.find("mail-sync").unwrap().has_profile());
    assert_eq!(s.inventory.find("mail-sync").unwrap().principals.len(), 2);
    assert_eq!(s.labels.rows.iter().filter(|r| r.instance == "x").count(), 6);
}

#[test]
fn a_shift_changes_its_days_and_nothing_else() {
    let shift = "\n[[shift]]\nidentity = \"payments-api\"\nfrom = \"d1T00:00\"\nuntil = \"d2T12:00\"\nrate = 6.0\nips = [\"203.0.113.9\"]\nregion = \"ap-south-1\"\nonly = [\"dynamodb:*\"]\nsuffix = \"-v2\"\nrefused = 1.0\nlabel = \"malicious\"\ninstance = \"s\"\n";
    let (before, after) = (load(MANIFEST).unwrap(), load(&(MANIFEST.to_string() + shift)).unwrap());
    assert_eq!(bytes(before.estate.history.as_ref().unwrap()), bytes(after.estate.history.as_ref().unwrap()));
    let lines = |s: &Scenario| -> Vec<String> {
        String::from_utf8(bytes(&s.estate.events)).unwrap().lines().map(str::to_string).collect()
    };
    let (old, new) = (lines(&before), lines(&after));
    let known: std::collections::BTreeSet<&String> = old.iter().collect();
    let added: Vec<&String> = new.iter().filter(|l| !known.contains(l)).collect();
    let kept: std::collections::BTreeSet<&String> = new.iter().collect();
    let gone: Vec<&String> = old.iter().filter(|l| !kept.contains(l)).collect();
    assert!(gone.iter().all(|l| l.contains("/payments-api/")) && gone.len() > 10, "{}", gone.len());
    assert!(added.len() > 3 * gone.len(), "{} for {}", added.len(), gone.len());
    for line in &added {
        for want in ["203.0.113.9", "\"ap-south-1\"", "dynamodb.amazonaws.com", "payments-api-main-v2", "AccessDenied"] {
            assert!(line.contains(want), "{want}: {line}");
        }
    }
    let instance = after.truth.instances.iter().find(|i| i.name == "s").unwrap();
    assert_eq!(instance.lines.len(), added.len());
}

#[test]
fn says_what_is_wrong_with_a_recipe() {
    for (from, to, want) in [
        ("web-service = 2", "web-servise = 2", "no archetype `web-servise`; there are agent, agent-tools"),
        ("d3T03:10:00", "d9T03:10", "`at = \"d9T03:10\"` is no moment of the 5 days"),
        ("d3T03:10:00", "d4T23:59:00", "an injected event falls on 2026-03-06T00:00"),
        ("aws/key-external-recon", "aws/none", "no template `aws/none`"),
        ("aws/key-external-recon", "../own", "no template `../own`"),
        ("generator = \"web-service\"", "generator = \"x\"", "no archetype `x`"),
        ("who = \"auditor\"", "whom = \"auditor\"", "own.ndjson:1: error[template]: unknown placeholder {{who}}"),
        ("days = 5", "days = 0", "0 days"),
        ("vars = ", "repeat = 0\nvars = ", "`repeat = 0`"),
        ("vars = ", "every = \"soon\"\nvars = ", "`every = \"soon\"` is no span"),
        ("who = \"auditor\"", "who = \"{{who}}\"", "`who` stands in itself"),
        ("[[inject]]", "[[actor]]\nname = \"x\"\narchetype = \"y\"\n[[inject]]", "no archetype `y`"),
        ("[[inject]]", "[[actor]]\nname = \"sales-etl-1\"\narchetype = \"etl\"\n[[inject]]", "two identities are called"),
        (
            "[[inject]]",
            "[[shift]]\nidentity = \"sales-etl-1\"\nfrom = \"d1T00:00\"\nuntil = \"d2T00:00\"\nonly = [\"iam:*\"]\n[[inject]]",
            "`only` leaves `sales-etl-1` nothing to do",
        ),
    ] {
        let error = load(&MANIFEST.replacen(from, to, 1)).unwrap_err();
        assert!(error.contains(want), "{want}: {error}");
    }
    let dir = folder(MANIFEST);
    std::fs::write(dir.path().join("events.ndjson"), "").unwrap();
    let error = load_one(dir.path(), decoder()).unwrap_err().to_string();
    assert!(error.contains("error[two_forms]: events.ndjson stands beside generator sections"), "{error}");
}

#[test]
fn streams_line_by_line() {
    let s = load(MANIFEST).unwrap();
    let mut lines = Lines::new(&s.estate.events).unwrap();
    let mut n = 0;
    while let Some((number, line)) = lines.next_line().unwrap() {
        n += 1;
        assert_eq!(number, n);
        assert!(line.starts_with(b"{") && line.ends_with(b"}"));
    }
    assert_eq!(n, s.events.lines);
}
