use super::*;
use vires_event::parse_time;

/// The example of the contract, to the letter.
const CONTRACT: &str = r#"
schema = "vires-exceptions/1"

[[exception]]
id = "CHG-1234"
identities = ["payments-api", "group:web-service"]     # workload ids, canonical ids, group:<peer_group>; `*` globs
facet = "region"                                        # action|resource|zone|region|account|credential|destination|delegator|user_agent|time|volume; absent = all
values = ["us-west-2"]                                  # globs; absent = all of the facet
codes = []                                              # optional: evidence codes
from = 2026-03-01T00:00:00Z
until = 2026-03-03T00:00:00Z                            # required
approver = "j.doe"                                      # required
ticket = "CHG-1234"
kind = "change"                                         # change|pentest|breakglass|accepted|incident
"#;

fn at(text: &str) -> Millis {
    parse_time(text).unwrap()
}

fn claim() -> Claim<'static> {
    Claim {
        workload: "payments-api",
        identity: "aws:role/123456789012/payments-api",
        peer_group: None,
        code: "T6",
        facet: "region",
        value: "us-west-2",
        ip: Some("198.51.100.3"),
        zone: Some("nat-prod"),
        unknown_network: false,
        at: at("2026-03-02T00:00:00Z"),
    }
}

#[test]
fn excuses_what_the_contract_example_says() {
    let exceptions = Exceptions::from_toml(CONTRACT, "exceptions.toml").unwrap();
    let base = claim();
    for (claim, expected) in [
        (base, true),
        (Claim { value: "US-WEST-2", ..base }, true),
        (Claim { value: "us-west-1", ..base }, false),
        (Claim { facet: "zone", ..base }, false),
        (Claim { code: "anything", ..base }, true),
        (Claim { workload: "other", ..base }, false),
        (Claim { workload: "other", peer_group: Some("web-service"), ..base }, true),
        (Claim { at: at("2026-03-01T00:00:00Z"), ..base }, true),
        (Claim { at: at("2026-02-28T23:59:59Z"), ..base }, false),
        (Claim { at: at("2026-03-03T00:00:00Z"), ..base }, false),
        (Claim { unknown_network: true, zone: Some("unknown"), ip: Some("203.0.113.9"), ..base }, false),
    ] {
        assert_eq!(exceptions.matches(&claim).is_some(), expected, "{claim:?}");
    }
    let exception = exceptions.iter().next().unwrap();
    assert_eq!((exception.days(), exception.line, exception.kind), (Some(2), 5, ExceptionKind::Change));
}

fn with(body: &str) -> Exceptions {
    let head = "schema = \"vires-exceptions/1\"\n[[exception]]\nid = \"E\"\nidentities = [\"payments-api\"]\nuntil = 2026-12-31\napprover = \"a\"\n";
    Exceptions::from_toml(&format!("{head}{body}"), "e").unwrap()
}

#[test]
fn an_unknown_network_must_be_named() {
    let unknown = Claim {
        facet: "zone",
        value: "unknown",
        zone: Some("unknown"),
        ip: Some("203.0.113.9"),
        unknown_network: true,
        ..claim()
    };
    for (body, expected) in [
        ("kind = \"pentest\"\nfacet = \"zone\"\nvalues = [\"203.0.113.0/24\"]\n", true),
        ("kind = \"breakglass\"\nfacet = \"zone\"\nvalues = [\"203.0.113.9\"]\n", true),
        ("kind = \"pentest\"\nfacet = \"zone\"\nvalues = [\"net:203.0.113.0/24\"]\n", true),
        ("kind = \"pentest\"\nfacet = \"zone\"\nvalues = [\"198.51.100.0/24\"]\n", false),
        ("kind = \"change\"\nfacet = \"zone\"\nvalues = [\"203.0.113.0/24\"]\n", false),
        ("kind = \"accepted\"\nfacet = \"zone\"\nvalues = [\"203.0.113.0/24\"]\n", false),
        ("kind = \"pentest\"\nfacet = \"zone\"\nvalues = [\"0.0.0.0/0\"]\n", false),
        ("kind = \"pentest\"\nfacet = \"zone\"\nvalues = [\"*\"]\n", false),
        ("kind = \"pentest\"\nfacet = \"zone\"\nvalues = [\"unknown\"]\n", false),
        ("kind = \"pentest\"\nfacet = \"zone\"\nvalues = [\"u*\"]\n", false),
        ("kind = \"pentest\"\nfacet = \"zone\"\n", false),
        ("kind = \"pentest\"\n", false),
        ("kind = \"pentest\"\nvalues = [\"203.0.113.0/24\"]\n", false),
    ] {
        assert_eq!(with(body).matches(&unknown).is_some(), expected, "{body}");
    }
    // A declared zone of class unknown may be named.
    let lounge = Claim { value: "lounge", zone: Some("lounge"), ..unknown };
    assert!(with("kind = \"pentest\"\nfacet = \"zone\"\nvalues = [\"Lounge\"]\n").matches(&lounge).is_some());
    assert!(with("kind = \"pentest\"\nfacet = \"zone\"\nvalues = [\"l*\"]\n").matches(&lounge).is_none());
}

#[test]
fn once_the_network_is_named_a_pentest_excuses_what_is_done_from_it() {
    let head = "[[exception]]\nid = \"N\"\nidentities = [\"payments-api\"]\nuntil = 2026-12-31\napprover = \"a\"\n";
    let action = Claim {
        facet: "action",
        value: "iam:CreateUser",
        zone: Some("unknown"),
        ip: Some("203.0.113.9"),
        unknown_network: true,
        ..claim()
    };
    for (kind, expected) in [("pentest", true), ("change", false)] {
        let both =
            with(&format!("kind = \"{kind}\"\n{head}kind = \"pentest\"\nfacet = \"zone\"\nvalues = [\"203.0.113.0/24\"]\n"));
        assert_eq!(both.matches(&action).map(|e| e.id.as_str()), expected.then_some("E"), "{kind}");
        assert!(both.matches(&Claim { ip: Some("203.0.114.9"), ..action }).is_none());
    }
}

#[test]
fn networks_and_codes_narrow() {
    let zone = Claim { facet: "zone", value: "dc", zone: Some("dc"), ..claim() };
    assert!(with("facet = \"zone\"\nvalues = [\"198.51.100.0/24\"]\n").matches(&zone).is_some());
    assert!(with("facet = \"zone\"\nvalues = [\"192.0.2.0/24\", \"DC\"]\n").matches(&zone).is_some());
    assert!(with("facet = \"zone\"\nvalues = [\"192.0.2.0/24\"]\n").matches(&zone).is_none());
    assert!(with("codes = [\"T1\", \"t6\"]\n").matches(&claim()).is_some());
    assert!(with("codes = [\"T1\"]\n").matches(&claim()).is_none());
    assert!(with("values = []\nfacet = \"region\"\n").matches(&claim()).is_none());
}

#[test]
fn identities_may_be_raw_or_globs() {
    for (identity, expected) in [
        ("arn:aws:iam::123456789012:role/svc/payments-api", true),
        ("aws:role/123456789012/*", true),
        ("payments-*", true),
        ("group:*", false),
        ("aws:role/111122223333/*", false),
    ] {
        let text = CONTRACT.replace("\"payments-api\", \"group:web-service\"", &format!("\"{identity}\""));
        assert_eq!(Exceptions::from_toml(&text, "e").unwrap().matches(&claim()).is_some(), expected, "{identity}");
    }
}

#[test]
fn refuses_what_nobody_answers_for() {
    for (remove, add, code, line, expected) in [
        ("until = 2026-03-03T00:00:00Z", "", "no_expiry", 5, "`CHG-1234` never expires"),
        ("approver = \"j.doe\"", "", "no_approver", 5, "has no approver"),
        ("approver = \"j.doe\"", "approver = \" \"", "no_approver", 5, "has no approver"),
        ("until = 2026-03-03T00:00:00Z", "until = 2026-02-03T00:00:00Z", "empty_span", 11, "ends before it starts"),
        ("until = 2026-03-03T00:00:00Z", "until = \"someday\"", "bad_date", 11, "2026-03-03T00:00:00Z"),
        ("identities = [\"payments-api\", \"group:web-service\"]", "identities = []", "no_identities", 5, "for nobody"),
        ("facet = \"region\"", "facet = \"colour\"", "syntax", 7, "unknown variant `colour`"),
        ("kind = \"change\"", "kind = \"whim\"", "syntax", 14, "unknown variant `whim`"),
        ("ticket = \"CHG-1234\"", "tickets = \"CHG-1234\"", "syntax", 13, "unknown field `tickets`"),
        (
            "[[exception]]",
            "[[exception]]\nid = \"CHG-1234\"\nidentities = [\"x\"]\nuntil = 2026-01-01\napprover = \"a\"\n[[exception]]",
            "duplicate_exception",
            10,
            "first in line 5",
        ),
    ] {
        let text = CONTRACT.replace(remove, add);
        assert_ne!(text, CONTRACT, "{remove}");
        let error = Exceptions::from_toml(&text, "e.toml").unwrap_err();
        let place = &error.places()[0];
        assert_eq!((place.code, place.line), (code, line), "{error}");
        assert!(error.to_string().contains(expected), "{error}");
    }
}

#[test]
fn tells_its_status() {
    let narrow = "facet = \"region\"\nvalues = [\"x\"]\nfrom = 2026-12-01\n";
    for (body, now, uses, expected) in [
        (narrow, "2026-12-02T00:00:00Z", 1, ExceptionStatus::Active),
        (narrow, "2026-12-26T00:00:00Z", 1, ExceptionStatus::Expiring),
        (narrow, "2027-01-01T00:00:00Z", 1, ExceptionStatus::Expired),
        (narrow, "2026-12-02T00:00:00Z", 0, ExceptionStatus::Unused),
        (narrow, "2026-11-02T00:00:00Z", 0, ExceptionStatus::Active),
        ("kind = \"change\"\n", "2026-12-02T00:00:00Z", 1, ExceptionStatus::OverBroad),
        ("kind = \"pentest\"\n", "2026-12-02T00:00:00Z", 1, ExceptionStatus::Active),
        ("facet = \"zone\"\nvalues = [\"0.0.0.0/0\"]\n", "2026-12-02T00:00:00Z", 1, ExceptionStatus::OverBroad),
    ] {
        let exceptions = with(body);
        assert_eq!(exceptions.iter().next().unwrap().status(at(now), uses), expected, "{body} {now}");
    }
}
