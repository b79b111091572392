//! Microsoft 365 unified audit log, an application's own records. `call` is the operation; parameters `workload`, `mailbox`, `object`.

use super::{Request, Spelling, json};
use crate::generate::ids::TENANT;
use std::fmt::Write;

pub(super) fn write(r: &Request<'_>, out: &mut String) {
    let workload = r.word("workload").unwrap_or("Exchange");
    let app = r.member.app();
    let status = if r.denied { "Failed" } else { "Succeeded" };
    let record = match workload {
        "SharePoint" | "OneDrive" => 6,
        _ if r.habit.behaviour.call == "MailItemsAccessed" => 50,
        _ => 2,
    };
    let _ = write!(
        out,
        r#"{{"CreationTime":"{at}","Id":"{id}","Operation":{operation},"OrganizationId":"{TENANT}","RecordType":{record},"ResultStatus":"{status}","UserKey":"{sp}","UserType":5,"Version":1,"Workload":"{workload}","UserId":"{app}","AppId":"{app}","ClientAppId":"{app}","#,
        at = Spelling::Bare.time(r.at),
        id = r.id,
        operation = json(&r.habit.behaviour.call),
        sp = r.member.sp(),
    );
    if let Some(object) = r.param("object") {
        let site: Vec<&str> = object.splitn(6, '/').take(5).collect();
        let file = object.rsplit('/').next().unwrap_or_default();
        let _ = write!(
            out,
            r#""ClientIP":"{ip}","ObjectId":{object},"SiteUrl":{site},"SourceFileName":{file},"EventSource":"SharePoint","ItemType":"File","UserAgent":{ua},"#,
            ip = r.ip,
            object = json(&object),
            site = json(&(site.join("/") + "/")),
            file = json(file),
            ua = json(r.ua),
        );
    } else {
        let mailbox = r.param("mailbox").unwrap_or_else(|| "shared@example.com".into());
        let _ = write!(
            out,
            r#""ClientIPAddress":"{ip}","ClientInfoString":{client},"ExternalAccess":false,"LogonType":0,"MailboxOwnerUPN":{mailbox},"OperationProperties":[{{"Name":"MailAccessType","Value":"Bind"}}],"#,
            ip = r.ip,
            client = json(&format!("Client=REST;{};", r.ua)),
            mailbox = json(&mailbox),
        );
    }
    let _ = write!(
        out,
        r#""AppAccessContext":{{"ClientAppId":"{app}","APIId":"00000003-0000-0000-c000-000000000000","UniqueTokenId":"{uti}"}}}}"#,
        uti = r.other.get(..22).unwrap_or(r.other),
    );
}
