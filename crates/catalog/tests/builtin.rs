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

#[test]
fn effects() {
    let c = catalog();
    for (source, action, path, want) in [
        (Source::Cloudtrail, "s3:ListBuckets", None, Effect::Discover),
        (Source::Cloudtrail, "sts:GetCallerIdentity", None, Effect::Discover),
        (Source::Cloudtrail, "ram:ListResources", None, Effect::Discover),
        (Source::Cloudtrail, "s3:GetObject", None, Effect::ReadData),
        (Source::Cloudtrail, "s3:GetObjectAcl", None, Effect::Discover),
        (Source::Cloudtrail, "s3:PutObject", None, Effect::Write),
        (Source::Cloudtrail, "secretsmanager:GetSecretValue", None, Effect::SecretRead),
        (Source::Cloudtrail, "ssm:SendCommand", None, Effect::Execute),
        (Source::Cloudtrail, "ec2:RunInstances", None, Effect::Execute),
        (Source::Cloudtrail, "sts:AssumeRole", None, Effect::Assume),
        (Source::Cloudtrail, "s3:DeleteBucket", None, Effect::Destructive),
        (Source::Cloudtrail, "ec2:CreateSnapshot", None, Effect::CopyOut),
        (Source::Cloudtrail, "ses:SendEmail", None, Effect::PublishExternal),
        (Source::Cloudtrail, "iam:AttachUserPolicy", None, Effect::Grant),
        (Source::Cloudtrail, "iam:CreateAccessKey", None, Effect::CredentialMint),
        (Source::Cloudtrail, "ec2:ModifySnapshotAttribute", None, Effect::Exposure),
        (Source::Cloudtrail, "lambda:CreateFunctionUrlConfig", None, Effect::Exposure),
        (Source::Cloudtrail, "cloudtrail:StopLogging", None, Effect::DefenseEvasion),
        (Source::Cloudtrail, "newservice:FrobnicateThing", None, Effect::Write),
        (Source::GcpAudit, "gcp:storage.objects.get", None, Effect::ReadData),
        (Source::GcpAudit, "gcp:storage.objects.list", None, Effect::Discover),
        (Source::GcpAudit, "gcp:secretmanager.versions.access", None, Effect::SecretRead),
        (Source::GcpAudit, "gcp:resourcemanager.projects.setIamPolicy", None, Effect::Grant),
        (Source::GcpAudit, "gcp:iam.serviceAccountKeys.create", None, Effect::CredentialMint),
        (Source::GcpAudit, "gcp:iam.serviceAccounts.getAccessToken", None, Effect::Assume),
        (Source::GcpAudit, "gcp:iam.serviceAccounts.signBlob", None, Effect::CredentialMint),
        (Source::GcpAudit, "gcp:logging.sinks.delete", None, Effect::DefenseEvasion),
        (Source::GcpAudit, "gcp:bigquery.jobs.create", None, Effect::ReadData),
        (Source::GcpAudit, "gcp:compute.instances.delete", None, Effect::Destructive),
        (Source::GcpAudit, "gcp:io.k8s.core.v1.secrets.list", None, Effect::SecretRead),
        (Source::AzureActivity, "azure:microsoft.authorization/roleassignments/write", None, Effect::Grant),
        (Source::AzureActivity, "azure:microsoft.storage/storageaccounts/listkeys/action", None, Effect::SecretRead),
        (Source::AzureActivity, "azure:microsoft.compute/virtualmachines/runcommand/action", None, Effect::Execute),
        (Source::AzureActivity, "azure:microsoft.compute/virtualmachines/delete", None, Effect::Destructive),
        (Source::AzureActivity, "azure:microsoft.compute/virtualmachines/read", None, Effect::Discover),
        (Source::AzureActivity, "azure:microsoft.insights/diagnosticsettings/delete", None, Effect::DefenseEvasion),
        (Source::AzureActivity, "azure:microsoft.compute/disks/begingetaccess/action", None, Effect::CopyOut),
        (Source::AzureResource, "azure:secretget", None, Effect::SecretRead),
        (Source::AzureResource, "azure:getblob", None, Effect::ReadData),
        (Source::EntraAudit, "entra:Add service principal credentials", None, Effect::CredentialMint),
        (Source::EntraAudit, "entra:Add member to role", None, Effect::Grant),
        (Source::EntraAudit, "entra:Delete application", None, Effect::Destructive),
        (Source::Kubernetes, "k8s:create pods/exec", None, Effect::Execute),
        (Source::Kubernetes, "k8s:list secrets", None, Effect::SecretRead),
        (Source::Kubernetes, "k8s:list pods", None, Effect::Discover),
        (Source::Kubernetes, "k8s:create serviceaccounts/token", None, Effect::CredentialMint),
        (Source::Kubernetes, "k8s:create clusterrolebindings", None, Effect::Grant),
        (Source::Kubernetes, "k8s:delete namespaces", None, Effect::Destructive),
        (Source::Kubernetes, "k8s:patch nodes/status", None, Effect::Write),
        (Source::Github, "github:git.clone", None, Effect::ReadData),
        (Source::Github, "github:git.push", None, Effect::Write),
        (Source::Github, "github:org.add_member", None, Effect::Grant),
        (Source::Github, "github:repo.destroy", None, Effect::Destructive),
        (Source::Github, "github:hook.create", None, Effect::PublishExternal),
        (Source::Okta, "okta:system.api_token.create", None, Effect::CredentialMint),
        (Source::Okta, "okta:user.session.start", None, Effect::Assume),
        (Source::Vault, "vault:read", Some("secret/data/prod/db"), Effect::SecretRead),
        (Source::Vault, "vault:list", Some("secret/metadata/prod"), Effect::Discover),
        (Source::Vault, "vault:update", Some("sys/policies/acl/admin"), Effect::Grant),
        (Source::Vault, "vault:delete", Some("sys/audit/file"), Effect::DefenseEvasion),
        (Source::Vault, "vault:update", Some("auth/approle/login"), Effect::Assume),
        (Source::Snowflake, "snowflake:SELECT", None, Effect::ReadData),
        (Source::Snowflake, "snowflake:UNLOAD", None, Effect::CopyOut),
        (Source::Databricks, "databricks:secrets.getSecret", None, Effect::SecretRead),
        (Source::Slack, "slack:role_change_to_owner", None, Effect::Grant),
        (Source::GoogleWorkspace, "google_workspace:CUSTOMER_TAKEOUT_CREATED", None, Effect::CopyOut),
        (Source::Gitlab, "gitlab:project_access_token_created", None, Effect::CredentialMint),
        (Source::M365, "m365:MailItemsAccessed", None, Effect::ReadData),
        (Source::M365, "m365:Send", None, Effect::PublishExternal),
        (Source::Anthropic, "anthropic:service_key_created", None, Effect::CredentialMint),
        (Source::Openai, "openai:service_account.created", None, Effect::CredentialMint),
        (Source::OtelGenai, "otel_genai:chat", None, Effect::Write),
        (Source::Sudo, "sudo:exec", None, Effect::Execute),
        (Source::Cron, "cron:exec", None, Effect::Execute),
        (Source::Sshd, "sshd:login", None, Effect::Assume),
        (Source::Nginx, "nginx:GET", None, Effect::ReadData),
        (Source::Cloudtrail, "iam:DeleteAccessKey", None, Effect::Destructive),
        (Source::Cloudtrail, "iam:DeleteRolePermissionsBoundary", None, Effect::Grant),
        (Source::Cloudtrail, "iam:DeactivateMFADevice", None, Effect::DefenseEvasion),
        (Source::Cloudtrail, "sqs:DeleteMessage", None, Effect::Write),
        (Source::Cloudtrail, "sqs:DeleteQueue", None, Effect::Destructive),
        (Source::Cloudtrail, "sts:GetSessionToken", None, Effect::Assume),
        (Source::Cloudtrail, "sts:GetFederationToken", None, Effect::CredentialMint),
        (Source::Cloudtrail, "sso:GetRoleCredentials", None, Effect::Assume),
        (Source::Cloudtrail, "lambda:GetFunction", None, Effect::SecretRead),
        (Source::Cloudtrail, "lambda:GetFunctionConcurrency", None, Effect::Discover),
        (Source::Cloudtrail, "codedeploy:CreateDeployment", None, Effect::Execute),
        (Source::AzureActivity, "azure:microsoft.insights/components/write", None, Effect::Write),
        (Source::AzureActivity, "azure:microsoft.insights/components/delete", None, Effect::DefenseEvasion),
        (Source::Cloudtrail, "rolesanywhere:CreateSession", None, Effect::Assume),
        (Source::GcpAudit, "gcp:TableDataService.List", None, Effect::ReadData),
        (Source::GcpAudit, "gcp:datastore.entities.update", None, Effect::Write),
        (Source::GcpAudit, "gcp:compute.instances.stop", None, Effect::Write),
        (Source::GcpAudit, "gcp:Jobs.RunJob", None, Effect::Execute),
        (Source::GcpAudit, "gcp:cloudkms.cryptoKeyVersions.useToSign", None, Effect::Assume),
        (Source::AzureActivity, "azure:microsoft.aadiam/diagnosticsettings/delete", None, Effect::DefenseEvasion),
        (Source::AzureActivity, "azure:microsoft.documentdb/databaseaccounts/readonlykeys/action", None, Effect::SecretRead),
        (Source::AzureActivity, "azure:microsoft.compute/virtualmachines/deallocate/action", None, Effect::Write),
        (Source::AzureResource, "azure:keyget", None, Effect::Discover),
        (Source::Github, "github:actions_cache.delete", None, Effect::Destructive),
        (Source::Github, "github:external_group.link", None, Effect::Grant),
        (Source::EntraAudit, "entra:Add group", None, Effect::Write),
        (Source::EntraAudit, "entra:Add member to group", None, Effect::Grant),
        (Source::Github, "github:workflows.completed_workflow_run", None, Effect::Discover),
        (Source::Github, "github:secret_scanning_alert.create", None, Effect::Discover),
        (Source::Github, "github:repository_branch_protection_evaluation.disable", None, Effect::DefenseEvasion),
        (Source::Okta, "okta:user.session.end", None, Effect::Discover),
        (Source::Okta, "okta:user.account.privilege.grant", None, Effect::Grant),
        (Source::Okta, "okta:user.account.privilege.revoke", None, Effect::Destructive),
        (Source::Okta, "okta:group.lifecycle.create", None, Effect::Write),
        (Source::Vault, "vault:read", Some("database/creds/app"), Effect::SecretRead),
        (Source::Vault, "vault:update", Some("pki/issue/web"), Effect::SecretRead),
        (Source::Vault, "vault:update", Some("pki/root/generate/exported"), Effect::CredentialMint),
        (Source::Vault, "vault:update", Some("auth/approle/role/ci/secret-id"), Effect::CredentialMint),
        (Source::Vault, "vault:read", Some("identity/oidc/token/web"), Effect::SecretRead),
        (Source::Vault, "vault:read", Some("identity/entity/id/x"), Effect::Discover),
        (Source::Vault, "vault:read", Some("pki/ca"), Effect::Discover),
        (Source::Vault, "vault:read", Some("secret/ca"), Effect::SecretRead),
        (Source::Vault, "vault:read", Some("secret/data/app/metadata/x"), Effect::SecretRead),
        (Source::Vault, "vault:read", Some("team/kv/metadata/x"), Effect::Discover),
        (Source::Vault, "vault:update", Some("secret/data/app/roles/x"), Effect::Write),
        (Source::Vault, "vault:update", Some("auth/data/role/x"), Effect::Grant),
        (Source::Vault, "vault:update", Some("database/config/x"), Effect::Grant),
        (Source::Snowflake, "snowflake:COPY", None, Effect::Write),
        (Source::Snowflake, "snowflake:PUT_FILES", None, Effect::Write),
        (Source::Snowflake, "snowflake:GET_FILES", None, Effect::CopyOut),
        (Source::Snowflake, "snowflake:CREATE_DATABASE", None, Effect::Write),
        (Source::Snowflake, "snowflake:CREATE_DATABASE", Some("clone"), Effect::CopyOut),
        (Source::Databricks, "databricks:unityCatalog.generateTemporaryTableCredential", None, Effect::ReadData),
        (Source::Databricks, "databricks:secrets.createScope", None, Effect::Write),
        (Source::Databricks, "databricks:accounts.add", None, Effect::CredentialMint),
        (Source::Slack, "slack:public_channel_created", None, Effect::Write),
        (Source::Slack, "slack:private_channel_converted_to_public", None, Effect::Exposure),
        (Source::Slack, "slack:user_logout", None, Effect::Discover),
        (Source::GoogleWorkspace, "google_workspace:CHANGE_PASSWORD", None, Effect::CredentialMint),
        (Source::GoogleWorkspace, "google_workspace:activity", None, Effect::ReadData),
        (Source::Gitlab, "gitlab:merge_request_approval_operation", None, Effect::Write),
        (Source::Gitlab, "gitlab:user_add_to_group", None, Effect::Grant),
        (Source::M365, "m365:MessageSent", None, Effect::Write),
        (Source::M365, "m365:AnonymousLinkUsed", None, Effect::ReadData),
        (Source::M365, "m365:AnonymousLinkCreated", None, Effect::Exposure),
        (Source::Salesforce, "salesforce:ReportEvent", Some("ReportRunFromLightning"), Effect::ReadData),
        (Source::Salesforce, "salesforce:ReportEvent", Some("ReportExported"), Effect::CopyOut),
        (Source::Salesforce, "salesforce:FileEvent", Some("API_DOWNLOAD"), Effect::CopyOut),
        (Source::Salesforce, "salesforce:FileEvent", Some("UPLOAD"), Effect::Write),
        (Source::Atlassian, "atlassian:user_created", None, Effect::CredentialMint),
        (Source::Atlassian, "atlassian:jira_issue_viewed", None, Effect::ReadData),
        (Source::OtelGenai, "otel_genai:execute_tool think", None, Effect::Discover),
        (Source::OtelGenai, "otel_genai:execute_tool think_and_run_shell", None, Effect::Execute),
        (Source::OtelGenai, "otel_genai:execute_tool transfer_to_billing_agent", None, Effect::Write),
        (Source::OtelGenai, "otel_genai:execute_tool transfer_funds", None, Effect::Execute),
        (Source::OtelGenai, "otel_genai:execute_tool create_api_key", None, Effect::CredentialMint),
        (Source::OtelGenai, "otel_genai:execute_tool search_emails", None, Effect::ReadData),
        (Source::OtelGenai, "otel_genai:execute_tool send_email", None, Effect::PublishExternal),
        (Source::OtelGenai, "otel_genai:execute_tool get_secret", None, Effect::SecretRead),
        (Source::OtelGenai, "otel_genai:execute_tool frobnicate", None, Effect::Execute),
        (Source::Ocsf, "iam:AttachUserPolicy", None, Effect::Grant),
        (Source::Ocsf, "k8s:list secrets", None, Effect::SecretRead),
        (Source::Zendesk, "zendesk:api_token.create", None, Effect::CredentialMint),
        (Source::Notion, "notion:workspace.content_exported", None, Effect::CopyOut),
        (Source::Tailscale, "tailscale:API_KEY.CREATE", None, Effect::CredentialMint),
        (Source::Wiz, "wiz:DeleteConnector", None, Effect::DefenseEvasion),
        (Source::Wiz, "wiz:DeleteUser", None, Effect::Destructive),
    ] {
        assert_eq!(c.effect_at(source, action, path), want, "{action} {path:?}");
    }
}

/// What sudo runs decides what it does; the action's spelling stays.
#[test]
fn effects_of_commands() {
    let c = catalog();
    for (want, commands) in [
        (
            Effect::Discover,
            &[
                "systemctl status app",
                "systemctl list-units --failed",
                "journalctl -u app --since today",
                "ls -la /srv",
                "df -h",
                "find /srv -name core -mtime +3",
                "iptables -t nat -L -n -v",
                "passwd -S jane",
                "ssh-keygen -lf /etc/ssh/ssh_host_rsa_key.pub",
                "visudo -c",
                "docker ps -a",
                "kubectl -n web get pods",
                "list",
            ][..],
        ),
        (Effect::ReadData, &["cat /var/log/app.log", "tail -n 100 /etc/hosts", "docker logs web"]),
        (Effect::Write, &["mkdir -p /srv/x", "chmod 2775 /srv/x", "chown -R app /srv", "rm -f /tmp/build/x.lock"]),
        (
            Effect::Execute,
            &[
                "systemctl restart app",
                "systemctl stop app",
                "bash",
                "python3 /opt/a.py",
                "ls ;",
                "ls /srv && curl http://192.0.2.1/x",
                "find / -name x -exec id {} ;",
                "cat /opt/x | sh",
                "apt-get update",
                "rsync -a /srv/a/ /srv/b/",
            ],
        ),
        (
            Effect::SecretRead,
            &[
                "cat /etc/shadow",
                "cp /etc/shadow /tmp/x",
                "head -1 /home/ci/.ssh/id_ed25519",
                "kubectl get secret tls",
                "cd / && cat /etc/shadow",
            ],
        ),
        (Effect::CopyOut, &["scp /srv/x jane@192.0.2.1:", "rsync -az /srv/ backup.example.com:/in/", "pg_dump app"]),
        (
            Effect::Destructive,
            &[
                "rm -rf /srv/data",
                "rm -rf /tmp/../srv",
                "dd if=/dev/zero of=/dev/sda",
                "mkfs.ext4 /dev/sdb1",
                "userdel x",
                "crontab -r",
            ],
        ),
        (
            Effect::CredentialMint,
            &[
                "useradd -m x",
                "ssh-keygen -t ed25519 -f /root/k",
                "tee -a /root/.ssh/authorized_keys",
                "echo k >> /root/.ssh/authorized_keys",
                "passwd root",
                "cp x /etc/shadow",
            ],
        ),
        (
            Effect::Grant,
            &[
                "usermod -aG sudo x",
                "visudo",
                "chmod u+s /bin/bash",
                "chmod 4755 /bin/bash",
                "setcap cap_setuid+ep /bin/x",
                "tee /etc/sudoers.d/x",
            ],
        ),
        (
            Effect::DefenseEvasion,
            &[
                "systemctl stop auditd",
                "systemctl disable --now rsyslog.service",
                "service falco stop",
                "pkill -9 auditd",
                "iptables -F",
                "history -c",
                "truncate -s 0 /var/log/auth.log",
                "rm -rf /var/log/audit/audit.log",
                "rm -f /root/.bash_history",
                "setenforce 0",
                "auditctl -e 0",
            ],
        ),
    ] {
        for command in commands {
            for (source, action) in [(Source::Sudo, "sudo:exec"), (Source::Auditd, "auditd:EXECVE")] {
                assert_eq!(c.effect_at(source, action, Some(command)), want, "{action} {command}");
            }
        }
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
