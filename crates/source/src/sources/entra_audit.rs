//! Microsoft Entra audit log: changes in the directory, as diagnostic settings export them and as the Graph API returns them.
//!
//! The action is `entra:<activity display name>`; the operation name stands in `also` where it differs.

use crate::Hints;
use crate::json::Value;
use crate::support::azure::{account, application, event_id, first_party, is_refusal, outcome};
use crate::support::cloud::{bounded, lower};
use crate::support::fields::{any_case, first, join, say};
use crate::support::names::{human, is_mail};
use crate::support::network::address;
use std::cell::LazyCell;
use vires_event::{Activity, Link, Origin, Outcome, Place, Source, Target, Text};

const MAX_TARGETS: usize = 8;
const MAX_MENTIONS: usize = 32;

/// True for a directory audit record of either form.
pub(crate) fn detect(record: Value<'_>) -> bool {
    let audit = |value: Value<'_>| {
        value.fields().any(|(key, _)| matches!(key, "initiatedBy" | "InitiatedBy" | "initiatedby"))
            && value
                .fields()
                .any(|(key, _)| matches!(key, "activityDisplayName" | "targetResources" | "operationName" | "loggedByService"))
    };
    for (key, value) in record.fields() {
        match key {
            "category" if value.str().is_some_and(|c| c == "AuditLogs") && record.get("properties").is_some() => return true,
            "properties" => return audit(value),
            _ => {}
        }
    }
    audit(record)
}

/// Decodes one record. `None` if it says neither who nor what.
pub(crate) fn decode<'a>(record: Value<'a>, hints: &Hints<'a>) -> Option<Activity<'a>> {
    let p = any_case(record, "properties").unwrap_or(record);
    let mut names =
        [say(p, "activityDisplayName"), say(p, "operationName"), say(record, "operationName")].into_iter().flatten();
    let mut a = Activity::new(Source::EntraAudit, names.next().map_or(Text::default(), activity));
    for name in names.map(activity) {
        if name != a.action && !a.also.contains(&name) {
            a.also.push(name);
        }
    }
    a.time = say(p, "activityDateTime").or_else(|| say(record, "time")).or_else(|| hints.time.clone());
    a.event_id = event_id(record);
    let tenant = say(record, "tenantId").or_else(|| say(p, "tenantId")).map(lower);
    a.place = Place { account: tenant.or_else(|| say(record, "resourceId").as_ref().and_then(account)), ..Place::default() };

    who(p, &mut a);
    if a.identity.is_none() && a.action.is_empty() {
        return None;
    }
    let ip = first(p, &["initiatedBy.user.ipAddress", "initiatedBy.app.ipAddress"]);
    a.origin = Origin {
        ip: ip.or_else(|| say(record, "callerIpAddress")).and_then(address),
        user_agent: detail(p, "User-Agent").or_else(|| say(p, "userAgent")).map(|u| bounded(u, 1024)),
        ..Origin::default()
    };
    let result = first(p, &["result", "resultType"]).or_else(|| first(record, &["resultType", "resultSignature"]));
    a.outcome = result.as_deref().and_then(outcome);
    if a.outcome == Some(Outcome::Error) {
        let reason = first(p, &["resultReason", "resultDescription"]).map(|r| bounded(r, 256));
        if reason.as_deref().is_some_and(is_refusal) {
            a.outcome = Some(Outcome::Denied);
        }
        a.error_code = reason.or(result);
    }
    for resource in any_case(p, "targetResources").into_iter().flat_map(|t| t.items()).take(MAX_TARGETS) {
        touched(resource, &mut a);
    }
    if a.action.to_ascii_lowercase().contains("invite") {
        let guest = detail(p, "InvitedUserEmailAddress").or_else(|| p.path_text("targetResources.[].userPrincipalName"));
        a.destinations.extend(guest.map(|g| bounded(g, 256)).filter(|g| is_mail(g)));
    }
    Some(a)
}

/// Microsoft writes some names with a dash and a blank at the end: `Update application – Certificates and secrets management `.
fn activity(name: Text<'_>) -> Text<'_> {
    join("entra:", &bounded(name, 256).trim().replace('–', "-"))
}

fn who<'a>(p: Value<'a>, a: &mut Activity<'a>) {
    let Some(by) = any_case(p, "initiatedBy") else { return };
    if let Some(user) = any_case(by, "user")
        && let Some(name) = first(user, &["userPrincipalName", "displayName", "id"])
    {
        a.identity = Some(human(bounded(name, 512)));
        return;
    }
    let Some(app) = any_case(by, "app") else { return };
    let name = say(app, "displayName").map(|n| bounded(n, 256));
    a.identity = application(say(app, "appId"), say(app, "servicePrincipalId"), name.clone(), &mut a.links)
        // Microsoft's own services act under a name alone.
        .or_else(|| name.or_else(|| say(app, "servicePrincipalName")).map(first_party));
}

/// A value out of `additionalDetails`.
fn detail<'a>(p: Value<'a>, key: &str) -> Option<Text<'a>> {
    let details = any_case(p, "additionalDetails")?;
    let found = details.items().find(|d| d.get_text("key").is_some_and(|k| k.eq_ignore_ascii_case(key)))?;
    found.get_text("value")
}

fn touched<'a>(resource: Value<'a>, a: &mut Activity<'a>) {
    let name = first(resource, &["userPrincipalName", "displayName", "id"]).map(|n| bounded(n, 256));
    if let Some(name) = name {
        a.targets.push(Target { name: join("entra:", &name) });
    }
    a.mentions.extend(["displayName", "id"].iter().filter_map(|key| say(resource, key)).map(|t| bounded(t, 256)));
    let owner = LazyCell::new(|| {
        // An application's object id is not that of its service principal.
        let principal = say(resource, "type").is_none_or(|t| t == "ServicePrincipal");
        say(resource, "id").filter(|_| principal).map(|id| join("entra:sp:", &lower(bounded(id, 64))))
    });
    for property in any_case(resource, "modifiedProperties").into_iter().flat_map(|m| m.items()) {
        let value = say(property, "newValue");
        if say(property, "displayName").is_some_and(|n| n == "KeyDescription") {
            issued(value.as_deref().unwrap_or(""), say(property, "oldValue").as_deref().unwrap_or(""), owner.as_ref(), a);
        }
        if a.mentions.len() < MAX_MENTIONS
            && let Some(value) = value
        {
            a.mentions.push(bounded(value, 512));
        }
    }
}

/// The keys that an application has now and had not before: `[KeyIdentifier=<id>,KeyType=Password,…]`.
fn issued<'a>(new: &str, old: &str, owner: Option<&Text<'a>>, a: &mut Activity<'a>) {
    for rest in new.split("KeyIdentifier=").skip(1).take(MAX_TARGETS) {
        let id = rest.split([',', ']', '"']).next().unwrap_or("");
        if !id.is_empty() && id.len() <= 64 && !old.contains(id) {
            a.links.push(Link::Issued { credential: id.to_ascii_lowercase().into(), owner: owner.cloned() });
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::support::testing::{Row, check, decoded};
    use vires_event::Link;

    macro_rules! audit {
        ($activity:literal, $by:literal, $targets:literal $(, $more:literal)?) => {
            concat!(
                r#"{"time":"2026-03-01T10:00:00Z","resourceId":"/tenants/t-1/providers/Microsoft.aadiam","operationName":""#, $activity,
                r#"","category":"AuditLogs","correlationId":"c-1","properties":{"id":"Directory_1","activityDisplayName":""#, $activity,
                r#"","activityDateTime":"2026-03-01T10:00:00Z","result":"success","initiatedBy":"#, $by, r#","targetResources":"#, $targets,
                $(",", $more,)? "}}"
            )
        };
    }

    fn row(record: &'static str, who: [&'static str; 3], what: [&'static str; 3]) -> Row {
        let ([id, kind, actor], [action, target, outcome]) = (who, what);
        Row { record, source: "entra_audit", id, kind, actor, action, target, outcome }
    }

    #[test]
    fn who_and_what() {
        check(&[
            row(
                audit!(
                    "Add service principal credentials",
                    r#"{"app":{"appId":null,"displayName":"deploy","servicePrincipalId":"66666666-7777-8888-9999-000000000000"}}"#,
                    r#"[{"id":"o-1","displayName":"payments","type":"ServicePrincipal"}]"#
                ),
                ["entra:sp:66666666-7777-8888-9999-000000000000", "service_account", "machine"],
                ["entra:Add service principal credentials", "entra:payments", "success"],
            ),
            row(
                audit!(
                    "Add member to role",
                    r#"{"user":{"id":"u-1","userPrincipalName":"Jane@example.com","ipAddress":"192.0.2.10"},"app":null}"#,
                    r#"[{"id":"o-1","userPrincipalName":"bob@example.com","type":"User"}]"#
                ),
                ["person:jane@example.com", "human", "human"],
                ["entra:Add member to role", "entra:bob@example.com", "success"],
            ),
            row(
                audit!("Update policy", r#"{"app":{"displayName":"Microsoft Approval Management"}}"#, r#"[]"#),
                ["azure:service:Microsoft Approval Management", "cloud_service", "machine"],
                ["entra:Update policy", "", "success"],
            ),
            row(
                r#"{"id":"Directory_2","category":"ApplicationManagement","activityDisplayName":"Consent to application","activityDateTime":"2026-03-01T10:00:00Z","loggedByService":"Core Directory","result":"failure","resultReason":"Insufficient privileges","initiatedBy":{"user":{"userPrincipalName":"jane@example.com"}},"targetResources":[{"displayName":"app"}]}"#,
                ["person:jane@example.com", "human", "human"],
                ["entra:Consent to application", "entra:app", "denied"],
            ),
        ]);
    }

    #[test]
    fn new_keys_and_guests() {
        let record = audit!(
            "Update application – Certificates and secrets management ",
            r#"{"app":{"appId":"A","servicePrincipalId":"B"}}"#,
            r#"[{"id":"O-1","displayName":"payments","modifiedProperties":[{"displayName":"KeyDescription","oldValue":"[\"[KeyIdentifier=k-old,KeyType=Password]\"]","newValue":"[\"[KeyIdentifier=k-old,KeyType=Password]\",\"[KeyIdentifier=K-new,KeyType=Password]\"]"}]}]"#
        );
        decoded(record, |a| {
            let issued = Link::Issued { credential: "k-new".into(), owner: Some("entra:sp:o-1".into()) };
            assert_eq!(a.links, [Link::Alias { id: "entra:sp:b".into() }, issued]);
            assert_eq!(a.action, "entra:Update application - Certificates and secrets management");
        });
        let record = audit!(
            "Invite external user",
            r#"{"user":{"userPrincipalName":"jane@example.com"}}"#,
            r#"[{"id":"o"}]"#,
            r#""additionalDetails":[{"key":"InvitedUserEmailAddress","value":"guest@example.net"}]"#
        );
        decoded(record, |a| assert_eq!(a.destinations, ["guest@example.net"]));
    }
}
