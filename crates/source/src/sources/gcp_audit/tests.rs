use super::short_method;
use crate::support::testing::{Row, check, decoded};
use vires_event::{CredentialKind, Link, Outcome};

macro_rules! entry {
    ($who:literal, $permission:literal, $method:literal, $resource:literal $(, $more:literal)?) => {
        concat!(
            r#"{"insertId":"i-1","logName":"projects/pay-prod/logs/cloudaudit.googleapis.com%2Fdata_access","timestamp":"2026-03-01T10:00:00Z","severity":"INFO","resource":{"type":"x","labels":{"project_id":"pay-prod"}},"protoPayload":{"@type":"type.googleapis.com/google.cloud.audit.AuditLog","authenticationInfo":"#,
            $who, r#","authorizationInfo":["#, $permission, r#"],"methodName":""#, $method, r#"","resourceName":""#, $resource,
            r#"","serviceName":"secretmanager.googleapis.com","requestMetadata":{"callerIp":"192.0.2.10","callerSuppliedUserAgent":"gcloud/500.0.0 command/gcloud.x interactive/True from-script/False,gzip(gfe)"}"#,
            $(",", $more,)? "}}"
        )
    };
}

const READ: &str = "gcp:secretmanager.versions.access";
const DB: &str = "gcp-secret:pay-prod/db";

fn row(record: &'static str, who: [&'static str; 3], what: [&'static str; 3]) -> Row {
    let ([id, kind, actor], [action, target, outcome]) = (who, what);
    Row { record, source: "gcp_audit", id, kind, actor, action, target, outcome }
}

macro_rules! read {
    ($who:literal) => {
        entry!(
            $who,
            r#"{"permission":"secretmanager.versions.access","granted":true,"resource":"projects/pay-prod/secrets/db/versions/3"}"#,
            "google.cloud.secretmanager.v1.SecretManagerService.AccessSecretVersion",
            "projects/pay-prod/secrets/db/versions/3"
        )
    };
}

#[test]
fn who_and_what() {
    check(&[
        row(
            read!(r#"{"principalEmail":"Api@pay-prod.iam.gserviceaccount.com"}"#),
            ["gcp:sa:api@pay-prod.iam.gserviceaccount.com", "service_account", "machine"],
            [READ, DB, "success"],
        ),
        row(
            read!(r#"{"principalEmail":"service-123456789012@gcp-sa-pubsub.iam.gserviceaccount.com"}"#),
            ["gcp:sa:service-123456789012@gcp-sa-pubsub.iam.gserviceaccount.com", "cloud_service", "machine"],
            [READ, DB, "success"],
        ),
        row(
            read!(r#"{"principalEmail":"123456789012@cloudbuild.gserviceaccount.com"}"#),
            ["gcp:sa:123456789012@cloudbuild.gserviceaccount.com", "ci_runner", "machine"],
            [READ, DB, "success"],
        ),
        row(
            read!(r#"{"principalEmail":"jane@example.com","principalSubject":"user:jane@example.com"}"#),
            ["person:jane@example.com", "human", "human"],
            [READ, DB, "success"],
        ),
        row(
            read!(
                r#"{"principalEmail":"jane@example.com","principalSubject":"serviceAccount:etl@pay-prod.iam.gserviceaccount.com"}"#
            ),
            ["gcp:sa:etl@pay-prod.iam.gserviceaccount.com", "service_account", "machine"],
            [READ, DB, "success"],
        ),
        row(
            read!(
                r#"{"principalEmail":"","principalSubject":"principal://iam.googleapis.com/projects/123456789012/locations/global/workloadIdentityPools/ci/subject/repo:example/app:ref:refs/heads/main"}"#
            ),
            ["gcp:wif:123456789012:ci:repo:example/app:ref:refs/heads/main", "ci_runner", "machine"],
            [READ, DB, "success"],
        ),
        row(
            read!(
                r#"{"principalSubject":"principal://iam.googleapis.com/locations/global/workforcePools/staff/subject/jane@example.com"}"#
            ),
            ["person:jane@example.com", "human", "human"],
            [READ, DB, "success"],
        ),
        row(
            read!(r#"{"principalEmail":"pay-prod.svc.id.goog[pay/api]"}"#),
            ["k8s:pay-prod:pay:api", "service_account", "machine"],
            [READ, DB, "success"],
        ),
        row(
            read!(r#"{"principalSubject":"serviceAccount:pay-prod.svc.id.goog[pay/api]"}"#),
            ["k8s:pay-prod:pay:api", "service_account", "machine"],
            [READ, DB, "success"],
        ),
        row(
            read!(r#"{"principalSubject":"deleted:serviceAccount:old@pay-prod.iam.gserviceaccount.com?uid=1"}"#),
            ["gcp:sa:old@pay-prod.iam.gserviceaccount.com", "service_account", "machine"],
            [READ, DB, "success"],
        ),
        row(read!(r#"{}"#), ["", "", ""], [READ, DB, "success"]),
        row(
            entry!(
                r#"{"principalEmail":"jane@example.com"}"#,
                r#"{"permission":"iam.googleapis.com/workloadIdentityPools.create"}"#,
                "google.iam.v1.WorkloadIdentityPools.CreateWorkloadIdentityPool",
                "projects/pay-prod/locations/global/workloadIdentityPools/ci",
                r#""status":{"code":7}"#
            ),
            ["person:jane@example.com", "human", "human"],
            ["gcp:iam.workloadIdentityPools.create", "secretmanager:ci", "denied"],
        ),
        row(
            entry!(
                r#"{"principalEmail":"jane@example.com"}"#,
                "",
                "v1.compute.instances.insert",
                "projects/p/zones/z/instances/vm-1",
                r#""status":{"code":5,"message":"x"}"#
            ),
            ["person:jane@example.com", "human", "human"],
            ["gcp:instances.insert", "secretmanager:vm-1", "error"],
        ),
        row(
            r#"{"insertid":"x","protopayload":{"authenticationInfo":{"principalEmail":"jane@example.com"},"authorizationInfo":[{"granted":true,"permission":"bigquery.tables.delete","resource":"projects/p/datasets/d/tables/t"}]}}"#,
            ["person:jane@example.com", "human", "human"],
            ["gcp:bigquery.tables.delete", "bigquery:p.d.t", "success"],
        ),
    ]);
}

#[test]
fn methods_without_version() {
    for (method, short) in [
        ("google.iam.admin.v1.CreateServiceAccountKey", "admin.CreateServiceAccountKey"),
        ("google.ssh-serialport.v1.connect", "ssh-serialport.connect"),
        ("v1.SetIamPolicy", "SetIamPolicy"),
        (".x", "x"),
        ("google.cloud.orgpolicy.v2.OrgPolicy.UpdatePolicy", "OrgPolicy.UpdatePolicy"),
        ("v1.compute.instances.insert", "instances.insert"),
        ("beta.compute.instances.insert", "instances.insert"),
        ("storage.objects.get", "objects.get"),
        ("SetIamPolicy", "SetIamPolicy"),
        ("jobservice.insert", "jobservice.insert"),
        ("", ""),
    ] {
        assert_eq!(short_method(method), short, "{method}");
    }
}

#[test]
fn keys_chains_and_impersonation() {
    let record = read!(
        r#"{"principalEmail":"api@pay-prod.iam.gserviceaccount.com","serviceAccountKeyName":"//iam.googleapis.com/projects/pay-prod/serviceAccounts/api@pay-prod.iam.gserviceaccount.com/keys/0123456789abcdef0123456789abcdef01234567","serviceAccountDelegationInfo":[{"firstPartyPrincipal":{"principalEmail":"jane@example.com"}},{}]}"#
    );
    decoded(record, |a| {
        let credential = a.credential.as_ref().unwrap();
        assert_eq!(
            (credential.kind, credential.id.as_deref()),
            (CredentialKind::ServiceAccountKey, Some("0123456789abcdef0123456789abcdef01234567"))
        );
        let by = a.delegation.as_ref().unwrap();
        assert_eq!((&*by.by, by.human), ("person:jane@example.com", Some(true)));
        assert_eq!(a.interactive, Some(true));
        assert!(a.also.iter().any(|s| s == "gcp:SecretManagerService.AccessSecretVersion"), "{:?}", a.also);
    });
    decoded(read!(r#"{"principalEmail":"a@p.iam.gserviceaccount.com","serviceAccountDelegationInfo":[{}]}"#), |a| {
        assert_eq!(a.delegation, None)
    });

    let token = entry!(
        r#"{"principalEmail":"ci@p.iam.gserviceaccount.com"}"#,
        r#"{"permission":"iam.serviceAccounts.getAccessToken","granted":true}"#,
        "GenerateAccessToken",
        "projects/-/serviceAccounts/123456789012345678901",
        r#""request":{"name":"projects/-/serviceAccounts/deploy@pay-prod.iam.gserviceaccount.com"}"#
    );
    decoded(token, |a| assert_eq!(a.links, [Link::Became { id: "gcp:sa:deploy@pay-prod.iam.gserviceaccount.com".into() }]));
    let key = entry!(
        r#"{"principalEmail":"ci@p.iam.gserviceaccount.com"}"#,
        r#"{"permission":"iam.serviceAccountKeys.create","granted":true}"#,
        "google.iam.admin.v1.CreateServiceAccountKey",
        "projects/-/serviceAccounts/1",
        r#""response":{"name":"projects/pay-prod/serviceAccounts/deploy@pay-prod.iam.gserviceaccount.com/keys/ab12"}"#
    );
    decoded(key, |a| {
        let owner = Some("gcp:sa:deploy@pay-prod.iam.gserviceaccount.com".into());
        assert_eq!(a.links, [Link::Issued { credential: "ab12".into(), owner }]);
    });
    let refused = entry!(
        r#"{"principalEmail":"ci@p.iam.gserviceaccount.com"}"#,
        r#"{"permission":"iam.serviceAccounts.getAccessToken","granted":false}"#,
        "GenerateAccessToken",
        "projects/-/serviceAccounts/deploy@pay-prod.iam.gserviceaccount.com"
    );
    decoded(refused, |a| assert!(a.links.is_empty() && a.outcome == Some(Outcome::Denied)));
}

#[test]
fn receivers() {
    for (record, expected) in [
        (
            entry!(
                r#"{"principalEmail":"jane@example.com"}"#,
                "",
                "SetIamPolicy",
                "projects/pay-prod",
                r#""serviceData":{"policyDelta":{"bindingDeltas":[{"action":"ADD","role":"roles/owner","member":"user:x@example.net"},{"action":"REMOVE","role":"roles/owner","member":"user:y@example.org"},{"action":"ADD","role":"roles/viewer","member":"user:bob@example.com"},{"action":"ADD","role":"roles/viewer","member":"serviceAccount:a@pay-prod.iam.gserviceaccount.com"},{"action":"ADD","role":"roles/viewer","member":"allUsers"}]}}"#
            ),
            &["example.net", "public"][..],
        ),
        (
            entry!(
                r#"{"principalEmail":"jane@example.com"}"#,
                "",
                "SetIamPolicy",
                "projects/pay-prod",
                r#""serviceData":{"policyDelta":{"bindingDeltas":[{"action":"ADD","role":"roles/run.admin","member":"principal://iam.googleapis.com/projects/7/locations/global/workloadIdentityPools/ci/subject/repo:a/b:ref:refs/heads/main"},{"action":"ADD","role":"roles/viewer","member":"principalSet://iam.googleapis.com/projects/7/locations/global/workloadIdentityPools/ci/attribute.repository/a/b"}]}}"#
            ),
            &["pool:7/ci"],
        ),
        (
            entry!(
                r#"{"principalEmail":"jane@example.com"}"#,
                "",
                "google.logging.v2.ConfigServiceV2.UpdateSink",
                "projects/p/sinks/s",
                r#""request":{"sinkName":"s","sink":{"destination":"storage.googleapis.com/elsewhere"}}"#
            ),
            &["storage:elsewhere"],
        ),
        (
            entry!(
                r#"{"principalEmail":"jane@example.com"}"#,
                "",
                "google.pubsub.v1.Subscriber.CreateSubscription",
                "projects/p/subscriptions/s",
                r#""request":{"pushConfig":{"pushEndpoint":"https://hook.example.net/x"}}"#
            ),
            &["hook.example.net"],
        ),
        (
            entry!(
                r#"{"principalEmail":"jane@example.com"}"#,
                "",
                "cloudsql.instances.export",
                "projects/p/instances/i",
                r#""request":{"body":{"exportContext":{"uri":"gs://dump-bucket/x.sql"}}}"#
            ),
            &["storage:dump-bucket"],
        ),
    ] {
        decoded(record, |a| assert_eq!(a.destinations, expected, "{record}"));
    }
}

#[test]
fn an_extract_job_reads_a_table_and_writes_to_a_bucket() {
    for record in [
        r#"{"protoPayload":{"authenticationInfo":{"principalEmail":"etl@p.iam.gserviceaccount.com"},"methodName":"google.cloud.bigquery.v2.JobService.InsertJob","serviceName":"bigquery.googleapis.com","metadata":{"jobChange":{"job":{"jobConfig":{"type":"EXPORT","extractConfig":{"sourceTable":"projects/p/datasets/d/tables/t","destinationUris":["gs://elsewhere/x/*.csv"]}}}}}},"resource":{"labels":{"location":"europe-west1-b"}}}"#,
        r#"{"protoPayload":{"authenticationInfo":{"principalEmail":"etl@p.iam.gserviceaccount.com"},"methodName":"jobservice.insert","serviceName":"bigquery.googleapis.com","serviceData":{"jobInsertRequest":{"resource":{"jobConfiguration":{"extract":{"sourceTable":{"projectId":"p","datasetId":"d","tableId":"t"},"destinationUris":["gs://elsewhere/x/*.csv"]}}}}}},"resource":{"labels":{"zone":"europe-west1"}}}"#,
    ] {
        decoded(record, |a| {
            assert!(a.targets.iter().any(|t| t.name == "bigquery:p.d.t"), "{:?}", a.targets);
            assert_eq!(a.destinations, ["storage:elsewhere"]);
            assert_eq!(a.place.region.as_deref(), Some("europe-west1"));
        });
    }
}

#[test]
fn what_is_started_acts_as_an_account() {
    let record = |info: &str, request: &str| {
        format!(
            r#"{{"protoPayload":{{"@type":"type.googleapis.com/google.cloud.audit.AuditLog","authenticationInfo":{{"principalEmail":"ci@p.iam.gserviceaccount.com"}},"serviceName":"compute.googleapis.com","methodName":"v1.compute.instances.insert","authorizationInfo":[{{"permission":"compute.instances.create","resource":"projects/p/zones/z/instances/i","granted":true}}{info}],"resourceName":"projects/p/zones/z/instances/i","request":{request}}}}}"#
        )
    };
    let act_as =
        |resource: &str| format!(r#",{{"permission":"iam.serviceAccounts.actAs","resource":"{resource}","granted":true}}"#);
    let account = r#"{"serviceAccounts":[{"email":"admin@p.iam.gserviceaccount.com","scopes":["x"]}]}"#;
    let expected = [vires_event::Link::RunsAs { id: "gcp:sa:admin@p.iam.gserviceaccount.com".into() }];
    decoded(&record(&act_as("projects/p/zones/z/instances/i"), account), |a| assert_eq!(a.links, expected));
    decoded(&record(&act_as("projects/-/serviceAccounts/admin@p.iam.gserviceaccount.com"), "{}"), |a| {
        assert_eq!(a.links, expected);
    });
    decoded(&record("", account), |a| assert!(a.links.is_empty(), "nobody had to be allowed to act as it"));
}
