//! Microsoft Entra. The call `Sign-in activity` is a service principal's sign-in (parameter `resource`); any other is an activity of
//! the directory's audit log (parameters `category`, `type`, `target`, `property`, `value`).

use super::{Request, Spelling, json, json_or_null};
use crate::generate::ids::TENANT;
use std::fmt::Write;

pub(super) fn write(r: &Request<'_>, out: &mut String) {
    if r.habit.behaviour.call == "Sign-in activity" { signin(r, out) } else { audit(r, out) }
}

fn signin(r: &Request<'_>, out: &mut String) {
    let at = Spelling::Ticks.time(r.at);
    let resource = r.word("resource").unwrap_or("Microsoft Graph");
    let (code, signature) = if r.denied { (7_000_215, "FAILURE") } else { (0, "None") };
    let _ = write!(
        out,
        r#"{{"time":"{at}","resourceId":"/tenants/{TENANT}/providers/Microsoft.aadiam","operationName":"Sign-in activity","operationVersion":"1.0","category":"ServicePrincipalSignInLogs","tenantId":"{TENANT}","resultType":"{code}","resultSignature":"{signature}","durationMs":0,"callerIpAddress":"{ip}","correlationId":"{id}","identity":"{name}","Level":4,"location":"{country}","properties":{{"id":"{other}","createdDateTime":"{at}","appId":"{app}","appDisplayName":"{name}","ipAddress":"{ip}","status":{{"errorCode":{code}}},"correlationId":"{id}","conditionalAccessStatus":"notApplied","isInteractive":false,"location":{{"city":"{city}","countryOrRegion":"{country}","geoCoordinates":{{}}}},"resourceDisplayName":{resource},"resourceId":"{resource_id}","tokenIssuerType":"AzureAD","uniqueTokenIdentifier":"{uti}","autonomousSystemNumber":64496,"riskState":"none","riskLevelDuringSignIn":"none","userAgent":{ua},"servicePrincipalId":"{sp}","servicePrincipalName":"{name}","managedIdentityType":"none","clientCredentialType":"clientSecret","servicePrincipalCredentialKeyId":"{key}","authenticationProtocol":"none"}}}}"#,
        ip = r.ip,
        id = r.id,
        name = r.member.name,
        other = r.other,
        app = r.member.app(),
        city = if r.region == "westeurope" { "Amsterdam" } else { "Dublin" },
        country = if r.region == "westeurope" { "NL" } else { "IE" },
        resource = json(resource),
        resource_id = match resource {
            "Microsoft Graph" => "00000003-0000-0000-c000-000000000000",
            "Azure Resource Manager" => "797f4846-ba00-4fd7-ba43-dac1f8f63013",
            _ => "c5393580-f805-4401-95e8-94b7a6ef2fc2",
        },
        uti = r.other.get(..22).unwrap_or(r.other),
        ua = json(r.ua),
        sp = r.member.sp(),
        key = r.member.sp().replacen('6', "8", 1),
    );
}

fn audit(r: &Request<'_>, out: &mut String) {
    let at = Spelling::Ticks.time(r.at);
    let activity = &r.habit.behaviour.call;
    let category = r.word("category").unwrap_or("ApplicationManagement");
    let target = r.param("target").unwrap_or_else(|| r.member.name.clone());
    let changed = match r.word("property") {
        None => String::new(),
        Some(property) => format!(
            r#"{{"displayName":{},"oldValue":null,"newValue":{}}}"#,
            json(property),
            json(&format!("\"{}\"", r.param("value").unwrap_or_default()))
        ),
    };
    let (result, reason) =
        if r.denied { ("failure", "Insufficient privileges to complete the operation.") } else { ("success", "") };
    let operation = match activity.split(' ').next() {
        Some("Add") if activity.contains("assignment") || activity.contains("member") => "Assign",
        Some("Add") => "Add",
        Some("Delete" | "Remove") => "Delete",
        _ => "Update",
    };
    let _ = write!(
        out,
        r#"{{"time":"{at}","resourceId":"/tenants/{TENANT}/providers/Microsoft.aadiam","operationName":{activity},"operationVersion":"1.0","category":"AuditLogs","tenantId":"{TENANT}","resultSignature":"None","durationMs":0,"callerIpAddress":"{ip}","correlationId":"{id}","Level":4,"properties":{{"id":"Directory_{other}_{tail}","category":"{category}","correlationId":"{id}","result":"{result}","resultReason":"{reason}","activityDisplayName":{activity},"activityDateTime":"{offset}","loggedByService":"Core Directory","operationType":"{operation}","userAgent":null,"initiatedBy":{{"user":null,"app":{{"appId":"{app}","displayName":"{name}","servicePrincipalId":"{sp}","servicePrincipalName":null}}}},"targetResources":[{{"id":"{target_id}","displayName":{target},"type":{kind},"modifiedProperties":[{changed}],"administrativeUnits":[]}}],"additionalDetails":[{{"key":"User-Agent","value":{ua}}}]}}}}"#,
        activity = json(activity),
        ip = r.ip,
        id = r.id,
        other = r.other,
        tail = r.id.get(..5).unwrap_or_default().to_ascii_uppercase(),
        offset = at.replace('Z', "+00:00"),
        app = r.member.app(),
        name = r.member.name,
        sp = r.member.sp(),
        target_id = format_args!("5{:07x}-1111-4222-8333-{:012x}", r.n, r.n),
        target = json(&target),
        kind = json_or_null(Some(r.word("type").unwrap_or("ServicePrincipal"))),
        ua = json(r.ua),
    );
}
