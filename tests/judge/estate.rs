//! A small estate: three workloads with a month of habits, one identity nobody knows.

use crate::common::arg;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// An AWS record. `minute` counts from 2026-02-01.
pub struct Call<'a> {
    pub role: &'a str,
    pub name: &'a str,
    pub key: &'a str,
    pub ip: &'a str,
    pub minute: i64,
    pub id: &'a str,
}

pub fn line(call: &Call<'_>) -> String {
    let (day, hour, minute) = (call.minute / 1440, call.minute / 60 % 24, call.minute % 60);
    // February 2026 has 28 days.
    let (month, day) = if day < 28 { (2, day + 1) } else { (3, day - 27) };
    let (role, name, key, ip, id) = (call.role, call.name, call.key, call.ip, call.id);
    format!(
        "{{\"eventVersion\":\"1.11\",\"userIdentity\":{{\"type\":\"AssumedRole\",\"principalId\":\"AROAEXAMPLE:{role}\",\"arn\":\"arn:aws:sts::123456789012:assumed-role/{role}/{role}\",\"accountId\":\"123456789012\",\"accessKeyId\":\"ASIAIOSFODNN7EXAMPLE\",\"sessionContext\":{{\"sessionIssuer\":{{\"type\":\"Role\",\"arn\":\"arn:aws:iam::123456789012:role/{role}\",\"accountId\":\"123456789012\",\"userName\":\"{role}\"}}}}}},\"eventTime\":\"2026-{month:02}-{day:02}T{hour:02}:{minute:02}:00Z\",\"eventSource\":\"s3.amazonaws.com\",\"eventName\":\"{name}\",\"awsRegion\":\"eu-west-1\",\"sourceIPAddress\":\"{ip}\",\"userAgent\":\"Boto3/1.34.0\",\"requestParameters\":{{\"bucketName\":\"{role}-data\",\"key\":\"{key}\"}},\"eventID\":\"{id}\",\"eventType\":\"AwsApiCall\",\"recipientAccountId\":\"123456789012\",\"big\":12345678901234567890}}\n"
    )
}

const ROLES: [&str; 3] = ["orders", "billing", "search"];
/// The first day that is judged.
const TODAY: i64 = 28;

fn habits(days: std::ops::Range<i64>) -> String {
    let mut out = String::new();
    for day in days {
        for hour in [6, 9, 12, 15, 18] {
            for role in ROLES {
                let minute = (day * 24 + hour) * 60 + role.len() as i64;
                let id = format!("{role}-{minute}");
                out += &line(&Call { role, name: "GetObject", key: "in/a.csv", ip: "198.51.100.4", minute, id: &id });
                out += &line(&Call {
                    role,
                    name: "PutObject",
                    key: "out/b.csv",
                    ip: "198.51.100.4",
                    minute: minute + 1,
                    id: &format!("{id}-w"),
                });
            }
        }
    }
    out
}

/// The attack: restricted data, from a network that nobody named.
pub fn attack() -> String {
    let mut out = String::new();
    for (n, key) in ["dump/payroll.sql.gz", "dump/customers-pii.csv"].into_iter().enumerate() {
        let minute = (TODAY * 24 + 13) * 60 + n as i64;
        out += &line(&Call { role: "billing", name: "GetObject", key, ip: "203.0.113.7", minute, id: &format!("evil-{n}") });
    }
    out
}

pub const INVENTORY: &str = "schema = \"vires-inventory/1\"\n
[[zone]]
name = \"nat\"
class = \"internal\"
cidrs = [\"198.51.100.0/28\"]

[[data]]
match = [\"s3:*/dump/*\"]
class = 3

[[workload]]
id = \"orders\"
owner = { team = \"shop\" }
purpose = \"take orders\"
kind = \"service\"
principals = [\"aws:role/123456789012/orders\"]
[workload.expect]
zones = [\"nat\"]

[[workload]]
id = \"billing\"
owner = { team = \"finance\" }
purpose = \"write invoices\"
kind = \"batch\"
principals = [\"arn:aws:iam::123456789012:role/billing\"]
[workload.expect]
zones = [\"nat\"]
max_data_class = 2
";

/// The estate as a folder, with the lines to judge and the baseline as files of their own.
pub struct Estate {
    pub dir: tempfile::TempDir,
    pub today: String,
}

impl Estate {
    pub fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let (quiet, evil) = (habits(TODAY..TODAY + 2), attack());
        let mut today = String::new();
        let mut done = false;
        for (n, line) in quiet.lines().enumerate() {
            // Lines that are not judged stand between the others.
            if n % 7 == 3 {
                today += ["\n", "plain text\n", "{\"a\":1}\n", "[1]\r\n"][n / 7 % 4];
            }
            if !done && line.contains("T15:") {
                today += &evil;
                done = true;
            }
            let _ = writeln!(today, "{line}");
        }
        assert!(done && today.contains("T13:00:00Z"));
        let estate = Estate { dir, today };
        for folder in ["logs", "history"] {
            std::fs::create_dir(estate.path(folder)).unwrap();
        }
        std::fs::write(estate.path("logs/today.ndjson"), &estate.today).unwrap();
        std::fs::write(estate.path("history/before.ndjson"), habits(0..TODAY)).unwrap();
        std::fs::write(estate.path("inventory.toml"), INVENTORY).unwrap();
        let (history, inventory) = (estate.path("history/before.ndjson"), estate.path("inventory.toml"));
        let learnt = estate.path("learned.json");
        crate::common::run(&["learn", arg(&history), "--inventory", arg(&inventory), "-o", arg(&learnt)], b"").ok();
        estate
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub fn write(&self, name: &str, text: &str) -> PathBuf {
        std::fs::write(self.path(name), text).unwrap();
        self.path(name)
    }

    /// `vires judge` with this estate's baseline and inventory, and these further arguments.
    pub fn args(&self, more: &[&str]) -> Vec<String> {
        let mut args: Vec<String> = ["judge", "--baseline"].map(str::to_owned).into();
        args.push(arg(&self.path("learned.json")).to_owned());
        args.push("--inventory".to_owned());
        args.push(arg(&self.path("inventory.toml")).to_owned());
        args.extend(more.iter().map(|a| (*a).to_owned()));
        args
    }
}

pub fn refs(args: &[String]) -> Vec<&str> {
    args.iter().map(String::as_str).collect()
}

/// The `nhi` object of each line.
pub fn objects(stdout: &[u8]) -> Vec<serde_json::Value> {
    let text = std::str::from_utf8(stdout).unwrap();
    text.lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap_or_else(|e| panic!("{e}: {line}"))["nhi"].take())
        .collect()
}

pub fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap()
}
