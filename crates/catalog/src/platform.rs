use crate::word::words;
use vires_event::Source;

words! {
    /// Whose vocabulary an action, role or effect rule belongs to. Several sources may share one.
    #[allow(missing_docs)]
    Platform, "platform" {
        Aws = "aws", Gcp = "gcp", Azure = "azure", Entra = "entra", Msgraph = "msgraph", Kubernetes = "kubernetes",
        Github = "github", Okta = "okta", Vault = "vault", Snowflake = "snowflake", Databricks = "databricks", Slack = "slack",
        GoogleWorkspace = "google_workspace", Gitlab = "gitlab", M365 = "m365", Anthropic = "anthropic", Openai = "openai",
        OtelGenai = "otel_genai", Ocsf = "ocsf", Auth0 = "auth0", Salesforce = "salesforce", Atlassian = "atlassian",
        Bitbucket = "bitbucket", Cloudflare = "cloudflare", MongodbAtlas = "mongodb_atlas", Notion = "notion", Snyk = "snyk",
        Tailscale = "tailscale", Tines = "tines", Wiz = "wiz", Zendesk = "zendesk", Teleport = "teleport", Jenkins = "jenkins",
        /// The text sources: sshd, sudo, auditd, cron, syslog.
        Linux = "linux",
        /// Web servers.
        Web = "web",
        /// OAuth scopes, whoever grants them.
        Oauth = "oauth",
    }
}

impl Platform {
    /// The platform whose words the records of a source use.
    pub const fn of(source: Source) -> Platform {
        match source {
            Source::Cloudtrail | Source::Bedrock | Source::Guardduty => Platform::Aws,
            Source::GcpAudit => Platform::Gcp,
            Source::AzureActivity | Source::AzureResource => Platform::Azure,
            Source::EntraSignin | Source::EntraAudit => Platform::Entra,
            Source::GraphActivity => Platform::Msgraph,
            Source::Kubernetes => Platform::Kubernetes,
            Source::Github => Platform::Github,
            Source::Okta => Platform::Okta,
            Source::Vault => Platform::Vault,
            Source::Snowflake => Platform::Snowflake,
            Source::Databricks => Platform::Databricks,
            Source::Slack => Platform::Slack,
            Source::GoogleWorkspace => Platform::GoogleWorkspace,
            Source::Gitlab => Platform::Gitlab,
            Source::M365 => Platform::M365,
            Source::Anthropic => Platform::Anthropic,
            Source::Openai => Platform::Openai,
            Source::OtelGenai => Platform::OtelGenai,
            Source::Ocsf => Platform::Ocsf,
            Source::Auth0 => Platform::Auth0,
            Source::Salesforce => Platform::Salesforce,
            Source::Atlassian => Platform::Atlassian,
            Source::Bitbucket => Platform::Bitbucket,
            Source::Cloudflare => Platform::Cloudflare,
            Source::MongodbAtlas => Platform::MongodbAtlas,
            Source::Notion => Platform::Notion,
            Source::Snyk => Platform::Snyk,
            Source::Tailscale => Platform::Tailscale,
            Source::Tines => Platform::Tines,
            Source::Wiz => Platform::Wiz,
            Source::Zendesk => Platform::Zendesk,
            Source::Teleport => Platform::Teleport,
            Source::Jenkins => Platform::Jenkins,
            Source::Sshd | Source::Sudo | Source::Auditd | Source::Cron | Source::Syslog => Platform::Linux,
            Source::Nginx => Platform::Web,
        }
    }

    /// The word before the colon in this platform's action spelling. `None` where it is the service's name (AWS, OCSF, Linux, Web).
    pub const fn prefix(self) -> Option<&'static str> {
        match self {
            Platform::Aws | Platform::Ocsf | Platform::Linux | Platform::Web | Platform::Oauth => None,
            Platform::Kubernetes => Some("k8s"),
            Platform::Msgraph => Some("graph"),
            other => Some(other.as_str()),
        }
    }
}
