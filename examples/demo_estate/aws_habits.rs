//! What the identities of the AWS account do each day.

use crate::clock::{Day, HOUR, MINUTE, SECOND, TUESDAY, WEDNESDAY, seconds};
use crate::cloudtrail::{
    Call, Caller, assume_with_oidc, decrypt, listing, names, object, params, record, secret, table, whoami,
};
use crate::journal::Journal;
use crate::rng::Rng;

const PROD: &str = "198.51.100.4";
const DR: &str = "198.51.100.66";
const DATA: &str = "198.51.100.34";
const RUNNER: &str = "203.0.113.36";
const BOTO: &str = "Boto3/1.37.1 md/Botocore#1.37.1 ua/2.0 os/linux#6.1.119 md/arch#x86_64 lang/python#3.12.9";
const CLI: &str = "aws-cli/2.24.10 md/awscrt#0.23.8 ua/2.0 os/linux#6.8.0 md/arch#x86_64 lang/python#3.12.9 md/prompt#off";
const TERRAFORM: &str =
    "APN/1.0 HashiCorp/1.0 Terraform/1.11.0 (+https://www.terraform.io) terraform-provider-aws/5.88.0 aws-sdk-go-v2/1.36.1";

pub fn day(j: &mut Journal, day: Day) {
    for service in &SERVICES {
        web(j, day, service);
    }
    loader(j, day);
    reports(j, day);
    billing(j, day);
    backup(j, day);
    users(j, day);
    rotator(j, day);
    deployer(j, day);
    terraform(j, day);
    auditor(j, day);
}

/// A web service: pods that read and write their own tables.
struct Service {
    role: &'static str,
    daily: i64,
    tables: &'static [&'static str],
    secret: &'static str,
    queue: &'static str,
    key: &'static str,
    /// Took part in the failover exercise.
    exercised: bool,
    /// The first day it ran, with the hour.
    since: (Day, i64),
}

const SERVICES: [Service; 5] = [
    Service {
        role: "svc/payments-api",
        daily: 118,
        tables: &["pay-orders", "pay-cards", "pay-ledger"],
        secret: "prod/payments/db",
        queue: "pay-events",
        key: "1234abcd-12ab-34cd-56ef-1234567890ab",
        exercised: false,
        since: (Day(0), 0),
    },
    Service {
        role: "svc/payments-refunds",
        daily: 70,
        tables: &["pay-refunds", "pay-orders"],
        secret: "prod/payments/refunds",
        queue: "pay-events",
        key: "1234abcd-12ab-34cd-56ef-1234567890ab",
        exercised: false,
        since: (TUESDAY, 11),
    },
    Service {
        role: "svc/checkout-api",
        daily: 95,
        tables: &["shop-baskets", "shop-vouchers"],
        secret: "prod/checkout/session",
        queue: "shop-events",
        key: "2345bcde-23bc-45de-67f0-234567890abc",
        exercised: true,
        since: (Day(0), 0),
    },
    Service {
        role: "svc/orders-api",
        daily: 95,
        tables: &["shop-orders", "shop-shipments"],
        secret: "prod/orders/db",
        queue: "shop-events",
        key: "2345bcde-23bc-45de-67f0-234567890abc",
        exercised: true,
        since: (Day(0), 0),
    },
    Service {
        role: "svc/catalog-api",
        daily: 70,
        tables: &["shop-catalog", "shop-prices"],
        secret: "prod/catalog/search",
        queue: "shop-events",
        key: "2345bcde-23bc-45de-67f0-234567890abc",
        exercised: false,
        since: (Day(0), 0),
    },
];

/// A pod's session of a role; pods live for the day.
pub fn pod(role: &str, day: Day, rng: &mut Rng) -> Caller {
    let name = role.rsplit('/').next().unwrap_or(role);
    let session = format!(
        "eks-prod-eu-{name}-{}-{}",
        rng.text(9, "bcdfghjklmnpqrstvwxz2456789"),
        rng.text(5, "bcdfghjklmnpqrstvwxz2456789")
    );
    // The library was raised in the third week.
    let patch = if day >= Day(16) { 5 } else { 3 };
    let agent = format!("aws-sdk-go-v2/1.36.{patch} ua/2.1 os/linux lang/go#1.23.8 md/GOOS#linux md/GOARCH#amd64");
    Caller::role(role, &session, day.at(0, 3), PROD, &agent, rng)
}

fn web(j: &mut Journal, day: Day, s: &Service) {
    if day < s.since.0 {
        return;
    }
    let rng = &mut Rng::of(&format!("{}/{}", s.role, day.0));
    let home = pod(s.role, day, rng);
    let begins = if day == s.since.0 { day.at(s.since.1, 4) } else { day.start() };
    let share = if day.is_workday() { rng.between(90, 112) } else { rng.between(66, 84) };
    for hour in [0, 6, 12, 18] {
        let at = day.at(hour, 3) + rng.between(0, 40 * SECOND);
        if at >= begins {
            record(j, at, &home, secret("GetSecretValue", s.secret, "eu-west-1"), rng);
        }
    }
    if day == s.since.0 && begins > day.start() {
        record(j, begins, &home, secret("GetSecretValue", s.secret, "eu-west-1"), rng);
    }
    for _ in 0..s.daily * share / 100 {
        let at = day.busy_moment(rng);
        if at < begins {
            continue;
        }
        let away = s.exercised && day == WEDNESDAY && (day.at(4, 0)..day.at(7, 0)).contains(&at);
        let caller = if away { home.at(DR, "eu-central-1") } else { home.clone() };
        let region = caller.region.clone();
        let mut call = match rng.below(100) {
            0..=54 => table("GetItem", rng.pick(s.tables), &region),
            55..=69 => table("Query", rng.pick(s.tables), &region),
            70..=84 => table("PutItem", rng.pick(s.tables), &region),
            85..=91 => decrypt(s.key, s.tables[0], &region),
            _ => {
                let url = format!("https://sqs.{region}.amazonaws.com/123456789012/{}", s.queue);
                Call::new("sqs", "SendMessage", params(&[("queueUrl", &url)]))
            }
        };
        if rng.below(400) == 0 {
            call = call.denied();
        }
        record(j, at, &caller, call, rng);
    }
    if s.exercised && day == WEDNESDAY {
        // The other region was not at rest during the exercise: more than the night's share of requests, sent there on purpose.
        let away = home.at(DR, "eu-central-1");
        record(j, day.at(4, 1), &away, secret("GetSecretValue", s.secret, "eu-central-1"), rng);
        for _ in 0..28 {
            let at = day.at(4, 2) + rng.between(0, 170 * MINUTE);
            let name = rng.pick(&["GetItem", "GetItem", "Query", "PutItem"]);
            record(j, at, &away, table(name, rng.pick(s.tables), "eu-central-1"), rng);
        }
    }
}

/// Every hour: what came in is loaded and laid down by date.
fn loader(j: &mut Journal, day: Day) {
    let rng = &mut Rng::of(&format!("etl-loader/{}", day.0));
    let date = &seconds(day.start())[..10].replace('-', "/");
    let instance = if day.0 < 14 { "i-0abcdef1234567890" } else { "i-0fedcba0987654321" };
    let caller = Caller::role("batch/etl-loader", instance, day.at(0, 1), DATA, BOTO, rng);
    for hour in 0..24 {
        let mut at = day.at(hour, 10) + rng.between(0, 90 * SECOND);
        record(j, at, &caller, listing("example-landing", &format!("orders/{date}/")), rng);
        for part in 0..rng.between(1, 2) {
            at += rng.between(2, 20) * SECOND;
            let key = format!("orders/{date}/{hour:02}-part-{part:04}.parquet");
            record(j, at, &caller, object("GetObject", "example-landing", &key, 400_000 + rng.below(900_000)), rng);
        }
        at += 15 * SECOND;
        record(j, at, &caller, object("PutObject", "example-lake", &format!("orders/dt={date}/{hour:02}.parquet"), 0), rng);
    }
}

/// At five in the morning: a few queries, a file each.
fn reports(j: &mut Journal, day: Day) {
    let rng = &mut Rng::of(&format!("report-builder/{}", day.0));
    let caller = Caller::role("batch/report-builder", "report-builder", day.at(5, 0), "198.51.100.9", BOTO, rng);
    let date = &seconds(day.start())[..10];
    for (n, report) in ["sales", "stock", "returns", "delivery"].into_iter().enumerate() {
        let at = day.at(5, 2 + 3 * n as i64) + rng.between(0, 60 * SECOND);
        let start = Call::new("athena", "StartQueryExecution", params(&[("workGroup", "reports"), ("queryString", "***")]));
        record(j, at, &caller, start, rng);
        let results = Call::new("athena", "GetQueryResults", params(&[("queryExecutionId", &rng.uuid())]));
        record(j, at + 40 * SECOND, &caller, results, rng);
        record(j, at + 50 * SECOND, &caller, object("PutObject", "example-reports", &format!("{report}/{date}.xlsx"), 0), rng);
    }
}

/// At half past ten in the evening the day's invoices are closed, at the end of the month all of the month's.
fn billing(j: &mut Journal, day: Day) {
    let rng = &mut Rng::of(&format!("billing-close/{}", day.0));
    let caller = Caller::role("batch/billing-close", "billing-close", day.at(22, 29), DATA, BOTO, rng);
    let month_end = day == TUESDAY;
    let mut at = day.at(22, 30) + rng.between(0, 60 * SECOND);
    record(j, at, &caller, secret("GetSecretValue", "prod/billing/ledger", "eu-west-1"), rng);
    let count = if month_end { 250 } else { rng.between(24, 34) };
    for _ in 0..count {
        at += rng.between(2, if month_end { 24 } else { 40 }) * SECOND;
        let key = format!("2026/{}/INV-{}.pdf", &seconds(at)[5..7], 480_000 + rng.below(20_000));
        record(j, at, &caller, object("GetObject", "example-billing", &key, 40_000 + rng.below(60_000)), rng);
        if rng.percent(10) {
            record(j, at + SECOND, &caller, table("PutItem", "billing-ledger", "eu-west-1"), rng);
        }
    }
    record(
        j,
        at + 30 * SECOND,
        &caller,
        object("PutObject", "example-billing", &format!("closed/{}.csv", &seconds(day.start())[..10]), 0),
        rng,
    );
}

/// The backup server in the data centre.
pub fn backup_caller() -> Caller {
    Caller::user(
        "backup-runner",
        "AKIAEXAMPLEBACKUP234",
        "203.0.113.5",
        "aws-cli/2.15.0 Python/3.11.6 Linux/5.14.0-427.el9.x86_64 source/x86_64.rhel.9",
    )
}

fn backup(j: &mut Journal, day: Day) {
    let rng = &mut Rng::of(&format!("backup-runner/{}", day.0));
    let caller = backup_caller();
    let mut at = day.at(1, 30) + rng.between(0, 50 * SECOND);
    let date = &seconds(day.start())[..10];
    for database in ["shop", "payments", "crm"] {
        let snapshot = params(&[
            ("dBInstanceIdentifier", &format!("{database}-prod")),
            ("dBSnapshotIdentifier", &format!("{database}-{date}")),
        ]);
        record(j, at, &caller, Call::new("rds", "CreateDBSnapshot", snapshot), rng);
        at += rng.between(3, 8) * MINUTE;
        record(
            j,
            at,
            &caller,
            Call::new("rds", "DescribeDBSnapshots", params(&[("dBInstanceIdentifier", &format!("{database}-prod"))])),
            rng,
        );
        at += rng.between(1, 3) * MINUTE;
        record(j, at, &caller, object("PutObject", "example-db-backups", &format!("{database}/{date}.dump.zst"), 0), rng);
    }
    record(j, at + MINUTE, &caller, listing("example-db-backups", "shop/"), rng);
    if day.weekday() == 0 {
        // On Sundays one dump is read back, to see that it can be.
        record(
            j,
            at + 5 * MINUTE,
            &caller,
            object("GetObject", "example-db-backups", &format!("shop/{date}.dump.zst"), 3_400_000_000),
            rng,
        );
    }
}

/// The key of the mail relay, which changes every second Tuesday.
fn relay_key(at: i64) -> &'static str {
    match at {
        _ if at < Day(2).at(9, 20) => "AKIAEXAMPLEMAILRLY22",
        _ if at < Day(16).at(9, 20) => "AKIAEXAMPLEMAILRLY33",
        _ if at < TUESDAY.at(9, 20) => "AKIAEXAMPLEMAILRLY44",
        _ => "AKIAEXAMPLEMAILRLY55",
    }
}

fn metrics_key(at: i64) -> &'static str {
    match at {
        _ if at < Day(9).at(9, 20) => "AKIAEXAMPLEMETRICS22",
        _ if at < Day(23).at(9, 20) => "AKIAEXAMPLEMETRICS33",
        _ => "AKIAEXAMPLEMETRICS44",
    }
}

/// Three users with keys on servers of the data centre.
fn users(j: &mut Journal, day: Day) {
    let rng = &mut Rng::of(&format!("users/{}", day.0));
    for half_hour in 0..48 {
        let at = day.at(0, 30 * half_hour) + rng.between(0, 5 * MINUTE);
        let relay = Caller::user(
            "mail-relay",
            relay_key(at),
            "203.0.113.7",
            "aws-sdk-java/2.30.20 Linux/5.14.0 OpenJDK_64-Bit_Server_VM/21.0.6",
        );
        let mail = params(&[("source", "no-reply@example.com"), ("configurationSetName", "transactional")]);
        record(j, at, &relay, Call::new("ses", "SendRawEmail", mail), rng);
        if half_hour % 2 == 0 {
            let at = day.at(0, 30 * half_hour + 5);
            let push = Caller::user("metrics-push", metrics_key(at), "203.0.113.6", BOTO);
            let key = format!("dc1/{}.json.gz", &seconds(at)[..13]);
            record(j, at + rng.between(0, 40 * SECOND), &push, object("PutObject", "example-metrics", &key, 0), rng);
        }
    }
    let sync = Caller::user(
        "legacy-sync",
        "AKIAEXAMPLELEGACY222",
        "203.0.113.9",
        "aws-cli/1.16.310 Python/2.7.18 Linux/3.10.0-1160.el7.x86_64 botocore/1.13.46",
    );
    let at = day.at(6, 15) + rng.between(0, 20 * SECOND);
    record(j, at, &sync, listing("example-partner-feeds", "stock/"), rng);
    for n in 0..rng.between(3, 5) {
        let key = format!("stock/{}-{n}.csv", &seconds(day.start())[..10]);
        record(j, at + (n + 1) * 4 * SECOND, &sync, object("GetObject", "example-partner-feeds", &key, 80_000), rng);
    }
}

/// Every morning: how old are the keys? On Tuesdays one is replaced, and the old one deleted the next day.
fn rotator(j: &mut Journal, day: Day) {
    let rng = &mut Rng::of(&format!("secret-rotator/{}", day.0));
    let agent = format!("{BOTO} exec-env/AWS_Lambda_python3.12");
    let caller = Caller::role("platform/secret-rotator", "secret-rotator", day.at(9, 0), "198.51.100.9", &agent, rng);
    let mut at = day.at(9, 5) + rng.between(0, 30 * SECOND);
    record(j, at, &caller, Call::new("secretsmanager", "ListSecrets", "null"), rng);
    for user in ["mail-relay", "metrics-push"] {
        at += 3 * SECOND;
        record(j, at, &caller, Call::new("iam", "ListAccessKeys", params(&[("userName", user)])), rng);
    }
    let turn = |tuesday: Day| if (tuesday.0 - 2) % 14 == 0 { "mail-relay" } else { "metrics-push" };
    let key_of = |user: &str, at: i64| if user == "mail-relay" { relay_key(at) } else { metrics_key(at) };
    if day.weekday() == 2 {
        let user = turn(day);
        let (old, new) = (key_of(user, day.at(9, 0)), key_of(user, day.at(10, 0)));
        let answer = format!(
            r#"{{"accessKey":{{"userName":"{user}","accessKeyId":"{new}","status":"Active","createDate":"{}"}}}}"#,
            seconds(at)
        );
        record(
            j,
            at + 4 * SECOND,
            &caller,
            Call::new("iam", "CreateAccessKey", params(&[("userName", user)])).response(answer),
            rng,
        );
        record(j, at + 6 * SECOND, &caller, secret("PutSecretValue", &format!("svc/{user}"), "eu-west-1"), rng);
        let off = params(&[("userName", user), ("status", "Inactive"), ("accessKeyId", old)]);
        record(j, at + 40 * MINUTE, &caller, Call::new("iam", "UpdateAccessKey", off), rng);
    }
    if day.weekday() == 3 {
        let yesterday = Day(day.0 - 1);
        let user = turn(yesterday);
        let old = key_of(user, yesterday.at(9, 0));
        record(
            j,
            at + 4 * SECOND,
            &caller,
            Call::new("iam", "DeleteAccessKey", params(&[("userName", user), ("accessKeyId", old)])),
            rng,
        );
    }
}

/// The subject under which GitHub Actions deploys the shop.
pub const SUBJECT: &str = "repo:example-org/shop:ref:refs/heads/main";

/// A run of the deployment workflow: the session of its role, and what it usually does with it.
pub fn deployment(j: &mut Journal, at: i64, rng: &mut Rng) -> Caller {
    let caller = Caller::role("ci/github-deployer", "GitHubActions", at, RUNNER, CLI, rng);
    let caller = assume_with_oidc(j, at, SUBJECT, &caller, rng);
    record(j, at + 2 * SECOND, &caller, whoami(), rng);
    record(j, at + 5 * SECOND, &caller, Call::new("ecr", "GetAuthorizationToken", "{}"), rng);
    caller
}

fn deployer(j: &mut Journal, day: Day) {
    let rng = &mut Rng::of(&format!("github-deployer/{}", day.0));
    if !day.is_workday() {
        return;
    }
    for _ in 0..rng.between(3, 6) {
        let at = day.office_moment(rng);
        let app = rng.pick(&["checkout", "orders", "catalog"]);
        let caller = deployment(j, at, rng);
        let repository = format!("shop/{app}");
        let image = params(&[("repositoryName", &repository), ("imageTag", &rng.hex(12)), ("registryId", "123456789012")]);
        record(j, at + 95 * SECOND, &caller, Call::new("ecr", "PutImage", image), rng);
        let artefact = format!("{app}/{}.tar.gz", rng.hex(12));
        record(j, at + 100 * SECOND, &caller, object("PutObject", "example-artifacts", &artefact, 0), rng);
        let service = params(&[("cluster", "shop"), ("service", app), ("forceNewDeployment", "true")]);
        record(j, at + 110 * SECOND, &caller, Call::new("ecs", "UpdateService", service), rng);
        record(j, at + 170 * SECOND, &caller, Call::new("ecs", "DescribeServices", names("services", &[app])), rng);
        if rng.percent(40) {
            let function = format!("shop-{app}-hooks");
            record(
                j,
                at + 180 * SECOND,
                &caller,
                Call::new("lambda", "UpdateFunctionCode20150331v2", params(&[("functionName", &function)])),
                rng,
            );
        }
    }
}

/// A service that did not exist before: Terraform makes its role, table and secret, Argo CD rolls it out the same morning.
pub struct NewService {
    on: i64,
    role: &'static str,
    table: &'static str,
    secret: &'static str,
    pub namespace: &'static str,
    pub name: &'static str,
}

/// Four that came during the history, and the one that is judged. Only that one's own requests are in the logs: it takes over from
/// `payments-api`, the others are still being tried out in an account of their own.
const NEW_SERVICES: [NewService; 5] = [
    new_service(3, "search-indexer", "shop-search", "prod/search/db", "shop", "search-indexer"),
    new_service(10, "gift-cards", "shop-gift-cards", "prod/gift-cards/db", "shop", "gift-cards"),
    new_service(18, "price-alerts", "shop-alerts", "prod/price-alerts/db", "shop", "price-alerts"),
    new_service(24, "returns-portal", "shop-returns", "prod/returns/db", "shop", "returns-portal"),
    new_service(30, "payments-refunds", "pay-refunds", "prod/payments/refunds", "payments", "refunds"),
];

const fn new_service(
    on: i64,
    role: &'static str,
    table: &'static str,
    secret: &'static str,
    namespace: &'static str,
    name: &'static str,
) -> NewService {
    NewService { on, role, table, secret, namespace, name }
}

/// The service that is new on this day.
pub fn arrival(day: Day) -> Option<&'static NewService> {
    NEW_SERVICES.iter().find(|service| service.on == day.0)
}

fn terraform(j: &mut Journal, day: Day) {
    let rng = &mut Rng::of(&format!("terraform-apply/{}", day.0));
    if !day.is_workday() {
        return;
    }
    let new = arrival(day);
    let runs = if new.is_some() { 2 } else { rng.between(1, 2) };
    for run in 0..runs {
        let mut at = if run == 0 { day.at(10, 20) + rng.between(0, 8 * MINUTE) } else { day.office_moment(rng) };
        let session = format!("atlantis-{}", 2000 + day.0 * 7 + run);
        let caller = Caller::role("iac/terraform-apply", &session, at, RUNNER, TERRAFORM, rng);
        let mut call = |j: &mut Journal, call: Call, rng: &mut Rng| {
            at += rng.between(1, 4) * SECOND;
            record(j, at, &caller, call, rng);
        };
        call(j, whoami(), rng);
        call(j, object("GetObject", "example-tfstate", "prod/terraform.tfstate", 900_000), rng);
        for role in ["payments-api", "checkout-api", "orders-api", "etl-loader"] {
            call(j, Call::new("iam", "GetRole", params(&[("roleName", role)])), rng);
        }
        call(j, Call::new("ec2", "DescribeVpcs", "{}"), rng);
        call(j, Call::new("dynamodb", "DescribeTable", params(&[("tableName", "shop-orders")])), rng);
        if let (Some(service), 0) = (new, run) {
            call(j, Call::new("iam", "CreateRole", params(&[("roleName", service.role), ("path", "/svc/")])), rng);
            let policy = params(&[("roleName", service.role), ("policyName", "own-tables"), ("policyDocument", "***")]);
            call(j, Call::new("iam", "PutRolePolicy", policy), rng);
            call(j, Call::new("dynamodb", "CreateTable", params(&[("tableName", service.table)])), rng);
            call(j, Call::new("secretsmanager", "CreateSecret", params(&[("name", service.secret)])), rng);
        } else if rng.percent(50) {
            let role = rng.pick(&["checkout-api", "orders-api", "catalog-api", "etl-loader"]);
            let policy = params(&[("roleName", role), ("policyName", "own-tables"), ("policyDocument", "***")]);
            call(j, Call::new("iam", "PutRolePolicy", policy), rng);
        }
        call(j, object("PutObject", "example-tfstate", "prod/terraform.tfstate", 0), rng);
    }
}

/// A vendor looks at the configuration each night, from its own network.
fn auditor(j: &mut Journal, day: Day) {
    let rng = &mut Rng::of(&format!("cspm-auditor/{}", day.0));
    let caller = Caller::role(
        "vendor/cspm-auditor",
        "posture-scan",
        day.at(3, 0),
        "203.0.113.242",
        "aws-sdk-java/2.29.9 Linux/6.1 cfg/retry-mode#adaptive",
        rng,
    );
    let mut at = day.at(3, 0) + rng.between(0, HOUR / 4);
    for (service, name) in [
        ("iam", "ListRoles"),
        ("iam", "ListUsers"),
        ("iam", "GetAccountPasswordPolicy"),
        ("iam", "GetCredentialReport"),
        ("s3", "ListBuckets"),
        ("ec2", "DescribeSecurityGroups"),
        ("ec2", "DescribeInstances"),
        ("ec2", "DescribeVolumes"),
        ("rds", "DescribeDBInstances"),
        ("lambda", "ListFunctions20150331"),
        ("kms", "ListKeys"),
        ("cloudtrail", "DescribeTrails"),
        ("guardduty", "ListDetectors"),
        ("eks", "ListClusters"),
    ] {
        at += rng.between(2, 9) * SECOND;
        record(j, at, &caller, Call::new(service, name, "null"), rng);
    }
    for bucket in ["example-billing", "example-db-backups", "example-lake", "example-reports", "example-tfstate"] {
        for name in ["GetBucketPolicy", "GetBucketPublicAccessBlock", "GetBucketEncryption"] {
            at += rng.between(1, 3) * SECOND;
            record(j, at, &caller, Call::new("s3", name, params(&[("bucketName", bucket)])), rng);
        }
    }
}
