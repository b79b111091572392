//! Calls that only look around: what drift adds to somebody's habits.

use super::archetype::LogFormat;

/// A call and its request parameters.
pub(super) type Call = (&'static str, &'static [(&'static str, &'static str)]);

/// Those of a source, in the words of the archetypes.
pub(super) fn harmless_calls(source: LogFormat) -> &'static [Call] {
    match source {
        LogFormat::Cloudtrail => &[
            ("ec2:DescribeInstances", &[]),
            ("monitoring:GetMetricData", &[]),
            ("logs:DescribeLogGroups", &[]),
            ("kms:DescribeKey", &[("keyId", "alias/{stem}")]),
            ("sts:GetCallerIdentity", &[]),
            ("s3:HeadBucket", &[("bucketName", "{stem}-assets")]),
            ("sqs:GetQueueAttributes", &[("queueUrl", "https://sqs.{region}.amazonaws.com/{account}/{stem}-jobs")]),
            ("dynamodb:DescribeTable", &[("tableName", "{name}-main")]),
        ],
        LogFormat::Kubernetes => &[
            ("list pods", &[("namespace", "{stem}")]),
            ("get configmaps", &[("namespace", "{stem}"), ("name", "{name}-features")]),
            ("watch endpoints", &[("namespace", "{stem}")]),
            ("list services", &[("namespace", "{stem}")]),
        ],
        LogFormat::Github => {
            &[("git.fetch", &[("repo", "example-org/{stem}-docs")]), ("pull_request.create", &[("repo", "example-org/{stem}")])]
        }
        LogFormat::Vault => &[
            ("read", &[("path", "sys/health")]),
            ("list", &[("path", "kv/metadata/{name}")]),
            ("update", &[("path", "auth/token/renew-self")]),
        ],
        LogFormat::Gcp => &[
            (
                "compute.instances.list",
                &[
                    ("service", "compute.googleapis.com"),
                    ("method", "v1.compute.instances.list"),
                    ("resource", "projects/{account}/zones/{region}-b"),
                ],
            ),
            (
                "storage.buckets.get",
                &[
                    ("service", "storage.googleapis.com"),
                    ("resource", "projects/_/buckets/{stem}-exports"),
                    ("type", "gcs_bucket"),
                ],
            ),
            (
                "pubsub.topics.get",
                &[
                    ("service", "pubsub.googleapis.com"),
                    ("method", "google.pubsub.v1.Publisher.GetTopic"),
                    ("resource", "projects/{account}/topics/{stem}-events"),
                ],
            ),
        ],
        LogFormat::Azure => &[
            ("Microsoft.Resources/subscriptions/resourceGroups/read", &[("resource", "/resourceGroups/{stem}-rg")]),
            (
                "Microsoft.Insights/metrics/read",
                &[("resource", "/resourceGroups/{stem}-rg/providers/Microsoft.Compute/virtualMachines/{stem}-vm-1")],
            ),
            (
                "Microsoft.Network/virtualNetworks/read",
                &[("resource", "/resourceGroups/{stem}-rg/providers/Microsoft.Network/virtualNetworks/{stem}-net")],
            ),
        ],
        LogFormat::Entra => &[
            ("Sign-in activity", &[("resource", "Azure Resource Manager")]),
            ("Sign-in activity", &[("resource", "Office 365 Management APIs")]),
        ],
        LogFormat::Graph => &[
            ("GET /organization", &[("path", "organization")]),
            ("GET /groups", &[("path", "groups?$select=id,displayName&$top=100")]),
            ("GET /users/{id}/manager", &[("path", "users/person-{n}@example.com/manager")]),
        ],
        LogFormat::M365 => &[
            (
                "FileAccessed",
                &[
                    ("workload", "SharePoint"),
                    ("object", "https://example.sharepoint.com/sites/{stem}/Shared Documents/readme.docx"),
                ],
            ),
            ("PageViewed", &[("workload", "SharePoint"), ("object", "https://example.sharepoint.com/sites/{stem}/")]),
        ],
        LogFormat::Okta => &[
            ("group.profile.update", &[("target", "{stem}-group-{n}"), ("type", "UserGroup"), ("uri", "/api/v1/groups")]),
            (
                "app.oauth2.token.grant.access_token",
                &[("target", "Access Token"), ("type", "access_token"), ("uri", "/oauth2/v1/token")],
            ),
        ],
        LogFormat::Salesforce => &[
            ("RestApi", &[("entity", "Organization"), ("method", "limits")]),
            ("API", &[("entity", "Product2"), ("method", "query")]),
        ],
        LogFormat::Snowflake => &[
            ("SHOW", &[("text", "SHOW TABLES IN SCHEMA {stem}.PUBLIC"), ("database", "{stem}")]),
            ("DESCRIBE", &[("text", "DESCRIBE TABLE {stem}.PUBLIC.FACTS"), ("database", "{stem}")]),
        ],
        LogFormat::Agent => &[
            ("execute_tool get_weather", &[]),
            ("execute_tool list_files", &[]),
            ("execute_tool search_docs", &[]),
            ("chat", &[("model", "vendor-small")]),
        ],
    }
}
