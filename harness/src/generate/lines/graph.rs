//! Microsoft Graph activity log. `call` is `METHOD /path/with/{id}`; parameters `path` (what follows the version) and `roles`.

use super::{Request, Spelling, json};
use crate::generate::ids::TENANT;
use std::fmt::Write;

pub(super) fn write(r: &Request<'_>, out: &mut String) {
    let method = r.habit.behaviour.call.split(' ').next().unwrap_or("GET");
    let path = r.param("path").unwrap_or_else(|| "organization".into());
    let (at, whole) = (Spelling::Ticks.time(r.at), Spelling::Seconds.time(r.at));
    let status = match (r.denied, method) {
        (true, _) => 403,
        (_, "POST") => 201,
        (_, "PATCH" | "DELETE") => 204,
        _ => 200,
    };
    let size = if r.denied { 312 } else { 900 + r.number(400_000) };
    let took = 40 + r.number(600);
    let _ = write!(
        out,
        r#"{{"time":"{at}","resourceId":"/TENANTS/{tenant}/PROVIDERS/MICROSOFT.AADIAM","operationName":"Microsoft Graph Activity","operationVersion":"v1.0","category":"MicrosoftGraphActivityLogs","resultSignature":"{status}","durationMs":"{took}","callerIpAddress":"{ip}","correlationId":"{id}","level":"Informational","location":"{region}","properties":{{"timeGenerated":"{whole}","location":"{region}","requestId":"{other}","operationId":"{other}","clientRequestId":"{id}","apiVersion":"v1.0","requestMethod":"{method}","responseStatusCode":{status},"aadTenantId":"{TENANT}","ipAddress":"{ip}","userAgent":{ua},"requestUri":{uri},"durationMs":{took},"responseSizeBytes":{size},"signInActivityId":"{uti}","appId":"{app}","tokenIssuedAt":"{issued}","atContent":"","identityProvider":"https://sts.windows.net/{TENANT}/","clientAuthMethod":"1","wids":"0997a1d0-0d1d-4acb-b408-d5ca73121e90","servicePrincipalId":"{sp}","userId":"","roles":{roles},"scopes":"","c_idtyp":"app"}}}}"#,
        tenant = TENANT.to_ascii_uppercase(),
        ip = r.ip,
        id = r.id,
        region = r.region,
        other = r.other,
        ua = json(r.ua),
        uri = json(&format!("https://graph.microsoft.com/v1.0/{path}")),
        uti = r.other.get(..22).unwrap_or(r.other),
        app = r.member.app(),
        issued = Spelling::Seconds.time(r.at - 1000 * r.number(3000) as i64),
        sp = r.member.sp(),
        roles = json(r.word("roles").unwrap_or("User.Read.All Mail.Read Files.Read.All")),
    );
}
