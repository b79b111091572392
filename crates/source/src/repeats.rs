//! What of a JSON record decides what is said of it, for sources whose records repeat themselves: most lines differ from earlier ones
//! in times, numbers and addresses alone. CloudTrail has [more of this](crate::cloudtrail).
//!
//! Only what the source's own decoder reads for nothing but [`vires_event::Activity::time`], [`vires_event::Activity::event_id`] or
//! [`vires_event::Origin::ip`], or does not read at all, is listed; everything else decides, also what nobody knows.

use vires_event::Source;

/// What a text or number of a record is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Use {
    /// It may decide anything.
    Decides,
    /// It says only when, or under which number.
    Passes,
    /// The address that the request came from.
    Address,
}

/// Members that pass and addresses, as dotted paths without the items of arrays.
struct Passing {
    passes: &'static [&'static str],
    addresses: &'static [&'static str],
}

/// True if records of the source repeat themselves but for members that are known.
pub fn repeats(source: Source) -> bool {
    passing(source).is_some()
}

/// What the value is good for that stands under these names, the outermost first, in a record of `source`.
pub fn use_of(source: Source, names: &[&str]) -> Use {
    let Some(Passing { passes, addresses }) = passing(source) else { return Use::Decides };
    let is = |path: &&str| path.split('.').eq(names.iter().copied());
    match () {
        () if passes.iter().any(is) => Use::Passes,
        () if addresses.iter().any(is) => Use::Address,
        () => Use::Decides,
    }
}

fn passing(source: Source) -> Option<Passing> {
    const AZURE: &[&str] = &["time", "correlationId", "properties.correlationId"];
    let (passes, addresses): (&[&str], &[&str]) = match source {
        Source::Kubernetes => (
            &[
                "auditID",
                "requestReceivedTimestamp",
                "stageTimestamp",
                "timestamp",
                "receiveTimestamp",
                "insertId",
                "protoPayload.requestMetadata.requestAttributes.time",
            ],
            &["sourceIPs", "protoPayload.requestMetadata.callerIp"],
        ),
        Source::GcpAudit => (
            &["timestamp", "receiveTimestamp", "insertId", "protoPayload.requestMetadata.requestAttributes.time"],
            &["protoPayload.requestMetadata.callerIp"],
        ),
        Source::AzureActivity => (
            &["time", "eventTimestamp", "submissionTimestamp", "correlationId", "eventDataId"],
            &["callerIpAddress", "httpRequest.clientIpAddress"],
        ),
        Source::AzureResource => (AZURE, &["callerIpAddress"]),
        Source::EntraSignin => (
            &[
                "time",
                "createdDateTime",
                "correlationId",
                "id",
                "properties.createdDateTime",
                "properties.correlationId",
                "properties.id",
            ],
            &["callerIpAddress", "ipAddress", "properties.ipAddress"],
        ),
        Source::EntraAudit => (
            &["time", "activityDateTime", "correlationId", "properties.activityDateTime", "properties.correlationId"],
            &["callerIpAddress"],
        ),
        Source::Github => (&["@timestamp", "_document_id", "created_at", "at_sign_timestamp"], &["actor_ip"]),
        Source::Okta => (&["published", "uuid"], &["client.ipAddress", "request.ipChain.ip"]),
        Source::Vault => (&["time", "request.id", "request.remote_port"], &["request.remote_address"]),
        _ => return None,
    };
    Some(Passing { passes, addresses })
}
