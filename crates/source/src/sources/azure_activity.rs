//! Azure Activity log: control-plane requests, as the REST API returns them (`caller`, `operationName.value`) and as diagnostic
//! settings export them (`identity.claims`, `operationName` as text).

use crate::Hints;
use crate::json::Value;
use crate::support::azure::{account, event_id, of_caller, of_claims, outcome, target};
use crate::support::cloud::{bounded, lower};
use crate::support::fields::{any_case, first, say};
use crate::support::names::human;
use crate::support::network::{address, is_browser};
use vires_event::{Activity, Origin, Outcome, Source, Target, Text};

/// True for a record with a slashed operation of a resource provider, outside the directory.
pub(crate) fn detect(record: Value<'_>) -> bool {
    let (mut operation, mut resource, mut shape) = (false, false, false);
    for (key, value) in record.fields() {
        match key {
            "operationName" | "operationname" => {
                let text = value.get("value").unwrap_or(value).str();
                operation = text.is_some_and(|t| t.contains('/'));
            }
            "resourceId" | "resourceid" => match value.str() {
                Some(id) if id.to_ascii_lowercase().contains("/microsoft.aadiam") => return false,
                id => resource = id.is_some(),
            },
            "category" | "correlationId" | "correlationid" | "caller" | "eventDataId" | "subscriptionId" | "tenantId" => {
                shape = true
            }
            _ => {}
        }
    }
    operation && (resource || shape)
}

/// A member that is a text, or an object with a `value`.
fn valued<'a>(record: Value<'a>, key: &str) -> Option<Text<'a>> {
    let value = any_case(record, key)?;
    value.get("value").unwrap_or(value).text().map(|t| bounded(t, 512))
}

/// Decodes one record. `None` if it says neither who nor what.
pub(crate) fn decode<'a>(record: Value<'a>, hints: &Hints<'a>) -> Option<Activity<'a>> {
    let operation = valued(record, "operationName")?;
    let mut action = String::with_capacity(6 + operation.len());
    action.push_str("azure:");
    action.push_str(&operation);
    action.make_ascii_lowercase();
    let mut a = Activity::new(Source::AzureActivity, action);
    a.time = first(record, &["time", "eventTimestamp", "submissionTimestamp"]).or_else(|| hints.time.clone());
    a.event_id = event_id(record).or_else(|| say(record, "eventDataId"));
    who(record, &mut a);

    let resource = say(record, "resourceId").map(|r| bounded(r, 1024));
    a.place.account = say(record, "subscriptionId")
        .map(lower)
        .or_else(|| resource.as_ref().and_then(account))
        .or_else(|| say(record, "tenantId").map(lower));
    a.place.region = say(record, "location").map(|l| bounded(l, 64));
    a.origin = Origin {
        ip: first(record, &["callerIpAddress", "httpRequest.clientIpAddress", "claims.ipaddr"]).and_then(address),
        ..Origin::default()
    };
    let properties = any_case(record, "properties");
    a.origin.user_agent = properties.and_then(|p| first(p, &["userAgent", "userAgentHeader"])).map(|u| bounded(u, 1024));
    a.interactive = a.origin.user_agent.as_deref().filter(|u| is_browser(u)).map(|_| true);

    end(record, &mut a);
    if let Some(resource) = &resource
        && let Some(name) = target(resource)
    {
        a.targets.push(Target { name });
    }
    a.mentions.extend(resource);
    for key in ["requestbody", "responseBody", "entity", "message", "policies"] {
        a.mentions.extend(properties.and_then(|p| say(p, key)).map(|t| bounded(t, 512)));
    }
    a.mentions.extend(first(record, &["authorization.scope", "identity.authorization.scope"]).map(|s| bounded(s, 1024)));
    Some(a)
}

fn who<'a>(record: Value<'a>, a: &mut Activity<'a>) {
    let identity = any_case(record, "identity");
    let claims = any_case(record, "claims").or_else(|| any_case(identity?, "claims"));
    if let Some(claims) = claims.filter(|c| c.is_object()) {
        (a.identity, a.credential) = of_claims(claims, &mut a.links);
    }
    if a.identity.is_none()
        && let Some(caller) = say(record, "caller")
    {
        a.identity = of_caller(caller, &mut a.links);
    }
    if a.identity.is_none()
        && let Some(evidence) = identity.and_then(|i| any_case(any_case(i, "authorization")?, "evidence"))
        && let Some(principal) = say(evidence, "principalId")
    {
        a.identity = match say(evidence, "principalType").as_deref() {
            Some("User") => Some(human(principal)),
            _ => of_caller(principal, &mut a.links),
        };
    }
}

fn end<'a>(record: Value<'a>, a: &mut Activity<'a>) {
    let status = valued(record, "status").or_else(|| say(record, "resultType"));
    let detail = valued(record, "subStatus").or_else(|| say(record, "resultSignature"));
    let code = any_case(record, "properties").and_then(|p| say(p, "statusCode"));
    let first = status.as_deref().and_then(outcome);
    // "Failure" is refined by what follows it: "Forbidden".
    let refined =
        [detail.as_deref(), code.as_deref()].into_iter().flatten().filter_map(outcome).find(|o| *o == Outcome::Denied);
    a.outcome = match first {
        Some(Outcome::Error) => refined.or(first),
        Some(_) => first,
        // `Start` and `Accept` are followed by a record that tells the end.
        None if status.as_deref().is_some_and(|s| s.to_ascii_lowercase().starts_with("start")) => None,
        None => detail.as_deref().and_then(outcome),
    };
    if !matches!(a.outcome, Some(Outcome::Success) | None) {
        a.error_code = code.or(detail).or(status).map(|c| bounded(c, 128));
    }
}

#[cfg(test)]
mod tests {
    use crate::support::testing::{Row, check, decoded};
    use vires_event::Link;

    macro_rules! exported {
        ($identity:literal, $operation:literal, $resource:literal, $result:literal) => {
            concat!(
                r#"{"time":"2026-03-01T10:00:00Z","resourceId":""#,
                $resource,
                r#"","operationName":""#,
                $operation,
                r#"","category":"Administrative","resultType":"#,
                $result,
                r#","callerIpAddress":"192.0.2.10:4711","correlationId":"c-1","identity":{"claims":"#,
                $identity,
                r#"},"location":"westeurope"}"#
            )
        };
    }

    const KV: &str = "keyvault:pay-kv/db";

    fn row(record: &'static str, who: [&'static str; 3], what: [&'static str; 3]) -> Row {
        let ([id, kind, actor], [action, target, outcome]) = (who, what);
        Row { record, source: "azure_activity", id, kind, actor, action, target, outcome }
    }

    #[test]
    fn who_and_what() {
        let read = ["azure:microsoft.keyvault/vaults/secrets/read", KV, "success"];
        check(&[
            row(
                exported!(
                    r#"{"appid":"11111111-2222-3333-4444-555555555555","http://schemas.microsoft.com/identity/claims/objectidentifier":"66666666-7777-8888-9999-000000000000","appidacr":"1"}"#,
                    "Microsoft.KeyVault/vaults/secrets/read",
                    "/subscriptions/s-1/resourceGroups/rg/providers/Microsoft.KeyVault/vaults/pay-kv/secrets/db",
                    r#""Success""#
                ),
                ["entra:app:11111111-2222-3333-4444-555555555555", "service_account", "machine"],
                read,
            ),
            row(
                exported!(
                    r#"{"appid":"11111111-2222-3333-4444-555555555555","http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn":"Jane@example.com"}"#,
                    "MICROSOFT.KEYVAULT/VAULTS/SECRETS/READ",
                    "/subscriptions/s-1/resourceGroups/rg/providers/Microsoft.KeyVault/vaults/pay-kv/secrets/db",
                    r#""Success","resultSignature":"Succeeded.OK""#
                ),
                ["person:jane@example.com", "human", "human"],
                read,
            ),
            row(
                exported!(
                    r#"{"appid":"1","idtyp":"app","xms_mirid":"/subscriptions/S-1/resourceGroups/rg/providers/Microsoft.ManagedIdentity/userAssignedIdentities/Deployer"}"#,
                    "Microsoft.Authorization/roleAssignments/write",
                    "/subscriptions/S-1/resourceGroups/rg/providers/Microsoft.Authorization/roleAssignments/0",
                    r#""Failure","resultSignature":"Forbidden""#
                ),
                [
                    "azure:mi:/subscriptions/s-1/resourcegroups/rg/providers/microsoft.managedidentity/userassignedidentities/deployer",
                    "workload",
                    "machine",
                ],
                ["azure:microsoft.authorization/roleassignments/write", "resourcegroup:rg", "denied"],
            ),
            row(
                exported!(
                    r#"{"http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress":"Microsoft.Advisor"}"#,
                    "Microsoft.Advisor/recommendations/available/action",
                    "/subscriptions/s-1",
                    r#""Active""#
                ),
                ["azure:service:Microsoft.Advisor", "cloud_service", "machine"],
                ["azure:microsoft.advisor/recommendations/available/action", "subscription:s-1", ""],
            ),
            row(
                r#"{"caller":"66666666-7777-8888-9999-000000000000","correlationId":"c-2","eventTimestamp":"2026-03-01T10:00:00Z","operationName":{"value":"Microsoft.Storage/storageAccounts/listKeys/action","localizedValue":"List keys"},"resourceId":"/subscriptions/s-1/resourceGroups/rg/providers/Microsoft.Storage/storageAccounts/payroll","status":{"value":"Succeeded"},"subscriptionId":"s-1","httpRequest":{"clientIpAddress":"192.0.2.10"}}"#,
                ["entra:sp:66666666-7777-8888-9999-000000000000", "service_account", "machine"],
                ["azure:microsoft.storage/storageaccounts/listkeys/action", "storage:payroll", "success"],
            ),
            row(
                r#"{"caller":"jane@example.com","operationName":{"value":"Microsoft.Compute/virtualMachines/delete"},"resourceId":"/subscriptions/s-1/resourceGroups/rg/providers/Microsoft.Compute/virtualMachines/vm-1","status":{"value":"Started"}}"#,
                ["person:jane@example.com", "human", "human"],
                ["azure:microsoft.compute/virtualmachines/delete", "compute:vm-1", ""],
            ),
        ]);
    }

    #[test]
    fn ids_place_and_origin() {
        let record = exported!(
            r#"{"appid":"A-1","oid":"O-1"}"#,
            "Microsoft.Compute/disks/beginGetAccess/action",
            "/subscriptions/S-1/resourceGroups/rg/providers/Microsoft.Compute/disks/d",
            r#""Success""#
        );
        decoded(record, |a| {
            assert_eq!(a.links, [Link::Alias { id: "entra:sp:o-1".into() }]);
            assert_eq!(a.event_id.as_deref(), Some("c-1"));
            assert_eq!((a.place.account.as_deref(), a.place.region.as_deref()), (Some("s-1"), Some("westeurope")));
            assert_eq!(a.origin.ip.as_deref(), Some("192.0.2.10"));
        });
    }
}
