//! What the identities outside AWS do each day.

use crate::agent::Conversation;
use crate::aws_habits::{NewService, arrival};
use crate::clock::{Day, HOUR, MINUTE, SECOND, seconds};
use crate::gcp;
use crate::journal::Journal;
use crate::kubernetes::{Ask, Pod, record};
use crate::rng::Rng;
use crate::saas::{Actor, Client, Principal, entra, github, okta};
use crate::vault;

pub fn day(j: &mut Journal, day: Day) {
    google(j, day);
    cluster(j, day);
    repositories(j, day);
    directories(j, day);
    secrets(j, day);
    agents(j, day);
}

const GO: &str = "google-api-go-client/0.5,gzip(gfe)";

fn account(email: &'static str, project: &'static str) -> gcp::Caller {
    gcp::Caller { email, subject: None, project, ip: "198.51.100.98", agent: GO }
}

fn google(j: &mut Journal, day: Day) {
    let rng = &mut Rng::of(&format!("google/{}", day.0));
    let date = &seconds(day.start())[..10];
    let scheduler = account("bq-scheduler@analytics-prod.iam.gserviceaccount.com", "analytics-prod");
    let ingest = account("dataflow-ingest@analytics-prod.iam.gserviceaccount.com", "analytics-prod");
    for hour in 0..24 {
        let at = day.at(hour, 15) + rng.between(0, 40 * SECOND);
        gcp::query(j, at, scheduler, &["raw.orders", "raw.clicks"], "marts.sales_hourly", rng);
        if hour % 6 == 0 {
            gcp::query(j, at + MINUTE, scheduler, &["marts.sales_hourly", "raw.customers"], "marts.customer_value", rng);
        }
        for part in 0..2 {
            let at = day.at(hour, 20 + 20 * part) + rng.between(0, 9 * MINUTE);
            gcp::object(j, at, ingest, "create", "analytics-landing", &format!("clicks/{date}/{hour:02}-{part}.avro"), rng);
        }
    }
    let trainer = account("ml-trainer@ml-prod.iam.gserviceaccount.com", "ml-prod");
    let mut at = day.at(2, 0) + rng.between(0, 5 * MINUTE);
    gcp::object(j, at, trainer, "list", "ml-features", "", rng);
    for shard in 0..12 {
        at += rng.between(5, 30) * SECOND;
        gcp::object(j, at, trainer, "get", "ml-features", &format!("ranking/{date}/shard-{shard:03}.tfrecord"), rng);
    }
    gcp::object(j, at + 70 * MINUTE, trainer, "create", "ml-models", &format!("ranking/{date}/model.bin"), rng);
    if matches!(day.weekday(), 1 | 3 | 5) {
        let export = account("tmp-export@analytics-prod.iam.gserviceaccount.com", "analytics-prod");
        let at = day.at(18, 40) + rng.between(0, 4 * MINUTE);
        gcp::query(j, at, export, &["marts.customer_value"], "tmp.export", rng);
        gcp::object(j, at + MINUTE, export, "create", "analytics-exports", &format!("customer_value/{date}.csv"), rng);
    }
    if day.is_workday() {
        let deploy = gcp::Caller {
            email: "",
            subject: Some(
                "principal://iam.googleapis.com/projects/345678901234/locations/global/workloadIdentityPools/github/subject/repo:example-org/storefront:ref:refs/heads/main",
            ),
            project: "storefront-prod",
            ip: "203.0.113.37",
            agent: "google-cloud-sdk gcloud/512.0.0 command/gcloud.run.deploy environment/None interactive/False from-script/True python/3.12.3",
        };
        for _ in 0..rng.between(1, 3) {
            let at = day.office_moment(rng);
            for (service, method, permission, resource) in [
                (
                    "artifactregistry",
                    "Docker-PutManifest",
                    "artifactregistry.repositories.uploadArtifacts",
                    "projects/storefront-prod/locations/europe-west1/repositories/images",
                ),
                (
                    "run",
                    "google.cloud.run.v1.Services.ReplaceService",
                    "run.services.update",
                    "namespaces/storefront-prod/services/storefront",
                ),
                (
                    "run",
                    "google.cloud.run.v1.Services.GetService",
                    "run.services.get",
                    "namespaces/storefront-prod/services/storefront",
                ),
            ] {
                let call = gcp::Call { service, method, permission, resource, metadata: None, denied: false };
                gcp::record(j, at + rng.between(0, 90 * SECOND), deploy, call, rng);
            }
        }
    }
}

/// A pod that stays until its next rollout, in the middle of the month.
fn resident(namespace: &'static str, account: &'static str, host: u8, agent: &'static str, day: Day) -> Pod {
    let rng = &mut Rng::of(&format!("{namespace}/{account}/{}", day.0 / 16));
    let name =
        format!("{account}-{}-{}", rng.text(9, "bcdfghjklmnpqrstvwxz2456789"), rng.text(5, "bcdfghjklmnpqrstvwxz2456789"));
    Pod { namespace, account, name, ip: format!("10.20.{host}.{}", rng.between(4, 250)), agent }
}

fn cluster(j: &mut Journal, day: Day) {
    let rng = &mut Rng::of(&format!("cluster/{}", day.0));
    let prometheus = resident("monitoring", "prometheus", 3, "Prometheus/3.2.1", day);
    for round in 0..24 {
        let at = day.at(round, 30) + rng.between(0, 20 * SECOND);
        let resource = ["pods", "endpoints", "nodes", "services"][round as usize % 4];
        record(j, at, &prometheus, Ask::new("list", resource, "", ""), rng);
    }
    let payments = resident("payments", "api", 4, "payments-api/2.8 (linux/amd64) client-go/v0.32.1", day);
    for hour in 0..24 {
        let at = day.at(hour, 7) + rng.between(0, 60 * SECOND);
        record(j, at, &payments, Ask::new("get", "configmaps", "payments", "api-settings"), rng);
        record(
            j,
            at + 9 * SECOND,
            &payments,
            Ask::new("update", "coordination.k8s.io/leases", "payments", "payments-api-leader"),
            rng,
        );
    }
    let external = resident("external-secrets", "external-secrets", 5, "external-secrets/v0.14.3 (linux/amd64)", day);
    for hour in 0..24 {
        let at = day.at(hour, 2) + rng.between(0, 50 * SECOND);
        let (namespace, name) =
            [("payments", "payments-db"), ("shop", "orders-db"), ("shop", "checkout-session")][hour as usize % 3];
        record(j, at, &external, Ask::new("get", "secrets", namespace, name), rng);
        record(j, at + SECOND, &external, Ask::new("update", "secrets", namespace, name), rng);
    }
    if let Some(new) = arrival(day) {
        let name = format!("{}-db", new.name);
        for (n, verb) in ["create", "get", "update"].into_iter().enumerate() {
            record(j, day.at(10, 58) + n as i64 * SECOND, &external, Ask::new(verb, "secrets", new.namespace, &name), rng);
        }
    }
    let issuer = resident("cert-manager", "cert-manager", 6, "cert-manager-certificates-issuing/v1.17.1 (linux/amd64)", day);
    for (n, certificate) in ["shop-tls", "payments-tls", "admin-tls"].into_iter().enumerate() {
        let at = day.at(4 + 5 * n as i64, 31) + rng.between(0, 9 * MINUTE);
        record(j, at, &issuer, Ask::new("get", "cert-manager.io/certificates", "ingress", certificate), rng);
        if day.0 % 10 == n as i64 {
            record(j, at + SECOND, &issuer, Ask::new("update", "secrets", "ingress", certificate), rng);
        }
    }
    deployments(j, day, rng);
    let pruner = resident("ci", "image-pruner", 7, "kubectl/v1.27.4 (linux/amd64)", day);
    let at = day.at(23, 10) + rng.between(0, 30 * SECOND);
    record(j, at, &pruner, Ask::new("list", "pods", "", ""), rng);
    for n in 0..rng.between(2, 4) {
        let job = format!("build-{}", 7000 + day.0 * 11 + n);
        record(j, at + (n + 1) * 2 * SECOND, &pruner, Ask::new("delete", "batch/jobs", "ci", &job), rng);
    }
}

/// Argo CD brings what was merged into the cluster.
fn deployments(j: &mut Journal, day: Day, rng: &mut Rng) {
    let argo =
        resident("argocd", "argocd-application-controller", 8, "argocd-application-controller/v2.14.2 (linux/amd64)", day);
    for hour in (0..24).step_by(3) {
        let at = day.at(hour, 12) + rng.between(0, 60 * SECOND);
        record(j, at, &argo, Ask::new("list", "apps/deployments", "", ""), rng);
    }
    if !day.is_workday() {
        return;
    }
    for _ in 0..rng.between(4, 8) {
        let at = day.office_moment(rng);
        let (namespace, name) = rng.pick(&[
            ("payments", "api"),
            ("shop", "orders"),
            ("shop", "checkout"),
            ("shop", "catalog"),
            ("monitoring", "grafana"),
        ]);
        record(j, at, &argo, Ask::new("get", "apps/deployments", namespace, name), rng);
        record(j, at + SECOND, &argo, Ask::new("patch", "apps/deployments", namespace, name), rng);
        record(j, at + 2 * SECOND, &argo, Ask::new("patch", "configmaps", namespace, &format!("{name}-settings")), rng);
    }
    if let Some(NewService { namespace, name, .. }) = arrival(day) {
        for (n, resource) in ["serviceaccounts", "configmaps", "services", "apps/deployments"].into_iter().enumerate() {
            record(j, day.at(11, 0) + n as i64 * SECOND, &argo, Ask::new("create", resource, namespace, name), rng);
        }
    }
}

const ACTIONS: Actor = Actor { login: "github-actions[bot]", access: None, ip: None, agent: "" };

/// A run of a workflow, with the secrets that are handed to its job.
pub fn workflow(j: &mut Journal, at: i64, repo: &str, branch: &str, name: &str, rng: &mut Rng) {
    let run = (9_000_000 + rng.below(900_000)).to_string();
    github(
        j,
        at,
        ACTIONS,
        "workflows.created_workflow_run",
        repo,
        &[("name", name), ("head_branch", branch), ("event", "push"), ("workflow_run_id", &run)],
        rng,
    );
    let job = [("job_name", name), ("workflow_run_id", &run), ("runner_name", "runner-dc1-4")];
    github(j, at + 4 * SECOND, ACTIONS, "workflows.prepared_workflow_job", repo, &job, rng);
    github(
        j,
        at + 6 * MINUTE,
        ACTIONS,
        "workflows.completed_workflow_run",
        repo,
        &[("name", name), ("workflow_run_id", &run)],
        rng,
    );
}

fn repositories(j: &mut Journal, day: Day) {
    let rng = &mut Rng::of(&format!("repositories/{}", day.0));
    let renovate = Actor {
        login: "renovate[bot]",
        access: Some("GitHub App server-to-server token"),
        ip: Some("203.0.113.38"),
        agent: "git/2.47.2",
    };
    for hour in [1, 7, 13, 19] {
        let at = day.at(hour, 0) + rng.between(0, 8 * MINUTE);
        for repo in ["shop", "payments-api", "storefront"] {
            github(
                j,
                at + rng.between(0, 3 * MINUTE),
                renovate,
                "git.clone",
                repo,
                &[("transport_protocol_name", "http")],
                rng,
            );
        }
        if rng.percent(50) {
            github(j, at + 4 * MINUTE, renovate, "git.push", "shop", &[("transport_protocol_name", "http")], rng);
        }
    }
    let mirror = Actor {
        login: "ci-mirror",
        access: Some("Personal access token (classic)"),
        ip: Some("203.0.113.8"),
        agent: "git/2.39.3",
    };
    for hour in 0..24 {
        let repo = ["shop", "payments-api", "storefront", "infra"][hour as usize % 4];
        github(
            j,
            day.at(hour, 45) + rng.between(0, 2 * MINUTE),
            mirror,
            "git.fetch",
            repo,
            &[("transport_protocol_name", "http")],
            rng,
        );
    }
    if !day.is_workday() {
        return;
    }
    for _ in 0..rng.between(6, 10) {
        let at = day.office_moment(rng);
        let repo = rng.pick(&["shop", "payments-api", "storefront"]);
        let person = Actor {
            login: rng.pick(&["jane-doe", "joe-roe", "max-muster"]),
            access: Some("SSH key"),
            ip: Some("203.0.113.70"),
            agent: "git/2.48.1",
        };
        github(j, at, person, "git.push", repo, &[("transport_protocol_name", "ssh")], rng);
        workflow(j, at + 5 * SECOND, repo, "main", "build", rng);
    }
    if matches!(day.weekday(), 2 | 4) {
        let release = Actor {
            login: "release-bot[bot]",
            access: Some("GitHub App server-to-server token"),
            ip: Some("203.0.113.38"),
            agent: "release-bot/3.1",
        };
        let at = day.at(13, 0) + rng.between(0, 20 * MINUTE);
        github(j, at, release, "git.clone", "shop", &[("transport_protocol_name", "http")], rng);
        github(j, at + MINUTE, release, "release.create", "shop", &[("name", &format!("v4.{}.0", day.0))], rng);
    }
}

const REPORTS: Principal = Principal {
    name: "payroll-connector",
    app: "6f1d2c3b-4a59-4e68-8b77-96a5b4c3d2e1",
    object: "7a2e3d4c-5b6a-4f79-9c88-a7b6c5d4e3f2",
    credential: "certificate",
    ip: "203.0.113.10",
};
const MAIL_BACKUP: Principal = Principal {
    name: "m365-backup",
    app: "8b3f4e5d-6c7b-4a8a-8d99-b8c7d6e5f4a3",
    object: "9c4a5f6e-7d8c-4b9b-9eaa-c9d8e7f6a5b4",
    credential: "clientSecret",
    ip: "203.0.113.226",
};

fn directories(j: &mut Journal, day: Day) {
    let rng = &mut Rng::of(&format!("directories/{}", day.0));
    for hour in [6, 10, 14, 18] {
        entra(j, day.at(hour, 0) + rng.between(0, 3 * MINUTE), REPORTS, "Microsoft Graph", rng);
    }
    for n in 0..6 {
        entra(j, day.at(0, 30) + n * 25 * MINUTE + rng.between(0, 4 * MINUTE), MAIL_BACKUP, "Office 365 Exchange Online", rng);
    }
    let sync = Client {
        kind: "PublicClientApp",
        id: "0oa7DIRSYNCEXAMPLE00",
        alternate: "0oa7DIRSYNCEXAMPLE00",
        display: "directory-sync",
        token: None,
        ip: "203.0.113.11",
        agent: "okta-sdk-golang/5.0.2 golang/go1.23.6 linux/amd64",
    };
    for hour in 0..24 {
        let target = [("access_token", "at-directory-sync", "null", "Access Token")];
        let at = day.at(hour, 0) + rng.between(0, 90 * SECOND);
        okta(j, at, sync, "app.oauth2.as.token.grant.access_token", "OAuth2 access token is granted", &target, rng);
    }
    if !day.is_workday() {
        return;
    }
    for (id, mail, name) in
        [("00u1JANEEXAMPLE", "jane.doe@example.com", "Jane Doe"), ("00u2JOEEXAMPLE", "joe.roe@example.com", "Joe Roe")]
    {
        let person = Client {
            kind: "User",
            id,
            alternate: mail,
            display: name,
            token: None,
            ip: "203.0.113.70",
            agent: "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/134.0.0.0 Safari/537.36",
        };
        okta(j, day.at(8, 0) + rng.between(0, HOUR), person, "user.session.start", "User login to Okta", &[], rng);
    }
    let provisioning = Client {
        kind: "User",
        id: "00u9HRSYSTEMEXAMPLE",
        alternate: "svc-hr@example.com",
        display: "HR system",
        token: Some("00T7HRPROVEXAMPLE0"),
        ip: "203.0.113.12",
        agent: "python-requests/2.32.3",
    };
    for _ in 0..rng.between(1, 3) {
        let at = day.office_moment(rng);
        let id = format!("00u{}", rng.text(17, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"));
        let mail = format!("employee{}@example.com", 4000 + rng.below(900));
        let user = ("User", id.as_str(), mail.as_str(), mail.as_str());
        okta(j, at, provisioning, "user.lifecycle.update", "Update Okta user profile", &[user], rng);
        let group = ("UserGroup", "00g5STAFFEXAMPLE", "unknown", "Staff");
        okta(
            j,
            at + 2 * SECOND,
            provisioning,
            "group.user_membership.add",
            "Add user to group membership",
            &[user, group],
            rng,
        );
    }
}

fn secrets(j: &mut Journal, day: Day) {
    let rng = &mut Rng::of(&format!("secrets/{}", day.0));
    let batch = vault::Client {
        display: "approle",
        entity: "0000003d-1111-4222-8333-00000000003d",
        policies: &["default", "payments"],
        metadata: r#"{"role_name":"payments-batch"}"#,
        ip: "10.20.4.31",
    };
    let orders = vault::Client {
        display: "kubernetes-shop-orders",
        entity: "0000003e-1111-4222-8333-00000000003e",
        policies: &["default", "orders"],
        metadata: r#"{"role":"orders","service_account_name":"orders","service_account_namespace":"shop"}"#,
        ip: "10.20.4.44",
    };
    for hour in 0..24 {
        let at = day.at(hour, 25) + rng.between(0, 40 * SECOND);
        vault::record(j, at, batch, ("read", "kv", "secret/data/prod/payments/settlement"), at - 3 * SECOND, rng);
        if hour % 2 == 1 {
            vault::record(j, at + MINUTE, orders, ("read", "database", "database/creds/orders-rw"), at + 50 * SECOND, rng);
        }
    }
}

pub const SUPPORT: (&str, &str) = ("asst_support01", "support-agent");
const RELEASES: (&str, &str) = ("asst_releases01", "release-notes-agent");

/// A conversation of the support agent about a ticket, as far as its first thoughts.
pub fn ticket(j: &mut Journal, at: i64, person: &'static str, number: u64, rng: &mut Rng) -> Conversation {
    let mut talk = Conversation::start(j, at, SUPPORT.0, SUPPORT.1, person, rng);
    let url = format!("https://helpdesk.example.com/api/tickets/{number}");
    talk.tool(j, "read_ticket", &format!(r#"{{"id":{number}}}"#), &url, rng);
    talk.chat(j, rng);
    talk
}

fn agents(j: &mut Journal, day: Day) {
    let rng = &mut Rng::of(&format!("agents/{}", day.0));
    let talks = if day.is_workday() { rng.between(9, 14) } else { rng.between(2, 4) };
    for _ in 0..talks {
        let at = day.start() + rng.between(7 * HOUR, 19 * HOUR);
        let person = rng.pick(&["ana.silva@example.com", "tom.berg@example.com", "li.wei@example.com"]);
        let number = 51_000 + rng.below(9000);
        let mut talk = ticket(j, at, person, number, rng);
        let customer = 70_000 + rng.below(20_000);
        talk.read(j, &format!("postgres://warehouse.example.com/crm/customers/{customer}"), rng);
        talk.tool(j, "search_kb", r#"{"query":"***"}"#, "", rng);
        if rng.percent(35) {
            talk.tool(j, "http_request", r#"{"method":"GET"}"#, "https://status.example.com/api/v2/summary.json", rng);
        }
        talk.chat(j, rng);
        let url = format!("https://helpdesk.example.com/api/tickets/{number}/replies");
        talk.tool(j, "send_reply", &format!(r#"{{"ticket":{number}}}"#), &url, rng);
    }
    if matches!(day.weekday(), 2 | 4) {
        let at = day.at(14, 0) + rng.between(0, 20 * MINUTE);
        let mut talk = Conversation::start(j, at, RELEASES.0, RELEASES.1, "jane.doe@example.com", rng);
        talk.tool(j, "list_merged_changes", r#"{"repository":"example-org/shop"}"#, "", rng);
        talk.chat(j, rng);
        talk.tool(j, "create_draft", r#"{"repository":"example-org/shop"}"#, "", rng);
    }
}
