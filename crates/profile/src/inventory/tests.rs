use super::*;
use crate::observation::Mapping;
use proptest::prelude::*;

/// The example of the contract, to the letter.
const CONTRACT: &str = r##"
schema = "vires-inventory/1"

[[zone]]                                   # named networks; class: internal | partner | provider_service | unknown (what no zone covers is unknown)
name = "nat-prod"
class = "internal"
cidrs = ["198.51.100.0/28"]
asns = []                                  # optional

[[data]]                                   # data classes of targets: 0 public, 1 internal, 2 confidential, 3 restricted
match = ["s3:*-payroll*", "secret:prod/*"]
class = 3
labels = ["pii"]

[[workload]]
id = "payments-api"
owner = { team = "payments", contact = "#pay-oncall", expires = 2026-12-31 }   # absent owner = no_owner
purpose = "serve checkout; read and write own tables"
kind = "service"                           # service|batch|ci|iac|integration|agent|shared|breakglass|legacy
peer_group = "web-service"
env = "prod"
status = "active"                          # active|deprecated|decommissioned
privileged = false
shared = false
agentic = false
principals = ["aws:role/123456789012/payments-api", "arn:aws:iam::123456789012:role/svc/payments-api", "system:serviceaccount:payments:api"]

[workload.expect]                          # an absent list = not declared (learned only); a present list = closed set of globs; [] = nothing allowed
zones = ["nat-prod"]
regions = ["eu-west-1"]
accounts = ["123456789012"]
credentials = ["irsa"]
platforms = ["aws"]
actions = []                               # optional; service:Verb globs
resources = ["dynamodb:pay-*", "secret:prod/payments/*"]
destinations = []
delegators = []
max_tier = 3
max_data_class = 2
schedule = "always"                        # "always" | "cron: 0 2 * * * tz=UTC jitter=90m" | "window: Mon-Fri 08:00-19:00 tz=Europe/Berlin"
volume = { events_per_day = [1000, 90000], sensitive_reads_per_day = 20000 }
max_cred_age = "12h"
allow_interactive = false
allow_irreversible = false

[workload.deny]                            # hard evidence
actions = ["iam:*"]
zones = []
resources = ["s3:prod-payroll*"]

[[workload.mixture]]                       # shared identities: who uses it, how
name = "loader"
zones = ["dc-onprem"]
user_agents = ["sdk-java*"]
actions = ["s3:GetObject"]
"##;

#[test]
fn reads_the_example_of_the_contract() {
    let inventory = Inventory::from_toml(CONTRACT, "inventory.toml").unwrap();
    let workload = inventory.find("payments-api").unwrap();
    let owner = workload.owner.as_ref().unwrap();
    assert_eq!((owner.team.as_str(), owner.contact.as_deref()), ("payments", Some("#pay-oncall")));
    let end = vires_event::parse_time("2027-01-01T00:00:00Z").unwrap();
    assert!(!owner.expired(end - 1) && owner.expired(end));
    assert_eq!(workload.kind, Some(WorkloadKind::Service));
    assert_eq!(workload.status, Status::Active);
    assert_eq!(workload.mapping(end - 1), Mapping::Mapped);
    assert!(workload.missing(end - 1).is_empty());
    assert_eq!(workload.mapping(end), Mapping::NoOwner);
    assert_eq!(workload.missing(end), ["owner"]);
    let expect = &workload.expect;
    assert!(expect.resources.as_ref().unwrap().matches("secret:prod/payments/db"));
    assert!(expect.actions.as_ref().is_some_and(|a| a.is_empty()));
    assert_eq!((expect.max_tier, expect.max_data_class), (Some(3), Some(2)));
    assert_eq!(expect.volume.events_per_day, Some((1000, 90000)));
    assert_eq!(expect.volume.sensitive_reads_per_day, Some(20000));
    assert_eq!(expect.max_cred_age, Some(12 * 3_600_000));
    assert_eq!((expect.allow_interactive, expect.allow_irreversible), (Some(false), Some(false)));
    assert!(expect.schedule.as_ref().is_some_and(|s| s.is_always()));
    assert!(workload.deny.actions.matches("iam:CreateUser"));
    assert!(workload.mixtures[0].user_agents.as_ref().unwrap().matches("SDK-Java/2"));
    assert_eq!(inventory.zones.lookup(Some("198.51.100.3"), None, None).unwrap().name, "nat-prod");
    assert_eq!(inventory.data.class_of("secret:prod/x").unwrap().0, 3);
    assert_eq!(workload.line, 16);
    assert_eq!(workload.principals[2].line, 26);
}

#[test]
fn an_absent_list_is_open_and_unknown_facts_stay_unknown() {
    let inventory = Inventory::from_toml("schema = \"vires-inventory/1\"\n[[workload]]\nid = \"x\"\n", "i").unwrap();
    let workload = &inventory.workloads()[0];
    assert_eq!(*workload, Workload { line: 3, ..Workload::new("x") });
    assert!(workload.expect.lists().iter().all(|(_, list)| list.is_none()));
    assert_eq!(workload.mapping(0), Mapping::NoOwner);
    assert_eq!(workload.missing(0), ["owner", "purpose", "profile"]);
}

const RESOLVE: &str = r#"
schema = "vires-inventory/1"
[[workload]]
id = "api"
principals = ["arn:aws:iam::123456789012:role/svc/api", "system:serviceaccount:pay:api", "spiffe://example.org/pay/api"]
[[workload]]
id = "batch"
principals = ["batch@proj.iam.gserviceaccount.com", "00000003-0000-0000-c000-000000000000", "k8s:blue:pay:batch"]
[[workload]]
id = "deployers"
principals = ["aws:role/*/deploy-*", "arn:aws:iam::*:role/cicd/*"]
[[workload]]
id = "prod-deployers"
principals = ["aws:role/123456789012/deploy-*", "github:app:*[bot]"]
[[workload]]
id = "everything-else-in-blue"
principals = ["k8s:blue:*"]
[[workload]]
id = "pinned"
principals = ["aws:role/123456789012/deploy-pinned", "k8s:green:pay:api"]
"#;

#[test]
fn resolves_every_spelling() {
    let inventory = Inventory::from_toml(RESOLVE, "i").unwrap();
    for (id, raw, expected) in [
        ("aws:role/123456789012/api", None, Some("api")),
        ("AWS:role/123456789012/API", None, Some("api")),
        ("arn:aws:iam::123456789012:role/svc/api", None, Some("api")),
        ("arn:aws:iam::123456789012:role/other/path/api", None, Some("api")),
        ("arn:aws:sts::123456789012:assumed-role/api/i-0abc", None, Some("api")),
        ("aws:role/111122223333/api", None, None),
        ("k8s:-:pay:api", None, Some("api")),
        ("k8s:arn:aws:eks:eu-west-1:123456789012:cluster/x:pay:api", None, Some("api")),
        ("k8s:green:pay:api", None, Some("pinned")),
        ("system:serviceaccount:pay:api", None, Some("api")),
        ("k8s:pay:api", None, None),
        ("k8s:-:xpay:api", None, None),
        ("spiffe:example.org/pay/api", None, Some("api")),
        ("spiffe://example.org/pay/api", None, Some("api")),
        ("gcp:sa:batch@proj.iam.gserviceaccount.com", None, Some("batch")),
        ("Batch@proj.iam.gserviceaccount.com", None, Some("batch")),
        ("entra:app:00000003-0000-0000-c000-000000000000", None, Some("batch")),
        ("entra:sp:00000003-0000-0000-c000-000000000000", None, Some("batch")),
        ("k8s:blue:pay:batch", None, Some("batch")),
        ("k8s:blue:pay:other", None, Some("everything-else-in-blue")),
        ("k8s:green:pay:batch", None, None),
        ("aws:role/123456789012/deploy-web", None, Some("prod-deployers")),
        ("aws:role/111122223333/deploy-web", None, Some("deployers")),
        ("aws:role/123456789012/deploy-pinned", None, Some("pinned")),
        ("aws:role/111122223333/runner", Some("arn:aws:iam::111122223333:role/cicd/runner"), Some("deployers")),
        ("aws:role/111122223333/runner", Some("arn:aws:iam::111122223333:role/runner"), None),
        ("aws:user/123456789012/x", Some("arn:aws:iam::123456789012:role/svc/api"), Some("api")),
        ("aws:federated/123456789012/oidc.eks.eu-west-1.amazonaws.com/id/ABC/system:serviceaccount:pay:api", None, Some("api")),
        ("aws:federated/123456789012/oidc.eks.eu-west-1.amazonaws.com/id/ABC/system:serviceaccount:pay:batch", None, None),
        ("aws:federated/123456789012/oidc.eks.eu-west-1.amazonaws.com/id/ABC/system:serviceaccount:pay:api:x", None, None),
        ("aws:federated/123456789012/ci.example.com/repo:a/b:environment:x/system:serviceaccount:pay:api", None, None),
        ("aws:federated/123456789012/ci.example.com/xsystem:serviceaccount:pay:api", None, None),
        ("gcp:wif:7:pool:system:serviceaccount:pay:API", None, Some("api")),
        ("gcp:wif:7:pool:repo:system:serviceaccount:pay:api", None, None),
        ("okta:user:system:serviceaccount:pay:api", None, None),
        ("github:app:renovate[bot]", None, Some("prod-deployers")),
        ("", None, None),
        ("*", Some(""), None),
        ("k8s:", Some(":"), None),
    ] {
        let found = inventory.resolve(id, raw).map(|index| inventory.workload(index).id.as_str());
        assert_eq!(found, expected, "{id} {raw:?}");
    }
}

#[test]
fn refuses_what_contradicts_itself_and_says_where() {
    for (body, code, line, expected) in [
        (
            "[[workload]]\nid = \"a\"\n[[workload]]\nid = \"A\"\n",
            "duplicate_workload",
            5,
            "workload `A` is declared twice, first in line 3",
        ),
        (
            "[[workload]]\nid = \"a\"\nprincipals = [\"aws:role/1/x\"]\n[[workload]]\nid = \"b\"\nprincipals = [\n \"arn:aws:iam::1:role/p/x\"]\n",
            "duplicate_principal",
            8,
            "the identity `aws:role/1/x` of workload `b` belongs to workload `a` already",
        ),
        ("[[workload]]\nid = \"\"\n", "empty_name", 3, "needs an id"),
        ("[[workload]]\nid = \"a\"\nprincipals = [\" \"]\n", "empty_name", 4, "a principal is empty"),
        ("[[workload]]\nid = \"a\"\nsise = 3\n", "syntax", 4, "unknown field `sise`"),
        ("[[workload]]\nid = \"a\"\nkind = \"robot\"\n", "syntax", 4, "unknown variant `robot`"),
        ("[[workload]]\nid = \"a\"\n[workload.expect]\nmax_tier = 5\n", "out_of_range", 5, "max_tier 5 is not one of 0 to 4"),
        ("[[workload]]\nid = \"a\"\n[workload.expect]\nmax_data_class = -1\n", "out_of_range", 5, "max_data_class -1"),
        ("[[workload]]\nid = \"a\"\n[workload.expect]\nschedule = \"cron: x\"\n", "bad_schedule", 5, "5 fields"),
        ("[[workload]]\nid = \"a\"\n[workload.expect]\nmax_cred_age = \"soon\"\n", "bad_duration", 5, "12h"),
        (
            "[[workload]]\nid = \"a\"\n[workload.expect]\nvolume = { events_per_day = [9, 1] }\n",
            "out_of_range",
            5,
            "from 9 to 1",
        ),
        ("[[workload]]\nid = \"a\"\nowner = { team = \"t\", expires = \"never\" }\n", "bad_date", 4, "2026-12-31"),
        ("[[workload]]\nid = \"a\"\nowner = { team = \"t\", email = \"x\" }\n", "syntax", 4, "unknown field `email`"),
        (
            "[[workload]]\nid = \"a\"\n[[workload.mixture]]\nname = \"m\"\n[[workload.mixture]]\nname = \"m\"\n",
            "duplicate_mixture",
            7,
            "mixture `m`",
        ),
        ("[[zone]]\nname = \"z\"\nclass = \"internal\"\ncidrs = [\"10.0.0.0/33\"]\n", "bad_cidr", 5, "10.0.0.0/33"),
        ("[[zone]]\nname = \"z\"\nclass = \"internal\"\nasns = [\"ASx\"]\n", "bad_asn", 5, "autonomous system"),
        ("[[zone]]\nname = \"z\"\nclass = \"trusted\"\n", "syntax", 4, "unknown variant `trusted`"),
        ("[[zone]]\nname = \"unknown\"\nclass = \"internal\"\n", "reserved_zone", 3, "built in"),
        (
            "[[zone]]\nname = \"z\"\nclass = \"internal\"\n[[zone]]\nname = \"Z\"\nclass = \"partner\"\n",
            "duplicate_zone",
            6,
            "first in line 3",
        ),
        (
            "[[zone]]\nname = \"z\"\nclass = \"internal\"\ncidrs = [\"10.0.0.0/8\"]\n[[zone]]\nname = \"y\"\nclass = \"partner\"\ncidrs = [\"10.9.0.0/8\"]\n",
            "duplicate_network",
            9,
            "in zone `z` already",
        ),
        ("[[data]]\nmatch = [\"s3:*\"]\nclass = 4\n", "out_of_range", 4, "data class 4"),
        ("[[data]]\nclass = 3\n", "syntax", 2, "missing field `match`"),
    ] {
        let text = format!("schema = \"vires-inventory/1\"\n{body}");
        let error = Inventory::from_toml(&text, "inv.toml").unwrap_err();
        let place = &error.places()[0];
        assert_eq!((place.code, place.line), (code, line), "{body}\n{error}");
        assert!(
            error.to_string().starts_with(&format!("inv.toml:{line}:")) && error.to_string().contains(expected),
            "{body}\n{error}"
        );
    }
}

#[test]
fn many_errors_are_told_at_once_but_not_all() {
    let mut text = String::from("schema = \"vires-inventory/1\"\n");
    for _ in 0..100 {
        text.push_str("[[workload]]\nid = \"same\"\n");
    }
    let error = Inventory::from_toml(&text, "i").unwrap_err();
    assert_eq!(error.places().len(), 99);
    assert!(error.to_string().ends_with("… and 79 more"), "{error}");
}

const HEADER: &str = "identity,owner,team,workload,purpose,kind,peer_group,env,status,privileged,shared,agentic,max_tier,max_data_class,zones,regions,accounts,resources,destinations,expires\n";

#[test]
fn reads_csv() {
    let text = format!(
        "\u{feff}{HEADER}{}\r\n{}\n\n{}\n{}\n",
        "aws:role/123456789012/api,j.doe,payments,payments-api,\"serve, and charge\",service,web,prod,active,true,no,,3,2,nat-prod;198.51.100.0/28,eu-west-1,123456789012,dynamodb:pay-*; s3:x,-,2026-12-31",
        "system:serviceaccount:pay:api,,,Payments-API,,,,,,,,,,,,eu-west-2,,,,",
        "aws:user/123456789012/orphan,ops,,,,,,,,,,,,,,,,,,",
        "aws:user/123456789012/nobody,,,,,,,,,,,,,,,,,,,"
    );
    let inventory = Inventory::parse(&text, "INV.CSV").unwrap();
    let found = inventory.resolve("k8s:blue:pay:api", None).map(|i| inventory.workload(i)).unwrap();
    assert_eq!(found.id, "payments-api");
    let owner = found.owner.as_ref().unwrap();
    assert_eq!((owner.team.as_str(), owner.contact.as_deref()), ("payments", Some("j.doe")));
    assert_eq!(owner.expires, vires_event::parse_time("2027-01-01T00:00:00Z"));
    assert_eq!(found.purpose.as_deref(), Some("serve, and charge"));
    assert!(found.privileged && !found.shared && !found.agentic);
    assert_eq!(found.expect.regions.as_ref().unwrap().to_string(), "eu-west-1, eu-west-2");
    assert!(found.expect.resources.as_ref().unwrap().matches("s3:x"));
    assert!(found.expect.destinations.as_ref().unwrap().is_empty());
    assert!(found.expect.actions.is_none());
    assert_eq!(inventory.zones.lookup(Some("198.51.100.3"), None, None).unwrap().name, "198.51.100.0/28");
    assert_eq!((found.line, found.principals[1].line), (2, 3));
    let mapping = |id| inventory.resolve(id, None).map(|i| inventory.workload(i).mapping(0));
    assert_eq!(mapping("aws:user/123456789012/orphan"), Some(Mapping::NoWorkload));
    assert_eq!(mapping("aws:user/123456789012/nobody"), Some(Mapping::NoWorkload));
    assert_eq!(mapping("aws:user/123456789012/ghost"), None);
}

#[test]
fn csv_columns_come_in_any_order_and_number() {
    let inventory = Inventory::from_csv("workload,identity\nw,aws:user/1/x\nw,AWS:user/1/x\n", "i.csv").unwrap();
    assert_eq!(inventory.workloads()[0].principals.len(), 1);
    assert_eq!((inventory.notes()[0].code, inventory.notes()[0].line), ("duplicate_principal", 3));
}

#[test]
fn refuses_bad_csv_and_says_where() {
    for (text, code, line, expected) in [
        ("", "syntax", 1, "no column `identity`"),
        ("identity,color\nx,red\n", "syntax", 1, "unknown column `color`"),
        ("identity,env,env\n", "syntax", 1, "stands twice"),
        ("identity,env\nx\n", "syntax", 2, "1 cells, the header has 2"),
        ("identity,env\n,prod\n", "empty_name", 2, "`identity` is empty"),
        ("identity,kind\nx,robot\n", "unknown_word", 2, "kind `robot` is not one of service, batch"),
        ("identity,status\nx,gone\n", "unknown_word", 2, "status `gone`"),
        ("identity,privileged\nx,maybe\n", "unknown_word", 2, "not true or false"),
        ("identity,max_tier\nx,5\n", "out_of_range", 2, "0 to 4"),
        ("identity,max_data_class\nx,high\n", "out_of_range", 2, "0 to 3"),
        ("identity,team,expires\nx,t,never\n", "bad_date", 2, "never"),
        (
            "identity,workload,team\nx,w,a\ny,w,b\n",
            "contradiction",
            3,
            "owner, team or expires of workload `w` differs from line 2",
        ),
        ("identity,workload\nx,w\nx,v\n", "duplicate_principal", 3, "belongs to workload `w` already"),
    ] {
        let error = Inventory::from_csv(text, "i.csv").unwrap_err();
        let place = &error.places()[0];
        assert_eq!((place.code, place.line), (code, line), "{text}\n{error}");
        assert!(error.to_string().contains(expected), "{text}\n{error}");
    }
}

#[test]
fn loads_by_ending_and_names_the_file() {
    let error = Inventory::load(Path::new("no/such/inventory.toml")).unwrap_err().to_string();
    assert!(error.starts_with("failed to read no/such/inventory.toml: "), "{error}");
}

#[test]
fn a_hundred_thousand_workloads_resolve_without_a_scan() {
    // Each workload with a literal and a glob: a linear scan would make 10^5 × 10^5 comparisons here and never come back.
    let mut text = String::from("schema = \"vires-inventory/1\"\n");
    for i in 0..100_000 {
        text.push_str(&format!("[[workload]]\nid = \"w{i}\"\nprincipals = [\"aws:role/123456789012/r{i}\", \"k8s:c{i}:*\"]\n"));
    }
    let inventory = Inventory::from_toml(&text, "i").unwrap();
    for i in 0..100_000 {
        let index = inventory.resolve(&format!("aws:role/123456789012/r{i}"), None).unwrap();
        assert_eq!(index.0, i);
        assert_eq!(inventory.resolve(&format!("k8s:c{i}:ns:sa"), None), Some(index));
        assert_eq!(inventory.resolve(&format!("aws:user/123456789012/r{i}"), None), None);
    }
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(text in "\\PC{0,200}", id in "\\PC{0,60}", raw in "\\PC{0,60}") {
        let _ = Inventory::from_toml(&text, "i");
        let _ = Inventory::from_toml(&format!("schema = \"vires-inventory/1\"\n[[workload]]\nid = \"{text}\"\n"), "i");
        let _ = Inventory::from_csv(&text, "i");
        let _ = Inventory::from_csv(&format!("identity,owner\n{text}"), "i");
        Inventory::from_toml(RESOLVE, "i").unwrap().resolve(&id, Some(&raw));
    }

    #[test]
    fn a_declared_identity_is_found(name in "[a-zA-Z0-9+=,.@_-]{1,30}", path in "(/[a-z]{1,5}){0,3}") {
        let arn = format!("arn:aws:iam::123456789012:role{path}/{name}");
        let text = format!("schema = \"vires-inventory/1\"\n[[workload]]\nid = \"w\"\nprincipals = [\"{arn}\"]\n");
        let inventory = Inventory::from_toml(&text, "i").unwrap();
        let canonical = format!("aws:role/123456789012/{name}");
        prop_assert!(inventory.resolve(&arn, None).is_some());
        prop_assert!(inventory.resolve(&canonical, None).is_some());
    }
}

/// A member list shows accounts of a code host by their logins, and that is how they get into an inventory.
#[test]
fn a_bare_login_leads_to_its_account() {
    let of = |lists: &[&str]| {
        let workload = |(n, list): (usize, &&str)| format!("[[workload]]\nid = \"w{n}\"\nprincipals = [{list}]\n");
        let text: String = lists.iter().enumerate().map(workload).collect();
        Inventory::from_toml(&format!("schema = \"vires-inventory/1\"\n{text}"), "i.toml").unwrap()
    };
    let found = |inventory: &Inventory, id: &str| inventory.resolve(id, None).map(|index| inventory.workload(index).id.clone());
    let w = |n: usize| Some(format!("w{n}"));

    let one = of(&["\"Release-Bot\""]);
    for id in ["github:user:release-bot", "github:user:Release-Bot", "gitlab:user:release-bot", "release-bot"] {
        assert_eq!(found(&one, id), w(0), "{id}");
    }
    for id in [
        "github:app:release-bot",
        "github:user:release-bot2",
        "person:release-bot",
        "slack:user:release-bot",
        "aws:user/1/release-bot",
    ] {
        assert_eq!(found(&one, id), None, "{id}");
    }
    // Whoever lists the account itself has it, in whatever order and by whatever pattern; the other code host's stays.
    for lists in [["\"bot\"", "\"github:user:bot\""], ["\"bot\"", "\"github:user:b*\""]] {
        let two = of(&lists);
        assert_eq!(found(&two, "github:user:bot"), w(1), "{lists:?}");
        assert_eq!(found(&two, "gitlab:user:bot"), w(0), "{lists:?}");
    }
    assert_eq!(found(&of(&["\"github:user:bot\"", "\"bot\""]), "github:user:bot"), w(0));
    // What could be the name of something else is no login.
    for text in
        ["svc@example.com", "00000003-0000-0000-c000-000000000000", "00T1a2b3c4D5e6F7g8h9", "config.amazonaws.com", "rel*"]
    {
        let other = of(&[&format!("\"{text}\"")]);
        assert_eq!(found(&other, &format!("github:user:{text}")), None, "{text}");
        assert_eq!(found(&other, "github:user:release-bot"), None, "{text}");
    }
}
