//! A made-up estate in which workloads concern each other: keys that one issues and another uses, a network from which several are
//! misused, a tool that all take up, one who does its work alone from elsewhere. Half of all events are one workload's.

use crate::common::{arg, run};
use std::fmt::Write as _;
use std::path::PathBuf;

const ROLES: usize = 12;
const HISTORY: i64 = 20;
const DAYS: i64 = 3;
/// What everybody does every day at these hours.
const HOURS: [i64; 4] = [1, 7, 13, 19];

pub struct Estate {
    pub dir: tempfile::TempDir,
    pub logs: String,
}

struct Call<'a> {
    who: usize,
    /// Minutes since 2026-03-01.
    minute: i64,
    action: (&'a str, &'a str),
    what: &'a str,
    ip: &'a str,
    agent: &'a str,
    key: &'a str,
    more: &'a str,
}

fn usual(who: usize, minute: i64) -> Call<'static> {
    Call {
        who,
        minute,
        action: ("s3", "GetObject"),
        what: "\"bucketName\":\"work\",\"key\":\"in/a.csv\"",
        ip: "198.51.100.4",
        agent: "Boto3/1.34.0",
        key: "ASIAIOSFODNN7EXAMPLE",
        more: "",
    }
}

fn line(call: &Call<'_>, out: &mut String) {
    let Call { who, minute, action: (service, name), what, ip, agent, key, more } = call;
    let (day, hour, minute_of) = (minute / 1440, minute / 60 % 24, minute % 60);
    let _ = writeln!(
        out,
        "{{\"eventVersion\":\"1.11\",\"userIdentity\":{{\"type\":\"AssumedRole\",\"principalId\":\"AROAEXAMPLE:r{who}\",\"arn\":\"arn:aws:sts::123456789012:assumed-role/r{who}/s\",\"accountId\":\"123456789012\",\"accessKeyId\":\"{key}\"}},\"eventTime\":\"2026-03-{:02}T{hour:02}:{minute_of:02}:00Z\",\"eventSource\":\"{service}.amazonaws.com\",\"eventName\":\"{name}\",\"awsRegion\":\"eu-west-1\",\"sourceIPAddress\":\"{ip}\",\"userAgent\":\"{agent}\",\"requestParameters\":{{{what}}},{more}\"eventID\":\"e-{who}-{minute}-{name}\",\"recipientAccountId\":\"123456789012\"}}",
        day + 1
    );
}

fn day(day: i64, out: &mut String) {
    for hour in HOURS {
        for who in 0..ROLES {
            line(&usual(who, (day * 24 + hour) * 60 + who as i64), out);
        }
    }
}

/// What is judged, in the order of time.
fn window() -> String {
    let mut timed: Vec<(i64, String)> = Vec::new();
    let mut put = |call: Call<'_>| {
        let mut text = String::new();
        line(&call, &mut text);
        timed.push((call.minute, text));
    };
    for day in HISTORY..HISTORY + DAYS {
        let noon = (day * 24 + 12) * 60;
        for hour in HOURS {
            for who in 0..ROLES {
                let call = usual(who, (day * 24 + hour) * 60 + who as i64);
                // All but one take up another tool on the second day.
                let agent = if day > HISTORY && who > 0 { "aws-sdk-go-v2/1.30.3" } else { call.agent };
                put(Call { agent, ..call });
            }
        }
        // The one with half of all events.
        for n in 0..(ROLES * HOURS.len()) as i64 {
            put(usual(0, day * 1440 + n * 29 + 15));
        }
        if day > HISTORY {
            // Secrets of several are read from one network that nobody knows.
            for who in 1..5 {
                let what = "\"secretId\":\"prod/payments/key\"";
                let call = usual(who, noon + who as i64);
                put(Call { action: ("secretsmanager", "GetSecretValue"), what, ip: "203.0.113.7", ..call });
            }
            // One does its old work alone from elsewhere, and goes on as if nothing were.
            put(Call { ip: "192.0.2.77", ..usual(5, noon + 30) });
            // Two move together.
            for who in [8, 9] {
                put(Call { ip: "203.0.113.200", ..usual(who, noon + 40 + who as i64) });
            }
        }
    }
    // One gets a key for another role, which is then used.
    let issued = "\"responseElements\":{\"credentials\":{\"accessKeyId\":\"ASIAI44QH8DHBEXAMPLE\"},\"assumedRoleUser\":{\"arn\":\"arn:aws:sts::123456789012:assumed-role/r7/s\"}},";
    let what = "\"roleArn\":\"arn:aws:iam::123456789012:role/r7\",\"roleSessionName\":\"s\"";
    let at = HISTORY * 1440 + 600;
    put(Call { action: ("sts", "AssumeRole"), what, more: issued, ..usual(6, at) });
    put(Call { key: "ASIAI44QH8DHBEXAMPLE", action: ("iam", "CreateUser"), what: "\"userName\":\"x\"", ..usual(7, at + 5) });
    // A machine's log without ids of its own.
    for n in 0..4 {
        let text = format!(
            "<86>1 2026-03-{:02}T12:5{n}:00Z web-1 sshd 812 - - Accepted publickey for svc-backup from 203.0.113.{n} port 4711 ssh2: ED25519 SHA256:AAAA{n}\n",
            HISTORY + 2
        );
        timed.push((HISTORY * 1440 + 1440 + 770 + n, text));
    }
    timed.sort_by_key(|(minute, _)| *minute);
    timed.into_iter().map(|(_, text)| text).collect()
}

const INVENTORY: &str = "schema = \"vires-inventory/1\"

[[zone]]
name = \"nat\"
class = \"internal\"
cidrs = [\"198.51.100.0/28\"]
";

impl Estate {
    pub fn new() -> Self {
        let (dir, mut history) = (tempfile::tempdir().unwrap(), String::new());
        let mut inventory = INVENTORY.to_owned();
        // The last ones nobody knows.
        for who in 0..ROLES - 2 {
            let _ = writeln!(
                inventory,
                "[[workload]]\nid = \"w{who}\"\nowner = {{ team = \"t\" }}\npurpose = \"p\"\npeer_group = \"web\"\nprincipals = [\"aws:role/123456789012/r{who}\"]\n[workload.expect]\nmax_tier = 2\n"
            );
        }
        (0..HISTORY).for_each(|d| day(d, &mut history));
        let estate = Estate { dir, logs: window() };
        std::fs::write(estate.path("inventory.toml"), inventory).unwrap();
        std::fs::write(estate.path("history.ndjson"), history).unwrap();
        let learned = estate.path("baseline.json");
        let paths = (estate.path("history.ndjson"), estate.path("inventory.toml"));
        run(&["learn", arg(&paths.0), "--inventory", arg(&paths.1), "-o", arg(&learned)], b"").ok();
        estate
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// What every process is told.
    pub fn known(&self) -> Vec<String> {
        ["--baseline", arg(&self.path("baseline.json")), "--inventory", arg(&self.path("inventory.toml"))]
            .map(str::to_owned)
            .into()
    }
}
