//! Closed vocabularies: every word that may appear in the `nhi` object, in a catalogue file or in a report column.

use serde::{Deserialize, Serialize};

/// A string that is not a word of the vocabulary it was parsed as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownWord {
    /// The vocabulary, e.g. `"source"`.
    pub vocabulary: &'static str,
    /// The word as it was written.
    pub word: String,
}

impl std::fmt::Display for UnknownWord {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "unknown {} `{}`", self.vocabulary, self.word)
    }
}

impl std::error::Error for UnknownWord {}

macro_rules! words {
    ($(#[$meta:meta])* $name:ident, $vocabulary:literal { $($(#[$vmeta:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum $name { $($(#[$vmeta])* #[serde(rename = $word)] $variant),+ }

        impl $name {
            /// Every word, in the order in which it is printed.
            pub const ALL: &'static [$name] = &[$($name::$variant),+];

            /// The word as it stands in output and files.
            pub const fn as_str(self) -> &'static str {
                match self { $($name::$variant => $word),+ }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = UnknownWord;
            fn from_str(s: &str) -> Result<Self, UnknownWord> {
                match s {
                    $($word => Ok($name::$variant),)+
                    _ => Err(UnknownWord { vocabulary: $vocabulary, word: s.chars().take(64).collect() }),
                }
            }
        }
    };
}

words! {
    /// The log format a record was written in.
    #[allow(missing_docs)]
    Source, "source" {
        Cloudtrail = "cloudtrail", GcpAudit = "gcp_audit", AzureActivity = "azure_activity", AzureResource = "azure_resource",
        EntraSignin = "entra_signin", EntraAudit = "entra_audit", GraphActivity = "graph_activity", Kubernetes = "kubernetes",
        Github = "github", Okta = "okta", Vault = "vault", Snowflake = "snowflake", Databricks = "databricks", Slack = "slack",
        GoogleWorkspace = "google_workspace", Gitlab = "gitlab", M365 = "m365", Bedrock = "bedrock", Guardduty = "guardduty", Anthropic = "anthropic",
        Openai = "openai", OtelGenai = "otel_genai", Ocsf = "ocsf", Auth0 = "auth0", Salesforce = "salesforce",
        Atlassian = "atlassian", Bitbucket = "bitbucket", Cloudflare = "cloudflare", MongodbAtlas = "mongodb_atlas",
        Notion = "notion", Snyk = "snyk", Tailscale = "tailscale", Tines = "tines", Wiz = "wiz", Zendesk = "zendesk",
        Teleport = "teleport", Jenkins = "jenkins", Sshd = "sshd", Sudo = "sudo", Auditd = "auditd", Cron = "cron",
        Nginx = "nginx", Syslog = "syslog",
    }
}

words! {
    /// Whether software or a person acted. `Ambiguous` when one event cannot tell: inventory and history settle it later.
    #[allow(missing_docs)]
    Actor, "actor" { Machine = "machine", Human = "human", Ambiguous = "ambiguous" }
}

words! {
    /// What sort of identity acted.
    #[allow(missing_docs)]
    Kind, "kind" {
        ServiceAccount = "service_account", Role = "role", AccessKey = "access_key", CiRunner = "ci_runner",
        OauthApp = "oauth_app", Bot = "bot", AiAgent = "ai_agent", Workload = "workload", CloudService = "cloud_service",
        Token = "token", Human = "human",
    }
}

words! {
    /// How the request ended. `Denied` = authorisation or authentication refused it; `Error` = it failed for any other reason.
    #[allow(missing_docs)]
    Outcome, "outcome" { Success = "success", Denied = "denied", Error = "error" }
}

words! {
    /// A line an identity can cross that it had not crossed before.
    #[allow(missing_docs)]
    Boundary, "boundary" { Privilege = "privilege", Data = "data", Trust = "trust" }
}

words! {
    /// What a request does, vendor-neutral; each effect has a [`Tier`].
    #[allow(missing_docs)]
    Effect, "effect" {
        Discover = "discover", ReadData = "read_data", Write = "write", SecretRead = "secret_read", Execute = "execute",
        Assume = "assume", Destructive = "destructive", CopyOut = "copy_out", PublishExternal = "publish_external",
        Grant = "grant", CredentialMint = "credential_mint", Exposure = "exposure", DefenseEvasion = "defense_evasion",
    }
}

/// Height on the privilege scale, 0 (look around) to 4 (change who may do what).
pub type Tier = u8;

impl Effect {
    /// The tier of this effect, 0–4.
    pub const fn tier(self) -> Tier {
        match self {
            Effect::Discover => 0,
            Effect::ReadData => 1,
            Effect::Write => 2,
            Effect::SecretRead
            | Effect::Execute
            | Effect::Assume
            | Effect::Destructive
            | Effect::CopyOut
            | Effect::PublishExternal => 3,
            Effect::Grant | Effect::CredentialMint | Effect::Exposure | Effect::DefenseEvasion => 4,
        }
    }
}

words! {
    /// Class of a sensitive action in the catalogue.
    #[allow(missing_docs)]
    Class, "class" {
        DefenceTamper = "defence_tamper", PrivilegeEscalation = "privilege_escalation", TrustChange = "trust_change",
        Destructive = "destructive", CredentialCreate = "credential_create", DataExfil = "data_exfil",
        ControlPlaneAdmin = "control_plane_admin", Discovery = "discovery", RemoteExec = "remote_exec",
        SessionIssue = "session_issue", SecretRead = "secret_read", ComputeAbuse = "compute_abuse",
    }
}

words! {
    /// What sort of credential a request was made with.
    #[allow(missing_docs)]
    CredentialKind, "credential kind" {
        AccessKey = "access_key", SessionKey = "session_key", ServiceAccountKey = "service_account_key",
        ClientSecret = "client_secret", Certificate = "certificate", Oidc = "oidc", Pat = "pat", OauthToken = "oauth_token",
        ApiToken = "api_token", DeployKey = "deploy_key", SshKey = "ssh_key", Password = "password", Sas = "sas",
        PodToken = "pod_token", ServiceToken = "service_token", ConsoleSession = "console_session", Other = "other",
    }
}
