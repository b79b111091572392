//! Azure resource logs of the data plane: Key Vault (`AuditEvent`) and Storage (`StorageRead`, `StorageWrite`, `StorageDelete`); other
//! services' as far as they follow the common shape.
//!
//! The action is `azure:<operation name, lower case>`. A shared access signature or an account key names no principal: the identity
//! is `azure:sas:<account>` or `azure:account-key:<account>`, its hash is the credential.

use crate::Hints;
use crate::json::Value;
use crate::support::azure::{account, application, event_id, of_claims, outcome, target};
use crate::support::cloud::{bounded, lower, part};
use crate::support::fields::{any_case, first, join, say};
use crate::support::names::human;
use crate::support::network::{address, is_browser};
use vires_event::{
    Activity, Actor, Credential, CredentialKind, Identity, Kind, Origin, Outcome, Place, Source, Target, Text, Volume,
};

/// True for a resource log: an operation without a slash on a resource of a provider other than the directory.
pub(crate) fn detect(record: Value<'_>) -> bool {
    let (mut operation, mut resource, mut category) = (false, false, false);
    for (key, value) in record.fields() {
        match key {
            "operationName" | "operationname" => operation = value.str().is_some_and(|o| !o.contains('/')),
            "resourceId" | "resourceid" | "_ResourceId" => {
                let id = value.str().unwrap_or_default().to_ascii_lowercase();
                if id.contains("/microsoft.aadiam") {
                    return false;
                }
                resource = id.contains("/providers/");
            }
            "category" => {
                let category_name = value.str().unwrap_or_default();
                category = matches!(&*category_name, "StorageRead" | "StorageWrite" | "StorageDelete" | "AuditEvent");
                if category_name.ends_with("SignInLogs")
                    || matches!(&*category_name, "AuditLogs" | "MicrosoftGraphActivityLogs")
                {
                    return false;
                }
            }
            _ => {}
        }
    }
    operation && (category || resource && any_case(record, "properties").is_some())
}

/// Decodes one record. `None` if it says neither who nor what.
pub(crate) fn decode<'a>(record: Value<'a>, hints: &Hints<'a>) -> Option<Activity<'a>> {
    let operation = say(record, "operationName").map(|o| bounded(o, 256))?;
    let mut action = join("azure:", &operation);
    action.to_mut().make_ascii_lowercase();
    let mut a = Activity::new(Source::AzureResource, action);
    let properties = any_case(record, "properties");
    let property = |path: &str| properties.and_then(|p| say(p, path));
    a.time = say(record, "time").or_else(|| hints.time.clone());
    a.event_id = event_id(record);
    let resource = say(record, "resourceId").map(|r| bounded(r, 1024));
    a.place = Place {
        account: resource.as_ref().and_then(account).or_else(|| say(record, "tenantId").map(lower)),
        region: say(record, "location").map(|l| bounded(l, 64)),
        host: None,
    };
    let agent = property("userAgentHeader").or_else(|| property("clientInfo")).or_else(|| property("userAgent"));
    a.origin = Origin {
        ip: say(record, "callerIpAddress").and_then(address),
        user_agent: agent.map(|u| bounded(u, 1024)),
        ..Origin::default()
    };
    a.interactive = a.origin.user_agent.as_deref().filter(|u| is_browser(u)).map(|_| true);
    let bytes = properties.and_then(|p| any_case(p, "responseBodySize")).and_then(|b| b.u64());
    a.volume = Volume { count: None, bytes_out: bytes };
    end(record, properties, &mut a);

    // What stands behind `?` is a signature.
    let uri = first(record, &["uri"]).or_else(|| property("requestUri")).map(|u| bounded(u, 2048));
    let bare = uri.as_ref().and_then(|u| part(u, |u| u.split('?').next()));
    let object = property("objectKey").map(|o| bounded(o, 1024));
    let item = property("id").filter(|id| id.starts_with("https://")).map(|id| bounded(id, 1024));
    let vaulted = item.as_deref().or(bare.as_deref()).and_then(vault);
    let name = match (&object, vaulted) {
        (_, Some(name)) => Some(name),
        (Some(object), _) => Some(join("storage:", object.trim_start_matches('/'))),
        (None, None) => bare.as_deref().and_then(blob).or_else(|| resource.as_deref().and_then(target)),
    };
    a.targets.extend(name.map(|name| Target { name }));
    a.mentions.extend([object, item, bare.clone(), resource.clone()].into_iter().flatten());

    let storage = property("accountName").or_else(|| {
        let host = bare.as_deref()?.split_once("://")?.1;
        Some(host.split('.').next()?.to_owned().into())
    });
    let signed = uri.as_deref().is_some_and(|u| u.contains("sig="));
    who(record, storage.as_deref(), signed, &mut a);
    Some(a)
}

fn end<'a>(record: Value<'a>, properties: Option<Value<'a>>, a: &mut Activity<'a>) {
    let word = first(record, &["statusText", "resultType"]).or_else(|| say(properties?, "metricResponseType"));
    let code = first(record, &["statusCode"]).or_else(|| say(properties?, "httpStatusCode"));
    let detail = first(record, &["resultSignature"]);
    let of = |text: &Option<Text<'_>>| text.as_deref().and_then(outcome);
    // Two of them may differ: the status code is the plainest.
    a.outcome = of(&code).or_else(|| of(&word)).or_else(|| of(&detail));
    if a.outcome == Some(Outcome::Error) && of(&word) == Some(Outcome::Denied) {
        a.outcome = Some(Outcome::Denied);
    }
    if !matches!(a.outcome, Some(Outcome::Success) | None) {
        // The most telling of them: `AuthorizationPermissionMismatch`, `Forbidden`, 403, `Failure`.
        let text = say(record, "statusText");
        a.error_code = text.or(detail).or(code).or(word).map(|c| bounded(c, 128));
    }
}

fn who<'a>(record: Value<'a>, storage: Option<&str>, signed: bool, a: &mut Activity<'a>) {
    let identity = any_case(record, "identity");
    // Key Vault writes `claim`.
    if let Some(claims) = identity.and_then(|i| any_case(i, "claim").or_else(|| any_case(i, "claims"))) {
        (a.identity, a.credential) = of_claims(claims, &mut a.links);
        return;
    }
    let sort = identity.and_then(|i| say(i, "type"));
    let hash = identity.and_then(|i| say(i, "tokenHash")).map(|h| bounded(h, 256));
    let by = |kind, prefix: &str| {
        let name = storage.unwrap_or("-").to_owned();
        Identity { id: join(prefix, &name), kind, actor: Actor::Ambiguous, name: name.into(), raw: None }
    };
    let with = |kind| Some(Credential { kind, id: hash.clone(), issuer: None, issued: None });
    match sort.as_deref() {
        Some("OAuth") => {
            let Some(requester) = identity.and_then(|i| any_case(i, "requester")) else { return };
            a.identity = say(requester, "upn")
                .map(human)
                .or_else(|| application(say(requester, "appId"), say(requester, "objectId"), None, &mut a.links));
            a.credential = with(CredentialKind::OauthToken);
        }
        Some("SAS" | "DelegationSas") => {
            a.identity = Some(by(Kind::Token, "azure:sas:"));
            a.credential = with(CredentialKind::Sas);
        }
        None if signed => {
            a.identity = Some(by(Kind::Token, "azure:sas:"));
            a.credential = with(CredentialKind::Sas);
        }
        Some("AccountKey") => {
            a.identity = Some(by(Kind::AccessKey, "azure:account-key:"));
            a.credential = with(CredentialKind::AccessKey);
        }
        Some("Anonymous") => a.identity = Some(by(Kind::Token, "azure:anonymous:")),
        _ => {}
    }
}

/// `https://pay-kv.vault.azure.net/secrets/db/0123` is `keyvault:pay-kv/db`.
fn vault<'a>(url: &str) -> Option<Text<'a>> {
    let rest = url.strip_prefix("https://")?;
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let (vault, domain) = host.split_once('.')?;
    if !domain.starts_with("vault.") && !domain.starts_with("managedhsm.") {
        return None;
    }
    let mut parts = path.split('/');
    let sort = parts.next().unwrap_or("");
    let named = matches!(sort, "secrets" | "keys" | "certificates" | "deletedsecrets" | "deletedkeys");
    let name = parts.next().filter(|n| named && !n.is_empty());
    let mut text = match name {
        Some(name) => ["keyvault:", vault, "/", name].concat(),
        None => ["keyvault:", vault].concat(),
    };
    text.make_ascii_lowercase();
    Some(text.into())
}

/// `https://payroll.blob.core.windows.net/2026/01.csv` is `storage:payroll/2026/01.csv`.
fn blob<'a>(url: &str) -> Option<Text<'a>> {
    let rest = url.strip_prefix("https://")?;
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let (account, domain) = host.split_once('.')?;
    let storage = ["blob.", "file.", "queue.", "table.", "dfs."].iter().any(|d| domain.starts_with(d));
    let name = if path.is_empty() { ["storage:", account].concat() } else { ["storage:", account, "/", path].concat() };
    storage.then(|| name.into())
}

#[cfg(test)]
mod tests {
    use crate::support::testing::{Row, check, decoded};
    use vires_event::CredentialKind;

    macro_rules! storage {
        ($identity:literal, $operation:literal, $code:literal) => {
            concat!(
                r#"{"time":"2026-03-01T10:00:00Z","resourceId":"/subscriptions/s-1/resourceGroups/rg/providers/Microsoft.Storage/storageAccounts/payroll/blobServices/default","category":"StorageRead","operationName":""#,
                $operation, r#"","statusCode":"#, $code, r#","callerIpAddress":"192.0.2.10:4711","correlationId":"c-1","identity":"#, $identity,
                r#","uri":"https://payroll.blob.core.windows.net/2026/01.csv?sv=2026&sig=S3CR3T","properties":{"accountName":"payroll","objectKey":"/payroll/2026/01.csv","responseBodySize":2048,"userAgentHeader":"azsdk-python-storage-blob/12.27.1"}}"#
            )
        };
    }

    fn row(record: &'static str, who: [&'static str; 3], what: [&'static str; 3]) -> Row {
        let ([id, kind, actor], [action, target, outcome]) = (who, what);
        Row { record, source: "azure_resource", id, kind, actor, action, target, outcome }
    }

    #[test]
    fn who_and_what() {
        const BLOB: &str = "storage:payroll/2026/01.csv";
        check(&[
            row(
                storage!(
                    r#"{"type":"OAuth","requester":{"appId":"11111111-2222-3333-4444-555555555555","objectId":"66666666-7777-8888-9999-000000000000"}}"#,
                    "GetBlob",
                    "200"
                ),
                ["entra:app:11111111-2222-3333-4444-555555555555", "service_account", "machine"],
                ["azure:getblob", BLOB, "success"],
            ),
            row(
                storage!(r#"{"type":"OAuth","requester":{"appId":"a","upn":"jane@example.com"}}"#, "GetBlob", "200"),
                ["person:jane@example.com", "human", "human"],
                ["azure:getblob", BLOB, "success"],
            ),
            row(
                storage!(r#"{"type":"SAS","tokenHash":"key1(0A1B)"}"#, "ListBlobs", "403"),
                ["azure:sas:payroll", "token", "ambiguous"],
                ["azure:listblobs", BLOB, "denied"],
            ),
            row(
                storage!(r#"{"type":"AccountKey"}"#, "GetBlob", "404"),
                ["azure:account-key:payroll", "access_key", "ambiguous"],
                ["azure:getblob", BLOB, "error"],
            ),
            row(
                r#"{"time":"2026-03-01T10:00:00Z","category":"AuditEvent","operationName":"SecretGet","resultType":"Success","correlationId":"c-2","callerIpAddress":"192.0.2.10","identity":{"claim":{"http://schemas.microsoft.com/identity/claims/objectidentifier":"o","appid":"11111111-2222-3333-4444-555555555555"}},"resourceId":"/SUBSCRIPTIONS/S-1/RESOURCEGROUPS/RG/PROVIDERS/MICROSOFT.KEYVAULT/VAULTS/PAY-KV","properties":{"id":"https://pay-kv.vault.azure.net/secrets/db/0123","httpStatusCode":200,"clientInfo":"azsdk-net"}}"#,
                ["entra:app:11111111-2222-3333-4444-555555555555", "service_account", "machine"],
                ["azure:secretget", "keyvault:pay-kv/db", "success"],
            ),
        ]);
    }

    #[test]
    fn signatures_stay_out() {
        decoded(storage!(r#"{"type":"SAS","tokenHash":"key1(0A1B)"}"#, "GetBlob", "200"), |a| {
            assert!(!format!("{a:?}").contains("S3CR3T"));
            let credential = a.credential.as_ref().unwrap();
            assert_eq!((credential.kind, credential.id.as_deref()), (CredentialKind::Sas, Some("key1(0A1B)")));
            assert_eq!(a.volume.bytes_out, Some(2048));
        });
    }
}
