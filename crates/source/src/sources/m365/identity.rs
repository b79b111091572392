//! Who acted in a record of Microsoft 365: an application is its appId, in whichever members the workload wrote that.

use crate::json::Value;
use crate::support::azure::{application, first_party};
use crate::support::cloud::{bounded, part};
use crate::support::fields::say;
use crate::support::names::{account, is_mail, is_uuid};
use vires_event::{Actor, Identity, Link, Text};

/// What `UserType` says, in numbers or in words.
#[derive(Clone, Copy, PartialEq, Eq)]
enum UserType {
    Person,
    System,
    Application,
    ServicePrincipal,
    Other,
}

impl UserType {
    fn read(record: Value<'_>) -> Self {
        match say(record, "UserType").as_deref() {
            Some("0" | "2" | "3" | "Regular" | "Admin" | "DcAdmin") => UserType::Person,
            Some("4" | "System") => UserType::System,
            Some("5" | "Application") => UserType::Application,
            Some("6" | "ServicePrincipal") => UserType::ServicePrincipal,
            _ => UserType::Other,
        }
    }
}

/// The appId of the client that the record's token was issued to.
pub(super) fn client(record: Value<'_>) -> Option<Text<'_>> {
    ["AppAccessContext.ClientAppId", "AppId", "ClientAppId"].iter().find_map(|member| app_id(record, member))
}

fn app_id<'a>(record: Value<'a>, member: &str) -> Option<Text<'a>> {
    say(record, member).filter(|id| is_uuid(id) && &**id != "00000000-0000-0000-0000-000000000000")
}

pub(super) fn who<'a>(record: Value<'a>, links: &mut Vec<Link<'a>>) -> Option<Identity<'a>> {
    let (id, key) = (say(record, "UserId"), say(record, "UserKey"));
    let app = client(record).or_else(|| app_id(record, "ApplicationId"));
    // Mailboxes write the account of Windows under which an application's request ran, or none: that is nobody yet.
    let unnamed = id.as_deref().is_none_or(is_sid);
    let Some(user) = key.filter(|key| unnamed && !is_sid(key)).or(id).map(|user| bounded(user, 512)) else {
        return application(app, None, None, links);
    };
    let kind = UserType::read(record);
    let software = matches!(kind, UserType::System | UserType::Application | UserType::ServicePrincipal);
    let named = part(&user, |u| u.strip_prefix("ServicePrincipal_"));
    if named.is_some() || software && is_uuid(&user) {
        return match (app, named.unwrap_or_else(|| user.clone())) {
            // Alone, an application's UserId is its appId, and a service principal's its object id.
            (None, lone) if kind == UserType::Application && lone.len() == user.len() => {
                application(Some(lone), None, None, links)
            }
            (app, object) => {
                let object = Some(object).filter(|o| app.as_ref().is_none_or(|app| !app.eq_ignore_ascii_case(o)));
                application(app, object, None, links)
            }
        };
    }
    if app.is_some() && unnamed && !is_mail(&user) && !(kind == UserType::Person && is_passport(&user)) {
        return application(app, None, None, links);
    }
    // SharePoint writes `app@sharepoint` for whatever application calls.
    let calls = matches!(kind, UserType::Application | UserType::ServicePrincipal) || user.starts_with("app@");
    if calls && app.is_some() {
        return application(app, None, Some(user), links);
    }
    let system = ["NT AUTHORITY\\", "app@"].iter().any(|start| user.starts_with(start))
        || matches!(&*user, "SHAREPOINT\\system" | "S-1-5-18" | "S-1-5-19" | "S-1-5-20");
    if system || kind == UserType::System {
        return Some(first_party(user));
    }
    let actor = if kind == UserType::Person && is_mail(&user) { Actor::Human } else { Actor::Ambiguous };
    Some(account(user, actor))
}

/// True for a security identifier of Windows.
fn is_sid(text: &str) -> bool {
    text.strip_prefix("S-1-").is_some_and(|rest| rest.bytes().all(|b| b.is_ascii_digit() || b == b'-'))
}

/// True for the number by which `UserKey` knows a person.
fn is_passport(text: &str) -> bool {
    text.len() == 16 && text.bytes().all(|b| b.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use crate::support::testing::decoded;
    use vires_event::Link;

    const APP: &str = "11111111-2222-3333-4444-555555555555";
    const OBJECT: &str = "66666666-7777-8888-9999-000000000000";

    /// A record with these members, and the id, the kind, the actor and the aliases it must lead to.
    fn leads_to(members: &str, expected: [&str; 3], aliases: &[&str]) {
        let common =
            r#""CreationTime":"2026-03-01T10:00:00","Operation":"MailItemsAccessed","OrganizationId":"o","RecordType":50"#;
        decoded(&format!("{{{common},{members}}}"), |a| {
            let found = a.identity.as_ref().map(|i| [&*i.id, i.kind.as_str(), i.actor.as_str()]);
            assert_eq!(found, Some(expected), "{members}");
            let aliases: Vec<_> = aliases.iter().map(|id| Link::Alias { id: (*id).to_owned().into() }).collect();
            assert_eq!(a.links, aliases, "{members}");
        });
    }

    #[test]
    fn an_application_is_its_app_id() {
        let (app, sp) = (format!("entra:app:{APP}"), format!("entra:sp:{OBJECT}"));
        let is_app = [&*app, "service_account", "machine"];
        for kind in ["4", "5", "6", "\"Application\"", "\"ServicePrincipal\""] {
            for client in [
                format!(r#""AppId":"{APP}""#),
                format!(r#""ClientAppId":"{APP}""#),
                format!(r#""AppAccessContext":{{"ClientAppId":"{APP}"}}"#),
                format!(r#""AppAccessContext":{{"ClientAppId":"00000000-0000-0000-0000-000000000000"}},"AppId":"{APP}""#),
            ] {
                for user in [format!("ServicePrincipal_{OBJECT}"), OBJECT.to_owned()] {
                    let members = format!(r#""UserType":{kind},"UserKey":"k","UserId":"{user}",{client}"#);
                    leads_to(&members, is_app, &[&sp]);
                }
            }
            let alone = format!(r#""UserType":{kind},"UserKey":"k","UserId":"ServicePrincipal_{OBJECT}""#);
            leads_to(&alone, [&sp, "service_account", "machine"], &[]);
        }
        // The appId in its own place is no other identity's.
        let same = format!(r#""UserType":5,"UserKey":"k","UserId":"{APP}","AppId":"{APP}""#);
        leads_to(&same, is_app, &[]);
        leads_to(&format!(r#""UserType":5,"UserKey":"k","UserId":"{APP}""#), is_app, &[]);
    }

    #[test]
    fn where_no_account_is_named_the_application_acts() {
        let app = format!("entra:app:{APP}");
        let is_app = [&*app, "service_account", "machine"];
        for user in [
            r#""UserId":"S-1-5-18","UserKey":"S-1-5-18""#,
            r#""UserId":"S-1-5-21-1-2-3-1104","UserKey":"S-1-5-21-1-2-3-1104""#,
            r#""UserId":"S-1-5-21-1-2-3-1104","UserKey":"Not Available""#,
            r#""UserId":"","UserKey":"""#,
            r#""UserId":null,"UserKey":"Not Available""#,
        ] {
            for kind in ["0", "2", "4", "5"] {
                leads_to(&format!(r#"{user},"UserType":{kind},"AppId":"{APP}""#), is_app, &[]);
            }
        }
    }

    #[test]
    fn a_person_behind_an_application_stays_a_person() {
        let app = format!(r#""UserType":0,"AppId":"{APP}""#);
        for (user, id, actor) in [
            (r#""UserId":"Jane@example.com","UserKey":"k""#, "person:jane@example.com", "human"),
            (r#""UserId":"","UserKey":"jane@example.com""#, "person:jane@example.com", "human"),
            (r#""UserId":"S-1-5-21-1-2-3-1104","UserKey":"jane@example.com""#, "person:jane@example.com", "human"),
            (r#""UserId":"","UserKey":"10032001A2B3C4D5""#, "person:10032001a2b3c4d5", "ambiguous"),
        ] {
            leads_to(&format!("{user},{app}"), [id, "human", actor], &[]);
        }
        let alone = r#""UserId":"S-1-5-21-1-2-3-1104","UserKey":"S-1-5-21-1-2-3-1104","UserType":0"#;
        leads_to(alone, ["person:s-1-5-21-1-2-3-1104", "human", "ambiguous"], &[]);
        let system = r#""UserId":"S-1-5-18","UserKey":"S-1-5-18","UserType":2"#;
        leads_to(system, ["azure:service:S-1-5-18", "cloud_service", "machine"], &[]);
    }
}
