//! The built-in files: they load, they are clean, and they say what they should about well-known requests.

#![expect(clippy::unwrap_used, reason = "a helper of a test may fail like the test")]

use std::borrow::Cow;
use vires_catalog::{Catalog, Platform, lint};
use vires_event::{Actor, Class, Effect, Kind, Source};

fn catalog() -> Catalog {
    Catalog::builtin().unwrap()
}

#[test]
fn is_clean() {
    let found = lint(&catalog());
    assert!(found.is_empty(), "{}", found.iter().map(|f| format!("{f}\n")).collect::<String>());
}

#[test]
fn carries_the_facts() {
    let c = catalog();
    for (name, have, at_least) in [
        ("actions", c.actions().len(), 2_400),
        ("identities", c.identities().len(), 170),
        ("resources", c.resources().len(), 180),
        ("tokens", c.tokens().len(), 100),
        ("user agents", c.user_agents().len(), 90),
        ("roles", c.roles().len(), 180),
        ("networks", c.networks().len(), 40),
        ("effects", c.effects().len(), 300),
        ("crosswalk", c.crosswalk().len(), 10),
        ("data names", c.data_names().len(), 14),
    ] {
        assert!(have >= at_least, "{name}: {have}");
    }
    let live = c.live_rows();
    let of = |platform| live.iter().find(|l| l.platform == platform).unwrap();
    assert!(of(Platform::Aws).actions >= 790 && of(Platform::Aws).identities >= 40 && of(Platform::Aws).effects >= 60);
    assert!(of(Platform::Kubernetes).actions >= 100);
    assert!(live.iter().all(|l| l.actions + l.identities + l.effects + l.roles > 0));
    assert_eq!(live.iter().map(|l| l.actions).sum::<usize>(), c.actions().len());
}

/// A source whose records use a platform's words.
fn source_of(platform: Platform) -> Source {
    Source::ALL.iter().copied().find(|s| Platform::of(*s) == platform).unwrap()
}

#[test]
fn every_action_is_found_by_its_own_spelling() {
    let c = catalog();
    for row in c.actions() {
        let source = source_of(row.platform);
        let (action, path) = match row.id.split_once(' ') {
            Some((operation, path)) if row.platform == Platform::Vault => (operation, Some(path.replace('*', "x"))),
            _ => (row.id.as_str(), None),
        };
        let found = c.action(source, action, path.as_deref()).map(|r| &r.id);
        assert_eq!(found, Some(&row.id), "{}:{}", row.at.file, row.at.line);
        assert!(c.action(source, &row.id.to_uppercase(), None).is_some() || row.platform == Platform::Vault, "{}", row.id);
        for alias in &row.aliases {
            assert_eq!(c.action(source, alias, None).map(|r| &r.id), Some(&row.id));
        }
    }
}

#[test]
fn unconfirmed_facts_stay_below_four() {
    let c = catalog();
    let unconfirmed: Vec<_> = c.actions().iter().filter(|r| r.verified_by.contains("memory")).collect();
    assert!(unconfirmed.len() > 200);
    for row in unconfirmed {
        assert!(row.severity <= 3 && row.raised() <= 3, "{}", row.id);
    }
    assert!(c.actions().iter().any(|r| r.severity == 5));
    let confirmed = c.action(Source::Cloudtrail, "iam:CreateAccessKey", None).unwrap();
    assert_eq!((confirmed.severity, confirmed.raised()), (5, 5));
}

#[test]
fn log_spellings_lead_to_their_rows() {
    let c = catalog();
    for (source, action, path, want) in [
        (Source::Cloudtrail, "lambda:UpdateFunctionCode", None, Some("lambda:UpdateFunctionCode")),
        (Source::Cloudtrail, "s3:PutPublicAccessBlock", None, Some("s3:PutBucketPublicAccessBlock")),
        (Source::Cloudtrail, "s3:NoSuchThing", None, None),
        (
            Source::GcpAudit,
            "gcp:iam.googleapis.com/workloadIdentityPools.create",
            None,
            Some("gcp:iam.workloadIdentityPools.create"),
        ),
        (Source::GcpAudit, "gcp:io.k8s.core.v1.pods.exec.create", None, Some("k8s:create pods/exec")),
        (
            Source::AzureActivity,
            "azure:microsoft.authorization/roleassignments/write",
            None,
            Some("azure:Microsoft.Authorization/roleAssignments/write"),
        ),
        (Source::EntraAudit, "entra:Add service principal credentials.", None, Some("entra:Add service principal credentials")),
        (
            Source::EntraAudit,
            "entra:Update application – Certificates and secrets management ",
            None,
            Some("entra:Update application - Certificates and secrets management"),
        ),
        (Source::M365, "m365:Add service principal credentials.", None, Some("m365:Add service principal credentials")),
        (Source::Kubernetes, "k8s:create pods/exec", None, Some("k8s:create pods/exec")),
        (Source::Kubernetes, "k8s:get secrets/status", None, None),
        (Source::Okta, "okta:SYSTEM.API_TOKEN.CREATE", None, Some("okta:system.api_token.create")),
        (Source::Vault, "vault:read", Some("secret/data/prod/db"), Some("vault:read secret/data/*")),
        (Source::Vault, "vault:create", Some("auth/token/create"), Some("vault:update auth/token/create")),
        (Source::Vault, "vault:read secret/data/prod/db", None, Some("vault:read secret/data/*")),
        (Source::Vault, "vault:read", Some("nowhere/x"), None),
        (Source::Vault, "vault:read", None, None),
        (Source::Sshd, "sshd:login", None, Some("sshd:login")),
        (Source::Auditd, "auditd:CONFIG_CHANGE", None, Some("auditd:config_change")),
        (Source::Ocsf, "secretsmanager:GetSecretValue", None, Some("secretsmanager:GetSecretValue")),
    ] {
        assert_eq!(c.action(source, action, path).map(|r| r.id.as_str()), want, "{action} {path:?}");
    }
}

/// What an action's class promises, its effect must not play down.
#[test]
fn classes_and_effects_agree() {
    let c = catalog();
    for row in c.actions().iter().filter(|r| r.severity >= 3) {
        let (action, path) = match row.id.split_once(' ') {
            Some((operation, path)) if row.platform == Platform::Vault => (operation, Some(path)),
            _ => (row.id.as_str(), None),
        };
        let effect = c.effect_at(source_of(row.platform), action, path);
        let least = match row.class {
            Class::SecretRead
            | Class::RemoteExec
            | Class::SessionIssue
            | Class::PrivilegeEscalation
            | Class::CredentialCreate => 2,
            Class::DefenceTamper | Class::TrustChange | Class::Destructive | Class::ComputeAbuse | Class::ControlPlaneAdmin => {
                2
            }
            Class::DataExfil => 1,
            Class::Discovery => 0,
        };
        // A rate limit that was hit is logged like a session's event and yields nothing.
        assert!(effect.tier() >= least || row.id.contains("rate_limit"), "{} is {} and {effect}", row.id, row.class);
    }
}

#[test]
fn what_opens_nothing_is_no_opening() {
    let c = catalog();
    let most = |source, action, detail| (c.effect_at(source, action, detail), c.most_severity(source, action, detail));
    let block = "s3:PutBucketPublicAccessBlock";
    assert_eq!(most(Source::Cloudtrail, block, Some("opens nothing")), (Effect::Write, Some(2)));
    assert_eq!(most(Source::Cloudtrail, block, None), (Effect::Exposure, None));
    // Only what would be of the highest tier is less then.
    assert_eq!(most(Source::Sudo, "sudo:exec", Some("ls")).1, None);
}

#[test]
fn conditions_raise() {
    let c = catalog();
    let severity = |action: &str, source, fields: &[(&str, &str)]| {
        let row = c.action(source, action, None).unwrap();
        let mut get =
            |path: &str| fields.iter().find(|(name, _)| *name == path).map(|(_, text)| Cow::Owned((*text).to_owned()));
        c.severity(row, &mut get)
    };
    for (action, source, field, text, raises) in [
        ("ssm:GetParameter", Source::Cloudtrail, "requestParameters.withDecryption", "true", true),
        ("ssm:GetParameter", Source::Cloudtrail, "requestParameters.withDecryption", "false", false),
        (
            "s3:PutBucketPolicy",
            Source::Cloudtrail,
            "requestParameters.bucketPolicy",
            r#"{"Statement":[{"Principal": "*"}]}"#,
            true,
        ),
        (
            "s3:PutBucketPolicy",
            Source::Cloudtrail,
            "requestParameters.bucketPolicy",
            r#"{"Statement":[{"Principal":{"AWS":"arn:aws:iam::123456789012:root"}}]}"#,
            false,
        ),
        (
            "ec2:AuthorizeSecurityGroupIngress",
            Source::Cloudtrail,
            "requestParameters",
            r#"{"ipPermissions":{"items":[{"ipRanges":{"items":[{"cidrIp":"0.0.0.0/0"}]}}]}}"#,
            true,
        ),
        (
            "azure:microsoft.authorization/roleassignments/write",
            Source::AzureActivity,
            "properties.requestbody",
            r#"{"properties":{"roleDefinitionId":"/providers/Microsoft.Authorization/roleDefinitions/8e3af657-a8ff-443c-a75c-2fe8c4bcb635"}}"#,
            true,
        ),
        (
            "azure:microsoft.authorization/roleassignments/write",
            Source::AzureActivity,
            "properties.requestbody",
            r#"{"properties":{"roleDefinitionId":"/providers/Microsoft.Authorization/roleDefinitions/acdd72a7-3385-48ef-bd42-f606fba81ae7"}}"#,
            false,
        ),
        ("k8s:create pods", Source::Kubernetes, "requestObject.spec.hostPID", "true", true),
        (
            "k8s:create pods",
            Source::Kubernetes,
            "requestObject.spec.containers",
            r#"[{"securityContext":{"privileged": true}}]"#,
            true,
        ),
        ("k8s:create clusterrolebindings", Source::Kubernetes, "requestObject.roleRef.name", "cluster-admin", true),
        ("github:repo.access", Source::Github, "visibility", "public", true),
    ] {
        let base = c.action(source, action, None).unwrap().severity;
        assert_eq!(severity(action, source, &[(field, text)]), base + u8::from(raises), "{action} {text}");
    }
    let own = [("requestParameters.userName", "ci"), ("userIdentity.userName", "ci")];
    assert_eq!(severity("iam:CreateAccessKey", Source::Cloudtrail, &own), 5);
    let cross = [("requestParameters.roleArn", "arn:aws:iam::111122223333:role/x"), ("userIdentity.accountId", "123456789012")];
    let base = c.action(Source::Cloudtrail, "sts:AssumeRole", None).unwrap().severity;
    assert_eq!(severity("sts:AssumeRole", Source::Cloudtrail, &cross), base + 1);
}

/// The markers that hold, strongest vote per side, as a reader of the catalogue would weigh them.
fn votes(source: Source, fields: &[(&str, &str)]) -> (u8, u8, Option<Kind>) {
    let c = catalog();
    let (mut machine, mut human, mut kind) = (0, 0, (2, None));
    for marker in c.identities().iter().filter(|m| m.source == source) {
        let mut get =
            |path: &str| fields.iter().find(|(name, _)| *name == path).map(|(_, text)| Cow::Owned((*text).to_owned()));
        if marker.holds(&mut get) {
            match marker.actor {
                Actor::Machine => machine = machine.max(marker.confidence),
                Actor::Human => human = human.max(marker.confidence),
                Actor::Ambiguous => {}
            }
            if marker.kind.is_some() && marker.confidence > kind.0 {
                kind = (marker.confidence, marker.kind);
            }
        }
    }
    (machine, human, kind.1)
}

#[test]
fn known_traps_of_identity() {
    // A person in IAM Identity Center whose name looks like a pipeline's.
    let (machine, human, kind) = votes(
        Source::Cloudtrail,
        &[
            (
                "userIdentity.sessionContext.sessionIssuer.arn",
                "arn:aws:iam::123456789012:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Admin_0123456789abcdef",
            ),
            ("@session", "leroy.jenkins"),
            ("@name", "AWSReservedSSO_Admin_0123456789abcdef"),
        ],
    );
    assert!(human > machine && machine < 3, "{machine} {human}");
    assert_eq!(kind, Some(Kind::Human));
    // The console calls some APIs on a person's behalf as `AWS Internal`.
    let (machine, _, _) =
        votes(Source::Cloudtrail, &[("userIdentity.invokedBy", "AWS Internal"), ("sourceIPAddress", "AWS Internal")]);
    assert_eq!(machine, 0);
    // A service that acts for a role's session is not the caller.
    let (machine, _, _) = votes(
        Source::Cloudtrail,
        &[
            ("userIdentity.type", "AssumedRole"),
            ("userIdentity.invokedBy", "cloudformation.amazonaws.com"),
            ("sourceIPAddress", "cloudformation.amazonaws.com"),
            ("userIdentity.sessionContext.sessionIssuer.arn", "arn:aws:iam::123456789012:role/deployer"),
        ],
    );
    assert!(machine < 3);
    // Web identity data is often there and empty.
    let (machine, _, _) = votes(
        Source::Cloudtrail,
        &[
            ("userIdentity.sessionContext.webIdFederationData", "{}"),
            ("userIdentity.sessionContext.webIdFederationData.federatedProvider", ""),
        ],
    );
    assert_eq!(machine, 0);
    // A resource of type service_account says nothing about the caller.
    let (machine, _, _) = votes(Source::GcpAudit, &[("resource.type", "service_account")]);
    assert_eq!(machine, 0);
    // The subject tells the truth where the e-mail is empty, or a person's.
    let (machine, human, _) = votes(
        Source::GcpAudit,
        &[
            ("protoPayload.authenticationInfo.principalEmail", ""),
            ("protoPayload.authenticationInfo.principalSubject", "serviceAccount:ci@proj.iam.gserviceaccount.com"),
        ],
    );
    assert!(machine == 5 && human == 0);
    // A browser's user agent alone makes nobody human, an instance's session name does make a machine.
    let (machine, human, kind) =
        votes(Source::Cloudtrail, &[("@session", "i-0abcdef1234567890"), ("@user_agent", "Mozilla/5.0 (X11)")]);
    assert!(machine == 5 && human < 3);
    assert_eq!(kind, Some(Kind::Role));
    // A user's token names an application too: its client.
    let upn = "identity.claims.http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn";
    let (machine, _, _) = votes(Source::AzureActivity, &[("identity.claims.appid", "x"), (upn, "jane@example.com")]);
    assert_eq!(machine, 0);
    assert_eq!(votes(Source::AzureActivity, &[("identity.claims.appid", "x")]).0, 4);
    // Empty texts in Entra's user sign-ins.
    assert_eq!(votes(Source::EntraSignin, &[("properties.servicePrincipalId", "")]).0, 0);
    assert_eq!(votes(Source::EntraSignin, &[("properties.agent.agentType", "notAgentic")]).0, 0);
}

#[test]
fn names_tell_the_data_class() {
    let c = catalog();
    for (name, want) in [
        ("s3:acme-payroll/2026.csv", Some(3)),
        ("s3:chrome-extension/x", None),
        ("s3:acme-hr-files/x", Some(2)),
        ("secret:prod/db", Some(3)),
        ("s3:prod-orders-db/dump.sql.gz", Some(2)),
        ("s3:db-backup/x", Some(2)),
        ("s3:acme-public-assets/logo.png", Some(0)),
        ("s3:staging-cache/x", Some(1)),
        ("dynamodb:orders", None),
        ("s3:x/app.env", Some(3)),
        ("s3:x/app.environment", None),
        ("s3:tokenizer/x", None),
        ("", None),
    ] {
        assert_eq!(c.data_class_of_name(name), want, "{name}");
    }
}

/// Ids are made of letters and digits, so that every short word stands somewhere in one of them.
#[test]
fn short_words_inside_ids_tell_nothing() {
    let c = catalog();
    for (name, want) in [
        ("storage:zephyrine-lake/part-9hr23", None),
        ("s3:lake/in/hr9rs1.json", None),
        ("s3:lake/x1pii9", None),
        ("s3:lake/a9ssn2.parquet", None),
        ("s3:lake/7f4crm", None),
        ("s3:lake/9pci1", None),
        ("s3:lake/0tax4", None),
        ("s3:prod-lake/part-9db23", None),
        ("s3:lake/3dev7", None),
        ("s3:lake/4www0", None),
        ("s3:acme/hr-2024", Some(2)),
        ("s3:acme/hr_export.csv", Some(2)),
        ("s3:acme/hr/list.csv", Some(2)),
        ("s3:acme/hr2024.csv", Some(2)),
        ("s3:acme/2024-hr", Some(2)),
        ("s3:acme/payroll2024", Some(3)),
        ("s3:acme/2024payroll", Some(3)),
        ("s3:acme/pii1", Some(3)),
        ("s3:acme-ssn.parquet", Some(3)),
        ("rds:prod2db", Some(2)),
        ("rds:prod-eu-db1", Some(2)),
        ("s3:dev2-scratch", Some(1)),
        ("s3:www1/logo.png", Some(0)),
    ] {
        assert_eq!(c.data_class_of_name(name), want, "{name}");
    }
    // Whatever the word and whatever the digits around it.
    for word in
        ["hr", "pii", "phi", "ssn", "pci", "crm", "tax", "gdpr", "iban", "bank", "siem", "dev", "test", "tmp", "cdn", "www"]
    {
        for digit in 0..10 {
            for id in [
                format!("{digit}{word}{digit}"),
                format!("x{digit}{word}"),
                format!("{word}{digit}x"),
                format!("x{word}{digit}"),
            ] {
                assert_eq!(c.data_class_of_name(&format!("s3:lake/part-{id}")), None, "{id}");
            }
        }
        assert!(c.data_class_of_name(&format!("s3:lake/{word}/x")).is_some(), "{word}");
        assert!(c.data_class_of_name(&format!("s3:lake/{word}2024")).is_some(), "{word}");
    }
}

#[test]
fn techniques_cross_to_v19() {
    let c = catalog();
    assert_eq!(c.technique_v19("T1562.008"), ["T1685.002"]);
    assert_eq!(c.technique_v19("T1078.004"), ["T1078.004"]);
    // Every v18 id that a row uses and v19 moved has an entry.
    let moved = |id: &str| id.starts_with("T1562");
    let missing: Vec<&str> = c
        .actions()
        .iter()
        .flat_map(|r| &r.attack)
        .filter(|id| moved(id) && c.crosswalk().iter().all(|x| x.v18 != **id))
        .map(String::as_str)
        .collect();
    assert_eq!(missing, Vec::<&str>::new());
}

/// The README of the data files is what a user writes an overlay from: it names every file and every column.
#[test]
fn the_readme_names_every_file_and_column() {
    let data = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("data");
    let readme = std::fs::read_to_string(data.join("README.md")).unwrap();
    let mut files: Vec<_> = std::fs::read_dir(&data).unwrap().map(|f| f.unwrap().path()).collect();
    files.retain(|f| f.extension().is_some_and(|e| e == "tsv"));
    files.sort();
    assert_eq!(files.len(), 10);
    for file in files {
        let name = file.file_name().unwrap().to_str().unwrap();
        let section =
            readme.split("\n## ").find_map(|s| s.strip_prefix(name)).unwrap_or_else(|| panic!("{name} has no section"));
        let text = std::fs::read_to_string(&file).unwrap();
        for column in text.lines().next().unwrap().split('\t') {
            let named = section.contains(&format!("| {column} |")) || section.contains(&format!("`{column}`"));
            assert!(named, "{name}: {column}");
        }
    }
}
