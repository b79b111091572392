//! Azure Activity log as diagnostic settings export it. `call` is the operation; parameter `resource` below the subscription.

use super::{Request, Spelling, json};
use crate::generate::ids::TENANT;
use std::fmt::Write;

pub(super) fn write(r: &Request<'_>, out: &mut String) {
    let operation = &r.habit.behaviour.call;
    let subscription = format!("/subscriptions/{}", r.member.account);
    let resource = subscription.clone() + &r.param("resource").unwrap_or_default();
    let (at, issued) = (Spelling::Ticks.time(r.at), r.at.div_euclid(1000) - r.number(3600) as i64);
    let (sort, status, level) =
        if r.denied { ("Failure", "Failed.Forbidden", "Error") } else { ("Success", "Succeeded.OK", "Information") };
    let _ = write!(
        out,
        r#"{{"time":"{at}","resourceId":{upper},"operationName":"{name}","category":"Administrative","resultType":"{sort}","resultSignature":"{status}","durationMs":"{took}","callerIpAddress":"{ip}","correlationId":"{id}","identity":{{"authorization":{{"scope":{scope},"action":"{operation}","evidence":{{"role":"Contributor","roleAssignmentScope":"{subscription}","principalId":"{principal}","principalType":"ServicePrincipal"}}}},"claims":{{"aud":"https://management.core.windows.net/","iss":"https://sts.windows.net/{TENANT}/","iat":"{issued}","nbf":"{issued}","exp":"{expires}","ver":"1.0","appid":"{app}","appidacr":"1","idtyp":"app","uti":"{uti}","http://schemas.microsoft.com/identity/claims/objectidentifier":"{sp}","http://schemas.microsoft.com/identity/claims/tenantid":"{TENANT}"}}}},"level":"{level}","location":"{region}","tenantId":"{TENANT}","properties":{{"eventCategory":"Administrative","entity":{scope},"message":"{operation}","hierarchy":"{TENANT}","userAgent":{ua}}}}}"#,
        upper = json(&resource.to_ascii_uppercase()),
        name = operation.to_ascii_uppercase(),
        took = 40 + r.number(900),
        ip = r.ip,
        id = r.id,
        scope = json(&resource),
        principal = r.member.sp().replace('-', ""),
        expires = issued + 3900,
        app = r.member.app(),
        uti = r.other.get(..22).unwrap_or(r.other),
        sp = r.member.sp(),
        region = r.region,
        ua = json(r.ua),
    );
}
