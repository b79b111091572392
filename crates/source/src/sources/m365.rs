//! Microsoft 365 unified audit log (Office 365 Management Activity API). Some shippers lower-case the member names.
//!
//! The action is `m365:<Operation>`. Targets are `<workload>:<object>`: a site path, a mailbox, a directory object.

mod identity;

use crate::Hints;
use crate::json::Value;
use crate::support::azure::outcome;
use crate::support::cloud::{bounded, lower};
use crate::support::fields::{any_case, first, join, say};
use crate::support::names::is_mail;
use crate::support::network::{address, is_browser};
use vires_event::{Activity, Credential, CredentialKind, Origin, Outcome, Place, Session, Source, Target, Text};

const MAX_MENTIONS: usize = 32;

/// True for a record with the common schema's members.
pub(crate) fn detect(record: Value<'_>) -> bool {
    let mut seen = [false; 4];
    for (key, _) in record.fields() {
        let member = match key {
            "RecordType" | "recordtype" => 0,
            "Operation" | "operation" => 1,
            "UserType" | "usertype" | "UserKey" | "userkey" => 2,
            "OrganizationId" | "organizationid" | "CreationTime" | "creationtime" => 3,
            _ => continue,
        };
        seen[member] = true;
    }
    seen == [true; 4]
}

/// Decodes one record. `None` if it says neither who nor what.
pub(crate) fn decode<'a>(record: Value<'a>, hints: &Hints<'a>) -> Option<Activity<'a>> {
    let operation = say(record, "Operation").map(|o| bounded(o, 256))?;
    let mut a = Activity::new(Source::M365, join("m365:", &operation));
    // Directory operations end with a full stop or a blank and have a dash: the plain spelling is the one to look up.
    let bare = operation.trim().trim_end_matches('.').replace('–', "-");
    if bare != *operation {
        a.also.push(join("m365:", &bare));
    }
    a.time = say(record, "CreationTime").or_else(|| hints.time.clone());
    a.event_id = say(record, "Id").map(|id| bounded(id, 128));
    a.place = Place { account: say(record, "OrganizationId").map(lower), ..Place::default() };
    let workload = say(record, "Workload").map_or("m365".into(), |w| bounded(w, 64).to_ascii_lowercase());
    let agent = say(record, "UserAgent").or_else(|| extended(record, "UserAgent")).or_else(|| say(record, "ClientInfoString"));
    a.origin = Origin {
        ip: first(record, &["ClientIP", "ClientIPAddress", "ActorIpAddress"]).and_then(address),
        user_agent: agent.map(|u| bounded(u, 1024)),
        ..Origin::default()
    };
    a.interactive = a.origin.user_agent.as_deref().filter(|u| is_browser(u)).map(|_| true);
    a.identity = identity::who(record, &mut a.links);
    let client = identity::client(record);
    let token = first(record, &["AppAccessContext.UniqueTokenId"]).map(|t| bounded(t, 128));
    if client.is_some() || token.is_some() {
        a.credential = Some(Credential { kind: CredentialKind::OauthToken, id: token, issuer: client, issued: None });
    }
    let session = first(record, &["AppAccessContext.AADSessionId", "SessionId", "InterSystemsId"]).map(|s| bounded(s, 128));
    a.session = session.map(|name| Session { name, mfa: None });

    let error = say(record, "LogonError").map(|e| bounded(e, 128));
    a.outcome = match say(record, "ResultStatus").as_deref().map(outcome) {
        _ if error.is_some() || operation.ends_with("LoginFailed") => Some(Outcome::Denied),
        Some(Some(end)) => Some(end),
        // The log is one of what happened; failures carry a status.
        _ => Some(Outcome::Success),
    };
    a.error_code = error;
    objects(record, &workload, &mut a);
    receivers(record, &operation, &mut a);
    Some(a)
}

/// A value out of `ExtendedProperties`.
fn extended<'a>(record: Value<'a>, name: &str) -> Option<Text<'a>> {
    let list = any_case(record, "ExtendedProperties")?;
    let found = list.items().find(|p| say(*p, "Name").is_some_and(|n| n.eq_ignore_ascii_case(name)))?;
    say(found, "Value")
}

fn objects<'a>(record: Value<'a>, workload: &str, a: &mut Activity<'a>) {
    let service = match workload {
        "azureactivedirectory" => "entra",
        other => other,
    };
    let object = say(record, "ObjectId").map(|o| bounded(o, 1024));
    let mailbox = first(record, &["MailboxOwnerUPN", "MailboxOwnerUpn"]).or_else(|| parameter(record, "Identity"));
    let name = match (&mailbox, &object) {
        (Some(mailbox), _) if service == "exchange" => Some(join("exchange:", &bounded(mailbox.clone(), 256))),
        (_, Some(object)) => {
            // `https://example.sharepoint.com/sites/pay/x.xlsx` is `sharepoint:sites/pay/x.xlsx`.
            let path = object.split_once("://").and_then(|(_, rest)| rest.split_once('/')).map_or(&**object, |(_, path)| path);
            Some([service, ":", path].concat().into())
        }
        _ => None,
    };
    a.targets.extend(name.map(|name| Target { name }));
    for target in any_case(record, "Target").into_iter().flat_map(|t| t.items()).take(8) {
        a.mentions.extend(say(target, "ID").map(|t| bounded(t, 256)));
    }
    for property in any_case(record, "ModifiedProperties").into_iter().flat_map(|m| m.items()).take(MAX_MENTIONS) {
        a.mentions.extend(say(property, "NewValue").map(|v| bounded(v, 512)));
    }
    a.mentions.extend([object, first(record, &["SourceFileName", "SiteUrl"])].into_iter().flatten());
}

/// A cmdlet's parameter.
fn parameter<'a>(record: Value<'a>, name: &str) -> Option<Text<'a>> {
    let list = any_case(record, "Parameters")?;
    list.items().find(|p| say(*p, "Name").is_some_and(|n| n.eq_ignore_ascii_case(name))).and_then(|p| say(p, "Value"))
}

/// Who receives mail or files through this.
fn receivers<'a>(record: Value<'a>, operation: &str, a: &mut Activity<'a>) {
    const FORWARDS: [&str; 8] = [
        "ForwardingSmtpAddress",
        "ForwardingAddress",
        "ForwardTo",
        "ForwardAsAttachmentTo",
        "RedirectTo",
        "RedirectMessageTo",
        "BlindCopyTo",
        "CopyTo",
    ];
    for item in any_case(record, "Parameters").into_iter().flat_map(|p| p.items()).take(64) {
        let Some(name) = say(item, "Name") else { continue };
        let Some(value) = say(item, "Value").map(|v| bounded(v, 512)) else { continue };
        if FORWARDS.iter().any(|f| name.eq_ignore_ascii_case(f)) {
            for address in value.split([';', ',']).map(str::trim).take(8) {
                let address = address.get(..5).filter(|p| p.eq_ignore_ascii_case("smtp:")).map_or(address, |_| &address[5..]);
                if is_mail(address) {
                    a.destinations.push(address.to_ascii_lowercase().into());
                }
            }
        }
        if a.mentions.len() < MAX_MENTIONS {
            a.mentions.push(value);
        }
    }
    if operation.starts_with("AnonymousLink") {
        a.destinations.push("public".into());
    }
    let guest = say(record, "TargetUserOrGroupName").filter(|t| is_mail(t));
    // `name_example.net#ext#@…` is the guest name@example.net.
    a.destinations.extend(guest.map(|g| match g.to_ascii_lowercase().split_once("#ext#") {
        Some((name, _)) => {
            name.rsplit_once('_').map_or_else(|| name.to_owned(), |(local, domain)| [local, "@", domain].concat()).into()
        }
        None => bounded(g, 256),
    }));
}

#[cfg(test)]
mod tests {
    use crate::support::testing::{Row, check, decoded};

    fn row(record: &'static str, who: [&'static str; 3], what: [&'static str; 3]) -> Row {
        let ([id, kind, actor], [action, target, outcome]) = (who, what);
        Row { record, source: "m365", id, kind, actor, action, target, outcome }
    }

    #[test]
    fn who_and_what() {
        check(&[
            row(
                r#"{"CreationTime":"2026-03-01T10:00:00","Id":"m-1","Operation":"MailItemsAccessed","OrganizationId":"o-1","RecordType":50,"ResultStatus":"Succeeded","UserKey":"k","UserType":5,"Workload":"Exchange","UserId":"11111111-2222-3333-4444-555555555555","MailboxOwnerUPN":"jane@example.com","AppId":"11111111-2222-3333-4444-555555555555"}"#,
                ["entra:app:11111111-2222-3333-4444-555555555555", "service_account", "machine"],
                ["m365:MailItemsAccessed", "exchange:jane@example.com", "success"],
            ),
            row(
                r#"{"CreationTime":"2026-03-01T10:00:00","Operation":"Add service principal credentials.","OrganizationId":"o-1","RecordType":8,"ResultStatus":"Success","UserKey":"k","UserType":6,"Workload":"AzureActiveDirectory","UserId":"ServicePrincipal_66666666-7777-8888-9999-000000000000","ObjectId":"payments"}"#,
                ["entra:sp:66666666-7777-8888-9999-000000000000", "service_account", "machine"],
                ["m365:Add service principal credentials.", "entra:payments", "success"],
            ),
            row(
                r#"{"CreationTime":"2026-03-01T10:00:00","Operation":"FileDownloaded","OrganizationId":"o-1","RecordType":6,"UserKey":"k","UserType":0,"Workload":"SharePoint","UserId":"Jane@example.com","ObjectId":"https://example.sharepoint.com/sites/pay/run.xlsx","ClientIP":"192.0.2.10"}"#,
                ["person:jane@example.com", "human", "human"],
                ["m365:FileDownloaded", "sharepoint:sites/pay/run.xlsx", "success"],
            ),
            row(
                r#"{"creationtime":"2026-03-01 10:00:00","id":"m-2","operation":"Set-Mailbox","organizationid":"o-1","recordtype":1,"resultstatus":"True","userid":"NT AUTHORITY\\SYSTEM (w3wp)","userkey":"k","usertype":3,"workload":"Exchange","objectid":"jane"}"#,
                ["azure:service:NT AUTHORITY\\SYSTEM (w3wp)", "cloud_service", "machine"],
                ["m365:Set-Mailbox", "exchange:jane", "success"],
            ),
            row(
                r#"{"CreationTime":"2026-03-01T10:00:00","Operation":"UserLoginFailed","LogonError":"InvalidUserNameOrPassword","OrganizationId":"o-1","RecordType":15,"ResultStatus":"Success","UserKey":"k","UserType":0,"UserId":"jane@example.com"}"#,
                ["person:jane@example.com", "human", "human"],
                ["m365:UserLoginFailed", "", "denied"],
            ),
        ]);
    }

    #[test]
    fn receivers_of_mail_and_files() {
        for (record, expected) in [
            (
                r#"{"CreationTime":"2026-03-01T10:00:00","Operation":"Set-Mailbox","OrganizationId":"o","RecordType":1,"UserKey":"k","UserType":2,"UserId":"jane@example.com","Workload":"Exchange","Parameters":[{"Name":"Identity","Value":"jane"},{"Name":"ForwardingSmtpAddress","Value":"smtp:Drop@example.net"}]}"#,
                &["drop@example.net"][..],
            ),
            (
                r#"{"CreationTime":"2026-03-01T10:00:00","Operation":"SharingSet","OrganizationId":"o","RecordType":14,"UserKey":"k","UserType":0,"UserId":"jane@example.com","Workload":"SharePoint","ObjectId":"https://example.sharepoint.com/x","TargetUserOrGroupName":"guest_example.net#ext#@example.com"}"#,
                &["guest@example.net"],
            ),
            (
                r#"{"CreationTime":"2026-03-01T10:00:00","Operation":"AnonymousLinkCreated","OrganizationId":"o","RecordType":14,"UserKey":"k","UserType":0,"UserId":"jane@example.com","Workload":"SharePoint"}"#,
                &["public"],
            ),
        ] {
            decoded(record, |a| assert_eq!(a.destinations, expected, "{record}"));
        }
    }
}
