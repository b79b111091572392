//! Which decoders there are, and in which order they are asked. The first that recognises a record decodes it, so the more
//! specific stand before the more general; the order is fixed, so that equal lines decode equally on every thread.

use crate::json::Value;
use crate::sources;
use crate::{Hints, TextLine};
use vires_event::{Activity, Source};

/// A decoder of JSON records.
pub struct JsonDecoder {
    /// The source it decodes.
    pub source: Source,
    /// True if the record is of this source. Must be cheap for records of other sources: a few member look-ups.
    pub detect: fn(Value<'_>) -> bool,
    /// Decodes a record that `detect` accepted. `None` if it says neither who nor what.
    pub decode: for<'a> fn(Value<'a>, &Hints<'a>) -> Option<Activity<'a>>,
}

/// A decoder of text lines: recognises and decodes in one step.
pub struct TextDecoder {
    /// The source it decodes.
    pub source: Source,
    /// `None` if the line is not of this source.
    pub decode: for<'a> fn(&TextLine<'a>) -> Option<Activity<'a>>,
}

macro_rules! json {
    ($($variant:ident = $module:ident),+ $(,)?) => {
        /// Decoders of JSON records, in the order in which they are asked.
        pub static JSON: &[JsonDecoder] = &[$(JsonDecoder {
            source: Source::$variant,
            detect: sources::$module::detect,
            decode: sources::$module::decode,
        }),+];
    };
}

macro_rules! text {
    ($($variant:ident = $module:ident),+ $(,)?) => {
        /// Decoders of text lines, in the order in which they are asked.
        pub static TEXT: &[TextDecoder] = &[$(TextDecoder { source: Source::$variant, decode: sources::$module::decode }),+];
    };
}

json! {
    Cloudtrail = cloudtrail,
    Kubernetes = kubernetes,
    GcpAudit = gcp_audit,
    AzureActivity = azure_activity,
    AzureResource = azure_resource,
    EntraSignin = entra_signin,
    EntraAudit = entra_audit,
    GraphActivity = graph_activity,
    M365 = m365,
    Bedrock = bedrock,
    Guardduty = guardduty,
    Ocsf = ocsf,
    OtelGenai = otel_genai,
    // --- software as a service
    Github = github,
    Okta = okta,
    Vault = vault,
    Snowflake = snowflake,
    Databricks = databricks,
    Slack = slack,
    GoogleWorkspace = google_workspace,
    Gitlab = gitlab,
    Anthropic = anthropic,
    Openai = openai,
    Auth0 = auth0,
    Salesforce = salesforce,
    Atlassian = atlassian,
    Bitbucket = bitbucket,
    Cloudflare = cloudflare,
    MongodbAtlas = mongodb_atlas,
    Notion = notion,
    Snyk = snyk,
    Tailscale = tailscale,
    Tines = tines,
    Wiz = wiz,
    Zendesk = zendesk,
    Teleport = teleport,
    Jenkins = jenkins,
}

text! {
    Auditd = auditd,
    Sshd = sshd,
    Sudo = sudo,
    Cron = cron,
    Nginx = nginx,
    Syslog = syslog,
}

/// Decodes one JSON record, which must be the event itself (no envelope). `None` if no decoder knows it.
pub fn decode_json<'a>(record: Value<'a>, hints: &Hints<'a>) -> Option<Activity<'a>> {
    let decoder = JSON.iter().find(|d| (d.detect)(record))?;
    let mut activity = (decoder.decode)(record, hints)?;
    // A record that says no time happened when its envelope says.
    if activity.time.is_none() {
        activity.time.clone_from(&hints.time);
    }
    Some(activity)
}

/// Decodes one line of text. `None` if no decoder knows it.
pub fn decode_text<'a>(line: &TextLine<'a>) -> Option<Activity<'a>> {
    TEXT.iter().find_map(|d| (d.decode)(line))
}
