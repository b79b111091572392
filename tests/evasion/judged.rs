use crate::common::{arg, run};
use crate::estate::{Call, Estate, INVENTORY, line, read};
use crate::{attack, escalated, judge, morning};

/// 2026-03-01T13:00Z in minutes of the estate.
const NOON: i64 = (28 * 24 + 13) * 60;

fn changed(from: &str, to: &str) -> Vec<String> {
    let lines = attack();
    assert!(lines.iter().any(|l| l.contains(from)), "{from}");
    lines.iter().map(|l| l.replace(from, to)).collect()
}

fn appended(members: &str) -> Vec<String> {
    attack().iter().map(|l| format!("{},{members}}}", &l[..l.len() - 1])).collect()
}

/// Many workloads with the habits of `billing`, so that one run can try many disguises: number `n` is called `billing<n>q`.
fn many(estate: &Estate, n: usize) -> Vec<String> {
    let history = read(&estate.path("history/before.ndjson"));
    let (head, block) = INVENTORY.split_at(INVENTORY.rfind("[[workload]]").unwrap());
    let (mut inventory, mut lines) = (head.to_owned(), String::new());
    for name in (0..n).map(|n| format!("billing{n}q")) {
        inventory += &block.replace("billing", &name);
        for line in history.lines().filter(|l| l.contains("billing")).step_by(5) {
            lines += &(line.replace("billing", &name) + "\n");
        }
    }
    let history = estate.write("many.ndjson", &lines);
    let (inventory, learnt) = (estate.write("inventory.toml", &inventory), estate.path("learned.json"));
    run(&["learn", arg(&history), "--inventory", arg(&inventory), "-o", arg(&learnt)], b"").ok();
    (0..n).map(|n| format!("billing{n}q")).collect()
}

/// The theft of the estate, with fields of it written otherwise: somebody is told all the same.
#[test]
fn a_theft_in_disguise_still_escalates() {
    let huge = "x".repeat(100_000);
    let wrapped = |line: &String| {
        format!(r#"{{"@timestamp":"1970-01-01T00:00:00Z","message":{}}}"#, serde_json::to_string(line).unwrap())
    };
    let cases = [
        ("as it is", attack()),
        ("with a verdict of its own", appended(r#""nhi":{"v":1,"tagged":false,"verdict":"suppress","workload":"orders"}"#)),
        ("with a session that is called like a person", changed("billing/billing", "billing/alice@example.com")),
        ("called a service event", changed("AwsApiCall", "AwsServiceEvent")),
        ("no address", changed(r#""sourceIPAddress":"203.0.113.7","#, "")),
        ("an address of another type", changed(r#""203.0.113.7""#, r#"["203.0.113.7"]"#)),
        ("a trusted address in front of it", changed("203.0.113.7", "198.51.100.4, 203.0.113.7")),
        ("a trusted address behind it", appended(r#""sourceIPAddress":"198.51.100.4""#)),
        ("another spelling of the address", changed("203.0.113.7", "::ffff:203.0.113.7")),
        ("a trusted address in octal", changed("203.0.113.7", "198.051.100.004")),
        ("a service for an address", changed("203.0.113.7", "s3.amazonaws.com")),
        ("a host that is called like a service", changed("203.0.113.7", "s3.amazonaws.com.example.net")),
        ("a huge object name", changed("dump/", &format!("{huge}dump/"))),
        ("a huge object name behind", changed(".gz", &huge)),
        ("a huge user agent", changed("Boto3/1.34.0", &huge)),
        ("another case", changed("dump/", "DUMP/")),
        ("a path with dots", changed("dump/", "in/../dump/")),
        ("a path with percent signs", changed("dump/", "dump%2F")),
        ("a NUL in the name", changed("dump/", r"du\u0000mp/")),
        ("a letter of no width", changed("dump/", r"du\u200bmp/")),
        ("a letter that looks alike", changed("dump/", "dum\u{440}/")),
        ("a list for an object name", changed(r#""dump/payroll.sql.gz""#, r#"["dump/payroll.sql.gz"]"#)),
        ("a harmless name behind the object's", changed(r#"gz"}"#, r#"gz","key":"in/a.csv"}"#)),
        ("the id of an event that was seen", changed("evil-0", "seen")),
        ("one id for all", changed("evil-1", "evil-0")),
        ("no id", changed("\"eventID\"", "\"x\"")),
        ("seconds for a time", changed("\"2026-03-01T13:00:00Z\"", "1772370000")),
        ("in an envelope with another time", attack().iter().map(wrapped).collect()),
    ];
    let estate = Estate::new();
    let workloads = many(&estate, cases.len());
    let (mut lines, mut owners) = (Vec::new(), Vec::new());
    for ((name, attack), workload) in cases.iter().zip(&workloads) {
        let before = call("GetObject", "in/a.csv", "198.51.100.4", NOON - 60, "seen");
        for line in [vec![before], attack.clone()].concat() {
            lines.push(line.replace("billing", workload));
            owners.push((*name, workload));
        }
    }
    let objects = judge(&estate, &lines);
    assert!(objects.iter().zip(&owners).all(|(o, (_, workload))| o["workload"] == **workload));
    for (name, told) in objects.chunks(3).zip(owners.chunks(3)).map(|(told, owners)| (owners[0].0, told)) {
        assert!(!escalated(&told[0]), "{name}: what is usual is quiet");
        assert!(told[1..].iter().any(escalated), "{name}: {told:?}");
    }
}

/// What was refused did no harm yet, and weighs less: it is not quiet.
#[test]
fn a_theft_that_is_called_denied_is_at_least_watched() {
    let estate = Estate::new();
    let objects = judge(&estate, &[morning(&estate), appended(r#""errorCode":"AccessDenied""#)].concat());
    let last = objects.last().unwrap();
    assert!(["watch", "escalate", "page"].contains(&last["verdict"].as_str().unwrap()), "{last}");
}

/// Names that look like a workload that is trusted: the identity is either that workload, and is held to its profile, or nobody
/// knows it, and that is said.
#[test]
fn a_name_that_looks_trusted_is_never_quiet() {
    let estate = Estate::new();
    let names = [
        "Orders",
        "orders ",
        "ord\u{435}rs",
        "orders\\u0000",
        "orders\\u200b",
        "orders/../billing",
        "AWSServiceRoleForOrders",
        "admin",
    ];
    let lines: Vec<String> = names
        .iter()
        .flat_map(|name| {
            changed("/billing", &format!("/{name}")).into_iter().map(move |l| l.replace("\"billing\"", &format!("\"{name}\"")))
        })
        .collect();
    for (at, object) in judge(&estate, &lines).iter().enumerate() {
        let (name, verdict) = (names[at / 2], object["verdict"].as_str().unwrap());
        assert!(escalated(object) || verdict == "cannot_judge", "{name}: {object}");
        assert!(verdict != "cannot_judge" || object["mapping"] == "ghost", "{name}: {object}");
    }
    // The role of that name in somebody else's account is somebody else.
    let objects = judge(&estate, &changed("123456789012", "111122223333"));
    assert!(objects.iter().all(|o| o["mapping"] == "ghost" && o["verdict"] == "cannot_judge"), "{objects:?}");
}

fn call(name: &str, key: &str, ip: &str, minute: i64, id: &str) -> String {
    line(&Call { role: "billing", name, key, ip, minute, id }).trim_end().to_owned()
}

/// A flood on the day of the theft, of what is usual, of new addresses, of new actions, or of identities nobody knows.
#[test]
fn a_flood_does_not_cover_the_theft() {
    let estate = Estate::new();
    let flood = |n: usize, one: &dyn Fn(usize) -> String| -> Vec<String> { (0..n).map(one).collect() };
    for (name, mut lines) in [
        ("usual calls", flood(1000, &|n| call("GetObject", "in/a.csv", "198.51.100.4", NOON - 60, &format!("f{n}")))),
        (
            "new addresses",
            flood(500, &|n| call("GetObject", "in/a.csv", &format!("192.0.2.{}", n % 250), NOON - 60, &format!("f{n}"))),
        ),
        (
            "new actions",
            flood(500, &|n| call(&format!("GetThing{n}"), "in/a.csv", "198.51.100.4", NOON - 60, &format!("f{n}"))),
        ),
        ("new objects", flood(1000, &|n| call("GetObject", &format!("tmp/{n}"), "198.51.100.4", NOON - 60, &format!("f{n}")))),
        (
            "new identities",
            flood(2000, &|n| {
                call("GetObject", "in/a.csv", "198.51.100.4", NOON - 60, &format!("f{n}")).replace("billing", &format!("w{n}q"))
            }),
        ),
    ] {
        let at = lines.len();
        lines.extend(attack());
        let objects = judge(&estate, &lines);
        assert!(objects[at..].iter().all(|o| o["workload"] == "billing" && escalated(o)), "{name}: {:?}", &objects[at..]);
    }
}

/// A limit: without a time there is nothing to judge an event by. It is tagged all the same.
#[test]
fn without_a_time_there_is_no_verdict_and_the_tags_stay() {
    let estate = Estate::new();
    let times = ["\"yesterday\"", "[\"2026-03-01T13:00:00Z\"]", "null", "{}"];
    let lines: Vec<String> = times.iter().map(|time| attack()[0].replace("\"2026-03-01T13:00:00Z\"", time)).collect();
    for (time, object) in times.iter().zip(judge(&estate, &lines)) {
        assert!(object.get("verdict").is_none() && object["id"] == "aws:role/123456789012/billing", "{time}: {object}");
    }
}

/// People whom the inventory does not list are not judged; what a caller chooses makes nobody a person: neither the name of a session
/// nor of a role, nor the agent.
#[test]
fn an_unlisted_role_does_not_hide_behind_the_marks_of_a_person() {
    let estate = Estate::new();
    let session = |role: &str, session: &str| -> Vec<String> {
        let lines = changed("assumed-role/billing/billing", &format!("assumed-role/{role}/{session}"));
        let lines = lines.iter().map(|l| l.replace("role/billing", &format!("role/{role}")));
        lines.map(|l| l.replace("\"userName\":\"billing\"", &format!("\"userName\":\"{role}\""))).collect()
    };
    let browser = |lines: Vec<String>| -> Vec<String> {
        lines.iter().map(|l| l.replace("Boto3/1.34.0", "Mozilla/5.0 (X11; Linux x86_64) Firefox/128.0")).collect()
    };
    for (name, lines) in [
        ("a session", session("ghost", "run-7")),
        ("an address for a session", session("ghost", "alice@example.com")),
        ("a browser beside it", browser(session("ghost", "alice@example.com"))),
        ("a role like those of single sign-on", session("AWSReservedSSO_Admin_0123456789abcdef", "alice@example.com")),
    ] {
        for object in judge(&estate, &lines) {
            assert!(object["verdict"] == "cannot_judge" || escalated(&object), "{name}: {object}");
        }
    }
    // Who is one is left alone: in single sign-on, at the console, with a second factor.
    let role = "AWSReservedSSO_Admin_0123456789abcdef";
    let reserved = format!("role/aws-reserved/sso.amazonaws.com/{role}");
    let signed_on: Vec<String> = session(role, "alice@example.com")
        .iter()
        .map(|l| l.replace(&format!("iam::123456789012:role/{role}"), &format!("iam::123456789012:{reserved}")))
        .collect();
    assert!(signed_on.iter().all(|l| l.contains(&reserved)));
    let console: Vec<String> = session("ghost", "alice@example.com")
        .iter()
        .map(|l| format!("{},\"sessionCredentialFromConsole\":\"true\"}}", &l[..l.len() - 1]))
        .collect();
    for lines in [signed_on, console] {
        for object in judge(&estate, &lines) {
            assert!(object.get("verdict").is_none() && object["actor"] == "human", "{object}");
        }
    }
}

/// An event far in the future, wherever it stands, makes nobody forget. Two identities that claim the same future are believed:
/// that is a limit.
#[test]
fn an_event_from_the_future_makes_nobody_forget() {
    let estate = Estate::new();
    let usual =
        |time: &str, id: &str| call("GetObject", "in/a.csv", "198.51.100.4", NOON, id).replace("2026-03-01T13:00:00Z", time);
    for time in ["2026-03-02T13:00:00Z", "2026-04-01T13:00:00Z", "2027-03-01T13:00:00Z", "9999-12-31T23:59:59Z"] {
        for who in ["billing", "orders", "nobody"] {
            let future = |id: &str| usual(time, id).replace("billing", who);
            let after = usual("2026-03-01T13:30:00Z", "after");
            let before = [vec![future("f")], attack(), vec![after.clone()]].concat();
            let behind = [morning(&estate), attack(), (0..9).map(|n| future(&format!("f{n}"))).collect(), vec![after]].concat();
            for lines in [before, behind] {
                let last = judge(&estate, &lines).pop().unwrap();
                assert!(escalated(&last), "{time} of {who}: {last}");
            }
        }
    }
    let two = ["billing", "orders"].map(|who| usual("2027-03-01T13:00:00Z", who).replace("billing", who));
    let lines = [attack(), two.to_vec(), vec![usual("2026-03-01T13:30:00Z", "after")]].concat();
    let last = judge(&estate, &lines).pop().unwrap();
    assert!(!escalated(&last), "the limit of SECURITY.md is gone: {last}");
}
